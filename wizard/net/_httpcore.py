"""httpcore2 on our own sockets: resolution, happy eyeballs, TLS and its failures are `streams`'.

Loaded with the first request.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from typing import Any

import httpcore2

from wizard.net.streams import TcpConnector, TcpStream

CONNECT_TIMEOUT = 4.0


class ConnectorBackend(httpcore2.AsyncNetworkBackend):
    """`allow`: which addresses may be connected to."""

    def __init__(self, connector: TcpConnector, allow: Callable[[str], bool]) -> None:
        self._connector = connector
        self._allow = allow

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        return ConnectorStream(
            await self._connector.open(
                host, port, timeout=timeout or CONNECT_TIMEOUT, allow=self._allow
            )
        )


class ConnectorStream(httpcore2.AsyncNetworkStream):
    """One of our streams as httpcore2 wants it."""

    def __init__(self, stream: TcpStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._stream.read_some(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        await self._stream.secure(ssl_context, timeout or CONNECT_TIMEOUT, inspect=False)
        return self

    def get_extra_info(self, info: str) -> Any:
        match info:
            case "ssl_object":
                return self._stream.wire.ssl_object
            case "server_addr":
                return (self._stream.peer, self._stream.port)
            case "is_readable":  # of an idle connection: the server has closed it
                return self._stream.wire.ended or bool(self._stream.wire.buffer)
            case _:
                return None
