"""What is seen, measured in the pixels: every text against the ground it stands on."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import QAbstractAnimation, QPoint, QRect
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from tests.gui.conftest import ICONS, TRANSLATIONS, OpenWindow
from tests.gui.measure import name_of, settle, visible
from tests.gui.outside import FakeServices
from tests.gui.samples import STATES
from tests.gui.screens import contrast_palette
from wizard.gui.application import Wizard
from wizard.gui.theme import Scheme, Theme, contrast
from wizard.gui.widgets import Button, Check, Text
from wizard.messages import Messages

LEAST = 4.5  # WCAG 2.2, 1.4.3


def brightness(pixel: int) -> int:
    """Enough to tell the darkest and the lightest of a few colours."""
    return 2126 * (pixel >> 16 & 255) + 7152 * (pixel >> 8 & 255) + 722 * (pixel & 255)


def best_contrast(image: QImage, place: QRect) -> float:
    """Of the commonest colour there, which is the ground, and the one that stands out most."""
    part = image.copy(place).convertToFormat(QImage.Format.Format_RGB32)
    colors = Counter(memoryview(part.constBits()).cast("I"))
    ((ground, _),) = colors.most_common(1)
    darkest, lightest = min(colors, key=brightness), max(colors, key=brightness)
    name = QColor.fromRgba(ground).name()
    return max(contrast(QColor.fromRgba(other).name(), name) for other in (darkest, lightest))


def pale(wizard: Wizard) -> list[str]:
    """Texts that can hardly be read."""
    image = wizard.window.grab().toImage()
    faults = []
    for widget in visible(wizard.window):
        if not isinstance(widget, Text | Button | Check) or not widget.text():
            continue
        if isinstance(widget, Check) and widget.width() < 40:
            continue  # the box of a card, whose words stand beside it
        if widget.visibleRegion().boundingRect() != widget.rect() or not widget.isEnabled():
            continue
        place = QRect(widget.mapTo(wizard.window, QPoint(0, 0)), widget.size())
        measured = best_contrast(image, place)
        if measured < LEAST:
            faults.append(f"{name_of(widget)!r}: {measured:.2f}")
    return faults


@pytest.mark.parametrize("scheme", list(Scheme))
def test_every_text_can_be_read_on_its_ground(qapp: QApplication, scheme: Scheme) -> None:
    theme = Theme(qapp, ICONS, scheme, 1.0, contrast_palette())
    wizard = Wizard(FakeServices(), Messages("en", TRANSLATIONS), theme)
    wizard.window.resize(940, 1400)
    wizard.window.show()
    for name, state in STATES.items():
        wizard.shell.show_state(state)
        settle()
        assert pale(wizard) == [], name
    wizard.close()
    wizard.window.close()
    wizard.window.deleteLater()
    theme.use(Scheme.LIGHT, 1.0)
    theme.deleteLater()


def test_the_measure_sees_what_is_pale(open_window: OpenWindow) -> None:
    wizard = open_window(STATES["found"])
    assert pale(wizard) == []
    wizard.shell.lead.setStyleSheet("color: #c0c4cc;")
    settle()
    (fault,) = pale(wizard)
    assert fault.startswith("'Both servers answered")


def test_nothing_moves_by_itself(open_window: OpenWindow) -> None:
    """Reduced motion for everybody: no page has an animation, nothing blinks or spins."""
    wizard = open_window()
    for state in STATES.values():
        wizard.shell.show_state(state)
        settle()
        running = [
            animation
            for animation in wizard.window.findChildren(QAbstractAnimation)
            if animation.state() is QAbstractAnimation.State.Running
        ]
        assert running == []
