"""Where a frozen program begins: `mail-wizard`, with or without a console."""

import os
import sys
from collections.abc import MutableMapping

from wizard.app import main


def tidy(environment: MutableMapping[str, str]) -> None:
    """Keeps libraries of the system and ours apart.

    PyInstaller's starter on Linux names our folder in LD_LIBRARY_PATH and keeps what was there.
    For this process the system has read it already; the browser or Thunderbird, started from
    here, shall not load from it. QT_PLUGIN_PATH names plug-ins for some other Qt (desktops and
    Anaconda set it), which don't go with ours.
    """
    original = environment.pop("LD_LIBRARY_PATH_ORIG", "")
    environment.pop("LD_LIBRARY_PATH", None)
    if original:
        environment["LD_LIBRARY_PATH"] = original
    environment.pop("QT_PLUGIN_PATH", None)


if __name__ == "__main__":
    tidy(os.environ)
    sys.exit(main())
