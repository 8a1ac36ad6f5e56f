"""DNS questions and answers.

Answer
├── Records      at least one record
├── NoRecords    the name exists, not with this type (NODATA)
├── NoSuchName   NXDOMAIN
└── NoAnswer     the question could not be answered (time-out, SERVFAIL, no network)
"""

from __future__ import annotations

import asyncio
import copy
import functools
import ipaddress
import itertools
import random
import re
import socket
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from wizard.model.address import to_ascii_domain
from wizard.net.aside import aside
from wizard.net.failure import Trouble, os_failure
from wizard.net.route import has_way_to
from wizard.net.told import tell

if TYPE_CHECKING:
    import dns.asyncresolver

LIFETIME = 4.0  # seconds for one question, retries included
ATTEMPT = 1.0  # seconds until a question is repeated, to the next name server if there is one
RESOLUTION_DELAY = 0.05  # RFC 8305 section 3
MAX_RECORDS = 32  # of one name; more than any real one has, fewer than a hostile one may send
_WSANO_DATA = 11004  # what Windows says of a name that has other records only
UDP_PAYLOAD = 1232  # bytes; DNS flag day 2020: fits every path without fragments

_SIX = ("2000::1", "fd00::1")
"""One address of the global and of the private range (RFC 4291, RFC 4193); nobody is asked."""

RecordType = Literal["A", "AAAA", "MX", "SRV", "TXT", "PTR", "CNAME"]


@dataclass(frozen=True, slots=True)
class Mx:
    """RFC 1035 section 3.3.9. `host` is A-labels without final dot; empty for a null MX."""

    preference: int
    host: str


@dataclass(frozen=True, slots=True)
class Srv:
    """RFC 2782. `target` empty means: the service is decidedly not offered."""

    priority: int
    weight: int
    port: int
    target: str


T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Records(Generic[T_co]):
    """`values` in the server's order; TXT strings are joined. `authentic`: DNSSEC-validated by a
    resolver that can be trusted to say so (AD flag from loopback). `aliases`: of a host, the
    names that it is only another name of (CNAME), the nearest first."""

    name: str
    values: tuple[T_co, ...]
    authentic: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoRecords:
    """NODATA. `authentic`: its absence is proven."""

    name: str
    authentic: bool = False


@dataclass(frozen=True, slots=True)
class NoSuchName:
    """NXDOMAIN."""

    name: str
    authentic: bool = False


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """`reason`: `timeout`, `servfail`, `refused`, `offline`, `malformed`."""

    name: str
    reason: str


Empty = NoRecords | NoSuchName | NoAnswer


class Resolver(Protocol):
    """One per run: equal questions share one answer, also while it is under way."""

    async def mx(self, name: str) -> Records[Mx] | Empty:
        """Mail exchangers, lowest preference first."""
        ...

    async def srv(self, name: str) -> Records[Srv] | Empty:
        """Services, lowest priority first, within one priority drawn by weight (RFC 2782)."""
        ...

    async def txt(self, name: str) -> Records[str] | Empty:
        """Text records, the strings of each joined."""
        ...

    async def ptr(self, address: str) -> Records[str] | Empty:
        """Names of an IP address."""
        ...

    async def addresses(self, host: str) -> Records[str] | Empty:
        """IPv6 and IPv4 addresses of a host, both asked at once, interleaved IPv6 first
        (RFC 8305 section 4). IP literals are answered as they are."""
        ...


class RandomSource(Protocol):
    """What drawing by weight needs: any `random.Random`, seeded in tests."""

    def randint(self, a: int, b: int) -> int: ...


class DnsResolver:
    """A `Resolver` that asks the system's name servers, or the one given.

    `server`: see `parse_server`. Each question is asked once and goes on until it is answered or
    the resolver is closed: who stops waiting for it takes it from nobody else.

    The AD flag goes out with every question (RFC 6840 section 5.7) and is believed where all
    name servers are on this computer, so that nobody on the way can have set it.
    """

    def __init__(
        self,
        server: str | None = None,
        random_source: RandomSource | None = None,
        has_way_to: Callable[[str], bool] = has_way_to,
    ) -> None:
        self._server = None if server is None else parse_server(server)
        self._has_way_to = has_way_to
        self._random = random_source or random.SystemRandom()
        self._questions: dict[tuple[str, RecordType], asyncio.Task[_Reply]] = {}
        self._stub: dns.asyncresolver.Resolver | None = None
        self._trusted = False
        self._waited_for: set[str] = set()
        self._six: bool | None = None  # not looked at yet

    async def mx(self, name: str) -> Records[Mx] | Empty:
        """Mail exchangers, lowest preference first."""
        reply = await self._ask(name, "MX")
        if not isinstance(reply, _Answer):
            return reply
        found = [
            Mx(record.preference, host)
            for record in reply.records
            if (host := _host(record.exchange)) is not None
        ]
        return reply.of(sorted(found, key=lambda mx: mx.preference))

    async def srv(self, name: str) -> Records[Srv] | Empty:
        """Services, lowest priority first, within one priority drawn by weight (RFC 2782)."""
        reply = await self._ask(name, "SRV")
        if not isinstance(reply, _Answer):
            return reply
        found = [
            Srv(record.priority, record.weight, record.port, target)
            for record in reply.records
            if (target := _host(record.target)) is not None
        ]
        found.sort(key=lambda srv: srv.priority)
        return reply.of(draw_by_weight(found[:MAX_RECORDS], self._random))

    async def txt(self, name: str) -> Records[str] | Empty:
        """Text records, the strings of each joined; bytes that are not UTF-8 become U+FFFD."""
        reply = await self._ask(name, "TXT")
        if not isinstance(reply, _Answer):
            return reply
        return reply.of([b"".join(r.strings).decode("utf-8", "replace") for r in reply.records])

    async def ptr(self, address: str) -> Records[str] | Empty:
        """Names of an IP address."""
        try:
            pointer = ipaddress.ip_address(address.partition("%")[0]).reverse_pointer
        except ValueError:
            return NoAnswer(address, "malformed")
        reply = await self._ask(pointer, "PTR")
        if not isinstance(reply, _Answer):
            return reply
        names = [dns_name(str(record.target)) for record in reply.records]
        return reply.of([name for name in names if name is not None])

    async def addresses(self, host: str) -> Records[str] | Empty:
        """IPv6 and IPv4 addresses of a host, both asked at once, interleaved IPv6 first
        (RFC 8305 section 4). IP literals are answered as they are.

        Once one family has an address, the other gets 50 ms more, once (RFC 8305 section 3);
        what comes later is in the answer to the next call. On a computer without IPv6, that
        family is asked about only where the host has no address of the other: half the questions
        of a search would be about addresses that nobody can use.
        """
        try:
            return Records(host, (str(ipaddress.ip_address(host)),))
        except ValueError:
            pass
        name = dns_name(host)
        if name is None:
            return NoAnswer(host, "malformed")
        if not self._has_six():
            four = await self._ask(name, "A")
            if not isinstance(four, NoRecords):
                return _merge(name, None, four)
        questions = [self._question(name, "AAAA"), self._question(name, "A")]
        done = {question for question in questions if question.done()}
        slow = {question for question in questions if not question.done()}
        if not done:
            done, slow = await asyncio.wait(slow, return_when=asyncio.FIRST_COMPLETED)
        if slow and not any(isinstance(question.result(), _Answer) for question in done):
            await asyncio.wait(slow)
        elif slow and name not in self._waited_for:
            await asyncio.wait(slow, timeout=RESOLUTION_DELAY)
            self._waited_for.add(name)
        return _merge(name, *(q.result() if q.done() else None for q in questions))

    @property
    def name_servers(self) -> tuple[tuple[str, int], ...]:
        """Who is asked, as (address, port); empty where only the system knows."""
        import dns.resolver

        try:
            stub = self._configured()
        except (dns.resolver.NoResolverConfiguration, OSError):
            return ()
        return tuple((str(server), stub.port) for server in stub.nameservers)

    async def aclose(self) -> None:
        """Ends the questions still under way."""
        questions = [question for question in self._questions.values() if not question.done()]
        for question in questions:
            question.cancel()
        await asyncio.gather(*questions, return_exceptions=True)

    def prepare(self) -> None:
        """Loads what the first question needs; for a thread that has nothing else to do."""
        # dnspython loads a record type where it first meets one, between an answer and its use.
        import dns.rdtypes.ANY.MX
        import dns.rdtypes.ANY.TXT
        import dns.rdtypes.IN.A
        import dns.rdtypes.IN.AAAA
        import dns.rdtypes.IN.SRV
        import dns.resolver

        import wizard.net._dns  # noqa: F401  loading it is the point

        self._has_six()
        with suppress(dns.resolver.NoResolverConfiguration, OSError):
            self._configured()

    async def _ask(self, name: str, kind: RecordType) -> _Reply:
        asked = dns_name(name)
        if asked is None:
            return NoAnswer(name, "malformed")
        question = self._question(asked, kind)
        # Waiting for what is there already would let every other answer go first.
        return question.result() if question.done() else await asyncio.shield(question)

    def _has_six(self) -> bool:
        """This computer has a way to some IPv6 address beyond its own wire, global or private."""
        if self._six is None:
            self._six = any(map(self._has_way_to, _SIX))
        return self._six

    def _question(self, name: str, kind: RecordType) -> asyncio.Task[_Reply]:
        """The one question of this run with that name and kind."""
        key = (name, kind)
        if key not in self._questions:
            self._questions[key] = asyncio.create_task(self._told(name, kind))
        return self._questions[key]

    async def _told(self, name: str, kind: RecordType) -> _Reply:
        begun = asyncio.get_running_loop().time()
        reply = await self._resolve(name, kind)
        tell(f"dns {kind} {name}", _in_words(reply), begun)
        return reply

    async def _resolve(self, name: str, kind: RecordType) -> _Reply:
        import dns.resolver

        try:
            stub = self._configured()
        except (dns.resolver.NoResolverConfiguration, OSError):
            return await _ask_system(name, kind)
        reply = await self._ask_servers(stub, name, kind)
        if reply == NoAnswer(name, "formerr"):  # a server from before EDNS (RFC 6891 section 7)
            plain = copy.copy(stub)
            plain.use_edns(-1)
            reply = await self._ask_servers(plain, name, kind)
        return NoAnswer(name, "refused") if reply == NoAnswer(name, "formerr") else reply

    async def _ask_servers(
        self, stub: dns.asyncresolver.Resolver, name: str, kind: RecordType
    ) -> _Reply:
        import dns.exception
        import dns.flags
        import dns.resolver

        from wizard.net._dns import ConnectedSockets

        try:
            answer = await stub.resolve(
                f"{name}.",
                kind,
                raise_on_no_answer=False,
                search=False,
                lifetime=LIFETIME,
                backend=ConnectedSockets(),
            )
        except dns.resolver.NXDOMAIN as error:
            replies = (error.kwargs.get("responses") or {}).values()
            return NoSuchName(name, self._trusted and all(r.flags & dns.flags.AD for r in replies))
        except (dns.resolver.NoNameservers, dns.resolver.LifetimeTimeout) as error:
            return NoAnswer(name, _reason([entry[3] for entry in error.kwargs.get("errors") or ()]))
        except dns.exception.DNSException:
            return NoAnswer(name, "malformed")
        authentic = self._trusted and bool(answer.response.flags & dns.flags.AD)
        if answer.rrset is None:
            return NoRecords(name, authentic)
        targets = [
            _host(record.target) for link in answer.chaining_result.cnames for record in link
        ]
        aliases = tuple(target for target in targets if target)
        return _Answer(name, tuple(answer.rrset), authentic, aliases)

    def _configured(self) -> dns.asyncresolver.Resolver:
        """The stub resolver, set up at the first question. Raises NoResolverConfiguration or
        OSError where the system's name servers cannot be read."""
        if self._stub is None:
            import dns.asyncresolver
            import dns.flags

            if self._server is not None:
                stub = dns.asyncresolver.Resolver(configure=False)
                stub.nameservers = [self._server[0]]
                stub.port = self._server[1]
            else:
                stub = _system_stub()
            stub.timeout = ATTEMPT
            stub.flags = dns.flags.RD | dns.flags.AD
            stub.use_edns(0, 0, UDP_PAYLOAD)
            self._trusted = all(_is_loopback(str(server)) for server in stub.nameservers)
            self._stub = stub
        return self._stub


def parse_server(text: str) -> tuple[str, int]:
    """`HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT`, with an IP address as host, as (address,
    port). Raises ValueError for anything else: a name could only be resolved by asking it."""
    match = re.fullmatch(r"\[([^\]]+)\](?::(\d{1,5}))?|([^:]+)(?::(\d{1,5}))?", text)
    if match:
        host, port = match[1] or match[3], int(match[2] or match[4] or 53)
    else:
        host, port = text, 53  # a bare IPv6 address
    if not 1 <= port <= 65535:
        raise ValueError(f"no port: {port}")
    return str(ipaddress.ip_address(host)), port


def dns_name(text: str) -> str | None:
    """A name to ask for: A-labels, lower case, no final dot; None if it is none. Labels may have
    underscores, as service and key names do (RFC 8552); IP addresses are not names."""
    labels = [_dns_label(label) for label in text.removesuffix(".").split(".")]
    if None in labels or (labels[-1] or "").isdigit():
        return None
    name = ".".join(label for label in labels if label is not None)
    return name if len(name) <= 253 else None


def _dns_label(label: str) -> str | None:
    if re.fullmatch(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)", label):
        return label.lower()
    return None if label.isascii() else to_ascii_domain(label)


def draw_by_weight(services: Iterable[Srv], source: RandomSource) -> list[Srv]:
    """The order to try services in: by priority, then a draw by weight (RFC 2782, "Weight")."""
    rest = sorted(services, key=lambda srv: (srv.priority, srv.weight))
    order: list[Srv] = []
    while rest:
        group = [srv for srv in rest if srv.priority == rest[0].priority]
        drawn = source.randint(0, sum(srv.weight for srv in group))
        running = 0
        for srv in group:
            running += srv.weight
            if running >= drawn:
                order.append(srv)
                rest.remove(srv)
                break
    return order


@dataclass(frozen=True, slots=True)
class _Answer:
    """Records as the DNS library has them."""

    name: str
    records: tuple[Any, ...]
    authentic: bool
    aliases: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ", ".join(str(record) for record in self.records[:MAX_RECORDS])

    def of(self, values: Sequence[T_co]) -> Records[T_co] | NoAnswer:
        """Our own records; where none of theirs was usable, the answer was malformed."""
        if not values:
            return NoAnswer(self.name, "malformed")
        return Records(self.name, tuple(values[:MAX_RECORDS]), self.authentic)


def _in_words(reply: _Reply) -> str:
    match reply:
        case _Answer():
            return str(reply)
        case NoRecords():
            return "no such record"
        case NoSuchName():
            return "no such name"
        case NoAnswer(reason=reason):
            return reason


_Reply = _Answer | NoRecords | NoSuchName | NoAnswer


def _host(name: Any) -> str | None:
    """A host name from a record, empty for the root; None if it is no host name."""
    text = str(name.to_text(omit_final_dot=True))
    return "" if text in {"", ".", "@"} else to_ascii_domain(text)


def _merge(host: str, six: _Reply | None, four: _Reply | None) -> Records[str] | Empty:
    """Both families in one answer; None stands for one that has not come yet."""
    found = [reply for reply in (six, four) if isinstance(reply, _Answer)]
    if found:
        columns = [[str(record.address) for record in reply.records] for reply in found]
        pairs = itertools.zip_longest(*columns)
        values = [address for pair in pairs for address in pair if address is not None]
        authentic = all(reply.authentic for reply in found)
        return Records(host, tuple(values[:MAX_RECORDS]), authentic, found[0].aliases)
    for kind in (NoSuchName, NoAnswer, NoRecords):
        for reply in (six, four):
            if isinstance(reply, kind):
                return reply
    return NoAnswer(host, "timeout")


def _reason(errors: Sequence[str | Exception]) -> str:
    """Why no name server answered, the most telling reason first."""
    reasons = {_one_reason(error) for error in errors}
    for reason in ("servfail", "formerr", "refused", "malformed", "timeout", "offline"):
        if reason in reasons:
            return reason
    return "timeout"


def _one_reason(error: str | Exception) -> str:
    """`error`: a response code as text, or what the socket or the parser raised."""
    import dns.exception

    match error:
        case "SERVFAIL":
            return "servfail"
        case "FORMERR" | "NOTIMP":
            return "formerr"
        case str():
            return "refused"
        case dns.exception.Timeout() | TimeoutError():
            return "timeout"
        case OSError():
            trouble = os_failure(error, "", 0).trouble
            return "offline" if trouble is Trouble.OFFLINE else "refused"
        case _:
            return "malformed"


def _system_stub() -> dns.asyncresolver.Resolver:
    """A stub for the system's name servers. Raises NoResolverConfiguration or OSError."""
    import dns.asyncresolver
    import dns.resolver

    if sys.platform == "win32":
        from wizard.net.name_servers_windows import name_servers

        stub = dns.asyncresolver.Resolver(configure=False)
        stub.nameservers = list(name_servers())
        if not stub.nameservers:
            raise dns.resolver.NoResolverConfiguration
    else:
        stub = dns.asyncresolver.Resolver()
    return stub


async def _ask_system(name: str, kind: RecordType) -> _Reply:
    """The system's own resolver, for a machine whose name servers cannot be read. It knows
    addresses only; for the rest that machine's name service counts as broken."""
    if kind not in {"A", "AAAA"}:
        return NoAnswer(name, "servfail")
    family = socket.AF_INET6 if kind == "AAAA" else socket.AF_INET
    ask = functools.partial(socket.getaddrinfo, name, 0, family, socket.SOCK_STREAM)
    try:
        async with asyncio.timeout(LIFETIME):
            found = await aside(ask, "names")
    except TimeoutError:
        return NoAnswer(name, "timeout")
    except socket.gaierror as error:
        nothing = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", 0), _WSANO_DATA}
        return NoRecords(name) if error.errno in nothing else NoAnswer(name, "servfail")
    return _Answer(name, tuple(_SystemAddress(str(entry[4][0])) for entry in found), False)


@dataclass(frozen=True, slots=True)
class _SystemAddress:
    """An address as the DNS library's records have it."""

    address: str

    def __str__(self) -> str:
        return self.address


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
