"""Logging in: what goes over the wire, how often, and in which order."""

from __future__ import annotations

import base64
import threading
from dataclasses import replace

import pytest

from tests.fakes.scripted import Answers, Talk, Town, mail_server
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
from wizard.model import (
    AuthMethod,
    Evidence,
    PasswordKind,
    ProblemKind,
    Provider,
    Rung,
    Security,
    ServerType,
    SideUntested,
    Source,
    Trust,
)
from wizard.verify import prepared_password

SERVICES = [IMAP, POP3, SMTP]


def plain(username: str = "anna@example.net", password: str = PASSWORD) -> str:
    return base64.b64encode(f"\0{username}\0{password}".encode()).decode()


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("security", [TLS, STARTTLS])
def test_a_good_password_works(town: Town, service: ServerType, security: Security) -> None:
    side, server = ask_one(town, settings(service, security))
    result = worked(side)
    assert result.server.auth == (AuthMethod.PLAIN,)
    assert result.capabilities
    assert server.count(plain().replace("+", r"\+")) == 1
    assert all(rung.ok for rung in result.rungs)
    stages = [rung.stage for rung in result.rungs]
    assert stages[0] == "connect"
    assert stages[-1] == "login"
    assert stages.index("tls") < stages.index("login")
    assert {rung.address for rung in result.rungs} == {town.address(server.name)}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("security", [TLS, STARTTLS])
def test_nothing_secret_goes_in_the_clear(
    town: Town, service: ServerType, security: Security
) -> None:
    _, server = ask_one(town, settings(service, security))
    assert "anna" not in server.in_the_clear
    assert not [line for line in server.in_the_clear.split("\n") if "AUTH" in line.upper()]


def test_unencrypted_settings_are_refused_before_connecting(town: Town) -> None:
    server = replace(settings(IMAP), security=Security.PLAIN, port=143)
    side, seen = ask_one(town, server)
    assert problem_of(side).kind is ProblemKind.UNENCRYPTED_ONLY
    assert seen.connections == 0


@pytest.mark.parametrize(
    "password",
    ["simple", 'with "quotes" and \\', "späces und ümläute ", "{12}", "日本語", "a" * 3000],
)
@pytest.mark.parametrize(
    "words", ["IMAP4rev1", "IMAP4rev1 AUTH=PLAIN", "IMAP4rev1 SASL-IR AUTH=PLAIN"]
)
def test_imap_carries_any_password(town: Town, password: str, words: str) -> None:
    heard: list[str] = []

    def login(line: str) -> str:
        heard.append(line)
        return "OK in"

    side, _ = ask_one(
        town, settings(IMAP), Answers(login=login, capabilities=words), password=password
    )
    worked(side)
    quoted = password.replace("\\", "\\\\").replace('"', '\\"')
    literal = f"{{{len(password.encode())}}}{password}"
    forms = (f' "{quoted}"', literal, plain(password=password))
    assert any(heard[0].endswith(form) for form in forms)


def test_smtp_login_mechanism(town: Town) -> None:
    side, server = ask_one(town, settings(SMTP), Answers(capabilities="AUTH LOGIN"))
    worked(side)
    assert base64.b64encode(PASSWORD.encode()).decode() in server.lines


def test_old_form_of_the_auth_keyword_is_understood(town: Town) -> None:
    side, _ = ask_one(town, settings(SMTP), Answers(capabilities="AUTH=LOGIN PLAIN"))
    worked(side)


def test_pop3_without_capabilities_takes_user_and_pass(town: Town) -> None:
    def script(talk: Talk) -> None:
        talk.start_tls()
        talk.say("+OK old server")
        assert talk.line() == "CAPA"
        talk.say("-ERR unknown command")
        assert talk.line() == "USER anna@example.net"
        talk.say("+OK")
        assert talk.line() == f"PASS {PASSWORD}"
        talk.say("+OK")
        talk.line()

    side, _ = ask_one(town, settings(POP3), script)
    worked(side)


@pytest.mark.parametrize("bad", ["two\r\nlines", "nul\0", "a\nb"])
@pytest.mark.parametrize("service", SERVICES)
def test_what_would_be_another_command_is_not_sent(
    town: Town, service: ServerType, bad: str
) -> None:
    side, server = ask_one(town, settings(service), password=bad)
    assert problem_of(side).kind is ProblemKind.WRONG_PASSWORD
    assert server.count("AUTH|LOGIN|PASS") == 0
    other = replace(settings(service), username=bad, host="other.example.net")
    side, server = ask_one(town, other)
    assert problem_of(side).kind is ProblemKind.USERNAME_FORM
    assert server.count("AUTH|LOGIN|USER") == 0


REFUSALS = {IMAP: "NO [AUTHENTICATIONFAILED] no", POP3: "-ERR [AUTH] no", SMTP: "535 5.7.8 no"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_published_name_gets_one_login(town: Town, service: ServerType) -> None:
    side, server = ask_one(town, settings(service), Answers(login=REFUSALS[service]))
    assert problem_of(side).kind is ProblemKind.WRONG_PASSWORD
    assert server.count(r"AUTH(ENTICATE)? PLAIN") == 1


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    ("first", "second"), [("anna@example.net", "anna"), ("anna", "anna@example.net")]
)
def test_a_guessed_name_gets_a_second_form(
    town: Town, service: ServerType, first: str, second: str
) -> None:
    def login(line: str) -> str:
        return "" if plain(second) in line else REFUSALS[service]

    side, server = ask_one(
        town, settings(service, username=first, guessed=True), Answers(login=login)
    )
    result = worked(side)
    assert result.server.username == second
    assert not result.server.username_guessed
    assert server.count(r"AUTH(ENTICATE)? PLAIN") == 2


@pytest.mark.parametrize("service", SERVICES)
def test_two_refused_forms_are_the_end(town: Town, service: ServerType) -> None:
    side, server = ask_one(town, settings(service, guessed=True), Answers(login=REFUSALS[service]))
    assert problem_of(side).kind is ProblemKind.WRONG_PASSWORD
    assert server.count(r"AUTH(ENTICATE)? PLAIN") == 2


@pytest.mark.parametrize(
    "answer",
    [
        "NO [ALERT] Application-specific password required",
        "NO account locked.",
        "NO [UNAVAILABLE] Temporary authentication failure.",
        "NO [LIMIT] LOGIN Rate limit hit.",
        "NO Something nobody has ever said",
    ],
)
def test_the_first_clear_answer_stops_the_guessing(town: Town, answer: str) -> None:
    side, server = ask_one(town, settings(IMAP, guessed=True), Answers(login=answer))
    problem_of(side)
    assert server.count("AUTHENTICATE PLAIN") == 1


def test_a_local_part_that_nobody_published_is_doubted(town: Town) -> None:
    server = settings(IMAP, username="anna")
    side, _ = ask_one(town, server, Answers(login=REFUSALS[IMAP]))
    assert problem_of(side).kind is ProblemKind.USERNAME_FORM
    said = Evidence(Source.AUTOCONFIG, ("username",), "https://…", Trust.TRUSTED)
    published = replace(server.with_evidence(said), host="published.example.net")
    side, _ = ask_one(town, published, Answers(login=REFUSALS[IMAP]))
    assert problem_of(side).kind is ProblemKind.WRONG_PASSWORD


def test_both_sides_work(town: Town) -> None:
    town.serve("imap.example.net", 993, mail_server(IMAP, TLS))
    town.serve("smtp.example.net", 465, mail_server(SMTP, TLS))
    rungs: list[tuple[str, str]] = []

    def note(side: str, rung: Rung) -> None:
        rungs.append((side, rung.stage))

    result = ask(town, settings(IMAP), settings(SMTP), progress=note)
    assert result.ok
    assert result.problem is None
    assert rungs.index(("incoming", "login")) < rungs.index(("outgoing", "login"))
    assert {side for side, _ in rungs} == {"incoming", "outgoing"}


def test_sending_asks_for_capabilities_while_receiving_is_still_busy(town: Town) -> None:
    asked = threading.Event()

    def waiting(line: str) -> str:
        assert asked.wait(10), "sending did not ask before receiving's verdict"
        return "OK in"

    def sending(talk: Talk) -> None:
        talk.start_tls()
        talk.say("220 ready")
        talk.line()
        asked.set()
        talk.say("250-mail", "250 AUTH PLAIN")
        talk.line()
        talk.say("235 in")
        talk.hang()

    town.serve("imap.example.net", 993, mail_server(IMAP, TLS, Answers(login=waiting)))
    town.serve("smtp.example.net", 465, sending)
    assert ask(town, settings(IMAP), settings(SMTP)).ok


def test_a_typo_is_one_refusal_not_two(town: Town) -> None:
    town.serve("imap.example.net", 993, mail_server(IMAP, TLS, Answers(login=REFUSALS[IMAP])))
    smtp = town.serve("smtp.example.net", 465, mail_server(SMTP, TLS))
    result = ask(town, settings(IMAP), settings(SMTP))
    assert problem_of(result.incoming).kind is ProblemKind.WRONG_PASSWORD
    assert result.outgoing == SideUntested("receiving-failed")
    assert smtp.count("AUTH") == 0


def test_sending_shows_its_own_problem_beside_a_failed_receiving(town: Town) -> None:
    town.serve("imap.example.net", 993, mail_server(IMAP, TLS, Answers(login=REFUSALS[IMAP])))
    town.refuse("smtp.example.net", 465)
    result = ask(town, settings(IMAP), settings(SMTP))
    assert problem_of(result.incoming).kind is ProblemKind.WRONG_PASSWORD
    assert problem_of(result.outgoing).kind is ProblemKind.SERVER_DOWN


def test_a_slow_sending_server_does_not_hold_up_receivings_refusal(town: Town) -> None:
    def silent(talk: Talk) -> None:
        talk.start_tls()
        talk.hang()

    town.serve("imap.example.net", 993, mail_server(IMAP, TLS, Answers(login=REFUSALS[IMAP])))
    town.serve("smtp.example.net", 465, silent)
    result = ask(town, settings(IMAP), settings(SMTP))
    assert result.outgoing == SideUntested("receiving-failed")


def test_the_name_that_worked_for_receiving_comes_first_for_sending(town: Town) -> None:
    def imap(line: str) -> str:
        return "" if plain("anna") in line else REFUSALS[IMAP]

    town.serve("imap.example.net", 993, mail_server(IMAP, TLS, Answers(login=imap)))
    smtp = town.serve("smtp.example.net", 465, mail_server(SMTP, TLS))
    result = ask(town, settings(IMAP, guessed=True), settings(SMTP, guessed=True))
    assert worked(result.outgoing).server.username == "anna"
    assert smtp.count("AUTH PLAIN") == 1


def test_sides_that_take_no_password_or_are_missing(town: Town) -> None:
    oauth = settings(IMAP, auth=(AuthMethod.OAUTH2,))
    town.serve("smtp.example.net", 465, mail_server(SMTP, TLS))
    result = ask(town, oauth, settings(SMTP))
    assert result.incoming == SideUntested("oauth-only")
    worked(result.outgoing)
    assert ask(town, None, oauth).incoming == SideUntested("not-found")
    assert ask(town).outgoing == SideUntested("not-found")


def test_spaces_of_an_app_password_are_taken_out(town: Town) -> None:
    provider = Provider("Gmail", "gmail", PasswordKind.APP_PASSWORD)
    side, server = ask_one(town, settings(SMTP), provider=provider, password="abcd efgh ijkl mnop")
    worked(side)
    assert server.count(plain(password="abcdefghijklmnop")) == 1


def test_spaces_stay_where_they_may_belong() -> None:
    from wizard.model import Secret

    secret = Secret("a b")
    assert prepared_password(secret, None).reveal() == "a b"
    assert prepared_password(secret, Provider("X", "x")).reveal() == "a b"
    spaced = Provider("X", "x", PasswordKind.APP_PASSWORD, password_has_spaces=True)
    assert prepared_password(secret, spaced).reveal() == "a b"


def test_a_mailbox_that_is_closed_to_imap_shows_after_the_login(town: Town) -> None:
    answers = Answers(inbox="BAD User is authenticated but not connected.")
    side, _ = ask_one(town, settings(IMAP), answers)
    assert problem_of(side).kind is ProblemKind.IMAP_OFF
    other = settings(IMAP, host="odd.example.net")
    worked(ask_one(town, other, Answers(inbox="BAD what is STATUS?"))[0])


@pytest.mark.parametrize(
    ("service", "words", "kind"),
    [
        (IMAP, "IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2", ProblemKind.PASSWORD_LOGIN_OFF),
        (IMAP, "IMAP4rev1 LOGINDISABLED", ProblemKind.SERVER_DOWN),
        (SMTP, "AUTH XOAUTH2 OAUTHBEARER", ProblemKind.PASSWORD_LOGIN_OFF),
        (SMTP, "SIZE 1000", ProblemKind.NO_LOGIN_HERE),
        (POP3, "SASL XOAUTH2", ProblemKind.PASSWORD_LOGIN_OFF),
    ],
)
def test_no_password_goes_where_none_is_taken(
    town: Town, service: ServerType, words: str, kind: ProblemKind
) -> None:
    side, server = ask_one(town, settings(service), Answers(capabilities=words))
    assert problem_of(side).kind is kind
    assert server.count("AUTH(ENTICATE)? |LOGIN |USER") == 0
