"""The program's icon as pictures of any size, drawn from its SVG by Qt itself.

It has no letters, so that Qt draws it without an application. One made here would be the process's
only one, and of a kind that has no windows.

python packaging/icon.py SIZE FILE.png
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

import facts

SOURCE = facts.ROOT / "resources" / "icons" / "app.svg"
DOTS_PER_METRE = 3780  # 96 an inch


def png(size: int) -> bytes:
    """A square picture, `size` pixels wide, with a transparent ground."""
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDotsPerMeterX(DOTS_PER_METRE)  # else the screen's, where there is one
    image.setDotsPerMeterY(DOTS_PER_METRE)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(SOURCE)).render(painter)
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]  # Qt takes the format as text
        raise OSError(f"{SOURCE} could not be drawn")
    return bytes(data.data())


def main(words: Sequence[str]) -> int:
    """Writes one picture."""
    size, file = words
    Path(file).write_bytes(png(int(size)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
