"""What a search for settings yields.

DiscoveryResult
├── Found          at least one incoming or outgoing server
├── NothingFound   every source answered, none knew
├── Offline        no source could be reached at all
└── Failed         the domain itself is the problem (mistyped, takes no mail)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from wizard.model.address import EmailAddress
from wizard.model.evidence import Source, Trust
from wizard.model.problem import Problem
from wizard.model.provider import Provider
from wizard.model.servers import ServerSettings, Service


class SourceState(Enum):
    """A row of the live list. CANCELLED: not needed any more."""

    WAITING = "waiting"
    RUNNING = "running"
    FOUND = "found"
    NOTHING = "nothing"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    OFFLINE = "offline"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class SourceReport:
    """How one source fares: `ms` since the search began; `detail`: what it said, as data."""

    source: Source
    state: SourceState
    ms: int = 0
    detail: str = ""


class ProxyUse(Enum):
    """How https leaves this computer: directly, through a fixed proxy, as an automatic
    configuration (PAC) says. SILENT: there is one that gave no word, UNSUPPORTED: it named ways
    this program cannot go (SOCKS); both times https went out directly."""

    NONE = "none"
    FIXED = "fixed"
    AUTOMATIC = "automatic"
    SILENT = "automatic-silent"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Found:
    """Servers, best first; the first of each list is what the wizard uses."""

    address: EmailAddress
    provider: Provider
    incoming: tuple[ServerSettings, ...]
    outgoing: tuple[ServerSettings, ...]
    services: tuple[Service, ...] = ()
    reports: tuple[SourceReport, ...] = ()
    ms: int = 0
    proxy: ProxyUse = ProxyUse.NONE

    @property
    def needs_consent(self) -> tuple[ServerSettings, ...]:
        """The chosen (first) servers that rest on untrusted evidence alone."""
        chosen = (*self.incoming[:1], *self.outgoing[:1])
        return tuple(server for server in chosen if server.trust is Trust.CONSENT)


@dataclass(frozen=True, slots=True)
class NothingFound:
    """Nobody knew. `guesses`: unproven proposals to prefill the manual form, never empty."""

    address: EmailAddress
    guesses: tuple[ServerSettings, ...]
    reports: tuple[SourceReport, ...] = ()
    ms: int = 0
    proxy: ProxyUse = ProxyUse.NONE
    unencrypted_only: bool = False
    """True where a source offered servers, but none that encrypts."""


@dataclass(frozen=True, slots=True)
class Offline:
    """No network. `pack`: what the bundled provider pack says, untested, if it knows the domain."""

    address: EmailAddress
    problem: Problem
    pack: Found | None = None
    guesses: tuple[ServerSettings, ...] = ()
    reports: tuple[SourceReport, ...] = ()
    ms: int = 0
    proxy: ProxyUse = ProxyUse.NONE


@dataclass(frozen=True, slots=True)
class Failed:
    """The domain cannot have a mailbox. `suggestion`: the domain probably meant, if any."""

    address: EmailAddress
    problem: Problem
    guesses: tuple[ServerSettings, ...] = ()
    suggestion: str = ""
    reports: tuple[SourceReport, ...] = ()
    ms: int = 0
    proxy: ProxyUse = ProxyUse.NONE


DiscoveryResult = Found | NothingFound | Offline | Failed
