"""The account a person sets up, and what verification says about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wizard.model.address import EmailAddress
from wizard.model.problem import Problem
from wizard.model.provider import Provider
from wizard.model.servers import ServerSettings, Service


@dataclass(frozen=True, slots=True)
class Account:
    """All a mail program has to know, the password excepted.

    `name`: as it shall stand in the From line. `tested_at`: when receiving and sending were
    verified, None where they were not (OAuth only, offline, files without a test). `aliases`:
    other addresses of the same mailbox, to write from.
    """

    address: EmailAddress
    name: str
    provider: Provider
    incoming: ServerSettings
    outgoing: ServerSettings
    services: tuple[Service, ...] = ()
    tested_at: datetime | None = None
    aliases: tuple[EmailAddress, ...] = ()


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder: `stage` word, time in ms, `said` as cleaned server text."""

    stage: str
    ok: bool
    ms: int
    said: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class SideVerified:
    """One side works. `server`: as it was when it worked (user-name form, auth method)."""

    server: ServerSettings
    ms: int
    capabilities: tuple[str, ...]
    rungs: tuple[Rung, ...] = ()


@dataclass(frozen=True, slots=True)
class SideFailed:
    """One side does not work."""

    problem: Problem
    ms: int = 0
    rungs: tuple[Rung, ...] = ()


@dataclass(frozen=True, slots=True)
class SideUntested:
    """One side was not tried. `reason`: `not-found`, `oauth-only`, `bridge`,
    `receiving-failed`."""

    reason: str


SideResult = SideVerified | SideFailed | SideUntested


@dataclass(frozen=True, slots=True)
class ServiceResult:
    """Contacts or calendars, asked with the same login. `service`: proven, with what lies in it,
    or as it was found where `problem` says why not."""

    service: Service
    problem: Problem | None = None
    ms: int = 0
    rungs: tuple[Rung, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict over both sides. What is beside mail does not decide whether it works."""

    incoming: SideResult
    outgoing: SideResult
    services: tuple[ServiceResult, ...] = ()

    @property
    def ok(self) -> bool:
        """True where receiving and sending both logged in."""
        return isinstance(self.incoming, SideVerified) and isinstance(self.outgoing, SideVerified)

    def proven(self, services: tuple[Service, ...]) -> tuple[Service, ...]:
        """`services` as they are known now."""
        known = {
            (result.service.type, result.service.url): result.service
            for result in self.services
            if result.service.verified
        }
        return tuple(known.get((service.type, service.url), service) for service in services)

    @property
    def problem(self) -> Problem | None:
        """The first problem, receiving before sending."""
        for side in (self.incoming, self.outgoing):
            if isinstance(side, SideFailed):
                return side.problem
        return None
