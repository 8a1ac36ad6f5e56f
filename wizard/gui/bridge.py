"""The one place that knows threads: an asyncio loop in a daemon thread, and the way back.

Work is started under a key, from the main thread; what it emits arrives in the main thread as a
signal, in order. After `cancel` nothing of that key arrives any more, even if it was already on
its way. The thread starts with the first piece of work, so the first window does not pay for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Hashable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

if TYPE_CHECKING:
    import asyncio

Emit = Callable[[object], None]
Work = Callable[[Emit], Coroutine[Any, Any, None]]

_CLOSE_SECONDS = 3.0


class Bridge(QObject):
    """Signals: `delivered` with what work emitted, `crashed` with an exception nobody expected.

    All methods belong to the main thread.
    """

    delivered = Signal(object)
    crashed = Signal(object)
    _arrived = Signal(object, object)
    _ended = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._early: list[Callable[[], object]] = []  # asked for before the loop was there
        self._lock = threading.Lock()
        self._live: dict[Hashable, object] = {}
        self._tasks: dict[object, asyncio.Task[None]] = {}  # touched by the loop's thread only
        self._closed = False
        self._arrived.connect(self._take)
        self._ended.connect(self._end)

    def start(self, key: Hashable, work: Work) -> None:
        """Runs `work`; a piece of work still running under the same key is cancelled."""
        if self._closed:
            return
        self.cancel(key)
        token = object()
        self._live[key] = token
        self._call(lambda: self._launch(key, token, work))

    def cancel(self, key: Hashable) -> None:
        """Stops work and drops whatever of it is still to come. Unknown keys are fine."""
        token = self._live.pop(key, None)
        if token is not None:
            self._call(lambda: self._stop(token))

    @property
    def busy(self) -> bool:
        """True while any work runs."""
        return bool(self._live)

    def leave(self) -> None:
        """Cancels everything and waits for nothing."""
        with self._lock:  # from here on nothing is sent to objects that may soon be gone
            if self._closed:
                return
            self._closed = True
        self._live.clear()
        if self._thread is not None:
            self._call(self._finish)

    def close(self) -> None:
        """Cancels everything and waits for the thread, a bounded time."""
        self.leave()
        if self._thread is not None:
            self._thread.join(_CLOSE_SECONDS)
            self._thread = None

    # -- main thread ------------------------------------------------------------------------

    @Slot(object, object)
    def _take(self, mark: tuple[Hashable, object], what: object) -> None:
        key, token = mark
        if self._live.get(key) is token:
            self.delivered.emit(what)

    @Slot(object, object)
    def _end(self, mark: tuple[Hashable, object], crash: BaseException | None) -> None:
        key, token = mark
        if self._live.get(key) is not token:
            return
        del self._live[key]
        if crash is not None:
            self.crashed.emit(crash)

    def _call(self, what: Callable[[], object]) -> None:
        """Has the loop's thread do something; starts the thread with the first call.

        The loop is made in its own thread: importing asyncio takes longer than a window may
        stand still.
        """
        with self._lock:
            if self._loop is None:
                self._early.append(what)
            else:
                self._loop.call_soon_threadsafe(what)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="network", daemon=True)
            self._thread.start()

    # -- the loop's thread ------------------------------------------------------------------

    def _run(self) -> None:
        import asyncio

        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        with self._lock:
            self._loop = loop
            for what in self._early:
                loop.call_soon(what)
            self._early.clear()
        try:
            loop.run_forever()
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    def _launch(self, key: Hashable, token: object, work: Work) -> None:
        if self._loop is None or self._closed:
            return
        task = self._loop.create_task(self._carry_out(key, token, work))
        self._tasks[token] = task
        task.add_done_callback(lambda _: self._tasks.pop(token, None))

    async def _carry_out(self, key: Hashable, token: object, work: Work) -> None:
        mark = (key, token)
        crash: BaseException | None = None
        try:
            await work(lambda what: self._send(self._arrived, mark, what))
        except Exception as bug:  # noqa: BLE001 - the outermost edge of this thread
            crash = bug
        self._send(self._ended, mark, crash)

    def _send(self, signal: SignalInstance, mark: tuple[Hashable, object], what: object) -> None:
        with self._lock:
            if not self._closed:
                signal.emit(mark, what)

    def _stop(self, token: object) -> None:
        task = self._tasks.get(token)
        if task is not None:
            task.cancel()

    def _finish(self) -> None:
        import asyncio

        loop = asyncio.get_running_loop()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()

        async def stop_when_done() -> None:
            if tasks:
                await asyncio.wait(tasks, timeout=_CLOSE_SECONDS / 2)
            loop.stop()

        self._closing = loop.create_task(stop_when_done())
