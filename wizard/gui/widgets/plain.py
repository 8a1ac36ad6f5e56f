"""Many lines of plain text, to read and to copy: in a view of its own, which lays out only what is
seen, so that five hundred lines cost no more than ten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QTextOption
from PySide6.QtWidgets import QPlainTextEdit

from wizard.gui.theme import FIELD_RADIUS, SMALL

if TYPE_CHECKING:
    from wizard.gui.widgets.kit import Kit

_LINES = 12


def plain_view(kit: Kit, name: str, text: str = "") -> QPlainTextEdit:
    """Read-only. `name`: for screen readers."""
    view = QPlainTextEdit(text)
    view.setReadOnly(True)
    view.setTabChangesFocus(True)
    view.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(kit.px(SMALL))
    view.setFont(font)
    view.setProperty("ring", FIELD_RADIUS)
    view.setAccessibleName(name)
    view.setFixedHeight(view.fontMetrics().lineSpacing() * _LINES + kit.px(16))
    return view
