"""*Something doesn't work*: from the first page, from a failure, and from the last page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.flow.test_flow_journey import ADDRESS, IMAP, SMTP, WRONG, Walker
from wizard.flow import Journey, Page, State
from wizard.flow import effects as do
from wizard.flow import events as ev
from wizard.model import (
    Check,
    CheckState,
    Diagnosis,
    Provider,
    SideFailed,
    SideUntested,
    Subject,
    Verification,
)

NOW = datetime(2026, 11, 25, tzinfo=UTC)
RUNNING = Check(Subject.INTERNET, CheckState.RUNNING, "control.example", 80, "IPv4")
OTHER = replace(RUNNING, subject=Subject.RECEIVING, host=IMAP.host, port=993)
DONE = replace(RUNNING, state=CheckState.GOOD, ms=12)
WELL = Diagnosis(ADDRESS, NOW, 900, None, (DONE,))


def from_the_first_page() -> Walker:
    walk = Walker()
    walk(ev.JourneyChosen(Journey.DIAGNOSE))
    walk.shows(Page.ACCOUNT)
    walk(ev.AccountChosen(str(ADDRESS)))
    return walk


def after_a_wrong_password() -> Walker:
    walk = Walker().search()
    walk(ev.SettingsAccepted())
    walk(ev.PasswordSubmitted(keep=False))
    failed = Verification(SideFailed(WRONG), SideUntested("receiving-failed"))
    walk(ev.VerifyFinished(walk.request, failed, NOW))
    return walk


def test_from_the_first_page_the_servers_are_looked_for() -> None:
    walk = from_the_first_page()
    walk.shows(Page.DIAGNOSIS)
    assert walk.asked[-1] == do.Diagnose(walk.request, ADDRESS, None, None, Provider(""))


def test_an_address_that_is_none_is_said_at_once() -> None:
    walk = Walker()
    walk(ev.JourneyChosen(Journey.DIAGNOSE))
    assert walk(ev.AccountChosen("anna")) == ()
    assert walk.state.fault is not None
    walk.shows(Page.ACCOUNT)


def test_checks_keep_their_place_and_the_verdict_comes_last() -> None:
    walk = from_the_first_page()
    request = walk.request
    for check in (RUNNING, OTHER, DONE):
        walk(ev.DiagnosisProgressed(request, check))
    assert walk.state.checks == (DONE, OTHER)
    assert walk.state.busy
    walk(ev.DiagnosisFinished(request, WELL))
    assert (walk.state.diagnosis, walk.state.checks) == (WELL, WELL.checks)
    assert not walk.state.busy


def test_beside_a_failure_the_servers_at_hand_are_tested_and_back_leads_there() -> None:
    walk = after_a_wrong_password()
    walk(ev.DiagnosisRequested())
    walk.shows(Page.DIAGNOSIS)
    effect = walk.asked[-1]
    assert isinstance(effect, do.Diagnose)
    assert (effect.incoming, effect.outgoing) == (IMAP, SMTP)
    request = walk.request
    assert do.Cancel(request) in walk(ev.WentBack())
    walk.shows(Page.PASSWORD)
    late = walk(ev.DiagnosisFinished(request, WELL))
    assert late == ()
    walk.shows(Page.PASSWORD)
    assert walk.state.diagnosis is None


def test_during_a_search_it_takes_the_place_of_the_search() -> None:
    walk = Walker()
    walk(ev.AddressSubmitted("Anna", str(ADDRESS)))
    request = walk.request
    assert do.Cancel(request) in walk(ev.DiagnosisRequested())
    walk.shows(Page.DIAGNOSIS)
    walk(ev.WentBack())
    walk.shows(Page.ADDRESS)


def test_without_an_address_it_asks_for_one() -> None:
    walk = Walker()
    walk(ev.DiagnosisRequested())
    walk.shows(Page.ACCOUNT)
    assert walk.state.journey is Journey.DIAGNOSE


def test_stopping_keeps_what_was_seen_and_offers_to_go_on() -> None:
    walk = from_the_first_page()
    request = walk.request
    walk(ev.DiagnosisProgressed(request, DONE))
    assert do.Cancel(request) in walk(ev.Stopped())
    walk.shows(Page.DIAGNOSIS)
    assert walk(ev.DiagnosisProgressed(request, OTHER)) == ()
    seen = walk.state.checks
    assert seen == (DONE,)
    walk(ev.Retried())
    assert not walk.state.checks
    assert walk.request != request
    walk.shows(Page.DIAGNOSIS)
    assert walk.state.history == (Page.ADDRESS, Page.ACCOUNT)


def test_the_note_is_saved_once_there_is_one() -> None:
    walk = from_the_first_page()
    assert walk(ev.NoteSaveRequested(Path("note.txt"))) == ()
    walk(ev.DiagnosisFinished(walk.request, WELL))
    effects = walk(ev.NoteSaveRequested(Path("note.txt")))
    assert effects == (do.SaveNote(walk.request, WELL, Path("note.txt")),)
    walk(ev.NoteSaved(walk.request, Path("note.txt")))
    assert walk.state.note == Path("note.txt")


def test_setting_up_again_begins_with_the_address_filled_in() -> None:
    walk = from_the_first_page()
    walk(ev.DiagnosisFinished(walk.request, WELL))
    assert do.ForgetPasswords() in walk(ev.SetUpRequested())
    walk.shows(Page.ADDRESS)
    assert walk.state.text == str(ADDRESS)
    assert walk.state.journey is Journey.SETUP


@pytest.mark.parametrize("page", [page for page in Page if page is not Page.DIAGNOSIS])
def test_it_can_be_asked_for_on_every_page(page: Page) -> None:
    walk = Walker(State(page=page, history=(Page.ADDRESS,), address=ADDRESS))
    walk(ev.DiagnosisRequested())
    walk.shows(Page.DIAGNOSIS)
    walk(ev.WentBack())
    assert walk.state.page in {page, Page.ADDRESS}
