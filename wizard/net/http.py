"""https requests for discovery: no credentials, no cookies, hard limits.

Response = HttpReply | HttpFailure
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from wizard.net.failure import NetFailure

MAX_BODY = 64 * 1024
MAX_REDIRECTS = 3


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A complete reply, whatever its status. `url`: where it came from after redirects.

    `redirects`: URLs passed on the way, the first one asked included. `headers`: lower-case names.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    redirects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HttpFailure:
    """No usable reply. `reason`: `network`, `too-large`, `too-slow`, `redirect-refused`,
    `too-many-redirects`, `bad-url`, `malformed`. `cause` is set for `network`."""

    url: str
    reason: str
    detail: str = ""
    cause: NetFailure | None = None


class HttpClient(Protocol):
    """Connections are reused within a run. Only https; redirects to http, to private, loopback
    or link-local addresses, or beyond three are refused. `follow=False` returns the 3xx itself."""

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, follow: bool = True
    ) -> HttpReply | HttpFailure: ...

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
    ) -> HttpReply | HttpFailure: ...

    async def aclose(self) -> None: ...
