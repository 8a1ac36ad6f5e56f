"""Receiving and sending, verified together: one typo is one refusal, not two."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, Protocol
from urllib.parse import urlsplit

from wizard.model import (
    EmailAddress,
    PasswordKind,
    Problem,
    ProblemKind,
    Provider,
    Rung,
    Secret,
    ServerSettings,
    Service,
    ServiceResult,
    ServiceType,
    SideFailed,
    SideResult,
    SideUntested,
    SideVerified,
    Stage,
    Verification,
)
from wizard.net.failure import NetFailure, Trouble
from wizard.net.http import DavClient
from wizard.net.proxy import hides_names, named_proxy
from wizard.net.streams import Connector
from wizard.verify.clock import date_elsewhere
from wizard.verify.failures import MAX_CLOCK_DIFFERENCE, from_failure
from wizard.verify.ladder import SIDE_TIME, Log, Task, climb, failed, log_in
from wizard.verify.talk import Budget

Side = Literal["incoming", "outgoing"]
Progress = Callable[[Side, Rung], None]


class Network(Protocol):
    """The network as `wizard.net.open_network` gives it."""

    @property
    def connector(self) -> Connector: ...


WHOLE_TIME = 23.0
"""Seconds for both sides together, whatever their servers do; nobody waits longer than 25."""
_TO_FINISH = 0.5
"""Seconds of them that are kept for closing connections in order."""
BESIDE_TIME = 8.0
"""Seconds for contacts and calendars: mail that works shall not wait long for them."""
GRACE = 1.0
"""Seconds that sending may still take to show its own problem once receiving has failed."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Receiving's word to sending. `username`: the form that worked, empty where none did."""

    go: bool
    username: str = ""


def prepared_password(password: Secret, provider: Provider | None) -> Secret:
    """The password as the provider wants it: app passwords are shown in groups for reading only.

    What is stored or handed to programs must be this form, too.
    """
    if (
        provider is not None
        and provider.password_kind is PasswordKind.APP_PASSWORD
        and not provider.password_has_spaces
    ):
        return password.without_spaces()
    return password


async def verify(
    incoming: ServerSettings | None,
    outgoing: ServerSettings | None,
    password: Secret,
    network: Network,
    *,
    provider: Provider | None = None,
    address: EmailAddress | None = None,
    progress: Progress | None = None,
    services: Sequence[Service] = (),
    http: DavClient | None = None,
    by_token: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Verification:
    """Tests both sides with at most two logins on each; never raises for what a network does.

    Both are connected and asked for capabilities at once. The sending login waits for receiving:
    it is made where receiving worked or could not be tested, not where receiving failed. The
    result names for each side the settings that worked or the one problem. Where the password
    is good, contacts and calendars (`services`) are asked with it over `http`. `by_token`:
    `password` is an access token (see `oauth`). Times out by itself
    (`WHOLE_TIME`); cancelling closes both connections.
    """
    if not by_token:
        password = prepared_password(password, provider)

    def task(side: Side, server: ServerSettings) -> Task:
        def note(rung: Rung) -> None:
            if progress is not None:
                progress(side, rung)

        budget = Budget(SIDE_TIME, whole=WHOLE_TIME - _TO_FINISH)
        return Task(server, network.connector, Log(note), budget, provider, address, by_token)

    loop = asyncio.get_running_loop()
    end = loop.time() + WHOLE_TIME
    verdict: asyncio.Future[_Verdict] = loop.create_future()
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(
            _sending(
                outgoing,
                lambda server: task("outgoing", server),
                password,
                verdict,
                end,
                by_token,
            )
        )
        asked = () if by_token else _askable(services, incoming, address)
        beside = group.create_task(_beside_mail(asked, password, verdict, http, end))
        received = await _receiving(
            incoming, lambda server: task("incoming", server), password, verdict, end, by_token
        )
        if isinstance(received, SideFailed):
            await asyncio.wait({sending}, timeout=GRACE)
            sending.cancel()
    sent: SideResult = SideUntested("receiving-failed") if sending.cancelled() else sending.result()
    result = replace(compared(Verification(received, sent)), services=beside.result())
    try:
        async with asyncio.timeout_at(end):
            result = await _behind_proxy(result, network)
            return await _with_clock(result, network.connector, address, now)
    except TimeoutError:
        return result


async def _receiving(
    server: ServerSettings | None,
    task_for: Callable[[ServerSettings], Task],
    password: Secret,
    verdict: asyncio.Future[_Verdict],
    end: float,
    by_token: bool,
) -> SideResult:
    def decide(worked: ServerSettings | None) -> None:
        if not verdict.done():
            verdict.set_result(_Verdict(worked is not None, worked.username if worked else ""))

    if (untested := _untestable(server, by_token)) is not None or server is None:
        verdict.set_result(_Verdict(go=True))
        return untested or SideUntested("not-found")
    task = task_for(server)
    try:
        async with asyncio.timeout_at(end):
            climbed = await climb(task)
            if isinstance(climbed, Problem):
                decide(None)
                return failed(task, climbed)
            return await log_in(climbed, password, decide)
    except TimeoutError:
        decide(None)
        return _out_of_time(task)


async def _sending(
    server: ServerSettings | None,
    task_for: Callable[[ServerSettings], Task],
    password: Secret,
    verdict: asyncio.Future[_Verdict],
    end: float,
    by_token: bool,
) -> SideResult:
    if (untested := _untestable(server, by_token)) is not None or server is None:
        return untested or SideUntested("not-found")
    task = task_for(server)
    try:
        async with asyncio.timeout_at(end):
            return await _sent(task, password, verdict)
    except TimeoutError:
        return _out_of_time(task)


async def _sent(task: Task, password: Secret, verdict: asyncio.Future[_Verdict]) -> SideResult:
    server = task.server
    climbed = await climb(task)
    if isinstance(climbed, Problem):
        return failed(task, climbed)
    began = time.monotonic()
    try:
        word = await asyncio.shield(verdict)
    except asyncio.CancelledError:
        await climbed.close()
        raise
    if not word.go:
        await climbed.close()
        return SideUntested("receiving-failed")
    task.budget.forgive(time.monotonic() - began)
    if word.username and server.username_guessed and word.username != server.username:
        # The form that has just worked for receiving comes first.
        task = replace(task, server=replace(server, username=word.username))
        climbed = replace(climbed, task=task)
    return await log_in(climbed, password, lambda worked: None)


def _askable(
    services: Sequence[Service], incoming: ServerSettings | None, address: EmailAddress | None
) -> tuple[Service, ...]:
    """The services that may hear the password, with a user name each."""
    from wizard.verify.dav import may_have_password

    owners = [incoming.host] if incoming is not None else []
    owners += [address.domain] if address is not None else []
    name = incoming.username if incoming is not None else str(address or "")
    return tuple(
        service if service.username else replace(service, username=name)
        for service in services
        if service.type is not ServiceType.JMAP and may_have_password(service, owners)
    )


async def _beside_mail(
    services: Sequence[Service],
    password: Secret,
    verdict: asyncio.Future[_Verdict],
    http: DavClient | None,
    end: float,
) -> tuple[ServiceResult, ...]:
    """Contacts and calendars, once the password has proved good; nothing where it has not."""
    if http is None or not services or not (await asyncio.shield(verdict)).go:
        return ()
    return tuple(
        await asyncio.gather(*(_service(service, password, http, end) for service in services))
    )


async def _service(
    service: Service, password: Secret, http: DavClient, end: float
) -> ServiceResult:
    from wizard.verify.dav import verify_service

    began = time.monotonic()
    rungs: list[Rung] = []
    try:
        async with asyncio.timeout_at(min(end, asyncio.get_running_loop().time() + BESIDE_TIME)):
            outcome = await verify_service(service, password, http, rungs)
    except TimeoutError:
        host = urlsplit(service.url).hostname or ""
        outcome = Problem(ProblemKind.NO_ANSWER, Stage.CONNECT, host=host, port=443)
    ms = round((time.monotonic() - began) * 1000)
    if isinstance(outcome, Problem):
        return ServiceResult(service, outcome, ms, tuple(rungs))
    return ServiceResult(outcome, None, ms, tuple(rungs))


def _out_of_time(task: Task) -> SideFailed:
    spent = NetFailure(Trouble.TIMEOUT, detail="time for the whole test is used up")
    return failed(task, from_failure(spent, task.log.stage, task.server))


def _untestable(server: ServerSettings | None, by_token: bool) -> SideUntested | None:
    if server is None:
        return SideUntested("not-found")
    if by_token:
        return None
    return None if server.takes_password else SideUntested("oauth-only")


def compared(result: Verification) -> Verification:
    """What one side's failure means in the light of the other side of the same host.

    A port that stays silent or refuses while another port of the host answers is not a dead host:
    silence is a blocked port, refusal a port nobody listens on. Pure.
    """
    return Verification(
        _beside(result.incoming, result.outgoing), _beside(result.outgoing, result.incoming)
    )


def _beside(side: SideResult, other: SideResult) -> SideResult:
    if not isinstance(side, SideFailed) or side.problem.stage is not Stage.CONNECT:
        return side
    match other:
        case SideVerified(server=server):
            host = server.host
        case SideFailed(problem=problem) if problem.stage is not Stage.CONNECT:
            host = problem.host
        case _:
            return side
    if host != side.problem.host:
        return side
    kinds = {
        ProblemKind.NO_ANSWER: ProblemKind.PORT_BLOCKED,
        ProblemKind.SERVER_DOWN: ProblemKind.WRONG_PORT_OR_TLS_MODE,
    }
    kind = kinds.get(side.problem.kind, side.problem.kind)
    return replace(side, problem=replace(side.problem, kind=kind))


_UNREACHED = {
    ProblemKind.NO_ANSWER,
    ProblemKind.SERVER_DOWN,
    ProblemKind.NO_INTERNET,
    ProblemKind.NAME_SERVER_BROKEN,
    ProblemKind.CONNECTION_CLOSED,
    ProblemKind.DOMAIN_MISTYPED,
}


async def _behind_proxy(result: Verification, network: Network) -> Verification:
    """Where no mail server could be reached and the system names a proxy for getting there, the
    network lets nothing else through: row 6."""
    failures = [
        side.problem
        for side in (result.incoming, result.outgoing)
        if isinstance(side, SideFailed)
        and side.problem.stage in {Stage.RESOLVE, Stage.CONNECT}
        and side.problem.kind in _UNREACHED
    ]
    tested = [s for s in (result.incoming, result.outgoing) if not isinstance(s, SideUntested)]
    if not failures or len(failures) < len(tested):
        return result
    proxy = await named_proxy(network, failures[0].host)
    unknown = any(problem.kind is ProblemKind.DOMAIN_MISTYPED for problem in failures)
    if not proxy or (unknown and not await hides_names(network)):
        return result

    def blocked(side: SideResult) -> SideResult:
        if not isinstance(side, SideFailed):
            return side
        facts = (*side.problem.facts, ("proxy", proxy))
        problem = replace(side.problem, kind=ProblemKind.PORT_BLOCKED, facts=facts)
        return replace(side, problem=problem)

    return replace(result, incoming=blocked(result.incoming), outgoing=blocked(result.outgoing))


async def _with_clock(
    result: Verification,
    connector: Connector,
    address: EmailAddress | None,
    now: Callable[[], datetime],
) -> Verification:
    """Asks the time elsewhere where a certificate seems to have expired (row 13 or row 12)."""
    expired = [
        side
        for side in (result.incoming, result.outgoing)
        if isinstance(side, SideFailed) and side.problem.kind is ProblemKind.CERTIFICATE_EXPIRED
    ]
    if not expired:
        return result
    hosts = {side.problem.host for side in expired}
    if address is not None:
        hosts.add(address.domain)
    there = await _first([date_elsewhere(connector, host) for host in sorted(hosts)])
    if there is None or abs(there - now()) <= MAX_CLOCK_DIFFERENCE:
        return result
    fact = ("date_elsewhere", there.date().isoformat())

    def told(side: SideResult) -> SideResult:
        if not isinstance(side, SideFailed) or side not in expired:
            return side
        problem = side.problem
        return replace(
            side,
            problem=replace(problem, kind=ProblemKind.CLOCK_WRONG, facts=(*problem.facts, fact)),
        )

    return replace(result, incoming=told(result.incoming), outgoing=told(result.outgoing))


async def _first(questions: list[Awaitable[datetime | None]]) -> datetime | None:
    """The first answer that is one."""
    tasks = [asyncio.ensure_future(question) for question in questions]
    try:
        for answer in asyncio.as_completed(tasks):
            if (moment := await answer) is not None:
                return moment
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    return None
