"""What the account's calendars and contacts hold, asked with the password that mail took."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from wizard.model import Account, Secret, Service, ServiceType
from wizard.net import Network
from wizard.system.log import LOGGER


async def open_services(account: Account, secret: Secret, network: Network) -> Account:
    """The account with the collections of its services, where the server shows them.

    What does not open stays as it was found: mail is what the person came for.
    """
    from wizard.verify import may_have_password, prepared_password, verify_service

    owners = (account.incoming.host, account.address.domain)
    password = prepared_password(secret, account.provider)

    async def opened(service: Service) -> Service:
        if service.type is ServiceType.JMAP or not may_have_password(service, owners):
            return service
        if service.verified and service.collections:  # when the password was tested
            return service
        named = replace(service, username=service.username or account.incoming.username)
        outcome = await verify_service(named, password, network.http)
        if isinstance(outcome, Service):
            LOGGER.info("%s %d collections", service.type.value, len(outcome.collections))
            return outcome
        LOGGER.info("%s %s %s", service.type.value, outcome.kind.value, outcome.detail)
        return service

    return replace(account, services=tuple(await asyncio.gather(*map(opened, account.services))))


class Opened:
    """Accounts with what their services hold; asked once, however many programs want it."""

    def __init__(self, open_network: Callable[[], Network]) -> None:
        self._open_network = open_network
        self._asking = asyncio.Lock()
        self._last: tuple[Account, Account] | None = None

    async def account(self, account: Account, secret: Secret) -> Account:
        """The account with its calendars and address books."""
        async with self._asking:
            if self._last is None or self._last[0] != account:
                async with await asyncio.to_thread(self._open_network) as network:
                    self._last = (account, await open_services(account, secret, network))
            return self._last[1]
