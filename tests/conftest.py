"""Garbage is collected between tests, in the main thread.

Tests with windows leave cycles that hold widgets. Collected in a thread of a later test, they
would be destroyed there, and Qt ends the process (see `wizard.gui.collector`).
"""

from __future__ import annotations

import gc


def pytest_configure() -> None:
    gc.disable()


def pytest_runtest_logfinish() -> None:
    for generation in (2, 1, 0):
        if gc.get_count()[generation] > gc.get_threshold()[generation]:
            gc.collect(generation)
            return
