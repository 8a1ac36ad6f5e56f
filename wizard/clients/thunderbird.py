"""Thunderbird on this computer: found, planned, changed, taken back; the import file for elsewhere.

    closed, profile there    -> its prefs.js is edited
    never started            -> a first profile, which it takes as its own
    running                  -> PROGRAM_RUNNING; `files` gives the import ZIP instead
    several, none preferred  -> PROFILE_CHOICE_NEEDED

Formats: `thunderbird_account` (preferences), `thunderbird_profile` (profiles, lock). No password is
in a plan: Thunderbird asks once, unless a person wants it in its store (`thunderbird_logins`:
encrypted, one more change; `thunderbird_store`: in a new profile, a step of its own afterwards).
"""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wizard.clients import journal
from wizard.clients.guide import summary, unsuitable
from wizard.clients.prefs import Prefs, Value
from wizard.clients.thunderbird_account import arrange, can_log_in, logins, take_back
from wizard.clients.thunderbird_dav import collections, shown_name
from wizard.clients.thunderbird_logins import LOGINS
from wizard.clients.thunderbird_logins import taken_back as logins_taken_back
from wizard.clients.thunderbird_move import lines_back
from wizard.clients.thunderbird_profile import (
    Ini,
    Program,
    Root,
    held,
    in_use,
    last_version,
    new_profile,
    programs,
    read_root,
    root_paths,
)
from wizard.model import (
    N_,
    Account,
    Applied,
    ClientPlan,
    ClientProfile,
    DetectedClient,
    FileChange,
    How,
    Places,
    Problem,
    ProblemKind,
    Produced,
    ServiceType,
    Setting,
    Stage,
    Step,
    Words,
)

NOTE_PASSWORD = N_(
    "Thunderbird asks for your password once, when it first connects. Tick the box there if it "
    "shall remember it."
)
_NOTE_ELSEWHERE = N_(
    "Thunderbird already has another account with this login, at {host}. It stays as it is."
)
_NOTE_SERVICES = N_(
    "Calendars and address books are not set up by this step: in Thunderbird choose New › "
    "Calendar, or New › Address Book, and type your e-mail address."
)
_NOTE_UNTRIED = N_(
    "Made for where Thunderbird's documentation says its files are on this kind of system; not "
    "tried there by us. What is changed can be undone."
)
_NOTE_COLLECTIONS = N_(
    "Thunderbird asks for the password of your calendars and address books once, too."
)
_IMPORT_PURPOSE = N_("Adds the account to a Thunderbird that is already in use, by its own import.")
_IMPORT_STEPS = (
    N_("Open Thunderbird."),
    N_("Open the menu ☰ and choose Tools › Import."),
    N_("Choose “Import from a file”, then “Import a backed-up profile” and “ZIP file”."),
    N_("Choose the file {file}."),
    N_("Leave only “Accounts and settings” ticked and choose Continue, then Start import."),
    N_("Let Thunderbird restart, and type your password when it asks."),
)


@dataclass(frozen=True, slots=True)
class Thunderbird:
    """The exporter (`ClientExporter`) and the steward of Thunderbird's files."""

    system: str = "linux"

    id = "thunderbird"
    name = "Thunderbird"

    # --- detect -------------------------------------------------------------------------------

    def detect(self, places: Places) -> DetectedClient | None:
        """Found where the program is installed, or has left profiles behind."""
        installed = programs(places)
        roots = _roots(places, installed)
        if not installed and not any(root.profiles for root in roots):
            return None
        chosen = _chosen_root(roots, installed)
        profiles = tuple(
            ClientProfile(
                id=str(profile.path),
                name=profile.name,
                path=profile.path,
                is_default=chosen is root and profile is root.default,
                accounts=logins(_prefs_of(profile.path)),
                running=in_use(profile.path, places.system),
            )
            for root in roots
            for profile in root.profiles
        )
        used = [last_version(item.path) for item in profiles if item.is_default]
        return DetectedClient(
            id=self.id,
            name=self.name,
            version=next((item.version for item in installed if item.version), "")
            or next(iter(used), ""),
            path=installed[0].path if installed else roots[0].path,
            running=any(item.running for item in profiles if item.is_default),
            profiles=profiles,
        )

    # --- plan ---------------------------------------------------------------------------------

    def plan(
        self,
        account: Account,
        detected: DetectedClient | None,
        places: Places,
        words: Words,
        profile: str | None = None,
    ) -> ClientPlan | Problem:
        """Edits the profile's preferences, or makes a first profile."""
        if refusal := _unsuitable(account):
            return refusal
        if detected is None:
            return Problem(ProblemKind.PROGRAM_MISSING, Stage.CLIENT, facts=_named(self.name))
        chosen = self._choose(detected, profile)
        if isinstance(chosen, Problem):
            return chosen
        if chosen is None:
            made = self._first_profile(account, places, words)
        else:
            made = self._into_profile(account, chosen, words)
        if isinstance(made, ClientPlan) and _untried(made, places):
            return replace(made, notes=(*made.notes, words.text(_NOTE_UNTRIED)))
        return made

    def _choose(
        self, detected: DetectedClient, wanted: str | None
    ) -> ClientProfile | Problem | None:
        known = detected.profiles
        if wanted is None:
            chosen = next((item for item in known if item.is_default), None)
            if chosen is None and not known:
                return None
        else:
            chosen = next((item for item in known if wanted in {item.id, item.name}), None)
        if chosen is None:
            return Problem(
                ProblemKind.PROFILE_CHOICE_NEEDED,
                Stage.CLIENT,
                facts=(*_named(self.name), *(("profile", item.id) for item in known)),
            )
        if chosen.running:
            return Problem(
                ProblemKind.PROGRAM_RUNNING,
                Stage.CLIENT,
                facts=(*_named(self.name), ("path", str(chosen.path))),
            )
        return chosen

    def _into_profile(
        self, account: Account, profile: ClientProfile, words: Words
    ) -> ClientPlan | Problem:
        path = profile.path / "prefs.js"
        try:
            before = _content(path)
            forced = _content(profile.path / "user.js")
        except OSError as exc:
            return _file_problem(ProblemKind.PROGRAM_FILE_UNREADABLE, path, exc.strerror or "")
        if refusal := journal.refusal(path):
            return refusal
        prefs = Prefs.parse(before or b"")
        arrangement = arrange(prefs, account, words)
        after = prefs.edited(arrangement.changes)
        if arrange(after, account, words).changes:
            # An unclosed comment or the like: what we add would not be seen.
            return _file_problem(ProblemKind.PROGRAM_FILE_UNREADABLE, path, "prefs.js")
        overruled = Prefs.parse(forced or b"").values
        if any(overruled.get(name, value) != value for name, value in arrangement.changes.items()):
            return _file_problem(ProblemKind.PROGRAM_UNSUPPORTED, path, "user.js")
        settings = preference_settings(prefs, arrangement.changes)
        notes = [words.text(_NOTE_ELSEWHERE, host=host) for host in arrangement.elsewhere]
        return ClientPlan(
            client=self.id,
            name=self.name,
            how=How.CHANGE,
            account=str(account.address),
            changes=(FileChange(path, after.to_bytes(), before, settings),)
            if arrangement.changes
            else (),
            repairs=arrangement.repairs,
            unchanged=not arrangement.changes,
            notes=(*notes, *_notes(account, words)),
            profile=profile,
            summary=_summary(account, words, profile.name),
        )

    def _first_profile(
        self, account: Account, places: Places, words: Words
    ) -> ClientPlan | Problem:
        installed = programs(places)
        kind = installed[0].kind if installed else "native"
        root = next(path for known, path in root_paths(places) if known == kind)
        existing = read_root(kind, root, None)
        if existing and existing.missing:
            # Perhaps on a disk that is not there now: a new profile would push it aside.
            return _file_problem(
                ProblemKind.PROGRAM_FILE_UNREADABLE, existing.missing[0], "profile"
            )
        fresh = new_profile(places, root)
        arrangement = arrange(Prefs.parse(b""), account, words)
        prefs = Prefs.parse(b"").edited(arrangement.changes)
        profile = ClientProfile(str(fresh.path), "default", fresh.path, is_default=True)
        return ClientPlan(
            client=self.id,
            name=self.name,
            how=How.CHANGE,
            account=str(account.address),
            changes=(
                FileChange(
                    fresh.path / "prefs.js",
                    prefs.to_bytes(),
                    settings=preference_settings(Prefs.parse(b""), arrangement.changes),
                ),
                FileChange(fresh.path / "compatibility.ini", fresh.compatibility),
                # Last: only now does Thunderbird see the profile, and it is whole.
                FileChange(
                    fresh.ini_path,
                    fresh.ini_after,
                    fresh.ini_before,
                    settings=(Setting("profiles.ini", str(fresh.path)),),
                ),
            ),
            notes=_notes(account, words),
            profile=profile,
            summary=_summary(account, words, words.text(N_("a new one"))),
        )

    # --- elsewhere ----------------------------------------------------------------------------

    def files(self, account: Account, words: Words) -> ClientPlan | Problem:
        """The import ZIP: a `prefs.js` with this account alone, for Tools › Import."""
        if refusal := _unsuitable(account):
            return refusal
        name = f"thunderbird-{account.address.domain}.zip"
        return ClientPlan(
            client=self.id,
            name=self.name,
            how=How.FILES,
            account=str(account.address),
            files=(
                Produced(
                    name, import_zip(account, words), words.text(_IMPORT_PURPOSE), "application/zip"
                ),
            ),
            steps=tuple(Step(words.text(step, file=name)) for step in _IMPORT_STEPS),
            notes=_notes(account, words, elsewhere=True),
            summary=summary(account, words),
        )

    # --- apply --------------------------------------------------------------------------------

    def apply(self, plan: ClientPlan, places: Places) -> Applied | Problem:
        """By the journal; afterwards the account is looked for in what was written."""
        return journal.apply(plan, places, Thunderbird(places.system))

    @contextlib.contextmanager
    def hold(self, paths: Sequence[Path]) -> Iterator[bool]:
        """Holds the lock of every profile that one of the files lies in."""
        marks = {"prefs.js", LOGINS}
        folders = list(dict.fromkeys(path.parent for path in paths if path.name in marks))
        with held(folders, self.system) as free:
            yield free

    def take_back(
        self, path: Path, now: bytes, before: bytes | None, after: bytes, ours: Sequence[Path]
    ) -> journal.Reversal:
        """Our account leaves the preferences; a profile that was used meanwhile stays."""
        match path.name:
            case "prefs.js":
                rest, kept = take_back(
                    Prefs.parse(now), Prefs.parse(before or b""), Prefs.parse(after)
                )
                return journal.Reversal(rest.to_bytes(), kept)
            case "profiles.ini":
                return _without_profile(path, now, after, ours)
            case "logins.json":
                return logins_taken_back(now, before, after)
            case "msgFilterRules.dat" | "virtualFolders.dat":
                return journal.Reversal(lines_back(now, before or b"", after))
            case _:
                return journal.Reversal(now)  # compatibility.ini: the program's own by now


def import_zip(account: Account, words: Words) -> bytes:
    """The same bytes for the same account: fixed date, no compression level to differ."""
    # Its import takes calendars and address books only together with their files.
    changes = arrange(Prefs.parse(b""), replace(account, services=()), words).changes
    prefs = Prefs.parse(b"").edited(changes).to_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("prefs.js", date_time=(1980, 1, 1, 0, 0, 0))
        entry.external_attr = 0o600 << 16
        archive.writestr(entry, prefs)
    return buffer.getvalue()


# --- small things -----------------------------------------------------------------------------


def _roots(places: Places, installed: Sequence[Program]) -> tuple[Root, ...]:
    by_kind = {program.kind: program for program in installed}
    found = (read_root(kind, path, by_kind.get(kind)) for kind, path in root_paths(places))
    return tuple(root for root in found if root is not None)


def _chosen_root(roots: Sequence[Root], installed: Sequence[Program]) -> Root | None:
    """The one whose program is installed; None where there are several or none of them."""
    kinds = {program.kind for program in installed}
    used = [root for root in roots if root.profiles]
    matching = [root for root in used if root.kind in kinds] if kinds else used
    return matching[0] if len(matching) == 1 else None


def _prefs_of(profile: Path) -> Prefs:
    try:
        return Prefs.parse((profile / "prefs.js").read_bytes())
    except OSError:
        return Prefs.parse(b"")


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _unsuitable(account: Account) -> Problem | None:
    """Accounts that Thunderbird could hold, but never use."""
    for server in (account.incoming, account.outgoing):
        if not can_log_in(server):
            return Problem(
                ProblemKind.PROGRAM_UNSUPPORTED,
                Stage.CLIENT,
                server.type,
                server.host,
                server.port,
                detail="sign-in",
                facts=_named("Thunderbird"),
            )
    return unsuitable(account)


def preference_settings(prefs: Prefs, changes: Mapping[str, Value | None]) -> tuple[Setting, ...]:
    """The preview to the letter."""
    return tuple(
        Setting(name, _shown(value), _shown(prefs.values.get(name)))
        for name, value in changes.items()
    )


def _shown(value: Value | None) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _untried(plan: ClientPlan, places: Places) -> bool:
    """True anywhere but with a native Thunderbird on Linux, where the lab runs the real one."""
    where = plan.profile.path if plan.profile else places.home
    return places.system != "linux" or any(part in {"snap", ".var"} for part in where.parts)


def _summary(account: Account, words: Words, profile: str) -> tuple[Setting, ...]:
    labels = {
        ServiceType.CALDAV: words.text(N_("Calendar")),
        ServiceType.CARDDAV: words.text(N_("Address book")),
    }
    return (
        *summary(account, words),
        *(Setting(labels[item.type], shown_name(one)) for item, one in collections(account)),
        Setting(words.text(N_("Thunderbird profile")), profile),
    )


def _notes(account: Account, words: Words, *, elsewhere: bool = False) -> tuple[str, ...]:
    notes = [words.text(NOTE_PASSWORD)]
    if not elsewhere and any(collections(account)):
        notes.append(words.text(_NOTE_COLLECTIONS))
    elif any(item.type in _DAV for item in account.services):
        notes.append(words.text(_NOTE_SERVICES))
    return tuple(notes)


_DAV = (ServiceType.CALDAV, ServiceType.CARDDAV)


def _without_profile(
    path: Path, now: bytes, after: bytes, ours: Sequence[Path]
) -> journal.Reversal:
    """Unlists the profile we made, unless it holds more than our files: then it is lived in."""
    ini, written = Ini.parse(now), Ini.parse(after)
    for section, keys in written.sections:
        folder = path.parent / keys.get("Path", "")
        if not section.startswith("Profile") or folder / "prefs.js" not in ours:
            continue
        if folder.is_dir() and any(item not in ours for item in folder.iterdir()):
            return journal.Reversal(now, (Setting(f"profiles.ini [{section}]", str(folder)),))
        listed = next((n for n, k in ini.sections if k.get("Path") == keys.get("Path")), None)
        if listed:
            return journal.Reversal(ini.without(listed).to_bytes())
    return journal.Reversal(now)


def _named(program: str) -> tuple[tuple[str, str], ...]:
    return (("program", program),)


def _file_problem(kind: ProblemKind, path: Path, detail: str) -> Problem:
    return Problem(
        kind, Stage.CLIENT, detail=detail, facts=(*_named("Thunderbird"), ("path", str(path)))
    )
