"""The test message, against the embedded provider: sent, seen, taken out again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.fakes.scripted import Talk, Town
from tests.unit.verify.asking import IMAP, SMTP, settings
from wizard.demo import DemoProvider
from wizard.model import (
    Account,
    AuthMethod,
    EmailAddress,
    Problem,
    ProblemKind,
    Provider,
    Secret,
    Security,
    ServerSettings,
    ServerType,
)
from wizard.net import open_network
from wizard.verify import send_test_message
from wizard.verify.message import Arrival

ADDRESS = EmailAddress("anna", "demo.example")


def account() -> Account:
    def server(kind: ServerType, host: str, port: int) -> ServerSettings:
        auth = (AuthMethod.PLAIN,)
        return ServerSettings(kind, host, port, Security.TLS, auth, str(ADDRESS))

    return Account(
        ADDRESS,
        "Anna",
        Provider("Demo"),
        server(ServerType.IMAP, "imap.demo.example", 993),
        server(ServerType.SMTP, "smtp.demo.example", 465),
    )


async def send(provider: DemoProvider, to: Account, *, delete: bool = True) -> Arrival | Problem:
    network = provider.network
    host, port = network.resolver
    async with open_network(f"{host}:{port}", network.ca_file, network.port_map) as opened:
        text = ".a line that begins with a dot\n"
        return await send_test_message(
            to, provider.password, opened, "Test message", text, delete=delete
        )


def test_it_arrives_and_is_taken_out_again() -> None:
    async def run() -> None:
        async with DemoProvider() as provider:
            inbox = provider.mailbox.find("INBOX")
            assert inbox is not None
            before = len(inbox.messages)
            outcome = await send(provider, account())
            assert isinstance(outcome, Arrival), outcome
            assert outcome.seconds >= 0
            assert outcome.deleted
            assert all(b"begins with a dot" not in letter.raw for letter in inbox.messages.values())
            assert len(inbox.messages) == before

    asyncio.run(run())


def test_without_consent_it_stays() -> None:
    async def run() -> None:
        async with DemoProvider() as provider:
            inbox = provider.mailbox.find("INBOX")
            assert inbox is not None
            before = len(inbox.messages)
            outcome = await send(provider, account(), delete=False)
            assert isinstance(outcome, Arrival), outcome
            assert not outcome.deleted
            assert len(inbox.messages) == before + 1

    asyncio.run(run())


HEADER = (
    "Authentication-Results: mx.example.net;\r\n\tspf=pass smtp.mailfrom=anna@example.net;\r\n"
    " dkim=none\r\nAuthentication-Results: forged.example; spf=pass\r\n\r\n"
)


@pytest.mark.parametrize("words", ["IMAP4rev1 UIDPLUS IDLE", "IMAP4rev1"])
@pytest.mark.parametrize("header", [HEADER, "\r\n"])
def test_it_is_waited_for_and_what_the_server_noted_is_shown(
    town: Town, words: str, header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that tells (IDLE) and one that has to be asked; one that deletes one message and one
    that could only delete all."""
    monkeypatch.setattr("wizard.verify.message.PAUSE", 0.01)
    searches: list[str] = []

    def imap(talk: Talk) -> None:
        talk.start_tls()
        talk.say(f"* OK [CAPABILITY {words} SASL-IR AUTH=PLAIN] ready")
        deleted = False
        while True:
            tag, _, line = talk.line().partition(" ")
            if line.startswith("UID SEARCH"):
                searches.append(line)
                talk.say("* SEARCH 7" if len(searches) > 1 else "* SEARCH")
            elif line.startswith("IDLE"):
                talk.say("+ idling", "* 4 EXISTS")
                assert talk.line() == "DONE"
            elif "HEADER.FIELDS" in line:
                talk.say(f"* 4 FETCH (UID 7 BODY[HEADER.FIELDS (X)] {{{len(header)}}}\r\n{header})")
            elif line.startswith("UID EXPUNGE 7"):
                deleted = True
            elif line == "UID FETCH 7 (UID)" and not deleted:
                talk.say("* 4 FETCH (UID 7)")
            assert line != "EXPUNGE"
            talk.say(f"{tag} OK done")

    def smtp(talk: Talk) -> None:
        talk.start_tls()
        talk.say("220 ready")
        in_message = False
        while True:
            line = talk.line()
            if in_message:
                in_message = line != "."
                if in_message:
                    continue
            if line.startswith("EHLO"):
                talk.say("250-x", "250 AUTH PLAIN")
            elif line == "DATA":
                in_message = True
                talk.say("354 go on")
            else:
                talk.say("235 in" if line.startswith("AUTH") else "250 ok")

    seen = town.serve("imap.example.net", 993, imap)
    town.serve("smtp.example.net", 465, smtp)
    town_account = replace(account(), incoming=settings(IMAP), outgoing=settings(SMTP))
    outcome = asyncio.run(
        send_test_message(town_account, Secret("x"), town, "subject", "text", delete=True)
    )
    assert isinstance(outcome, Arrival), outcome
    assert outcome.deleted is ("UIDPLUS" in words)
    expected = "mx.example.net; spf=pass smtp.mailfrom=anna@example.net; dkim=none"
    assert outcome.authentication_results == (expected if header is HEADER else "")
    assert seen.count("IDLE") == ("IDLE" in words)


def test_a_refused_recipient_is_named() -> None:
    async def run() -> None:
        async with DemoProvider() as provider:
            other = replace(account(), address=EmailAddress("ben", "elsewhere.example"))
            outcome = await send(provider, other)
            assert isinstance(outcome, Problem)
            assert outcome.kind is not ProblemKind.WRONG_PASSWORD
            assert outcome.server_said

    asyncio.run(run())


def test_a_wrong_password_is_told_before_anything_is_sent() -> None:
    async def run() -> None:
        async with DemoProvider() as provider:
            network = provider.network
            host, port = network.resolver
            async with open_network(f"{host}:{port}", network.ca_file, network.port_map) as opened:
                outcome = await send_test_message(
                    account(), Secret("no"), opened, "s", "t", delete=True
                )
            assert isinstance(outcome, Problem)
            assert outcome.kind is ProblemKind.WRONG_PASSWORD

    asyncio.run(run())
