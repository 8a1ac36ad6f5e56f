"""Qt for Python, loaded so that the window opens sooner.

Both measures leave out what nothing here asks for; without them everything works the same, later.

- Enumerations are made by `enumerations`.
- Qt for Python puts a function of its own in the place of Python's `import`, to find modules that
  begin with `from __feature__ import …` (snake_case names). To know them it reads the source of
  every module that is imported from then on, ours and Python's, and keeps it in memory. None of
  ours asks for features, so Python's `import` goes back to its place.
"""

from __future__ import annotations

import builtins

from wizard.gui import enumerations


def load() -> None:
    """Loads Qt's core. To be called before anything else imports from PySide6."""
    enumerations.install()
    pythons_own = builtins.__import__
    import PySide6.QtCore  # noqa: F401 - for what it does

    builtins.__import__ = pythons_own
