"""Runs the sources side by side and decides when the answer stands.

Rules: everything starts at once, guessing after 300 ms or when nothing else is left; a complete
answer cancels what ranks below it; what ranks above it gets half a second more; the deadline
holds whatever happens; whoever cancels the search finds nothing left running.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from wizard.discovery import names
from wizard.discovery.offer import Answer, Offer, Query
from wizard.discovery.plan import Step
from wizard.discovery.rank import Candidates, Weight, merge
from wizard.discovery.vital import Vital
from wizard.model import Source, SourceReport, SourceState
from wizard.net import safexml

GUESS_AFTER = 0.3
"""Seconds without a complete answer until guessing starts."""
GRACE = 0.5
"""Seconds that better sources get after the first complete answer."""
BUSY_SHARE = 0.95
"""Share of the time-out that the sources get; the rest is for what is still open about the domain
and for servers that have to be tried."""
QUIET_SHARE = 0.7
"""Share of the time-out after which a network without any sign of life is given up; the rest is
for finding out why."""
WAVE = 0.008
"""Seconds between two waves of the first questions (see `plan.Step`)."""
WARM_UP_AFTER = 0.015
"""Seconds after which the libraries that read answers are loaded: the questions are out by then,
the answers not yet back."""

Progress = Callable[[SourceReport], None]


@dataclass(slots=True)
class Gathered:
    """The outcome of a run. `timed_out`: the deadline ended it."""

    offers: list[Offer] = field(default_factory=list)
    reports: dict[Source, SourceReport] = field(default_factory=dict)
    candidates: Candidates = field(default_factory=Candidates)
    timed_out: bool = False

    def add_services(self, offer: Offer) -> None:
        """Adds services of kinds that no source has named."""
        named = {service.type for service in self.candidates.services}
        new = tuple(service for service in offer.services if service.type not in named)
        if new:
            self.offers.append(replace(offer, services=new))
            self.candidates = merge(self.offers)


async def run(
    query: Query,
    steps: Sequence[Step],
    vital: Vital,
    *,
    timeout: float,
    all_sources: bool = False,
    progress: Progress | None = None,
) -> Gathered:
    """Asks the sources and returns when the answer stands, at the latest after `timeout` seconds
    (twice that on a link whose round trips are slow).

    `all_sources`: let every source finish. Cancelling leaves no task behind.
    """
    return await _Run(query, steps, vital, timeout, all_sources, progress).run()


def warm_up() -> None:
    """Loads the XML reader and the public suffix list, some 30 ms on a slow computer."""
    safexml.parse_xml(b"<warm/>")
    names.suffix_rules()


class _Run:
    def __init__(
        self,
        query: Query,
        steps: Sequence[Step],
        vital: Vital,
        timeout: float,
        all_sources: bool,
        progress: Progress | None,
    ) -> None:
        self._query = query
        self._steps = steps
        self._vital = vital
        self._timeout = timeout
        self._all_sources = all_sources
        self._progress = progress
        self._news = asyncio.Event()
        self._tasks: dict[asyncio.Task[Answer], Step] = {}
        self._leaving: list[asyncio.Task[Answer]] = []
        self._waiting: list[Step] = []
        self._complete_at: float | None = None
        self._gathered = Gathered()

    async def run(self) -> Gathered:
        for step in self._steps:
            self._report(step.source, SourceState.WAITING)
        warming = asyncio.get_running_loop().call_later(WARM_UP_AFTER, warm_up)
        try:
            await self._start_all()
            await self._watch()
        finally:
            warming.cancel()
            await self._stop()
        for task in self._leaving:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error
        return self._gathered

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._collect()
            now = loop.time()
            self._weigh(now)
            self._start_late(now)
            if not self._tasks and not self._waiting:
                return
            if self._stands(now):
                return
            wake = self._wake_at()
            if now >= self._deadline():
                self._gathered.timed_out = True
                return
            self._news.clear()
            try:
                async with asyncio.timeout_at(wake):
                    await self._news.wait()
            except TimeoutError:
                continue

    # -- starting and stopping ----------------------------------------------------------------

    async def _start_all(self) -> None:
        """Starts the sources that need no network a moment before the others: who is in the pack
        need not be asked about anywhere that ranks below it."""
        for step in self._steps:
            if step.local:
                self._start(step)
        await asyncio.sleep(0)
        complete = self._gathered.candidates.complete_weight
        wave = 0
        for step in sorted(self._steps, key=lambda step: step.wave):
            if step.local:
                continue
            if complete is not None and step.potential > complete and not self._all_sources:
                self._report(step.source, SourceState.CANCELLED)
            elif step.late and not self._all_sources and len(self._steps) > 1:
                self._waiting.append(step)
            else:
                if step.wave > wave and self._tasks:
                    await asyncio.sleep(WAVE)
                wave = step.wave
                self._start(step)

    def _start(self, step: Step) -> None:
        self._report(step.source, SourceState.RUNNING)
        task = asyncio.create_task(self._ask(step), name=f"source {step.source.value}")
        task.add_done_callback(lambda _: self._news.set())
        self._tasks[task] = step

    async def _ask(self, step: Step) -> Answer:
        return await step.ask(self._query, self._take)

    def _take(self, offer: Offer) -> None:
        self._gathered.offers.append(offer)
        self._gathered.candidates = merge(self._gathered.offers)
        self._news.set()

    def _start_late(self, now: float) -> None:
        if not self._waiting or self._complete_at is not None:
            return
        early = bool(self._tasks) and now < self._query.started + GUESS_AFTER
        if not early:
            for step in self._waiting:
                self._start(step)
            self._waiting.clear()

    def _collect(self) -> None:
        """Takes the answers of sources that have ended."""
        for task in [task for task in self._tasks if task.done()]:
            step = self._tasks.pop(task)
            answer = task.result()  # a defect in a source ends the search and is shown as one
            told = [offer for offer in self._gathered.offers if offer.source is step.source]
            detail = answer.detail or next((offer.detail for offer in told if offer.detail), "")
            self._report(step.source, answer.state, detail)

    async def _stop(self) -> None:
        state = SourceState.TIMEOUT if self._gathered.timed_out else SourceState.CANCELLED
        for task, step in self._tasks.items():
            self._dismiss(task, step, state)
        self._tasks.clear()
        for step in self._waiting:
            self._report(step.source, SourceState.CANCELLED)
        self._waiting.clear()
        await asyncio.gather(*self._leaving, return_exceptions=True)

    def _dismiss(self, task: asyncio.Task[Answer], step: Step, state: SourceState) -> None:
        task.cancel()
        self._leaving.append(task)
        told = [offer for offer in self._gathered.offers if offer.source is step.source]
        if any(not offer.is_empty for offer in told):
            self._report(step.source, SourceState.FOUND, told[0].detail)
        else:
            self._report(step.source, state)

    # -- deciding -----------------------------------------------------------------------------

    def _weigh(self, now: float) -> None:
        """Notes the first complete answer and cancels what ranks below it."""
        complete = self._gathered.candidates.complete_weight
        if complete is None or self._all_sources:
            return
        if self._complete_at is None:
            self._complete_at = now
        for task, step in list(self._tasks.items()):
            if step.potential > complete:
                del self._tasks[task]
                self._dismiss(task, step, SourceState.CANCELLED)
        self._waiting, unneeded = [], self._waiting
        for step in unneeded:
            self._report(step.source, SourceState.CANCELLED)

    def _stands(self, now: float) -> bool:
        if self._complete_at is None:
            return False
        if not any(self._may_improve(step) for step in self._tasks.values()):
            return self._is_online() or now >= self._grace_ends()
        return now >= self._grace_ends()

    def _may_improve(self, step: Step) -> bool:
        candidates = self._gathered.candidates
        if candidates.closing_weight is not None:
            return step.potential < candidates.closing_weight
        sides: tuple[Weight | None, ...] = (
            candidates.incoming_weight,
            candidates.outgoing_weight,
        )
        return any(side is None or step.potential < side for side in sides)

    def _is_online(self) -> bool:
        """True once the network has shown a sign of life: an answer from the pack alone is worth
        a moment's look whether there is a network at all."""
        return self._vital.alive or all(step.local for step in self._steps)

    def _grace_ends(self) -> float:
        assert self._complete_at is not None
        # A slow link makes better sources slow, not absent: name, TCP, TLS, reply.
        slow = 4 * self._vital.round_trip if self._vital.slowness > 1 else 0.0
        return self._complete_at + max(GRACE, slow)

    def _deadline(self) -> float:
        share = BUSY_SHARE if self._vital.alive else QUIET_SHARE
        return self._query.started + self._timeout * self._vital.slowness * share

    def _wake_at(self) -> float:
        moments = [self._deadline()]
        if self._complete_at is not None:
            moments.append(self._grace_ends())
        elif self._waiting:
            moments.append(self._query.started + GUESS_AFTER)
        return min(moments)

    # -- telling ------------------------------------------------------------------------------

    def _report(self, source: Source, state: SourceState, detail: str = "") -> None:
        report = SourceReport(source, state, self._query.ms(), detail)
        self._gathered.reports[source] = report
        if self._progress is not None:
            self._progress(report)
