"""The icon in the forms that Windows and macOS read, each size drawn anew from the SVG.

python packaging/iconfiles.py FILE.ico|FILE.icns …
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

import icon

ICO_SIZES = (16, 20, 24, 32, 40, 48, 64, 256)
"""What Windows 10 asks for at 100 to 200 %, in lists, on the desktop and large."""

ICNS_SIZES = (16, 32, 64, 128, 256, 512, 1024)
"""What macOS keeps, plain and for Retina screens."""


def write_ico(file: Path) -> None:
    """An icon for Windows."""
    *small, largest = (_drawn(size) for size in ICO_SIZES)
    sizes = [(size, size) for size in ICO_SIZES]
    largest.save(file, format="ICO", sizes=sizes, append_images=small)


def write_icns(file: Path) -> None:
    """An icon for macOS."""
    *small, largest = (_drawn(size) for size in ICNS_SIZES)
    largest.save(file, format="ICNS", append_images=small)


def write_side(file: Path) -> None:
    """The left side of the Windows installer's last page: twice the 164 x 314 points it has there,
    for sharp screens."""
    side = Image.new("RGB", (328, 628), "#eef1f6")
    drawn = _drawn(160)
    side.paste(drawn, ((side.width - drawn.width) // 2, 120), drawn)
    side.save(file, format="BMP")


def _drawn(size: int) -> Image.Image:
    with Image.open(io.BytesIO(icon.png(size))) as image:
        return image.convert("RGBA")


def main(words: Sequence[str]) -> int:
    """Writes the files."""
    for word in words:
        file = Path(word)
        (write_icns if file.suffix == ".icns" else write_ico)(file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
