"""A watchdog over the main thread: how long it works between two looks at its queue."""

from __future__ import annotations

import time
from types import TracebackType

from PySide6.QtCore import QAbstractEventDispatcher

_USUAL_MS = 6.0
"""What the fixed piece of work takes on an ordinary desk computer with Python 3.11."""


class Watchdog:
    """`longest_ms`: the longest the main thread computed without returning to its event loop.

    Processor time of this thread, not time on the clock: a busy machine is not a slow window.
    Waiting would not show here; that the main thread never waits is what the tests on threads
    hold (services run in the network thread alone). Even processor time grows where others use
    the same caches and the same core: it is given as it would be on a quiet desk, by what a fixed
    piece of work costs before and after.
    """

    def __init__(self) -> None:
        dispatcher = QAbstractEventDispatcher.instance()
        assert dispatcher is not None
        self._dispatcher = dispatcher
        self._begun = 0.0
        self._longest_ms = 0.0
        self._slowness = 1.0

    @property
    def longest_ms(self) -> float:
        """In milliseconds of a quiet desk."""
        return self._longest_ms / self._slowness

    def _calibrate(self) -> None:
        begun = time.thread_time()
        sum(number * number for number in range(100_000))
        took = (time.thread_time() - begun) * 1000
        self._slowness = max(self._slowness, took / _USUAL_MS)

    def __enter__(self) -> Watchdog:
        self._calibrate()
        self._begun = time.thread_time()
        self._dispatcher.awake.connect(self._look)
        self._dispatcher.aboutToBlock.connect(self._look)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._dispatcher.awake.disconnect(self._look)
        self._dispatcher.aboutToBlock.disconnect(self._look)
        self._calibrate()

    def _look(self) -> None:
        """At the queue again: before it sleeps, and when it wakes (sleep costs no time here)."""
        now = time.thread_time()
        self._longest_ms = max(self._longest_ms, (now - self._begun) * 1000)
        self._begun = now
