"""The work on a list of people: discover, test, write files; each row for itself.

    discover (once per domain) -> consent -> test (if there is a password) -> files

Eight at a time, two per provider (`polite`). A domain is searched once: the next person's servers
follow from it where the user name is the address or the part before the @, else it is searched
again for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Protocol

from wizard.batch.people import Person
from wizard.batch.polite import Gate, Manners, Sleep
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
    Secret,
    ServerSettings,
    SideUntested,
    Stage,
    Verification,
)

AT_ONCE = 8


class State(Enum):
    """How it ended for a person. HELD: not tried, because their provider said stop."""

    DONE = "done"
    UNTESTED = "untested"
    CONSENT = "needs-consent"
    PROBLEM = "problem"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`reason`: why UNTESTED (`no-password`, `oauth-only`, `bridge`). `hosts`: that need consent.
    `files`: names in the person's folder. `notes`: programs that got nothing, and why."""

    person: Person
    state: State
    problem: Problem | None = None
    provider: Provider = field(default_factory=lambda: Provider(""))
    reason: str = ""
    hosts: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    notes: tuple[tuple[str, Problem], ...] = ()


class Worker(Protocol):
    """What the run needs done."""

    async def discover(self, address: EmailAddress) -> DiscoveryResult:
        """Looks for the servers of an address."""
        ...

    async def password(self, address: EmailAddress) -> Secret | None:
        """The password to test with, if there is one."""
        ...

    async def verify(
        self,
        address: EmailAddress,
        secret: Secret,
        incoming: ServerSettings,
        outgoing: ServerSettings,
        provider: Provider,
    ) -> Verification:
        """Logs in to both sides."""
        ...

    async def write(
        self, person: Person, found: Found, verification: Verification | None
    ) -> tuple[tuple[str, ...], tuple[tuple[str, Problem], ...]] | Problem:
        """Writes the person's folder: names of files, and programs that got nothing."""
        ...


@dataclass(slots=True)
class _Domain:
    """What one search said, for the others of the same domain."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    found: Found | None = None
    failed: DiscoveryResult | None = None


class _Run:
    def __init__(self, worker: Worker, consent: bool, manners: Manners, sleep: Sleep) -> None:
        self._worker = worker
        self._consent = consent
        self._manners = manners
        self._sleep = sleep
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._domains: dict[str, _Domain] = {}
        self._gates: dict[str, Gate] = {}
        self.offline: Problem | None = None

    async def one(self, person: Person) -> Outcome:
        result = await self._settings(person)
        match result:
            case Found():
                return await self._found(person, result)
            case Offline(problem=problem):
                self.offline = problem
                return Outcome(person, State.PROBLEM, problem)
            case Failed(problem=problem):
                return Outcome(person, State.PROBLEM, problem)
            case NothingFound(unencrypted_only=plain):
                kind = ProblemKind.UNENCRYPTED_ONLY if plain else ProblemKind.NOTHING_FOUND
                problem = Problem(kind, Stage.DISCOVER, host=person.address.domain)
                return Outcome(person, State.PROBLEM, problem)

    async def _settings(self, person: Person) -> DiscoveryResult:
        domain = self._domains.setdefault(person.address.domain, _Domain())
        async with domain.lock:
            if self.offline is not None:
                return Offline(person.address, self.offline)
            if domain.found is not None:
                also = retarget(domain.found, person.address)
                if also is not None:
                    return also
            elif domain.failed is not None:
                return domain.failed
            async with self._slots:
                result = await self._worker.discover(person.address)
            if isinstance(result, Found):
                domain.found = result
            elif not isinstance(result, Offline):
                domain.failed = result
            return result

    async def _found(self, person: Person, found: Found) -> Outcome:
        provider = found.provider
        incoming, outgoing = next(iter(found.incoming), None), next(iter(found.outgoing), None)
        kind = provider.password_kind
        if not kind.has_servers:
            exchange = kind is PasswordKind.EXCHANGE
            why = ProblemKind.EXCHANGE_ONLY if exchange else ProblemKind.NOT_POSSIBLE
            problem = Problem(why, Stage.DISCOVER, host=person.address.domain)
            return Outcome(person, State.PROBLEM, problem, provider)
        if incoming is None or outgoing is None:
            problem = Problem(ProblemKind.NOTHING_FOUND, Stage.DISCOVER, host=person.address.domain)
            return Outcome(person, State.PROBLEM, problem, provider)
        doubtful = tuple(dict.fromkeys(server.host for server in found.needs_consent))
        if doubtful and not self._consent:
            return Outcome(person, State.CONSENT, None, provider, hosts=doubtful)
        verification, reason = None, ""
        if not kind.can_be_tested or not (incoming.takes_password or outgoing.takes_password):
            reason = "bridge" if kind is PasswordKind.BRIDGE else "oauth-only"
        elif (secret := await self._worker.password(person.address)) is None:
            reason = "no-password"
        else:
            tested = await self._test(person, secret, incoming, outgoing, provider)
            if isinstance(tested, Outcome):
                return tested
            verification = tested
            if any(isinstance(s, SideUntested) for s in (tested.incoming, tested.outgoing)):
                reason = "oauth-only"
        async with self._slots:
            written = await self._worker.write(person, found, verification)
        if isinstance(written, Problem):
            return Outcome(person, State.PROBLEM, written, provider)
        files, notes = written
        state = State.UNTESTED if reason else State.DONE
        return Outcome(person, state, None, provider, reason, files=files, notes=notes)

    async def _test(
        self,
        person: Person,
        secret: Secret,
        incoming: ServerSettings,
        outgoing: ServerSettings,
        provider: Provider,
    ) -> Verification | Outcome:
        key = provider.id or incoming.host
        if key not in self._gates:
            self._gates[key] = Gate(self._manners, self._sleep)
        gate = self._gates[key]
        async with gate.turn() as stopped:
            if stopped is not None:
                return Outcome(person, State.HELD, stopped, provider)
            async with self._slots:
                verification = await self._worker.verify(
                    person.address, secret, incoming, outgoing, provider
                )
            gate.learn(verification.problem)
        if verification.problem is not None:
            return Outcome(person, State.PROBLEM, verification.problem, provider)
        return verification


async def run(
    people: Sequence[Person],
    worker: Worker,
    on_outcome: Callable[[Outcome], None],
    *,
    consent: bool = False,
    manners: Manners = Manners(),  # noqa: B008 - frozen
    sleep: Sleep = asyncio.sleep,
) -> Problem | None:
    """Works through the list; `on_outcome` hears of each person as soon as they are done.

    Returns the problem where there is no network at all. Cancelling stops between two steps of a
    person; who has no outcome yet is as if never begun.
    """
    work = _Run(worker, consent, manners, sleep)

    async def one(person: Person) -> None:
        on_outcome(await work.one(person))

    async with asyncio.TaskGroup() as group:
        for person in people:
            group.create_task(one(person))
    return work.offline


def retarget(found: Found, address: EmailAddress) -> Found | None:
    """The same settings for another person of the domain; None where that cannot be known."""
    before = found.address

    def renamed(username: str) -> str | None:
        if username == str(before):
            return str(address)
        if username == before.local:
            return address.local
        if username == f"{before.local}%{before.domain}":
            return f"{address.local}%{address.domain}"
        return None

    servers: list[ServerSettings] = []
    for server in (*found.incoming, *found.outgoing):
        name = renamed(server.username)
        if name is None:
            return None
        servers.append(replace(server, username=name))
    services = []
    for service in found.services:
        name = renamed(service.username)
        if name is None or before.local in service.url:
            return None
        services.append(replace(service, username=name))
    count = len(found.incoming)
    return replace(
        found,
        address=address,
        incoming=tuple(servers[:count]),
        outgoing=tuple(servers[count:]),
        services=tuple(services),
    )
