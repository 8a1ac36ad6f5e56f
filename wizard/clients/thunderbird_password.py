"""What becomes of a password in Thunderbird's own store: set up, changed, moved to another login.

    with_password   an account being set up in a profile that is in use already
    changed         the password is another one: logins that had it get the new one
    moved           the login is another one: it takes the place of the old one

Each is a change of `logins.json` (`thunderbird_logins`) beside the plan's others: one back-up, one
undo. A profile that the wizard makes itself has no store yet (`thunderbird_store`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wizard.clients import holders, registry
from wizard.clients.holders import Holder
from wizard.clients.moving import NOTE_PASSWORD, Outcome
from wizard.clients.prefs import Prefs
from wizard.clients.thunderbird_account import uses_password
from wizard.clients.thunderbird_logins import (
    Wish,
    all_logins,
    has_any,
    logins_in,
    mail_logins,
    revised,
    why_not,
)
from wizard.clients.thunderbird_store import makes_profile
from wizard.model import (
    N_,
    Account,
    ClientPlan,
    FileChange,
    How,
    PasswordUse,
    Places,
    Problem,
    ProblemKind,
    Secret,
    Stage,
    Words,
)

_PROTECTED = N_("A primary password protects what it keeps, so only you can change that.")


@dataclass(frozen=True, slots=True)
class Store:
    """What it takes to write one. `command`: starts our own program as `thunderbird_nss.child`."""

    secret: Secret
    places: Places
    command: Sequence[str]

    def change(self, plan: ClientPlan, wish: Wish) -> FileChange | str:
        """See `revised`; for the profile of a plan."""
        if plan.profile is None:
            return "no-store"
        return revised(plan.profile.path, wish, self.secret, self.places, self.command)


def possible(plan: ClientPlan, account: Account, places: Places) -> bool:
    """Whether a person can be offered it. A primary password shows only when it is tried."""
    if plan.client != "thunderbird" or plan.how is not How.CHANGE or plan.profile is None:
        return False
    if not all(uses_password(server) for server in (account.incoming, account.outgoing)):
        return False
    reason = why_not(plan.profile.path, places)
    return not reason or (reason == "no-store" and makes_profile(plan))


def with_password(plan: ClientPlan, account: Account, store: Store) -> ClientPlan | str:
    """The plan with one change more, or as a word why it has none (`same`: nothing is to do)."""
    if not all(uses_password(server) for server in (account.incoming, account.outgoing)):
        return "no-password-login"
    change = store.change(plan, Wish(add=mail_logins(account)))
    if isinstance(change, str):
        return change
    return replace(plan, changes=(*plan.changes, change), unchanged=False)


def changed(holder: Holder, account: Account, store: Store, words: Words) -> PasswordUse:
    """The new password where the old one was; else what the program will do."""
    by_hand = PasswordUse(holder.client, holder.name, False, holders.asks(holder, words))
    wish = Wish(update=all_logins(account))
    profile = holder.profile
    if not has_any(profile.path, wish):
        return replace(by_hand, note=holders.asks_once(words))
    if why_not(profile.path, store.places):
        return by_hand
    if profile.running:
        facts = (("program", holder.name), ("path", str(profile.path)))
        return replace(
            by_hand, problem=Problem(ProblemKind.PROGRAM_RUNNING, Stage.CLIENT, facts=facts)
        )
    plan = ClientPlan(holder.client, holder.name, How.CHANGE, str(account.address), profile=profile)
    match store.change(plan, wish):
        case FileChange() as change:
            outcome = registry.apply(replace(plan, changes=(change,)), store.places)
            if isinstance(outcome, Problem):
                return replace(by_hand, problem=outcome)
            has_it = replace(by_hand, updated=True, note=holders.has_it(words))
            return replace(has_it, change_id=outcome.change_id)
        case "same":
            return replace(by_hand, updated=True, note=holders.has_it(words))
        case "none":
            return replace(by_hand, note=holders.asks_once(words))
        case "primary-password":
            return replace(by_hand, note=f"{words.text(_PROTECTED)} {by_hand.note}")
        case _:
            return by_hand


def moved(outcomes: Sequence[Outcome], store: Store, words: Words) -> tuple[Outcome, ...]:
    """The same outcomes; what Thunderbird kept for the old login goes to the new one."""
    return tuple(
        (client, profile, _moved(plan, store, words))
        if client == "thunderbird" and isinstance(plan, ClientPlan)
        else (client, profile, plan)
        for client, profile, plan in outcomes
    )


def _moved(plan: ClientPlan, store: Store, words: Words) -> ClientPlan:
    more: list[FileChange] = []
    asks = False
    for file in plan.changes:
        if file.path.name != "prefs.js":
            continue
        before, after = (logins_in(Prefs.parse(text or b"")) for text in (file.before, file.after))
        old = tuple(login for login in before if login not in after)
        new = tuple(login for login in after if login not in before)
        wish = Wish(add=new, drop=old, needs=old)
        profile = file.path.parent
        change: FileChange | str = "none"
        if old and has_any(profile, wish):
            change = revised(profile, wish, store.secret, store.places, store.command)
        if isinstance(change, FileChange):
            more.append(change)
        elif old:
            asks = True
    if not more:
        return plan
    said = words.text(NOTE_PASSWORD)
    notes = tuple(note for note in plan.notes if asks or note != said)
    return replace(plan, changes=(*plan.changes, *more), notes=notes)
