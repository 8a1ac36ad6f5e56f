"""*Something doesn't work*: the checks as they come, the verdict, the note for support. Pure.

It begins on the account page, or beside anything that did not work; Back leads there again.
"""

from __future__ import annotations

from dataclasses import replace

from wizard.flow import effects as do
from wizard.flow import events as ev
from wizard.flow.state import Page, State
from wizard.flow.steps import answered, ask, show
from wizard.model import Check, EmailAddress, Provider

Step = tuple[State, tuple[do.Effect, ...]]


def begin(state: State, address: EmailAddress) -> Step:
    """Starts looking; with the servers of this journey where it is about its own address."""
    own = address == state.address
    state = replace(
        show(state, Page.DIAGNOSIS), diagnosed=address, checks=(), diagnosis=None, note=None
    )
    state, request = ask(state)
    effect = do.Diagnose(
        request,
        address,
        state.incoming if own else None,
        state.outgoing if own else None,
        state.provider if own else Provider(""),
    )
    return state, (effect,)


def go_on(
    state: State,
    event: ev.NoteSaveRequested | ev.DiagnosisProgressed | ev.DiagnosisFinished | ev.NoteSaved,
) -> Step:
    """News of the run, and what becomes of its note."""
    match event:
        case ev.DiagnosisProgressed(request=request, check=check):
            if request not in state.running:
                return state, ()
            return replace(state, checks=_merged(state.checks, check)), ()
        case ev.DiagnosisFinished(request=request, diagnosis=diagnosis):
            done = answered(state, request)
            if done is None:
                return state, ()
            return replace(done, diagnosis=diagnosis, checks=diagnosis.checks), ()
        case ev.NoteSaveRequested(path=path):
            told = state.diagnosis
            if told is None or state.busy:
                return state, ()
            state, request = ask(replace(state, note=None))
            return state, (do.SaveNote(request, told, path),)
        case ev.NoteSaved(request=request, outcome=outcome):
            done = answered(state, request)
            return (state if done is None else replace(done, note=outcome)), ()


def _merged(checks: tuple[Check, ...], check: Check) -> tuple[Check, ...]:
    """Rows keep their place; a new check is added at the end, so nothing jumps."""
    for index, known in enumerate(checks):
        if known.key == check.key:
            return (*checks[:index], check, *checks[index + 1 :])
    return (*checks, check)
