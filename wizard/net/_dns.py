"""Sockets for the DNS library. Loaded with the first question."""

from __future__ import annotations

# dnspython exports no name for this class (2.9, 2026-11).
from dns._asyncio_backend import Backend


class ConnectedSockets(Backend):
    """asyncio's sockets, but UDP is connected: a name server that is not there, or a network
    that is down, is then heard of at once instead of after a time-out."""

    def datagram_connection_required(self) -> bool:
        return True
