"""Sockets for the DNS library. Loaded with the first question."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

import dns.exception

# dnspython exports no names for all of these (2.9, 2026-11).
from dns._asyncbackend import DatagramSocket, Socket
from dns._asyncio_backend import Backend


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
        if socktype != socket.SOCK_DGRAM or source is not None:
            made: Socket = await super().make_socket(  # type: ignore[no-untyped-call]
                af, socktype, proto, source, destination, timeout, ssl_context, server_hostname
            )
            return made
        return _Udp(af, destination)


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
                return await loop.sock_recv(self._socket, size), self._peer
        except TimeoutError as error:
            raise dns.exception.Timeout(timeout=timeout) from error  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        self._socket.close()

    async def getpeername(self) -> Any:
        return self._peer

    async def getsockname(self) -> Any:
        return self._socket.getsockname()
