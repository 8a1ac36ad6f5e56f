"""The lab's own servers run here: one asyncio loop in one thread, beside the test that uses them.

Their sockets live in the namespace `inet`; their state (zones, pages, what was asked) lives in
this process, where a test can change it and read it.
"""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from tests.lab.wire import Namespace

_T = TypeVar("_T")
_GONE = (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, TimeoutError)
"""How a client shows that it has left."""
Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Background:
    """An asyncio loop in a thread; a context manager that ends all that still runs in it."""

    def __init__(self) -> None:
        self._open: list[asyncio.Server | asyncio.BaseTransport] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="lab", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.run(self._close_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run `coroutine` in the loop and wait for its result (at most 30 seconds)."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=30)

    def serve(
        self,
        namespace: Namespace,
        address: str,
        port: int,
        conversation: Conversation,
        tls: ssl.SSLContext | None = None,
    ) -> asyncio.Server:
        """Serve TCP on `address` and `port`: one `conversation` per connection, then close it.

        With `tls`, the handshake comes first (implicit TLS).
        """

        async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                with contextlib.suppress(*_GONE):
                    await conversation(reader, writer)
                writer.close()
                with contextlib.suppress(*_GONE):
                    await writer.wait_closed()
            finally:
                writer.transport.abort()

        listener = namespace.listen(address, port)
        server = self.run(asyncio.start_server(converse, sock=listener, ssl=tls))
        self._open.append(server)
        return server

    def serve_datagrams(
        self,
        namespace: Namespace,
        address: str,
        port: int,
        protocol: Callable[[], asyncio.DatagramProtocol],
    ) -> None:
        """Serve UDP on `address` and `port`."""
        datagrams = namespace.open_socket(kind=socket.SOCK_DGRAM)
        datagrams.setblocking(False)
        datagrams.bind((address, port))

        async def listen() -> None:
            transport, _ = await self._loop.create_datagram_endpoint(protocol, sock=datagrams)
            self._open.append(transport)

        self.run(listen())

    def stop(self, server: asyncio.Server) -> None:
        """Stop listening there; conversations under way go on."""
        self._loop.call_soon_threadsafe(server.close)

    async def _close_all(self) -> None:
        for listening in self._open:
            listening.close()
        conversations = asyncio.all_tasks() - {asyncio.current_task()}
        for task in conversations:
            task.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)
        await asyncio.sleep(0)  # transports close in the loop's next turn
