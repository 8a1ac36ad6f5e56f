"""A conversation with a server: a stream, the time left for it, and limits on what is read."""

from __future__ import annotations

import time
from collections.abc import Callable

from wizard.net.failure import NetFailure, Trouble
from wizard.net.streams import MAX_LINE, Stream

PATIENCE = 20.0
"""Seconds for one answer: some servers pause on purpose before a greeting or after a login."""
MAX_REPLY = 1024 * 1024
"""Bytes of one whole reply, literals included."""
MAX_LINES = 1000
"""Lines of one whole reply."""


class Budget:
    """Seconds of work one side may take in all; whoever drips answers gains nothing by it.

    `whole`: seconds after which it ends whatever was forgiven; None where nobody waits for both
    sides together.
    """

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        whole: float | None = None,
    ) -> None:
        self._clock = clock
        self._end = clock() + seconds
        self._last = None if whole is None else clock() + whole

    @property
    def left(self) -> float:
        """Seconds that are left, below zero where time is up."""
        end = self._end if self._last is None else min(self._end, self._last)
        return end - self._clock()

    def allowance(self, limit: float) -> float:
        """At most `limit`, at most what is left; raises `NetFailure` where nothing is."""
        left = self.left
        if left <= 0:
            raise NetFailure(Trouble.TIMEOUT, detail="time for the whole conversation is used up")
        return min(limit, left)

    def forgive(self, seconds: float) -> None:
        """Time that passed waiting for something else."""
        self._end += seconds


class Talk:
    """Reads and writes for a protocol. Call `begin_reply` before reading each reply."""

    def __init__(self, stream: Stream, budget: Budget) -> None:
        self.stream = stream
        self.budget = budget
        self._bytes = 0
        self._lines = 0

    def begin_reply(self) -> None:
        """Starts counting anew."""
        self._bytes = self._lines = 0

    async def line(self, patience: float = PATIENCE) -> bytes:
        """One line without its end; raises `NetFailure`, also for a reply beyond all measure."""
        line = await self.stream.read_line(self.budget.allowance(patience), MAX_LINE)
        self._count(len(line), lines=1)
        return line

    async def literal(self, count: int) -> bytes:
        """`count` bytes of an IMAP literal."""
        self._count(count, lines=0)
        return await self.stream.read_exactly(count, self.budget.allowance(PATIENCE))

    async def send(self, data: bytes) -> None:
        """Sends `data`."""
        await self.stream.write(data, self.budget.allowance(PATIENCE))

    def _count(self, count: int, lines: int) -> None:
        self._bytes += count
        self._lines += lines
        if self._bytes > MAX_REPLY or self._lines > MAX_LINES:
            raise NetFailure(Trouble.TOO_LONG, detail="reply without end")
