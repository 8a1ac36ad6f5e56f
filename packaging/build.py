"""Makes finished programs of this source tree, for the system it runs on.

    python3 tasks.py build [what …]

`what`: `folder` (everything in one folder), `portable` (the same in one file), on Linux `deb`, on
Windows `installer`, on macOS `dmg`;
`bare`, for benchmarks, is a bare window frozen with the same choices. Without a word: all but
`bare`. Results are in dist/, with their checksums.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import bill
import facts
import parts

PACKAGING = facts.ROOT / "packaging"
DIST = facts.ROOT / "dist"
WORK = facts.ROOT / "build"
SUMS = "SHA256SUMS"
SPEC = PACKAGING / "mail-wizard.spec"
BARE_WINDOW = PACKAGING / "bare.py"


class Stop(Exception):
    """A step that could not be done, with what to tell the user."""


def machine() -> str:
    """The processor, as file names say it: `x86_64`, `arm64`."""
    return {"amd64": "x86_64", "aarch64": "arm64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )


def portable_name() -> str:
    """The one file: what it is, for what system, ready to be handed around."""
    system = {"linux": "linux", "win32": "windows", "darwin": "macos"}[sys.platform]
    ending = ".exe" if sys.platform == "win32" else ""
    return f"{facts.PROGRAM}-{facts.version()}-{system}-{machine()}{ending}"


def source_date(environment: Mapping[str, str] = os.environ) -> str:
    """Seconds since 1970 that stand for "when": of the last commit, so that the same source gives
    the same dates (reproducible-builds.org, SOURCE_DATE_EPOCH)."""
    if given := environment.get("SOURCE_DATE_EPOCH"):
        return given
    command = ["git", "log", "-1", "--format=%ct"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, cwd=facts.ROOT)
    except OSError:
        return "0"
    return asked.stdout.strip() or "0"


def freeze(*, portable: bool = False, bare: bool = False) -> Path:
    """Runs PyInstaller; the folder it made. Raises `Stop`."""
    env = {
        **os.environ,
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": source_date(),
        "WIZARD_ONE_FILE": "1" if portable else "0",
        **({"WIZARD_BARE": str(BARE_WINDOW)} if bare else {}),
        **system_settings(),
    }
    subprocess.run([sys.executable, str(facts.ROOT / "hatch_build.py")], check=True)
    work = WORK / ("bare" if bare else "program")
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    command += ["--distpath", str(DIST), "--workpath", str(work)]
    command.append(str(SPEC))
    work.mkdir(parents=True, exist_ok=True)
    if subprocess.run(command, env=env, cwd=facts.ROOT).returncode:
        raise Stop("PyInstaller did not finish, see above.")
    return DIST / ("bare" if bare else facts.PROGRAM)


def system_settings(system: str = sys.platform) -> dict[str, str]:
    """What the spec needs on this system besides: the icon in the system's own form."""
    if system not in ("win32", "darwin"):
        return {}
    import iconfiles

    WORK.mkdir(exist_ok=True)
    icon = WORK / f"{facts.PROGRAM}.{'ico' if system == 'win32' else 'icns'}"
    (iconfiles.write_ico if system == "win32" else iconfiles.write_icns)(icon)
    return {"WIZARD_ICON": str(icon)}


def build_folder() -> list[Path]:
    """Everything in one folder."""
    return [freeze()]


def frozen() -> Path:
    """The folder, which is made now unless it is there."""
    folder = DIST / facts.PROGRAM
    return folder if folder.is_dir() else freeze()


def build_portable() -> list[Path]:
    """The folder, and one file that holds the same."""
    folder = freeze(portable=True)
    bill_of_materials(folder)
    made = folder.with_name(f"{facts.PROGRAM}-portable").with_suffix(
        ".exe" if sys.platform == "win32" else ""
    )
    target = DIST / portable_name()
    made.replace(target)
    return [folder, target]


def build_installer() -> list[Path]:
    """The installer for Windows around the folder, which is made first unless it is there."""
    import installer

    try:
        return [installer.build(frozen(), DIST / installer.name())]
    except installer.NotBuilt as reason:
        raise Stop(str(reason)) from reason


def build_dmg() -> list[Path]:
    """The disk image for macOS around the .app, which is made first unless it is there."""
    import dmg

    app = DIST / f"{facts.TITLE}.app"
    if not app.is_dir():
        freeze()
    try:
        icon = Path(system_settings()["WIZARD_ICON"])
        return [dmg.build(app, DIST / dmg.name(machine()), icon)]
    except dmg.NotBuilt as reason:
        raise Stop(str(reason)) from reason


def build_deb() -> list[Path]:
    """The Debian package around the folder, which is made first unless it is there."""
    import deb  # its tools are Debian's

    try:
        return [deb.build(frozen(), DIST, int(source_date()))]
    except deb.NotBuilt as reason:
        raise Stop(str(reason)) from reason


def bill_of_materials(folder: Path) -> Path:
    """Writes what is in a frozen folder, with checksums. Raises `Stop`."""
    found = parts.load((WORK / "program" / SPEC.stem / "parts.json").read_text(encoding="utf-8"))
    document = bill.bill(folder, found, int(source_date()))
    if faults := bill.faults(document):
        raise Stop(f"The bill of materials is not as CycloneDX wants it: {faults}")
    target = DIST / f"{portable_name()}.cdx.json"
    target.write_text(document + "\n", encoding="utf-8")
    return target


def build_bare() -> list[Path]:
    """The bare window that benchmarks compare with."""
    return [freeze(bare=True)]


class What(NamedTuple):
    """A word of the command line."""

    name: str
    build: Callable[[], list[Path]]
    systems: Sequence[str] = ("linux", "win32", "darwin")


WHAT = (
    What("folder", build_folder),
    What("portable", build_portable),
    What("installer", build_installer, ("win32",)),
    What("dmg", build_dmg, ("darwin",)),
    What("deb", build_deb, ("linux",)),
    What("bare", build_bare),
)


def write_checksums(folder: Path) -> Path:
    """SHA256SUMS of the files that are handed out, as `sha256sum -c` reads it."""
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and path.name != SUMS]
    sums = folder / SUMS
    sums.write_text(
        "".join(
            f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files
        ),
        encoding="utf-8",
    )
    return sums


def main(words: Sequence[str]) -> int:
    """Builds what is asked for; returns the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # Windows' own encodings lack our letters
        sys.stdout.reconfigure(errors="replace")
    here = {what.name: what for what in WHAT if sys.platform in what.systems}
    wanted = list(words) or [name for name in here if name not in ("folder", "bare")]
    if not set(wanted) <= set(here):
        print(f"Known here: {', '.join(here)}")
        return 2
    for old in (WORK, *(DIST / name for name in (facts.PROGRAM, "bare"))):
        shutil.rmtree(old, ignore_errors=True)
    try:
        for name in wanted:
            print(f"── {name}", flush=True)
            for path in here[name].build():
                print(f"   {path.relative_to(facts.ROOT)}", flush=True)
    except Stop as stop:
        print(stop)
        return 1
    write_checksums(DIST)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
