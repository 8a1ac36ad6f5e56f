"""`batch CSV --out DIR`: a folder per person, and a summary of who failed and why.

Everything a run has learned stands in `progress.jsonl` the moment it is known, so that it can be
cut off and gone on with; `summary.json` and `summary.txt` are written at its end, also when it was
stopped.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from argparse import Namespace
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from wizard.batch import (
    ListFault,
    Outcome,
    PasswordsFault,
    Person,
    Record,
    RowFault,
    State,
    folder_name,
    read_passwords,
    read_roster,
    run,
)
from wizard.batch.runner import retarget
from wizard.cli.backend import Backend
from wizard.cli.commands import Command, as_verified
from wizard.cli.exits import Exit, exit_of
from wizard.cli.options import SearchOptions
from wizard.cli.output import Output
from wizard.cli.settings import file_or_exit, tell_no_such_file
from wizard.model import (
    Account,
    ClientPlan,
    DiscoveryResult,
    EmailAddress,
    Found,
    How,
    NothingFound,
    Problem,
    ProblemKind,
    Produced,
    Provider,
    Secret,
    ServerSettings,
    Stage,
    Verification,
)
from wizard.model.document import SCHEMA, Json, SettingsFile, account_json
from wizard.model.words import N_, named

APPS = ("thunderbird", "outlook", "apple", "thunderbird-mobile", "sheet")
"""Whose files a folder holds, where `--apps` does not say."""

_LIST_FAULTS = {
    "unreadable": N_("The list {file} could not be read."),
    "empty": N_("The list {file} has no rows."),
    "too-large": N_("The list {file} is larger than any list of people."),
    "no-address-column": N_(
        "The list {file} has no column “address”. Its first row shall name the columns: address, "
        "name."
    ),
    "holds-passwords": N_(
        "The list {file} has a column of passwords. Lists get mailed around: please put the "
        "passwords into a file of their own and name it with --passwords."
    ),
}
_PASSWORD_FAULTS = {
    "unreadable": N_("The passwords file {file} could not be read."),
    "open-to-others": N_(
        "Other people of this computer may read the passwords file {file}. Next: chmod 600 {file}"
    ),
    "two-columns": N_("Line {line} of {file} is not an address and a password."),
    "not-an-address": N_("Line {line} of {file} does not begin with an e-mail address."),
}
_STATES = {
    State.DONE: N_("ready"),
    State.UNTESTED: N_("ready, not tested"),
    State.CONSENT: N_("waits for your consent"),
    State.PROBLEM: N_("not ready"),
    State.HELD: N_("not tried: the provider asked to stop"),
}


async def batch(args: Namespace, backend: Backend, out: Output) -> Exit:
    """Reads the list, works through what is not done yet, sums up."""
    for path in (args.file, args.passwords):
        if path is not None and not path.exists():
            tell_no_such_file(path, out)
            return out.finish({"reason": "no-such-file", "file": str(path)}, Exit.USAGE)
    roster = read_roster(args.file)
    if isinstance(roster, ListFault):
        out.line(_LIST_FAULTS[roster.reason], file=str(args.file))
        detail = {"reason": roster.reason, "file": str(args.file), "line": roster.line}
        return out.finish(detail, Exit.USAGE)
    passwords: Mapping[str, Secret] | None = None
    if args.passwords is not None:
        read = read_passwords(args.passwords)
        if isinstance(read, PasswordsFault):
            values = {"file": str(args.passwords), "line": str(read.line)}
            out.line(_PASSWORD_FAULTS[read.reason], **values)
            return out.finish({"reason": f"passwords-{read.reason}", **values}, Exit.USAGE)
        passwords = read
    settings: SettingsFile | None = None
    if args.settings is not None:
        given = file_or_exit(args.settings, None, out)
        if isinstance(given, Exit):
            return given
        settings = given
    try:
        args.out.mkdir(parents=True, exist_ok=True, mode=0o700)
        record = Record.open(args.out)
    except OSError as error:
        problem = Problem(
            ProblemKind.FOLDER_NOT_WRITABLE,
            Stage.CLIENT,
            detail=error.strerror or "",
            facts=(("path", str(args.out)),),
        )
        return out.finish_problem(problem, Exit.PROBLEMS)
    work = _Batch(args, backend, out, record, passwords, settings)
    return await work.run(list(roster.people), roster.faults)


class _Batch:
    """One run. It is the `Worker` of `wizard.batch.run`."""

    def __init__(
        self,
        args: Namespace,
        backend: Backend,
        out: Output,
        record: Record,
        passwords: Mapping[str, Secret] | None,
        settings: SettingsFile | None,
    ) -> None:
        self._args = args
        self._backend = backend
        self._out = out
        self._record = record
        self._passwords = passwords
        self._settings = settings
        apps = args.apps or APPS
        self._apps: tuple[str, ...] = backend.clients if apps == ("all",) else apps
        self._rows: dict[str, Json] = {}
        self._total = 0

    # --- the run -------------------------------------------------------------------------------

    async def run(self, people: list[Person], faults: tuple[RowFault, ...]) -> Exit:
        todo = []
        for person in people:
            earlier = await self._earlier(person)
            if earlier is None:
                todo.append(person)
            else:
                self._rows[folder_name(person.address)] = {**earlier, "line": person.line}
        self._total = len(people)
        if len(todo) < len(people):
            self._out.progress(
                "{count} of {total} are done already.",
                count=str(len(people) - len(todo)),
                total=str(len(people)),
            )
        try:
            offline = await run(todo, self, self._on_outcome, consent=self._args.yes)
        except asyncio.CancelledError:
            self._write_summary(self._sum_up(people, faults, interrupted=True))
            self._out.progress("The same command goes on from here.")
            raise
        document = self._sum_up(people, faults, interrupted=False)
        trouble = self._write_summary(document)
        if trouble is not None:
            return self._out.finish_problem(trouble, Exit.PROBLEMS, document)
        self._tell(document)
        if offline is not None:
            return self._out.finish_problem(offline, exit_of(offline), document)
        fine = document["done"] == document["total"] and not faults
        return self._out.finish(document, Exit.DONE if fine else Exit.PROBLEMS, ok=fine)

    async def _earlier(self, person: Person) -> Mapping[str, Any] | None:
        """What an earlier run came to, where that still stands."""
        row = self._record.known.get(folder_name(person.address))
        if row is None or row.get("fingerprint") != self._fingerprint(person):
            return None
        state, reason = row.get("state"), row.get("reason")
        if state in {State.DONE.value, State.UNTESTED.value}:
            if not (self._args.out / folder_name(person.address) / "settings.json").is_file():
                return None
            if reason == "no-password" and await self.password(person.address) is not None:
                return None
            return row
        problem = row.get("problem")
        kind = problem.get("kind") if isinstance(problem, dict) else ""
        judged = any(kind == item.word for item in ProblemKind if item.judges_password)
        if judged and not self._args.again and not self._passwords_newer(str(row.get("at"))):
            return row  # the same password again would be one more step towards a ban
        return None

    def _passwords_newer(self, at: str) -> bool:
        if self._args.passwords is None:
            return False
        try:
            changed: float = self._args.passwords.stat().st_mtime
            return changed > datetime.fromisoformat(at).timestamp()
        except (OSError, ValueError):
            return False

    def _fingerprint(self, person: Person) -> str:
        """Changes with whatever the files depend on, the password excepted."""
        parts = (str(person.address), person.name, *self._apps, self._out.messages.language)
        settings = (
            repr((self._settings.incoming, self._settings.outgoing)) if self._settings else ""
        )
        return hashlib.sha256("\0".join((*parts, settings)).encode()).hexdigest()[:16]

    def _on_outcome(self, outcome: Outcome) -> None:
        person = outcome.person
        key = folder_name(person.address)
        row: Json = {
            "line": person.line,
            "address": str(person.address),
            "name": person.name,
            "state": outcome.state.value,
            "reason": outcome.reason,
            "folder": key if outcome.files else "",
            "files": list(outcome.files),
            "fingerprint": self._fingerprint(person),
            "at": datetime.now(UTC).isoformat(),
        }
        if outcome.hosts:
            row["needs_consent"] = list(outcome.hosts)
        if outcome.problem is not None:
            row["problem"] = self._out.problem_json(outcome.problem, outcome.provider)
        if outcome.notes:
            row["left_out"] = [
                {"app": client, "problem": self._out.problem_json(problem, outcome.provider)}
                for client, problem in outcome.notes
            ]
        # A full disk is no reason to lose what goes on in memory: the summary will say it.
        try:
            self._record.add(key, row)
        except OSError as error:
            self._out.progress("Progress could not be saved: {text}", text=str(error.strerror))
        self._rows[key] = row
        self._out.progress(
            "{number} of {total}: {address}: {state}",
            number=str(len(self._rows)),
            total=str(self._total),
            address=person.address.shown,
            state=self._out.messages.text(_STATES[outcome.state]),
        )

    # --- the worker ----------------------------------------------------------------------------

    async def discover(self, address: EmailAddress) -> DiscoveryResult:
        """From the settings file where one was given, else by a search."""
        given = self._settings
        if given is None:
            return await self._backend.search(address, SearchOptions(), lambda report: None)
        found = Found(
            given.address or address, given.provider, given.incoming, given.outgoing, given.services
        )
        return retarget(found, address) or NothingFound(address, ())

    async def password(self, address: EmailAddress) -> Secret | None:
        """From the passwords file where one was given, else from the keychain."""
        if self._passwords is not None:
            return self._passwords.get(str(address).casefold())
        return await self._backend.stored_password(address)

    async def verify(
        self,
        address: EmailAddress,
        secret: Secret,
        incoming: ServerSettings,
        outgoing: ServerSettings,
        provider: Provider,
    ) -> Verification:
        """One login per side, as everywhere."""
        self._backend.vault.put(address, secret)
        return await self._backend.verify(
            address, incoming, outgoing, provider, lambda side, rung: None
        )

    async def write(
        self, person: Person, found: Found, verification: Verification | None
    ) -> tuple[tuple[str, ...], tuple[tuple[str, Problem], ...]] | Problem:
        """Each program's files and the settings file, which comes last: with it, it is whole."""
        incoming, outgoing = found.incoming[0], found.outgoing[0]
        if verification is not None:
            incoming = as_verified(incoming, verification.incoming)
            outgoing = as_verified(outgoing, verification.outgoing)
        tested = verification is not None and verification.ok
        account = Account(
            address=person.address,
            name=person.name,
            provider=found.provider,
            incoming=incoming,
            outgoing=outgoing,
            services=found.services,
            tested_at=datetime.now(UTC).astimezone() if tested else None,
        )
        folder = self._args.out / folder_name(person.address)
        files: list[str] = []
        notes: list[tuple[str, Problem]] = []
        for client in self._apps:
            plan = self._backend.files(client, account, self._apps)
            if isinstance(plan, Problem):
                notes.append((client, plan))
                continue
            written = self._backend.write(plan, folder)
            if isinstance(written, Problem):
                return written
            files += [path.name for path in written]
        settings = self._backend.write(
            _document("settings.json", account_json(account), str(account.address)), folder
        )
        if isinstance(settings, Problem):
            return settings
        return (*files, *(path.name for path in settings)), tuple(notes)

    # --- the summary ---------------------------------------------------------------------------

    def _sum_up(
        self, people: list[Person], faults: tuple[RowFault, ...], interrupted: bool
    ) -> Json:
        keys = [folder_name(person.address) for person in people]
        rows = [self._rows[key] for key in keys if key in self._rows]
        shown = [
            {name: value for name, value in row.items() if name not in _INTERNAL} for row in rows
        ]
        count = {state.value: 0 for state in State}
        for row in rows:
            count[row["state"]] += 1
        return {
            "total": len(people),
            "done": count["done"],
            "untested": count["untested"],
            "needs_consent": count["needs-consent"],
            "problems": count["problem"],
            "held": count["held"],
            "not_begun": len(people) - len(rows),
            "interrupted": interrupted,
            "finished_at": datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
            "causes": _causes(rows),
            "bad_rows": [self._fault_json(fault) for fault in faults],
            "people": shown,
        }

    def _fault_json(self, fault: RowFault) -> Json:
        words = self._out.messages
        if fault.fault is not None:
            text = words.address_fault(fault.fault)
        elif fault.reason == "duplicate":
            text = words.text("It stands on line {line} already.", line=str(fault.first_line))
        else:
            text = words.text("The name has invisible characters in it.")
        row: Json = {"line": fault.line, "text": fault.text, "reason": fault.reason, "title": text}
        if fault.first_line:
            row["first_line"] = fault.first_line
        return row

    def _write_summary(self, document: Json) -> Problem | None:
        whole = {"schema": SCHEMA, "ok": document["done"] == document["total"], **document}
        plan = _document("summary.json", whole, "")
        text = Produced("summary.txt", self._readable(document).encode(), "", "text/plain")
        written = self._backend.write(
            ClientPlan("sheet", "", How.FILES, "", files=(*plan.files, text)), self._args.out
        )
        return written if isinstance(written, Problem) else None

    def _readable(self, document: Json) -> str:
        """Who failed and why, causes with the most people first."""
        text = self._out.messages.text
        lines = [
            text(
                "{done} of {total} people are ready and tested.",
                done=str(document["done"]),
                total=str(document["total"]),
            )
        ]
        for key, sentence in _COUNTS:
            if document[key]:
                lines.append(text(sentence, count=str(document[key])))
        for cause in document["causes"]:
            lines += ["", f"{cause['title']} ({cause['count']})", cause["explanation"]]
            if cause["action"]:
                lines.append(text("Next: {action}", action=cause["action"]))
            lines += [f"  {address}" for address in cause["people"]]
        waiting = [row for row in document["people"] if row.get("needs_consent")]
        if waiting:
            lines += ["", text("Servers that their domain did not name; add --yes to trust them:")]
            lines += [f"  {row['address']}: {', '.join(row['needs_consent'])}" for row in waiting]
        if document["bad_rows"]:
            lines += ["", text("Rows of the list that were passed over:")]
            for row in document["bad_rows"]:
                line = text("line {line}", line=str(row["line"]))
                said = named(self._out.messages, row["text"], row["title"])
                lines.append(f"  {named(self._out.messages, line, said)}")
        return "\n".join(lines) + "\n"

    def _tell(self, document: Json) -> None:
        for line in self._readable(document).rstrip().splitlines():
            self._out.plain(line)
        self._out.plain(str(self._args.out / "summary.txt"))


_INTERNAL = frozenset({"fingerprint", "schema", "key"})
_COUNTS = (
    ("untested", N_("{count} are ready, but were not tested.")),
    ("needs_consent", N_("{count} wait for your consent.")),
    ("problems", N_("{count} are not ready.")),
    ("held", N_("{count} were not tried, because their provider asked to stop.")),
    ("not_begun", N_("{count} were not begun.")),
)


def _causes(rows: list[Json]) -> list[Json]:
    """The problems, each with the people it concerns; the most frequent first."""
    found: dict[str, Json] = {}
    for row in rows:
        problem = row.get("problem")
        if not isinstance(problem, dict):
            continue
        cause = found.setdefault(
            problem["kind"],
            {
                "kind": problem["kind"],
                "title": problem["title"],
                "explanation": problem["explanation"],
                "action": problem["action"],
                "count": 0,
                "people": [],
            },
        )
        cause["count"] += 1
        cause["people"].append(row["address"])
    return sorted(found.values(), key=lambda cause: -cause["count"])


def _document(name: str, document: Json, account: str) -> ClientPlan:
    content = json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
    produced = Produced(name, content, "", "application/json")
    return ClientPlan("sheet", "", How.FILES, account, files=(produced,))


COMMANDS: dict[str, Command] = {"batch": batch}
