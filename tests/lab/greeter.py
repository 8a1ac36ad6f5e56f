"""Scripted IMAP and submission servers that greet, tell what they can, and know no account.

They serve the domains whose settings have to be guessed: a listener on the right port with the
right certificate is all that guessing may look at. A login during discovery would be a breach of
its rules, so every attempt is refused and remembered in `logins`.
"""

import asyncio
import ssl
from dataclasses import dataclass, field

from tests.lab.background import Background, Conversation
from tests.lab.ca import Certificate
from tests.lab.wire import Namespace


@dataclass(slots=True)
class Greeter:
    """Greets on `address` with `certificate`; choose the ports by calling the methods below."""

    background: Background
    namespace: Namespace
    address: str
    certificate: Certificate
    logins: list[str] = field(default_factory=list)

    def imaps(self) -> None:
        """IMAP with implicit TLS on port 993."""
        self._serve(993, self._imap, implicit_tls=True)

    def imap(self) -> None:
        """IMAP with STARTTLS on port 143."""
        self._serve(143, self._imap, implicit_tls=False)

    def submissions(self) -> None:
        """Submission with implicit TLS on port 465."""
        self._serve(465, self._smtp, implicit_tls=True)

    def submission(self) -> None:
        """Submission with STARTTLS on port 587."""
        self._serve(587, self._smtp, implicit_tls=False)

    def _serve(self, port: int, conversation: Conversation, *, implicit_tls: bool) -> None:
        tls = self._context() if implicit_tls else None
        self.background.serve(self.namespace, self.address, port, conversation, tls)

    def _context(self) -> ssl.SSLContext:
        return self.certificate.server_context()

    async def _imap(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def capabilities() -> str:
            if _is_encrypted(writer):
                return "CAPABILITY IMAP4rev1 SASL-IR ID AUTH=PLAIN AUTH=LOGIN"
            return "CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED"

        await _say(writer, f"* OK [{capabilities()}] ready.")
        while line := await reader.readline():
            tag, _, command = line.decode("ascii", "replace").strip().partition(" ")
            match command.upper().split():
                case ["CAPABILITY"]:
                    await _say(writer, f"* {capabilities()}", f"{tag} OK done.")
                case ["STARTTLS"] if not _is_encrypted(writer):
                    await _say(writer, f"{tag} OK begin TLS negotiation now.")
                    await writer.start_tls(self._context())
                case ["NOOP"]:
                    await _say(writer, f"{tag} OK done.")
                case ["ID", *_]:
                    await _say(writer, '* ID ("name" "greeter")', f"{tag} OK done.")
                case ["LOGIN" | "AUTHENTICATE", *_]:
                    self.logins.append(command.partition(" ")[0].upper())
                    await _say(writer, f"{tag} NO [AUTHENTICATIONFAILED] Authentication failed.")
                case ["LOGOUT"]:
                    await _say(writer, "* BYE logging out", f"{tag} OK done.")
                    return
                case _:
                    await _say(writer, f"{tag} BAD unknown command.")

    async def _smtp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _say(writer, "220 greeter ESMTP")
        while line := await reader.readline():
            verb, _, _ = line.decode("ascii", "replace").strip().upper().partition(" ")
            match verb:
                case "EHLO":
                    offer = "AUTH PLAIN LOGIN" if _is_encrypted(writer) else "STARTTLS"
                    await _say(writer, "250-greeter", "250-8BITMIME", f"250 {offer}")
                case "STARTTLS" if not _is_encrypted(writer):
                    await _say(writer, "220 2.0.0 Ready to start TLS")
                    await writer.start_tls(self._context())
                case "HELO" | "NOOP" | "RSET":
                    await _say(writer, "250 2.0.0 Ok")
                case "AUTH":
                    self.logins.append("AUTH")
                    await _say(writer, "535 5.7.8 Error: authentication failed")
                case "QUIT":
                    await _say(writer, "221 2.0.0 Bye")
                    return
                case _:
                    await _say(writer, "502 5.5.2 Error: command not recognized")


def _is_encrypted(writer: asyncio.StreamWriter) -> bool:
    return writer.get_extra_info("ssl_object") is not None


async def _say(writer: asyncio.StreamWriter, *lines: str) -> None:
    writer.write("".join(f"{line}\r\n" for line in lines).encode("ascii"))
    await writer.drain()
