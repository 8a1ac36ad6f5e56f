"""The journeys' events and effects for those who are there before the first of them.

`ev` and `do` are `wizard.flow.events` and `wizard.flow.effects`, loaded when something in them is
first asked for: making their classes takes longer than painting the first page. `load` fetches all
that belongs to journeys; the window calls it in a thread once it was painted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.later import Module

if TYPE_CHECKING:
    from wizard.flow import effects as do
    from wizard.flow import events as ev

__all__ = ["do", "ev", "load"]


if not TYPE_CHECKING:
    do = Module("wizard.flow.effects")
    ev = Module("wizard.flow.events")


def load() -> None:
    """Everything a journey needs."""
    from wizard.flow import driver, journey, resuming, telling  # noqa: F401  loading them is the point
