"""Lines and bytes over TCP, TLS and STARTTLS.

Everything raises `NetFailure`. The buffer belongs to one security level: `start_tls` refuses to
go on when bytes are left from before, so nothing said in the clear is ever believed afterwards
(RFC 3501 section 11.1, CVE-2011-0411 and its relatives).
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal, Protocol, assert_never, cast

from wizard.model.address import to_ascii_domain
from wizard.net.aside import aside
from wizard.net.failure import CertificateFacts, NetFailure, Trouble, os_failure
from wizard.net.resolver import NoAnswer, NoRecords, NoSuchName, Records, Resolver
from wizard.net.route import has_way_to
from wizard.net.tls import (
    TlsContexts,
    add_facts,
    check_strength,
    describe_certificate,
    looks_like_tls,
    tls_failure,
)
from wizard.net.told import tell

MAX_LINE = 64 * 1024
MAX_EARLY = 512
MAX_UNREAD = 256 * 1024
MAX_HANDSHAKE = 512 * 1024
"""Bytes from a server until both have shaken hands. OpenSSL takes 100 KiB of certificates, and
without end what asks to begin anew."""
MAX_DIALOGUE = 64
READ_SIZE = 64 * 1024
LAST_KNOCK = 3.0  # seconds after the first SYN that the third one leaves
ATTEMPT_DELAY = 0.25  # seconds; RFC 8305 section 5
BANNER_TIME = 0.3  # seconds for the rest of a line that came where TLS was expected
ADDRESS_NOT_ALLOWED = "address-not-allowed"


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """A verified TLS session. `version`: `TLSv1.2` or `TLSv1.3`."""

    version: str
    cipher: str
    certificate: CertificateFacts


class Stream(Protocol):
    """One connection. Time-outs are seconds per call."""

    @property
    def peer(self) -> str:
        """The IP address connected to."""
        ...

    @property
    def tls(self) -> TlsFacts | None:
        """None while in the clear."""
        ...

    async def read_line(self, timeout: float, limit: int = MAX_LINE) -> bytes:
        """One line without its CRLF (a lone LF ends a line too)."""
        ...

    async def read_exactly(self, count: int, timeout: float) -> bytes:
        """`count` bytes, as for an IMAP literal."""
        ...

    async def write(self, data: bytes, timeout: float = 20.0) -> None:
        """Sends all of it."""
        ...

    async def start_tls(self, timeout: float = 5.0) -> None:
        """Upgrades with verification of the host name the stream was opened for."""
        ...

    async def close(self) -> None:
        """Closes without waiting for the other side; safe to call twice."""
        ...


class Connector(Protocol):
    """Opens streams: happy eyeballs over all addresses (RFC 8305)."""

    async def connect(self, host: str, port: int, *, tls: bool, timeout: float = 5.0) -> Stream:
        """`tls=True`: TLS at once, verified against trust store and host name; `timeout` holds
        for connecting and again for the handshake."""
        ...


# One step of a dialogue in the clear: a line read, that many bytes read, these bytes written.
_Step = Literal["line"] | int | bytes


class _TooLong(Exception):
    """A line beyond its limit."""


class _NotTls(Exception):
    """Something else came where TLS was expected."""


class _Wire(asyncio.Protocol):
    """One socket with its own buffer, and from `handshake` on the TLS session over it.

    asyncio's streams and its `start_tls` are not used: their reader keeps what came before the
    upgrade. Here TLS is an `ssl.SSLObject` between two memory buffers, so that every byte is
    ours to account for: the clear buffer is empty when TLS begins, what arrives from then on goes
    through TLS or nowhere, and the first bytes are kept for telling what a server spoke instead.

    buffer     what was received and not yet read, at the present security level
    early      first bytes received in answer to the client's hello
    error      why the connection ended, where it was not an orderly end
    """

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.early = bytearray()
        self.ended = False
        self.error: Exception | None = None
        self._transport: asyncio.Transport | None = None
        self._tls: ssl.SSLObject | None = None
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._shaking_hands = False
        self._shaken = 0
        loop = asyncio.get_running_loop()
        self._arrival: asyncio.Future[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._closed: asyncio.Future[None] = loop.create_future()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._tls is None:
            self.buffer += data
        else:
            self._incoming.write(data)
            if self._shaking_hands:
                self.early += data[: MAX_EARLY - len(self.early)]
                self._shaken += len(data)
            else:
                self._decrypt()
        unread = max(len(self.buffer), self._incoming.pending)
        if unread > MAX_UNREAD and not self._is_awaited():
            self._connected().pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        if self._tls is not None:
            self._incoming.write_eof()
            if not self._shaking_hands:
                self._decrypt()
        self.ended = True
        self._wake()
        return True  # our side stays open until `close`

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True
        self.error = self.error or exc
        self._writable.set()
        if not self._closed.done():
            self._closed.set_result(None)
        self._wake()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # Reading. These raise OSError (ssl.SSLError among them), EOFError, _TooLong.

    async def line(self, limit: int) -> bytes:
        """Up to the next LF, which is dropped with a CR before it."""
        seen = 0
        while (end := self.buffer.find(b"\n", seen)) < 0:
            seen = len(self.buffer)
            if seen > limit:
                raise _TooLong
            await self._more()
        if end > limit:
            raise _TooLong
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 1]
        return line.removesuffix(b"\r")

    async def exactly(self, count: int) -> bytes:
        while len(self.buffer) < count:
            await self._more()
        return self._take(count)

    async def some(self, most: int) -> bytes:
        """Between 1 and `most` bytes; none at the end."""
        while not self.buffer:
            if self.ended and self.error is None:
                return b""
            await self._more()
        return self._take(most)

    def _take(self, count: int) -> bytes:
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    async def _more(self) -> None:
        """Waits until something arrived or the connection ended."""
        if self.error is not None:
            raise self.error
        if self.ended:
            raise EOFError
        self._connected().resume_reading()
        self._arrival = asyncio.get_running_loop().create_future()
        try:
            await self._arrival
        finally:
            self._arrival = None

    def _is_awaited(self) -> bool:
        return self._arrival is not None and not self._arrival.done()

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    # Writing

    async def send(self, data: bytes) -> None:
        if self.error is not None:
            raise self.error
        if self._connected().is_closing():
            raise EOFError
        if self._tls is None:
            self._connected().write(data)
        else:
            rest = memoryview(data)
            while rest:
                rest = rest[self._tls.write(rest) :]
            self._flush()
        await self._writable.wait()
        if self.error is not None:
            raise self.error

    # TLS

    async def handshake(self, context: ssl.SSLContext, host: str) -> None:
        """Shakes hands as a client. Raises what the context finds wrong, and _NotTls."""
        self._shaking_hands = True
        self.early += self.buffer[:MAX_EARLY]  # a banner that came before our hello
        self._incoming.write(bytes(self.buffer))
        self.buffer.clear()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        while True:
            if self.early and not looks_like_tls(bytes(self.early)):
                raise _NotTls
            if self._shaken > MAX_HANDSHAKE:
                raise _TooLong
            try:
                ssl.SSLObject.do_handshake(self._tls)
                break
            except ssl.SSLWantReadError:
                self._flush()
                await self._more()
            except ssl.SSLError:
                self._flush()  # the alert that says why
                raise
        await self._have_judged(self._tls)
        self._flush()
        check_strength(context, self._tls.getpeercert(binary_form=True))
        self._shaking_hands = False
        self._decrypt()

    async def _have_judged(self, tls: ssl.SSLObject) -> None:
        """Lets the system judge the certificate where it does so (Windows, macOS).

        Not in the loop's own thread: Windows may fetch authorities and lists of revoked
        certificates meanwhile, which takes up to a quarter of a minute. OpenSSL has nothing left to
        do, so what arrives in between touches nothing that this thread uses.
        """
        if type(tls).do_handshake is ssl.SSLObject.do_handshake:
            return
        try:
            await aside(tls.do_handshake, "judging a certificate")
        except (ssl.SSLError, TimeoutError):  # a refusal; the end of somebody's patience
            raise
        except OSError as error:  # the system's verifier gave up (Windows): not verified
            raise ssl.SSLCertVerificationError(str(error)) from error

    async def banner(self, patience: float) -> bytes:
        """What a server said in the clear instead of TLS, waited for up to the end of its line."""
        with suppress(OSError, EOFError):  # TimeoutError is an OSError
            async with asyncio.timeout(patience):
                while b"\n" not in self.early and len(self.early) < MAX_EARLY:
                    await self._more()
        return bytes(self.early)

    def session(self) -> tuple[str, str, bytes | None]:
        """Version, cipher suite and the server's certificate (DER)."""
        assert self._tls is not None
        cipher = self._tls.cipher()
        return (
            self._tls.version() or "",
            cipher[0] if cipher else "",
            self._tls.getpeercert(binary_form=True),
        )

    @property
    def ssl_object(self) -> ssl.SSLObject | None:
        return self._tls

    def _decrypt(self) -> None:
        assert self._tls is not None
        try:
            while data := self._tls.read(READ_SIZE):
                self.buffer += data
            self.ended = True  # close_notify
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLEOFError:
            self.ended = True  # many servers close without close_notify
        except ssl.SSLError as error:
            self.error, self.ended = error, True
        self._flush()

    def _flush(self) -> None:
        if self._outgoing.pending and not self._connected().is_closing():
            self._connected().write(self._outgoing.read())

    # Ending

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        """Says goodbye where that needs no waiting, and waits until the socket is closed."""
        transport = self._connected()
        if not transport.is_closing():
            if self._tls is not None and not self._shaking_hands:
                with suppress(ssl.SSLError):
                    self._tls.unwrap()
                self._flush()
            if transport.get_write_buffer_size():
                transport.abort()
            else:
                transport.close()
        await asyncio.shield(self._closed)

    def _connected(self) -> asyncio.Transport:
        assert self._transport is not None
        return self._transport


_Dial = Callable[[str, int], Awaitable[_Wire]]


class TcpStream:
    """A `Stream`; made by `TcpConnector`.

    While in the clear it keeps a note of the dialogue, which holds no secret by the rules of
    this program, so that after a refused certificate the same dialogue can be held again over a
    second connection, only to read that certificate.
    """

    def __init__(
        self, wire: _Wire, host: str, port: int, peer: str, contexts: TlsContexts, dial: _Dial
    ) -> None:
        self._wire = wire
        self._host = host
        self._port = port
        self._peer = peer
        self._contexts = contexts
        self._dial = dial
        self._dialogue: list[_Step] = []
        self._tls: TlsFacts | None = None

    @property
    def peer(self) -> str:
        """The IP address connected to."""
        return self._peer

    @property
    def tls(self) -> TlsFacts | None:
        """None while in the clear."""
        return self._tls

    @property
    def port(self) -> int:
        """The port it was opened for."""
        return self._port

    @property
    def wire(self) -> _Wire:
        """The bytes underneath, for this room only."""
        return self._wire

    async def read_line(self, timeout: float, limit: int = MAX_LINE) -> bytes:
        """One line without its CRLF (a lone LF ends a line too)."""
        with self._naming():
            async with asyncio.timeout(timeout):
                line = await self._wire.line(limit)
        self._note("line")
        return line

    async def read_exactly(self, count: int, timeout: float) -> bytes:
        """`count` bytes, as for an IMAP literal."""
        with self._naming():
            async with asyncio.timeout(timeout):
                data = await self._wire.exactly(count)
        self._note(count)
        return data

    async def read_some(self, most: int, timeout: float | None) -> bytes:
        """What has come, up to `most` bytes; none at the end."""
        with self._naming():
            async with asyncio.timeout(timeout):
                return await self._wire.some(most)

    async def write(self, data: bytes, timeout: float | None = 20.0) -> None:
        """Sends all of it."""
        with self._naming():
            async with asyncio.timeout(timeout):
                await self._wire.send(data)
        self._note(data)

    async def start_tls(self, timeout: float = 5.0) -> None:
        """Upgrades with verification of the host name the stream was opened for."""
        if self._wire.buffer:
            early = bytes(self._wire.buffer[:MAX_EARLY])
            await self.close()
            raise NetFailure(Trouble.SURPLUS_BEFORE_TLS, self._host, self._port, early=early)
        await self.secure(self._contexts.verifying(), timeout)

    async def secure(
        self,
        context: ssl.SSLContext,
        timeout: float,
        *,
        host: str | None = None,
        describe: bool = True,
    ) -> None:
        """The handshake, with which implicit TLS begins. After a failure the stream is closed.

        `host`: whom to expect, if not the host connected to (through a proxy). `describe`: read
        the certificate, a refused one over a second connection.
        """
        assert self._tls is None, "TLS begins once"
        self._host = host or self._host
        try:
            await self._shake_hands(context, timeout)
        except NetFailure as failure:
            if describe and failure.trouble is Trouble.CERTIFICATE:
                add_facts(failure, await self._inspect(timeout))
            raise
        version, cipher, der = self._wire.session()
        self._tls = TlsFacts(version, cipher, describe_certificate(der if describe else None))

    async def close(self) -> None:
        """Closes without waiting for the other side; safe to call twice."""
        await self._wire.close()

    async def _shake_hands(self, context: ssl.SSLContext, timeout: float) -> None:
        secured = False
        try:
            with self._naming():
                async with asyncio.timeout(timeout):
                    await self._wire.handshake(context, self._host)
            secured = True
        except NetFailure as failure:
            if failure.trouble is Trouble.NOT_TLS:
                failure.early = await self._wire.banner(BANNER_TIME)
            raise
        finally:
            if not secured:
                await self.close()

    def _note(self, step: _Step) -> None:
        if self._tls is None and len(self._dialogue) < MAX_DIALOGUE:
            self._dialogue.append(step)

    async def _inspect(self, timeout: float) -> CertificateFacts:
        """The certificate that was refused; empty where the server does not show it again."""
        wire: _Wire | None = None
        try:
            async with asyncio.timeout(timeout):
                wire = await self._dial(self._peer, self._port)
                for step in self._dialogue:
                    match step:
                        case "line":
                            await wire.line(MAX_LINE)
                        case int(count):
                            await wire.exactly(count)
                        case bytes(data):
                            await wire.send(data)
                        case _:
                            assert_never(step)
                await wire.handshake(self._contexts.inspecting(), self._host)
                return describe_certificate(wire.session()[2])
        except (OSError, EOFError, _TooLong, _NotTls):
            return CertificateFacts()
        finally:
            if wire is not None:
                wire.abort()
                await wire.close()

    @contextmanager
    def _naming(self) -> Iterator[None]:
        """Turns what the socket raises into a `NetFailure` with this stream's host and port."""
        try:
            yield
        except ssl.SSLError as error:
            raise tls_failure(error, self._host, self._port) from error
        except OSError as error:  # TimeoutError is one of them
            raise os_failure(error, self._host, self._port) from error
        except EOFError as error:
            raise NetFailure(Trouble.CLOSED, self._host, self._port) from error
        except _NotTls as error:
            raise NetFailure(Trouble.NOT_TLS, self._host, self._port) from error
        except _TooLong as error:
            raise NetFailure(Trouble.TOO_LONG, self._host, self._port) from error


class TcpConnector:
    """A `Connector` on asyncio's sockets. Time-outs begin when the resolver has answered, which
    has limits of its own.

    `connect_map`: (address, port) to (address, port), applied just before connecting, for a
    provider on loopback under real names; names in certificates are not touched by it.
    """

    def __init__(
        self,
        resolver: Resolver,
        contexts: TlsContexts,
        connect_map: Mapping[tuple[str, int], tuple[str, int]] | None = None,
    ) -> None:
        self._resolver = resolver
        self._contexts = contexts
        self._connect_map = connect_map or {}
        self._round_trip: float | None = None
        self._late_family = 0  # the IP version that stayed silent beside the other, if any

    @property
    def round_trip(self) -> float | None:
        """The shortest connect so far, in seconds: one round trip, and on a slow link (satellite,
        mobile) what every round trip costs at least. None before the first."""
        return self._round_trip

    @property
    def patience(self) -> float:
        """Seconds after which a connection attempt may be called unanswered: systems knock at
        0, 1 and 3 s (RFC 6298 section 2), and the last knock gets time for its answer."""
        return LAST_KNOCK + max(0.1, 2 * (self._round_trip or 0.0))

    async def connect(self, host: str, port: int, *, tls: bool, timeout: float = 5.0) -> TcpStream:
        """Resolves, connects and, with `tls`, shakes hands. Raises `NetFailure`; for a refused
        certificate with what it says, which takes a second connection of at most `timeout`."""
        begun = asyncio.get_running_loop().time()
        where = f"connect {host}:{port}{' with TLS' if tls else ''}"
        try:
            stream = await self.open(host, port, timeout=timeout)
            if tls:
                await stream.secure(self._contexts.verifying(), timeout)
        except NetFailure as failure:
            tell(where, failure, begun)
            raise
        tell(where, stream.peer, begun)
        return stream

    async def open(
        self,
        host: str,
        port: int,
        *,
        timeout: float,
        allow: Callable[[str], bool] = lambda address: True,
    ) -> TcpStream:
        """A stream in the clear to the first address that answers. `timeout` holds for
        connecting; the resolver has its own. `allow` leaves addresses out; where none is left,
        the failure is REFUSED with the detail `ADDRESS_NOT_ALLOWED`."""
        name = to_ascii_domain(host) or _address(host)
        if name is None:
            raise NetFailure(Trouble.NO_SUCH_HOST, host, port, detail="not a host name")

        async def look_up() -> Sequence[str]:
            return [address for address in await self.addresses(name, port) if allow(address)]

        addresses = await look_up()
        if not addresses:
            raise NetFailure(Trouble.REFUSED, name, port, detail=ADDRESS_NOT_ALLOWED)
        return await self._open(name, port, addresses, look_up, timeout)

    async def open_at(
        self, addresses: Sequence[str], host: str, port: int, *, timeout: float
    ) -> TcpStream:
        """A stream in the clear to the first of these addresses that answers."""

        async def nothing_more() -> Sequence[str]:
            return ()

        return await self._open(host, port, addresses, nothing_more, timeout)

    def has_way_to(self, address: str, port: int) -> bool:
        """False where this computer has no route there, as without any IPv6; sends nothing."""
        return has_way_to(self._connect_map.get((address, port), (address, port))[0])

    async def addresses(self, host: str, port: int = 0) -> tuple[str, ...]:
        """What the resolver knows; raises `NetFailure` where it knows no address."""
        answer = await self._resolver.addresses(host)
        match answer:
            case Records(values=addresses):
                return addresses
            case NoSuchName() | NoRecords():
                raise NetFailure(Trouble.NO_SUCH_HOST, host, port)
            case NoAnswer(reason=reason):
                trouble = Trouble.OFFLINE if reason == "offline" else Trouble.DNS
                raise NetFailure(trouble, host, port, detail=reason)
            case _:
                assert_never(answer)

    async def _open(
        self,
        host: str,
        port: int,
        addresses: Sequence[str],
        look_up: Callable[[], Awaitable[Sequence[str]]],
        timeout: float,
    ) -> TcpStream:
        address, wire = await self._race(host, port, addresses, look_up, timeout)
        return TcpStream(wire, host, port, address, self._contexts, self._dial)

    async def _dial(self, address: str, port: int) -> _Wire:
        address, port = self._connect_map.get((address, port), (address, port))
        loop = asyncio.get_running_loop()
        begun = loop.time()
        _, wire = await loop.create_connection(_Wire, address, port)
        took = loop.time() - begun
        self._round_trip = took if self._round_trip is None else min(took, self._round_trip)
        return wire

    def _learn(self, winner: str, unanswered: Iterable[str]) -> None:
        """Notes the IP version that lost to the other, or that it is alive after all."""
        won = _version(winner)
        if any(_version(address) != won for address in unanswered):
            self._late_family = 10 - won
        elif won == self._late_family:
            self._late_family = 0

    async def _race(
        self,
        host: str,
        port: int,
        addresses: Iterable[str],
        look_up: Callable[[], Awaitable[Sequence[str]]],
        timeout: float,
    ) -> tuple[str, _Wire]:
        """Happy eyeballs: each address starts 250 ms after the one before, or as soon as one
        gives up; the first to connect wins (RFC 8305 section 5). When all have given up, those
        that the resolver learnt in the meantime get their chance.

        An IP version that stayed silent while the other connected comes second for the rest of
        the run (RFC 8305 section 5 wants such history used): else a black hole would cost its
        quarter of a second again with every host."""
        waiting = deque(
            sorted(addresses, key=lambda address: _version(address) == self._late_family)
        )
        tried: dict[str, NetFailure | None] = {}
        attempts: dict[asyncio.Future[_Wire | OSError], str] = {}
        winner: _Wire | None = None
        try:
            async with asyncio.timeout(timeout):
                while waiting or attempts:
                    if waiting:
                        address = waiting.popleft()
                        tried[address] = None
                        attempt = self._attempt(address, port)
                        if waiting or attempts:
                            attempts[asyncio.create_task(attempt)] = address
                        else:  # a task would only let whatever else is due go first
                            attempts[_finished(await attempt)] = address
                    done = {begun for begun in attempts if begun.done()}
                    if not done:
                        done, _ = await asyncio.wait(
                            attempts,
                            timeout=ATTEMPT_DELAY if waiting else None,
                            return_when=asyncio.FIRST_COMPLETED,
                        )
                    for ended in done:
                        address, outcome = attempts.pop(ended), ended.result()
                        if isinstance(outcome, _Wire):
                            winner = outcome
                            self._learn(address, attempts.values())
                            return address, winner
                        tried[address] = failure = os_failure(outcome, host, port)
                        failure.detail = f"{address}: {failure.detail}"
                    if not waiting and not attempts:
                        waiting.extend(late for late in await look_up() if late not in tried)
        except TimeoutError:
            for address in (*tried, *waiting):
                tried[address] = tried.get(address) or NetFailure(
                    Trouble.TIMEOUT, host, port, detail=f"{address}: no answer"
                )
        finally:
            try:
                await _abandon(attempts)
            except asyncio.CancelledError:
                if winner is not None:
                    winner.abort()
                raise
        raise _most_telling([failure for failure in tried.values() if failure is not None])

    async def _attempt(self, address: str, port: int) -> _Wire | OSError:
        """One address: the connection, or why there is none."""
        try:
            return await self._dial(address, port)
        except OSError as error:
            return error


def _version(address: str) -> int:
    return 6 if ":" in address else 4


def _address(text: str) -> str | None:
    """An IP address in its usual form; None for anything else, zones (`%eth0`) included."""
    try:
        return str(ipaddress.ip_address(text)) if "%" not in text else None
    except ValueError:
        return None


def _finished(outcome: _Wire | OSError) -> asyncio.Future[_Wire | OSError]:
    future: asyncio.Future[_Wire | OSError] = asyncio.get_running_loop().create_future()
    future.set_result(outcome)
    return future


async def _abandon(attempts: Iterable[asyncio.Future[_Wire | OSError]]) -> None:
    """Stops attempts that nobody needs any more, also one that has just succeeded."""

    def hang_up(attempt: asyncio.Future[_Wire | OSError]) -> None:
        if not attempt.cancelled() and attempt.exception() is None:
            outcome = attempt.result()
            if isinstance(outcome, _Wire):
                outcome.abort()

    for attempt in attempts:
        attempt.cancel()
        attempt.add_done_callback(hang_up)
    await asyncio.gather(*attempts, return_exceptions=True)


def _most_telling(failures: Sequence[NetFailure]) -> NetFailure:
    """One failure for all addresses: what a live host said outranks silence, and silence
    outranks "no way there", which one address family alone often has."""
    ranks = (Trouble.RESET, Trouble.REFUSED, Trouble.CLOSED, Trouble.TIMEOUT, Trouble.OFFLINE)
    best = min(failures, key=lambda failure: ranks.index(failure.trouble))
    best.detail = "; ".join(failure.detail for failure in failures)
    return best
