"""The journeys as pure state machines; knows neither Qt nor the network.

state     where a journey stands, free of secrets
events    what can happen
effects   what the outside is asked to do
journey   reduce(state, event) -> (state, effects)
returning where the journeys of those who come back part from the main one
diagnosing *Something doesn't work*, from anywhere
steps     the small moves all journeys are made of
services  the outside, as a Protocol; the vault of passwords
driver    carries an effect out with the services and emits the events

What a journey does is loaded with its first event: until then the first page needs only to know
where it stands, and is painted some 80 ms of work sooner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.flow.services import Delivered, PasswordVault, Services, Side
from wizard.flow.state import Journey, Kept, Page, ProgramRow, RowState, State

if TYPE_CHECKING:
    from wizard.flow.driver import carry_out
    from wizard.flow.journey import reduce
    from wizard.flow.resuming import kept_of

_WITH_THE_FIRST_EVENT = {"carry_out": "driver", "reduce": "journey", "kept_of": "resuming"}

__all__ = [
    "Delivered",
    "Journey",
    "Kept",
    "Page",
    "PasswordVault",
    "ProgramRow",
    "RowState",
    "Services",
    "Side",
    "State",
    "carry_out",
    "kept_of",
    "reduce",
]


def __getattr__(name: str) -> object:
    if name not in _WITH_THE_FIRST_EVENT:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_WITH_THE_FIRST_EVENT[name]}"), name)
