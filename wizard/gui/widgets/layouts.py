"""Layouts: shorthands, and one that breaks lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import (
    QBoxLayout,
    QLayout,
    QSizePolicy,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtWidgets import (
        QLayoutItem,
    )


class FlowLayout(QLayout):
    """Widgets in lines, as words in a paragraph; follows the reading direction."""

    def __init__(self, spacing: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setSpacing(spacing)
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arrange(QRect(0, 0, width, 0), place=False)

    def sizeHint(self) -> QSize:
        shown = [item.sizeHint() for item in self._items if not item.isEmpty()]
        if not shown:
            return QSize(0, 0)
        width = sum(size.width() for size in shown) + self.spacing() * (len(shown) - 1)
        return QSize(width, max(size.height() for size in shown))

    def minimumSize(self) -> QSize:
        shown = [item.minimumSize() for item in self._items if not item.isEmpty()]
        if not shown:
            return QSize(0, 0)
        return QSize(max(size.width() for size in shown), max(size.height() for size in shown))

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._arrange(rect, place=True)

    def _arrange(self, rect: QRect, *, place: bool) -> int:
        """Puts the items into lines; returns the height they take."""
        parent = self.parentWidget()
        mirrored = parent is not None and parent.layoutDirection() == Qt.LayoutDirection.RightToLeft
        x = y = height = 0
        for item in self._items:
            if item.isEmpty():
                continue
            hint = item.sizeHint()
            width = min(hint.width(), rect.width()) if rect.width() > 0 else hint.width()
            tall = item.heightForWidth(width) if item.hasHeightForWidth() else hint.height()
            if x > 0 and x + width > rect.width():
                x, y = 0, y + height + self.spacing()
                height = 0
            if place:
                left = rect.width() - x - width if mirrored else x
                item.setGeometry(QRect(rect.topLeft() + QPoint(left, y), QSize(width, tall)))
            x += width + self.spacing()
            height = max(height, tall)
        return y + height


def column(spacing: int, parent: QWidget | None = None) -> QBoxLayout:
    """From top to bottom, without margins."""
    return _box(QBoxLayout.Direction.TopToBottom, spacing, parent)


def line(spacing: int, parent: QWidget | None = None) -> QBoxLayout:
    """In reading direction, without margins."""
    return _box(QBoxLayout.Direction.LeftToRight, spacing, parent)


def _box(direction: QBoxLayout.Direction, spacing: int, parent: QWidget | None) -> QBoxLayout:
    layout = QBoxLayout(direction)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    if parent is not None:
        parent.setLayout(layout)
    return layout


def flow(spacing: int, *widgets: QWidget) -> QWidget:
    """A widget holding others in a `FlowLayout`."""
    holder = QWidget()
    layout = FlowLayout(spacing, holder)
    for widget in widgets:
        layout.addWidget(widget)
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    holder.setSizePolicy(policy)
    return holder


class Group(QWidget):
    """Things that are built anew at times, in one place among others. Fill it through `body`."""

    def __init__(self, spacing: int) -> None:
        super().__init__()
        self.body = column(spacing, self)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)


def in_reading_order(widget: QWidget) -> Iterator[QWidget]:
    """A widget and all in it, in the order it was built: what Tab follows.

    Not by asking layouts for their items: PySide keeps what `itemAt` returns after the layout is
    gone and then takes something else at the same address for it (seen with 6.11). So parts that
    are built late stand in a `Group` of their own.
    """
    yield widget
    for child in widget.children():
        if isinstance(child, QWidget) and not child.isWindow():
            yield from in_reading_order(child)


def clear(layout: QLayout) -> None:
    """Removes and deletes everything in a layout, nested layouts included."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()
        elif (nested := item.layout()) is not None:
            clear(nested)
            nested.deleteLater()
