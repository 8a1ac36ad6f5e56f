"""Garbage is collected in the main thread, never in the network's.

Python collects reference cycles in whichever thread happens to allocate. A cycle that holds a
widget, collected in the network's thread, destroys the widget there, and Qt ends the process
(seen with PySide6 6.11, 2026-11). While a `MainThreadCollector` lives, automatic collection is off
and the main thread does it.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 1000
_GENERATIONS = (2, 1, 0)


class MainThreadCollector(QObject):
    """Collects by Python's own thresholds, between events. Give it the thread's longest-lived
    object as `parent`; `close` hands collection back to Python."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_on = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(_EVERY_MS)

    def look(self) -> None:
        """Collects the oldest generation that is due, as Python would have."""
        for generation in _GENERATIONS:
            if gc.get_count()[generation] > gc.get_threshold()[generation]:
                gc.collect(generation)
                return

    def close(self) -> None:
        """As it was before."""
        self._timer.stop()
        if self._was_on:
            gc.enable()
