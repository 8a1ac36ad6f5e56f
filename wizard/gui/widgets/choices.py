"""What is chosen rather than typed: one of a few, a check box, a card that is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QPainter,
    QPen,
)
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QSizePolicy

from wizard.gui.theme import CARD_RADIUS, CONTROL_HEIGHT, FIELD_RADIUS
from wizard.gui.widgets.layouts import column, line
from wizard.gui.widgets.marks import Glyph
from wizard.gui.widgets.mirror import leading, visual
from wizard.gui.widgets.text import Text, TextType

if TYPE_CHECKING:
    from PySide6.QtGui import (
        QKeyEvent,
        QMouseEvent,
        QPaintEvent,
        QWheelEvent,
    )
    from PySide6.QtWidgets import QWidget

    from wizard.gui.widgets.kit import Kit


class Choice(QComboBox):
    """One of a few. The wheel does not change it in passing."""

    def __init__(self, kit: Kit) -> None:
        super().__init__()
        self.kit = kit
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("ring", FIELD_RADIUS)
        self.setMinimumHeight(kit.px(CONTROL_HEIGHT + 2))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        kit.theme.recolored.connect(self.update)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def sizeHint(self) -> QSize:
        widest = max(
            (self.fontMetrics().horizontalAdvance(self.itemText(i)) for i in range(self.count())),
            default=0,
        )
        return QSize(widest + self.kit.px(14 + 40), self.kit.px(CONTROL_HEIGHT + 2))

    def minimumSizeHint(self) -> QSize:
        """Narrower than its widest choice is fine: the list shows each in full."""
        hint = self.sizeHint()
        return QSize(min(hint.width(), self.kit.px(160)), hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, px = self.kit.theme.tokens, self.kit.px
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.outline), 1))
        painter.setBrush(QColor(tokens.card))
        radius = px(FIELD_RADIUS)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.setPen(QColor(tokens.text if self.isEnabled() else tokens.soft))
        text = visual(self, self.rect().adjusted(px(14), 0, -px(36), 0))
        align = leading(self) | Qt.AlignmentFlag.AlignVCenter
        shown = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, text.width()
        )
        painter.drawText(text, int(align), shown)
        size = px(18)
        spot = QRect(self.width() - px(14) - size, (self.height() - size) // 2, size, size)
        spot = visual(self, spot)
        pixmap = self.kit.theme.pixmap(
            "chevron-down", tokens.soft, size, ratio=self.devicePixelRatioF()
        )
        painter.drawPixmap(QPointF(spot.topLeft()), pixmap)
        painter.end()


class Check(QCheckBox):
    """A check box whose text wraps; the box is ours so that it is seen in each theme."""

    def __init__(self, kit: Kit, text: str, *, boxed_only: bool = False) -> None:
        """`boxed_only`: draws only the box; the text is for screen readers (in a card)."""
        super().__init__(text)
        self.kit = kit
        self._boxed_only = boxed_only
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("ring", 6)
        self.setAccessibleName(text)
        policy = QSizePolicy(
            QSizePolicy.Policy.Fixed if boxed_only else QSizePolicy.Policy.Preferred,
            QSizePolicy.Policy.Minimum,
        )
        policy.setHeightForWidth(not boxed_only)
        self.setSizePolicy(policy)
        kit.theme.recolored.connect(self.update)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()  # the page's primary action, not this box
            return
        super().keyPressEvent(event)

    @property
    def _box(self) -> int:
        return self.kit.px(20)

    def _text_height(self, width: int) -> int:
        if self._boxed_only:
            return self._box
        flags = int(Qt.TextFlag.TextWordWrap)
        rect = QRect(0, 0, max(1, width - self._box - self.kit.px(10)), 10_000)
        return self.fontMetrics().boundingRect(rect, flags, self.text()).height()

    def sizeHint(self) -> QSize:
        if self._boxed_only:
            return QSize(self._box, self._box)
        wide = self.fontMetrics().horizontalAdvance(self.text())
        width = self._box + self.kit.px(10) + wide + 2
        return QSize(width, max(self.kit.px(28), self.fontMetrics().height() + self.kit.px(6)))

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        return QSize(min(hint.width(), self.kit.px(160)), hint.height())

    def hasHeightForWidth(self) -> bool:
        return not self._boxed_only

    def heightForWidth(self, width: int) -> int:
        return max(self.kit.px(28), self._text_height(width) + self.kit.px(6))

    def hitButton(self, pos: object) -> bool:
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, px = self.kit.theme.tokens, self.kit.px
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size = self._box
        first_line = min(self.height(), max(px(28), self.fontMetrics().height() + px(6)))
        top = (self.height() - size) // 2 if self._boxed_only else (first_line - size) // 2
        box = visual(self, QRect(0, top, size, size))
        checked = self.isChecked()
        edge = tokens.outline if not checked else tokens.accent
        if not self.isEnabled():
            edge = tokens.line
        painter.setPen(QPen(QColor(edge), px(1.5)))
        painter.setBrush(QColor(edge if checked else tokens.card))
        inset = px(1.5) / 2
        painter.drawRoundedRect(QRectF(box).adjusted(inset, inset, -inset, -inset), px(5), px(5))
        if checked:
            pen = QPen(QColor(tokens.on_accent), px(2))
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            unit = size / 20
            start = QPointF(box.topLeft())
            points = [
                start + QPointF(x * unit, y * unit)
                for x, y in ((5.5, 10.4), (8.6, 13.4), (14.4, 7))
            ]
            painter.drawPolyline(points)
        if not self._boxed_only:
            painter.setPen(QColor(tokens.text if self.isEnabled() else tokens.soft))
            indent = size + px(10)
            spot = self.rect().adjusted(indent, px(3), 0, 0)
            spot.setTop(max(spot.top(), (first_line - self.fontMetrics().height()) // 2))
            align = leading(self) | Qt.AlignmentFlag.AlignTop
            painter.drawText(
                visual(self, spot),
                int(align) | int(Qt.TextFlag.TextWordWrap),
                self.text(),
            )
        painter.end()


class ChoiceCard(QFrame):
    """A card that is one check box: title, what it means, a word at the far edge."""

    toggled = Signal(bool)

    def __init__(
        self, kit: Kit, title: str, detail: str, word: str = "", *, icon: str = ""
    ) -> None:
        super().__init__()
        self.kit = kit
        self.check = Check(kit, title, boxed_only=True)
        self.check.setAccessibleDescription(" ".join(part for part in (detail, word) if part))
        self.check.setProperty("ring_target", "parent")
        self.check.toggled.connect(self.toggled)
        self.check.toggled.connect(self.update)
        self.setProperty("ring", CARD_RADIUS)
        padding = kit.px(16)
        outer = column(kit.px(10), self)
        outer.setContentsMargins(padding, kit.px(12), padding, kit.px(12))
        row = line(kit.px(14))
        row.addWidget(self.check, 0, Qt.AlignmentFlag.AlignVCenter)
        if icon:
            row.addWidget(Glyph(kit, icon), 0, Qt.AlignmentFlag.AlignVCenter)
        texts = column(kit.px(2))
        self.title = Text(title, TextType.STRONG)
        self.detail = Text(detail, TextType.SMALL)
        texts.addWidget(self.title)
        texts.addWidget(self.detail)
        row.addLayout(texts, 1)
        self.word = Text(word, TextType.SMALL, trailing=True)
        row.addWidget(self.word, 0, Qt.AlignmentFlag.AlignVCenter)
        outer.addLayout(row)
        self._more = column(kit.px(6))
        self._more.setContentsMargins(kit.px(34), 0, 0, 0)
        outer.addLayout(self._more)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        kit.theme.recolored.connect(self.update)

    @property
    def checked(self) -> bool:
        """True where it is chosen."""
        return self.check.isChecked()

    def add(self, widget: QWidget) -> None:
        """Something more to choose, under the text."""
        self._more.addWidget(widget)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(
            event.position().toPoint()
        ):
            self.check.toggle()
        super().mouseReleaseEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self.kit.theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.accent if self.checked else tokens.line), 1))
        painter.setBrush(QColor(tokens.hover if self.underMouse() else tokens.card))
        radius = self.kit.px(CARD_RADIUS)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.end()
