"""Thunderbird's own NSS library, in a process of its own: it encrypts what the store shall hold.

    answered    parent: starts our own program again, gives it an order, reads what it says
    child       the order, carried out
                make      key4.db and logins.json in an empty folder
                revise    logins.json given, logins.json with other passwords back; key4.db is read

The library keeps passwords in its memory, and a fault in it must not end the wizard. Passwords go
through the pipe to the child; what comes back is encrypted.

Format: `toolkit/components/passwordmgr` (logins.json, version 3); tried with 153.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

_VERSION = 3
_SECONDS = 30.0
_OWN = ("libnspr4", "libplc4", "libplds4", "libmozsqlite3", "libgkcodecs", "libnssutil3")
"""What NSS needs, in the order it does. Loaded by path first: libraries of the same name
elsewhere (the system's older ones, those of a frozen build) are then not looked for."""
_AES = 0x1082
"""CKM_AES_CBC, with what Thunderbird encrypts since 144."""
_READ_ONLY = 0x01 | 0x04 | 0x10 | 0x20
"""NSS_INIT_READONLY, without modules and roots: nothing in the folder is written."""

Login = tuple[str, str]
"""(origin, user name): `imap://host`, without port."""


# --- in the parent ----------------------------------------------------------------------------


def answered(command: Sequence[str], order: Mapping[str, object]) -> dict[str, Any] | None:
    """What the child says; None where it ended in any other way than well."""
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            list(command),
            input=json.dumps(order).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what a fault prints may quote what it was given
            timeout=_SECONDS,
            check=False,
        )
        answer = json.loads(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return answer if isinstance(answer, dict) else None


# --- in the child -----------------------------------------------------------------------------


def child() -> int:
    """Reads an order from standard input; 0 where it is carried out, or it says why not."""
    if sys.platform == "win32":
        return 1
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash must not write the password down
    os.umask(0o077)
    order = json.load(sys.stdin.buffer)
    folder = Path(order["folder"])
    revise = order["task"] == "revise"
    nss = _Nss(Path(order["library"]), folder, new=not revise)
    answer = _revised(nss, order) if revise else _made(nss, order, folder)
    json.dump(answer, sys.stdout)
    sys.stdout.flush()
    return 0


def _made(nss: _Nss, order: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    document = _empty()
    for origin, user in order["logins"]:
        _add(document, origin, user, order["password"], nss)
    nss.close()
    (folder / "logins.json").write_text(json.dumps(document))
    for name in ("key4.db", "logins.json"):
        path = folder / name
        path.chmod(0o600)
        with path.open("rb") as file:
            os.fsync(file.fileno())
    return {"state": "made"}


def _revised(nss: _Nss, order: Mapping[str, Any]) -> dict[str, Any]:
    """`update`: where it is there; `add`: in any case; `drop`: goes; `needs`: one must be there."""
    if nss.is_locked:
        return {"state": "primary-password"}
    document = json.loads(order["document"]) if order["document"] else _empty()
    if document.get("version") != _VERSION or not isinstance(document.get("logins"), list):
        return {"state": "unknown-form"}
    update, add, drop, needs = (
        [(origin, user) for origin, user in order[kind]]
        for kind in ("update", "add", "drop", "needs")
    )
    there = _there(document, {*update, *add, *drop, *needs}, nss)
    if needs and not any(login in there for login in needs):
        return {"state": "none"}
    if not add and not any(login in there for login in (*update, *drop)):
        return {"state": "none"}
    password = order["password"]
    touched: list[Login] = []
    for login in drop:
        for item in there.get(login, ()):
            document["logins"].remove(item)
            touched.append(login)
    try:
        for login in dict.fromkeys((*update, *add)):
            for item in there.get(login, ()):
                if nss.decrypted(item["encryptedPassword"]) != password.encode():
                    _renew(item, nss.encrypted(password.encode()))
                    touched.append(login)
            if login not in there and login in add:
                _add(document, *login, password, nss)
                touched.append(login)
    except OSError:  # a key that is not there yet cannot be made without writing
        return {"state": "no-key"}
    if not touched:
        return {"state": "same"}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    read = _there(json.loads(text), {*update, *add}, nss)
    for login, items in read.items():
        if any(nss.decrypted(item["encryptedPassword"]) != password.encode() for item in items):
            raise OSError(str(login[0]))
    return {"state": "changed", "document": text, "logins": list(dict.fromkeys(touched))}


def _empty() -> dict[str, Any]:
    return {
        "nextId": 1,
        "logins": [],
        "potentiallyVulnerablePasswords": [],
        "dismissedBreachAlertsByLoginGUID": {},
        "version": _VERSION,
    }


def _there(
    document: Mapping[str, Any], wanted: set[Login], nss: _Nss
) -> dict[Login, list[dict[str, Any]]]:
    """The entries of these logins. User names of no other origin are looked at, nor web forms."""
    origins = {origin for origin, _ in wanted}
    found: dict[Login, list[dict[str, Any]]] = {}
    for item in document["logins"]:
        if item.get("deleted") or item.get("hostname") not in origins:
            continue
        if item.get("formSubmitURL") is not None:
            continue
        try:
            user = nss.decrypted(item["encryptedUsername"]).decode()
        except (OSError, ValueError):  # locked with a key that is gone: Thunderbird can't either
            continue
        if (item["hostname"], user) in wanted:
            found.setdefault((item["hostname"], user), []).append(item)
    return found


def _renew(item: dict[str, Any], encrypted: str) -> None:
    item["encryptedPassword"] = encrypted
    item["encType"] = 1
    item["timePasswordChanged"] = int(time.time() * 1000)
    if "syncCounter" in item:  # as Thunderbird counts what its synchronisation has to send
        item["syncCounter"] += 1


def _add(document: dict[str, Any], origin: str, user: str, password: str, nss: _Nss) -> None:
    now = int(time.time() * 1000)
    document["logins"].append(
        {
            "id": document["nextId"],
            "hostname": origin,
            "httpRealm": origin,
            "formSubmitURL": None,
            "usernameField": "",
            "passwordField": "",
            "encryptedUsername": nss.encrypted(user.encode()),
            "encryptedPassword": nss.encrypted(password.encode()),
            "guid": f"{{{uuid.uuid4()}}}",
            "encType": 1,
            "timeCreated": now,
            "timeLastUsed": now,
            "timePasswordChanged": now,
            "timesUsed": 1,
        }
    )
    document["nextId"] += 1


class _Nss:
    """The few calls of NSS that the store needs. Raises OSError, also for what is too old."""

    def __init__(self, library: Path, folder: Path, *, new: bool) -> None:
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
        nss.PK11_NeedLogin.argtypes = (ctypes.c_void_p,)
        nss.PK11_FreeSlot.argtypes = (ctypes.c_void_p,)
        pointer = ctypes.POINTER(Item)
        nss.PK11SDR_Encrypt.argtypes = (pointer, pointer, pointer, ctypes.c_void_p)
        if hasattr(nss, "PK11SDR_EncryptWithMechanism"):
            nss.PK11SDR_EncryptWithMechanism.argtypes = (
                *(ctypes.c_void_p, pointer, ctypes.c_ulong),
                *(pointer, pointer, ctypes.c_void_p),
            )
        nss.PK11SDR_Decrypt.argtypes = (pointer, pointer, ctypes.c_void_p)
        nss.SECITEM_FreeItem.argtypes = (pointer, ctypes.c_int)
        database = b"sql:" + os.fsencode(folder)
        if new:
            self._demand(nss.NSS_InitReadWrite(database))
        elif (folder / "cert9.db").is_file():
            self._demand(nss.NSS_Initialize(database, b"", b"", b"", _READ_ONLY))
        else:
            self._open_without_certificates(folder)
        slot = nss.PK11_GetInternalKeySlot()
        if new:
            # It has no primary password; whoever wants one sets it in Thunderbird.
            self._demand(nss.PK11_InitPin(slot, None, b""))
        self.is_locked = bool(nss.PK11_NeedLogin(slot))
        """A primary password protects the key."""
        nss.PK11_FreeSlot(slot)

    def _open_without_certificates(self, folder: Path) -> None:
        """A profile that was never started has no such database, and none is opened without one:
        an empty one somewhere else, with a link to the keys beside it."""
        import tempfile

        with tempfile.TemporaryDirectory() as name:
            database, keys = b"sql:" + os.fsencode(name), Path(name) / "key4.db"
            self._demand(self._nss.NSS_InitReadWrite(database))
            self.close()
            keys.unlink()
            keys.symlink_to(os.path.realpath(folder / "key4.db"))
            self._demand(self._nss.NSS_Initialize(database, b"", b"", b"", _READ_ONLY))

    def _demand(self, status: int) -> None:
        if status:
            raise OSError(self._nss.PORT_GetError(), "NSS")

    def encrypted(self, text: bytes) -> str:
        """As `logins.json` has it: base64."""
        import base64

        key = self._ctypes.byref(self._item(0, None, 0))

        def encrypt(given: Any, out: Any) -> int:
            code: int = self._nss.PK11SDR_Encrypt(key, given, out, None)
            return code

        def encrypt_newer(given: Any, out: Any) -> int:
            newer = self._nss.PK11SDR_EncryptWithMechanism
            code: int = newer(None, key, _AES, given, out, None)
            return code

        # A store from before has a key of the older kind only.
        if hasattr(self._nss, "PK11SDR_EncryptWithMechanism"):
            with contextlib.suppress(OSError):
                return base64.b64encode(self._through(encrypt_newer, text)).decode()
        return base64.b64encode(self._through(encrypt, text)).decode()

    def decrypted(self, text: str) -> bytes:
        """What `encrypted` was given. Raises ValueError for what is no base64."""
        import base64

        def decrypt(given: Any, out: Any) -> int:
            code: int = self._nss.PK11SDR_Decrypt(given, out, None)
            return code

        return self._through(decrypt, base64.b64decode(text))

    def _through(self, call: Callable[[Any, Any], int], content: bytes) -> bytes:
        ctypes = self._ctypes
        buffer = ctypes.create_string_buffer(content, len(content))
        given = self._item(0, ctypes.cast(buffer, ctypes.c_void_p), len(content))
        out = self._item(0, None, 0)
        self._demand(call(ctypes.byref(given), ctypes.byref(out)))
        made = ctypes.string_at(out.data, out.len) if out.len else b""
        self._nss.SECITEM_FreeItem(ctypes.byref(out), 0)
        return made

    def close(self) -> None:
        """Closes the database; what is not written by now never is."""
        self._demand(self._nss.NSS_Shutdown())
