"""The installer for Windows, around a frozen folder; made by NSIS on Windows or on Linux.

    python packaging/installer.py FOLDER OUTPUT.exe

`FOLDER` is what PyInstaller made on Windows. With a certificate (see `sign.py`) the programs, the
uninstaller and the installer are signed on the way.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PureWindowsPath

import facts
import iconfiles
import sign

SCRIPT = facts.ROOT / "packaging" / "windows" / "installer.nsi"
UNINSTALLER = "uninstall.exe"
UNINSTALL_KEY = f"Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{facts.PACKAGE}"
_USUAL_PLACES = ("C:/Program Files (x86)/NSIS/makensis.exe", "C:/Program Files/NSIS/makensis.exe")


class NotBuilt(Exception):
    """Why there is no installer, and what to do."""


def name() -> str:
    """The file people download."""
    return f"{facts.PROGRAM}-{facts.version()}-windows-x86_64-setup.exe"


def build(folder: Path, output: Path) -> Path:
    """Makes the installer. Raises `NotBuilt`."""
    makensis = _makensis()
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    for program in (facts.PROGRAM, facts.WINDOWED_PROGRAM):
        if Path(f"{program}.exe") not in files:
            raise NotBuilt(f"{folder} has no {program}.exe. Is it a build for Windows?")
        if sign.configured():
            sign.sign(folder / f"{program}.exe")
    size = sum((folder / file).stat().st_size for file in files)
    with tempfile.TemporaryDirectory() as made:
        icon, side, listed = (Path(made, file) for file in ("setup.ico", "side.bmp", "files.nsh"))
        iconfiles.write_ico(icon)
        iconfiles.write_side(side)
        listed.write_text(file_list(folder, files), encoding="utf-8-sig")
        names = {
            "TITLE": facts.TITLE,
            "VERSION": facts.version(),
            "NUMBERS": ".".join(map(str, facts.version_numbers(facts.version()))),
            "PUBLISHER": facts.PUBLISHER,
            "COPYRIGHT": facts.COPYRIGHT,
            "HOMEPAGE": facts.HOMEPAGE,
            "WINDOWED": facts.WINDOWED_PROGRAM,
            "UNINSTALLER": UNINSTALLER,
            "UNINSTALL_KEY": UNINSTALL_KEY,
            "KILOBYTES": str(size // 1024),
            "ICON": str(icon),
            "SIDE": str(side),
            "LIST": str(listed),
            "OUTPUT": str(output.absolute()),
            "TARGET": _target(),
            **({"SIGN": sign.command()} if sign.configured() else {}),
        }
        output.parent.mkdir(parents=True, exist_ok=True)
        output.unlink(missing_ok=True)
        command = [makensis, "-V2", "-WX", "-INPUTCHARSET", "UTF8"]
        command += [f"-D{key}={value}" for key, value in names.items()]
        done = subprocess.run([*command, str(SCRIPT)], capture_output=True, text=True)
    if done.returncode or not output.exists():
        raise NotBuilt(f"makensis did not finish:\n{done.stdout}{done.stderr}")
    return output


def file_list(folder: Path, files: Iterable[Path]) -> str:
    """The two macros that name every file: what is put there is what is taken away."""
    paths = [PureWindowsPath(file) for file in files]
    folders = sorted({path.parent for path in paths} | {p for x in paths for p in x.parents})
    add, remove = ["!macro AddFiles"], ["!macro RemoveFiles"]
    for inside in folders:
        add.append(f'  SetOutPath "{_installed(inside)}"')
        for path in paths:
            if path.parent == inside:
                add.append(f'  File "{folder / Path(*path.parts)}"')
                remove.append(f'  Delete "{_installed(path)}"')
    # The innermost first. Its working folder can't be removed.
    remove.append('  SetOutPath "$TEMP"')
    remove += [f'  RMDir "{_installed(inside)}"' for inside in reversed(folders) if inside.parts]
    return "\n".join([*add, "!macroend", *remove, "!macroend", ""])


def _installed(path: PureWindowsPath) -> str:
    return f"$INSTDIR\\{path}" if path.parts else "$INSTDIR"


def _makensis() -> str:
    found = shutil.which("makensis") or next((p for p in _USUAL_PLACES if Path(p).is_file()), None)
    if found is None:
        raise NotBuilt("NSIS is needed: from nsis.sourceforge.io, or the Debian package nsis.")
    return found


def _target() -> str:
    """64 bits where NSIS can (Debian's): under 64-bit Wine nothing else runs. NSIS for Windows
    brings 32 bits only, which every Windows runs."""
    can = any(Path("/usr/share/nsis/Stubs").glob("*amd64-unicode"))
    return "amd64-unicode" if can else "x86-unicode"


def main(words: Sequence[str]) -> int:
    """Builds the installer; returns the exit code."""
    folder, output = words
    try:
        print(build(Path(folder), Path(output)))
    except NotBuilt as reason:
        print(reason)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
