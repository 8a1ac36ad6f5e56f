"""`diagnose ADDRESS`: what is wrong, told as it is found out; the note for support at the end."""

from __future__ import annotations

import sys
from argparse import Namespace

from wizard.cli.backend import Backend
from wizard.cli.exits import Exit, exit_of
from wizard.cli.output import Output
from wizard.cli.settings import address_or_exit, file_or_exit
from wizard.messages.report import check_said, check_title, clue_text, report
from wizard.model import Check, CheckState, Diagnosis, Provider, Secret
from wizard.model.document import Json


async def diagnose(args: Namespace, backend: Backend, out: Output) -> Exit:
    """`diagnose ADDRESS [--settings FILE]`."""
    address = address_or_exit(args.address, out)
    if isinstance(address, Exit):
        return address
    incoming = outgoing = None
    provider = Provider("")
    if args.settings is not None:
        read = file_or_exit(args.settings, address, out)
        if isinstance(read, Exit):
            return read
        incoming = next(iter(read.incoming), None)
        outgoing = next(iter(read.outgoing), None)
        provider = read.provider
    if args.password_stdin:
        line = sys.stdin.buffer.readline().rstrip(b"\r\n")
        backend.vault.put(address, Secret(line.decode("utf-8", "replace")))

    def on_check(check: Check) -> None:
        if check.state is not CheckState.RUNNING:
            family = f" ({check.family})" if check.family else ""
            out.progress(
                "{what}: {said} ({ms} ms)",
                what=check_title(out.messages, check) + family,
                said=check_said(out.messages, check),
                ms=str(check.ms),
            )

    diagnosis = await backend.diagnose(address, incoming, outgoing, provider, on_check)
    for text in report(out.messages, diagnosis).splitlines():
        out.plain(text)
    document = diagnosis_json(diagnosis, out)
    verdict = diagnosis.verdict
    if verdict is None:
        return out.finish(document, Exit.DONE)
    return out.finish({**document, "problem": document["verdict"]}, exit_of(verdict), ok=False)


def diagnosis_json(diagnosis: Diagnosis, out: Output) -> Json:
    """A diagnosis as the contract has it; a step is a rung of a ladder, or a check without one."""
    verdict = diagnosis.verdict
    named = diagnosis.provider if diagnosis.provider.name else None
    return {
        "address": str(diagnosis.address),
        "verdict": None if verdict is None else out.problem_json(verdict, named),
        "steps": [step for check in diagnosis.checks for step in _steps(check)],
        "public_ip": {"v4": diagnosis.public_v4 or None, "v6": diagnosis.public_v6 or None},
        "clues": [
            {
                "kind": clue.kind.value,
                "host": clue.host,
                "value": clue.value,
                "text": clue_text(out.messages, clue),
            }
            for clue in diagnosis.clues
        ],
        "at": diagnosis.at.isoformat(timespec="seconds"),
        "ms": diagnosis.ms,
        "report": report(out.messages, diagnosis),
    }


def _steps(check: Check) -> list[Json]:
    base: Json = {
        "subject": check.subject.value,
        "service": check.service.value if check.service else None,
        "host": check.host,
        "port": check.port or None,
        "security": check.security.value if check.security else None,
        "family": check.family.lower() or None,
        "address": check.address or None,
    }
    if not check.rungs:
        ok = {CheckState.GOOD: True, CheckState.BAD: False}.get(check.state)
        return [{**base, "stage": None, "ok": ok, "ms": check.ms, "said": check.said}]
    return [
        {**base, "stage": rung.stage, "ok": rung.ok, "ms": rung.ms, "said": rung.said}
        for rung in check.rungs
    ]
