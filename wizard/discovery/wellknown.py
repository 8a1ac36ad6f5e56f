"""Contacts and calendars at the domain's own web server, where nobody named them.

The last resort of RFC 6764 section 6: `https://DOMAIN/.well-known/carddav` and `/caldav`, asked
without credentials and without the address. What answers there may be somebody else than the mail
provider, so it needs consent.
"""

from __future__ import annotations

import asyncio

from wizard.discovery.offer import Offer, Query, Word
from wizard.model import Service, ServiceType, Source, Trust
from wizard.net.http import HttpReply

_KINDS = (ServiceType.CARDDAV, ServiceType.CALDAV)


async def ask_well_known(query: Query, timeout: float) -> Offer:
    """What is there; at most `timeout` seconds."""
    try:
        async with asyncio.timeout(timeout):
            found = await asyncio.gather(*(_ask(query, kind) for kind in _KINDS))
    except TimeoutError:
        found = []
    services = tuple(service for service in found if service is not None)
    return Offer(source=Source.GUESS, services=services, trust=Trust.CONSENT)


async def _ask(query: Query, kind: ServiceType) -> Service | None:
    url = f"https://{query.domain}/.well-known/{kind.value}"
    reply = await query.http.get(url)
    if not isinstance(reply, HttpReply) or not _speaks_dav(reply):
        return None
    word = Word(Source.GUESS, url, Trust.CONSENT, "https", query.ms())
    return word.about_services([Service(kind, url, str(query.address))])[0]


def _speaks_dav(reply: HttpReply) -> bool:
    """A web site answers such a question with a page or 404; a DAV server wants a login, or says
    that it is one (RFC 4918 section 10.1), or that GET is not what one asks there."""
    return reply.status in {401, 405} or "dav" in reply.headers
