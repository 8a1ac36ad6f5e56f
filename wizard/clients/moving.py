"""An address or domain changed: what each program needs so that the same mailbox goes on in it."""

from __future__ import annotations

from wizard.clients import registry
from wizard.model import Account, ClientPlan, EmailAddress, Places, Problem, Words

Outcome = tuple[str, str, ClientPlan | Problem]
"""(program, profile, plan or why not)."""


def plan(old: EmailAddress, account: Account, places: Places, words: Words) -> tuple[Outcome, ...]:
    """The programs of this computer that have the old address, then what goes elsewhere."""
    here = registry.detect_all(places)
    elsewhere = [client.id for client in here if not client.profiles]
    elsewhere += [client for client in ("apple", "sheet") if client not in elsewhere]
    return tuple(
        (client, "", registry.files(client, account, words, elsewhere)) for client in elsewhere
    )
