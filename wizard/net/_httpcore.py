"""httpcore2 on our own sockets: resolution, happy eyeballs, TLS and its failures are `streams`'.

Loaded with the first request.
"""

from __future__ import annotations

import asyncio
import functools
import re
import socket
import ssl
from collections.abc import Callable, Iterable
from typing import Any

import httpcore2

from wizard.net.aside import aside
from wizard.net.failure import NetFailure, Trouble
from wizard.net.proxy import Proxy
from wizard.net.streams import TcpConnector, TcpStream

HANDSHAKE_TIMEOUT = 4.0
PROXY_TIME = 2.0  # seconds for finding a proxy, and again for connecting: it is mostly near by
MAX_CONNECTIONS = 40
KEEP_ALIVE = 15.0  # seconds an idle connection is kept
PIECE = 1024
"""Bytes of a reply that are looked at without a break. A flood of tiny things (chunks of one byte,
interim replies) takes twenty milliseconds for these, and well over a second for the library's own
64 KiB, in which nobody could cancel anything (measured 2026-11)."""
MAX_INTERIM = 20
"""Interim replies (1xx) before the real one; servers send one or two."""
RECEIVED = "received"
"""What `get_extra_info` of a stream is asked for the bytes that came since the last request."""
_STATUS = re.compile(rb"\nHTTP/1\.\d (\d)")


def open_pool(
    connector: TcpConnector,
    make_context: Callable[[], ssl.SSLContext],
    allow: Callable[[str], bool],
    proxy: Proxy | None,
) -> httpcore2.AsyncConnectionPool:
    """Connections to addresses that `allow` allows, or through `proxy`."""
    return httpcore2.AsyncConnectionPool(
        ssl_context=make_context(),  # each connection asks for its own, see `_Stream`
        max_connections=MAX_CONNECTIONS,
        keepalive_expiry=KEEP_ALIVE,
        network_backend=_Backend(connector, make_context, allow, by_system=proxy is not None),
        proxy=None if proxy is None else _tunnel(proxy),
    )


def _tunnel(proxy: Proxy) -> httpcore2.Proxy:
    url = httpcore2.URL(scheme="http", host=proxy.host, port=proxy.port, target="/")
    if not proxy.user:
        return httpcore2.Proxy(url)
    return httpcore2.Proxy(url, auth=(proxy.user.encode(), proxy.password.reveal().encode()))


class _Backend(httpcore2.AsyncNetworkBackend):
    """`by_system`: the host is a proxy, whose name may be known only inside a company or in the
    hosts file, so the system resolves it."""

    def __init__(
        self,
        connector: TcpConnector,
        make_context: Callable[[], ssl.SSLContext],
        allow: Callable[[str], bool],
        by_system: bool,
    ) -> None:
        self._connector = connector
        self._make_context = make_context
        self._allow = allow
        self._by_system = by_system

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        patience = timeout or self._connector.patience
        if self._by_system:
            patience = min(patience, PROXY_TIME)
            try:
                async with asyncio.timeout(PROXY_TIME):
                    addresses = await _system_addresses(host, port)
            except TimeoutError as error:
                raise NetFailure(Trouble.DNS, host, port, detail="proxy: no answer") from error
            stream = await self._connector.open_at(addresses, host, port, timeout=patience)
        else:
            stream = await self._connector.open(host, port, timeout=patience, allow=self._allow)
        return _Stream(stream, self._make_context)


class _Stream(httpcore2.AsyncNetworkStream):
    """One of our streams as httpcore2 wants it. `make_context`: see `TlsContexts.verifying`."""

    def __init__(self, stream: TcpStream, make_context: Callable[[], ssl.SSLContext]) -> None:
        self._stream = stream
        self._make_context = make_context
        self._asked()

    def _asked(self) -> None:
        self._received = self._interim = 0
        self._before: bytes | None = b"\n"  # in which a status line may have begun

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        await asyncio.sleep(0)  # what is there already comes without waiting: let others work first
        data = await self._stream.read_some(min(max_bytes, PIECE), timeout)
        self._received += len(data)
        if self._before is not None:
            self._count_interim(self._before + data)
        return data

    def _count_interim(self, seen: bytes) -> None:
        """The library waits for the real reply however many come before it."""
        self._before = seen[1 - len(b"\nHTTP/1.1 1") :]
        for first in _STATUS.findall(seen):
            if first != b"1":
                self._before = None
                break
            self._interim += 1
        if self._interim > MAX_INTERIM:
            raise httpcore2.RemoteProtocolError("too many interim replies")

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            self._asked()
            await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        await self._stream.secure(
            self._make_context(),
            timeout or HANDSHAKE_TIMEOUT,
            host=server_hostname,
            describe=False,
        )
        return self

    def get_extra_info(self, info: str) -> Any:
        match info:
            case "ssl_object":
                return self._stream.wire.ssl_object
            case "received":  # see RECEIVED
                return self._received
            case "is_readable":  # asked of an idle connection: has the server closed it?
                return self._stream.wire.ended or bool(self._stream.wire.buffer)
            case _:
                return None


async def _system_addresses(host: str, port: int) -> list[str]:
    ask = functools.partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = await aside(ask, "names")
    except OSError as error:
        raise NetFailure(Trouble.NO_SUCH_HOST, host, port, detail=f"proxy: {error}") from error
    return [str(entry[4][0]) for entry in found]
