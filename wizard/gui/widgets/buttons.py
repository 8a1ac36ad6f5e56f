"""Buttons, painted by ourselves: one look on each system, text that wraps instead of clipping.

They take focus by keyboard, not by mouse, so the focus ring is seen only by those who need it.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QPainter,
    QPen,
)
from PySide6.QtWidgets import QPushButton, QSizePolicy

from wizard.gui.theme import BODY, CONTROL_HEIGHT, FIELD_RADIUS, SMALL
from wizard.gui.widgets.mirror import visual

if TYPE_CHECKING:
    from PySide6.QtGui import (
        QKeyEvent,
        QPaintEvent,
    )

    from wizard.gui.widgets.kit import Kit

_WRAP = int(Qt.TextFlag.TextWordWrap) | int(Qt.TextFlag.TextWrapAnywhere)


class Kind(Enum):
    """PRIMARY: what to do next, one per page. PLAIN: the other ways. LINK: in running text."""

    PRIMARY = "primary"
    PLAIN = "plain"
    LINK = "link"
    SMALL_LINK = "small-link"


class Button(QPushButton):
    """A button that says what it does."""

    def __init__(
        self, kit: Kit, text: str, kind: Kind = Kind.PLAIN, *, icon: str = "", after: str = ""
    ) -> None:
        """`icon`, `after`: SVG names before and behind the text."""
        super().__init__(text)
        self.kit = kit
        self.kind = kind
        self.icon_name = icon
        self.after_name = after
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setProperty("ring", FIELD_RADIUS)
        policy = QSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        font = QFont(self.font())
        font.setPixelSize(kit.px(SMALL if kind is Kind.SMALL_LINK else BODY))
        font.setWeight(QFont.Weight.DemiBold if kind is Kind.PRIMARY else QFont.Weight.Normal)
        self._rects: dict[int, QRect] = {}  # layouts ask for the same again and again
        self.setFont(font)
        kit.theme.recolored.connect(self.update)

    def setText(self, text: str) -> None:
        """The caption; `&` has no special meaning, shortcuts would clash across languages."""
        if text != self.text():
            super().setText(text)
            self._rects.clear()
            self.updateGeometry()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._rects.clear()
        super().changeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return presses a focused button, too: what people expect of a wizard."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)

    # -- size -------------------------------------------------------------------------------

    @property
    def _is_link(self) -> bool:
        return self.kind in (Kind.LINK, Kind.SMALL_LINK)

    def _padding(self) -> tuple[int, int]:
        return (0, self.kit.px(4)) if self._is_link else (self.kit.px(18), self.kit.px(9))

    def _icon_size(self) -> int:
        return self.kit.px(16 if self.kind is Kind.SMALL_LINK else 18)

    def _icons_width(self) -> int:
        gap = self.kit.px(6) if self.text() else 0
        return (self._icon_size() + gap) * (bool(self.icon_name) + bool(self.after_name))

    def _text_rect(self, width: int) -> QRect:
        rect = self._rects.get(width)
        if rect is None:
            metrics = QFontMetrics(self.font())
            room = QRect(0, 0, max(1, width), 10_000)
            rect = self._rects[width] = metrics.boundingRect(room, _WRAP, self.text())
        return rect

    def _least_height(self) -> int:
        return self.kit.px(28 if self._is_link else CONTROL_HEIGHT)

    def sizeHint(self) -> QSize:
        across, down = self._padding()
        text = self._text_rect(100_000)
        width = text.width() + 2 * across + self._icons_width() + 1
        return QSize(width, max(self._least_height(), text.height() + 2 * down))

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        return QSize(min(hint.width(), self.kit.px(120)), hint.height())

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        across, down = self._padding()
        text = self._text_rect(width - 2 * across - self._icons_width())
        return max(self._least_height(), text.height() + 2 * down)

    # -- looks ------------------------------------------------------------------------------

    def _colors(self) -> tuple[str, str, str]:
        """(ground, line, text); an empty one is not drawn."""
        tokens = self.kit.theme.tokens
        hovered = self.isEnabled() and self.underMouse()
        pressed = self.isDown()
        match self.kind:
            case Kind.PRIMARY if not self.isEnabled():
                return tokens.line, "", tokens.soft
            case Kind.PRIMARY:
                if pressed:
                    return tokens.accent_pressed, "", tokens.on_accent
                ground = tokens.accent_hover if hovered else tokens.accent
                return ground, "", tokens.on_accent
            case Kind.PLAIN:
                text = tokens.text if self.isEnabled() else tokens.soft
                ground = tokens.hover if hovered or pressed else tokens.card
                return ground, tokens.accent if pressed else tokens.outline, text
            case Kind.LINK | Kind.SMALL_LINK:
                color = tokens.accent_hover if hovered or pressed else tokens.accent
                return "", "", color if self.isEnabled() else tokens.soft

    def paintEvent(self, event: QPaintEvent) -> None:
        ground, border, color = self._colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if ground:
            edge = 0.5 if border else 0.0
            painter.setBrush(QColor(ground))
            painter.setPen(QPen(QColor(border), 1) if border else Qt.PenStyle.NoPen)
            radius = self.kit.px(FIELD_RADIUS)
            painter.drawRoundedRect(
                QRectF(self.rect()).adjusted(edge, edge, -edge, -edge), radius, radius
            )
        painter.setPen(QColor(color))
        painter.setFont(self._underlined() if self._is_link else self.font())
        across, _ = self._padding()
        inner = self.rect().adjusted(across, 0, -across, 0)
        text = self._text_rect(inner.width() - self._icons_width())
        content = min(inner.width(), text.width() + self._icons_width())
        left = inner.left() if self._is_link else inner.left() + (inner.width() - content) // 2
        x = left
        if self.icon_name:
            self._paint_icon(painter, self.icon_name, color, x)
            x += self._icon_size() + self.kit.px(6)
        area = QRect(x, inner.top(), min(text.width() + 1, inner.right() - x + 1), inner.height())
        align = int(Qt.AlignmentFlag.AlignVCenter) | int(
            Qt.AlignmentFlag.AlignLeft if self._is_link else Qt.AlignmentFlag.AlignHCenter
        )
        flags = align | _WRAP
        painter.drawText(self._visual(area), flags, self.text())
        if self.after_name:
            self._paint_icon(painter, self.after_name, color, x + text.width() + self.kit.px(6))
        painter.end()

    def _underlined(self) -> QFont:
        """Links are underlined while pointed at, so that they differ from text by more."""
        font = QFont(self.font())
        font.setUnderline(self.underMouse())
        return font

    def _visual(self, rect: QRect) -> QRect:
        return visual(self, rect)

    def _paint_icon(self, painter: QPainter, name: str, color: str, x: int) -> None:
        size = self._icon_size()
        where = self._visual(QRect(x, math.ceil((self.height() - size) / 2), size, size))
        ratio = self.devicePixelRatioF()
        painter.drawPixmap(
            QPointF(where.topLeft()), self.kit.theme.pixmap(name, color, size, ratio=ratio)
        )


class CopyButton(Button):
    """Copies a value; says so for two seconds. Signal: `copied` with what a reader should hear."""

    copied = Signal(str)

    def __init__(
        self, kit: Kit, value: str, what: str, *, quiet: bool = False, label: str = ""
    ) -> None:
        """`what`: the name of the value, for screen readers. `quiet`: as an icon alone, where
        many of them stand under each other; the word is in the tool tip. `label`: what is said
        instead of *Copy*."""
        self._label = label or kit.words.text("Copy")
        super().__init__(kit, "" if quiet else self._label, Kind.SMALL_LINK, icon="copy")
        self.value = value
        self._quiet = quiet
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(2000)
        self._timer.timeout.connect(lambda: self._say("copy", self._label))
        self.setAccessibleName(kit.words.text("Copy: {what}", what=what))
        if quiet:
            self.setToolTip(kit.words.text("Copy"))
        self.clicked.connect(self._copy)

    def sizeHint(self) -> QSize:
        """Room for either word, so nothing moves when it changes."""
        hint = super().sizeHint()
        if self._quiet:
            return QSize(self.kit.px(28), self._least_height())
        widths = [
            QFontMetrics(self.font()).horizontalAdvance(word)
            for word in (self._label, self.kit.words.text("Copied"))
        ]
        return QSize(max(widths) + self._icons_width() + self.kit.px(4), hint.height())

    def _least_height(self) -> int:
        return self.kit.px(24) if self._quiet else super()._least_height()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.value)
        self._say("check", self.kit.words.text("Copied"))
        self.copied.emit(self.kit.words.text("Copied"))
        self._timer.start()

    def _say(self, icon: str, word: str) -> None:
        self.icon_name = icon
        if not self._quiet:
            self.setText(word)
        self.update()
