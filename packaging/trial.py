"""Installs the Windows installer silently, tries what it installed, uninstalls it, and compares.

    python packaging/trial.py SETUP.exe

For Windows, and for Wine. Looks at the person's folders (files) and at what the registry holds for
the person (keys and values), before and after. Prints one JSON object; exit code 0 only if the
installed program works and nothing of it stays.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import facts
import installer

_PATIENCE = 120.0
_HOME_OF_FILES = ("APPDATA", "LOCALAPPDATA", "USERPROFILE")
_NOT_OURS = ("\\temp\\", "\\inetcache\\", "ntuser.dat")
"""What the system itself writes while programs come and go. An uninstaller removes itself by a copy
in the folder for temporary files, where Windows keeps it until the next start."""


def files() -> set[str]:
    """Every file and folder of the person."""
    found: set[str] = set()
    for variable in _HOME_OF_FILES:
        for folder, folders, names in os.walk(os.environ[variable]):
            found.update(os.path.join(folder, name) for name in (*folders, *names))  # noqa: PTH118
    return {path for path in found if not any(part in path.lower() for part in _NOT_OURS)}


def registry(key: str = "Software") -> set[str]:
    """Every key and value that the registry holds for the person, as `key\\name = data`."""
    import winreg

    found: set[str] = set()
    if sys.platform == "win32":
        try:
            opened = winreg.OpenKey(
                winreg.HKEY_CURRENT_USER, key, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY
            )
        except OSError:
            return found  # gone in between, or not ours to read
        with opened:
            below, values, _ = winreg.QueryInfoKey(opened)
            found.add(key)
            for number in range(values):
                name, data, _ = winreg.EnumValue(opened, number)
                found.add(f"{key}\\{name} = {data!r}")
            names = [winreg.EnumKey(opened, number) for number in range(below)]
        for name in names:
            found |= registry(f"{key}\\{name}")
    return found


def trial(setup: Path) -> dict[str, Any]:
    """The facts; `faults` names what is not as it should be."""
    faults: list[str] = []
    before = files(), registry()
    started = time.monotonic()
    code = subprocess.run([str(setup), "/S"], timeout=_PATIENCE).returncode
    if code:
        return {"faults": [f"the installer ended with {code}"]}
    installing = time.monotonic() - started
    folder = Path(os.environ["LOCALAPPDATA"], "Programs", facts.TITLE)
    added = sorted(files() - before[0])
    entries = sorted(registry() - before[1])
    menu = [path for path in added if path.lower().endswith(f"{facts.TITLE}.lnk".lower())]
    if len(menu) != 1 or "start menu" not in menu[0].lower():
        faults.append(f"the Start menu has {menu}")
    if not any(entry == f"{installer.UNINSTALL_KEY}\\DisplayName = {facts.TITLE!r}" for entry in
               entries):  # fmt: skip
        faults.append("Windows' list of programs has no entry")
    strangers = [
        path for path in added if not path.startswith(str(folder.parent)) and path not in menu
    ]
    checked = _self_check(folder / f"{facts.PROGRAM}.exe")
    if not checked.get("ok"):
        faults.append("the installed program is not whole")
    code = subprocess.run([str(folder / installer.UNINSTALLER), "/S"], timeout=_PATIENCE).returncode
    if code:
        faults.append(f"the uninstaller ended with {code}")
    _wait(lambda: not folder.exists())
    left = sorted(files() - before[0] - {str(folder.parent)})
    # Every Windows has the list of programs itself; a new prefix of Wine has not.
    kept = sorted(registry() - before[1] - {installer.UNINSTALL_KEY.rpartition("\\")[0]})
    lost = sorted(before[0] - files())
    faults += [f"left behind: {item}" for item in (*left, *kept)]
    faults += [f"taken along: {item}" for item in lost]
    return {
        "files": [
            path.removeprefix(f"{folder}\\") for path in added if path.startswith(f"{folder}\\")
        ],
        "elsewhere": strangers,
        "registry": len(entries),
        "seconds": round(installing, 1),
        "self_check": checked,
        "faults": faults,
    }


def _self_check(program: Path) -> dict[str, Any]:
    try:
        asked = subprocess.run(
            [str(program), "--self-check"], capture_output=True, timeout=_PATIENCE
        )
        found = json.loads(asked.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as reason:
        return {"ok": False, "reason": str(reason)}
    return found if isinstance(found, dict) else {"ok": False}


def _wait(until: Callable[[], bool]) -> None:
    """An uninstaller goes on in a copy of itself after it has ended."""
    deadline = time.monotonic() + _PATIENCE
    while not until() and time.monotonic() < deadline:
        time.sleep(0.2)


def main(words: Sequence[str]) -> int:
    """Prints the facts; returns the exit code."""
    (setup,) = words
    found = trial(Path(setup))
    print(json.dumps(found, indent=2))
    return 1 if found["faults"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
