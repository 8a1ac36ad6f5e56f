"""The whole run over real sockets on loopback: scripted servers and real TLS."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.fakes.scripted import Answers, Script, Talk, Town, mail_server
from tests.lab.ca import CertificateAuthority, Flaw
from wizard.diagnose import Servers, Surroundings, WebControl, WhoAmI, diagnose
from wizard.diagnose.board import Progress
from wizard.diagnose.scene import MAIL_PORTS, WEB_PORT
from wizard.model import (
    AuthMethod,
    Check,
    CheckState,
    ClueKind,
    Diagnosis,
    EmailAddress,
    Problem,
    ProblemKind,
    Provider,
    Rung,
    Security,
    ServerSettings,
    ServerType,
    SideVerified,
    Stage,
    Subject,
    Verification,
)
from wizard.net.failure import NetFailure, Trouble
from wizard.net.resolver import Empty, NoAnswer, NoSuchName, Records
from wizard.net.streams import TcpConnector

ADDRESS = EmailAddress("anna", "shop.example")
HOST, CONTROL, OTHER = "mail.shop.example", "control.example", "imap.other.example"
IMAP = ServerSettings(
    ServerType.IMAP, HOST, 993, Security.TLS, (AuthMethod.PLAIN,), "anna@shop.example"
)
SMTP = replace(IMAP, type=ServerType.SMTP, port=465)
AROUND = Surroundings(web=(WebControl(CONTROL, "/alive", "all is well"),), mail=((OTHER, 993),))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def town(authority: CertificateAuthority) -> Iterator[Town]:
    with Town(authority) as opened:
        yield opened


@dataclass
class Here:
    """A town as a network, and what was told while it was looked at."""

    town: Town
    told: list[Check] = field(default_factory=list)
    names: Callable[[str], Empty | None] = lambda host: None

    @property
    def resolver(self) -> Here:
        return self

    @property
    def connector(self) -> TcpConnector:
        return self.town.connector

    async def addresses(self, host: str) -> Records[str] | Empty:
        return self.names(host) or await self.town.addresses(host)

    def __getattr__(self, name: str) -> object:
        return getattr(self.town, name)

    def run(
        self,
        servers: Servers | None = None,
        *,
        around: Surroundings = AROUND,
        login: Callable[..., object] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        deadline: float = 14.0,
        progress: Progress | None = None,
    ) -> Diagnosis:
        known = servers or Servers((IMAP,), (SMTP,), Provider("Shop Mail"))

        async def find() -> Servers:
            return known

        return asyncio.run(
            diagnose(
                ADDRESS,
                find,
                self,  # type: ignore[arg-type]  # what a town lacks nobody asks for here
                around,
                login=login,  # type: ignore[arg-type]  # as each test writes it
                progress=progress or self.told.append,
                now=now,
                deadline=deadline,
            )
        )


def web(body: str, *headers: str, status: str = "200 OK") -> Script:
    def script(talk: Talk) -> None:
        while talk.line():
            pass
        head = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "")
        talk.say(*head)
        talk.raw(body.encode())

    return script


def opens(talk: Talk) -> None:
    talk.hang()


@pytest.fixture
def here(town: Town) -> Here:
    """Everything works: a mail host with two ports of five, a control, another provider."""
    for port in (*(number for number, _, _ in MAIL_PORTS), WEB_PORT):
        town.refuse(HOST, port)
    serve(town, IMAP)
    serve(town, SMTP)
    town.serve(HOST, WEB_PORT, opens)
    town.serve(CONTROL, 80, web("all is well\n"))
    town.serve(OTHER, 993, mail_server(ServerType.IMAP, Security.TLS))
    return Here(town)


def serve(town: Town, server: ServerSettings, answers: Answers | None = None) -> None:
    town.serve(HOST, server.port, mail_server(server.type, server.security, answers))


def kind(diagnosis: Diagnosis) -> ProblemKind | None:
    return None if diagnosis.verdict is None else diagnosis.verdict.kind


def states(diagnosis: Diagnosis) -> dict[tuple[Subject, int], CheckState]:
    return {(check.subject, check.port): check.state for check in diagnosis.checks}


def test_all_is_well_and_every_step_is_told(here: Here) -> None:
    diagnosis = here.run()
    assert kind(diagnosis) is None
    found = states(diagnosis)
    assert found[Subject.RECEIVING, 993] is CheckState.GOOD
    assert found[Subject.SENDING, 465] is CheckState.GOOD
    assert found[Subject.OTHER_PORT, 143] is CheckState.UNSURE
    assert found[Subject.INTERNET, 80] is CheckState.GOOD
    assert found[Subject.ELSEWHERE, 993] is CheckState.GOOD
    receiving = next(item for item in diagnosis.checks if item.subject is Subject.RECEIVING)
    assert [rung.stage for rung in receiving.rungs] == [
        "connect",
        "tls",
        "greeting",
        "capability",
    ]
    running = [item.state for item in here.told if item.key == receiving.key]
    assert running[0] is CheckState.RUNNING
    assert running[-1] is CheckState.GOOD
    assert all(check.state is not CheckState.RUNNING for check in diagnosis.checks)
    assert {clue.kind for clue in diagnosis.clues} == {ClueKind.SIGN_IN_UNTESTED}


def test_no_login_is_tried_and_goodbye_is_said(town: Town, here: Here) -> None:
    imap = town.serve(HOST, 993, mail_server(ServerType.IMAP, Security.TLS))
    smtp = town.serve(HOST, 465, mail_server(ServerType.SMTP, Security.TLS))
    here.run()
    assert not imap.count("LOGIN |AUTHENTICATE")
    assert not smtp.count("AUTH ")
    assert imap.lines[-1].endswith("LOGOUT")
    assert smtp.lines[-1] == "QUIT"


def test_the_login_is_tried_once_and_only_where_all_else_is_well(town: Town, here: Here) -> None:
    tried: list[Servers] = []

    async def login(servers: Servers, on_rung: Callable[[str, Rung], None]) -> Verification | None:
        tried.append(servers)
        on_rung("incoming", Rung("login", True, 5))
        return Verification(SideVerified(IMAP, 5, ()), SideVerified(SMTP, 5, ()))

    diagnosis = here.run(login=login)
    assert len(tried) == 1
    assert states(diagnosis)[Subject.SIGN_IN_RECEIVING, 993] is CheckState.GOOD
    assert diagnosis.clues == ()
    town.refuse(HOST, 465)
    here.run(login=login)
    assert len(tried) == 1


def test_banned(town: Town, here: Here) -> None:
    for port in (993, 465):
        town.swallow(HOST, port)
    began = time.monotonic()
    diagnosis = here.run()
    assert kind(diagnosis) is ProblemKind.NETWORK_BANNED
    assert time.monotonic() - began < 15  # the promise, not a measure of speed


def test_a_portal_answers_on_the_mail_ports(town: Town, here: Here) -> None:
    for port in (993, 465):
        town.serve(HOST, port, web("<html>sign in", status="302 Found"))
    assert kind(here.run()) is ProblemKind.CAPTIVE_PORTAL


def test_a_portal_in_place_of_the_known_page(town: Town, here: Here) -> None:
    for port in (993, 465, WEB_PORT):
        town.refuse(HOST, port)
    moved = web("", "Location: http://portal.hotel.example/", status="302 Found")
    for script in (moved, web("<!DOCTYPE html>sign in"), web("", status="511 Sign In")):
        town.serve(CONTROL, 80, script)
        assert kind(here.run()) is ProblemKind.CAPTIVE_PORTAL


@pytest.mark.parametrize(
    "script",
    [
        web("nothing here", status="404 Not Found"),
        web("", "Location: https://control.example/alive", status="301 Moved"),
        lambda talk: talk.say("what?"),
    ],
)
def test_a_control_that_only_changed_is_no_portal(town: Town, here: Here, script: Script) -> None:
    town.serve(CONTROL, 80, script)
    town.refuse(HOST, 465)
    assert kind(here.run()) is ProblemKind.SERVER_DOWN


def test_the_clock_of_this_computer(
    town: Town, here: Here, authority: CertificateAuthority
) -> None:
    expired = authority.issue([HOST], Flaw.EXPIRED)
    for server in (IMAP, SMTP):
        script = mail_server(server.type, server.security)
        town.serve(HOST, server.port, script, expired)
    assert kind(here.run()) is ProblemKind.CERTIFICATE_EXPIRED
    past = datetime.now(UTC) - timedelta(days=500)
    town.serve(CONTROL, 80, web("all is well", f"Date: {format_datetime(past, usegmt=True)}"))
    diagnosis = here.run()
    assert kind(diagnosis) is ProblemKind.CLOCK_WRONG
    assert ClueKind.CLOCK_DIFFERS in {clue.kind for clue in diagnosis.clues}


def test_an_interceptor(town: Town, here: Here, tmp_path: Path) -> None:
    box = CertificateAuthority(tmp_path / "box", "Kaspersky Anti-Virus Personal Root")
    nameless = CertificateAuthority(tmp_path / "nameless", "Box 7")
    for root, hosts in ((box, (HOST,)), (nameless, (HOST, OTHER))):
        for host in hosts:
            for server in (IMAP, SMTP) if host == HOST else (IMAP,):
                script = mail_server(server.type, server.security)
                town.serve(host, server.port, script, root.issue([host]))
        verdict = here.run().verdict
        assert verdict is not None
        assert verdict.kind is ProblemKind.CERTIFICATE_INTERCEPTED
        assert verdict.fact("issuer") in {"Kaspersky Anti-Virus Personal Root", "Box 7"}


def test_no_name_can_be_looked_up(here: Here) -> None:
    here.names = lambda host: NoAnswer(host, "servfail")
    assert kind(here.run()) is ProblemKind.NAME_SERVER_BROKEN
    here.names = lambda host: NoAnswer(host, "offline")
    assert kind(here.run()) is ProblemKind.NO_INTERNET


def test_the_server_has_no_name(here: Here) -> None:
    here.names = lambda host: NoSuchName(host) if host == HOST else None
    verdict = here.run().verdict
    assert verdict is not None
    assert (verdict.kind, verdict.host) == (ProblemKind.DOMAIN_MISTYPED, HOST)


def test_the_server_tells_our_address_in_its_greeting(town: Town, here: Here) -> None:
    hello = "PIPELINING\nAUTH PLAIN"
    script = mail_server(ServerType.SMTP, Security.TLS, Answers(capabilities=hello))

    def telling(talk: Talk) -> None:
        say = talk.say

        def with_address(*lines: str) -> None:
            say(
                *(
                    line.replace("mail.example.net", "mx Hello x [127.0.0.1] [198.51.101.7]")
                    for line in lines
                )
            )

        talk.say = with_address  # type: ignore[method-assign]
        script(talk)

    town.serve(HOST, 465, telling)
    diagnosis = here.run()
    assert (diagnosis.public_v4, diagnosis.public_v6) == ("198.51.101.7", "")


def test_else_a_name_tells_it(town: Town, here: Here) -> None:
    known = town.address("whoami.example")
    diagnosis = here.run(around=replace(AROUND, who_am_i=WhoAmI("whoami.example")))
    assert diagnosis.public_v4 == known


def test_what_a_server_says_cannot_act_on_a_terminal(town: Town, here: Here) -> None:
    serve(town, IMAP, Answers(greeting="* BYE \x1b[31mred\u202eder"))
    diagnosis = here.run()
    assert diagnosis.verdict is not None
    said = [diagnosis.verdict.server_said]
    for check in diagnosis.checks:
        said += [check.said, *(rung.said for rung in check.rungs)]
    assert any("red" in text for text in said)
    assert not any("\x1b" in text or "\u202e" in text for text in said)


def test_the_deadline_holds_and_what_was_seen_by_then_counts(here: Here) -> None:
    async def never() -> Servers:
        await asyncio.sleep(3600)
        raise AssertionError

    async def run() -> Diagnosis:
        return await diagnose(
            ADDRESS,
            never,
            here,  # type: ignore[arg-type]  # as above
            AROUND,
            deadline=2.0,
        )

    diagnosis = asyncio.run(run())
    assert states(diagnosis)[Subject.INTERNET, 80] is CheckState.GOOD
    assert states(diagnosis)[Subject.SETTINGS, 0] is CheckState.UNSURE
    assert kind(diagnosis) is ProblemKind.NOTHING_FOUND


def test_a_server_that_nobody_got_to_see_in_time_does_not_pass_for_one_that_works(
    town: Town, here: Here
) -> None:
    town.serve(HOST, 465, opens)
    diagnosis = here.run(deadline=4.0)
    verdict = diagnosis.verdict
    assert verdict is not None
    assert (verdict.kind, verdict.port) == (ProblemKind.NO_ANSWER, 465)


def test_cancelling_closes_everything(town: Town, here: Here) -> None:
    town.serve(HOST, 993, opens)

    async def find() -> Servers:
        return Servers((IMAP,), (SMTP,))

    async def run() -> None:
        task = asyncio.create_task(
            diagnose(ADDRESS, find, here, AROUND)  # type: ignore[arg-type]  # as above
        )
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert town.all_gone(5)


def test_settings_that_were_not_found(here: Here) -> None:
    problem = Problem(ProblemKind.NOTHING_FOUND, Stage.DISCOVER, host="shop.example")
    diagnosis = here.run(Servers(problem=problem))
    assert diagnosis.verdict == problem
    assert states(diagnosis)[Subject.SETTINGS, 0] is CheckState.BAD


def test_without_a_way_nothing_is_sent(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TcpConnector, "has_way_to", lambda self, address, port: False)

    async def never(*args: object, **keywords: object) -> None:
        raise NetFailure(Trouble.OFFLINE)

    monkeypatch.setattr(TcpConnector, "open_at", never)
    assert kind(here.run()) is ProblemKind.NO_INTERNET
