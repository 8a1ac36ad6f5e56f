"""The password in Thunderbird's own store, where the person asks for it and only where it is safe.

Safe is a profile that the wizard has just made itself: no store that could break, no primary
password, no Thunderbird that has it open. Thunderbird encrypts with its own NSS library, so that
library is what encrypts here, in a process of its own: it keeps the password in its memory, and
a fault in it must not end the wizard.

    keep    -> child: a folder beside the profile's files gets key4.db and logins.json
            -> what was made is written down (paths and digests), then each file is linked in place
    undo    -> `taken_back`: our logins go; the key too, where nothing else needs it

The password goes through a pipe. No copy of these two files is kept, nothing of them is in the
journal. Cut off at any point there is either a whole store or a key without logins: Thunderbird
then asks, as it does without all this.

Format: `toolkit/components/passwordmgr` (logins.json, version 3); tried with 153.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wizard.clients import thunderbird_logins
from wizard.clients.journal import Later, copies, write_new
from wizard.clients.thunderbird_account import uses_password
from wizard.clients.thunderbird_logins import COPY, KEY, LOGINS, library, mail_logins
from wizard.clients.thunderbird_nss import answered
from wizard.clients.thunderbird_profile import held
from wizard.model import Account, Applied, ChangeRecord, ClientPlan, Places, Secret, Setting

_FILES = (KEY, LOGINS)
"""In this order: a key without logins is nothing, logins without their key are."""
_NEW = frozenset({"prefs.js", "compatibility.ini"})
"""All that is in a profile that the wizard has just made."""


@dataclass(frozen=True, slots=True)
class Made:
    """One file of the store as we made it. `logins`: ours in it, by Thunderbird's identifiers."""

    path: Path
    digest: str
    logins: tuple[str, ...] = ()


# --- may it be? -------------------------------------------------------------------------------


def refusal(applied: Applied, account: Account, places: Places) -> str:
    """Why the store is left alone, as a word; empty where the password may go there."""
    profile = applied.plan.profile
    if profile is None or not applied.change_id or not makes_profile(applied.plan):
        return "not-a-new-profile"
    if not _is_new(profile.path):
        return "not-a-new-profile"
    if library(places) is None:
        return "no-library"
    if not all(uses_password(server) for server in (account.incoming, account.outgoing)):
        return "no-password-login"
    return ""


def makes_profile(plan: ClientPlan) -> bool:
    """True where a plan makes a profile of Thunderbird."""
    fresh = {change.path.name for change in plan.changes if change.before is None}
    return plan.client == "thunderbird" and fresh >= _NEW


def _is_new(profile: Path, *ours: str) -> bool:
    """True where nothing is in the profile but what we wrote."""
    try:
        return {item.name for item in profile.iterdir()} == {*_NEW, *ours}
    except OSError:
        return False


# --- keep -------------------------------------------------------------------------------------


def keep(
    applied: Applied, account: Account, secret: Secret, places: Places, command: Sequence[str]
) -> str:
    """Puts the password there; returns why not, as a word, empty where it is done.

    `command`: starts our own program so that it calls `thunderbird_nss.child`.
    """
    if reason := refusal(applied, account, places):
        return reason
    nss, profile = library(places), applied.plan.profile
    assert nss is not None
    assert profile is not None
    folder = Path(os.path.realpath(profile.path))
    staging = _staging(folder, applied.change_id)
    try:
        with held([folder], places.system) as free:
            if not free:
                return "running"
            staging.mkdir(mode=0o700)
            order = {
                "task": "make",
                "folder": str(staging),
                "library": str(nss),
                "logins": mail_logins(account),
                "password": secret.reveal(),
            }
            if answered(command, order) is None:
                return "library-refused"
            made = tuple(_made(staging / name, folder / name) for name in _FILES)
            _note(places, applied.change_id, made)
            if not _is_new(folder, staging.name):
                return "running"
            for name in _FILES:
                # A link never replaces a file: whoever was faster keeps what is there.
                os.link(staging / name, folder / name)
            _sync_folder(folder)
    except (OSError, ValueError):
        return "not-written"
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return ""


def _staging(profile: Path, change_id: str) -> Path:
    return profile / f".mail-wizard-{change_id}"


def _made(staged: Path, path: Path) -> Made:
    content = staged.read_bytes()
    logins = _guids(content) if path.name == LOGINS else ()
    return Made(path, hashlib.sha256(content).hexdigest(), logins)


def _guids(content: bytes) -> tuple[str, ...]:
    return tuple(item["guid"] for item in json.loads(content)["logins"])


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _note_file(places: Places, change_id: str) -> Path:
    return places.state / "changes" / change_id / "store.json"


def _note(places: Places, change_id: str, made: Sequence[Made]) -> None:
    """Written down before the files are in place: undo never misses one."""
    path = _note_file(places, change_id)
    rows = [{"path": str(m.path), "sha256": m.digest, "logins": list(m.logins)} for m in made]
    write_new(path, json.dumps({"schema": 1, "files": rows}).encode())


# --- undo -------------------------------------------------------------------------------------


def noted(places: Places, change_id: str) -> tuple[Made, ...]:
    """The store's files that belong to a change."""
    try:
        document = json.loads(_note_file(places, change_id).read_bytes())
    except (OSError, ValueError):  # none, or cut off while it was written: then there are no files
        return ()
    return tuple(
        Made(Path(item["path"]), item["sha256"], tuple(item["logins"]))
        for item in document["files"]
    )


def tidy(change: ChangeRecord) -> None:
    """Takes away the folder of a `keep` that was cut off."""
    for path in change.what:
        if Path(path).name == "prefs.js":
            shutil.rmtree(_staging(Path(path).parent, change.id), ignore_errors=True)


def later(change: ChangeRecord, places: Places) -> Later:
    """The store as the journal sees it: made after the change, taken back with it.

    Where the change is one of logins.json itself: Thunderbird's own copy of that.
    """
    if made := noted(places, change.id):
        return Later(tuple(item.path for item in made), lambda: taken_back(made))
    logins = tuple(Path(path) for path in change.what if Path(path).name == LOGINS)

    def take_back() -> tuple[Setting, ...]:
        for path in logins:
            _take_back_copy(change.id, path, places)
        return ()

    return Later(tuple(path.with_name(COPY) for path in logins), take_back)


def _take_back_copy(change_id: str, logins: Path, places: Places) -> None:
    """Else Thunderbird would find our logins in it, should its other file go."""
    path = logins.with_name(COPY)
    before, after = copies(change_id, logins, places)
    if after is None or not path.exists():
        return
    now = path.read_bytes()
    reversal = thunderbird_logins.taken_back(now, before, after)
    if reversal.content is None:
        path.unlink()
    elif reversal.content != now:
        write_new(path, reversal.content)


def taken_back(made: Sequence[Made]) -> tuple[Setting, ...]:
    """Our logins leave the store, the key too where it is as we made it and nothing needs it.

    What stays is returned. Raises OSError; safe to repeat.
    """
    kept = []
    guids = {guid for item in made for guid in item.logins}
    needed = False
    for item in sorted(made, key=lambda item: item.path.name, reverse=True):  # logins first
        if item.path.name == LOGINS:
            for path in (item.path, item.path.with_name(COPY)):
                if _without(path, guids):
                    needed = True
                    kept.append(Setting(path.name, str(path)))
        elif item.path.exists():
            if needed or hashlib.sha256(item.path.read_bytes()).hexdigest() != item.digest:
                kept.append(Setting(item.path.name, str(item.path)))
            else:
                item.path.unlink()
    return tuple(kept)


def _without(path: Path, guids: set[str]) -> bool:
    """Takes our logins out of a file; True where others are left in it."""
    try:
        document = json.loads(path.read_bytes())
        logins = document["logins"]
        others = [item for item in logins if item["guid"] not in guids]
    except FileNotFoundError:
        return False
    except (ValueError, KeyError, TypeError):
        return True  # in a form we don't know: not ours to touch
    if not others:
        path.unlink()
        return False
    if len(others) < len(logins):
        write_new(path, json.dumps({**document, "logins": others}).encode())
    return True
