"""The main journey as a pure function: `reduce(state, event) -> (state, effects)`.

address -> searching -> found (or manual) -> password -> programs -> applying -> done

Back is pop and cancel. Answers to requests that are no longer awaited change nothing. A problem
sits on the state it happened in; the manual form can be reached from every one of them.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import assert_never

from wizard.flow import diagnosing, publishing, resuming, returning
from wizard.flow import effects as do
from wizard.flow import events as ev
from wizard.flow.parts import ProgramRow, RowState
from wizard.flow.state import Journey, Page, State
from wizard.flow.steps import answered as _answered
from wizard.flow.steps import ask as _ask
from wizard.flow.steps import show as _show
from wizard.model import (
    AddressFault,
    Applied,
    AuthMethod,
    ClientPlan,
    DiscoveryResult,
    EmailAddress,
    Failed,
    Found,
    NothingFound,
    Offline,
    Problem,
    ProblemKind,
    Provider,
    ServerSettings,
    SourceReport,
    Stage,
    Undone,
    parse_address,
)

Step = tuple[State, tuple[do.Effect, ...]]


_PAGES_OF: dict[type, frozenset[Page]] = {
    ev.AddressEdited: frozenset({Page.ADDRESS}),
    ev.AddressSubmitted: frozenset({Page.ADDRESS}),
    ev.CarriedOn: frozenset({Page.ADDRESS}),
    ev.KeptDropped: frozenset({Page.ADDRESS}),
    ev.SettingsAccepted: frozenset({Page.FOUND}),
    ev.ManualSubmitted: frozenset({Page.MANUAL}),
    ev.ContinuedUntested: frozenset({Page.PASSWORD}),
    ev.SignInChosen: frozenset({Page.PASSWORD}),
    ev.BrowserSignInRequested: frozenset({Page.PASSWORD}),
    ev.PasswordSubmitted: frozenset({Page.PASSWORD}),
    ev.ProgramsChosen: frozenset({Page.PROGRAMS}),
    ev.ApplyConfirmed: frozenset({Page.APPLYING}),
    ev.StoreChosen: frozenset({Page.APPLYING}),
    ev.Finished: frozenset({Page.PASSWORD, Page.APPLYING}),
    ev.AccountChosen: frozenset({Page.ACCOUNT}),
    ev.NoteSaveRequested: frozenset({Page.DIAGNOSIS}),
    ev.SetUpRequested: frozenset({Page.DIAGNOSIS}),
    ev.CompletionRequested: frozenset({Page.CHANGES}),
    ev.ChangesRequested: frozenset({Page.ADDRESS, Page.APPLYING, Page.DONE, Page.CHANGES}),
}
"""The pages a person can do these from; a click that arrives after its page left means nothing."""


def reduce(state: State, event: ev.Event) -> Step:
    """One step of the journey. Pure: no clock, no I/O, no randomness."""
    if state.page not in _PAGES_OF.get(type(event), frozenset(Page)):
        return state, ()
    match event:
        case ev.AddressEdited() | ev.AddressSubmitted() | ev.DomainSuggested():
            return _address(state, event)
        case ev.Stopped():
            return _stop(state)
        case ev.WentBack():
            return _back(state)
        case ev.Retried():
            return _retry(state)
        case ev.SearchProgressed() | ev.SearchFinished():
            return _searching(state, event)
        case (
            ev.SettingsAccepted()
            | ev.ManualRequested()
            | ev.ManualSubmitted()
            | ev.ContinuedUntested()
            | ev.SignInChosen()
        ):
            return _settings(state, event)
        case (
            ev.PasswordSubmitted()
            | ev.BrowserSignInRequested()
            | ev.VerifyProgressed()
            | ev.VerifyFinished()
            | ev.PasswordStored()
            | ev.TestMessageRequested()
            | ev.TestMessageFinished()
        ):
            return _password(state, event)
        case ev.ProgramsDetected() | ev.ProgramsChosen() | ev.PlanMade():
            return _programs(state, event)
        case (
            ev.ApplyConfirmed()
            | ev.StoreChosen()
            | ev.PlanApplied()
            | ev.UndoRequested()
            | ev.ChangeUndone()
            | ev.Finished()
        ):
            return _applying(state, event)
        case ev.SaveRequested() | ev.Saved() | ev.DetailsSaveRequested() | ev.DetailsSaved():
            return _saving(state, event)
        case (
            ev.ChangesRequested()
            | ev.ChangesListed()
            | ev.CompletionRequested()
            | ev.ChangeCompleted()
        ):
            return _changes(state, event)
        case ev.StartedOver():
            return returning.fresh(state), (*_cancel_all(state), do.ForgetPasswords())
        case ev.CarriedOn() | ev.KeptDropped() | ev.Recalled():
            return _resuming(state, event)
        case (
            ev.Opened()
            | ev.KnownListed()
            | ev.JourneyChosen()
            | ev.AccountChosen()
            | ev.PasswordUpdated()
            | ev.MovesPlanned()
            | ev.PublicationMade()
        ):
            return _returning(state, event)
        case (
            ev.DiagnosisRequested()
            | ev.NoteSaveRequested()
            | ev.SetUpRequested()
            | ev.DiagnosisProgressed()
            | ev.DiagnosisFinished()
            | ev.NoteSaved()
        ):
            return _diagnosing(state, event)
        case _:
            assert_never(event)


# -- moving ---------------------------------------------------------------------------------


def _cancel_all(state: State) -> tuple[do.Effect, ...]:
    return tuple(do.Cancel(request) for request in sorted(state.running))


def _idle(state: State) -> State:
    """Nothing awaited: rows that were under way fall back to where they can go on from."""
    under_way = {RowState.PLANNING, RowState.APPLYING, RowState.UNDOING}
    rows = tuple(
        replace(row, state=_resting(row)) if row.state in under_way else row for row in state.rows
    )
    return replace(state, running=frozenset(), testing_message=False, rows=rows)


def _resting(row: ProgramRow) -> RowState:
    if row.applied is not None:
        return RowState.DONE
    return RowState.READY if row.plan is not None else RowState.PROBLEM


def _stop(state: State) -> Step:
    cancels = _cancel_all(state)
    state = _idle(state)
    if state.page is Page.SEARCHING:
        state = replace(state, page=state.history[-1], history=state.history[:-1])
    return state, cancels


def _back(state: State) -> Step:
    if not state.history:
        return state, ()
    cancels = _cancel_all(state)
    page = state.history[-1]
    if page is Page.ADDRESS and state.journey is not Journey.SETUP:
        return returning.fresh(state), (*cancels, do.ForgetPasswords())
    state = replace(
        _idle(state),
        page=page,
        history=state.history[:-1],
        problem=None,
        test_message=None,
        details=None,
    )
    return state, cancels


def _retry(state: State) -> Step:
    if state.busy:
        return state, ()
    asks = {Page.ADDRESS, Page.ACCOUNT, Page.FOUND, Page.MANUAL}
    if state.page in asks and state.address is not None:
        return _start_search(state, state.address)
    if state.page is Page.PASSWORD:
        return _start_verify(state)
    if state.page is Page.DIAGNOSIS and state.diagnosed is not None:
        return diagnosing.begin(state, state.diagnosed)
    if state.page is Page.UPDATED and state.account is not None:
        return returning.update_again(state)
    if state.page is Page.APPLYING and state.journey is Journey.MOVE:
        return returning.plan_again(state)
    if state.page is Page.APPLYING:
        waiting = [row for row in state.rows if row.state is RowState.PROBLEM]
        state, undos = _undo_rows(state, [row for row in waiting if row.applied is not None])
        todo = tuple(row.client for row in waiting if row.applied is None)
        state, plans = _make_plans(state, todo)
        return state, (*undos, *plans)
    return state, ()


# -- those who come back ----------------------------------------------------------------------


def _returning(
    state: State,
    event: ev.Opened
    | ev.KnownListed
    | ev.JourneyChosen
    | ev.AccountChosen
    | ev.PasswordUpdated
    | ev.MovesPlanned
    | ev.PublicationMade,
) -> Step:
    match event:
        case ev.Opened():
            return state, (do.ListKnown(), do.Recall())
        case ev.KnownListed(known=known, interrupted=interrupted):
            state = replace(state, known=known)
            if interrupted and replace(state, kept=None) == State(known=known):
                # Before anything new: what was cut off last time can be finished or taken back.
                return reduce(state, ev.ChangesRequested())
            return state, ()
        case ev.JourneyChosen(journey=journey):
            if journey is Journey.REMOVE:
                return reduce(state, ev.ChangesRequested())
            if journey is Journey.SETUP:
                return reduce(state, ev.StartedOver())
            started = returning.begin(state, journey)
            if journey is Journey.PUBLISH:
                started = publishing.begin(state, started)
            return started, (*_cancel_all(state), do.ForgetPasswords())
        case ev.AccountChosen():
            if state.busy:
                return state, ()
            state, address = returning.choose_account(state, event)
            if address is None:
                return state, ()
            if state.journey is Journey.DIAGNOSE:
                return diagnosing.begin(state, address)
            if state.journey is Journey.PUBLISH and publishing.knows(state, address):
                return publishing.make(state)
            return _start_search(state, address)
        case ev.PasswordUpdated():
            return returning.take_uses(state, event), ()
        case ev.MovesPlanned():
            return returning.take_moves(state, event), ()
        case ev.PublicationMade():
            return publishing.take(state, event), ()
        case _:
            assert_never(event)


# -- something doesn't work -------------------------------------------------------------------


def _diagnosing(
    state: State,
    event: ev.DiagnosisRequested
    | ev.NoteSaveRequested
    | ev.SetUpRequested
    | ev.DiagnosisProgressed
    | ev.DiagnosisFinished
    | ev.NoteSaved,
) -> Step:
    match event:
        case ev.DiagnosisRequested():
            if state.address is None:
                return reduce(state, ev.JourneyChosen(Journey.DIAGNOSE))
            if state.loses_something or state.page is Page.DIAGNOSIS:
                return state, ()
            cancels = _cancel_all(state)
            state, effects = diagnosing.begin(_settled(state), state.address)
            return state, (*cancels, *effects)
        case ev.SetUpRequested():
            again = replace(returning.fresh(state), text=str(state.diagnosed or ""))
            return again, (*_cancel_all(state), do.ForgetPasswords())
        case _:
            return diagnosing.go_on(state, event)


def _settled(state: State) -> State:
    """Nothing awaited, and no page that is only passed through."""
    state = _idle(state)
    if state.page is not Page.SEARCHING:
        return state
    return replace(state, page=state.history[-1], history=state.history[:-1])


# -- what was cut off -------------------------------------------------------------------------


def _resuming(state: State, event: ev.CarriedOn | ev.KeptDropped | ev.Recalled) -> Step:
    match event:
        case ev.Recalled(kept=kept):
            return replace(state, kept=kept), ()
        case ev.CarriedOn():
            if state.kept is None or state.busy:
                return state, ()
            resumed = resuming.resume(state, state.kept)
            if resumed.search and resumed.state.address is not None:
                return _start_search(resumed.state, resumed.state.address)
            return resumed.state, ()
        case ev.KeptDropped():
            return replace(state, kept=None), (do.Keep(None),)
        case _:
            assert_never(event)


# -- the address and the search ---------------------------------------------------------------


def _address(
    state: State, event: ev.AddressEdited | ev.AddressSubmitted | ev.DomainSuggested
) -> Step:
    match event:
        case ev.AddressEdited(name=name, text=text):
            state = replace(state, name=name, text=text, fault=None, suggestion="", problem=None)
            parsed = parse_address(text)
            if isinstance(parsed, EmailAddress):
                return state, (do.Suggest(text, parsed.domain),)
            return state, ()
        case ev.DomainSuggested(text=text, suggestion=suggestion):
            if text != state.text:
                return state, ()
            return replace(state, suggestion=suggestion), ()
        case ev.AddressSubmitted(name=name, text=text):
            if state.busy:
                return state, ()
            state = replace(state, name=name.strip(), text=text)
            parsed = parse_address(text)
            if isinstance(parsed, AddressFault):
                return replace(state, fault=parsed), ()
            known = state.result
            if known is not None and parsed == state.address and isinstance(known, Found):
                return _take_found(replace(state, fault=None), known), ()
            return _start_search(replace(state, fault=None), parsed)


def _start_search(state: State, address: EmailAddress) -> Step:
    # A search starts afresh: nothing that belonged to another address may survive it.
    first, before = returning.first_page_of(state.journey)
    fresh = replace(
        returning.fresh(state, state.journey),
        text=state.text,
        old_text=state.old_text,
        old_address=state.old_address,
        address=address,
        history=(*before, first),
        page=Page.SEARCHING,
    )
    fresh, request = _ask(fresh)
    return fresh, (do.ForgetPasswords(), do.Search(request, address))


def _searching(state: State, event: ev.SearchProgressed | ev.SearchFinished) -> Step:
    match event:
        case ev.SearchProgressed(request=request, report=report):
            if request not in state.running:
                return state, ()
            return replace(state, reports=_merge_report(state.reports, report)), ()
        case ev.SearchFinished(request=request, result=result):
            answered = _answered(state, request)
            if answered is None:
                return state, ()
            return _take_result(answered, result), ()


def _merge_report(
    reports: tuple[SourceReport, ...], report: SourceReport
) -> tuple[SourceReport, ...]:
    """Rows keep their place; a new source is added at the end, so nothing jumps."""
    for index, known in enumerate(reports):
        if known.source is report.source:
            return (*reports[:index], report, *reports[index + 1 :])
    return (*reports, report)


def _take_result(state: State, result: DiscoveryResult) -> State:
    state = replace(state, result=result, reports=result.reports or state.reports)
    match result:
        case Found():
            return _take_found(state, result)
        case NothingFound(guesses=guesses, unencrypted_only=unencrypted_only):
            kind = ProblemKind.UNENCRYPTED_ONLY if unencrypted_only else ProblemKind.NOTHING_FOUND
            problem = Problem(kind, Stage.DISCOVER, host=result.address.domain)
            return replace(_prefill(_show(state, Page.MANUAL), guesses), problem=problem)
        case Offline(problem=problem, pack=pack, guesses=guesses):
            if pack is not None:
                return replace(_take_found(state, pack), problem=problem)
            return replace(_prefill(_show(state, Page.MANUAL), guesses), problem=problem)
        case Failed(problem=problem, guesses=guesses, suggestion=suggestion):
            # The address itself is the likely culprit: back to it, with the form one click away.
            page, history = returning.first_page_of(state.journey)
            state = _prefill(replace(state, page=page, history=history), guesses)
            return replace(state, problem=problem, suggestion=suggestion)
        case _:
            assert_never(result)


def _take_found(state: State, found: Found) -> State:
    state = replace(
        state,
        provider=found.provider,
        incoming=next(iter(found.incoming), None),
        outgoing=next(iter(found.outgoing), None),
        services=found.services,
        consented=False,
    )
    complete = state.incoming is not None and state.outgoing is not None
    if state.journey is Journey.PASSWORD and complete and not found.needs_consent:
        # The servers are not what changed: nothing to look at on the way to the password.
        return _to_password(state)[0]
    return _show(state, Page.FOUND)


def _prefill(state: State, guesses: tuple[ServerSettings, ...]) -> State:
    return replace(
        state,
        provider=Provider(""),
        incoming=next((server for server in guesses if server.type.is_incoming), None),
        outgoing=next((server for server in guesses if not server.type.is_incoming), None),
    )


# -- settings ---------------------------------------------------------------------------------


def _settings(
    state: State,
    event: ev.SettingsAccepted
    | ev.ManualRequested
    | ev.ManualSubmitted
    | ev.ContinuedUntested
    | ev.SignInChosen,
) -> Step:
    match event:
        case ev.ManualRequested():
            if state.address is None or state.page is Page.MANUAL:
                return state, ()
            cancels = _cancel_all(state)
            state = _idle(state)
            if state.page is Page.SEARCHING and isinstance(state.result, Found | None):
                state = replace(state, result=None)
            return _show(state, Page.MANUAL), cancels
        case ev.ManualSubmitted(incoming=incoming, outgoing=outgoing):
            state = replace(state, incoming=incoming, outgoing=outgoing, consented=True)
            return _agreed(state)
        case ev.SettingsAccepted(consent=consent):
            if state.needs_consent and not consent:
                return state, ()
            if state.incoming is None or state.outgoing is None:
                return _show(state, Page.MANUAL), ()
            return _agreed(replace(state, consented=True))
        case ev.SignInChosen():
            return _sign_in(state)
        case ev.ContinuedUntested():
            if not _may_skip_test(state):
                return state, ()
            return _after_password(replace(state, untested=True))


def _sign_in(state: State) -> Step:
    """From here on it is an account that takes no password from a program."""
    receiving, sending = state.incoming, state.outgoing
    if state.busy or not state.can_sign_in_inside or receiving is None or sending is None:
        return state, ()
    state = replace(
        state,
        incoming=replace(receiving, auth=(AuthMethod.OAUTH2,)),
        outgoing=replace(sending, auth=(AuthMethod.OAUTH2,)),
        verification=None,
        problem=None,
        untested=True,
    )
    return _after_password(state)


def _agreed(state: State) -> Step:
    """With these settings."""
    return publishing.make(state) if state.journey is Journey.PUBLISH else _to_password(state)


def _to_password(state: State) -> Step:
    state = replace(
        state,
        verification=None,
        tested_at=None,
        untested=False,
        incoming_rungs=(),
        outgoing_rungs=(),
        test_message=None,
    )
    return _show(state, Page.PASSWORD), ()


def _may_skip_test(state: State) -> bool:
    """A login test is left out only where none is possible, never to get round a problem."""
    if state.account is None or state.busy:
        return False
    if not state.password_possible or isinstance(state.result, Offline):
        return True
    return state.problem is not None and state.problem.kind in {
        ProblemKind.NO_INTERNET,
        ProblemKind.OAUTH_ONLY,
        ProblemKind.PASSWORD_LOGIN_OFF,
        ProblemKind.SENDING_WITH_PASSWORD_OFF,
    }


# -- the password -----------------------------------------------------------------------------


def _password(
    state: State,
    event: ev.PasswordSubmitted
    | ev.BrowserSignInRequested
    | ev.VerifyProgressed
    | ev.VerifyFinished
    | ev.PasswordStored
    | ev.TestMessageRequested
    | ev.TestMessageFinished,
) -> Step:
    match event:
        case ev.PasswordSubmitted(keep=keep):
            if state.busy or not state.password_possible:
                return state, ()
            return _start_verify(replace(state, keep_password=keep))
        case ev.BrowserSignInRequested():
            if state.busy or not state.can_sign_in_here:
                return state, ()
            return _start_verify(state)
        case ev.VerifyProgressed(request=request, side=side, rung=rung):
            if request not in state.running:
                return state, ()
            if side == "incoming":
                return replace(state, incoming_rungs=(*state.incoming_rungs, rung)), ()
            return replace(state, outgoing_rungs=(*state.outgoing_rungs, rung)), ()
        case ev.VerifyFinished(request=request, verification=verification, at=at):
            answered = _answered(state, request)
            if answered is None:
                return state, ()
            state = replace(answered, verification=verification, problem=verification.problem)
            if not verification.ok:
                return state, ()
            state = replace(state, tested_at=at)
            account = state.account
            if not state.keep_password or account is None or state.can_sign_in_here:
                return state, ()
            state, request = _ask(state)
            return state, (do.StorePassword(request, account),)
        case ev.PasswordStored(request=request, problem=problem):
            answered = _answered(state, request)
            if answered is None:
                return state, ()
            return replace(answered, keychain_problem=problem), ()
        case ev.TestMessageRequested(delete=delete):
            account = state.account
            if state.testing_message or account is None or state.tested_at is None:
                return state, ()
            state, request = _ask(replace(state, testing_message=True, test_message=None))
            return state, (do.SendTestMessage(request, account, delete),)
        case ev.TestMessageFinished(request=request, outcome=outcome):
            answered = _answered(state, request)
            if answered is None:
                return state, ()
            return replace(answered, testing_message=False, test_message=outcome), ()


def _start_verify(state: State) -> Step:
    if state.address is None:
        return state, ()
    state = replace(
        state,
        problem=None,
        verification=None,
        tested_at=None,
        untested=False,
        keychain_problem=None,
        incoming_rungs=(),
        outgoing_rungs=(),
        test_message=None,
    )
    state, request = _ask(state)
    assert state.address is not None
    effect = do.Verify(
        request, state.address, state.incoming, state.outgoing, state.provider, state.services
    )
    return state, (effect,)


# -- the programs -----------------------------------------------------------------------------


def _after_password(state: State) -> Step:
    if state.journey in {Journey.PASSWORD, Journey.MOVE}:
        return returning.after_password(state)
    return _to_programs(state)


def _to_programs(state: State) -> Step:
    state = _show(state, Page.PROGRAMS)
    state, request = _ask(state)
    return state, (do.Detect(request),)


def _programs(state: State, event: ev.ProgramsDetected | ev.ProgramsChosen | ev.PlanMade) -> Step:
    match event:
        case ev.ProgramsDetected(request=request, detected=detected):
            answered = _answered(state, request)
            if answered is None:
                return state, ()
            return replace(answered, detected=detected), ()
        case ev.ProgramsChosen(clients=clients, profiles=profiles):
            if not clients:
                return state, ()
            state = replace(
                state,
                chosen=clients,
                profiles=MappingProxyType(dict(profiles)),
                rows=tuple(
                    state.row(client) or ProgramRow(client, RowState.PLANNING) for client in clients
                ),
            )
            todo = tuple(row.client for row in state.rows if row.applied is None)
            return _make_plans(_show(state, Page.APPLYING), todo)
        case ev.PlanMade(request=request, client=client, outcome=outcome):
            answered = _answered(state, request)
            if answered is None:
                return state, ()
            return _with_outcome(answered, client, outcome), ()


def _make_plans(state: State, clients: tuple[str, ...]) -> Step:
    account = state.account
    if account is None:
        return state, ()
    effects: list[do.Effect] = []
    for client in clients:
        state, request = _ask(state)
        profile = state.profiles.get(client, "")
        row = ProgramRow(client, RowState.PLANNING, profile=profile)
        state = _with_row(state, row)
        effects.append(do.MakePlan(request, client, account, profile, state.chosen))
    return state, tuple(effects)


def _with_row(state: State, row: ProgramRow) -> State:
    return replace(
        state, rows=tuple(row if old.client == row.client else old for old in state.rows)
    )


def _with_outcome(
    state: State, client: str, outcome: ClientPlan | Applied | Undone | Problem
) -> State:
    """The row of a program after its plan, its apply or its undo came back."""
    row = state.row(client)
    if row is None:
        return state
    match outcome:
        case ClientPlan():
            row = replace(row, state=RowState.READY, plan=outcome, problem=None)
        case Applied():
            row = replace(row, state=RowState.DONE, applied=outcome, problem=None)
        case Undone():
            row = replace(row, state=RowState.UNDONE, undone=outcome, applied=None, problem=None)
        case Problem():
            row = replace(row, state=RowState.PROBLEM, problem=outcome)
        case _:
            assert_never(outcome)
    return _with_row(state, row)


# -- applying ---------------------------------------------------------------------------------


def _applying(
    state: State,
    event: ev.ApplyConfirmed
    | ev.StoreChosen
    | ev.PlanApplied
    | ev.UndoRequested
    | ev.ChangeUndone
    | ev.Finished,
) -> Step:
    match event:
        case ev.ApplyConfirmed(client=client, folder=folder):
            effects: list[do.Effect] = []
            for row in state.rows:
                if row.plan is None or row.state is not RowState.READY:
                    continue
                if client and row.client != client:
                    continue
                state, request = _ask(state)
                state = _with_row(state, replace(row, state=RowState.APPLYING))
                keep_for = state.account if row.keeps_password else None
                effects.append(do.ApplyPlan(request, row.plan, folder, keep_for))
            return state, tuple(effects)
        case ev.StoreChosen(client=client, wanted=wanted):
            chosen = state.row(client)
            if chosen is None or chosen.state is not RowState.READY:
                return state, ()
            able = chosen.plan is not None and chosen.plan.can_keep_password
            return _with_row(state, replace(chosen, keeps_password=wanted and able)), ()
        case ev.PlanApplied(request=request, client=client, outcome=outcome):
            if (applied_row := state.row(client)) is not None:
                state = _with_row(state, replace(applied_row, not_kept=event.not_kept))
            # What was done to a program is taken note of even if nobody waits any more.
            answered = _answered(state, request)
            if answered is None:
                if isinstance(outcome, Applied):
                    return _with_outcome(state, client, outcome), ()
                return state, ()
            return _with_outcome(answered, client, outcome), ()
        case ev.UndoRequested(client=client, change_id=change_id):
            undo_row = state.row(client) if client else None
            if undo_row is not None and undo_row.applied is not None:
                return _undo_rows(state, [undo_row])
            if not change_id:
                return state, ()
            state, request = _ask(replace(state, problem=None))
            return state, (do.UndoChange(request, client, change_id),)
        case ev.ChangeUndone(request=request, client=client, outcome=outcome):
            answered = _answered(state, request)
            if answered is None:
                # As above: what was taken back must not go on to look applied.
                if not isinstance(outcome, Undone):
                    return state, ()
                answered = state
            if answered.row(client) is not None:
                return _with_outcome(answered, client, outcome), ()
            if isinstance(outcome, Problem):
                return replace(answered, problem=outcome), ()
            remaining = tuple(
                change for change in answered.changes or () if change.id != outcome.id
            )
            if answered.changes is None:
                return answered, ()
            return replace(answered, changes=remaining, taken_back=outcome), ()
        case ev.Finished():
            if state.page is Page.PASSWORD and (state.tested_at or state.untested):
                return _after_password(state)
            if state.page is Page.APPLYING and not state.busy:
                return _show(state, Page.DONE), ()
            return state, ()


def _undo_rows(state: State, rows: list[ProgramRow]) -> Step:
    """Takes back what was done for these programs, where there is something to take back."""
    effects: list[do.Effect] = []
    for row in rows:
        if row.applied is None or not row.applied.change_id:
            continue
        state, request = _ask(state)
        state = _with_row(state, replace(row, state=RowState.UNDOING, problem=None))
        effects.append(do.UndoChange(request, row.client, row.applied.change_id))
    return state, tuple(effects)


def _saving(
    state: State,
    event: ev.SaveRequested | ev.Saved | ev.DetailsSaveRequested | ev.DetailsSaved,
) -> Step:
    match event:
        case ev.DetailsSaveRequested(text=text, path=path):
            return replace(state, details=None), (do.SaveText(text, path),)
        case ev.DetailsSaved(outcome=outcome):
            return replace(state, details=outcome), ()
        case ev.SaveRequested(folder=folder):
            if state.page is Page.PUBLISH:
                return publishing.save(state, folder)
            account = state.account
            if account is None:
                return state, ()
            state, request = _ask(replace(state, saved=None))
            return state, (do.Save(request, account, state.chosen, folder),)
        case ev.Saved(request=request, outcome=outcome):
            answered = _answered(state, request)
            if answered is None:
                return state, ()
            return replace(answered, saved=outcome), ()


def _changes(
    state: State,
    event: ev.ChangesRequested | ev.ChangesListed | ev.CompletionRequested | ev.ChangeCompleted,
) -> Step:
    match event:
        case ev.CompletionRequested(change_id=change_id):
            if state.busy:
                return state, ()
            state, request = _ask(replace(state, problem=None, taken_back=None))
            return state, (do.FinishChange(request, change_id),)
        case ev.ChangeCompleted(request=request, outcome=outcome):
            answered = _answered(state, request)
            if answered is None:
                return state, ()
            if isinstance(outcome, Problem):
                return replace(answered, problem=outcome), ()
            changes = tuple(
                replace(item, cut_off="") if item.id == outcome.id else item
                for item in answered.changes or ()
            )
            return replace(answered, changes=changes), ()
        case ev.ChangesRequested():
            state, request = _ask(
                _show(replace(state, changes=None, taken_back=None), Page.CHANGES)
            )
            return state, (do.ListChanges(request),)
        case ev.ChangesListed(request=request, outcome=outcome):
            answered = _answered(state, request)
            if answered is None:
                return state, ()
            if isinstance(outcome, Problem):
                return replace(answered, problem=outcome), ()
            return replace(answered, changes=outcome), ()
