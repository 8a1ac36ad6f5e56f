"""The state of a journey, as it is shown to whoever reads a failing test."""

from __future__ import annotations

from dataclasses import replace

from wizard.flow.state import Page, State


def test_what_differs_from_the_beginning_is_shown() -> None:
    assert repr(State()) == "State()"
    state = replace(State(), page=Page.PASSWORD, name="Ada")
    assert repr(state) == f"State(page={Page.PASSWORD!r}, name='Ada')"
