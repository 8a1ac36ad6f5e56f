"""What a search for settings yields.

DiscoveryResult
├── Found          at least one incoming or outgoing server
├── NothingFound   every source answered, none knew
├── Offline        no source could be reached at all
└── Failed         the domain itself is the problem (mistyped, takes no mail)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from wizard.model.address import EmailAddress
from wizard.model.evidence import Source, Trust
from wizard.model.problem import Problem
from wizard.model.servers import ServerSettings, Service


class PasswordKind(Enum):
    """What the provider wants to see at login. EXCHANGE: only programs that speak its own protocol
    get in, and they find it by themselves."""

    NORMAL = "normal"
    APP_PASSWORD = "app-password"  # noqa: S105 - a kind, not a password
    OAUTH_IN_CLIENT = "oauth-in-client"
    BRIDGE = "bridge"
    NOT_POSSIBLE = "not-possible"
    EXCHANGE = "exchange"

    @property
    def has_servers(self) -> bool:
        """False where no mail program can be given servers at all."""
        return self not in {PasswordKind.NOT_POSSIBLE, PasswordKind.EXCHANGE}

    @property
    def can_be_tested(self) -> bool:
        """False where no login can be made from here: sign-in in a browser, a bridge with a
        certificate of its own, or nothing to log in to."""
        return self in {PasswordKind.NORMAL, PasswordKind.APP_PASSWORD}


@dataclass(frozen=True, slots=True)
class HelpLink:
    """A provider's own page. `purpose`: `app-password`, `enable-imap`, `password`, `general`.

    `language`: ISO 639-1 code, empty where the page chooses by itself.
    """

    url: str
    purpose: str = "general"
    language: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """What an organisation registered for this program with its identity provider.

    `client_secret`: some want one of native apps too, where it is no secret (RFC 8252 section 8.5).
    """

    client_id: str
    authorize_url: str
    token_url: str
    scopes: tuple[str, ...] = ()
    client_secret: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """Who keeps the mailbox. `id` is empty where it is not in the provider pack.

    `steps`: instructions per language code, keyed by purpose (`app-password`, `enable-imap`).
    """

    name: str
    id: str = ""
    password_kind: PasswordKind = PasswordKind.NORMAL
    help: tuple[HelpLink, ...] = ()
    steps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    password_has_spaces: bool = False
    """False: spaces in a pasted app password are for reading only and are removed."""
    oauth: OAuthClient | None = None
    """Set where a provider file configures sign-in in the browser."""


@dataclass(frozen=True, slots=True)
class Brand:
    """The mail host that handed out this wizard with a provider file of its own.

    `logo`: a picture on this computer, None where there is none. `languages`: the ones its help
    speaks, empty for all. `texts`: its own words on the first page, per language code.
    """

    name: str
    logo: Path | None = None
    languages: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)

    def text(self, language: str) -> str:
        """Its words in this language, else in English, else none."""
        return self.texts.get(language) or self.texts.get("en") or ""


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
