"""DNS questions and answers.

Answer
├── Records      at least one record
├── NoRecords    the name exists, not with this type (NODATA)
├── NoSuchName   NXDOMAIN
└── NoAnswer     the question could not be answered (time-out, SERVFAIL, no network)
"""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
import random
import re
import socket
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from wizard.model.address import to_ascii_domain
from wizard.net.failure import Trouble, os_failure

if TYPE_CHECKING:
    import dns.asyncresolver

LIFETIME = 4.0  # seconds for one question, retries included
TRY = 1.3  # seconds for one attempt
RESOLUTION_DELAY = 0.05  # RFC 8305 section 3
UDP_PAYLOAD = 1232  # bytes; DNS flag day 2020: fits every path without fragments

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
    resolver that can be trusted to say so (AD flag from loopback)."""

    name: str
    values: tuple[T_co, ...]
    authentic: bool = False


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

    `server`: `HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT` with an IP address as host. Raises
    ValueError where it is none of these.

    The AD flag goes out with every question (RFC 6840 section 5.7) and is believed where all
    name servers are on this computer, so that nobody on the way can have set it.
    """

    def __init__(
        self, server: str | None = None, random_source: RandomSource | None = None
    ) -> None:
        self._server = None if server is None else parse_server(server)
        self._random = random_source or random.SystemRandom()
        self._questions: dict[tuple[str, RecordType], _Shared[_Reply]] = {}
        self._stub: dns.asyncresolver.Resolver | None = None
        self._trusted = False

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
        return reply.of(draw_by_weight(found, self._random))

    async def txt(self, name: str) -> Records[str] | Empty:
        """Text records, the strings of each joined."""
        reply = await self._ask(name, "TXT")
        if not isinstance(reply, _Answer):
            return reply
        return reply.of([b"".join(r.strings).decode("utf-8", "replace") for r in reply.records])

    async def ptr(self, address: str) -> Records[str] | Empty:
        """Names of an IP address."""
        try:
            pointer = ipaddress.ip_address(address).reverse_pointer
        except ValueError:
            return NoAnswer(address, "malformed")
        reply = await self._ask(pointer, "PTR")
        if not isinstance(reply, _Answer):
            return reply
        return reply.of([host for record in reply.records if (host := _host(record.target))])

    async def addresses(self, host: str) -> Records[str] | Empty:
        """IPv6 and IPv4 addresses of a host, both asked at once, interleaved IPv6 first
        (RFC 8305 section 4). IP literals are answered as they are.

        Once one family has an address, the other gets 50 ms more (RFC 8305 section 3); a later
        call has it then.
        """
        try:
            return Records(host, (str(ipaddress.ip_address(host)),))
        except ValueError:
            pass
        tasks = [asyncio.create_task(self._family(host, kind)) for kind in ("AAAA", "A")]
        try:
            done, slow = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if slow:
                answered = isinstance(done.pop().result(), Records)
                await asyncio.wait(slow, timeout=RESOLUTION_DELAY if answered else None)
            six, four = (task.result() if task.done() else None for task in tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return _merge(host, six, four)

    async def aclose(self) -> None:
        """Ends questions still under way."""
        for question in self._questions.values():
            await question.cancel()

    async def _family(self, host: str, kind: Literal["A", "AAAA"]) -> Records[str] | Empty:
        reply = await self._ask(host, kind)
        if not isinstance(reply, _Answer):
            return reply
        return reply.of([record.address for record in reply.records])

    async def _ask(self, name: str, kind: RecordType) -> _Reply:
        ascii_name = dns_name(name)
        if ascii_name is None:
            return NoAnswer(name, "malformed")
        key = (ascii_name, kind)
        if key not in self._questions:
            self._questions[key] = _Shared(lambda: self._question(ascii_name, kind))
        return await self._questions[key].result()

    async def _question(self, name: str, kind: RecordType) -> _Reply:
        import dns.exception
        import dns.flags
        import dns.resolver

        try:
            stub = self._configured()
        except (dns.resolver.NoResolverConfiguration, OSError):
            if kind in {"A", "AAAA"}:
                return await _ask_system(name, kind)
            return NoAnswer(name, "servfail")
        try:
            answer = await stub.resolve(
                f"{name}.", kind, raise_on_no_answer=False, search=False, lifetime=LIFETIME
            )
        except dns.resolver.NXDOMAIN as error:
            replies = (error.kwargs.get("responses") or {}).values()
            proven = self._trusted and all(r.flags & dns.flags.AD for r in replies)
            return NoSuchName(name, proven)
        except (dns.resolver.NoNameservers, dns.resolver.LifetimeTimeout) as error:
            return NoAnswer(name, _reason(error.kwargs.get("errors") or []))
        except dns.exception.DNSException:
            return NoAnswer(name, "malformed")
        authentic = self._trusted and bool(answer.response.flags & dns.flags.AD)
        if answer.rrset is None:
            return NoRecords(name, authentic)
        return _Answer(name, tuple(answer.rrset), authentic)

    def _configured(self) -> dns.asyncresolver.Resolver:
        """The stub resolver, set up at the first question. Raises NoResolverConfiguration."""
        if self._stub is None:
            import dns.asyncresolver
            import dns.flags
            import dns.resolver

            stub = dns.asyncresolver.Resolver(configure=self._server is None)
            if self._server is not None:
                stub.nameservers = [self._server[0]]
                stub.port = self._server[1]
            if not stub.nameservers:
                raise dns.resolver.NoResolverConfiguration
            stub.timeout = TRY
            stub.flags = dns.flags.RD | dns.flags.AD
            stub.use_edns(0, 0, UDP_PAYLOAD)
            stub.cache = None
            self._trusted = all(_is_loopback(str(server)) for server in stub.nameservers)
            self._stub = stub
        return self._stub


def parse_server(text: str) -> tuple[str, int]:
    """`--resolver HOST[:PORT]` as (IP address, port). Raises ValueError."""
    match = re.fullmatch(r"\[([^\]]+)\](?::(\d{1,5}))?|([^:]+)(?::(\d{1,5}))?", text)
    if match:
        host, port = match[1] or match[3], int(match[2] or match[4] or 53)
    else:
        host, port = text, 53  # a bare IPv6 address
    if not 1 <= port <= 65535:
        raise ValueError(f"no port: {port}")
    return str(ipaddress.ip_address(host)), port


def dns_name(text: str) -> str | None:
    """A name to ask for in A-labels and lower case, `_service` labels allowed; None if it is none.

    Sources: RFC 1035 section 2.3.4, RFC 8552 (underscored names).
    """
    labels = text.rstrip(".").lower().split(".")
    underscored = 0
    while underscored < len(labels) and re.fullmatch(r"_[a-z0-9_-]{1,62}", labels[underscored]):
        underscored += 1
    if any(label.isdigit() for label in labels[-1:]) or len(text) > 253:
        return None
    rest = to_ascii_domain(".".join(labels[underscored:]))
    if rest is None:
        return None
    name = ".".join([*labels[:underscored], rest])
    return name if len(name) <= 253 else None


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

    def of(self, values: Sequence[T_co]) -> Records[T_co] | NoAnswer:
        """Our own records; where none of them was usable, the answer was malformed."""
        if not values:
            return NoAnswer(self.name, "malformed")
        return Records(self.name, tuple(values), self.authentic)


_Reply = _Answer | NoRecords | NoSuchName | NoAnswer


class _Shared(Generic[T_co]):
    """One question for many who wait. It goes on while at least one of them still does."""

    def __init__(self, ask: Callable[[], Coroutine[Any, Any, T_co]]) -> None:
        self._ask = ask
        self._task: asyncio.Task[T_co] | None = None
        self._waiting = 0

    async def result(self) -> T_co:
        if self._task is None:
            self._task = asyncio.create_task(self._ask())
        task = self._task
        self._waiting += 1
        try:
            return await asyncio.shield(task)
        finally:
            self._waiting -= 1
            if not self._waiting and not task.done():
                await self.cancel()

    async def cancel(self) -> None:
        """Stops the question; the next to ask starts it anew."""
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _host(name: Any) -> str | None:
    """A host name from a record, empty for the root; None if it is no host name."""
    text = str(name.to_text(omit_final_dot=True))
    return "" if text in {"", ".", "@"} else to_ascii_domain(text)


def _merge(
    host: str, six: Records[str] | Empty | None, four: Records[str] | Empty | None
) -> Records[str] | Empty:
    """Both families in one answer; None stands for one that has not come yet."""
    found = [answer for answer in (six, four) if isinstance(answer, Records)]
    if found:
        pairs = itertools.zip_longest(*(answer.values for answer in found))
        values = tuple(address for pair in pairs for address in pair if address is not None)
        return Records(host, values, all(answer.authentic for answer in found))
    empty = [answer for answer in (six, four) if answer is not None]
    for kind in (NoSuchName, NoAnswer, NoRecords):
        for answer in empty:
            if isinstance(answer, kind):
                return answer
    return NoAnswer(host, "timeout")


def _reason(errors: Iterable[tuple[Any, ...]]) -> str:
    """What the name servers did, the most telling of it. Each error: server, TCP, port, exception
    or response code, response."""
    reasons = set()
    for error in errors:
        match error[3]:
            case "SERVFAIL":
                reasons.add("servfail")
            case str():
                reasons.add("refused")
            case _:
                cause = error[3]
                if isinstance(cause, OSError) and not isinstance(cause, TimeoutError):
                    offline = os_failure(cause, "", 0).trouble is Trouble.OFFLINE
                    reasons.add("offline" if offline else "refused")
                else:
                    reasons.add("timeout")
    for reason in ("servfail", "refused", "timeout", "offline"):
        if reason in reasons:
            return reason
    return "timeout"


async def _ask_system(name: str, kind: Literal["A", "AAAA"]) -> _Reply:
    """The system's own resolver, for machines whose name servers cannot be read."""
    family = socket.AF_INET6 if kind == "AAAA" else socket.AF_INET
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(LIFETIME):
            found = await loop.getaddrinfo(name, 0, family=family, type=socket.SOCK_STREAM)
    except TimeoutError:
        return NoAnswer(name, "timeout")
    except socket.gaierror as error:
        if error.errno == socket.EAI_NONAME:
            return NoRecords(name)
        return NoAnswer(name, "servfail")
    records = tuple(_SystemAddress(str(entry[4][0])) for entry in found)
    return _Answer(name, records, authentic=False)


@dataclass(frozen=True, slots=True)
class _SystemAddress:
    address: str


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
