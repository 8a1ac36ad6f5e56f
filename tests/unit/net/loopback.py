"""Real servers on 127.0.0.1 for the network's tests, and a runner that notices what is left.

Servers say exactly what a test scripts. `run` fails a test that leaves a task, a socket or an
unclosed transport behind.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TypeVar, cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from wizard.net.failure import NetFailure
from wizard.net.resolver import (
    Empty,
    Mx,
    NoAnswer,
    NoSuchName,
    Records,
    Srv,
)

T = TypeVar("T")
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def run(main: Coroutine[object, object, T]) -> T:
    """Runs to the end and checks that nothing is left: no task, no socket, no warning."""
    before = _sockets()
    mishaps: list[dict[str, object]] = []

    async def checked() -> T:
        loop = asyncio.get_running_loop()
        own = _sockets()
        loop.set_exception_handler(lambda _, mishap: mishaps.append(mishap))
        try:
            async with asyncio.timeout(60):  # ends a test that hangs; says nothing about speed
                result = await main
        except TimeoutError as error:
            raise AssertionError("the test hangs") from error
        await asyncio.sleep(0)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks left: {left}"
        # No task is there to close a socket any more. Transports that were let go of do so in the
        # next rounds of the loop, of which a busy machine gives few.
        end = loop.time() + 5
        while loop.time() < end and not _sockets() <= own:
            await asyncio.sleep(0.01)
        return result

    result = asyncio.run(checked())
    assert not mishaps, f"exceptions that nobody caught: {mishaps}"
    gc.collect()  # so that unclosed transports warn here, where warnings are errors
    assert _sockets() <= before, "sockets left open"
    return result


def _sockets() -> set[str]:
    """This process's open sockets, where the system shows them."""
    found = set()
    for entry in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):
            target = str(entry.readlink())
            if target.startswith("socket:"):
                found.add(target)
    return found


@asynccontextmanager
async def serving(
    handler: Handler,
    *,
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> AsyncIterator[int]:
    """A TCP server, with TLS from the start if given; yields its port. Handlers still running at
    the end are cancelled."""
    running: set[asyncio.Task[None]] = set()
    closing = False

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if closing:  # accepted at the last moment
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            with suppress(OSError, EOFError, asyncio.CancelledError):
                await handler(reader, writer)
                if sys.platform == "win32":
                    await asyncio.sleep(0.05)  # else `abort` takes back what is being sent
        finally:
            running.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(handle, host, port, ssl=tls, reuse_address=True)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        if sys.platform == "win32":
            await asyncio.sleep(0.05)  # asyncio stumbles over who was accepted just before
        closing = True
        server.close()
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await server.wait_closed()
        await asyncio.sleep(0.01)  # aborted transports close in the next rounds of the loop


@contextmanager
def closed_port() -> Iterator[int]:
    """A port where nobody listens: bound, so that nobody else takes it meanwhile."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@contextmanager
def swallowing(host: str, port: int = 0) -> Iterator[int]:
    """A port that swallows connection attempts, as a firewall does: its queue is full, so the
    kernel drops further SYNs (Linux)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(0)
        address = listener.getsockname()
        fillers = [socket.socket(family) for _ in range(3)]
        try:
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(address)
            yield address[1]
        finally:
            for filler in fillers:
                filler.close()


class FixedResolver:
    """A resolver that knows what the test tells it; counts the questions for addresses."""

    def __init__(self, addresses: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._addresses = addresses
        self.asked: list[str] = []

    async def addresses(self, host: str) -> Records[str] | Empty:
        self.asked.append(host)
        if self._addresses is None:
            return Records(host, ("127.0.0.1",))
        found = self._addresses.get(host)
        return Records(host, found) if found else NoSuchName(host)

    async def mx(self, name: str) -> Records[Mx] | Empty:
        return NoAnswer(name, "servfail")

    async def srv(self, name: str) -> Records[Srv] | Empty:
        return NoAnswer(name, "servfail")

    async def txt(self, name: str) -> Records[str] | Empty:
        return NoAnswer(name, "servfail")

    async def ptr(self, address: str) -> Records[str] | Empty:
        return NoAnswer(address, "servfail")


async def failure_of(awaitable: Awaitable[object]) -> NetFailure:
    """The failure that a call must end with."""
    try:
        result = await awaitable
    except NetFailure as failure:
        return failure
    raise AssertionError(f"no failure but {result!r}")


class Zone(asyncio.DatagramProtocol):
    """A name server over UDP and TCP.

    `records`: (name, type) to the texts of its records; a name without any record is NXDOMAIN.
    `codes`: (name, type) to another response code, or None for silence. `too_big`: names whose
    answers are truncated over UDP. `held`: questions that wait for `release`.
    """

    def __init__(
        self,
        records: Mapping[tuple[str, str], list[str]] | None = None,
        codes: Mapping[tuple[str, str], str | None] | None = None,
        too_big: frozenset[str] = frozenset(),
        held: frozenset[tuple[str, str]] = frozenset(),
        *,
        validated: bool = False,
        knows_edns: bool = True,
    ) -> None:
        self.asked: list[tuple[str, str, str]] = []  # name, type, udp or tcp
        self.queries: list[dns.message.Message] = []
        self.release = asyncio.Event()
        self._records = records or {}
        self._codes = codes or {}
        self._too_big = too_big
        self._held = held
        self._validated = validated
        self._knows_edns = knows_edns
        self._transport: asyncio.DatagramTransport | None = None
        self.gone = asyncio.Event()
        self._waiting: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone.set()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        reply = self._reply(query, "udp")
        if reply is None:
            return
        if self.asked[-1][:2] in self._held:
            task = asyncio.create_task(self._later(reply, addr))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)
        else:
            self._send(reply, addr)

    async def _later(self, reply: dns.message.Message, addr: tuple[str, int]) -> None:
        await self.release.wait()
        self._send(reply, addr)

    def _send(self, reply: dns.message.Message, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            self._transport.sendto(reply.to_wire(), addr)

    async def over_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(2), "big")
        query = dns.message.from_wire(await reader.readexactly(size))
        reply = self._reply(query, "tcp")
        if reply is not None:
            wire = reply.to_wire(max_size=65535)
            writer.write(len(wire).to_bytes(2, "big") + wire)
            await reader.read()

    def _reply(self, query: dns.message.Message, way: str) -> dns.message.Message | None:
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind, way))
        self.queries.append(query)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if self._validated:
            reply.flags |= dns.flags.AD
        code = self._codes.get((name, kind), "NOERROR")
        if code is None:
            return None
        if not self._knows_edns and query.edns >= 0:
            reply.use_edns(-1)
            code = "FORMERR"
        reply.set_rcode(dns.rcode.from_text(code))
        if code != "NOERROR":
            return reply
        if way == "udp" and name in self._too_big:
            reply.flags |= dns.flags.TC
            return reply
        texts = self._records.get((name, kind))
        if texts:
            reply.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, texts))
        elif not any(known == name for known, _ in self._records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply


@asynccontextmanager
async def name_server(zone: Zone) -> AsyncIterator[str]:
    """Serves a zone; yields `HOST:PORT` as `--resolver` takes it."""
    loop = asyncio.get_running_loop()
    async with serving(zone.over_tcp) as port:
        transport, _ = await loop.create_datagram_endpoint(
            lambda: zone, local_addr=("127.0.0.1", port)
        )
        try:
            yield f"127.0.0.1:{port}"
        finally:
            zone.release.set()
            transport.close()
            await zone.gone.wait()
            await asyncio.sleep(0.01)
