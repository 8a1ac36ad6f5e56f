"""E-mail addresses as people type them.

The one import besides the standard library is `idna`: a table, no I/O. Without it the address
type could not hold its domain in the form that DNS, URLs and files need (RFC 5890 A-labels).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+"
_ATOM = rf"{_ATEXT}(?:\.{_ATEXT})*\Z"
"""Compiled, and kept by `re`, with the first address: the window is painted before."""
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)\Z")
_HEX_LABEL = re.compile(r"0x[0-9a-f]*\Z")


class AddressFault(Enum):
    """Why a text is not an address; each has its own sentence in `messages`."""

    EMPTY = "empty"
    NO_AT = "no-at"
    SEVERAL_AT = "several-at"
    NO_LOCAL_PART = "no-local-part"
    NO_DOMAIN = "no-domain"
    BAD_LOCAL_PART = "bad-local-part"
    BAD_DOMAIN = "bad-domain"
    NO_DOT = "no-dot"


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """A mailbox name (RFC 5321 `Mailbox`, RFC 6531 with non-ASCII).

    `local`: local part as typed. `domain`: lower case, A-labels (`xn--…`), no final dot.
    """

    local: str
    domain: str

    def __str__(self) -> str:
        """The form that servers and files get."""
        return f"{self.local}@{self.domain}"

    @property
    def shown(self) -> str:
        """The form for people: U-labels where the scripts do not mix, else A-labels too."""
        return f"{self.local}@{shown_domain(self.domain)}"


def parse_address(text: str) -> EmailAddress | AddressFault:
    """Reads an address as typed or pasted (`Name <a@b>` and `mailto:` are understood)."""
    text = unicodedata.normalize("NFC", text).strip()
    if match := re.fullmatch(r"[^<>]*<([^<>]*)>", text):
        text = match.group(1).strip()
    text = text.removeprefix("mailto:")
    if not text:
        return AddressFault.EMPTY
    if "@" not in text:
        return AddressFault.NO_AT
    if text.count("@") > 1:
        return AddressFault.SEVERAL_AT
    local, _, domain = text.partition("@")
    if not local:
        return AddressFault.NO_LOCAL_PART
    if not domain:
        return AddressFault.NO_DOMAIN
    if (
        len(local.encode("utf-8", "surrogatepass")) > 64
        or not re.match(_ATOM, local)
        or _has_hidden_characters(local)
    ):
        return AddressFault.BAD_LOCAL_PART
    ascii_domain = to_ascii_domain(domain)
    if ascii_domain is None:
        return AddressFault.BAD_DOMAIN
    if "." not in ascii_domain:
        return AddressFault.NO_DOT
    return EmailAddress(local, ascii_domain)


def to_ascii_domain(domain: str) -> str | None:
    """A domain or host name in A-labels, lower case, without final dot; None if it is no DNS name.

    Source: RFC 1035 lengths, RFC 5891 with the mapping of UTS 46 (non-transitional). IP
    addresses are not names: a last label of digits only is refused (RFC 3696 section 2).
    """
    domain = domain.strip().rstrip(".").lower()
    if not domain or len(domain) > 253:
        return None
    if not domain.isascii():
        import idna

        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except idna.IDNAError:
            return None
    labels = domain.split(".")
    if len(domain) > 253 or not all(_LABEL.match(label) for label in labels):
        return None
    if labels[-1].isdigit():
        return None
    return domain


def may_be_number(host: str) -> bool:
    """True for a name that systems and proxies may take for an IPv4 address: one that ends in a
    hexadecimal label, as `inet_aton` reads them. `host`: as `to_ascii_domain` gives it.
    """
    return _HEX_LABEL.match(host.rpartition(".")[2]) is not None


def shown_domain(domain: str) -> str:
    """A domain as people know it. Labels whose scripts mix (look-alikes) get their A-form beside.

    Source: the idea of UTS 39 section 5, "restriction levels".
    """
    if "xn--" not in domain:
        return domain
    import idna

    try:
        unicode_form = idna.decode(domain)
    except idna.IDNAError:
        return domain
    if any(is_mixed_script(label) for label in unicode_form.split(".")):
        return f"{unicode_form} ({domain})"
    return unicode_form


def is_mixed_script(label: str) -> bool:
    """True where letters of one label come from scripts that are not written together."""
    scripts = {
        unicodedata.name(char, "?").split()[0]
        for char in label
        if unicodedata.category(char).startswith("L")
    }
    # Japanese writes these three together, Korean and Chinese each a pair of them.
    together = {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"}
    return len(scripts) > 1 and not scripts <= together


def _has_hidden_characters(text: str) -> bool:
    return any(unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Zs", "Cs"} for char in text)
