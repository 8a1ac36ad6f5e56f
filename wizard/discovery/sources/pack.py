"""Source 4, bundled provider pack, and source 1, a provider file of the same format, by domain."""

from __future__ import annotations

from wizard.discovery.offer import FOUND, Answer, Offer, Query, Tell, Word
from wizard.discovery.pack import PackEntry
from wizard.model import Source, SourceState, Trust


async def ask(query: Query, tell: Tell) -> Answer:
    """Looks the domain up in the bundled pack."""
    entry = query.pack.by_domain(query.domain)
    if entry is None:
        return Answer(SourceState.NOTHING)
    return tell_entry(query, tell, entry, source=Source.PACK, trust=Trust.TRUSTED)


def tell_entry(
    query: Query,
    tell: Tell,
    entry: PackEntry,
    *,
    source: Source,
    trust: Trust,
    found_by: str = "",
    order: int = 0,
) -> Answer:
    """Tells what an entry knows about the address. `found_by`: the record that led to it."""
    offer = entry_offer(query, entry, source=source, trust=trust, found_by=found_by, order=order)
    tell(offer)
    if offer.is_empty:
        return Answer(SourceState.REJECTED, f"{offer.detail} unencrypted-only")
    return FOUND


def entry_offer(
    query: Query,
    entry: PackEntry,
    *,
    source: Source,
    trust: Trust,
    found_by: str = "",
    order: int = 0,
) -> Offer:
    """An entry as an offer."""
    detail = f"{entry.id} {entry.checked}".strip()
    if found_by:
        detail = f"{found_by} -> {detail}"
    word = Word(source, detail, trust, "file", query.ms())
    servers = word.about(entry.servers_for(query.address))
    return Offer(
        source=source,
        incoming=tuple(server for server in servers if server.type.is_incoming),
        outgoing=tuple(server for server in servers if not server.type.is_incoming),
        services=word.about_services(entry.services_for(query.address)),
        provider=entry.provider,
        unencrypted_only=entry.plain_only and not servers,
        trust=trust,
        order=order,
        detail=detail,
    )
