"""Where a setting comes from and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Trust(Enum):
    """TRUSTED: said by the domain or a party the user chose. CONSENT: the user must be asked."""

    TRUSTED = "trusted"
    CONSENT = "consent"


class Source(Enum):
    """The places that are asked, best first (discovery.md); the value is used in JSON."""

    PROVIDER_FILE = "provider-file"
    PACC = "pacc"
    AUTOCONFIG = "autoconfig"
    PACK = "pack"
    DATABASE = "database"
    SRV = "srv"
    MX = "mx"
    AUTODISCOVER = "autodiscover"
    GUESS = "guess"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One source's word for some fields of a server.

    `fields`: names of `ServerSettings` fields. `detail`: URL, record or file. `transport`: how the
    word travelled (`https`, `dns`, `dnssec`, `tls-handshake`, `file`). `at_ms`: milliseconds after
    the search began.
    """

    source: Source
    fields: tuple[str, ...]
    detail: str
    trust: Trust
    transport: str = ""
    at_ms: int = 0
