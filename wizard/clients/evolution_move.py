"""An account of Evolution whose address changed: three sources learn new names.

Its messages and folder settings hang on the sources' own identifiers, which stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wizard.clients.evolution import _BACKEND, _SECURITY, _beside
from wizard.clients.guide import REPAIR_WORDS
from wizard.clients.keyfile import KeyFile, Name
from wizard.model import N_, Account, EmailAddress, FileChange, ServerSettings, Setting, Words


@dataclass(frozen=True, slots=True)
class Move:
    """Empty `changes`: nothing is left of the old address. `both`, `other_type`: left alone."""

    changes: tuple[FileChange, ...] = ()
    settings: tuple[Setting, ...] = ()
    both: bool = False
    other_type: bool = False


def move(
    sources: Mapping[Path, KeyFile], old: EmailAddress, account: Account, words: Words
) -> Move:
    """The sources of `old` as those of `account`; nothing is added or removed."""
    changes: dict[Path, KeyFile] = {}
    settings: list[Setting] = []
    accounts = {
        path: file for path, file in sources.items() if file.get("Mail Account", "IdentityUid")
    }
    for path, file in accounts.items():
        identity_path = _beside(path, file.get("Mail Account", "IdentityUid"))
        identity = sources.get(identity_path)
        if identity is None or not _is(identity, old):
            continue
        if file.get("Mail Account", "BackendName") != _BACKEND[account.incoming.type]:
            return Move(other_type=True)
        if any(_signs_in(other, account) for name, other in accounts.items() if name != path):
            return Move(both=True)
        _edit(changes, settings, path, file, _login(account.incoming), "receiving", words)
        transport_path = _beside(path, identity.get("Mail Submission", "TransportUid"))
        if transport_path in sources:
            login = _login(account.outgoing)
            transport = sources[transport_path]
            _edit(changes, settings, transport_path, transport, login, "sending", words)
        wanted = {("Mail Identity", "Address"): str(account.address)}
        if account.name:
            wanted[("Mail Identity", "Name")] = account.name
        changes[identity_path] = identity.edited(wanted)
        settings.append(Setting(words.text(N_("Address")), str(account.address), str(old)))
        for name in (path, identity_path, transport_path):
            if name in changes and changes[name].get("Data Source", "DisplayName") == str(old):
                title: dict[Name, str | None] = {
                    ("Data Source", "DisplayName"): str(account.address)
                }
                changes[name] = changes[name].edited(title)
    files = tuple(
        FileChange(path, file.to_bytes(), sources[path].to_bytes(), _preview(sources[path], file))
        for path, file in changes.items()
        if file.text != sources[path].text
    )
    return Move(files, tuple(dict.fromkeys(settings)))


def _is(identity: KeyFile, old: EmailAddress) -> bool:
    return identity.get("Mail Identity", "Address").casefold() == str(old).casefold()


def _signs_in(file: KeyFile, account: Account) -> bool:
    login = (file.get("Authentication", "Host").lower(), file.get("Authentication", "User"))
    return login == (account.incoming.host, account.incoming.username)


def _login(server: ServerSettings) -> dict[Name, str | None]:
    return {
        ("Authentication", "Host"): server.host,
        ("Authentication", "Port"): str(server.port),
        ("Authentication", "User"): server.username,
        ("Security", "Method"): _SECURITY[server.security],
    }


def _edit(
    changes: dict[Path, KeyFile],
    settings: list[Setting],
    path: Path,
    file: KeyFile,
    wanted: dict[Name, str | None],
    side: str,
    words: Words,
) -> None:
    changes[path] = file.edited(wanted)
    for key, field in (("Host", "host"), ("User", "username")):
        value = wanted[("Authentication", key)] or ""
        before = file.get("Authentication", key)
        if value != before:
            settings.append(Setting(words.text(REPAIR_WORDS[(side, field)]), value, before))


def _preview(before: KeyFile, after: KeyFile) -> tuple[Setting, ...]:
    return tuple(
        Setting(f"[{group}] {key}", value, before.get(group, key))
        for (group, key), value in after.values.items()
        if before.get(group, key) != value
    )
