"""The test message: sent to oneself, seen in the inbox, taken out again.

Works over IMAP; a POP3 mailbox can't be watched without fetching it.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from wizard.model import (
    Account,
    Problem,
    ProblemKind,
    Secret,
    ServerSettings,
    ServerType,
    Stage,
)
from wizard.net.failure import NetFailure
from wizard.net.streams import Connector
from wizard.verify.classify import refusal
from wizard.verify.failures import from_failure
from wizard.verify.ladder import Log, Ready, Task, climb
from wizard.verify.reply import Reply
from wizard.verify.smtp import Smtp
from wizard.verify.talk import Budget, Talk
from wizard.verify.text import Blackout, cleaned
from wizard.verify.verification import Network, prepared_password

WAIT = 45.0
"""Seconds until a message that did not come counts as late (greylisting takes longer)."""
PAUSE = 1.0
"""Seconds between two looks into the inbox, where the server does not tell."""
IDLE_TIME = 10.0
"""Seconds until we look all the same: some servers promise IDLE and say nothing."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """The message was seen. `seconds`: from handing it in. `authentication_results`: the receiving
    server's header of that name, empty where it writes none. `deleted`: it is gone again."""

    seconds: float
    authentication_results: str = ""
    deleted: bool = False


async def send_test_message(
    account: Account,
    password: Secret,
    network: Network,
    subject: str,
    text: str,
    *,
    delete: bool,
) -> Arrival | Problem:
    """Sends a message to the account's own address and waits for it, at most `WAIT` seconds.

    `delete`: the person agreed that it is taken out of the inbox again. Two logins
    in all, one per server, both with settings that were verified before.
    """
    password = prepared_password(password, account.provider)
    blackout = Blackout(password, (account.incoming.username, account.outgoing.username))
    identifier = f"<{secrets.token_hex(12)}@{account.address.domain}>"
    message = EmailMessage(policy=SMTP)
    message["From"] = message["To"] = str(account.address)
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = identifier
    message.set_content(text)
    began = time.monotonic()
    inbox = await _open(account, account.incoming, password, blackout, network.connector)
    if isinstance(inbox, Problem):
        return inbox
    try:
        refused = await _send(account, message.as_bytes(), password, blackout, network.connector)
        if refused is not None:
            return refused
        return await _await_message(inbox, identifier, began, delete=delete)
    except NetFailure as failure:
        return from_failure(failure, Stage.MESSAGE, account.incoming)
    finally:
        await inbox.close()


async def _open(
    account: Account,
    server: ServerSettings,
    password: Secret,
    blackout: Blackout,
    connector: Connector,
) -> Ready | Problem:
    """A connection that is logged in."""
    log = Log(lambda rung: None)
    task = Task(server, connector, log, Budget(WAIT + 30), account.provider, account.address)
    ready = await climb(task)
    if isinstance(ready, Problem):
        return ready
    outcome = await ready.attempt(server, password, blackout)
    if isinstance(outcome, Problem):
        await ready.close()
        return outcome
    return ready


async def _send(
    account: Account, data: bytes, password: Secret, blackout: Blackout, connector: Connector
) -> Problem | None:
    """Hands the message in (RFC 5321); a problem where the server does not take it."""
    opened = await _open(account, account.outgoing, password, blackout, connector)
    if isinstance(opened, Problem):
        return opened
    try:
        smtp = opened.dialogue
        assert isinstance(smtp, Smtp)
        address = str(account.address).encode()
        # RFC 5321 section 4.5.2: a line that begins with a dot gets another one.
        stuffed = data.replace(b"\r\n.", b"\r\n..")
        end = b"." if stuffed.endswith(b"\r\n") else b"\r\n."
        commands = (b"MAIL FROM:<" + address + b">", b"RCPT TO:<" + address + b">", b"DATA")
        for command in (*commands, stuffed + end):
            reply = await smtp.ask(command)
            if not (reply.ok or reply.status.startswith("3")):
                return _refused(opened, reply, blackout)
        await opened.farewell(blackout)
    except NetFailure as failure:
        return from_failure(failure, Stage.MESSAGE, account.outgoing)
    finally:
        await opened.close()
    return None


def _refused(ready: Ready, reply: Reply, blackout: Blackout) -> Problem:
    task = ready.task
    return refusal(
        reply,
        Stage.MESSAGE,
        host=task.server.host,
        port=task.server.port,
        provider=task.provider,
        blackout=blackout,
    )


class _Inbox:
    """The inbox of a connection that is logged in, as far as a test message needs it."""

    def __init__(self, ready: Ready) -> None:
        self._talk = Talk(ready.stream, ready.task.budget)
        self._words = {word.upper() for word in ready.dialogue.offer.words}
        self._count = 0

    async def ask(self, command: str) -> list[str]:
        """The untagged lines of one command's answer, literals in their place."""
        tag = await self._send(command)
        self._talk.begin_reply()
        lines: list[str] = []
        while not (line := await self._line()).startswith(f"{tag} "):
            lines.append(line)
        return lines

    async def find(self, identifier: str) -> str:
        """The UID of the message, empty where it is not there yet."""
        found = await self.ask(f'UID SEARCH HEADER Message-ID "{identifier}"')
        hits = [line.split()[2:] for line in found if line.upper().startswith("* SEARCH")]
        return next((words[0] for words in hits if words and words[0].isdigit()), "")

    async def news(self, seconds: float) -> None:
        """Waits until something may have come: told by the server where it can (IDLE, RFC 2177),
        else for a moment."""
        if "IDLE" not in self._words:
            await asyncio.sleep(min(PAUSE, seconds))
            await self.ask("NOOP")
            return
        tag = await self._send("IDLE")
        self._talk.begin_reply()
        try:
            async with asyncio.timeout(min(IDLE_TIME, seconds)):
                while not re.match(r"\* \d+ (EXISTS|RECENT)", await self._line()):
                    pass
        except TimeoutError:
            pass
        await self._talk.send(b"DONE\r\n")
        while not (await self._line()).startswith(f"{tag} "):
            pass

    async def authentication_results(self, uid: str) -> str:
        """What the receiving server noted about SPF, DKIM and DMARC: the topmost such header, for
        those below it came with the message (RFC 8601 section 5)."""
        lines = await self.ask(
            f"UID FETCH {uid} (BODY.PEEK[HEADER.FIELDS (AUTHENTICATION-RESULTS)])"
        )
        headers = "\n".join(lines).replace("\r\n", "\n")
        match = re.search(
            r"^Authentication-Results:((?:[^\n]|\n[ \t])*)", headers, re.IGNORECASE | re.MULTILINE
        )
        return cleaned(match.group(1)) if match else ""

    async def delete(self, uid: str) -> bool:
        """Takes the message out again. Without UIDPLUS it stays, marked as deleted: a plain EXPUNGE
        would take other messages along."""
        await self.ask(f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)")
        if "UIDPLUS" not in self._words:
            return False
        await self.ask(f"UID EXPUNGE {uid}")
        return not await self.ask(f"UID FETCH {uid} (UID)")

    async def _send(self, command: str) -> str:
        self._count += 1
        tag = f"t{self._count}"
        await self._talk.send(f"{tag} {command}\r\n".encode())
        return tag

    async def _line(self) -> str:
        line = await self._talk.line()
        parts = [line]
        while match := re.search(rb"\{(\d{1,10})\}\Z", line):
            parts += [b"\n", await self._talk.literal(int(match.group(1)))]
            line = await self._talk.line()
            parts.append(line)
        return b"".join(parts).decode("utf-8", "replace")


async def _await_message(
    ready: Ready, identifier: str, began: float, *, delete: bool
) -> Arrival | Problem:
    """Watches the inbox until the message is there."""
    inbox = _Inbox(ready)
    await inbox.ask("SELECT INBOX")
    while (left := began + WAIT - time.monotonic()) > 0:
        if uid := await inbox.find(identifier):
            seconds = time.monotonic() - began
            results = await inbox.authentication_results(uid)
            deleted = await inbox.delete(uid) if delete else False
            await inbox.ask("LOGOUT")
            return Arrival(seconds, results, deleted)
        await inbox.news(left)
    server = ready.task.server
    return Problem(ProblemKind.GREYLISTED, Stage.MESSAGE, ServerType.IMAP, server.host, server.port)
