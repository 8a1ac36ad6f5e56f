"""The program under test, run as people run it: a process of its own, in the namespace `home`.

It trusts the lab's authority (`--ca`) and finds everything else as on any computer: its name
server in /etc/resolv.conf, its files under HOME, an unlocked keychain (GNOME's) on a session bus
of its own. `LAB_PROGRAM` names another program to test, the frozen build for instance; without
it, this checkout is run by this interpreter.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lab.internet import Internet

_ROOT = Path(__file__).parents[2]
_TIMEOUT = 120.0
_IN_A_SESSION = 'exec 3>&2; exec dbus-run-session -- sh -c "$0" sh "$@" 2>/dev/null'
"""Runs what follows on a session bus, whose own remarks are not the program's."""
_WITH_KEYCHAIN = """
printf lab | gnome-keyring-daemon --unlock --components=secrets >/dev/null
exec "$@" 2>&3 3>&-
"""
"""The keychain lies under HOME and stays there; its daemon ends with its session bus."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended: exit code, the JSON object on stdout, and the text of both streams."""

    exit_code: int
    stdout: str
    stderr: str

    def __str__(self) -> str:
        return f"exit code {self.exit_code}\n{self.stdout}\n{self.stderr}"

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object of the public contract."""
        parsed = json.loads(self.stdout)
        assert isinstance(parsed, dict), self.stdout
        return parsed


@dataclass(frozen=True, slots=True)
class Wizard:
    """Runs `mail-wizard` commands with `home_folder` as HOME."""

    internet: Internet
    home_folder: Path
    extra: Mapping[str, str] = field(default_factory=dict)
    """Environment variables beside the usual ones."""

    def run(self, *arguments: str | Path, stdin: str = "") -> Outcome:
        """Run one command with `--json`; `stdin` is what is typed into it."""
        program = os.environ.get("LAB_PROGRAM")
        argv = ["sh", "-c", _IN_A_SESSION, _WITH_KEYCHAIN]
        argv += [program] if program else [sys.executable, "-m", "wizard"]
        argv += [str(argument) for argument in arguments]
        argv += ["--json", "--ca", str(self.internet.authority.root)]
        done = self.internet.home.run(argv, stdin=stdin, env=self._environment(), timeout=_TIMEOUT)
        return Outcome(done.returncode, done.stdout, done.stderr)

    def _environment(self) -> dict[str, str]:
        """Nothing of the developer's own, so that a lab run is the same on every machine."""
        return {
            "HOME": str(self.home_folder),
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(_ROOT),
            "PYTHONWARNINGS": "default",
            **self.extra,
        }
