"""A login by password over https: Basic (RFC 7617) and Digest (RFC 7616).

One `Session` per host: what one host was told, no other hears.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import quote
from urllib.request import parse_http_list

from wizard.model import Secret

_SCHEME = re.compile(
    r"(?:\A|,)\s*(Basic|Digest|Bearer|Negotiate|NTLM|OAuth)(?=\s|,|\Z)", re.IGNORECASE
)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
MAX_RENEWALS = 5
"""Times a server may call its own nonce stale (RFC 7616 section 3.3)."""
_ALGORITHMS = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in."""

    username: str
    password: Secret


class Outcome(Enum):
    """What a 401 means. AGAIN: ask again, with the login it asked for."""

    AGAIN = auto()
    WRONG = auto()
    NO_PASSWORD = auto()


@dataclass(frozen=True, slots=True)
class _Digest:
    """A server's Digest challenge. `qop`: False for the form of RFC 2069, without one. `stale`:
    only the nonce is too old."""

    realm: str
    nonce: str
    opaque: str
    algorithm: str
    qop: bool
    stale: bool


class Session:
    """How one host wants the login; nothing is sent before it has asked."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._basic = False
        self._digest: _Digest | None = None
        self._count = 0
        self._renewals = 0

    @property
    def begun(self) -> bool:
        """True once the login goes with the questions."""
        return self._basic or self._digest is not None

    def begin(self) -> None:
        """For a server that answers without asking: the login goes with the next question."""
        self._basic = True

    def challenged(self, header: str) -> Outcome:
        """Judges a 401. `header`: `WWW-Authenticate`, several fields joined."""
        digest = _digest(header)
        known = self._digest
        if known is not None and digest is not None and digest.nonce != known.nonce:
            self._renewals += 1
            if digest.stale and self._renewals <= MAX_RENEWALS:
                self._digest, self._count = digest, 0
                return Outcome.AGAIN
        if self.begun:
            return Outcome.WRONG
        schemes = {match[1].lower() for match in _challenges(header)}
        if "basic" in schemes or not header:
            self._basic = True
        elif digest is not None:
            self._digest = digest
        else:
            return Outcome.NO_PASSWORD
        return Outcome.AGAIN

    def authorization(self, method: str, target: str) -> Secret | None:
        """The value of `Authorization` for one question, None before the host has asked."""
        if self._digest is not None:
            self._count += 1
            return self._answer(self._digest, method, target)
        if not self._basic:
            return None
        pair = f"{self._login.username}:{self._login.password.reveal()}"
        encoded = base64.b64encode(pair.encode("utf-8", "surrogatepass")).decode("ascii")
        return Secret(f"Basic {encoded}")

    def _answer(self, digest: _Digest, method: str, target: str) -> Secret:
        def hashed(text: str) -> str:
            return _ALGORITHMS[digest.algorithm](text.encode("utf-8", "surrogatepass")).hexdigest()

        user, password = self._login.username, self._login.password.reveal()
        first = hashed(f"{user}:{digest.realm}:{password}")
        second = hashed(f"{method}:{target}")
        fields = {"realm": digest.realm, "nonce": digest.nonce, "uri": target}
        bare = {"algorithm": digest.algorithm}
        if digest.qop:
            own, count = secrets.token_hex(16), f"{self._count:08x}"
            response = hashed(f"{first}:{digest.nonce}:{count}:{own}:auth:{second}")
            fields["cnonce"] = own
            bare |= {"qop": "auth", "nc": count}
        else:
            response = hashed(f"{first}:{digest.nonce}:{second}")
        fields["response"] = response
        if digest.opaque:
            fields["opaque"] = digest.opaque
        if user.isascii():
            fields["username"] = user
        else:
            bare["username*"] = f"UTF-8''{quote(user, safe='')}"
        quoted = [f'{name}="{_escaped(value)}"' for name, value in fields.items()]
        return Secret("Digest " + ", ".join([*quoted, *(f"{n}={v}" for n, v in bare.items())]))


def _digest(header: str) -> _Digest | None:
    """The first Digest challenge that we can answer; None where there is none (RFC 7616 section
    3.7: a server may send one for each algorithm, its favourite first)."""
    usable = (_answerable(given) for given in _parameters(header, "digest"))
    return next((digest for digest in usable if digest is not None), None)


def _answerable(given: Mapping[str, str]) -> _Digest | None:
    algorithm = given.get("algorithm", "MD5").upper()
    offered = {word.strip().lower() for word in given.get("qop", "").split(",") if word.strip()}
    usable = all(value.isascii() and value.isprintable() for value in given.values())
    if not given.get("nonce") or algorithm not in _ALGORITHMS or not usable:
        return None
    if offered and "auth" not in offered:
        return None
    return _Digest(
        given.get("realm", ""),
        given["nonce"],
        given.get("opaque", ""),
        algorithm,
        bool(offered),
        given.get("stale", "").lower() == "true",
    )


def _challenges(header: str) -> list[re.Match[str]]:
    """Where each challenge begins; what stands in quotes is no scheme, whatever a realm's name."""
    return list(_SCHEME.finditer(_QUOTED.sub(lambda quoted: "-" * len(quoted[0]), header)))


def _parameters(header: str, scheme: str) -> Iterator[Mapping[str, str]]:
    """The parameters of each challenge of one scheme."""
    matches = _challenges(header)
    for number, match in enumerate(matches):
        if match[1].lower() != scheme:
            continue
        end = matches[number + 1].start() if number + 1 < len(matches) else len(header)
        items = [item.partition("=") for item in parse_http_list(header[match.end() : end])]
        yield {name.strip().lower(): _unquoted(value.strip()) for name, _, value in items}


def _unquoted(value: str) -> str:
    """`parse_http_list` has removed the backslashes already."""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
