"""Whatever is clicked and answered, in whatever order: the journey keeps its promises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.flow.test_flow_diagnosis import RUNNING, WELL, from_the_first_page
from tests.unit.flow.test_flow_journey import (
    ADDRESS,
    FOUND,
    GOOD,
    IMAP,
    NOW,
    PLAN,
    SMTP,
    WRONG,
    Walker,
)
from tests.unit.flow.test_flow_publishing import MADE, made
from tests.unit.flow.test_flow_returning import to_password
from wizard.flow import Journey, Page, reduce
from wizard.flow import effects as do
from wizard.flow import events as ev
from wizard.model import Applied, NothingFound, SideFailed, SideUntested, Undone, Verification

CLICKS: tuple[ev.Event, ...] = (
    ev.AddressEdited("Anna", "anna@shop.example"),
    ev.AddressSubmitted("Anna", "anna@shop.example"),
    ev.AddressSubmitted("Anna", "nonsense"),
    ev.Stopped(),
    ev.WentBack(),
    ev.Retried(),
    ev.SettingsAccepted(consent=True),
    ev.ManualRequested(),
    ev.ManualSubmitted(IMAP, SMTP),
    ev.PasswordSubmitted(keep=True),
    ev.ContinuedUntested(),
    ev.TestMessageRequested(),
    ev.ProgramsChosen(("thunderbird", "sheet")),
    ev.ApplyConfirmed(),
    ev.UndoRequested("thunderbird"),
    ev.Finished(),
    ev.SaveRequested(Path("x")),
    ev.StartedOver(),
    ev.ChangesRequested(),
    ev.Opened(),
    ev.KnownListed(()),
    *(ev.JourneyChosen(journey) for journey in Journey),
    ev.AccountChosen("anna@shop.example", "anna@old.example"),
    ev.AccountChosen("nonsense", "anna@old.example"),
    ev.DiagnosisRequested(),
    ev.NoteSaveRequested(Path("note.txt")),
    ev.SetUpRequested(),
    ev.DetailsSaveRequested("Details", Path("details.txt")),
)


Answer = Callable[[int], ev.Event]
_REFUSED = Verification(SideFailed(WRONG), SideUntested("receiving-failed"))
ANSWERS: dict[type, tuple[Answer, ...]] = {
    do.Search: (
        lambda request: ev.SearchFinished(request, FOUND),
        lambda request: ev.SearchFinished(request, NothingFound(ADDRESS, (IMAP, SMTP))),
    ),
    do.Verify: (
        lambda request: ev.VerifyFinished(request, GOOD, NOW),
        lambda request: ev.VerifyFinished(request, _REFUSED, NOW),
    ),
    do.StorePassword: (lambda request: ev.PasswordStored(request, None),),
    do.SendTestMessage: (lambda request: ev.TestMessageFinished(request, WRONG),),
    do.Detect: (lambda request: ev.ProgramsDetected(request, ()),),
    do.MakePlan: (lambda request: ev.PlanMade(request, "thunderbird", PLAN),),
    do.ApplyPlan: (lambda request: ev.PlanApplied(request, "thunderbird", Applied(PLAN, "c")),),
    do.UndoChange: (lambda request: ev.ChangeUndone(request, "thunderbird", Undone("c")),),
    do.FinishChange: (lambda request: ev.ChangeCompleted(request, WRONG),),
    do.ListChanges: (
        lambda request: ev.ChangesListed(request, ()),
        lambda request: ev.ChangesListed(request, WRONG),
    ),
    do.Save: (lambda request: ev.Saved(request, WRONG),),
    do.UpdatePassword: (lambda request: ev.PasswordUpdated(request, ()),),
    do.PlanMoves: (lambda request: ev.MovesPlanned(request, (("thunderbird", "", PLAN),)),),
    do.Diagnose: (
        lambda request: ev.DiagnosisProgressed(request, RUNNING),
        lambda request: ev.DiagnosisFinished(request, WELL),
    ),
    do.SaveNote: (lambda request: ev.NoteSaved(request, WRONG),),
    do.MakePublication: (
        lambda request: ev.PublicationMade(request, MADE),
        lambda request: ev.PublicationMade(request, WRONG),
    ),
    do.SavePublication: (lambda request: ev.Saved(request, ()),),
}
"""What may answer each question of the outside, see `wizard.flow.driver`."""


UNANSWERED = (
    do.Cancel | do.ForgetPasswords | do.Suggest | do.ListKnown | do.Recall | do.Keep | do.SaveText
)


def test_every_question_has_its_answers_here() -> None:
    kinds = set(get_args(do.Effect))
    assert set(ANSWERS) == kinds - set(get_args(UNANSWERED))


STARTS: tuple[Callable[[], Walker], ...] = (
    Walker,
    lambda: Walker().search(),
    lambda: Walker().verified(),
    lambda: Walker().applying("thunderbird", "sheet"),
    lambda: to_password(Walker(), Journey.PASSWORD),
    lambda: to_password(Walker(), Journey.MOVE, "anna@old.example"),
    from_the_first_page,
    made,
)
"""How far somebody came: alone, chance seldom gets past the second page."""


@given(st.sampled_from(STARTS), st.data())
def test_any_order_of_events_keeps_the_promises(
    start: Callable[[], Walker], data: st.DataObject
) -> None:
    """Requests are unique, Back leads home, nothing hangs; also where an answer comes late."""
    walk = start()
    state = walk.state
    asked = {
        effect.request: type(effect) for effect in walk.asked if not isinstance(effect, UNANSWERED)
    }
    for _ in range(data.draw(st.integers(0, 40))):
        late = [answer(request) for request, kind in asked.items() for answer in ANSWERS[kind]]
        event = data.draw(_either(late) if late else st.sampled_from(CLICKS))
        before = state.running
        state, effects = reduce(state, event)
        for effect in effects:
            if isinstance(effect, do.Cancel):
                assert effect.request in before
                assert effect.request not in state.running
            elif not isinstance(effect, UNANSWERED):
                assert effect.request in state.running
                assert effect.request not in asked
                asked[effect.request] = type(effect)
        assert Page.SEARCHING not in state.history
        if state.page is Page.SEARCHING:
            assert state.busy
        if state.page in {Page.PROGRAMS, Page.APPLYING, Page.DONE}:
            assert state.account is not None
    for _ in range(len(state.history)):
        state, _effects = reduce(state, ev.WentBack())
    assert state.page is Page.ADDRESS
    assert not state.history


def _either(late: list[ev.Event]) -> st.SearchStrategy[ev.Event]:
    """A click, or an answer; the newest first, so that journeys get far."""
    return st.one_of(st.sampled_from(late[::-1]), st.sampled_from(CLICKS))
