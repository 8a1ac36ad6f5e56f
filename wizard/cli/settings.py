"""From an address to servers one may use: a settings file or a search, then consent."""

from __future__ import annotations

import getpass
import sys
from argparse import Namespace
from dataclasses import dataclass, field
from pathlib import Path

from wizard.cli.backend import Backend
from wizard.cli.exits import Exit, exit_of
from wizard.cli.options import SearchOptions
from wizard.cli.output import Output
from wizard.flow.exchange import exchange_steps
from wizard.messages.names import PROXY_USES
from wizard.model import (
    AddressFault,
    EmailAddress,
    Evidence,
    Failed,
    Found,
    NothingFound,
    Offline,
    PasswordKind,
    Problem,
    ProblemKind,
    Provider,
    Secret,
    ServerSettings,
    Service,
    SourceReport,
    SourceState,
    Stage,
    Trust,
    parse_address,
)
from wizard.model.discovery import DiscoveryResult
from wizard.model.document import (
    Json,
    SettingsFault,
    SettingsFile,
    found_json,
    provider_json,
    read_settings,
    report_json,
    server_json,
)
from wizard.model.words import N_, named


@dataclass(frozen=True, slots=True)
class Settled:
    """Servers to work with. `document`: what to say of them in JSON."""

    address: EmailAddress
    provider: Provider
    incoming: ServerSettings | None
    outgoing: ServerSettings | None
    services: tuple[Service, ...] = ()
    name: str = ""
    document: Json = field(default_factory=dict)


def address_or_exit(text: str, out: Output) -> EmailAddress | Exit:
    """The address, or the sentence on what is wrong with it."""
    parsed = parse_address(text)
    if isinstance(parsed, AddressFault):
        problem = Problem(
            ProblemKind.ADDRESS_NOT_UNDERSTOOD,
            Stage.INPUT,
            detail=text,
            facts=(("reason", out.messages.address_fault(parsed)), ("address", text)),
        )
        return out.finish_problem(problem, Exit.USAGE)
    return parsed


def tell_no_such_file(path: Path, out: Output) -> None:
    """What was named is not there: said as that, not as something about its content."""
    out.line("There is no file {file}.", file=str(path))
    out.line("Next: {action}", action=out.messages.text("Choose another file"))


def no_such_file(path: Path, out: Output) -> Exit:
    """The answer where a settings file is not there."""
    tell_no_such_file(path, out)
    problem = Problem(
        ProblemKind.SETTINGS_UNREADABLE,
        Stage.INPUT,
        detail="no-such-file",
        facts=(("path", str(path)), ("reason", "no-such-file")),
    )
    fault = {"field": "", "line": 0, "reason": "no-such-file"}
    return out.finish({"fault": fault, "problem": out.problem_json(problem)}, Exit.USAGE)


def file_or_exit(path: Path, address: EmailAddress | None, out: Output) -> SettingsFile | Exit:
    """A settings file, or the sentence naming its line and field."""
    try:
        read: SettingsFile | SettingsFault = read_settings(
            path.read_text(encoding="utf-8-sig"), address
        )
    except FileNotFoundError:
        return no_such_file(path, out)
    except (OSError, UnicodeDecodeError):
        read = SettingsFault("", 0, "unreadable")
    if isinstance(read, SettingsFault):
        problem = Problem(
            ProblemKind.SETTINGS_UNREADABLE,
            Stage.INPUT,
            detail=read.reason,
            facts=(
                ("path", str(path)),
                ("line", str(read.line)),
                ("field", read.field),
                ("reason", read.reason),
            ),
        )
        out.line(_FAULTS[read.reason])
        if read.line:
            out.line(
                "Look at line {line}, {field}.",
                line=str(read.line),
                field=read.field or out.messages.text("the text there"),
            )
        fault = {"field": read.field, "line": read.line, "reason": read.reason}
        return out.finish_problem(problem, Exit.USAGE, {"fault": fault})
    return read


_FAULTS = {
    "unreadable": N_("The file cannot be opened as text."),
    "not-json": N_("The file is not complete JSON."),
    "missing": N_("Something needed is missing."),
    "wrong-type": N_("A value is of the wrong kind, such as text where a number belongs."),
    "unknown-word": N_("A word is not one of those that may stand there."),
    "out-of-range": N_("A port number lies between 1 and 65535."),
    "not-a-host": N_("A server needs a name such as mail.example.com."),
    "not-an-address": N_("The address is not complete."),
    "not-a-url": N_("A web address has to begin with https:// and name a host."),
    "unencrypted": N_("Settings without encryption are never used."),
    "control-characters": N_("A value contains line breaks or other characters nobody can see."),
    "too-large": N_("The file is far larger than settings can be."),
    "wrong-schema": N_("The file was written for another version of this program."),
}


async def search(
    address: EmailAddress, options: SearchOptions, backend: Backend, out: Output
) -> DiscoveryResult:
    """A search whose progress is told on standard error."""

    def on_report(report: SourceReport) -> None:
        if report.state not in {SourceState.WAITING, SourceState.RUNNING}:
            out.progress(
                "{source}: {state} ({ms} ms)",
                source=out.messages.source(report.source),
                state=out.messages.source_state(report),
                ms=str(report.ms),
            )

    result = await backend.search(address, options, on_report)
    if result.proxy in PROXY_USES:
        out.progress(PROXY_USES[result.proxy])
    return result


def result_json(result: DiscoveryResult) -> Json:
    """What `discover` says of any result, less `schema`, `ok` and `problem`."""
    match result:
        case Found():
            return {**found_json(result), "proxy": result.proxy.value}
        case Offline(pack=pack) if pack is not None:
            known = found_json(pack)
        case _:
            known = {"provider": provider_json(Provider("")), "incoming": [], "outgoing": []}
            known["services"] = []
    document: Json = {
        **known,
        "address": str(result.address),
        "guesses": [server_json(server) for server in result.guesses],
        "sources": [report_json(report) for report in result.reports],
        "ms": result.ms,
        "proxy": result.proxy.value,
    }
    if isinstance(result, Failed) and result.suggestion:
        document["suggestion"] = f"{result.address.local}@{result.suggestion}"
    return document


def result_problem(result: NothingFound | Offline | Failed) -> Problem:
    """The problem behind a search that found nothing usable."""
    match result:
        case NothingFound(unencrypted_only=True):
            return Problem(ProblemKind.UNENCRYPTED_ONLY, Stage.DISCOVER, host=result.address.domain)
        case NothingFound():
            return Problem(ProblemKind.NOTHING_FOUND, Stage.DISCOVER, host=result.address.domain)
        case Offline(problem=problem) | Failed(problem=problem):
            return problem


async def settle(args: Namespace, backend: Backend, out: Output) -> Settled | Exit:
    """Servers from `--settings` or a search, with consent where they need it.

    Without `--yes` and without a terminal, settings at consent level stop here, before any
    password is read.
    """
    address = address_or_exit(args.address, out)
    if isinstance(address, Exit):
        return address
    if args.settings is not None:
        read = file_or_exit(args.settings, address, out)
        if isinstance(read, Exit):
            return read
        settled = Settled(
            address,
            read.provider,
            next(iter(read.incoming), None),
            next(iter(read.outgoing), None),
            read.services,
            read.name,
        )
    else:
        result = await search(address, SearchOptions(), backend, out)
        if not isinstance(result, Found):
            problem = result_problem(result)
            if isinstance(result, Failed) and result.suggestion:
                meant = f"{address.local}@{result.suggestion}"
                out.line("Did you mean {address}?", address=meant)
            return out.finish_problem(problem, exit_of(problem), result_json(result))
        settled = Settled(
            address,
            result.provider,
            next(iter(result.incoming), None),
            next(iter(result.outgoing), None),
            result.services,
            document=found_json(result),
        )
    if not settled.provider.password_kind.has_servers:
        return _no_servers(settled, out)
    return settled if _agreed(args, settled, out) else _stop_for_consent(settled, out)


def _no_servers(settled: Settled, out: Output) -> Exit:
    """No mail program can be given servers: said with what works instead."""
    exchange = settled.provider.password_kind is PasswordKind.EXCHANGE
    kind = ProblemKind.EXCHANGE_ONLY if exchange else ProblemKind.NOT_POSSIBLE
    problem = Problem(kind, Stage.DISCOVER, host=settled.address.domain)
    steps = exchange_steps(out.messages) if exchange else ()
    document = {
        **settled.document,
        "steps": [{"text": step.text, "group": step.group} for step in steps],
    }
    out.problem(problem, settled.provider)
    for step in steps:
        out.plain(f"  {named(out.messages, step.group, step.text)}")
    told = out.problem_json(problem, settled.provider)
    return out.finish({**document, "problem": told}, exit_of(problem), ok=False)


def _untrusted(settled: Settled) -> list[ServerSettings]:
    servers = (settled.incoming, settled.outgoing)
    return [server for server in servers if server and server.trust is Trust.CONSENT]


def _reason(server: ServerSettings, out: Output) -> str:
    about_host: list[Evidence] = [item for item in server.evidence if "host" in item.fields]
    return out.messages.evidence(about_host[0]) if about_host else ""


def _agreed(args: Namespace, settled: Settled, out: Output) -> bool:
    untrusted = _untrusted(settled)
    if not untrusted or args.yes:
        return True
    if not sys.stdin.isatty():
        return False
    for server in untrusted:
        out.progress(
            "The server {host} was not named by {domain} itself: {reason}",
            host=server.host,
            domain=settled.address.domain,
            reason=_reason(server, out),
        )
    return ask(out, N_("Send your password to it for the test?"))


def _stop_for_consent(settled: Settled, out: Output) -> Exit:
    untrusted = _untrusted(settled)
    for server in untrusted:
        out.line(
            "The server {host} was not named by {domain} itself: {reason}",
            host=server.host,
            domain=settled.address.domain,
            reason=_reason(server, out),
        )
    out.line("Nothing was sent. Look at the names; add --yes if you trust them.")
    consent = [{"host": server.host, "reason": _reason(server, out)} for server in untrusted]
    return out.finish({**settled.document, "needs_consent": consent}, Exit.PROBLEMS)


def ask(out: Output, msgid: str, **values: str) -> bool:
    """A yes-or-no question on the terminal; anything but a clear yes is a no."""
    out.progress(msgid, **values)
    yes = out.messages.text("yes")
    out.progress('Type "{yes}" and press Enter to agree.', yes=yes)
    try:
        answer = input().strip().casefold()
    except EOFError:
        return False
    return answer in {yes.casefold(), yes.casefold()[:1], "yes", "y"}


async def password_or_exit(
    args: Namespace, settled: Settled, backend: Backend, out: Output, *, changed: bool = False
) -> Secret | Exit:
    """The password: standard input if asked for, else the keychain, else a prompt.

    `changed`: what the keychain has is the old one.
    """
    if args.password_stdin:
        line = sys.stdin.buffer.readline().rstrip(b"\r\n")
        try:
            secret = Secret(line.decode("utf-8"))
        except UnicodeDecodeError:
            secret = Secret("")
        if secret:
            return secret
    else:
        stored = None if changed else await backend.stored_password(settled.address)
        if stored is not None:
            return stored
        if sys.stdin.isatty():
            prompt = out.messages.text("Password of {address}: ", address=settled.address.shown)
            secret = Secret(getpass.getpass(visible_prompt(prompt), stream=sys.stderr))
            if secret:
                return secret
    out.line("A password is needed to test the account, and none was given.")
    out.line("Next: type it when asked, or hand it over with --password-stdin.")
    return out.finish({**settled.document, "reason": "no-password"}, Exit.USAGE)


def visible_prompt(text: str) -> str:
    """A prompt on one line, whatever the address contains."""
    from wizard.cli.output import visible

    return visible(text)
