"""Is there a screen to show a window on? Asked before any Qt is loaded.

Qt ends the process where the screen it was promised does not answer, so a local X server is
knocked at; a remote one is taken at its word.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

_UNSEEN = ("offscreen", "minimal", "vnc")
_LOCAL_X = re.compile(r"(?:unix)?:(\d+)(?:\.\d+)?\Z")


def has_display(
    environment: Mapping[str, str] | None = None,
    system: str = "",
    x_answers: Callable[[int], bool] | None = None,
) -> bool:
    """False where a window could not be seen.

    `system`: as `sys.platform`. `x_answers`: whether the local X server of a number is there.
    """
    environment = os.environ if environment is None else environment
    chosen = environment.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if chosen in _UNSEEN:
        return False
    if chosen or (system or sys.platform) in ("win32", "darwin"):
        return True
    if environment.get("WAYLAND_DISPLAY"):
        return True
    display = environment.get("DISPLAY", "")
    local = _LOCAL_X.match(display)
    if local is None:
        return bool(display)
    return (x_answers or _x_answers)(int(local[1]))


def can_open_window() -> bool:
    """False where Qt would end the process: there is no screen, and no platform without one was
    asked for by name (QT_QPA_PLATFORM), as tests and benchmarks do."""
    return bool(os.environ.get("QT_QPA_PLATFORM")) or has_display()


def lend_fonts(environment: MutableMapping[str, str] | None = None, system: str = "") -> None:
    """Tells Qt where Windows has its fonts: what it draws unseen has no letters there without.
    To be called before Qt starts.
    """
    environment = os.environ if environment is None else environment
    windows = environment.get("SYSTEMROOT", "")
    if (system or sys.platform) == "win32" and windows:
        environment.setdefault("QT_QPA_FONTDIR", f"{windows}\\Fonts")


def _x_answers(number: int) -> bool:
    """Knocks at a local X server's socket, the abstract one of Linux first."""
    import socket

    path = f"/tmp/.X11-unix/X{number}"  # noqa: S108 - where X servers listen, nothing is written
    for address in (f"\0{path}", path):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
            knock.settimeout(1)
            try:
                knock.connect(address)
            except OSError:
                continue
            return True
    return False
