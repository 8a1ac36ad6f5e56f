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
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wizard.clients.journal import Later, write_new
from wizard.clients.thunderbird_account import uses_password
from wizard.clients.thunderbird_profile import held, programs
from wizard.model import Account, Applied, ChangeRecord, Places, Secret, ServerType, Setting

KEY, LOGINS = "key4.db", "logins.json"
_FILES = (KEY, LOGINS)
"""In this order: a key without logins is nothing, logins without their key are."""
_NEW = frozenset({"prefs.js", "compatibility.ini"})
"""All that is in a profile that the wizard has just made."""
_COPY = "logins-backup.json"
"""Thunderbird's own copy of the logins."""
_SCHEMES = {ServerType.IMAP: "imap", ServerType.POP3: "mailbox", ServerType.SMTP: "smtp"}
_SECONDS = 30.0
_OWN = ("libnspr4", "libplc4", "libplds4", "libmozsqlite3", "libgkcodecs", "libnssutil3")
"""What NSS needs, in the order it does. Loaded by path first: libraries of the same name
elsewhere (the system's older ones, those of a frozen build) are then not looked for."""


@dataclass(frozen=True, slots=True)
class Made:
    """One file of the store as we made it. `logins`: ours in it, by Thunderbird's identifiers."""

    path: Path
    digest: str
    logins: tuple[str, ...] = ()


# --- may it be? -------------------------------------------------------------------------------


def refusal(applied: Applied, account: Account, places: Places) -> str:
    """Why the store is left alone, as a word; empty where the password may go there."""
    plan = applied.plan
    profile = plan.profile
    if plan.client != "thunderbird" or profile is None or not applied.change_id:
        return "not-a-new-profile"
    fresh = {change.path.name for change in plan.changes if change.before is None}
    if not fresh >= _NEW or not _is_new(profile.path):
        return "not-a-new-profile"
    if _library(places) is None:
        return "no-library"
    if not all(uses_password(server) for server in (account.incoming, account.outgoing)):
        return "no-password-login"
    return ""


def _is_new(profile: Path, *ours: str) -> bool:
    """True where nothing is in the profile but what we wrote."""
    try:
        return {item.name for item in profile.iterdir()} == {*_NEW, *ours}
    except OSError:
        return False


def _library(places: Places) -> Path | None:
    """The NSS of a native Thunderbird on Linux: the one that this was tried with."""
    if places.system != "linux":
        return None
    installed = programs(places)
    if not installed or installed[0].kind != "native" or installed[0].folder is None:
        return None
    library = installed[0].folder / "libnss3.so"
    return library if library.is_file() else None


# --- keep -------------------------------------------------------------------------------------


def keep(
    applied: Applied, account: Account, secret: Secret, places: Places, command: Sequence[str]
) -> str:
    """Puts the password there; returns why not, as a word, empty where it is done.

    `command`: starts our own program so that it calls `encrypt`.
    """
    if reason := refusal(applied, account, places):
        return reason
    library, profile = _library(places), applied.plan.profile
    assert library is not None
    assert profile is not None
    folder = Path(os.path.realpath(profile.path))
    staging = _staging(folder, applied.change_id)
    try:
        with held([folder], places.system) as free:
            if not free:
                return "running"
            staging.mkdir(mode=0o700)
            order = {
                "folder": str(staging),
                "library": str(library),
                "logins": [
                    [f"{_SCHEMES[server.type]}://{server.host}", server.username]
                    for server in (account.incoming, account.outgoing)
                ],
                "password": secret.reveal(),
            }
            if not _ordered(command, order):
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


def _ordered(command: Sequence[str], order: Mapping[str, object]) -> bool:
    """Runs the child. Its libraries are the system's, not those of a frozen build."""
    environment = dict(os.environ)
    original = environment.pop("LD_LIBRARY_PATH_ORIG", None)
    environment.pop("LD_LIBRARY_PATH", None)
    if original:
        environment["LD_LIBRARY_PATH"] = original
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            list(command),
            input=json.dumps(order).encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # what a fault prints may quote what it was given
            timeout=_SECONDS,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


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


def later(change_id: str, places: Places) -> Later:
    """The store as the journal sees it: made after the change, taken back with it."""
    made = noted(places, change_id)
    return Later(tuple(item.path for item in made), lambda: taken_back(made))


def taken_back(made: Sequence[Made]) -> tuple[Setting, ...]:
    """Our logins leave the store, the key too where it is as we made it and nothing needs it.

    What stays is returned. Raises OSError; safe to repeat.
    """
    kept = []
    guids = {guid for item in made for guid in item.logins}
    needed = False
    for item in sorted(made, key=lambda item: item.path.name, reverse=True):  # logins first
        if item.path.name == LOGINS:
            for path in (item.path, item.path.with_name(_COPY)):
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


# --- in the child -----------------------------------------------------------------------------


def encrypt() -> int:
    """Reads an order from standard input, makes the two files; 0 where both are whole."""
    if sys.platform == "win32":
        return 1
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash must not write the password down
    os.umask(0o077)
    order = json.load(sys.stdin.buffer)
    folder = Path(order["folder"])
    nss = _Nss(Path(order["library"]), folder)
    now = int(time.time() * 1000)
    password = order["password"].encode()
    logins = [
        {
            "id": number,
            "hostname": origin,
            "httpRealm": origin,
            "formSubmitURL": None,
            "usernameField": "",
            "passwordField": "",
            "encryptedUsername": nss.encrypted(user.encode()),
            "encryptedPassword": nss.encrypted(password),
            "guid": f"{{{uuid.uuid4()}}}",
            "encType": 1,
            "timeCreated": now,
            "timeLastUsed": now,
            "timePasswordChanged": now,
            "timesUsed": 1,
        }
        for number, (origin, user) in enumerate(order["logins"], 1)
    ]
    nss.close()
    document = {
        "nextId": len(logins) + 1,
        "logins": logins,
        "potentiallyVulnerablePasswords": [],
        "dismissedBreachAlertsByLoginGUID": {},
        "version": 3,
    }
    (folder / LOGINS).write_text(json.dumps(document))
    for name in _FILES:
        path = folder / name
        path.chmod(0o600)
        with path.open("rb") as file:
            os.fsync(file.fileno())
    return 0


class _Nss:
    """The few calls of NSS that the store needs. Raises OSError, also for what is too old."""

    def __init__(self, library: Path, folder: Path) -> None:
        import ctypes

        self._ctypes = ctypes

        class Item(ctypes.Structure):
            """`SECItem`."""

            _fields_ = (
                ("type", ctypes.c_uint),
                ("data", ctypes.c_void_p),
                ("len", ctypes.c_uint),
            )

        self._item = Item
        for name in _OWN:
            beside = library.with_name(f"{name}.so")
            if beside.is_file():
                ctypes.CDLL(str(beside), mode=ctypes.RTLD_GLOBAL)
        nss = self._nss = ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
        nss.PK11_GetInternalKeySlot.restype = ctypes.c_void_p
        nss.PK11_InitPin.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p)
        nss.PK11_FreeSlot.argtypes = (ctypes.c_void_p,)
        pointer = ctypes.POINTER(Item)
        nss.PK11SDR_Encrypt.argtypes = (pointer, pointer, pointer, ctypes.c_void_p)
        nss.SECITEM_FreeItem.argtypes = (pointer, ctypes.c_int)
        self._demand(nss.NSS_InitReadWrite(b"sql:" + os.fsencode(folder)))
        slot = nss.PK11_GetInternalKeySlot()
        # The new store has no primary password; whoever wants one sets it in Thunderbird.
        self._demand(nss.PK11_InitPin(slot, None, b""))
        nss.PK11_FreeSlot(slot)

    def _demand(self, status: int) -> None:
        if status:
            raise OSError(self._nss.PORT_GetError(), "NSS")

    def encrypted(self, text: bytes) -> str:
        """As `logins.json` has it: base64."""
        import base64

        ctypes = self._ctypes
        buffer = ctypes.create_string_buffer(text, len(text))
        given = self._item(0, ctypes.cast(buffer, ctypes.c_void_p), len(text))
        key, out = self._item(0, None, 0), self._item(0, None, 0)
        self._demand(
            self._nss.PK11SDR_Encrypt(
                ctypes.byref(key), ctypes.byref(given), ctypes.byref(out), None
            )
        )
        made = ctypes.string_at(out.data, out.len)
        self._nss.SECITEM_FreeItem(ctypes.byref(out), 0)
        return base64.b64encode(made).decode()

    def close(self) -> None:
        """Closes the database; what is not written by now never is."""
        self._demand(self._nss.NSS_Shutdown())
