"""Shorthand for verifying against a town of scripted servers."""

from __future__ import annotations

import asyncio

from tests.fakes.scripted import Answers, Script, Server, Town, mail_server
from tests.lab.ca import Certificate
from wizard.model import (
    DEFAULT_PORTS,
    AuthMethod,
    EmailAddress,
    Problem,
    Provider,
    Secret,
    Security,
    ServerSettings,
    ServerType,
    SideFailed,
    SideResult,
    SideVerified,
    Verification,
)
from wizard.verify import Progress, verify

ADDRESS = EmailAddress("anna", "example.net")
PASSWORD = 'pässword {7} "quoted\\'  # all that LOGIN and literals stumble over
TLS, STARTTLS = Security.TLS, Security.STARTTLS
IMAP, POP3, SMTP = ServerType.IMAP, ServerType.POP3, ServerType.SMTP


def settings(
    service: ServerType,
    security: Security = TLS,
    *,
    host: str = "",
    username: str = "anna@example.net",
    guessed: bool = False,
    auth: tuple[AuthMethod, ...] = (AuthMethod.PLAIN,),
) -> ServerSettings:
    """A server of example.net."""
    name = host or f"{service.value}.example.net"
    port = DEFAULT_PORTS[service, security]
    return ServerSettings(service, name, port, security, auth, username, guessed)


def ask(
    town: Town,
    incoming: ServerSettings | None = None,
    outgoing: ServerSettings | None = None,
    *,
    password: str = PASSWORD,
    provider: Provider | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Verifies with the program's own network code."""
    return asyncio.run(
        verify(
            incoming,
            outgoing,
            Secret(password),
            town,
            provider=provider,
            address=ADDRESS,
            progress=progress,
        )
    )


def ask_one(
    town: Town,
    server: ServerSettings,
    script: Script | Answers | None = None,
    *,
    certificate: Certificate | None = None,
    password: str = PASSWORD,
    provider: Provider | None = None,
) -> tuple[SideResult, Server]:
    """Verifies one side alone against one scripted server."""
    if script is None or isinstance(script, Answers):
        script = mail_server(server.type, server.security, script)
    seen = town.serve(server.host, server.port, script, certificate)
    if server.type.is_incoming:
        return ask(town, server, password=password, provider=provider).incoming, seen
    return ask(town, None, server, password=password, provider=provider).outgoing, seen


def problem_of(side: SideResult) -> Problem:
    """The problem of a side that broke."""
    assert isinstance(side, SideFailed), side
    return side.problem


def worked(side: SideResult) -> SideVerified:
    """A side that works."""
    assert isinstance(side, SideVerified), side
    return side
