"""Proving a guessed server: is it there, encrypted, genuine, and does it speak the protocol?

A probe is a verified TLS handshake plus the greeting; for sending also EHLO, since only a server
that offers AUTH takes mail from its users. No credentials, no address, nothing said in the clear
is kept.
Sources: RFC 9051 (IMAP), RFC 1939 and 2595 (POP3), RFC 5321, 3207 and 4954 (SMTP).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from wizard.model import AuthMethod, Security, ServerType
from wizard.net.failure import NetFailure, Trouble
from wizard.net.streams import Connector, Stream

MAX_LINES = 64
_LINE = 2048
_EHLO = b"EHLO [127.0.0.1]\r\n"  # RFC 5321 section 4.1.3: this host's name stays private

_MECHANISMS = {
    "PLAIN": AuthMethod.PLAIN,
    "LOGIN": AuthMethod.PLAIN,
    "SCRAM-SHA-256": AuthMethod.SCRAM_SHA_256,
    "SCRAM-SHA-256-PLUS": AuthMethod.SCRAM_SHA_256,
    "CRAM-MD5": AuthMethod.CRAM_MD5,
    "NTLM": AuthMethod.NTLM,
    "GSSAPI": AuthMethod.GSSAPI,
    "XOAUTH2": AuthMethod.OAUTH2,
    "OAUTHBEARER": AuthMethod.OAUTH2,
}


@dataclass(frozen=True, slots=True)
class Proof:
    """A server that was there. `auth` is empty where it said nothing about logins."""

    auth: tuple[AuthMethod, ...] = ()
    tls_version: str = ""
    valid_until: str = ""


@dataclass(frozen=True, slots=True)
class Disproof:
    """Something else was there. `reason`: `other-protocol`, `no-starttls`, `no-login`."""

    reason: str


async def prove(
    connector: Connector,
    kind: ServerType,
    host: str,
    port: int,
    security: Security,
    *,
    connect_timeout: float,
    reply_timeout: float,
) -> Proof | Disproof:
    """Opens one connection and closes it again. Raises `NetFailure`.

    `connect_timeout`: seconds for connecting and again for the handshake; `reply_timeout`: for
    every answer.
    """
    assert security is not Security.PLAIN
    implicit = security is Security.TLS
    stream = await connector.connect(host, port, tls=implicit, timeout=connect_timeout)
    try:
        dialogue = _Dialogue(stream, connect_timeout, reply_timeout)
        match kind:
            case ServerType.IMAP:
                return await _imap(dialogue, implicit)
            case ServerType.POP3:
                return await _pop3(dialogue, implicit)
            case ServerType.SMTP:
                return await _smtp(dialogue, implicit)
            case _:
                assert_never(kind)
    finally:
        await stream.close()


class _Dialogue:
    """A stream with its time-outs."""

    def __init__(self, stream: Stream, handshake: float, reply: float) -> None:
        self.stream = stream
        self._handshake = handshake
        self._timeout = reply

    async def line(self) -> str:
        return (await self.stream.read_line(self._timeout, _LINE)).decode("ascii", "replace")

    async def say(self, command: bytes) -> None:
        await self.stream.write(command, self._timeout)

    async def start_tls(self) -> None:
        await self.stream.start_tls(self._handshake)

    async def leave(self, command: bytes) -> None:
        """Says goodbye; nobody waits for the answer."""
        with contextlib.suppress(NetFailure):
            await self.say(command)

    def proof(self, auth: tuple[AuthMethod, ...]) -> Proof:
        facts = self.stream.tls
        if facts is None:
            raise NetFailure(Trouble.TLS_OTHER, detail="no TLS session")
        until = facts.certificate.not_after
        return Proof(auth, facts.version, until.date().isoformat() if until else "")


async def _imap(dialogue: _Dialogue, implicit: bool) -> Proof | Disproof:
    greeting = await dialogue.line()
    if not greeting.upper().startswith("* OK"):
        return Disproof("other-protocol")
    if implicit:
        await dialogue.leave(b"a LOGOUT\r\n")
        return dialogue.proof(_imap_auth(greeting))
    await dialogue.say(b"a STARTTLS\r\n")
    for _ in range(MAX_LINES):
        line = await dialogue.line()
        if line.upper().startswith("A "):
            break
    else:
        return Disproof("other-protocol")
    if not line.upper().startswith("A OK"):
        return Disproof("no-starttls")
    await dialogue.start_tls()
    await dialogue.leave(b"b LOGOUT\r\n")
    return dialogue.proof(())  # what the greeting said in the clear is forgotten


def _imap_auth(greeting: str) -> tuple[AuthMethod, ...]:
    """Login methods of a greeting with `[CAPABILITY …]`, none where it has no such code."""
    _, found, rest = greeting.upper().partition("[CAPABILITY ")
    if not found:
        return ()
    capabilities = rest.partition("]")[0].split()
    mechanisms = [word[5:] for word in capabilities if word.startswith("AUTH=")]
    if "LOGINDISABLED" not in capabilities:
        mechanisms.append("LOGIN")
    return _methods(mechanisms)


async def _pop3(dialogue: _Dialogue, implicit: bool) -> Proof | Disproof:
    if not (await dialogue.line()).upper().startswith("+OK"):
        return Disproof("other-protocol")
    if not implicit:
        await dialogue.say(b"STLS\r\n")
        if not (await dialogue.line()).upper().startswith("+OK"):
            return Disproof("no-starttls")
        await dialogue.start_tls()
    await dialogue.leave(b"QUIT\r\n")
    return dialogue.proof(())


async def _smtp(dialogue: _Dialogue, implicit: bool) -> Proof | Disproof:
    if await _smtp_reply(dialogue, "220") is None:
        return Disproof("other-protocol")
    extensions = await _ehlo(dialogue)
    if extensions is None:
        return Disproof("other-protocol")
    if not implicit:
        if not any(line.split()[:1] == ["STARTTLS"] for line in extensions):
            return Disproof("no-starttls")
        await dialogue.say(b"STARTTLS\r\n")
        if await _smtp_reply(dialogue, "220") is None:
            return Disproof("no-starttls")
        await dialogue.start_tls()
        extensions = await _ehlo(dialogue)
        if extensions is None:
            return Disproof("other-protocol")
    await dialogue.leave(b"QUIT\r\n")
    offered = [line.replace("=", " ", 1).split() for line in extensions]
    logins = [words[1:] for words in offered if words[:1] == ["AUTH"]]
    if not logins:
        return Disproof("no-login")  # a mail exchanger, not a submission server
    return dialogue.proof(_methods(word for words in logins for word in words))


async def _ehlo(dialogue: _Dialogue) -> list[str] | None:
    await dialogue.say(_EHLO)
    lines = await _smtp_reply(dialogue, "250")
    return None if lines is None else [line.upper() for line in lines]


async def _smtp_reply(dialogue: _Dialogue, code: str) -> list[str] | None:
    """The texts of a reply with that code, None for any other reply."""
    lines = []
    for _ in range(MAX_LINES):
        line = await dialogue.line()
        if not line.startswith(code):
            return None
        lines.append(line[4:].strip())
        if line[3:4] != "-":
            return lines
    return None


def _methods(mechanisms: Iterable[str]) -> tuple[AuthMethod, ...]:
    return tuple(dict.fromkeys(_MECHANISMS[word] for word in mechanisms if word in _MECHANISMS))
