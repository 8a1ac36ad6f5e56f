"""Real Linux mail programs, started on a screen nobody sees, with the lab's authority trusted.

Evolution and Claws Mail check certificates against the system's store, so the namespace gets one
that has the lab's root in it. Only for who runs inside, and only while a test needs it.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.lab.internet import Internet

_STORE = Path("/etc/ssl")
_KEYRING_SESSION = """
printf lab | gnome-keyring-daemon --unlock --components=secrets >/dev/null
exec "$@"
"""

_REMEMBER = """
import json, sys
import secretstorage
wanted = json.load(sys.stdin)
connection = secretstorage.dbus_init()
collection = secretstorage.get_default_collection(connection)
for label, attributes, secret in wanted:
    collection.create_item(label, attributes, secret.encode(), replace=True)
connection.close()
"""


@contextlib.contextmanager
def system_trust(internet: Internet) -> Iterator[None]:
    """The lab's root in the system's certificate store, for who starts inside meanwhile."""
    store = internet.home.etc / _STORE.name
    shutil.copytree(_STORE, store, symlinks=True, dirs_exist_ok=True)
    bundle = store / "certs" / "ca-certificates.crt"
    root = internet.authority.root.read_text()
    content = bundle.read_text()
    bundle.unlink()
    bundle.write_text(content + "\n" + root)
    try:
        yield
    finally:
        shutil.rmtree(store)


def environment(home: Path) -> dict[str, str]:
    """Nothing of the developer's own."""
    return {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "NO_AT_BRIDGE": "1",
        "GTK_A11Y": "none",
    }


def remember(internet: Internet, home: Path, secrets: str) -> None:
    """Puts secrets (JSON: label, attributes, secret) into the keyring under `home`."""
    argv = ["dbus-run-session", "--", "sh", "-c", _KEYRING_SESSION, "sh"]
    argv += [sys.executable, "-c", _REMEMBER]
    done = internet.home.run(argv, stdin=secrets, env=environment(home))
    assert done.returncode == 0, done.stderr


def run_until(
    internet: Internet,
    home: Path,
    argv: Sequence[str],
    seen: Callable[[], bool],
    *,
    timeout: float = 60.0,
    extra: Mapping[str, str] | None = None,
) -> str:
    """Starts a program with screen, bus and keyring; ends it once `seen`. Returns what it said."""
    home.mkdir(exist_ok=True)
    log = home / "program.log"
    command = ["xvfb-run", "--auto-servernum", "dbus-run-session", "--"]
    command += ["sh", "-c", _KEYRING_SESSION, "sh", *argv]
    with log.open("wb") as output:
        process = internet.home.popen(
            command, env={**environment(home), **(extra or {})}, output=output
        )
        deadline = time.monotonic() + timeout
        try:
            while not seen():
                said = log.read_text(errors="replace")[-3000:]
                assert process.poll() is None, f"{argv[0]} ended by itself:\n{said}"
                assert time.monotonic() < deadline, f"waited {timeout:.0f} s for {argv[0]}:\n{said}"
                time.sleep(0.2)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    return log.read_text(errors="replace")
