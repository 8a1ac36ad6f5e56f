"""Fixtures of the lab. Where it cannot be, its tests are skipped with the reason; never in CI."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lab.internet import Internet
from tests.lab.mail import DOVECOT, POSTFIX
from tests.lab.provider import Provider, open_provider
from tests.lab.wire import WireBroken
from tests.lab.wizard import Wizard

_ROUND_TRIP = 0.01
"""Seconds: enough to see what waits for what, little enough for tests."""


def _unavailable(reason: str) -> None:
    """Skip, or fail where `CI=true` promises that the lab is there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"the lab must run in CI: {reason}", pytrace=False)
    pytest.skip(f"no lab here: {reason}")


def _need_programs(*programs: str | Path) -> None:
    for program in programs:
        if shutil.which(program) is None:
            _unavailable(f"{program} is not installed (see tests/lab/packages.txt)")


@pytest.fixture(scope="session")
def internet() -> Iterator[Internet]:
    """The small internet, shared by all lab tests: each uses domains of its own."""
    if not sys.platform.startswith("linux"):
        _unavailable("network namespaces are Linux's")
    if os.geteuid() != 0:
        _unavailable("network namespaces need root")
    _need_programs("ip")
    with ExitStack() as stack:
        net = Internet(_ROUND_TRIP)
        try:
            stack.enter_context(net)
        except (WireBroken, OSError) as error:
            _unavailable(f"network namespaces are not permitted ({error})")
        yield net


@pytest.fixture(scope="session")
def provider(internet: Internet) -> Iterator[Provider]:
    """A mail provider with two domains, found by autoconfig, and people who have mail there."""
    _need_programs(DOVECOT, POSTFIX)
    with open_provider(internet) as opened:
        yield opened


@pytest.fixture(scope="session")
def thunderbird_program() -> None:
    """Thunderbird is installed."""
    _need_programs("thunderbird")


@pytest.fixture
def wizard(internet: Internet, tmp_path: Path) -> Wizard:
    """The program under test, with a home folder and a keychain of its own."""
    _need_programs("dbus-run-session", "gnome-keyring-daemon")
    home = tmp_path / "home"
    home.mkdir()
    return Wizard(internet, home)
