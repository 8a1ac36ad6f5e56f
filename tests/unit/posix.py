"""Marks for tests of what Windows or macOS has not; whatever has no such mark passes there too.

And two for what Wine lacks, under which these tests are tried where there is no Windows. On a real
macOS they were never run.
"""

from __future__ import annotations

import os
import sys

import pytest

_WINDOWS = sys.platform == "win32"
_LINUX = sys.platform == "linux"


def _is_wine() -> bool:
    """Its system library has one function more, to say so."""
    if sys.platform == "win32":
        import ctypes

        return hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")
    return False


WINE = _is_wine()

rights = pytest.mark.skipif(
    _WINDOWS, reason="Windows keeps no rights in a file's mode; the person's folder has them"
)
forks = pytest.mark.skipif(_WINDOWS, reason="a child that can be killed at a step is made by fork")
fcntl_locks = pytest.mark.skipif(
    _WINDOWS, reason="locks by fcntl; tests/lab/windows_locks.py tries those of Windows"
)
unix_sockets = pytest.mark.skipif(_WINDOWS, reason="the program leaves a socket of Unix")
links = pytest.mark.skipif(_WINDOWS, reason="Windows lets administrators alone make links")
programs = pytest.mark.skipif(_WINDOWS, reason="a script is no program on Windows")
linux_paths = pytest.mark.skipif(_WINDOWS, reason="kept as Linux wrote it, with its paths inside")
linux_packages = pytest.mark.skipif(_WINDOWS, reason="where Linux's packages keep profiles")
no_registry = pytest.mark.skipif(_WINDOWS, reason="Windows' own registry can be asked")
linux_proxies = pytest.mark.skipif(
    not _LINUX, reason="proxy settings are asked of programs and libraries that Linux has"
)
linux_processes = pytest.mark.skipif(
    not _LINUX, reason="whose a process is, is read from Linux's /proc"
)
linux_attributes = pytest.mark.skipif(
    not _LINUX, reason="files that nobody can change are made by Linux's chattr"
)
silent_queues = pytest.mark.skipif(
    not _LINUX,
    reason="where a queue is full Windows refuses, a second later; macOS has one loopback address",
)
openssl_store = pytest.mark.skipif(
    sys.platform in ("win32", "darwin"),
    reason="certificates are judged by the system, which does not read OpenSSL's list",
)
windows_judge = pytest.mark.skipif(
    WINE, reason="Wine takes a certificate whose authority it does not know; Windows does not"
)
windows_udp = pytest.mark.skipif(
    WINE, reason="who waits for an answer by UDP is not told by Wine that nobody is there"
)
quiet_loops = pytest.mark.skipif(
    _WINDOWS, reason="no socket may be made, and by one an event loop of Windows is woken"
)
as_root = pytest.mark.skipif(
    _WINDOWS or os.geteuid() != 0, reason="only root can become somebody else"
)
