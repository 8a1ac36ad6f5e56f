"""Looking at one thing each: a host's addresses, a server's ladder, a port, a known page."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol, assert_never
from urllib.parse import urlsplit

from wizard.diagnose.board import Board
from wizard.diagnose.scene import Lookup, PageSeen, ReverseName, Seen
from wizard.diagnose.surroundings import WebControl
from wizard.model import (
    Check,
    CheckState,
    Problem,
    ProblemKind,
    Rung,
    Security,
    ServerSettings,
    ServerType,
    Stage,
    Subject,
)
from wizard.net.failure import CertificateFacts, NetFailure, Trouble
from wizard.net.resolver import Empty, NoAnswer, NoRecords, NoSuchName, Records, Resolver
from wizard.net.streams import Connector, Stream
from wizard.verify.failures import from_failure, looks_like_web_page
from wizard.verify.ladder import Log, Ready, Task, climb
from wizard.verify.smtp import Smtp
from wizard.verify.talk import Budget
from wizard.verify.text import cleaned, decoded

CONNECT_TIME = 4.0
"""Seconds for a port of which only connecting is asked."""
PAGE_TIME = 4.0
WEB_TIME = 2.0
GOODBYE_TIME = 0.5
OTHER_FAMILY_TIME = 0.3
"""Seconds that the slower of the two questions for addresses gets once the other is answered."""
MAX_ADDRESSES = 3
MAX_BODY = 1024
MAX_HEADERS = 60


class Dialler(Connector, Protocol):
    """A connector that can be told which addresses to use."""

    async def open_at(
        self, addresses: Sequence[str], host: str, port: int, *, timeout: float
    ) -> Stream:
        """A stream in the clear to the first of these addresses that answers."""
        ...

    def has_way_to(self, address: str, port: int) -> bool:
        """False where this computer has no route there."""
        ...


class Network(Protocol):
    """The network as `wizard.net.open_network` gives it."""

    @property
    def resolver(self) -> Resolver: ...

    @property
    def connector(self) -> Dialler: ...


@dataclass(frozen=True, slots=True)
class _At:
    """A connector that goes to these addresses, whatever the resolver says."""

    dialler: Dialler
    addresses: tuple[str, ...]

    async def connect(self, host: str, port: int, *, tls: bool, timeout: float = 5.0) -> Stream:
        """See `Connector`; TLS is the ladder's business."""
        assert not tls
        return await self.dialler.open_at(self.addresses, host, port, timeout=timeout)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a port is looked at: one host over one address family."""

    subject: Subject
    host: str
    port: int
    family: str
    addresses: tuple[str, ...]

    def has_way(self, dialler: Dialler) -> bool:
        """False where this computer has no way to that family at all."""
        return any(dialler.has_way_to(address, self.port) for address in self.addresses)


def places(subject: Subject, lookup: Lookup, port: int) -> tuple[Place, ...]:
    """A port of a host over each family it has."""
    return tuple(
        Place(subject, lookup.host, port, family, addresses[:MAX_ADDRESSES])
        for family, addresses in (("IPv4", lookup.v4), ("IPv6", lookup.v6))
        if addresses
    )


async def look_up(resolver: Resolver, subject: Subject, host: str, board: Board) -> Lookup:
    """The addresses of a host, both families; an address stands for itself."""
    check = Check(Subject.NAMES, CheckState.RUNNING, host)
    async with board.timed(check) as timed:
        began = time.monotonic()
        answer = await resolver.addresses(host)
        if isinstance(answer, Records) and not is_address(host) and _one_family(answer.values):
            # What comes later is in the answer to the next question.
            await asyncio.sleep(OTHER_FAMILY_TIME)
            again = await resolver.addresses(host)
            answer = again if isinstance(again, Records) else answer
        ms = round((time.monotonic() - began) * 1000)
        lookup = _lookup(subject, host, answer, ms)
        board.lookups.append(lookup)
        ours = subject in {Subject.RECEIVING, Subject.SENDING}
        bad = CheckState.BAD if ours or lookup.unanswered else CheckState.UNSURE
        timed.check = Check(
            Subject.NAMES,
            bad if lookup.trouble else CheckState.GOOD,
            host,
            said=lookup.trouble or ", ".join((*lookup.v4[:2], *lookup.v6[:2])),
            ms=ms,
        )
    return lookup


def _lookup(subject: Subject, host: str, answer: Records[str] | Empty, ms: int) -> Lookup:
    match answer:
        case Records(values=values):
            four = tuple(value for value in values if _version(value) == 4)
            six = tuple(value for value in values if _version(value) == 6)
            return Lookup(subject, host, four, six, "", ms)
        case NoSuchName():
            return Lookup(subject, host, trouble="no-such-name", ms=ms)
        case NoRecords():
            return Lookup(subject, host, trouble="no-records", ms=ms)
        case NoAnswer(reason=reason):
            return Lookup(subject, host, trouble=reason, ms=ms)
        case _:
            assert_never(answer)


def _version(address: str) -> int:
    return ipaddress.ip_address(address).version


def _one_family(addresses: Sequence[str]) -> bool:
    return len({_version(address) for address in addresses}) == 1


def is_address(host: str) -> bool:
    """An IP address instead of a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def climb_at(
    place: Place, server: ServerSettings, dialler: Dialler, board: Board, seconds: float
) -> str:
    """A server's ladder over one family, up to its capabilities. Returns what an SMTP server says
    to our greeting, which often names the address it sees."""
    rungs: list[Rung] = []

    def check() -> Check:
        return Check(
            place.subject,
            CheckState.RUNNING,
            server.host,
            server.port,
            place.family,
            place.addresses[0],
            server.type,
            server.security,
            tuple(rungs),
        )

    def on_rung(rung: Rung) -> None:
        rungs.append(rung)
        board.tell(check())

    if not place.has_way(dialler):
        board.tell(board.saw(_no_way(place, server)))
        return ""
    log = Log(on_rung)
    task = Task(server, _At(dialler, place.addresses), log, Budget(seconds))
    trouble: Trouble | None = None
    certificate: CertificateFacts | None = None
    hello = ""
    async with board.timed(check()) as timed:
        climbed = await climb(task)
        ms = sum(rung.ms for rung in rungs)
        if isinstance(climbed, Ready):
            certificate = climbed.stream.tls.certificate if climbed.stream.tls else None
            hello = await _leave(climbed)
            problem = None
        else:
            problem = await _seen_closer(climbed, place, dialler)
            if problem.stage is Stage.CONNECT and rungs:
                trouble = _TROUBLES.get(rungs[-1].said, Trouble.TIMEOUT)
        timed.check = board.saw(
            Seen(
                place.subject,
                server.host,
                server.port,
                place.family,
                log.address or place.addresses[0],
                server.type,
                server.security,
                trouble,
                problem=problem,
                certificate=certificate,
                rungs=tuple(rungs),
                said=problem.server_said if problem is not None else "",
                ms=ms,
            )
        )
    greetings = (rung.said for rung in rungs if rung.stage == Stage.GREETING.value)
    return " ".join((*greetings, hello))


async def _seen_closer(problem: Problem, place: Place, dialler: Dialler) -> Problem:
    """Something is there that does not speak mail: does it speak http, as a portal that catches
    every port? Such a server may wait for a request in silence."""
    if problem.kind not in _PERHAPS_WEB or problem.stage not in {Stage.TLS, Stage.GREETING}:
        return problem
    try:
        async with asyncio.timeout(WEB_TIME):
            stream = await dialler.open_at(
                place.addresses, place.host, place.port, timeout=WEB_TIME
            )
            try:
                await stream.write(b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % place.host.encode())
                line = await stream.read_line(WEB_TIME, 4096)
            finally:
                await stream.close()
    except (NetFailure, TimeoutError):
        return problem
    if not looks_like_web_page(line):
        return problem
    return replace(problem, kind=ProblemKind.CAPTIVE_PORTAL, server_said=cleaned(decoded(line)))


_PERHAPS_WEB = {
    ProblemKind.WRONG_PORT_OR_TLS_MODE,
    ProblemKind.STARTTLS_MISSING,
    ProblemKind.CONNECTION_CLOSED,
    ProblemKind.NO_ANSWER,
}

_TROUBLES = {trouble.value: trouble for trouble in Trouble}


def _no_way(place: Place, server: ServerSettings | None = None) -> Seen:
    service = server.type if server is not None else None
    problem = None
    if server is not None:
        failure = NetFailure(Trouble.OFFLINE, place.host, place.port)
        problem = from_failure(failure, Stage.CONNECT, server)
    return Seen(
        place.subject,
        place.host,
        place.port,
        place.family,
        place.addresses[0],
        service,
        server.security if server is not None else None,
        Trouble.OFFLINE,
        no_way=True,
        problem=problem,
    )


async def _leave(ready: Ready) -> str:
    """Says goodbye as a mail program does: some servers count those who just hang up."""
    hello = ""
    try:
        async with asyncio.timeout(GOODBYE_TIME * 2):
            match ready.dialogue:
                case Smtp() as smtp:
                    reply = await smtp.ask(b"EHLO [127.0.0.1]", GOODBYE_TIME)
                    hello = cleaned(reply.text)
                    await ready.stream.write(b"QUIT\r\n", GOODBYE_TIME)
                case _:
                    imap = ready.task.server.type is ServerType.IMAP
                    goodbye = b"bye LOGOUT\r\n" if imap else b"QUIT\r\n"
                    await ready.stream.write(goodbye, GOODBYE_TIME)
            await ready.stream.read_line(GOODBYE_TIME)
    except (NetFailure, TimeoutError):
        pass
    finally:
        await ready.close()
    return hello


async def knock(place: Place, dialler: Dialler, board: Board, *, tls: bool = False) -> None:
    """Is anybody at this port? With `tls`, also: who does the certificate say that is?"""
    check = Check(
        place.subject, CheckState.RUNNING, place.host, place.port, place.family, place.addresses[0]
    )
    if not place.has_way(dialler):
        board.tell(board.saw(_no_way(place)))
        return
    trouble: Trouble | None = None
    problem: Problem | None = None
    stream: Stream | None = None
    async with board.timed(check) as timed:
        try:
            stream = await dialler.open_at(
                place.addresses, place.host, place.port, timeout=CONNECT_TIME
            )
            if tls:
                await stream.start_tls(CONNECT_TIME)
        except NetFailure as failure:
            if stream is None:
                trouble = failure.trouble
            elif failure.trouble is Trouble.CERTIFICATE:
                problem = _certificate_problem(failure, place)
        finally:
            if stream is not None:
                with suppress(NetFailure):
                    await stream.close()
        seen = Seen(
            place.subject,
            place.host,
            place.port,
            place.family,
            place.addresses[0],
            trouble=trouble,
            problem=problem,
            said=trouble.value if trouble is not None else "",
        )
        timed.check = board.saw(seen)


def _certificate_problem(failure: NetFailure, place: Place) -> Problem:
    """Told as for a mail server: what is wrong with a certificate is the same everywhere."""
    server = ServerSettings(ServerType.IMAP, place.host, place.port, Security.TLS, (), "")
    return from_failure(failure, Stage.TLS, server)


async def look_at_page(place: Place, page: WebControl, dialler: Dialler, board: Board) -> None:
    """Asks for a page with known content; notes who answered, and what their clock says."""
    check = Check(
        place.subject, CheckState.RUNNING, place.host, place.port, place.family, place.addresses[0]
    )
    if not place.has_way(dialler):
        board.tell(board.saw(_no_way(place)))
        return
    trouble: Trouble | None = None
    answer = _Page()
    connected = False
    async with board.timed(check) as timed:
        try:
            async with asyncio.timeout(PAGE_TIME):
                stream = await dialler.open_at(
                    place.addresses, place.host, place.port, timeout=PAGE_TIME
                )
                connected = True
                try:
                    answer = await _get(stream, page)
                finally:
                    await stream.close()
        except NetFailure as failure:
            trouble = None if connected else failure.trouble
        except TimeoutError:
            trouble = None if connected else Trouble.TIMEOUT
        timed.check = board.saw(
            Seen(
                place.subject,
                place.host,
                place.port,
                place.family,
                place.addresses[0],
                trouble=trouble,
                page=_judge_page(answer, page) if answer.status else None,
                offset=answer.date - datetime.now(UTC) if answer.date is not None else None,
                said=cleaned(answer.first, 80) or (trouble.value if trouble else ""),
            )
        )


@dataclass(slots=True)
class _Page:
    """The parts of an answer that count."""

    status: int = 0
    first: str = ""
    location: str = ""
    date: datetime | None = None
    body: str = ""


_STATUS = re.compile(r"HTTP/1\.[01] (\d{3})(?: |\Z)")


async def _get(stream: Stream, page: WebControl) -> _Page:
    request = f"GET {page.path} HTTP/1.1\r\nHost: {page.host}\r\nConnection: close\r\n\r\n"
    await stream.write(request.encode("ascii"), PAGE_TIME)
    answer = _Page(first=decoded(await stream.read_line(PAGE_TIME, 4096)))
    match = _STATUS.match(answer.first)
    if match is None:
        answer.status = -1
        return answer
    answer.status = int(match.group(1))
    length = -1
    for _ in range(MAX_HEADERS):
        line = decoded(await stream.read_line(PAGE_TIME, 8192))
        if not line:
            break
        name, _, value = line.partition(":")
        match name.strip().lower():
            case "location":
                answer.location = value.strip()
            case "date":
                answer.date = _date(value.strip())
            case "content-length" if value.strip().isdecimal():
                length = int(value.strip()[:9])
    with suppress(NetFailure):
        if length < 0:
            answer.body = decoded(await stream.read_line(PAGE_TIME, MAX_BODY))
        elif length:
            answer.body = decoded(await stream.read_exactly(min(length, MAX_BODY), PAGE_TIME))
    return answer


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_HTML = re.compile(r"\A\s*<(!doctype|html|head|meta|script|body)", re.IGNORECASE)


def _judge_page(answer: _Page, page: WebControl) -> PageSeen:
    if answer.status == 200 and page.expected in answer.body:
        return PageSeen.RIGHT
    if answer.status == 511:  # RFC 6585: network authentication required
        return PageSeen.PORTAL
    if 300 <= answer.status < 400 and answer.location:
        try:
            target = urlsplit(answer.location).hostname or page.host
        except ValueError:
            return PageSeen.PORTAL
        return PageSeen.OTHER if target == page.host else PageSeen.PORTAL
    if answer.status == 200 and _HTML.match(answer.body):
        return PageSeen.PORTAL
    return PageSeen.OTHER


async def reverse_name(resolver: Resolver, host: str, address: str, board: Board) -> None:
    """The name of a server's address, and whether that name leads back (forward-confirmed)."""
    check = Check(
        Subject.REVERSE_NAME,
        CheckState.RUNNING,
        host,
        family=f"IPv{_version(address)}",
        address=address,
    )
    async with board.timed(check) as timed:
        answer = await resolver.ptr(address)
        name, confirmed = "", False
        if isinstance(answer, Records):
            for name in answer.values[:MAX_ADDRESSES]:
                forward = await resolver.addresses(name)
                confirmed = isinstance(forward, Records) and address in forward.values
                if confirmed:
                    break
        answered = not isinstance(answer, NoAnswer)
        board.reverse.append(ReverseName(host, address, cleaned(name, 253), confirmed, answered))
        timed.check = Check(
            Subject.REVERSE_NAME,
            CheckState.GOOD if confirmed else CheckState.UNSURE,
            host,
            family=check.family,
            address=address,
            said=cleaned(name, 253),
        )
