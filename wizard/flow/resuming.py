"""What of a journey outlives the program, and how it goes on after a crash. Pure.

Kept are the address, the name and the settings once they are agreed on: what was cheap to find
again need not be kept, and a password never is, so carrying on asks for it again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from wizard.flow.parts import Kept
from wizard.flow.state import Journey, Page, State
from wizard.model import Account, EmailAddress, Found, Provider, parse_address
from wizard.model.document import SettingsFile, account_json, read_settings

_FOUND_OUT = frozenset({Page.PASSWORD, Page.PROGRAMS, Page.APPLYING})
_UNDER_WAY = _FOUND_OUT | {Page.SEARCHING, Page.FOUND, Page.MANUAL}


def kept_of(state: State) -> Kept | None:
    """What to keep of this state; None where there is nothing (left) to carry on with."""
    if state.journey is not Journey.SETUP or state.address is None or state.page not in _UNDER_WAY:
        return None
    account = state.account if state.page in _FOUND_OUT else None
    if account is not None:
        account = replace(account, tested_at=None)  # tested means: with a password nobody keeps
    return Kept(state.address, state.name, account)


def document(kept: Kept | None) -> str:
    """As text for a file; empty for nothing."""
    if kept is None:
        return ""
    settings = account_json(kept.account) if kept.account is not None else None
    return json.dumps({"address": str(kept.address), "name": kept.name, "settings": settings})


def read(text: str) -> Kept | None:
    """The way back; None for whatever is not, or no longer, understood."""
    try:
        top = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(top, dict):
        return None
    address = parse_address(str(top.get("address", "")))
    if not isinstance(address, EmailAddress):
        return None
    settings = top.get("settings")
    parsed = read_settings(json.dumps(settings), address) if settings else None
    account = _account(address, parsed) if isinstance(parsed, SettingsFile) else None
    return Kept(address, str(top.get("name", "")), account)


def _account(address: EmailAddress, settings: SettingsFile) -> Account | None:
    if not settings.incoming or not settings.outgoing:
        return None
    return Account(
        address=address,
        name=settings.name,
        provider=settings.provider,
        incoming=settings.incoming[0],
        outgoing=settings.outgoing[0],
        services=settings.services,
        tested_at=None,
    )


@dataclass(frozen=True, slots=True)
class Resumed:
    """`state`: where it goes on. `search`: True where the settings are to be found again first."""

    state: State
    search: bool


def resume(state: State, kept: Kept) -> Resumed:
    """Where the kept journey goes on: at the password, else with the search."""
    fresh = State(
        revision=state.revision,
        known=state.known,
        name=kept.name,
        text=str(kept.address),
        address=kept.address,
    )
    account = kept.account
    if account is None:
        return Resumed(fresh, True)
    found = Found(
        kept.address,
        account.provider or Provider(""),
        (account.incoming,),
        (account.outgoing,),
        account.services,
    )
    return Resumed(
        replace(
            fresh,
            page=Page.PASSWORD,
            history=(Page.ADDRESS, Page.FOUND),
            result=found,
            provider=found.provider,
            incoming=account.incoming,
            outgoing=account.outgoing,
            services=account.services,
            consented=True,  # it was given before the password was asked for
        ),
        False,
    )
