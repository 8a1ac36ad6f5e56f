"""The journeys of those who come back: a changed password, a changed address."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.flow.test_flow_journey import FOUND, GOOD, IMAP, NOW, PLAN, SMTP, WRONG, Walker
from wizard.flow import Journey, Page, RowState, State
from wizard.flow import effects as do
from wizard.flow import events as ev
from wizard.model import (
    AddressFault,
    ChangeRecord,
    EmailAddress,
    Evidence,
    Failed,
    Found,
    KnownAccount,
    PasswordKind,
    PasswordUse,
    Problem,
    ProblemKind,
    Provider,
    SideFailed,
    SideUntested,
    Source,
    Stage,
    Trust,
    Verification,
)

ANNA = EmailAddress("anna", "shop.example")
OLD = EmailAddress("anna", "old.example")
KNOWN = (KnownAccount(ANNA, ("thunderbird",), ours=True),)


def test_what_this_computer_knows_is_looked_up_once_the_window_stands() -> None:
    walk = Walker()
    assert walk(ev.Opened()) == (do.ListKnown(), do.Recall())
    walk(ev.KnownListed(KNOWN))
    assert walk.state.known == KNOWN
    walk(ev.JourneyChosen(Journey.PASSWORD))
    walk.shows(Page.ACCOUNT)
    assert walk.state.text == str(ANNA)
    walk(ev.WentBack())
    walk.shows(Page.ADDRESS)
    assert walk.state.journey is Journey.SETUP
    assert walk.state.known == KNOWN


def to_password(walk: Walker, journey: Journey, old: str = "") -> Walker:
    walk(ev.JourneyChosen(journey))
    search = walk(ev.AccountChosen(str(ANNA), old))[-1]
    assert isinstance(search, do.Search)
    walk(ev.SearchFinished(search.request, FOUND))
    return walk


def test_a_changed_password_goes_from_address_to_password_to_the_programs() -> None:
    walk = to_password(Walker(), Journey.PASSWORD)
    walk.shows(Page.PASSWORD)
    verify = walk(ev.PasswordSubmitted(keep=True))[-1]
    assert isinstance(verify, do.Verify)
    store = walk(ev.VerifyFinished(verify.request, GOOD, NOW))[-1]
    assert isinstance(store, do.StorePassword)
    walk(ev.PasswordStored(store.request, None))
    update = walk(ev.Finished())[-1]
    walk.shows(Page.UPDATED)
    assert isinstance(update, do.UpdatePassword)
    assert update.account.address == ANNA
    uses = (PasswordUse("thunderbird", "Thunderbird", False, "It asks once."),)
    walk(ev.PasswordUpdated(update.request, uses))
    assert walk.state.uses == uses
    assert not walk.state.busy
    walk(ev.StartedOver())
    walk.shows(Page.ADDRESS)
    assert walk.state.journey is Journey.SETUP


def test_a_wrong_new_password_changes_nothing() -> None:
    walk = to_password(Walker(), Journey.PASSWORD)
    verify = walk(ev.PasswordSubmitted(keep=True))[-1]
    assert isinstance(verify, do.Verify)
    bad = Verification(SideFailed(WRONG), SideUntested("receiving-failed"))
    assert walk(ev.VerifyFinished(verify.request, bad, NOW)) == ()
    assert walk(ev.Finished()) == ()
    walk.shows(Page.PASSWORD)
    assert walk.state.problem == WRONG


def test_servers_that_need_consent_are_shown_also_on_the_way_to_a_password() -> None:
    walk = Walker()
    walk(ev.JourneyChosen(Journey.PASSWORD))
    search = walk(ev.AccountChosen(str(ANNA)))[-1]
    assert isinstance(search, do.Search)
    doubt = Evidence(Source.MX, ("host",), "mx.example", Trust.CONSENT)
    found = Found(ANNA, Provider("x"), (IMAP.with_evidence(doubt),), (SMTP,))
    walk(ev.SearchFinished(search.request, found))
    walk.shows(Page.FOUND)
    assert walk.state.needs_consent


def test_an_address_that_is_not_understood_is_named_at_its_field() -> None:
    walk = Walker()
    walk(ev.JourneyChosen(Journey.MOVE))
    walk(ev.AccountChosen("nonsense", "anna@old.example"))
    walk.shows(Page.ACCOUNT)
    assert (walk.state.fault, walk.state.old_fault) == (AddressFault.NO_AT, None)
    walk(ev.AccountChosen(str(ANNA), ""))
    assert (walk.state.fault, walk.state.old_fault) == (None, AddressFault.EMPTY)
    walk(ev.AccountChosen(str(ANNA), str(ANNA)))
    assert walk.state.same_address
    assert walk.state.text == walk.state.old_text == str(ANNA)


def test_a_moved_address_ends_in_plans_that_can_be_applied_and_taken_back() -> None:
    walk = to_password(Walker(), Journey.MOVE, str(OLD))
    walk.shows(Page.FOUND)
    walk(ev.SettingsAccepted())
    walk.shows(Page.PASSWORD)
    verify = walk(ev.PasswordSubmitted(keep=False))[-1]
    assert isinstance(verify, do.Verify)
    walk(ev.VerifyFinished(verify.request, GOOD, NOW))
    plan = walk(ev.Finished())[-1]
    walk.shows(Page.APPLYING)
    assert isinstance(plan, do.PlanMoves)
    assert (plan.old, plan.account.address) == (OLD, ANNA)
    runs = Problem(ProblemKind.PROGRAM_RUNNING, Stage.CLIENT)
    outcomes = (("thunderbird", "p1", PLAN), ("evolution", "", runs))
    walk(ev.MovesPlanned(plan.request, outcomes))
    rows = {row.client: row for row in walk.state.rows}
    assert rows["thunderbird"].state is RowState.READY
    assert rows["evolution"].problem == runs
    again = walk(ev.Retried())[-1]
    assert isinstance(again, do.PlanMoves)  # not a plan for a second account
    walk(ev.MovesPlanned(again.request, (("thunderbird", "p1", PLAN),)))
    applied = walk(ev.ApplyConfirmed())[-1]
    assert isinstance(applied, do.ApplyPlan)


def test_a_domain_that_cannot_be_leads_back_to_the_account_page() -> None:
    walk = Walker()
    walk(ev.JourneyChosen(Journey.MOVE))
    search = walk(ev.AccountChosen("anna@shop.exmple", str(OLD)))[-1]
    assert isinstance(search, do.Search)
    mistyped = Problem(ProblemKind.DOMAIN_MISTYPED, Stage.DISCOVER)
    failed = Failed(search.address, mistyped, suggestion="shop.example")
    walk(ev.SearchFinished(search.request, failed))
    walk.shows(Page.ACCOUNT)
    assert walk.state.problem == mistyped
    assert walk.state.journey is Journey.MOVE
    assert walk.state.old_text == str(OLD)
    walk(ev.WentBack())
    walk.shows(Page.ADDRESS)


def test_where_no_password_is_asked_the_programs_are_told_of_signing_in_again() -> None:
    walk = Walker()
    walk(ev.JourneyChosen(Journey.PASSWORD))
    search = walk(ev.AccountChosen(str(ANNA)))[-1]
    assert isinstance(search, do.Search)
    signs_in = Provider("Big", "big", PasswordKind.OAUTH_IN_CLIENT)
    walk(ev.SearchFinished(search.request, Found(ANNA, signs_in, (IMAP,), (SMTP,))))
    walk.shows(Page.PASSWORD)
    assert not walk.state.password_possible
    update = walk(ev.ContinuedUntested())[-1]
    walk.shows(Page.UPDATED)
    assert isinstance(update, do.UpdatePassword)


def test_the_other_entries_lead_where_they_always_did() -> None:
    walk = Walker(State(known=KNOWN))
    listing = walk(ev.JourneyChosen(Journey.REMOVE))[-1]
    walk.shows(Page.CHANGES)
    assert isinstance(listing, do.ListChanges)
    walk(ev.JourneyChosen(Journey.SETUP))
    walk.shows(Page.ADDRESS)
    walk(ev.JourneyChosen(Journey.DIAGNOSE))
    walk.shows(Page.ACCOUNT)
    assert walk.state.journey is Journey.DIAGNOSE


def test_what_was_cut_off_last_time_comes_first() -> None:
    whole = ChangeRecord("1", "thunderbird", "a@b.example", "2026-11-23T10:00:00Z", ("prefs.js",))
    broken = replace(whole, id="2", cut_off="applying")
    walk = Walker()
    (listing,) = walk(ev.KnownListed((), interrupted=True))
    walk.shows(Page.CHANGES)
    assert isinstance(listing, do.ListChanges)
    walk(ev.ChangesListed(walk.request, (broken, whole)))
    (finish,) = walk(ev.CompletionRequested("2"))
    assert isinstance(finish, do.FinishChange)
    assert walk(ev.CompletionRequested("2")) == ()
    refused = Problem(ProblemKind.PROGRAM_RUNNING, Stage.CLIENT)
    walk(ev.ChangeCompleted(walk.request, refused))
    assert walk.state.problem == refused
    walk(ev.CompletionRequested("2"))
    walk(ev.ChangeCompleted(walk.request, broken))
    settled = walk.state
    assert settled.problem is None
    assert [change.cut_off for change in settled.changes or ()] == ["", ""]
    walk(ev.WentBack())
    walk.shows(Page.ADDRESS)


def test_who_has_begun_to_type_is_not_interrupted() -> None:
    walk = Walker()
    walk(ev.AddressEdited("Anna", "anna@"))
    assert walk(ev.KnownListed((), interrupted=True)) == ()
    walk.shows(Page.ADDRESS)
