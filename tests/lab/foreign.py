"""Mail servers that cannot be installed beside Dovecot and Postfix: Cyrus, Courier and Exim.

Their Debian packages exclude each other, so they are fetched and unpacked, not installed, and run
in a root of their own (an overlay over this system's, in a mount namespace). They listen on
loopback without TLS; a test's `Town` puts its certificate in front.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.lab.requirements import need_programs, unavailable

_PACKAGES = (
    ("exim4-daemon-light",),
    ("cyrus-imapd", "cyrus-pop3d", "sasl2-bin"),
    ("courier-imap", "courier-authlib-userdb"),
)
_SCRIPT = Path(__file__).parent / "foreign.sh"
_CACHE = Path(tempfile.gettempdir()) / "wizard-lab-packages"
_PATIENCE = 40.0


@dataclass(frozen=True, slots=True)
class Foreign:
    """Ports on loopback, in the clear."""

    exim: int
    cyrus_imap: int
    cyrus_pop3: int
    courier: int


@contextlib.contextmanager
def foreign_servers() -> Iterator[Foreign]:
    """The servers, running. Skips (in CI: fails) where they cannot be had."""
    if os.geteuid() != 0:
        unavailable("a root of their own needs root")
    need_programs("apt-get", "dpkg-deb", "unshare", "chroot", "perl")
    packages = _unpacked()
    with tempfile.TemporaryDirectory(prefix="wizard-foreign-") as place:
        log = Path(place).with_suffix(".log")
        ports = [_free_port() for _ in range(4)]
        words = [str(_SCRIPT), str(packages), place, *map(str, ports)]
        with log.open("wb") as output:
            running = subprocess.Popen(
                # Everything inside ends, and every mount goes, with the first process.
                ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            for port in ports:
                _await(port, running, log)
            yield Foreign(*ports)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()
            log.unlink()


def _unpacked() -> Path:
    """A folder with what the packages hold, laid out like the system itself."""
    names = sorted({name for wanted in _PACKAGES for name in _missing(wanted)})
    stamp = _CACHE / "names"
    root = _CACHE / "root"
    if stamp.exists() and stamp.read_text() == "\n".join(names):
        return root
    shutil.rmtree(_CACHE, ignore_errors=True)
    root.mkdir(parents=True)
    done = subprocess.run(
        ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", *names],
        cwd=_CACHE,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        unavailable(f"packages cannot be fetched: {done.stderr.strip()[-300:]}")
    for package in _CACHE.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, root], check=True)
        package.unlink()
    for name in ("bin", "sbin", "lib"):  # links to /usr on the system below
        if (root / name).is_dir():
            shutil.copytree(root / name, root / "usr" / name, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(root / name)
    stamp.write_text("\n".join(names))
    return root


def _missing(wanted: tuple[str, ...]) -> list[str]:
    """What apt would install for them here; it only says so."""
    done = subprocess.run(
        ["apt-get", "-s", "-y", "--no-install-recommends", "install", *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        unavailable(f"apt knows no {wanted}: {done.stderr.strip()[-300:]}")
    return re.findall(r"^Inst (\S+)", done.stdout, re.MULTILINE)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _await(port: int, running: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and running.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.1)
    said = log.read_text(errors="replace")[-2000:]
    raise TimeoutError(f"port {port} stays closed (ended: {running.poll()}):\n{said}")
