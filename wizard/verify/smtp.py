"""SMTP submission up to the login; the message itself is `testmessage`'s business."""

from __future__ import annotations

import re

from wizard.model import ServerType
from wizard.net.failure import NetFailure, Trouble
from wizard.verify.dialogue import MAX_CHALLENGES, Offer, answered, encoded
from wizard.verify.reply import Reply, smtp_reply
from wizard.verify.sasl import Credentials, exchange_for
from wizard.verify.talk import PATIENCE, Talk
from wizard.verify.text import decoded

_LINE = re.compile(r"(\d{3})(?:([ -])(.*))?\Z", re.DOTALL)
_HELLO = b"EHLO [127.0.0.1]"
"""The name says nothing about this computer or its network (RFC 5321 section 4.1.4 allows it)."""


class Smtp:
    """One SMTP conversation (`Dialogue`)."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._words: tuple[str, ...] = ()

    @property
    def offer(self) -> Offer:
        lines = [word.upper().replace("AUTH=", "AUTH ").split() for word in self._words]
        names = {line[0] for line in lines if line}
        mechanisms = [name for line in lines if line[:1] == ["AUTH"] for name in line[1:]]
        return Offer(
            words=self._words,
            mechanisms=tuple(dict.fromkeys(mechanisms)),
            starttls="STARTTLS" in names,
            initial_response=True,
        )

    async def greet(self) -> Reply:
        return await self._answer()

    async def learn(self) -> Reply:
        self._words = ()
        await self._talk.send(_HELLO + b"\r\n")
        status, lines = await self._lines()
        if status.startswith("2"):
            self._words = tuple(line.strip() for line in lines[1:] if line.strip())
        return smtp_reply(status, lines)

    async def start_tls(self, timeout: float) -> Reply:
        reply = await self.ask(b"STARTTLS")
        self._words = ()
        if reply.ok:
            await self._talk.stream.start_tls(self._talk.budget.allowance(timeout))
        return reply

    async def log_in(self, way: str, credentials: Credentials) -> Reply:
        exchange = exchange_for(way, credentials)
        command = f"AUTH {way}".encode()
        if exchange.first is not None:
            command += b" " + encoded(exchange.first)
        reply = await self.ask(command)
        for _ in range(MAX_CHALLENGES):
            if not reply.goes_on:
                if reply.ok and not exchange.proven:
                    return Reply(ServerType.SMTP, "554", "", reply.text)
                return reply
            reply = await self.ask(answered(exchange, reply.text))
        raise NetFailure(Trouble.TOO_LONG, detail="challenges without end")

    async def leave(self) -> Reply | None:
        if "PIPELINING" in (word.upper() for word in self._words):
            await self._talk.send(b"RSET\r\n")
        else:
            await self.ask(b"RSET")
        await self.ask(b"QUIT")
        return None

    async def ask(self, command: bytes, patience: float = PATIENCE) -> Reply:
        """Sends one command line and reads its answer."""
        await self._talk.send(command + b"\r\n")
        return await self._answer(patience)

    async def _answer(self, patience: float = PATIENCE) -> Reply:
        return smtp_reply(*await self._lines(patience))

    async def _lines(self, patience: float = PATIENCE) -> tuple[str, list[str]]:
        """Code and lines of one reply; an empty code where it isn't SMTP that answers."""
        self._talk.begin_reply()
        lines: list[str] = []
        while True:
            raw = decoded(await self._talk.line(patience))
            match = _LINE.match(raw)
            if match is None:
                return "", [raw]
            lines.append(match.group(3) or "")
            if match.group(2) != "-":
                return match.group(1), lines
