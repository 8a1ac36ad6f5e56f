"""Work in a thread that nobody has to wait for when the program ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar, cast

T = TypeVar("T")


def aside(work: Callable[[], T], name: str) -> asyncio.Future[T]:
    """Starts `work`; the future has its outcome.

    asyncio's own threads (`to_thread`, `getaddrinfo`) are waited for when the loop ends. What a
    system does there (ask a name service, judge a certificate, look for a proxy) takes as long as
    it likes and cannot be stopped.
    """
    return _start(work, name)[0]


class Asker:
    """Asks one of the computer's services, in threads, and no further time while an answer is
    overdue: so one thread is left behind by a service that hangs, however often it is needed."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._overdue: threading.Thread | None = None

    async def ask(self, work: Callable[[], T], seconds: float) -> T:
        """The answer. Raises TimeoutError after `seconds`, or at once where the last one is
        overdue."""
        if self._overdue is not None and self._overdue.is_alive():
            raise TimeoutError(f"{self._name}: overdue")
        answer, thread = _start(work, self._name)
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            if answer.cancelled():  # by the time-out; who asked may also have gone before it
                self._overdue = thread
            raise


def _start(work: Callable[[], T], name: str) -> tuple[asyncio.Future[T], threading.Thread]:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(cast(T, result))

    def run() -> None:
        result: T | None = None
        error: Exception | None = None
        try:
            result = work()
        except Exception as caught:  # noqa: BLE001 - handed on to whoever waits
            error = caught
        with suppress(RuntimeError):  # the loop is gone, and with it whoever waited
            loop.call_soon_threadsafe(settle, result, error)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return done, thread
