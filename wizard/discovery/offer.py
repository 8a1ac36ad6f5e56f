"""What passes between the sources and the runner.

A source gets a `Query`, tells each `Offer` the moment it has one, and ends with an `Answer`:

Query ──ask──> source ──tell──> Offer, Offer …
                      ──ends──> Answer(state, detail)
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace

from wizard.discovery.pack import Pack
from wizard.model import (
    EmailAddress,
    Evidence,
    PasswordKind,
    Provider,
    ServerSettings,
    Service,
    Source,
    SourceState,
    Trust,
)
from wizard.net.http import HttpClient
from wizard.net.resolver import Resolver
from wizard.net.streams import Connector


@dataclass(frozen=True, slots=True)
class Query:
    """One search. `started`: the event loop's time at its beginning, in seconds."""

    address: EmailAddress
    resolver: Resolver
    http: HttpClient
    connector: Connector
    pack: Pack
    provider_file: Pack | None = None
    started: float = 0.0

    @property
    def domain(self) -> str:
        """The address's domain in A-labels."""
        return self.address.domain

    def ms(self) -> int:
        """Milliseconds since the search began."""
        return round((asyncio.get_running_loop().time() - self.started) * 1000)


@dataclass(frozen=True, slots=True)
class Offer:
    """What one source says. `order`: preference within the source, 0 first.

    `unencrypted`: servers it offers without encryption; never used. `unencrypted_only`: it offers
    nothing else. `closing`: there is nothing
    more to look for (a provider that no mail program can reach directly).
    """

    source: Source
    incoming: tuple[ServerSettings, ...] = ()
    outgoing: tuple[ServerSettings, ...] = ()
    services: tuple[Service, ...] = ()
    provider: Provider | None = None
    unencrypted: tuple[ServerSettings, ...] = ()
    unencrypted_only: bool = False
    trust: Trust = Trust.TRUSTED
    order: int = 0
    detail: str = ""

    @property
    def closing(self) -> bool:
        """True where no mail program can reach the mailbox by itself."""
        if self.provider is None:
            return False
        kind = self.provider.password_kind
        return kind is PasswordKind.BRIDGE or not kind.has_servers

    @property
    def is_empty(self) -> bool:
        """True where it holds nothing that could be used."""
        return not (self.incoming or self.outgoing or self.services or self.closing)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a source ended where it told no offer (FOUND where it did). `detail` is data."""

    state: SourceState
    detail: str = ""


Tell = Callable[[Offer], None]
Ask = Callable[[Query, Tell], Awaitable[Answer]]

FOUND = Answer(SourceState.FOUND)


@dataclass(frozen=True, slots=True)
class Word:
    """One source's word, ready to be set beside every server it speaks of."""

    source: Source
    detail: str
    trust: Trust
    transport: str
    at_ms: int
    fields: tuple[str, ...] = field(default=())

    def about(self, servers: Iterable[ServerSettings]) -> tuple[ServerSettings, ...]:
        """The servers with this evidence for all that the source said about them."""
        return tuple(
            server.with_evidence(self._evidence(self.fields or _said_fields(server)))
            for server in servers
        )

    def about_services(self, services: Iterable[Service]) -> tuple[Service, ...]:
        """The services with this evidence."""
        evidence = self._evidence(("url", "username"))
        return tuple(
            replace(service, evidence=(*service.evidence, evidence)) for service in services
        )

    def _evidence(self, fields: tuple[str, ...]) -> Evidence:
        return Evidence(self.source, fields, self.detail, self.trust, self.transport, self.at_ms)


def _said_fields(server: ServerSettings) -> tuple[str, ...]:
    """Names of the fields that carry something said, not assumed."""
    said = ["host", "port", "security"]
    if server.auth:
        said.append("auth")
    if not server.username_guessed:
        said.append("username")
    return tuple(said)


_TELLING = (
    SourceState.FOUND,
    SourceState.REJECTED,
    SourceState.REFUSED,
    SourceState.TIMEOUT,
    SourceState.NOTHING,
    SourceState.OFFLINE,
)


def strongest(answers: Iterable[Answer]) -> Answer:
    """Of several answers the one a person learns most from."""
    return min(
        answers,
        key=lambda answer: _TELLING.index(answer.state),
        default=Answer(SourceState.NOTHING),
    )
