"""Sockets for the DNS library. Loaded with the first question."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

import dns.exception

# dnspython exports no names for all of these (2.9, 2026-11).
from dns._asyncbackend import DatagramSocket, Socket, StreamSocket
from dns._asyncio_backend import Backend

MAX_ANSWER = 8 * 1024
"""Bytes. No real answer to a question of ours has as many; 64 KiB of records, which any domain can
publish under every name that is asked, keep the DNS library busy for a third of a second each
(measured 2026-11)."""


class ConnectedSockets(Backend):
    """asyncio's sockets, but UDP is connected: a name server that is not there, or a network
    that is down, is then heard of at once instead of after a time-out. And it is a plain socket:
    the question leaves before the next one is made, where a transport would have some thirty
    questions wait for each other."""

    def datagram_connection_required(self) -> bool:
        return True

    async def make_socket(
        self,
        af: int,
        socktype: int,
        proto: int = 0,
        source: Any = None,
        destination: Any = None,
        timeout: float | None = None,
        ssl_context: ssl.SSLContext | None = None,
        server_hostname: str | None = None,
    ) -> Socket:
        if socktype == socket.SOCK_DGRAM and source is None:
            return _Udp(af, destination)
        made: Socket = await super().make_socket(  # type: ignore[no-untyped-call]
            af, socktype, proto, source, destination, timeout, ssl_context, server_hostname
        )
        return _Tcp(made) if isinstance(made, StreamSocket) else made


class _Udp(DatagramSocket):
    """A UDP socket to one name server. Raises OSError and `dns.exception.Timeout`."""

    def __init__(self, family: int, server: tuple[str, int]) -> None:
        super().__init__(family, socket.SOCK_DGRAM)
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._socket.connect(server)
            self._peer = self._socket.getpeername()
        except OSError:
            self._socket.close()
            raise

    async def sendto(self, what: bytes, destination: Any, timeout: float | None) -> int:
        # A full send buffer loses the question as a full router would; it is then repeated.
        return self._socket.send(what)

    async def recvfrom(self, size: int, timeout: float | None) -> tuple[bytes, Any]:
        try:
            async with asyncio.timeout(timeout):
                loop = asyncio.get_running_loop()
                return await loop.sock_recv(self._socket, min(size, MAX_ANSWER)), self._peer
        except TimeoutError as error:
            raise dns.exception.Timeout(timeout=timeout) from error  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        self._socket.close()

    async def getpeername(self) -> Any:
        return self._peer

    async def getsockname(self) -> Any:
        return self._socket.getsockname()


class _Tcp(StreamSocket):
    """A TCP socket to one name server that takes no answer beyond the limit."""

    def __init__(self, inner: StreamSocket) -> None:
        super().__init__(inner.family, inner.type)
        self._inner = inner

    async def sendall(self, what: bytes, timeout: float | None) -> None:
        await self._inner.sendall(what, timeout)  # type: ignore[no-untyped-call]

    async def recv(self, size: int, timeout: float | None) -> bytes:
        if size > MAX_ANSWER:
            raise dns.exception.FormError("answer too long")  # type: ignore[no-untyped-call]
        got: bytes = await self._inner.recv(size, timeout)  # type: ignore[no-untyped-call]
        return got

    async def close(self) -> None:
        await self._inner.close()  # type: ignore[no-untyped-call]

    async def getpeername(self) -> Any:
        return await self._inner.getpeername()  # type: ignore[no-untyped-call]

    async def getsockname(self) -> Any:
        return await self._inner.getsockname()  # type: ignore[no-untyped-call]
