"""Two network namespaces joined by a wire: `home`, where clients run, and `inet`, for servers.

The wire is a process of our own that carries IP packets between two TUN devices and holds each
of them back for half a round trip, so a lab has latency on kernels that lack `sch_netem`. It
belongs to whoever started it: its standard input is a pipe from the owner, and when that pipe
closes, because the owner is done or because it was killed, the wire ends every process inside
its two namespaces, removes them and ends itself. Nothing of a lab outlives its owner.

    with Wire(round_trip=0.05) as wire:
        wire.inet.popen(["dovecot", "-F", ...])
        wire.home.run(["getent", "hosts", "imap.example.net"])

Addresses look global on purpose (programs treat private ones differently) and never leave the
namespaces: nothing routes out of them.
"""

import contextlib
import ctypes
import fcntl
import itertools
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeVar

HOME_ADDRESS = "44.128.0.2"
INET_ADDRESS = "44.128.0.1"
SERVERS = IPv4Network("44.128.1.0/24")
"""Every address of this range is local to `inet`: a server may listen on any of them."""
NAMESERVER = "44.128.1.53"
BLACK_HOLE = IPv4Network("44.128.9.0/24")
"""Packets for this range are swallowed: nobody answers, nobody refuses."""

_NETNS = Path("/var/run/netns")
_ETC = Path("/etc/netns")
_NAME = re.compile(r"wizard-(\d+)-\d+-(?:home|inet)")
_CLONE_NEWNET = 0x40000000
_TUNSETIFF = 0x400454CA
_IFF_TUN = 0x0001
_IFF_NO_PI = 0x1000
_MTU = 1500
_counter = itertools.count(1)
_T = TypeVar("_T")


class WireBroken(RuntimeError):
    """The wire could not be laid, or its process is gone; the text says what it said."""


class Namespace:
    """A network namespace by name: run programs in it, open sockets in it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.etc = _ETC / name
        """For who runs inside, what lies here covers what has the same name in /etc."""

    def command(self, argv: Sequence[str]) -> list[str]:
        """`argv` as it must be called to run inside."""
        return ["ip", "netns", "exec", self.name, *argv]

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 120.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program inside to its end (at most `timeout` seconds) and return what it said."""
        return subprocess.run(
            self.command(argv),
            input=stdin if stdin is not None else "",
            env=env,
            timeout=timeout,
            capture_output=True,
            text=True,
            check=False,
        )

    def popen(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        output: int | IO[bytes] = subprocess.DEVNULL,
    ) -> subprocess.Popen[bytes]:
        """Start a program inside, as leader of a session of its own."""
        return subprocess.Popen(
            self.command(argv),
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    def open_socket(
        self,
        family: socket.AddressFamily = socket.AF_INET,
        kind: socket.SocketKind = socket.SOCK_STREAM,
    ) -> socket.socket:
        """A socket that lives inside; usable from any thread of this process."""
        return _inside(self.name, lambda: socket.socket(family, kind))

    def listen(self, address: str, port: int) -> socket.socket:
        """A listening TCP socket inside, on `address` and `port`."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = self.open_socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Inherited by what is accepted: answers leave at once, as from any real mail or web server.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((address, port))
        listener.listen(128)
        listener.setblocking(False)
        return listener

    def connect(self, address: str, port: int, *, timeout: float = 20.0) -> socket.socket:
        """A TCP connection from inside to `address` (an IP address)."""
        connection = self.open_socket()
        connection.settimeout(timeout)
        try:
            connection.connect((address, port))
        except OSError:
            connection.close()
            raise
        return connection


class Wire:
    """The two namespaces and the process between them; a context manager.

    `round_trip` is in seconds. Raises `WireBroken` where the system does not permit namespaces.
    """

    def __init__(self, round_trip: float = 0.0) -> None:
        run = f"wizard-{os.getpid()}-{next(_counter)}"
        self.home = Namespace(f"{run}-home")
        self.inet = Namespace(f"{run}-inet")
        self._round_trip = round_trip
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name, self.home.name, self.inet.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,  # Ctrl-C reaches the owner only, who then closes the pipe
            cwd=Path(__file__).parents[2],
        )
        try:
            self._expect("ready")
            self.set_round_trip(self._round_trip)
        except WireBroken:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def round_trip(self) -> float:
        """Seconds a packet and its answer spend on the wire."""
        return self._round_trip

    def set_round_trip(self, seconds: float) -> None:
        """Change the latency; packets already under way keep theirs."""
        self._command(f"delay {seconds / 2}")
        self._round_trip = seconds

    def swallow(self, network: str, ports: Sequence[int] = ()) -> None:
        """From now on packets to `network` (CIDR) vanish, as behind a firewall that drops; with
        `ports`, only TCP to these. Rules add up until `let_through`."""
        self._command(f"swallow {network} {','.join(map(str, ports))}")

    def let_through(self) -> None:
        """Everything arrives again, the black hole excepted."""
        self._command("let-through")

    def _command(self, line: str) -> None:
        process = self._running()
        assert process.stdin is not None
        process.stdin.write(f"{line}\n")
        self._expect("ok")

    def unplug(self) -> None:
        """Take `home` off the network: its device goes down and its route with it."""
        _ip("-n", self.home.name, "link", "set", "wire0", "down")

    def plug(self) -> None:
        """Put `home` back on the network."""
        _bring_up(self.home.name)

    def close(self) -> None:
        """End everything inside and remove the namespaces. Harmless when called twice."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()
        for namespace in (self.home, self.inet):
            _remove(namespace.name)  # a no-op unless the wire process died before it could

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            raise WireBroken("the wire is not up")
        return self._process

    def _expect(self, word: str) -> None:
        process = self._running()
        assert process.stdout is not None
        assert process.stderr is not None
        if process.stdout.readline().strip() != word:
            raise WireBroken(process.stderr.read().strip() or "the wire process ended")


def _inside(name: str, action: Callable[[], _T]) -> _T:
    """Do `action` inside namespace `name`.

    A namespace is a property of the thread: a short-lived one enters, so the caller stays out.
    """

    def enter_and_act() -> _T:
        libc = ctypes.CDLL(None, use_errno=True)
        with (_NETNS / name).open() as handle:
            if libc.setns(handle.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), f"setns {name}")
        return action()

    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(enter_and_act).result()


def _ip(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise WireBroken(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def _remove(name: str) -> None:
    """End every process inside namespace `name`, then remove it and its /etc files."""
    if (_NETNS / name).exists():
        for pid in _ip("netns", "pids", name, check=False).split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        _ip("netns", "del", name, check=False)
    shutil.rmtree(_ETC / name, ignore_errors=True)


def _sweep() -> None:
    """Remove what earlier runs left behind whose owner no longer exists."""
    left = {path.name for root in (_NETNS, _ETC) if root.is_dir() for path in root.iterdir()}
    for name in left:
        match = _NAME.fullmatch(name)
        if match and not Path("/proc", match[1]).exists():
            _remove(name)


def _bring_up(name: str) -> None:
    _ip("-n", name, "link", "set", "wire0", "mtu", str(_MTU), "txqueuelen", "10000", "up")
    _ip("-n", name, "route", "replace", "default", "dev", "wire0")


# ---- the wire's own process --------------------------------------------------------------------


def _open_tun() -> int:
    """A TUN device `wire0` in the current namespace; returns its file descriptor."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH", b"wire0", _IFF_TUN | _IFF_NO_PI))
    return device


def _lay(home: str, inet: str) -> tuple[int, int]:
    """Create both namespaces, their devices, addresses and routes; returns the two devices."""
    for name in (home, inet):
        _ip("netns", "add", name)
        etc = _ETC / name
        etc.mkdir(parents=True, exist_ok=True)
        (etc / "resolv.conf").write_text(f"nameserver {NAMESERVER}\noptions timeout:2 attempts:2\n")
    devices = _inside(home, _open_tun), _inside(inet, _open_tun)
    for name, address in ((home, HOME_ADDRESS), (inet, INET_ADDRESS)):
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "addr", "add", f"{address}/32", "dev", "wire0")
        _bring_up(name)
    _ip("-n", inet, "route", "add", "local", str(SERVERS), "dev", "lo")
    return devices


@dataclass(frozen=True, slots=True)
class Rule:
    """Packets that vanish: to this network, and with `ports` only TCP to these."""

    network: IPv4Network | IPv6Network
    ports: frozenset[int] = frozenset()

    def fits(self, packet: bytes) -> bool:
        """Whether the packet is one of them."""
        version = packet[0] >> 4
        if version != self.network.version:
            return False
        if version == 4:
            protocol, start, to = packet[9], (packet[0] & 15) * 4, packet[16:20]
        else:
            protocol, start, to = packet[6], 40, packet[24:40]
        if int.from_bytes(to, "big") & int(self.network.netmask) != int(
            self.network.network_address
        ):
            return False
        if not self.ports:
            return True
        return protocol == socket.IPPROTO_TCP and (
            int.from_bytes(packet[start + 2 : start + 4], "big") in self.ports
        )


_ALWAYS = (Rule(BLACK_HOLE),)


def _carry(devices: tuple[int, int], commands: IO[bytes]) -> None:
    """Carry packets until `commands` ends. Its lines: `delay SECONDS` (one way), `swallow NETWORK
    PORTS`, `let-through`; each is answered with `ok`.

    `select` rather than `epoll`: its time-out has microseconds, not whole milliseconds.
    """
    control = commands.fileno()
    under_way: deque[tuple[float, int, bytes]] = deque()
    delay = 0.0
    rules: tuple[Rule, ...] = _ALWAYS
    unread = b""
    while True:
        wait = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
        for ready in select.select([control, *devices], [], [], wait)[0]:
            if ready == control:
                arrived = os.read(control, 4096)
                if not arrived:
                    return
                *lines, unread = (unread + arrived).split(b"\n")
                for line in lines:
                    match line.decode().split(" "):
                        case ["delay", seconds]:
                            delay = float(seconds)
                        case ["swallow", network, ports]:
                            numbers = frozenset(int(port) for port in ports.split(",") if port)
                            rules = (*rules, Rule(ip_network(network), numbers))
                        case _:
                            rules = _ALWAYS
                    print("ok", flush=True)
                continue
            other = devices[1] if ready == devices[0] else devices[0]
            with contextlib.suppress(BlockingIOError):
                while True:
                    packet = os.read(ready, 65535)
                    if not any(rule.fits(packet) for rule in rules):
                        under_way.append((time.monotonic() + delay, other, packet))
        now = time.monotonic()
        while under_way and under_way[0][0] <= now:
            _, device, packet = under_way.popleft()
            with contextlib.suppress(OSError):  # the far device is down or full: the packet is lost
                os.write(device, packet)


def main() -> int:
    """Entry point of the wire's process: `python -m tests.lab.wire HOME INET`."""
    home, inet = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(OSError):
        os.nice(-10)  # a wire that waits for a processor would have a latency of its own
    try:
        _sweep()
        devices = _lay(home, inet)
        print("ready", flush=True)
        _carry(devices, sys.stdin.buffer)
    except (WireBroken, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        for name in (home, inet):
            _remove(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
