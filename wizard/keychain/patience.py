"""Work in a thread that nobody has to wait for."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Abandoned(Exception):
    """Nobody waits for this work any more; raised inside it, at a `Watch.check`."""


class Watch:
    """Lets long work ask whether it should still have an effect."""

    def __init__(self) -> None:
        self._abandoned = threading.Event()

    def abandon(self) -> None:
        """The caller has gone."""
        self._abandoned.set()

    def check(self) -> None:
        """Raises `Abandoned` where the caller has gone."""
        if self._abandoned.is_set():
            raise Abandoned


async def in_thread(work: Callable[[Watch], T], seconds: float) -> T:
    """The result of `work`, run in a daemon thread; raises TimeoutError after `seconds`.

    A prompt of the system may block a call for as long as it likes. Executor threads are waited
    for when the program ends; these are not.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()
    watch = Watch()

    def tell(set_it: Callable[[], None]) -> None:
        def unless_done() -> None:
            if not outcome.done():
                set_it()

        with contextlib.suppress(RuntimeError):  # the loop has ended; so has everybody's interest
            loop.call_soon_threadsafe(unless_done)

    def run() -> None:
        try:
            result = work(watch)
        except Abandoned:
            return
        except BaseException as error:  # noqa: BLE001 - handed to the waiting coroutine as it is
            failure = error
            tell(lambda: outcome.set_exception(failure))
        else:
            tell(lambda: outcome.set_result(result))

    threading.Thread(target=run, name="keychain", daemon=True).start()
    try:
        async with asyncio.timeout(seconds):
            return await outcome
    finally:
        watch.abandon()
