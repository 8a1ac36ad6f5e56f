"""PDF of the settings sheet, by Qt's own rich-text printer.

Imported only when a PDF is wanted; works with the window open, from any thread, and in a program
that has no window at all (it then starts Qt off-screen for its fonts).
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QIODevice,
    QLocale,
    QMarginsF,
    QSizeF,
    Qt,
    QUrl,
)
from PySide6.QtGui import (
    QFont,
    QFontDatabase,
    QGuiApplication,
    QImage,
    QPageLayout,
    QPageSize,
    QPdfWriter,
    QTextDocument,
)

from wizard.gui.display import lend_fonts

PageSize = Literal["A4", "Letter"]

_MARGIN_MM = 18.0
_DPI = 300
_POINTS = 10
_FAMILIES = ("Inter", "Noto Sans", "DejaVu Sans", "Segoe UI", "Helvetica Neue", "Arial")

# Where paper is Letter (Unicode CLDR, `paperSize`).
_LETTER = frozenset(
    ["BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"]
)

_own_application: QGuiApplication | None = None


def usual_page(locale: QLocale | None = None) -> PageSize:
    """The paper of where this computer is set to be."""
    where = locale or QLocale.system()
    return "Letter" if QLocale.territoryToCode(where.territory()) in _LETTER else "A4"


def render_pdf(rich_html: str, page: PageSize = "A4", title: str = "") -> bytes:
    """The PDF of an HTML document in the subset Qt's `QTextDocument` understands.

    Links and pictures: `data:` pictures are drawn, nothing is ever fetched. `title`: document
    title in the PDF's metadata.
    """
    _ensure_application()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(_DPI)
    size = QPageSize.PageSizeId.A4 if page == "A4" else QPageSize.PageSizeId.Letter
    writer.setPageSize(QPageSize(size))
    margin = _MARGIN_MM
    writer.setPageMargins(QMarginsF(margin, margin, margin, margin), QPageLayout.Unit.Millimeter)
    if title:
        writer.setTitle(title)
    writer.setCreator("Mail Setup")
    document = _Sealed()
    document.setDefaultFont(_font())
    document.documentLayout().setPaintDevice(writer)
    document.setHtml(rich_html)
    paint = writer.pageLayout().paintRectPixels(_DPI)
    document.setDocumentMargin(0)
    document.setPageSize(QSizeF(paint.width(), paint.height()))
    document.print_(writer)
    buffer.close()
    return bytes(data.data())


class _Sealed(QTextDocument):
    """A document that reads nothing but itself: pictures come as `data:` or not at all."""

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        url = QUrl(name) if isinstance(name, str) else name
        if url.scheme() == "data":
            return super().loadResource(kind, url)
        # An empty answer will not do: Qt then tries the name as a file itself.
        nothing = QImage(1, 1, QImage.Format.Format_ARGB32)
        nothing.fill(Qt.GlobalColor.transparent)
        return nothing


def _ensure_application() -> None:
    """Fonts need an application object; the command line has none."""
    global _own_application
    if QGuiApplication.instance() is None:
        # One with widgets, though none is drawn: a process has only one application object, and
        # whoever opens a window after this needs that one.
        from PySide6.QtWidgets import QApplication

        lend_fonts()
        _own_application = QApplication(["mail-wizard", "-platform", "offscreen"])


def _font() -> QFont:
    installed = set(QFontDatabase.families())
    font = QFont(QGuiApplication.font())
    for family in _FAMILIES:
        if family in installed:
            font = QFont(family)
            break
    font.setPointSize(_POINTS)
    # Signs that a font exchanges for others, as Inter does with the colon of `C:\\`, are drawn but
    # lost to whoever searches the page or copies from it.
    font.setFeature(QFont.Tag("calt"), 0)
    return font
