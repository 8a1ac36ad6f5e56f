"""Painting that follows the reading direction.

What `QStyle.visualRect` and `visualAlignment` do, without the time it takes to load `QStyle`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


def is_mirrored(widget: QWidget) -> bool:
    """True from right to left."""
    return widget.layoutDirection() == Qt.LayoutDirection.RightToLeft


def visual(widget: QWidget, rect: QRect) -> QRect:
    """A place given from left to right, where it is in this widget."""
    if not is_mirrored(widget):
        return rect
    return QRect(
        widget.width() - rect.left() - rect.width(), rect.top(), rect.width(), rect.height()
    )


def leading(widget: QWidget) -> Qt.AlignmentFlag:
    """The side reading begins at, for `QPainter.drawText`."""
    side = Qt.AlignmentFlag.AlignRight if is_mirrored(widget) else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignAbsolute
