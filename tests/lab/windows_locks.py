"""Run by a Windows Python: what our lock and Thunderbird's do there.

python windows_locks.py SOURCE FOLDER
"""

import ctypes
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from wizard.clients import journal
from wizard.clients.thunderbird_profile import held

_FOR_READING_AND_WRITING = 0xC0000000
_OPEN_ALWAYS = 4


def wait_for(lock: str) -> None:
    """Another wizard, which needs the journal too."""
    with Path(lock).open("r+b") as file:
        journal._lock(file.fileno())
    print("mine")


def journals(folder: Path) -> None:
    lock = folder / "lock"
    lock.write_bytes(b"")
    with lock.open("r+b") as file:
        journal._lock(file.fileno())
        command = [sys.executable, __file__, sys.argv[1], "wait", str(lock)]
        other = subprocess.Popen(command, stdout=subprocess.PIPE)
        time.sleep(12)
        waits = other.poll() is None
    print("waits", waits, other.communicate()[0].split() == [b"mine"])


def thunderbirds(profile: Path) -> None:
    """Thunderbird opens its lock for itself alone."""
    kernel = getattr(ctypes, "WinDLL")("kernel32")  # noqa: B009 - unknown to a checker elsewhere
    kernel.CreateFileW.restype = ctypes.c_void_p
    kernel.CloseHandle.argtypes = [ctypes.c_void_p]
    invalid = ctypes.c_void_p(-1).value

    def take() -> int | None:
        name = ctypes.c_wchar_p(str(profile / "parent.lock"))
        taken = kernel.CreateFileW(name, _FOR_READING_AND_WRITING, 0, None, _OPEN_ALWAYS, 0, None)
        return None if taken == invalid else int(taken)

    profile.mkdir()
    with held([profile], "windows") as free:
        print("never used", free)
    handle = take()
    with held([profile], "windows") as free:
        print("in use", free)
    kernel.CloseHandle(handle)
    with held([profile], "windows") as free:
        print("free again", free, "kept out", take() is None)


if sys.argv[2] == "wait":
    wait_for(sys.argv[3])
else:
    journals(Path(sys.argv[2]))
    thunderbirds(Path(sys.argv[2]) / "profile")
