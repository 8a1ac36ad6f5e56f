"""The stores we trust, by name, and nothing else.

`keyring.get_keyring()` is never asked: environment variables, configuration files and installed
plug-ins decide what it answers, down to files in plain text. We make the system's own store
ourselves, so null, plaintext, "alt" and chained backends cannot come in by any door.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Sequence
from typing import Protocol, cast

MAX_WINDOWS_BYTES = 2560
"""CRED_MAX_CREDENTIAL_BLOB_SIZE (wincred.h): 1,280 UTF-16 characters."""

_LINUX = (
    "keyring.backends.SecretService:Keyring",
    "keyring.backends.libsecret:Keyring",
    "keyring.backends.kwallet:DBusKeyring",
    "keyring.backends.kwallet:DBusKeyringKWallet4",
)
ALLOWED: dict[str, tuple[str, ...]] = {
    "darwin": ("keyring.backends.macOS:Keyring",),
    "win32": ("keyring.backends.Windows:WinVaultKeyring",),
}
"""`module:class` per `sys.platform`, best first; any other system has those of `_LINUX`."""

# What the libraries below keyring raise besides `KeyringError`. They are looked up among the
# loaded modules only: a library that is not loaded cannot have raised anything.
_FOREIGN_ERRORS = (
    "secretstorage.exceptions:SecretStorageException",
    "jeepney.wrappers:DBusErrorResponse",
    "dbus.exceptions:DBusException",
    "gi.repository.GLib:Error",
    "win32ctypes.pywin32.pywintypes:error",
    "pywintypes:error",
)


class Backend(Protocol):
    """What we use of a keyring backend."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


def allowed(platform: str = sys.platform) -> tuple[str, ...]:
    """The names of the stores for a system, best first."""
    return ALLOWED.get(platform, _LINUX)


def open_backend(names: Sequence[str]) -> Backend | None:
    """The first store of this list that works here; None where there is none.

    May block while a daemon starts. Whether the store keeps its promise is for a round trip to
    show.
    """
    for name in names:
        module, _, attribute = name.partition(":")
        try:
            kind = getattr(importlib.import_module(module), attribute)
            # keyring's own question whether a backend can work here: it raises where not.
            _ = kind.priority
        except (ImportError, RuntimeError):
            continue
        backend = kind()
        if is_windows(backend):
            # Else it would travel with a company account to all computers of that company.
            backend.persist = "local machine"
        return cast(Backend, backend)
    return None


def load(names: Sequence[str]) -> None:
    """Imports the first store of this list that can be imported. On a busy machine that alone takes
    many seconds, which are no reason to lose patience with a store."""
    for name in names:
        with contextlib.suppress(ImportError, RuntimeError):
            importlib.import_module(name.partition(":")[0])
            return


def is_windows(backend: Backend) -> bool:
    """True for the Windows credential store with its limits and habits."""
    return type(backend).__name__ == "WinVaultKeyring"


def expected_errors() -> tuple[type[Exception], ...]:
    """What a store may raise for reasons of its own."""
    from keyring.errors import KeyringError

    found: list[type[Exception]] = [KeyringError, OSError, RuntimeError]
    for name in _FOREIGN_ERRORS:
        module, _, attribute = name.partition(":")
        error = getattr(sys.modules.get(module), attribute, None)
        if isinstance(error, type) and issubclass(error, Exception):
            found.append(error)
    return tuple(found)
