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
"""

from wizard.flow.driver import carry_out
from wizard.flow.journey import reduce
from wizard.flow.resuming import kept_of
from wizard.flow.services import Delivered, PasswordVault, Services, Side
from wizard.flow.state import Journey, Kept, Page, ProgramRow, RowState, State

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
