"""Published settings that contradict themselves are tried before they are trusted.

Files in the wild say "SSL" for port 587, or give POP3 on port 993 (seen 2026). A server whose
port is registered for another mode or protocol is probed both ways; what answers is taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from wizard.discovery.offer import Query
from wizard.discovery.probe import Proof, prove
from wizard.model import (
    DEFAULT_PORTS,
    Evidence,
    Security,
    ServerSettings,
    Source,
    Trust,
)
from wizard.net.failure import NetFailure

CONNECT_TIMEOUT = 2.0
REPLY_TIMEOUT = 2.0


def is_odd(server: ServerSettings) -> bool:
    """True where the port is registered for another protocol or another kind of encryption."""
    own = (server.type, server.security)
    return any(port == server.port and key != own for key, port in DEFAULT_PORTS.items())


async def settle(query: Query, servers: Sequence[ServerSettings]) -> tuple[ServerSettings, ...]:
    """The candidates of one side; an odd first one is proven, corrected, or moved to the end.

    Where nothing can be proven and nothing else is there, the published word stands.
    """
    if not servers or not is_odd(servers[0]):
        return tuple(servers)
    odd, *others = servers
    modes = (odd.security, _other(odd.security))
    proofs = await asyncio.gather(*(_proven(query, odd, mode) for mode in modes))
    for mode, proven in zip(modes, proofs, strict=True):
        if proven:
            return (odd if mode is odd.security else _corrected(query, odd, mode), *others)
    return (*others, odd)


async def _proven(query: Query, server: ServerSettings, mode: Security) -> bool:
    try:
        outcome = await prove(
            query.connector,
            server.type,
            server.host,
            server.port,
            mode,
            connect_timeout=CONNECT_TIMEOUT,
            reply_timeout=REPLY_TIMEOUT,
        )
    except NetFailure:
        return False
    return isinstance(outcome, Proof)


def _corrected(query: Query, server: ServerSettings, mode: Security) -> ServerSettings:
    """The server in the mode that works; the old evidence no longer vouches for the mode."""
    kept = tuple(
        replace(item, fields=tuple(name for name in item.fields if name != "security"))
        for item in server.evidence
    )
    detail = f"{server.host}:{server.port} answers {mode.value}, not {server.security.value}"
    proof = Evidence(
        Source.GUESS, ("security",), detail, Trust.CONSENT, "tls-handshake", query.ms()
    )
    return replace(server, security=mode, evidence=(*kept, proof))


def _other(security: Security) -> Security:
    return Security.STARTTLS if security is Security.TLS else Security.TLS
