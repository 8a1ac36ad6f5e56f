"""Where a journey stands. Immutable, comparable, free of secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING

from wizard import model
from wizard.model.provider import Provider

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from wizard.flow.parts import Delivered, Kept, ProgramRow
    from wizard.model import (
        Account,
        AddressFault,
        ChangeRecord,
        Check,
        DetectedClient,
        Diagnosis,
        DiscoveryResult,
        EmailAddress,
        KnownAccount,
        PasswordUse,
        Problem,
        Publication,
        Rung,
        ServerSettings,
        Service,
        SourceReport,
        Undone,
        Verification,
    )


class Page(Enum):
    """What is shown. SEARCHING is passed through; all others can be come back to."""

    ADDRESS = "address"
    SEARCHING = "searching"
    FOUND = "found"
    MANUAL = "manual"
    PASSWORD = "password"  # noqa: S105 - a page
    PROGRAMS = "programs"
    APPLYING = "applying"
    DONE = "done"
    CHANGES = "changes"
    ACCOUNT = "account"
    UPDATED = "updated"
    DIAGNOSIS = "diagnosis"
    PUBLISH = "publish"


class Journey(Enum):
    """What the person came for. All but SETUP begin on the account page (REMOVE: on the changes).

    DIAGNOSE is *Something doesn't work*; PUBLISH is for the owner of a domain.
    """

    SETUP = "setup"
    PASSWORD = "password"  # noqa: S105 - a journey
    MOVE = "move"
    DIAGNOSE = "diagnose"
    REMOVE = "remove"
    PUBLISH = "publish"


@dataclass(frozen=True, slots=True, repr=False)
class State:
    """Everything the pages need to draw themselves.

    `history`: pages that Back returns to. `running`: requests whose answers are awaited.
    `problem`: sits on the page it happened on and goes with it. `revision`: requests given out.
    `taken_back`: the last of `changes` that was undone, with what was left alone. `known`: what
    this computer knows already, None while nobody has looked. `old_address`: what MOVE moves from.
    `uses`: what became of a changed password in each program. `diagnosed`: whose mail is being
    looked at, with `checks` as they come, the `diagnosis` at the end, and where its note is.
    `details`: where the details for a helper were saved, on the page that shows them.
    `publication`: what to publish for a domain, once it is made.
    `kept`: a journey that a crash cut off, until the person has said what to do with it.
    """

    page: Page = Page.ADDRESS
    history: tuple[Page, ...] = ()
    running: frozenset[int] = frozenset()
    revision: int = 0

    journey: Journey = Journey.SETUP
    known: tuple[KnownAccount, ...] | None = None
    old_text: str = ""
    old_fault: AddressFault | None = None
    old_address: EmailAddress | None = None
    same_address: bool = False

    name: str = ""
    text: str = ""
    fault: AddressFault | None = None
    suggestion: str = ""
    address: EmailAddress | None = None

    reports: tuple[SourceReport, ...] = ()
    result: DiscoveryResult | None = None
    consented: bool = False
    provider: Provider = field(default_factory=lambda: Provider(""))
    incoming: ServerSettings | None = None
    outgoing: ServerSettings | None = None
    services: tuple[Service, ...] = ()

    keep_password: bool = True
    incoming_rungs: tuple[Rung, ...] = ()
    outgoing_rungs: tuple[Rung, ...] = ()
    verification: Verification | None = None
    tested_at: datetime | None = None
    untested: bool = False
    keychain_problem: Problem | None = None
    test_message: Delivered | Problem | None = None
    testing_message: bool = False

    detected: tuple[DetectedClient, ...] | None = None
    chosen: tuple[str, ...] = ()
    profiles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    rows: tuple[ProgramRow, ...] = ()
    saved: tuple[Path, ...] | Problem | None = None
    changes: tuple[ChangeRecord, ...] | None = None
    taken_back: Undone | None = None
    uses: tuple[PasswordUse, ...] | None = None
    diagnosed: EmailAddress | None = None
    checks: tuple[Check, ...] = ()
    diagnosis: Diagnosis | None = None
    note: Path | Problem | None = None
    details: Path | Problem | None = None
    publication: Publication | Problem | None = None

    kept: Kept | None = None

    problem: Problem | None = None

    def __repr__(self) -> str:
        """What differs from the beginning. A data class would compile one of all fields, and with
        it hold up the first page."""
        begun = State()
        values = ((item.name, getattr(self, item.name)) for item in fields(self))
        told = [f"{name}={value!r}" for name, value in values if value != getattr(begun, name)]
        return f"State({', '.join(told)})"

    @property
    def busy(self) -> bool:
        """True while answers are awaited."""
        return bool(self.running)

    @property
    def needs_consent(self) -> tuple[ServerSettings, ...]:
        """Servers found on untrusted evidence that the person has not agreed to yet."""
        if self.consented or not isinstance(self.result, model.Found):
            return ()
        return tuple(
            server
            for server in self.result.needs_consent
            if server in (self.incoming, self.outgoing)
        )

    @property
    def password_possible(self) -> bool:
        """False where this mailbox takes no password from a program at all."""
        if not self.provider.password_kind.can_be_tested:
            return False
        servers = [server for server in (self.incoming, self.outgoing) if server is not None]
        return any(server.takes_password for server in servers) or not servers

    @property
    def can_sign_in_inside(self) -> bool:
        """True where a sign-in inside the mail program can stand for an app password."""
        servers = (self.incoming, self.outgoing)
        return (
            self.provider.password_kind is model.PasswordKind.APP_PASSWORD
            and self.journey is Journey.SETUP
            and all(s is not None and model.AuthMethod.OAUTH2 in s.auth for s in servers)
        )

    @property
    def can_sign_in_here(self) -> bool:
        """True where the provider's own sign-in page can prove the login, because a provider file
        brings what an organisation registered for this program there."""
        kind = self.provider.password_kind
        return (
            self.provider.oauth is not None
            and kind.has_servers
            and kind is not model.PasswordKind.BRIDGE
            and not self.password_possible
        )

    @property
    def account(self) -> Account | None:
        """The account as it stands, with what verification corrected; None while incomplete."""
        if self.address is None or self.incoming is None or self.outgoing is None:
            return None
        incoming, outgoing, services = self.incoming, self.outgoing, self.services
        if self.verification is not None:
            services = self.verification.proven(services)
            match self.verification.incoming:
                case model.SideVerified(server=server):
                    incoming = server
            match self.verification.outgoing:
                case model.SideVerified(server=server):
                    outgoing = server
        return model.Account(
            address=self.address,
            name=self.name,
            provider=self.provider,
            incoming=incoming,
            outgoing=outgoing,
            services=services,
            tested_at=self.tested_at,
        )

    def row(self, client: str) -> ProgramRow | None:
        """The row of a program on the applying page."""
        return next((row for row in self.rows if row.client == client), None)

    @property
    def loses_something(self) -> bool:
        """True where closing the window now would cut a change short."""
        if not self.rows:
            return False
        from wizard.flow.parts import RowState

        return any(row.state in {RowState.APPLYING, RowState.UNDOING} for row in self.rows)
