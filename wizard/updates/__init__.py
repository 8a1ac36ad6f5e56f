"""Is there a newer version? Asked by the person, never by itself.

notice      what a signed notice says, and whether it may be believed
publisher   who announces versions, and where

One https request without cookies or identifiers: whoever serves the notice sees an IP address and
this program's name and version, as with any page. Nothing is downloaded; the answer names a page.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wizard import __version__
from wizard.model.update import Managed, NotKnown, Unanswered, UpdateAnswer
from wizard.updates.notice import judge
from wizard.updates.publisher import NOTICE_URL, PUBLIC_KEYS

if TYPE_CHECKING:
    from wizard.net.http import HttpClient

__all__ = ["managed_by", "newer_version"]


def managed_by(program: Path | None = None) -> str:
    """The package manager that owns this installation, which says so in a file beside the
    program; empty where there is none."""
    frozen = bool(getattr(sys, "frozen", False))
    folder = (program or Path(sys.executable)).resolve().parent if program or frozen else None
    if folder is None:
        return "pip"  # from source, or as a Python package: whoever put it there keeps it new
    try:
        return (folder / "managed-by").read_text(encoding="ascii").strip()[:40]
    except (OSError, ValueError):
        return ""


async def newer_version(
    http: HttpClient,
    *,
    url: str = "",
    keys: Sequence[str] = PUBLIC_KEYS,
    manager: str | None = None,
    now: datetime | None = None,
) -> UpdateAnswer:
    """Reads the notice and judges it. Asks nobody where a package manager owns the installation.

    `url`: another place than the publisher's own; the key stays the publisher's. `manager`: as
    `managed_by` says, if given.
    """
    from wizard.net.http import HttpFailure

    if manager := managed_by() if manager is None else manager:
        return Managed(manager)
    if not keys:
        return NotKnown(Unanswered.NO_PUBLISHER)
    reply = await http.get(url or NOTICE_URL)
    if isinstance(reply, HttpFailure):
        return NotKnown(Unanswered.UNREACHABLE, reply.detail or reply.reason)
    if reply.status != 200:
        return NotKnown(Unanswered.UNREACHABLE, f"HTTP {reply.status}")
    return judge(reply.body, keys, __version__, now or datetime.now(UTC))
