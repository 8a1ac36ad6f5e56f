"""Geary (GNOME): an account is a folder with a `geary.ini`, read when Geary starts.

    ~/.config/geary/mail_ID/geary.ini                           Debian and other packages
    ~/.var/app/org.gnome.Geary/config/geary/mail_ID/geary.ini   Flatpak

Geary itself names its folders `account_NN` and keeps the mail of one in a folder of the same name
below its data. Our names are others on purpose: an account made in Geary later takes no number of
ours, and never meets the mail of an account that was taken back.

Geary reads mail by IMAP only, signs in with a plain password only, and leaves Gmail to GNOME's
own accounts. It asks for the password once and keeps it in the desktop's keyring.

Source: `accounts-manager.vala`; tried with Geary 43 (Debian 12), the Flatpak was not.
"""

from __future__ import annotations

import contextlib
import os
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.header import Header
from email.utils import parseaddr, quote
from pathlib import Path

from wizard.clients import journal
from wizard.clients.guide import (
    REPAIR_WORDS,
    linux_program,
    one_line,
    same_login,
    signs_in_inside,
    steps,
    summary,
    unsuitable,
    values,
)
from wizard.clients.keyfile import KeyFile, Name, escaped, unescaped
from wizard.model import (
    DEFAULT_PORTS,
    N_,
    Account,
    Applied,
    AuthMethod,
    ClientPlan,
    ClientProfile,
    DetectedClient,
    FileChange,
    How,
    Places,
    Problem,
    ProblemKind,
    Security,
    ServerSettings,
    ServerType,
    Setting,
    Stage,
    Step,
    Words,
)

_NAMESPACE = uuid.UUID("0d9b8f0e-3c1d-5c55-9a44-7b8f5d0a6a11")
_APPLICATION = "org.gnome.Geary"
SECURITY = {
    Security.TLS: "transport",
    Security.STARTTLS: "start-tls",
    Security.PLAIN: "none",
}
INCOMING, OUTGOING = "Incoming", "Outgoing"
_STATUS = ("Metadata", "status")
_REMOVED = "removed"

_NOTE_PASSWORD = N_("Geary asks for your password once, when it first connects.")
_BY_HAND = (
    N_("Open Geary, then the menu ☰ › Accounts, and choose Add an account."),
    N_("Type your name and the e-mail address."),
    N_("Fill in the values of your account. For sending, leave “Use same login as receiving”."),
    N_("Type the password of this address for receiving and choose Create."),
)
_BY_BROWSER = (
    N_("Open Geary, then the menu ☰ › Accounts, and choose Add an account."),
    N_("Choose your provider and sign in in the window that opens."),
)
_ONLY_IMAP = N_(
    "Geary can't read this mailbox: it reads mail by IMAP, with a plain password. Choose another "
    "mail program for it, such as Thunderbird."
)
_ONLINE_ACCOUNT = (
    N_("Geary has this account from GNOME. Open Settings › Online Accounts."),
    N_("Choose {address} and type the values and the password there."),
)


@dataclass(frozen=True, slots=True)
class Geary:
    """The exporter (`ClientExporter`) and the steward of its files."""

    home: Path = Path()

    id = "geary"
    name = "Geary"

    def detect(self, places: Places) -> DetectedClient | None:
        """The package where it is on the search path, and the Flatpak."""
        running = _running(places.home)
        profiles: list[ClientProfile] = []
        programs = _programs(places)
        for kind, _, folder in programs:
            known = tuple(_addresses(file)[0] for _, file in accounts(folder))
            title = self.name if kind == "native" else f"{self.name} (Flatpak)"
            profiles.append(ClientProfile(str(folder), title, folder, not profiles, known, running))
        if not profiles:
            return None
        return DetectedClient(
            self.id, self.name, "", programs[0][1], running=running, profiles=tuple(profiles)
        )

    def plan(
        self,
        account: Account,
        detected: DetectedClient | None,
        places: Places,
        words: Words,
        profile: str | None = None,
    ) -> ClientPlan | Problem:
        """One more folder with its file, or the values that differ in the one that is there."""
        if refusal := unsuitable(account):
            return refusal
        if not takes(account) or _signs_in_there(account):
            return self.files(account, words)
        if detected is None:
            return self._problem(ProblemKind.PROGRAM_MISSING)
        chosen = _chosen(detected.profiles, account, profile)
        found = dict(accounts(chosen.path))
        existing = _existing(found, account)
        if existing is not None and found[existing].get("Metadata", "goa_id"):
            return self._steps(account, words, _ONLINE_ACCOUNT)
        if detected.running:
            return self._problem(ProblemKind.PROGRAM_RUNNING)
        repairs: tuple[Setting, ...] = ()
        if existing is None:
            path = chosen.path / _folder_name(account) / "geary.ini"
            before, after = _new(path, account, found)
        else:
            path, before = existing, found[existing]
            after, repairs = _repaired(before, account, words)
        if refusal := journal.refusal(path):
            return refusal
        changes = []
        if before is None or after.text != before.text:
            changes.append(
                FileChange(
                    path,
                    after.to_bytes(),
                    before.to_bytes() if before else None,
                    preview(before, after),
                )
            )
        return ClientPlan(
            client=self.id,
            name=self.name,
            how=How.CHANGE,
            account=str(account.address),
            changes=tuple(changes),
            repairs=repairs,
            unchanged=not changes,
            notes=(words.text(_NOTE_PASSWORD),),
            profile=chosen,
            summary=summary(account, words),
        )

    def files(self, account: Account, words: Words) -> ClientPlan | Problem:
        """Steps with the values: there is nothing to carry."""
        if refusal := unsuitable(account):
            return refusal
        if _signs_in_there(account):
            return self._steps(account, words, _BY_BROWSER)
        if not takes(account):
            return self._steps(account, words, (_ONLY_IMAP,))
        return self._steps(account, words, _BY_HAND, *values(account, words))

    def _steps(
        self, account: Account, words: Words, path: Sequence[str], *more: Step
    ) -> ClientPlan:
        return ClientPlan(
            client=self.id,
            name=self.name,
            how=How.STEPS,
            account=str(account.address),
            steps=(*steps(words, "", *path, address=str(account.address)), *more),
            summary=summary(account, words),
        )

    def apply(self, plan: ClientPlan, places: Places) -> Applied | Problem:
        """By the journal."""
        return journal.apply(plan, places, Geary(places.home))

    @contextlib.contextmanager
    def hold(self, paths: Sequence[Path]) -> Iterator[bool]:
        """Geary has no lock to take; its processes are looked for."""
        yield not _running(self.home)

    def take_back(
        self, path: Path, now: bytes, before: bytes | None, after: bytes, ours: Sequence[Path]
    ) -> journal.Reversal:
        """A repair becomes what it was. An account of ours is marked as removed.

        That is how Geary itself removes one: it then deletes the file, the mail it had fetched
        and the password, the next time it runs.
        """
        current, written = _read(now), _read(after)
        if before is None:
            return journal.Reversal(current.edited({_STATUS: _REMOVED}).to_bytes())
        restored, kept = current.taken_back(_read(before), written)
        return journal.Reversal(restored.to_bytes(), kept)

    def _problem(self, kind: ProblemKind) -> Problem:
        return Problem(kind, Stage.CLIENT, facts=(("program", self.name),))


# --- what Geary takes -------------------------------------------------------------------------


def takes(account: Account) -> bool:
    """IMAP with a plain password, and a plain password or none for sending."""
    plain, sending = account.incoming.auth, account.outgoing.auth
    return (
        account.incoming.type is ServerType.IMAP
        and (not plain or AuthMethod.PLAIN in plain)
        and (not sending or AuthMethod.PLAIN in sending or AuthMethod.NONE in sending)
    )


def _signs_in_there(account: Account) -> bool:
    """Gmail, too: Geary knows it as an account of GNOME's, with sign-in in the browser."""
    return signs_in_inside(account) or account.incoming.host == "imap.gmail.com"


# --- the account ------------------------------------------------------------------------------


def _folder_name(account: Account) -> str:
    """The same account gets the same name, and with it the mail that is still there."""
    login = f"{account.address}\0{account.incoming.host}"
    return f"mail_{uuid.uuid5(_NAMESPACE, login).hex[:12]}"


def _new(
    path: Path, account: Account, others: Mapping[Path, KeyFile]
) -> tuple[KeyFile | None, KeyFile]:
    """The file as it is (one that waits for removal), and as it shall be."""
    before = None
    with contextlib.suppress(OSError):
        before = _read(path.read_bytes())
    ordinals = (file.get("Account", "ordinal") for file in others.values())
    last = max((int(item) for item in ordinals if item.isdecimal()), default=0)
    made: dict[str, dict[str, str | None]] = {
        "Metadata": {"version": "1", "status": "enabled"},
        "Account": {
            "ordinal": str(last + 1),
            "label": escaped(str(account.address)),
            "sender_mailboxes": sender(account) + ";",
            "service_provider": "other",
        },
        INCOMING: {
            "remember_password": "true",
            **_server(account.incoming),
            "credentials": "custom",
        },
        OUTGOING: {
            "remember_password": "true",
            **_server(account.outgoing),
            **sending_login(account),
        },
    }
    groups = {
        group: {key: value for key, value in keys.items() if value is not None}
        for group, keys in made.items()
    }
    return before, KeyFile.build(groups, escapes=False)


def _server(server: ServerSettings) -> dict[str, str]:
    return {
        "login": escaped(one_line(server.username)),
        "host": server.host,
        "port": str(server.port),
        "transport_security": SECURITY[server.security],
    }


def sending_login(account: Account) -> dict[str, str | None]:
    """Without a login of its own, sending takes that of receiving and asks for nothing."""
    if account.outgoing.auth == (AuthMethod.NONE,):
        return {"credentials": "none", "login": None}
    if same_login(account):
        return {"credentials": "use-incoming", "login": None}
    return {"credentials": "custom", "login": escaped(one_line(account.outgoing.username))}


def sender(account: Account) -> str:
    """Name and address as an entry of a list: RFC 5322 first, then as a key file wants it."""
    name, address = one_line(account.name), str(account.address)
    if not name:
        return _listed(address)
    written = f'"{quote(name)}"' if name.isascii() else Header(name, "utf-8").encode(maxlinelen=0)
    return _listed(f"{written} <{address}>")


def _listed(text: str) -> str:
    return escaped(text).replace(";", "\\;")


# --- what is there ----------------------------------------------------------------------------


def _programs(places: Places) -> list[tuple[str, Path, Path]]:
    """(kind, program, folder of its accounts), the one on the search path first."""
    found: list[tuple[str, Path, Path]] = []
    if program := linux_program(places, "geary"):
        found.append(("native", program, places.config / "geary"))
    if places.system == "linux":
        for top in places.programs:
            program = top / _APPLICATION / "current" / "active" / "files" / "bin" / "geary"
            if program.is_file():
                folder = places.home / ".var" / "app" / _APPLICATION / "config" / "geary"
                found.append(("flatpak", program, folder))
                break
    return found


def accounts(folder: Path) -> Iterator[tuple[Path, KeyFile]]:
    """Geary's accounts; those that wait for removal are none any more."""
    try:
        paths = sorted(folder.glob("*/geary.ini"))
    except OSError:
        return
    for path in paths:
        with contextlib.suppress(OSError):
            file = _read(path.read_bytes())
            if _addresses(file) and file.get(*_STATUS).lower() != _REMOVED:
                yield path, file


def _read(content: bytes) -> KeyFile:
    """Lists have escapes of their own, so values stay as they are written."""
    return KeyFile.parse(content, escapes=False)


def _addresses(file: KeyFile) -> list[str]:
    """The address of the account and its aliases."""
    found = (parseaddr(unescaped(entry))[1] for entry in _senders(file))
    return [address for address in found if address]


def _senders(file: KeyFile) -> list[str]:
    """The entries of the list as they are written; the last is empty where a separator ends it."""
    return re.split(r"(?<!\\);", file.get("Account", "sender_mailboxes"))


def is_of(file: KeyFile, address: str) -> bool:
    """True where this is the account's own address, not one of its aliases."""
    return _addresses(file)[0].casefold() == address.casefold()


def _chosen(
    profiles: Sequence[ClientProfile], account: Account, wanted: str | None
) -> ClientProfile:
    """The one that was asked for, else the one that has the account, else the first."""
    address = str(account.address).casefold()
    having = (p for p in profiles if address in {item.casefold() for item in p.accounts})
    asked = (p for p in profiles if p.id == wanted)
    return next(asked, None) or next(having, profiles[0])


def _existing(found: Mapping[Path, KeyFile], account: Account) -> Path | None:
    """The account with this login, else the one of this address: its servers may be wrong."""
    for path, file in found.items():
        if signs_in(file, account):
            return path
    return next((p for p, file in found.items() if is_of(file, str(account.address))), None)


def signs_in(file: KeyFile, account: Account) -> bool:
    """True where it receives with this login."""
    incoming = account.incoming
    return (
        file.get(INCOMING, "host").lower() == incoming.host
        and unescaped(file.get(INCOMING, "login")).casefold() == incoming.username.casefold()
    )


def _repaired(file: KeyFile, account: Account, words: Words) -> tuple[KeyFile, tuple[Setting, ...]]:
    """The values that differ; of a provider whose servers Geary knows itself, only the login."""
    wanted: dict[Name, str | None] = {}
    if file.get("Account", "service_provider") in {"", "other"}:
        for group, server in ((INCOMING, account.incoming), (OUTGOING, account.outgoing)):
            wanted |= {(group, key): value for key, value in _server(server).items()}
        login = sending_login(account)
        wanted[(OUTGOING, "credentials")] = login["credentials"]
        wanted[(OUTGOING, "login")] = login["login"]
    else:
        wanted[(INCOMING, "login")] = escaped(one_line(account.incoming.username))
    differs = {
        name: value for name, value in wanted.items() if not _same(file, name, value, account)
    }
    repairs = tuple(
        Setting(
            words.text(REPAIR_WORDS[(_SIDES[group], _FIELDS[key])]),
            unescaped(value or ""),
            unescaped(file.get(group, key)),
        )
        for (group, key), value in differs.items()
        if value is not None
    )
    return file.edited(differs), repairs


_SIDES = {INCOMING: "receiving", OUTGOING: "sending"}
_FIELDS = {
    "host": "host",
    "port": "port",
    "login": "username",
    "transport_security": "security",
    "credentials": "auth",
}


def _same(file: KeyFile, name: Name, value: str | None, account: Account) -> bool:
    """As Geary understands it: a port that is absent or 0 is the usual one.

    A login for sending is without effect where sending takes that of receiving.
    """
    group, key = name
    there = file.get(group, key)
    if value is None:
        return True
    if key == "host":
        return there.lower() == value
    if key == "login":
        return unescaped(there).casefold() == unescaped(value).casefold()
    if key == "port" and there in {"", "0"}:
        kind = account.incoming.type if group == INCOMING else ServerType.SMTP
        secure = file.get(group, "transport_security") == SECURITY[Security.TLS]
        return value == str(DEFAULT_PORTS[(kind, Security.TLS if secure else Security.STARTTLS)])
    return there == value


def moved(file: KeyFile, account: Account) -> KeyFile:
    """The account under another address and other names; its aliases stay."""
    old, new = escaped(_addresses(file)[0]), escaped(str(account.address))
    first, *aliases = _senders(file)
    first = sender(account) if account.name else first.replace(old, new)
    wanted: dict[Name, str | None] = {
        ("Account", "sender_mailboxes"): ";".join([first, *aliases]),
        ("Account", "service_provider"): "other",
    }
    if file.get("Account", "label") == old:
        wanted[("Account", "label")] = new
    for group, server in ((INCOMING, account.incoming), (OUTGOING, account.outgoing)):
        wanted |= {(group, key): value for key, value in _server(server).items()}
    wanted |= {(OUTGOING, key): value for key, value in sending_login(account).items()}
    return file.edited(wanted)


def preview(before: KeyFile | None, after: KeyFile) -> tuple[Setting, ...]:
    """What will be different, as it is written."""
    old = before.values if before else {}
    return tuple(
        Setting(f"[{group}] {key}", value, old.get((group, key), ""))
        for (group, key), value in after.values.items()
        if old.get((group, key)) != value
    )


def kept_passwords(folder: Path, address: str) -> tuple[dict[str, str], ...]:
    """By what the passwords of an address are found in the desktop's keyring."""
    found = []
    for _, file in accounts(folder):
        if not is_of(file, address):
            continue
        for group, protocol in ((INCOMING, "IMAP"), (OUTGOING, "SMTP")):
            login, host = unescaped(file.get(group, "login")), file.get(group, "host")
            if login and host:
                found.append(
                    {"xdg:schema": _APPLICATION, "proto": protocol, "host": host, "login": login}
                )
    return tuple(found)


def _running(home: Path) -> bool:
    """True where a Geary of this home folder runs: it may do so without a window.

    The Flatpak's process is an ordinary one, too. Without /proc (other systems) there is no Geary.
    """
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "comm").read_text() != "geary\n":
                continue
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:  # ended meanwhile, or somebody else's
            continue
        if b"HOME=" + os.fsencode(home) in environment:
            return True
    return False
