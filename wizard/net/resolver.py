"""DNS questions and answers.

Answer
├── Records      at least one record
├── NoRecords    the name exists, not with this type (NODATA)
├── NoSuchName   NXDOMAIN
└── NoAnswer     the question could not be answered (time-out, SERVFAIL, no network)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

RecordType = Literal["A", "AAAA", "MX", "SRV", "TXT", "PTR", "CNAME"]


@dataclass(frozen=True, slots=True)
class Mx:
    """RFC 1035 section 3.3.9. `host` is A-labels without final dot; empty for a null MX."""

    preference: int
    host: str


@dataclass(frozen=True, slots=True)
class Srv:
    """RFC 2782. `target` empty means: the service is decidedly not offered."""

    priority: int
    weight: int
    port: int
    target: str


T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Records(Generic[T_co]):
    """`values` in the server's order; TXT strings are joined. `authentic`: DNSSEC-validated by a
    resolver that can be trusted to say so (AD flag from loopback)."""

    name: str
    values: tuple[T_co, ...]
    authentic: bool = False


@dataclass(frozen=True, slots=True)
class NoRecords:
    """NODATA. `authentic`: its absence is proven."""

    name: str
    authentic: bool = False


@dataclass(frozen=True, slots=True)
class NoSuchName:
    """NXDOMAIN."""

    name: str
    authentic: bool = False


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """`reason`: `timeout`, `servfail`, `refused`, `offline`, `malformed`."""

    name: str
    reason: str


Empty = NoRecords | NoSuchName | NoAnswer


class Resolver(Protocol):
    """One per run: equal questions share one answer, also while it is under way."""

    async def mx(self, name: str) -> Records[Mx] | Empty:
        """Mail exchangers, lowest preference first."""
        ...

    async def srv(self, name: str) -> Records[Srv] | Empty:
        """Services, lowest priority first, within one priority drawn by weight (RFC 2782)."""
        ...

    async def txt(self, name: str) -> Records[str] | Empty:
        """Text records, the strings of each joined."""
        ...

    async def ptr(self, address: str) -> Records[str] | Empty:
        """Names of an IP address."""
        ...

    async def addresses(self, host: str) -> Records[str] | Empty:
        """IPv6 and IPv4 addresses of a host, both asked at once, interleaved IPv6 first
        (RFC 8305 section 4). IP literals are answered as they are."""
        ...
