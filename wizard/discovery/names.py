"""Host names, ports and addresses of web pages as documents from outside give them: checked.

Everything that a server says about another server passes through here before anything else sees
it, so that no control character, no path trick and no IP literal ever reaches a connection or a
file.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

from wizard.model import EmailAddress, to_ascii_domain

_HEX_LABEL = re.compile(r"0x[0-9a-f]*\Z")
_LOCAL_NAMES = frozenset({"localhost", "invalid", "onion"})
MAX_TEXT = 200


def clean_host(text: str) -> str | None:
    """A host name in A-labels, or None for anything that is no public-style DNS name.

    Refused: single labels, `localhost` and its kin (RFC 6761), IP literals in every notation that
    `inet_aton` would read, control characters, anything with a path or a port in it.
    """
    if any(ord(char) < 0x21 for char in text.strip()):
        return None
    host = to_ascii_domain(text)
    if host is None or "." not in host:
        return None
    last = host.rsplit(".", 1)[1]
    if last in _LOCAL_NAMES or _HEX_LABEL.match(last):
        return None
    return host


def clean_port(text: str) -> int | None:
    """A port from 1 to 65535 in plain ASCII digits, else None."""
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 5:
        return None
    port = int(text)
    return port if 1 <= port <= 65535 else None


def clean_text(text: str, limit: int = MAX_TEXT) -> str:
    """Text from outside for showing: one line, no control or bidi characters, cut to `limit`."""
    kept = "".join(" " if char.isspace() else char for char in text[: limit * 4])
    kept = "".join(char for char in kept if unicodedata.category(char)[0] != "C")
    kept = " ".join(kept.split())
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"


def clean_login(text: str) -> str | None:
    """A login name: one line, at most 320 characters, no control characters; else None."""
    text = text.strip()
    if not text or len(text) > 320 or any(unicodedata.category(char)[0] == "C" for char in text):
        return None
    return text


def clean_url(text: str) -> str | None:
    """An absolute https address without user name in it, on a proper host; else None."""
    text = text.strip()
    if len(text) > 2000 or any(ord(char) < 0x21 or ord(char) == 0x7F for char in text):
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme != "https" or "@" in parts.netloc or port == 0:
        return None
    host = clean_host(parts.hostname or "")
    if host is None:
        return None
    netloc = host if port in (None, 443) else f"{host}:{port}"
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~")
    query = f"?{quote(parts.query, safe='/%:@!$&()*+,;=?~')}" if parts.query else ""
    fragment = f"#{quote(parts.fragment, safe='/%:@!$&()*+,;=?~')}" if parts.fragment else ""
    return f"https://{netloc}{path}{query}{fragment}"


def host_of(url: str) -> str:
    """The host of an address of the web, empty where there is none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_within(host: str, domain: str) -> bool:
    """True for the domain itself and every name below it."""
    return host == domain or host.endswith(f".{domain}")


def registrable_domain(host: str) -> str | None:
    """The part somebody registered (`example.co.uk`), None for a public suffix itself.

    Source: the algorithm of publicsuffix.org/list, over the list that `publicsuffixlist` ships,
    its private part included; an unknown top-level domain counts as one suffix (the list's own
    default rule).
    """
    labels = host.split(".")
    suffix = _suffix_length(_unicode_labels(labels))
    return ".".join(labels[-suffix - 1 :]) if suffix < len(labels) else None


def _suffix_length(labels: Sequence[str]) -> int:
    """How many labels at the end are a public suffix."""
    rules = suffix_rules()
    for start in range(len(labels)):
        name = ".".join(labels[start:])
        if f"!{name}" in rules:
            return len(labels) - start - 1
        if name in rules or f"*.{'.'.join(labels[start + 1 :])}" in rules:
            return len(labels) - start
    return 1


def _unicode_labels(labels: Sequence[str]) -> list[str]:
    """As the list writes them."""
    if not any(label.startswith("xn--") for label in labels):
        return list(labels)
    import idna

    shown = []
    for label in labels:
        try:
            shown.append(idna.decode(label))
        except idna.IDNAError:
            shown.append(label)
    return shown


@functools.lru_cache(maxsize=1)
def suffix_rules() -> frozenset[str]:
    """The lines of the public suffix list; its comments are among them and match no host.

    The package's own parser takes ten times as long to get ready.
    """
    from publicsuffixlist import PSLFILE

    return frozenset(Path(PSLFILE).read_text(encoding="utf-8").split("\n"))


def same_owner(first: str, second: str) -> bool:
    """True where two hosts belong to one registrable domain."""
    if first == second:
        return True
    registered = registrable_domain(first)
    return registered is not None and registered == registrable_domain(second)


def owns_names_below(domain: str) -> bool:
    """False where names below belong to whoever registers them: `autoconfig.co.uk`."""
    wildcard = f"*.{'.'.join(_unicode_labels(domain.split('.')))}"
    return registrable_domain(domain) is not None and wildcard not in suffix_rules()


def fill_placeholders(text: str, address: EmailAddress) -> str:
    """Puts an address into `%EMAILADDRESS%`, `%EMAILLOCALPART%` and `%EMAILDOMAIN%`.

    Misspellings seen in published files (`%EMAILADRESS%`, lower case, one `%` missing at the end)
    are understood too.
    """

    def value(match: re.Match[str]) -> str:
        word = match.group(1).upper()
        if word in {"EMAILLOCALPART", "EMAILLOCAL"}:
            return address.local
        if word == "EMAILDOMAIN":
            return address.domain
        return str(address)

    return _PLACEHOLDER.sub(value, text)


_PLACEHOLDER = re.compile(
    r"%(EMAILADDRESS|EMAILADRESS|EMAILADDRES|EMAILLOCALPART|EMAILLOCAL|EMAILDOMAIN)(?:%|\Z)",
    re.IGNORECASE,
)
