"""What the command line says when something is wrong: exit code, cause, and no second attempt."""

from pathlib import Path

import pytest

from tests.lab.ca import Flaw
from tests.lab.documents import autoconfig, tls_servers
from tests.lab.internet import DEAD, Internet
from tests.lab.provider import Provider
from tests.lab.wizard import Outcome, Wizard

pytestmark = pytest.mark.lab


def set_up(wizard: Wizard, address: str, password: str = "correct horse") -> Outcome:
    """`mail-wizard setup` for Thunderbird."""
    return wizard.run(
        "setup",
        address,
        *("--name", "Somebody"),
        *("--apps", "thunderbird"),
        "--yes",
        "--password-stdin",
        stdin=f"{password}\n",
    )


def assert_words(outcome: Outcome) -> None:
    """A problem has words for people, and no program was touched."""
    problem = outcome.document["problem"]
    assert outcome.document["ok"] is False
    assert problem["title"]
    assert problem["explanation"]
    assert problem["action"]


def no_program_touched(wizard: Wizard) -> bool:
    """Thunderbird has no profile yet, and still none."""
    return not list(wizard.home_folder.glob(".thunderbird/**/prefs.js"))


def test_a_domain_that_does_not_exist(internet: Internet, wizard: Wizard) -> None:
    for outcome in (
        wizard.run("discover", "ada@mistyped.example"),
        set_up(wizard, "ada@mistyped.example"),
    ):
        assert outcome.exit_code == 3, str(outcome)
        assert outcome.document["problem"]["cause"] == 1
        assert_words(outcome)
    assert no_program_touched(wizard)


def test_a_wrong_password_is_one_failure_not_two(
    internet: Internet, provider: Provider, wizard: Wizard
) -> None:
    address = "finn@alpine.example"
    outcome = set_up(wizard, address, "not it")
    assert outcome.exit_code == 4, str(outcome)
    problem = outcome.document["problem"]
    assert (problem["cause"], problem["kind"]) == (19, "wrong-password")
    assert (problem["host"], problem["port"]) == ("mail.alpine.example", 993)
    assert "AUTHENTICATIONFAILED" in problem["server_said"]
    assert_words(outcome)
    assert provider.mail.failed_logins(address) == 1
    assert no_program_touched(wizard)


def test_a_server_that_never_answers(internet: Internet, wizard: Wizard) -> None:
    domain = "asleep.example"
    host = f"mail.{domain}"
    internet.names.publish({domain: {"MX": [f"10 {host}."]}, host: {"A": [DEAD]}})
    internet.publish_page(
        f"https://autoconfig.{domain}/mail/config-v1.1.xml",
        autoconfig(domain, "Asleep", tls_servers(host, host)),
    )
    outcome = set_up(wizard, f"ada@{domain}")
    assert outcome.exit_code == 4, str(outcome)
    problem = outcome.document["problem"]
    assert problem["host"] == host
    assert problem["stage"] == "connect"
    assert_words(outcome)
    assert no_program_touched(wizard)


@pytest.mark.parametrize(
    ("flaw", "cause"),
    [
        (Flaw.EXPIRED, 12),
        (Flaw.NOT_YET_VALID, 13),
        (Flaw.WRONG_HOST, 14),
        (Flaw.SELF_SIGNED, 15),
        (Flaw.UNKNOWN_ROOT, 16),
        (Flaw.WEAK_KEY, 18),
    ],
)
def test_a_certificate_that_cannot_be_trusted_ends_it_before_the_password(
    internet: Internet, wizard: Wizard, flaw: Flaw, cause: int
) -> None:
    domain = f"{flaw.name.lower().replace('_', '-')}.certificates.example"
    host = f"mail.{domain}"
    greeter = internet.greeter([host], flaw=flaw)
    greeter.imaps()
    greeter.submissions()
    internet.names.publish({domain: {"MX": [f"10 {host}."]}})
    internet.publish_page(
        f"https://autoconfig.{domain}/mail/config-v1.1.xml",
        autoconfig(domain, "Flawed", tls_servers(host, host)),
    )
    outcome = set_up(wizard, f"ada@{domain}")
    assert outcome.exit_code == 4, str(outcome)
    assert outcome.document["problem"]["cause"] == cause
    assert_words(outcome)
    assert greeter.logins == []
    assert no_program_touched(wizard)


def test_without_a_network(internet: Internet, wizard: Wizard) -> None:
    internet.wire.unplug()
    try:
        outcome = wizard.run("discover", "ada@alpine.example")
    finally:
        internet.wire.plug()
    assert outcome.exit_code == 5, str(outcome)
    assert_words(outcome)


def test_an_empty_password_is_asked_for_again_not_tried(
    internet: Internet, provider: Provider, wizard: Wizard, tmp_path: Path
) -> None:
    address = "finn@alpine.example"
    before = provider.mail.failed_logins(address)
    outcome = set_up(wizard, address, "")
    assert outcome.exit_code == 2, str(outcome)
    assert provider.mail.failed_logins(address) == before
