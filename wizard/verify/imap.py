"""IMAP up to the login, in our own words: nothing from before TLS can survive in a library."""

from __future__ import annotations

import re

from wizard.model import ServerType
from wizard.net.failure import NetFailure, Trouble
from wizard.verify.dialogue import COMMAND, MAX_CHALLENGES, Offer, answered, encoded
from wizard.verify.reply import Reply, status_reply
from wizard.verify.sasl import Credentials, exchange_for
from wizard.verify.talk import PATIENCE, Talk
from wizard.verify.text import decoded

_LITERAL = re.compile(rb"\{(\d{1,10})\+?\}\Z")
_UNQUOTABLE = re.compile(rb"[\x00-\x1f\x7f-\xff]")
_STATUS = {"OK", "NO", "BAD", "BYE", "PREAUTH"}
_AFTERTHOUGHT = 3.0
"""Seconds to wait for the inbox once the login stands."""
_LAST_WORDS = 1.0
"""Seconds to wait for the answer proper after a goodbye."""


class Imap:
    """One IMAP conversation (`Dialogue`)."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._commands = 0
        self._words: tuple[str, ...] | None = None

    @property
    def offer(self) -> Offer:
        words = tuple(word.upper() for word in self._words or ())
        return Offer(
            words=self._words or (),
            mechanisms=tuple(word[5:] for word in words if word.startswith("AUTH=")),
            starttls="STARTTLS" in words,
            own_login="LOGINDISABLED" not in words,
            initial_response="SASL-IR" in words,
        )

    async def greet(self) -> Reply:
        self._talk.begin_reply()
        line = await self._line(PATIENCE)
        untagged = self._untagged(line)
        return untagged or Reply(ServerType.IMAP, "", "", line)

    async def learn(self) -> Reply:
        if self._words is not None:  # named in the greeting, on this level of security
            return Reply(ServerType.IMAP, "OK")
        return await self._ask(b"CAPABILITY")

    async def start_tls(self, timeout: float) -> Reply:
        reply = await self._ask(b"STARTTLS")
        self._words = None
        if reply.ok:
            await self._talk.stream.start_tls(self._talk.budget.allowance(timeout))
        return reply

    async def log_in(self, way: str, credentials: Credentials) -> Reply:
        if way == COMMAND:
            return await self._login_command(credentials)
        exchange = exchange_for(way, credentials)
        command, first = f"AUTHENTICATE {way}".encode(), exchange.first
        if first is not None and self.offer.initial_response:
            command, first = command + b" " + encoded(first), None
        tag = await self._send(command)
        for _ in range(MAX_CHALLENGES):
            reply = await self._answer(tag)
            if not reply.goes_on:
                return self._trusted(reply, exchange.proven)
            response = answered(exchange, reply.text) if first is None else encoded(first)
            first = None
            await self._talk.send(response + b"\r\n")
        raise NetFailure(Trouble.TOO_LONG, detail="challenges without end")

    async def leave(self) -> Reply | None:
        # Some servers accept any login and say only then that the mailbox is closed to IMAP;
        # asking for the inbox together with the goodbye takes no extra time.
        tag, last = self._tag(), self._tag()
        await self._talk.send(f"{tag} STATUS INBOX (MESSAGES)\r\n{last} LOGOUT\r\n".encode())
        reply = await self._answer(tag, _AFTERTHOUGHT)
        return reply if reply.status in {"NO", "BAD"} else None

    async def _login_command(self, credentials: Credentials) -> Reply:
        """LOGIN with quoted strings, or literals for what can't be quoted (RFC 3501, 4.3)."""
        tag = self._tag()
        pending = tag.encode() + b" LOGIN"
        for value in credentials.bytes():
            if not _UNQUOTABLE.search(value):
                escaped = value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
                pending += b' "' + escaped + b'"'
                continue
            await self._talk.send(pending + b" {%d}\r\n" % len(value))
            reply = await self._answer(tag)
            if not reply.goes_on:
                return reply
            pending = value
        await self._talk.send(pending + b"\r\n")
        return await self._answer(tag)

    def _tag(self) -> str:
        self._commands += 1
        return f"w{self._commands}"

    async def _send(self, command: bytes) -> str:
        tag = self._tag()
        await self._talk.send(tag.encode() + b" " + command + b"\r\n")
        return tag

    async def _ask(self, command: bytes) -> Reply:
        return await self._answer(await self._send(command))

    async def _answer(self, tag: str, patience: float = PATIENCE) -> Reply:
        """The answer to the command with this tag, or a continuation request.

        After a goodbye a refusal may still follow and is the better answer; a yes is not believed.
        """
        self._talk.begin_reply()
        asides: list[Reply] = []
        goodbye: Reply | None = None
        while True:
            try:
                line = await self._line(patience if goodbye is None else _LAST_WORDS)
            except NetFailure:
                if goodbye is None:
                    raise
                return goodbye
            if line == "+" or line.startswith("+ "):
                return Reply(ServerType.IMAP, "+", "", line[2:], "", tuple(asides))
            first, _, rest = line.partition(" ")
            if first == tag:
                status, _, text = rest.partition(" ")
                reply = status_reply(ServerType.IMAP, status.upper(), text, asides)
                if goodbye is not None and reply.ok:
                    return goodbye
                self._note(reply)
                return reply
            untagged = self._untagged(line)
            if untagged is not None and untagged.status in {"NO", "BAD", "BYE"}:
                asides.append(untagged)
                goodbye = untagged if untagged.status == "BYE" else goodbye

    def _untagged(self, line: str) -> Reply | None:
        """A status response without tag; capabilities are noted on the way."""
        if not line.startswith("* "):
            return None
        word, _, rest = line[2:].partition(" ")
        word = word.upper()
        if word == "CAPABILITY":
            self._words = tuple(rest.split())
        if word not in _STATUS:
            return None
        reply = status_reply(ServerType.IMAP, word, rest)
        self._note(reply)
        return reply

    def _note(self, reply: Reply) -> None:
        if reply.code == "CAPABILITY" and reply.status in {"OK", "PREAUTH"}:
            self._words = tuple(reply.argument.split())

    async def _line(self, patience: float) -> str:
        """One logical line: literals are read and put in their place."""
        line = await self._talk.line(patience)
        parts = [line]
        while match := _LITERAL.search(line):
            parts.append(await self._talk.literal(int(match.group(1))))
            line = await self._talk.line(patience)
            parts.append(line)
        return decoded(b"".join(parts))

    @staticmethod
    def _trusted(reply: Reply, proven: bool) -> Reply:
        """A yes counts only where the mechanism's own proof came with it."""
        if reply.ok and not proven:
            return Reply(ServerType.IMAP, "BAD", "", reply.text)
        return reply
