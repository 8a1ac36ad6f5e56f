"""Source 9: guessing, proven live.

All candidate names are resolved in one batch; only those that exist are probed, implicit TLS
before STARTTLS, never more than 8 connections at a time and 2 per host. What counts is a verified
TLS handshake and a greeting (see `probe`). A certificate that names another host leads there only
where the provider pack or the domain's own records confirm that host independently.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from wizard.discovery.names import clean_host, is_within, owns_names_below
from wizard.discovery.offer import FOUND, Answer, Offer, Query, Tell, Word
from wizard.discovery.probe import Disproof, Proof, prove
from wizard.model import (
    DEFAULT_PORTS,
    Security,
    ServerSettings,
    ServerType,
    Source,
    SourceState,
    Trust,
)
from wizard.net.failure import NetFailure, Trouble
from wizard.net.resolver import NoAnswer, Records

MAX_CONNECTIONS = 8
MAX_PER_HOST = 2
CONNECT_TIMEOUT = 2.5
"""Seconds for the connection and again for the handshake: room for a lost packet, which is sent
again after one second."""
REPLY_TIMEOUT = 4.0
"""Seconds for every answer: some servers greet late on purpose."""
BETTER_WAIT = 0.5
"""Seconds that a better-ranked probe still gets once another one has succeeded."""

SUBMISSION_ON_25 = 25

# Prefixes in the published order; "" is the domain itself, "mx" its mail exchanger.
_MX = "mx"
_PREFIXES = {
    ServerType.IMAP: ("imap", "mail", "incoming", "", _MX),
    ServerType.SMTP: ("smtp", "mail", "outgoing", "", _MX),
    ServerType.POP3: ("pop", "pop3", "mail", "incoming", "", _MX),
}


Machine = frozenset[str]
"""The IP addresses of a name: names with the same ones are one machine."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One connection to try."""

    kind: ServerType
    host: str
    port: int
    security: Security


def candidate_hosts(domain: str, exchanger: str) -> tuple[str, ...]:
    """All names worth resolving, each once."""
    names = dict.fromkeys(
        _host(prefix, domain, exchanger) for prefixes in _PREFIXES.values() for prefix in prefixes
    )
    return tuple(name for name in names if name)


def probes(kind: ServerType, domain: str, exchanger: str, existing: set[str]) -> tuple[Probe, ...]:
    """What to try for one protocol, best first: implicit TLS everywhere, then STARTTLS."""
    hosts = dict.fromkeys(_host(prefix, domain, exchanger) for prefix in _PREFIXES[kind])
    known = [host for host in hosts if host in existing]
    tries = [
        Probe(kind, host, DEFAULT_PORTS[(kind, security)], security)
        for security in (Security.TLS, Security.STARTTLS)
        for host in known
    ]
    if kind is ServerType.SMTP:
        tries += [Probe(kind, host, SUBMISSION_ON_25, Security.STARTTLS) for host in known]
    return tuple(tries)


def _host(prefix: str, domain: str, exchanger: str) -> str:
    if prefix == _MX:
        return exchanger
    if prefix and not owns_names_below(domain):
        return ""  # `imap.co.uk` would be somebody else
    return f"{prefix}.{domain}" if prefix else domain


async def ask(query: Query, tell: Tell) -> Answer:
    """Resolves, probes, tells each side as soon as it is settled."""
    mx = await query.resolver.mx(query.domain)
    exchanger = ""
    if isinstance(mx, Records) and mx.values:
        exchanger = clean_host(mx.values[0].host) or ""
        if not exchanger:
            return Answer(SourceState.NOTHING, "null MX")
        if query.pack.is_mail_filter(exchanger):
            exchanger = ""
    names = candidate_hosts(query.domain, exchanger)
    answers = await asyncio.gather(*(query.resolver.addresses(name) for name in names))
    addresses = {
        name: frozenset(answer.values)
        for name, answer in zip(names, answers, strict=True)
        if isinstance(answer, Records)
    }
    if not addresses:
        if all(isinstance(answer, NoAnswer) for answer in answers):
            return Answer(SourceState.OFFLINE)
        return Answer(SourceState.NOTHING)
    search = _Search(query, tell, exchanger, addresses)
    return await search.run()


@dataclass(slots=True)
class _Side:
    """Receiving or sending: what is still to try, what is under way, what was found."""

    waiting: list[Probe]
    order: dict[Probe, int] = field(default_factory=dict)
    running: set[Probe] = field(default_factory=set)
    best: Probe | None = None
    proof: Proof = field(default_factory=Proof)
    told: bool = False

    def __post_init__(self) -> None:
        self.order = {probe: number for number, probe in enumerate(self.waiting)}

    def add(self, more: Iterable[Probe]) -> None:
        for probe in more:
            if probe not in self.order:
                self.order[probe] = len(self.order)
                self.waiting.append(probe)

    def wants(self, probe: Probe) -> bool:
        return self.best is None or self.order[probe] < self.order[self.best]

    def take(self, probe: Probe, proof: Proof) -> None:
        if self.wants(probe):
            self.best, self.proof = probe, proof
            self.waiting = [other for other in self.waiting if self.wants(other)]

    @property
    def settled(self) -> bool:
        return not self.waiting and not any(self.wants(probe) for probe in self.running)


class _Search:
    """The probing of one domain."""

    def __init__(
        self,
        query: Query,
        tell: Tell,
        exchanger: str,
        addresses: dict[str, frozenset[str]],
    ) -> None:
        self._query = query
        self._tell = tell
        self._exchanger = exchanger
        self._addresses = addresses
        existing = set(addresses)
        tries = {kind: probes(kind, query.domain, exchanger, existing) for kind in ServerType}
        # POP3 only after every IMAP try: it is offered where there is nothing else.
        self._incoming = _Side([*tries[ServerType.IMAP], *tries[ServerType.POP3]])
        self._outgoing = _Side(list(tries[ServerType.SMTP]))
        self._tasks: dict[asyncio.Task[Proof | Disproof | NetFailure], Probe] = {}
        self._leaving: list[asyncio.Task[Proof | Disproof | NetFailure]] = []
        self._timeouts: Counter[Machine] = Counter()
        self._alive: set[Machine] = set()
        self._closed: set[tuple[Machine, int]] = set()
        self._remarks: list[str] = []
        self._first_success: float | None = None

    async def run(self) -> Answer:
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._start()
                if not self._tasks:
                    break
                timeout = None
                if self._incoming.best and self._outgoing.best:
                    self._first_success = self._first_success or loop.time()
                    timeout = max(0.0, self._first_success + BETTER_WAIT - loop.time())
                done, _ = await asyncio.wait(
                    self._tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
                )
                if not done:
                    break
                for task in done:
                    self._digest(self._tasks.pop(task), task.result())
                self._drop_unwanted()
                self._tell_sides(only_settled=True)
        finally:
            await _cancel([*self._tasks, *self._leaving])
        self._tell_sides(only_settled=False)
        if self._incoming.best or self._outgoing.best:
            return FOUND
        state = SourceState.REJECTED if self._remarks else SourceState.NOTHING
        return Answer(state, "; ".join(self._remarks[:3]))

    def _start(self) -> None:
        """Starts what the limits allow, receiving and sending in turn."""
        for side, probe in self._next_probes():
            if len(self._tasks) >= MAX_CONNECTIONS:
                return
            if not side.wants(probe) or self._hopeless(probe):
                side.waiting.remove(probe)
                continue
            busy = sum(other.host == probe.host for other in self._tasks.values())
            if busy >= MAX_PER_HOST:
                continue
            side.waiting.remove(probe)
            side.running.add(probe)
            task = asyncio.create_task(self._attempt(probe))
            self._tasks[task] = probe

    def _next_probes(self) -> Iterator[tuple[_Side, Probe]]:
        incoming, outgoing = list(self._incoming.waiting), list(self._outgoing.waiting)
        for position in range(max(len(incoming), len(outgoing))):
            if position < len(incoming):
                probe = incoming[position]
                # POP3 waits until no IMAP try is left.
                blocked = probe.kind is ServerType.POP3 and any(
                    other.kind is ServerType.IMAP
                    for other in (*self._incoming.running, *self._incoming.waiting)
                )
                if not blocked:
                    yield self._incoming, probe
            if position < len(outgoing):
                yield self._outgoing, outgoing[position]

    def _hopeless(self, probe: Probe) -> bool:
        """True where the machine is silent, or closed at that port, maybe by another name."""
        machine = self._machine(probe)
        silent = self._timeouts[machine] >= MAX_PER_HOST and machine not in self._alive
        return silent or (machine, probe.port) in self._closed

    def _machine(self, probe: Probe) -> Machine:
        """The addresses behind a name; a name that was not resolved stands for itself."""
        return self._addresses.get(probe.host, frozenset({probe.host}))

    async def _attempt(self, probe: Probe) -> Proof | Disproof | NetFailure:
        try:
            return await prove(
                self._query.connector,
                probe.kind,
                probe.host,
                probe.port,
                probe.security,
                connect_timeout=CONNECT_TIMEOUT,
                reply_timeout=REPLY_TIMEOUT,
            )
        except NetFailure as failure:
            return failure

    def _digest(self, probe: Probe, outcome: Proof | Disproof | NetFailure) -> None:
        side = self._side(probe)
        side.running.discard(probe)
        machine = self._machine(probe)
        if not isinstance(outcome, NetFailure) or outcome.trouble is not Trouble.TIMEOUT:
            self._alive.add(machine)
        match outcome:
            case Proof():
                side.take(probe, outcome)
            case Disproof(reason=reason):
                self._remarks.append(f"{probe.host}:{probe.port} {reason}")
            case NetFailure(trouble=Trouble.REFUSED | Trouble.TIMEOUT):
                self._timeouts[machine] += outcome.trouble is Trouble.TIMEOUT
                self._closed.add((machine, probe.port))
            case NetFailure(trouble=Trouble.CERTIFICATE):
                self._remarks.append(f"{probe.host}:{probe.port} certificate")
                side.add(self._named_by_certificate(probe, outcome))
            case NetFailure():
                pass

    def _named_by_certificate(self, probe: Probe, failure: NetFailure) -> Iterator[Probe]:
        """Other hosts to try because a certificate names them and somebody else confirms it."""
        if failure.certificate is None or failure.verify_code != ssl_hostname_mismatch():
            return
        for name in failure.certificate.names[:20]:
            hosts = self._query.pack.hosts_matching(name.lower(), probe.kind)
            host = clean_host(name) if not name.startswith("*") else None
            if host is not None and self._confirmed(host):
                hosts = (*hosts, host)
            for confirmed in hosts:
                yield Probe(probe.kind, confirmed, probe.port, probe.security)

    def _confirmed(self, host: str) -> bool:
        """The domain's own records name it: its exchanger, or a name inside the domain."""
        inside = is_within(host, self._query.domain) and owns_names_below(self._query.domain)
        return inside or host == self._exchanger

    def _side(self, probe: Probe) -> _Side:
        return self._incoming if probe.kind.is_incoming else self._outgoing

    def _drop_unwanted(self) -> None:
        for task, probe in list(self._tasks.items()):
            if not self._side(probe).wants(probe):
                task.cancel()
                self._leaving.append(task)
                del self._tasks[task]

    def _tell_sides(self, *, only_settled: bool) -> None:
        for side in (self._incoming, self._outgoing):
            if side.told or side.best is None or (only_settled and not side.settled):
                continue
            side.told = True
            server = self._settings(side.best, side.proof)
            incoming = (server,) if server.type.is_incoming else ()
            outgoing = () if server.type.is_incoming else (server,)
            self._tell(
                Offer(
                    source=Source.GUESS,
                    incoming=incoming,
                    outgoing=outgoing,
                    trust=Trust.CONSENT,
                    detail=server.evidence[0].detail,
                )
            )

    def _settings(self, probe: Probe, proof: Proof) -> ServerSettings:
        detail = f"{probe.host}:{probe.port} {proof.tls_version}".strip()
        if proof.valid_until:
            detail = f"{detail}, certificate until {proof.valid_until}"
        word = Word(Source.GUESS, detail, Trust.CONSENT, "tls-handshake", self._query.ms())
        server = ServerSettings(
            type=probe.kind,
            host=probe.host,
            port=probe.port,
            security=probe.security,
            auth=proof.auth,
            username=str(self._query.address),
            username_guessed=True,
        )
        return word.about([server])[0]


def ssl_hostname_mismatch() -> int:
    """OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH."""
    return getattr(ssl, "X509_V_ERR_HOSTNAME_MISMATCH", 62)


async def _cancel(tasks: Iterable[asyncio.Task[Proof | Disproof | NetFailure]]) -> None:
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
