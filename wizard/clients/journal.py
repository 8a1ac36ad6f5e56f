"""The one way in which the files of other programs are changed: journalled, backed up, undoable.

    apply   hold the program -> check -> back up -> `begin` -> replace each file -> `done`
    undo    hold the program -> `undo` -> put back or take out -> `undone`

The journal (`journal.jsonl` in the wizard's own folder) only grows, one JSON object per line, each
written to the disk before the next step starts; what it points to lies in `changes/ID/`. So a
`kill -9` at any point leaves each file old or new, never a mixture, and the next start finds in
`pending` what to finish or undo. Records carry a schema number: later versions read these, this
one leaves what a later version wrote alone.

A value of the Windows registry is one more kind of file here: it has a name and a content, and is
replaced in one step (`windows_registry`).

What a program's files mean is none of the journal's business: a `Steward`, the program's own
file in this room, says whether the program is in use and takes our values out of a file that
others changed since.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from wizard.clients import windows_registry as registry
from wizard.model import (
    Applied,
    ChangeRecord,
    ClientPlan,
    FileChange,
    How,
    Interrupted,
    Places,
    Problem,
    ProblemKind,
    Setting,
    Stage,
    Undone,
)
from wizard.system.private import put_in_place

SCHEMA = 1
_BINARY = getattr(os, "O_BINARY", 0)
"""Without it Windows ends lines its own way in what is written."""

Hook = Callable[[str], None]
"""Told the name of each step before it is taken; tests kill the process there."""


def _no_hook(step: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Reversal:
    """A file without our values. `content` None: nothing is left, the file goes."""

    content: bytes | None
    kept: tuple[Setting, ...] = ()


class Steward(Protocol):
    """What the journal asks of a program."""

    def hold(self, paths: Sequence[Path]) -> AbstractContextManager[bool]:
        """Keeps the program out of these files; yields False where it is using them now."""
        ...

    def take_back(
        self, path: Path, now: bytes, before: bytes | None, after: bytes, ours: Sequence[Path]
    ) -> Reversal:
        """Takes our values out of a file that others changed since; `ours`: all files we wrote."""
        ...


@dataclass(frozen=True, slots=True)
class Later:
    """Files that joined a change after it was done, and of which no copy is kept.

    `take_back` removes what is still ours, returns what stays, may raise OSError, and can be
    repeated.
    """

    paths: tuple[Path, ...] = ()
    take_back: Callable[[], tuple[Setting, ...]] = tuple


@dataclass(frozen=True, slots=True)
class _File:
    """One file of a change as the journal knows it. Digests are SHA-256; None: no file."""

    path: Path
    mode: int
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class _Change:
    """The state of one change, folded from its journal lines."""

    record: ChangeRecord
    files: tuple[_File, ...]
    made: tuple[Path, ...]
    state: str  # begin, done, undo, undone, dropped


# --- the journal ------------------------------------------------------------------------------


def changes(places: Places) -> tuple[ChangeRecord, ...]:
    """What was changed and can be taken back, newest first. Raises PermissionError where the
    wizard's own folder is somebody else's."""
    live = [
        replace(item.record, cut_off=_CUT_OFF.get(item.state, ""))
        for item in _read(places)
        if item.state in {"begin", "done", "undo"}
    ]
    return tuple(reversed(live))


_CUT_OFF = {"begin": "applying", "undo": "undoing"}


def pending(places: Places) -> tuple[Interrupted, ...]:
    """Changes that were cut off, oldest first: `finish` or `undo` them."""
    return tuple(
        Interrupted(item.record, undoing=item.state == "undo")
        for item in _read(places)
        if item.state in {"begin", "undo"}
    )


def _read(places: Places) -> list[_Change]:
    """Folds the journal. Torn lines (cut off while writing) and later schemas are skipped."""
    try:
        raw = (places.state / "journal.jsonl").read_bytes()
    except FileNotFoundError:
        return []
    found: dict[str, _Change] = {}
    for line in raw.splitlines():
        entry = _entry(line)
        if entry is None:
            continue
        event, change_id = entry["event"], entry["id"]
        if event == "begin":
            found[change_id] = _begun(entry)
        elif change_id in found:
            known = found[change_id]
            found[change_id] = _Change(known.record, known.files, known.made, event)
    return list(found.values())


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, dict) or entry.get("schema") != SCHEMA:
        return None
    return entry


def _begun(entry: dict[str, Any]) -> _Change:
    files = tuple(
        _File(Path(item["path"]), item["mode"], item["before"], item["after"])
        for item in entry["files"]
    )
    record = ChangeRecord(
        entry["id"],
        entry["client"],
        entry["account"],
        entry["when"],
        tuple(str(item.path) for item in files),
    )
    return _Change(record, files, tuple(Path(item) for item in entry["made"]), "begin")


def _next_id(places: Places) -> str:
    """Counts on over every line, also those of a later version: an id is never given twice."""
    highest = 0
    with contextlib.suppress(FileNotFoundError):
        for line in (places.state / "journal.jsonl").read_bytes().splitlines():
            with contextlib.suppress(ValueError, AttributeError, TypeError):
                highest = max(highest, int(json.loads(line).get("id", 0)))
    return str(highest + 1)


def _append(places: Places, entry: dict[str, Any]) -> None:
    """Adds one line and returns when it is on the disk."""
    path = places.state / "journal.jsonl"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _BINARY, 0o600)
    with os.fdopen(descriptor, "r+b") as journal:
        line = json.dumps({"schema": SCHEMA, **entry}, ensure_ascii=True).encode() + b"\n"
        if journal.seek(0, os.SEEK_END):
            journal.seek(-1, os.SEEK_END)
            if journal.read(1) != b"\n":  # torn by a power cut: close that line first
                line = b"\n" + line
        journal.write(line)
        journal.flush()
        os.fsync(journal.fileno())
    _sync_folder(places.state)


# --- apply, finish, undo ----------------------------------------------------------------------


def apply(
    plan: ClientPlan,
    places: Places,
    steward: Steward,
    *,
    hook: Hook = _no_hook,
    now: Callable[[], datetime] = datetime.now,
) -> Applied | Problem:
    """Carries out the file changes of a plan.

    Returns `Applied` with the id for `undo`, without id where nothing had to change; a `Problem`
    (PROGRAM_RUNNING, PROGRAM_FILE_CHANGED, PROGRAM_READ_ONLY, DISK_FULL, FOLDER_NOT_WRITABLE)
    where nothing was changed.
    """
    if plan.how is not How.CHANGE or plan.unchanged or not plan.changes:
        return Applied(plan)
    targets = [_real(change.path) for change in plan.changes]
    with _own_folder(places) as refused, steward.hold(targets) as free:
        if refused is not None:
            return refused
        if not free:
            return _problem(ProblemKind.PROGRAM_RUNNING, targets[0])
        todo: list[tuple[Path, FileChange]] = []
        for target, change in zip(targets, plan.changes, strict=True):
            content = _content(target)
            if isinstance(content, Problem):
                return content
            if content == change.after:
                continue
            if content != change.before:
                return _problem(ProblemKind.PROGRAM_FILE_CHANGED, target)
            if refused_here := refusal(target):
                return refused_here
            todo.append((target, change))
        if not todo:
            return Applied(plan)
        return _carry_out(plan, todo, places, hook, now)


def _carry_out(
    plan: ClientPlan,
    todo: Sequence[tuple[Path, FileChange]],
    places: Places,
    hook: Hook,
    now: Callable[[], datetime],
) -> Applied | Problem:
    change_id = _next_id(places)
    files = tuple(
        _File(path, change.mode, _digest(change.before), _digest(change.after) or "")
        for path, change in todo
    )
    made = _missing_folders([path for path, _ in todo])
    change_record = _Change(
        ChangeRecord(change_id, plan.client, plan.account, "", ()), files, made, "begin"
    )
    try:
        hook("back-up")
        store = places.state / "changes" / change_id
        shutil.rmtree(store, ignore_errors=True)  # left by a start that was cut off before `begin`
        store.mkdir(parents=True, mode=0o700)
        for number, (_, change) in enumerate(todo):
            if change.before is not None:
                _write_through(store / f"{number}.before", change.before)
            _write_through(store / f"{number}.after", change.after)
        _sync_folder(store)
        _sync_folder(store.parent)
        hook("begin")
        _append(
            places,
            {
                "event": "begin",
                "id": change_id,
                "client": plan.client,
                "account": plan.account,
                "when": now().astimezone().isoformat(timespec="seconds"),
                "files": [
                    {"path": str(f.path), "mode": f.mode, "before": f.before, "after": f.after}
                    for f in files
                ],
                "made": [str(folder) for folder in made],
            },
        )
    except OSError as exc:
        _roll_back(change_record, places)  # the line may stand in the journal all the same
        return folder_problem(exc, places.state)
    for number, (path, change) in enumerate(todo):
        try:
            hook(f"write {number}")
            _put(path, change.after, change.mode, change_id, hook)
        except OSError as exc:
            _roll_back(change_record, places)
            return _file_problem(exc, path)
    for path, change in todo:
        if _content(path) != change.after:
            _roll_back(change_record, places)
            return _problem(ProblemKind.PROGRAM_FILE_CHANGED, path)
    hook("done")
    # Not even room for this line: the change is whole all the same, and `pending` confirms it.
    with contextlib.suppress(OSError):
        _append(places, {"event": "done", "id": change_id})
    return Applied(plan, change_id, tuple(path for path, _ in todo), proof="read-back")


def finish(
    change_id: str, places: Places, steward: Steward, *, hook: Hook = _no_hook
) -> ChangeRecord | Problem:
    """Writes what an interrupted `apply` had not written yet. Already done: just confirms it.

    PROGRAM_FILE_CHANGED where the program or a person changed a file in between: undo it then.
    """
    change = _find(places, change_id)
    if change is None or change.state not in {"begin", "done"}:
        return _problem(ProblemKind.CHANGE_UNKNOWN, Path(), detail=change_id)
    paths = [item.path for item in change.files]
    with _own_folder(places) as refused, steward.hold(paths) as free:
        if refused is not None:
            return refused
        if not free:
            return _problem(ProblemKind.PROGRAM_RUNNING, paths[0])
        for number, item in enumerate(change.files):
            content = _content(item.path)
            if isinstance(content, Problem):
                return content
            if _digest(content) == item.after:
                continue
            if _digest(content) != item.before:
                return _problem(ProblemKind.PROGRAM_FILE_CHANGED, item.path)
            _, after = _backed_up(places, change, number)
            if after is None:
                return _problem(ProblemKind.PROGRAM_FILE_UNREADABLE, places.state)
            try:
                hook(f"write {number}")
                _put(item.path, after, item.mode, change_id, hook)
            except OSError as exc:
                return _file_problem(exc, item.path)
        for item in change.files:
            _clear(item.path, change_id)
        hook("done")
        if change.state == "begin":
            with contextlib.suppress(OSError):
                _append(places, {"event": "done", "id": change_id})
        return change.record


def undo(
    change_id: str,
    places: Places,
    steward: Steward,
    later: Later = Later(),
    *,
    hook: Hook = _no_hook,
) -> Undone | Problem:
    """Takes a change back, also one that was cut off; safe to repeat after an interruption.

    A file that is still as we left it becomes byte for byte what it was (or goes, if we made it);
    from any other only our own values are taken, the rest is listed under `kept`. Folders that
    we made go if nothing else is in them.
    """
    change = _find(places, change_id)
    if change is None or change.state in {"undone", "dropped"}:
        return _problem(ProblemKind.CHANGE_UNKNOWN, Path(), detail=change_id)
    paths = [item.path for item in change.files]
    with _own_folder(places) as refused, steward.hold(paths) as free:
        if refused is not None:
            return refused
        if not free:
            return _problem(ProblemKind.PROGRAM_RUNNING, paths[0])
        reversals = _reversals(places, change, steward, later)
        if isinstance(reversals, Problem):
            return reversals
        kept = tuple(setting for _, _, reversal in reversals for setting in reversal.kept)
        hook("undo")
        try:
            _append(places, {"event": "undo", "id": change_id})
        except OSError as exc:
            return folder_problem(exc, places.state)
        try:
            kept = (*kept, *later.take_back())
        except OSError as exc:
            return _file_problem(exc, later.paths[0])
        restored = []
        for number, (item, content, reversal) in enumerate(reversals):
            try:
                hook(f"restore {number}")
                _clear(item.path, change_id)
                if reversal.content == content:
                    continue
                if reversal.content is None:
                    _drop(item.path)
                else:
                    _put(item.path, reversal.content, item.mode, change_id, hook)
            except OSError as exc:
                return _file_problem(exc, item.path)
            restored.append(item.path)
        hook("folders")
        _remove_folders(change.made)
        hook("undone")
        try:
            _append(places, {"event": "undone", "id": change_id})
        except OSError as exc:
            return folder_problem(exc, places.state)
        shutil.rmtree(places.state / "changes" / change_id, ignore_errors=True)
        return Undone(change_id, tuple(restored), kept)


def _reversals(
    places: Places, change: _Change, steward: Steward, later: Later
) -> list[tuple[_File, bytes | None, Reversal]] | Problem:
    """Each file with what it holds and what it shall hold again; writes nothing, so that a change
    that cannot be taken back whole is left whole.

    The last written file goes first: what refers to the others stops doing so.
    """
    paths = (*(item.path for item in change.files), *later.paths)
    reversals = []
    for number in reversed(range(len(change.files))):
        item = change.files[number]
        content = _content(item.path)
        if isinstance(content, Problem):
            return content
        before, after = _backed_up(places, change, number)
        if after is None or (before is None and item.before is not None):
            return _problem(ProblemKind.PROGRAM_FILE_UNREADABLE, places.state)
        reversal = _reverse(item, content, before, after, paths, steward)
        if reversal.content != content and (refused := refusal(item.path)):
            return refused
        reversals.append((item, content, reversal))
    return reversals


def _reverse(
    item: _File,
    content: bytes | None,
    before: bytes | None,
    after: bytes,
    ours: Sequence[Path],
    steward: Steward,
) -> Reversal:
    if content == after:
        return Reversal(before)
    if content == before or content is None:  # not written yet, or gone together with its folder
        return Reversal(content)
    return steward.take_back(item.path, content, before, after, ours)


def _roll_back(change: _Change, places: Places) -> None:
    """After a write that did not work: the files that were already new become old again.

    What cannot be rolled back stays `pending` for the next start.
    """
    for number, item in reversed(list(enumerate(change.files))):
        content = _content(item.path)
        if isinstance(content, Problem):
            return
        try:
            _clear(item.path, change.record.id)
            if _digest(content) != item.after:
                continue
            before, _ = _backed_up(places, change, number)
            if before is None:
                _drop(item.path)
            else:
                _put(item.path, before, item.mode, change.record.id, _no_hook)
        except OSError:
            return
    _remove_folders(change.made)
    with contextlib.suppress(OSError):
        _append(places, {"event": "dropped", "id": change.record.id})
        shutil.rmtree(places.state / "changes" / change.record.id, ignore_errors=True)


def copies(change_id: str, path: Path, places: Places) -> tuple[bytes | None, bytes | None]:
    """(before, after) of one file of a change, None for what is absent."""
    change = _find(places, change_id)
    for number, item in enumerate(change.files if change else ()):
        if change is not None and item.path == path:
            return _backed_up(places, change, number)
    return None, None


def client_of(change_id: str, places: Places) -> str | None:
    """The program a change belongs to, None where there is no such change."""
    change = _find(places, change_id)
    return change.record.client if change else None


def _find(places: Places, change_id: str) -> _Change | None:
    return next((item for item in _read(places) if item.record.id == change_id), None)


def _backed_up(places: Places, change: _Change, number: int) -> tuple[bytes | None, bytes | None]:
    """(before, after) of a file, None for what is absent or does not match its digest."""
    store = places.state / "changes" / change.record.id
    item = change.files[number]
    found: list[bytes | None] = []
    for name, digest in (("before", item.before), ("after", item.after)):
        try:
            content: bytes | None = (store / f"{number}.{name}").read_bytes()
        except OSError:
            content = None
        found.append(content if _digest(content) == digest else None)
    return found[0], found[1]


# --- files ------------------------------------------------------------------------------------


def _content(path: Path) -> bytes | Problem | None:
    try:
        return registry.read(path) if registry.is_value(path) else path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as exc:
        if getattr(exc, "winerror", None) in _HELD:
            return _file_problem(exc, path)
        return _problem(ProblemKind.PROGRAM_FILE_UNREADABLE, path, detail=_said(exc))


def refusal(path: Path) -> Problem | None:
    """Asks before writing: `rename` would also replace a file that is marked read-only.

    The mode bits are looked at too, because the superuser's `access` says yes to everything.
    """
    if registry.is_value(path):
        return None  # the person's own branch; a policy that forbids it shows when writing
    folder = path.parent
    while not folder.exists():
        folder = folder.parent
    for place in (path, folder):
        try:
            mode = place.stat().st_mode
        except FileNotFoundError:
            continue
        except OSError as exc:
            return _problem(ProblemKind.PROGRAM_READ_ONLY, place, detail=_said(exc))
        if not mode & 0o222 or not os.access(place, os.W_OK):
            return _problem(ProblemKind.PROGRAM_READ_ONLY, place)
    return None


def _real(path: Path) -> Path:
    """The file behind a link: it is what changes, and the link stays."""
    return path if registry.is_value(path) else Path(os.path.realpath(path))


def _put(path: Path, content: bytes, mode: int, change_id: str, hook: Hook) -> None:
    """The new content in one step, in folders that are made where needed. Raises OSError."""
    if registry.is_value(path):
        registry.write(path, content)
        return
    _make_folders(path.parent)
    _replace(path, content, mode, change_id, hook)


def _drop(path: Path) -> None:
    if registry.is_value(path):
        registry.delete(path)
        return
    path.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _clear(path: Path, change_id: str) -> None:
    """Takes away what an interrupted write left beside the file."""
    if not registry.is_value(path):
        _temporary(path, change_id).unlink(missing_ok=True)


def _temporary(path: Path, change_id: str) -> Path:
    """Beside the file, so that the rename stays inside one file system; found again by name."""
    return path.with_name(f".{path.name}.mail-wizard-{change_id}")


def _replace(path: Path, content: bytes, mode: int, change_id: str, hook: Hook) -> None:
    """Puts new content under a name in one step; mode, owner and attributes stay."""
    temporary = _temporary(path, change_id)
    temporary.unlink(missing_ok=True)
    try:
        old: os.stat_result | None = path.stat()
    except FileNotFoundError:
        old = None
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(stat.S_IMODE(old.st_mode) if old else mode)
        if old:
            _copy_attributes(path, temporary)
        _give_to(temporary, old or path.parent.stat())
        hook(f"rename {path.name}")
        put_in_place(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _give_to(path: Path, like: os.stat_result) -> None:
    """Owner and group of the old file, or of the folder for a new one (a wizard run by root)."""
    if sys.platform == "win32":
        return
    mine = path.stat()
    if (mine.st_uid, mine.st_gid) != (like.st_uid, like.st_gid):
        # Without the right to give files away the file stays ours, as with any editor.
        with contextlib.suppress(PermissionError):
            os.chown(path, like.st_uid, like.st_gid)


def _copy_attributes(source: Path, target: Path) -> None:
    """Extended attributes (SELinux label, ACL), where the system has them and lets us."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError):
        for name in os.listxattr(source):
            os.setxattr(target, name, os.getxattr(source, name))


def _write_through(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_new(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Writes a file to hand over, replacing an older one in one step. Raises OSError."""
    _replace(path, content, mode, "out", _no_hook)


def _sync_folder(folder: Path) -> None:
    """Makes a rename last; Windows and some network file systems have no such call."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _missing_folders(paths: Sequence[Path]) -> tuple[Path, ...]:
    missing: list[Path] = []
    for path in paths:
        if registry.is_value(path):
            missing += [key for key in registry.missing_keys(path) if key not in missing]
            continue
        folder = path.parent
        while not folder.exists() and folder not in missing:
            missing.append(folder)
            folder = folder.parent
    return tuple(sorted(missing, key=lambda folder: len(folder.parts)))


def _make_folders(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folders(folder.parent)
    folder.mkdir(mode=0o700)
    _give_to(folder, folder.parent.stat())


def _remove_folders(made: Sequence[Path]) -> None:
    """Those that are empty, innermost first; what others put there stays."""
    for folder in sorted(made, key=lambda item: -len(str(item))):
        with contextlib.suppress(OSError):
            if registry.is_value(folder):
                registry.remove_empty(folder)
            else:
                folder.rmdir()


def _digest(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


# --- the wizard's own folder ------------------------------------------------------------------


@contextlib.contextmanager
def _own_folder(places: Places) -> Iterator[Problem | None]:
    """The wizard's folder, for one wizard at a time. Yields a problem where it can't be used."""
    try:
        places.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(places.state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as exc:
        yield own_folder_problem(exc, places.state)
        return
    try:
        _lock(lock)
        yield None
    finally:
        os.close(lock)


def _lock(descriptor: int) -> None:
    """Waits for another wizard; the system lets go of the lock when a process ends."""
    if sys.platform == "win32":
        import msvcrt

        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            except OSError as exc:
                if exc.errno in (errno.EBADF, errno.EINVAL):
                    raise
                time.sleep(0.05)  # LK_LOCK would wait too, but gives up after ten seconds
            else:
                return
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)


# --- problems ---------------------------------------------------------------------------------

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_HELD = {32, 33}  # ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION (winerror.h)


def _file_problem(exc: OSError, path: Path) -> Problem:
    if getattr(exc, "winerror", None) in _HELD:  # by the program, on Windows
        return _problem(ProblemKind.PROGRAM_RUNNING, path, detail=_said(exc))
    if exc.errno in _FULL:
        return _problem(ProblemKind.DISK_FULL, path, detail=_said(exc))
    if exc.errno in _FORBIDDEN:
        return _problem(ProblemKind.PROGRAM_READ_ONLY, path, detail=_said(exc))
    return _problem(ProblemKind.PROGRAM_FILE_UNREADABLE, path, detail=_said(exc))


def folder_problem(exc: OSError, path: Path) -> Problem:
    """What to say about a folder of our own, or one the person chose."""
    kind = ProblemKind.DISK_FULL if exc.errno in _FULL else ProblemKind.FOLDER_NOT_WRITABLE
    return _problem(kind, path, detail=_said(exc))


def own_folder_problem(exc: OSError, path: Path) -> Problem:
    """The same of the wizard's own folder: nobody chose it, so nobody can choose another."""
    problem = folder_problem(exc, path)
    return replace(problem, facts=(*problem.facts, ("ours", "yes")))


def _said(exc: OSError) -> str:
    return exc.strerror or type(exc).__name__


def _problem(kind: ProblemKind, path: Path, detail: str = "") -> Problem:
    return Problem(kind, Stage.CLIENT, detail=detail, facts=(("path", str(path)),))
