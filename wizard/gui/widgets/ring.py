"""The focus ring: one overlay that follows the keyboard focus.

Drawn outside the widget, so that nothing has to leave room for it and edges stay aligned. Widgets
ask for it with the property `ring` (corner radius at 100 %); `ring_target` = `parent` puts it
around the parent (a card that is one check box); `ring_gap` keeps it further away (what has no
padding of its own). Text fields draw their own border.

Who works with the mouse sees no ring: it shows from the first key on, until the next click.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget
from shiboken6 import isValid

if TYPE_CHECKING:
    from PySide6.QtCore import QObject
    from PySide6.QtGui import QPaintEvent

    from wizard.gui.theme import Theme

_GAP, _WIDTH = 2, 2
_FOLLOWED = {
    QEvent.Type.Move,
    QEvent.Type.Resize,
    QEvent.Type.Show,
    QEvent.Type.Hide,
    QEvent.Type.LayoutRequest,
}


class FocusRing(QWidget):
    """Lives above everything in `root`, lets the mouse through."""

    def __init__(self, theme: Theme, root: QWidget) -> None:
        super().__init__(root)
        self._theme = theme
        self._root = root
        self._watched: list[QWidget] = []
        self._target: QWidget | None = None
        self._keyboard = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.hide()
        theme.recolored.connect(self.update)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._follow)

    def show_for_keyboard(self, keyboard: bool) -> None:
        """Whether the last thing done was done with a key."""
        if keyboard is not self._keyboard:
            self._keyboard = keyboard
            self._place()

    def _follow(self, _old: QWidget | None, new: QWidget | None) -> None:
        for watched in self._watched:
            if isValid(watched):  # pages rebuild parts of themselves
                watched.removeEventFilter(self)
        self._watched = []
        self._target = None
        if new is not None and new.property("ring") is not None and self._root.isAncestorOf(new):
            parent = new.parentWidget()
            to_parent = new.property("ring_target") == "parent" and parent is not None
            self._target = parent if to_parent else new
            widget: QWidget | None = self._target
            while widget is not None and widget is not self._root:
                widget.installEventFilter(self)
                self._watched.append(widget)
                widget = widget.parentWidget()
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _FOLLOWED:
            self._place()
        return False

    def _place(self) -> None:
        target = self._target
        if not self._keyboard or target is None or not isValid(target) or not target.isVisible():
            self.hide()
            return
        around = self._gap(target) + _WIDTH
        rect = QRect(target.mapTo(self._root, QPoint(0, 0)), target.size())
        rect = rect.adjusted(-around, -around, around, around)
        self.setGeometry(rect)
        self._clip(rect, around)
        self.show()
        self.raise_()
        self.update()

    def _gap(self, target: QWidget) -> int:
        return int(target.property("ring_gap") or _GAP)

    def _clip(self, rect: QRect, around: int) -> None:
        """What is scrolled out of sight takes its ring along."""
        self.clearMask()
        for widget in self._watched:
            parent = widget.parentWidget()
            if isinstance(parent, QAbstractScrollArea) and parent.viewport() is widget:
                seen = QRect(widget.mapTo(self._root, QPoint(0, 0)), widget.size())
                seen = seen.adjusted(-around, 0, around, 0) & rect
                if seen != rect:
                    self.setMask(seen.translated(-rect.topLeft()))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._target is None or not isValid(self._target):
            return
        radius = self._theme.px(float(self._target.property("ring") or 0)) + self._gap(self._target)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme.tokens.accent), _WIDTH))
        half = _WIDTH / 2
        painter.drawRoundedRect(
            QRectF(self.rect()).adjusted(half, half, -half, -half), radius, radius
        )
        painter.end()
