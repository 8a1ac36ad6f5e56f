"""The lab's DNS: one server that answers for every name there is, like a provider's resolver.

Zone data are plain dicts in presentation format, changeable while it runs:

    names.publish({"shop.example": {"MX": ["10 mx.shop.example."], "TXT": [txt("v=spf1 -all")]}})

A name without data of the asked type is NODATA, a name that is not there NXDOMAIN, and a name
that only has names below it is there (RFC 8020). CNAMEs are followed in the answer.
"""

import asyncio
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from tests.lab.background import Background
from tests.lab.wire import Namespace

Records = Mapping[str, Mapping[str, Sequence[str]]]
"""Owner name → record type → values in presentation format (host names in values end in a dot)."""

_TTL = 60
_PLAIN_UDP_SIZE = 512  # RFC 1035 section 4.2.1
_MAX_CNAMES = 8


def txt(text: str) -> str:
    """`text` as the presentation form of one TXT record: quoted strings of ≤ 255 bytes."""
    parts = [text[i : i + 255] for i in range(0, len(text), 255)] or [""]
    return " ".join('"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in parts)


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: name without the last dot, in lower case, and record type."""

    name: str
    type: str


class NameServer:
    """DNS over UDP and TCP on `address`:53 inside `namespace`.

    `signed`, `broken` and `silent` hold domain names; each means the name and all below it:
    answers carry AD when the client asked for it, are SERVFAIL, or never come.
    """

    def __init__(self, background: Background, namespace: Namespace, address: str) -> None:
        self.signed: set[str] = set()
        self.broken: set[str] = set()
        self.silent: set[str] = set()
        self.questions: list[Question] = []
        self._records: dict[dns.name.Name, dict[dns.rdatatype.RdataType, dns.rrset.RRset]] = {}
        background.serve_datagrams(namespace, address, 53, lambda: _Datagrams(self))
        background.serve(namespace, address, 53, self._converse_tcp)

    def publish(self, records: Records) -> None:
        """Add records; a name and type published before is replaced."""
        for owner, sets in records.items():
            name = _name(owner)
            for kind, values in sets.items():
                rrset = dns.rrset.from_text(name, _TTL, "IN", kind, *values)
                self._records.setdefault(name, {})[rrset.rdtype] = rrset

    def published(self, domain: str) -> list[dns.rrset.RRset]:
        """All records of `domain` and below it."""
        top = _name(domain)
        found = [sets for name, sets in self._records.items() if name.is_subdomain(top)]
        return [rrset for sets in found for rrset in sets.values()]

    def withdraw(self, domain: str) -> None:
        """Remove `domain` and everything below it."""
        top = _name(domain)
        self._records = {n: sets for n, sets in self._records.items() if not n.is_subdomain(top)}

    def answer(self, query: dns.message.Message) -> dns.message.Message | None:
        """The answer to `query`, or None where the name is silent."""
        asked = query.question[0]
        name = dns.name.from_text(asked.name.to_text().lower())
        self.questions.append(
            Question(name.to_text(omit_final_dot=True), dns.rdatatype.to_text(asked.rdtype))
        )
        if _within(name, self.silent):
            return None
        response = dns.message.make_response(query, recursion_available=True)
        if _within(name, self.broken):
            response.set_rcode(dns.rcode.SERVFAIL)
            return response
        wants_ad = bool(query.flags & dns.flags.AD or query.ednsflags & dns.flags.DO)
        if wants_ad and _within(name, self.signed):
            response.flags |= dns.flags.AD
        for rrset in self._chain(name, asked.rdtype):
            response.answer.append(rrset)
            if rrset.rdtype == dns.rdatatype.CNAME:
                name = rrset[0].target
        if not response.answer or response.answer[-1].name != name:
            response.authority.append(_soa(name))
            if not self._exists(name):
                response.set_rcode(dns.rcode.NXDOMAIN)
        return response

    def _chain(
        self, name: dns.name.Name, wanted: dns.rdatatype.RdataType
    ) -> Iterator[dns.rrset.RRset]:
        """The records for `name`, with the CNAMEs on the way to them."""
        for _ in range(_MAX_CNAMES):
            here = self._records.get(name, {})
            if wanted in here:
                yield here[wanted]
                return
            alias = here.get(dns.rdatatype.CNAME)
            if alias is None:
                return
            yield alias
            name = alias[0].target

    def _exists(self, name: dns.name.Name) -> bool:
        return any(owner.is_subdomain(name) for owner in self._records)

    def _reply(self, wire: bytes, *, over_udp: bool) -> bytes | None:
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return None
        response = self.answer(query)
        if response is None:
            return None
        size = max(_PLAIN_UDP_SIZE, query.payload) if over_udp else 65535
        return response.to_wire(max_size=size, prefer_truncation=True)

    async def _converse_tcp(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while True:
            (size,) = struct.unpack("!H", await reader.readexactly(2))
            reply = self._reply(await reader.readexactly(size), over_udp=False)
            if reply is not None:
                writer.write(struct.pack("!H", len(reply)) + reply)
                await writer.drain()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio's own datagram transport does not derive from the class that describes it.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = self._server._reply(data, over_udp=True)
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)


def _name(text: str) -> dns.name.Name:
    return dns.name.from_text(text.lower())


def _within(name: dns.name.Name, domains: set[str]) -> bool:
    return any(name.is_subdomain(_name(domain)) for domain in domains)


def _soa(name: dns.name.Name) -> dns.rrset.RRset:
    """The SOA of a negative answer (RFC 2308 section 3); every zone is cut at two labels."""
    apex = dns.name.Name(name.labels[-3:])
    return dns.rrset.from_text(
        apex, _TTL, "IN", "SOA", "ns.lab.example. hostmaster.lab.example. 1 3600 600 86400 60"
    )
