"""Claws Mail: an account is a group of `~/.claws-mail/accountrc`.

Never started: a `folderlist.xml` with the local mailbox that its assistant would make is written
too, else that assistant opens; the folders themselves it makes when it needs them.
Claws Mail asks for the password and can keep it under its own primary passphrase.

Source: `prefs_account.c`, `account.c`, `folder.c`, `main.c` of Claws Mail 4; tried with 4.1.1.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

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
from wizard.clients.keyfile import KeyFile
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
    Words,
)

_PROTOCOL = {ServerType.POP3: "0", ServerType.IMAP: "3"}
_SECURITY = {Security.PLAIN: "0", Security.TLS: "1", Security.STARTTLS: "2"}
_NAMES = {
    ServerType.IMAP: ("set_imapport", "imap_port", "ssl_imap"),
    ServerType.POP3: ("set_popport", "pop_port", "ssl_pop"),
    ServerType.SMTP: ("set_smtpport", "smtp_port", "ssl_smtp"),
}

_NOTE_PASSWORD = N_("Claws Mail asks for your password when it first connects.")


@dataclass(frozen=True, slots=True)
class ClawsMail:
    """The exporter (`ClientExporter`) and the steward of its files."""

    home: Path = Path()

    id = "claws"
    name = "Claws Mail"

    def detect(self, places: Places) -> DetectedClient | None:
        """Found where the program is on the search path."""
        program = linux_program(places, "claws-mail")
        if program is None:
            return None
        folder = _folder(places.home)
        accounts = _read(folder / "accountrc")
        profile = ClientProfile(
            id=str(folder),
            name=self.name,
            path=folder,
            is_default=True,
            accounts=tuple(accounts.get(group, "address") for group in _groups(accounts)),
            running=_running(places.home),
        )
        return DetectedClient(
            self.id, self.name, "", program, running=profile.running, profiles=(profile,)
        )

    def plan(
        self,
        account: Account,
        detected: DetectedClient | None,
        places: Places,
        words: Words,
        profile: str | None = None,
    ) -> ClientPlan | Problem:
        """One more group in `accountrc`, or the values that differ in the one that is there."""
        if refusal := unsuitable(account):
            return refusal
        if detected is None:
            return self._problem(ProblemKind.PROGRAM_MISSING)
        folder = _folder(places.home)
        local = _local_inbox(folder / "folderlist.xml")
        if signs_in_inside(account) or (local is None and account.incoming.type is ServerType.POP3):
            return self.files(account, words)
        if detected.running:
            return self._problem(ProblemKind.PROGRAM_RUNNING)
        path = folder / "accountrc"
        if refusal := journal.refusal(path):
            return refusal
        try:
            before = path.read_bytes() if path.exists() else None
        except OSError as exc:
            return self._problem(ProblemKind.PROGRAM_FILE_UNREADABLE, exc.strerror or "")
        now = KeyFile.parse(before or b"", escapes=False)
        group = _existing(now, account)
        changes: list[FileChange] = []
        repairs: tuple[Setting, ...] = ()
        if group is not None:
            after, repairs = _repaired(now, group, account, words)
        else:
            group = f"Account: {1 + max((_number(item) for item in _groups(now)), default=0)}"
            wanted = _account_values(account, local, first=not _groups(now))
            after = now.edited({(group, key): value for key, value in wanted.items()})
            if not (folder / "folderlist.xml").exists():
                changes.append(FileChange(folder / "folderlist.xml", _FOLDER_LIST))
        if after.text != now.text:
            settings = tuple(
                Setting(f"[{name[0]}] {name[1]}", value, now.values.get(name, ""))
                for name, value in after.values.items()
                if now.values.get(name) != value
            )
            changes.append(FileChange(path, after.to_bytes(), before, settings))
        return ClientPlan(
            client=self.id,
            name=self.name,
            how=How.CHANGE,
            account=str(account.address),
            changes=tuple(changes),
            repairs=repairs,
            unchanged=not changes,
            notes=(words.text(_NOTE_PASSWORD),),
            profile=detected.profiles[0],
            summary=summary(account, words),
        )

    def files(self, account: Account, words: Words) -> ClientPlan | Problem:
        """Steps with the values: there is nothing to carry."""
        if refusal := unsuitable(account):
            return refusal
        return ClientPlan(
            client=self.id,
            name=self.name,
            how=How.STEPS,
            account=str(account.address),
            steps=(
                *steps(
                    words,
                    "",
                    N_(
                        "Open Claws Mail. In a new one the assistant opens by itself, else choose "
                        "Configuration › Create new account."
                    ),
                    (N_("Type your name and the e-mail address."), str(account.address)),
                    N_("Choose {kind} and fill in the values of your account."),
                    N_("Save, and type your password when it asks."),
                    kind=account.incoming.type.value.upper(),
                ),
                *values(account, words),
            ),
            summary=summary(account, words),
        )

    def apply(self, plan: ClientPlan, places: Places) -> Applied | Problem:
        """By the journal."""
        return journal.apply(plan, places, ClawsMail(places.home))

    @contextlib.contextmanager
    def hold(self, paths: Sequence[Path]) -> Iterator[bool]:
        """Claws Mail has no lock to take; it is asked whether it listens."""
        yield not _running(self.home)

    def take_back(
        self, path: Path, now: bytes, before: bytes | None, after: bytes, ours: Sequence[Path]
    ) -> journal.Reversal:
        """Our account's group goes whole, a repair becomes what it was.

        A group with only what a person changed would be an account again, with wrong servers.
        """
        if path.name != "accountrc":
            return journal.Reversal(now)  # the folder list: by now the program's own
        current, written, old = (
            KeyFile.parse(item or b"", escapes=False) for item in (now, after, before)
        )
        for group in written.groups:
            if group not in old.groups:
                current = current.without(group)
        current, kept = current.taken_back(old, written)
        if before is None and not current.groups:
            return journal.Reversal(None)
        return journal.Reversal(current.to_bytes(), kept)

    def _problem(self, kind: ProblemKind, detail: str = "") -> Problem:
        return Problem(kind, Stage.CLIENT, detail=detail, facts=(("program", self.name),))


# --- the account ------------------------------------------------------------------------------


def _account_values(account: Account, local: str | None, *, first: bool) -> dict[str, str]:
    incoming, outgoing = account.incoming, account.outgoing
    wanted = {
        "account_name": str(account.address),
        "is_default": "1" if first else "0",
        "name": one_line(account.name),
        "address": str(account.address),
        "protocol": _PROTOCOL[incoming.type],
        "receive_server": incoming.host,
        "user_id": one_line(incoming.username),
        **_endpoint(incoming),
        "smtp_server": outgoing.host,
        **_endpoint(outgoing),
        **_sending_login(account),
        # Certificates that hold against the system's store need no question; others still ask.
        "ssl_certs_auto_accept": "1",
    }
    if incoming.type is ServerType.POP3:
        wanted["remove_mail"] = "0"  # its own default takes mail off the server
        wanted["inbox"] = local or ""
    return wanted


def _endpoint(server: ServerSettings) -> dict[str, str]:
    use, port, security = _NAMES[server.type]
    return {use: "1", port: str(server.port), security: _SECURITY[server.security]}


def _sending_login(account: Account) -> dict[str, str]:
    """Without a user name of its own, sending takes the login of receiving."""
    if account.outgoing.auth == (AuthMethod.NONE,):
        return {"use_smtp_auth": "0"}
    own = "" if same_login(account) else one_line(account.outgoing.username)
    return {"use_smtp_auth": "1", "smtp_user_id": own}


_FOLDER_LIST = b"""\
<?xml version="1.0" encoding="UTF-8"?>

<folderlist>
    <folder type="mh" name="Mail" path="Mail">
        <folderitem type="inbox" name="inbox" path="inbox" />
        <folderitem type="outbox" name="sent" path="sent" />
        <folderitem type="draft" name="draft" path="draft" />
        <folderitem type="queue" name="queue" path="queue" />
        <folderitem type="trash" name="trash" path="trash" />
    </folder>
</folderlist>
"""
"""What its assistant writes for the local mailbox `~/Mail` (seen with 4.1.1)."""


def _local_inbox(folder_list: Path) -> str | None:
    """Where POP mail goes: the inbox of the first local mailbox; None where there is none."""
    try:
        document = folder_list.read_bytes()
    except FileNotFoundError:
        document = _FOLDER_LIST
    except OSError:
        return None
    try:
        found = fromstring(document).find("folder[@type='mh']")
    except (ParseError, DefusedXmlException):
        return None
    return None if found is None else f"#mh/{found.get('name')}/inbox"


# --- what is there ----------------------------------------------------------------------------


def _folder(home: Path) -> Path:
    return home / ".claws-mail"


def _read(path: Path) -> KeyFile:
    try:
        return KeyFile.parse(path.read_bytes(), escapes=False)
    except OSError:
        return KeyFile.parse(b"", escapes=False)


def _groups(accounts: KeyFile) -> list[str]:
    return [group for group in accounts.groups if _number(group)]


def _number(group: str) -> int:
    match = re.fullmatch(r"Account: (\d+)", group)
    return int(match[1]) if match else 0


def _existing(accounts: KeyFile, account: Account) -> str | None:
    """The account with this type, host and user name."""
    incoming = account.incoming
    for group in _groups(accounts):
        if (
            accounts.get(group, "protocol") == _PROTOCOL[incoming.type]
            and accounts.get(group, "receive_server").lower() == incoming.host
            and accounts.get(group, "user_id").casefold() == incoming.username.casefold()
        ):
            return group
    return None


def _repaired(
    accounts: KeyFile, group: str, account: Account, words: Words
) -> tuple[KeyFile, tuple[Setting, ...]]:
    wanted = {
        **_endpoint(account.incoming),
        "smtp_server": account.outgoing.host,
        **_endpoint(account.outgoing),
        **_sending_login(account),
    }
    differs = {
        key: value
        for key, value in wanted.items()
        if _value(accounts, group, key, account) != value
    }
    repairs = tuple(
        Setting(words.text(REPAIR_WORDS[_FIELDS[key]]), value, accounts.get(group, key))
        for key, value in differs.items()
        if key in _FIELDS
    )
    return accounts.edited({(group, key): value for key, value in differs.items()}), repairs


_FIELDS: Mapping[str, tuple[str, str]] = {
    "imap_port": ("receiving", "port"),
    "pop_port": ("receiving", "port"),
    "ssl_imap": ("receiving", "security"),
    "ssl_pop": ("receiving", "security"),
    "smtp_server": ("sending", "host"),
    "smtp_port": ("sending", "port"),
    "ssl_smtp": ("sending", "security"),
    "use_smtp_auth": ("sending", "auth"),
    "smtp_user_id": ("sending", "username"),
}


def _value(accounts: KeyFile, group: str, key: str, account: Account) -> str:
    """As Claws Mail understands it: a port counts only where it is switched on."""
    for server in (account.incoming, account.outgoing):
        use, port, security = _NAMES[server.type]
        if key in {use, port} and accounts.get(group, use) != "1":
            usual = DEFAULT_PORTS[(server.type, server.security)]
            same = accounts.get(group, security) == _SECURITY[server.security]
            if usual == server.port and same:
                return "1" if key == use else str(usual)
    value = accounts.get(group, key)
    if key == "smtp_user_id" and value == account.incoming.username and same_login(account):
        return ""
    return value.lower() if key == "smtp_server" else value


def _running(home: Path) -> bool:
    """True where a Claws Mail answers on the socket of this configuration folder.

    Its name is the MD5 of the folder's path (`main.c`, `claws_get_socket_name`).
    """
    digest = hashlib.md5(os.fsencode(_folder(home)), usedforsecurity=False).hexdigest()
    path = home / ".cache" / "claws-mail" / digest
    if not hasattr(socket, "AF_UNIX") or not path.exists():
        return False
    with socket.socket(socket.AF_UNIX) as asking:
        try:
            asking.connect(str(path))
        except OSError:
            return False  # left over from one that was killed
    return True
