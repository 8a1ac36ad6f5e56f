"""Source 2: PACC, a JSON document whose digest stands in the domain's DNS.

Source: draft-ietf-mailmaint-pacc-02 and -03. Without a matching digest it is not used.
"""

from __future__ import annotations

import asyncio

from wizard.discovery.names import owns_names_below
from wizard.discovery.offer import FOUND, Answer, Offer, Query, Tell, Word
from wizard.discovery.pacc import (
    NotPacc,
    PaccDocument,
    digest_matches,
    parse_pacc,
    published_digests,
)
from wizard.discovery.sources.documents import elsewhere, failed, refused
from wizard.model import Provider, Source, SourceState, Trust
from wizard.net.http import HttpFailure, HttpReply
from wizard.net.resolver import Empty, NoAnswer, Records


def document_url(domain: str) -> str:
    """Where the document lies."""
    return f"https://ua-auto-config.{domain}/.well-known/user-agent-configuration.json"


async def ask(query: Query, tell: Tell) -> Answer:
    """Asks for document and digest at once; no digest in DNS ends it without the document."""
    if not owns_names_below(query.domain):
        return Answer(SourceState.NOTHING)
    url = document_url(query.domain)
    fetch = asyncio.ensure_future(query.http.get(url))
    try:
        texts = await query.resolver.txt(f"_ua-auto-config.{query.domain}")
        digests = published_digests(texts.values) if isinstance(texts, Records) else ()
        if not digests:
            return _without_digest(texts)
        reply = await fetch
    finally:
        fetch.cancel()
        await asyncio.gather(fetch, return_exceptions=True)
    if isinstance(reply, HttpFailure):
        return failed(reply, url)
    if reply.status != 200:
        return refused(reply.status, url)
    if not digest_matches(reply.body, digests):
        return Answer(SourceState.REJECTED, f"{url} digest-differs")
    document = parse_pacc(reply.body, query.address)
    if isinstance(document, NotPacc):
        return Answer(SourceState.REJECTED, f"{url} {document.reason}")
    authentic = isinstance(texts, Records) and texts.authentic
    tell(_offer(query, document, reply, url, authentic))
    return FOUND


def _without_digest(texts: Records[str] | Empty) -> Answer:
    match texts:
        case NoAnswer(reason="timeout"):
            return Answer(SourceState.TIMEOUT, texts.name)
        case NoAnswer():
            return Answer(SourceState.OFFLINE, f"{texts.name} {texts.reason}")
        case Records():
            return Answer(SourceState.REJECTED, f"{texts.name} no-digest")
        case _:
            return Answer(SourceState.NOTHING)


def _offer(
    query: Query, document: PaccDocument, reply: HttpReply, url: str, authentic: bool
) -> Offer:
    other = elsewhere(reply)
    trust = Trust.CONSENT if other else Trust.TRUSTED
    detail = f"{url} -> {other}" if other else url
    word = Word(Source.PACC, detail, trust, "https+dnssec" if authentic else "https", query.ms())
    return Offer(
        source=Source.PACC,
        incoming=word.about(document.incoming),
        outgoing=word.about(document.outgoing),
        services=word.about_services(document.services),
        provider=Provider(document.name, help=document.help) if document.name else None,
        trust=trust,
        detail=detail,
    )
