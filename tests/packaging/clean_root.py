"""A Debian in a folder, with nothing on it but its essentials and apt.

Made by mmdebstrap from the sources this machine uses; commands run in it in a mount and process
namespace of their own, so that nothing stays mounted and nobody stays behind.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.requirements import need_programs, unavailable

_ENTER = (
    'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount -t tmpfs run "$0/run" '
    '&& exec chroot "$0" "$@"'
)
_SOURCES = Path("/etc/apt")


@dataclass(frozen=True, slots=True)
class CleanRoot:
    """The folder that is its `/`."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> CleanRoot:
        """Takes a minute: unpacks Debian's essentials."""
        need_programs("mmdebstrap", "unshare")
        if os.geteuid() != 0:
            unavailable("a clean Debian needs root")
        sources = [*_SOURCES.glob("sources.list"), *_SOURCES.glob("sources.list.d/*.sources")]
        release = Path("/etc/os-release").read_text(encoding="utf-8")
        suite = next(
            line.partition("=")[2].strip('"')
            for line in release.splitlines()
            if line.startswith("VERSION_CODENAME=")
        )
        command = ["mmdebstrap", "--quiet", "--variant=minbase", "--skip=cleanup/apt"]
        command += ["--dpkgopt=force-unsafe-io", '--aptopt=APT::Install-Recommends "0"']
        done = subprocess.run(
            [*command, suite, str(root), *map(str, sources)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        for conf in (_SOURCES / "apt.conf.d").glob("*"):
            if "Acquire" in conf.read_text(encoding="utf-8"):
                shutil.copy(conf, root / "etc/apt/apt.conf.d")
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        return cls(root)

    @property
    def enter(self) -> tuple[str, ...]:
        """Words before a command that run it in there."""
        namespaces = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
        return (*namespaces, "sh", "-c", _ENTER, str(self.root))

    def run(
        self, *command: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs it in there to its end."""
        clean = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp"}
        clean |= {"DEBIAN_FRONTEND": "noninteractive"}
        words: Sequence[str] = (*self.enter, *command)
        return subprocess.run(
            words,
            env={**clean, **(env or {})},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    def apt(self, *words: str) -> None:
        """Runs `apt-get` in there."""
        done = self.run("apt-get", "-q", "-y", *words)
        assert done.returncode == 0, done.stdout + done.stderr

    def files(self) -> set[str]:
        """Every path in there but what apt and dpkg keep books in."""
        books = ("var/lib/dpkg", "var/lib/apt", "var/cache", "var/log", "tmp", "run")
        found = {path.relative_to(self.root).as_posix() for path in self.root.rglob("*")}
        return {path for path in found if not path.startswith(books)}
