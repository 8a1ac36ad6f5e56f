"""Every program the wizard can set up, and the common acts on all of them.

One explicit tuple: frozen builds need explicit imports, and order here is order on the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wizard.clients import bridge, journal, thunderbird_store
from wizard.clients.apple import AppleMail
from wizard.clients.by_hand import KMAIL
from wizard.clients.claws import ClawsMail
from wizard.clients.evolution import Evolution
from wizard.clients.geary import Geary
from wizard.clients.mobile import ThunderbirdMobile
from wizard.clients.outlook import Outlook
from wizard.clients.settings_sheet import SettingsSheet
from wizard.clients.thunderbird import Thunderbird
from wizard.model import (
    Account,
    Applied,
    ChangeRecord,
    ClientExporter,
    ClientPlan,
    DetectedClient,
    Interrupted,
    Places,
    Problem,
    ProblemKind,
    Stage,
    Undone,
    Words,
)

EXPORTERS: tuple[ClientExporter, ...] = (
    Thunderbird(),
    Outlook(),
    AppleMail(),
    ThunderbirdMobile(),
    Evolution(),
    ClawsMail(),
    KMAIL,
    Geary(),
    SettingsSheet(),
)


def find(client: str) -> ClientExporter | None:
    """The exporter with this id."""
    return next((item for item in EXPORTERS if item.id == client), None)


def detect_all(places: Places) -> tuple[DetectedClient, ...]:
    """The mail programs of this computer, in the order of the registry."""
    found = (item.detect(places) for item in EXPORTERS)
    return tuple(item for item in found if item is not None)


def plan(
    client: str,
    account: Account,
    places: Places,
    words: Words,
    profile: str | None = None,
    chosen: Sequence[str] = (),
) -> ClientPlan | Problem:
    """What would change for one program on this computer. Reads, never writes.

    `profile`: id of the profile to use, None for the program's own choice. `chosen`: all programs
    of this run; the settings sheet explains them.
    """
    exporter = find(client)
    match exporter:
        case None:
            return _unknown(client)
        case SettingsSheet():
            return exporter.files(account, words, _explained(chosen, account, words))
        case _:
            if steps := bridge.instead(client, account, words):
                return steps
            made = exporter.plan(account, exporter.detect(places), places, words, profile)
            return made if isinstance(made, Problem) else bridge.with_note(made, account, words)


def files(
    client: str, account: Account, words: Words, chosen: Sequence[str] = ()
) -> ClientPlan | Problem:
    """The same to carry elsewhere; looks at nothing on this computer."""
    exporter = find(client)
    match exporter:
        case None:
            return _unknown(client)
        case SettingsSheet():
            return exporter.files(account, words, _explained(chosen, account, words))
        case _:
            return _files(exporter, account, words)


def _files(exporter: ClientExporter, account: Account, words: Words) -> ClientPlan | Problem:
    if steps := bridge.instead(exporter.id, account, words):
        return steps
    made = exporter.files(account, words)
    return made if isinstance(made, Problem) else bridge.with_note(made, account, words)


def _explained(chosen: Sequence[str], account: Account, words: Words) -> tuple[ClientPlan, ...]:
    """The plans whose steps the sheet prints."""
    plans = (
        _files(exporter, account, words)
        for exporter in EXPORTERS
        if exporter.id in chosen and not isinstance(exporter, SettingsSheet)
    )
    return tuple(item for item in plans if isinstance(item, ClientPlan))


def apply(made: ClientPlan, places: Places) -> Applied | Problem:
    """Carries a plan out."""
    exporter = find(made.client)
    return _unknown(made.client) if exporter is None else exporter.apply(made, places)


def changes(places: Places) -> tuple[ChangeRecord, ...]:
    """What the wizard changed on this computer and can take back, newest first."""
    return journal.changes(places)


def pending(places: Places) -> tuple[Interrupted, ...]:
    """What was cut off (power cut, `kill -9`): to be offered for `finish` or `undo`."""
    return journal.pending(places)


def undo(change_id: str, places: Places) -> Undone | Problem:
    """Takes one change back; refused while the program runs."""
    known = _steward_of(change_id, places)
    if isinstance(known, Problem):
        return known
    change = next((item for item in changes(places) if item.id == change_id), None)
    if change is not None and isinstance(known, Thunderbird):
        thunderbird_store.tidy(change)
        return journal.undo(change_id, places, known, thunderbird_store.later(change, places))
    return journal.undo(change_id, places, known)


def tidy(places: Places) -> tuple[Undone, ...]:
    """Takes back what prepared a program for an account that is in it by now.

    Outlook's local settings are for a whole domain: left behind, they would answer for the next
    address of that domain, too. A password on its way into Thunderbird's store that was cut off
    goes, too.
    """
    for change in changes(places):
        if change.client == "thunderbird":
            thunderbird_store.tidy(change)
    detected = Outlook().detect(places)
    profiles = detected.profiles if detected else ()
    there = {item.casefold() for profile in profiles for item in profile.accounts}
    outcomes = [
        undo(change.id, places)
        for change in changes(places)
        if change.client == "outlook" and not change.cut_off and change.account.casefold() in there
    ]
    return tuple(outcome for outcome in outcomes if isinstance(outcome, Undone))


def finish(change_id: str, places: Places) -> ChangeRecord | Problem:
    """Completes a change that was cut off while it was being applied."""
    known = _steward_of(change_id, places)
    return known if isinstance(known, Problem) else journal.finish(change_id, places, known)


def write_files(made: ClientPlan, out_dir: Path) -> tuple[Path, ...] | Problem:
    """Writes the files of a plan into a folder, making it where needed; returns their paths.

    They hold no password, but names and addresses: readable by their owner only, what is to be
    published excepted (a web server would refuse to show it).
    """
    written = []
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        for item in made.files:
            path = out_dir / item.name
            path.parent.mkdir(parents=True, exist_ok=True)
            journal.write_new(path, item.content, 0o644 if item.public else 0o600)
            written.append(path)
    except OSError as exc:
        return journal.folder_problem(exc, out_dir)
    return tuple(written)


def steward(client: str, places: Places) -> journal.Steward | None:
    """Who knows the files of a program that the wizard changes; None for all others."""
    match client:
        case "thunderbird":
            return Thunderbird(places.system)
        case "outlook":
            return Outlook()
        case "evolution":
            return Evolution()
        case "claws":
            return ClawsMail(places.home)
        case "geary":
            return Geary(places.home)
        case _:
            return None


def _steward_of(change_id: str, places: Places) -> journal.Steward | Problem:
    client = journal.client_of(change_id, places)
    known = steward(client, places) if client else None
    return known or Problem(ProblemKind.CHANGE_UNKNOWN, Stage.CLIENT, detail=change_id)


def _unknown(client: str) -> Problem:
    return Problem(ProblemKind.PROGRAM_UNSUPPORTED, Stage.CLIENT, detail=client)
