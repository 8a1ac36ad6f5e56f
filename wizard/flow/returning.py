"""The journeys of those who come back: which one, about which address, and where each ends.

first page -> account -> searching -> found (or manual) -> password -> updated        PASSWORD
                                                                   └-> applying -> done   MOVE

They share every page in between with the main journey (`journey`), which asks here where the
ways part. *Something doesn't work* (DIAGNOSE) begins on the same account page, and so does what the
owner of a domain publishes (PUBLISH, `publishing`).
"""

from __future__ import annotations

from dataclasses import replace

from wizard.flow import effects as do
from wizard.flow import events as ev
from wizard.flow.parts import ProgramRow, RowState
from wizard.flow.state import Journey, Page, State
from wizard.flow.steps import answered, ask, show
from wizard.model import AddressFault, ClientPlan, EmailAddress, parse_address

SOMEBODY = "somebody"

Step = tuple[State, tuple[do.Effect, ...]]


def fresh(state: State, journey: Journey = Journey.SETUP) -> State:
    """The first page again; what this computer knows and the person's name stay."""
    return State(
        revision=state.revision,
        name=state.name,
        known=state.known,
        journey=journey,
    )


def first_page_of(journey: Journey) -> tuple[Page, tuple[Page, ...]]:
    """Where the address of a journey is typed, and what Back leads to from there."""
    if journey is Journey.SETUP:
        return Page.ADDRESS, ()
    return Page.ACCOUNT, (Page.ADDRESS,)


def begin(state: State, journey: Journey) -> State:
    """The account page of a journey; a single known address is filled in."""
    known = state.known or ()
    text = str(known[0].address) if len(known) == 1 else ""
    page, history = first_page_of(journey)
    started = replace(fresh(state, journey), page=page, history=history)
    if journey is Journey.MOVE:
        return replace(started, old_text=text)
    return replace(started, text=text)


def choose_account(state: State, event: ev.AccountChosen) -> tuple[State, EmailAddress | None]:
    """The typed addresses, and the one to go on with; None where something has to be typed anew,
    which is marked at its field."""
    moving = state.journey is Journey.MOVE
    new, old = parse_address(_whole(event.text, state.journey)), parse_address(event.old_text)
    state = replace(
        state,
        text=event.text,
        old_text=event.old_text,
        fault=new if isinstance(new, AddressFault) else None,
        old_fault=old if moving and isinstance(old, AddressFault) else None,
        same_address=moving and new == old and isinstance(new, EmailAddress),
        old_address=old if moving and isinstance(old, EmailAddress) else None,
    )
    faulty = state.old_fault is not None or state.same_address
    return state, None if faulty or isinstance(new, AddressFault) else new


def _whole(text: str, journey: Journey) -> str:
    """Where a domain is asked for, somebody there stands for everybody."""
    alone = journey is Journey.PUBLISH and text.strip() and "@" not in text
    return f"{SOMEBODY}@{text.strip()}" if alone else text


def after_password(state: State) -> Step:
    """Where a journey goes on once the password is tested, or no test is possible."""
    account = state.account
    if account is None:
        return state, ()
    if state.journey is Journey.PASSWORD:
        state, request = ask(show(replace(state, uses=None), Page.UPDATED))
        return state, (do.UpdatePassword(request, account),)
    old = state.old_address
    assert old is not None, state.journey
    state, request = ask(show(replace(state, rows=(), chosen=()), Page.APPLYING))
    return state, (do.PlanMoves(request, old, account),)


def update_again(state: State) -> Step:
    """The new password once more, for a program that was open; who has it already keeps it."""
    account = state.account
    if account is None:
        return state, ()
    state, request = ask(replace(state, uses=None))
    return state, (do.UpdatePassword(request, account),)


def plan_again(state: State) -> Step:
    """The rows that did not work, anew: what was applied meanwhile stays as it is."""
    account, old = state.account, state.old_address
    if account is None or old is None:
        return state, ()
    state, request = ask(state)
    return state, (do.PlanMoves(request, old, account),)


def take_uses(state: State, event: ev.PasswordUpdated) -> State:
    """What became of the new password in each program."""
    done = answered(state, event.request)
    return state if done is None else replace(done, uses=event.uses)


def take_moves(state: State, event: ev.MovesPlanned) -> State:
    """One row per program that had the old address, or needs a hand with the new one."""
    done = answered(state, event.request)
    if done is None:
        return state
    rows = tuple(
        ProgramRow(client, RowState.READY, plan=outcome, profile=profile)
        if isinstance(outcome, ClientPlan)
        else ProgramRow(client, RowState.PROBLEM, problem=outcome, profile=profile)
        for client, profile, outcome in event.outcomes
    )
    # What was set up a moment ago keeps its row with its *Undo*.
    kept = {row.client: row for row in done.rows if row.applied is not None}
    rows = tuple(kept.pop(row.client, row) for row in rows)
    rows = (*kept.values(), *rows)
    return replace(done, rows=rows, chosen=tuple(row.client for row in rows))
