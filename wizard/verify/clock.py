"""Is this computer's clock wrong? A probe that carries no secret and trusts nobody.

Plain http on purpose: with a wrong clock no certificate looks right. The answer is a clue and
never more than that: whoever sits in between can invent a date.
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from wizard.net.failure import NetFailure
from wizard.net.streams import Connector

_PATIENCE = 3.0
_DATE = re.compile(rb"date:\s*(.{20,40})\Z", re.IGNORECASE)


async def date_elsewhere(connector: Connector, host: str) -> datetime | None:
    """What a web server at `host` takes for the date, None where nobody says."""
    try:
        async with asyncio.timeout(_PATIENCE):
            stream = await connector.connect(host, 80, tls=False, timeout=_PATIENCE)
            try:
                await stream.write(b"HEAD / HTTP/1.1\r\nHost: %s\r\n\r\n" % host.encode("ascii"))
                for _ in range(40):
                    line = await stream.read_line(_PATIENCE, 4096)
                    if match := _DATE.match(line):
                        moment = parsedate_to_datetime(match.group(1).decode("ascii"))
                        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
                    if not line:
                        return None
            finally:
                await stream.close()
    except (NetFailure, TimeoutError, ValueError):  # UnicodeDecodeError is a ValueError
        return None
    return None
