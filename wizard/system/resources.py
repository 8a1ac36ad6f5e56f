"""Where the files lie that come with the program."""

from __future__ import annotations

import os
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


PROVIDER_FILE = "mail-wizard-provider.toml"
"""A host lays it beside the program, and the wizard is "its" wizard without a fork."""


def provider_file_beside() -> Path | None:
    """The provider file beside a built program: its folder, or that of the app bundle or the
    single file it was unpacked from. A source tree has none."""
    if not getattr(sys, "frozen", False):
        return None
    program = Path(sys.executable)
    folders = [program.parent, *(p.parent for p in program.parents if p.suffix == ".app")]
    if image := os.environ.get("APPIMAGE"):
        folders.insert(0, Path(image).parent)
    return next((path for f in folders if (path := f / PROVIDER_FILE).is_file()), None)
