"""The wire keeps its promises: latency, black hole, unplugging, and nothing left behind."""

import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.internet import DEAD, Internet
from tests.lab.wire import Wire

pytestmark = pytest.mark.lab

_PORT = 7


@pytest.fixture
def listener(internet: Internet) -> Iterator[str]:
    """A TCP server in `inet` that accepts and says nothing; its address."""
    address = internet.new_address()
    with internet.inet.listen(address, _PORT):
        yield address


def test_a_connection_takes_the_round_trip_that_was_asked_for(
    internet: Internet, listener: str
) -> None:
    asked = 0.08
    usual = internet.wire.round_trip
    internet.wire.set_round_trip(asked)
    try:
        taken: list[float] = []
        while len(taken) < 5 or (min(taken) >= asked * 1.5 and len(taken) < 100):
            started = time.monotonic()
            internet.home.connect(listener, _PORT).close()
            taken.append(time.monotonic() - started)
    finally:
        internet.wire.set_round_trip(usual)
    assert min(taken) >= asked
    assert min(taken) < asked * 1.5


def test_a_port_nobody_listens_on_refuses(internet: Internet, listener: str) -> None:
    with pytest.raises(ConnectionRefusedError):
        internet.home.connect(listener, _PORT + 1)


def test_the_black_hole_neither_answers_nor_refuses(internet: Internet) -> None:
    with pytest.raises(TimeoutError):
        internet.home.connect(DEAD, _PORT, timeout=0.5)


def test_unplugged_there_is_no_network_and_plugged_there_is(
    internet: Internet, listener: str
) -> None:
    internet.wire.unplug()
    try:
        with pytest.raises(OSError, match="unreachable"):
            internet.home.connect(listener, _PORT)
    finally:
        internet.wire.plug()
    internet.home.connect(listener, _PORT).close()


def test_home_does_not_see_the_machine_it_runs_on(internet: Internet) -> None:
    with socket.socket() as outside:
        outside.bind(("127.0.0.1", 0))
        outside.listen()
        with pytest.raises(ConnectionRefusedError):
            internet.home.connect(*outside.getsockname())


def test_two_labs_do_not_meet(internet: Internet, listener: str) -> None:
    with Wire() as other, pytest.raises(ConnectionRefusedError):
        other.home.connect(listener, _PORT)


_OWNER = """
import time
from tests.lab.wire import Wire
with Wire() as wire:
    sleeper = wire.inet.popen(["sleep", "600"])
    print(wire.home.name, wire.inet.name, sleeper.pid, flush=True)
    time.sleep(600)
"""


def test_nothing_outlives_an_owner_that_is_killed(internet: Internet) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _OWNER], stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        home, inet, sleeper = owner.stdout.readline().split()
        owner.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while left := _left(home, inet, int(sleeper)):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def _left(home: str, inet: str, pid: int) -> list[str]:
    """What is still there of a lab."""
    left = [
        str(place / name)
        for place in (Path("/var/run/netns"), Path("/etc/netns"))
        for name in (home, inet)
        if (place / name).exists()
    ]
    status = Path(f"/proc/{pid}/status")
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        if "State:\tZ" not in status.read_text():  # a zombie only waits for its parent to notice
            left.append(str(status))
    return left


def test_packets_to_single_ports_vanish_until_they_are_let_through(
    internet: Internet, listener: str
) -> None:
    internet.wire.swallow(f"{listener}/32", (_PORT,))
    try:
        with pytest.raises(TimeoutError):
            internet.home.connect(listener, _PORT, timeout=0.3)
        with pytest.raises(ConnectionRefusedError):
            internet.home.connect(listener, _PORT + 1)
    finally:
        internet.wire.let_through()
    internet.home.connect(listener, _PORT).close()
    with pytest.raises(TimeoutError):
        internet.home.connect(DEAD, _PORT, timeout=0.3)
