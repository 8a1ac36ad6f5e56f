"""Every page, in each state it can be in: nothing clipped, all named, Tab as it is read."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtWidgets import QApplication, QWidget

from tests.gui.conftest import TRANSLATIONS, OpenWindow, Pseudo
from tests.gui.measure import clipped, nameless, overlapping, settle, tab_order
from tests.gui.samples import STATES
from wizard.gui.shell import Window
from wizard.gui.theme import Scheme
from wizard.messages import LANGUAGES, Messages

EVERY_STATE = pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())


@EVERY_STATE
@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_a_page_opens_with_nothing_clipped(
    open_window: OpenWindow, state: object, scheme: Scheme
) -> None:
    wizard = open_window(state, scheme=scheme)
    assert clipped(wizard.shell) == []
    assert overlapping(wizard.shell) == []


@EVERY_STATE
@pytest.mark.parametrize(
    ("scale", "size"),
    [(1.0, (800, 600)), (1.5, (940, 640)), (2.0, (800, 600)), (2.0, (1600, 1000))],
)
def test_long_words_and_large_text_fit(
    open_window: OpenWindow, state: object, scale: float, size: tuple[int, int]
) -> None:
    wizard = open_window(state, scale=scale, size=size, speech=Pseudo("en", TRANSLATIONS))
    assert clipped(wizard.shell) == []
    assert overlapping(wizard.shell) == []
    bar = wizard.shell.scroller.horizontalScrollBar()
    assert bar.maximum() == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_opens_in_every_language(open_window: OpenWindow, language: str) -> None:
    wizard = open_window(speech=Messages(language, TRANSLATIONS), size=(800, 600))
    for name, state in STATES.items():
        wizard.shell.show_state(state)
        settle()
        assert clipped(wizard.shell) == [], name


@EVERY_STATE
def test_mirrored_pages_fit(qapp: QApplication, open_window: OpenWindow, state: object) -> None:
    wizard = open_window(state)
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        settle()
        assert clipped(wizard.shell) == []
        assert overlapping(wizard.shell) == []
        rail = wizard.shell.rail.mapTo(wizard.shell, QPoint(0, 0)).x()
        assert rail > wizard.shell.width() / 2
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


@EVERY_STATE
def test_a_screen_reader_can_name_everything(open_window: OpenWindow, state: object) -> None:
    wizard = open_window(state)
    assert nameless(wizard.window) == []
    assert wizard.window.windowTitle()


@EVERY_STATE
def test_tab_goes_through_the_page_as_it_is_read(open_window: OpenWindow, state: object) -> None:
    wizard = open_window(state)
    shell = wizard.shell
    page = shell.page
    assert page is not None
    order = tab_order(shell)
    expected = {
        widget
        for widget in shell.findChildren(QWidget)
        if widget.isVisibleTo(shell)
        and widget.isEnabled()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    }
    assert set(order) == expected
    in_page = [
        widget for widget in _rotated(order, shell.rail.language) if page.isAncestorOf(widget)
    ]
    heights = [widget.mapTo(page, QPoint(0, 0)).y() for widget in in_page]
    assert all(after >= before - 40 for before, after in itertools.pairwise(heights))


def _rotated(order: list[QWidget], last: QWidget) -> list[QWidget]:
    """Beginning after the rail, whose language button comes last."""
    index = order.index(last) + 1
    return order[index:] + order[:index]


@EVERY_STATE
def test_there_is_one_thing_to_do_next_and_a_way_to_leave(
    open_window: OpenWindow, state: object
) -> None:
    """A primary button, or work that goes on by itself and can be stopped or left."""
    wizard = open_window(state)
    shell = wizard.shell
    buttons = [shell.left, shell.plain, shell.primary]
    assert any(not button.isHidden() for button in buttons)
    if shell.primary.isHidden():
        assert not shell.left.isHidden() or not shell.plain.isHidden()
    assert shell.title.text()


class _Windows(QObject):
    """Notes every top-level window that is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if (
            event.type() is QEvent.Type.Show
            and isinstance(watched, QWidget)
            and watched.isWindow()
            and not isinstance(watched, Window)
        ):
            self.shown.append(f"{type(watched).__name__} {watched.accessibleName()}")
        return False


def test_no_part_of_a_page_flashes_up_as_a_window_of_its_own(
    qapp: QApplication, open_window: OpenWindow
) -> None:
    wizard = open_window()
    windows = _Windows()
    qapp.installEventFilter(windows)
    for state in STATES.values():
        wizard.shell.show_state(state)
        settle()
    qapp.removeEventFilter(windows)
    assert windows.shown == []
