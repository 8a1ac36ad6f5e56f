"""For the owner of a domain: what to publish so that programs find its servers. Pure.

account (the domain) -> searching -> found (or manual) -> publish

Settings that were tested in a journey just before need not be looked for again: a domain that
publishes nothing yet is where they were typed by hand.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from wizard.flow import effects as do
from wizard.flow import events as ev
from wizard.flow.state import Page, State
from wizard.flow.steps import answered, ask, show
from wizard.model import EmailAddress, Publication

Step = tuple[State, tuple[do.Effect, ...]]


def begin(before: State, started: State) -> State:
    """The page that asks for the domain. `before`: the journey that was left for it."""
    if before.address is None:
        return replace(started, text="")
    started = replace(started, text=before.address.domain)
    account = before.account
    if account is None or before.tested_at is None:
        return started
    return replace(
        started,
        address=account.address,
        provider=account.provider,
        incoming=account.incoming,
        outgoing=account.outgoing,
        services=account.services,
        tested_at=before.tested_at,
    )


def knows(state: State, address: EmailAddress) -> bool:
    """True where the settings of this domain have been tested already."""
    own = state.address
    return state.tested_at is not None and own is not None and own.domain == address.domain


def make(state: State) -> Step:
    """Everything to publish, from the settings that were agreed on."""
    account = state.account
    if account is None:
        return state, ()
    state, request = ask(show(replace(state, publication=None, saved=None), Page.PUBLISH))
    return state, (do.MakePublication(request, account),)


def take(state: State, event: ev.PublicationMade) -> State:
    """It is made, or can't be."""
    done = answered(state, event.request)
    return state if done is None else replace(done, publication=event.outcome)


def save(state: State, folder: Path) -> Step:
    """All of it into a folder."""
    made = state.publication
    if not isinstance(made, Publication) or state.busy:
        return state, ()
    state, request = ask(replace(state, saved=None))
    return state, (do.SavePublication(request, made, folder),)
