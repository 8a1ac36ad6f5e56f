"""Files of the wizard's own that concern nobody but their owner."""

from __future__ import annotations

import os
import time
from pathlib import Path

_PATIENCE = 2.0
"""Seconds; virus scanners and indexers look at a file that is new for much less."""
_BUSY = {5, 32}  # ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION (winerror.h)


def write_private(path: Path, content: bytes) -> None:
    """Writes a file that its owner alone may read, whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)  # of a crash; its mode may be another
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    put_in_place(new, path)


def put_in_place(new: Path, path: Path) -> None:
    """Gives a file its final name, in place of an older one. Raises OSError.

    Windows refuses that while anybody has either of them open, as virus scanners, indexers and
    those who carry files to a cloud do for a moment: so it is tried again for a while.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            new.replace(path)
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
