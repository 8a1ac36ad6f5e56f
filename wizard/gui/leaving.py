"""The end of the process."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from PySide6.QtCore import QCoreApplication


def leave(code: int) -> NoReturn:
    """Ends the process at once, with this exit code.

    All work is over and closed by now. Qt ends as it should: on Windows and X11 that is when it
    hands over what was copied, which would else be lost with the program. What Python would do yet
    is take apart modules and classes one by one, an eighth of a whole start.
    """
    app = QCoreApplication.instance()
    if app is not None:
        app.shutdown()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # a windowed program on Windows has none
            stream.flush()
    os._exit(code)
