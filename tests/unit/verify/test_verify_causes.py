"""Every cause that verification can see, as a server or a network that shows exactly this."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.fakes.scripted import Answers, Talk, Town, mail_server
from tests.lab.ca import CertificateAuthority, Flaw
from tests.unit.verify.asking import (
    IMAP,
    PASSWORD,
    POP3,
    SMTP,
    STARTTLS,
    TLS,
    ask,
    ask_one,
    problem_of,
    settings,
    worked,
)
from tests.unit.verify.wordings import ELSEWHERE, TABLE, UNKNOWN, Wording
from wizard.model import Problem, ProblemKind, Secret, Security, ServerType, SideFailed, Stage
from wizard.net.proxy import ProxySettings, SystemProxies
from wizard.net.resolver import Empty, NoAnswer, Records
from wizard.verify import verify

SERVICES = [IMAP, POP3, SMTP]
K = ProblemKind


# ---- what servers say ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wording",
    [item for item in [*TABLE, *ELSEWHERE, *UNKNOWN] if item.stage is Stage.LOGIN],
    ids=lambda wording: wording.id,
)
def test_refused_logins(town: Town, wording: Wording) -> None:
    server = settings(wording.service, host=wording.host)
    side, seen = ask_one(town, server, Answers(login=wording.line))
    problem = problem_of(side)
    assert problem.kind.cause == wording.cause
    assert (problem.stage, problem.service) == (Stage.LOGIN, wording.service)
    assert (problem.host, problem.port) == (server.host, server.port)
    assert problem.server_said
    assert seen.count("AUTH(ENTICATE)? PLAIN") == 1


@pytest.mark.parametrize(
    "wording",
    [item for item in TABLE if item.stage is Stage.GREETING],
    ids=lambda wording: wording.id,
)
@pytest.mark.parametrize("security", [TLS, STARTTLS])
def test_refusing_greetings(town: Town, wording: Wording, security: Security) -> None:
    server = settings(wording.service, security)
    side, _ = ask_one(town, server, Answers(greeting=wording.line))
    problem = problem_of(side)
    assert problem.kind.cause == wording.cause
    assert problem.stage is Stage.GREETING


@pytest.mark.parametrize(
    "wording",
    [item for item in TABLE if item.stage is Stage.TLS],
    ids=lambda wording: wording.id,
)
def test_refused_upgrades(town: Town, wording: Wording) -> None:
    side, _ = ask_one(town, settings(wording.service, STARTTLS), Answers(starttls=wording.line))
    assert problem_of(side).kind.cause == wording.cause


# ---- what the network shows ---------------------------------------------------------------------


class BrokenNames(Town):
    """A town whose name server does not do its work."""

    reason = "servfail"

    async def addresses(self, host: str) -> Records[str] | Empty:
        return NoAnswer(host, self.reason)


def test_1_unknown_server(town: Town) -> None:
    problem = problem_of(ask(town, settings(IMAP)).incoming)
    assert (problem.kind, problem.host) == (K.DOMAIN_MISTYPED, "imap.example.net")


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("servfail", K.NAME_SERVER_BROKEN),
        ("timeout", K.NAME_SERVER_BROKEN),
        ("offline", K.NO_INTERNET),
    ],
)
def test_3_and_4_no_names_no_network(
    authority: CertificateAuthority, reason: str, kind: ProblemKind
) -> None:
    with BrokenNames(authority) as town:
        town.reason = reason
        result = ask(town, settings(IMAP), settings(SMTP))
    assert problem_of(result.incoming).kind is kind
    assert problem_of(result.outgoing).kind is kind


PORTAL = "HTTP/1.1 302 Found\r\nLocation: https://portal.example/\r\n\r\n<html>Welcome</html>"


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("security", [TLS, STARTTLS])
@pytest.mark.parametrize("after_hello", [True, False])
def test_5_captive_portal(
    town: Town, service: ServerType, security: Security, after_hello: bool
) -> None:
    def script(talk: Talk) -> None:
        if after_hello and security is TLS:
            talk.line()
        talk.say(PORTAL)
        talk.hang()

    side, _ = ask_one(town, settings(service, security), script)
    assert problem_of(side).kind is K.CAPTIVE_PORTAL


def test_6_one_port_of_a_host_is_silent(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.verify.ladder.CONNECT_TIME", 0.3)
    town.serve("mail.example.net", 993, mail_server(IMAP, TLS))
    town.swallow("mail.example.net", 465)
    host = "mail.example.net"
    result = ask(town, settings(IMAP, host=host), settings(SMTP, host=host))
    worked(result.incoming)
    assert problem_of(result.outgoing).kind is K.PORT_BLOCKED


def pac(*said: str) -> SystemProxies:
    """A computer whose automatic configuration says this of every host."""

    class System:
        def hinted(self) -> bool:
            return True

        def read(self) -> ProxySettings:
            return ProxySettings(automatic="http://wpad.example.net/proxy.pac")

        def ask(self, automatic: str, host: str, seconds: float) -> Sequence[str]:
            return said

    return SystemProxies(System())


@pytest.mark.parametrize(
    ("said", "kind"),
    [("http://proxy.example.net:3128", K.PORT_BLOCKED), ("direct://", K.NO_ANSWER)],
)
def test_6_a_network_that_lets_websites_out_through_a_proxy(
    town: Town, said: str, kind: ProblemKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.verify.ladder.CONNECT_TIME", 0.3)
    town.swallow("imap.example.net", 993)
    town.swallow("smtp.example.net", 465)
    monkeypatch.setattr(Town, "proxies", pac(said), raising=False)
    result = ask(town, settings(IMAP), settings(SMTP))
    assert problem_of(result.incoming).kind is kind
    proxy = problem_of(result.outgoing).fact("proxy")
    assert proxy == ("proxy.example.net:3128" if kind is K.PORT_BLOCKED else "")


def test_6_a_proxy_explains_nothing_where_mail_gets_through(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.verify.ladder.CONNECT_TIME", 0.3)
    town.serve("imap.example.net", 993, mail_server(IMAP, TLS))
    town.swallow("smtp.example.net", 465)
    monkeypatch.setattr(Town, "proxies", pac("http://proxy.example.net:3128"), raising=False)
    result = ask(town, settings(IMAP), settings(SMTP))
    worked(result.incoming)
    assert problem_of(result.outgoing).kind is K.NO_ANSWER


def test_no_answer_at_all_may_be_anything(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.verify.ladder.CONNECT_TIME", 0.3)
    town.swallow("imap.example.net", 993)
    town.swallow("smtp.example.net", 465)
    result = ask(town, settings(IMAP), settings(SMTP))
    assert problem_of(result.incoming).kind is K.NO_ANSWER
    assert problem_of(result.outgoing).kind is K.NO_ANSWER


def test_8_refused_connections(town: Town) -> None:
    town.refuse("imap.example.net", 993)
    town.refuse("smtp.example.net", 465)
    result = ask(town, settings(IMAP), settings(SMTP))
    assert problem_of(result.incoming).kind is K.SERVER_DOWN
    assert problem_of(result.outgoing).kind is K.SERVER_DOWN


def test_9_one_port_of_a_host_refuses(town: Town) -> None:
    town.serve("mail.example.net", 993, mail_server(IMAP, TLS))
    town.refuse("mail.example.net", 465)
    host = "mail.example.net"
    result = ask(town, settings(IMAP, host=host), settings(SMTP, host=host))
    assert problem_of(result.outgoing).kind is K.WRONG_PORT_OR_TLS_MODE


BANNERS = {IMAP: "* OK ready", POP3: "+OK ready", SMTP: "220 ready"}


@pytest.mark.parametrize("service", SERVICES)
def test_9_plain_banner_where_tls_should_be(town: Town, service: ServerType) -> None:
    def script(talk: Talk) -> None:
        talk.say(BANNERS[service])
        talk.hang()

    side, _ = ask_one(town, settings(service), script)
    problem = problem_of(side)
    assert problem.kind is K.WRONG_PORT_OR_TLS_MODE
    assert problem.server_said == BANNERS[service]


@pytest.mark.parametrize("service", SERVICES)
def test_9_silence_where_tls_should_be(
    town: Town, service: ServerType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.verify.ladder.TLS_TIME", 0.2)

    def script(talk: Talk) -> None:
        talk.hang()

    side, _ = ask_one(town, settings(service), script)
    problem = problem_of(side)
    assert (problem.kind, problem.stage) == (K.WRONG_PORT_OR_TLS_MODE, Stage.TLS)


@pytest.mark.parametrize("service", SERVICES)
def test_9_tls_where_a_banner_should_be(
    town: Town, service: ServerType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.verify.verification.SIDE_TIME", 0.4)
    side, _ = ask_one(town, settings(service, STARTTLS), mail_server(service, TLS))
    assert problem_of(side).kind is K.WRONG_PORT_OR_TLS_MODE


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("other", SERVICES)
def test_9_another_protocol_answers(town: Town, service: ServerType, other: ServerType) -> None:
    side, _ = ask_one(town, settings(service), mail_server(other, TLS))
    if service is other:
        worked(side)
    else:
        assert problem_of(side).kind is K.WRONG_PORT_OR_TLS_MODE


def old_tls(talk: Talk) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    # Python warns about old versions; being old is the point here.
    context.options |= ssl.OP_NO_TLSv1_2 | ssl.OP_NO_TLSv1_3
    context.load_cert_chain(talk.certificate.chain, talk.certificate.key)
    talk.start_tls(context)


@pytest.mark.filterwarnings("ignore:ssl.OP_NO_:DeprecationWarning")
@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("security", [TLS, STARTTLS])
def test_11_old_tls(town: Town, service: ServerType, security: Security) -> None:
    answers = Answers(handshake=old_tls)
    side, server = ask_one(town, settings(service, security), answers)
    assert problem_of(side).kind is K.TLS_TOO_OLD
    assert PASSWORD not in "".join(server.lines)


FLAWS = {
    Flaw.EXPIRED: K.CERTIFICATE_EXPIRED,
    Flaw.NOT_YET_VALID: K.CLOCK_WRONG,
    Flaw.WRONG_HOST: K.CERTIFICATE_OTHER_HOST,
    Flaw.SELF_SIGNED: K.CERTIFICATE_SELF_SIGNED,
    Flaw.UNKNOWN_ROOT: K.CERTIFICATE_UNKNOWN_AUTHORITY,
    Flaw.WEAK_KEY: K.CERTIFICATE_WEAK,
}


@pytest.mark.parametrize("flaw", Flaw)
@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("security", [TLS, STARTTLS])
def test_12_to_18_certificates(
    town: Town,
    authority: CertificateAuthority,
    flaw: Flaw,
    service: ServerType,
    security: Security,
) -> None:
    server = settings(service, security)
    certificate = authority.issue([server.host], flaw)
    side, seen = ask_one(town, server, certificate=certificate)
    problem = problem_of(side)
    assert problem.kind is FLAWS[flaw]
    assert problem.stage is Stage.TLS
    assert PASSWORD not in "".join(seen.lines)
    assert "anna" not in "".join(seen.lines)
    if flaw is Flaw.WRONG_HOST:
        assert problem.fact("names") == "elsewhere.example"
    if flaw is Flaw.EXPIRED:
        yesterday = datetime.now(UTC) - timedelta(days=2)
        assert problem.fact("not_after") == yesterday.date().isoformat()


@pytest.mark.parametrize("name", ["Avast Web/Mail Shield Root", "Kaspersky Anti-Virus Root"])
def test_17_antivirus_reads_along(town: Town, tmp_path: Path, name: str) -> None:
    certificate = CertificateAuthority(tmp_path, name).issue(["imap.example.net"])
    side, _ = ask_one(town, settings(IMAP), certificate=certificate)
    problem = problem_of(side)
    assert problem.kind is K.CERTIFICATE_INTERCEPTED
    assert problem.fact("issuer") == name


@pytest.mark.parametrize(("days", "kind"), [(0, K.CERTIFICATE_EXPIRED), (-30, K.CLOCK_WRONG)])
def test_13_the_date_elsewhere_tells_a_wrong_clock_from_an_expired_certificate(
    town: Town, authority: CertificateAuthority, days: int, kind: ProblemKind
) -> None:
    def web(talk: Talk) -> None:
        while talk.line():
            pass
        there = format_datetime(datetime.now(UTC) + timedelta(days=days), usegmt=True)
        talk.say("HTTP/1.1 200 OK", f"Date: {there}", "", "")

    seen = town.serve("example.net", 80, web)
    expired = authority.issue(["imap.example.net"], Flaw.EXPIRED)
    side, _ = ask_one(town, settings(IMAP), certificate=expired)
    assert problem_of(side).kind is kind
    assert seen.lines[0] == "HEAD / HTTP/1.1"
    assert "anna" not in "".join(seen.lines)


@pytest.mark.parametrize("ending", ["close", "reset"])
@pytest.mark.parametrize("service", SERVICES)
def test_48_cut_after_hello(town: Town, service: ServerType, ending: str) -> None:
    def script(talk: Talk) -> None:
        talk.some()
        if ending == "reset":
            talk.reset()

    side, _ = ask_one(town, settings(service), script)
    problem = problem_of(side)
    assert (problem.kind, problem.stage) == (K.CONNECTION_CLOSED, Stage.TLS)


@pytest.mark.parametrize("service", SERVICES)
def test_48_cut_after_login(town: Town, service: ServerType) -> None:
    side, _ = ask_one(town, settings(service), Answers(login=None))
    problem = problem_of(side)
    assert (problem.kind, problem.stage) == (K.CONNECTION_CLOSED, Stage.LOGIN)


# ---- what is shown ------------------------------------------------------------------------------


def test_server_text_is_shown_harmless_and_short(town: Town) -> None:
    answer = "NO \x1b[31mred\u202e evil \x07" + "x" * 5000
    side, _ = ask_one(town, settings(IMAP), Answers(login=answer))
    said = problem_of(side).server_said
    assert "⟨001B⟩[31mred⟨202E⟩ evil" in said
    assert len(said) <= 400
    assert said.isprintable()


@pytest.mark.parametrize("service", SERVICES)
def test_a_server_that_repeats_the_password_is_not_quoted(town: Town, service: ServerType) -> None:
    refusal = {IMAP: "NO no to", POP3: "-ERR no to", SMTP: "554 no to"}[service]

    def echo(line: str) -> str:
        return f"{refusal} {line} {PASSWORD}"

    side, _ = ask_one(town, settings(service), Answers(login=echo))
    said = str(side)
    assert isinstance(side, SideFailed)
    for secret in (
        PASSWORD,
        *(line for line in problem_of(side).server_said.split() if "AGFu" in line),
    ):
        assert secret not in said
    assert "***" in problem_of(side).server_said


def test_the_ladder_records_the_broken_rung(town: Town) -> None:
    side, _ = ask_one(town, settings(IMAP), Answers(login="NO nope"))
    assert isinstance(side, SideFailed)
    last = side.rungs[-1]
    assert (last.stage, last.ok, last.said) == ("login", False, "NO nope")
    assert all(rung.ok for rung in side.rungs[:-1])
    assert [rung.stage for rung in side.rungs] == [
        "connect",
        "tls",
        "greeting",
        "capability",
        "login",
    ]


def test_cancelling_closes_the_connections(town: Town) -> None:
    async def cancelled() -> None:
        task = asyncio.create_task(verify(settings(IMAP), settings(SMTP), Secret(PASSWORD), town))
        while not (imap.lines and smtp.lines):
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    def waiting(talk: Talk) -> None:
        talk.start_tls()
        talk.say("* OK ready")
        talk.hang()

    imap = town.serve("imap.example.net", 993, waiting)
    smtp = town.serve("smtp.example.net", 465, mail_server(SMTP, TLS))
    asyncio.run(cancelled())
    assert "AUTH" not in "".join(smtp.lines)
    assert town.all_gone(10)


def test_problems_hold_no_password(town: Town) -> None:
    side, _ = ask_one(town, settings(IMAP), Answers(login="NO nope"))
    problem: Problem = problem_of(side)
    assert PASSWORD not in repr(problem)
