"""Logins in a store that Thunderbird has already: other passwords, planned like any other change.

`revised` gives the new `logins.json` for the journal, which backs it up, replaces it in one step
and takes it back. `key4.db` is read and never written; a store with a primary password is left
alone. The back-up is as encrypted as the file, and its key is not beside it.

Only logins whose origin and user name are the account's are looked at.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from wizard.clients.journal import Reversal, refusal
from wizard.clients.prefs import Prefs
from wizard.clients.thunderbird_account import ACCOUNTS, SENDERS
from wizard.clients.thunderbird_nss import Login, answered
from wizard.clients.thunderbird_profile import programs
from wizard.model import Account, FileChange, Places, Secret, ServerType, Setting

KEY, LOGINS = "key4.db", "logins.json"
COPY = "logins-backup.json"
"""Thunderbird's own copy of the logins."""
_SCHEMES = {ServerType.IMAP: "imap", ServerType.POP3: "mailbox", ServerType.SMTP: "smtp"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the store shall have.

    `update`: gets the password where it is there. `add`: in any case. `drop`: goes. `needs`:
    nothing is done unless one of these is there.
    """

    update: tuple[Login, ...] = ()
    add: tuple[Login, ...] = ()
    drop: tuple[Login, ...] = ()
    needs: tuple[Login, ...] = ()


def mail_logins(account: Account) -> tuple[Login, ...]:
    """Under what Thunderbird looks for the passwords of receiving and of sending."""
    return tuple(
        (f"{_SCHEMES[server.type]}://{server.host}", server.username)
        for server in (account.incoming, account.outgoing)
    )


def all_logins(account: Account) -> tuple[Login, ...]:
    """The same, for whichever way it fetches mail there, and calendars that took the password."""
    incoming = account.incoming
    fetching = (f"{scheme}://{incoming.host}" for scheme in ("imap", "mailbox"))
    others = (item for item in account.services if item.verified)
    return tuple(
        dict.fromkeys(
            (
                *((origin, incoming.username) for origin in fetching),
                *mail_logins(account),
                *((_origin(item.url), item.username) for item in others),
            )
        )
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def logins_in(prefs: Prefs) -> tuple[Login, ...]:
    """Every mail login of these preferences."""
    found: list[Login] = []
    for key in prefs.items(ACCOUNTS):
        at = f"mail.server.{prefs.string(f'mail.account.{key}.server')}."
        scheme = {"imap": "imap", "pop3": "mailbox"}.get(prefs.string(at + "type"))
        if scheme:
            host, user = prefs.string(at + "hostname"), prefs.string(at + "userName")
            found.append((f"{scheme}://{host}", user))
    for key in prefs.items(SENDERS):
        at = f"mail.smtpserver.{key}."
        found.append((f"smtp://{prefs.string(at + 'hostname')}", prefs.string(at + "username")))
    return tuple(dict.fromkeys(found))


def library(places: Places) -> Path | None:
    """The NSS of a native Thunderbird on Linux: the one that this was tried with."""
    if places.system != "linux":
        return None
    installed = programs(places)
    if not installed or installed[0].kind != "native" or installed[0].folder is None:
        return None
    found = installed[0].folder / "libnss3.so"
    return found if found.is_file() else None


def why_not(profile: Path, places: Places) -> str:
    """Why the store of a profile can't be written, as a word; empty where it may be possible."""
    if library(places) is None or {"snap", ".var"} & set(profile.parts):
        return "no-library"
    if not (profile / KEY).is_file():
        return "no-store"
    return ""


def has_any(profile: Path, wish: Wish) -> bool:
    """Whether the store has a login of one of these origins; they are not encrypted."""
    origins = {origin for origin, _ in (*wish.update, *wish.add, *wish.drop, *wish.needs)}
    try:
        document = json.loads((profile / LOGINS).read_bytes())
        return any(item.get("hostname") in origins for item in document["logins"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def revised(
    profile: Path, wish: Wish, secret: Secret, places: Places, command: Sequence[str]
) -> FileChange | str:
    """The change that fulfils the wish, or why there is none, as a word.

    `same`: it is so already; `none`: no such login is there. `command`: starts our own program so
    that it calls `thunderbird_nss.child`.
    """
    if reason := why_not(profile, places):
        return reason
    path = profile / LOGINS
    try:
        before = path.read_bytes() if path.exists() else None
        text = "" if before is None else before.decode()
    except (OSError, ValueError):
        return "unknown-form"
    if refusal(path):
        return "not-written"
    answer = answered(
        command,
        {
            "task": "revise",
            "folder": os.path.realpath(profile),
            "library": str(library(places)),
            "document": text,
            "update": wish.update,
            "add": wish.add,
            "drop": wish.drop,
            "needs": wish.needs,
            "password": secret.reveal(),
        },
    )
    if answer is None:
        return "library-refused"
    if answer["state"] != "changed":
        return str(answer["state"])
    settings = tuple(Setting(origin, user) for origin, user in answer["logins"])
    return FileChange(path, answer["document"].encode(), before, settings)


# --- taken back -------------------------------------------------------------------------------


def taken_back(now: bytes, before: bytes | None, after: bytes) -> Reversal:
    """Our logins become what they were in a store that Thunderbird has written since.

    It notes in each when it was used last: ours is what still has our password. Whatever has
    another one by now stays and is named.
    """
    try:
        document = json.loads(now)
        current = _by_guid(document)
        old, ours = _by_guid(json.loads(before)) if before else {}, _by_guid(json.loads(after))
    except (ValueError, KeyError, TypeError):
        return Reversal(now, (Setting(LOGINS, ""),))  # in a form we don't know: not ours to touch
    kept: list[Setting] = []
    gone: set[str] = set()
    for guid, item in ours.items():
        was, here = old.get(guid), current.get(guid)
        if was == item or here is None:
            continue
        if here.get("encryptedPassword") != item.get("encryptedPassword"):
            kept.append(Setting(LOGINS, str(here.get("hostname", ""))))
        elif was is None:
            gone.add(guid)
        else:
            _restore(here, was, item)
    logins = [item for item in document["logins"] if item.get("guid") not in gone]
    numbers = {item.get("id") for item in logins}
    for guid, item in old.items():
        if guid not in ours and guid not in current:
            # Its number may be somebody else's by now.
            if item.get("id") in numbers:
                item = {**item, "id": document["nextId"]}
                document["nextId"] += 1
            logins.append(item)
    if before is None and not logins:
        return Reversal(None)
    if logins == document["logins"] and logins == json.loads(now)["logins"]:
        return Reversal(now, tuple(kept))
    document["logins"] = logins
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Reversal(text.encode(), tuple(kept))


def _by_guid(document: Any) -> dict[str, dict[str, Any]]:
    return {item["guid"]: item for item in document["logins"]}


def _restore(here: dict[str, Any], was: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    for key in ("encryptedPassword", "encType", "timePasswordChanged"):
        if key in was and was[key] != ours.get(key):
            here[key] = was[key]
