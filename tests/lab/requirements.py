"""Whether the lab can be here, and what happens to its tests where it cannot.

Where something is missing they are skipped with the reason. In CI (`CI=true`) that would be a
promise broken in silence, so there they fail.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import pytest

_TUN = Path("/dev/net/tun")


def unavailable(reason: str) -> NoReturn:
    """Skip the test, or fail it where the lab must be: in CI, on the system that can hold it."""
    if os.environ.get("CI") == "true" and sys.platform == "linux":
        pytest.fail(f"the lab must run in CI: {reason}", pytrace=False)
    pytest.skip(f"no lab here: {reason}")


def need_namespaces() -> None:
    """Network namespaces and the wire between them can be made here."""
    if not sys.platform.startswith("linux"):
        unavailable("network namespaces are Linux's")
    if os.geteuid() != 0:
        unavailable("network namespaces need root")
    if not _TUN.exists():
        unavailable(f"this kernel offers no {_TUN}")
    need_programs("ip")


def need_programs(*programs: str | Path) -> None:
    """These programs are installed."""
    for program in programs:
        if shutil.which(program) is None:
            unavailable(f"{program} is not installed (see tests/lab/packages.txt)")
