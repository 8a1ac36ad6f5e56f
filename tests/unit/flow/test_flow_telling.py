"""What a helper reads of a journey, and what he does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tests.gui.samples import ADDRESS, BAD, DETECTED, FOUND, GOOD, IMAP, PLAN, SMTP
from wizard.flow import State, reduce
from wizard.flow import events as ev
from wizard.flow.telling import lines
from wizard.model import Applied

AT = datetime(2026, 11, 25, tzinfo=UTC)


def told(state: State, *events: ev.Event) -> str:
    said: list[str] = []
    for event in events:
        before = state
        state, _ = reduce(before, event)
        said += lines(before, event, state)
    return "\n".join(said)


def test_what_is_typed_is_not_told_only_what_came_of_it() -> None:
    said = told(
        State(),
        ev.AddressEdited("Anna", "my password by mistake"),
        ev.AddressSubmitted("Anna", "my password by mistake"),
    )
    assert "mistake" not in said
    said = told(State(), ev.AddressSubmitted("Anna", str(ADDRESS)))
    assert said.splitlines() == [f"address {ADDRESS}", "address submitted", "page searching"]


def test_a_search_is_told_with_what_it_found() -> None:
    state, _ = reduce(State(), ev.AddressSubmitted("Anna", str(ADDRESS)))
    said = told(state, ev.SearchFinished(state.revision, FOUND))
    assert f"imap {IMAP.host}:{IMAP.port}" in said
    assert f"smtp {SMTP.host}:{SMTP.port}" in said
    assert said.endswith("page found")


def test_verdicts_programs_plans_and_changes_are_told() -> None:
    state = State()
    good = told(state, ev.VerifyFinished(1, GOOD, AT))
    assert "receiving: works" in good
    bad = told(state, ev.VerifyFinished(1, BAD, AT))
    assert "receiving: wrong-password (login)" in bad
    assert "here: thunderbird" in told(state, ev.ProgramsDetected(1, DETECTED))
    assert "plan thunderbird: change" in told(state, ev.PlanMade(1, "thunderbird", PLAN))
    assert "plan applied thunderbird: c7" in told(
        state, ev.PlanApplied(1, "thunderbird", Applied(PLAN, "c7"))
    )
    assert "right already" in told(
        state, ev.PlanMade(1, "thunderbird", replace(PLAN, unchanged=True))
    )
