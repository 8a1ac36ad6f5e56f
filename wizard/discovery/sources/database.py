"""Source 5: Thunderbird's public provider database. It learns the domain, never the address."""

from __future__ import annotations

from wizard.discovery.offer import Answer, Query, Tell
from wizard.discovery.sources.documents import fetch_document
from wizard.model import Source

DATABASE_HOST = "autoconfig.thunderbird.net"


def database_url(domain: str) -> str:
    """The database's document for one domain (A-labels)."""
    return f"https://{DATABASE_HOST}/v1.1/{domain}"


async def ask(query: Query, tell: Tell) -> Answer:
    """Looks the domain up."""
    return await fetch_document(query, database_url(query.domain), tell, source=Source.DATABASE)
