"""How everything looks: one table of tokens, a palette and a small style sheet made from it.

Palette first, so that native parts (menus, file dialogs, scroll bars) follow; the style sheet only
for what a palette cannot say. High contrast: the tokens are read off the system's own palette,
nothing of ours remains. Sizes are pixels at 100 % text size; `Theme.px` scales them.
"""

from __future__ import annotations

import sys
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontInfo,
    QGuiApplication,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtWidgets import QApplication

from wizard.gui.tokens import DARK, LIGHT, Tokens

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QIcon

SMALLEST_SCALE, LARGEST_SCALE = 1.0, 2.0
_PREFERRED_FAMILIES = ("Inter", "Noto Sans", "DejaVu Sans")


class Scheme(Enum):
    """Which column of the token table is used."""

    LIGHT = "light"
    DARK = "dark"
    HIGH_CONTRAST = "high-contrast"


def tokens_from_palette(palette: QPalette) -> Tokens:
    """The system's colours under our names: what high contrast uses."""

    def role(name: QPalette.ColorRole) -> str:
        return palette.color(name).name()

    window, text = role(QPalette.ColorRole.Window), role(QPalette.ColorRole.WindowText)
    accent, on_accent = role(QPalette.ColorRole.Highlight), role(QPalette.ColorRole.HighlightedText)
    return Tokens(
        background=window,
        rail=window,
        card=role(QPalette.ColorRole.Base),
        line=text,
        outline=text,
        text=text,
        soft=text,
        accent=accent,
        accent_hover=accent,
        accent_pressed=accent,
        on_accent=on_accent,
        hover=window,
        good=text,
        good_paper=window,
        caution=text,
        caution_paper=window,
        bad=text,
        bad_paper=window,
    )


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, "relative luminance")."""

    def luminance(name: str) -> float:
        color = QColor(name)
        parts = (color.redF(), color.greenF(), color.blueF())
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def system_text_scale() -> float:
    """The system's text size: 1.0 is its default.

    Windows keeps it beside the display scale, as a percentage (Settings, Accessibility, Text
    size); elsewhere it shows as a larger default font.
    """
    if sys.platform == "win32":
        from PySide6.QtCore import QSettings

        settings = QSettings(
            r"HKEY_CURRENT_USER\Software\Microsoft\Accessibility", QSettings.Format.NativeFormat
        )
        percent = settings.value("TextScaleFactor", 100)
        scale = float(percent) / 100 if isinstance(percent, int) else 1.0
    else:
        # Default sizes: macOS 13 pt at 72 dpi, the largest common Linux desktop 11 pt at 96 dpi.
        usual = 13 if sys.platform == "darwin" else 15
        scale = QFontInfo(QApplication.font()).pixelSize() / usual
    return max(SMALLEST_SCALE, min(LARGEST_SCALE, scale))


class Theme(QObject):
    """The look in force.

    `tokens`, `scheme`, `scale` are current at any time. Signals: `recolored` after a change of
    colours (repaint is enough), `resized` after a change of the text size (sizes were built in,
    so the window is built anew).
    """

    recolored = Signal()
    resized = Signal()

    def __init__(
        self,
        app: QApplication,
        icons: Path,
        scheme: Scheme | None = None,
        scale: float | None = None,
        contrast_palette: QPalette | None = None,
    ) -> None:
        """`scheme`, `scale`, `contrast_palette`: fixed ones instead of the system's.

        `icons`: folder of the SVGs.
        """
        super().__init__(app)
        self._app = app
        self._icons = icons
        self._fixed_scheme = scheme
        self._fixed_scale = scale
        self._contrast_palette = contrast_palette
        self._pixmaps: dict[tuple[str, str, str, int, float], QPixmap] = {}
        if QGuiApplication.platformName() in ("offscreen", "minimal"):
            _choose_family(app)
        self.scale = scale or system_text_scale()
        self.scheme = scheme or self._system_scheme()
        self.tokens = self._table()
        self._apply()
        hints = app.styleHints()
        hints.colorSchemeChanged.connect(self.refresh)
        hints.accessibility().contrastPreferenceChanged.connect(self.refresh)

    def refresh(self) -> None:
        """Looks at the system again."""
        scheme = self._fixed_scheme or self._system_scheme()
        if scheme is not self.scheme or scheme is Scheme.HIGH_CONTRAST:
            self.scheme = scheme
            self.tokens = self._table()
            self._apply()
            self.recolored.emit()

    def use(self, scheme: Scheme | None = None, scale: float | None = None) -> None:
        """Fixes scheme and text size (None: the system's)."""
        self._fixed_scheme, self._fixed_scale = scheme, scale
        before = self.scale
        self.scheme = scheme or self._system_scheme()
        self.tokens = self._table()
        if scale is not None:
            self.scale = scale
        self._apply()
        self.recolored.emit()
        if self.scale != before:
            self.resized.emit()

    def px(self, at_100_percent: float) -> int:
        """Pixels at the current text size."""
        return round(at_100_percent * self.scale)

    def pixmap(self, name: str, color: str, size: int, on: str = "", ratio: float = 1.0) -> QPixmap:
        """An icon drawn in `color` (its own `white` parts in `on`), `size` logical pixels wide."""
        on = on or self.tokens.card
        key = (name, color, on, size, ratio)
        found = self._pixmaps.get(key)
        if found is None:
            found = self._pixmaps[key] = _draw(self._icons / f"{name}.svg", color, on, size, ratio)
        return found

    def app_icon(self) -> QIcon:
        """The program's own icon, for window and task bar."""
        from PySide6.QtGui import QIcon  # its 150 names of theme icons are not for the first paint

        icon = QIcon()
        for size in (32, 128):
            icon.addPixmap(_draw(self._icons / "app.svg", "", "white", size, 1.0))
        return icon

    def _system_scheme(self) -> Scheme:
        hints = self._app.styleHints()
        if hints.accessibility().contrastPreference() is Qt.ContrastPreference.HighContrast:
            return Scheme.HIGH_CONTRAST
        return Scheme.DARK if hints.colorScheme() is Qt.ColorScheme.Dark else Scheme.LIGHT

    def _table(self) -> Tokens:
        match self.scheme:
            case Scheme.LIGHT:
                return LIGHT
            case Scheme.DARK:
                return DARK
            case Scheme.HIGH_CONTRAST:
                return tokens_from_palette(self._system_palette())

    def _system_palette(self) -> QPalette:
        """The colours the person chose for the whole system, not Fusion's own."""
        if self._contrast_palette is not None:
            return self._contrast_palette
        self._app.setPalette(QPalette())  # without ours, Qt answers with the platform's
        return self._app.palette()

    def _apply(self) -> None:
        font = QFont(self._app.font())
        font.setPixelSize(self.px(BODY))
        self._app.setFont(font)
        if self.scheme is Scheme.HIGH_CONTRAST:
            self._app.setPalette(self._system_palette())
        else:
            self._app.setPalette(palette(self.tokens))
        self._app.setStyleSheet(style_sheet(self.tokens, self.scale))


TITLE, HEADING, LEAD, BODY, SMALL = 24, 17, 15, 15, 13
FIELD_RADIUS, CARD_RADIUS = 8, 12
CONTROL_HEIGHT = 40
CARD_PADDING = 16


def palette(tokens: Tokens) -> QPalette:
    """The tokens as Qt's own roles."""
    result = QPalette()
    roles = QPalette.ColorRole
    for role, name in (
        (roles.Window, tokens.background),
        (roles.WindowText, tokens.text),
        (roles.Base, tokens.card),
        (roles.AlternateBase, tokens.rail),
        (roles.Text, tokens.text),
        (roles.Button, tokens.card),
        (roles.ButtonText, tokens.text),
        (roles.ToolTipBase, tokens.card),
        (roles.ToolTipText, tokens.text),
        (roles.PlaceholderText, tokens.soft),
        (roles.Highlight, tokens.accent),
        (roles.HighlightedText, tokens.on_accent),
        (roles.Link, tokens.accent),
        (roles.LinkVisited, tokens.accent),
        (roles.Accent, tokens.accent),
        (roles.Mid, tokens.line),
        (roles.Light, tokens.card),
        (roles.Midlight, tokens.hover),
        (roles.Dark, tokens.outline),
        (roles.Shadow, tokens.line),
    ):
        result.setColor(role, QColor(name))
    for role in (roles.Text, roles.WindowText, roles.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.soft))
    return result


def style_sheet(tokens: Tokens, scale: float) -> str:
    """What the palette cannot say. Sizes are those of look.md at `scale`."""

    def px(value: float) -> str:
        return f"{round(value * scale)}px"

    return f"""
QLabel[type="title"] {{ font-size: {px(TITLE)}; font-weight: 600; color: {tokens.text}; }}
QLabel[type="heading"] {{ font-size: {px(HEADING)}; font-weight: 600; color: {tokens.text}; }}
QLabel[type="lead"] {{ font-size: {px(LEAD)}; color: {tokens.soft}; }}
QLabel[type="strong"] {{ font-size: {px(BODY)}; font-weight: 600; color: {tokens.text}; }}
QLabel[type="body"] {{ font-size: {px(BODY)}; color: {tokens.text}; }}
QLabel[type="soft"] {{ font-size: {px(BODY)}; color: {tokens.soft}; }}
QLabel[type="small"] {{ font-size: {px(SMALL)}; color: {tokens.soft}; }}
QLabel[type="small-strong"] {{ font-size: {px(SMALL)}; font-weight: 600; color: {tokens.text}; }}
QLabel[type="problem"] {{ font-size: {px(SMALL)}; font-weight: 600; color: {tokens.bad}; }}
QLabel[type="brand"] {{ font-size: {px(BODY)}; font-weight: 600; color: {tokens.text}; }}

QLineEdit {{
  background: {tokens.card}; color: {tokens.text};
  border: 1px solid {tokens.outline}; border-radius: {px(FIELD_RADIUS)};
  padding: {px(9)} {px(13)}; font-size: {px(BODY)};
  selection-background-color: {tokens.accent}; selection-color: {tokens.on_accent};
}}
QLineEdit[problem="true"] {{ border-color: {tokens.bad}; }}
QLineEdit:focus {{
  border: 2px solid {tokens.accent};
  padding: {round(9 * scale) - 1}px {round(13 * scale) - 1}px;
}}

QFrame#rail {{ background: {tokens.rail}; border: none; }}
QFrame#railEdge {{ background: {tokens.line}; border: none; }}
QScrollArea, QScrollArea > QWidget > QWidget#column {{ background: transparent; border: none; }}

QMenu {{
  background: {tokens.card}; color: {tokens.text};
  border: 1px solid {tokens.line}; padding: {px(4)};
}}
QMenu::item {{ padding: {px(8)} {px(24)} {px(8)} {px(16)}; border-radius: {px(6)}; }}
QMenu::item:selected {{ background: {tokens.accent}; color: {tokens.on_accent}; }}
QAbstractItemView {{
  background: {tokens.card}; color: {tokens.text}; border: 1px solid {tokens.line};
  selection-background-color: {tokens.accent}; selection-color: {tokens.on_accent};
  padding: {px(4)}; outline: none;
}}
QToolTip {{
  background: {tokens.card}; color: {tokens.text}; border: 1px solid {tokens.line};
  padding: {px(6)};
}}
QScrollBar:vertical {{ background: transparent; width: {px(12)}; margin: 0; }}
QScrollBar::handle:vertical {{
  background: {tokens.outline}; border-radius: {px(4)}; min-height: {px(32)}; margin: {px(2)};
}}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
"""


def _choose_family(app: QApplication) -> None:
    """Without a desktop there is no UI font: a good one of those that are installed."""
    if QFontInfo(app.font()).family() in _PREFERRED_FAMILIES:
        return
    from PySide6.QtGui import QFontDatabase

    installed = set(QFontDatabase.families())
    for family in _PREFERRED_FAMILIES:
        if family in installed:
            font = QFont(app.font())
            font.setFamily(family)
            app.setFont(font)
            return


def _draw(file: Path, color: str, on: str, size: int, ratio: float) -> QPixmap:
    from PySide6.QtCore import QByteArray
    from PySide6.QtSvg import QSvgRenderer

    svg = file.read_text(encoding="utf-8").replace('"white"', f'"{on}"')
    if color:
        svg = svg.replace("currentColor", color)
    pixels = round(size * ratio)
    pixmap = QPixmap(pixels, pixels)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
