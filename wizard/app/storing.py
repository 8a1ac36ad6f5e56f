"""Passwords in Thunderbird's own store: starts our own program again as the one that encrypts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

from wizard.app import STORE_STEP
from wizard.clients import registry, thunderbird_password, thunderbird_store
from wizard.clients.holders import Holder
from wizard.clients.moving import Outcome
from wizard.clients.thunderbird import NOTE_PASSWORD
from wizard.clients.thunderbird_password import Store
from wizard.model import Account, Applied, ClientPlan, PasswordUse, Places, Problem, Secret, Words
from wizard.system.log import LOGGER


def command() -> tuple[str, ...]:
    """Our own program, frozen or not, for the one step."""
    frozen = getattr(sys, "frozen", False)
    return (sys.executable, *(() if frozen else ("-m", "wizard")), STORE_STEP)


def with_offer(plan: ClientPlan, account: Account, places: Places) -> ClientPlan:
    """The plan, marked where a person can be asked whether the program shall have the password."""
    able = thunderbird_password.possible(plan, account, places)
    return replace(plan, can_keep_password=able)


def apply_and_keep(
    plan: ClientPlan, account: Account, secret: Secret, places: Places, words: Words
) -> tuple[Applied | Problem, str]:
    """Carries the plan out; as a word why the store has no password, empty where it has it."""
    store = Store(secret, places, command())
    fresh = thunderbird_store.makes_profile(plan)
    reason = ""
    if not fresh:
        made = thunderbird_password.with_password(plan, account, store)
        if isinstance(made, ClientPlan):
            plan = made
        elif made != "same":
            reason = made
    applied = registry.apply(plan, places)
    if isinstance(applied, Problem):
        return applied, reason or "not-written"
    if fresh:
        reason = thunderbird_store.keep(applied, account, secret, places, store.command)
    LOGGER.info("password into %s: %s", plan.client, reason or "done")
    if reason:
        return applied, reason
    asks = words.text(NOTE_PASSWORD)
    notes = tuple(note for note in plan.notes if note != asks)
    return replace(applied, plan=replace(applied.plan, notes=notes)), ""


def changed(
    holder: Holder, account: Account, secret: Secret, places: Places, words: Words
) -> PasswordUse:
    """A changed password in one Thunderbird."""
    use = thunderbird_password.changed(holder, account, Store(secret, places, command()), words)
    LOGGER.info("password in %s: %s", holder.client, "updated" if use.updated else "left alone")
    return use


def moved(
    outcomes: Sequence[Outcome], secret: Secret, places: Places, words: Words
) -> tuple[Outcome, ...]:
    """The plans of a move, with what Thunderbird's store needs for the new login."""
    return thunderbird_password.moved(outcomes, Store(secret, places, command()), words)
