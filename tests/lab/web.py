"""The lab's web: every published address over HTTPS (and plain HTTP where published so).

One server plays all hosts: the certificate is chosen by SNI, the page by host and path.

    web.publish("https://autoconfig.shop.example/mail/config-v1.1.xml", document)

HTTP/1.1 with keep-alive, `Content-Length` only. A host nobody published is shown a certificate
for another name, as hosts with many customers do; an unknown path of a known host is a 404. All
requests are kept for tests.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from tests.lab.background import Background, Conversation
from tests.lab.ca import Certificate, CertificateAuthority
from tests.lab.wire import Namespace

_MAX_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came in; header names in lower case."""

    scheme: str
    host: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return urlsplit(self.target).path


@dataclass(frozen=True, slots=True)
class Response:
    """What a page answers."""

    body: bytes = b""
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)


Page = Callable[[Request], Response]


class WebServer:
    """HTTPS on `address`:443 and HTTP on `address`:80 inside `namespace`."""

    def __init__(
        self,
        background: Background,
        namespace: Namespace,
        address: str,
        authority: CertificateAuthority,
    ) -> None:
        self.requests: list[Request] = []
        self._authority = authority
        self._pages: dict[tuple[str, str, str], Page] = {}
        self._contexts: dict[str, ssl.SSLContext] = {}
        front = authority.issue(["front.lab.example"]).server_context()
        front.sni_callback = self._choose_context
        background.serve(namespace, address, 443, self._conversation("https"), front)
        background.serve(namespace, address, 80, self._conversation("http"))

    def publish(
        self, url: str, content: str | bytes | Page, content_type: str = "text/xml"
    ) -> None:
        """Answer `url` (without query) with `content`; the host gets a certificate."""
        parts = urlsplit(url)
        host = parts.netloc.lower()
        if parts.scheme == "https":
            self.certify(host)
        if callable(content):
            self._pages[parts.scheme, host, parts.path] = content
            return
        body = content.encode() if isinstance(content, str) else content
        page = Response(body, headers={"Content-Type": content_type})
        self._pages[parts.scheme, host, parts.path] = lambda _: page

    def certify(self, host: str, certificate: Certificate | None = None) -> None:
        """Make `host` a known one, with `certificate`, else with a good one of its own."""
        if certificate is not None or host not in self._contexts:
            chosen = certificate or self._authority.issue([host])
            self._contexts[host] = chosen.server_context()

    def _choose_context(
        self, connection: ssl.SSLObject, host: str | None, _: ssl.SSLContext
    ) -> None:
        context = self._contexts.get((host or "").lower())
        if context is not None:
            connection.context = context

    def _conversation(self, scheme: str) -> Conversation:
        async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                request = await _read_request(reader, scheme)
                self.requests.append(request)
                page = self._pages.get((scheme, request.host, request.path), _not_found)
                writer.write(_render(page(request)))
                await writer.drain()

        return converse


def _not_found(_: Request) -> Response:
    return Response(b"nothing here\n", HTTPStatus.NOT_FOUND, {"Content-Type": "text/plain"})


async def _read_request(reader: asyncio.StreamReader, scheme: str) -> Request:
    try:
        head = (await reader.readuntil(b"\r\n\r\n"))[:_MAX_HEAD].decode("latin-1")
    except asyncio.LimitOverrunError as error:
        raise ConnectionAbortedError("the head of the request has no end") from error
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    host = headers.get("host", "").lower().partition(":")[0]
    return Request(scheme, host, method, target, headers, body)


def _render(response: Response) -> bytes:
    headers = {
        "Content-Length": str(len(response.body)),
        "Connection": "keep-alive",
        **response.headers,
    }
    lines = [f"HTTP/1.1 {response.status.value} {response.status.phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + response.body
