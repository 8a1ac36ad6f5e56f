"""The test message: sent to oneself, seen in the inbox, taken out again.

Works over IMAP; a POP3 mailbox can't be watched without fetching it.
"""

from __future__ import annotations

import asyncio
import secrets
import time
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
from wizard.verify.text import Blackout
from wizard.verify.verification import Network, prepared_password

WAIT = 45.0
"""Seconds until a message that did not come counts as late (greylisting takes longer)."""
PAUSE = 1.0
"""Seconds between two looks into the inbox."""


async def send_test_message(
    account: Account, password: Secret, network: Network, subject: str, text: str
) -> float | Problem:
    """Sends a message to the account's own address and waits for it; seconds until it was seen.

    It is deleted again once seen. Two logins in all, one per server, both with settings that were
    verified before.
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
        return await _await_message(inbox, identifier, began)
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


async def _await_message(ready: Ready, identifier: str, began: float) -> float | Problem:
    """Looks into the inbox until the message is there; seconds since `began`."""
    talk = Talk(ready.stream, ready.task.budget)
    count = 0

    async def ask(command: str) -> list[str]:
        """The untagged lines of one command's answer."""
        nonlocal count
        count += 1
        tag = f"t{count}"
        await talk.send(f"{tag} {command}\r\n".encode())
        talk.begin_reply()
        lines: list[str] = []
        while True:
            line = (await talk.line()).decode("utf-8", "replace")
            if line.startswith(f"{tag} "):
                return lines
            lines.append(line)

    await ask("SELECT INBOX")
    while time.monotonic() - began < WAIT:
        found = await ask(f'UID SEARCH HEADER Message-ID "{identifier}"')
        uids = [line.split()[2:] for line in found if line.upper().startswith("* SEARCH")]
        if uid := next((words[0] for words in uids if words and words[0].isdigit()), ""):
            seconds = time.monotonic() - began
            await ask(f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)")
            # Without UIDPLUS a plain EXPUNGE would take other people's deleted messages along.
            words = {word.upper() for word in ready.dialogue.offer.words}
            if "UIDPLUS" in words:
                await ask(f"UID EXPUNGE {uid}")
            await ask("LOGOUT")
            return seconds
        await asyncio.sleep(PAUSE)
        await ask("NOOP")
    server = ready.task.server
    return Problem(ProblemKind.GREYLISTED, Stage.MESSAGE, ServerType.IMAP, server.host, server.port)
