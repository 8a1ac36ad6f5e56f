"""For domain owners: `publish DOMAIN --settings FILE --out DIR`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from wizard.cli.backend import Backend
from wizard.cli.commands import Command
from wizard.cli.exits import Exit
from wizard.cli.output import Output
from wizard.cli.settings import file_or_exit
from wizard.model import EmailAddress, Problem, ProblemKind, Stage, to_ascii_domain
from wizard.model.document import SettingsFile, read_settings

_NOBODY = "somebody"
"""Stands for everybody where the settings file names no address."""


async def publish(args: Namespace, backend: Backend, out: Output) -> Exit:
    """Writes the files and says where each goes; asks nobody, changes nothing elsewhere."""
    domain = to_ascii_domain(args.domain)
    if domain is None or "." not in domain:
        out.line("This is not the name of a domain: {text}", text=args.domain)
        return out.finish({"reason": "usage", "detail": args.domain}, Exit.USAGE)
    somebody = EmailAddress(_NOBODY, domain)
    named = _read(args.settings, somebody, out)
    if isinstance(named, Exit):
        return named
    if not named.incoming or not named.outgoing:
        field = "outgoing" if named.incoming else "incoming"
        problem = Problem(
            ProblemKind.SETTINGS_UNREADABLE,
            Stage.INPUT,
            detail="missing",
            facts=(("path", str(args.settings)), ("field", field), ("reason", "missing")),
        )
        return out.finish_problem(problem, Exit.USAGE)
    made = backend.publication(domain, named, named.address or somebody)
    if isinstance(made, Problem):
        return out.finish_problem(made, Exit.USAGE)
    written = backend.write(made.plan, args.out)
    if isinstance(written, Problem):
        return out.finish_problem(written, Exit.PROBLEMS)
    for name, url in made.pages:
        out.plain(f"{args.out / name}")
        out.plain(f"  → {url}")
    for record in made.records:
        out.plain(" ".join(record))
    for note in made.notes:
        out.plain(note)
    out.line("Where each goes is explained in {file}.", file=str(args.out / "README.txt"))
    document = {
        "domain": domain,
        "files": [{"path": str(args.out / name), "url": url} for name, url in made.pages],
        "records": [
            {"name": name, "type": kind, "value": value} for name, kind, value in made.records
        ],
        "notes": list(made.notes),
        "written": [str(path) for path in written],
    }
    return out.finish(document, Exit.DONE)


def _read(path: Path, somebody: EmailAddress, out: Output) -> SettingsFile | Exit:
    """A settings file of one person (its user names are theirs), or of nobody in particular."""
    try:
        own = read_settings(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        own = None
    if isinstance(own, SettingsFile) and own.address is not None:
        return own
    return file_or_exit(path, somebody, out)


COMMANDS: dict[str, Command] = {"publish": publish}
