"""Whole searches over real sockets on loopback: real DNS, TLS, https and mail greetings.

`run` fails a test that leaves a task, a socket or an unclosed transport behind.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from tests.lab.ca import CertificateAuthority, Flaw
from tests.unit.discovery.support import address, document, small_pack, states
from tests.unit.net.loopback import Handler, Zone, name_server, run, serving
from wizard.discovery import discover
from wizard.discovery.sources.database import DATABASE_HOST
from wizard.model import (
    DiscoveryResult,
    Failed,
    Found,
    NothingFound,
    Security,
    Source,
    SourceReport,
    SourceState,
    Trust,
)
from wizard.net import open_network

DOMAIN = "example.com"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class World:
    """Names, each on a loopback address of its own, and what listens there."""

    def __init__(self, stack: AsyncExitStack, authority: CertificateAuthority) -> None:
        self._stack = stack
        self._authority = authority
        self.records: dict[tuple[str, str], list[str]] = {}
        self.ports: dict[tuple[str, int], tuple[str, int]] = {}
        self.heard: list[bytes] = []
        self.validated = False
        self.publish(DOMAIN, "MX", f"10 mx.{DOMAIN}.")

    def publish(self, name: str, kind: str, *texts: str) -> None:
        self.records[name, kind] = list(texts)

    def address_of(self, host: str) -> str:
        if (host, "A") not in self.records:
            number = sum(kind == "A" for _, kind in self.records) + 1
            self.publish(host, "A", f"127.0.7.{number}")
        return self.records[host, "A"][0]

    def context(
        self, host: str, names: Sequence[str] = (), flaw: Flaw | None = None
    ) -> ssl.SSLContext:
        return self._authority.issue(names or [host], flaw).server_context()

    async def serve(
        self, host: str, port: int, handler: Handler, tls: ssl.SSLContext | None
    ) -> None:
        real = await self._stack.enter_async_context(serving(handler, tls=tls))
        self.ports[self.address_of(host), port] = ("127.0.0.1", real)

    async def page(self, host: str, reply: bytes, then: Handler | None = None) -> None:
        """Answers every request on https with these bytes."""

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.heard.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(reply)
            await writer.drain()
            if then is not None:
                await then(reader, writer)

        await self.serve(host, 443, handle, self.context(host))

    async def search(
        self, reports: list[SourceReport] | None = None, only: set[Source] | None = None
    ) -> DiscoveryResult:
        zone = Zone(self.records, validated=self.validated)
        async with (
            name_server(zone) as resolver,
            open_network(resolver, self._authority.root, self.ports) as network,
        ):
            return await discover(
                address(),
                network,
                small_pack(),
                only=None if only is None else frozenset(only),
                progress=None if reports is None else reports.append,
            )


@asynccontextmanager
async def world(authority: CertificateAuthority) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        yield World(stack, authority)


def ok(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


def moved(url: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n".encode()


def says(greeting: bytes, replies: dict[bytes, bytes]) -> Handler:
    """A mail server that greets and answers by the first word of each line."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        while line := await reader.readline():
            writer.write(replies.get(line.split()[0].upper(), b""))

    return handle


IMAP = says(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n", {})
SMTP = says(b"220 ready\r\n", {b"EHLO": b"250-here\r\n250 AUTH PLAIN\r\n"})


def starttls(greeting: bytes, go: bytes, tls: ssl.SSLContext, ehlo: bytes = b"") -> Handler:
    """Speaks in the clear until the upgrade; inside TLS it offers logins to whoever says EHLO."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        while line := await reader.readline():
            if b"STARTTLS" in line.upper():
                writer.write(go)
                await writer.drain()
                await writer.start_tls(tls)
                await says(b"", {b"EHLO": b"250 AUTH LOGIN\r\n"})(reader, writer)
                return
            writer.write(ehlo)

    return handle


def found(result: DiscoveryResult) -> Found:
    assert isinstance(result, Found), result
    return result


def test_the_domains_own_document(authority: CertificateAuthority) -> None:
    async def go() -> None:
        async with world(authority) as lab:
            await lab.page(f"autoconfig.{DOMAIN}", ok(document()))
            result = found(await lab.search())
            assert result.incoming[0].host == f"imap.{DOMAIN}"
            assert result.incoming[0].trust is Trust.TRUSTED
            request = lab.heard[0].decode()
            assert "?emailaddress=jo%40example.com" in request
            assert "authorization" not in request.lower()
            assert "cookie" not in request.lower()

    run(go())


def test_guessing_with_real_tls(authority: CertificateAuthority) -> None:
    async def go() -> None:
        async with world(authority) as lab:
            await lab.serve(f"imap.{DOMAIN}", 993, IMAP, lab.context(f"imap.{DOMAIN}"))
            await lab.serve(f"smtp.{DOMAIN}", 465, SMTP, lab.context(f"smtp.{DOMAIN}"))
            result = found(await lab.search())
            assert [(s.host, s.port) for s in (*result.incoming, *result.outgoing)] == [
                (f"imap.{DOMAIN}", 993),
                (f"smtp.{DOMAIN}", 465),
            ]
            assert "certificate until" in result.incoming[0].evidence[0].detail

    run(go())


def test_guessing_with_real_starttls(authority: CertificateAuthority) -> None:
    async def go() -> None:
        async with world(authority) as lab:
            tls = lab.context(f"mail.{DOMAIN}")
            imap = starttls(b"* OK hi\r\n", b"a OK go\r\n", tls)
            smtp = starttls(b"220 hi\r\n", b"220 go\r\n", tls, b"250 STARTTLS\r\n")
            await lab.serve(f"mail.{DOMAIN}", 143, imap, None)
            await lab.serve(f"mail.{DOMAIN}", 587, smtp, None)
            result = found(await lab.search())
            for server in (result.incoming[0], result.outgoing[0]):
                assert server.security is Security.STARTTLS
                assert server.evidence[0].transport == "tls-handshake"

    run(go())


@pytest.mark.parametrize(
    "flaw",
    [Flaw.EXPIRED, Flaw.SELF_SIGNED, Flaw.UNKNOWN_ROOT, Flaw.WRONG_HOST, Flaw.NOT_YET_VALID],
)
def test_no_bad_certificate_proves_anything(authority: CertificateAuthority, flaw: Flaw) -> None:
    async def go() -> None:
        async with world(authority) as lab:
            host = f"imap.{DOMAIN}"
            await lab.serve(host, 993, IMAP, lab.context(host, flaw=flaw))
            own = f"autoconfig.{DOMAIN}"
            await lab.serve(own, 443, IMAP, lab.context(own, flaw=flaw))
            result = await lab.search()
            assert not isinstance(result, Found)
            assert states(result)[Source.GUESS] is SourceState.REJECTED
            assert states(result)[Source.AUTOCONFIG] is SourceState.REJECTED

    run(go())


def test_a_certificate_leads_to_the_packs_host_only(authority: CertificateAuthority) -> None:
    async def go() -> None:
        async with world(authority) as lab:
            wrong = lab.context("x", ["imap.known.test", "imap.evil.test"])
            await lab.serve(f"mail.{DOMAIN}", 993, IMAP, wrong)
            await lab.serve("imap.known.test", 993, IMAP, lab.context("imap.known.test"))
            await lab.serve("imap.evil.test", 993, IMAP, lab.context("imap.evil.test"))
            result = found(await lab.search())
            assert [server.host for server in result.incoming] == ["imap.known.test"]

    run(go())


async def endless_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:  # as much as anybody takes
        writer.write(b"x" * 65536)
        await writer.drain()


async def slow_drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


HUGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 1000000000\r\n\r\n"


@pytest.mark.parametrize(
    ("reply", "then"),
    [
        (HUGE, endless_body),
        (HUGE, slow_drip),
        (moved("http://example.com/x.xml"), None),
        (moved("https://127.0.0.1/x.xml"), None),
        (moved("https://user:pw@example.com/"), None),
        (moved("/again"), None),
        (b"SSH-2.0-OpenSSH\r\n\r\n", None),
        (ok(b"<!DOCTYPE a [<!ENTITY b 'c'>]><clientConfig>&b;</clientConfig>"), None),
    ],
)
def test_a_hostile_web_server_does_not_keep_the_good_one_from_being_heard(
    authority: CertificateAuthority, reply: bytes, then: Handler | None
) -> None:
    async def go() -> None:
        async with world(authority) as lab:
            await lab.page(f"autoconfig.{DOMAIN}", reply, then)
            await lab.page(DATABASE_HOST, ok(document()))
            result = found(await lab.search())
            assert result.incoming[0].evidence[0].source is Source.DATABASE
            assert states(result)[Source.AUTOCONFIG] in {
                SourceState.REJECTED, SourceState.CANCELLED, SourceState.NOTHING,
            }  # fmt: skip

    run(go())


_GREETINGS = {993: b"* OK hi\r\n", 143: b"* OK hi\r\n", 995: b"+OK hi\r\n", 110: b"+OK hi\r\n"}
_PORTS = (443, 993, 143, 995, 110, 465, 587, 25)
_IMPLICIT = {443, 993, 995, 465}


def flooding(piece: bytes, *, greets: bool = False) -> Callable[[int], Handler]:
    """Servers that say the same for ever, from the start or after what is expected of them."""

    def on(port: int) -> Handler:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if greets:
                writer.write(_GREETINGS.get(port, HUGE if port == 443 else b""))
            while not writer.is_closing():
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.001)

        return handle

    return on


def broken_off(port: int) -> Handler:
    """Sends a TLS alert in the clear in the middle of what it says inside TLS."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_GREETINGS.get(port, HUGE if port == 443 else b"220-"))
        await writer.drain()
        await asyncio.sleep(0.05)
        sock = writer.get_extra_info("socket")
        if port in _IMPLICIT and sock is not None:  # whoever has had enough has left
            os.write(sock.fileno(), b"\x15\x03\x03\x00\x02\x02\x50")
        await reader.read()

    return handle


def resetting(port: int) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return handle


def answering(body: bytes) -> Callable[[int], Handler]:
    def on(port: int) -> Handler:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if port == 443:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(ok(body))
                await writer.drain()

        return handle

    return on


_ATTRIBUTES = b" ".join(b'a%d=""' % number for number in range(7000))
_NAMESPACES = b" ".join(b'xmlns:n%d="u%d"' % (number, number) for number in range(2500))


@pytest.mark.parametrize(
    "behaviour",
    [
        flooding(b"\0" * 4096),
        flooding(b"* \r\n" * 1000),
        flooding(b"2" * 65536),
        flooding(b"* x\r\n220-x\r\n" * 500, greets=True),
        broken_off,
        resetting,
        answering(b"<clientConfig " + _ATTRIBUTES + b"/>"),
        answering(b"<clientConfig " + _NAMESPACES + b">" + b"<a/>" * 3000 + b"</clientConfig>"),
        answering(b"<clientConfig><emailProvider>" + b"<a>" * 5000 + b"</a>" * 5000),
        answering(b'<?xml version="1.0"?>' + b"<?p ?>" * 9000 + b"<clientConfig/>"),
    ],
    ids=[
        "zeros", "lines", "one line", "after the greeting", "alert", "reset",
        "attributes", "namespaces", "nesting", "instructions",
    ],
)  # fmt: skip
def test_whatever_all_its_servers_do_the_search_ends_and_leaves_nothing(
    authority: CertificateAuthority, behaviour: Callable[[int], Handler]
) -> None:
    names = [DOMAIN, *(f"{name}.{DOMAIN}" for name in ("autoconfig", "autodiscover", "imap", "mx"))]

    async def go() -> None:
        async with world(authority) as lab:
            lab.publish(DOMAIN, "A", "127.0.7.9")
            for name in names:
                lab.publish(name, "A", "127.0.7.9")
            for port in _PORTS:
                tls = lab.context(DOMAIN, names) if port in _IMPLICIT else None
                await lab.serve(DOMAIN, port, behaviour(port), tls)
            result = await lab.search()
            # A word in the clear proves nothing, and half an answer is none.
            for server in getattr(result, "incoming", ()):
                assert server.security is Security.TLS
            assert not getattr(result, "outgoing", ())

    run(go())


def test_plain_and_validating_resolver(authority: CertificateAuthority) -> None:
    async def go(validated: bool) -> Found:
        async with world(authority) as lab:
            lab.validated = validated
            for name, port in (("_imaps", 993), ("_submissions", 465)):
                lab.publish(f"{name}._tcp.{DOMAIN}", "SRV", f"0 1 {port} mail.hoster.example.")
            return found(await lab.search())

    plain, proven = run(go(False)), run(go(True))
    assert plain.incoming[0].trust is Trust.CONSENT
    assert proven.incoming[0].trust is Trust.TRUSTED
    assert proven.incoming[0].evidence[0].transport == "dnssec"


def test_a_domain_that_does_not_exist(authority: CertificateAuthority) -> None:
    async def go() -> None:
        async with world(authority) as lab:
            lab.records.clear()
            lab.publish("other.example", "A", "127.0.0.1")
            result = await lab.search()
            assert isinstance(result, Failed)

    run(go())


async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accepts and says nothing."""
    await reader.read()
    await asyncio.sleep(60)


def test_cancelling_leaves_no_socket_behind(authority: CertificateAuthority) -> None:
    async def go() -> None:
        async with world(authority) as lab:
            for host, port in ((f"autoconfig.{DOMAIN}", 443), (DATABASE_HOST, 443),
                               (f"imap.{DOMAIN}", 993), (f"imap.{DOMAIN}", 143),
                               (f"smtp.{DOMAIN}", 465), (f"smtp.{DOMAIN}", 587)):  # fmt: skip
                await lab.serve(host, port, hold, None)
            reports: list[SourceReport] = []
            task = asyncio.create_task(lab.search(reports))
            while not any(
                r.source is Source.GUESS and r.state is SourceState.RUNNING for r in reports
            ):
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            began = asyncio.get_running_loop().time()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            took.append(asyncio.get_running_loop().time() - began)

    took: list[float] = []
    threads = set(threading.enumerate())
    # The servers of this test close in that time too, one after the other; nothing waits for a
    # time-out of seconds. Others on the machine only ever add to it.
    while len(took) < 5 and not (took and took[-1] < 1.0):
        run(go())
        assert set(threading.enumerate()) <= threads
    assert min(took) < 1.0


def test_nothing_found_leaves_nothing_open(authority: CertificateAuthority) -> None:
    async def go() -> None:
        async with world(authority) as lab:
            lab.publish(DOMAIN, "A", "127.0.7.200")
            result = await lab.search()
            assert isinstance(result, NothingFound)
            assert len(result.guesses) == 3

    run(go())
