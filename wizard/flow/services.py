"""What the journeys need from the outside: declared here, built in `app`, replaced in tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.flow.parts import Delivered
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
        KnownAccount,
        PasswordUse,
        Problem,
        Provider,
        Publication,
        Rung,
        Secret,
        ServerSettings,
        Service,
        SourceReport,
        Undone,
        Verification,
    )

Side = Literal["incoming", "outgoing"]


class PasswordVault:
    """Where the password waits, in memory, between being typed and being used.

    It is deliberately not part of `State`: states are kept for Back, compared and logged.
    """

    def __init__(
        self, watch: Callable[[Secret, str], None] = lambda secret, username: None
    ) -> None:
        """`watch`: hears of each password before anybody can use it, with the address."""
        self._secrets: dict[str, Secret] = {}
        self._watch = watch

    def put(self, address: EmailAddress, secret: Secret) -> None:
        """Keeps the password of an address until `clear`."""
        self._watch(secret, str(address))
        self._secrets[str(address)] = secret

    def get(self, address: EmailAddress) -> Secret | None:
        """The password typed for this address, if any."""
        return self._secrets.get(str(address))

    def clear(self) -> None:
        """Forgets all passwords."""
        self._secrets.clear()


class Services(Protocol):
    """The outside. Every method may be cancelled; passwords are taken from `vault`."""

    @property
    def vault(self) -> PasswordVault:
        """Where the password page leaves what was typed."""
        ...

    @property
    def keychain_lasts(self) -> bool:
        """False where `store_password` keeps in memory only (the demo); the page says so."""
        ...

    def log(self) -> tuple[str, ...]:
        """The last lines of what happened, for a helper; no password was ever in them."""
        ...

    async def save_text(self, text: str, path: Path) -> Path | Problem:
        """Writes a text where the person wants it, readable by its owner only."""
        ...

    async def suggest_domain(self, domain: str) -> str:
        """The domain probably meant, empty where none is close."""
        ...

    async def discover(
        self, address: EmailAddress, progress: Callable[[SourceReport], None]
    ) -> DiscoveryResult:
        """Looks for the servers of an address."""
        ...

    async def verify(
        self,
        address: EmailAddress,
        incoming: ServerSettings | None,
        outgoing: ServerSettings | None,
        provider: Provider,
        progress: Callable[[Side, Rung], None],
        services: tuple[Service, ...] = (),
    ) -> Verification:
        """Logs in to both sides with the vault's password, then to contacts and calendars."""
        ...

    async def diagnose(
        self,
        address: EmailAddress,
        incoming: ServerSettings | None,
        outgoing: ServerSettings | None,
        provider: Provider,
        progress: Callable[[Check], None],
    ) -> Diagnosis:
        """Finds out what is wrong; without servers it looks for them itself."""
        ...

    async def save_note(self, diagnosis: Diagnosis, path: Path) -> Path | Problem:
        """Writes what a diagnosis says, for support."""
        ...

    async def store_password(self, account: Account) -> Problem | None:
        """Puts the vault's password into the system's keychain."""
        ...

    async def send_test_message(self, account: Account, *, delete: bool) -> Delivered | Problem:
        """Sends a message to oneself, waits for it, and deletes it where that was agreed to."""
        ...

    async def detect(self) -> tuple[DetectedClient, ...]:
        """Mail programs on this computer."""
        ...

    async def plan(
        self, client: str, account: Account, profile: str, chosen: tuple[str, ...] = ()
    ) -> ClientPlan | Problem:
        """What would change in one program. `profile`: id, empty for the program's own choice.

        `chosen`: all programs of this run; the settings sheet explains them.
        """
        ...

    async def apply(self, plan: ClientPlan, folder: Path | None) -> Applied | Problem:
        """Carries a plan out; files to hand over go to `folder` (None: the usual place)."""
        ...

    async def apply_and_keep(
        self, plan: ClientPlan, account: Account
    ) -> tuple[Applied | Problem, str]:
        """The same, and the vault's password into the program's own store; as a word why that was
        left alone, empty where it has the password."""
        ...

    async def undo(self, change_id: str) -> Undone | Problem:
        """Takes one change back."""
        ...

    async def changes(self) -> tuple[ChangeRecord, ...] | Problem:
        """What the wizard has changed on this computer, newest first; or why nobody can see it."""
        ...

    async def kept(self) -> str:
        """What `keep` was given last and nobody forgot; empty for nothing."""
        ...

    async def keep(self, text: str) -> None:
        """Keeps a text for the next start of the program; an empty one forgets the last."""
        ...

    async def interrupted(self) -> bool:
        """True where a change was cut off, so that it can be offered to finish or undo it."""
        ...

    async def finish(self, change_id: str) -> ChangeRecord | Problem:
        """Completes a change that was cut off."""
        ...

    async def known(self) -> tuple[KnownAccount, ...]:
        """Addresses this computer knows: in its mail programs, or from the wizard's journal."""
        ...

    async def update_password(self, account: Account) -> tuple[PasswordUse, ...]:
        """Gives the vault's password to the programs that hold an older one of this account."""
        ...

    async def plan_moves(
        self, old: EmailAddress, account: Account
    ) -> tuple[tuple[str, str, ClientPlan | Problem], ...]:
        """(program, profile, plan) for every program where `old` shall become `account`."""
        ...

    async def save(
        self, account: Account, clients: tuple[str, ...], folder: Path
    ) -> tuple[Path, ...] | Problem:
        """Writes everything for an account into one folder."""
        ...

    async def publish(self, account: Account) -> Publication | Problem:
        """What to publish for the domain of an account, for everybody there."""
        ...
