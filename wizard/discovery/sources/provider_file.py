"""Source 1: a provider file that the host or the person handed to the wizard.

By domain at once; by mail exchanger as soon as DNS has answered. Both are trusted: whoever gave
the file chose the provider.
"""

from __future__ import annotations

from wizard.discovery.offer import Answer, Query, Tell
from wizard.discovery.sources.pack import tell_entry
from wizard.model import Source, SourceState, Trust
from wizard.net.resolver import Records


async def ask(query: Query, tell: Tell) -> Answer:
    """Looks the domain up in the file, then its mail exchanger."""
    pack = query.provider_file
    if pack is None:
        return Answer(SourceState.NOTHING)
    entry = pack.by_domain(query.domain)
    if entry is not None:
        return tell_entry(query, tell, entry, source=Source.PROVIDER_FILE, trust=Trust.TRUSTED)
    if not any(entry.mx for entry in pack.entries):
        return Answer(SourceState.NOTHING)
    answer = await query.resolver.mx(query.domain)
    if isinstance(answer, Records):
        for exchanger in answer.values:
            entry = pack.by_mx(exchanger.host)
            if entry is not None:
                return tell_entry(
                    query,
                    tell,
                    entry,
                    source=Source.PROVIDER_FILE,
                    trust=Trust.TRUSTED,
                    found_by=f"MX {exchanger.host}",
                )
    return Answer(SourceState.NOTHING)
