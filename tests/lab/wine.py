"""Windows as far as Wine goes: a private prefix, and programs run in it with a time-out.

Nothing of it touches the person's own Wine or home: the prefix lies in a folder of the test's,
holds the only home these programs know, and makes no desktop entries. Wine is asked to be Windows
10, in 64 bits; 32-bit programs do not run.

Wine lets a program print only to a pipe or a terminal, so output is always read through a pipe.
"""

import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tests.lab.requirements import unavailable
from tests.lab.wire import Namespace

_PATIENCE = 120.0
_FONTS = Path("/usr/share/fonts/truetype/dejavu")
_LINGER = 1.0
"""Seconds to wait for the end of output after the end of the program."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a Windows program ended. `output`: its standard output, line ends as on Linux."""

    code: int
    output: str
    errors: str

    @property
    def ok(self) -> bool:
        return self.code == 0


class Wine:
    """A Windows of one's own; a context manager that ends whatever still runs in it.

    `folder`: an empty or absent folder, or the prefix of an earlier one. `screen`: the `DISPLAY`
    for programs with windows; without it there is none. `inside`: the network it has, this
    computer's where nothing is said; Wine's server opens the sockets, so it is one for all.
    """

    def __init__(self, folder: Path, screen: str = "", inside: Namespace | None = None) -> None:
        self.folder = folder
        self.drive = folder / "drive_c"
        self._screen = screen
        self._inside = inside
        self._idle: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        if shutil.which("wine") is None:
            unavailable("wine is not installed (see tests/lab/packages.txt)")
        new = not self.drive.exists()
        (self.folder / "home").mkdir(parents=True, exist_ok=True)
        if new:
            # The second says "Windows 10"; without it Wine 8 answers to 7, which Qt refuses.
            for command in (("wineboot", "--init"), ("winecfg", "/v", "win10")):
                started = self.run(*command, seconds=240)
                assert started.ok, f"Wine does not start here:\n{started.errors}"
            for font in _FONTS.glob("*.ttf"):  # Windows has some there, a new Wine has none
                shutil.copy(font, self.drive / "windows" / "Fonts")
        # Wine's services live as long as some program does; with this one, until we are gone.
        self._idle = self.start("cmd", output=subprocess.DEVNULL)
        # So does its desktop, which comes with the first window and would keep the pipes of the
        # program that showed it; so an empty one comes first.
        first = self.start("rundll32", "user32.dll,GetDesktopWindow", output=subprocess.DEVNULL)
        first.communicate(timeout=_PATIENCE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """What a program under Wine sees: nothing of this computer's user but the PATH."""
        env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder / "home"),
            "LANG": "C.UTF-8",
            "WINEPREFIX": str(self.folder),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            # No offers to download .NET or a browser, no entries in a desktop's menu; and the
            # stand-in for a library that Wine has only the beginnings of (see `windows`).
            "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d;mscms=n,b",
        }
        if self._screen:
            env["DISPLAY"] = self._screen
        return {**env, **{_wine_name(name): value for name, value in (more or {}).items()}}

    def run(
        self,
        *command: str | Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        text: str = "",
        seconds: float = _PATIENCE,
    ) -> Ran:
        """Runs a Windows program to its end, with `text` as its input. Paths may be Linux's.

        Raises TimeoutExpired, after ending everything in this prefix.
        """
        child = self.start(*command, env=env, cwd=cwd)
        streams = [_Reading(stream) for stream in (child.stdout, child.stderr) if stream]
        try:
            assert child.stdin is not None
            with contextlib.suppress(BrokenPipeError), child.stdin as pipe:
                pipe.write(text.encode())
            code = child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.stop()
            child.kill()
            child.wait()
            raise
        output, errors = (stream.all() for stream in streams)
        return Ran(code, output, errors)

    def start(
        self,
        *command: str | Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        output: int = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        """Starts a Windows program and leaves it running; `run` explains the rest."""
        words = ["wine", *(self.path(w) if isinstance(w, Path) else w for w in command)]
        return subprocess.Popen(
            self._words(words),
            env=self.environment(env),
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    def path(self, path: Path) -> str:
        """A Linux path as Windows programs under Wine know it."""
        full = path.absolute()
        if full.is_relative_to(self.drive):
            return "C:\\" + str(full.relative_to(self.drive)).replace("/", "\\")
        return "Z:" + str(full).replace("/", "\\")

    def here(self, path: str) -> Path:
        """A path that a Windows program gave, as Linux knows it."""
        drive, rest = path[:2].upper(), path[2:].replace("\\", "/").lstrip("/")
        return (self.drive if drive == "C:" else Path("/")) / rest

    def folder_of(self, variable: str) -> Path:
        """The folder that a variable of Windows names, for instance `APPDATA`."""
        return self.here(self.run("cmd", "/c", f"echo %{variable}%").output.strip())

    def registry(self, key: str) -> str:
        """A key and all below it, as regedit exports them; empty where there is none."""
        file = self.folder / "export.reg"
        file.unlink(missing_ok=True)
        self.run("regedit", "/E", self.path(file), key)
        return file.read_text(encoding="utf-16").replace("\r\n", "\n") if file.exists() else ""

    def stop(self) -> None:
        """Ends every program of this prefix, and its server."""
        if self._idle is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._idle.communicate(timeout=10)
            self._idle.kill()
            self._idle.wait()
            self._idle = None
        quiet = subprocess.DEVNULL
        for word in ("-k", "-w"):
            with contextlib.suppress(subprocess.TimeoutExpired):
                subprocess.run(
                    self._words(["wineserver", word]),
                    env=self.environment(),
                    timeout=30,
                    stdout=quiet,
                    stderr=quiet,
                )

    def _words(self, command: list[str]) -> list[str]:
        return self._inside.command(command) if self._inside else command


def _wine_name(variable: str) -> str:
    """Wine keeps some variables of Linux from Windows programs, unless so named."""
    return f"WINE{variable}" if variable.startswith("QT_") else variable


class _Reading:
    """Reads a pipe to its end, or to the end of the program that was given it: what Wine starts
    beside a program keeps the pipe open for longer."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._read = bytearray()
        self._thread = threading.Thread(target=self._go_on, name="wine output", daemon=True)
        self._thread.start()

    def _go_on(self) -> None:
        with self._stream:
            while block := os.read(self._stream.fileno(), 65536):
                self._read += block

    def all(self) -> str:
        """What came; to be asked once the program has ended."""
        self._thread.join(_LINGER)
        return self._read.decode("utf-8", "replace").replace("\r\n", "\n")
