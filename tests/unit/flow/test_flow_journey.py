"""The main journey, step by step, without a window and without a network."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wizard.flow import (
    Delivered,
    Journey,
    Page,
    PasswordVault,
    ProgramRow,
    RowState,
    State,
    reduce,
)
from wizard.flow import effects as do
from wizard.flow import events as ev
from wizard.model import (
    AddressFault,
    Applied,
    AuthMethod,
    ChangeRecord,
    ClientPlan,
    EmailAddress,
    Evidence,
    Failed,
    Found,
    How,
    NothingFound,
    Offline,
    PasswordKind,
    PasswordUse,
    Problem,
    ProblemKind,
    Provider,
    Rung,
    Secret,
    Security,
    ServerSettings,
    ServerType,
    Setting,
    SideFailed,
    SideUntested,
    SideVerified,
    Source,
    SourceReport,
    SourceState,
    Stage,
    Trust,
    Undone,
    Verification,
)

ADDRESS = EmailAddress("anna", "shop.example")
IMAP = ServerSettings(
    ServerType.IMAP, "imap.shop.example", 993, Security.TLS, (AuthMethod.PLAIN,), str(ADDRESS)
)
SMTP = ServerSettings(
    ServerType.SMTP, "smtp.shop.example", 465, Security.TLS, (AuthMethod.PLAIN,), str(ADDRESS)
)
FOUND = Found(ADDRESS, Provider("Shop"), (IMAP,), (SMTP,))
NOW = datetime(2026, 11, 1, tzinfo=UTC)
WRONG = Problem(ProblemKind.WRONG_PASSWORD, Stage.LOGIN, ServerType.IMAP, IMAP.host, 993)
GOOD = Verification(SideVerified(IMAP, 10, ("IMAP4rev1",)), SideVerified(SMTP, 12, ()))
PLAN = ClientPlan("thunderbird", "Thunderbird", How.CHANGE, str(ADDRESS))


class Walker:
    """Dispatches events and keeps what was asked of the outside."""

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()
        self.asked: list[do.Effect] = []

    def __call__(self, event: ev.Event) -> tuple[do.Effect, ...]:
        self.state, effects = reduce(self.state, event)
        self.asked += effects
        return effects

    def shows(self, page: Page) -> None:
        """Asserts the page that is shown."""
        assert self.state.page is page

    @property
    def request(self) -> int:
        """The newest request that is awaited."""
        return max(self.state.running)

    def search(self, result: Found | NothingFound | Offline | Failed = FOUND) -> Walker:
        self(ev.AddressSubmitted("Anna", "anna@shop.example"))
        self(ev.SearchFinished(self.request, result))
        return self

    def verified(self) -> Walker:
        self.search()
        self(ev.SettingsAccepted())
        self(ev.PasswordSubmitted(keep=False))
        self(ev.VerifyFinished(self.request, GOOD, NOW))
        return self

    def applying(self, *clients: str) -> Walker:
        self.verified()
        self(ev.Finished())
        self(ev.ProgramsDetected(self.request, ()))
        self(ev.ProgramsChosen(clients or ("thunderbird",)))
        return self


def test_the_whole_journey() -> None:
    walk = Walker()
    walk(ev.AddressEdited("Anna", "anna@shop.example"))
    effects = walk(ev.AddressSubmitted("Anna ", "anna@shop.example"))
    assert do.Search(walk.request, ADDRESS) in effects
    walk.shows(Page.SEARCHING)
    report = SourceReport(Source.AUTOCONFIG, SourceState.RUNNING)
    walk(ev.SearchProgressed(walk.request, report))
    walk(ev.SearchProgressed(walk.request, replace(report, state=SourceState.FOUND)))
    assert [item.state for item in walk.state.reports] == [SourceState.FOUND]
    walk(ev.SearchFinished(walk.request, FOUND))
    walk.shows(Page.FOUND)
    assert walk.state.name == "Anna"
    walk(ev.SettingsAccepted())
    walk.shows(Page.PASSWORD)
    (verify,) = walk(ev.PasswordSubmitted(keep=True))
    assert verify == do.Verify(walk.request, ADDRESS, IMAP, SMTP, Provider("Shop"))
    walk(ev.VerifyProgressed(walk.request, "outgoing", Rung("connect", True, 3)))
    assert walk.state.outgoing_rungs == (Rung("connect", True, 3),)
    (store,) = walk(ev.VerifyFinished(walk.request, GOOD, NOW))
    assert isinstance(store, do.StorePassword)
    walk(ev.PasswordStored(walk.request, None))
    walk.shows(Page.PASSWORD)
    walk(ev.TestMessageRequested())
    walk(ev.TestMessageFinished(walk.request, Delivered(1.5)))
    assert walk.state.test_message == Delivered(1.5)
    (detect,) = walk(ev.Finished())
    assert isinstance(detect, do.Detect)
    walk(ev.ProgramsDetected(walk.request, ()))
    (plan,) = walk(ev.ProgramsChosen(("thunderbird",), {"thunderbird": "p1"}))
    assert isinstance(plan, do.MakePlan)
    assert plan.profile == "p1"
    assert plan.chosen == ("thunderbird",)
    assert plan.account.tested_at == NOW
    walk(ev.PlanMade(walk.request, "thunderbird", PLAN))
    assert [row.state for row in walk.state.rows] == [RowState.READY]
    (apply,) = walk(ev.ApplyConfirmed())
    assert walk.state.loses_something
    assert apply == do.ApplyPlan(walk.request, PLAN, None)
    walk(ev.PlanApplied(walk.request, "thunderbird", Applied(PLAN, "c1")))
    assert not walk.state.busy
    walk(ev.Finished())
    walk.shows(Page.DONE)
    (undo,) = walk(ev.UndoRequested("thunderbird"))
    assert undo == do.UndoChange(walk.request, "thunderbird", "c1")
    walk(ev.ChangeUndone(walk.request, "thunderbird", Undone("c1")))
    assert [row.state for row in walk.state.rows] == [RowState.UNDONE]
    walk(ev.SaveRequested(Path("out")))
    walk(ev.Saved(walk.request, (Path("out/sheet.html"),)))
    assert walk.state.saved == (Path("out/sheet.html"),)
    assert do.ForgetPasswords() in walk(ev.StartedOver())
    walk.shows(Page.ADDRESS)
    assert walk.state.address is None


def test_an_address_that_is_none_stays_on_its_page() -> None:
    walk = Walker()
    assert walk(ev.AddressSubmitted("Anna", "anna")) == ()
    assert walk.state.fault is AddressFault.NO_AT
    walk.shows(Page.ADDRESS)


def test_a_suggestion_for_what_was_typed_before_is_dropped() -> None:
    walk = Walker()
    assert walk(ev.AddressEdited("", "a@gmial.com")) == (do.Suggest("a@gmial.com", "gmial.com"),)
    walk(ev.AddressEdited("", "a@gmail.com"))
    walk(ev.DomainSuggested("a@gmial.com", "gmail.com"))
    assert walk.state.suggestion == ""
    walk(ev.DomainSuggested("a@gmail.com", "x.example"))
    assert walk.state.suggestion == "x.example"


def test_stop_cancels_and_late_answers_are_dropped() -> None:
    walk = Walker()
    walk(ev.AddressSubmitted("Anna", "anna@shop.example"))
    request = walk.request
    assert walk(ev.Stopped()) == (do.Cancel(request),)
    walk.shows(Page.ADDRESS)
    before = walk.state
    walk(ev.SearchFinished(request, FOUND))
    walk(ev.SearchProgressed(request, SourceReport(Source.SRV, SourceState.FOUND)))
    assert walk.state == before


def test_back_goes_through_every_page_to_the_first() -> None:
    walk = Walker().applying()
    walk(ev.Finished())
    seen = [walk.state.page]
    while walk.state.history:
        walk(ev.WentBack())
        assert not walk.state.busy
        seen.append(walk.state.page)
    assert seen == [Page.APPLYING, Page.PROGRAMS, Page.PASSWORD, Page.FOUND, Page.ADDRESS]
    assert walk.state.name == "Anna"
    assert walk(ev.WentBack()) == ()


def test_back_and_forth_does_not_search_again_for_the_same_address() -> None:
    walk = Walker().search()
    walk(ev.WentBack())
    assert walk(ev.AddressSubmitted("Anna", "anna@shop.example")) == ()
    walk.shows(Page.FOUND)
    walk(ev.WentBack())
    effects = walk(ev.AddressSubmitted("Anna", "ben@shop.example"))
    assert any(isinstance(effect, do.Search) for effect in effects)
    assert walk.state.incoming is None


def test_a_wrong_password_names_the_problem_and_can_be_tried_again() -> None:
    walk = Walker().search()
    walk(ev.SettingsAccepted())
    walk(ev.PasswordSubmitted(keep=True))
    bad = Verification(SideFailed(WRONG), SideUntested("receiving-failed"))
    assert walk(ev.VerifyFinished(walk.request, bad, NOW)) == ()
    walk.shows(Page.PASSWORD)
    assert [walk.state.problem] == [WRONG]
    assert walk.state.tested_at is None
    assert walk(ev.Finished()) == ()
    assert walk(ev.ContinuedUntested()) == ()
    walk(ev.PasswordSubmitted(keep=False))
    assert walk.state.problem is None
    walk(ev.VerifyFinished(walk.request, GOOD, NOW))
    walk(ev.Finished())
    walk.shows(Page.PROGRAMS)


def test_no_way_round_a_certificate() -> None:
    walk = Walker().search()
    walk(ev.SettingsAccepted())
    walk(ev.PasswordSubmitted(keep=True))
    other = Problem(ProblemKind.CERTIFICATE_OTHER_HOST, Stage.TLS, ServerType.IMAP)
    walk(
        ev.VerifyFinished(
            walk.request, Verification(SideFailed(other), SideUntested("receiving-failed")), NOW
        )
    )
    walk(ev.ContinuedUntested())
    walk(ev.Finished())
    walk.shows(Page.PASSWORD)


def test_consent_is_needed_for_untrusted_hosts() -> None:
    said = Evidence(Source.MX, ("host", "port"), "mx.other.example", Trust.CONSENT)
    found = Found(ADDRESS, Provider("Shop"), (replace(IMAP, evidence=(said,)),), (SMTP,))
    walk = Walker().search(found)
    assert [server.host for server in walk.state.needs_consent] == ["imap.shop.example"]
    walk(ev.SettingsAccepted())
    walk.shows(Page.FOUND)
    walk(ev.SettingsAccepted(consent=True))
    walk.shows(Page.PASSWORD)


@pytest.mark.parametrize(
    "result",
    [
        NothingFound(ADDRESS, (IMAP, SMTP)),
        Offline(ADDRESS, Problem(ProblemKind.NO_INTERNET, Stage.DISCOVER), guesses=(IMAP, SMTP)),
        Failed(ADDRESS, Problem(ProblemKind.DOMAIN_MISTYPED, Stage.DISCOVER), (IMAP, SMTP)),
    ],
)
def test_the_prefilled_form_is_reachable_from_every_failure(
    result: NothingFound | Offline | Failed,
) -> None:
    walk = Walker().search(result)
    assert walk.state.problem is not None
    walk(ev.ManualRequested())
    walk.shows(Page.MANUAL)
    assert (walk.state.incoming, walk.state.outgoing) == (IMAP, SMTP)
    walk(ev.ManualSubmitted(IMAP, SMTP))
    walk.shows(Page.PASSWORD)


def test_the_form_can_be_asked_for_while_searching_and_while_verifying() -> None:
    walk = Walker()
    walk(ev.AddressSubmitted("Anna", "anna@shop.example"))
    request = walk.request
    assert walk(ev.ManualRequested()) == (do.Cancel(request),)
    walk.shows(Page.MANUAL)
    walk(ev.WentBack())
    walk.shows(Page.ADDRESS)
    walk.search()
    walk(ev.SettingsAccepted())
    walk(ev.PasswordSubmitted(keep=True))
    walk(ev.ManualRequested())
    walk.shows(Page.MANUAL)
    assert not walk.state.busy
    walk(ev.WentBack())
    walk.shows(Page.PASSWORD)


def test_browser_sign_in_needs_no_password_and_says_untested() -> None:
    provider = Provider("Big", "big", PasswordKind.OAUTH_IN_CLIENT)
    walk = Walker().search(Found(ADDRESS, provider, (IMAP,), (SMTP,)))
    walk(ev.SettingsAccepted())
    assert not walk.state.password_possible
    walk(ev.ContinuedUntested())
    walk.shows(Page.PROGRAMS)
    assert walk.state.untested
    assert walk.state.account is not None
    assert walk.state.account.tested_at is None


def test_one_program_that_does_not_work_leaves_the_others_alone() -> None:
    walk = Walker().applying("thunderbird", "outlook")
    first, second = sorted(walk.state.running)
    runs = Problem(ProblemKind.PROGRAM_RUNNING, Stage.CLIENT)
    walk(ev.PlanMade(first, "thunderbird", runs))
    walk(ev.PlanMade(second, "outlook", replace(PLAN, client="outlook")))
    assert [row.state for row in walk.state.rows] == [RowState.PROBLEM, RowState.READY]
    walk(ev.ApplyConfirmed())
    walk(ev.PlanApplied(walk.request, "outlook", Applied(PLAN, "c2")))
    (again,) = walk(ev.Retried())
    assert isinstance(again, do.MakePlan)
    assert again.client == "thunderbird"
    assert walk.state.rows[1].state is RowState.DONE


def test_what_was_applied_is_not_forgotten_by_going_back() -> None:
    walk = Walker().applying()
    walk(ev.PlanMade(walk.request, "thunderbird", PLAN))
    walk(ev.ApplyConfirmed())
    request = walk.request
    walk(ev.WentBack())
    walk(ev.PlanApplied(request, "thunderbird", Applied(PLAN, "c1")))
    assert walk.state.rows[0].applied == Applied(PLAN, "c1")
    assert walk(ev.ProgramsChosen(("thunderbird",))) == ()
    assert walk.state.rows[0].state is RowState.DONE


def test_a_journal_that_cannot_be_read_is_said_and_read_again() -> None:
    walk = Walker()
    walk(ev.ChangesRequested())
    closed = Problem(ProblemKind.FOLDER_NOT_WRITABLE, Stage.CLIENT, facts=(("ours", "yes"),))
    walk(ev.ChangesListed(walk.request, closed))
    assert (walk.state.changes, walk.state.problem) == (None, closed)
    walk(ev.ChangesRequested())
    walk(ev.ChangesListed(walk.request, ()))
    assert (walk.state.changes, walk.state.problem) == ((), None)
    walk(ev.WentBack())
    walk.shows(Page.ADDRESS)
    assert walk.state.history == ()


def test_older_changes_are_listed_and_undone() -> None:
    walk = Walker()
    walk(ev.ChangesRequested())
    walk(ev.ChangesListed(walk.request, ()))
    assert walk.state.changes == ()
    walk(ev.UndoRequested(change_id="c9"))
    problem = Problem(ProblemKind.PROGRAM_RUNNING, Stage.CLIENT)
    walk(ev.ChangeUndone(walk.request, "", problem))
    assert walk.state.problem == problem
    walk(ev.WentBack())
    walk.shows(Page.ADDRESS)


def applied_walk() -> Walker:
    walk = Walker().applying()
    walk(ev.PlanMade(walk.request, "thunderbird", PLAN))
    walk(ev.ApplyConfirmed())
    walk(ev.PlanApplied(walk.request, "thunderbird", Applied(PLAN, "c1")))
    return walk


def test_what_was_taken_back_is_noted_even_after_going_back() -> None:
    walk = applied_walk()
    walk(ev.UndoRequested("thunderbird"))
    request = walk.request
    walk(ev.WentBack())
    (row,) = walk.state.rows
    assert row.state is RowState.DONE  # still applied as far as we know
    walk(ev.ChangeUndone(request, "thunderbird", Undone("c1")))
    (row_after,) = walk.state.rows
    assert row_after.state is RowState.UNDONE
    assert row_after.applied is None


def test_an_undo_that_was_refused_can_be_tried_again() -> None:
    walk = applied_walk()
    walk(ev.UndoRequested("thunderbird"))
    runs = Problem(ProblemKind.PROGRAM_RUNNING, Stage.CLIENT)
    walk(ev.ChangeUndone(walk.request, "thunderbird", runs))
    assert walk.state.rows[0].problem == runs
    assert walk.state.rows[0].applied == Applied(PLAN, "c1")
    (again,) = walk(ev.Retried())
    assert again == do.UndoChange(walk.request, "thunderbird", "c1")


def test_the_list_of_changes_says_what_an_undo_left_alone() -> None:
    walk = Walker()
    walk(ev.ChangesRequested())
    record = ChangeRecord("c9", "thunderbird", str(ADDRESS), "2026-11-01T10:00:00Z", ("prefs.js",))
    walk(ev.ChangesListed(walk.request, (record,)))
    walk(ev.UndoRequested(change_id="c9"))
    undone = Undone("c9", kept=(Setting("mail.identity.id1.fullName", "Anna"),))
    walk(ev.ChangeUndone(walk.request, "", undone))
    assert walk.state.changes == ()
    assert walk.state.taken_back == undone


def test_the_vault_forgets() -> None:
    vault = PasswordVault()
    vault.put(ADDRESS, Secret("s"))
    assert vault.get(ADDRESS) is not None
    vault.clear()
    assert vault.get(ADDRESS) is None


def test_a_programs_store_has_the_password_only_where_that_is_possible_and_asked_for() -> None:
    able = replace(PLAN, can_keep_password=True)
    for plan, wanted, kept in ((PLAN, True, False), (able, False, False), (able, True, True)):
        ready = ProgramRow("thunderbird", RowState.READY, plan=plan)
        state = State(
            page=Page.APPLYING, address=ADDRESS, incoming=IMAP, outgoing=SMTP, rows=(ready,)
        )
        walk = Walker(state)
        walk(ev.StoreChosen("thunderbird", wanted))
        (apply,) = walk(ev.ApplyConfirmed())
        assert isinstance(apply, do.ApplyPlan)
        assert apply.keep_for == (state.account if kept else None)
        walk(ev.StoreChosen("thunderbird", not wanted))  # too late: it is being done
        walk(ev.PlanApplied(walk.request, "thunderbird", Applied(plan, "c1"), "no-key"))
        (row,) = walk.state.rows
        assert (row.keeps_password, row.not_kept) == (kept, "no-key")


def test_a_program_that_was_open_is_given_the_new_password_once_it_is_closed() -> None:
    state = State(
        page=Page.UPDATED,
        journey=Journey.PASSWORD,
        address=ADDRESS,
        incoming=IMAP,
        outgoing=SMTP,
        uses=(PasswordUse("thunderbird", "Thunderbird", False, "note"),),
    )
    walk = Walker(state)
    (again,) = walk(ev.Retried())
    assert isinstance(again, do.UpdatePassword)
    assert walk.state.uses is None
    walk(ev.PasswordUpdated(walk.request, ()))
    assert walk.state.uses == ()
