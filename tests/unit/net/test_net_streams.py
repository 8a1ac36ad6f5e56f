"""Streams over real sockets: TLS from the start and by STARTTLS, and everything that breaks."""

from __future__ import annotations

import asyncio
import ssl
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Literal

import pytest

from tests.lab.ca import CertificateAuthority, Flaw
from tests.unit import posix
from tests.unit.net.loopback import (
    FixedResolver,
    Handler,
    closed_port,
    failure_of,
    run,
    serving,
    swallowing,
)
from wizard.net import streams as streams_module
from wizard.net import tls as tls_module
from wizard.net.failure import CertificateFacts, NetFailure, Trouble
from wizard.net.resolver import Empty, NoAnswer, NoRecords, NoSuchName, Records
from wizard.net.streams import TcpConnector, TcpStream, _Wire
from wizard.net.tls import TlsContexts

HOST = "mail.example.com"
CODES = {
    Flaw.EXPIRED: 10,
    Flaw.NOT_YET_VALID: 9,
    Flaw.WRONG_HOST: 62,
    Flaw.SELF_SIGNED: 18,
    Flaw.UNKNOWN_ROOT: 20,
    Flaw.WEAK_KEY: 66,
}
Mode = Literal["implicit", "imap", "smtp", "pop3"]
MODES: tuple[Mode, ...] = ("implicit", "imap", "smtp", "pop3")

# What a server says, what the client answers, and so on, up to the start of TLS.
DIALOGUES: dict[Mode, list[tuple[bytes, bytes]]] = {
    "implicit": [],
    "imap": [(b"* OK ready\r\n", b"a1 STARTTLS\r\n"), (b"a1 OK begin TLS\r\n", b"")],
    "smtp": [
        (b"220-mail.example.com\r\n220 ESMTP\r\n", b"EHLO client.example\r\n"),
        (b"250-mail.example.com\r\n250-PIPELINING\r\n250 STARTTLS\r\n", b"STARTTLS\r\n"),
        (b"220 2.0.0 ready\r\n", b""),
    ],
    "pop3": [(b"+OK ready\r\n", b"STLS\r\n"), (b"+OK begin TLS\r\n", b"")],
}


def connector(
    authority: CertificateAuthority, resolver: FixedResolver | None = None
) -> TcpConnector:
    return TcpConnector(resolver or FixedResolver(), TlsContexts(authority.root))


class Server:
    """Speaks a dialogue in the clear and then TLS; counts what it was told. `alerts`: it cannot
    agree on TLS and says so, which asyncio's own TLS does not."""

    def __init__(self, mode: Mode, context: ssl.SSLContext | None, *, alerts: bool = False) -> None:
        self.mode = mode
        self.alerts = alerts
        self.context = context
        self.connections = 0
        self.handshakes = 0
        self.heard = b""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        for said, expected in DIALOGUES[self.mode]:
            writer.write(said)
            if expected:
                assert await reader.readline() == expected
        if self.context is None:
            await reader.read()
            return
        await writer.drain()
        if self.alerts:
            await refuse_by_alert(reader, writer, self.context)
            return
        await writer.start_tls(self.context)
        self.handshakes += 1
        writer.write(b"welcome\r\n")
        while heard := await reader.read(1024):
            self.heard += heard


async def refuse_by_alert(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext
) -> None:
    """Shakes hands as servers on OpenSSL do, up to the alert that must come."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(incoming, outgoing, server_side=True)
    while True:
        try:
            server.do_handshake()
            raise AssertionError("no alert")
        except ssl.SSLWantReadError:
            writer.write(outgoing.read())
            incoming.write(await reader.read(65536))
        except ssl.SSLError:
            writer.write(outgoing.read())
            writer.write_eof()
            await reader.read()
            return


async def converse(stream: TcpStream, mode: Mode) -> None:
    """The client's part of a dialogue."""
    for said, answer in DIALOGUES[mode]:
        for line in said.split(b"\r\n")[:-1]:
            assert await stream.read_line(5) == line
        if answer:
            await stream.write(answer)


async def open_in(mode: Mode, connector: TcpConnector, port: int, timeout: float = 5) -> TcpStream:
    """A stream secured in one of the ways."""
    if mode == "implicit":
        return await connector.connect(HOST, port, tls=True, timeout=timeout)
    stream = await connector.connect(HOST, port, tls=False)
    await converse(stream, mode)
    await stream.start_tls(timeout)
    return stream


@pytest.mark.parametrize("mode", MODES)
def test_a_good_certificate_is_accepted_and_described(
    mode: Mode, authority: CertificateAuthority
) -> None:
    server = Server(mode, authority.issue([HOST]).server_context())

    async def talk() -> None:
        async with serving(server.handle) as port:
            stream = await open_in(mode, connector(authority), port)
            assert stream.tls is not None
            assert stream.tls.version == "TLSv1.3"
            assert stream.tls.cipher.startswith("TLS_")
            assert stream.tls.certificate.names == (HOST,)
            assert stream.peer == "127.0.0.1"
            assert await stream.read_line(5) == b"welcome"
            await stream.write(b"hello")
            await stream.close()
            await stream.close()
            while server.heard != b"hello":
                await asyncio.sleep(0.01)
        assert server.connections == 1

    run(talk())


def test_tls_1_2_is_good_enough(authority: CertificateAuthority) -> None:
    context = authority.issue([HOST]).server_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    async def talk() -> None:
        async with serving(Server("implicit", context).handle) as port:
            stream = await open_in("implicit", connector(authority), port)
            assert stream.tls is not None
            assert stream.tls.version == "TLSv1.2"
            await stream.close()

    run(talk())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("flaw", list(Flaw))
def test_flawed_certificates_are_refused_and_told_apart(
    flaw: Flaw, mode: Mode, authority: CertificateAuthority
) -> None:
    server = Server(mode, authority.issue([HOST], flaw).server_context())

    async def talk() -> NetFailure:
        async with serving(server.handle) as port:
            return await failure_of(open_in(mode, connector(authority), port))

    failure = run(talk())
    assert failure.trouble is Trouble.CERTIFICATE
    assert failure.verify_code == CODES[flaw]
    assert failure.certificate is not None
    names = ("elsewhere.example",) if flaw is Flaw.WRONG_HOST else (HOST,)
    assert failure.certificate.names == names
    assert failure.certificate.self_signed is (flaw is Flaw.SELF_SIGNED)
    assert server.connections == 2, "one to use, one only to read the certificate"
    assert server.heard == b"", "nothing is said after a refusal"


@pytest.mark.parametrize(
    "flaw",
    [
        pytest.param(flaw, marks=posix.windows_judge if flaw is Flaw.UNKNOWN_ROOT else ())
        for flaw in (None, *Flaw)
    ],
)
def test_contexts_of_systems_that_verify_themselves_work_the_same(
    flaw: Flaw | None, authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """truststore's contexts, which Windows and macOS get; on Linux it has OpenSSL verify."""
    monkeypatch.setattr(tls_module, "SYSTEM_VERIFIES", True)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.root))
    make = tls_module._system_context

    def trusting() -> ssl.SSLContext:
        context = make()
        if not posix.WINE:  # which takes every authority, and can't be told of more
            context.load_verify_locations(authority.root)  # Windows reads no variable
        return context

    monkeypatch.setattr(tls_module, "_system_context", trusting)
    server = Server("imap", authority.issue([HOST], flaw).server_context())

    async def talk() -> None:
        contexts = TlsContexts()
        assert type(contexts.verifying()).__module__.startswith("truststore")
        assert contexts.verifying().minimum_version is ssl.TLSVersion.TLSv1_2
        made = TcpConnector(FixedResolver(), contexts)
        async with serving(server.handle) as port:
            if flaw is None:
                stream = await open_in("imap", made, port)
                assert stream.tls is not None
                assert stream.tls.certificate.names == (HOST,)
                assert await stream.read_line(5) == b"welcome"
                await stream.close()
            else:
                failure = await failure_of(open_in("imap", made, port))
                expected = {CODES[flaw]}
                if sys.platform == "win32":  # may name the authority, which its own list has not
                    expected.add(CODES[Flaw.UNKNOWN_ROOT])
                assert failure.verify_code in expected

    run(talk())


def test_what_a_system_trusts_with_a_weak_key_is_refused_all_the_same(
    authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows takes RSA with 1024 bits; OpenSSL's own rule sleeps where the system judges."""

    class SystemJudges(ssl.SSLContext):
        pass

    judging = SystemJudges(ssl.PROTOCOL_TLS_CLIENT)
    judging.check_hostname = False
    judging.verify_mode = ssl.CERT_NONE
    judging.set_ciphers("DEFAULT:@SECLEVEL=0")
    monkeypatch.setattr(TlsContexts, "verifying", lambda self: judging)

    async def talk(flaw: Flaw | None) -> TcpStream | NetFailure:
        server = Server("implicit", authority.issue([HOST], flaw).server_context())
        async with serving(server.handle) as port:
            made = TcpConnector(FixedResolver(), TlsContexts(authority.root))
            if flaw is not None:
                return await failure_of(made.connect(HOST, port, tls=True))
            stream = await made.connect(HOST, port, tls=True)
            await stream.close()
            return stream

    assert isinstance(run(talk(None)), TcpStream)
    failure = run(talk(Flaw.WEAK_KEY))
    assert isinstance(failure, NetFailure)
    assert (failure.trouble, failure.verify_code) == (Trouble.CERTIFICATE, 66)


@pytest.mark.parametrize(
    ("refusal", "code"),
    [(0x800B010F, 62), (-67843, 20), (None, 1)],
)
def test_a_refusal_after_the_handshake_is_a_refusal(
    refusal: int | None, code: int, authority: CertificateAuthority
) -> None:
    """Windows and macOS judge when OpenSSL is done; None: their verifier itself gives up."""

    class Judged(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            if refusal is None:
                raise OSError("the verifier is not there")
            error = ssl.SSLCertVerificationError("refused")
            error.verify_code = refusal
            raise error

    server = Server("implicit", authority.issue([HOST]).server_context())

    async def talk() -> NetFailure:
        contexts = TlsContexts(authority.root)
        contexts.verifying().sslobject_class = Judged
        async with serving(server.handle) as port:
            made = TcpConnector(FixedResolver(), contexts)
            return await failure_of(made.connect(HOST, port, tls=True))

    failure = run(talk())
    assert (failure.trouble, failure.verify_code) == (Trouble.CERTIFICATE, code)
    assert failure.certificate is not None
    assert failure.certificate.names == (HOST,)
    assert server.heard == b""


def test_a_judge_who_takes_time_holds_up_nobody_else(authority: CertificateAuthority) -> None:
    """Windows fetches authorities and lists of revoked certificates while it judges."""
    stuck = threading.Event()

    class Slow(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            stuck.wait(20)

    server = Server("implicit", authority.issue([HOST]).server_context())

    async def talk() -> None:
        contexts = TlsContexts(authority.root)
        contexts.verifying().sslobject_class = Slow
        made = TcpConnector(FixedResolver(), contexts)
        async with serving(server.handle) as port:
            failure = await failure_of(made.connect(HOST, port, tls=True, timeout=0.3))
            assert failure.trouble is Trouble.TIMEOUT
            waiting = asyncio.create_task(made.connect(HOST, port, tls=True, timeout=20))
            quick = await connector(authority).connect(HOST, port, tls=True)
            await quick.close()
            assert not waiting.done()
            assert server.heard == b"", "nothing is said before the word"
            stuck.set()
            stream = await waiting
            assert await stream.read_line(5) == b"welcome"
            await stream.close()

    try:
        run(talk())
    finally:
        stuck.set()


def test_a_server_that_does_not_show_its_certificate_again(
    authority: CertificateAuthority,
) -> None:
    server = Server("imap", authority.issue([HOST], Flaw.EXPIRED).server_context())

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if server.connections == 0:
            await server.handle(reader, writer)
        else:
            writer.write(b"* BYE too many connections\r\n")

    async def talk() -> NetFailure:
        async with serving(once) as port:
            return await failure_of(open_in("imap", connector(authority), port))

    failure = run(talk())
    assert failure.verify_code == CODES[Flaw.EXPIRED]
    assert failure.certificate == CertificateFacts()


def old_server_context(authority: CertificateAuthority) -> ssl.SSLContext:
    context = authority.issue([HOST]).server_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


@pytest.mark.parametrize("mode", MODES)
def test_tls_before_1_2_is_refused_as_such(mode: Mode, authority: CertificateAuthority) -> None:
    server = Server(mode, old_server_context(authority), alerts=True)

    async def talk() -> NetFailure:
        async with serving(server.handle) as port:
            return await failure_of(open_in(mode, connector(authority), port))

    assert run(talk()).trouble is Trouble.TLS_VERSION
    assert server.handshakes == 0


def test_without_a_common_cipher_suite_it_is_another_tls_trouble(
    authority: CertificateAuthority,
) -> None:
    context = authority.issue([HOST]).server_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")  # which an ECDSA key cannot do

    async def talk() -> NetFailure:
        async with serving(Server("implicit", context, alerts=True).handle) as port:
            return await failure_of(open_in("implicit", connector(authority), port))

    assert run(talk()).trouble is Trouble.TLS_OTHER


@pytest.mark.parametrize(
    "banner",
    [
        b"* OK IMAP4rev1 ready\r\n",
        b"220 mail.example.com ESMTP\r\n",
        b"+OK POP3 ready\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\n\r\n",
        b"hi\n",
    ],
)
@pytest.mark.parametrize("when", ["at once", "in answer", "in pieces"])
def test_plain_text_on_a_tls_port_is_recognised_and_kept(
    when: str, banner: bytes, authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams_module, "BANNER_TIME", 20)

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if when != "at once":
            await reader.read(1)
        if when == "in pieces":
            for position in range(len(banner)):
                writer.write(banner[position : position + 1])
                await asyncio.sleep(0.001)
        else:
            writer.write(banner)
        await reader.read()

    async def talk() -> NetFailure:
        async with serving(speak) as port:
            return await failure_of(connector(authority).connect(HOST, port, tls=True, timeout=20))

    failure = run(talk())
    assert failure.trouble is Trouble.NOT_TLS
    assert failure.early.split(b"\n")[0] == banner.split(b"\n")[0]


def test_what_is_kept_of_plain_text_is_limited(authority: CertificateAuthority) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"A" * 4096)
            await writer.drain()

    async def talk() -> NetFailure:
        async with serving(speak) as port:
            return await failure_of(connector(authority).connect(HOST, port, tls=True))

    failure = run(talk())
    assert failure.trouble is Trouble.NOT_TLS
    assert failure.early == b"A" * 512


@pytest.mark.parametrize("mode", MODES)
def test_a_silent_handshake_ends(mode: Mode, authority: CertificateAuthority) -> None:
    async def talk() -> NetFailure:
        async with serving(Server(mode, None).handle) as port:
            return await failure_of(open_in(mode, connector(authority), port, timeout=0.2))

    assert run(talk()).trouble is Trouble.TIMEOUT


@pytest.mark.parametrize(
    ("head", "again"),
    [
        (b"", b"\x16\x03\x03\x40\x00\x02\xff\xff\xff" + b"\0" * 16380),
        (b"\x16\x03\x03\x00\x04\x02\x01\xff\xff", b"\x16\x03\x03\x00\x01\0" * 3000),
        (b"", b"\x15\x03\x03\x00\x02\x01\x70" * 3000),
        (b"", b"\x14\x03\x03\x00\x01\x01" * 3000),
        (b"", b"\x16\x03\x03\x00\x00" * 3000),
        (b"", b"\x17\x03\x03\x40\x00" + b"\0" * 16384),
        (b"", b"\x16\x03\x03\x00\x04\0\0\0\0" * 3000),
    ],
    ids=["message", "pieces", "warnings", "ciphers", "nothing", "data", "begin anew"],
)
def test_a_flood_instead_of_a_handshake_ends(
    head: bytes, again: bytes, authority: CertificateAuthority
) -> None:
    """By its number: each of these would go on for as long as anybody listens."""

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(300)
        writer.write(head)
        while not writer.is_closing():
            writer.write(again)
            await writer.drain()

    async def talk() -> NetFailure:
        async with serving(flood) as port:
            return await failure_of(connector(authority).connect(HOST, port, tls=True, timeout=30))

    assert run(talk()).trouble in {Trouble.TLS_OTHER, Trouble.TOO_LONG}


@pytest.mark.parametrize(
    "names",
    [
        ["*.com"],
        ["*"],
        ["mail.*.com"],
        ["ma*.example.com"],
        ["mail.example.com\0.evil.example"],
        ["*.mail.example.com"],
        [f"a{number}.b" for number in range(8000)],
    ],
    ids=lambda names: names[0].replace("\0", "NUL"),
)
def test_names_that_cover_too_much_or_too_many_cover_nothing(
    names: list[str], authority: CertificateAuthority
) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def talk() -> NetFailure:
        async with serving(silent, tls=authority.issue(names).server_context()) as port:
            return await failure_of(connector(authority).connect(HOST, port, tls=True))

    failure = run(talk())
    assert (failure.trouble, failure.verify_code) == (Trouble.CERTIFICATE, CODES[Flaw.WRONG_HOST])
    assert failure.certificate is not None
    assert failure.certificate.names == tuple(names[: tls_module.MAX_NAMES])


@pytest.mark.parametrize(
    ("ending", "trouble"), [("close", Trouble.CLOSED), ("reset", Trouble.RESET)]
)
@pytest.mark.parametrize("stage", ["greeting", "hello"])
def test_end_and_reset_are_told_apart(
    stage: str, ending: str, trouble: Trouble, authority: CertificateAuthority
) -> None:
    async def end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if stage == "hello":
            await reader.read(100)
        if ending == "close":
            writer.write_eof()
            await reader.read()
        else:
            reset(writer)

    async def talk() -> NetFailure:
        async with serving(end) as port:
            if stage == "hello":
                return await failure_of(connector(authority).connect(HOST, port, tls=True))
            stream = await connector(authority).connect(HOST, port, tls=False)
            failure = await failure_of(stream.read_line(5))
            await stream.close()
            return failure

    assert run(talk()).trouble is trouble


def reset(writer: asyncio.StreamWriter) -> None:
    """Ends a server's connection without a goodbye."""
    import socket
    import struct

    connection = writer.get_extra_info("socket")
    if sys.platform == "win32":
        # asyncio says goodbye there before it closes, so the socket is closed under its hands.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("HH", 1, 0))
        connection._sock.close()
    else:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("surplus", [b"a2 OK [CAPABILITY IMAP4rev1] injected\r\n", b"x", b"\r\n"])
def test_bytes_in_the_packet_of_the_starttls_answer_end_the_connection(
    surplus: bytes, authority: CertificateAuthority
) -> None:
    heard = bytearray()

    async def inject(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        await reader.readline()
        writer.write(b"a1 OK begin TLS\r\n" + surplus)
        heard.extend(await reader.read())

    async def talk() -> NetFailure:
        async with serving(inject) as port:
            return await failure_of(open_in("imap", connector(authority), port))

    assert run(talk()).trouble is Trouble.SURPLUS_BEFORE_TLS
    assert heard == b"", "not even a client hello"


def test_bytes_that_follow_the_starttls_answer_never_reach_the_reader(
    authority: CertificateAuthority,
) -> None:
    context = authority.issue([HOST]).server_context()

    async def inject(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        await reader.readline()
        writer.write(b"a1 OK begin TLS\r\n")
        await reader.readexactly(1)  # the client hello is under way
        writer.write(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n")
        await writer.start_tls(context)

    async def talk() -> NetFailure:
        async with serving(inject) as port:
            return await failure_of(open_in("imap", connector(authority), port))

    assert run(talk()).trouble is Trouble.NOT_TLS


def test_starttls_on_a_closed_stream_is_a_failure(authority: CertificateAuthority) -> None:
    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")

    async def talk() -> NetFailure:
        async with serving(leave) as port:
            stream = await connector(authority).connect(HOST, port, tls=False)
            await stream.read_line(5)
            while not stream.wire.ended:
                await asyncio.sleep(0.01)
            return await failure_of(stream.start_tls())

    assert run(talk()).trouble in {Trouble.CLOSED, Trouble.RESET}


# Reading and writing


def clear(handler: Handler) -> Callable[[Callable[[TcpStream], Awaitable[None]]], None]:
    """Runs a test's conversation with a stream in the clear to `handler`."""

    def talk_to(conversation: Callable[[TcpStream], Awaitable[None]]) -> None:
        async def talk() -> None:
            async with serving(handler) as port:
                contexts = TlsContexts()
                stream = await TcpConnector(FixedResolver(), contexts).connect(
                    HOST, port, tls=False
                )
                try:
                    await conversation(stream)
                finally:
                    await stream.close()

        run(talk())

    return talk_to


def saying(*pieces: bytes, pause: float = 0.0, leave: bool = False) -> Handler:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        if leave:
            writer.write_eof()
        await reader.read()

    return say


def test_lines_and_literals_are_read() -> None:
    async def conversation(stream: TcpStream) -> None:
        assert await stream.read_line(5) == b"* OK ready"
        assert await stream.read_line(5) == b""
        assert await stream.read_line(5) == b"lone"
        assert await stream.read_line(5) == b"cr\rinside"
        assert await stream.read_exactly(4, 5) == b"a\r\nb"
        assert await stream.read_exactly(0, 5) == b""
        assert await stream.read_line(5) == b"end"

    clear(saying(b"* OK ready\r\n\r\nlone\ncr\rinside\r\na\r\nbend\r\n"))(conversation)


def test_lines_arrive_in_slices_of_one_byte() -> None:
    text = b"* CAPABILITY IMAP4rev1\r\na1 OK done\r\n"

    async def conversation(stream: TcpStream) -> None:
        assert await stream.read_line(5) == b"* CAPABILITY IMAP4rev1"
        assert await stream.read_line(5) == b"a1 OK done"

    clear(saying(*(bytes([b]) for b in text), pause=0.001))(conversation)


def test_a_line_of_exactly_the_limit_passes_and_one_more_byte_does_not() -> None:
    async def conversation(stream: TcpStream) -> None:
        assert await stream.read_line(5, limit=10) == b"123456789"  # the limit counts the CR
        assert (await failure_of(stream.read_line(5, limit=10))).trouble is Trouble.TOO_LONG

    clear(saying(b"123456789\r\n1234567890\r\n"))(conversation)


def test_an_endless_line_ends_and_is_not_hoarded() -> None:
    sent = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        while True:
            writer.write(b"A" * 65536)
            await writer.drain()
            sent += 65536

    async def conversation(stream: TcpStream) -> None:
        assert (await failure_of(stream.read_line(5))).trouble is Trouble.TOO_LONG
        before = -1
        while sent > before:  # which never ends where an unread connection is read all the same
            assert sent < 64 << 20, "more than systems keep for both sides"
            before = sent
            await asyncio.sleep(0.1)
        assert len(stream.wire.buffer) < 2 * 1024 * 1024

    clear(endless)(conversation)


def test_a_large_literal_passes_the_pause() -> None:
    size = 3 * 1024 * 1024

    async def conversation(stream: TcpStream) -> None:
        assert await stream.read_line(5) == b"start"
        await asyncio.sleep(0.1)  # long enough for the reader to be paused
        assert len(await stream.read_exactly(size, 20)) == size
        assert await stream.read_line(5) == b"end"

    clear(saying(b"start\r\n", b"A" * size, b"end\r\n"))(conversation)


def test_a_stalled_line_times_out_and_can_still_be_read() -> None:
    on = asyncio.Event()

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"half ")
        await on.wait()
        writer.write(b"whole\r\n")
        await reader.read()

    async def conversation(stream: TcpStream) -> None:
        assert (await failure_of(stream.read_line(0.1))).trouble is Trouble.TIMEOUT
        on.set()
        assert await stream.read_line(5) == b"half whole"

    clear(stall)(conversation)


def test_an_unfinished_line_is_no_line() -> None:
    async def conversation(stream: TcpStream) -> None:
        assert await stream.read_line(5) == b"whole"
        assert (await failure_of(stream.read_line(5))).trouble is Trouble.CLOSED
        assert (await failure_of(stream.read_exactly(99, 5))).trouble is Trouble.CLOSED

    clear(saying(b"whole\r\nhalf", leave=True))(conversation)


def test_writing_to_one_who_does_not_read_times_out() -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async def conversation(stream: TcpStream) -> None:
        failure = await failure_of(stream.write(b"A" * 20_000_000, timeout=0.2))
        assert failure.trouble is Trouble.TIMEOUT

    clear(deaf)(conversation)


def test_writing_to_one_who_left_is_a_failure() -> None:
    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reset(writer)

    async def conversation(stream: TcpStream) -> None:
        while not stream.wire.ended:
            await asyncio.sleep(0.01)
        assert (await failure_of(stream.write(b"hello"))).trouble is Trouble.RESET
        await stream.close()
        assert (await failure_of(stream.write(b"hello"))).trouble is Trouble.RESET

    clear(leave)(conversation)


def test_a_closed_stream_neither_reads_nor_writes() -> None:
    async def conversation(stream: TcpStream) -> None:
        await stream.close()
        assert (await failure_of(stream.write(b"hello"))).trouble is Trouble.CLOSED
        assert (await failure_of(stream.read_line(5))).trouble is Trouble.CLOSED

    clear(saying())(conversation)


def test_large_writes_and_reads_pass_through_tls(authority: CertificateAuthority) -> None:
    data = bytes(range(256)) * 20_000
    context = authority.issue([HOST]).server_context()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(len(data)))
        writer.close()
        await writer.wait_closed()

    async def talk() -> None:
        async with serving(echo, tls=context) as port:
            stream = await connector(authority).connect(HOST, port, tls=True)
            await stream.write(data)
            assert await stream.read_exactly(len(data), 20) == data
            assert await stream.read_some(10, 5) == b""
            assert (await failure_of(stream.read_line(5))).trouble is Trouble.CLOSED
            await stream.close()

    run(talk())


def test_tls_that_is_cut_off_is_an_end(authority: CertificateAuthority) -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\nhalf")
        await reader.readline()  # it has arrived
        writer.transport.abort()  # no close_notify

    async def talk() -> NetFailure:
        context = authority.issue([HOST]).server_context()
        async with serving(cut, tls=context) as port:
            stream = await connector(authority).connect(HOST, port, tls=True)
            assert await stream.read_line(5) == b"* OK ready"
            await stream.write(b"go\r\n")
            failure = await failure_of(stream.read_line(5))
            await stream.close()
            return failure

    assert run(talk()).trouble in {Trouble.CLOSED, Trouble.RESET}


def test_records_that_were_tampered_with_are_not_delivered(
    authority: CertificateAuthority,
) -> None:
    """A man in the middle flips one bit of every record after the handshake."""
    context = authority.issue([HOST]).server_context()

    async def talk() -> NetFailure:
        async with serving(saying(b"* OK ready\r\n"), tls=context) as port:

            async def tamper(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)

                async def forward() -> None:
                    while data := await reader.read(65536):
                        inner_writer.write(data)

                forwarding = asyncio.create_task(forward())
                try:
                    writer.write(await inner_reader.read(65536))  # the server's whole flight
                    while data := await inner_reader.read(65536):
                        writer.write(data[:-1] + bytes([data[-1] ^ 1]))
                finally:
                    forwarding.cancel()
                    await asyncio.gather(forwarding, return_exceptions=True)
                    inner_writer.transport.abort()

            async with serving(tamper) as middle:
                stream = await connector(authority).connect(HOST, middle, tls=True)
                failure = await failure_of(stream.read_line(5))
                await stream.close()
                return failure

    assert run(talk()).trouble is Trouble.TLS_OTHER


# Connecting


def test_a_refused_connection_says_so(authority: CertificateAuthority) -> None:
    with closed_port() as port:
        failure = run(failure_of(connector(authority).connect(HOST, port, tls=True)))
    assert (failure.trouble, failure.host, failure.port) == (Trouble.REFUSED, HOST, port)
    assert "127.0.0.1" in failure.detail


def test_a_swallowed_connection_times_out(authority: CertificateAuthority) -> None:
    with swallowing("127.0.0.1") as port:
        failure = run(failure_of(connector(authority).connect(HOST, port, tls=True, timeout=0.3)))
    assert failure.trouble is Trouble.TIMEOUT


def test_a_dead_address_of_one_family_does_not_hold_up_the_other(
    authority: CertificateAuthority,
) -> None:
    resolver = FixedResolver({HOST: ("::1", "127.0.0.1")})

    async def talk() -> None:
        async with serving(saying(b"hello\r\n")) as port:
            with swallowing("::1", port):
                stream = await connector(authority, resolver).connect(HOST, port, tls=False)
                assert stream.peer == "127.0.0.1"
                assert await stream.read_line(5) == b"hello"
                await stream.close()

    run(talk())


def test_a_silent_family_costs_its_quarter_of_a_second_once(
    authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is heard again as soon as it answers."""
    dialled: list[str] = []
    dial = TcpConnector._dial

    async def noting(self: TcpConnector, address: str, port: int) -> _Wire:
        dialled.append(address)
        return await dial(self, address, port)

    monkeypatch.setattr(TcpConnector, "_dial", noting)
    addresses = {"a.example": ("::1", "127.0.0.1"), "six.example": ("::1",)}

    async def talk() -> None:
        made = connector(authority, FixedResolver(addresses))

        async def peer(host: str, port: int) -> str:
            dialled.clear()
            stream = await made.connect(host, port, tls=False)
            await stream.close()
            return stream.peer

        async with serving(saying(b"hello\r\n")) as port:
            with swallowing("::1", port):
                assert await peer("a.example", port) == "127.0.0.1"
                assert dialled == ["::1", "127.0.0.1"]
                assert await peer("a.example", port) == "127.0.0.1"
                assert dialled == ["127.0.0.1"]
            async with serving(saying(b"hello\r\n"), host="::1", port=port):
                assert await peer("six.example", port) == "::1"
                assert await peer("a.example", port) == "::1"

    run(talk())


def test_patience_follows_the_round_trip(authority: CertificateAuthority) -> None:
    made = connector(authority)
    assert made.patience == pytest.approx(3.1)
    made._round_trip = 0.6
    assert made.patience == pytest.approx(4.2)


def test_ipv6_is_preferred_where_both_work(authority: CertificateAuthority) -> None:
    resolver = FixedResolver({HOST: ("::1", "127.0.0.1")})

    async def talk() -> str:
        async with (
            serving(saying(b"hello\r\n")) as port,
            serving(saying(b"hello\r\n"), host="::1", port=port),
        ):
            stream = await connector(authority, resolver).connect(HOST, port, tls=False)
            await stream.close()
            return stream.peer

    assert run(talk()) == "::1"


def test_an_address_learnt_late_gets_its_chance(authority: CertificateAuthority) -> None:
    class Learning(FixedResolver):
        async def addresses(self, host: str) -> Records[str] | Empty:
            self.asked.append(host)
            known = ("::1", "127.0.0.1") if len(self.asked) > 1 else ("::1",)
            return Records(host, known)

    async def talk() -> str:
        async with serving(saying(b"hello\r\n")) as port:
            stream = await connector(authority, Learning()).connect(HOST, port, tls=False)
            await stream.close()
            return stream.peer

    assert run(talk()) == "127.0.0.1"


def test_of_two_addresses_that_answer_at_once_one_is_hung_up(
    authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams_module, "ATTEMPT_DELAY", 0.01)
    hung_up: list[_Wire] = []

    class Wire(_Wire):
        def abort(self) -> None:
            hung_up.append(self)

    async def ask() -> None:
        made = connector(authority, FixedResolver({HOST: ("192.0.2.1", "192.0.2.2")}))
        both = asyncio.Event()
        wires: list[_Wire] = []

        async def dial(address: str, port: int) -> _Wire:
            wires.append(Wire())
            if len(wires) == 2:
                both.set()
            await both.wait()
            return wires[-1] if address == "192.0.2.2" else wires[0]

        monkeypatch.setattr(made, "_dial", dial)
        stream = await made.open(HOST, 993, timeout=5)
        await asyncio.sleep(0)
        assert [wire for wire in wires if wire is not stream.wire] == hung_up

    run(ask())


@posix.silent_queues
def test_the_most_telling_failure_stands_for_all_addresses(
    authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams_module, "ATTEMPT_DELAY", 0.01)
    resolver = FixedResolver({HOST: ("127.0.0.2", "127.0.0.1")})
    with closed_port() as port, swallowing("127.0.0.2", port):
        failure = run(
            failure_of(connector(authority, resolver).connect(HOST, port, tls=True, timeout=1))
        )
    assert failure.trouble is Trouble.REFUSED
    assert "127.0.0.1" in failure.detail
    assert "127.0.0.2: no answer" in failure.detail


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (NoSuchName(HOST), Trouble.NO_SUCH_HOST),
        (NoRecords(HOST), Trouble.NO_SUCH_HOST),
        (NoAnswer(HOST, "servfail"), Trouble.DNS),
        (NoAnswer(HOST, "timeout"), Trouble.DNS),
        (NoAnswer(HOST, "offline"), Trouble.OFFLINE),
    ],
)
def test_a_host_without_address_says_why(
    answer: Empty, trouble: Trouble, authority: CertificateAuthority
) -> None:
    class Knowing(FixedResolver):
        async def addresses(self, host: str) -> Records[str] | Empty:
            return answer

    failure = run(failure_of(connector(authority, Knowing()).connect(HOST, 993, tls=True)))
    assert failure.trouble is trouble


@pytest.mark.parametrize(
    "host", ["", "no host", "a\nb.example", "fe80::1%lo", "-", "user@host.example", "a/b"]
)
def test_what_is_no_host_is_not_resolved(host: str, authority: CertificateAuthority) -> None:
    resolver = FixedResolver()
    failure = run(failure_of(connector(authority, resolver).connect(host, 993, tls=True)))
    assert failure.trouble is Trouble.NO_SUCH_HOST
    assert resolver.asked == []


def test_international_host_names_are_resolved_and_checked_as_a_labels(
    authority: CertificateAuthority,
) -> None:
    resolver = FixedResolver()
    context = authority.issue(["xn--bcher-kva.example"]).server_context()

    async def talk() -> None:
        async with serving(Server("implicit", context).handle) as port:
            stream = await connector(authority, resolver).connect("Bücher.example", port, tls=True)
            await stream.close()

    run(talk())
    assert resolver.asked == ["xn--bcher-kva.example"]


def test_the_map_moves_sockets_but_not_names(authority: CertificateAuthority) -> None:
    resolver = FixedResolver({HOST: ("192.0.2.10",)})
    good = Server("implicit", authority.issue([HOST]).server_context())
    wrong = Server("implicit", authority.issue(["127.0.0.1"]).server_context())

    async def talk() -> NetFailure:
        async with serving(good.handle) as good_port, serving(wrong.handle) as wrong_port:
            mapped = TcpConnector(
                resolver,
                TlsContexts(authority.root),
                {
                    ("192.0.2.10", 993): ("127.0.0.1", good_port),
                    ("192.0.2.10", 465): ("127.0.0.1", wrong_port),
                },
            )
            stream = await mapped.connect(HOST, 993, tls=True)
            assert stream.peer == "192.0.2.10"
            await stream.close()
            return await failure_of(mapped.connect(HOST, 465, tls=True))

    failure = run(talk())
    assert (failure.trouble, failure.verify_code) == (Trouble.CERTIFICATE, 62)
    assert failure.certificate is not None
    assert failure.certificate.names == ("127.0.0.1",), "the map holds for the second look too"


def test_the_round_trip_is_measured(authority: CertificateAuthority) -> None:
    async def talk() -> None:
        made = connector(authority)
        before = made.round_trip
        async with serving(saying()) as port:
            stream = await made.connect(HOST, port, tls=False)
            await stream.close()
        assert before is None
        assert made.round_trip is not None
        assert made.round_trip > 0

    run(talk())


# Cancelling. `run` fails where a task, a socket or a transport is left.


@pytest.mark.parametrize("moment", [0.0, 0.001, 0.01, 0.05, 0.3])
@pytest.mark.parametrize("what", ["connect", "handshake", "read", "write", "inspect"])
def test_cancelling_leaves_nothing(
    what: str, moment: float, authority: CertificateAuthority
) -> None:
    flawed = Server("implicit", authority.issue([HOST], Flaw.EXPIRED).server_context())

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if what == "inspect" and flawed.connections == 0:
            await flawed.handle(reader, writer)
        await asyncio.sleep(60)

    async def use(port: int) -> None:
        made = connector(authority, FixedResolver({HOST: ("127.0.0.1", "::1", "127.0.0.2")}))
        if what in {"connect", "handshake", "inspect"}:
            await made.connect(HOST, port, tls=True, timeout=30)
            return
        stream = await made.connect(HOST, port, tls=False)
        try:
            if what == "read":
                await stream.read_line(30)
            else:
                await stream.write(b"A" * 50_000_000, timeout=30)
        finally:
            await stream.close()

    async def talk() -> None:
        async with serving(stall) as live:
            with swallowing("127.0.0.1") as swallowed, swallowing("::1", swallowed):
                using = asyncio.create_task(use(swallowed if what == "connect" else live))
                await asyncio.sleep(moment)
                using.cancel()
                [outcome] = await asyncio.gather(using, return_exceptions=True)
        assert isinstance(outcome, asyncio.CancelledError | NetFailure)

    run(talk())


def test_a_time_out_of_the_caller_ends_a_connect(authority: CertificateAuthority) -> None:
    async def talk() -> None:
        with swallowing("127.0.0.1") as port, pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await connector(authority).connect(HOST, port, tls=True, timeout=30)

    run(talk())
