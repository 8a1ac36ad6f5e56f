"""Evolution's passwords in the Secret Service: changed where it keeps one, never added.

Evolution finds a password by the identifier of its source (libsecret schema
`org.gnome.Evolution.Data.Source`). Where it has none it asks; that choice stays the person's.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from wizard.keychain import PATIENCE
from wizard.keychain.backends import expected_errors
from wizard.keychain.patience import Watch, in_thread
from wizard.model import Secret

_SCHEMA = "org.gnome.Evolution.Data.Source"


async def update(uids: Sequence[str], secret: Secret, patience: float = PATIENCE) -> bool:
    """Gives the new password to the entries of these sources; True where all of them have it.

    False where there is no entry, no Secret Service, or the person did not unlock it: Evolution
    asks for the password then.
    """
    if sys.platform != "linux" or not uids:
        return False

    def work(watch: Watch) -> bool:
        try:
            return _update(uids, secret, watch)
        except expected_errors():
            return False

    try:
        return await in_thread(work, patience)
    except TimeoutError:
        return False


def _update(uids: Sequence[str], secret: Secret, watch: Watch) -> bool:
    try:
        import secretstorage
    except ImportError:
        return False
    connection = secretstorage.dbus_init()
    try:
        found = [
            item
            for uid in uids
            for item in secretstorage.search_items(
                connection, {"xdg:schema": _SCHEMA, "e-source-uid": uid}
            )
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
