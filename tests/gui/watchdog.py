"""A watchdog over the main thread: how long it stands still between two looks at its queue.

    time on the clock = computing + waiting for a processor + waiting for anything else

Computing and waiting for anything else (a file, a socket, a lock, a sleep, another process) are the
window's own doing. Waiting for a processor is the machine's: on a busy one it may be any length,
and the kernel says how long it was. Where the kernel does not tell (other systems than Linux), it
counts as standing still.

Computing is given as it would be on a quiet desk: it takes longer where others use the same caches
and the same core, and in a virtual machine the host takes processors away and calls it computing.
What the host took is known; for the rest, the same stretch again in fixed pieces of work tells how
much dearer it was.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QAbstractEventDispatcher, QCoreApplication, QEvent, QObject

LIMIT_MS = 50.0
_USUAL_MS = 6.0
"""What the fixed piece of work takes on an ordinary desk computer with Python 3.11."""
_WORTH_A_LOOK_MS = 0.6 * LIMIT_MS
_THREADS = Path("/proc/self/task")
_ALL = Path("/proc/stat")
_STOLEN = 8  # of the first line: user nice system idle iowait irq softirq steal, in ticks
_MOST_PIECES = 20


@dataclass(frozen=True, slots=True)
class Moment:
    """Where the clocks stand, in seconds. `queued`: how long threads of this process have waited
    for a processor: this one, and those that may hold the interpreter's lock meanwhile. `stolen`:
    what the host has taken from this machine."""

    clock: float
    computed: float
    queued: float
    stolen: float

    @classmethod
    def now(cls) -> Moment:
        return cls(time.perf_counter(), time.thread_time(), _queued(), _stolen())


@dataclass(frozen=True, slots=True)
class Pause:
    """Once standing still, in milliseconds: `computed` on a quiet desk, `waited` for anything but
    a processor."""

    computed: float = 0.0
    waited: float = 0.0

    @property
    def ms(self) -> float:
        return self.computed + self.waited


def _queued() -> float:
    total = 0
    with contextlib.suppress(OSError):
        for thread in _THREADS.iterdir():
            with contextlib.suppress(OSError):  # it has just ended
                total += int((thread / "schedstat").read_text().split()[1])
    return total / 1e9


def _stolen() -> float:
    with contextlib.suppress(OSError, IndexError), _ALL.open() as file:
        return int(file.readline().split()[_STOLEN]) / os.sysconf("SC_CLK_TCK")
    return 0.0


def work() -> int:
    """The fixed piece of work."""
    return sum(number * number for number in range(100_000))


def slowness(pieces: int = 1) -> float:
    """How much longer than on a quiet desk something takes now; never less than one."""
    begun = time.thread_time()
    for _ in range(pieces):
        work()
    return max(1.0, (time.thread_time() - begun) * 1000 / (_USUAL_MS * pieces))


class Watchdog(QObject):
    """`longest`: the longest pause so far."""

    def __init__(self) -> None:
        super().__init__()
        dispatcher = QAbstractEventDispatcher.instance()
        assert dispatcher is not None
        self._dispatcher = dispatcher
        self._begun: Moment | None = None  # None while the queue is empty and the thread sleeps
        self._slowness = 1.0
        self.longest = Pause()

    @property
    def longest_ms(self) -> float:
        """How long it stood still at the longest."""
        return self.longest.ms

    def __enter__(self) -> Watchdog:
        self._slowness = slowness()
        self._dispatcher.awake.connect(self._look)
        self._dispatcher.aboutToBlock.connect(self._sleep)
        self._begun = Moment.now()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()
        self._dispatcher.awake.disconnect(self._look)
        self._dispatcher.aboutToBlock.disconnect(self._sleep)
        self._app().removeEventFilter(self)

    def rest(self) -> None:
        """What a test did itself until now does not count."""
        self._begun = Moment.now()

    # -- the event loop ---------------------------------------------------------------------

    def _look(self) -> None:
        """At the queue again."""
        self._end()
        self._begun = Moment.now()

    def _sleep(self) -> None:
        """The queue is empty: what follows is no pause, until the first event comes."""
        self._end()
        self._begun = None
        self._app().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if self._begun is None:
            self._begun = Moment.now()
        self._app().removeEventFilter(self)
        return False

    @staticmethod
    def _app() -> QCoreApplication:
        app = QCoreApplication.instance()
        assert app is not None
        return app

    def _end(self) -> None:
        if self._begun is None:
            return
        begun, now = self._begun, Moment.now()
        computed = (now.computed - begun.computed) * 1000
        queued = (now.queued - begun.queued) * 1000
        stolen = (now.stolen - begun.stolen) * 1000
        waited = max(0.0, (now.clock - begun.clock) * 1000 - computed - queued)
        waited, stolen = max(0.0, waited - stolen), max(0.0, stolen - waited)
        if computed + waited < _WORTH_A_LOOK_MS:
            pause = Pause(computed, waited)
        else:
            own = max(0.0, computed - stolen)
            pieces = min(_MOST_PIECES, 1 + round(own / _USUAL_MS))
            before, self._slowness = self._slowness, slowness(pieces)
            pause = Pause(own / max(before, self._slowness), waited)
        if pause.ms > self.longest.ms:
            self.longest = pause
        self._begun = Moment.now()
