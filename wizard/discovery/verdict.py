"""When no source knew: why not, and what to propose instead.

The domain may be mistyped (its name does not exist), may take no mail (null MX, or neither MX nor
address), its name servers may be broken; or it is this computer that has no network. Control
questions tell the last two apart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from wizard.discovery.names import owns_names_below
from wizard.discovery.offer import Offer, Query
from wizard.discovery.sources.database import DATABASE_HOST
from wizard.discovery.vital import Vital
from wizard.model import (
    DEFAULT_PORTS,
    Evidence,
    Problem,
    ProblemKind,
    Security,
    ServerSettings,
    ServerType,
    Source,
    Stage,
    Trust,
)
from wizard.net.failure import NetFailure, Trouble
from wizard.net.resolver import Empty, Mx, NoAnswer, NoSuchName, Records, Resolver
from wizard.net.streams import Connector

CONTROL_TIME = 2.0
"""Seconds for all control questions together."""

# Asked only when nothing at all has answered. Two names under different top-level domains, and
# public resolvers by number, which are reachable wherever the internet is; they are sent nothing.
CONTROL_NAMES = (DATABASE_HOST, "iana.org")
CONTROL_ADDRESSES = ("9.9.9.9", "1.1.1.1", "2620:fe::fe")
CONTROL_PORT = 443

_PREFIXES = {
    ServerType.IMAP: ("imap", "mail"),
    ServerType.POP3: ("pop", "pop3", "mail"),
    ServerType.SMTP: ("smtp", "mail"),
}


async def network_problem(query: Query, vital: Vital, hosts: Iterable[str] = ()) -> Problem | None:
    """The problem of this computer's network, None where it works.

    A network that showed a sign of life works, unless something posed as the provider database:
    then it is a hotspot that wants to be signed in to first. `hosts`: those that matter; a closed
    network that knows these and nothing of the internet works as it should.
    """
    if DATABASE_HOST in vital.imposters:
        return Problem(ProblemKind.CAPTIVE_PORTAL, Stage.DISCOVER, host=DATABASE_HOST)
    if vital.alive:
        return None
    return await _controls(query.resolver, query.connector, (*hosts, *CONTROL_NAMES))


async def _controls(
    resolver: Resolver, connector: Connector, known: Iterable[str]
) -> Problem | None:
    numbers = asyncio.ensure_future(_numbers_work(connector))
    try:
        if await _names_work(resolver, known):
            return None
        numbers_work = await numbers
    finally:
        numbers.cancel()
        await asyncio.gather(numbers, return_exceptions=True)
    if numbers_work:
        return Problem(ProblemKind.NAME_SERVER_BROKEN, Stage.RESOLVE)
    return Problem(ProblemKind.NO_INTERNET, Stage.CONNECT)


async def _names_work(resolver: Resolver, names: Iterable[str]) -> bool:
    questions = [asyncio.ensure_future(resolver.addresses(name)) for name in names]
    try:
        async with asyncio.timeout(CONTROL_TIME):
            for question in asyncio.as_completed(questions):
                if isinstance(await question, Records):
                    return True
    except TimeoutError:
        pass
    finally:
        for question in questions:
            question.cancel()
        await asyncio.gather(*questions, return_exceptions=True)
    return False


async def _numbers_work(connector: Connector) -> bool:
    return any(
        await asyncio.gather(*(_reaches(connector, address) for address in CONTROL_ADDRESSES))
    )


async def _reaches(connector: Connector, address: str) -> bool:
    try:
        stream = await connector.connect(address, CONTROL_PORT, tls=False, timeout=CONTROL_TIME)
    except NetFailure as failure:
        return failure.trouble in {Trouble.REFUSED, Trouble.RESET}
    await stream.close()
    return True


def domain_problem(
    domain: str,
    mx: Records[Mx] | Empty,
    addresses: Records[str] | Empty,
    *,
    has_names_below: bool = False,
) -> Problem | None:
    """What is wrong with the domain itself, None where it may well have mailboxes.

    `has_names_below`: a name below it exists, so it exists too, whatever its own name servers say.
    """
    match mx, addresses:
        case NoSuchName(), NoSuchName() if not has_names_below:
            return Problem(ProblemKind.DOMAIN_MISTYPED, Stage.RESOLVE, host=domain)
        case Records(values=exchangers), _ if exchangers and not exchangers[0].host:
            return Problem(
                ProblemKind.DOMAIN_TAKES_NO_MAIL, Stage.RESOLVE, host=domain, detail="null MX"
            )
        case Records(), _:
            return None
        case NoAnswer(reason=reason), NoAnswer():
            return Problem(
                ProblemKind.NAME_SERVER_BROKEN, Stage.RESOLVE, host=domain, detail=reason
            )
        case (NoAnswer(), _) | (_, NoAnswer() | Records()):
            return None
        case _:
            return Problem(
                ProblemKind.DOMAIN_TAKES_NO_MAIL, Stage.RESOLVE, host=domain, detail="no MX, no A"
            )


def proposals(
    query: Query, offers: Sequence[Offer], existing: Iterable[str]
) -> tuple[ServerSettings, ...]:
    """Unproven servers to start a manual form with: IMAP, POP3 and SMTP, implicit TLS.

    A host that was named without encryption comes first, then a usual name that exists in DNS,
    then the most usual one.
    """
    there = set(existing)
    named = {server.type: server.host for offer in reversed(offers) for server in offer.unencrypted}
    return tuple(
        ServerSettings(
            type=kind,
            host=named.get(kind) or _usual_host(kind, query.domain, there),
            port=DEFAULT_PORTS[(kind, Security.TLS)],
            security=Security.TLS,
            auth=(),
            username=str(query.address),
            username_guessed=True,
            evidence=(
                Evidence(Source.GUESS, ("host", "port", "security"), "not proven", Trust.CONSENT),
            ),
        )
        for kind in ServerType
    )


def _usual_host(kind: ServerType, domain: str, existing: set[str]) -> str:
    if not owns_names_below(domain):
        return domain
    names = [f"{prefix}.{domain}" for prefix in _PREFIXES[kind]]
    return next((name for name in names if name in existing), names[0])
