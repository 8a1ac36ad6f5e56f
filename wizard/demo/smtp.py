"""The sending server of the demo: message submission (RFC 6409, 5321, 4954, 3207).

What is sent lands in the demo's own mailbox; no message ever leaves the machine.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from email.utils import formatdate
from enum import Enum, auto

from wizard.demo.journal import Happening, Journal, Service
from wizard.demo.wire import ConnectionLost, Pause, Wire

Authenticate = Callable[[str, str], bool]
Deliver = Callable[[bytes], None]

MAX_SIZE = 25 * 1024 * 1024
MAX_LINE = 2048  # of commands; RFC 5321 section 4.5.3.1.4 asks for 512, RFC 4954 for more
MAX_LOGINS = 3
MAX_RECIPIENTS = 100
IDLE_LIMIT_S = 5 * 60  # RFC 5321 section 4.5.3.2.7

_PATH = re.compile(r"\A(FROM|TO):\s*<([^<>\s]*)>(?:\s+(.*))?\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """`address`: the one mailbox. `deliver`: takes a complete message for it. Connections that
    begin in the clear are offered STARTTLS with the context `tls`."""

    host: str
    address: str
    authenticate: Authenticate
    deliver: Deliver
    journal: Journal
    pause: Pause
    tls: ssl.SSLContext

    async def serve(self, wire: Wire) -> None:
        """One session."""
        await _Session(self, wire).run()


class _Next(Enum):
    GO_ON = auto()
    CLOSE = auto()


class _Reply(Exception):
    """A refusal; `str()` is the reply."""


@dataclass(slots=True)
class _Session:
    server: SmtpServer
    wire: Wire
    greeted: str = ""
    extended: bool = False
    user: str | None = None
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)
    failed_logins: int = 0

    async def run(self) -> None:
        await self.server.pause()
        await self.reply(f"220 {self.server.host} ESMTP Demo mail ready")
        try:
            going = _Next.GO_ON
            while going is _Next.GO_ON:
                async with asyncio.timeout(IDLE_LIMIT_S):
                    going = await self.turn()
        except TimeoutError:
            await self.reply("421 4.4.2 Nothing said for too long")

    async def turn(self) -> _Next:
        """One command and its answer."""
        line = await self.wire.read_line(MAX_LINE)
        await self.server.pause()
        try:
            return await self.answer(line)
        except _Reply as refusal:
            await self.reply(str(refusal))
        if self.failed_logins >= MAX_LOGINS:
            await self.reply("421 4.7.0 Too many attempts")
            return _Next.CLOSE
        return _Next.GO_ON

    async def reply(self, *lines: str) -> None:
        """The last line as it is, those before it marked as continued."""
        continued = [f"{line[:3]}-{line[4:]}" for line in lines[:-1]]
        await self.wire.write("".join(f"{line}\r\n" for line in (*continued, lines[-1])).encode())

    async def answer(self, line: bytes) -> _Next:
        text = line.decode("utf-8", "replace").strip()
        verb, _, argument = text.partition(" ")
        argument = argument.strip()
        match verb.upper():
            case "QUIT":
                await self.reply("221 2.0.0 Good-bye")
                return _Next.CLOSE
            case "STARTTLS":
                await self.starttls()
            case "DATA":
                await self.data()
            case "AUTH":
                await self.auth(argument)
            case "EHLO" | "HELO" as hello if argument:
                self.greeted, self.extended = argument, hello == "EHLO"
                self.reset()
                await self.reply(f"250 {self.server.host}", *self.extensions())
            case "MAIL":
                await self.reply(self.mail(argument))
            case "RCPT":
                await self.reply(self.rcpt(argument))
            case "RSET":
                self.reset()
                await self.reply("250 2.0.0 Ok")
            case "NOOP":
                await self.reply("250 2.0.0 Ok")
            case "VRFY":
                await self.reply("252 2.0.0 Send it and see")
            case "EHLO" | "HELO":
                await self.reply("501 5.5.4 A name was expected")
            case _:
                await self.reply("500 5.5.2 Unknown command")
        return _Next.GO_ON

    def extensions(self) -> list[str]:
        if not self.extended:
            return []
        offers = ["PIPELINING", f"SIZE {MAX_SIZE}", "8BITMIME", "ENHANCEDSTATUSCODES"]
        offers.append("AUTH PLAIN LOGIN" if self.wire.encrypted else "STARTTLS")
        return [f"250 {offer}" for offer in offers]

    def reset(self) -> None:
        self.sender = None
        self.recipients.clear()

    async def starttls(self) -> None:
        if self.wire.encrypted:
            raise _Reply("503 5.5.1 TLS runs already")
        await self.wire.start_tls(self.server.tls, b"220 2.0.0 Ready to start TLS\r\n")
        self.greeted, self.extended = "", False  # RFC 3207 section 4.2: begin again
        self.reset()

    # Login --------------------------------------------------------------------------------------

    async def auth(self, argument: str) -> None:
        if not self.wire.encrypted:
            raise _Reply("530 5.7.0 Must issue a STARTTLS command first")
        if not self.extended:
            raise _Reply("503 5.5.1 Send EHLO first")
        if self.user is not None or self.sender is not None:
            raise _Reply("503 5.5.1 Not now")
        mechanism, _, initial = argument.partition(" ")
        match mechanism.upper():
            case "PLAIN":
                answer = await self.decoded(initial.strip() or await self.challenge(""))
                parts = answer.split("\0")
                if len(parts) != 3 or parts[0] not in ("", parts[1]):
                    raise _Reply("501 5.5.2 That is not what PLAIN looks like")
                user, password = parts[1], parts[2]
            case "LOGIN":
                user = await self.decoded(initial.strip() or await self.challenge("Username:"))
                password = await self.decoded(await self.challenge("Password:"))
            case _:
                raise _Reply("504 5.5.4 Unrecognized authentication type")
        if not self.server.authenticate(user, password):
            self.server.journal.note(Service.SMTP, Happening.LOGIN_REFUSED, user)
            self.failed_logins += 1
            raise _Reply("535 5.7.8 Error: authentication failed")
        self.server.journal.note(Service.SMTP, Happening.LOGIN, user)
        self.user = user
        await self.reply("235 2.7.0 Authentication successful")

    async def challenge(self, text: str) -> str:
        await self.reply(f"334 {base64.b64encode(text.encode()).decode()}")
        return (await self.wire.read_line(MAX_LINE)).decode("ascii", "replace").strip()

    async def decoded(self, answer: str) -> str:
        if answer == "*":
            raise _Reply("501 5.7.0 Given up")
        try:  # "=" stands for an empty first answer (RFC 4954 section 4)
            return base64.b64decode("" if answer == "=" else answer, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise _Reply("501 5.5.2 That is no base64 of UTF-8") from None

    # A message ----------------------------------------------------------------------------------

    def mail(self, argument: str) -> str:
        if not self.greeted:
            return "503 5.5.1 Send EHLO first"
        if not self.wire.encrypted:
            return "530 5.7.0 Must issue a STARTTLS command first"
        if self.user is None:
            return "530 5.7.0 Authentication required"
        if self.sender is not None:
            return "503 5.5.1 Sender already given"
        path = _PATH.match(argument)
        if path is None or path[1].upper() != "FROM":
            return "501 5.5.4 Syntax: MAIL FROM:<address>"
        size = re.search(r"(?:\A|\s)SIZE=(\d{1,20})(?:\s|\Z)", path[3] or "", re.IGNORECASE)
        if size is not None and int(size[1]) > MAX_SIZE:
            return "552 5.3.4 Message size exceeds fixed limit"
        if path[2] and path[2].casefold() != self.server.address:
            return f"553 5.7.1 <{path[2]}>: Sender address rejected: not owned by user {self.user}"
        self.sender = path[2]
        return "250 2.1.0 Ok"

    def rcpt(self, argument: str) -> str:
        if self.sender is None:
            return "503 5.5.1 Send MAIL first"
        path = _PATH.match(argument)
        if path is None or path[1].upper() != "TO" or not path[2]:
            return "501 5.5.4 Syntax: RCPT TO:<address>"
        if len(self.recipients) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        recipient = path[2].casefold()
        if recipient != self.server.address:
            if recipient.rpartition("@")[2] == self.server.address.rpartition("@")[2]:
                return f"550 5.1.1 <{path[2]}>: Recipient address rejected: user unknown"
            return f"550 5.7.1 <{path[2]}>: No mail leaves this demonstration"
        self.recipients.append(recipient)
        return "250 2.1.5 Ok"

    async def data(self) -> None:
        if not self.recipients:
            raise _Reply("503 5.5.1 Send RCPT first")
        await self.reply("354 End data with <CR><LF>.<CR><LF>")
        content = bytearray()
        too_large = False
        while (line := await self.content_line()) != b".\r\n":
            content += line.removeprefix(b".")
            if len(content) > MAX_SIZE:  # read on to the end, keep nothing
                too_large = True
                content.clear()
        if too_large:
            self.reset()
            raise _Reply("552 5.3.4 Message size exceeds fixed limit")
        identity = BytesHeaderParser().parsebytes(bytes(content)).get("message-id", "")
        self.server.deliver(self.trace() + bytes(content))
        for recipient in self.recipients:
            self.server.journal.note(
                Service.SMTP, Happening.DELIVERED, recipient, str(identity).strip()
            )
        self.reset()
        await self.reply("250 2.0.0 Ok: delivered")

    async def content_line(self) -> bytes:
        line = await self.wire.read_line()
        if not line.endswith(b"\r\n"):
            # A lone LF is how a second message is smuggled in (RFC 5321 section 2.3.8).
            await self.reply("550 5.6.11 Lone line feeds are not taken")
            raise ConnectionLost("lone LF")
        return line

    def trace(self) -> bytes:
        return (
            f"Return-Path: <{self.sender}>\r\n"
            f"Received: from {_printable(self.greeted)} (localhost [127.0.0.1])\r\n"
            f"\tby {self.server.host} with ESMTPSA id {secrets.token_hex(5)}\r\n"
            f"\tfor <{self.server.address}>; {formatdate(localtime=True)}\r\n"
        ).encode()


def _printable(text: str) -> str:
    return re.sub(r"[^!-~]", "?", text)[:255]
