"""https requests for discovery: no credentials, no cookies, hard limits.

Response = HttpReply | HttpFailure
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urljoin, urlsplit

import wizard
from wizard.model.address import to_ascii_domain
from wizard.net.failure import NetFailure
from wizard.net.streams import ADDRESS_NOT_ALLOWED

if TYPE_CHECKING:
    import httpcore2

    from wizard.net.streams import TcpConnector
    from wizard.net.tls import TlsContexts

MAX_BODY = 64 * 1024
MAX_REDIRECTS = 3
MAX_URL = 4096
MAX_CONNECTIONS = 40
KEEP_ALIVE = 15.0  # seconds an idle connection is kept
REDIRECTS = frozenset({301, 302, 303, 307, 308})
FORBIDDEN_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "host", "content-length", "accept-encoding"}
)
USER_AGENT = f"mail-setup-wizard/{wizard.__version__}"
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A complete reply, whatever its status. `url`: where it came from after redirects.

    `redirects`: URLs passed on the way, the first one asked included. `headers`: lower-case names.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    redirects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HttpFailure:
    """No usable reply. `reason`: `network`, `too-large`, `too-slow`, `redirect-refused`,
    `too-many-redirects`, `bad-url`, `malformed`. `cause` is set for `network`."""

    url: str
    reason: str
    detail: str = ""
    cause: NetFailure | None = None


class HttpClient(Protocol):
    """Connections are reused within a run. Only https; redirects to http, to private, loopback
    or link-local addresses, or beyond three are refused. `follow=False` returns the 3xx itself."""

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, follow: bool = True
    ) -> HttpReply | HttpFailure: ...

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
    ) -> HttpReply | HttpFailure: ...

    async def aclose(self) -> None: ...


class HttpsClient:
    """A `HttpClient` on httpcore2 and our own sockets.

    No credentials of any kind go out, nor does anything come from a cookie. A request ends after
    `total` seconds, redirects and slow drips included.

    Addresses: the first request goes where the resolver says, also to a private address, since
    a company's own mail domain may live there. A redirect to another host or port goes to public
    addresses only, judged by the address that is connected to, so that no name which changes its
    address in between (DNS rebinding) slips through; `allow_private_redirects` lifts that for
    laboratories and companies with a resolver of their own.
    """

    def __init__(
        self,
        connector: TcpConnector,
        contexts: TlsContexts,
        *,
        allow_private_redirects: bool = False,
        total: float = 6.0,
    ) -> None:
        self._connector = connector
        self._contexts = contexts
        self._allow_private_redirects = allow_private_redirects
        self._total = total
        self._pools: dict[bool, httpcore2.AsyncConnectionPool] = {}

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, follow: bool = True
    ) -> HttpReply | HttpFailure:
        """One GET."""
        return await self._request("GET", url, None, headers, follow)

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
    ) -> HttpReply | HttpFailure:
        """One POST. Followed with the same body after 307 and 308, as a GET after 301 to 303."""
        return await self._request("POST", url, body, headers, follow)

    async def aclose(self) -> None:
        """Closes the connections that are kept for reuse."""
        pools = list(self._pools.values())
        self._pools.clear()
        for pool in pools:
            await pool.aclose()

    async def _request(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        follow: bool,
    ) -> HttpReply | HttpFailure:
        forbidden = FORBIDDEN_HEADERS & {name.lower() for name in headers or {}}
        if forbidden:
            raise ValueError(f"never sent: {', '.join(sorted(forbidden))}")
        first = parse_url(url)
        if first is None:
            return HttpFailure(url, "bad-url")
        target, passed = first, list[str]()
        try:
            async with asyncio.timeout(self._total):
                while True:
                    guarded = target.origin != first.origin and not self._allow_private_redirects
                    reply = await self._one(method, target, body, headers or {}, guarded)
                    if not follow or not isinstance(reply, HttpReply):
                        return reply
                    location = reply.headers.get("location")
                    if reply.status not in REDIRECTS or location is None:
                        return replace(reply, redirects=tuple(passed))
                    passed.append(str(target))
                    if len(passed) > MAX_REDIRECTS:
                        return HttpFailure(str(target), "too-many-redirects")
                    following = parse_url(urljoin(str(target), location))
                    if following is None:
                        return HttpFailure(str(target), "redirect-refused", location[:200])
                    target = following
                    if reply.status not in {307, 308}:
                        method, body = "GET", None
        except TimeoutError:
            return HttpFailure(str(target), "too-slow")

    async def _one(
        self,
        method: str,
        url: Url,
        body: bytes | None,
        headers: Mapping[str, str],
        guarded: bool,
    ) -> HttpReply | HttpFailure:
        import httpcore2

        try:
            async with self._pool(guarded).stream(
                method,
                httpcore2.URL(scheme="https", host=url.host, port=url.port, target=url.target),
                headers=_headers(url, body, headers),
                content=body,
            ) as response:
                received = _lower_names(response.headers)
                coding = received.get("content-encoding", "identity").strip().lower()
                if coding not in {"", "identity"}:
                    return HttpFailure(str(url), "malformed", f"content-encoding {coding[:50]}")
                content = bytearray()
                async for chunk in response.aiter_stream():
                    content += chunk
                    if len(content) > MAX_BODY:
                        return HttpFailure(str(url), "too-large")
                return HttpReply(str(url), response.status, received, bytes(content))
        except NetFailure as failure:
            if failure.detail == ADDRESS_NOT_ALLOWED:
                return HttpFailure(str(url), "redirect-refused", "private address")
            return HttpFailure(str(url), "network", str(failure), failure)
        except httpcore2.ProtocolError as error:
            return HttpFailure(str(url), "malformed", str(error))

    def _pool(self, guarded: bool) -> httpcore2.AsyncConnectionPool:
        """Redirects have a pool of their own: a connection that was opened without looking at
        the address is never taken for one that must not be private."""
        if guarded not in self._pools:
            import httpcore2

            from wizard.net._httpcore import ConnectorBackend

            allow = is_public if guarded else _any_address
            self._pools[guarded] = httpcore2.AsyncConnectionPool(
                ssl_context=self._contexts.verifying(("http/1.1",)),
                max_connections=MAX_CONNECTIONS,
                keepalive_expiry=KEEP_ALIVE,
                network_backend=ConnectorBackend(self._connector, allow),
            )
        return self._pools[guarded]


@dataclass(frozen=True, slots=True)
class Url:
    """An https URL that may be asked. `host`: A-labels. `target`: path and query, from `/` on."""

    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, int]:
        return self.host, self.port

    @property
    def authority(self) -> str:
        """Host, and the port where it is not 443."""
        return self.host if self.port == 443 else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"https://{self.authority}{self.target}"


def parse_url(text: str) -> Url | None:
    """Reads a URL strictly: https, a DNS name (no IP address), port 1 to 65535, printable ASCII,
    no user name or password, no backslash; None for anything else. The fragment is dropped."""
    if len(text) > MAX_URL or not re.fullmatch(r"[!-\[\]-~]+", text):
        return None
    try:
        parts = urlsplit(text)
        port = 443 if parts.port is None else parts.port
    except ValueError:
        return None
    if parts.scheme != "https" or "@" in parts.netloc or not 1 <= port <= 65535:
        return None
    host = to_ascii_domain(parts.hostname or "")
    if host is None:
        return None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Url(host, port, target)


def is_public(address: str) -> bool:
    """True for addresses of the public internet: not private, loopback, link-local, multicast or
    reserved, nor such an IPv4 address inside an IPv6 one.

    Sources: the IANA special-purpose registries; RFC 4291 (mapped), RFC 3056 (6to4),
    RFC 4380 (Teredo), RFC 6052 (NAT64).
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(ip.packed[12:])
        if inner:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _any_address(address: str) -> bool:
    return True


def _headers(url: Url, body: bytes | None, extra: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    fields = {
        "host": url.authority,
        "user-agent": USER_AGENT,
        "accept": "*/*",
        "accept-encoding": "identity",  # so that the limit on size holds for what is received
        **{name.lower(): value for name, value in extra.items()},
    }
    if body is not None:
        fields["content-length"] = str(len(body))
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in fields.items()]


def _lower_names(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Names in lower case; fields that come several times are joined (RFC 9110 section 5.3)."""
    fields: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields
