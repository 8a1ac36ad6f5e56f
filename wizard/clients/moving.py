"""An address or domain changed: what each program needs so that the same mailbox goes on in it.

Programs that can be edited keep the account, with its messages and folders, under the new names.
For the others there are the files and steps of a new account, and how to take the old one out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wizard.clients import evolution_move, geary, holders, journal, registry, thunderbird_move
from wizard.clients.claws import _account_values, _groups
from wizard.clients.evolution import _sources
from wizard.clients.guide import unsuitable
from wizard.clients.keyfile import KeyFile, Name
from wizard.clients.prefs import Prefs
from wizard.clients.thunderbird import preference_settings
from wizard.model import (
    N_,
    Account,
    ClientPlan,
    ClientProfile,
    EmailAddress,
    FileChange,
    How,
    Places,
    Problem,
    ProblemKind,
    Setting,
    Stage,
    Step,
    Words,
)

Outcome = tuple[str, str, ClientPlan | Problem]
"""(program, profile, plan or why not)."""


@dataclass(frozen=True, slots=True)
class _Task:
    """What an editor is told: the profiles of one program that have the old address."""

    client: str
    name: str
    profiles: tuple[ClientProfile, ...]
    old: EmailAddress
    account: Account
    words: Words


_EDITED = ("thunderbird", "evolution", "claws", "geary")

_NOTE_KEPT = N_("Messages and folders stay where they are.")
NOTE_PASSWORD = N_("It asks for the password once, because the login has a new name.")
_NOTE_BOTH = N_(
    "{program} has an account for {new} already. The one for {old} stays as it is; remove it there "
    "when you need it no longer."
)
_NOTE_OTHER_TYPE = N_(
    "In {program} this account fetches mail in another way than the new one. Set {new} up beside "
    "it; the old account keeps its messages."
)
_NOTE_DAV = N_(
    "Calendars and address books keep logging in as {old}. If they stop, remove them there and add "
    "them again with {new}."
)
_NOTE_NOTHING = N_("Nothing of {old} is left in {program}.")
_OLD_GROUP = N_("Then take the old account out")
_REMOVE_OLD: dict[str, tuple[str, ...]] = {
    "outlook": (
        N_("First see that the new account receives mail."),
        N_("Choose File › Account Settings › Account Settings."),
        N_("Choose {old} and then Remove. The messages stay with your provider."),
    ),
    "apple": (
        N_("On a Mac: open System Settings and look for “Device Management” or “Profiles”."),
        N_("On an iPhone or iPad: Settings › General › VPN & Device Management."),
        N_("Choose the profile of {old} and remove it before you open the new one."),
        N_(
            "Without a profile there: Settings › Apps › Mail › Mail Accounts, choose {old} and "
            "delete the account. The messages stay with your provider."
        ),
    ),
}


def plan(old: EmailAddress, account: Account, places: Places, words: Words) -> tuple[Outcome, ...]:
    """The programs of this computer that have the old address, then what goes elsewhere."""
    if refusal := unsuitable(account):
        return (("sheet", "", refusal),)
    found = holders.find(old, places)
    outcomes: list[Outcome] = []
    for client in _EDITED:
        holding = [item for item in found if item.client == client]
        if holding:
            profiles = tuple(item.profile for item in holding)
            task = _Task(client, holding[0].name, profiles, old, account, words)
            outcomes.append((client, profiles[0].id, _EDITORS[client](task)))
    here = [client.id for client in registry.detect_all(places)]
    by_hand = [item.client for item in found if item.client not in _EDITED]
    elsewhere = [client for client in here if client in _REMOVE_OLD or client in by_hand]
    elsewhere += [client for client in ("apple", "sheet") if client not in elsewhere]
    # A name that was not given stays what it is in programs; files need one.
    named = account if account.name else replace(account, name=account.address.local)
    for client in elsewhere:
        made = (
            registry.plan(client, named, places, words, chosen=elsewhere)
            if client in here
            else registry.files(client, named, words, elsewhere)
        )
        outcomes.append((client, "", _with_removal(made, client, old, words)))
    return tuple(outcomes)


def _with_removal(
    made: ClientPlan | Problem, client: str, old: EmailAddress, words: Words
) -> ClientPlan | Problem:
    """A new account, and how the old one is taken out by hand."""
    if isinstance(made, Problem):
        return made
    group = words.text(_OLD_GROUP)
    steps = tuple(
        Step(words.text(text, old=str(old)), group=group) for text in _REMOVE_OLD.get(client, ())
    )
    if client == "apple":  # a profile of the old account is in the way of the new one
        group = words.text(N_("First take the old account out"))
        return replace(made, steps=(*(replace(s, group=group) for s in steps), *made.steps))
    return replace(made, steps=(*made.steps, *steps))


# --- Thunderbird ------------------------------------------------------------------------------


def _thunderbird(task: _Task) -> ClientPlan | Problem:
    changes: list[FileChange] = []
    settings: list[Setting] = []
    left_alone, dav = "", False
    for profile in task.profiles:
        if profile.running:
            facts = (("program", task.name), ("path", str(profile.path)))
            return Problem(ProblemKind.PROGRAM_RUNNING, Stage.CLIENT, facts=facts)
        path = profile.path / "prefs.js"
        try:
            content = path.read_bytes()
            files = {}
            prefs = Prefs.parse(content)
            made = thunderbird_move.move(prefs, task.old, task.account, task.words)
            for file in _with_folder_addresses(profile.path, made):
                files[file] = file.read_bytes()
        except OSError as exc:
            return _unreadable(path, exc)
        if made.both or made.other_type:
            left_alone = _NOTE_BOTH if made.both else _NOTE_OTHER_TYPE
            continue
        if not made.changes:
            continue
        dav = dav or made.dav
        after = prefs.edited(made.changes)
        preview = preference_settings(prefs, made.changes)
        changes.append(FileChange(path, after.to_bytes(), content, preview))
        for file, before in files.items():
            rewritten = thunderbird_move.rewritten(before, made.renamings)
            if rewritten != before:
                changes.append(FileChange(file, rewritten, before))
        settings += made.settings
    plan = _planned(task, changes, settings, left_alone)
    if isinstance(plan, Problem) or not dav:
        return plan
    note = task.words.text(_NOTE_DAV, old=str(task.old), new=str(task.account.address))
    return replace(plan, notes=(*plan.notes, note))


def _with_folder_addresses(profile: Path, made: thunderbird_move.Move) -> list[Path]:
    """Message filters of every account, and the saved searches of the profile."""
    places = [profile / directory / "msgFilterRules.dat" for directory in made.directories]
    places.append(profile / "virtualFolders.dat")
    return [path for path in places if path.is_file()] if made.renamings else []


# --- Evolution --------------------------------------------------------------------------------


def _evolution(task: _Task) -> ClientPlan | Problem:
    made = evolution_move.move(
        dict(_sources(task.profiles[0].path)), task.old, task.account, task.words
    )
    left_alone = _NOTE_BOTH if made.both else _NOTE_OTHER_TYPE if made.other_type else ""
    return _planned(task, made.changes, made.settings, left_alone)


# --- Claws Mail -------------------------------------------------------------------------------

_NOTE_CLAWS = N_(
    "Its folder list keeps showing the account under its old name, because filters refer to it. "
    "Messages are fetched anew into its cache."
)


def _claws(task: _Task) -> ClientPlan | Problem:
    """Groups of `accountrc`; the account's number stays, and with it its folders and filters."""
    path = task.profiles[0].path / "accountrc"
    if task.profiles[0].running:
        facts = (("program", task.name), ("path", str(path)))
        return Problem(ProblemKind.PROGRAM_RUNNING, Stage.CLIENT, facts=facts)
    try:
        content = path.read_bytes()
    except OSError as exc:
        return _unreadable(path, exc)
    now = KeyFile.parse(content, escapes=False)
    wanted = _account_values(task.account, None, first=False)
    for label in ("account_name", "is_default", "inbox", "remove_mail", "ssl_certs_auto_accept"):
        wanted.pop(label, None)
    if not task.account.name:
        wanted.pop("name")
    edits: dict[Name, str | None] = {}
    left_alone = ""
    for group in _groups(now):
        if now.get(group, "address").casefold() != str(task.old).casefold():
            continue
        if now.get(group, "protocol") != wanted["protocol"]:
            left_alone = _NOTE_OTHER_TYPE
        elif any(
            _claws_login(now, other, task.account) for other in _groups(now) if other != group
        ):
            left_alone = _NOTE_BOTH
        else:
            edits |= {(group, key): value for key, value in wanted.items()}
    after = now.edited(edits)
    preview = tuple(
        Setting(f"[{key[0]}] {key[1]}", value, now.values.get(key, ""))
        for key, value in after.values.items()
        if now.values.get(key) != value
    )
    changes = [FileChange(path, after.to_bytes(), content, preview)] if preview else []
    made = _planned(task, changes, preview, left_alone)
    if isinstance(made, Problem) or not changes:
        return made
    return replace(made, notes=(task.words.text(_NOTE_CLAWS), task.words.text(NOTE_PASSWORD)))


def _claws_login(accounts: KeyFile, group: str, account: Account) -> bool:
    login = (accounts.get(group, "receive_server").lower(), accounts.get(group, "user_id"))
    return login == (account.incoming.host, account.incoming.username)


# --- Geary ------------------------------------------------------------------------------------


def _geary(task: _Task) -> ClientPlan | Problem:
    """Values of `geary.ini`; the folder's name stays, and with it the mail in Geary's data."""
    changes: list[FileChange] = []
    left_alone = ""
    for profile in task.profiles:
        found = dict(geary.accounts(profile.path))
        for path, file in found.items():
            if not geary.is_of(file, str(task.old)) or file.get("Metadata", "goa_id"):
                continue
            if profile.running:
                facts = (("program", task.name), ("path", str(path)))
                return Problem(ProblemKind.PROGRAM_RUNNING, Stage.CLIENT, facts=facts)
            if not geary.takes(task.account):
                left_alone = _NOTE_OTHER_TYPE
                continue
            if any(geary.signs_in(other, task.account) for other in found.values()):
                left_alone = _NOTE_BOTH
                continue
            after = geary.moved(file, task.account)
            shown = geary.preview(file, after)
            changes.append(FileChange(path, after.to_bytes(), file.to_bytes(), shown))
    settings = [setting for change in changes for setting in change.settings]
    return _planned(task, changes, settings, left_alone)


_EDITORS = {
    "claws": _claws,
    "thunderbird": _thunderbird,
    "evolution": _evolution,
    "geary": _geary,
}


# --- small things -----------------------------------------------------------------------------


def _planned(
    task: _Task, changes: Sequence[FileChange], settings: Sequence[Setting], left_alone: str
) -> ClientPlan | Problem:
    for change in changes:
        if refusal := journal.refusal(change.path):
            return refusal
    words = task.words
    new = str(task.account.address)
    notes: list[str] = []
    if changes:
        notes += [words.text(_NOTE_KEPT), words.text(NOTE_PASSWORD)]
    elif not left_alone:
        notes.append(words.text(_NOTE_NOTHING, old=str(task.old), program=task.name))
    if left_alone:
        notes.append(words.text(left_alone, program=task.name, old=str(task.old), new=new))
    return ClientPlan(
        client=task.client,
        name=task.name,
        how=How.CHANGE,
        account=new,
        changes=tuple(changes),
        repairs=tuple(dict.fromkeys(settings)),
        unchanged=not changes,
        notes=tuple(notes),
        profile=task.profiles[0],
    )


def _unreadable(path: Path, exc: OSError) -> Problem:
    facts = (("path", str(path)),)
    kind = ProblemKind.PROGRAM_FILE_UNREADABLE
    return Problem(kind, Stage.CLIENT, detail=exc.strerror or "", facts=facts)
