"""The commands of those who come back: a changed password, a changed address."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime

from wizard.cli.backend import Backend
from wizard.cli.commands import (
    Command,
    as_verified,
    carry_out,
    tell_verification,
    tested,
    verification_exit,
    verification_json,
)
from wizard.cli.exits import Exit, worst
from wizard.cli.output import Output
from wizard.cli.settings import Settled, address_or_exit, settle
from wizard.model import Account, PasswordUse, Problem, ProblemKind, Stage, Verification
from wizard.model.document import Json
from wizard.model.words import N_, named

HINTS = (
    N_(
        "Phones, tablets and other computers still have the old password. Type the new one there "
        "soon: a provider that sees many wrong passwords may block your whole network for a while."
    ),
    N_(
        "After a change it can take a few minutes until all servers of a provider know the new "
        "password."
    ),
)


async def password(args: Namespace, backend: Backend, out: Output) -> Exit:
    """`password ADDRESS`: nothing learns of the new password before it works."""
    ready = await _verified_account(args, "", backend, out)
    if isinstance(ready, Exit):
        if ready is Exit.REFUSED:
            out.progress(HINTS[1])
        return ready
    account, verification, document = ready
    codes = [verification_exit(verification)]
    codes.append(await _keep(account, document, backend, out))
    uses = await backend.update_password(account)
    for use in uses:
        if use.problem is None:
            out.plain(named(out.messages, use.name, use.note))
        else:
            out.line("{name}:", name=use.name)
            out.problem(use.problem)
            out.plain(use.note)
            codes.append(Exit.PROBLEMS)
        if use.change_id:
            out.line("To take it back: mail-wizard undo {id}", id=use.change_id)
    if not uses:
        out.line("No mail program on this computer holds this address.")
    for hint in HINTS:
        out.line(hint)
    document["apps"] = [_use_json(use, out) for use in uses]
    document["hints"] = [out.messages.text(hint) for hint in HINTS]
    problems = [use.problem for use in uses if use.problem is not None]
    if problems:
        document["problem"] = out.problem_json(problems[0])
    return out.finish(document, worst(*codes), ok=not problems)


def _use_json(use: PasswordUse, out: Output) -> Json:
    row: Json = {"app": use.client, "name": use.name, "updated": use.updated, "note": use.note}
    if use.change_id:
        row["change_id"] = use.change_id
    if use.problem is not None:
        row["problem"] = out.problem_json(use.problem)
    return row


async def move(args: Namespace, backend: Backend, out: Output) -> Exit:
    """`move OLD NEW`: the accounts of OLD become those of NEW, where they are."""
    old = address_or_exit(args.old, out)
    if isinstance(old, Exit):
        return old
    new = address_or_exit(args.address, out)
    if isinstance(new, Exit):
        return new
    if old == new:
        out.line("Both addresses are the same. Nothing was changed.")
        return out.finish({"reason": "usage", "detail": "OLD and NEW are the same"}, Exit.USAGE)
    ready = await _verified_account(args, args.name, backend, out)
    if isinstance(ready, Exit):
        return ready
    account, verification, document = ready
    codes = [verification_exit(verification)]
    rows: list[Json] = []
    for client, _, plan in await backend.plan_moves(old, account):
        row, code = await carry_out(args, client, plan, args.out, backend, out)
        rows.append(row)
        codes.append(code)
    codes.append(await _keep(account, document, backend, out))
    document |= {"old": str(old), "apps": rows}
    problems = [row["problem"] for row in rows if "problem" in row]
    if problems:
        document["problem"] = problems[0]
    return out.finish(document, worst(*codes), ok=not problems)


async def _verified_account(
    args: Namespace, name: str, backend: Backend, out: Output
) -> tuple[Account, Verification, Json] | Exit:
    """Servers, consent, login test. Where the test did not work, the command ends here."""
    settled: Settled | Exit = await settle(args, backend, out)
    if isinstance(settled, Exit):
        return settled
    incoming, outgoing = settled.incoming, settled.outgoing
    if incoming is None or outgoing is None:
        problem = Problem(ProblemKind.NOTHING_FOUND, Stage.DISCOVER, host=settled.address.domain)
        return out.finish_problem(problem, Exit.NOTHING_FOUND, settled.document)
    verification = await tested(args, settled, backend, out, changed=True)
    if isinstance(verification, Exit):
        return verification
    tell_verification(verification, settled.provider, out)
    document: Json = {
        "address": str(settled.address),
        "verify": verification_json(verification, settled.provider, out),
    }
    if verification.problem is not None:
        document["problem"] = out.problem_json(verification.problem, settled.provider)
        return out.finish(document, verification_exit(verification))
    account = Account(
        address=settled.address,
        name=name or settled.name,
        provider=settled.provider,
        incoming=as_verified(incoming, verification.incoming),
        outgoing=as_verified(outgoing, verification.outgoing),
        services=verification.proven(settled.services),
        tested_at=datetime.now(UTC).astimezone() if verification.ok else None,
    )
    return account, verification, document


async def _keep(account: Account, document: Json, backend: Backend, out: Output) -> Exit:
    """Into the keychain, where there is a password at all."""
    if backend.vault.get(account.address) is None:
        return Exit.DONE
    trouble = await backend.store_password(account)
    document["keychain"] = {"ok": trouble is None}
    if trouble is None:
        out.line("The password is in this computer's keychain.")
        return Exit.DONE
    out.problem(trouble, account.provider)
    document["keychain"]["problem"] = out.problem_json(trouble)
    return Exit.PROBLEMS


COMMANDS: dict[str, Command] = {"password": password, "move": move}
