"""Mail servers that say exactly what a test wants, on loopback, under any name and port.

A script is a function that gets a `Talk` and speaks through it; it runs in a thread of its own
for every connection. `Town` keeps the servers, gives them names, and makes the connector through
which our own network code finds them.

    with Town(authority) as town:
        server = town.serve("imap.example.net", 993, script, certificate)
        verify(…, network=town)
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from tests.lab.ca import Certificate, CertificateAuthority
from wizard.model import Security, ServerType
from wizard.net.resolver import Empty, Mx, NoSuchName, Records, Srv
from wizard.net.streams import TcpConnector
from wizard.net.tls import TlsContexts

PATIENCE = 30.0
"""Seconds after which a script that nobody talks to gives up."""


class Gone(Exception):
    """The client has left."""


@dataclass
class Heard:
    """A line from the client. `encrypted`: whether it came through TLS."""

    text: str
    encrypted: bool


@dataclass
class Server:
    """What a scripted server saw."""

    name: str
    port: int
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0

    @property
    def lines(self) -> list[str]:
        """All lines of all connections, in order."""
        return [item.text for item in self.heard]

    @property
    def in_the_clear(self) -> str:
        """Everything that came without TLS."""
        return "\n".join(item.text for item in self.heard if not item.encrypted)

    def count(self, pattern: str) -> int:
        """Lines that match."""
        return sum(re.search(pattern, line) is not None for line in self.lines)


_making = threading.local()


class _KeptSocket(ssl.SSLSocket):
    """Can be closed although it could not be made: Python forgets it where the client left
    between its last words and the handshake."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        made = super().__new__(cls, *args, **kwargs)
        _making.socket = made
        return made


class Talk:
    """The server's end of one connection."""

    def __init__(self, connection: socket.socket, server: Server, certificate: Certificate) -> None:
        self._socket = connection
        self.certificate = certificate
        self._server = server
        self._left = b""
        self.encrypted = False

    def say(self, *lines: str) -> None:
        """Sends lines, all in one piece."""
        self.raw("".join(f"{line}\r\n" for line in lines).encode())

    def raw(self, data: bytes) -> None:
        """Sends bytes as they are."""
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise Gone from error

    def line(self) -> str:
        """The client's next line; raises `Gone` at the end."""
        while b"\n" not in self._left:
            self._read_more()
        line, _, self._left = self._left.partition(b"\n")
        text = line.rstrip(b"\r").decode("utf-8", "replace")
        self._server.heard.append(Heard(text, self.encrypted))
        return text

    def exactly(self, size: int) -> bytes:
        """The client's next bytes, as a body of a request has them."""
        while len(self._left) < size:
            self._read_more()
        body, self._left = self._left[:size], self._left[size:]
        return body

    def _read_more(self) -> None:
        try:
            more = self._socket.recv(65536)
        except OSError as error:
            raise Gone from error
        if not more:
            raise Gone
        self._left += more

    def start_tls(self, context: ssl.SSLContext | None = None) -> None:
        """Shakes hands as the server."""
        context = context or self.certificate.server_context()
        context.sslsocket_class = _KeptSocket
        _making.socket = None
        try:
            wrapped = context.wrap_socket(
                self._socket, server_side=True, do_handshake_on_connect=False
            )
            wrapped.do_handshake()
        except (OSError, ValueError) as error:
            if _making.socket is not None:
                _making.socket.close()
            raise Gone from error
        self._socket = wrapped
        self.encrypted = True

    def relay(self, port: int) -> None:
        """Hands everything to a server on loopback and its answers back, until either leaves."""
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as server:
            ends = (self._socket, server)
            while True:
                try:
                    waiting = select.select(ends, (), (), PATIENCE)[0]
                except (OSError, ValueError) as error:  # closed under us: the town goes
                    raise Gone from error
                for ready in waiting:
                    try:
                        data = ready.recv(65536)
                        if not data:
                            raise Gone
                        (server if ready is self._socket else self._socket).sendall(data)
                    except OSError as error:  # one of them left while the other spoke
                        raise Gone from error

    def some(self) -> bytes:
        """Whatever the client sends next, a TLS hello for instance."""
        return self._socket.recv(65536)

    def reset(self) -> None:
        """Ends the connection with RST."""
        linger = struct.pack("ii", 1, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._socket.close()
        raise Gone

    def hang(self) -> None:
        """Says nothing more and waits until the client leaves."""
        while True:
            self.line()

    def close(self) -> None:
        """Ends the connection."""
        with contextlib.suppress(OSError):
            self._socket.close()


Script = Callable[[Talk], None]


class Town:
    """Servers under names. Every name is an address of its own that leads to loopback."""

    def __init__(self, authority: CertificateAuthority) -> None:
        self.authority = authority
        self._listeners: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._talks: list[Talk] = []
        self._speaking: list[threading.Thread] = []
        self._waiting: list[socket.socket] = []
        self._addresses: dict[str, str] = {}
        self._map: dict[tuple[str, int], tuple[str, int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            listener.close()
        for talk in self._talks:
            talk.close()
        for waiting in self._waiting:
            waiting.close()
        for thread in [*self._threads, *self._speaking]:
            thread.join(timeout=5)

    def serve(
        self,
        name: str,
        port: int,
        script: Script,
        certificate: Certificate | None = None,
    ) -> Server:
        """Starts a server; without a certificate of its own it gets a good one."""
        server = Server(name, port)
        listener = socket.create_server(("127.0.0.1", 0))
        self._listeners.append(listener)
        self._map[self.address(name), port] = ("127.0.0.1", listener.getsockname()[1])
        good = certificate or self.authority.issue([name])
        accepting = threading.Thread(
            target=self._accept, args=(listener, server, script, good), daemon=True
        )
        self._threads.append(accepting)
        accepting.start()
        return server

    def refuse(self, name: str, port: int) -> None:
        """Nobody listens there."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._map[self.address(name), port] = ("127.0.0.1", probe.getsockname()[1])

    def swallow(self, name: str, port: int) -> None:
        """Nobody answers there, nobody refuses: a listener whose queue is full."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self._listeners.append(listener)
        address = listener.getsockname()
        self._map[self.address(name), port] = ("127.0.0.1", address[1])
        while True:
            waiting = socket.socket()
            waiting.settimeout(0.1)
            self._waiting.append(waiting)
            try:
                waiting.connect(address)
            except TimeoutError:
                return

    def all_gone(self, seconds: float) -> bool:
        """Whether every connection has ended, waiting for it at most so long."""
        for thread in self._speaking:
            thread.join(timeout=seconds)
        return not any(thread.is_alive() for thread in self._speaking)

    def address(self, name: str) -> str:
        """The address of a name, made up when first asked for."""
        return self._addresses.setdefault(name, f"192.0.2.{len(self._addresses) + 1}")

    @property
    def connector(self) -> TcpConnector:
        """Our own network code in this town."""
        return TcpConnector(self, TlsContexts(self.authority.root), self._map)

    def _accept(
        self, listener: socket.socket, server: Server, script: Script, certificate: Certificate
    ) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(PATIENCE)
            server.connections += 1
            talk = Talk(connection, server, certificate)
            self._talks.append(talk)
            speaking = threading.Thread(target=_speak, args=(script, talk), daemon=True)
            self._speaking.append(speaking)
            speaking.start()

    # The town's name server (`Resolver`): names of servers, and nothing else.

    async def addresses(self, host: str) -> Records[str] | Empty:
        if host in self._addresses:
            return Records(host, (self._addresses[host],))
        return NoSuchName(host)

    async def mx(self, name: str) -> Records[Mx] | Empty:
        return NoSuchName(name)

    async def srv(self, name: str) -> Records[Srv] | Empty:
        return NoSuchName(name)

    async def txt(self, name: str) -> Records[str] | Empty:
        return NoSuchName(name)

    async def ptr(self, address: str) -> Records[str] | Empty:
        return NoSuchName(address)


def _speak(script: Script, talk: Talk) -> None:
    with contextlib.suppress(Gone, ssl.SSLError):
        script(talk)
    talk.close()


@dataclass(frozen=True)
class Answers:
    """What an otherwise well-behaved server says at the places tests care about.

    Lines carry no tag; several lines make a multi-line or untagged-first answer. `None` closes
    the connection instead. `login` may be a function of the client's whole login line.
    """

    login: str | Callable[[str], str] | None = ""
    greeting: str = ""
    starttls: str = ""
    capabilities: str | None = None
    before_tls: str | None = None
    inbox: str = "OK done"
    handshake: Callable[[Talk], None] = Talk.start_tls


def mail_server(service: ServerType, security: Security, answers: Answers | None = None) -> Script:
    """A server that takes any login, but for what `answers` changes."""
    said = answers or Answers()

    def script(talk: Talk) -> None:
        if security is Security.TLS:
            said.handshake(talk)
        {ServerType.IMAP: _imap, ServerType.POP3: _pop3, ServerType.SMTP: _smtp}[service](
            talk, said, security
        )

    return script


def _login_answer(said: Answers, line: str, default: str) -> str:
    if said.login is None:
        raise Gone
    answer = said.login(line) if callable(said.login) else said.login
    return answer or default


def _offers(said: Answers, talk: Talk, security: Security, before: str, after: str) -> str:
    if security is Security.STARTTLS and not talk.encrypted:
        return before if said.before_tls is None else said.before_tls
    return after if said.capabilities is None else said.capabilities


def _imap(talk: Talk, said: Answers, security: Security) -> None:
    talk.say(*(said.greeting or "* OK ready").split("\n"))
    while True:
        line = talk.line()
        tag, _, rest = line.partition(" ")
        command = rest.upper()
        if command == "CAPABILITY":
            words = _offers(
                said,
                talk,
                security,
                "IMAP4rev1 STARTTLS LOGINDISABLED",
                "IMAP4rev1 SASL-IR AUTH=PLAIN",
            )
            talk.say(f"* CAPABILITY {words}", f"{tag} OK done")
        elif command == "STARTTLS":
            _tagged(talk, tag, said.starttls or "OK begin")
            if not said.starttls or said.starttls.startswith("OK"):
                said.handshake(talk)
        elif command.startswith(("LOGIN", "AUTHENTICATE")):
            while line.endswith("}"):
                talk.say("+ go on")
                line += talk.line()
            if command.startswith("AUTHENTICATE") and len(rest.split()) == 2:
                talk.say("+ ")
                line += " " + talk.line()
            _tagged(talk, tag, _login_answer(said, line, "OK in"))
        elif command.startswith("STATUS"):
            _tagged(talk, tag, said.inbox)
        elif command == "LOGOUT":
            talk.say("* BYE", f"{tag} OK out")
            return
        else:
            talk.say(f"{tag} BAD what?")


def _tagged(talk: Talk, tag: str, answer: str) -> None:
    *untagged, last = answer.split("\n")
    talk.say(*untagged, last if last.startswith("* ") else f"{tag} {last}")


def _pop3(talk: Talk, said: Answers, security: Security) -> None:
    talk.say(said.greeting or "+OK ready")
    while True:
        line = talk.line()
        command = line.upper()
        if command == "CAPA":
            words = _offers(said, talk, security, "STLS", "USER\nSASL PLAIN")
            talk.say("+OK", *words.split("\n"), ".")
        elif command == "STLS":
            talk.say(said.starttls or "+OK begin")
            if not said.starttls or said.starttls.startswith("+OK"):
                said.handshake(talk)
        elif command.startswith("USER "):
            talk.say("+OK")
        elif command.startswith(("PASS ", "AUTH ")):
            if command.startswith("AUTH ") and len(command.split()) == 2:
                talk.say("+ ")
                line += " " + talk.line()
            talk.say(_login_answer(said, line, "+OK in"))
        elif command == "QUIT":
            talk.say("+OK")
            return
        else:
            talk.say("-ERR what?")


def _smtp(talk: Talk, said: Answers, security: Security) -> None:
    talk.say(*(said.greeting or "220 ready").split("\n"))
    while True:
        line = talk.line()
        command = line.upper()
        if command.startswith("EHLO"):
            words = _offers(said, talk, security, "STARTTLS", "PIPELINING\nAUTH PLAIN LOGIN")
            items = ["mail.example.net", *(word for word in words.split("\n") if word)]
            talk.say(*(f"250-{item}" for item in items[:-1]), f"250 {items[-1]}")
        elif command == "STARTTLS":
            talk.say(*(said.starttls or "220 begin").split("\n"))
            if not said.starttls or said.starttls.startswith("220"):
                said.handshake(talk)
        elif command.startswith("AUTH"):
            if len(line.split()) == 2:
                talk.say("334 VXNlcm5hbWU6")
                line += " " + talk.line()
                talk.say("334 UGFzc3dvcmQ6")
                line += " " + talk.line()
            talk.say(*_login_answer(said, line, "235 2.7.0 in").split("\n"))
        elif command == "RSET":
            talk.say("250 ok")
        elif command == "QUIT":
            talk.say("221 bye")
            return
        else:
            talk.say("500 what?")
