"""https requests: no credentials in discovery, no cookies anywhere, hard limits.

Response = HttpReply | HttpFailure

HttpClient   what discovery gets: cannot send credentials at all
DavClient    what a login to contacts and calendars gets: one request at a time, never followed
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import re
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urljoin, urlsplit

import wizard
from wizard.model.address import may_be_number, to_ascii_domain
from wizard.model.secret import Secret
from wizard.net.failure import NetFailure, Trouble
from wizard.net.streams import ADDRESS_NOT_ALLOWED
from wizard.net.suffix import same_owner
from wizard.net.told import tell

if TYPE_CHECKING:
    import httpcore2

    from wizard.net.proxy import Proxy, Route
    from wizard.net.streams import TcpConnector
    from wizard.net.tls import TlsContexts

MAX_BODY = 64 * 1024
_DESCRIBE_TIME = 2.0  # seconds
MAX_MULTISTATUS = 1024 * 1024
MAX_WRAPPING = 64 * 1024
"""Bytes around the pieces of a body: their sizes, and extensions that nobody uses."""
MAX_REDIRECTS = 3
MAX_URL = 4096
ALPN = ("http/1.1",)
REDIRECTS = frozenset({301, 302, 303, 307, 308})
FORBIDDEN_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "host", "content-length", "accept-encoding"}
)
USER_AGENT = f"mail-setup-wizard/{wizard.__version__}"
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SPECIAL = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "64:ff9b:1::/48", "3fff::/20")))
"""Special by IANA's registries, which not every Python knows."""


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

    def __str__(self) -> str:
        kind = self.headers.get("content-type", "")
        onwards = self.headers.get("location", "").partition("?")[0]
        return f"{self.status} {onwards or kind}, {len(self.body)} bytes"


@dataclass(frozen=True, slots=True)
class HttpFailure:
    """No usable reply. `reason`: `network`, `too-large`, `too-slow`, `redirect-refused`,
    `too-many-redirects`, `bad-url`, `malformed`. `cause` is set for `network`."""

    url: str
    reason: str
    detail: str = ""
    cause: NetFailure | None = None

    def __str__(self) -> str:
        return f"{self.reason} {self.detail}".rstrip()


class HttpClient(Protocol):
    """Connections are reused within a run. Only https; redirects to http, to private, loopback
    or link-local addresses, or beyond three are refused. `follow=False` returns the 3xx itself.

    `personal`: a mail address in the URL that another owner's host must not learn: a redirect
    there loses the parts of its query that hold it, and is refused where it is in the path."""

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
        personal: str = "",
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


class DavClient(Protocol):
    """The one door for credentials on https; whoever holds an `HttpClient` cannot reach it."""

    async def propfind(
        self,
        url: str,
        body: bytes,
        *,
        depth: int,
        authorization: Secret | None = None,
        guarded: bool = False,
    ) -> HttpReply | HttpFailure:
        """One PROPFIND (RFC 4918 section 9.1), never followed: a redirect is the caller's to judge.

        `authorization`: the value of that header. It goes to the host of `url` over verified TLS
        and nowhere else. `guarded`: public addresses only, for a host that another one named.
        """
        ...


class Proxies(Protocol):
    """The ways to a host; see `proxy.SystemProxies`."""

    async def routes(self, host: str) -> Sequence[Route]: ...

    async def instead(self, host: str) -> Sequence[Route]: ...

    def went_directly(self) -> None: ...

    def could_not_reach(self, proxy: Proxy) -> None: ...


class HttpsClient:
    """A `HttpClient` and a `DavClient` on httpcore2 and our own sockets.

    `get` and `post` send no credentials of any kind, and nothing comes from a cookie. A request
    ends after `total` seconds, redirects and slow drips included; after more, up to 18 s, where
    the network itself is slow.

    Addresses: the first request goes where the resolver says, also to a private address, since
    a company's own mail domain may live there. A redirect to another host or port goes to public
    addresses, and to the private network that the first host is in itself, judged by the address
    that is connected to, so that no name which changes its address in between (DNS rebinding)
    slips through. Behind a proxy, which connects in our place, it is judged by what our own
    resolver knows, and refused where that knows nothing. `allow_private_redirects` is for
    laboratories and companies with a resolver of their own: then a redirect may lead as far in as
    the first host is (see `Guard`).

    `proxies`: the ways to a host. The next one is gone only where a proxy itself could not be
    reached: what it refuses to reach, its owner does not want reached.
    """

    def __init__(
        self,
        connector: TcpConnector,
        contexts: TlsContexts,
        *,
        allow_private_redirects: bool = False,
        proxies: Proxies | None = None,
        total: float = 6.0,
    ) -> None:
        self._connector = connector
        self._contexts = contexts
        self._allow_private_redirects = allow_private_redirects
        self._proxies = proxies
        self._total = total
        self._pools: dict[tuple[Guard | None, Proxy | None], httpcore2.AsyncConnectionPool] = {}

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
        personal: str = "",
    ) -> HttpReply | HttpFailure:
        """One GET."""
        return await self._request("GET", url, None, headers or {}, follow, personal)

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
    ) -> HttpReply | HttpFailure:
        """One POST. Followed with the same body after 307 and 308, as a GET after 301 to 303."""
        return await self._request("POST", url, body, headers or {}, follow)

    async def propfind(
        self,
        url: str,
        body: bytes,
        *,
        depth: int,
        authorization: Secret | None = None,
        guarded: bool = False,
    ) -> HttpReply | HttpFailure:
        """One PROPFIND, not followed; see `DavClient`. Replies of up to 1 MiB are taken."""
        target = parse_url(url)
        if target is None:
            return HttpFailure(url, "bad-url")
        headers = {"depth": str(depth), "content-type": "application/xml; charset=utf-8"}
        if authorization is not None:
            headers["authorization"] = authorization.reveal()
        try:
            async with asyncio.timeout(self._patience()):
                guard = _PUBLIC_ONLY if guarded and not self._allow_private_redirects else None
                reply = await self._exchange(
                    "PROPFIND", target, body, headers, guard, MAX_MULTISTATUS
                )
                if isinstance(reply, HttpFailure) and reply.cause is not None:
                    await self._describe(reply.cause, target, guard)
                return reply
        except TimeoutError:
            return HttpFailure(str(target), "too-slow")

    async def _describe(self, cause: NetFailure, target: Url, guard: Guard | None) -> None:
        """Adds what a refused certificate says: here a person waits for a word on it."""
        if cause.trouble is not Trouble.CERTIFICATE:
            return
        allow = guard.allows if guard is not None else _any_address
        try:
            stream = await self._connector.open(
                target.host, target.port, timeout=_DESCRIBE_TIME, allow=allow
            )
            await stream.secure(self._contexts.verifying(ALPN), _DESCRIBE_TIME)
            await stream.close()
        except NetFailure as failure:
            cause.certificate = failure.certificate

    async def aclose(self) -> None:
        """Closes the connections that are kept for reuse; safe to call twice."""
        pools = list(self._pools.values())
        self._pools.clear()
        for pool in pools:
            await pool.aclose()

    def prepare(self) -> None:
        """Loads what the first request needs; for a thread that has nothing else to do."""
        import anyio._backends._asyncio  # noqa: F401  what httpcore2 loads with its first lock

        import wizard.net._httpcore  # noqa: F401  loading it is the point

        self._contexts.verifying(ALPN)

    async def _request(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        follow: bool,
        personal: str = "",
    ) -> HttpReply | HttpFailure:
        forbidden = FORBIDDEN_HEADERS & {name.lower() for name in headers}
        if forbidden:
            raise ValueError(f"never sent: {', '.join(sorted(forbidden))}")
        first = parse_url(url)
        if first is None:
            return HttpFailure(url, "bad-url")
        target = first
        passed: list[str] = []
        begun = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(None) as deadline:
                while True:
                    deadline.reschedule(begun + self._patience())
                    guard = await self._guard(first) if target.origin != first.origin else None
                    reply = await self._exchange(method, target, body, headers, guard)
                    if not follow or not isinstance(reply, HttpReply):
                        return reply
                    location = reply.headers.get("location")
                    if reply.status not in REDIRECTS or location is None:
                        return replace(reply, redirects=tuple(passed))
                    if len(passed) == MAX_REDIRECTS:
                        return HttpFailure(str(target), "too-many-redirects")
                    passed.append(str(target))
                    following = _redirect_target(target, location)
                    if following and personal and not same_owner(first.host, following.host):
                        following = without_person(following, personal)
                    if following is None:
                        return HttpFailure(str(target), "redirect-refused", location[:200])
                    target = following
                    if reply.status not in {307, 308}:
                        method, body = "GET", None
        except TimeoutError:
            return HttpFailure(str(target), "too-slow")

    def _patience(self) -> float:
        """Seconds for a whole request: enough for twenty round trips where these are slow."""
        return max(self._total, min(18.0, 20 * (self._connector.round_trip or 0.0)))

    async def _exchange(
        self,
        method: str,
        url: Url,
        body: bytes | None,
        headers: Mapping[str, str],
        guard: Guard | None,
        limit: int = MAX_BODY,
    ) -> HttpReply | HttpFailure:
        """One request and its reply, without following."""

        async def go(route: Route) -> HttpReply | HttpFailure:
            return await self._by_way(route, method, url, body, headers, guard, limit)

        if self._proxies is None:
            return await go(None)
        return await _first_way(self._proxies, url.host, go)

    async def _by_way(
        self,
        route: Route,
        method: str,
        url: Url,
        body: bytes | None,
        headers: Mapping[str, str],
        guard: Guard | None,
        limit: int,
    ) -> HttpReply | HttpFailure:
        if route is None:
            # Asked before anything else: most hosts that discovery tries do not exist, and for
            # the others the libraries are loaded while the answer is under way.
            try:
                await self._connector.addresses(url.host, url.port)
            except NetFailure as failure:
                return HttpFailure(str(url), "network", str(failure), failure)
        elif guard is not None and not await self._is_known_as_allowed(url.host, guard):
            return HttpFailure(str(url), "redirect-refused", ADDRESS_NOT_ALLOWED)
        begun = asyncio.get_running_loop().time()
        reply = await self._ask(method, url, body, headers, self._pool(guard, route), limit)
        tell(f"{method} {url}", reply, begun)
        return reply

    async def _is_known_as_allowed(self, host: str, guard: Guard) -> bool:
        addresses = await self._known_addresses(host)
        return bool(addresses) and all(guard.allows(address) for address in addresses)

    async def _guard(self, first: Url) -> Guard:
        """Where redirects from this host may lead."""
        addresses = await self._known_addresses(first.host)
        if self._allow_private_redirects:
            return Guard(depth=max(map(_depth, addresses), default=0))
        networks = frozenset(map(_private_network, addresses))
        # A name with one foot outside could name any network it likes.
        return _PUBLIC_ONLY if "" in networks else Guard(networks=networks)

    async def _known_addresses(self, host: str) -> tuple[str, ...]:
        try:
            return await self._connector.addresses(host)
        except NetFailure:
            return ()

    async def _ask(
        self,
        method: str,
        url: Url,
        body: bytes | None,
        headers: Mapping[str, str],
        pool: httpcore2.AsyncConnectionPool,
        limit: int,
    ) -> HttpReply | HttpFailure:
        import httpcore2

        from wizard.net._httpcore import RECEIVED

        try:
            async with pool.stream(
                method,
                httpcore2.URL(scheme="https", host=url.host, port=url.port, target=url.target),
                headers=_fields(url, body, headers),
                content=body,
            ) as response:
                received = _lower_names(response.headers)
                coding = received.get("content-encoding", "identity").strip().lower()
                if coding not in _CODINGS:
                    return HttpFailure(str(url), "malformed", f"content-encoding {coding[:50]}")
                wire = response.extensions["network_stream"]
                content, head = bytearray(), wire.get_extra_info(RECEIVED)
                async with aclosing(response.aiter_stream()) as chunks:
                    async for chunk in chunks:
                        content += chunk
                        if len(content) > limit:
                            return HttpFailure(str(url), "too-large")
                        if wire.get_extra_info(RECEIVED) - head - len(content) > MAX_WRAPPING:
                            return HttpFailure(str(url), "malformed", "more wrapping than content")
                body_bytes = _unpacked(bytes(content), limit) if _CODINGS[coding] else content
                if body_bytes is None:
                    return HttpFailure(str(url), "malformed", f"content-encoding {coding}")
                if len(body_bytes) > limit:
                    return HttpFailure(str(url), "too-large")
                return HttpReply(str(url), response.status, received, bytes(body_bytes))
        except NetFailure as failure:
            if failure.detail == ADDRESS_NOT_ALLOWED:
                return HttpFailure(str(url), "redirect-refused", ADDRESS_NOT_ALLOWED)
            return HttpFailure(str(url), "network", str(failure), failure)
        except httpcore2.ProxyError as error:
            refusal = NetFailure(
                Trouble.REFUSED, url.host, url.port, detail=f"proxy: {_said(error)}"
            )
            return HttpFailure(str(url), "network", str(refusal), refusal)
        except httpcore2.ProtocolError as error:
            return HttpFailure(str(url), "malformed", _said(error))

    def _pool(self, guard: Guard | None, proxy: Proxy | None) -> httpcore2.AsyncConnectionPool:
        """Guarded requests have a pool of their own: a connection that was opened without looking
        at the address is never taken for one that must not be private."""
        key = (guard, proxy)
        if key not in self._pools:
            from wizard.net._httpcore import open_pool

            allow = guard.allows if guard is not None and proxy is None else _any_address
            make_context = functools.partial(self._contexts.verifying, ALPN)
            self._pools[key] = open_pool(self._connector, make_context, allow, proxy)
        return self._pools[key]


async def _first_way(
    proxies: Proxies, host: str, go: Callable[[Route], Awaitable[HttpReply | HttpFailure]]
) -> HttpReply | HttpFailure:
    """Goes the ways to a host in their order until one leads somewhere."""
    waiting = list(await proxies.routes(host))
    while True:
        route = waiting.pop(0)
        reply = await go(route)
        trouble = reply.cause.trouble if isinstance(reply, HttpFailure) and reply.cause else None
        if route is not None:
            if trouble is None or not _is_about(reply, route):
                return reply
            proxies.could_not_reach(route)
        elif trouble not in _NOBODY_THERE:
            proxies.went_directly()
            return reply
        else:
            waiting += [further for further in await proxies.instead(host) if further != route]
        if not waiting:
            return reply


_NOBODY_THERE = {Trouble.NO_SUCH_HOST, Trouble.DNS, Trouble.OFFLINE, Trouble.TIMEOUT}
"""What tells nothing about whether the direct way works at all."""


def _is_about(reply: HttpReply | HttpFailure, proxy: Proxy) -> bool:
    """The proxy itself is what could not be reached."""
    cause = reply.cause if isinstance(reply, HttpFailure) else None
    return cause is not None and (cause.host, cause.port) == (proxy.host, proxy.port)


@dataclass(frozen=True, slots=True)
class Guard:
    """Which addresses a redirect may lead to: public ones, those of these private `networks`, and
    those no further in than `depth`."""

    networks: frozenset[str] = frozenset()
    depth: int = 0

    def allows(self, address: str) -> bool:
        network = _private_network(address)
        return _depth(address) <= self.depth or (network != "" and network in self.networks)


_PUBLIC_ONLY = Guard()


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
    if host is None or may_be_number(host):
        return None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Url(host, port, target)


def _redirect_target(asked: Url, location: str) -> Url | None:
    try:
        return parse_url(urljoin(str(asked), location))
    except ValueError:  # brackets that are no IPv6 address
        return None


def without_person(url: Url, address: str) -> Url | None:
    """The URL less the parts of its query that hold a mail address or its local part; None where
    the path holds it. However often it was encoded."""
    local = address.rpartition("@")[0].casefold()

    def holds(text: str) -> bool:
        for _ in range(4):
            folded = text.casefold()
            name, _, value = folded.rpartition("=")
            if address.casefold() in folded or local in {name, value}:
                return True
            text = unquote(text)
        return False

    path, _, query = url.target.partition("?")
    if any(holds(segment) for segment in (path, *path.split("/"))):
        return None
    kept = "&".join(part for part in query.split("&") if part and not holds(part))
    return replace(url, target=f"{path}?{kept}" if kept else path)


def is_public(address: str) -> bool:
    """True for addresses of the public internet: not private, loopback, link-local, multicast or
    reserved, nor such an IPv4 address inside an IPv6 one.

    Sources: the IANA special-purpose registries; RFC 4291 (mapped, site-local), RFC 3056 (6to4),
    RFC 6052 (NAT64).
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(ip.packed[12:])
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    if any(ip in network for network in _SPECIAL):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _said(error: Exception) -> str:
    """What the library says, in which the other side's own bytes may be quoted."""
    text = str(error)[:200]
    return "".join(char if char.isprintable() else " " for char in text)


_CODINGS = {"": False, "identity": False, "gzip": True, "x-gzip": True, "deflate": True}
"""Content codings, and whether they pack. None is asked for, yet some servers pack everything."""


def _unpacked(data: bytes, limit: int) -> bytes | None:
    """What was packed with gzip or zlib, up to one byte beyond `limit`; None if it was not."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # either header
    try:
        unpacked = unpacker.decompress(data, limit + 1)
    except zlib.error:
        return None
    return unpacked if unpacker.eof or len(unpacked) > limit else None


def _depth(address: str) -> int:
    """How far inside an address is: 0 public, 1 private, 2 link-local, 3 this computer itself."""
    if is_public(address):
        return 0
    ip = ipaddress.ip_address(address)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip.is_loopback or ip.is_unspecified:
        return 3
    return 2 if ip.is_link_local else 1


def _private_network(address: str) -> str:
    """The network a private address is taken to be in (/16, /48); empty for any other."""
    if _depth(address) != 1:
        return ""
    size = 48 if ":" in address else 16
    return str(ipaddress.ip_network(f"{address}/{size}", strict=False))


def _any_address(address: str) -> bool:
    return True


def _fields(url: Url, body: bytes | None, extra: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    fields = {
        "host": url.authority,
        "user-agent": USER_AGENT,
        "accept": "*/*",
        "accept-encoding": "identity",
        **{name.lower(): value for name, value in extra.items()},
    }
    if body is not None:
        fields["content-length"] = str(len(body))
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in fields.items()]


def _lower_names(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Names in lower case; fields that come several times are joined (RFC 9110 section 5.3)."""
    fields: dict[str, list[str]] = {}
    for name, value in headers:
        fields.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return {name: ", ".join(values) for name, values in fields.items()}
