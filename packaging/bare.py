"""A bare PySide6 window: what benchmarks compare with, from source and frozen."""

import sys

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget


class Window(QWidget):
    """Nothing in it. With `--exit-after-first-paint` it ends when it was painted."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if "--exit-after-first-paint" in sys.argv:
            QTimer.singleShot(0, QApplication.quit)


app = QApplication(sys.argv)
window = Window()
window.resize(900, 680)
window.show()
sys.exit(app.exec())
