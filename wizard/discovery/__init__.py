"""From an address to server settings: nine sources side by side, each with its evidence.

discover           the search
parse_autoconfig   what an autoconfig document yields
load_pack          the provider pack, or a provider file
suggest_domain     the domain a person probably meant
find_provider      what the pack knows about a domain or a mail exchanger
warm_up            loads the libraries that read answers, ahead of a search

names              hosts, ports and addresses from outside, checked
autoconfig, pacc, autodiscover   the documents: pure parsers
pack, suggest      the provider pack and mistyped domains
offer              what passes between the sources and the runner
sources/           one file per source
probe, oddities    proving a guessed server, or one whose settings contradict themselves
plan, runner, rank what to ask, when the answer stands, what is best
wellknown          contacts and calendars at the domain itself, where nobody named them
vital, verdict     signs of life; why nothing was found
recording, replay  a search written down, and run again without a network
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from wizard.discovery.autoconfig import AutoconfigDocument, NotAutoconfig, parse_autoconfig
from wizard.discovery.oddities import settle
from wizard.discovery.offer import Offer, Query
from wizard.discovery.pack import Pack, PackEntry, PackFault, PackFaults, load_pack, read_pack
from wizard.discovery.plan import STEPS, Step, plan
from wizard.discovery.rank import Candidates, pick_provider
from wizard.discovery.runner import Gathered, run, warm_up
from wizard.discovery.suggest import suggest_domain
from wizard.discovery.verdict import domain_problem, network_problem, proposals
from wizard.discovery.vital import Vital, WatchedConnector, WatchedHttp, WatchedResolver
from wizard.discovery.wellknown import ask_well_known
from wizard.model import (
    DiscoveryResult,
    EmailAddress,
    Failed,
    Found,
    NothingFound,
    Offline,
    PasswordKind,
    Problem,
    ProblemKind,
    Provider,
    Source,
    SourceReport,
    SourceState,
)
from wizard.net.http import HttpClient
from wizard.net.proxy import use_of
from wizard.net.resolver import Empty, Mx, NoAnswer, Records, Resolver
from wizard.net.streams import Connector

__all__ = [
    "AutoconfigDocument",
    "Network",
    "NotAutoconfig",
    "Pack",
    "PackEntry",
    "PackFault",
    "PackFaults",
    "discover",
    "find_provider",
    "load_pack",
    "parse_autoconfig",
    "read_pack",
    "suggest_domain",
    "warm_up",
]

LAST_QUESTIONS = 1.0
"""Seconds for what is still open about the domain once all sources have ended."""


class Network(Protocol):
    """The network as `wizard.net.open_network` gives it; fakes and recordings fit too."""

    @property
    def resolver(self) -> Resolver: ...

    @property
    def http(self) -> HttpClient: ...

    @property
    def connector(self) -> Connector: ...


def find_provider(pack: Pack, domain: str = "", mx: str = "") -> PackEntry | None:
    """The pack's entry for a mail domain, else for a mail exchanger that is no mere filter."""
    entry = pack.by_domain(domain) if domain else None
    if entry is None and mx and not pack.is_mail_filter(mx):
        entry = pack.by_mx(mx)
    return entry


async def discover(
    address: EmailAddress,
    network: Network,
    pack: Pack,
    *,
    provider_file: Pack | None = None,
    timeout: float = 10.0,
    only: frozenset[Source] | None = None,
    all_sources: bool = False,
    progress: Callable[[SourceReport], None] | None = None,
) -> DiscoveryResult:
    """Searches for the settings of an address.

    `timeout`: seconds for all of it (twice that where round trips are slow). `only`: ask no other
    sources. `all_sources`: do not stop at the first answer that stands, and look for contacts and
    calendars at the domain's own web server too. `progress` is called in
    the event loop with every change of a source's state. No credentials are used; cancelling
    takes effect at once and leaves nothing running.
    """
    vital = Vital()
    query = Query(
        address=address,
        resolver=WatchedResolver(network.resolver, vital),
        http=WatchedHttp(network.http, vital),
        connector=WatchedConnector(network.connector, vital),
        pack=pack,
        provider_file=provider_file,
        started=asyncio.get_running_loop().time(),
    )
    steps = plan(only, with_provider_file=provider_file is not None)
    searching = run(
        query, steps, vital, timeout=timeout, all_sources=all_sources, progress=progress
    )
    if all_sources and only is None:
        async with asyncio.TaskGroup() as together:
            besides = together.create_task(ask_well_known(query, timeout))
            searched = together.create_task(searching)
        gathered = searched.result()
        gathered.add_services(besides.result())
    else:
        gathered = await searching
    result = await _Conclusion(query, steps, vital, gathered, timeout).result()
    return replace(result, proxy=use_of(network))


class _Conclusion:
    """Turns what was gathered into the result."""

    def __init__(
        self,
        query: Query,
        steps: Sequence[Step],
        vital: Vital,
        gathered: Gathered,
        timeout: float,
    ) -> None:
        self._timeout = timeout
        self._query = query
        self._vital = vital
        self._gathered = gathered
        self._local = {step.source for step in STEPS if step.local}
        self._reports = tuple(
            gathered.reports[step.source] for step in steps if step.source in gathered.reports
        )
        self._uses_network = not all(step.local for step in steps)

    async def result(self) -> DiscoveryResult:
        candidates = self._gathered.candidates
        sends_only = bool(candidates.outgoing) and not candidates.incoming
        if _has_answer(candidates) and not (sends_only and self._speaks_exchange):
            return await self._found_or_offline()
        return await self._nothing()

    async def _found_or_offline(self) -> DiscoveryResult:
        found = self._found(self._gathered.offers)
        sources = {offer.source for offer in self._gathered.offers}
        only_local = sources <= self._local
        if only_local and self._uses_network and not self._vital.alive:
            hosts = {server.host for server in (*found.incoming, *found.outgoing)}
            problem = await network_problem(self._query, self._vital, sorted(hosts)[:4])
            if problem is not None:
                return self._offline(problem, found)
        if self._uses_network:
            with contextlib.suppress(TimeoutError):  # then the published word stands
                async with asyncio.timeout(self._left()):
                    incoming, outgoing = await asyncio.gather(
                        settle(self._query, found.incoming), settle(self._query, found.outgoing)
                    )
                    found = replace(found, incoming=incoming, outgoing=outgoing)
        return replace(found, ms=self._query.ms())

    def _left(self) -> float:
        """Seconds until the whole search has to be over."""
        end = self._query.started + self._timeout * self._vital.slowness
        return max(0.05, end - asyncio.get_running_loop().time())

    async def _nothing(self) -> DiscoveryResult:
        query = self._query
        if not self._uses_network:
            return NothingFound(
                query.address,
                proposals(query, self._gathered.offers, ()),
                self._reports,
                query.ms(),
                unencrypted_only=self._unencrypted_only,
            )
        problem = await network_problem(query, self._vital)
        if problem is not None:
            return self._offline(problem, None)
        mx, addresses, existing = await self._last_questions()
        guesses = proposals(query, self._gathered.offers, existing)
        problem = domain_problem(query.domain, mx, addresses, has_names_below=bool(existing))
        if problem is not None:
            suggestion = ""
            if problem.kind is not ProblemKind.NAME_SERVER_BROKEN:
                eager = problem.kind is ProblemKind.DOMAIN_MISTYPED
                suggestion = suggest_domain(query.domain, query.pack, eager=eager)
            return Failed(query.address, problem, guesses, suggestion, self._reports, query.ms())
        if self._speaks_exchange:
            # Its own programs find it by themselves: that is an answer, not a failure.
            provider = Provider("Exchange", "exchange", PasswordKind.EXCHANGE)
            return Found(query.address, provider, (), (), (), self._reports, query.ms())
        return NothingFound(
            query.address,
            guesses,
            self._reports,
            query.ms(),
            unencrypted_only=self._unencrypted_only,
        )

    @property
    def _unencrypted_only(self) -> bool:
        return any(offer.unencrypted_only for offer in self._gathered.offers)

    @property
    def _speaks_exchange(self) -> bool:
        """Autodiscover asked for a login, or offered Exchange's own protocols and no others."""
        report = self._gathered.reports.get(Source.AUTODISCOVER)
        return (
            report is not None
            and report.state is SourceState.REFUSED
            and report.detail.endswith(" exchange")
        )

    async def _last_questions(
        self,
    ) -> tuple[Records[Mx] | Empty, Records[str] | Empty, tuple[str, ...]]:
        """Mail exchangers and addresses of the domain, and which usual names exist; answered
        from what the sources have asked already, or quickly, or not at all."""
        domain, resolver = self._query.domain, self._query.resolver
        names = tuple(f"{prefix}.{domain}" for prefix in ("imap", "pop", "pop3", "smtp", "mail"))
        try:
            async with asyncio.timeout(min(LAST_QUESTIONS, self._left())):
                mx, addresses, hosts = await asyncio.gather(
                    resolver.mx(domain),
                    resolver.addresses(domain),
                    asyncio.gather(*map(resolver.addresses, names)),
                )
        except TimeoutError:
            silent = NoAnswer(domain, "timeout")
            return silent, silent, ()
        existing = tuple(
            name for name, answer in zip(names, hosts, strict=True) if isinstance(answer, Records)
        )
        return mx, addresses, existing

    def _found(self, offers: Sequence[Offer]) -> Found:
        candidates = self._gathered.candidates
        return Found(
            address=self._query.address,
            provider=pick_provider(self._query.address, offers, candidates, self._query.pack),
            incoming=candidates.incoming,
            outgoing=candidates.outgoing,
            services=candidates.services,
            reports=self._reports,
            ms=self._query.ms(),
        )

    def _offline(self, problem: Problem, found: Found | None) -> Offline:
        return Offline(
            address=self._query.address,
            problem=problem,
            pack=found,
            guesses=proposals(self._query, self._gathered.offers, ()),
            reports=self._reports,
            ms=self._query.ms(),
        )


def _has_answer(candidates: Candidates) -> bool:
    closed = candidates.closing_weight is not None
    return bool(candidates.incoming or candidates.outgoing) or closed
