"""The composition root: builds the adapters and picks a face.

Nothing of the network or the keychain is imported before it is used: the window paints first.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

__all__ = ["main", "main_gui"]

FIRST_PAINT = "--exit-after-first-paint"
"""Measures how long the first window takes; not for people."""
SELF_CHECK = "--self-check"
"""Tells whether a finished build is whole; for the smoke test and for support."""

STORE_STEP = "--put-password-into-thunderbird"
"""The process of its own in which Thunderbird's library encrypts; not for people."""


def main(arguments: Sequence[str] | None = None) -> int:
    """`mail-wizard`: a command, or the window where none is given."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == [SELF_CHECK]:
        from wizard.app.selfcheck import self_check

        return self_check()
    if words == [STORE_STEP]:
        from wizard.clients.thunderbird_nss import child

        return child()
    if words in ([], [FIRST_PAINT]):
        # No command to understand: the window opens without loading the command line. Nothing
        # that loading makes is garbage; later the window collects by itself (gui.collector).
        gc.disable()
        from wizard.app.window import open_window

        code = open_window(exit_after_first_paint=FIRST_PAINT in words)
        if arguments is None:
            from wizard.gui.leaving import leave

            leave(code)
        return code
    from wizard.app.language import make_messages
    from wizard.app.outside import Outside
    from wizard.cli import main as cli

    return cli.main(words, Outside, make_messages)


def main_gui() -> int:
    """`mail-wizard-gui`: the window, started without a console."""
    return main()
