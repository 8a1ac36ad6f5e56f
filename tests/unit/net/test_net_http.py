"""https requests over real sockets: limits, redirects, and what is never sent."""

from __future__ import annotations

import asyncio
import base64
import gzip
import ssl
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.lab.ca import CertificateAuthority, Flaw
from tests.unit.net.loopback import FixedResolver, closed_port, run, serving
from wizard.model.secret import Secret
from wizard.net import _httpcore
from wizard.net.failure import Trouble
from wizard.net.http import (
    MAX_BODY,
    HttpFailure,
    HttpReply,
    HttpsClient,
    Url,
    is_public,
    parse_url,
)
from wizard.net.proxy import Proxy, Route
from wizard.net.resolver import Empty, Records, dns_name
from wizard.net.streams import TcpConnector
from wizard.net.tls import TlsContexts

HOST = "autoconfig.example.com"
OTHER = "other.example.net"


@dataclass
class Request:
    """What a server got."""

    line: bytes
    headers: dict[str, str]
    body: bytes
    connection: int


Answer = Callable[[Request, asyncio.StreamWriter], None]


@dataclass
class WebServer:
    """Answers each request with what `answers` has for its path, over kept connections."""

    answers: Mapping[str, bytes | Answer]
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = self.connections
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
            headers = {
                name.decode().lower(): value.strip().decode()
                for name, _, value in (line.partition(b":") for line in head[1:-2])
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.requests.append(Request(head[0], headers, body, connection))
            answer = self.answers.get(head[0].split()[1].decode(), reply(404))
            if callable(answer):
                answer(self.requests[-1], writer)
            else:
                writer.write(answer)
            await writer.drain()


def reply(status: int, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def client(
    authority: CertificateAuthority,
    port: int,
    addresses: Mapping[str, tuple[str, ...]] | None = None,
    **options: object,
) -> HttpsClient:
    """A client for which every address at port 443 is our server."""
    resolver = FixedResolver(addresses)
    contexts = TlsContexts(authority.root)
    everywhere = {address for found in (addresses or {}).values() for address in found}
    connect_map = {(address, 443): ("127.0.0.1", port) for address in everywhere | {"127.0.0.1"}}
    return HttpsClient(TcpConnector(resolver, contexts, connect_map), contexts, **options)  # type: ignore[arg-type]  # passed through


@pytest.fixture
def web_tls(authority: CertificateAuthority) -> ssl.SSLContext:
    return authority.issue([HOST, OTHER, "*.example.com"]).server_context()


async def get(
    server: WebServer,
    context: ssl.SSLContext,
    authority: CertificateAuthority,
    url: str,
    *,
    follow: bool = True,
    addresses: Mapping[str, tuple[str, ...]] | None = None,
    **options: object,
) -> HttpReply | HttpFailure:
    async with serving(server.handle, tls=context) as port:
        made = client(authority, port, addresses, **options)
        try:
            return await made.get(url, follow=follow)
        finally:
            await made.aclose()


def test_a_reply_is_whole(authority: CertificateAuthority, web_tls: ssl.SSLContext) -> None:
    server = WebServer({"/a?b=c": reply(200, b"<xml/>", Content_Type="text/xml", X_Two="1")})
    result = run(get(server, web_tls, authority, f"https://{HOST}/a?b=c#fragment"))
    assert isinstance(result, HttpReply)
    assert (result.url, result.status, result.body) == (f"https://{HOST}/a?b=c", 200, b"<xml/>")
    assert result.headers["content-type"] == "text/xml"
    assert result.redirects == ()


@pytest.mark.parametrize("status", [200, 204, 400, 401, 404, 500])
def test_every_status_is_a_reply(
    status: int, authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    result = run(get(WebServer({"/": reply(status)}), web_tls, authority, f"https://{HOST}/"))
    assert isinstance(result, HttpReply)
    assert result.status == status


def test_nothing_personal_is_sent(authority: CertificateAuthority, web_tls: ssl.SSLContext) -> None:
    cookie = reply(200, b"", Set_Cookie="id=1")
    server = WebServer({"/": cookie, "/401": reply(401, WWW_Authenticate='Basic realm="mail"')})

    async def talk() -> None:
        async with serving(server.handle, tls=web_tls) as port:
            made = client(authority, port)
            for path in ("/", "/", "/401", "/"):
                await made.get(f"https://{HOST}{path}")
            await made.post(f"https://{HOST}/", b"<x/>", headers={"Content-Type": "text/xml"})
            await made.aclose()

    run(talk())
    assert len(server.requests) == 5
    for request in server.requests:
        assert set(request.headers) <= {
            *("host", "user-agent", "accept", "accept-encoding"),
            *("content-type", "content-length"),
        }
        assert request.headers["host"] == HOST
        assert request.headers["accept-encoding"] == "identity"
        assert request.headers["user-agent"].startswith("mail-setup-wizard/")
    assert server.requests[-1].body == b"<x/>"
    assert server.requests[-1].headers["content-type"] == "text/xml"


@pytest.mark.parametrize("name", ["Authorization", "COOKIE", "proxy-authorization", "Host"])
def test_headers_that_must_not_go_out_are_a_mistake(
    name: str, authority: CertificateAuthority
) -> None:
    async def talk() -> None:
        with pytest.raises(ValueError, match="never sent"):
            await client(authority, 1).get(f"https://{HOST}/", headers={name: "x"})

    run(talk())


def test_connections_are_reused(authority: CertificateAuthority, web_tls: ssl.SSLContext) -> None:
    server = WebServer({"/": reply(200, b"x")})

    async def talk() -> None:
        async with serving(server.handle, tls=web_tls) as port:
            made = client(authority, port)
            for _ in range(3):
                assert isinstance(await made.get(f"https://{HOST}/"), HttpReply)
            await made.aclose()
            await made.aclose()

    run(talk())
    assert server.connections == 1


def test_a_connection_the_server_has_closed_is_not_reused(
    authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    def last(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(200, b"x"))
        writer.close()

    server = WebServer({"/": last})

    async def talk() -> None:
        async with serving(server.handle, tls=web_tls) as port:
            made = client(authority, port)
            for _ in range(3):
                assert isinstance(await made.get(f"https://{HOST}/"), HttpReply)
                (pool,) = made._pools.values()
                while not all(connection.has_expired() for connection in pool.connections):
                    await asyncio.sleep(0.01)  # until the news has arrived
            await made.aclose()

    run(talk())
    assert server.connections == 3


# URLs


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://example.com", Url("example.com", 443, "/")),
        ("https://EXAMPLE.com:8443/a?b#c", Url("example.com", 8443, "/a?b")),
        ("https://example.com?x=y", Url("example.com", 443, "/?x=y")),
        ("https://example.com./", Url("example.com", 443, "/")),
        ("https://example.com/a%40b+c", Url("example.com", 443, "/a%40b+c")),
    ],
)
def test_urls_are_read(text: str, url: Url) -> None:
    assert parse_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com",
        "http://example.com/",
        "ftp://example.com/",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://@example.com/",
        "https://192.0.2.1/",
        "https://[2001:db8::1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0x7f000001/",
        "https://127.0.0.0x1/",
        "https://[::ffff:127.0.0.1]/",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:x/",
        "https://example.com:-1/",
        "https://exa mple.com/",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "https://example.com/\t",
        "https://example.com/\0",
        "https://example.com/ä",
        "https://example.com\\@evil.example/",
        "https://ex%61mple.com/",
        "https://-a.example/",
        "https://[::1/",
        "https://example.com/" + "a" * 5000,
    ],
)
def test_urls_that_must_not_be_asked_are_refused(text: str) -> None:
    assert parse_url(text) is None


@given(st.text() | st.from_regex(r"https://[\x00-\x7f]{0,30}", fullmatch=True))
@example("https://example.com:00443/")
def test_whatever_is_read_as_a_url_reads_the_same_again(text: str) -> None:
    url = parse_url(text)
    if url is not None:
        assert parse_url(str(url)) == url
        assert dns_name(url.host) == url.host
        assert 1 <= url.port <= 65535
        assert url.target.startswith("/")
        assert str(url).isascii()
        assert str(url).isprintable()


def test_a_bad_url_is_a_failure_without_a_connection(authority: CertificateAuthority) -> None:
    result = run(client(authority, 1).get("http://example.com/"))
    assert result == HttpFailure("http://example.com/", "bad-url")


# Limits


def test_a_body_of_exactly_the_limit_passes_and_one_more_byte_does_not(
    authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    server = WebServer(
        {"/fits": reply(200, b"a" * MAX_BODY), "/not": reply(200, b"a" * (MAX_BODY + 1))}
    )
    fits = run(get(server, web_tls, authority, f"https://{HOST}/fits"))
    assert isinstance(fits, HttpReply)
    assert len(fits.body) == MAX_BODY
    too_large = run(get(server, web_tls, authority, f"https://{HOST}/not"))
    assert too_large == HttpFailure(f"https://{HOST}/not", "too-large")


@pytest.mark.parametrize("kind", ["length", "chunked", "until close"])
def test_a_gigabyte_is_not_received(
    kind: str, authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    sent = 0
    heads = {
        "length": b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n",
        "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "until close": b"HTTP/1.1 200 OK\r\n\r\n",
    }

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(heads[kind])
        piece = b"A" * 65536
        while sent < 1 << 30:
            writer.write(b"10000\r\n" + piece + b"\r\n" if kind == "chunked" else piece)
            await writer.drain()
            sent += len(piece)

    async def talk() -> HttpReply | HttpFailure:
        async with serving(flood, tls=web_tls) as port:
            made = client(authority, port)
            try:
                return await made.get(f"https://{HOST}/")
            finally:
                await made.aclose()

    assert run(talk()) == HttpFailure(f"https://{HOST}/", "too-large")
    assert sent < 32 << 20, "what the kernel buffers, not the whole"


@pytest.mark.parametrize("part", ["nothing", "headers", "body"])
def test_a_slow_drip_ends(
    part: str, authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if part == "nothing":
            await reader.read()
        writer.write(b"HTTP/1.1 200 OK\r\n")
        if part == "body":
            writer.write(b"Content-Length: 60000\r\n\r\n")
        while True:
            writer.write(b"X-More: yes\r\n" if part == "headers" else b"a")
            await writer.drain()
            await asyncio.sleep(0.01)

    async def talk() -> HttpReply | HttpFailure:
        async with serving(drip, tls=web_tls) as port:
            made = client(authority, port, total=0.4)
            try:
                return await made.get(f"https://{HOST}/")
            finally:
                await made.aclose()

    assert run(talk()) == HttpFailure(f"https://{HOST}/", "too-slow")


def test_endless_headers_end(authority: CertificateAuthority, web_tls: ssl.SSLContext) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-More: " + b"a" * 1000 + b"\r\n")
            await writer.drain()

    async def talk() -> HttpReply | HttpFailure:
        async with serving(endless, tls=web_tls) as port:
            made = client(authority, port)
            try:
                return await made.get(f"https://{HOST}/")
            finally:
                await made.aclose()

    result = run(talk())
    assert isinstance(result, HttpFailure)
    assert result.reason == "malformed"


_HEAD = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "again"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 200),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: " + b"a" * 8000 + b"\r\n\r\n"),
        (b"", b"\r\n" * 500),
        (b"HTTP/1.1 200 ", b"K" * 1000),
        (_CHUNKED, b"1;x=" + b"y" * 10_000 + b"\r\na\r\n"),
        (_CHUNKED + b"1;", b"y" * 10_000),
        (_CHUNKED, b"000000000001\r\na\r\n" * 100),
        (_CHUNKED + b"0\r\n", b"X: y\r\n" * 100),
    ],
    ids=["100", "103", "lines", "status", "extensions", "extension", "pieces", "trailers"],
)
def test_a_flood_ends_and_lets_others_work(
    head: bytes,
    again: bytes,
    authority: CertificateAuthority,
    web_tls: ssl.SSLContext,
) -> None:
    computed: list[float] = []

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        while not writer.is_closing():
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(0.001)

    async def beat() -> None:
        while True:
            computed.append(time.thread_time())
            await asyncio.sleep(0)

    async def talk() -> HttpReply | HttpFailure:
        async with serving(flood, tls=web_tls) as port:
            made = client(authority, port, total=30)
            beating = asyncio.create_task(beat())
            try:
                return await made.get(f"https://{HOST}/")
            finally:
                beating.cancel()
                await asyncio.gather(beating, return_exceptions=True)
                await made.aclose()

    result = run(talk())
    assert isinstance(result, HttpFailure)
    assert result.reason == "malformed", "bounded by number, not by time only"
    # Computing, whatever else the machine does: nobody had to wait for as long as a flood lasts.
    assert max(after - before for before, after in pairwise(computed)) < 0.3


def test_a_few_interim_replies_are_passed_over(
    authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    """However they are cut, and whatever the body looks like."""
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    body = b"\nHTTP/1.1 100 Continue" * 100

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = hint * 20
        for at in range(0, len(head), 7):
            writer.write(head[at : at + 7])
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(_HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        await reader.read()

    async def talk() -> HttpReply | HttpFailure:
        async with serving(slow, tls=web_tls) as port:
            made = client(authority, port)
            try:
                return await made.get(f"https://{HOST}/")
            finally:
                await made.aclose()

    result = run(talk())
    assert isinstance(result, HttpReply), result
    assert result.body == body


def test_what_has_come_at_once_is_read_in_pieces_between_which_others_work() -> None:
    """A flood of tiny things in one packet would else keep the library busy for a second and more,
    in which nothing could be cancelled."""
    turns: list[int] = []

    async def burst(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * 65536)
        await reader.read()

    async def talk() -> None:
        loop = asyncio.get_running_loop()
        async with serving(burst) as port:
            connector = TcpConnector(FixedResolver(), TlsContexts())
            stream = await connector.open("www.example.com", port, timeout=5)
            while len(stream.wire.buffer) < 65536:
                await asyncio.sleep(0.001)
            for number in range(4):
                loop.call_soon(turns.append, number)
                piece = await _httpcore._Stream(stream, TlsContexts().verifying).read(65536)
                assert len(piece) <= _httpcore.PIECE
            await stream.close()

    run(talk())
    assert turns == [0, 1, 2, 3]


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_packed_body_is_unpacked_within_the_limit(
    coding: str, authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    """Some servers pack whatever they are asked for; a megabyte of zeros is a kilobyte then."""
    pack = gzip.compress if coding == "gzip" else zlib.compress
    pages = WebServer(
        {
            "/small": reply(200, pack(b"small"), Content_Encoding=coding),
            "/bomb": reply(200, pack(bytes(1024 * 1024)), Content_Encoding=coding),
        }
    )
    small = run(get(pages, web_tls, authority, f"https://{HOST}/small"))
    assert isinstance(small, HttpReply)
    assert small.body == b"small"
    bomb = run(get(pages, web_tls, authority, f"https://{HOST}/bomb"))
    assert isinstance(bomb, HttpFailure)
    assert bomb.reason == "too-large"


@pytest.mark.parametrize(
    "answer",
    [
        b"* OK IMAP4rev1 ready\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nBad Header\r\n\r\n",
        b"<html>HTTP/0.9</html>",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"HTTP/1.1 99 Low\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        _HEAD + b"X: a\0b\r\nContent-Length: 0\r\n\r\n",
        _HEAD + b"Content-Length : 1\r\n\r\na",
        _HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        _HEAD + b"Content-Length: +1\r\n\r\na",
        _HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\na",
        _HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        _CHUNKED + b"-1\r\na\r\n0\r\n\r\n",
        _CHUNKED + b"F" * 5000 + b"\r\na\r\n0\r\n\r\n",
        reply(200, b"x", Content_Encoding="gzip, gzip"),
        reply(200, b"\x1f\x8b", Content_Encoding="gzip"),
        reply(200, b"x", Content_Encoding="br"),
        b"",
    ],
)
def test_what_is_no_reply_is_malformed(
    answer: bytes, authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    def last(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    result = run(get(WebServer({"/": last}), web_tls, authority, f"https://{HOST}/"))
    assert isinstance(result, HttpFailure)
    assert result.reason == "malformed"


def test_a_slow_network_gets_more_patience(authority: CertificateAuthority) -> None:
    async def talk() -> list[float]:
        contexts = TlsContexts(authority.root)
        connector = TcpConnector(FixedResolver(), contexts)
        made = HttpsClient(connector, contexts)
        patience = [made._patience()]
        for round_trip in (0.05, 0.6, 3.0):
            connector._round_trip = round_trip
            patience.append(made._patience())
        return patience

    assert run(talk()) == [6.0, 6.0, 12.0, 18.0]


# TLS and network


@pytest.mark.parametrize("flaw", list(Flaw))
def test_flawed_certificates_are_refused(flaw: Flaw, authority: CertificateAuthority) -> None:
    server = WebServer({"/": reply(200, b"secret")})
    context = authority.issue([HOST], flaw).server_context()
    result = run(get(server, context, authority, f"https://{HOST}/"))
    assert isinstance(result, HttpFailure)
    assert result.cause is not None
    assert (result.reason, result.cause.trouble) == ("network", Trouble.CERTIFICATE)
    assert server.requests == []
    from tests.unit.net.test_net_streams import CODES

    assert result.cause.verify_code == CODES[flaw]


def test_a_host_that_is_not_there(authority: CertificateAuthority) -> None:
    async def talk() -> None:
        with closed_port() as port:
            made = client(authority, port, {HOST: ("127.0.0.1",)})
            refused = await made.get(f"https://{HOST}/")
            absent = await made.get("https://absent.example/")
            await made.aclose()
        assert isinstance(refused, HttpFailure)
        assert refused.cause is not None
        assert refused.cause.trouble is Trouble.REFUSED
        assert isinstance(absent, HttpFailure)
        assert absent.cause is not None
        assert absent.cause.trouble is Trouble.NO_SUCH_HOST

    run(talk())


def test_plain_http_on_the_port_is_not_believed(authority: CertificateAuthority) -> None:
    async def portal(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(reply(302, Location="https://portal.example/"))
        await reader.read()

    async def talk() -> HttpReply | HttpFailure:
        async with serving(portal) as port:
            made = client(authority, port)
            try:
                return await made.get(f"https://{HOST}/")
            finally:
                await made.aclose()

    result = run(talk())
    assert isinstance(result, HttpFailure)
    assert result.cause is not None
    assert result.cause.trouble is Trouble.NOT_TLS
    assert result.cause.early.startswith(b"HTTP/1.1 302")


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_listed(
    status: int, authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    server = WebServer(
        {
            "/1": reply(status, Location="/2?a=b"),
            "/2?a=b": reply(status, Location=f"https://{HOST}/3"),
            "/3": reply(status, Location="4"),
            "/4": reply(200, b"there"),
        }
    )
    result = run(get(server, web_tls, authority, f"https://{HOST}/1"))
    assert isinstance(result, HttpReply)
    assert (result.url, result.body) == (f"https://{HOST}/4", b"there")
    assert result.redirects == tuple(f"https://{HOST}/{path}" for path in ("1", "2?a=b", "3"))


def test_a_fourth_redirect_is_too_many(
    authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    server = WebServer({"/": reply(302, Location="/")})
    result = run(get(server, web_tls, authority, f"https://{HOST}/"))
    assert result == HttpFailure(f"https://{HOST}/", "too-many-redirects")
    assert len(server.requests) == 4


def test_a_redirect_is_a_reply_where_it_is_not_followed(
    authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    server = WebServer({"/": reply(302, Location="http://plain.example/")})
    result = run(get(server, web_tls, authority, f"https://{HOST}/", follow=False))
    assert isinstance(result, HttpReply)
    assert (result.status, result.headers["location"]) == (302, "http://plain.example/")
    assert len(server.requests) == 1


def test_a_redirect_without_a_target_is_a_reply(
    authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    result = run(get(WebServer({"/": reply(302)}), web_tls, authority, f"https://{HOST}/"))
    assert isinstance(result, HttpReply)
    assert result.status == 302


@pytest.mark.parametrize("location", ["", "#elsewhere", "?", f"https://{HOST}/#x"])
def test_a_redirect_to_itself_ends(
    location: str, authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    cookies = b"Set-Cookie: a=b\r\n" * 3000
    answer = b"HTTP/1.1 302 x\r\n" + cookies + reply(302, Location=location).partition(b"\r\n")[2]
    server = WebServer({"/": answer})
    result = run(get(server, web_tls, authority, f"https://{HOST}/"))
    assert result == HttpFailure(f"https://{HOST}/", "too-many-redirects")
    assert len(server.requests) == 4
    assert not any("cookie" in request.headers for request in server.requests)


def test_only_a_redirect_redirects(
    authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    """Not what browsers follow besides."""
    page = b'<meta http-equiv="refresh" content="0; url=https://www.example.net/">'
    fields = {"Refresh": "0; url=/2", "Location": "/2", "Content_Location": "/2", "Link": "</2>"}
    server = WebServer({"/": reply(200, page, **fields)})
    result = run(get(server, web_tls, authority, f"https://{HOST}/"))
    assert isinstance(result, HttpReply)
    assert (result.url, result.body, result.redirects) == (f"https://{HOST}/", page, ())


def test_a_redirect_may_lead_from_one_ip_version_to_the_other(
    authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    server = WebServer({"/": reply(302, Location=f"https://{OTHER}/2"), "/2": reply(200, b"six")})
    addresses = {HOST: ("8.8.4.4",), OTHER: ("2606:4700::1111",)}
    result = run(get(server, web_tls, authority, f"https://{HOST}/", addresses=addresses))
    assert isinstance(result, HttpReply)
    assert result.body == b"six"


@pytest.mark.parametrize(
    "location",
    [
        f"http://{HOST}/",
        "//192.0.2.1/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://0177.1/",
        "https://0x7f000001/",
        "/\\evil.example/",
        "https://evil.example%2f.example.com/",
        "https://[::1",
        "https://user:pw@evil.example/",
        "https://evil.example:0/",
        "ftp://evil.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://evil.example\\@good.example/",
        "https://exämple.com/",
    ],
)
def test_redirects_to_what_must_not_be_asked_are_refused(
    location: str, authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    answer = (
        reply(302, Location=location)
        if location.isascii()
        else (
            b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: "
            + location.encode()
            + b"\r\n\r\n"
        )
    )
    server = WebServer({"/": answer})
    result = run(get(server, web_tls, authority, f"https://{HOST}/"))
    assert isinstance(result, HttpFailure)
    assert result.reason == "redirect-refused"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("0.0.0.0", "100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1"),
        *("::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "fec0::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:0a00:0001::1"),
        *("::127.0.0.1", "64:ff9b:1::1", "2001:db8::1", "3fff::1", "192.0.0.8"),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["9.9.9.9", "192.88.99.1", "2606:4700::1", "2620:fe::fe", "::ffff:9.9.9.9", "64:ff9b::9.9.9.9"],
)
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


CASES: dict[str, tuple[dict[str, tuple[str, ...]], str, str]] = {
    "first request to a private address": ({HOST: ("10.0.0.1",)}, "/end", "there"),
    "redirect within the host on a private address": ({HOST: ("10.0.0.1",)}, "/same", "there"),
    "redirect to a public address": (
        {HOST: ("10.0.0.1",), OTHER: ("9.9.9.9",)},
        "/other",
        "there",
    ),
    "redirect to a private address": (
        {HOST: ("9.9.9.9",), OTHER: ("10.0.0.1",)},
        "/other",
        "redirect-refused",
    ),
    "redirect to loopback": (
        {HOST: ("9.9.9.9",), OTHER: ("127.0.0.1", "::1")},
        "/other",
        "redirect-refused",
    ),
    "only the public one of several addresses is taken": (
        {HOST: ("9.9.9.9",), OTHER: ("10.0.0.1", "9.9.9.10")},
        "/other",
        "there",
    ),
    "redirect to a neighbour in the same private network": (
        {HOST: ("10.0.0.1",), OTHER: ("10.0.7.1",)},
        "/other",
        "there",
    ),
    "redirect from a host with one foot outside": (
        {HOST: ("9.9.9.9", "10.0.0.1"), OTHER: ("10.0.7.1",)},
        "/other",
        "redirect-refused",
    ),
    "redirect to another private network": (
        {HOST: ("10.0.0.1",), OTHER: ("192.168.1.1",)},
        "/other",
        "redirect-refused",
    ),
    "redirect from a private network to loopback": (
        {HOST: ("10.0.0.1",), OTHER: ("127.0.0.1",)},
        "/other",
        "redirect-refused",
    ),
    "redirect from a private network to link-local": (
        {HOST: ("fd00::1",), OTHER: ("fe80::1",)},
        "/other",
        "redirect-refused",
    ),
    "redirect to a mapped loopback address": (
        {HOST: ("9.9.9.9",), OTHER: ("::ffff:127.0.0.1",)},
        "/other",
        "redirect-refused",
    ),
}
WITH_OWN_RESOLVER = {
    "redirect to another private network": "there",
    "redirect from a host with one foot outside": "there",
}
"""What `--resolver` changes: as far in as the first host is, but no further."""


@pytest.mark.parametrize("own_resolver", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_redirects_lead_no_further_in(
    case: str, own_resolver: bool, authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    addresses, path, outcome = CASES[case]
    if own_resolver:
        outcome = WITH_OWN_RESOLVER.get(case, outcome)
    server = WebServer(
        {
            "/end": reply(200, b"there"),
            "/same": reply(302, Location="/end"),
            "/other": reply(302, Location=f"https://{OTHER}/end"),
        }
    )
    result = run(
        get(
            server,
            web_tls,
            authority,
            f"https://{HOST}{path}",
            addresses=addresses,
            allow_private_redirects=own_resolver,
        )
    )
    if isinstance(result, HttpReply):
        assert (outcome, result.body) == ("there", b"there")
    else:
        assert result.reason == outcome


def test_a_kept_connection_to_a_private_address_does_not_serve_a_redirect(
    authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    """DNS rebinding: the name led to a private address when it was asked for itself."""
    server = WebServer(
        {"/end": reply(200, b"inside"), "/other": reply(302, Location=f"https://{OTHER}/end")}
    )
    addresses = {HOST: ("9.9.9.9",), OTHER: ("10.0.0.1",)}

    async def talk() -> HttpReply | HttpFailure:
        async with serving(server.handle, tls=web_tls) as port:
            made = client(authority, port, addresses)
            assert isinstance(await made.get(f"https://{OTHER}/end"), HttpReply)
            try:
                return await made.get(f"https://{HOST}/other")
            finally:
                await made.aclose()

    result = run(talk())
    assert isinstance(result, HttpFailure)
    assert result.reason == "redirect-refused"


def test_a_name_that_changes_its_address_is_judged_by_where_it_leads(
    authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    class Rebinding(FixedResolver):
        async def addresses(self, host: str) -> Records[str] | Empty:
            self.asked.append(host)
            if host == HOST:
                return Records(host, ("9.9.9.9",))
            public_first = self.asked.count(host) <= 2  # looked up, and again to connect
            return Records(host, ("9.9.9.11" if public_first else "10.0.0.1",))

    server = WebServer({"/other": reply(302, Location=f"https://{OTHER}/end")})

    async def talk() -> HttpReply | HttpFailure:
        async with serving(server.handle, tls=web_tls) as port:
            contexts = TlsContexts(authority.root)
            with closed_port() as closed:
                connector = TcpConnector(
                    Rebinding(),
                    contexts,
                    {
                        ("9.9.9.9", 443): ("127.0.0.1", port),
                        ("10.0.0.1", 443): ("127.0.0.1", port),
                        ("9.9.9.11", 443): ("127.0.0.1", closed),
                    },
                )
                made = HttpsClient(connector, contexts)
                try:
                    return await made.get(f"https://{HOST}/other")
                finally:
                    await made.aclose()

    result = run(talk())
    assert isinstance(result, HttpFailure)
    assert result.cause is not None
    assert result.cause.trouble is Trouble.REFUSED, "the public address, and then nothing else"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [(301, b"GET", b""), (302, b"GET", b""), (303, b"GET", b""), (307, b"POST", b"<x/>")],
)
def test_a_post_keeps_its_body_only_where_http_says_so(
    status: int,
    method: bytes,
    body: bytes,
    authority: CertificateAuthority,
    web_tls: ssl.SSLContext,
) -> None:
    server = WebServer({"/": reply(status, Location="/end"), "/end": reply(200)})

    async def talk() -> HttpReply | HttpFailure:
        async with serving(server.handle, tls=web_tls) as port:
            made = client(authority, port)
            try:
                return await made.post(f"https://{HOST}/", b"<x/>")
            finally:
                await made.aclose()

    assert isinstance(run(talk()), HttpReply)
    assert server.requests[0].line.startswith(b"POST ")
    assert server.requests[1].line.split()[0] == method
    assert server.requests[1].body == body


# Cancelling


@pytest.mark.parametrize("moment", [0.0, 0.002, 0.01, 0.03, 0.1, 0.2])
def test_cancelling_a_request_leaves_nothing(
    moment: float, authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    def slowly(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123")

    server = WebServer({"/": slowly})

    async def talk() -> None:
        async with serving(server.handle, tls=web_tls) as port:
            made = client(authority, port)
            asking = [asyncio.create_task(made.get(f"https://{HOST}/")) for _ in range(3)]
            await asyncio.sleep(moment)
            for request in asking:
                request.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
            assert all(request.cancelled() for request in asking)
            await made.aclose()

    run(talk())


# Proxies


class TunnelProxy:
    """An HTTP proxy that knows CONNECT; `names` maps hosts to the server's port."""

    def __init__(self, port: int, *, refuse: bool = False) -> None:
        self.port = port
        self.refuse = refuse
        self.heads: list[bytes] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        if self.refuse:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                target.write(data)
            target.close()

        try:
            await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer))
        finally:
            inner_writer.transport.abort()


@dataclass
class Ways:
    """The same ways to every host. `found`: what the network turns out to say."""

    first: Sequence[Route]
    found: Sequence[Route] = ()
    dead: list[Proxy] = field(default_factory=list)
    direct: int = 0

    async def routes(self, host: str) -> Sequence[Route]:
        return self.first

    async def instead(self, host: str) -> Sequence[Route]:
        return self.found

    def went_directly(self) -> None:
        self.direct += 1

    def could_not_reach(self, proxy: Proxy) -> None:
        self.dead.append(proxy)


async def through_proxy(
    server: WebServer,
    context: ssl.SSLContext,
    authority: CertificateAuthority,
    url: str,
    addresses: Mapping[str, tuple[str, ...]],
    *,
    refuse: bool = False,
) -> tuple[HttpReply | HttpFailure, list[bytes]]:
    async with serving(server.handle, tls=context) as port:
        tunnel = TunnelProxy(port, refuse=refuse)
        async with serving(tunnel.handle) as proxy_port:
            ways = Ways([Proxy("localhost", proxy_port, "me", Secret("pw"))])
            made = client(authority, 1, addresses, proxies=ways)
            try:
                return await made.get(url), tunnel.heads
            finally:
                await made.aclose()


def test_a_proxy_tunnels_without_seeing_inside(
    authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    server = WebServer({"/": reply(200, b"there")})
    result, heads = run(through_proxy(server, web_tls, authority, f"https://{HOST}/", {}))
    assert isinstance(result, HttpReply)
    assert result.body == b"there"
    assert heads[0].startswith(f"CONNECT {HOST}:443 ".encode())
    assert base64.b64encode(b"me:pw") in heads[0]
    assert "proxy-authorization" not in server.requests[0].headers


def test_certificates_are_checked_through_a_proxy(authority: CertificateAuthority) -> None:
    context = authority.issue([HOST], Flaw.WRONG_HOST).server_context()
    result, _ = run(through_proxy(WebServer({}), context, authority, f"https://{HOST}/", {}))
    assert isinstance(result, HttpFailure)
    assert result.cause is not None
    assert (result.cause.trouble, result.cause.verify_code) == (Trouble.CERTIFICATE, 62)
    assert result.cause.host == HOST


def test_a_proxy_that_refuses_is_named(
    authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    result, _ = run(
        through_proxy(WebServer({}), web_tls, authority, f"https://{HOST}/", {}, refuse=True)
    )
    assert isinstance(result, HttpFailure)
    assert result.cause is not None
    assert result.cause.trouble is Trouble.REFUSED
    assert "proxy" in result.cause.detail
    assert "403" in result.cause.detail


@pytest.mark.parametrize(
    ("addresses", "reason"),
    [
        ({OTHER: ("9.9.9.9",)}, None),
        ({OTHER: ("10.0.0.1",)}, "redirect-refused"),
        ({}, "redirect-refused"),
    ],
)
def test_redirects_through_a_proxy_need_an_address_known_to_be_public(
    addresses: Mapping[str, tuple[str, ...]],
    reason: str | None,
    authority: CertificateAuthority,
    web_tls: ssl.SSLContext,
) -> None:
    server = WebServer({"/": reply(302, Location=f"https://{OTHER}/end"), "/end": reply(200)})
    result, _ = run(through_proxy(server, web_tls, authority, f"https://{HOST}/", addresses))
    assert (result.reason if isinstance(result, HttpFailure) else None) == reason


NOBODY = Proxy("127.0.0.1", 9)


def test_the_next_way_is_gone_where_a_proxy_is_not_there(
    authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    server = WebServer({"/": reply(200, b"there")})

    async def talk() -> None:
        async with serving(server.handle, tls=web_tls) as port:
            tunnel = TunnelProxy(port)
            async with serving(tunnel.handle) as proxy_port:
                good = Proxy("127.0.0.1", proxy_port)
                for ways, heads in ((Ways([NOBODY, good]), 1), (Ways([NOBODY, None]), 0)):
                    made = client(authority, port, proxies=ways)
                    result = await made.get(f"https://{HOST}/")
                    assert isinstance(result, HttpReply)
                    assert ways.dead == [NOBODY]
                    assert ways.direct == (0 if heads else 1)
                    assert len(tunnel.heads) == 1  # from the first of the two
                    await made.aclose()

    run(talk())


@pytest.mark.parametrize("ways", [[NOBODY], [NOBODY, NOBODY]])
def test_a_proxy_that_must_be_used_is_never_gone_around(
    ways: list[Route], authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    server = WebServer({"/": reply(200, b"there")})

    async def talk() -> None:
        async with serving(server.handle, tls=web_tls) as port:
            made = client(authority, port, proxies=Ways(ways))
            result = await made.get(f"https://{HOST}/")
            assert isinstance(result, HttpFailure)
            assert result.cause is not None
            assert result.cause.trouble is Trouble.REFUSED
            await made.aclose()

    run(talk())
    assert not server.requests


def test_what_a_proxy_refuses_is_not_reached_another_way(
    authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    server = WebServer({"/": reply(200, b"there")})

    async def talk() -> None:
        async with serving(server.handle, tls=web_tls) as port:
            tunnel = TunnelProxy(port, refuse=True)
            async with serving(tunnel.handle) as proxy_port:
                ways = Ways([Proxy("127.0.0.1", proxy_port), None])
                made = client(authority, port, proxies=ways)
                result = await made.get(f"https://{HOST}/")
                assert isinstance(result, HttpFailure)
                assert "403" in result.detail
                assert not ways.dead
                await made.aclose()

    run(talk())
    assert not server.requests


def test_a_configuration_of_the_network_helps_where_the_direct_way_does_not(
    authority: CertificateAuthority, web_tls: ssl.SSLContext
) -> None:
    server = WebServer({"/": reply(200, b"there")})

    async def talk() -> None:
        async with serving(server.handle, tls=web_tls) as port:
            tunnel = TunnelProxy(port)
            async with serving(tunnel.handle) as proxy_port:
                ways = Ways([None], [Proxy("127.0.0.1", proxy_port)])
                made = client(authority, port, {}, proxies=ways)  # no name is known here
                result = await made.get(f"https://{HOST}/")
                assert isinstance(result, HttpReply)
                assert tunnel.heads[0].startswith(f"CONNECT {HOST}:443 ".encode())
                assert ways.direct == 0
                await made.aclose()

    run(talk())


@pytest.mark.parametrize(
    ("host", "where", "asked"),
    [
        (OTHER, "/c?emailaddress=Jo%2Bx%40example.com&v=1", "/c?v=1"),
        (OTHER, "/c?emailaddress=jo%252Bx%2540example.com", "/c"),
        (OTHER, "/c?emailaddress=jo+x@example.com", "/c"),
        (OTHER, "/c?user=jo%2Bx&domain=example.com", "/c?domain=example.com"),
        (OTHER, "/c?jo%2Bx", "/c"),
        (OTHER, "/c/jo+x@example.com/config.xml", None),
        (OTHER, "/c/jo%2Bx/config.xml", None),
        (OTHER, "/c?v=john", "/c?v=john"),
        ("mail.example.com", "/c?emailaddress=jo%2Bx%40example.com", None),
    ],
)
def test_a_redirect_takes_the_address_to_nobody_else(
    host: str,
    where: str,
    asked: str | None,
    authority: CertificateAuthority,
    web_tls: ssl.SSLContext,
) -> None:
    """nginx's `return 301 https://provider$request_uri` hands the whole query on."""
    expected = where if host != OTHER else asked
    server = WebServer({"/": reply(302, Location=f"https://{host}{where}")})

    async def fetch() -> HttpReply | HttpFailure:
        async with serving(server.handle, tls=web_tls) as port:
            made = client(authority, port, allow_private_redirects=True)
            try:
                return await made.get(f"https://{HOST}/", personal="jo+x@example.com")
            finally:
                await made.aclose()

    result = run(fetch())
    paths = [request.line.split()[1].decode() for request in server.requests]
    assert paths == ["/", expected] if expected else ["/"]
    assert isinstance(result, HttpReply if expected else HttpFailure)
