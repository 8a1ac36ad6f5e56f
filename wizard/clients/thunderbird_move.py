"""A Thunderbird account whose address changed: the same messages and folders under new names.

Thunderbird finds an account's messages by its `directory-rel`, not by host or user name: as long as
that stays, they stay (seen with 153). What does carry both names are the addresses of folders
(`imap://anna%40old.example@mail.old.example/Sent`): in the identities, in message filters and in
saved searches. They are rewritten, as Thunderbird itself does after a change in its settings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote, unquote

from wizard.clients.guide import REPAIR_WORDS
from wizard.clients.prefs import Prefs, Value
from wizard.clients.thunderbird_account import (
    _SOCKET,
    _TYPE,
    ACCOUNTS,
    DEFAULT_SENDER,
    SENDERS,
    _auth,
    _sender,
    _sender_differences,
    _sender_values,
    _users,
)
from wizard.model import N_, Account, EmailAddress, Setting, Words


@dataclass(frozen=True, slots=True)
class Renaming:
    """A login whose folder addresses change. `old`, `new`: (user name, host)."""

    scheme: str
    old: tuple[str, str]
    new: tuple[str, str]

    def apply(self, text: str) -> str:
        """The text with every folder address of the old login under the new one."""

        def renamed(match: re.Match[str]) -> str:
            if (unquote(match[2]), match[3].lower()) != self.old:
                return match[0]
            return f"{match[1]}{_quoted(self.new[0])}@{self.new[1]}"

        return re.sub(rf"({self.scheme}://)([^@/\s\"|]+)@([^/\s\"|?]+)", renamed, text)


@dataclass(frozen=True, slots=True)
class Move:
    """What it takes. Empty `changes`: nothing is left of the old address.

    `directories`: `directory-rel` of every account, below which message filters lie.
    `both`: the new address has an account of its own already; the old one is left alone.
    `dav`: calendars or address books log in with the old address.
    """

    changes: Mapping[str, Value | None]
    settings: tuple[Setting, ...] = ()
    renamings: tuple[Renaming, ...] = ()
    directories: tuple[PurePosixPath, ...] = ()
    both: bool = False
    other_type: bool = False
    dav: bool = False


def move(prefs: Prefs, old: EmailAddress, account: Account, words: Words) -> Move:
    """The accounts and senders of `old` as those of `account`; nothing is added or removed."""
    keys = [key for key in prefs.items(ACCOUNTS) if _belongs(prefs, key, old)]
    if keys and any(
        _signs_in(prefs, key, account) for key in prefs.items(ACCOUNTS) if key not in keys
    ):
        return Move({}, both=True)
    changes: dict[str, Value | None] = {}
    settings: list[Setting] = []
    renamings: list[Renaming] = []
    for key in keys:
        server = prefs.string(f"mail.account.{key}.server")
        if prefs.string(f"mail.server.{server}.type") != _TYPE[account.incoming.type]:
            return Move({}, other_type=True)
        more, renaming = _server(prefs, server, old, account)
        changes |= more
        renamings.append(renaming)
        settings += _told(prefs, more, f"mail.server.{server}.", "receiving", words)
        moved = [
            identity
            for identity in prefs.items(f"mail.account.{key}.identities")
            if _is(prefs, f"mail.identity.{identity}.useremail", old)
        ]
        for identity in moved:
            at = f"mail.identity.{identity}."
            changes[at + "useremail"] = str(account.address)
            settings.append(Setting(words.text(N_("Address")), str(account.address), str(old)))
            if account.name and prefs.string(at + "fullName") != account.name:
                changes[at + "fullName"] = account.name
                name_before = prefs.string(at + "fullName")
                settings.append(Setting(words.text(N_("Name")), account.name, name_before))
            if _is(prefs, at + "replyTo", old):
                changes[at + "replyTo"] = str(account.address)
        sending = _senders(prefs.edited(changes), moved, account)
        changes |= sending
        for sender in {name.split(".")[2] for name in sending if name.count(".") > 2}:
            at = f"mail.smtpserver.{sender}."
            settings += _told(prefs, sending, at, "sending", words)
    for name, value in prefs.values.items():
        if isinstance(value, str) and name.startswith(("mail.identity.", "mail.server.")):
            renamed = _renamed(value, renamings)
            if renamed != value:
                changes[name] = renamed
    unique = tuple(dict.fromkeys(settings))
    dav = any(
        name.endswith("username") and isinstance(value, str) and value == str(old)
        for prefix in ("ldap_2.servers.", "calendar.registry.")
        for name, value in prefs.below(prefix).items()
    )
    return Move(changes, unique, tuple(renamings), _directories(prefs), dav=dav)


def rewritten(content: bytes, renamings: tuple[Renaming, ...]) -> bytes:
    """A file of message filters or saved searches, with its folder addresses renamed."""
    text = content.decode("utf-8", "surrogateescape")
    return _renamed(text, renamings).encode("utf-8", "surrogateescape")


def lines_back(now: bytes, before: bytes, after: bytes) -> bytes:
    """Our lines become what they were, in a file that others changed since."""
    pairs = zip(after.splitlines(keepends=True), before.splitlines(keepends=True), strict=False)
    back = {mine: old for mine, old in pairs if mine != old}
    return b"".join(back.get(line, line) for line in now.splitlines(keepends=True))


def _renamed(text: str, renamings: tuple[Renaming, ...] | list[Renaming]) -> str:
    for renaming in renamings:
        text = renaming.apply(text)
    return text


def _belongs(prefs: Prefs, key: str, old: EmailAddress) -> bool:
    """An account that signs in as the old address, or whose first sender is it."""
    server = prefs.string(f"mail.account.{key}.server")
    if prefs.string(f"mail.server.{server}.type") not in _TYPE.values():
        return False
    identities = prefs.items(f"mail.account.{key}.identities")
    return _is(prefs, f"mail.server.{server}.userName", old) or any(
        _is(prefs, f"mail.identity.{identity}.useremail", old) for identity in identities[:1]
    )


def _signs_in(prefs: Prefs, key: str, account: Account) -> bool:
    """An account with the new login: moving another one onto it would make twins."""
    at = f"mail.server.{prefs.string(f'mail.account.{key}.server')}."
    login = (prefs.string(at + "type"), prefs.string(at + "hostname").lower())
    return login == (_TYPE[account.incoming.type], account.incoming.host) and (
        prefs.string(at + "userName").casefold() == account.incoming.username.casefold()
    )


def _is(prefs: Prefs, name: str, address: EmailAddress) -> bool:
    return prefs.string(name).casefold() == str(address).casefold()


def _server(
    prefs: Prefs, server: str, old: EmailAddress, account: Account
) -> tuple[dict[str, Value | None], Renaming]:
    at = f"mail.server.{server}."
    incoming = account.incoming
    wanted: dict[str, Value] = {
        "hostname": incoming.host,
        "port": incoming.port,
        "userName": incoming.username,
        "socketType": _SOCKET[incoming.security],
        "authMethod": _auth(incoming),
    }
    shown = prefs.string(at + "name")
    if str(old).casefold() in shown.casefold():
        pattern = re.compile(re.escape(str(old)), re.IGNORECASE)
        wanted["name"] = pattern.sub(lambda _: str(account.address), shown)
    scheme = "imap" if _TYPE[incoming.type] == "imap" else "mailbox"
    renaming = Renaming(
        scheme,
        (prefs.string(at + "userName"), prefs.string(at + "hostname").lower()),
        (incoming.username, incoming.host),
    )
    changes: dict[str, Value | None] = {
        at + name: value for name, value in wanted.items() if prefs.values.get(at + name) != value
    }
    return changes, renaming


def _senders(prefs: Prefs, moved: list[str], account: Account) -> dict[str, Value | None]:
    """In place where only what moves sends through the server, beside it where others do too."""
    changes: dict[str, Value | None] = {}
    wanted = _sender_values(account)
    for identity in moved:
        pointer = f"mail.identity.{identity}.smtpServer"
        known = prefs.items(SENDERS)
        current = prefs.string(pointer) or prefs.string(DEFAULT_SENDER) or next(iter(known), "")
        if current in known and not _sender_differences(prefs, current, wanted):
            continue
        if current in known and _users(prefs, current) <= set(moved):
            at = f"mail.smtpserver.{current}."
            more: dict[str, Value | None] = {
                at + name: value
                for name, value in _sender_differences(prefs, current, wanted).items()
            }
        else:
            sender, more = _sender(prefs, account)
            more[pointer] = sender
        changes |= more
        prefs = prefs.edited(more)
    return changes


def _directories(prefs: Prefs) -> tuple[PurePosixPath, ...]:
    """Below the profile: what lies elsewhere is not looked for."""
    found = []
    for name, value in prefs.below("mail.server.").items():
        if name.endswith(".directory-rel") and isinstance(value, str):
            place, _, rest = value.partition("]")
            if place == "[ProfD" and rest and ".." not in PurePosixPath(rest).parts:
                found.append(PurePosixPath(rest))
    return tuple(dict.fromkeys(found))


_FIELDS = {
    "hostname": "host",
    "port": "port",
    "userName": "username",
    "username": "username",
    "socketType": "security",
    "try_ssl": "security",
    "authMethod": "auth",
}


def _told(
    prefs: Prefs, changes: Mapping[str, Value | None], at: str, side: str, words: Words
) -> list[Setting]:
    """Host and user name in a person's words; the rest stands in the letters of the preview."""
    told = []
    for name in ("hostname", "userName", "username"):
        value = changes.get(at + name)
        if value is not None:
            before = prefs.values.get(at + name)
            label = words.text(REPAIR_WORDS[(side, _FIELDS[name])])
            told.append(Setting(label, str(value), "" if before is None else str(before)))
    return told


def _quoted(user: str) -> str:
    """As Thunderbird escapes a user name in a folder address."""
    return quote(user, safe="-._~!$&'()*+,;=")
