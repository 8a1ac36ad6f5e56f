"""Is there a screen to show a window on? Asked before any Qt is loaded."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

_UNSEEN = ("offscreen", "minimal", "vnc")


def has_display(environment: Mapping[str, str] | None = None, system: str = "") -> bool:
    """False where a window could not be seen. `system`: as `sys.platform`."""
    environment = os.environ if environment is None else environment
    chosen = environment.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if chosen:
        return chosen not in _UNSEEN
    if (system or sys.platform) in ("win32", "darwin"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
