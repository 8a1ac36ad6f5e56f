"""The composition root: builds the adapters and picks a face.

Nothing of the network or the keychain is imported before it is used: the window paints first.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main", "main_gui"]


def main(arguments: Sequence[str] | None = None) -> int:
    """`mail-wizard`: a command, or the window where none is given."""
    from wizard import cli
    from wizard.app.outside import Outside, make_messages

    return cli.main(sys.argv[1:] if arguments is None else arguments, Outside, make_messages)


def main_gui() -> int:
    """`mail-wizard-gui`: the window, started without a console."""
    return main(sys.argv[1:])
