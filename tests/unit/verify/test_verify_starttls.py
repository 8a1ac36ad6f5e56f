"""Hostile servers and networks around STARTTLS: nothing secret before verified TLS, nothing kept
from before it, and an end to every conversation."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.fakes.scripted import Answers, Script, Server, Talk, Town, mail_server
from tests.unit.verify.asking import (
    IMAP,
    PASSWORD,
    POP3,
    SMTP,
    STARTTLS,
    TLS,
    ask_one,
    problem_of,
    settings,
    worked,
)
from wizard.model import ProblemKind, Security, ServerType, SideResult

SERVICES = [IMAP, POP3, SMTP]
GREETING = {IMAP: "* OK ready", POP3: "+OK ready", SMTP: "220 ready"}
GRANTED = {IMAP: "{tag} OK begin", POP3: "+OK begin", SMTP: "220 begin"}
INJECTED = {
    IMAP: "* CAPABILITY IMAP4rev1 AUTH=PLAIN INJECTED",
    POP3: "+OK INJECTED",
    SMTP: "250 AUTH PLAIN INJECTED",
}


@pytest.fixture
def little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that cases that last as long as they may do not hold up the tests."""
    monkeypatch.setattr("wizard.verify.verification.SIDE_TIME", 0.4)


def offer(talk: Talk, service: ServerType) -> str:
    """Greets, offers STARTTLS and returns the tag of the client's STARTTLS."""
    talk.say(GREETING[service])
    return offer_only(talk, service)


def offer_only(talk: Talk, service: ServerType) -> str:
    line = talk.line()
    match service:
        case ServerType.IMAP:
            talk.say("* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED", f"{line.split()[0]} OK done")
        case ServerType.POP3:
            talk.say("+OK", "STLS", ".")
        case ServerType.SMTP:
            talk.say("250-mail", "250 STARTTLS")
    return talk.line().split()[0]


def try_out(town: Town, service: ServerType, script: Script | Answers) -> tuple[SideResult, Server]:
    side, server = ask_one(town, settings(service, STARTTLS), script)
    assert PASSWORD not in server.in_the_clear
    assert "anna" not in server.in_the_clear
    assert not any(word in server.in_the_clear.upper() for word in ("AUTH", "LOGIN", "PASS "))
    assert "INJECTED" not in str(side)
    return side, server


@pytest.mark.parametrize("service", SERVICES)
def test_stripped_offers_end_it(town: Town, service: ServerType) -> None:
    words = {IMAP: "IMAP4rev1 AUTH=PLAIN", POP3: "USER", SMTP: "AUTH PLAIN"}
    side, server = try_out(town, service, Answers(before_tls=words[service]))
    assert problem_of(side).kind is ProblemKind.STARTTLS_MISSING
    assert server.count("STARTTLS|STLS") == 0


@pytest.mark.parametrize(
    ("service", "answer"),
    [
        (IMAP, "BAD Unknown command"),
        (IMAP, "NO not today"),
        (POP3, "-ERR no"),
        (SMTP, "502 5.5.1 Error: command not implemented"),
        (SMTP, "454 4.7.0 TLS not available due to local problem"),
        (SMTP, "454 TLS currently unavailable"),
    ],
)
def test_refused_upgrades_end_it(town: Town, service: ServerType, answer: str) -> None:
    side, _ = try_out(town, service, Answers(starttls=answer))
    problem = problem_of(side)
    assert problem.kind is ProblemKind.STARTTLS_MISSING
    assert problem.server_said == answer


@pytest.mark.parametrize("service", SERVICES)
def test_bytes_in_the_same_packet_abort(town: Town, service: ServerType) -> None:
    def script(talk: Talk) -> None:
        tag = offer(talk, service)
        talk.raw(f"{GRANTED[service].format(tag=tag)}\r\n{INJECTED[service]}\r\n".encode())
        talk.start_tls()

    side, _ = try_out(town, service, script)
    assert problem_of(side).kind is ProblemKind.STARTTLS_MISSING


@pytest.mark.parametrize("service", SERVICES)
def test_bytes_before_the_handshake_abort(town: Town, service: ServerType) -> None:
    def script(talk: Talk) -> None:
        tag = offer(talk, service)
        talk.say(GRANTED[service].format(tag=tag))
        time.sleep(0.05)
        talk.say(INJECTED[service])
        talk.start_tls()

    side, _ = try_out(town, service, script)
    assert problem_of(side).kind is ProblemKind.STARTTLS_MISSING


@pytest.mark.parametrize("service", SERVICES)
def test_answers_to_questions_not_yet_asked_are_never_used(town: Town, service: ServerType) -> None:
    """All the answers a client could want, sent with the greeting."""

    def script(talk: Talk) -> None:
        ahead = {
            IMAP: ["* CAPABILITY STARTTLS INJECTED", *(f"w{n} OK done" for n in range(1, 9))],
            POP3: ["+OK", "STLS", ".", "+OK begin", "+OK in", "+OK in"],
            SMTP: ["250-mail", "250 STARTTLS", "220 begin", "250 AUTH PLAIN", "235 in"],
        }
        talk.say(GREETING[service], *ahead[service])
        talk.line()
        talk.line()
        talk.start_tls()
        talk.hang()

    side, _ = try_out(town, service, script)
    assert problem_of(side).kind is ProblemKind.STARTTLS_MISSING


@pytest.mark.parametrize("service", SERVICES)
def test_capabilities_from_before_tls_are_forgotten(town: Town, service: ServerType) -> None:
    before = {
        IMAP: "IMAP4rev1 STARTTLS AUTH=PLAIN INJECTED",
        POP3: "STLS\nSASL PLAIN\nINJECTED",
        SMTP: "STARTTLS\nAUTH PLAIN\nINJECTED",
    }
    after = {
        IMAP: "IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2",
        POP3: "SASL XOAUTH2",
        SMTP: "AUTH XOAUTH2",
    }
    answers = Answers(before_tls=before[service], capabilities=after[service])
    side, server = ask_one(town, settings(service, STARTTLS), answers)
    assert problem_of(side).kind is ProblemKind.PASSWORD_LOGIN_OFF
    assert PASSWORD not in "".join(server.lines)


def test_untagged_capabilities_beside_the_answer_are_forgotten(town: Town) -> None:
    def script(talk: Talk) -> None:
        tag = offer(talk, IMAP)
        talk.say("* CAPABILITY IMAP4rev1 AUTH=PLAIN INJECTED", f"{tag} OK [CAPABILITY INJECTED] go")
        talk.start_tls()
        tag = talk.line().split()[0]
        talk.say("* CAPABILITY IMAP4rev1 CLEAN", f"{tag} OK done")
        tag = talk.line().split()[0]
        talk.say(f"{tag} OK in")

    side, _ = try_out(town, IMAP, script)
    assert worked(side).capabilities == ("IMAP4rev1", "CLEAN")


def test_preauth_before_tls_is_an_attack(town: Town) -> None:
    side, server = try_out(town, IMAP, Answers(greeting="* PREAUTH Welcome"))
    assert problem_of(side).kind is ProblemKind.STARTTLS_MISSING
    assert server.lines == []


def test_preauth_inside_tls_proves_no_password(town: Town) -> None:
    side, _ = ask_one(town, settings(IMAP), Answers(greeting="* PREAUTH Welcome"))
    assert problem_of(side).kind is ProblemKind.NO_LOGIN_HERE


def test_goodbye_with_a_yes_is_a_goodbye(town: Town) -> None:
    def script(talk: Talk) -> None:
        tag = offer(talk, IMAP)
        talk.say("* BYE Shutting down", f"{tag} OK begin")
        talk.start_tls()

    side, _ = try_out(town, IMAP, script)
    assert problem_of(side).kind is ProblemKind.SERVER_DOWN


@pytest.mark.parametrize("where", ["greeting", "capability", "login"])
def test_goodbyes(town: Town, where: str) -> None:
    def script(talk: Talk) -> None:
        talk.start_tls()
        if where == "greeting":
            talk.say("* BYE Nobody home")
            return
        talk.say("* OK ready")
        tag = talk.line().split()[0]
        if where == "capability":
            talk.say("* BYE Nobody home")
            return
        talk.say("* CAPABILITY IMAP4rev1", f"{tag} OK done")
        talk.line()
        talk.say("* BYE Nobody home")

    side, _ = ask_one(town, settings(IMAP), script)
    problem = problem_of(side)
    assert problem.kind is ProblemKind.SERVER_SAID
    assert problem.server_said == "BYE Nobody home"
    assert problem.stage.value == where


@pytest.mark.parametrize("status", ["NO", "BAD"])
def test_referrals_are_not_followed(town: Town, status: str) -> None:
    other = town.serve("elsewhere.example.net", 993, mail_server(IMAP, TLS))
    answer = f"{status} [REFERRAL imap://anna@elsewhere.example.net/] Try there"
    side, _ = ask_one(town, settings(IMAP), Answers(login=answer))
    assert problem_of(side).kind is ProblemKind.SERVER_SAID
    assert other.connections == 0


def endless_line(talk: Talk) -> None:
    talk.raw(b"* OK " + b"x" * 200_000)
    talk.hang()


def endless_lines(talk: Talk) -> None:
    while True:
        talk.raw(b"* OK still here\r\n" * 500)


def endless_reply(talk: Talk) -> None:
    while True:
        talk.raw(b"220-still here\r\n" * 500)


def dripping(talk: Talk) -> None:
    while True:
        talk.raw(b"x")
        time.sleep(0.05)


def silent(talk: Talk) -> None:
    talk.hang()


def giant_literal(talk: Talk) -> None:
    talk.raw(b"* CAPABILITY {4000000000}\r\n")
    talk.hang()


def many_literals(talk: Talk) -> None:
    while True:
        talk.raw(b"* X {65536}\r\n" + b"x" * 65536)


def nothing_but_goodbye(talk: Talk) -> None:
    talk.close()


def reset(talk: Talk) -> None:
    talk.reset()


ENDINGS = [
    endless_line,
    endless_lines,
    endless_reply,
    dripping,
    silent,
    giant_literal,
    many_literals,
    nothing_but_goodbye,
    reset,
]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("security", [TLS, STARTTLS])
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("where", ["greeting", "capability", "upgrade"])
def test_every_conversation_ends_and_gives_nothing_away(
    little_time: None,
    town: Town,
    service: ServerType,
    security: Security,
    ending: Callable[[Talk], None],
    where: str,
) -> None:
    def script(talk: Talk) -> None:
        if security is TLS and where != "upgrade":
            talk.start_tls()
        if where == "capability":
            talk.say(GREETING[service])
            talk.line()
        if where == "upgrade" and security is STARTTLS:
            offer(talk, service)
        ending(talk)

    side, server = ask_one(town, settings(service, security), script)
    problem = problem_of(side)
    assert PASSWORD not in "".join(server.lines)
    assert problem.kind is not ProblemKind.WRONG_PASSWORD


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("ending", ENDINGS)
def test_every_login_ends_and_is_no_wrong_password(
    little_time: None, town: Town, service: ServerType, ending: Callable[[Talk], None]
) -> None:
    def login(talk: Talk) -> None:
        talk.start_tls()
        talk.say(GREETING[service])
        line = talk.line()
        match service:
            case ServerType.IMAP:
                talk.say("* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN", f"{line.split()[0]} OK done")
            case ServerType.POP3:
                talk.say("+OK", "SASL PLAIN", ".")
            case ServerType.SMTP:
                talk.say("250-mail", "250 AUTH PLAIN")
        talk.line()
        ending(talk)

    side, _ = ask_one(town, settings(service, guessed=True), login)
    assert problem_of(side).kind in {
        ProblemKind.NO_ANSWER,
        ProblemKind.CONNECTION_CLOSED,
        ProblemKind.SERVER_SAID,
    }


def test_challenges_without_end(town: Town) -> None:
    def login(talk: Talk) -> None:
        talk.start_tls()
        talk.say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready")
        while True:
            talk.line()
            talk.say("+ bW9yZQ==")

    side, server = ask_one(town, settings(IMAP), login)
    assert problem_of(side).kind is ProblemKind.NO_ANSWER
    assert len(server.lines) < 20
