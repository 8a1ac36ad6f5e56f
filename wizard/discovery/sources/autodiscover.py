"""Source 8: Autodiscover, asked without credentials.

The question holds the e-mail address, so it goes over https to hosts under the domain and to
nobody else: redirects and service records that lead elsewhere are reported, not followed. Where
nothing else is to be had, the host they lead to (or that `autodiscover.DOMAIN` is only another name
of) tells the provider, as a mail exchanger does: a company's mail exchanger is often a mere filter.
A 401 says that there is an Exchange server and nothing more; it is never answered.
Source: [MS-OXDSCLI] section 3.1.5.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urljoin

from wizard.discovery.autodiscover import (
    AutodiscoverAnswer,
    NotAutodiscover,
    autodiscover_request,
    parse_autodiscover,
)
from wizard.discovery.names import clean_url, host_of, is_within, owns_names_below
from wizard.discovery.offer import FOUND, Answer, Offer, Query, Tell, Word, strongest
from wizard.discovery.sources.documents import failed, refused
from wizard.discovery.sources.mx import entry_behind
from wizard.discovery.sources.pack import tell_entry
from wizard.model import Source, SourceState, Trust, parse_address
from wizard.model.address import AddressFault
from wizard.net.http import HttpFailure
from wizard.net.resolver import Records

MAX_REDIRECTS = 3
_HEADERS = {"content-type": "text/xml; charset=utf-8"}
_MOVED = {301, 302, 303, 307, 308}

LedTo = list[tuple[str, str]]
"""Hosts of somebody else that the domain leads to, each with what led there."""


def autodiscover_url(host: str) -> str:
    """The place on a host."""
    return f"https://{host}/autodiscover/autodiscover.xml"


async def ask(query: Query, tell: Tell) -> Answer:
    """Asks the fixed places and the one the service record names, all at once."""
    domain = query.domain
    led_to: LedTo = []
    questions = [_ask_host(query, tell, domain, 1, led_to)]
    if owns_names_below(domain):
        questions.append(_ask_host(query, tell, f"autodiscover.{domain}", 0, led_to))
        questions.append(_ask_record(query, tell, 2, led_to))
        questions.append(_ask_alias(query, led_to))
    answer = strongest(await asyncio.gather(*questions))
    if answer.state is SourceState.FOUND:
        return answer
    for shown, host in led_to:
        entry = None if query.pack.is_mail_filter(host) else entry_behind(query, host)
        if entry is not None:
            return tell_entry(
                query,
                tell,
                entry,
                source=Source.AUTODISCOVER,
                trust=Trust.CONSENT,
                found_by=f"{shown} -> {host}",
                order=3,
            )
    return answer


async def _ask_alias(query: Query, led_to: LedTo) -> Answer:
    name = f"autodiscover.{query.domain}"
    answer = await query.resolver.addresses(name)
    aliases = answer.aliases if isinstance(answer, Records) else ()
    led_to += [(name, alias) for alias in aliases if not is_within(alias, query.domain)]
    return Answer(SourceState.NOTHING)


def _elsewhere(shown: str, host: str, led_to: LedTo) -> Answer:
    led_to.append((shown, host))
    return Answer(SourceState.REFUSED, f"{shown} -> {host} other-domain")


async def _ask_record(query: Query, tell: Tell, order: int, led_to: LedTo) -> Answer:
    name = f"_autodiscover._tcp.{query.domain}"
    answer = await query.resolver.srv(name)
    if not isinstance(answer, Records):
        return Answer(SourceState.NOTHING)
    for record in answer.values:
        if record.target in {"", query.domain, f"autodiscover.{query.domain}"}:
            continue  # not offered, or asked already
        if not is_within(record.target, query.domain):
            return _elsewhere(name, record.target, led_to)
        if record.port == 443:
            return await _ask_host(query, tell, record.target, order, led_to)
    return Answer(SourceState.NOTHING)


async def _ask_host(query: Query, tell: Tell, host: str, order: int, led_to: LedTo) -> Answer:
    url = autodiscover_url(host)
    address = str(query.address)
    for _ in range(1 + MAX_REDIRECTS):
        if not is_within(host_of(url), query.domain):
            return _elsewhere(autodiscover_url(host), host_of(url), led_to)
        body = autodiscover_request(address)
        reply = await query.http.post(url, body, headers=_HEADERS, follow=False)
        if isinstance(reply, HttpFailure):
            return failed(reply, url)
        if reply.status in _MOVED:
            target = clean_url(urljoin(url, reply.headers.get("location", "-")))
            if target is None:
                return Answer(SourceState.REJECTED, f"{url} redirect-refused")
            url = target
            continue
        if reply.status == 401:
            return Answer(SourceState.REFUSED, f"{url} 401 exchange")
        if reply.status != 200:
            return refused(reply.status, url)
        answer = parse_autodiscover(reply.body, query.address)
        if isinstance(answer, NotAutodiscover):
            return _not_an_answer(answer, url)
        if answer.redirect_address:
            moved = parse_address(answer.redirect_address)
            if isinstance(moved, AddressFault):
                return Answer(SourceState.REJECTED, f"{url} redirect-refused")
            if not is_within(moved.domain, query.domain):
                return _elsewhere(url, moved.domain, led_to)
            address = str(moved)
            url = autodiscover_url(f"autodiscover.{moved.domain}")
            continue
        if answer.redirect_url:
            target = clean_url(answer.redirect_url)
            if target is None:
                return Answer(SourceState.REJECTED, f"{url} redirect-refused")
            url = target
            continue
        return _tell(query, tell, answer, url, order)
    return Answer(SourceState.REJECTED, f"{url} too-many-redirects")


def _not_an_answer(answer: NotAutodiscover, url: str) -> Answer:
    if answer.reason in {"web-page", "empty"} or answer.reason.startswith("error"):
        return Answer(SourceState.NOTHING, f"{url} {answer.reason}")
    return Answer(SourceState.REJECTED, f"{url} {answer.reason}")


def _tell(query: Query, tell: Tell, answer: AutodiscoverAnswer, url: str, order: int) -> Answer:
    word = Word(Source.AUTODISCOVER, url, Trust.CONSENT, "https", query.ms())
    offer = Offer(
        source=Source.AUTODISCOVER,
        incoming=word.about(answer.incoming),
        outgoing=word.about(answer.outgoing),
        # The display name in the answer is the person's, not the provider's.
        provider=None,
        unencrypted=word.about(answer.unencrypted),
        unencrypted_only=bool(answer.unencrypted) and not answer.incoming and not answer.outgoing,
        trust=Trust.CONSENT,
        order=order,
        detail=url,
    )
    tell(offer)
    if not offer.is_empty:
        return FOUND
    if answer.exchange:
        return Answer(SourceState.REFUSED, f"{url} exchange")
    return Answer(
        SourceState.REJECTED,
        f"{url} {'unencrypted-only' if offer.unencrypted_only else 'no-servers'}",
    )
