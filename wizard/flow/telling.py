"""The journey in lines for a log: what the person did, what came of it. Pure.

By white list: what is typed is not told, only what came of it; no password is in any event. Rows
that report by themselves (sources asked, rungs, checks) are told where they arise.
"""

from __future__ import annotations

from collections.abc import Iterator

from wizard.flow import events as ev
from wizard.flow.parts import Delivered
from wizard.flow.state import State
from wizard.model import (
    Applied,
    ClientPlan,
    DiscoveryResult,
    Failed,
    Found,
    NothingFound,
    Offline,
    Problem,
    Publication,
    ServerSettings,
    SideFailed,
    SideResult,
    SideUntested,
    SideVerified,
    Undone,
)


def lines(before: State, event: ev.Event, after: State) -> Iterator[str]:
    """What a step of the journey is to a helper; nothing for most of them."""
    if after.address != before.address and after.address is not None:
        yield f"address {after.address}"
    yield from _of(event)
    if after.page is not before.page:
        yield f"page {after.page.value}"
    if after.problem is not None and after.problem != before.problem:
        yield f"problem {_cause(after.problem)}"


def _of(event: ev.Event) -> Iterator[str]:
    match event:
        case ev.SearchFinished(result=result):
            yield from _result(result)
        case ev.ManualSubmitted(incoming=incoming, outgoing=outgoing):
            yield f"entered: {_server(incoming)}"
            yield f"entered: {_server(outgoing)}"
        case ev.PasswordSubmitted(keep=keep):
            yield f"password given, {'to be kept' if keep else 'not to be kept'} in the keychain"
        case ev.VerifyFinished(verification=verification):
            yield f"receiving: {_side(verification.incoming)}"
            yield f"sending: {_side(verification.outgoing)}"
            for service in verification.services:
                found = _cause(service.problem) if service.problem else f"works, {service.ms} ms"
                yield f"{service.service.type.value} {service.service.url}: {found}"
        case ev.PasswordStored(problem=problem):
            yield f"keychain: {_cause(problem) if problem else 'kept'}"
        case ev.TestMessageFinished(outcome=Problem() as problem):
            yield f"test message: {_cause(problem)}"
        case ev.TestMessageFinished(outcome=Delivered(seconds=seconds)):
            yield f"test message: back in {seconds:.1f} s"
        case ev.ProgramsDetected(detected=detected):
            for program in detected:
                runs = ", running" if program.running else ""
                yield f"here: {program.id} {program.version}{runs}, {program.path}"
            if not detected:
                yield "here: no mail program"
        case ev.ProgramsChosen(clients=clients, profiles=profiles):
            chosen = (f"{client} {profiles.get(client, '')}".strip() for client in clients)
            yield f"chosen: {', '.join(chosen)}"
        case ev.PlanMade(client=client, outcome=outcome):
            yield f"plan {client}: {_plan(outcome)}"
        case ev.MovesPlanned(outcomes=outcomes):
            for client, profile, outcome in outcomes:
                yield f"plan {client} {profile}: {_plan(outcome)}"
        case (
            ev.PlanApplied(client=client, outcome=outcome)
            | ev.ChangeUndone(client=client, outcome=outcome)
        ):
            yield f"{_name(event)} {client}: {_done(outcome)}"
            if isinstance(event, ev.PlanApplied) and event.not_kept:
                yield f"password not in its store: {event.not_kept}"
        case ev.StoreChosen(client=client, wanted=wanted):
            yield f"password into the store of {client}: {wanted}"
        case ev.ChangeCompleted(outcome=outcome):
            yield f"finished: {_cause(outcome) if isinstance(outcome, Problem) else outcome.id}"
        case ev.PasswordUpdated(uses=uses):
            for use in uses:
                yield f"new password, {use.client}: {'updated' if use.updated else 'asks for it'}"
        case ev.DiagnosisFinished(diagnosis=diagnosis):
            verdict = diagnosis.verdict
            yield f"diagnosis, {diagnosis.ms} ms: {_cause(verdict) if verdict else 'all well'}"
            for clue in diagnosis.clues:
                yield f"clue {clue.kind.value} {clue.host} {clue.value}".rstrip()
        case ev.Saved(outcome=outcome):
            if isinstance(outcome, Problem):
                yield f"saved: {_cause(outcome)}"
            else:
                yield f"saved: {len(outcome)} files"
        case ev.PublicationMade(outcome=Problem() as problem):
            yield f"to publish: {_cause(problem)}"
        case ev.PublicationMade(outcome=Publication() as made):
            yield f"to publish: {len(made.pages)} files, {len(made.records)} records"
        case ev.JourneyChosen(journey=journey):
            yield f"journey {journey.value}"
        case _ if type(event) in _TOLD_BY_NAME:
            yield _name(event)


_TOLD_BY_NAME = {
    ev.AddressSubmitted,
    ev.ApplyConfirmed,
    ev.BrowserSignInRequested,
    ev.CarriedOn,
    ev.ContinuedUntested,
    ev.DiagnosisRequested,
    ev.Finished,
    ev.ManualRequested,
    ev.Retried,
    ev.SettingsAccepted,
    ev.SignInChosen,
    ev.Stopped,
    ev.TestMessageRequested,
    ev.UndoRequested,
    ev.WentBack,
}
"""What the person did, where nothing about it needs telling."""


def _name(event: ev.Event) -> str:
    """`AddressSubmitted` as `address submitted`."""
    return "".join(
        f" {char.lower()}" if char.isupper() else char for char in type(event).__name__
    ).lstrip()


def _result(result: DiscoveryResult) -> Iterator[str]:
    match result:
        case Found(provider=provider):
            yield f"found after {result.ms} ms: {provider.name} {provider.id}".rstrip()
            for server in (*result.incoming, *result.outgoing):
                yield f"  {_server(server)}, {server.trust.value}"
            for service in result.services:
                yield f"  {service.type.value} {service.url}"
        case NothingFound():
            unencrypted = ", only what does not encrypt" if result.unencrypted_only else ""
            yield f"nothing found after {result.ms} ms{unencrypted}"
        case Offline(problem=problem) | Failed(problem=problem):
            yield f"not found after {result.ms} ms: {_cause(problem)}"


def _server(server: ServerSettings) -> str:
    where = f"{server.type.value} {server.host}:{server.port} {server.security.value}"
    return f"{where} {server.username} {' '.join(method.value for method in server.auth)}".rstrip()


def _side(side: SideResult) -> str:
    match side:
        case SideVerified(server=server, ms=ms):
            return f"works, {ms} ms, {_server(server)}"
        case SideFailed(problem=problem):
            return _cause(problem)
        case SideUntested(reason=reason):
            return f"not tested: {reason}"


def _plan(outcome: ClientPlan | Problem) -> str:
    if isinstance(outcome, Problem):
        return _cause(outcome)
    if outcome.unchanged:
        return "right already"
    names = [str(change.path) for change in outcome.changes] or [f.name for f in outcome.files]
    return f"{outcome.how.value} {', '.join(names)}".rstrip()


def _done(outcome: Applied | Undone | Problem) -> str:
    match outcome:
        case Problem():
            return _cause(outcome)
        case Applied():
            what = [outcome.change_id, outcome.proof, *map(str, outcome.written)]
            return " ".join(filter(None, what)) or "nothing to write"
        case Undone():
            left = f", left alone: {len(outcome.kept)}" if outcome.kept else ""
            return f"{outcome.id}, {len(outcome.restored)} files{left}"


def _cause(problem: Problem) -> str:
    where = f"{problem.host}:{problem.port}" if problem.port else problem.host
    facts = [f"{name}={value}" for name, value in problem.facts]
    told = [problem.kind.word, f"({problem.stage.value})", where, problem.detail, *facts]
    said = f"server said: {problem.server_said}" if problem.server_said else ""
    return " ".join(filter(None, (*told, said)))
