"""The Windows build, made under Wine: `python3 tasks.py build windows` where there is no Windows.

The same packaging/build.py runs as on Windows, with a Windows Python, in a copy of the source
inside the prefix; NSIS, which makes the installer from any system, runs beside it. What comes out
starts and works under Wine. It is for trying out and for tests: a release is built on Windows,
whose Python is python.org's and whose system libraries are real.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import build
import facts
import installer
from tests.lab.wine import Wine
from tests.lab.winpython import WindowsPython

_PATIENCE = 1800.0
"""Seconds; a busy machine takes a while."""


@dataclass(frozen=True, slots=True)
class WindowsBuild:
    """What was built, inside the prefix. `source`: the copy it was built from."""

    source: Path
    folder: Path
    portable: Path
    setup: Path


def build_windows(wine: Wine, python: WindowsPython) -> WindowsBuild:
    """Builds everything from this source tree. Raises `NotBuilt` with what was said."""
    source = wine.drive / "source"
    copy_source(source)
    made = python.run(
        source / "packaging" / "build.py",
        "portable",
        seconds=_PATIENCE,
        PYTHONUTF8="1",
        SOURCE_DATE_EPOCH=build.source_date(),
    )
    if not made.ok:
        raise installer.NotBuilt(f"{made.output}\n{made.errors}")
    dist = source / "dist"
    folder = dist / facts.PROGRAM
    setup = installer.build(folder, dist / installer.name())
    build.write_checksums(dist)
    (portable,) = dist.glob(f"{facts.PROGRAM}-*-windows-x86_64.exe")
    return WindowsBuild(source, folder, portable, setup)


def copy_source(target: Path) -> None:
    """The files git knows or would take, without their history."""
    shutil.rmtree(target, ignore_errors=True)
    asked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=facts.ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, asked.stdout.split(b"\0")):
        file = Path(os.fsdecode(name))
        if (facts.ROOT / file).is_file():
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(facts.ROOT / file, target / file)


def try_windows(python: WindowsPython, built: Path) -> bool:
    """What is tried on Windows, with finished programs of another time; prints what it found."""
    source = python.wine.drive / "source"
    copy_source(source)
    dist = source / "dist"
    shutil.copytree(built, dist)
    (portable,) = dist.glob(f"{facts.PROGRAM}-*-windows-x86_64.exe")
    packaging = source / "packaging"
    folder, setup = dist / facts.PROGRAM, dist / installer.name()
    smoke = python.run(packaging / "smoke.py", folder, portable, seconds=_PATIENCE, PYTHONUTF8="1")
    print(f"{smoke.output}{smoke.errors}", flush=True)
    trial = python.run(packaging / "trial.py", setup, seconds=_PATIENCE, PYTHONUTF8="1")
    print(f"── {setup.name}", flush=True)
    print(
        "ok  installs, works, leaves nothing" if trial.ok else f"BAD\n{trial.output}{trial.errors}"
    )
    return smoke.ok and trial.ok


def main(words: Sequence[str]) -> int:
    """Builds into dist/windows, or tries what is there (`smoke`); returns the exit code."""
    target = build.DIST / "windows"
    trying = list(words) == ["smoke"]
    if words and not trying:
        print("Under Wine everything is built: python3 tasks.py build windows")
        return 2
    if trying and not target.is_dir():
        print("There is no build in dist/windows. python3 tasks.py build windows makes one.")
        return 2
    with tempfile.TemporaryDirectory(prefix="wine-", ignore_cleanup_errors=True) as place:
        print("── a Windows Python, under Wine", flush=True)
        with Wine(Path(place, "prefix")) as wine:
            python = WindowsPython(wine, Path(place, "python"), "build")
            if trying:
                print("── the programs and their installer, as a person meets them", flush=True)
                return 0 if try_windows(python, target) else 1
            print("── the programs and their installer", flush=True)
            try:
                made = build_windows(wine, python)
            except installer.NotBuilt as reason:
                print(reason)
                return 1
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(made.folder.parent, target)
    for path in sorted(target.iterdir()):
        print(f"   {path.relative_to(facts.ROOT)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
