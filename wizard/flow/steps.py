"""The small moves that every journey is made of. Pure."""

from __future__ import annotations

from dataclasses import replace

from wizard.flow.state import Page, State


def show(state: State, page: Page) -> State:
    """The next page; the one left is what Back returns to. Its problem stays behind."""
    history = state.history
    if state.page is not Page.SEARCHING and state.page is not page:
        history = (*history, state.page)
    return replace(state, page=page, history=history, problem=None, details=None)


def ask(state: State) -> tuple[State, int]:
    """A new request whose answer is awaited."""
    request = state.revision + 1
    return replace(state, revision=request, running=state.running | {request}), request


def answered(state: State, request: int) -> State | None:
    """The state with this request done; None where nobody waits for it any more."""
    if request not in state.running:
        return None
    return replace(state, running=state.running - {request})
