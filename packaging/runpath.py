"""Folders of the machine that built a library, in which the system would look for more of them.

A Python that was built from source names its own folder in every extension module (RUNPATH). On
another computer that folder is nobody's, or somebody else's, whose libraries would be loaded.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from contents import Entry

OWN = "$ORIGIN"
"""Where the library itself lies: stays right wherever that is."""


def places(file: Path) -> list[str]:
    """The folders a library names; none where it is no library."""
    asked = subprocess.run(["readelf", "-dW", str(file)], capture_output=True, text=True)
    found = re.findall(r"\((?:RUNPATH|RPATH)\).*\[(.*)\]", asked.stdout)
    return [place for line in found for place in line.split(":")]


def without(entries: Iterable[Entry], folder: Path) -> list[Entry]:
    """The entries; in place of libraries that name folders of this machine, copies in `folder`
    that name none."""
    return [
        (
            name,
            str(_copy(Path(source), folder / name)) if _names_ours(source, kind) else source,
            kind,
        )
        for name, source, kind in entries
    ]


def _names_ours(source: str, kind: str) -> bool:
    if kind not in ("BINARY", "EXTENSION"):
        return False
    return any(not place.startswith(OWN) for place in places(Path(source)))


def _copy(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
    kept = ":".join(place for place in places(target) if place.startswith(OWN))
    words = ["--set-rpath", kept] if kept else ["--remove-rpath"]
    subprocess.run(["patchelf", *words, str(target)], check=True)
    return target
