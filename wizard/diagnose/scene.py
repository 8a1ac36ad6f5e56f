"""What was seen, as facts for the judgement. Nothing here has an opinion."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

from wizard.model import (
    Problem,
    Provider,
    ProxyUse,
    Rung,
    Security,
    ServerSettings,
    ServerType,
    Subject,
    Verification,
)
from wizard.net.failure import CertificateFacts, Trouble

MAIL_PORTS: tuple[tuple[int, ServerType, Security], ...] = (
    (993, ServerType.IMAP, Security.TLS),
    (143, ServerType.IMAP, Security.STARTTLS),
    (995, ServerType.POP3, Security.TLS),
    (465, ServerType.SMTP, Security.TLS),
    (587, ServerType.SMTP, Security.STARTTLS),
)
"""Ports a host of mail may have; on one that is not part of the settings only connecting is
tried."""

WEB_PORT = 443


class PageSeen(Enum):
    """What a page with known content looked like."""

    RIGHT = "right"
    PORTAL = "portal"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Lookup:
    """The addresses of a host. `trouble`: empty, `no-such-name`, `no-records`, or why there was no
    answer (`timeout`, `servfail`, `refused`, `offline`, `malformed`)."""

    subject: Subject
    host: str
    v4: tuple[str, ...] = ()
    v6: tuple[str, ...] = ()
    trouble: str = ""
    ms: int = 0

    @property
    def unanswered(self) -> bool:
        """Nobody said whether the name exists."""
        return self.trouble not in {"", "no-such-name", "no-records"}

    @property
    def nonexistent(self) -> bool:
        """It was said that there is no such host."""
        return self.trouble in {"no-such-name", "no-records"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One port of one host over one address family.

    `trouble`: why connecting did not work, None where it did. `no_way`: this computer has no way
    to that family at all. `problem`: the broken rung of a ladder, None where it went up to the
    capabilities. `offset`: how far the other side's clock is ahead of ours.
    """

    subject: Subject
    host: str
    port: int
    family: str
    address: str = ""
    service: ServerType | None = None
    security: Security | None = None
    trouble: Trouble | None = None
    no_way: bool = False
    problem: Problem | None = None
    certificate: CertificateFacts | None = None
    page: PageSeen | None = None
    offset: timedelta | None = None
    rungs: tuple[Rung, ...] = ()
    said: str = ""
    ms: int = 0

    @property
    def connected(self) -> bool:
        """Somebody is there."""
        return self.trouble is None

    @property
    def refused(self) -> bool:
        """Somebody is there and says no."""
        return self.trouble in {Trouble.REFUSED, Trouble.RESET, Trouble.CLOSED}


@dataclass(frozen=True, slots=True)
class ReverseName:
    """The name of a server's address. `confirmed`: the name leads back to the address."""

    host: str
    address: str
    name: str = ""
    confirmed: bool = False
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Servers:
    """Whose mail it is. `problem`: why there are no settings, where the search ended with that.
    `websites`: hosts of the provider's web; `perhaps_websites` count as such only where they share
    a network with the mail."""

    incoming: tuple[ServerSettings, ...] = ()
    outgoing: tuple[ServerSettings, ...] = ()
    provider: Provider = field(default_factory=lambda: Provider(""))
    problem: Problem | None = None
    websites: tuple[str, ...] = ()
    perhaps_websites: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[ServerSettings, ...]:
        """Each server once, the ones in use first."""
        chosen = (*self.incoming[:1], *self.outgoing[:1])
        rest = (*self.incoming[1:], *self.outgoing[1:])
        by_endpoint = {server.endpoint: server for server in (*rest[::-1], *chosen[::-1])}
        return tuple(
            server
            for server in (*chosen, *rest)
            if by_endpoint.pop(server.endpoint, None) is not None
        )

    @property
    def hosts(self) -> tuple[str, ...]:
        """Their hosts, each once."""
        return tuple(dict.fromkeys(server.host for server in self.all))


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that was seen. `name_server_there`: a name server's own port answered; None
    where that was not tried. `proxy`: the one the system names for the mail host, `HOST:PORT`;
    `web_by_proxy`: a website answered through it."""

    servers: Servers = field(default_factory=Servers)
    lookups: tuple[Lookup, ...] = ()
    seen: tuple[Seen, ...] = ()
    reverse: tuple[ReverseName, ...] = ()
    login: Verification | None = None
    login_tried: bool = False
    name_server_there: bool | None = None
    proxy: str = ""
    web_by_proxy: bool = False
    proxy_use: ProxyUse = ProxyUse.NONE
