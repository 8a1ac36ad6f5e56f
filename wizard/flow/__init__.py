"""The journeys as pure state machines; knows neither Qt nor the network.

state     where a journey stands, free of secrets
events    what can happen
effects   what the outside is asked to do
journey   reduce(state, event) -> (state, effects)
services  the outside, as a Protocol; the vault of passwords
driver    carries an effect out with the services and emits the events

Each name is loaded with the first use of its module: the first window needs few of them, and a
class costs time to make.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.flow.driver import (
        carry_out as carry_out,
    )
    from wizard.flow.journey import (
        reduce as reduce,
    )
    from wizard.flow.services import (
        Delivered as Delivered,
        PasswordVault as PasswordVault,
        Services as Services,
        Side as Side,
    )
    from wizard.flow.state import (
        Page as Page,
        ProgramRow as ProgramRow,
        RowState as RowState,
        State as State,
    )

_HOMES = {
    "Delivered": "services",
    "Page": "state",
    "PasswordVault": "services",
    "ProgramRow": "state",
    "RowState": "state",
    "Services": "services",
    "Side": "services",
    "State": "state",
    "carry_out": "driver",
    "reduce": "journey",
}

__all__ = [*_HOMES]  # noqa: PLE0604


def __getattr__(name: str) -> object:
    """Loads a name from its module (PEP 562) and keeps it here."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
