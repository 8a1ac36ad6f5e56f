"""The web server of the demo: fixed documents over https, HTTP/1.1 with kept connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from wizard.demo.journal import Happening, Journal, Service
from wizard.demo.wire import ConnectionLost, Pause, Wire

MAX_HEADERS = 100
MAX_BODY = 64 * 1024


@dataclass(frozen=True, slots=True)
class Document:
    """What one path answers with."""

    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    target: str
    headers: Mapping[str, str]
    version: str

    @property
    def keeps_open(self) -> bool:
        wish = self.headers.get("connection", "").lower()
        return wish != "close" and (self.version == "HTTP/1.1" or wish == "keep-alive")


class WebServer:
    """`documents`: by (host, path)."""

    def __init__(
        self, documents: Mapping[tuple[str, str], Document], pause: Pause, journal: Journal
    ) -> None:
        self._documents = documents
        self._pause = pause
        self._journal = journal

    async def serve(self, wire: Wire) -> None:
        """Answers requests until the client has no more."""
        while True:
            request = await _read_request(wire)
            host = request.headers.get("host", "").partition(":")[0].lower()
            await self._pause()
            status, document = self._find(request, host)
            self._journal.note(
                Service.WEB,
                Happening.REQUEST,
                f"https://{host}{request.target}",
                f"{request.method} {status.value}",
            )
            body = b"" if request.method == "HEAD" else document.body
            head = (
                f"HTTP/1.1 {status.value} {status.phrase}\r\n"
                f"Content-Type: {document.content_type}\r\n"
                f"Content-Length: {len(document.body)}\r\n"
                + ("Allow: GET, HEAD\r\n" if status is HTTPStatus.METHOD_NOT_ALLOWED else "")
                + f"Connection: {'keep-alive' if request.keeps_open else 'close'}\r\n\r\n"
            )
            await wire.write(head.encode("ascii") + body)
            if not request.keeps_open:
                return

    def _find(self, request: _Request, host: str) -> tuple[HTTPStatus, Document]:
        document = self._documents.get((host, request.target.partition("?")[0]))
        if document is None:
            return HTTPStatus.NOT_FOUND, _plain(HTTPStatus.NOT_FOUND)
        if request.method not in ("GET", "HEAD"):
            return HTTPStatus.METHOD_NOT_ALLOWED, _plain(HTTPStatus.METHOD_NOT_ALLOWED)
        return HTTPStatus.OK, document


async def _read_request(wire: Wire) -> _Request:
    words = (await wire.read_line()).decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise ConnectionLost("not HTTP")
    headers: dict[str, str] = {}
    for _ in range(MAX_HEADERS):
        line = (await wire.read_line()).decode("latin-1").strip()
        if not line:
            break
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    else:
        raise ConnectionLost("too many headers")
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not length.isdecimal() or int(length) > MAX_BODY:
        raise ConnectionLost("body not wanted")
    await wire.read_exactly(int(length))
    return _Request(words[0], words[1], headers, words[2])


def _plain(status: HTTPStatus) -> Document:
    return Document("text/plain; charset=utf-8", f"{status.phrase}\n".encode())
