"""The journeys as pure state machines; knows neither Qt nor the network.

state     where a journey stands, free of secrets
parts     what states are made of once a journey is under way
events    what can happen
effects   what the outside is asked to do
journey   reduce(state, event) -> (state, effects)
returning where the journeys of those who come back part from the main one
diagnosing *Something doesn't work*, from anywhere
publishing what the owner of a domain publishes
steps     the small moves all journeys are made of
services  the outside, as a Protocol; the vault of passwords
driver    carries an effect out with the services and emits the events

What a journey does is loaded with its first event: until then the first page needs only to know
where it stands, and is painted some 80 ms of work sooner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.flow.services import PasswordVault, Services, Side
from wizard.flow.state import Journey, Page, State
from wizard.later import loader

if TYPE_CHECKING:
    from wizard.flow.driver import carry_out
    from wizard.flow.journey import reduce
    from wizard.flow.parts import Delivered, Kept, ProgramRow, RowState
    from wizard.flow.resuming import kept_of

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

if not TYPE_CHECKING:  # else a name that is not there would go unnoticed
    __getattr__ = loader(
        __name__,
        {
            "driver": "carry_out",
            "journey": "reduce",
            "parts": "Delivered Kept ProgramRow RowState",
            "resuming": "kept_of",
        },
    )
