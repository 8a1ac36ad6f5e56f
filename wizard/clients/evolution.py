"""Evolution (GNOME): an account is three key files, which its source registry picks up at once.

    ~/.config/evolution/sources/UID-account.source     [Mail Account], receiving
                                UID-identity.source    [Mail Identity], name and address
                                UID-transport.source   [Mail Transport], sending

The files may be added while Evolution runs. Evolution asks for the password once and keeps it in
the desktop's keyring by itself.

Source: evolution-data-server's `ESource` extensions; tried with Evolution 3.46 (Debian 12).
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wizard.clients import journal
from wizard.clients.guide import (
    REPAIR_WORDS,
    linux_program,
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
    Produced,
    Security,
    ServerSettings,
    ServerType,
    Setting,
    Stage,
    Step,
    Words,
)

_NAMESPACE = uuid.UUID("5a6f4f4e-6a3f-5f0c-8c62-6c1f0a3f7b55")
_BACKEND = {ServerType.IMAP: "imapx", ServerType.POP3: "pop", ServerType.SMTP: "smtp"}
_SECURITY = {
    Security.TLS: "ssl-on-alternate-port",
    Security.STARTTLS: "starttls-on-standard-port",
    Security.PLAIN: "none",
}
_AUTH = {
    AuthMethod.PLAIN: "PLAIN",
    AuthMethod.CRAM_MD5: "CRAM-MD5",
    AuthMethod.SCRAM_SHA_256: "SCRAM-SHA-256",
    AuthMethod.NTLM: "NTLM",
    AuthMethod.GSSAPI: "GSSAPI",
    AuthMethod.NONE: "none",
}

_NOTE_PASSWORD = N_("Evolution asks for your password once, when it first connects.")


@dataclass(frozen=True, slots=True)
class Evolution:
    """The exporter (`ClientExporter`) and the steward of Evolution's files."""

    id = "evolution"
    name = "Evolution"

    def detect(self, places: Places) -> DetectedClient | None:
        """Found where the program is on the search path."""
        program = linux_program(places, "evolution")
        if program is None:
            return None
        folder = _folder(places)
        known = tuple(
            source.get("Mail Identity", "Address")
            for _, source in _sources(folder)
            if source.get("Mail Identity", "Address")
        )
        profile = ClientProfile(str(folder), self.name, folder, is_default=True, accounts=known)
        return DetectedClient(self.id, self.name, "", program, running=False, profiles=(profile,))

    def plan(
        self,
        account: Account,
        detected: DetectedClient | None,
        places: Places,
        words: Words,
        profile: str | None = None,
    ) -> ClientPlan | Problem:
        """Three new files, or the values that differ in those that are there."""
        if refusal := unsuitable(account):
            return refusal
        if signs_in_inside(account):
            return self._by_hand(account, words)
        if detected is None:
            return Problem(
                ProblemKind.PROGRAM_MISSING, Stage.CLIENT, facts=(("program", self.name),)
            )
        folder = _folder(places)
        sources = dict(_sources(folder))
        path = _existing(sources, account)
        changes, repairs = (
            (
                [
                    FileChange(folder / name, file.to_bytes(), settings=_preview(file))
                    for name, file in _files(account).items()
                ],
                [],
            )
            if path is None
            else _repaired(sources, path, account, words)
        )
        for change in changes:
            if refusal := journal.refusal(change.path):
                return refusal
        return ClientPlan(
            client=self.id,
            name=self.name,
            how=How.CHANGE,
            account=str(account.address),
            changes=tuple(changes),
            repairs=tuple(repairs),
            unchanged=not changes,
            notes=(words.text(_NOTE_PASSWORD),),
            profile=detected.profiles[0],
            summary=summary(account, words),
        )

    def files(self, account: Account, words: Words) -> ClientPlan | Problem:
        """The three files to put into Evolution's folder."""
        if refusal := unsuitable(account):
            return refusal
        if signs_in_inside(account):
            return self._by_hand(account, words)
        purpose = words.text(N_("One of three files that make an account in Evolution."))
        return ClientPlan(
            client=self.id,
            name=self.name,
            how=How.FILES,
            account=str(account.address),
            files=tuple(
                Produced(name, file.to_bytes(), purpose, "text/plain")
                for name, file in _files(account).items()
            ),
            steps=(
                *steps(
                    words,
                    "",
                    (
                        N_(
                            "On the other computer, copy the three files whose names end in "
                            "“.source” into this folder."
                        ),
                        "~/.config/evolution/sources",
                    ),
                    N_("Open Evolution and type your password when it asks."),
                ),
                *values(account, words),
            ),
            notes=(words.text(_NOTE_PASSWORD),),
            summary=summary(account, words),
        )

    def _by_hand(self, account: Account, words: Words) -> ClientPlan:
        """Evolution signs in by browser for the providers it knows, and finds their servers."""
        made: tuple[Step, ...] = steps(
            words,
            "",
            N_("Open Evolution and choose File › New › Mail Account."),
            (N_("Type your name and the e-mail address."), str(account.address)),
            N_("Let it look up the details and choose Apply."),
            N_("Sign in in the window of your provider that opens."),
        )
        return ClientPlan(self.id, self.name, How.STEPS, str(account.address), steps=made)

    def apply(self, plan: ClientPlan, places: Places) -> Applied | Problem:
        """By the journal."""
        return journal.apply(plan, places, self)

    @contextlib.contextmanager
    def hold(self, paths: Sequence[Path]) -> Iterator[bool]:
        """Always free: the registry notices changes while it runs."""
        yield True

    def take_back(
        self, path: Path, now: bytes, before: bytes | None, after: bytes, ours: Sequence[Path]
    ) -> journal.Reversal:
        """Our values go or become what they were; a file of ours with no others' goes whole.

        What Evolution itself filled in is no reason to keep a file that is no account any more.
        """
        current, written = KeyFile.parse(now), KeyFile.parse(after)
        old = KeyFile.parse(before or b"")
        kept = tuple(
            Setting(f"{path.name} [{group}] {key}", current.get(group, key), value)
            for (group, key), value in written.values.items()
            if old.values.get((group, key)) != value and current.get(group, key) != value
        )
        if before is None and not kept:
            return journal.Reversal(None)
        back = {
            name: old.values.get(name)
            for name, value in written.values.items()
            if old.values.get(name) != value and current.values.get(name) == value
        }
        return journal.Reversal(current.edited(back).to_bytes(), kept)


# --- the files --------------------------------------------------------------------------------


def _folder(places: Places) -> Path:
    return places.config / "evolution" / "sources"


def _files(account: Account) -> dict[str, KeyFile]:
    """The three files by name. The same account gets the same names."""
    stem = str(uuid.uuid5(_NAMESPACE, f"{account.address}\0{account.incoming.host}"))
    uid = {part: f"{stem}-{part}" for part in ("account", "identity", "transport")}
    address, incoming, outgoing = str(account.address), account.incoming, account.outgoing
    receiving: dict[str, dict[str, str]] = {
        "Data Source": {"DisplayName": address, "Enabled": "true", "Parent": ""},
        "Mail Account": {
            "BackendName": _BACKEND[incoming.type],
            "IdentityUid": uid["identity"],
            "NeedsInitialSetup": "false",
        },
        "Authentication": _login(incoming),
        "Security": {"Method": _SECURITY[incoming.security]},
        "Refresh": {"Enabled": "true", "IntervalMinutes": "10"},
    }
    if incoming.type is ServerType.POP3:
        receiving["Pop Backend"] = {"KeepOnServer": "true"}
    identity = {
        "Data Source": {"DisplayName": address, "Enabled": "true", "Parent": uid["account"]},
        "Mail Identity": {"Name": account.name, "Address": address},
        "Mail Submission": {"TransportUid": uid["transport"]},
    }
    transport = {
        "Data Source": {"DisplayName": address, "Enabled": "true", "Parent": uid["account"]},
        "Mail Transport": {"BackendName": "smtp"},
        "Authentication": _login(outgoing),
        "Security": {"Method": _SECURITY[outgoing.security]},
    }
    made = {"identity": identity, "transport": transport, "account": receiving}
    return {f"{uid[part]}.source": KeyFile.build(groups) for part, groups in made.items()}


def _login(server: ServerSettings) -> dict[str, str]:
    method = next((_AUTH[item] for item in server.auth if item in _AUTH), "PLAIN")
    return {
        "Host": server.host,
        "Port": str(server.port),
        "User": server.username,
        "Method": method,
        "RememberPassword": "true",
        "ProxyUid": "system-proxy",
    }


def _preview(file: KeyFile) -> tuple[Setting, ...]:
    return tuple(
        Setting(f"[{group}] {key}", value) for (group, key), value in file.values.items() if value
    )


# --- what is there ----------------------------------------------------------------------------


def _sources(folder: Path) -> Iterator[tuple[Path, KeyFile]]:
    try:
        paths = sorted(folder.glob("*.source"))
    except OSError:
        return
    for path in paths:
        with contextlib.suppress(OSError):
            yield path, KeyFile.parse(path.read_bytes())


def _existing(sources: Mapping[Path, KeyFile], account: Account) -> Path | None:
    """The account with this type, host and user name."""
    incoming = account.incoming
    for path, file in sources.items():
        if (
            file.get("Mail Account", "BackendName") == _BACKEND[incoming.type]
            and file.get("Authentication", "Host").lower() == incoming.host
            and file.get("Authentication", "User").casefold() == incoming.username.casefold()
        ):
            return path
    return None


def _repaired(
    sources: Mapping[Path, KeyFile], path: Path, account: Account, words: Words
) -> tuple[list[FileChange], list[Setting]]:
    """What differs in the account, and in the sending server its identity points to."""
    identity = sources.get(_beside(path, sources[path].get("Mail Account", "IdentityUid")))
    todo = [(path, account.incoming, "receiving")]
    if identity is not None:
        transport = _beside(path, identity.get("Mail Submission", "TransportUid"))
        if transport in sources:
            todo.append((transport, account.outgoing, "sending"))
    changes: list[FileChange] = []
    repairs: list[Setting] = []
    for target, server, side in todo:
        file = sources[target]
        wanted = {
            ("Authentication", "Host"): server.host,
            ("Authentication", "Port"): str(server.port),
            ("Authentication", "User"): server.username,
            ("Security", "Method"): _SECURITY[server.security],
        }
        differs = {
            name: value for name, value in wanted.items() if _value(file, name, server) != value
        }
        if differs:
            settings = tuple(
                Setting(f"[{group}] {key}", value, file.get(group, key))
                for (group, key), value in differs.items()
            )
            changes.append(
                FileChange(
                    target, file.edited(differs).to_bytes(), file.to_bytes(), settings=settings
                )
            )
            repairs += [
                Setting(words.text(REPAIR_WORDS[(side, _FIELDS[key])]), value, file.get(group, key))
                for (group, key), value in differs.items()
            ]
    return changes, repairs


_FIELDS = {"Host": "host", "Port": "port", "User": "username", "Method": "security"}


def _value(file: KeyFile, name: tuple[str, str], server: ServerSettings) -> str:
    """As Evolution understands it where the port is absent or 0."""
    value = file.get(*name)
    if name[1] == "Host":
        return value.lower()
    if name[1] == "Port" and value in {"", "0"}:
        secure = file.get("Security", "Method") == _SECURITY[Security.TLS]
        return str(DEFAULT_PORTS[(server.type, Security.TLS if secure else Security.STARTTLS)])
    return value


def _beside(path: Path, uid: str) -> Path:
    return path.with_name(f"{uid}.source")
