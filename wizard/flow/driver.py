"""Carries out effects: which service answers which, and with which event.

Both faces use it: the window from its asyncio thread, the command line in `asyncio.run`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import assert_never

from wizard.flow import effects as do
from wizard.flow import events as ev
from wizard.flow import resuming
from wizard.flow.services import Services, Side
from wizard.model import Account, Check, Problem, Rung, SourceReport

Emit = Callable[[ev.Event], None]


async def carry_out(effect: do.Effect, services: Services, emit: Emit) -> None:
    """Runs one effect to its end and emits its events.

    `Cancel` is the caller's business (it owns the tasks) and does nothing here.
    """
    match effect:
        case do.Cancel():
            pass
        case do.ForgetPasswords():
            services.vault.clear()
        case do.Suggest(text=text, domain=domain):
            emit(ev.DomainSuggested(text, await services.suggest_domain(domain)))
        case do.Search(request=request, address=address):

            def on_report(report: SourceReport, request: int = request) -> None:
                emit(ev.SearchProgressed(request, report))

            emit(ev.SearchFinished(request, await services.discover(address, on_report)))
        case do.Verify(request=request):

            def on_rung(side: Side, rung: Rung, request: int = request) -> None:
                emit(ev.VerifyProgressed(request, side, rung))

            verification = await services.verify(
                effect.address,
                effect.incoming,
                effect.outgoing,
                effect.provider,
                on_rung,
                effect.services,
            )
            emit(ev.VerifyFinished(request, verification, datetime.now(UTC).astimezone()))
        case do.Diagnose(request=request):

            def on_check(check: Check, request: int = request) -> None:
                emit(ev.DiagnosisProgressed(request, check))

            diagnosis = await services.diagnose(
                effect.address, effect.incoming, effect.outgoing, effect.provider, on_check
            )
            emit(ev.DiagnosisFinished(request, diagnosis))
        case do.SaveNote(request=request, diagnosis=diagnosis, path=path):
            emit(ev.NoteSaved(request, await services.save_note(diagnosis, path)))
        case do.SaveText(text=text, path=path):
            emit(ev.DetailsSaved(await services.save_text(text, path)))
        case do.StorePassword(request=request, account=account):
            emit(ev.PasswordStored(request, await services.store_password(account)))
        case do.SendTestMessage(request=request, account=account, delete=delete):
            sent = await services.send_test_message(account, delete=delete)
            emit(ev.TestMessageFinished(request, sent))
        case do.Detect(request=request):
            emit(ev.ProgramsDetected(request, await services.detect()))
        case do.MakePlan(request=request, client=client, account=account, profile=profile):
            plan = await services.plan(client, account, profile, effect.chosen)
            emit(ev.PlanMade(request, client, plan))
        case do.ApplyPlan(request=request, plan=plan, keep_for=Account() as account):
            applied, not_kept = await services.apply_and_keep(plan, account)
            emit(ev.PlanApplied(request, plan.client, applied, not_kept))
        case do.ApplyPlan(request=request, plan=plan, folder=folder):
            emit(ev.PlanApplied(request, plan.client, await services.apply(plan, folder)))
        case do.UndoChange(request=request, client=client, change_id=change_id):
            emit(ev.ChangeUndone(request, client, await services.undo(change_id)))
        case do.FinishChange(request=request, change_id=change_id):
            emit(ev.ChangeCompleted(request, await services.finish(change_id)))
        case do.ListChanges(request=request):
            emit(ev.ChangesListed(request, await services.changes()))
        case do.Save(request=request, account=account, clients=clients, folder=folder):
            emit(ev.Saved(request, await services.save(account, clients, folder)))
        case do.MakePublication(request=request, account=account):
            emit(ev.PublicationMade(request, await services.publish(account)))
        case do.SavePublication(request=request, publication=publication, folder=folder):
            laid = await services.apply(publication.plan, folder)
            emit(ev.Saved(request, laid if isinstance(laid, Problem) else laid.written))
        case do.ListKnown():
            interrupted = await services.interrupted()
            emit(ev.KnownListed(await services.known(), interrupted))
        case do.Recall():
            emit(ev.Recalled(resuming.read(await services.kept())))
        case do.Keep(kept=kept):
            await services.keep(resuming.document(kept))
        case do.UpdatePassword(request=request, account=account):
            emit(ev.PasswordUpdated(request, await services.update_password(account)))
        case do.PlanMoves(request=request, old=old, account=account):
            emit(ev.MovesPlanned(request, await services.plan_moves(old, account)))
        case _:
            assert_never(effect)
