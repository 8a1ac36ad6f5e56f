"""What goes over the network, in lines for the log: each question with what came of it.

Where nobody listens, nothing is put into words.
"""

from __future__ import annotations

import asyncio
import logging

LOGGER = logging.getLogger("wizard.net")  # heard by the log of `system.log`, which opens "wizard"


def tell(what: str, outcome: object, begun: float) -> None:
    """`begun`: the loop's time when it was asked."""
    if LOGGER.isEnabledFor(logging.DEBUG):
        ms = round((asyncio.get_running_loop().time() - begun) * 1000)
        LOGGER.debug("%s: %s, %d ms", what, outcome, ms)
