"""From offers to candidates: merge, weigh, put the best first. Pure.

The weight of a server is (trust, source, order within the source, protocol, place in the
document): a trusted word beats any word that needs consent, then the published order of sources
decides. Sources that agree add their evidence to one candidate; sources that contradict each
other stay beside each other, the better one first. Unencrypted servers never get this far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from wizard.discovery.names import registrable_domain
from wizard.discovery.offer import Offer
from wizard.discovery.pack import Pack
from wizard.model import (
    EmailAddress,
    Evidence,
    Provider,
    Security,
    ServerSettings,
    ServerType,
    Service,
    Source,
    Trust,
)

SOURCE_ORDER = tuple(Source)
_PROTOCOLS = (ServerType.IMAP, ServerType.POP3, ServerType.SMTP)

Weight = tuple[int, int, int]
"""(trust, source, order): smaller is better."""


def weight(trust: Trust, source: Source, order: int = 0) -> Weight:
    """The weight of a word."""
    return (0 if trust is Trust.TRUSTED else 1, SOURCE_ORDER.index(source), order)


@dataclass(frozen=True, slots=True)
class Candidates:
    """What is known so far. `incoming_weight`, `outgoing_weight` belong to the first ones.

    `closing_weight`: set where the best word is that no mail program reaches this mailbox by
    itself; there are no servers then but those of a bridge.
    """

    incoming: tuple[ServerSettings, ...] = ()
    outgoing: tuple[ServerSettings, ...] = ()
    services: tuple[Service, ...] = ()
    incoming_weight: Weight | None = None
    outgoing_weight: Weight | None = None
    closing_weight: Weight | None = None

    @property
    def complete_weight(self) -> Weight | None:
        """The weaker of both sides; None while one of them is missing."""
        if self.closing_weight is not None:
            return self.closing_weight
        if self.incoming_weight is None or self.outgoing_weight is None:
            return None
        return max(self.incoming_weight, self.outgoing_weight)


def merge(offers: Sequence[Offer]) -> Candidates:
    """All offers in one list per side, best first."""
    incoming = _merge_side(offers, lambda offer: offer.incoming)
    outgoing = _merge_side(offers, lambda offer: offer.outgoing)
    closing = min(
        (weight(offer.trust, offer.source, offer.order) for offer in offers if offer.closing),
        default=None,
    )
    if closing is not None:
        better = [(rank, server) for rank, server in (*incoming, *outgoing) if rank < closing]
        if not better:
            # A bridge still has servers: on this computer, in the word that closes the search.
            word = [offer for offer in offers if offer.closing]
            return Candidates(
                incoming=tuple(s for _, s in _merge_side(word, lambda offer: offer.incoming)),
                outgoing=tuple(s for _, s in _merge_side(word, lambda offer: offer.outgoing)),
                services=_merge_services(offers),
                closing_weight=closing,
            )
    return Candidates(
        incoming=tuple(server for _, server in incoming),
        outgoing=tuple(server for _, server in outgoing),
        services=_merge_services(offers),
        incoming_weight=incoming[0][0] if incoming else None,
        outgoing_weight=outgoing[0][0] if outgoing else None,
    )


def _merge_side(
    offers: Sequence[Offer], side: Callable[[Offer], Iterable[ServerSettings]]
) -> list[tuple[Weight, ServerSettings]]:
    said = [
        (weight(server.trust, offer.source, offer.order), place, server)
        for offer in offers
        for place, server in enumerate(side(offer))
        if server.security is not Security.PLAIN
    ]
    said.sort(key=lambda item: (item[0], _PROTOCOLS.index(item[2].type), item[1]))
    merged: list[tuple[Weight, ServerSettings]] = []
    for rank, _, server in said:
        for number, (best, known) in enumerate(merged):
            if known.endpoint == server.endpoint and _logins_agree(known, server):
                merged[number] = (best, _join(known, server))
                break
        else:
            merged.append((rank, server))
    return merged


def _logins_agree(first: ServerSettings, second: ServerSettings) -> bool:
    """True where the user names do not contradict each other; a guess contradicts nothing."""
    guessed = first.username_guessed or second.username_guessed
    return guessed or first.username == second.username


def _join(best: ServerSettings, other: ServerSettings) -> ServerSettings:
    """One candidate out of two words about one server: gaps filled, agreement kept as evidence."""
    takes_login = best.username_guessed and not other.username_guessed
    joined = replace(
        best,
        username=other.username if takes_login else best.username,
        username_guessed=best.username_guessed and other.username_guessed,
        auth=best.auth or other.auth,
    )
    agreed = []
    for evidence in other.evidence:
        fields = tuple(
            name for name in evidence.fields if getattr(joined, name) == getattr(other, name)
        )
        agreed.append(replace(evidence, fields=fields))
    return joined.with_evidence(*_new_evidence(joined.evidence, agreed))


def _new_evidence(known: Sequence[Evidence], more: Iterable[Evidence]) -> list[Evidence]:
    """Evidence that is not there yet: one document may name one server twice."""
    seen = {(item.source, item.detail, item.fields) for item in known}
    return [item for item in more if (item.source, item.detail, item.fields) not in seen]


def _merge_services(offers: Sequence[Offer]) -> tuple[Service, ...]:
    ordered = sorted(offers, key=lambda offer: weight(offer.trust, offer.source, offer.order))
    merged: dict[tuple[object, str], Service] = {}
    for offer in ordered:
        for service in offer.services:
            key = (service.type, service.url)
            known = merged.get(key)
            if known is not None:
                service = replace(known, evidence=(*known.evidence, *service.evidence))
            merged[key] = service
    return tuple(merged.values())


def pick_provider(
    address: EmailAddress, offers: Sequence[Offer], candidates: Candidates, pack: Pack
) -> Provider:
    """Who keeps the mailbox, with what the pack knows about passwords and help.

    Only sources that speak of the chosen receiving server have a say: first the pack's entry that
    led to it, then the pack's entry that has this server, then the name in the best document,
    last the owner of the server's name.
    """
    ordered = sorted(offers, key=lambda offer: weight(offer.trust, offer.source, offer.order))
    chosen = next((server.host for server in (*candidates.incoming, *candidates.outgoing)), "")
    speaking = [
        offer.provider
        for offer in ordered
        if offer.provider is not None and _speaks_of(offer, chosen)
    ]
    known = next((provider for provider in speaking if provider.id), None)
    if known is None and (entry := pack.by_server(chosen)) is not None:
        known = entry.provider
    if known is not None:
        # A provider's own document may add pages of help to what the pack knows.
        links = [link for provider in (known, *speaking) for link in provider.help]
        return replace(known, help=tuple(dict.fromkeys(links)))
    if speaking:
        return speaking[0]
    return Provider(registrable_domain(chosen) or address.domain)


def _speaks_of(offer: Offer, host: str) -> bool:
    if not host:
        return offer.closing
    return any(server.host == host for server in (*offer.incoming, *offer.outgoing))
