"""Fixtures of the lab."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lab.internet import Internet
from tests.lab.mail import DOVECOT, POSTFIX
from tests.lab.provider import Provider, open_provider
from tests.lab.requirements import need_namespaces, need_programs, unavailable
from tests.lab.wire import WireBroken
from tests.lab.wizard import Wizard

_ROUND_TRIP = 0.01
"""Seconds: enough to see what waits for what, little enough for tests."""


@pytest.fixture(scope="session")
def internet() -> Iterator[Internet]:
    """The small internet, shared by all lab tests: each uses domains of its own."""
    need_namespaces()
    with ExitStack() as stack:
        net = Internet(_ROUND_TRIP)
        try:
            stack.enter_context(net)
        except (WireBroken, OSError) as error:
            unavailable(f"network namespaces are not permitted ({error})")
        yield net


@pytest.fixture(scope="session")
def provider(internet: Internet) -> Iterator[Provider]:
    """A mail provider with two domains, found by autoconfig, and people who have mail there."""
    need_programs(DOVECOT, POSTFIX)
    with open_provider(internet) as opened:
        yield opened


@pytest.fixture(scope="session")
def thunderbird_program() -> None:
    """Thunderbird is installed."""
    need_programs("thunderbird")


@pytest.fixture
def wizard(internet: Internet, tmp_path: Path) -> Wizard:
    """The program under test, with a home folder and a keychain of its own."""
    need_programs("dbus-run-session", "gnome-keyring-daemon")
    home = tmp_path / "home"
    home.mkdir()
    return Wizard(internet, home)
