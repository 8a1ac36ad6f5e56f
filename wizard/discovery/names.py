"""Host names, ports and addresses of web pages as documents from outside give them: checked.

Everything that a server says about another server passes through here before anything else sees
it, so that no control character, no path trick and no IP literal ever reaches a connection or a
file.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit

from wizard.model import EmailAddress, to_ascii_domain
from wizard.model.address import may_be_number
from wizard.net.suffix import (
    owns_names_below,
    registrable_domain,
    same_owner,
    suffix_rules,
)

__all__ = [
    "clean_host",
    "clean_login",
    "clean_port",
    "clean_text",
    "clean_url",
    "fill_placeholders",
    "host_of",
    "is_within",
    "login_for",
    "owns_names_below",
    "registrable_domain",
    "same_owner",
    "suffix_rules",
]

_SPACE = re.compile(r"\s{2,}|[^\S\xa0]")
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
    if host.rpartition(".")[2] in _LOCAL_NAMES or may_be_number(host):
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
    """Text from outside for showing: one line, no control or bidi characters, cut to `limit`.

    A no-break space stays where it stands alone: French has it before `:` and within `« »`.
    """
    kept = "".join(
        char for char in text[: limit * 4] if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    kept = _SPACE.sub(" ", kept).strip()
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"


def clean_login(text: str) -> str | None:
    """A login name: one line, at most 320 characters, no control characters; else None."""
    text = text.strip()
    if not text or len(text) > 320 or any(unicodedata.category(char)[0] == "C" for char in text):
        return None
    return text


def login_for(written: str, address: EmailAddress) -> str | None:
    """The user name that a document has for an address; None where it has none, or one with a
    placeholder that nobody can fill (`%REALNAME%`, `%USERNAME%`): no server knows such a name."""
    if _ANY_PLACEHOLDER.search(_PLACEHOLDER.sub(" ", written)):
        return None
    return clean_login(fill_placeholders(written, address))


def clean_url(text: str) -> str | None:
    """An absolute https address without user name in it, on a proper host; else None."""
    text = text.strip()
    if len(text) > 2000 or any(_never_in_urls(char) for char in text):
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


def _never_in_urls(char: str) -> bool:
    """White space, control characters, and halves of characters, which JSON can smuggle in."""
    return ord(char) < 0x21 or char == "\x7f" or "\ud800" <= char <= "\udfff"


def host_of(url: str) -> str:
    """The host of an address of the web, empty where there is none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_within(host: str, domain: str) -> bool:
    """True for the domain itself and every name below it."""
    return host == domain or host.endswith(f".{domain}")


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
_ANY_PLACEHOLDER = re.compile(r"%[A-Za-z][A-Za-z_]*%")
