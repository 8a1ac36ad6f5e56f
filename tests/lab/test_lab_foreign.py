"""What Cyrus, Courier and Exim really say, and logins to them by every password mechanism."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.scripted import Talk, Town
from tests.lab.ca import CertificateAuthority
from tests.lab.foreign import Foreign, foreign_servers
from tests.unit.verify.asking import IMAP, POP3, SMTP, ask, problem_of, settings, worked
from wizard.model import (
    AuthMethod,
    Evidence,
    ProblemKind,
    ServerSettings,
    ServerType,
    SideResult,
    Source,
    Trust,
)

pytestmark = pytest.mark.lab

SECRET = "secret"


@pytest.fixture(scope="module")
def foreign() -> Iterator[Foreign]:
    with foreign_servers() as running:
        yield running


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with Town(CertificateAuthority(tmp_path)) as town:
        yield town


def log_in(
    town: Town,
    port: int,
    service: ServerType,
    username: str,
    password: str,
    method: AuthMethod = AuthMethod.PLAIN,
) -> SideResult:
    """Verifies against the server on this port, behind TLS."""
    server: ServerSettings = replace(
        settings(service, host=f"{service.value}-{port}.lab.example"),
        username=username,
        auth=(method,),
        evidence=(Evidence(Source.AUTOCONFIG, ("username",), "", Trust.TRUSTED),),
    )

    def script(talk: Talk) -> None:
        talk.start_tls()
        talk.relay(port)

    seen = town.serve(server.host, server.port, script)
    if service is SMTP:
        side = ask(town, None, server, password=password).outgoing
    else:
        side = ask(town, server, password=password).incoming
    assert seen.connections <= 1
    return side


@pytest.mark.parametrize(
    ("username", "password", "kind"),
    [
        ("anna", "wrong", ProblemKind.WRONG_PASSWORD),
        ("nobody", SECRET, ProblemKind.WRONG_PASSWORD),
        ("fault", SECRET, ProblemKind.LOGIN_SERVICE_FAULT),
    ],
)
def test_exim_refuses(
    foreign: Foreign, town: Town, username: str, password: str, kind: ProblemKind
) -> None:
    problem = problem_of(log_in(town, foreign.exim, SMTP, username, password))
    assert problem.kind is kind
    assert problem.server_said


def test_exim_lets_in(foreign: Foreign, town: Town) -> None:
    worked(log_in(town, foreign.exim, SMTP, "anna", SECRET))


@pytest.mark.parametrize("username", ["anna", "nobody"])
def test_cyrus_refuses(foreign: Foreign, town: Town, username: str) -> None:
    problem = problem_of(log_in(town, foreign.cyrus_imap, IMAP, username, "wrong"))
    assert problem.kind is ProblemKind.WRONG_PASSWORD


@pytest.mark.parametrize(
    "method", [AuthMethod.PLAIN, AuthMethod.CRAM_MD5, AuthMethod.SCRAM_SHA_256]
)
def test_cyrus_lets_in_by_every_mechanism(foreign: Foreign, town: Town, method: AuthMethod) -> None:
    side = worked(log_in(town, foreign.cyrus_imap, IMAP, "anna", SECRET, method))
    assert side.server.auth == (method,)


@pytest.mark.parametrize("method", [AuthMethod.CRAM_MD5, AuthMethod.SCRAM_SHA_256])
def test_cyrus_refuses_by_every_mechanism(foreign: Foreign, town: Town, method: AuthMethod) -> None:
    problem = problem_of(log_in(town, foreign.cyrus_imap, IMAP, "anna", "wrong", method))
    assert problem.kind is ProblemKind.WRONG_PASSWORD


def test_cyrus_pop3(foreign: Foreign, town: Town) -> None:
    port = foreign.cyrus_pop3
    worked(log_in(town, foreign.cyrus_imap, IMAP, "anna", SECRET))  # makes the mailbox
    worked(log_in(town, port, POP3, "anna", SECRET))


def test_cyrus_pop3_refuses(foreign: Foreign, town: Town) -> None:
    problem = problem_of(log_in(town, foreign.cyrus_pop3, POP3, "anna", "wrong"))
    assert problem.kind is ProblemKind.WRONG_PASSWORD


def test_courier_refuses(foreign: Foreign, town: Town) -> None:
    problem = problem_of(log_in(town, foreign.courier, IMAP, "anna", "wrong"))
    assert problem.kind is ProblemKind.WRONG_PASSWORD


def test_courier_lets_in(foreign: Foreign, town: Town) -> None:
    worked(log_in(town, foreign.courier, IMAP, "anna", SECRET))


def test_courier_cannot_reach_a_home(foreign: Foreign, town: Town) -> None:
    """The password is right; the server has a fault, and must not be believed to have judged."""
    problem = problem_of(log_in(town, foreign.courier, IMAP, "carl", SECRET))
    assert problem.kind is ProblemKind.LOGIN_SERVICE_FAULT
