"""The parts pages are made of."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.conftest import OpenWindow
from tests.gui.measure import settle
from tests.gui.samples import LONG_HOST, STATES
from wizard.gui.pages.common import best_to_open
from wizard.gui.theme import Theme
from wizard.gui.widgets import (
    Button,
    CopyButton,
    Disclosure,
    Facts,
    Field,
    FlowLayout,
    Kind,
    Kit,
    Mark,
    ProblemCard,
    Row,
    StateMark,
    Text,
)
from wizard.messages import Messages


@pytest.fixture
def kit(theme: Theme, words: Messages) -> Kit:
    return Kit(theme, words)


def test_markup_from_a_server_stays_text(kit: Kit, qtbot: QtBot) -> None:
    said = "<b>bold</b> <img src='https://tracker.example/x.png'>"
    text = Text(said)
    qtbot.addWidget(text)
    assert text.text() == said
    assert text.textFormat() is Qt.TextFormat.PlainText
    assert not text.openExternalLinks()


def test_a_long_name_breaks_anywhere_rather_than_being_cut(kit: Kit, qtbot: QtBot) -> None:
    text = Text(LONG_HOST)
    qtbot.addWidget(text)
    one_line = text.heightForWidth(5_000)
    assert text.heightForWidth(100) >= 5 * one_line
    assert text.minimumSizeHint().width() < 150


def test_every_mark_has_a_word_and_a_shape(kit: Kit, qtbot: QtBot) -> None:
    images, names = set(), set()
    for mark in Mark:
        state = StateMark(kit, mark)
        qtbot.addWidget(state)
        interface = QAccessible.queryAccessibleInterface(state)
        assert interface is not None
        assert interface.role() == QAccessible.Role.Graphic
        names.add(interface.text(QAccessible.Text.Name))
        # Without colour: only where something is drawn.
        image = kit.theme.pixmap(mark.icon, "#000000", 20, on="#ffffff").toImage()
        images.add(
            tuple(
                (image.pixelColor(x, y).alpha() > 128, image.pixelColor(x, y).lightness() > 128)
                for x in range(20)
                for y in range(20)
            )
        )
    assert len(names) == len(images) == len(Mark)
    assert "" not in names


def test_a_row_says_its_state_in_words(kit: Kit, qtbot: QtBot) -> None:
    row = Row(kit, "Receiving")
    qtbot.addWidget(row)
    row.show_state(Mark.DONE, "mail.example.net accepted the password", "0.3 s")
    assert row.accessibleName() == (
        "Receiving, done, mail.example.net accepted the password, 0.3 s"
    )


def test_a_field_says_what_is_wrong_where_it_is(kit: Kit, qtbot: QtBot) -> None:
    field = Field(kit, "Server name", "As your provider gives it.")
    qtbot.addWidget(field)
    field.show()
    assert field.label.buddy() is field.edit
    assert field.edit.accessibleName() == "Server name"
    field.show_problem("A name has no slash.")
    assert field.problem.isVisible()
    assert field.edit.accessibleDescription() == "A name has no slash. As your provider gives it."
    field.show_problem("")
    assert not field.problem.isVisible()
    assert field.edit.accessibleDescription() == "As your provider gives it."


def test_copy_says_that_it_did(kit: Kit, qtbot: QtBot) -> None:
    button = CopyButton(kit, "mail.example.net", "Server name")
    qtbot.addWidget(button)
    width = button.sizeHint().width()
    with qtbot.waitSignal(button.copied) as copied:
        QTest.keyClick(button, Qt.Key.Key_Return)
    assert copied.args == ["Copied"]
    assert QGuiApplication.clipboard().text() == "mail.example.net"
    assert button.text() == "Copied"
    assert button.sizeHint().width() == width
    qtbot.waitUntil(lambda: button.text() == "Copy", timeout=5_000)


def test_values_stand_under_their_names_where_it_is_narrow(kit: Kit, qtbot: QtBot) -> None:
    facts = Facts(kit)
    qtbot.addWidget(facts)
    facts.add("Receiving", LONG_HOST, "port 993", copy=LONG_HOST)
    facts.resize(600, 200)
    facts.show()
    settle()
    label, value = facts.findChildren(Text)[0], facts.findChildren(Text)[1]

    def spot(widget: QWidget) -> QPoint:
        return widget.mapTo(facts, QPoint(0, 0))

    assert spot(value).x() > spot(label).x()
    facts.resize(260, 300)
    settle()
    assert spot(value).y() > spot(label).y()
    assert spot(value).x() == spot(label).x()


def test_a_disclosure_unfolds_by_keyboard(kit: Kit, qtbot: QtBot) -> None:
    more = Disclosure(kit, "Where does this come from?")
    qtbot.addWidget(more)
    more.body.addWidget(Text("the answer"))
    more.show()
    assert not more.content.isVisible()
    QTest.keyClick(more.button, Qt.Key.Key_Space)
    assert more.content.isVisible()
    assert more.button.accessibleDescription() == "unfolded"  # what a screen reader is told


def test_a_problem_card_quotes_the_server_only_when_asked(kit: Kit, qtbot: QtBot) -> None:
    card = ProblemCard(kit)
    qtbot.addWidget(card)
    card.show_words("What happened.", "Why.", "Do this", said="535 <i>no</i>")
    assert card.accessibleName() == "What happened."
    assert not card.said.content.isVisible()
    with qtbot.waitSignal(card.acted):
        card.action.click()


def test_buttons_wrap_rather_than_clip(kit: Kit, qtbot: QtBot) -> None:
    button = Button(kit, "Set up the program with the exceedingly long name", Kind.PRIMARY)
    qtbot.addWidget(button)
    assert button.heightForWidth(140) > button.heightForWidth(2_000)
    assert button.sizeHint().height() >= 40


def test_a_flow_breaks_lines_and_follows_the_reading_direction(
    qapp: QApplication, qtbot: QtBot
) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    layout = FlowLayout(10, holder)
    boxes = [QWidget() for _ in range(3)]
    for box in boxes:
        box.setFixedSize(100, 30)
        layout.addWidget(box)
    assert layout.heightForWidth(400) == 30
    assert layout.heightForWidth(215) == 70
    layout.setGeometry(QRect(0, 0, 215, 70))
    assert [box.pos() for box in boxes] == [QPoint(0, 0), QPoint(110, 0), QPoint(0, 40)]
    holder.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    layout.setGeometry(QRect(0, 0, 215, 70))
    assert boxes[0].x() > boxes[1].x()


def test_the_focus_ring_follows_the_keyboard(open_window: OpenWindow) -> None:
    wizard = open_window(STATES["found"])
    ring = wizard.shell.ring
    handle = wizard.window.windowHandle()
    assert not ring.isVisible()  # who works with the mouse needs none
    QTest.keyClick(handle, Qt.Key.Key_Shift)
    assert ring.isVisible()
    assert ring.geometry().contains(
        QRect(wizard.shell.primary.mapTo(wizard.shell, QPoint(0, 0)), wizard.shell.primary.size())
    )
    QTest.keyClick(wizard.shell.primary, Qt.Key.Key_Tab)
    QTest.keyClick(wizard.shell.rail.tools, Qt.Key.Key_Tab)
    settle()
    assert ring.geometry().contains(
        QRect(
            wizard.shell.rail.language.mapTo(wizard.shell, QPoint(0, 0)),
            wizard.shell.rail.language.size(),
        )
    )
    QTest.mouseClick(handle, Qt.MouseButton.LeftButton, pos=QPoint(400, 20))
    assert not ring.isVisible()


def test_a_mouse_press_leaves_the_focus_where_it_was(open_window: OpenWindow) -> None:
    wizard = open_window(STATES["address-empty"])
    before = wizard.window.focusWidget()
    wizard.shell.rail.language.setEnabled(True)
    QTest.mousePress(wizard.shell.primary, Qt.MouseButton.LeftButton)
    assert wizard.window.focusWidget() is before
    QTest.mouseRelease(wizard.shell.primary, Qt.MouseButton.LeftButton, pos=QPoint(-5, -5))


@pytest.mark.parametrize(
    ("names", "best"),
    [
        (("a.mobileconfig",), "a.mobileconfig"),
        (("sheet.html", "sheet.pdf"), "sheet.pdf"),
        (("a.reg", "b.xml"), None),
        ((), None),
    ],
)
def test_the_file_to_open_is_the_only_one_or_the_one_to_print(
    names: tuple[str, ...], best: str | None
) -> None:
    assert best_to_open(tuple(Path(name) for name in names)) == (Path(best) if best else None)
