"""Recordings of a search: every question and every answer, replayable without a network.

`Recorder` wraps a network and notes what passes; `replay` answers from the notes at the same
moments, so that a search takes the same turns again. A recording is what a person sends to
support, so nothing personal is in it: `redacted-person` stands for the local part of the address,
and the IP addresses that greetings give away are blanked.

Recorder(network) ──to_json──> text        (read again by `replay`)
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, assert_never
from urllib.parse import quote
from xml.sax.saxutils import escape

from wizard.model import EmailAddress, Source
from wizard.net.failure import CertificateFacts, NetFailure
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
SOMEONE = "redacted-person"
"""Stands for the local part; a word that no document has."""

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


class Redaction:
    """Takes one person out of texts, and puts them, or somebody else of the domain, back in."""

    def __init__(self, address: EmailAddress) -> None:
        stand_in = EmailAddress(SOMEONE, address.domain)
        self._forms = [(form(str(address)), form(str(stand_in))) for form in _FORMS]
        self._local = address.local
        bounded = rf"(?<![\w.+-]){re.escape(address.local)}(?![\w.+-])"
        # Alone, a short local part would hit ordinary words ("info", "post"): only where it is
        # all that an XML element holds.
        alone = bounded if len(address.local) > 5 else rf"(?<=>){re.escape(address.local)}(?=<)"
        self._hidden = [
            *((re.compile(re.escape(own), re.IGNORECASE), other) for own, other in self._forms),
            (re.compile(alone, re.IGNORECASE), SOMEONE),
        ]

    def text(self, text: str) -> str:
        """The text without the person."""
        for pattern, replacement in self._hidden:
            text = pattern.sub(replacement, text)
        return text

    def restored(self, text: str) -> str:
        """The text with this person in the place that `text` left."""
        for own, other in self._forms:
            text = text.replace(other, own)
        return text.replace(SOMEONE, self._local)

    def data(self, data: bytes) -> str | Json:
        """Bytes as text where they are UTF-8, else byte by byte as Latin-1."""
        try:
            return self.text(data.decode("utf-8"))
        except UnicodeDecodeError:
            for encoding in _WIDE:
                for own, other in self._forms:
                    data = data.replace(own.encode(encoding), other.encode(encoding))
            return {"latin-1": self.text(data.decode("latin-1"))}

    def restored_data(self, told: str | Json) -> bytes:
        """The bytes that `data` noted, with this person in them."""
        if isinstance(told, str):
            return self.restored(told).encode("utf-8", "replace")
        data = self.restored(str(told["latin-1"])).encode("latin-1", "replace")
        for encoding in _WIDE:
            for own, other in self._forms:
                data = data.replace(other.encode(encoding), own.encode(encoding))
        return data


_WIDE = ("utf-16-le", "utf-16-be")
_FORMS: tuple[Callable[[str], str], ...] = (lambda text: quote(text, safe=""), escape, str)
"""How an address is written in URLs, in XML, and anywhere else."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a search was told: its time-out in seconds, and which sources to ask (empty: all)."""

    timeout: float = 10.0
    only: frozenset[Source] = frozenset()
    all_sources: bool = False


class Recorder:
    """A network that notes what passes. Use it in place of the one it wraps."""

    def __init__(self, network: Network, address: EmailAddress, terms: Terms | None = None) -> None:
        self._address = address
        self._terms = terms or Terms()
        self._redaction = Redaction(address)
        self._started: float | None = None
        self._entries: dict[str, list[Json]] = {"dns": [], "http": [], "connections": []}
        self.resolver: Resolver = _RecordedResolver(network.resolver, self)
        self.http: HttpClient = _RecordedHttp(network.http, self)
        self.connector: Connector = _RecordedConnector(network.connector, self)

    def to_json(self) -> str:
        """The recording so far."""
        document = {
            "schema": SCHEMA,
            "kind": KIND,
            "domain": self._address.domain,
            "timeout": self._terms.timeout,
            "only": sorted(source.value for source in self._terms.only),
            "all_sources": self._terms.all_sources,
        }
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

    def ms(self) -> float:
        """Milliseconds since the first question, to the microsecond: the order counts."""
        assert self._started is not None
        return round((asyncio.get_running_loop().time() - self._started) * 1000, 3)

    def said(self, line: bytes) -> str:
        """A line of a dialogue, without the IP addresses in it."""
        return _IP.sub("[address]", self._redaction.text(line.decode("utf-8", "replace")))

    def body(self, data: bytes) -> str | Json:
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
            case Records(values=values, authentic=authentic, aliases=aliases):
                told: Json = {
                    "answer": "records",
                    "values": [to_json(value) for value in values],
                    "authentic": authentic,
                } | ({"aliases": list(aliases)} if aliases else {})
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
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
        personal: str = "",
    ) -> HttpReply | HttpFailure:
        request = self._inner.get(url, headers=headers, follow=follow, personal=personal)
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
