"""SASL mechanisms for passwords and tokens (RFC 4422), as both sides of a dialogue without a wire.

Exchange
├── Plain          PLAIN (RFC 4616)
├── Login          LOGIN (never standardised, widely offered)
├── CramMd5        CRAM-MD5 (RFC 2195)
├── ScramSha256    SCRAM-SHA-256 (RFC 5802, RFC 7677)
├── OAuthBearer    OAUTHBEARER (RFC 7628), with an access token
└── XOAuth2        XOAUTH2 (its forerunner)

All of them are used inside verified TLS only; the callers see to that.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import stringprep
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from wizard.model import AuthMethod, Secret

MAX_ITERATIONS = 1_000_000
"""A server may ask for this much work of SCRAM (about half a second), not for more."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a login is made with."""

    username: str
    password: Secret
    token: bool = False
    """`password` is an access token; `host` and `port` are then named to the server."""
    host: str = ""
    port: int = 0

    def bytes(self) -> tuple[bytes, bytes]:
        """User name and password as they go over the wire."""
        return self.username.encode("utf-8"), self.password.reveal().encode("utf-8")


class Exchange(Protocol):
    """One run of a mechanism."""

    @property
    def first(self) -> bytes | None:
        """The initial response; None where the server speaks first."""
        ...

    def answer(self, challenge: bytes) -> bytes | None:
        """The response to a challenge; None: the challenge makes no sense, give up."""
        ...

    @property
    def proven(self) -> bool:
        """The mechanism's own promise holds (SCRAM: the server knows the password too)."""
        ...


class Plain:
    """One message with everything in it."""

    proven = True

    def __init__(self, credentials: Credentials) -> None:
        user, password = credentials.bytes()
        self._message = Secret((b"\0" + user + b"\0" + password).decode("utf-8"))

    @property
    def first(self) -> bytes | None:
        return self._message.reveal().encode("utf-8")

    def answer(self, challenge: bytes) -> bytes | None:
        return None


class Login:
    """User name, then password. The prompts are not read: servers disagree about their text."""

    proven = True
    first = None

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._asked = 0

    def answer(self, challenge: bytes) -> bytes | None:
        self._asked += 1
        answers = self._credentials.bytes()
        return answers[self._asked - 1] if self._asked <= len(answers) else None


class CramMd5:
    """HMAC-MD5 over a challenge."""

    proven = True
    first = None

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._answered = False

    def answer(self, challenge: bytes) -> bytes | None:
        if self._answered or not challenge:
            return None
        self._answered = True
        user, password = self._credentials.bytes()
        return user + b" " + hmac.new(password, challenge, "md5").hexdigest().encode("ascii")


class ScramSha256:
    """Salted challenge and response; both sides prove that they know the password."""

    def __init__(
        self, credentials: Credentials, nonce: Callable[[], str] = lambda: secrets.token_hex(18)
    ) -> None:
        self._credentials = credentials
        self._nonce = nonce()
        name = saslprep(credentials.username).replace("=", "=3D").replace(",", "=2C")
        self._bare = f"n={name},r={self._nonce}"
        self._server_signature: bytes | None = None
        self._proven = False

    @property
    def first(self) -> bytes | None:
        return f"n,,{self._bare}".encode()

    @property
    def proven(self) -> bool:
        return self._proven

    def answer(self, challenge: bytes) -> bytes | None:
        if self._server_signature is None:
            return self._proof(challenge)
        fields = _fields(challenge)
        if "e" in fields:  # the server will now say no in its own words
            return b""
        try:
            signature = base64.b64decode(fields.get("v", ""), validate=True)
        except ValueError:
            return None
        self._proven = hmac.compare_digest(signature, self._server_signature)
        return b"" if self._proven else None

    def _proof(self, challenge: bytes) -> bytes | None:
        fields = _fields(challenge)
        nonce = fields.get("r", "")
        try:
            salt = base64.b64decode(fields["s"], validate=True)
            iterations = int(fields["i"])
        except (KeyError, ValueError):
            return None
        if not (nonce.startswith(self._nonce) and len(nonce) > len(self._nonce)):
            return None
        if not 1 <= iterations <= MAX_ITERATIONS:
            return None
        password = saslprep(self._credentials.password.reveal()).encode("utf-8")
        salted = hashlib.pbkdf2_hmac("sha256", password, salt, iterations)
        client_key = _hmac(salted, b"Client Key")
        final = f"c=biws,r={nonce}"  # biws: base64 of the header "n,,"
        message = f"{self._bare},".encode() + challenge + f",{final}".encode()
        signature = _hmac(hashlib.sha256(client_key).digest(), message)
        proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        self._server_signature = _hmac(_hmac(salted, b"Server Key"), message)
        return f"{final},p={base64.b64encode(proof).decode('ascii')}".encode()


class OAuthBearer:
    """A token of RFC 6750 (RFC 7628)."""

    proven = True

    def __init__(self, credentials: Credentials) -> None:
        user = credentials.username.replace("=", "=3D").replace(",", "=2C")
        self._message = Secret(
            f"n,a={user},\1host={credentials.host}\1port={credentials.port}\1"
            f"auth=Bearer {credentials.password.reveal()}\1\1"
        )

    @property
    def first(self) -> bytes | None:
        return self._message.reveal().encode("utf-8")

    def answer(self, challenge: bytes) -> bytes | None:
        return b"\1"  # the reason has been given; now the server says no


class XOAuth2:
    """The same before it was standardised, as Google and Microsoft speak it."""

    proven = True

    def __init__(self, credentials: Credentials) -> None:
        self._message = Secret(
            f"user={credentials.username}\1auth=Bearer {credentials.password.reveal()}\1\1"
        )

    @property
    def first(self) -> bytes | None:
        return self._message.reveal().encode("utf-8")

    def answer(self, challenge: bytes) -> bytes | None:
        return b""


def _fields(message: bytes) -> dict[str, str]:
    """The `x=value` pairs of a SCRAM message."""
    parts = message.decode("utf-8", "replace").split(",")
    return {part[0]: part[2:] for part in parts if part[1:2] == "="}


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, "sha256").digest()


def saslprep(text: str) -> str:
    """RFC 4013 preparation of names and passwords for SCRAM.

    Prohibited characters are let through: the server, not we, decides about such a password.
    """
    mapped = "".join(
        " " if stringprep.in_table_c12(char) else char
        for char in text
        if not stringprep.in_table_b1(char)
    )
    return unicodedata.normalize("NFKC", mapped)


MECHANISMS: dict[str, tuple[AuthMethod, Callable[[Credentials], Exchange]]] = {
    "PLAIN": (AuthMethod.PLAIN, Plain),
    "LOGIN": (AuthMethod.PLAIN, Login),
    "SCRAM-SHA-256": (AuthMethod.SCRAM_SHA_256, ScramSha256),
    "CRAM-MD5": (AuthMethod.CRAM_MD5, CramMd5),
}
"""By SASL name, in the order in which they are tried where nothing else is known.

PLAIN comes first: inside verified TLS it gives nothing away, and many servers that offer the
others keep passwords in a form that can't answer them.
"""

TOKEN_MECHANISMS: dict[str, Callable[[Credentials], Exchange]] = {
    "OAUTHBEARER": OAuthBearer,
    "XOAUTH2": XOAuth2,
}
"""For access tokens, best first."""


def exchange_for(way: str, credentials: Credentials) -> Exchange:
    """A run of the mechanism of that name."""
    if way in TOKEN_MECHANISMS:
        return TOKEN_MECHANISMS[way](credentials)
    return MECHANISMS[way][1](credentials)
