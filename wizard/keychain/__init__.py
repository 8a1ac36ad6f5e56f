"""The one door to the system's secret store: a password goes there or nowhere.

backends   the allow-list of stores
patience   work in a thread that nobody has to wait for

Outcome of storing
├── Stored                the store has it; it was read back
└── KeychainUnavailable   why not: locked, absent, slow, untrusted, too-long

Every account has a service name of its own ("mail-setup-wizard:anna@example.net"), because the
Windows store keeps one password per name. A store is trusted after it has kept a probe, given it
back and let it go.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from wizard.keychain.backends import (
    MAX_WINDOWS_BYTES,
    Backend,
    allowed,
    expected_errors,
    is_windows,
    load,
    open_backend,
)
from wizard.keychain.patience import Watch, in_thread
from wizard.model import EmailAddress, Problem, ProblemKind, Secret, Stage

__all__ = ["Keychain", "KeychainUnavailable", "Reason", "Stored", "delete", "fetch", "store"]

PATIENCE = 60.0
"""Seconds for the person to answer a prompt of the system."""

_LOADING = 300.0
"""Seconds for our own libraries: they come from the disk, and nobody else is waited for."""

_NO_LOGON = 1312
"""ERROR_NO_SUCH_LOGON_SESSION: a policy of the company, or a service, has no credential store."""

_SERVICE = "mail-setup-wizard:{address}"
_PROBE = "mail-setup-wizard:round-trip"

T = TypeVar("T")


class Reason(Enum):
    """Why there is no keychain to use; the value is a fact of the problem."""

    LOCKED = "locked"
    ABSENT = "absent"
    SLOW = "slow"
    UNTRUSTED = "untrusted"
    TOO_LONG = "too-long"


@dataclass(frozen=True, slots=True)
class Stored:
    """The store has the password. `backend`: which one, for the log."""

    backend: str


@dataclass(frozen=True, slots=True)
class KeychainUnavailable:
    """`detail`: what the store said; never a password."""

    reason: Reason
    detail: str = ""

    @property
    def problem(self) -> Problem:
        """The same for people."""
        return Problem(
            ProblemKind.KEYCHAIN_UNAVAILABLE,
            Stage.KEYCHAIN,
            detail=self.detail,
            facts=(("reason", self.reason.value),),
        )


class Keychain:
    """The system's store. Calls never raise for what a store does and end by themselves.

    `names`: the allowed stores (`module:class`), best first. A call that timed out has no effect
    later on: whatever the thread is waiting for, it stops before it writes.
    """

    def __init__(self, names: Sequence[str] | None = None, patience: float = PATIENCE) -> None:
        self._names = allowed() if names is None else tuple(names)
        self._patience = patience
        self._trusted: Backend | None = None

    async def store(self, address: EmailAddress, secret: Secret) -> Stored | KeychainUnavailable:
        """Puts the password of an address into the store, in place of an older one."""

        def work(watch: Watch) -> Stored | KeychainUnavailable:
            backend = self._open()
            if backend is None:
                return KeychainUnavailable(Reason.ABSENT)
            if is_windows(backend) and _windows_size(secret) > MAX_WINDOWS_BYTES:
                return KeychainUnavailable(Reason.TOO_LONG)
            if self._trusted is None:
                _round_trip(backend, _PROBE, "probe", Secret(secrets.token_urlsafe(24)), watch)
                backend.delete_password(_PROBE, "probe")
                if backend.get_password(_PROBE, "probe") is not None:
                    raise _Untrusted("deleted, and still there")
                self._trusted = backend
            service, name = _SERVICE.format(address=address), str(address)
            if is_windows(backend) and backend.get_password(service, name) is not None:
                # It would keep the old password under a second name.
                watch.check()
                backend.delete_password(service, name)
            _round_trip(backend, service, name, secret, watch)
            return Stored(type(backend).__module__)

        return await self._guarded(work)

    async def fetch(self, address: EmailAddress) -> Secret | KeychainUnavailable | None:
        """The password of an address, None where the store has none."""

        def work(watch: Watch) -> Secret | KeychainUnavailable | None:
            backend = self._open()
            if backend is None:
                return KeychainUnavailable(Reason.ABSENT)
            text = backend.get_password(_SERVICE.format(address=address), str(address))
            return None if text is None else Secret(text)

        return await self._guarded(work)

    async def delete(self, address: EmailAddress) -> KeychainUnavailable | None:
        """Takes the password of an address out of the store; nothing to do where it has none."""

        def work(watch: Watch) -> KeychainUnavailable | None:
            backend = self._open()
            if backend is None:
                return KeychainUnavailable(Reason.ABSENT)
            service, name = _SERVICE.format(address=address), str(address)
            if backend.get_password(service, name) is not None:
                watch.check()
                backend.delete_password(service, name)
            return None

        return await self._guarded(work)

    def _open(self) -> Backend | None:
        return self._trusted or open_backend(self._names)

    async def _guarded(self, work: Callable[[Watch], T]) -> T | KeychainUnavailable:
        def guarded(watch: Watch) -> T | KeychainUnavailable:
            try:
                return work(watch)
            except _Untrusted as error:
                return KeychainUnavailable(Reason.UNTRUSTED, str(error))
            except expected_errors() as error:
                return KeychainUnavailable(_reason(error), f"{type(error).__name__}: {error}")

        try:
            await in_thread(lambda _watch: load(self._names), _LOADING)
            return await in_thread(guarded, self._patience)
        except TimeoutError:
            return KeychainUnavailable(Reason.SLOW)


class _Untrusted(Exception):
    """A store that did not give back what it was given."""


def _round_trip(backend: Backend, service: str, name: str, secret: Secret, watch: Watch) -> None:
    backend.get_password(service, name)  # unlocks, should that need the person's answer
    watch.check()
    backend.set_password(service, name, secret.reveal())
    if backend.get_password(service, name) != secret.reveal():
        raise _Untrusted("what was stored did not come back")


def _reason(error: Exception) -> Reason:
    from keyring.errors import InitError, KeyringLocked

    if isinstance(error, KeyringLocked):
        return Reason.LOCKED
    if getattr(error, "winerror", None) == _NO_LOGON:
        return Reason.ABSENT
    # The person closed the prompt for a first keychain, or there is nobody to prompt.
    dismissed = "dismissed" in str(error).lower() or "cancel" in str(error).lower()
    if isinstance(error, InitError):
        return Reason.LOCKED if dismissed else Reason.ABSENT
    return Reason.LOCKED if dismissed else Reason.UNTRUSTED


def _windows_size(secret: Secret) -> int:
    return len(secret.reveal().encode("utf-16-le", "surrogatepass"))


_keychain = Keychain()


async def store(address: EmailAddress, secret: Secret) -> Problem | None:
    """Puts a password into the system's keychain; the problem where that could not be done."""
    outcome = await _keychain.store(address, secret)
    return outcome.problem if isinstance(outcome, KeychainUnavailable) else None


async def fetch(address: EmailAddress) -> Secret | None:
    """The password that `store` kept, None where there is none or no keychain answers."""
    outcome = await _keychain.fetch(address)
    return outcome if isinstance(outcome, Secret) else None


async def delete(address: EmailAddress) -> Problem | None:
    """Takes a password out of the keychain; the problem where the keychain does not answer."""
    outcome = await _keychain.delete(address)
    return outcome.problem if isinstance(outcome, KeychainUnavailable) else None
