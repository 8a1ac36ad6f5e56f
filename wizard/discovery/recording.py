"""Recordings of a search: every question and every answer, replayable without a network.

`Recorder` wraps a network and notes what passes; `Replay` answers from the notes at the same
moments, so that a search takes the same turns again. A recording is what a person sends to
support, so nothing personal is in it: the local part of the address stands as `someone`, and the
IP addresses that greetings give away are blanked.

Recorder(network) ──to_json──> text ──load_recording──> Replay | RecordingFault
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar, assert_never, cast
from urllib.parse import quote
from xml.sax.saxutils import escape

from wizard.model import EmailAddress
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

SCHEMA = 1
KIND = "discovery-recording"
MAX_RECORDING = 8 * 1024 * 1024
SOMEONE = "someone"
NOT_RECORDED = "not recorded"

_IP = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-fA-F]{1,4}:){2,7}[0-9a-fA-F:]{1,39}\b")

Json = dict[str, Any]  # Any: JSON as the standard library types it
T = TypeVar("T")


class Network(Protocol):
    """What a search talks to."""

    @property
    def resolver(self) -> Resolver: ...

    @property
    def http(self) -> HttpClient: ...

    @property
    def connector(self) -> Connector: ...


@dataclass(frozen=True, slots=True)
class RecordingFault:
    """Why a text is no recording. `reason`: a short English phrase."""

    reason: str


class Redaction:
    """Takes one person out of texts."""

    def __init__(self, address: EmailAddress) -> None:
        whole, local = str(address), address.local
        replacement = f"{SOMEONE}@{address.domain}"
        self._forms = [
            (form(whole), form(replacement))
            for form in (lambda text: quote(text, safe=""), escape, lambda text: text)
        ]
        # Alone, a short local part would hit ordinary words ("info", "post").
        self._alone = (
            re.compile(rf"(?<![\w.+-]){re.escape(local)}(?![\w.+-])") if len(local) > 5 else None
        )

    def text(self, text: str) -> str:
        """The text without the person."""
        for form, replacement in self._forms:
            text = text.replace(form, replacement)
        return self._alone.sub(SOMEONE, text) if self._alone else text

    def data(self, data: bytes) -> str:
        """Bytes as text where they are UTF-8, else `base64:…`."""
        try:
            return self.text(data.decode("utf-8"))
        except UnicodeDecodeError:
            return f"base64:{base64.b64encode(data).decode('ascii')}"


# -- recording --------------------------------------------------------------------------------


class Recorder:
    """A network that notes what passes. Use it in place of the one it wraps."""

    def __init__(self, network: Network, address: EmailAddress) -> None:
        self._address = address
        self._redaction = Redaction(address)
        self._started: float | None = None
        self._entries: dict[str, list[Json]] = {"dns": [], "http": [], "connections": []}
        self.resolver: Resolver = _RecordedResolver(network.resolver, self)
        self.http: HttpClient = _RecordedHttp(network.http, self)
        self.connector: Connector = _RecordedConnector(network.connector, self)

    def to_json(self) -> str:
        """The recording so far."""
        document = {"schema": SCHEMA, "kind": KIND, "domain": self._address.domain}
        return json.dumps(document | self._entries, ensure_ascii=False, indent=1) + "\n"

    def begin(self, kind: str, question: Json) -> Json:
        """Notes a question; the returned entry takes the answer."""
        loop_time = asyncio.get_running_loop().time()
        if self._started is None:
            self._started = loop_time
        entry = {name: self._clean(value) for name, value in question.items()}
        entry["asked_ms"] = self.ms()
        self._entries[kind].append(entry)
        return entry

    def answer(self, entry: Json, answer: Json) -> None:
        """Notes the answer and its moment. A question that was cancelled keeps none."""
        entry["ms"] = self.ms()
        entry.update({name: self._clean(value) for name, value in answer.items()})

    def ms(self) -> int:
        """Milliseconds since the first question."""
        assert self._started is not None
        return round((asyncio.get_running_loop().time() - self._started) * 1000)

    def said(self, line: bytes) -> str:
        """A line of a dialogue, without the IP addresses in it."""
        return _IP.sub("[address]", self._redaction.data(line))

    def body(self, data: bytes) -> str:
        """The body of a reply."""
        return self._redaction.data(data)

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._redaction.text(value)
        if isinstance(value, (list, tuple)):
            return [self._clean(item) for item in value]
        if isinstance(value, Mapping):
            return {key: self._clean(item) for key, item in value.items()}
        return value


class _RecordedResolver:
    def __init__(self, inner: Resolver, recorder: Recorder) -> None:
        self._inner = inner
        self._recorder = recorder

    async def mx(self, name: str) -> Records[Mx] | Empty:
        return await self._note("MX", name, self._inner.mx(name), _mx_json)

    async def srv(self, name: str) -> Records[Srv] | Empty:
        return await self._note("SRV", name, self._inner.srv(name), _srv_json)

    async def txt(self, name: str) -> Records[str] | Empty:
        return await self._note("TXT", name, self._inner.txt(name), str)

    async def ptr(self, address: str) -> Records[str] | Empty:
        return await self._note("PTR", address, self._inner.ptr(address), str)

    async def addresses(self, host: str) -> Records[str] | Empty:
        return await self._note("ADDRESS", host, self._inner.addresses(host), str)

    async def _note(
        self,
        kind: str,
        name: str,
        question: Awaitable[Records[T] | Empty],
        to_json: Callable[[T], Any],
    ) -> Records[T] | Empty:
        entry = self._recorder.begin("dns", {"type": kind, "name": name})
        answer = await question
        match answer:
            case Records(values=values, authentic=authentic):
                told: Json = {
                    "answer": "records",
                    "values": [to_json(value) for value in values],
                    "authentic": authentic,
                }
            case NoRecords(authentic=authentic):
                told = {"answer": "no-records", "authentic": authentic}
            case NoSuchName(authentic=authentic):
                told = {"answer": "no-such-name", "authentic": authentic}
            case NoAnswer(reason=reason):
                told = {"answer": "no-answer", "reason": reason}
            case _:
                assert_never(answer)
        self._recorder.answer(entry, told)
        return answer


def _mx_json(record: Mx) -> list[Any]:
    return [record.preference, record.host]


def _srv_json(record: Srv) -> list[Any]:
    return [record.priority, record.weight, record.port, record.target]


class _RecordedHttp:
    def __init__(self, inner: HttpClient, recorder: Recorder) -> None:
        self._inner = inner
        self._recorder = recorder

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, follow: bool = True
    ) -> HttpReply | HttpFailure:
        request = self._inner.get(url, headers=headers, follow=follow)
        return await self._note("GET", url, request)

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
    ) -> HttpReply | HttpFailure:
        request = self._inner.post(url, body, headers=headers, follow=follow)
        return await self._note("POST", url, request)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _note(
        self, method: str, url: str, request: Awaitable[HttpReply | HttpFailure]
    ) -> HttpReply | HttpFailure:
        entry = self._recorder.begin("http", {"method": method, "url": url})
        reply = await request
        if isinstance(reply, HttpReply):
            kept = {name: reply.headers[name] for name in _HEADERS if name in reply.headers}
            told: Json = {
                "status": reply.status,
                "headers": kept,
                "body": self._recorder.body(reply.body),
                "final_url": reply.url,
                "redirects": list(reply.redirects),
            }
        else:
            told = {"failure": reply.reason, "detail": reply.detail, "final_url": reply.url}
            if reply.cause is not None:
                told["cause"] = _failure_json(reply.cause)
        self._recorder.answer(entry, told)
        return reply


_HEADERS = ("content-type", "location", "www-authenticate")
"""Others (cookies among them) say nothing about settings and may say something about a person."""


class _RecordedConnector:
    def __init__(self, inner: Connector, recorder: Recorder) -> None:
        self._inner = inner
        self._recorder = recorder

    async def connect(self, host: str, port: int, *, tls: bool, timeout: float = 5.0) -> Stream:
        question = {"host": host, "port": port, "tls": tls}
        entry = self._recorder.begin("connections", question)
        entry["dialogue"] = []
        try:
            stream = await self._inner.connect(host, port, tls=tls, timeout=timeout)
        except NetFailure as failure:
            self._recorder.answer(entry, {"failure": _failure_json(failure)})
            raise
        facts = _tls_json(stream.tls) if stream.tls else None
        self._recorder.answer(entry, {"session": facts})
        return _RecordedStream(stream, self._recorder, entry["dialogue"])


class _RecordedStream:
    def __init__(self, inner: Stream, recorder: Recorder, dialogue: list[Json]) -> None:
        self._inner = inner
        self._recorder = recorder
        self._dialogue = dialogue

    @property
    def peer(self) -> str:
        return self._inner.peer

    @property
    def tls(self) -> TlsFacts | None:
        return self._inner.tls

    async def read_line(self, timeout: float, limit: int = MAX_LINE) -> bytes:
        line = await self._watched(self._inner.read_line(timeout, limit))
        self._note({"line": self._recorder.said(line)})
        return line

    async def read_exactly(self, count: int, timeout: float) -> bytes:
        return await self._watched(self._inner.read_exactly(count, timeout))

    async def write(self, data: bytes, timeout: float = 20.0) -> None:
        await self._inner.write(data, timeout)

    async def start_tls(self, timeout: float = 5.0) -> None:
        await self._watched(self._inner.start_tls(timeout))
        facts = self._inner.tls
        self._note({"session": _tls_json(facts) if facts else None})

    async def close(self) -> None:
        await self._inner.close()

    async def _watched(self, step: Awaitable[T]) -> T:
        try:
            return await step
        except NetFailure as failure:
            self._note({"failure": _failure_json(failure)})
            raise

    def _note(self, event: Json) -> None:
        self._dialogue.append({"ms": self._recorder.ms(), **event})


def _failure_json(failure: NetFailure) -> Json:
    told: Json = {"trouble": failure.trouble.value, "host": failure.host, "port": failure.port}
    if failure.verify_code:
        told["verify_code"] = failure.verify_code
    if failure.certificate is not None:
        told["certificate"] = _certificate_json(failure.certificate)
    return told


def _tls_json(facts: TlsFacts) -> Json:
    return {
        "version": facts.version,
        "cipher": facts.cipher,
        "certificate": _certificate_json(facts.certificate),
    }


def _certificate_json(facts: CertificateFacts) -> Json:
    return {
        "names": list(facts.names),
        "issuer": facts.issuer,
        "subject": facts.subject,
        "not_before": facts.not_before.isoformat() if facts.not_before else None,
        "not_after": facts.not_after.isoformat() if facts.not_after else None,
        "self_signed": facts.self_signed,
    }


# -- replaying --------------------------------------------------------------------------------


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
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        return RecordingFault(f"damaged ({type(error).__name__}: {error})")


@dataclass(slots=True)
class _Timed:
    """Something that comes at a moment (ms after the start), or never."""

    ms: int | None
    value: Any = None


class Replay:
    """A network that answers from a recording at the recorded moments, and touches no socket.

    What was not recorded gets no answer. Use one per search.
    """

    def __init__(self, document: Json, address: EmailAddress) -> None:
        self._redaction = Redaction(address)
        self._restore = (f"{SOMEONE}@{address.domain}", str(address))
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

    async def until(self, ms: int | None) -> None:
        """Waits for a moment of the recording; for ever where there is none."""
        loop = asyncio.get_running_loop()
        if self._started is None:
            self._started = loop.time()
        if ms is None:
            await asyncio.Event().wait()
            return
        await asyncio.sleep(max(0.0, self._started + ms / 1000 - loop.time()))

    def restored(self, text: str) -> str:
        """A text with the address of this search in place of the blank."""
        return text.replace(*self._restore)

    def _http_answer(self, entry: Json) -> HttpReply | HttpFailure | None:
        if _moment(entry) is None:
            return None
        url = self.restored(str(entry["final_url"]))
        if "failure" in entry:
            cause = _Failure.read(entry["cause"]).raised() if "cause" in entry else None
            return HttpFailure(url, str(entry["failure"]), str(entry["detail"]), cause)
        headers = {str(name): str(value) for name, value in entry["headers"].items()}
        redirects = tuple(str(item) for item in entry["redirects"])
        body = self._bytes(str(entry["body"]))
        return HttpReply(url, int(entry["status"]), headers, body, redirects)

    def _bytes(self, text: str) -> bytes:
        if text.startswith("base64:"):
            return base64.b64decode(text[7:], validate=True)
        return self.restored(text).encode("utf-8")


def _moment(entry: Json) -> int | None:
    return int(entry["ms"]) if "ms" in entry else None


def _dns_answer(entry: Json) -> Records[Any] | Empty | None:
    if _moment(entry) is None:
        return None
    name, authentic = str(entry["name"]), bool(entry.get("authentic", False))
    match entry["answer"]:
        case "records":
            values = tuple(_dns_value(entry["type"], value) for value in entry["values"])
            return Records(name, values, authentic)
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

    ms: int | None
    session: TlsFacts | None
    failure: _Failure | None
    events: tuple[tuple[int, bytes | TlsFacts | _Failure], ...] = field(default=())


def _connection(entry: Json) -> _Connection:
    session = entry.get("session")
    failure = entry.get("failure")
    return _Connection(
        _moment(entry),
        _session(session) if session else None,
        _Failure.read(failure) if failure else None,
        tuple((int(event["ms"]), _event(event)) for event in entry["dialogue"]),
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
        self, url: str, *, headers: Mapping[str, str] | None = None, follow: bool = True
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
        self._events: Iterator[tuple[int, bytes | TlsFacts | _Failure]] = iter(connection.events)
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
        moment, event = next(self._events, (0, None))
        if event is None:
            raise NetFailure(Trouble.CLOSED, detail=NOT_RECORDED)
        await self._replay.until(moment)
        if isinstance(event, _Failure):
            raise event.raised()
        return event
