"""Passwords that mail programs keep in the Secret Service: changed where one is, never added.

Programs find theirs by attributes (Evolution by the identifier of its source, Geary by protocol,
host and login). Where there is none they ask; that choice stays the person's.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from wizard.keychain import PATIENCE
from wizard.keychain.backends import expected_errors
from wizard.keychain.patience import Watch, in_thread
from wizard.model import Secret

Attributes = Mapping[str, str]


async def update(entries: Sequence[Attributes], secret: Secret, patience: float = PATIENCE) -> bool:
    """Gives the new password to the entries with these attributes; True where all of them have it.

    False where there is no entry, no Secret Service, or the person did not unlock it: the program
    asks for the password then.
    """
    if sys.platform != "linux" or not entries:
        return False

    def work(watch: Watch) -> bool:
        try:
            return _update(entries, secret, watch)
        except expected_errors():
            return False

    try:
        return await in_thread(work, patience)
    except TimeoutError:
        return False


def _update(entries: Sequence[Attributes], secret: Secret, watch: Watch) -> bool:
    try:
        import secretstorage
    except ImportError:
        return False
    connection = secretstorage.dbus_init()
    try:
        found = [
            item
            for attributes in entries
            for item in secretstorage.search_items(connection, dict(attributes))
        ]
        for item in found:
            # `unlock` is True where the person dismissed the prompt.
            if item.is_locked() and item.unlock():
                return False
        watch.check()
        value = secret.reveal().encode()
        for item in found:
            item.set_secret(value, "text/plain")
        return bool(found) and all(item.get_secret() == value for item in found)
    finally:
        connection.close()
