"""*Something doesn't work*, wired: the room that looks, the search, and the password at hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from wizard.cli.options import SearchOptions
from wizard.diagnose import Login, Servers, Surroundings, diagnose
from wizard.model import (
    Check,
    Diagnosis,
    DiscoveryResult,
    EmailAddress,
    Found,
    Offline,
    PasswordKind,
    Problem,
    ProblemKind,
    Provider,
    Rung,
    Secret,
    ServerSettings,
    SourceReport,
    Stage,
    Trust,
    Verification,
)
from wizard.net import Network
from wizard.system.log import LOGGER, Redactor
from wizard.verify import verify

SEARCH_TIME = 6.0
"""Seconds for finding the settings: the rest of the 15 belongs to the servers."""
KEYCHAIN_TIME = 2.0

Search = Callable[
    [EmailAddress, SearchOptions, Callable[[SourceReport], None]], Awaitable[DiscoveryResult]
]
Verify = Callable[[Servers, Secret, Callable[[str, Rung], None]], Awaitable[Verification]]


@dataclass(frozen=True, slots=True)
class Diagnosing:
    """Finds out what is wrong. `password`: the one typed or kept, asked for when it is needed."""

    search: Search
    password: Callable[[EmailAddress], Awaitable[Secret | None]]
    surroundings: Surroundings
    open_network: Callable[[], Network]
    redactor: Redactor

    async def diagnose(
        self,
        address: EmailAddress,
        incoming: ServerSettings | None,
        outgoing: ServerSettings | None,
        provider: Provider,
        progress: Callable[[Check], None],
    ) -> Diagnosis:
        """Looks at these servers; without any it looks for them itself."""

        async def find() -> Servers:
            if incoming is None and outgoing is None:
                options = SearchOptions(timeout=SEARCH_TIME)
                return servers_of(address, await self.search(address, options, lambda report: None))
            receiving = (incoming,) if incoming is not None else ()
            sending = (outgoing,) if outgoing is not None else ()
            return known_servers(address, receiving, sending, provider)

        def on_check(check: Check) -> None:
            LOGGER.info(
                "%s %s:%d %s %s %s",
                check.subject.value,
                check.host,
                check.port,
                check.family,
                check.state.value,
                check.said,
            )
            progress(check)

        async with await asyncio.to_thread(self.open_network) as network:
            await network.ready()

            async def log_in(
                servers: Servers, secret: Secret, on_rung: Callable[[str, Rung], None]
            ) -> Verification:
                self.redactor.watch(secret, str(address))
                return await verify(
                    next(iter(servers.incoming), None),
                    next(iter(servers.outgoing), None),
                    secret,
                    network,
                    provider=servers.provider,
                    address=address,
                    progress=on_rung,
                )

            return await diagnose(
                address,
                find,
                network,
                self.surroundings,
                login=login_with(address, lambda: self.password(address), log_in),
                progress=on_check,
            )


def known_servers(
    address: EmailAddress,
    incoming: tuple[ServerSettings, ...],
    outgoing: tuple[ServerSettings, ...],
    provider: Provider,
) -> Servers:
    """Servers that need no search."""
    sure, unsure = _websites(address, (*incoming, *outgoing))
    return Servers(incoming, outgoing, provider, websites=sure, perhaps_websites=unsure)


def servers_of(address: EmailAddress, result: DiscoveryResult) -> Servers:
    """What a search yields to look at; without settings, its own problem."""
    match result:
        case Found():
            found: Found | None = result
        case Offline(pack=found):
            pass
        case _:
            found = None
    if found is not None:
        return known_servers(address, found.incoming, found.outgoing, found.provider)
    problem = getattr(result, "problem", None)
    if not isinstance(problem, Problem) or isinstance(result, Offline):
        # Whether the network is to blame is what the diagnosis finds out by itself.
        problem = Problem(ProblemKind.NOTHING_FOUND, Stage.DISCOVER, host=address.domain)
    return Servers(problem=problem)


def _websites(
    address: EmailAddress, servers: tuple[ServerSettings, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Web hosts of whoever keeps the mailbox: for sure, and perhaps. A domain of one's own often
    has its web somewhere else than its mail."""
    from wizard.discovery.names import registrable_domain

    domains = {registrable_domain(server.host) for server in servers} - {None}
    own = registrable_domain(address.domain)
    sure = tuple(f"www.{domain}" for domain in sorted(filter(None, domains - {own})))
    unsure = (address.domain, f"www.{own}") if own in domains else ()
    return sure, unsure


def login_with(
    address: EmailAddress,
    password: Callable[[], Awaitable[Secret | None]],
    verify: Verify,
) -> Login:
    """The attempt with the password typed or kept; none where there is none, where a browser
    does the signing in, or where the servers rest on evidence nobody has agreed to."""

    async def login(servers: Servers, on_rung: Callable[[str, Rung], None]) -> Verification | None:
        chosen = (*servers.incoming[:1], *servers.outgoing[:1])
        if servers.provider.password_kind is PasswordKind.OAUTH_IN_CLIENT or not all(
            server.takes_password and server.trust is Trust.TRUSTED for server in chosen
        ):
            return None
        try:
            async with asyncio.timeout(KEYCHAIN_TIME):
                secret = await password()
        except TimeoutError:
            return None
        return await verify(servers, secret, on_rung) if secret else None

    return login
