"""Looking for the servers of an address, wired: the provider packs, recordings, the log."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Callable
from pathlib import Path

from wizard.cli.options import SearchOptions, Unusable
from wizard.discovery import Network as DiscoveryNetwork
from wizard.discovery import (
    NotAutoconfig,
    Pack,
    PackFaults,
    discover,
    load_pack,
    parse_autoconfig,
    suggest_domain,
)
from wizard.discovery.recording import Recorder, Terms
from wizard.discovery.replay import (
    MAX_RECORDING,
    RecordingFault,
    Replay,
    load_recording,
    run_jumping,
    same_outcome,
)
from wizard.discovery.runner import warm_up
from wizard.model import (
    DiscoveryResult,
    EmailAddress,
    Evidence,
    Found,
    Problem,
    ProblemKind,
    Provider,
    Source,
    SourceReport,
    Stage,
    Trust,
)
from wizard.net import Network
from wizard.system.log import LOGGER
from wizard.system.resources import resources


class Search:
    """Looks for servers. `open_network` is called anew for each search, in a thread;
    `provider_file`: the host's own, beside the pack that came with the program."""

    def __init__(self, open_network: Callable[[], Network], provider_file: Pack | None) -> None:
        self._open_network = open_network
        self._provider_file = provider_file
        self._bundled: Pack | None = None
        self._warm = False

    async def _pack(self) -> Pack:
        """The provider pack that came with the program, read once."""
        if self._bundled is None:
            pack = await to_thread(load_pack, resources("providers.toml"))
            assert not isinstance(pack, PackFaults), pack
            self._bundled = pack
        return self._bundled

    async def suggest_domain(self, domain: str) -> str:
        """The domain probably meant."""
        suggestion = suggest_domain(domain, await self._pack())
        if not self._warm:
            # The search is next: have its libraries at hand when the button is pressed.
            self._warm = True
            async with await to_thread(self._open_network) as network:
                await network.ready()
            await to_thread(warm_up)
        return suggestion

    async def search(
        self,
        address: EmailAddress,
        options: SearchOptions,
        progress: Callable[[SourceReport], None],
    ) -> DiscoveryResult:
        """Looks for the servers of an address. Raises `Unusable`."""

        def on_report(report: SourceReport) -> None:
            LOGGER.info(
                "%s %s %d ms %s", report.source.value, report.state.value, report.ms, report.detail
            )
            progress(report)

        pack = await self._pack()
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
                provider_file=self._provider_file,
                timeout=terms.timeout,
                only=terms.only or None,
                all_sources=terms.all_sources,
                progress=progress,
            )

        if options.replay:
            replay = await to_thread(_read_recording, options.replay, address)
            told = replay.terms if terms == Terms() else terms
            # A clock of its own needs a loop of its own, and that a thread.
            return await to_thread(lambda: run_jumping(searched(replay, told)))
        if options.record:
            _check_writable("--record", options.record)
        async with await to_thread(self._open_network) as network:
            # What `ms` counts is the search, not the loading of libraries: a window has loaded
            # them while the address was being typed (`suggest_domain`).
            await network.ready()
            await to_thread(warm_up)
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
        again = await to_thread(lambda: run_jumping(searched(kept, terms, None)))
        # What is printed is what support will see: the replay, whose times are the recorded ones.
        return again if same_outcome(live, again) else live


def _check_writable(option: str, path: Path) -> None:
    """Says before a search, not after it, that its recording could not be kept."""
    try:
        path.open("a").close()
    except OSError as error:
        raise Unusable(option, str(path), error.strerror or "cannot be written") from error


def _read_recording(path: Path, address: EmailAddress) -> Replay:
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


def read_autoconfig(document: bytes, address: EmailAddress) -> Found | Problem:
    """The servers an autoconfig document yields."""
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
