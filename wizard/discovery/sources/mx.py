"""Source 7: from the mail exchanger to the provider.

The exchanger's base domain and its host less the first label are looked up in the provider pack,
in their own autoconfig and in the public database. They learn no e-mail address. An exchanger
that only filters mail says nothing about the mailbox.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator

from wizard.discovery.names import clean_host, registrable_domain
from wizard.discovery.offer import Answer, Query, Tell, strongest
from wizard.discovery.pack import PackEntry
from wizard.discovery.sources.autoconfig import own_host_url, well_known_url
from wizard.discovery.sources.database import database_url
from wizard.discovery.sources.documents import fetch_document
from wizard.discovery.sources.pack import tell_entry
from wizard.model import Source, SourceState, Trust
from wizard.net.resolver import NoAnswer, Records


async def ask(query: Query, tell: Tell) -> Answer:
    """Finds the exchanger, then its provider."""
    answer = await query.resolver.mx(query.domain)
    if isinstance(answer, NoAnswer):
        state = SourceState.TIMEOUT if answer.reason == "timeout" else SourceState.OFFLINE
        return Answer(state, answer.reason)
    if not isinstance(answer, Records):
        return Answer(SourceState.NOTHING)
    host = clean_host(answer.values[0].host) if answer.values else None
    if host is None:
        return Answer(SourceState.NOTHING, "null MX")
    if query.pack.is_mail_filter(host):
        return Answer(SourceState.NOTHING, f"MX {host} mail-filter")
    # DNSSEC proves the first step; the further ones are https to the names it proves.
    trust = Trust.TRUSTED if answer.authentic else Trust.CONSENT
    entry = entry_behind(query, host)
    if entry is not None:
        return tell_entry(query, tell, entry, source=Source.MX, trust=trust, found_by=f"MX {host}")
    names = provider_names(host, query.domain)
    return strongest(await asyncio.gather(*_questions(query, tell, host, names, trust)))


def entry_behind(query: Query, host: str) -> PackEntry | None:
    """The pack's provider that a host of somebody else belongs to."""
    entry = query.pack.by_mx(host)
    for name in provider_names(host, query.domain):
        entry = entry or query.pack.by_domain(name)
    return entry


def provider_names(host: str, domain: str) -> tuple[str, ...]:
    """The domains under which a provider may be known, the more specific one first.

    `aspmx.l.example.com` gives `l.example.com` and `example.com`; never a public suffix, and not
    the person's own domain, which other sources ask already.
    """
    base = registrable_domain(host)
    if base is None:
        return ()
    names = [base]
    parent = host.partition(".")[2]
    if host != base and parent != base:
        names.insert(0, parent)
    return tuple(name for name in names if name != domain)


def _questions(
    query: Query, tell: Tell, host: str, names: tuple[str, ...], trust: Trust
) -> Iterator[Coroutine[None, None, Answer]]:
    order = 0
    for name in names:
        for url in (own_host_url(name), well_known_url(name), database_url(name)):
            shown = f"MX {host} -> {url}"
            yield fetch_document(
                query, url, tell, source=Source.MX, order=order, trust=trust, shown_url=shown
            )
            order += 1
