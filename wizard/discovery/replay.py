"""A recorded search, run again without a network.

text ──load_recording──> Replay | RecordingFault

A `Replay` answers from the recording at the recorded moments. `run_jumping` runs the search on a
clock that jumps from one moment to the next, so that the replay of a search that took ten seconds
is there at once and has the same times in it, whenever and wherever it runs.
"""

from __future__ import annotations

import asyncio
import json
import math
import selectors
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, assert_never, cast

from wizard.discovery.names import clean_host
from wizard.discovery.recording import KIND, SCHEMA, Json, Redaction, Terms
from wizard.model import (
    DiscoveryResult,
    EmailAddress,
    Failed,
    Found,
    NothingFound,
    Offline,
    Source,
)
from wizard.net.failure import CertificateFacts, NetFailure, Trouble
from wizard.net.http import HttpClient, HttpFailure, HttpReply
from wizard.net.resolver import (
    Empty,
    Mx,
    NoAnswer,
    NoRecords,
    NoSuchName,
    Records,
    Resolver,
    Srv,
)
from wizard.net.streams import MAX_LINE, Connector, Stream, TlsFacts

MAX_RECORDING = 8 * 1024 * 1024
NOT_RECORDED = "not recorded"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RecordingFault:
    """Why a text is no recording. `reason`: a short English phrase."""

    reason: str


def load_recording(text: str, address: EmailAddress) -> Replay | RecordingFault:
    """Reads a recording for any address of the recorded domain; nothing in it is trusted to be
    well-formed."""
    if len(text) > MAX_RECORDING:
        return RecordingFault("larger than 8 MiB")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return RecordingFault("not JSON")
    if not isinstance(document, dict) or document.get("kind") != KIND:
        return RecordingFault("not a recording of a search")
    if document.get("schema") != SCHEMA:
        return RecordingFault("written by another version")
    if document.get("domain") != address.domain:
        return RecordingFault(f"about another domain ({document.get('domain')})")
    try:
        return Replay(document, address)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        return RecordingFault(f"damaged ({type(error).__name__}: {error})")


@dataclass(slots=True)
class _Timed:
    """Something that comes at a moment (ms after the start), or never."""

    ms: float | None
    value: Any = None


class Replay:
    """A network that answers from a recording at the recorded moments, and touches no socket.

    What was not recorded gets no answer. Use one per search. `terms`: what the search was told.
    """

    def __init__(self, document: Json, address: EmailAddress) -> None:
        self._redaction = Redaction(address)
        self.terms = Terms(
            timeout=_seconds(document.get("timeout", 10.0)),
            only=frozenset(Source(word) for word in document.get("only", ())),
            all_sources=bool(document.get("all_sources", False)),
        )
        self._started: float | None = None
        self._dns: dict[tuple[str, str], _Timed] = {}
        self._http: dict[tuple[str, str], _Timed] = {}
        self._connections: dict[tuple[str, int, bool], list[_Connection]] = {}
        for entry in document["dns"]:
            key = (str(entry["type"]), str(entry["name"]))
            # The first answer counts: later ones came out of the same run's memory.
            self._dns.setdefault(key, _Timed(_moment(entry), _dns_answer(entry)))
        for entry in document["http"]:
            http_key = (str(entry["method"]), str(entry["url"]))
            self._http.setdefault(http_key, _Timed(_moment(entry), self._http_answer(entry)))
        for entry in document["connections"]:
            connection_key = (str(entry["host"]), int(entry["port"]), bool(entry["tls"]))
            self._connections.setdefault(connection_key, []).append(_connection(entry))
        self.resolver: Resolver = _ReplayedResolver(self)
        self.http: HttpClient = _ReplayedHttp(self)
        self.connector: Connector = _ReplayedConnector(self)

    async def dns(self, kind: str, name: str) -> Any:
        """The recorded answer to a DNS question."""
        timed = self._dns.get((kind, name))
        if timed is None:
            return NoAnswer(name, "timeout")
        await self.until(timed.ms)
        return timed.value

    async def web(self, method: str, url: str) -> HttpReply | HttpFailure:
        """The recorded reply to a request."""
        timed = self._http.get((method, self._redaction.text(url)))
        if timed is None:
            cause = NetFailure(Trouble.TIMEOUT, detail=NOT_RECORDED)
            return HttpFailure(url, "network", NOT_RECORDED, cause)
        await self.until(timed.ms)
        reply = timed.value
        assert isinstance(reply, (HttpReply, HttpFailure))
        return reply

    async def connection(self, host: str, port: int, tls: bool) -> Stream:
        """The recorded connection; several to one port come in their order."""
        waiting = self._connections.get((host, port, tls))
        if not waiting:
            raise NetFailure(Trouble.TIMEOUT, host, port, detail=NOT_RECORDED)
        connection = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        await self.until(connection.ms)
        if connection.failure is not None:
            raise connection.failure.raised()
        return _ReplayedStream(self, connection)

    async def until(self, ms: float | None) -> None:
        """Waits for a moment of the recording; for ever where there is none."""
        loop = asyncio.get_running_loop()
        if self._started is None:
            self._started = loop.time()
        if ms is None:
            await asyncio.Event().wait()
            return
        await asyncio.sleep(max(0.0, self._started + ms / 1000 - loop.time()))

    def _http_answer(self, entry: Json) -> HttpReply | HttpFailure | None:
        if _moment(entry) is None:
            return None
        restored = self._redaction.restored
        url = restored(str(entry["final_url"]))
        if "failure" in entry:
            cause = _Failure.read(entry["cause"]).raised() if "cause" in entry else None
            return HttpFailure(url, str(entry["failure"]), str(entry["detail"]), cause)
        headers = {str(name): restored(str(value)) for name, value in entry["headers"].items()}
        redirects = tuple(restored(str(item)) for item in entry["redirects"])
        body = self._redaction.restored_data(entry["body"])
        return HttpReply(url, int(entry["status"]), headers, body, redirects)


def _moment(entry: Json) -> float | None:
    return _milliseconds(entry["ms"]) if "ms" in entry else None


def _milliseconds(told: Any) -> float:
    value = float(told)
    if not 0 <= value < math.inf:
        raise ValueError(f"moment {value}")
    return value


def _seconds(told: Any) -> float:
    value = float(told)
    if not 0 < value <= 60:
        raise ValueError(f"time-out {value}")
    return value


def _dns_answer(entry: Json) -> Records[Any] | Empty | None:
    if _moment(entry) is None:
        return None
    name, authentic = str(entry["name"]), bool(entry.get("authentic", False))
    match entry["answer"]:
        case "records":
            values = tuple(_dns_value(entry["type"], value) for value in entry["values"])
            aliases = tuple(
                host for alias in entry.get("aliases", []) if (host := clean_host(str(alias)))
            )
            return Records(name, values, authentic, aliases)
        case "no-records":
            return NoRecords(name, authentic)
        case "no-such-name":
            return NoSuchName(name, authentic)
        case "no-answer":
            return NoAnswer(name, str(entry["reason"]))
        case other:
            raise ValueError(f"answer {other!r}")


def _dns_value(kind: str, value: Any) -> Mx | Srv | str:
    if kind == "MX":
        preference, host = value
        return Mx(int(preference), str(host))
    if kind == "SRV":
        priority, weight, port, target = value
        return Srv(int(priority), int(weight), int(port), str(target))
    return str(value)


@dataclass(frozen=True, slots=True)
class _Failure:
    """A recorded `NetFailure`; each raising gets an exception of its own."""

    trouble: Trouble
    host: str
    port: int
    verify_code: int
    certificate: CertificateFacts | None

    @staticmethod
    def read(told: Json) -> _Failure:
        return _Failure(
            Trouble(told["trouble"]),
            str(told["host"]),
            int(told["port"]),
            int(told.get("verify_code", 0)),
            _certificate(told["certificate"]) if "certificate" in told else None,
        )

    def raised(self) -> NetFailure:
        return NetFailure(
            self.trouble,
            self.host,
            self.port,
            verify_code=self.verify_code,
            certificate=self.certificate,
        )


@dataclass(frozen=True, slots=True)
class _Connection:
    """`events`: (moment, line, TLS session or failure) in the order of the dialogue."""

    ms: float | None
    session: TlsFacts | None
    failure: _Failure | None
    events: tuple[tuple[float, bytes | TlsFacts | _Failure], ...] = field(default=())


def _connection(entry: Json) -> _Connection:
    session = entry.get("session")
    failure = entry.get("failure")
    return _Connection(
        _moment(entry),
        _session(session) if session else None,
        _Failure.read(failure) if failure else None,
        tuple((_milliseconds(event["ms"]), _event(event)) for event in entry["dialogue"]),
    )


def _event(event: Json) -> bytes | TlsFacts | _Failure:
    if "line" in event:
        return str(event["line"]).encode("utf-8")
    if "failure" in event:
        return _Failure.read(event["failure"])
    return _session(event["session"])


def _session(told: Json) -> TlsFacts:
    return TlsFacts(str(told["version"]), str(told["cipher"]), _certificate(told["certificate"]))


def _certificate(told: Json) -> CertificateFacts:
    before, after = told["not_before"], told["not_after"]
    return CertificateFacts(
        tuple(str(name) for name in told["names"]),
        str(told["issuer"]),
        str(told["subject"]),
        datetime.fromisoformat(before) if before else None,
        datetime.fromisoformat(after) if after else None,
        bool(told["self_signed"]),
    )


class _ReplayedResolver:
    """The casts hold: values are made by the type of the recorded question (`_dns_value`)."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    async def mx(self, name: str) -> Records[Mx] | Empty:
        return cast("Records[Mx] | Empty", await self._replay.dns("MX", name))

    async def srv(self, name: str) -> Records[Srv] | Empty:
        return cast("Records[Srv] | Empty", await self._replay.dns("SRV", name))

    async def txt(self, name: str) -> Records[str] | Empty:
        return cast("Records[str] | Empty", await self._replay.dns("TXT", name))

    async def ptr(self, address: str) -> Records[str] | Empty:
        return cast("Records[str] | Empty", await self._replay.dns("PTR", address))

    async def addresses(self, host: str) -> Records[str] | Empty:
        return cast("Records[str] | Empty", await self._replay.dns("ADDRESS", host))


class _ReplayedHttp:
    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
        personal: str = "",
    ) -> HttpReply | HttpFailure:
        return await self._replay.web("GET", url)

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
    ) -> HttpReply | HttpFailure:
        return await self._replay.web("POST", url)

    async def aclose(self) -> None:
        return None


class _ReplayedConnector:
    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    async def connect(self, host: str, port: int, *, tls: bool, timeout: float = 5.0) -> Stream:
        try:
            async with asyncio.timeout(timeout):
                return await self._replay.connection(host, port, tls)
        except TimeoutError as error:
            raise NetFailure(Trouble.TIMEOUT, host, port) from error


class _ReplayedStream:
    def __init__(self, replay: Replay, connection: _Connection) -> None:
        self._replay = replay
        self._events: Iterator[tuple[float, bytes | TlsFacts | _Failure]] = iter(connection.events)
        self._session = connection.session

    @property
    def peer(self) -> str:
        return "192.0.2.1"  # RFC 5737: an address for documentation

    @property
    def tls(self) -> TlsFacts | None:
        return self._session

    async def read_line(self, timeout: float, limit: int = MAX_LINE) -> bytes:
        event = await self._next()
        if not isinstance(event, bytes):
            raise NetFailure(Trouble.CLOSED, detail=NOT_RECORDED)
        return event

    async def read_exactly(self, count: int, timeout: float) -> bytes:
        raise NetFailure(Trouble.CLOSED, detail=NOT_RECORDED)

    async def write(self, data: bytes, timeout: float = 20.0) -> None:
        return None

    async def start_tls(self, timeout: float = 5.0) -> None:
        event = await self._next()
        if not isinstance(event, TlsFacts):
            raise NetFailure(Trouble.CLOSED, detail=NOT_RECORDED)
        self._session = event

    async def close(self) -> None:
        return None

    async def _next(self) -> bytes | TlsFacts:
        moment, event = next(self._events, (0.0, None))
        if event is None:
            raise NetFailure(Trouble.CLOSED, detail=NOT_RECORDED)
        await self._replay.until(moment)
        if isinstance(event, _Failure):
            raise event.raised()
        return event


def same_outcome(first: DiscoveryResult, second: DiscoveryResult) -> bool:
    """True where two searches come to the same servers or the same problem.

    What a source that was just about to be cancelled had said may differ: a replay takes no time
    to think.
    """
    return type(first) is type(second) and _outcome(first) == _outcome(second)


def _outcome(result: DiscoveryResult) -> object:
    match result:
        case Found():
            chosen = (*result.incoming[:1], *result.outgoing[:1])
            return [(server.endpoint, server.username) for server in chosen]
        case Offline() | Failed():
            return result.problem
        case NothingFound():
            return result.unencrypted_only
        case _:
            assert_never(result)


# -- the clock --------------------------------------------------------------------------------


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events:
            if timeout is None:
                raise AssertionError("everything waits for something that never comes")
            self.now += max(0.0, timeout)
        return events


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps: waiting costs nothing, and times come out exact.

    Whenever nothing is ready, the clock moves to the next timer. Only for code whose waiting is
    all `asyncio` timers, as here and with the tests' fake network.
    """

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def run_jumping(coroutine: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` on a clock that jumps."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(coroutine)
