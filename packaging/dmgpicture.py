"""README's picture of the opened disk image, drawn from the same numbers as the image itself.

Drawn, not photographed: there was no Mac to look at it. Folder and window are simplified.

QT_QPA_PLATFORM=offscreen python packaging/dmgpicture.py [FILE.png]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QImage, QPainter, QPen, QPolygonF
from PySide6.QtSvg import QSvgRenderer

import dmg
import facts
import icon

PICTURE = facts.ROOT / "resources" / "screenshots" / "install-macos.png"
MARGIN = 20
TITLE_BAR = 28
_APP = f"{facts.TITLE}.app"
_FONTS = ["Inter", "Helvetica Neue", "DejaVu Sans"]


def draw() -> QImage:
    """The window. Needs an application, for its letters."""
    layout = dmg.layout(Path(_APP), Path("icon.icns"))
    width, height = layout["window_rect"][1]
    image = QImage(width + 2 * MARGIN, height + 2 * MARGIN, QImage.Format.Format_RGB32)
    image.fill(QColor("#e8ebf0"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(MARGIN, MARGIN)
    _window(painter, QRectF(0, 0, width, height))
    painter.translate(0, TITLE_BAR)
    for name, centre in layout["icon_locations"].items():
        where = icon_rect(layout["icon_size"], centre)
        if name == _APP:
            QSvgRenderer(str(icon.SOURCE)).render(painter, where)
        else:
            _folder(painter, where)
        painter.setFont(_font(layout["text_size"]))
        painter.setPen(QColor("#1d1d1f"))
        label = QRectF(where.left() - 30, where.bottom() + 6, where.width() + 60, 22)
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, name.removesuffix(".app"))
    _way(painter, *(QPointF(*centre) for centre in layout["icon_locations"].values()))
    painter.end()
    return image


def icon_rect(size: int, centre: tuple[int, int]) -> QRectF:
    """Where an icon lies in the window's contents."""
    return QRectF(centre[0] - size / 2, centre[1] - size / 2, size, size)


def _font(size: int) -> QFont:
    font = QFont(_FONTS)
    font.setPixelSize(size)
    return font


def _window(painter: QPainter, frame: QRectF) -> None:
    painter.setPen(QPen(QColor("#b4b8bf"), 1))
    painter.setBrush(QColor("white"))
    painter.drawRoundedRect(frame, 10, 10)
    painter.setClipRect(QRectF(0, 0, frame.width(), TITLE_BAR))
    painter.setBrush(QColor("#f3f3f5"))
    painter.drawRoundedRect(frame, 10, 10)
    painter.drawLine(QPointF(0, TITLE_BAR - 0.5), QPointF(frame.width(), TITLE_BAR - 0.5))
    painter.setPen(Qt.PenStyle.NoPen)
    for place, colour in enumerate(("#ff5f57", "#febc2e", "#28c840")):
        painter.setBrush(QColor(colour))
        painter.drawEllipse(QPointF(18 + 20 * place, TITLE_BAR / 2), 6, 6)
    painter.setFont(_font(13))
    painter.setPen(QColor("#3c3c43"))
    bar = QRectF(0, 0, frame.width(), TITLE_BAR)
    painter.drawText(bar, Qt.AlignmentFlag.AlignCenter, facts.TITLE)
    painter.setClipping(False)


def _folder(painter: QPainter, where: QRectF) -> None:
    box = where.adjusted(6, 20, -6, -14)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#4aa3df"))
    painter.drawRoundedRect(QRectF(box.left(), box.top() - 9, box.width() * 0.42, 30), 7, 7)
    painter.drawRoundedRect(box, 7, 7)
    painter.setBrush(QColor("#6cc0f5"))
    painter.drawRoundedRect(box.adjusted(0, 10, 0, 0), 7, 7)
    middle = box.center() + QPointF(0, 6)
    painter.setPen(QPen(QColor("#3b8fc9"), 5, c=Qt.PenCapStyle.RoundCap))
    for start, end in (((-13, 14), (0, -15)), ((0, -15), (13, 14)), ((-17, 5), (17, 5))):
        painter.drawLine(middle + QPointF(*start), middle + QPointF(*end))


def _way(painter: QPainter, start: QPointF, end: QPointF) -> None:
    """What the person does; the real window has no arrow."""
    start, end = start + QPointF(76, 0), end - QPointF(76, 0)
    painter.setPen(QPen(QColor("#8a8f98"), 4, Qt.PenStyle.DashLine))
    painter.drawLine(start, end - QPointF(14, 0))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#8a8f98"))
    head = [end, end + QPointF(-18, -11), end + QPointF(-18, 11)]
    painter.drawPolygon(QPolygonF(head))


def main(words: Sequence[str]) -> int:
    """Writes the picture."""
    application = QGuiApplication([])
    file = Path(words[0]) if words else PICTURE
    if not draw().save(str(file)):
        raise OSError(f"{file} could not be written")
    application.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
