"""Fetching one autoconfig document and turning it into an offer; three sources do this."""

from __future__ import annotations

from wizard.discovery.autoconfig import AutoconfigDocument, NotAutoconfig, parse_autoconfig
from wizard.discovery.names import host_of, same_owner
from wizard.discovery.offer import FOUND, Answer, Offer, Query, Tell, Word
from wizard.model import Provider, Source, SourceState, Trust
from wizard.net.failure import Trouble
from wizard.net.http import HttpFailure, HttpReply

_STATES = {
    Trouble.NO_SUCH_HOST: SourceState.NOTHING,
    Trouble.REFUSED: SourceState.NOTHING,
    Trouble.TIMEOUT: SourceState.TIMEOUT,
    Trouble.DNS: SourceState.OFFLINE,
    Trouble.OFFLINE: SourceState.OFFLINE,
}


async def fetch_document(
    query: Query,
    url: str,
    tell: Tell,
    *,
    source: Source,
    order: int = 0,
    trust: Trust = Trust.TRUSTED,
    shown_url: str = "",
) -> Answer:
    """Asks for the document at `url` and tells its offer.

    `trust`: what the source deserves where nothing speaks against it; a redirect to another
    registrable domain always brings it down to consent. `shown_url`: the address to show where
    the real one holds the person's e-mail address.
    """
    reply = await query.http.get(url, personal=str(query.address))
    shown_url = shown_url or url
    if isinstance(reply, HttpFailure):
        return failed(reply, shown_url)
    if reply.status != 200:
        return refused(reply.status, shown_url)
    document = parse_autoconfig(reply.body, query.address)
    if isinstance(document, NotAutoconfig):
        if document.reason in {"web-page", "empty"}:
            # Many sites answer every address with their home page.
            return Answer(SourceState.NOTHING, f"{shown_url} {document.reason}")
        return Answer(SourceState.REJECTED, f"{shown_url} {document.reason}")
    detail = shown_url
    if other := elsewhere(reply):
        trust = Trust.CONSENT
        detail = f"{shown_url} -> {other}"
    offer = offer_of(document, source, detail, trust, query.ms(), order)
    tell(offer)
    if offer.is_empty:
        reason = "unencrypted-only" if document.unencrypted_only else "no-servers"
        return Answer(SourceState.REJECTED, f"{detail} {reason}")
    return FOUND


def offer_of(
    document: AutoconfigDocument,
    source: Source,
    detail: str,
    trust: Trust,
    at_ms: int,
    order: int,
) -> Offer:
    """An offer with evidence at every server."""
    word = Word(source, detail, trust, "https", at_ms)
    name = document.name or document.short_name
    return Offer(
        source=source,
        incoming=word.about(document.incoming),
        outgoing=word.about(document.outgoing),
        services=word.about_services(document.services),
        provider=Provider(name, help=document.help) if name else None,
        unencrypted=word.about(document.unencrypted),
        unencrypted_only=document.unencrypted_only,
        trust=trust,
        order=order,
        detail=detail,
    )


def elsewhere(reply: HttpReply) -> str:
    """The host of another owner that a redirect led to, empty where it stayed at home."""
    visited = [host_of(url) for url in (*reply.redirects, reply.url)]
    return next((host for host in visited[1:] if not same_owner(visited[0], host)), "")


def failed(failure: HttpFailure, shown_url: str) -> Answer:
    """How a request without a reply ends a source."""
    match failure.reason:
        case "network":
            cause = failure.cause
            trouble = cause.trouble if cause is not None else Trouble.TIMEOUT
            state = _STATES.get(trouble, SourceState.REJECTED)
            return Answer(state, f"{shown_url} {trouble.value}")
        case "too-slow":
            return Answer(SourceState.TIMEOUT, f"{shown_url} {failure.reason}")
        case _:
            return Answer(SourceState.REJECTED, f"{shown_url} {failure.reason}")


def refused(status: int, shown_url: str) -> Answer:
    """How a status other than 200 ends a source."""
    state = SourceState.REFUSED if status in {401, 403, 407} else SourceState.NOTHING
    return Answer(state, f"{shown_url} {status}")
