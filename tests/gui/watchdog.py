"""A watchdog over the main thread: how long it works between two looks at its queue."""

from __future__ import annotations

import time
from types import TracebackType

from PySide6.QtCore import QAbstractEventDispatcher


class Watchdog:
    """`longest_ms`: the longest the main thread computed without returning to its event loop.

    Processor time of this thread, not time on the clock: a busy machine is not a slow window.
    Waiting would not show here; that the main thread never waits is what the tests on threads
    hold (services run in the network thread alone).
    """

    def __init__(self) -> None:
        dispatcher = QAbstractEventDispatcher.instance()
        assert dispatcher is not None
        self._dispatcher = dispatcher
        self._begun = 0.0
        self.longest_ms = 0.0

    def __enter__(self) -> Watchdog:
        self._begun = time.thread_time()
        self._dispatcher.awake.connect(self._awake)
        self._dispatcher.aboutToBlock.connect(self._block)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._dispatcher.awake.disconnect(self._awake)
        self._dispatcher.aboutToBlock.disconnect(self._block)

    def _awake(self) -> None:
        self._begun = time.thread_time()

    def _block(self) -> None:
        self.longest_ms = max(self.longest_ms, (time.thread_time() - self._begun) * 1000)
