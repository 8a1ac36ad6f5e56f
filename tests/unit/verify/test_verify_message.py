"""The test message, against the embedded provider: sent, seen, taken out again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

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


async def send(provider: DemoProvider, to: Account) -> float | Problem:
    network = provider.network
    host, port = network.resolver
    async with open_network(f"{host}:{port}", network.ca_file, network.port_map) as opened:
        text = ".a line that begins with a dot\n"
        return await send_test_message(to, provider.password, opened, "Test message", text)


def test_it_arrives_and_is_taken_out_again() -> None:
    async def run() -> None:
        async with DemoProvider() as provider:
            inbox = provider.mailbox.find("INBOX")
            assert inbox is not None
            before = len(inbox.messages)
            outcome = await send(provider, account())
            assert isinstance(outcome, float), outcome
            assert outcome >= 0
            assert all(b"begins with a dot" not in letter.raw for letter in inbox.messages.values())
            assert len(inbox.messages) == before

    asyncio.run(run())


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
                outcome = await send_test_message(account(), Secret("no"), opened, "s", "t")
            assert isinstance(outcome, Problem)
            assert outcome.kind is ProblemKind.WRONG_PASSWORD

    asyncio.run(run())
