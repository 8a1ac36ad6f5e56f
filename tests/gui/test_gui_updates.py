"""The dialog that tells the version and asks for a newer one, only when told to."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from pytest import MonkeyPatch
from pytestqt.qtbot import QtBot

from tests.gui.conftest import OpenWindow
from wizard import __version__
from wizard.gui.application import Wizard
from wizard.gui.updates import UpdateDialog
from wizard.model.update import Newer, NotKnown, Unanswered, UpdateAnswer

PAGE = "https://example.net/mail-setup"


def dialog_of(wizard: Wizard) -> UpdateDialog:
    wizard.shell.rail.about.click()
    (dialog,) = wizard.window.findChildren(UpdateDialog)
    return dialog


def test_a_newer_version_is_named_with_its_page(
    open_window: OpenWindow, qtbot: QtBot, monkeypatch: MonkeyPatch
) -> None:
    asked: list[str] = []
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)

    async def ask() -> UpdateAnswer:
        asked.append("newer")
        return Newer("9.0.0", PAGE)

    wizard = open_window(newer=ask)
    dialog = dialog_of(wizard)
    assert __version__ in wizard.shell.rail.about.text()
    assert asked == []
    assert not dialog.open_button.isVisibleTo(dialog)
    dialog.ask_button.click()
    qtbot.waitUntil(lambda: dialog.open_button.isVisibleTo(dialog))
    assert "9.0.0" in dialog.outcome.text()
    assert dialog.link.text() == PAGE
    assert opened == []
    dialog.open_button.click()
    assert opened == [QUrl(PAGE)]
    dialog.close_button.click()


def test_what_was_not_believed_shows_no_page(open_window: OpenWindow, qtbot: QtBot) -> None:
    async def ask() -> UpdateAnswer:
        return NotKnown(Unanswered.FORGED)

    dialog = dialog_of(open_window(newer=ask))
    dialog.ask_button.click()
    qtbot.waitUntil(lambda: "signed" in dialog.outcome.text())
    assert dialog.ask_button.isEnabled()
    assert not dialog.link.isVisibleTo(dialog)
    dialog.close_button.click()


def test_where_nobody_can_be_asked_the_version_is_no_button(open_window: OpenWindow) -> None:
    wizard = open_window()
    assert not wizard.shell.rail.about.isVisibleTo(wizard.window)
