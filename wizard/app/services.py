"""What the account's calendars and contacts hold, asked with the password that mail took."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import urlsplit

from wizard.model import Account, Secret, Service, ServiceType, Trust
from wizard.net import Network
from wizard.system.log import LOGGER


async def open_services(account: Account, secret: Secret, network: Network) -> Account:
    """The account with the collections of its services, where the server shows them.

    What does not open stays as it was found: mail is what the person came for.
    """
    from wizard.verify import prepared_password, verify_service

    password = prepared_password(secret, account.provider)

    async def opened(service: Service) -> Service:
        if service.type is ServiceType.JMAP or not _may_have_password(service, account):
            return service
        named = replace(service, username=service.username or account.incoming.username)
        outcome = await verify_service(named, password, network.http)
        if isinstance(outcome, Service):
            LOGGER.info("%s %d collections", service.type.value, len(outcome.collections))
            return outcome
        LOGGER.info("%s %s %s", service.type.value, outcome.kind.value, outcome.detail)
        return service

    return replace(account, services=tuple(await asyncio.gather(*map(opened, account.services))))


def _may_have_password(service: Service, account: Account) -> bool:
    """Somebody trusted named the host, or it belongs to whoever runs the mail or the domain.

    Consent was asked for the mail servers only.
    """
    from wizard.net.suffix import same_owner

    host = urlsplit(service.url).hostname or ""
    if not service.evidence or any(item.trust is Trust.TRUSTED for item in service.evidence):
        return True
    return any(same_owner(host, o) for o in (account.incoming.host, account.address.domain))
