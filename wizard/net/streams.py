"""Lines and bytes over TCP, TLS and STARTTLS.

Everything raises `NetFailure`. The buffer belongs to one security level: `start_tls` refuses to
go on when bytes are left from before, so nothing said in the clear is ever believed afterwards
(RFC 3501 section 11.1, CVE-2011-0411 and its relatives).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from wizard.net.failure import CertificateFacts

MAX_LINE = 64 * 1024


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """A verified TLS session. `version`: `TLSv1.2` or `TLSv1.3`."""

    version: str
    cipher: str
    certificate: CertificateFacts


class Stream(Protocol):
    """One connection. Time-outs are seconds per call."""

    @property
    def peer(self) -> str:
        """The IP address connected to."""
        ...

    @property
    def tls(self) -> TlsFacts | None:
        """None while in the clear."""
        ...

    async def read_line(self, timeout: float, limit: int = MAX_LINE) -> bytes:
        """One line without its CRLF (a lone LF ends a line too)."""
        ...

    async def read_exactly(self, count: int, timeout: float) -> bytes:
        """`count` bytes, as for an IMAP literal."""
        ...

    async def write(self, data: bytes, timeout: float = 20.0) -> None:
        """Sends all of it."""
        ...

    async def start_tls(self, timeout: float = 5.0) -> None:
        """Upgrades with verification of the host name the stream was opened for."""
        ...

    async def close(self) -> None:
        """Closes without waiting for the other side; safe to call twice."""
        ...


class Connector(Protocol):
    """Opens streams: happy eyeballs over all addresses (RFC 8305)."""

    async def connect(self, host: str, port: int, *, tls: bool, timeout: float = 5.0) -> Stream:
        """`tls=True`: TLS at once, verified against trust store and host name; `timeout` holds
        for connecting and again for the handshake."""
        ...
