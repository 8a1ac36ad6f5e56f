"""*Something doesn't work*, at the window: live rows, the cause, the note, the ways back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from tests.gui.conftest import OpenWindow
from tests.gui.outside import FakeServices
from tests.gui.samples import ADDRESS, BANNED, IMAP, SMTP, STATES, WELL
from tests.gui.test_gui_journeys import Person
from wizard.flow import Journey, Page
from wizard.gui.pages.account import AccountPage
from wizard.gui.pages.address import AddressPage
from wizard.gui.pages.diagnosis import TITLES, DiagnosisPage, lines
from wizard.gui.pages.done import DonePage
from wizard.gui.pages.password import PasswordPage
from wizard.gui.widgets import Button, Mark
from wizard.model import Problem, ProblemKind, Stage, Subject


def click(button: Button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def services() -> FakeServices:
    return FakeServices()


def at(open_window: OpenWindow, qtbot: QtBot, services: FakeServices, state: str = "") -> Person:
    wizard = open_window(STATES[state] if state else None, services=services, size=(940, 900))
    return Person(wizard, qtbot, services)


def looked(person: Person) -> DiagnosisPage:
    person.sees(Page.DIAGNOSIS)
    person.idle()
    return person.page(DiagnosisPage)


def test_every_subject_has_a_title() -> None:
    assert set(TITLES) == set(Subject)


def test_from_the_first_page_to_the_cause(
    open_window: OpenWindow, qtbot: QtBot, services: FakeServices
) -> None:
    person = at(open_window, qtbot, services)
    click(person.page(AddressPage).returning[Journey.DIAGNOSE])
    person.sees(Page.ACCOUNT)
    person.page(AccountPage).address.edit.setText(str(ADDRESS))
    person.press()
    page = looked(person)
    assert f"diagnose {ADDRESS}" in services.asked
    assert page.problem.isVisible()
    assert person.focus() is page.problem
    assert "refuses connections" in page.problem.title.text()
    click(page.problem.action)
    assert "198.51.100.7" in QGuiApplication.clipboard().text()
    person.go_back()
    person.sees(Page.ACCOUNT)


def test_rows_are_there_while_it_runs_and_stop_is_at_hand(
    open_window: OpenWindow, qtbot: QtBot, services: FakeServices
) -> None:
    services.hold = frozenset({f"diagnose {ADDRESS}"})
    person = at(open_window, qtbot, services, "diagnosis-account")
    person.page(AccountPage).address.edit.setText(str(ADDRESS))
    person.press()
    person.sees(Page.DIAGNOSIS)
    person.until(lambda: bool(person.wizard.controller.state.checks))
    page = person.page(DiagnosisPage)
    row = page.rows[Subject.RECEIVING, IMAP.host, IMAP.port]
    assert "IPv4" in row.detail.text()
    assert "IPv6" in row.detail.text()
    assert row.mark.mark is Mark.BAD
    assert page.rows[Subject.INTERNET, "", 0].mark.mark is Mark.DONE
    click(person.wizard.shell.left)
    person.idle()
    person.until(lambda: bool(services.cancelled))
    assert not page.problem.isVisible()
    assert person.wizard.shell.primary.isVisible()
    services.let_go()
    person.press()
    looked(person)
    assert page.problem.isVisible()


def test_the_note_is_copied_shown_and_saved(
    open_window: OpenWindow,
    qtbot: QtBot,
    services: FakeServices,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    person = at(open_window, qtbot, services, "diagnosis-banned")
    page = person.page(DiagnosisPage)
    click(page.copy)
    assert QGuiApplication.clipboard().text().startswith("Mail test for")
    target = tmp_path / "note.txt"
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(target), "Text files"))
    )
    click(page.save)
    person.idle()
    person.until(lambda: page.saved.isVisible())
    assert f"note {target}" in services.asked
    assert str(target) in page.saved.text()


def test_where_all_is_well_the_program_is_set_up_again(
    open_window: OpenWindow, qtbot: QtBot, services: FakeServices
) -> None:
    person = at(open_window, qtbot, services, "diagnosis-well")
    page = person.page(DiagnosisPage)
    assert not page.problem.isVisible()
    again = next(
        button
        for button in page.findChildren(Button)
        if button.text() == "Set up the mail program again"
    )
    click(again)
    person.sees(Page.ADDRESS)
    assert person.page(AddressPage).address.text == str(ADDRESS)


def test_a_wrong_password_leads_to_setting_up_again(
    open_window: OpenWindow, qtbot: QtBot, services: FakeServices
) -> None:
    wrong = Problem(ProblemKind.WRONG_PASSWORD, Stage.LOGIN, IMAP.type, IMAP.host, IMAP.port)
    services.diagnosis = replace(BANNED, verdict=wrong)
    person = at(open_window, qtbot, services, "diagnosis-stopped")
    person.press()
    page = looked(person)
    # The same password is not tried again and again.
    assert not person.wizard.shell.plain.isVisible()
    assert not person.wizard.shell.primary.isVisible()
    click(page.problem.action)
    person.sees(Page.ADDRESS)


def test_beside_a_failure_and_on_the_last_page(
    open_window: OpenWindow, qtbot: QtBot, services: FakeServices
) -> None:
    services.diagnosis = WELL
    person = at(open_window, qtbot, services, "password-wrong")
    assert not person.page(PasswordPage).problem.doubt.isVisible()
    person = at(open_window, qtbot, services, "password-half")
    click(person.page(PasswordPage).problem.doubt)
    looked(person)
    assert f"diagnose {ADDRESS} {IMAP.host} {SMTP.host}" in services.asked
    person.go_back()
    person.sees(Page.PASSWORD)
    person = at(open_window, qtbot, services, "done")
    done = person.page(DonePage)
    for button in done.findChildren(Button):
        if "stops working" in button.text():
            click(button)
    look = next(
        button for button in done.findChildren(Button) if button.text() == "Find out what is wrong"
    )
    click(look)
    looked(person)


def test_a_row_for_each_thing_a_person_knows() -> None:
    rows = lines(BANNED.checks)
    assert [row.subject for row in rows].count(Subject.RECEIVING) == 1
    assert len(rows) < len(BANNED.checks)
    by_subject = {row.subject: row.mark for row in rows}
    assert by_subject[Subject.OTHER_PORT] is Mark.NOTHING
    half = replace(BANNED.checks[5], state=BANNED.checks[2].state, rungs=())
    mixed = lines((half, BANNED.checks[6]))
    assert mixed[0].mark is Mark.ATTENTION
