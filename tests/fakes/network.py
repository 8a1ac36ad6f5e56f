"""A network of dictionaries: answers by name, after a delay, with a record of every question.

Nothing is asked twice over a wire here; what a test asserts on is `asked`, the exact questions in
their order. An entry that is missing gets the answer of an empty internet: NXDOMAIN, no host.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from wizard.net.failure import CertificateFacts, NetFailure, Trouble
from wizard.net.http import HttpFailure, HttpReply
from wizard.net.resolver import (
    Empty,
    Mx,
    NoAnswer,
    NoSuchName,
    Records,
    Srv,
)
from wizard.net.streams import TlsFacts

T = TypeVar("T")
FOREVER = 3600.0


@dataclass
class FakeResolver:
    """`records`: (type, name) to values or to an `Empty`. `delay`: seconds for every answer.
    `aliases`: hosts that are only another name of others."""

    records: dict[tuple[str, str], object] = field(default_factory=dict)
    delays: dict[str, float] = field(default_factory=dict)
    delay: float = 0.0
    authentic: frozenset[str] = frozenset()
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    everything: Empty | None = None

    async def mx(self, name: str) -> Records[Mx] | Empty:
        return await self._answer("MX", name, Mx)

    async def srv(self, name: str) -> Records[Srv] | Empty:
        return await self._answer("SRV", name, Srv)

    async def txt(self, name: str) -> Records[str] | Empty:
        return await self._answer("TXT", name, str)

    async def ptr(self, address: str) -> Records[str] | Empty:
        return await self._answer("PTR", address, str)

    async def addresses(self, host: str) -> Records[str] | Empty:
        return await self._answer("A", host, str)

    async def _answer(self, kind: str, name: str, of: type[T]) -> Records[T] | Empty:
        self.asked.append((kind, name))
        await asyncio.sleep(self.delays.get(name, self.delay))
        if self.everything is not None:
            return self.everything
        value = self.records.get((kind, name))
        if value is None:
            return NoSuchName(name)
        if isinstance(value, Sequence) and not isinstance(value, str):
            values = tuple(item for item in value if isinstance(item, of))
            assert len(values) == len(value)
            return Records(name, values, name in self.authentic, self.aliases.get(name, ()))
        assert not isinstance(value, Records)
        return value  # type: ignore[return-value]  # an Empty, as the test wrote it


@dataclass(frozen=True)
class Posted:
    """A POST that was asked for."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    follow: bool


@dataclass
class FakeHttp:
    """`pages`: URL to body bytes, a status number, or a ready reply; `delays` by URL or host."""

    pages: dict[str, bytes | int | HttpReply | HttpFailure] = field(default_factory=dict)
    delays: dict[str, float] = field(default_factory=dict)
    delay: float = 0.0
    asked: list[str] = field(default_factory=list)
    posted: list[Posted] = field(default_factory=list)
    sent_headers: list[Mapping[str, str]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    offline: bool = False

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
        personal: str = "",
    ) -> HttpReply | HttpFailure:
        assert personal or not ("%40" in url or "@" in url), "a redirect would hand it on"
        self.asked.append(url)
        self.sent_headers.append(headers or {})
        return await self._reply(url)

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
    ) -> HttpReply | HttpFailure:
        self.asked.append(url)
        self.sent_headers.append(headers or {})
        self.posted.append(Posted(url, body, headers or {}, follow))
        return await self._reply(url)

    async def aclose(self) -> None:
        return None

    async def _reply(self, url: str) -> HttpReply | HttpFailure:
        host = url.split("/")[2]
        try:
            await asyncio.sleep(self.delays.get(url, self.delays.get(host, self.delay)))
        except asyncio.CancelledError:
            self.cancelled.append(url)
            raise
        if self.offline:
            return HttpFailure(url, "network", cause=NetFailure(Trouble.OFFLINE, host, 443))
        page = self.pages.get(url)
        match page:
            case None:
                cause = NetFailure(Trouble.NO_SUCH_HOST, host, 443)
                return HttpFailure(url, "network", cause=cause)
            case bytes():
                return HttpReply(url, 200, {}, page)
            case int():
                return HttpReply(url, page, {}, b"")
            case _:
                return page


@dataclass
class FakeStream:
    """Speaks a script: lines to read, one batch per thing written; notes what was written."""

    lines: list[bytes]
    after: dict[bytes, list[bytes]]
    facts: TlsFacts | None
    tls_facts: TlsFacts
    tls_failure: NetFailure | None = None
    written: list[bytes] = field(default_factory=list)
    closed: bool = False

    @property
    def peer(self) -> str:
        return "192.0.2.1"

    @property
    def tls(self) -> TlsFacts | None:
        return self.facts

    async def read_line(self, timeout: float, limit: int = 65536) -> bytes:
        if not self.lines:
            raise NetFailure(Trouble.TIMEOUT)
        return self.lines.pop(0)

    async def read_exactly(self, count: int, timeout: float) -> bytes:
        raise AssertionError("discovery reads no literals")

    async def write(self, data: bytes, timeout: float = 20.0) -> None:
        self.written.append(data)
        self.lines += self.after.get(data, [])

    async def start_tls(self, timeout: float = 5.0) -> None:
        if self.tls_failure is not None:
            raise self.tls_failure
        assert not self.lines, "something was left in the buffer before TLS"
        self.facts = self.tls_facts

    async def close(self) -> None:
        self.closed = True


@dataclass(frozen=True)
class FakeServer:
    """A listening port. `failure` is raised on connecting, `tls_failure` in the handshake.

    `implicit`: TLS at once and nothing else; False: in the clear first; None: takes both.
    """

    greeting: bytes = b""
    after: Mapping[bytes, Sequence[bytes]] = field(default_factory=dict)
    delay: float = 0.0
    failure: NetFailure | None = None
    tls_failure: NetFailure | None = None
    names: tuple[str, ...] = ()
    implicit: bool | None = None


@dataclass
class FakeConnector:
    """`servers`: (host, port) to a server; everything else refuses."""

    servers: dict[tuple[str, int], FakeServer] = field(default_factory=dict)
    asked: list[tuple[str, int, bool]] = field(default_factory=list)
    streams: list[FakeStream] = field(default_factory=list)
    open_now: dict[str, int] = field(default_factory=dict)
    most_at_once: int = 0
    most_per_host: int = 0

    async def connect(self, host: str, port: int, *, tls: bool, timeout: float = 5.0) -> FakeStream:
        self.asked.append((host, port, tls))
        self.open_now[host] = self.open_now.get(host, 0) + 1
        self.most_at_once = max(self.most_at_once, sum(self.open_now.values()))
        self.most_per_host = max(self.most_per_host, self.open_now[host])
        try:
            return await self._connect(host, port, tls, timeout)
        finally:
            self.open_now[host] -= 1

    async def _connect(self, host: str, port: int, tls: bool, timeout: float) -> FakeStream:
        server = self.servers.get((host, port))
        if server is None:
            raise NetFailure(Trouble.REFUSED, host, port)
        await asyncio.sleep(min(server.delay, timeout))
        if server.delay > timeout:
            raise NetFailure(Trouble.TIMEOUT, host, port)
        if server.failure is not None:
            raise server.failure
        if tls and server.implicit is False:
            raise NetFailure(Trouble.NOT_TLS, host, port, early=server.greeting)
        if tls and server.tls_failure is not None:
            raise server.tls_failure
        facts = TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", CertificateFacts(server.names))
        stream = FakeStream(
            lines=[server.greeting] if server.greeting and tls | (not server.implicit) else [],
            after={command: list(lines) for command, lines in server.after.items()},
            facts=facts if tls else None,
            tls_facts=facts,
            tls_failure=server.tls_failure,
        )
        self.streams.append(stream)
        return stream


@dataclass
class FakeNetwork:
    """The three of them."""

    resolver: FakeResolver = field(default_factory=FakeResolver)
    http: FakeHttp = field(default_factory=FakeHttp)
    connector: FakeConnector = field(default_factory=FakeConnector)

    @property
    def hosts_told_address(self) -> set[str]:
        """Hosts that saw an `@` in a URL or a body."""
        told = {url.split("/")[2] for url in self.http.asked if "%40" in url or "@" in url}
        return told | {item.url.split("/")[2] for item in self.http.posted if b"@" in item.body}


def refused(host: str, port: int) -> FakeServer:
    return FakeServer(failure=NetFailure(Trouble.REFUSED, host, port))


def silent() -> FakeServer:
    """Swallows packets."""
    return FakeServer(delay=FOREVER)


def no_answer(name: str = "", reason: str = "timeout") -> NoAnswer:
    return NoAnswer(name, reason)


IMAP_TLS = FakeServer(implicit=True, greeting=b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready")
IMAP_STARTTLS = FakeServer(
    implicit=False, greeting=b"* OK ready", after={b"a STARTTLS\r\n": [b"a OK begin"]}
)
POP3_TLS = FakeServer(implicit=True, greeting=b"+OK ready")
POP3_STARTTLS = FakeServer(
    implicit=False, greeting=b"+OK ready", after={b"STLS\r\n": [b"+OK begin"]}
)
_EHLO = b"EHLO [127.0.0.1]\r\n"
SMTP_TLS = FakeServer(
    implicit=True, greeting=b"220 ready", after={_EHLO: [b"250-here", b"250 AUTH PLAIN LOGIN"]}
)
SMTP_STARTTLS = FakeServer(
    implicit=False,
    greeting=b"220 ready",
    after={
        _EHLO: [b"250-here", b"250-AUTH PLAIN", b"250 STARTTLS"],
        b"STARTTLS\r\n": [b"220 go"],
    },
)
SMTP_WITHOUT_LOGIN = FakeServer(
    greeting=b"220 ready", after={_EHLO: [b"250-here", b"250 STARTTLS"], b"STARTTLS\r\n": [b"220"]}
)
