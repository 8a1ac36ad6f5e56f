"""Colours measured, sizes bounded, high contrast from the system."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from tests.gui.conftest import ICONS, OpenWindow
from tests.gui.measure import settle
from tests.gui.samples import STATES
from wizard.gui.theme import Scheme, Theme, contrast, tokens_from_palette
from wizard.gui.tokens import DARK, LIGHT, Tokens

TABLES = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])


def test_contrast_is_measured_as_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#ffffff") == pytest.approx(1)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@TABLES
def test_all_text_has_enough_contrast(tokens: Tokens) -> None:
    grounds = (tokens.background, tokens.card, tokens.hover, tokens.caution_paper)
    for ground in (*grounds, tokens.rail, tokens.good_paper, tokens.bad_paper):
        assert contrast(tokens.text, ground) >= 7, ground
        assert contrast(tokens.soft, ground) >= 4.5, ground
    for ground in grounds:
        assert contrast(tokens.accent, ground) >= 4.5, ground
        assert contrast(tokens.bad, ground) >= 4.5, ground
    assert contrast(tokens.accent, tokens.rail) >= 4.5
    for ground in (tokens.accent, tokens.accent_hover, tokens.accent_pressed):
        assert contrast(tokens.on_accent, ground) >= 4.5, ground


@TABLES
def test_shapes_that_matter_can_be_seen(tokens: Tokens) -> None:
    """Field borders, empty rings, ticks, the focus ring: 3:1 (WCAG 2.2, 1.4.11)."""
    for ground in (tokens.background, tokens.card, tokens.rail, tokens.caution_paper):
        for shape in (tokens.outline, tokens.good, tokens.bad, tokens.accent):
            assert contrast(shape, ground) >= 3, (shape, ground)
    assert contrast(tokens.caution, tokens.caution_paper) >= 3
    assert contrast(tokens.good, tokens.good_paper) >= 3


def test_high_contrast_uses_nothing_but_the_systems_colours(qapp: QApplication) -> None:
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, name in (
        (roles.Window, "#000000"),
        (roles.WindowText, "#ffff00"),
        (roles.Base, "#000000"),
        (roles.Highlight, "#00ffff"),
        (roles.HighlightedText, "#000000"),
    ):
        palette.setColor(role, QColor(name))
    colors = set(tokens_from_palette(palette))
    assert colors == {"#000000", "#ffff00", "#00ffff"}


@pytest.mark.parametrize("scheme", list(Scheme))
def test_the_scheme_can_change_while_a_page_is_shown(
    open_window: OpenWindow, scheme: Scheme
) -> None:
    wizard = open_window(STATES["password-wrong"])
    wizard.theme.use(scheme)
    settle()
    ground = wizard.window.grab().toImage().pixelColor(wizard.window.width() - 20, 8)
    expected = QColor(wizard.theme.tokens.background)
    assert ground.name() == expected.name()
    title = wizard.shell.title
    assert title.palette().color(title.foregroundRole()) == QColor(wizard.theme.tokens.text)


def test_a_new_text_size_builds_the_window_anew_where_it_was(open_window: OpenWindow) -> None:
    wizard = open_window(STATES["found"])
    before = wizard.shell
    height = before.title.height()
    wizard.theme.use(Scheme.LIGHT, 2.0)
    settle()
    assert wizard.shell is not before
    assert wizard.shell.title.text() == before.title.text()
    assert wizard.shell.title.height() > 1.5 * height


def test_text_size_follows_the_system_within_bounds(qapp: QApplication) -> None:
    font = qapp.font()
    try:
        for pixels, low, high in ((9, 1.0, 1.0), (22, 1.4, 1.6), (90, 2.0, 2.0)):
            large = qapp.font()
            large.setPixelSize(pixels)
            qapp.setFont(large)
            theme = Theme(qapp, ICONS, Scheme.LIGHT)
            assert low <= theme.scale <= high
            assert theme.px(40) == round(40 * theme.scale)
            theme.deleteLater()
    finally:
        qapp.setFont(font)


@pytest.mark.parametrize("icon", sorted(ICONS.glob("*.svg")), ids=lambda path: path.stem)
def test_icons_are_small_own_drawings_that_take_the_themes_colours(
    qapp: QApplication, icon: Path
) -> None:
    root = ElementTree.parse(icon).getroot()
    assert root.get("viewBox")
    text = icon.read_text(encoding="utf-8")
    assert "href" not in text
    assert icon.stem == "app" or "currentColor" in text
    theme = Theme(qapp, ICONS, Scheme.DARK, 1.0)
    image = theme.pixmap(icon.stem, "#ff0000", 40).toImage()
    colors = {
        image.pixelColor(x, y).name()
        for x in range(40)
        for y in range(40)
        if image.pixelColor(x, y).alpha() == 255
    }
    assert colors
    assert icon.stem == "app" or "#ff0000" in colors
    theme.deleteLater()
