"""POP3 up to the login."""

from __future__ import annotations

from wizard.model import ServerType
from wizard.net.failure import NetFailure, Trouble
from wizard.verify.dialogue import COMMAND, MAX_CHALLENGES, Offer, answered, encoded
from wizard.verify.reply import Reply, status_reply
from wizard.verify.sasl import Credentials, exchange_for
from wizard.verify.talk import Talk
from wizard.verify.text import decoded

_MAX_COMMAND = 255
"""Octets of a command line, CRLF included (RFC 2449 section 4)."""


class Pop3:
    """One POP3 conversation (`Dialogue`)."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._words: tuple[str, ...] = ()

    @property
    def offer(self) -> Offer:
        lines = [word.upper().split() for word in self._words]
        names = {line[0] for line in lines if line}
        mechanisms = tuple(name for line in lines if line[:1] == ["SASL"] for name in line[1:])
        return Offer(
            words=self._words,
            mechanisms=mechanisms,
            starttls="STLS" in names,
            # Servers older than RFC 2449 name nothing and take USER all the same.
            own_login="USER" in names or not mechanisms,
            initial_response=True,
        )

    async def greet(self) -> Reply:
        return await self._answer()

    async def learn(self) -> Reply:
        self._words = ()
        reply = await self._ask(b"CAPA")
        if reply.ok:
            words = []
            while (line := await self._talk.line()) != b".":
                words.append(decoded(line.removeprefix(b".")).strip())
            self._words = tuple(words)
        # A server may lack CAPA and still be a POP3 server.
        return Reply(ServerType.POP3, "+OK") if reply.status == "-ERR" else reply

    async def start_tls(self, timeout: float) -> Reply:
        reply = await self._ask(b"STLS")
        self._words = ()
        if reply.ok:
            await self._talk.stream.start_tls(self._talk.budget.allowance(timeout))
        return reply

    async def log_in(self, way: str, credentials: Credentials) -> Reply:
        if way == COMMAND:
            user, password = credentials.bytes()
            reply = await self._ask(b"USER " + user)
            return await self._ask(b"PASS " + password) if reply.ok else reply
        exchange = exchange_for(way, credentials)
        command, first = f"AUTH {way}".encode(), exchange.first
        if first is not None:
            complete = command + b" " + encoded(first)
            if len(complete) + 2 <= _MAX_COMMAND:
                command, first = complete, None
        reply = await self._ask(command)
        for _ in range(MAX_CHALLENGES):
            if not reply.goes_on:
                if reply.ok and not exchange.proven:
                    return Reply(ServerType.POP3, "-ERR", "", reply.text)
                return reply
            response = answered(exchange, reply.text) if first is None else encoded(first)
            first = None
            reply = await self._ask(response)
        raise NetFailure(Trouble.TOO_LONG, detail="challenges without end")

    async def leave(self) -> Reply | None:
        await self._ask(b"QUIT")
        return None

    async def _ask(self, command: bytes) -> Reply:
        await self._talk.send(command + b"\r\n")
        return await self._answer()

    async def _answer(self) -> Reply:
        self._talk.begin_reply()
        status, _, rest = decoded(await self._talk.line()).partition(" ")
        if status.upper() in {"+OK", "-ERR"}:
            return status_reply(ServerType.POP3, status.upper(), rest)
        if status == "+":
            return Reply(ServerType.POP3, "+", "", rest)
        return Reply(ServerType.POP3, "", "", f"{status} {rest}".strip())
