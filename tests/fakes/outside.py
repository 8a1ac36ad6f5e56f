"""A hand-written outside for the faces: says what it is told to, records what it was asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from wizard.cli.options import SearchOptions
from wizard.flow import Delivered, PasswordVault, Side
from wizard.messages import Messages
from wizard.model import (
    Account,
    Applied,
    AuthMethod,
    ChangeRecord,
    Check,
    ClientPlan,
    ClientProfile,
    DetectedClient,
    Diagnosis,
    DiscoveryResult,
    EmailAddress,
    Evidence,
    FileChange,
    Found,
    How,
    KnownAccount,
    PasswordUse,
    Problem,
    Produced,
    Provider,
    Publication,
    Rung,
    Secret,
    Security,
    ServerSettings,
    ServerType,
    Service,
    Setting,
    SideVerified,
    Source,
    SourceReport,
    SourceState,
    Step,
    Trust,
    Undone,
    Verification,
)
from wizard.model.document import SettingsFile
from wizard.model.update import UpdateAnswer, UpToDate

ADDRESS = EmailAddress("anna", "shop.example")
SAID = Evidence(
    Source.AUTOCONFIG, ("host", "port"), "https://autoconfig.shop.example/", Trust.TRUSTED, "https"
)
IMAP = ServerSettings(
    ServerType.IMAP,
    "imap.shop.example",
    993,
    Security.TLS,
    (AuthMethod.PLAIN,),
    str(ADDRESS),
    evidence=(SAID,),
)
SMTP = ServerSettings(
    ServerType.SMTP,
    "smtp.shop.example",
    465,
    Security.TLS,
    (AuthMethod.PLAIN,),
    str(ADDRESS),
    evidence=(SAID,),
)
PROVIDER = Provider("Shop Mail", "shop")
REPORT = SourceReport(Source.AUTOCONFIG, SourceState.FOUND, 12, "https://autoconfig.shop.example/")
FOUND = Found(ADDRESS, PROVIDER, (IMAP,), (SMTP,), (), (REPORT,), 15)
WORKS = Verification(SideVerified(IMAP, 10, ("IMAP4rev1",)), SideVerified(SMTP, 12, ("AUTH",)))
PROFILE = ClientProfile("p1", "default", Path("home/p1"), True)
THUNDERBIRD = DetectedClient(
    "thunderbird", "Thunderbird", "153.0", Path("thunderbird"), False, (PROFILE,)
)
PASSWORD = "correct horse"


class FakeOutside:
    """Everything works unless a test sets another answer. `asked`: calls in order, no secrets."""

    def __init__(self, messages: Messages) -> None:
        self.messages = messages
        self.vault = PasswordVault()
        self.clients: tuple[str, ...] = ("thunderbird", "sheet")
        self.asked: list[str] = []
        self.result: DiscoveryResult = FOUND
        self.verification: Verification = WORKS
        self.stored: Secret | None = None
        self.keychain_problem: Problem | None = None
        self.detected: tuple[DetectedClient, ...] = (THUNDERBIRD,)
        self.plans: dict[str, ClientPlan | Problem] = {}
        self.applied: Problem | None = None
        self.listed: tuple[ChangeRecord, ...] = (
            ChangeRecord("c1", "thunderbird", str(ADDRESS), "2026-11-01T12:00:00+01:00", ("p",)),
        )
        self.undone: Undone | Problem = Undone("c1", (Path("p"),))
        self.autoconfig: Found | Problem = FOUND
        self.seen_passwords: list[Secret] = []
        self.not_kept = ""
        self.diagnosis: Diagnosis = Diagnosis(
            ADDRESS, datetime(2026, 11, 25, tzinfo=UTC), 900, None
        )
        self.newer: UpdateAnswer = UpToDate("0.1.0")
        self.known_accounts: tuple[KnownAccount, ...] = ()
        self.uses: tuple[PasswordUse, ...] = ()
        self.moves: tuple[tuple[str, str, ClientPlan | Problem], ...] = ()

    async def suggest_domain(self, domain: str) -> str:
        """One well-known slip."""
        return "gmail.com" if domain == "gmial.com" else ""

    async def discover(
        self, address: EmailAddress, progress: Callable[[SourceReport], None]
    ) -> DiscoveryResult:
        """The canned result."""
        return await self.search(address, SearchOptions(), progress)

    async def search(
        self,
        address: EmailAddress,
        options: SearchOptions,
        progress: Callable[[SourceReport], None],
    ) -> DiscoveryResult:
        """The canned result."""
        self.asked.append(f"search {address}")
        progress(REPORT)
        return self.result

    def parse_autoconfig(self, document: bytes, address: EmailAddress) -> Found | Problem:
        """The canned result."""
        return self.autoconfig

    async def verify(
        self,
        address: EmailAddress,
        incoming: ServerSettings | None,
        outgoing: ServerSettings | None,
        provider: Provider,
        progress: Callable[[Side, Rung], None],
        services: tuple[Service, ...] = (),
    ) -> Verification:
        """The canned verdict."""
        self.asked.append("verify")
        secret = self.vault.get(address)
        assert secret is not None
        self.seen_passwords.append(secret)
        progress("incoming", Rung("connect", True, 3))
        return self.verification

    def log(self) -> tuple[str, ...]:
        """Nobody looks at it on the command line."""
        return ()

    async def save_text(self, text: str, path: Path) -> Path | Problem:
        """Saved."""
        return path

    @property
    def keychain_lasts(self) -> bool:
        return True

    async def diagnose(
        self,
        address: EmailAddress,
        incoming: ServerSettings | None,
        outgoing: ServerSettings | None,
        provider: Provider,
        progress: Callable[[Check], None],
    ) -> Diagnosis:
        """The canned diagnosis."""
        hosts = [server.host for server in (incoming, outgoing) if server]
        self.asked.append(" ".join(("diagnose", str(address), *hosts)))
        for check in self.diagnosis.checks:
            progress(check)
        return self.diagnosis

    async def save_note(self, diagnosis: Diagnosis, path: Path) -> Path | Problem:
        """Saved."""
        return path

    async def store_password(self, account: Account) -> Problem | None:
        """Stored, or the problem set."""
        self.asked.append("store")
        return self.keychain_problem

    async def stored_password(self, address: EmailAddress) -> Secret | None:
        """What a test put there."""
        return self.stored

    async def send_test_message(self, account: Account, *, delete: bool) -> Delivered | Problem:
        """Always arrives."""
        return Delivered(1.0, deleted=delete)

    async def detect(self) -> tuple[DetectedClient, ...]:
        """The canned programs."""
        return self.detected

    async def plan(
        self, client: str, account: Account, profile: str, chosen: tuple[str, ...] = ()
    ) -> ClientPlan | Problem:
        """The plan a test set, else a change of one file."""
        self.asked.append(f"plan {client}")
        change = FileChange(
            Path("prefs.js"), b"new", b"old", (Setting("mail.smtpservers", "smtp1"),)
        )
        default = ClientPlan(client, client.title(), How.CHANGE, str(account.address), (change,))
        return self.plans.get(client, default)

    async def apply(self, plan: ClientPlan, folder: Path | None) -> Applied | Problem:
        """Done, or the problem set."""
        self.asked.append(f"apply {plan.client}")
        return self.applied or Applied(plan, "c1", (Path("prefs.js"),))

    async def apply_and_keep(
        self, plan: ClientPlan, account: Account
    ) -> tuple[Applied | Problem, str]:
        """Done, with the word a test set."""
        self.asked.append(f"keep {plan.client}")
        return await self.apply(plan, None), self.not_kept

    def files(
        self, client: str, account: Account, programs: tuple[str, ...] = ()
    ) -> ClientPlan | Problem:
        """One file and one step."""
        self.asked.append(f"files {client}")
        produced = Produced(f"{client}.txt", b"x", "Open it.")
        return ClientPlan(
            client,
            client.title(),
            How.FILES,
            str(account.address),
            files=(produced,),
            steps=(Step("Type the server.", account.incoming.host),),
        )

    def fleet(
        self, account: Account, certificate: Path | None, key: Path | None, chain: Path | None
    ) -> ClientPlan | Problem:
        """As for any program."""
        return self.files("fleet", account)

    def apple(
        self,
        account: Account,
        device: str,
        certificate: Path | None,
        key: Path | None,
        chain: Path | None,
    ) -> ClientPlan | Problem:
        """As for any program."""
        return self.files("apple", account)

    def publication(
        self, domain: str, settings: SettingsFile, address: EmailAddress
    ) -> Publication | Problem:
        """One file, no record."""
        plan = ClientPlan("publish", domain, How.FILES, domain, files=(Produced("x", b"x", ""),))
        return Publication(plan, (("x", f"https://{domain}/x"),), ())

    async def publish(self, account: Account) -> Publication | Problem:
        """One file, no record."""
        return Publication(
            ClientPlan("publish", account.address.domain, How.FILES, account.address.domain), (), ()
        )

    def write(self, plan: ClientPlan, folder: Path) -> tuple[Path, ...] | Problem:
        """Names only."""
        self.asked.append(f"write {plan.client}")
        return tuple(folder / file.name for file in plan.files)

    async def undo(self, change_id: str) -> Undone | Problem:
        """The canned outcome."""
        self.asked.append(f"undo {change_id}")
        return self.undone

    async def interrupted(self) -> bool:
        """True where a listed change was cut off."""
        return any(change.cut_off for change in self.listed)

    async def finish(self, change_id: str) -> ChangeRecord | Problem:
        """The listed change, whole."""
        self.asked.append(f"finish {change_id}")
        return next(change for change in self.listed if change.id == change_id)

    async def changes(self) -> tuple[ChangeRecord, ...]:
        """The canned journal."""
        return self.listed

    async def kept(self) -> str:
        """Nothing: the command line keeps no journeys."""
        return ""

    async def keep(self, text: str) -> None:
        """As above."""

    async def known(self) -> tuple[KnownAccount, ...]:
        """What a test put there."""
        self.asked.append("known")
        return self.known_accounts

    async def update_password(self, account: Account) -> tuple[PasswordUse, ...]:
        """What a test put there."""
        self.asked.append("update password")
        return self.uses

    async def plan_moves(
        self, old: EmailAddress, account: Account
    ) -> tuple[tuple[str, str, ClientPlan | Problem], ...]:
        """What a test put there."""
        self.asked.append(f"move {old} {account.address}")
        return self.moves

    async def save(
        self, account: Account, clients: tuple[str, ...], folder: Path
    ) -> tuple[Path, ...] | Problem:
        """Names only."""
        return (folder / "sheet.html",)

    async def newer_version(self, notice: str) -> UpdateAnswer:
        """What a test put there."""
        self.asked.append(f"newer {notice}")
        return self.newer

    def demo(self, out: Path | None, mode: str) -> int:
        """Nothing to show."""
        return 0

    def report_crash(self, crash: BaseException) -> str:
        """The kind of bug alone."""
        return type(crash).__name__

    def window(self, exit_after_first_paint: bool) -> int:
        """No window."""
        self.asked.append("window")
        return 0

    async def aclose(self) -> None:
        """Noted."""
        self.asked.append("close")
