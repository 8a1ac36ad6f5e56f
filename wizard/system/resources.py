"""Where the files lie that come with the program."""

from __future__ import annotations

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def resources(name: str = "") -> Path:
    """A file or folder of `resources/`: beside the package in a source tree, inside it in an
    installed wheel, unpacked beside the program in a frozen build."""
    if getattr(sys, "frozen", False):
        root = Path(getattr(sys, "_MEIPASS", _PACKAGE)) / "resources"
    elif (_PACKAGE / "_resources").is_dir():
        root = _PACKAGE / "_resources"
    else:
        root = _PACKAGE.parent / "resources"
    return root / name if name else root
