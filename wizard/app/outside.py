"""The outside, wired: every service the faces ask for, made from the rooms' public functions."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from wizard import __version__
from wizard.app.language import make_messages
from wizard.cli.options import Options, Publication, SearchOptions, Unusable
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
    Evidence,
    Found,
    How,
    KnownAccount,
    OAuthClient,
    PasswordUse,
    Places,
    Problem,
    ProblemKind,
    Produced,
    Provider,
    Rung,
    Secret,
    ServerSettings,
    Service,
    SideFailed,
    SideUntested,
    Source,
    SourceReport,
    Stage,
    Trust,
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
from wizard.system.resources import provider_file_beside, resources

if TYPE_CHECKING:
    from asyncio import Lock

    from wizard.diagnose import Surroundings
    from wizard.discovery import Network as DiscoveryNetwork
    from wizard.discovery import Pack
    from wizard.discovery.replay import Replay
    from wizard.model.document import SettingsFile
    from wizard.model.update import UpdateAnswer
    from wizard.net import Network

P = ParamSpec("P")
T = TypeVar("T")
_INTERPRETED = [sys.executable, "-m", "wizard"]


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`asyncio.to_thread`, which the window need not load before it paints."""
    import asyncio

    return await asyncio.to_thread(function, *args, **kwargs)


def _check_writable(option: str, path: Path) -> None:
    """Says before a search, not after it, that its recording could not be kept."""
    try:
        path.open("a").close()
    except OSError as error:
        raise Unusable(option, str(path), error.strerror or "cannot be written") from error


def _read_recording(path: Path, address: EmailAddress) -> Replay:
    from wizard.discovery.replay import MAX_RECORDING, RecordingFault, load_recording

    try:
        with path.open("rb") as file:
            text = file.read(MAX_RECORDING + 1).decode("utf-8")
    except OSError as error:
        raise Unusable("--replay", str(path), error.strerror or "cannot be read") from error
    except UnicodeDecodeError as error:
        raise Unusable("--replay", str(path), "not UTF-8 text") from error
    replay = load_recording(text, address)
    if isinstance(replay, RecordingFault):
        raise Unusable("--replay", str(path), replay.reason)
    return replay


def _printed(item: Produced) -> Produced | None:
    """The PDF of a page made for paper. None where there is nothing to print, or no Qt to do it
    (the command line works without)."""
    if not item.printable:
        return None
    try:
        from wizard.gui.printing import render_pdf, usual_page
    except ImportError:
        return None
    content = render_pdf(item.printable, usual_page())
    return Produced(f"{Path(item.name).stem}.pdf", content, item.purpose, "application/pdf")


def _write_own(path: Path, text: str) -> None:
    """Where the person chose to have it; its folder is not ours to make. Raises OSError."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


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
        self._pack: Pack | None = None
        self._provider_file: Pack | None = None
        self._redactor = Redactor()
        self._remembered = Memory(self._redactor)
        self.vault = vault or PasswordVault(self._redactor.watch)
        self._warm = False
        self.brand: Brand | None = None
        self._opening: Lock | None = None
        self._asked: Account | None = None
        self._answered: Account | None = None
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
                raise Unusable("--provider", str(path), reason)
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

    async def save_text(self, text: str, path: Path) -> Path | Problem:
        """Writes a text where the person wants it, readable by its owner only."""
        try:
            await in_thread(_write_own, path, text)
        except OSError:
            facts = (("path", str(path)),)
            return Problem(ProblemKind.FOLDER_NOT_WRITABLE, Stage.CLIENT, facts=facts)
        return path

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

    # -- the network ----------------------------------------------------------------------------

    @asynccontextmanager
    async def _network(self) -> AsyncIterator[Network]:
        """The network of one action: answers and connections are shared within it only."""
        network = await in_thread(self._open)
        async with network:
            yield network

    def _open(self) -> Network:
        from wizard.net import open_network

        return open_network(self.options.resolver or None, self.options.ca_file, self._connect_map)

    async def _packs(self) -> tuple[Pack, Pack | None]:
        """The bundled provider pack (read once) and the host's provider file."""
        if self._pack is None:
            self._pack = await in_thread(self._read_pack)
        return self._pack, self._provider_file

    @staticmethod
    def _read_pack() -> Pack:
        from wizard.discovery import PackFaults, load_pack

        pack = load_pack(resources("providers.toml"))
        assert not isinstance(pack, PackFaults), pack
        return pack

    async def suggest_domain(self, domain: str) -> str:
        """The domain probably meant."""
        from wizard.discovery import suggest_domain
        from wizard.discovery.runner import warm_up

        pack, _ = await self._packs()
        suggestion = suggest_domain(domain, pack)
        if not self._warm:
            # The search is next: have its libraries at hand when the button is pressed.
            self._warm = True
            async with self._network() as network:
                await network.ready()
            await in_thread(warm_up)
        return suggestion

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
        from wizard.discovery import discover
        from wizard.discovery.recording import Recorder, Terms
        from wizard.discovery.replay import Replay, load_recording, run_jumping, same_outcome
        from wizard.discovery.runner import warm_up

        def on_report(report: SourceReport) -> None:
            LOGGER.info(
                "%s %s %d ms %s", report.source.value, report.state.value, report.ms, report.detail
            )
            progress(report)

        pack, provider_file = await self._packs()
        self._warm = True  # what a suggestion would load ahead of a search is loaded by this one
        terms = Terms(options.timeout, options.sources, options.all)

        async def searched(
            network: DiscoveryNetwork,
            terms: Terms,
            progress: Callable[[SourceReport], None] | None = on_report,
        ) -> DiscoveryResult:
            return await discover(
                address,
                network,
                pack,
                provider_file=provider_file,
                timeout=terms.timeout,
                only=terms.only or None,
                all_sources=terms.all_sources,
                progress=progress,
            )

        if options.replay:
            replay = await in_thread(_read_recording, options.replay, address)
            told = replay.terms if terms == Terms() else terms
            # A clock of its own needs a loop of its own, and that a thread.
            return await in_thread(lambda: run_jumping(searched(replay, told)))
        if options.record:
            _check_writable("--record", options.record)
        async with self._network() as network:
            # What `ms` counts is the search, not the loading of libraries: a window has loaded
            # them while the address was being typed (`suggest_domain`).
            await network.ready()
            await in_thread(warm_up)
            if options.record is None:
                return await searched(network, terms)
            recorder = Recorder(network, address, terms)
            try:
                live = await searched(recorder, terms)
            finally:
                recording = recorder.to_json()
                options.record.write_text(recording, encoding="utf-8")
        kept = load_recording(recording, address)
        assert isinstance(kept, Replay), kept
        again = await in_thread(lambda: run_jumping(searched(kept, terms, None)))
        # What is printed is what support will see: the replay, whose times are the recorded ones.
        return again if same_outcome(live, again) else live

    def parse_autoconfig(self, document: bytes, address: EmailAddress) -> Found | Problem:
        """The servers an autoconfig document yields."""
        from wizard.discovery import NotAutoconfig, parse_autoconfig

        parsed = parse_autoconfig(document, address)
        if isinstance(parsed, NotAutoconfig):
            facts = (("reason", parsed.reason),)
            return Problem(ProblemKind.SETTINGS_UNREADABLE, Stage.INPUT, facts=facts)
        # Here the document is shown, not used: what does not encrypt is listed last and marked
        # by its `security`.
        plain = parsed.unencrypted
        said = Evidence(
            Source.AUTOCONFIG, ("host", "port", "security", "username"), "", Trust.CONSENT, "file"
        )
        return Found(
            address,
            Provider(parsed.name or parsed.short_name, help=parsed.help),
            tuple(
                server.with_evidence(said)
                for server in (*parsed.incoming, *(s for s in plain if s.type.is_incoming))
            ),
            tuple(
                server.with_evidence(said)
                for server in (*parsed.outgoing, *(s for s in plain if not s.type.is_incoming))
            ),
            parsed.services,
        )

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
        from wizard.verify import verify

        client = provider.oauth
        secret = self.vault.get(address) or Secret("")
        by_token = client is not None and not secret
        for server in (incoming, outgoing):
            # Encoded together with the user name, which need not be the address.
            self._redactor.watch(secret, server.username if server is not None else str(address))

        def on_rung(side: Side, rung: Rung) -> None:
            LOGGER.info("%s %s ok=%s %d ms %s", side, rung.stage, rung.ok, rung.ms, rung.said)
            progress(side, rung)

        async with self._network() as network:
            if by_token:
                assert client is not None
                token = await self._signed_in(client, address, network)
                if isinstance(token, Problem):
                    return Verification(SideFailed(token), SideUntested("receiving-failed"))
                secret = token
            return await verify(
                incoming,
                outgoing,
                secret,
                network,
                provider=provider,
                address=address,
                progress=on_rung,
                services=services,
                http=network.http,
                by_token=by_token,
            )

    async def diagnose(
        self,
        address: EmailAddress,
        incoming: ServerSettings | None,
        outgoing: ServerSettings | None,
        provider: Provider,
        progress: Callable[[Check], None],
    ) -> Diagnosis:
        """Finds out what is wrong; without servers it looks for them itself."""
        from wizard.app import diagnosing
        from wizard.diagnose import PUBLIC, Servers, diagnose, read_surroundings
        from wizard.verify import verify

        async def find() -> Servers:
            if incoming is None and outgoing is None:
                options = SearchOptions(timeout=diagnosing.SEARCH_TIME)
                result = await self.search(address, options, lambda report: None)
                return diagnosing.servers_of(address, result)
            receiving = (incoming,) if incoming is not None else ()
            sending = (outgoing,) if outgoing is not None else ()
            return diagnosing.known_servers(address, receiving, sending, provider)

        async def password() -> Secret | None:
            return self.vault.get(address) or await self.stored_password(address)

        def on_check(check: Check) -> None:
            LOGGER.info(
                "%s %s:%d %s %s %s",
                check.subject.value,
                check.host,
                check.port,
                check.family,
                check.state.value,
                check.said,
            )
            progress(check)

        surroundings = self._surroundings or PUBLIC
        if self.options.controls_file is not None:
            surroundings = read_surroundings(self.options.controls_file)
        async with self._network() as network:
            await network.ready()

            async def log_in(
                servers: Servers, secret: Secret, on_rung: Callable[[str, Rung], None]
            ) -> Verification:
                self._redactor.watch(secret, str(address))
                return await verify(
                    next(iter(servers.incoming), None),
                    next(iter(servers.outgoing), None),
                    secret,
                    network,
                    provider=servers.provider,
                    address=address,
                    progress=on_rung,
                )

            return await diagnose(
                address,
                find,
                network,
                surroundings,
                login=diagnosing.login_with(address, password, log_in),
                progress=on_check,
            )

    async def save_note(self, diagnosis: Diagnosis, path: Path) -> Path | Problem:
        """Writes what a diagnosis says, for support."""
        from wizard.messages.report import report

        return await self.save_text(report(self._messages, diagnosis), path)

    async def _signed_in(
        self, client: OAuthClient, address: EmailAddress, network: Network
    ) -> Secret | Problem:
        """An access token from the person's browser; kept nowhere."""
        from wizard.verify.oauth import sign_in

        thanks = self._messages.text("You are signed in. You can close this page.")
        token = await sign_in(client, str(address), network.http, self._open_page, thanks=thanks)
        if isinstance(token, Problem):
            return token
        for secret in (token.access, token.refresh):
            if secret is not None:
                self._redactor.watch(secret, str(address))
        return token.access

    def _open_page(self, url: str) -> None:
        """Opens a page in the person's browser, and writes it down for where there is none."""
        import webbrowser

        if sys.stderr is not None:
            told = self._messages.text("Sign in on this page: {url}", url=url)
            sys.stderr.write(f"{told}\n")
            sys.stderr.flush()
        webbrowser.open(url)

    async def send_test_message(self, account: Account, *, delete: bool) -> Delivered | Problem:
        """Sends a message to oneself, waits for it, and deletes it where that was agreed to."""
        from wizard.verify import send_test_message

        secret = self.vault.get(account.address) or Secret("")
        async with self._network() as network:
            outcome = await send_test_message(
                account,
                secret,
                network,
                self._messages.text("Test message"),
                self._messages.text("Your mail works. You can delete this message."),
                delete=delete,
            )
        if isinstance(outcome, Problem):
            return outcome
        return Delivered(outcome.seconds, outcome.authentication_results, outcome.deleted)

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

        opened = await self._opened(account)
        return await in_thread(
            registry.plan,
            client,
            opened,
            self.places,
            self._messages,
            profile or None,
            chosen,
        )

    async def _opened(self, account: Account) -> Account:
        """With its calendars and address books; asked once, however many programs want them."""
        secret = self.vault.get(account.address)
        if secret is None or not account.services:
            return account
        import asyncio

        self._opening = self._opening or asyncio.Lock()
        async with self._opening:
            if self._asked != account or self._answered is None:
                from wizard.app.services import open_services

                async with self._network() as network:
                    self._answered = await open_services(account, secret, network)
                self._asked = account
            return self._answered

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

    async def keep_in_program(self, applied: Applied, account: Account) -> Applied | str:
        """Puts the password into the program's own store, or says in a word why not."""
        from wizard.app import STORE_STEP
        from wizard.clients import thunderbird_store
        from wizard.clients.thunderbird import NOTE_PASSWORD

        secret = self.vault.get(account.address)
        if secret is None:
            return "no-password-login"
        program = [sys.executable] if getattr(sys, "frozen", False) else _INTERPRETED
        command = [*program, STORE_STEP]
        reason = await in_thread(
            thunderbird_store.keep, applied, account, secret, self.places, command
        )
        LOGGER.info("password into %s: %s", applied.plan.client, reason or "done")
        if reason:
            return reason
        asks = self._messages.text(NOTE_PASSWORD)
        notes = tuple(note for note in applied.plan.notes if note != asks)
        return replace(applied, plan=replace(applied.plan, notes=notes))

    def files(
        self, client: str, account: Account, programs: tuple[str, ...] = ()
    ) -> ClientPlan | Problem:
        """One program's files to carry elsewhere; the sheet has the steps of `programs`."""
        from wizard.clients import registry

        return registry.files(client, account, self._messages, programs)

    def fleet(
        self, account: Account, certificate: Path | None, key: Path | None, chain: Path | None
    ) -> ClientPlan | Problem:
        """The forms that fleet managers deploy; the Apple profile signed where both are given."""
        from wizard.clients import fleet

        if certificate is None or key is None:
            return fleet.files(account, self._messages)
        with self._signing(certificate):
            parts = [path.read_bytes() if path else b"" for path in (certificate, key, chain)]
            return fleet.files(account, self._messages, fleet.Signer(*parts))

    def apple(
        self,
        account: Account,
        device: str,
        certificate: Path | None,
        key: Path | None,
        chain: Path | None,
    ) -> ClientPlan | Problem:
        """The Apple profile for one kind of device, signed where certificate and key are given."""
        from wizard.clients.apple import AppleMail, Target, sign

        targets = {"mac": Target.MAC, "iphone": Target.IPHONE_OR_IPAD}
        target = targets.get(device, Target.ANY)
        if certificate is None or key is None:
            return AppleMail().files(account, self._messages, target)
        with self._signing(certificate):
            parts = [path.read_bytes() if path else b"" for path in (certificate, key, chain)]
            return AppleMail().files(
                account, self._messages, target, lambda document: sign(document, *parts)
            )

    @staticmethod
    @contextmanager
    def _signing(certificate: Path) -> Iterator[None]:
        """Says which file does not serve for signing, and why."""
        try:
            yield
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", "") or str(error)
            raise Unusable("--certificate", str(certificate), reason) from error

    def publication(
        self, domain: str, settings: SettingsFile, address: EmailAddress
    ) -> Publication | Problem:
        """What to publish for a domain."""
        from wizard.clients import publish

        wanted = publish.Settings(
            domain,
            address,
            settings.provider,
            settings.incoming,
            settings.outgoing,
            settings.services,
        )
        made = publish.publication(wanted, self._messages)
        if isinstance(made, publish.Unpublishable):
            facts = (("field", "username"), ("reason", "not-for-everybody"))
            return Problem(
                ProblemKind.SETTINGS_UNREADABLE, Stage.INPUT, detail=made.username, facts=facts
            )
        files = publish.files(wanted, made, self._messages)
        return Publication(
            ClientPlan("publish", domain, How.FILES, domain, files=files),
            tuple((page.produced.name, page.url) for page in made.pages),
            tuple((record.name, record.type, record.value) for record in made.records),
            made.notes,
        )

    def write(self, plan: ClientPlan, folder: Path) -> tuple[Path, ...] | Problem:
        """Writes a plan's files; what is made for paper also as PDF, where Qt is at hand."""
        from wizard.clients import registry

        printed = tuple(pdf for item in plan.files if (pdf := _printed(item)) is not None)
        return registry.write_files(replace(plan, files=(*plan.files, *printed)), folder)

    async def undo(self, change_id: str) -> Undone | Problem:
        """Takes one change back."""
        from wizard.clients import registry

        return await in_thread(registry.undo, change_id, self.places)

    async def interrupted(self) -> bool:
        """True where a change was cut off last time; what only prepared a program goes."""
        from wizard.clients import registry

        await in_thread(registry.tidy, self.places)
        return bool(await in_thread(registry.pending, self.places))

    async def finish(self, change_id: str) -> ChangeRecord | Problem:
        """Completes a change that was cut off."""
        from wizard.clients import registry

        return await in_thread(registry.finish, change_id, self.places)

    async def changes(self) -> tuple[ChangeRecord, ...]:
        """What the wizard has changed on this computer, newest first."""
        from wizard.clients import registry

        return await in_thread(registry.changes, self.places)

    async def kept(self) -> str:
        """What a crash left of the last journey; no password was ever in it."""
        return await in_thread(self._read_kept)

    def _read_kept(self) -> str:
        try:
            return self._kept_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    async def keep(self, text: str) -> None:
        """Keeps it in the wizard's own folder, for its owner alone."""
        await in_thread(self._write_kept, text)

    def _write_kept(self, text: str) -> None:
        from wizard.system import write_private

        try:
            if text:
                write_private(self._kept_file, text.encode())
            else:
                self._kept_file.unlink(missing_ok=True)
        except OSError as error:
            LOGGER.warning("nothing is kept for the next start: %s", error.strerror)

    @property
    def _kept_file(self) -> Path:
        return self.places.state / "journey.json"

    async def known(self) -> tuple[KnownAccount, ...]:
        """Addresses of this computer's mail programs and of the wizard's journal."""
        from wizard.clients import holders

        return await in_thread(holders.known, self.places)

    async def update_password(self, account: Account) -> tuple[PasswordUse, ...]:
        """Gives the vault's password to the programs that hold an older one."""
        from wizard.clients import holders
        from wizard.keychain import evolution

        words, secret = self._messages, self.vault.get(account.address)
        uses = []
        for item in await in_thread(holders.find, account.address, self.places):
            updated = False
            if item.client == "evolution" and secret is not None:
                uids = await in_thread(holders.evolution_sources, account.address, item)
                updated = await evolution.update(uids, secret)
            note = holders.has_it(words) if updated else holders.asks(item, words)
            if secret is None:
                note = holders.signs_in_again(words)
            uses.append(PasswordUse(item.client, item.name, updated, note))
        return tuple(uses)

    async def plan_moves(
        self, old: EmailAddress, account: Account
    ) -> tuple[tuple[str, str, ClientPlan | Problem], ...]:
        """What would change in the programs that have the old address."""
        from wizard.clients import moving

        return await in_thread(moving.plan, old, account, self.places, self._messages)

    async def save(
        self, account: Account, clients: tuple[str, ...], folder: Path
    ) -> tuple[Path, ...] | Problem:
        """Everything for an account in one folder: each program's files, the sheet, the settings
        file that the command line reads again."""
        import json

        from wizard.model.document import account_json

        written: list[Path] = []
        for client in dict.fromkeys((*clients, "sheet")):
            plan = self.files(client, account, clients)
            if isinstance(plan, Problem):
                return plan
            result = self.write(plan, folder)
            if isinstance(result, Problem):
                return result
            written += result
        settings = Produced(
            "settings.json",
            json.dumps(account_json(account), ensure_ascii=False, indent=2).encode(),
            "",
            "application/json",
        )
        document = ClientPlan("sheet", "", How.FILES, str(account.address), files=(settings,))
        result = self.write(document, folder)
        if isinstance(result, Problem):
            return result
        return (*written, *result)

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

        async with self._network() as network:
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
