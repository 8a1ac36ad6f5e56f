"""What has been seen so far, and telling whoever watches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from wizard.diagnose.scene import Lookup, PageSeen, ReverseName, Seen
from wizard.model import Check, CheckState, Subject

Progress = Callable[[Check], None]


@dataclass(slots=True)
class Board:
    """Facts and checks of one run; what is cut short by the deadline stays half told."""

    progress: Progress
    lookups: list[Lookup] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    reverse: list[ReverseName] = field(default_factory=list)
    _checks: dict[tuple[str, str, int, str], Check] = field(default_factory=dict)

    @property
    def checks(self) -> tuple[Check, ...]:
        """All checks in the order they began; those still under way are settled as unsure."""
        return tuple(
            replace(check, state=CheckState.UNSURE) if check.state is CheckState.RUNNING else check
            for check in self._checks.values()
        )

    def tell(self, check: Check) -> None:
        """A check begins, or stands differently now."""
        if self._checks.get(check.key) != check:
            self._checks[check.key] = check
            self.progress(check)

    @asynccontextmanager
    async def timed(self, check: Check) -> AsyncIterator[Timed]:
        """Tells that a check runs, and in the end how it went; its time is filled in."""
        began = time.monotonic()
        timed = Timed(check)
        self.tell(check)
        try:
            yield timed
        except asyncio.CancelledError:
            timed.check = replace(timed.check, state=CheckState.UNSURE)
            raise
        finally:
            ms = timed.check.ms or round((time.monotonic() - began) * 1000)
            self.tell(replace(timed.check, ms=ms))

    def saw(self, seen: Seen) -> Check:
        """Notes a fact; returns the check that says it."""
        self.seen.append(seen)
        return Check(
            seen.subject,
            _state_of(seen),
            seen.host,
            seen.port,
            seen.family,
            seen.address,
            seen.service,
            seen.security,
            seen.rungs,
            seen.said,
            seen.ms,
        )


@dataclass(slots=True)
class Timed:
    """A check whose outcome is filled in by whoever runs it."""

    check: Check


def _state_of(seen: Seen) -> CheckState:
    if seen.no_way:
        return CheckState.UNSURE
    if seen.subject in {Subject.RECEIVING, Subject.SENDING}:
        return CheckState.GOOD if seen.problem is None else CheckState.BAD
    if seen.page is PageSeen.PORTAL or (seen.problem is not None and seen.connected):
        return CheckState.BAD
    if seen.connected:
        return CheckState.GOOD
    # A closed port that nobody uses, or one control among several, is no news by itself.
    return CheckState.UNSURE
