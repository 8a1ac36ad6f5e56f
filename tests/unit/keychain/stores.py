"""Keyring backends that misbehave in one way each; named like real ones by module and class."""

from __future__ import annotations

import threading
from typing import ClassVar

from keyring.errors import InitError, KeyringLocked, PasswordDeleteError, PasswordSetError


class Good:
    """Keeps what it is given, in memory."""

    priority = 5
    kept: ClassVar[dict[tuple[str, str], str]] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.kept:
            raise PasswordDeleteError("No such password!")
        del self.kept[service, username]


class _Raising:
    """keyring's answer to "can you work here?" where the answer is no."""

    def __get__(self, instance: object, owner: type | None = None) -> int:
        raise RuntimeError("macOS required")


class NotHere(Good):
    """A store for another system."""

    priority = _Raising()


class Null(Good):
    """Takes everything, keeps nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class Upper(Good):
    """Changes what it is given."""

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password.upper())


class Sticky(Good):
    """Does not let go."""

    def delete_password(self, service: str, username: str) -> None:
        pass


class Locked(Good):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("Failed to unlock the collection!")


class Dismissed(Good):
    def get_password(self, service: str, username: str) -> str | None:
        raise InitError("Failed to create the collection: Prompt dismissed..")


class NoCollection(Good):
    def get_password(self, service: str, username: str) -> str | None:
        raise InitError("Failed to create the collection: no daemon")


class Refusing(Good):
    def set_password(self, service: str, username: str, password: str) -> None:
        raise PasswordSetError("Can't store password on keychain: (-25299)")


class NoLogon(Good):
    """The Windows store where a policy of the company keeps it shut."""

    def set_password(self, service: str, username: str, password: str) -> None:
        error = OSError("no such logon session")
        setattr(error, "winerror", 1312)  # noqa: B010 - unknown to a checker on Linux
        raise error


class Prompting(Good):
    """Waits for an answer to a prompt before it does anything."""

    answered = threading.Event()
    seen = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.answered.wait(20)
        self.seen.set()
        return super().get_password(service, username)


class WinVaultKeyring(Good):
    """Has the limits and the habits of the Windows store."""

    persist = "enterprise"
    last: WinVaultKeyring

    def __init__(self) -> None:
        type(self).last = self

    def set_password(self, service: str, username: str, password: str) -> None:
        existing = self.kept.get((service, username))
        if existing is not None:
            self.kept[f"{username}@{service}", username] = existing
        super().set_password(service, username, password)
