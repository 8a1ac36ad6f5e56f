"""Labels. Everything a person reads goes through `Text`.

It shows plain text only (what a server said is never markup), wraps inside long words (a host
name of 60 characters must be readable in full at 200 %), and tells layouts its true height.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QTextLayout, QTextOption
from PySide6.QtWidgets import QLabel, QSizePolicy

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QWidget

_UNBOUNDED = 1_000_000  # pixels: no line is ever broken


class TextType(Enum):
    """Rows of the style sheet."""

    TITLE = "title"
    HEADING = "heading"
    LEAD = "lead"
    STRONG = "strong"
    BODY = "body"
    SOFT = "soft"
    SMALL = "small"
    SMALL_STRONG = "small-strong"
    PROBLEM = "problem"
    BRAND = "brand"


class Text(QLabel):
    """A paragraph of plain text."""

    def __init__(
        self,
        text: str = "",
        type: TextType = TextType.BODY,  # noqa: A002 - the style sheet's own word
        *,
        trailing: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """`trailing`: aligned to the far edge (times)."""
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setProperty("type", type.value)
        self._trailing = trailing
        self._sizes: dict[int, tuple[int, int]] = {}
        self._drawn: tuple[int, QTextLayout] | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setText(text)

    def setText(self, text: str) -> None:
        """The text; an unchanged one causes no new layout."""
        if text != self.text():
            self._sizes.clear()
            self._drawn = None
            super().setText(text)

    def changeEvent(self, event: QEvent) -> None:
        self._sizes.clear()
        self._drawn = None
        super().changeEvent(event)

    def _lay_out(self, width: float) -> tuple[QTextLayout, float, float]:
        """The lines at this width, their height and natural width."""
        layout = QTextLayout(self.text().replace("\n", "\u2028"), self.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        option.setTextDirection(self.layoutDirection())
        option.setAlignment(
            Qt.AlignmentFlag.AlignRight if self._trailing else Qt.AlignmentFlag.AlignLeft
        )
        layout.setTextOption(option)
        layout.beginLayout()
        height = natural = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            line.setPosition(QPointF(0, height))
            height += line.height()
            natural = max(natural, line.naturalTextWidth())
        layout.endLayout()
        return layout, height, natural

    def hasHeightForWidth(self) -> bool:
        return True

    def _size(self, width: int) -> tuple[int, int]:
        """(height, natural width) at a width; layouts ask for the same again and again."""
        size = self._sizes.get(width)
        if size is None and width < _UNBOUNDED and self._size(_UNBOUNDED)[1] <= width:
            size = self._sizes[width] = self._size(_UNBOUNDED)
        elif size is None:
            self.ensurePolished()
            _, height, natural = self._lay_out(width)
            size = self._sizes[width] = (math.ceil(height), math.ceil(natural))
        return size

    def heightForWidth(self, width: int) -> int:
        return self._size(max(1, width))[0]

    def sizeHint(self) -> QSize:
        height, natural = self._size(_UNBOUNDED)
        return QSize(natural + 1, height)

    def minimumSizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        natural = min(self.sizeHint().width(), metrics.averageCharWidth() * 10)
        return QSize(natural, metrics.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        if self._drawn is None or self._drawn[0] != self.width():
            self._drawn = (self.width(), self._lay_out(self.width())[0])
        layout = self._drawn[1]
        layout.draw(painter, QPointF(0, 0))
        painter.end()
