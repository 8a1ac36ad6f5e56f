"""One server, rung by rung: connect, TLS, greeting, capabilities, then at most two logins.

`climb` goes up to the capabilities and yields `Ready`; `log_in` does the rest. Everything
before the login carries no secret, so both sides climb at once and the second waits there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import assert_never

from wizard.model import (
    EmailAddress,
    Problem,
    ProblemKind,
    Provider,
    Rung,
    Secret,
    Security,
    ServerSettings,
    ServerType,
    SideFailed,
    SideVerified,
    Stage,
)
from wizard.net.failure import NetFailure
from wizard.net.streams import Connector, Stream
from wizard.verify.classify import refusal
from wizard.verify.dialogue import Dialogue, Offer, choose_way, method_of
from wizard.verify.failures import from_failure, looks_like_web_page
from wizard.verify.imap import Imap
from wizard.verify.pop3 import Pop3
from wizard.verify.reply import Reply
from wizard.verify.sasl import Credentials
from wizard.verify.smtp import Smtp
from wizard.verify.talk import Budget, Talk
from wizard.verify.text import Blackout, cleaned

CONNECT_TIME = 5.0
TLS_TIME = 5.0
SIDE_TIME = 22.0
"""Seconds one side may work in all."""
GOODBYE_TIME = 2.0

_UNSENDABLE = frozenset("\0\r\n")
"""Characters no login can carry; sent raw they would be commands of their own."""


@dataclass(slots=True)
class Log:
    """The rungs of one side as they are climbed."""

    progress: Callable[[Rung], None]
    clock: Callable[[], float] = time.monotonic
    stage: Stage = Stage.CONNECT
    address: str = ""
    rungs: list[Rung] = field(default_factory=list)
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    @property
    def ms(self) -> int:
        """Milliseconds since the side began."""
        return round((self.clock() - self.began) * 1000)

    @contextmanager
    def rung(self, stage: Stage) -> Iterator[Note]:
        """Times one step; it counts as broken where `NetFailure` leaves it."""
        self.stage = stage
        note, began = Note(), self.clock()
        try:
            yield note
        except NetFailure as failure:
            note.ok, note.said = False, failure.trouble.value
            raise
        finally:
            ms = round((self.clock() - began) * 1000)
            rung = Rung(stage.value, note.ok, ms, note.said, self.address)
            self.rungs.append(rung)
            self.progress(rung)


@dataclass(slots=True)
class Note:
    """What the log keeps of a step."""

    ok: bool = False
    said: str = ""

    def answer(self, reply: Reply, blackout: Blackout | None = None) -> None:
        """A reply decides the step."""
        self.ok = reply.ok
        self.said = cleaned(blackout(reply.said) if blackout else reply.said)


@dataclass(frozen=True, slots=True)
class Task:
    """What one side is to try, and with whose help."""

    server: ServerSettings
    connector: Connector
    log: Log
    budget: Budget
    provider: Provider | None = None
    address: EmailAddress | None = None
    by_token: bool = False
    """The login is made with an access token instead of a password."""


async def climb(task: Task) -> Ready | Problem:
    """Up to the capabilities. The stream is open in `Ready` and closed otherwise."""
    server = task.server
    if server.security is Security.PLAIN:
        return _problem(task, ProblemKind.UNENCRYPTED_ONLY, Stage.TLS)
    stream: Stream | None = None
    try:
        with task.log.rung(Stage.CONNECT) as note:
            stream = await task.connector.connect(
                server.host,
                server.port,
                tls=False,
                timeout=task.budget.allowance(CONNECT_TIME),
            )
            task.log.address = stream.peer
            note.ok = True
        talk = Talk(stream, task.budget)
        dialogue = speak(server.type, talk)
        broken = await _secure(task, stream, dialogue)
        if broken is None:
            ready, stream = Ready(task, stream, dialogue), None
            return ready
        return broken
    except NetFailure as failure:
        return from_failure(failure, task.log.stage, server)
    finally:
        if stream is not None:
            await stream.close()


def speak(service: ServerType, talk: Talk) -> Dialogue:
    """The protocol's own dialogue."""
    match service:
        case ServerType.IMAP:
            return Imap(talk)
        case ServerType.POP3:
            return Pop3(talk)
        case ServerType.SMTP:
            return Smtp(talk)
        case _:
            assert_never(service)


async def _secure(task: Task, stream: Stream, dialogue: Dialogue) -> Problem | None:
    """TLS at once or by STARTTLS, greeting and capabilities in the order each of them wants."""
    if task.server.security is Security.TLS:
        await _handshake(task, stream)
        return await _greeting(task, stream, dialogue) or await _capabilities(
            task, stream, dialogue
        )
    return (
        await _greeting(task, stream, dialogue)
        or await _capabilities(task, stream, dialogue)
        or await _starttls(task, stream, dialogue)
        or await _capabilities(task, stream, dialogue)
    )


async def _handshake(task: Task, stream: Stream) -> None:
    with task.log.rung(Stage.TLS) as note:
        await stream.start_tls(task.budget.allowance(TLS_TIME))
        _note_tls(note, stream)


async def _greeting(task: Task, stream: Stream, dialogue: Dialogue) -> Problem | None:
    with task.log.rung(Stage.GREETING) as note:
        reply = await dialogue.greet()
        note.answer(reply)
        if reply.ok and stream.tls is None:
            note.said = ""  # nothing said before TLS is kept, unless it is a refusal to quote
    if reply.ok:
        return None
    if reply.status == "":
        raw = reply.text.encode("utf-8", "replace")
        portal = looks_like_web_page(raw)
        kind = ProblemKind.CAPTIVE_PORTAL if portal else ProblemKind.WRONG_PORT_OR_TLS_MODE
        return _problem(task, kind, Stage.GREETING, reply)
    if reply.status == "PREAUTH":
        # Before TLS it would make STARTTLS impossible (RFC 3501 section 6.2.1): an attack.
        # Inside TLS nobody's password is being asked for, so there is nothing to verify.
        clear = task.server.security is Security.STARTTLS
        kind = ProblemKind.STARTTLS_MISSING if clear else ProblemKind.NO_LOGIN_HERE
        return _problem(task, kind, Stage.GREETING, reply)
    return _refused(task, reply, Stage.GREETING)


async def _capabilities(task: Task, stream: Stream, dialogue: Dialogue) -> Problem | None:
    with task.log.rung(Stage.CAPABILITY) as note:
        reply = await dialogue.learn()
        note.answer(reply)
        if reply.ok:
            words = dialogue.offer.words if stream.tls is not None else ()
            note.said = cleaned(" ".join(words))
    return None if reply.ok else _refused(task, reply, Stage.CAPABILITY)


async def _starttls(task: Task, stream: Stream, dialogue: Dialogue) -> Problem | None:
    with task.log.rung(Stage.TLS) as note:
        if not dialogue.offer.starttls:
            return _problem(task, ProblemKind.STARTTLS_MISSING, Stage.TLS)
        reply = await dialogue.start_tls(TLS_TIME)
        note.answer(reply)
        if reply.ok:
            _note_tls(note, stream)
    return None if reply.ok else _refused(task, reply, Stage.TLS)


def _note_tls(note: Note, stream: Stream) -> None:
    facts = stream.tls
    note.ok = facts is not None
    note.said = "" if facts is None else f"{facts.version} {facts.cipher}"


@dataclass(frozen=True, slots=True)
class Ready:
    """A server that is willing: verified TLS, capabilities known, nothing secret sent yet."""

    task: Task
    stream: Stream
    dialogue: Dialogue

    async def close(self) -> None:
        """Ends the connection as it is."""
        with suppress(NetFailure):
            await self.stream.close()

    async def attempt(
        self, server: ServerSettings, password: Secret, blackout: Blackout
    ) -> ServerSettings | Problem:
        """One login as `server.username`; the settings that worked, or why they did not."""
        task = self.task
        if _UNSENDABLE & {*server.username, *password.reveal()}:
            in_name = bool(_UNSENDABLE & set(server.username))
            kind = ProblemKind.USERNAME_FORM if in_name else ProblemKind.WRONG_PASSWORD
            return _problem(task, kind, Stage.LOGIN)
        credentials = Credentials(
            server.username, password, task.by_token, server.host, server.port
        )
        way = choose_way(self.dialogue.offer, server.auth, credentials)
        if way is None:
            return _problem(task, _why_no_way(server.type, self.dialogue.offer), Stage.CAPABILITY)
        assert self.stream.tls is not None, "a password goes through verified TLS only"
        try:
            with task.log.rung(Stage.LOGIN) as note:
                reply = await self.dialogue.log_in(way, credentials)
                note.answer(reply, blackout)
        except NetFailure as failure:
            return from_failure(failure, Stage.LOGIN, server)
        if reply.ok:
            method = method_of(way)
            others = tuple(item for item in server.auth if item is not method)
            return replace(server, auth=(method, *others), username_guessed=False)
        problem = _refused(task, reply, Stage.LOGIN, blackout)
        if task.by_token and problem.kind.judges_password:
            # There is no password that could be wrong: the sign-in has to be made again.
            facts = (*problem.facts, ("sign_in", "refused"))
            return replace(problem, kind=ProblemKind.BROWSER_SIGN_IN_NEEDED, facts=facts)
        return problem

    async def farewell(self, blackout: Blackout) -> Problem | None:
        """Says goodbye; a problem where the server lets nobody into the mailbox after all."""
        try:
            async with asyncio.timeout(min(GOODBYE_TIME, self.task.budget.left)):
                reply = await self.dialogue.leave()
        except (NetFailure, TimeoutError):
            return None
        if reply is None:
            return None
        problem = _refused(self.task, reply, Stage.LOGIN, blackout)
        return problem if problem.kind is ProblemKind.IMAP_OFF else None


async def log_in(
    ready: Ready, password: Secret, on_verdict: Callable[[ServerSettings | None], None]
) -> SideVerified | SideFailed:
    """Logs in, and once more with the other form of a guessed user name where the first is refused.

    `on_verdict` gets the settings that worked, or None, before goodbye is said. The stream is
    closed at the end.
    """
    task = ready.task
    names = _usernames(task)
    blackout = Blackout(password, names)
    try:
        outcome = await ready.attempt(replace(task.server, username=names[0]), password, blackout)
        if isinstance(outcome, Problem) and outcome.kind in _NAME_IN_DOUBT and len(names) > 1:
            await ready.close()
            again = await climb(task)  # many servers end the conversation after a refusal
            if isinstance(again, Ready):
                ready = again
                other = replace(task.server, username=names[1])
                second = await ready.attempt(other, password, blackout)
                # Of two plain refusals the first is the answer; a reason is worth more.
                if not isinstance(second, Problem) or second.kind not in _NAME_IN_DOUBT:
                    outcome = second
        if isinstance(outcome, Problem):
            on_verdict(None)
            return failed(task, _doubting_name(task, outcome))
        on_verdict(outcome)
        words = ready.dialogue.offer.words
        afterthought = await ready.farewell(blackout)
        if afterthought is not None:
            return failed(task, afterthought)
        return SideVerified(outcome, _worked_ms(task), words, tuple(task.log.rungs))
    finally:
        await ready.close()


def failed(task: Task, problem: Problem) -> SideFailed:
    """This side's result where it broke."""
    return SideFailed(problem, _worked_ms(task), tuple(task.log.rungs))


_NAME_IN_DOUBT = {ProblemKind.WRONG_PASSWORD, ProblemKind.USERNAME_FORM}


def _usernames(task: Task) -> tuple[str, ...]:
    """The forms to try, at most two: as given and, where that was a guess, the other one."""
    name = task.server.username
    if not task.server.username_guessed or task.address is None:
        return (name,)
    other = task.address.local if "@" in name else str(task.address)
    return (name, other) if other != name else (name,)


def _doubting_name(task: Task, problem: Problem) -> Problem:
    """A refused login with a name that nobody published and that is not the full address."""
    server, address = task.server, task.address
    published = any("username" in item.fields for item in server.evidence)
    if (
        problem.kind is ProblemKind.WRONG_PASSWORD
        and address is not None
        and not (published or server.username_guessed or "@" in server.username)
    ):
        return replace(problem, kind=ProblemKind.USERNAME_FORM)
    return problem


def _why_no_way(service: ServerType, offer: Offer) -> ProblemKind:
    """Nothing we could log in with is offered, inside TLS."""
    if offer.mechanisms:
        return ProblemKind.PASSWORD_LOGIN_OFF
    return ProblemKind.NO_LOGIN_HERE if service is ServerType.SMTP else ProblemKind.SERVER_DOWN


def _worked_ms(task: Task) -> int:
    return sum(rung.ms for rung in task.log.rungs)


def _problem(task: Task, kind: ProblemKind, stage: Stage, reply: Reply | None = None) -> Problem:
    server = task.server
    said = cleaned(reply.said) if reply is not None else ""
    return Problem(kind, stage, server.type, server.host, server.port, server_said=said)


def _refused(task: Task, reply: Reply, stage: Stage, blackout: Blackout | None = None) -> Problem:
    server = task.server
    return refusal(
        reply,
        stage,
        host=server.host,
        port=server.port,
        provider=task.provider,
        blackout=blackout,
    )
