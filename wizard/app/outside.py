"""The outside, wired: every service the faces ask for, made from the rooms' public functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from wizard import __version__
from wizard.app.language import make_messages
from wizard.cli.options import Options, SearchOptions, Unusable
from wizard.flow import Delivered, PasswordVault, Side
from wizard.messages import Messages
from wizard.model import (
    Account,
    Applied,
    Brand,
    ChangeRecord,
    Check,
    ClientPlan,
    DetectedClient,
    Diagnosis,
    DiscoveryResult,
    EmailAddress,
    Found,
    How,
    KnownAccount,
    PasswordUse,
    Places,
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
from wizard.system.log import (
    LOGGER,
    Memory,
    Redactor,
    close_log,
    crash_report,
    open_log,
    remember,
)
from wizard.system.resources import provider_file_beside

if TYPE_CHECKING:
    from wizard.app.searching import Search
    from wizard.app.services import Opened
    from wizard.app.verifying import Login
    from wizard.diagnose import Surroundings
    from wizard.discovery import Pack
    from wizard.model.document import SettingsFile
    from wizard.model.update import UpdateAnswer
    from wizard.net import Network

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`asyncio.to_thread`, which the window need not load before it paints."""
    import asyncio

    return await asyncio.to_thread(function, *args, **kwargs)


class Outside:
    """Implements `flow.Services` and `cli.Backend` for this computer.

    `connect_map` sends connections to other addresses: how the demo's provider on loopback
    stands in for the real network. `places`: where programs are looked for. `surroundings`: who a
    diagnosis asks besides the provider, in place of the public internet's. `vault`: one that
    is there already.
    """

    def __init__(
        self,
        options: Options,
        *,
        connect_map: Mapping[tuple[str, int], tuple[str, int]] | None = None,
        places: Places | None = None,
        surroundings: Surroundings | None = None,
        vault: PasswordVault | None = None,
    ) -> None:
        self.options = options
        self._surroundings = surroundings
        self._messages = make_messages(options.language)
        self._connect_map = connect_map
        self._places = places
        self._provider_file: Pack | None = None
        self._redactor = Redactor()
        self._remembered = Memory(self._redactor)
        self.vault = vault or PasswordVault(self._redactor.watch)
        self.brand: Brand | None = None
        self._check()

    def _check(self) -> None:
        """Says at once what cannot work; loads nothing where no such option is given."""
        options = self.options
        if options.log_file:
            path = options.log_file
            self._checked("--log-file", str(path), lambda: open_log(path, self._redactor))
        if options.resolver:
            self._checked("--resolver", options.resolver, self._open)
        if options.ca_file:
            self._checked("--ca", str(options.ca_file), self._open)
        self._take_provider_file()
        if options.controls_file:
            from wizard.diagnose import read_surroundings

            path = options.controls_file
            self._checked("--controls", str(path), lambda: read_surroundings(path))

    def _take_provider_file(self) -> None:
        """The one that was named, else the one that a host laid beside the program."""
        beside = provider_file_beside() if self.options.provider_file is None else None
        path = self.options.provider_file or beside
        if path is None:
            return
        from wizard.discovery import PackFaults, load_pack

        pack = load_pack(path)
        if isinstance(pack, PackFaults):
            reason = "; ".join(str(fault) for fault in pack.faults)
            if beside is None:
                shown = "\n".join(fault.told(self._messages) for fault in pack.faults)
                raise Unusable("--provider", str(path), reason, shown)
            # Nobody asked for it now: the wizard works without, and the log says why.
            LOGGER.warning("provider file %s: %s", path, reason)
            return
        self._provider_file = pack
        self.brand = pack.brand
        spoken = self.brand.languages if self.brand is not None else ()
        if not self.options.language and spoken and self._messages.language not in spoken:
            self._messages = make_messages(spoken[0])

    @staticmethod
    def _checked(option: str, value: str, attempt: Callable[[], object]) -> None:
        try:
            attempt()
        except (OSError, ValueError) as error:
            raise Unusable(option, value, getattr(error, "strerror", "") or str(error)) from error

    @property
    def messages(self) -> Messages:
        """The words, in the chosen language."""
        return self._messages

    @property
    def redactor(self) -> Redactor:
        """Hides every password this run has seen from logs and reports."""
        return self._redactor

    def listen(self) -> None:
        """From now on the last lines of the log are at hand, for a helper at the window."""
        remember(self._remembered)

    def log(self) -> tuple[str, ...]:
        """The last lines of what happened since `listen`, cleaned of passwords."""
        return self._remembered.lines

    def speak(self, language: str) -> Messages:
        """Changes the language of everything said from now on."""
        self._messages = make_messages(language)
        return self._messages

    @property
    def places(self) -> Places:
        """Where things are on this computer."""
        if self._places is None:
            from wizard.system import this_computer

            self._places = this_computer()
        return replace(self._places, language=self._messages.language)

    def _open(self) -> Network:
        """The network of one action: answers and connections are shared within it only."""
        from wizard.net import open_network

        return open_network(self.options.resolver or None, self.options.ca_file, self._connect_map)

    # -- the search -----------------------------------------------------------------------------

    @cached_property
    def _searching(self) -> Search:
        from wizard.app.searching import Search

        return Search(self._open, self._provider_file)

    async def suggest_domain(self, domain: str) -> str:
        """The domain probably meant."""
        return await self._searching.suggest_domain(domain)

    async def discover(
        self, address: EmailAddress, progress: Callable[[SourceReport], None]
    ) -> DiscoveryResult:
        """Looks for the servers of an address."""
        return await self.search(address, SearchOptions(), progress)

    async def search(
        self,
        address: EmailAddress,
        options: SearchOptions,
        progress: Callable[[SourceReport], None],
    ) -> DiscoveryResult:
        """`discover` with the command line's options. Raises `Unusable`."""
        return await self._searching.search(address, options, progress)

    def parse_autoconfig(self, document: bytes, address: EmailAddress) -> Found | Problem:
        """The servers an autoconfig document yields."""
        from wizard.app.searching import read_autoconfig

        return read_autoconfig(document, address)

    # -- the login ------------------------------------------------------------------------------

    def _login(self, address: EmailAddress) -> Login:
        from wizard.app.verifying import Login

        secret = self.vault.get(address) or Secret("")
        return Login(secret, self._open, self._redactor, self._messages)

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
        return await self._login(address).verify(
            address, incoming, outgoing, provider, progress, services
        )

    async def send_test_message(self, account: Account, *, delete: bool) -> Delivered | Problem:
        """Sends a message to oneself, waits for it, and deletes it where that was agreed to."""
        return await self._login(account.address).send_test_message(account, delete=delete)

    async def diagnose(
        self,
        address: EmailAddress,
        incoming: ServerSettings | None,
        outgoing: ServerSettings | None,
        provider: Provider,
        progress: Callable[[Check], None],
    ) -> Diagnosis:
        """Finds out what is wrong; without servers it looks for them itself."""
        from wizard.app.diagnosing import Diagnosing
        from wizard.diagnose import PUBLIC, read_surroundings

        controls = self.options.controls_file
        surroundings = read_surroundings(controls) if controls else self._surroundings or PUBLIC
        return await Diagnosing(
            self.search, self._password, surroundings, self._open, self._redactor
        ).diagnose(address, incoming, outgoing, provider, progress)

    # -- the keychain ---------------------------------------------------------------------------

    @property
    def keychain_lasts(self) -> bool:
        """The system's keychain keeps what it is given."""
        return True

    async def store_password(self, account: Account) -> Problem | None:
        """Puts the vault's password into the system's keychain."""
        from wizard.keychain import store

        secret = self.vault.get(account.address)
        return None if secret is None else await store(account.address, secret)

    async def stored_password(self, address: EmailAddress) -> Secret | None:
        """The keychain's password for an address."""
        from wizard.keychain import fetch

        secret = await fetch(address)
        if secret is not None:
            self._redactor.watch(secret, str(address))
        return secret

    async def _password(self, address: EmailAddress) -> Secret | None:
        return self.vault.get(address) or await self.stored_password(address)

    # -- the programs ---------------------------------------------------------------------------

    @property
    def clients(self) -> tuple[str, ...]:
        """The words of `--apps`."""
        from wizard.clients.registry import EXPORTERS

        return tuple(exporter.id for exporter in EXPORTERS)

    async def detect(self) -> tuple[DetectedClient, ...]:
        """Mail programs on this computer."""
        from wizard.clients import registry

        return await in_thread(registry.detect_all, self.places)

    async def plan(
        self, client: str, account: Account, profile: str, chosen: tuple[str, ...] = ()
    ) -> ClientPlan | Problem:
        """What would change in one program."""
        from wizard.clients import registry

        secret = self.vault.get(account.address)
        if secret is not None and account.services:
            account = await self._services.account(account, secret)
        made = await in_thread(
            registry.plan,
            client,
            account,
            self.places,
            self._messages,
            profile or None,
            chosen,
        )
        if client != "thunderbird" or secret is None or isinstance(made, Problem):
            return made
        from wizard.app.storing import with_offer

        return with_offer(made, account, self.places)

    @cached_property
    def _services(self) -> Opened:
        from wizard.app.services import Opened

        return Opened(self._open)

    async def apply(self, plan: ClientPlan, folder: Path | None) -> Applied | Problem:
        """Carries a plan out; files to hand over go to `folder` or the usual place."""
        from wizard.clients import registry
        from wizard.system import output_folder

        LOGGER.info("apply %s %s", plan.client, [str(change.path) for change in plan.changes])
        if plan.how is How.CHANGE:
            return await in_thread(registry.apply, plan, self.places)
        # Here, not in a worker thread: on the command line Qt's printer wants the main thread.
        written = self.write(plan, folder or output_folder(self.places, plan.account))
        return written if isinstance(written, Problem) else Applied(plan, written=written)

    async def apply_and_keep(
        self, plan: ClientPlan, account: Account
    ) -> tuple[Applied | Problem, str]:
        """Also puts the password into the program's own store, or says in a word why not."""
        from wizard.app import storing

        secret = self.vault.get(account.address)
        if secret is None:
            return await self.apply(plan, None), "no-password-login"
        return await in_thread(
            storing.apply_and_keep, plan, account, secret, self.places, self._messages
        )

    async def undo(self, change_id: str) -> Undone | Problem:
        """Takes one change back."""
        from wizard.clients import registry

        return await in_thread(registry.undo, change_id, self.places)

    async def interrupted(self) -> bool:
        """True where a change was cut off last time; what only prepared a program goes."""
        from wizard.clients import registry

        try:
            await in_thread(registry.tidy, self.places)
            return bool(await in_thread(registry.pending, self.places))
        except PermissionError:  # said once something is to be changed
            return False

    async def finish(self, change_id: str) -> ChangeRecord | Problem:
        """Completes a change that was cut off."""
        from wizard.clients import registry

        return await in_thread(registry.finish, change_id, self.places)

    async def changes(self) -> tuple[ChangeRecord, ...] | Problem:
        """What the wizard has changed on this computer, newest first; or why nobody can see it."""
        from wizard.clients import registry
        from wizard.clients.journal import own_folder_problem

        try:
            return await in_thread(registry.changes, self.places)
        except PermissionError as barred:
            return own_folder_problem(barred, self.places.state)

    async def known(self) -> tuple[KnownAccount, ...]:
        """Addresses of this computer's mail programs and of the wizard's journal."""
        from wizard.clients import holders

        try:
            return await in_thread(holders.known, self.places)
        except PermissionError:
            return ()

    async def update_password(self, account: Account) -> tuple[PasswordUse, ...]:
        """Gives the vault's password to the programs that hold an older one."""
        from wizard.app import storing
        from wizard.clients import holders
        from wizard.keychain import entries

        words, secret = self._messages, self.vault.get(account.address)
        uses = []
        for item in await in_thread(holders.find, account.address, self.places):
            if item.client == "thunderbird" and secret is not None:
                uses.append(
                    await in_thread(storing.changed, item, account, secret, self.places, words)
                )
                continue
            updated = False
            if secret is not None:
                kept = await in_thread(holders.kept_passwords, account.address, item)
                updated = await entries.update(kept, secret)
            note = holders.has_it(words) if updated else holders.asks(item, words)
            if secret is None:
                note = holders.signs_in_again(words)
            uses.append(PasswordUse(item.client, item.name, updated, note))
        return tuple(uses)

    async def plan_moves(
        self, old: EmailAddress, account: Account
    ) -> tuple[tuple[str, str, ClientPlan | Problem], ...]:
        """What would change in the programs that have the old address."""
        from wizard.app import storing
        from wizard.clients import moving

        outcomes = await in_thread(moving.plan, old, account, self.places, self._messages)
        if (secret := self.vault.get(account.address)) is None:
            return outcomes
        return await in_thread(storing.moved, outcomes, secret, self.places, self._messages)

    # -- files ----------------------------------------------------------------------------------

    def files(
        self, client: str, account: Account, programs: tuple[str, ...] = ()
    ) -> ClientPlan | Problem:
        """One program's files to carry elsewhere; the sheet has the steps of `programs`."""
        from wizard.clients import registry

        return registry.files(client, account, self._messages, programs)

    def fleet(
        self, account: Account, certificate: Path | None, key: Path | None, chain: Path | None
    ) -> ClientPlan | Problem:
        """The forms that fleet managers deploy."""
        from wizard.app.files import fleet_files

        return fleet_files(account, self._messages, certificate, key, chain)

    def apple(
        self,
        account: Account,
        device: str,
        certificate: Path | None,
        key: Path | None,
        chain: Path | None,
    ) -> ClientPlan | Problem:
        """The Apple profile for one kind of device."""
        from wizard.app.files import apple_files

        return apple_files(account, self._messages, device, certificate, key, chain)

    def publication(
        self, domain: str, settings: SettingsFile, address: EmailAddress
    ) -> Publication | Problem:
        """What to publish for a domain."""
        from wizard.app.publishing import publication

        return publication(domain, settings, address, self._messages)

    async def publish(self, account: Account) -> Publication | Problem:
        """What to publish for the domain of an account, for everybody there."""
        from wizard.app.publishing import publication_like

        return await in_thread(publication_like, account, self._messages)

    def write(self, plan: ClientPlan, folder: Path) -> tuple[Path, ...] | Problem:
        """Writes a plan's files; what is made for paper also as PDF, where Qt is at hand."""
        from wizard.app.files import write

        return write(plan, folder)

    async def save(
        self, account: Account, clients: tuple[str, ...], folder: Path
    ) -> tuple[Path, ...] | Problem:
        """Everything for an account in one folder."""
        from wizard.app.files import save

        return save(account, clients, folder, self._messages)

    async def save_note(self, diagnosis: Diagnosis, path: Path) -> Path | Problem:
        """Writes what a diagnosis says, for support."""
        from wizard.messages.report import report

        return await self.save_text(report(self._messages, diagnosis), path)

    async def save_text(self, text: str, path: Path) -> Path | Problem:
        """Writes a text where the person wants it, readable by its owner only."""
        from wizard.app.keeping import write_text

        return await in_thread(write_text, path, text)

    async def kept(self) -> str:
        """What a crash left of the last journey; no password was ever in it."""
        from wizard.app.keeping import read_journey

        return await in_thread(read_journey, self.places)

    async def keep(self, text: str) -> None:
        """Keeps it in the wizard's own folder, for its owner alone."""
        from wizard.app.keeping import keep_journey

        await in_thread(keep_journey, self.places, text)

    # -- the faces ------------------------------------------------------------------------------

    def window(self, exit_after_first_paint: bool) -> int:
        """Opens the window; returns the exit code. Says so where there is no screen for it."""
        from wizard.app.window import open_window

        return open_window(self, exit_after_first_paint=exit_after_first_paint)

    def is_first_time(self) -> bool:
        """True where the wizard's own folder holds nothing: no change, no journey cut off."""
        from wizard.system import state_folder

        folder = self._places.state if self._places is not None else state_folder()
        try:
            return next(folder.iterdir(), None) is None
        except OSError:  # above all: there is no such folder yet
            return not folder.exists()

    async def newer_version(self, notice: str = "") -> UpdateAnswer:
        """Whether there is a newer version; asked only when the person asks."""
        from wizard.updates import newer_version

        async with await in_thread(self._open) as network:
            return await newer_version(network.http, url=notice)

    def demo(self, out: Path | None, mode: str) -> int:
        """The main journey against the embedded provider."""
        from wizard.app.demo import demo

        return demo(self.options, out, mode)

    def report_crash(self, crash: BaseException) -> str:
        """What can be read and sent of a bug, without passwords; saved nowhere by itself."""
        LOGGER.error("crash", exc_info=crash)
        return crash_report(crash, self._redactor, __version__)

    async def aclose(self) -> None:
        """Forgets the passwords, ends the log."""
        self.vault.clear()
        close_log()
