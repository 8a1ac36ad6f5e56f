"""The commands: each takes its arguments, the outside and a place to print; returns a code."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from wizard.cli.backend import Backend
from wizard.cli.diagnosis import diagnose
from wizard.cli.exits import Exit, exit_of, worst
from wizard.cli.options import SearchOptions
from wizard.cli.output import Output
from wizard.cli.settings import (
    Settled,
    address_or_exit,
    ask,
    file_or_exit,
    no_such_file,
    password_or_exit,
    result_json,
    result_problem,
    search,
    settle,
)
from wizard.cli.updates import newer
from wizard.flow import Side
from wizard.flow.exchange import exchange_steps
from wizard.model import (
    Account,
    Applied,
    AuthMethod,
    ClientPlan,
    DetectedClient,
    DiscoveryResult,
    Failed,
    Found,
    How,
    NothingFound,
    Offline,
    PasswordKind,
    Problem,
    ProblemKind,
    Provider,
    Rung,
    Security,
    ServerSettings,
    ServerType,
    ServiceType,
    SideFailed,
    SideResult,
    SideUntested,
    SideVerified,
    Source,
    Stage,
    Verification,
    shown_domain,
)
from wizard.model.document import Json, found_json, service_result_json, side_json
from wizard.model.words import N_, named

Command = Callable[[Namespace, Backend, Output], Awaitable[Exit]]
MAX_DOCUMENT = 1024 * 1024
"""Bytes of a file that are looked at; what is larger is no settings document anyway."""


async def discover(args: Namespace, backend: Backend, out: Output) -> Exit:
    """`discover ADDRESS`."""
    address = address_or_exit(args.address, out)
    if isinstance(address, Exit):
        return address
    options = SearchOptions(
        timeout=args.timeout,
        sources=frozenset(Source(word) for word in args.source),
        all=args.all,
        record=args.record,
        replay=args.replay,
    )
    result = await search(address, options, backend, out)
    document = result_json(result)
    suggestion = await _suggestion(result, backend)
    if suggestion:
        # Mistyped domains are registered by others, with servers that take every password.
        document["suggestion"] = f"{address.local}@{suggestion}"
        out.line("Did you mean {address}?", address=f"{address.local}@{suggestion}")
    if isinstance(result, Found):
        _tell_found(result, out)
        return out.finish(document, Exit.DONE)
    problem = result_problem(result)
    out.problem(problem)
    _tell_untested(result, out)
    document["problem"] = out.problem_json(problem)
    return out.finish(document, exit_of(problem), ok=False)


def _tell_untested(result: DiscoveryResult, out: Output) -> None:
    """What is known without a network, else the guess that a form would be filled in with."""
    if isinstance(result, Offline) and result.pack is not None:
        _tell_found(result.pack, out)
    elif isinstance(result, (NothingFound, Offline)):
        incoming = [server for server in result.guesses if server.type.is_incoming][:1]
        outgoing = [server for server in result.guesses if not server.type.is_incoming][:1]
        for server in (*incoming, *outgoing):
            out.line("Best guess, not tried: {server}", server=out.server(server))


async def _suggestion(result: DiscoveryResult, backend: Backend) -> str:
    """The domain probably meant, empty where nothing speaks for it."""
    if isinstance(result, Failed) and result.suggestion:
        return result.suggestion
    return await backend.suggest_domain(result.address.domain)


def _tell_found(found: Found, out: Output) -> None:
    if found.provider.password_kind is PasswordKind.EXCHANGE:
        out.problem(Problem(ProblemKind.EXCHANGE_ONLY, Stage.DISCOVER, host=found.address.domain))
        for step in exchange_steps(out.messages):
            out.plain(f"  {named(out.messages, step.group, step.text)}")
    elif found.provider.name:
        out.line("Your mail is at {provider}.", provider=found.provider.name)
    for label, servers in (
        (N_("Receiving: {server}"), found.incoming),
        (N_("Sending: {server}"), found.outgoing),
    ):
        for server in servers:
            out.line(label, server=out.server(server))
            for item in server.evidence:
                said = out.messages.evidence(item)
                out.plain(f"    {said} ({item.detail})" if item.detail else f"    {said}")
    if found.needs_consent:
        out.line(
            "Not every server was named by {domain} itself: look at the names before you trust "
            "them.",
            domain=shown_domain(found.address.domain),
        )
    for service in found.services:
        out.plain(named(out.messages, service.type.value, service.url))
    _tell_provider(found.provider, out)


def _tell_provider(provider: Provider, out: Output) -> None:
    """What to do first there, and the provider's own pages in this language."""
    language = out.messages.language
    for step in (provider.steps.get(language) or provider.steps.get("en") or {}).values():
        out.plain(step)
    for link in provider.help:
        if link.language in {language, ""}:
            out.plain(named(out.messages, link.title, link.url) if link.title else link.url)


async def parse_autoconfig(args: Namespace, backend: Backend, out: Output) -> Exit:
    """`parse-autoconfig FILE --address A`."""
    address = address_or_exit(args.address, out)
    if isinstance(address, Exit):
        return address
    try:
        with args.file.open("rb") as file:
            document = file.read(MAX_DOCUMENT)
    except FileNotFoundError:
        return no_such_file(args.file, out)
    except OSError:
        problem = Problem(
            ProblemKind.SETTINGS_UNREADABLE,
            Stage.INPUT,
            detail="unreadable",
            facts=(("path", str(args.file)),),
        )
        return out.finish_problem(problem, Exit.USAGE)
    parsed = backend.parse_autoconfig(document, address)
    if isinstance(parsed, Problem):
        return out.finish_problem(
            parsed, Exit.NOTHING_FOUND, {"address": str(address), "incoming": [], "outgoing": []}
        )
    _tell_found(parsed, out)
    servers = (*parsed.incoming, *parsed.outgoing)
    if all(server.security is Security.PLAIN for server in servers):
        kind = ProblemKind.UNENCRYPTED_ONLY if servers else ProblemKind.NOTHING_FOUND
        problem = Problem(kind, Stage.DISCOVER, host=address.domain)
        return out.finish_problem(problem, Exit.NOTHING_FOUND, found_json(parsed))
    return out.finish(found_json(parsed), Exit.DONE)


async def verify(args: Namespace, backend: Backend, out: Output) -> Exit:
    """`verify ADDRESS`."""
    settled = await settle(args, backend, out)
    if isinstance(settled, Exit):
        return settled
    verification = await tested(args, settled, backend, out)
    if isinstance(verification, Exit):
        return verification
    tell_verification(verification, settled.provider, out)
    problem = verification.problem
    document = verification_json(verification, settled.provider, out)
    code = verification_exit(verification)
    if problem is None and args.test_message:
        document["test_message"], problem = await _test_message(
            args, settled, verification, backend, out
        )
        if problem is not None:
            code = worst(code, exit_of(problem))
    if problem is not None:
        document["problem"] = out.problem_json(problem, settled.provider)
    return out.finish({"address": str(settled.address), **document}, code)


async def _test_message(
    args: Namespace, settled: Settled, verification: Verification, backend: Backend, out: Output
) -> tuple[Json, Problem | None]:
    """`--test-message`: sent to oneself, seen, and taken out again where that is agreed to."""
    incoming, outgoing = settled.incoming, settled.outgoing
    if not verification.ok or incoming is None or outgoing is None:
        return {"ok": None, "reason": "not-verified"}, None
    if incoming.type is not ServerType.IMAP or backend.vault.get(settled.address) is None:
        out.line("Only a mailbox with IMAP and a password can be watched for the test message.")
        return {"ok": None, "reason": "not-watched"}, None
    account = Account(
        settled.address,
        settled.name,
        settled.provider,
        as_verified(incoming, verification.incoming),
        as_verified(outgoing, verification.outgoing),
    )
    delete = args.yes or (
        sys.stdin.isatty()
        and not args.password_stdin
        and ask(out, N_("Delete the test message again once it has arrived?"))
    )
    outcome = await backend.send_test_message(account, delete=delete)
    if isinstance(outcome, Problem):
        out.problem(outcome, settled.provider)
        return {"ok": False, "problem": out.problem_json(outcome, settled.provider)}, outcome
    out.line("The test message arrived after {seconds} s.", seconds=f"{outcome.seconds:.1f}")
    if outcome.authentication_results:
        out.line("The receiving server noted: {text}", text=outcome.authentication_results)
    if outcome.deleted:
        out.line("It was taken out of the inbox again.")
    return {
        "ok": True,
        "seconds": round(outcome.seconds, 1),
        "authentication_results": outcome.authentication_results,
        "deleted": outcome.deleted,
    }, None


async def tested(
    args: Namespace, settled: Settled, backend: Backend, out: Output, *, changed: bool = False
) -> Verification | Exit:
    """The login test; without asking for a password where no login takes one.

    `changed`: the password is a new one, which no keychain has yet.
    """
    servers = [server for server in (settled.incoming, settled.outgoing) if server]
    kind = settled.provider.password_kind
    _tell_kind(settled.provider, out)
    no_password = not kind.can_be_tested or not any(server.takes_password for server in servers)
    by_browser = no_password and settled.provider.oauth is not None
    if no_password and not by_browser:
        reason = "bridge" if kind is PasswordKind.BRIDGE else "oauth-only"
        incoming = SideUntested(reason if settled.incoming else "not-found")
        outgoing = SideUntested(reason if settled.outgoing else "not-found")
        return Verification(incoming, outgoing)
    if not by_browser:
        secret = await password_or_exit(args, settled, backend, out, changed=changed)
        if isinstance(secret, Exit):
            return secret
        backend.vault.put(settled.address, secret)

    def on_rung(side: Side, rung: Rung) -> None:
        out.progress(
            "{side}: {stage}, {ms} ms",
            side=out.messages.text(_SIDES[side]),
            stage=out.messages.stage(rung.stage),
            ms=str(rung.ms),
        )

    return await backend.verify(
        settled.address,
        settled.incoming,
        settled.outgoing,
        settled.provider,
        on_rung,
        settled.services,
    )


def _tell_kind(provider: Provider, out: Output) -> None:
    """What this provider wants first: the steps to an app password, the bridge to install."""
    purpose = {
        PasswordKind.APP_PASSWORD: "app-password",
        PasswordKind.BRIDGE: "bridge",
        PasswordKind.OAUTH_IN_CLIENT: "password",
    }.get(provider.password_kind)
    steps = provider.steps.get(out.messages.language) or provider.steps.get("en") or {}
    for line in steps.get(purpose or "", "").splitlines():
        out.progress("{text}", text=line)


_SIDES: dict[Side, str] = {"incoming": N_("Receiving"), "outgoing": N_("Sending")}
_SERVICES = {
    ServiceType.CARDDAV: N_("Contacts"),
    ServiceType.CALDAV: N_("Calendars"),
    ServiceType.JMAP: "JMAP",
}
_REASONS = {
    "not-found": N_("{side}: no server is known, so it was not tested."),
    "bridge": N_(
        "{side}: the provider's bridge vouches for itself to your mail program; it could not be "
        "tested here."
    ),
    "oauth-only": N_("{side}: you sign in inside the mail program; it could not be tested here."),
    "receiving-failed": N_("{side}: not tried, to keep the number of attempts low."),
}


def tell_verification(verification: Verification, provider: Provider, out: Output) -> None:
    sides: tuple[tuple[Side, SideResult], ...] = (
        ("incoming", verification.incoming),
        ("outgoing", verification.outgoing),
    )
    for side, result in sides:
        name = out.messages.text(_SIDES[side])
        match result:
            case SideVerified(ms=ms):
                out.line("{side} works ({ms} ms).", side=name, ms=str(ms))
            case SideFailed(problem=problem):
                out.problem(problem, provider)
            case SideUntested(reason=reason):
                out.line(_REASONS[reason], side=name)
    for found in verification.services:
        name = out.messages.text(_SERVICES[found.service.type])
        if found.problem is None:
            out.line("{side} works ({ms} ms).", side=name, ms=str(found.ms))
            for collection in found.service.collections:
                out.plain(f"    {collection.name or collection.url}")
        else:
            title = out.messages.problem(found.problem, provider).title
            out.plain(named(out.messages, name, title))


def verification_json(verification: Verification, provider: Provider, out: Output) -> Json:
    def problem_json(problem: Problem) -> Json:
        return out.problem_json(problem, provider)

    return {
        "incoming": side_json(verification.incoming, problem_json),
        "outgoing": side_json(verification.outgoing, problem_json),
        "services": [service_result_json(result, problem_json) for result in verification.services],
    }


def verification_exit(verification: Verification) -> Exit:
    codes = []
    for side in (verification.incoming, verification.outgoing):
        match side:
            case SideVerified():
                codes.append(Exit.DONE)
            case SideFailed(problem=problem):
                codes.append(exit_of(problem))
            case SideUntested():
                codes.append(Exit.PROBLEMS)
    return worst(*codes)


async def setup(args: Namespace, backend: Backend, out: Output) -> Exit:
    """`setup ADDRESS --name N --apps LIST`."""
    settled = await settle(args, backend, out)
    if isinstance(settled, Exit):
        return settled
    incoming, outgoing = settled.incoming, settled.outgoing
    if incoming is None or outgoing is None:
        kind = ProblemKind.NOTHING_FOUND
        problem = Problem(kind, Stage.DISCOVER, host=settled.address.domain)
        return out.finish_problem(problem, Exit.NOTHING_FOUND, settled.document)
    if args.sign_in:
        browser = (AuthMethod.OAUTH2,)
        if not all(AuthMethod.OAUTH2 in server.auth for server in (incoming, outgoing)):
            out.line("This provider offers no sign-in inside the mail program.")
            return out.finish({**settled.document, "reason": "no-sign-in"}, Exit.USAGE)
        incoming, outgoing = replace(incoming, auth=browser), replace(outgoing, auth=browser)
        settled = replace(settled, incoming=incoming, outgoing=outgoing)
    verification = await tested(args, settled, backend, out)
    if isinstance(verification, Exit):
        return verification
    tell_verification(verification, settled.provider, out)
    verified = {"verify": verification_json(verification, settled.provider, out)}
    if verification.problem is not None:
        told = out.problem_json(verification.problem, settled.provider)
        failed = {"address": str(settled.address), **verified, "problem": told}
        return out.finish(failed, verification_exit(verification))
    account = Account(
        address=settled.address,
        name=args.name,
        aliases=tuple(args.alias),
        provider=settled.provider,
        incoming=as_verified(incoming, verification.incoming),
        outgoing=as_verified(outgoing, verification.outgoing),
        services=verification.proven(settled.services),
        tested_at=datetime.now(UTC).astimezone() if verification.ok else None,
    )
    rows, codes = await _set_up_programs(args, account, backend, out)
    document: Json = {**settled.document, "address": str(account.address), **verified}
    document["apps"] = rows
    if args.out is None and backend.vault.get(account.address) is not None:
        trouble = await backend.store_password(account)
        document["keychain"] = {"ok": trouble is None}
        if trouble is None:
            out.line("The password is in this computer's keychain.")
        else:
            out.problem(trouble, account.provider)
            document["keychain"]["problem"] = out.problem_json(trouble)
            codes.append(Exit.PROBLEMS)
    if not verification.ok:
        codes.append(Exit.PROBLEMS)
    code = worst(*codes)
    problems = [row["problem"] for row in rows if "problem" in row]
    if problems:
        document["problem"] = problems[0]
    return out.finish(document, code, ok=not problems)


def as_verified(server: ServerSettings, side: SideResult) -> ServerSettings:
    return side.server if isinstance(side, SideVerified) else server


async def _set_up_programs(
    args: Namespace, account: Account, backend: Backend, out: Output
) -> tuple[list[Json], list[Exit]]:
    rows: list[Json] = []
    codes: list[Exit] = []
    apps = args.apps
    if apps == ("all",):
        apps = backend.clients
        if args.out is None:
            here = {client.id for client in await backend.detect()}
            apps = tuple(
                client for client in apps if client in here or client not in _NEEDS_PROGRAM
            )
    signed = None
    if "apple" in apps and (args.certificate is not None or args.device != "any"):
        # First: files that can't sign end the command before any program is changed.
        signed = backend.apple(account, args.device, args.certificate, args.key, args.chain)
    for client in apps:
        if client == "apple" and signed is not None and args.out is not None:
            row, code = write_out(client, signed, args.out, backend, out)
        elif client == "apple" and signed is not None:
            row, code = await carry_out(args, client, signed, None, backend, out)
        elif args.out is not None:
            row, code = hand_over(client, account, args.out, backend, out, apps)
        else:
            row, code = await set_up(args, client, account, backend, out, apps)
        rows.append(row)
        codes.append(code)
    return rows, codes


_NEEDS_PROGRAM = frozenset({"thunderbird", "evolution", "claws", "kmail", "geary"})
"""Programs of this computer that `--apps all` leaves out where they are not installed."""


def _plan_json(plan: ClientPlan) -> Json:
    return {
        "app": plan.client,
        "how": plan.how.value,
        "what": [
            {"key": item.key, "value": item.value, "before": item.before} for item in plan.settings
        ],
        "steps": [{"text": step.text, "copy": step.copy} for step in plan.steps],
        "notes": list(plan.notes),
    }


def _tell_steps(plan: ClientPlan, out: Output) -> None:
    group = ""
    for step in plan.steps:
        if step.group != group:
            group = step.group
            out.plain(f"  {group}")
        out.plain(f"  - {step.text}")
        if step.copy:
            out.plain(f"      {step.copy}")
    for note in plan.notes:
        out.plain(f"  {note}")


def row_problem(client: str, problem: Problem, out: Output) -> tuple[Json, Exit]:
    out.problem(problem)
    return {
        "app": client,
        "state": "problem",
        "problem": out.problem_json(problem),
    }, Exit.PROBLEMS


def hand_over(
    client: str,
    account: Account,
    folder: Path,
    backend: Backend,
    out: Output,
    programs: tuple[str, ...] = (),
) -> tuple[Json, Exit]:
    """Files only: what `--out` and `render` do. `programs`: set up along with it."""
    return write_out(client, backend.files(client, account, programs), folder, backend, out)


def write_out(
    client: str, plan: ClientPlan | Problem, folder: Path, backend: Backend, out: Output
) -> tuple[Json, Exit]:
    """Writes the files of a plan, or says why there are none."""
    if isinstance(plan, Problem):
        return row_problem(client, plan, out)
    written = backend.write(plan, folder)
    if isinstance(written, Problem):
        return row_problem(client, written, out)
    out.line("{name}:", name=plan.name)
    for path in written:
        out.plain(f"  {path}")
    _tell_steps(plan, out)
    return {
        **_plan_json(plan),
        "state": "files" if written else "steps",
        "files": [str(path) for path in written],
    }, Exit.DONE


async def set_up(
    args: Namespace,
    client: str,
    account: Account,
    backend: Backend,
    out: Output,
    chosen: tuple[str, ...] = (),
) -> tuple[Json, Exit]:
    """One program of this computer: plan, preview, apply."""
    plan = await backend.plan(client, account, "", chosen)
    kept_for = account if args.store_password and client == _HAS_A_STORE else None
    return await carry_out(args, client, plan, None, backend, out, kept_for)


_HAS_A_STORE = "thunderbird"


async def carry_out(
    args: Namespace,
    client: str,
    plan: ClientPlan | Problem,
    folder: Path | None,
    backend: Backend,
    out: Output,
    kept_for: Account | None = None,
) -> tuple[Json, Exit]:
    """Preview, consent, apply; or why there is no plan. `folder`: where files go. `kept_for`:
    whose password the program's own store shall have."""
    if isinstance(plan, Problem):
        return row_problem(client, plan, out)
    if plan.unchanged and kept_for is None:
        return _tell_unchanged(plan, out), Exit.DONE
    if plan.changes and plan.how is How.CHANGE and not args.yes and sys.stdin.isatty():
        out.progress("This would change in {program}:", program=plan.name)
        for change in plan.changes:
            out.progress("  {path}", path=str(change.path))
            for item in change.settings:
                out.progress("    {key} = {value}", key=item.key, value=item.value)
        if not ask(out, N_("Make these changes?")):
            out.line("{program}: nothing was changed.", program=plan.name)
            return {**_plan_json(plan), "state": "declined", "files": []}, Exit.PROBLEMS
    not_kept = ""
    if kept_for is None:
        applied = await backend.apply(plan, folder)
    else:
        applied, not_kept = await backend.apply_and_keep(plan, kept_for)
    if isinstance(applied, Problem):
        return row_problem(client, applied, out)
    if plan.unchanged and not applied.change_id:
        row = _tell_unchanged(plan, out)
    else:
        _tell_applied(applied, out)
        state = {How.CHANGE: "applied", How.FILES: "files", How.STEPS: "steps"}[plan.how]
        row = {
            **_plan_json(applied.plan),
            "state": state,
            "change_id": applied.change_id,
            "files": [str(path) for path in applied.written],
        }
    if kept_for is not None:
        row["password"] = _tell_store(not_kept, plan.name, out)
    return row, Exit.DONE


def _tell_unchanged(plan: ClientPlan, out: Output) -> Json:
    out.line("{program}: this account is there already, nothing to change.", program=plan.name)
    return {**_plan_json(plan), "state": "unchanged", "files": []}


def _tell_store(reason: str, program: str, out: Output) -> Json:
    if not reason:
        out.line("{program} has your password in its own store and need not ask.", program=program)
        return {"stored": True}
    out.line(
        "{program} did not get your password: putting it there is not safe here, or not possible.",
        program=program,
    )
    return {"stored": False, "reason": reason}


def _tell_applied(applied: Applied, out: Output) -> None:
    plan = applied.plan
    if plan.how is How.CHANGE:
        out.line(
            "{program}: set up. To take it back: mail-wizard undo {id}",
            program=plan.name,
            id=applied.change_id,
        )
    else:
        out.line("{name}:", name=plan.name)
    for path in applied.written:
        out.plain(f"  {path}")
    _tell_steps(plan, out)


async def render(args: Namespace, backend: Backend, out: Output) -> Exit:
    """`render --settings FILE --app APP --out DIR`: no network."""
    read = file_or_exit(args.settings, None, out)
    if isinstance(read, Exit):
        return read
    incoming, outgoing = next(iter(read.incoming), None), next(iter(read.outgoing), None)
    if read.address is None or incoming is None or outgoing is None:
        field = "address" if read.address is None else "incoming" if not incoming else "outgoing"
        problem = Problem(
            ProblemKind.SETTINGS_UNREADABLE,
            Stage.INPUT,
            detail="missing",
            facts=(("path", str(args.settings)), ("field", field), ("reason", "missing")),
        )
        fault = {"field": field, "line": 1, "reason": "missing"}
        return out.finish_problem(problem, Exit.USAGE, {"fault": fault})
    account = Account(
        address=read.address,
        name=read.name or read.address.local,
        provider=read.provider,
        incoming=incoming,
        outgoing=outgoing,
        services=read.services,
        tested_at=read.tested_at,
        aliases=read.aliases,
    )
    if args.app == "fleet":
        plan = backend.fleet(account, args.certificate, args.key, args.chain)
        row, code = write_out("fleet", plan, args.out, backend, out)
    elif args.app == "apple":
        plan = backend.apple(account, args.device, args.certificate, args.key, args.chain)
        row, code = write_out("apple", plan, args.out, backend, out)
    else:
        row, code = hand_over(args.app, account, args.out, backend, out)
    return out.finish(row, code)


async def apps(args: Namespace, backend: Backend, out: Output) -> Exit:
    """`apps`."""
    detected = await backend.detect()
    if not detected:
        out.line("No mail program was found on this computer.")
    for client in detected:
        state = N_("{program} {version}, running") if client.running else N_("{program} {version}")
        told = out.messages.text(state, program=client.name, version=client.version)
        out.plain(told.replace(" ,", ",").rstrip())  # not every program tells its version
        out.plain(f"  {client.path}")
        for profile in client.profiles:
            out.plain(f"  {named(out.messages, profile.name, str(profile.path))}")
    return out.finish({"apps": [_client_json(client) for client in detected]}, Exit.DONE)


def _client_json(client: DetectedClient) -> Json:
    return {
        "id": client.id,
        "name": client.name,
        "version": client.version,
        "path": str(client.path),
        "running": client.running,
        "profiles": [
            {
                "id": profile.id,
                "name": profile.name,
                "path": str(profile.path),
                "default": profile.is_default,
                "running": profile.running,
                "accounts": list(profile.accounts),
            }
            for profile in client.profiles
        ],
    }


async def undo(args: Namespace, backend: Backend, out: Output) -> Exit:
    """`undo [ID]`."""
    changes = await backend.changes()
    if isinstance(changes, Problem):
        return out.finish_problem(changes, Exit.PROBLEMS)
    if args.id is None:
        if not changes:
            out.line("The wizard has changed nothing on this computer.")
        for change in changes:
            out.plain(f"{change.id}  {change.when}  {change.client}  {change.account}")
            if change.cut_off:
                out.line("    This was cut off before its end. Take it back with its number.")
            for what in change.what:
                out.plain(f"    {what}")
        listed = [
            {
                "id": change.id,
                "app": change.client,
                "account": change.account,
                "when": change.when,
                "what": list(change.what),
                **({"interrupted": change.cut_off} if change.cut_off else {}),
            }
            for change in changes
        ]
        return out.finish({"changes": listed}, Exit.DONE)
    known = next((change for change in changes if change.id == args.id), None)
    if known is None:
        problem = Problem(
            ProblemKind.CHANGE_UNKNOWN, Stage.CLIENT, detail=args.id, facts=(("id", args.id),)
        )
        return out.finish_problem(problem, Exit.USAGE)
    if not args.yes:
        if not sys.stdin.isatty():
            out.line("Add --yes to take the change {id} back.", id=args.id)
            return out.finish({"reason": "needs-yes"}, Exit.USAGE)
        if not ask(out, N_("Take back what was done to {program}?"), program=known.client):
            out.line("Nothing was changed.")
            return out.finish({"reason": "declined"}, Exit.PROBLEMS)
    undone = await backend.undo(args.id)
    if isinstance(undone, Problem):
        return out.finish_problem(undone, exit_of(undone))
    out.line("Taken back.")
    for path in undone.restored:
        out.plain(f"  {path}")
    if undone.kept:
        out.line("These were changed by others since and stay as they are:")
        for item in undone.kept:
            out.plain(f"  {item.key} = {item.value}")
    document = {
        "id": undone.id,
        "restored": [str(path) for path in undone.restored],
        "kept": [
            {"key": item.key, "value": item.value, "before": item.before} for item in undone.kept
        ],
    }
    return out.finish(document, Exit.DONE)


COMMANDS: dict[str, Command] = {
    "discover": discover,
    "parse-autoconfig": parse_autoconfig,
    "verify": verify,
    "diagnose": diagnose,
    "setup": setup,
    "render": render,
    "apps": apps,
    "undo": undo,
    "newer": newer,
}
"""Commands that answer with one document; `demo` and the window are `app`'s."""
