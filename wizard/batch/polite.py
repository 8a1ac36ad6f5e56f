"""How fast a provider may be asked, and when to leave it alone.

Servers ban whole networks after a few bad logins: a list with wrong passwords must not lock out
an office. So each provider is asked by two at a time, is given a pause after some refusals, and is
not asked any more when it says "too many" or when refusals go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from wizard.model import Problem, ProblemKind

Sleep = Callable[[float], Awaitable[object]]

_BANS = frozenset({ProblemKind.NETWORK_BANNED, ProblemKind.TOO_MANY_ATTEMPTS})
_SLOWER = frozenset({ProblemKind.THROTTLED, ProblemKind.TOO_MANY_CONNECTIONS})


@dataclass(frozen=True, slots=True)
class Manners:
    """`at_once`: logins to one provider at a time. `pause`: seconds after `pause_after` refusals
    in a row, or when it asks for less. `stop_after`: refusals in a row that end it."""

    at_once: int = 2
    pause: float = 60.0
    pause_after: int = 3
    stop_after: int = 6


class Gate:
    """The door to one provider."""

    def __init__(self, manners: Manners, sleep: Sleep) -> None:
        self._manners = manners
        self._sleep = sleep
        self._turns = asyncio.Semaphore(manners.at_once)
        self._resting: asyncio.Lock = asyncio.Lock()
        self._refused = 0
        self._rest_due = False
        self.stopped: Problem | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Problem | None]:
        """One login's turn; yields why there is none any more."""
        async with self._turns:
            async with self._resting:
                if self._rest_due and self.stopped is None:
                    self._rest_due = False
                    await self._sleep(self._manners.pause)
            yield self.stopped

    def learn(self, problem: Problem | None) -> None:
        """What a login came to."""
        if problem is None:
            self._refused = 0
        elif problem.kind in _BANS:
            self.stopped = problem
        elif problem.kind in _SLOWER:
            self._rest_due = True
        elif problem.kind.judges_password:
            self._refused += 1
            if self._refused >= self._manners.stop_after:
                self.stopped = problem
            elif self._refused % self._manners.pause_after == 0:
                self._rest_due = True
