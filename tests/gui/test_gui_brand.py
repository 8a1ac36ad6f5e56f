"""A host's own wizard: its name, its logo, its words, its languages; nothing clipped."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QLabel

from tests.gui.conftest import OpenWindow
from tests.gui.measure import clipped, nameless, overlapping
from wizard.gui.widgets import Text
from wizard.model import Brand


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_the_hosts_name_logo_and_words_are_seen(
    open_window: OpenWindow, tmp_path: Path, scale: float
) -> None:
    logo = tmp_path / "logo.png"
    picture = QPixmap(64, 32)
    picture.fill("red")
    assert picture.save(str(logo))
    brand = Brand("Shop Mail & Söhne", logo, ("fr", "de"), {"en": "Questions? Call us."})
    wizard = open_window(brand=brand, scale=scale, size=(1600, 1000))
    shell = wizard.shell
    shown = [text.text() for text in shell.findChildren(Text)]
    assert "Shop Mail & Söhne" in shown
    assert any("Questions? Call us." in text for text in shown)
    pixmaps = [label.pixmap() for label in shell.rail.findChildren(QLabel) if label.pixmap()]
    assert any(pixmap.toImage().pixelColor(2, 2).red() == 255 for pixmap in pixmaps)
    assert clipped(shell) == []
    assert overlapping(shell) == []
    assert nameless(wizard.window) == []
