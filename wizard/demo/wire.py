"""Lines, literals and TLS for the servers of this room.

asyncio's `StreamWriter.start_tls` leaves what the client sent in the clear in the reader's
buffer. A mail server must not: so this is a protocol of its own that owns its buffer.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from typing import cast

MAX_LINE = 64 * 1024
HIGH_WATER = 1024 * 1024  # above this the client has to wait until the server has read

Pause = Callable[[], Awaitable[None]]  # waited for before an answer; makes a server slow


class ConnectionLost(Exception):
    """The client went away, or said more than a server has to listen to."""


class Wire(asyncio.Protocol):
    """One accepted connection. Everything read raises `ConnectionLost` when nothing more comes."""

    def __init__(self, on_open: Callable[[Wire], None], on_lost: Callable[[Wire], None]) -> None:
        self._on_open = on_open
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._more = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._ended = False
        self._paused = False

    # What asyncio calls -------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._on_open(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > HIGH_WATER and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._more.set()

    def eof_received(self) -> None:
        self._ended = True
        self._more.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._more.set()
        self._writable.set()
        self._on_lost(self)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # What the servers call ----------------------------------------------------------------------

    @property
    def encrypted(self) -> bool:
        """True once TLS runs."""
        return (
            self._transport is not None and self._transport.get_extra_info("ssl_object") is not None
        )

    def hold(self) -> None:
        """Reads nothing until `start_tls`: what the client says first belongs to TLS."""
        if self._transport is not None:
            self._transport.pause_reading()

    async def read_line(self, limit: int = MAX_LINE) -> bytes:
        """One line with its line feed, as it came."""
        start = 0
        while (end := self._buffer.find(b"\n", start)) < 0:
            start = len(self._buffer)
            if start > limit:
                raise ConnectionLost("line too long")
            await self._wait()
        if end > limit:
            raise ConnectionLost("line too long")
        return self._take(end + 1)

    async def read_exactly(self, count: int) -> bytes:
        """`count` bytes."""
        while len(self._buffer) < count:
            await self._wait()
        return self._take(count)

    async def write(self, data: bytes) -> None:
        """Sends all of it; waits while the client does not read."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionLost
        self._transport.write(data)
        await self._writable.wait()

    async def start_tls(self, context: ssl.SSLContext, answer: bytes = b"") -> None:
        """Sends `answer` and upgrades. Text that came together with a STARTTLS command was
        smuggled in (CVE-2011-0411): then the connection ends."""
        if self._transport is None or (answer and self._buffer):
            raise ConnectionLost("text before TLS")
        if answer:
            self._transport.write(answer)
        upgraded = None
        try:
            upgraded = await asyncio.get_running_loop().start_tls(
                self._transport, self, context, server_side=True
            )
        except OSError as exc:  # the handshake did not succeed; ssl.SSLError is an OSError
            raise ConnectionLost("no handshake") from exc
        finally:
            if upgraded is None:
                self.connection_lost(None)  # asyncio does not tell when a handshake ends early
        if upgraded is None:
            raise ConnectionLost("no handshake")
        self._transport = upgraded

    def close(self) -> None:
        """Sends what is still to be sent, then closes."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Closes at once."""
        if self._transport is not None:
            self._transport.abort()

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        if self._paused and len(self._buffer) <= HIGH_WATER and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return taken

    async def _wait(self) -> None:
        if self._ended:
            raise ConnectionLost
        if self._paused and self._transport is not None:  # a literal larger than the buffer
            self._paused = False
            self._transport.resume_reading()
        self._more.clear()
        await self._more.wait()


Handler = Callable[[Wire], Awaitable[None]]


class Listener:
    """A TCP server on an ephemeral loopback port; one task per connection. With `tls` each
    connection begins with the handshake (implicit TLS)."""

    def __init__(self, handler: Handler, tls: ssl.SSLContext | None = None) -> None:
        self._handler = handler
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._wires: set[Wire] = set()
        self._all_gone = asyncio.Event()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> tuple[str, int]:
        """Begins to listen and returns the address; port 0 lets the system choose."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Wire(self._opened, self._lost), host, port)
        address: tuple[str, int] = self._server.sockets[0].getsockname()[:2]
        return address

    async def stop(self) -> None:
        """Closes the listening socket and every connection."""
        if self._server is None:
            return
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for wire in self._wires:
            wire.abort()
        if self._wires:
            self._all_gone.clear()
            await self._all_gone.wait()
        await asyncio.sleep(0)  # transports close their sockets in the next round of the loop
        self._server = None

    def _opened(self, wire: Wire) -> None:
        self._wires.add(wire)
        if self._tls is not None:
            wire.hold()
        task = asyncio.get_running_loop().create_task(self._serve(wire))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _lost(self, wire: Wire) -> None:
        self._wires.discard(wire)
        if not self._wires:
            self._all_gone.set()

    async def _serve(self, wire: Wire) -> None:
        try:
            with contextlib.suppress(ConnectionLost):
                if self._tls is not None:
                    await wire.start_tls(self._tls)
                await self._handler(wire)
        finally:
            wire.close()
