"""The program's icon as pictures of any size, drawn from its SVG by Qt itself.

python packaging/icon.py SIZE FILE.png
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

import facts

SOURCE = facts.ROOT / "resources" / "icons" / "app.svg"


def png(size: int) -> bytes:
    """A square picture, `size` pixels wide, with a transparent ground."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QGuiApplication.instance() or QGuiApplication([])
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(SOURCE)).render(painter)
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]  # Qt takes the format as text
        raise OSError(f"{SOURCE} could not be drawn")
    del application
    return bytes(data.data())


def main(words: Sequence[str]) -> int:
    """Writes one picture."""
    size, file = words
    Path(file).write_bytes(png(int(size)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
