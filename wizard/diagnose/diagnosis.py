"""The whole run: everything at once, within 15 seconds, then the judgement.

Controls are asked while the settings are still being looked for. No password goes anywhere before
every server in use has shown itself willing, and then only through `verify` with its own limits.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from wizard.diagnose.board import Board, Progress
from wizard.diagnose.judge import healthy, judge
from wizard.diagnose.probes import (
    Network,
    Place,
    climb_at,
    knock,
    look_at_page,
    look_up,
    places,
    reverse_name,
)
from wizard.diagnose.scene import MAIL_PORTS, WEB_PORT, Lookup, Scene, Servers
from wizard.diagnose.surroundings import Surroundings, WebControl
from wizard.diagnose.whoami import addresses_in, ask_who_am_i, of_family
from wizard.model import (
    Check,
    CheckState,
    Diagnosis,
    EmailAddress,
    Problem,
    ProblemKind,
    Rung,
    ServerSettings,
    SideFailed,
    SideResult,
    SideVerified,
    Stage,
    Subject,
    Verification,
)
from wizard.net.failure import NetFailure
from wizard.net.http import HttpClient, HttpReply
from wizard.net.proxy import named_proxy, use_of
from wizard.net.resolver import Records

DEADLINE = 14.0
"""Seconds until the verdict, whatever is still under way."""
LADDER_TIME = 7.0
MAX_SERVERS = 4
AT_ONCE_PER_HOST = 8
NAME_SERVER_TIME = 1.5

Find = Callable[[], Awaitable[Servers]]
Login = Callable[[Servers, Callable[[str, Rung], None]], Awaitable[Verification | None]]


async def diagnose(
    address: EmailAddress,
    find: Find,
    network: Network,
    surroundings: Surroundings,
    *,
    login: Login | None = None,
    progress: Progress = lambda check: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    deadline: float = DEADLINE,
) -> Diagnosis:
    """Looks at everything that mail needs and says what is wrong; never raises for what a network
    does. Cancelling closes all connections.

    `find`: the servers, from settings or a search. `login`: tries the password, where there is
    one; called at most once and only where all else is well; None where there is none.
    """
    began, at = time.monotonic(), now()
    run = _Run(address, find, network, surroundings, Board(progress))
    with suppress(TimeoutError):
        async with asyncio.timeout(deadline):
            await run.look()
            if login is not None and healthy(run.scene()):
                await run.sign_in(login)
    scene = run.scene()
    judgement = judge(scene, now())
    return Diagnosis(
        address,
        at.astimezone(),
        round((time.monotonic() - began) * 1000),
        judgement.verdict,
        run.board.checks,
        judgement.clues,
        run.public(4),
        run.public(6),
        scene.servers.provider,
    )


class _Run:
    """One diagnosis under way."""

    def __init__(
        self,
        address: EmailAddress,
        find: Find,
        network: Network,
        surroundings: Surroundings,
        board: Board,
    ) -> None:
        self.board = board
        self._address = address
        self._find = find
        self._network = network
        self._surroundings = surroundings
        unknown = Problem(ProblemKind.NOTHING_FOUND, Stage.DISCOVER, host=address.domain)
        self._servers = Servers(problem=unknown)  # should the search be cut short
        self._greetings: list[str] = []
        self._asked: tuple[str, str] = ("", "")
        self._login: Verification | None = None
        self._login_tried = False
        self._proxy = ""
        self._web_by_proxy = False
        self._name_server_there: bool | None = None
        self._gates: dict[tuple[str, str], asyncio.Semaphore] = {}

    def scene(self) -> Scene:
        """What is known by now."""
        board = self.board
        return Scene(
            self._servers,
            tuple(board.lookups),
            tuple(board.seen),
            tuple(board.reverse),
            self._login,
            self._login_tried,
            self._name_server_there,
            self._proxy,
            self._web_by_proxy,
            use_of(self._network),
        )

    def public(self, version: int) -> str:
        """This network's address as others see it; the mail servers' own word first."""
        said = of_family(addresses_in(" ".join(self._greetings)), version)
        return said or self._asked[0 if version == 4 else 1]

    async def look(self) -> None:
        """Everything that needs no password."""
        around = self._surroundings
        tasks: list[Coroutine[object, object, None]] = [
            self._servers_and_their_ports(),
            *(self._page(page) for page in around.web),
            self._who_am_i(),
        ]
        by_host: dict[str, list[int]] = {}
        for host, port in around.mail:
            by_host.setdefault(host, []).append(port)
        tasks += [self._elsewhere(host, ports) for host, ports in by_host.items()]
        await asyncio.gather(*tasks)
        lookups = self.board.lookups
        if lookups and all(lookup.unanswered for lookup in lookups):
            # Without any name: is there a network at all?
            await asyncio.gather(
                self._look_for_name_servers(),
                *(self._direct(host, port) for host, port in around.direct),
            )

    async def sign_in(self, login: Login) -> None:
        """The one attempt with the password."""
        subjects = {
            "incoming": (Subject.SIGN_IN_RECEIVING, self._servers.incoming[:1]),
            "outgoing": (Subject.SIGN_IN_SENDING, self._servers.outgoing[:1]),
        }
        rungs: dict[str, list[Rung]] = {side: [] for side in subjects}

        def check(side: str, state: CheckState, said: str = "", ms: int = 0) -> None:
            subject, servers = subjects[side]
            for server in servers:
                self.board.tell(
                    Check(
                        subject,
                        state,
                        server.host,
                        server.port,
                        service=server.type,
                        security=server.security,
                        rungs=tuple(rungs[side]),
                        said=said,
                        ms=ms,
                    )
                )

        def on_rung(side: str, rung: Rung) -> None:
            rungs[side].append(rung)
            check(side, CheckState.RUNNING)

        self._login_tried = True  # so it stays where the deadline cuts it short
        verification = await login(self._servers, on_rung)
        if verification is None:
            self._login_tried = False
            return
        self._login = verification
        sides: tuple[tuple[str, SideResult], ...] = (
            ("incoming", verification.incoming),
            ("outgoing", verification.outgoing),
        )
        for side, result in sides:
            match result:
                case SideVerified(ms=ms):
                    check(side, CheckState.GOOD, ms=ms)
                case SideFailed(problem=problem, ms=ms):
                    check(side, CheckState.BAD, problem.server_said, ms)

    # -- the provider ---------------------------------------------------------------------------

    async def _servers_and_their_ports(self) -> None:
        check = Check(Subject.SETTINGS, CheckState.RUNNING, self._address.domain)
        async with self.board.timed(check) as timed:
            self._servers = servers = await self._find()
            state = CheckState.GOOD if servers.all else CheckState.BAD
            timed.check = Check(
                Subject.SETTINGS,
                state,
                self._address.domain,
                said=servers.provider.name,
            )
        in_use = servers.all[:MAX_SERVERS]
        by_host: dict[str, list[ServerSettings]] = {}
        for server in in_use:
            by_host.setdefault(server.host, []).append(server)
        await asyncio.gather(
            self._by_proxy(servers),
            *(self._mail_host(host, servers) for host, servers in by_host.items()),
            *(self._website(host, in_use) for host in servers.websites if host not in by_host),
            *(
                self._website(host, in_use, perhaps=True)
                for host in servers.perhaps_websites
                if host not in by_host
            ),
        )

    async def _by_proxy(self, servers: Servers) -> None:
        """Where the system names a proxy for the mail host: does a website answer through it?"""
        for host in servers.hosts[:1]:
            self._proxy = await named_proxy(self._network, host)
            http: HttpClient | None = getattr(self._network, "http", None)
            if not self._proxy or http is None:
                return
            website = next(iter((*servers.websites, *servers.perhaps_websites, host)))
            name, _, port = self._proxy.rpartition(":")
            check = Check(Subject.PROXY, CheckState.RUNNING, name, int(port))
            async with self.board.timed(check) as timed:
                reply = await http.get(f"https://{website}/", follow=False)
                self._web_by_proxy = isinstance(reply, HttpReply)
                state = CheckState.GOOD if self._web_by_proxy else CheckState.BAD
                timed.check = replace(check, state=state)

    async def _mail_host(self, host: str, servers: list[ServerSettings]) -> None:
        """All ports of one host: ladders where there are settings, else a knock."""
        subject = _subject(servers[0])
        lookup = await look_up(self._network.resolver, subject, host, self.board)
        set_up = {server.port for server in servers}
        others = [port for port, _, _ in MAIL_PORTS if port not in set_up]
        await asyncio.gather(
            *(self._ladders(lookup, server) for server in servers),
            *(self._knock(Subject.OTHER_PORT, lookup, port) for port in others),
            self._knock(Subject.WEBSITE, lookup, WEB_PORT),
            *(self._reverse(host, address) for address in (*lookup.v4[:1], *lookup.v6[:1])),
        )

    async def _ladders(self, lookup: Lookup, server: ServerSettings) -> None:
        async def one(place: Place) -> None:
            async with self._gate(place):
                hello = await climb_at(
                    place, server, self._network.connector, self.board, LADDER_TIME
                )
            self._greetings.append(hello)

        found = places(_subject(server), lookup, server.port)
        await asyncio.gather(*(one(place) for place in found))

    async def _website(
        self, host: str, servers: Sequence[ServerSettings], *, perhaps: bool = False
    ) -> None:
        lookup = await look_up(self._network.resolver, Subject.WEBSITE, host, self.board)
        if perhaps:
            mail = {server.host for server in servers}
            names = [await self._network.resolver.addresses(name) for name in mail]
            known = [item for name in names if isinstance(name, Records) for item in name.values]
            if not _share_a_network((*lookup.v4, *lookup.v6), known):
                return
        await self._knock(Subject.WEBSITE, lookup, WEB_PORT, tls=True)

    async def _reverse(self, host: str, address: str) -> None:
        if ipaddress.ip_address(address).is_global:
            await reverse_name(self._network.resolver, host, address, self.board)

    # -- everybody else -------------------------------------------------------------------------

    async def _page(self, page: WebControl) -> None:
        lookup = await look_up(self._network.resolver, Subject.INTERNET, page.host, self.board)
        await asyncio.gather(
            *(
                look_at_page(place, page, self._network.connector, self.board)
                for place in places(Subject.INTERNET, lookup, 80)
            )
        )

    async def _direct(self, host: str, port: int) -> None:
        six = ipaddress.ip_address(host).version == 6
        lookup = Lookup(
            Subject.INTERNET, host, v4=() if six else (host,), v6=(host,) if six else ()
        )
        await self._knock(Subject.INTERNET, lookup, port)

    async def _elsewhere(self, host: str, ports: list[int]) -> None:
        lookup = await look_up(self._network.resolver, Subject.ELSEWHERE, host, self.board)
        implicit = {number for number, _, security in MAIL_PORTS if security.value == "tls"}
        await asyncio.gather(
            *(self._knock(Subject.ELSEWHERE, lookup, port, tls=port in implicit) for port in ports)
        )

    async def _knock(
        self, subject: Subject, lookup: Lookup, port: int, *, tls: bool = False
    ) -> None:
        async def one(place: Place) -> None:
            async with self._gate(place):
                await knock(place, self._network.connector, self.board, tls=tls)

        found = places(subject, lookup, port)
        await asyncio.gather(*(one(place) for place in found))

    async def _who_am_i(self) -> None:
        question = self._surroundings.who_am_i
        if question is not None:
            self._asked = await ask_who_am_i(question, self._network.resolver, self.board)

    async def _look_for_name_servers(self) -> None:
        """No name could be looked up: is the name server there at all? One on this computer only
        passes questions on, so that says nothing."""
        resolver: object = self._network.resolver
        known: tuple[tuple[str, int], ...] = getattr(resolver, "name_servers", ())
        elsewhere = [
            (host, port) for host, port in known if not ipaddress.ip_address(host).is_loopback
        ]

        async def there(host: str, port: int) -> bool:
            try:
                stream = await self._network.connector.open_at(
                    (host,), host, port, timeout=NAME_SERVER_TIME
                )
            except NetFailure as failure:
                return failure.trouble.value == "refused"
            await stream.close()
            return True

        if elsewhere:
            answers = await asyncio.gather(*(there(host, port) for host, port in elsewhere[:3]))
            self._name_server_there = any(answers)

    def _gate(self, place: Place) -> asyncio.Semaphore:
        """So few connections to one host at a time that nobody takes us for a scan."""
        key = (place.host, place.family)
        return self._gates.setdefault(key, asyncio.Semaphore(AT_ONCE_PER_HOST))


def _share_a_network(some: Sequence[str], others: Sequence[str]) -> bool:
    """Neighbours: the same /24, or /48 of IPv6."""

    def networks(addresses: Sequence[str]) -> set[object]:
        lengths = {4: 24, 6: 48}
        found = [ipaddress.ip_address(address) for address in addresses]
        return {ipaddress.ip_network((item, lengths[item.version]), strict=False) for item in found}

    return bool(networks(some) & networks(others))


def _subject(server: ServerSettings) -> Subject:
    return Subject.RECEIVING if server.type.is_incoming else Subject.SENDING
