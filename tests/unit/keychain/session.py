"""Steps with the real keychain of whatever session this runs in; exit code 0 if all went well.

python -m tests.unit.keychain.session store fetch replace delete
python -m tests.unit.keychain.session refused:locked,slow
"""

from __future__ import annotations

import asyncio
import sys

from wizard.keychain import Keychain, KeychainUnavailable, Stored
from wizard.model import EmailAddress, Secret

ADDRESS = EmailAddress("anna", "example.net")
PASSWORD = 's3crét "with" all {sorts} of 日本 things'


def is_there() -> bool:
    """Whether the daemon, which takes a moment to start, has claimed its name."""
    from jeepney import message_bus  # where there is no D-Bus, there is none of this either
    from jeepney.io.blocking import open_dbus_connection

    with open_dbus_connection() as bus:
        asked = bus.send_and_get_reply(message_bus.NameHasOwner("org.freedesktop.secrets"))
    return bool(asked.body[0])


async def step(word: str, keychain: Keychain) -> bool:
    """One step; True where the keychain did as expected."""
    name, _, reasons = word.partition(":")
    match name:
        case "store":
            return isinstance(await keychain.store(ADDRESS, Secret(PASSWORD)), Stored)
        case "fetch":
            secret = await keychain.fetch(ADDRESS)
            return isinstance(secret, Secret) and secret.reveal() == PASSWORD
        case "replace":
            await keychain.store(ADDRESS, Secret("new"))
            secret = await keychain.fetch(ADDRESS)
            return isinstance(secret, Secret) and secret.reveal() == "new"
        case "delete":
            return await keychain.delete(ADDRESS) is None and await keychain.fetch(ADDRESS) is None
        case "refused":
            outcome = await keychain.store(ADDRESS, Secret(PASSWORD))
            print(outcome)
            return isinstance(
                outcome, KeychainUnavailable
            ) and outcome.reason.value in reasons.split(",")
        case "wait":
            while not await asyncio.to_thread(is_there):
                await asyncio.sleep(0.05)
            return True
        case _:
            raise ValueError(word)


async def main(words: list[str]) -> int:
    keychain = Keychain(patience=20 if "refused" not in " ".join(words) else 4)
    for word in words:
        if not await step(word, keychain):
            print(f"{word} went wrong", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
