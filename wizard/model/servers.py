"""Mail servers and services as every room speaks of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from wizard.model.evidence import Evidence, Trust

LOOPBACK = "127.0.0.1"
"""This computer: where the bridge programs of some providers listen."""


class ServerType(Enum):
    """The protocol; the value is the word of the JSON contract."""

    IMAP = "imap"
    POP3 = "pop3"
    SMTP = "smtp"

    @property
    def is_incoming(self) -> bool:
        """True for the protocols that fetch mail."""
        return self is not ServerType.SMTP


class Security(Enum):
    """How the connection is encrypted (RFC 8314): at once, by STARTTLS, or not."""

    TLS = "tls"
    STARTTLS = "starttls"
    PLAIN = "plain"


class AuthMethod(Enum):
    """How a login is made. `PLAIN` is a password inside TLS (SASL PLAIN or LOGIN)."""

    PLAIN = "plain"
    CRAM_MD5 = "cram-md5"
    SCRAM_SHA_256 = "scram-sha-256"
    NTLM = "ntlm"
    GSSAPI = "gssapi"
    CLIENT_CERTIFICATE = "client-certificate"
    OAUTH2 = "oauth2"
    NONE = "none"


DEFAULT_PORTS: dict[tuple[ServerType, Security], int] = {
    (ServerType.IMAP, Security.TLS): 993,
    (ServerType.IMAP, Security.STARTTLS): 143,
    (ServerType.POP3, Security.TLS): 995,
    (ServerType.POP3, Security.STARTTLS): 110,
    (ServerType.SMTP, Security.TLS): 465,
    (ServerType.SMTP, Security.STARTTLS): 587,
}
"""The registered ports (RFC 8314 section 7, RFC 6409)."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """One server: everything a mail program has to be told, and where each field comes from.

    `host`: A-labels. `auth`: best first, empty where nothing is known. `username`: the login in
    full. `username_guessed`: no source said which form it takes, so a second login with the
    other form is allowed.
    """

    type: ServerType
    host: str
    port: int
    security: Security
    auth: tuple[AuthMethod, ...]
    username: str
    username_guessed: bool = False
    evidence: tuple[Evidence, ...] = field(default=(), compare=False)

    @property
    def trust(self) -> Trust:
        """Trusted if any evidence for host and port is; manual settings (no evidence) are too, and
        so is this computer itself (a provider's bridge)."""
        if self.host == LOOPBACK:
            return Trust.TRUSTED
        about_host = [item for item in self.evidence if "host" in item.fields]
        if not about_host or any(item.trust is Trust.TRUSTED for item in about_host):
            return Trust.TRUSTED
        return Trust.CONSENT

    @property
    def takes_password(self) -> bool:
        """False where only sign-in in a browser (OAuth 2) or the like is offered."""
        return not self.auth or any(
            method in self.auth
            for method in (AuthMethod.PLAIN, AuthMethod.CRAM_MD5, AuthMethod.SCRAM_SHA_256)
        )

    @property
    def endpoint(self) -> tuple[ServerType, str, int, Security]:
        """What two sources must agree on to mean the same server."""
        return (self.type, self.host, self.port, self.security)

    def with_evidence(self, *more: Evidence) -> ServerSettings:
        """The same server, said by more sources."""
        return replace(self, evidence=(*self.evidence, *more))


class ServiceType(Enum):
    """Services beside mail."""

    CARDDAV = "carddav"
    CALDAV = "caldav"
    JMAP = "jmap"


@dataclass(frozen=True, slots=True)
class DavCollection:
    """One address book or calendar. `url`: absolute, https. `name`: as the person sees it there.

    `color`: `#rrggbb` or empty. `components`: what a calendar holds (`VEVENT`, `VTODO`), empty
    where the server does not say. `read_only`: nothing can be written there with this login.
    """

    url: str
    name: str
    color: str = ""
    components: tuple[str, ...] = ()
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class DavAccount:
    """What a login to a CardDAV or CalDAV server opened. `principal`: URL of the person there,
    empty where the server names none."""

    principal: str
    address_books: tuple[DavCollection, ...] = ()
    calendars: tuple[DavCollection, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """Contacts, calendars or JMAP. `url` is absolute; `verified` becomes true by PROPFIND.

    `collections`: the address books or calendars in it, once it is verified.
    """

    type: ServiceType
    url: str
    username: str
    verified: bool = False
    evidence: tuple[Evidence, ...] = field(default=(), compare=False)
    collections: tuple[DavCollection, ...] = field(default=(), compare=False)
