"""Signs of life of the network during one search, taken while the questions pass through.

`WatchedResolver`, `WatchedHttp` and `WatchedConnector` wrap the adapters and note what came back;
they change nothing.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from wizard.net.failure import NetFailure, Trouble
from wizard.net.http import HttpClient, HttpFailure, HttpReply
from wizard.net.resolver import Empty, Mx, NoAnswer, Records, Resolver, Srv
from wizard.net.streams import Connector, Stream

ORDINARY_ROUND_TRIP = 0.2
"""Seconds; up to here the published limits (10 s in all, 0.5 s of grace) hold as they are."""

_SILENCE = frozenset({Trouble.DNS, Trouble.OFFLINE, Trouble.TIMEOUT})

T = TypeVar("T")


@dataclass(slots=True)
class Vital:
    """`dns`, `web`, `mail`: something answered there. `failed`: something did not.

    `imposters`: https names where something else than TLS answered (a hotspot's login page).
    """

    dns: bool = False
    web: bool = False
    mail: bool = False
    failed: bool = False
    imposters: set[str] = field(default_factory=set)
    round_trips: list[float] = field(default_factory=list)

    @property
    def alive(self) -> bool:
        """True once anything at all has answered."""
        return self.dns or self.web or self.mail

    @property
    def round_trip(self) -> float:
        """Seconds: the median of the answered DNS questions, 0 before the first. One answer from
        a near-by cache does not make a satellite link fast."""
        return statistics.median(self.round_trips) if self.round_trips else 0.0

    @property
    def slowness(self) -> float:
        """Factor by which the limits grow: 1 up to 200 ms round trip, 2 at most."""
        return min(2.0, max(1.0, self.round_trip / ORDINARY_ROUND_TRIP))


class WatchedResolver:
    """A resolver whose answers count as signs of life."""

    def __init__(self, inner: Resolver, vital: Vital) -> None:
        self._inner = inner
        self._vital = vital

    async def mx(self, name: str) -> Records[Mx] | Empty:
        return await self._watch(self._inner.mx(name))

    async def srv(self, name: str) -> Records[Srv] | Empty:
        return await self._watch(self._inner.srv(name))

    async def txt(self, name: str) -> Records[str] | Empty:
        return await self._watch(self._inner.txt(name))

    async def ptr(self, address: str) -> Records[str] | Empty:
        return await self._watch(self._inner.ptr(address))

    async def addresses(self, host: str) -> Records[str] | Empty:
        return await self._watch(self._inner.addresses(host))

    async def _watch(self, question: Awaitable[Records[T] | Empty]) -> Records[T] | Empty:
        loop = asyncio.get_running_loop()
        asked = loop.time()
        answer = await question
        match answer:
            case NoAnswer():
                self._vital.failed = True
            case _:
                self._vital.dns = True
                self._vital.round_trips.append(loop.time() - asked)
        return answer


class WatchedHttp:
    """An https client whose replies count as signs of life."""

    def __init__(self, inner: HttpClient, vital: Vital) -> None:
        self._inner = inner
        self._vital = vital

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
        personal: str = "",
    ) -> HttpReply | HttpFailure:
        return self._note(
            await self._inner.get(url, headers=headers, follow=follow, personal=personal)
        )

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
    ) -> HttpReply | HttpFailure:
        return self._note(await self._inner.post(url, body, headers=headers, follow=follow))

    async def aclose(self) -> None:
        await self._inner.aclose()

    def _note(self, reply: HttpReply | HttpFailure) -> HttpReply | HttpFailure:
        if isinstance(reply, HttpReply):
            self._vital.web = True
        else:
            self._vital.failed = True
            self._learn(reply.cause)
        return reply

    def _learn(self, cause: NetFailure | None) -> None:
        """A refusal too comes from somebody who is there."""
        if cause is None:
            self._vital.web = True  # too large, redirected, malformed: it did answer
        elif cause.trouble is Trouble.NO_SUCH_HOST:
            self._vital.dns = True
        elif cause.trouble is Trouble.NOT_TLS:
            self._vital.imposters.add(cause.host)
        elif cause.trouble not in _SILENCE:
            self._vital.web = True


class WatchedConnector:
    """A connector whose connections count as signs of life."""

    def __init__(self, inner: Connector, vital: Vital) -> None:
        self._inner = inner
        self._vital = vital

    async def connect(self, host: str, port: int, *, tls: bool, timeout: float = 5.0) -> Stream:
        try:
            stream = await self._inner.connect(host, port, tls=tls, timeout=timeout)
        except NetFailure as failure:
            self._vital.failed = True
            if failure.trouble is Trouble.NO_SUCH_HOST:
                self._vital.dns = True
            elif failure.trouble not in _SILENCE:
                self._vital.mail = True
            raise
        self._vital.mail = True
        return stream
