"""Source 3: the autoconfig document at the domain itself.

https only. The e-mail address goes to the domain's own autoconfig host and to nobody else.
Source: draft-ietf-mailmaint-autoconfig-06, section "Mail provider" (without its http variants).
"""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from wizard.discovery.names import owns_names_below
from wizard.discovery.offer import Answer, Query, Tell, strongest
from wizard.discovery.sources.documents import fetch_document
from wizard.model import Source


def own_host_url(domain: str, address: str = "") -> str:
    """The document at `autoconfig.DOMAIN`; with an address the provider may personalise it."""
    url = f"https://autoconfig.{domain}/mail/config-v1.1.xml"
    return f"{url}?emailaddress={quote(address, safe='')}" if address else url


def well_known_url(domain: str) -> str:
    """The document below the domain's web site."""
    return f"https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"


async def ask(query: Query, tell: Tell) -> Answer:
    """Asks both places at once."""
    domain = query.domain
    well_known = fetch_document(
        query, well_known_url(domain), tell, source=Source.AUTOCONFIG, order=1
    )
    if not owns_names_below(domain):
        return await well_known
    async with asyncio.TaskGroup() as together:
        beside = together.create_task(well_known)
        # Not a task: its question is the first that leaves.
        own = await fetch_document(
            query,
            own_host_url(domain, str(query.address)),
            tell,
            source=Source.AUTOCONFIG,
            order=0,
            shown_url=own_host_url(domain),
        )
    return strongest((own, beside.result()))
