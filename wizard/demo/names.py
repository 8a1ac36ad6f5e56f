"""The name server of the demo: one zone, and for every other name "there is no such name".

So a program that uses this resolver alone never leaves the machine.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.zone

from wizard.demo.journal import Happening, Journal, Service
from wizard.demo.wire import ConnectionLost, Listener, Pause, Wire

PLAIN_UDP_SIZE = 512  # RFC 1035 section 4.2.1, where the question has no EDNS
BIND_ATTEMPTS = 20


def load_zone(text: str, domain: str) -> dns.zone.Zone:
    """A zone from master-file text (RFC 1035 section 5), names made absolute."""
    return dns.zone.from_text(text, origin=domain, relativize=False)


def answer(zone: dns.zone.Zone, wire: bytes, limit: int | None = None) -> bytes | None:
    """The reply to one question; None where silence is the right reply.

    `limit`: the largest UDP reply for a client that does not tell (None over TCP).
    """
    try:
        query = dns.message.from_wire(wire)
    except dns.exception.DNSException:
        return _formerr(wire)
    if query.flags & dns.flags.QR or len(query.question) > 1:
        return None
    reply = dns.message.make_response(query, recursion_available=True)
    if query.opcode() != dns.opcode.QUERY or not query.question:
        reply.set_rcode(dns.rcode.NOTIMP)
    elif query.question[0].rdclass != dns.rdataclass.IN:
        reply.set_rcode(dns.rcode.REFUSED)
    else:
        _fill(reply, zone)
    if limit is None:
        return reply.to_wire()
    try:
        return reply.to_wire(max_size=max(limit, query.payload if query.edns >= 0 else 0))
    except dns.exception.TooBig:
        short = dns.message.make_response(query, recursion_available=True)
        short.flags |= dns.flags.TC
        return short.to_wire()


def _fill(reply: dns.message.Message, zone: dns.zone.Zone) -> None:
    name, wanted = reply.question[0].name, reply.question[0].rdtype
    assert zone.origin is not None
    if not name.is_subdomain(zone.origin):
        reply.set_rcode(dns.rcode.NXDOMAIN)
        return
    reply.flags |= dns.flags.AA
    found = zone.get_rrset(name, wanted)
    if found is not None:
        reply.answer.append(found)
        return
    # A name with names below it exists (RFC 8020): no data then, rather than no name.
    if not any(known.is_subdomain(name) for known in zone.nodes):
        reply.set_rcode(dns.rcode.NXDOMAIN)
    soa = zone.get_rrset(zone.origin, dns.rdatatype.SOA)
    if soa is not None:
        reply.authority.append(soa)


def _formerr(wire: bytes) -> bytes | None:
    if len(wire) < 12 or wire[2] & 0x80:  # no header, or a reply: answering could loop
        return None
    flags = (wire[2] & 0x79) | 0x80
    return wire[:2] + bytes((flags, dns.rcode.FORMERR)) + bytes(8)


class NameServer:
    """UDP and TCP on one loopback port."""

    def __init__(self, zone: dns.zone.Zone, pause: Pause, journal: Journal) -> None:
        self._zone = zone
        self._pause = pause
        self._journal = journal
        self._tcp = Listener(self._serve)
        self._udp: asyncio.DatagramTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> tuple[str, int]:
        """Listens; returns host and port."""
        for attempt in range(BIND_ATTEMPTS):
            host, port = await self._tcp.start()
            try:
                await self._start_udp(host, port)
            except OSError:  # another program has that number for UDP: take the next one
                await self._tcp.stop()
                if attempt == BIND_ATTEMPTS - 1:
                    raise
            else:
                return host, port
        raise AssertionError("unreachable")

    async def stop(self) -> None:
        """Closes both sockets."""
        if self._udp is not None:
            self._udp.abort()
            self._udp = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._tcp.stop()
        await asyncio.sleep(0)

    async def _start_udp(self, host: str, port: int) -> None:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Datagrams(self._received), (host, port)
        )
        self._udp = transport

    def _received(self, data: bytes, client: tuple[str, int]) -> None:
        task = asyncio.get_running_loop().create_task(self._reply_udp(data, client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply_udp(self, data: bytes, client: tuple[str, int]) -> None:
        self._note(data, "udp")
        await self._pause()
        reply = answer(self._zone, data, PLAIN_UDP_SIZE)
        if reply is not None and self._udp is not None:
            self._udp.sendto(reply, client)

    async def _serve(self, wire: Wire) -> None:
        while True:
            size = int.from_bytes(await wire.read_exactly(2), "big")
            data = await wire.read_exactly(size)
            self._note(data, "tcp")
            await self._pause()
            reply = answer(self._zone, data)
            if reply is None:
                raise ConnectionLost
            await wire.write(len(reply).to_bytes(2, "big") + reply)

    def _note(self, data: bytes, transport: str) -> None:
        with contextlib.suppress(dns.exception.DNSException):
            for question in dns.message.from_wire(data).question:
                self._journal.note(
                    Service.DNS,
                    Happening.QUESTION,
                    question.name.to_text(omit_final_dot=True),
                    f"{dns.rdatatype.to_text(question.rdtype)} {transport}",
                )


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, received: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._received = received

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        self._received(data, cast(tuple[str, int], addr[:2]))
