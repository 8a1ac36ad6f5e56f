"""A fake outside: answers at once, or waits until the test says so; records what was asked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.gui.samples import (
    BANNED,
    DETECTED,
    FOUND,
    GOOD,
    GUIDED,
    PHONE,
    PLAN,
    PUBLICATION,
    REPORTS,
)
from wizard.flow import Delivered, PasswordVault, Side
from wizard.model import (
    Account,
    Applied,
    ChangeRecord,
    Check,
    ClientPlan,
    DetectedClient,
    Diagnosis,
    DiscoveryResult,
    EmailAddress,
    How,
    KnownAccount,
    PasswordUse,
    Problem,
    ProblemKind,
    Provider,
    Publication,
    Rung,
    ServerSettings,
    Service,
    SourceReport,
    Stage,
    Undone,
    Verification,
)

PLANS = {"thunderbird": PLAN, "thunderbird-mobile": PHONE, "outlook": GUIDED}


@dataclass
class FakeServices:
    """Implements `flow.Services`. `hold`: names of services that wait for `let_go`."""

    found: DiscoveryResult = FOUND
    verification: Verification = GOOD
    detected: tuple[DetectedClient, ...] = DETECTED
    diagnosis: Diagnosis = BANNED
    hold: frozenset[str] = frozenset()
    vault: PasswordVault = field(default_factory=PasswordVault)
    asked: list[str] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    published: Publication | Problem = PUBLICATION
    crash: Exception | None = None
    known_accounts: tuple[KnownAccount, ...] = ()
    uses: tuple[PasswordUse, ...] = ()
    moves: tuple[tuple[str, str, ClientPlan | Problem], ...] = ()
    keychain_lasts: bool = True
    kept_text: str = ""
    not_kept: str = ""
    told: tuple[str, ...] = ("10:00:00.000 dns MX my-shop.example: 1 record",)
    saved_texts: list[str] = field(default_factory=list)
    _go: threading.Event = field(default_factory=threading.Event)

    def let_go(self) -> None:
        """Those that wait may answer."""
        self._go.set()

    async def _called(self, name: str) -> None:
        self.asked.append(name)
        self.threads.add(threading.current_thread().name)
        if self.crash is not None:
            raise self.crash
        try:
            while name in self.hold and not self._go.is_set():
                await asyncio.sleep(0.005)
        except asyncio.CancelledError:
            self.cancelled.append(name)
            raise

    def log(self) -> tuple[str, ...]:
        return self.told

    async def save_text(self, text: str, path: Path) -> Path | Problem:
        await self._called(f"text {path}")
        self.saved_texts.append(text)
        return path

    async def suggest_domain(self, domain: str) -> str:
        await self._called("suggest")
        return "gmail.com" if domain == "gmial.com" else ""

    async def discover(
        self, address: EmailAddress, progress: Callable[[SourceReport], None]
    ) -> DiscoveryResult:
        for report in REPORTS:
            progress(report)
        await self._called("discover")
        await asyncio.sleep(0.05)  # no network answers sooner than the window can show that it asks
        return self.found

    async def verify(
        self,
        address: EmailAddress,
        incoming: ServerSettings | None,
        outgoing: ServerSettings | None,
        provider: Provider,
        progress: Callable[[Side, Rung], None],
        services: tuple[Service, ...] = (),
    ) -> Verification:
        progress("incoming", Rung("connect", True, 20))
        secret = self.vault.get(address)
        self.passwords.append(secret.reveal() if secret is not None else "")
        await self._called("verify")
        return self.verification

    async def diagnose(
        self,
        address: EmailAddress,
        incoming: ServerSettings | None,
        outgoing: ServerSettings | None,
        provider: Provider,
        progress: Callable[[Check], None],
    ) -> Diagnosis:
        hosts = [server.host for server in (incoming, outgoing) if server]
        for check in self.diagnosis.checks:
            progress(check)
        await self._called(" ".join(("diagnose", str(address), *hosts)))
        return self.diagnosis

    async def save_note(self, diagnosis: Diagnosis, path: Path) -> Path | Problem:
        await self._called(f"note {path}")
        return path

    async def store_password(self, account: Account) -> Problem | None:
        await self._called("store")
        return None

    async def send_test_message(self, account: Account, *, delete: bool) -> Delivered | Problem:
        await self._called("message")
        return Delivered(1.2, deleted=delete)

    async def detect(self) -> tuple[DetectedClient, ...]:
        await self._called("detect")
        return self.detected

    async def plan(
        self, client: str, account: Account, profile: str, chosen: tuple[str, ...] = ()
    ) -> ClientPlan | Problem:
        await self._called(f"plan {client} {profile}".strip())
        known = PLANS.get(client)
        if known is not None:
            return known
        return ClientPlan(client, client.title(), How.FILES, str(account.address))

    async def apply(self, plan: ClientPlan, folder: Path | None) -> Applied | Problem:
        await self._called(f"apply {plan.client}")
        change = f"change-{plan.client}" if plan.how is How.CHANGE else ""
        written = tuple(folder / item.name for item in plan.files) if folder is not None else ()
        return Applied(plan, change, written=written)

    async def apply_and_keep(
        self, plan: ClientPlan, account: Account
    ) -> tuple[Applied | Problem, str]:
        await self._called(f"keep {plan.client}")
        return await self.apply(plan, None), self.not_kept

    async def undo(self, change_id: str) -> Undone | Problem:
        await self._called(f"undo {change_id}")
        return Undone(change_id)

    async def interrupted(self) -> bool:
        return False

    async def finish(self, change_id: str) -> ChangeRecord | Problem:
        await self._called(f"finish {change_id}")
        return ChangeRecord(change_id, "thunderbird", "a@b.example", "2026-11-23T10:00:00Z", ())

    async def changes(self) -> tuple[ChangeRecord, ...]:
        await self._called("changes")
        return (
            ChangeRecord("c1", "thunderbird", "a@b.example", "2026-11-23T10:00:00Z", ("prefs.js",)),
        )

    async def kept(self) -> str:
        await self._called("kept")
        return self.kept_text

    async def keep(self, text: str) -> None:
        await self._called("keep")
        self.kept_text = text

    async def known(self) -> tuple[KnownAccount, ...]:
        """What a test put there."""
        await self._called("known")
        return self.known_accounts

    async def update_password(self, account: Account) -> tuple[PasswordUse, ...]:
        """What a test put there."""
        await self._called("update password")
        return self.uses

    async def plan_moves(
        self, old: EmailAddress, account: Account
    ) -> tuple[tuple[str, str, ClientPlan | Problem], ...]:
        """What a test put there."""
        await self._called(f"move {old} {account.address}")
        return self.moves

    async def publish(self, account: Account) -> Publication | Problem:
        await self._called(f"publish {account.address} {account.incoming.host}")
        return self.published

    async def save(
        self, account: Account, clients: tuple[str, ...], folder: Path
    ) -> tuple[Path, ...] | Problem:
        await self._called("save")
        if not folder.is_dir():
            return Problem(ProblemKind.FOLDER_NOT_WRITABLE, Stage.CLIENT)
        return (folder / "sheet.pdf",)
