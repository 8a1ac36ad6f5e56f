"""Journeys through the real window against a fake outside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.conftest import OpenWindow
from tests.gui.outside import FakeServices
from tests.gui.samples import (
    ADDRESS,
    BAD,
    CONSENT,
    FOUND,
    HALF,
    IMAP,
    LONG_HOST,
    SIGNS_IN,
    SMTP,
    STATES,
    WRONG,
)
from tests.gui.watchdog import Pause, Watchdog
from wizard.flow import Journey, Kept, Page, RowState, State
from wizard.flow.resuming import document
from wizard.gui.application import Wizard
from wizard.gui.crash import CrashDialog
from wizard.gui.pages.address import AddressPage
from wizard.gui.pages.applying import ApplyingPage
from wizard.gui.pages.changes import ChangesPage
from wizard.gui.pages.found import FoundPage
from wizard.gui.pages.manual import ManualPage
from wizard.gui.pages.password import PasswordPage
from wizard.gui.pages.programs import ProgramsPage
from wizard.gui.shell import PageView
from wizard.gui.updates import UpdateDialog
from wizard.gui.widgets import Button, Card, CopyButton, Disclosure, Text
from wizard.model import (
    AuthMethod,
    Found,
    NothingFound,
    Offline,
    Problem,
    ProblemKind,
    Security,
    ServerType,
    Source,
    Stage,
)
from wizard.model.update import NotKnown, Unanswered, UpdateAnswer

SomePage = TypeVar("SomePage", bound=PageView)
CANARY = "canary-p4ss word"


class Person:
    """Somebody at the window: types, presses, looks."""

    def __init__(self, wizard: Wizard, bot: QtBot, services: FakeServices) -> None:
        self.wizard = wizard
        self.bot = bot
        self.services = services

    def page(self, kind: type[SomePage]) -> SomePage:
        page = self.wizard.shell.page
        assert isinstance(page, kind)
        return page

    def sees(self, page: Page) -> None:
        self.until(lambda: self.wizard.controller.state.page is page)

    def until(self, reached: Callable[[], bool]) -> None:
        self.bot.waitUntil(reached, timeout=60_000)

    def idle(self) -> None:
        self.until(lambda: not self.wizard.controller.state.busy)

    def breathe(self) -> None:
        """A moment for the window between two things a person does: nobody acts within one."""
        self.bot.wait(1)

    def press(self) -> None:
        self.breathe()
        assert self.wizard.shell.primary.isVisible()
        QTest.mouseClick(self.wizard.shell.primary, Qt.MouseButton.LeftButton)

    def go_back(self) -> None:
        self.breathe()
        assert self.wizard.shell.left.isVisible()
        QTest.mouseClick(self.wizard.shell.left, Qt.MouseButton.LeftButton)

    def focus(self) -> QWidget | None:
        return self.wizard.window.focusWidget()

    def address(self, text: str = str(ADDRESS)) -> None:
        page = self.page(AddressPage)
        page.name.edit.setFocus()
        QTest.keyClicks(page.name.edit, "My Shop")
        QTest.keyClicks(page.address.edit, text)
        self.press()

    def password(self, text: str = CANARY) -> None:
        self.breathe()
        page = self.page(PasswordPage)
        page.password.edit.clear()
        QTest.keyClicks(page.password.edit, text)
        self.press()

    def to_password(self) -> None:
        self.address()
        self.sees(Page.FOUND)
        self.press()
        self.sees(Page.PASSWORD)

    def to_programs(self) -> None:
        self.to_password()
        self.password()
        self.idle()
        self.press()
        self.sees(Page.PROGRAMS)
        self.idle()

    def to_applying(self) -> None:
        self.to_programs()
        self.press()
        self.sees(Page.APPLYING)
        self.idle()


class AtWindow:
    """Opens windows, and holds each journey to 50 ms (`conftest.pytest_pyfunc_call`).

    After the journey, wherever it went, the password is in no state that is kept and in no text
    that is shown, but for the field it was typed into.
    """

    def __init__(self, open_window: OpenWindow, bot: QtBot) -> None:
        self._open = open_window
        self._bot = bot
        self._people: list[Person] = []
        self._watching: Watchdog | None = None
        self._longest = Pause()

    def __call__(self, state: State | None = None, **services: object) -> Person:
        outside = FakeServices(**services)  # type: ignore[arg-type]  # a test's own choice
        return self.open(outside, state)

    def open(self, outside: FakeServices, state: State | None = None) -> Person:
        """With a fake outside that the test has made."""
        self.stop()  # a second window: opening it is no part of the journey
        wizard = self._open(state, services=outside)
        wizard.shell.warm_up()  # `run` does it while nobody waits
        self._people.append(Person(wizard, self._bot, outside))
        self._watching = Watchdog()
        self._watching.__enter__()
        return self._people[-1]

    def stop(self) -> None:
        """The journey is over."""
        if self._watching is not None:
            self._watching.__exit__(None, None, None)
            self._longest = max(self._longest, self._watching.longest, key=lambda pause: pause.ms)
            self._watching = None

    def finish(self) -> Pause:
        """The end of a journey; how long it stood still at the longest."""
        self.stop()
        for person in self._people:
            assert CANARY not in repr(person.wizard.controller.state)
            for widget in person.wizard.window.findChildren(QWidget):
                for shown in ("text", "toolTip", "accessibleName", "accessibleDescription"):
                    said = getattr(widget, shown, None)
                    if callable(said) and not isinstance(widget, QLineEdit):
                        assert CANARY not in str(said())
        longest, self._longest, self._people = self._longest, Pause(), []
        return longest


@pytest.fixture
def at_window(open_window: OpenWindow, qtbot: QtBot) -> Iterator[AtWindow]:
    """See `AtWindow`."""
    window = AtWindow(open_window, qtbot)
    yield window
    window.stop()


def test_from_the_address_to_working_mail(at_window: AtWindow) -> None:
    person = at_window()
    person.to_applying()
    state = person.wizard.controller.state
    assert [row.client for row in state.rows] == ["thunderbird", "evolution", "sheet"]
    assert {row.state for row in state.rows} == {RowState.READY}
    person.press()
    person.idle()
    rows = person.wizard.controller.state.rows
    assert {row.state for row in rows} == {RowState.DONE}
    person.press()
    person.sees(Page.DONE)
    assert person.services.passwords == [CANARY]
    assert "store" in person.services.asked
    assert "plan thunderbird a" in person.services.asked  # the default profile was chosen
    assert person.services.threads == {"network"}


def test_the_form_opens_without_a_pause(at_window: AtWindow) -> None:
    """The page with the most to build."""
    person = at_window(STATES["found"])
    QTimer.singleShot(0, person.wizard.shell.plain.click)
    person.bot.wait(200)
    person.page(ManualPage)


@pytest.mark.parametrize("name", STATES)
def test_each_page_opens_without_a_pause(at_window: AtWindow, name: str) -> None:
    """For the first time in its window, from the first page: everything of it is built now."""
    person = at_window()
    wizard = person.wizard

    def open_page() -> None:
        wizard.controller.state = STATES[name]
        wizard.shell.show_state(STATES[name])

    QTimer.singleShot(0, open_page)
    person.bot.wait(100)
    assert wizard.shell.page is not None
    folded = [item for item in wizard.shell.page.findChildren(Disclosure) if item.isVisible()]
    for item in folded:
        QTimer.singleShot(0, item.button.click)
        person.bot.wait(30)


def test_the_steps_for_a_helper_unfold_without_a_pause(at_window: AtWindow) -> None:
    """All that the log remembers, in lines as long as it keeps them."""
    told = tuple(f"10:00:00.{number:03} {'a server says ' * 28}" for number in range(500))
    person = at_window(STATES["password-wrong"], told=told)
    details = person.page(PasswordPage).details
    QTimer.singleShot(0, details.button.click)
    person.until(lambda: details.log is not None)
    assert details.log is not None
    QTimer.singleShot(0, details.log.button.click)
    person.bot.wait(100)
    assert details.lines is not None
    assert details.lines.isVisible()


def test_the_dialogs_open_and_close_without_a_pause(at_window: AtWindow) -> None:
    """The report of a bug; the question for a newer version, left while it is being asked."""
    person = at_window()
    window, kit = person.wizard.window, person.wizard.shell.kit
    report = "\n".join(f"line {number} of a report" for number in range(200))
    QTimer.singleShot(0, lambda: CrashDialog(kit, report, window).open())
    person.until(lambda: bool(window.findChildren(CrashDialog)))
    person.bot.wait(50)
    QTimer.singleShot(0, window.findChildren(CrashDialog)[0].go_on.click)
    person.bot.wait(50)

    async def ask() -> UpdateAnswer:
        await asyncio.sleep(0.3)
        return NotKnown(Unanswered.FORGED)

    QTimer.singleShot(0, lambda: UpdateDialog(kit, ask, window).open())
    person.until(lambda: bool(window.findChildren(UpdateDialog)))
    (dialog,) = window.findChildren(UpdateDialog)
    dialog.ask_button.click()
    person.until(lambda: dialog.bridge.busy)
    person.bot.wait(20)
    QTimer.singleShot(0, dialog.close_button.click)
    person.bot.wait(100)


def test_the_password_is_in_no_state_and_forgotten_at_the_end(at_window: AtWindow) -> None:
    person = at_window()
    person.to_applying()
    assert CANARY not in repr(person.wizard.controller.state)
    person.wizard.window.close()
    assert person.services.vault.get(ADDRESS) is None


def test_the_journey_by_keyboard_alone(at_window: AtWindow) -> None:
    person = at_window()
    window = person.wizard.window

    def key(key: Qt.Key) -> None:
        QTest.keyClick(person.focus() or window, key)

    def type_text(text: str) -> None:
        QTest.keyClicks(person.focus() or window, text)

    type_text("My Shop")
    key(Qt.Key.Key_Tab)
    type_text(str(ADDRESS))
    key(Qt.Key.Key_Return)
    person.sees(Page.FOUND)
    key(Qt.Key.Key_Return)
    person.sees(Page.PASSWORD)
    type_text(CANARY)
    key(Qt.Key.Key_Return)
    person.until(lambda: person.wizard.controller.state.tested_at is not None)
    person.idle()
    key(Qt.Key.Key_Return)
    person.sees(Page.PROGRAMS)
    person.idle()
    page = person.page(ProgramsPage)
    assert person.focus() is page.cards["thunderbird"].check
    key(Qt.Key.Key_Space)
    assert not page.cards["thunderbird"].checked
    key(Qt.Key.Key_Space)
    key(Qt.Key.Key_Return)
    person.sees(Page.APPLYING)
    person.idle()
    key(Qt.Key.Key_Return)
    person.until(
        lambda: all(row.state is RowState.DONE for row in person.wizard.controller.state.rows)
    )
    person.idle()
    key(Qt.Key.Key_Return)
    person.sees(Page.DONE)


def test_stop_while_searching_leads_back_and_the_answer_is_dropped(at_window: AtWindow) -> None:
    person = at_window(hold=frozenset({"discover"}))
    person.address()
    person.sees(Page.SEARCHING)
    person.until(lambda: bool(person.wizard.controller.state.reports))
    assert person.wizard.shell.left.text() == "Stop"
    person.go_back()
    person.sees(Page.ADDRESS)
    person.until(lambda: person.services.cancelled == ["discover"])
    person.services.let_go()
    QTest.qWait(50)
    assert person.wizard.controller.state.page is Page.ADDRESS
    assert person.wizard.controller.state.result is None
    assert person.page(AddressPage).address.text == str(ADDRESS)


def test_return_pressed_twice_does_not_press_what_comes_next(at_window: AtWindow) -> None:
    person = at_window(hold=frozenset({"discover"}))
    person.address()
    person.sees(Page.SEARCHING)
    QTest.keyClick(person.focus() or person.wizard.window, Qt.Key.Key_Return)
    assert person.wizard.controller.state.page is Page.SEARCHING


def test_escape_stops_what_runs(at_window: AtWindow) -> None:
    person = at_window(hold=frozenset({"verify"}))
    person.to_password()
    person.password()
    person.until(lambda: "verify" in person.services.asked)
    QTest.keyClick(person.focus() or person.wizard.window, Qt.Key.Key_Escape)
    person.idle()
    assert person.wizard.controller.state.page is Page.PASSWORD
    person.until(lambda: person.services.cancelled == ["verify"])
    assert person.page(PasswordPage).password.text == CANARY


def test_back_from_every_page_to_the_first(at_window: AtWindow) -> None:
    person = at_window()
    person.to_applying()
    for page in (Page.PROGRAMS, Page.PASSWORD, Page.FOUND, Page.ADDRESS):
        person.go_back()
        person.sees(page)
    assert person.wizard.shell.left.isHidden()
    assert person.page(AddressPage).address.text == str(ADDRESS)


def test_a_mistyped_domain_is_noticed_while_typing(at_window: AtWindow) -> None:
    person = at_window()
    page = person.page(AddressPage)
    QTest.keyClicks(page.address.edit, "anna@gmial.com")
    person.until(lambda: page.suggestion.isVisible())
    assert page.suggestion.text() == "Did you mean anna@gmail.com?"
    QTest.mouseClick(page.suggestion, Qt.MouseButton.LeftButton)
    assert page.address.text == "anna@gmail.com"
    person.until(lambda: not page.suggestion.isVisible())
    assert person.focus() is page.address.edit


def test_what_is_missing_is_said_at_its_field(at_window: AtWindow) -> None:
    person = at_window()
    page = person.page(AddressPage)
    person.press()
    assert person.focus() is page.name.edit
    assert page.name.problem.text() in page.name.edit.accessibleDescription()
    QTest.keyClicks(page.name.edit, "Anna")
    assert not page.name.problem.isVisible()
    QTest.keyClicks(page.address.edit, "anna.example.com")
    person.press()
    assert person.focus() is page.address.edit
    assert page.address.problem.isVisible()
    assert page.address.problem.text() in page.address.edit.accessibleDescription()


def test_a_wrong_password_gets_a_card_with_the_focus_and_one_action(at_window: AtWindow) -> None:
    person = at_window(verification=BAD)
    person.to_password()
    person.password()
    person.until(lambda: person.wizard.controller.state.problem == WRONG)
    page = person.page(PasswordPage)
    assert page.problem.isVisible()
    assert person.focus() is page.problem
    assert page.problem.action.isVisible()
    assert page.once.isVisible()
    page.problem.said.button.click()
    quote = page.problem.said.content.findChild(QWidget)
    assert quote is not None
    assert WRONG.server_said in page.problem._quote.text()
    assert page.problem._quote.textFormat() is Qt.TextFormat.PlainText
    page.problem.action.click()
    assert person.focus() is page.password.edit
    assert page.password.edit.selectedText()
    person.services.verification = FakeServices().verification
    person.password("the right one")
    person.until(lambda: person.wizard.controller.state.tested_at is not None)
    assert person.services.passwords == [CANARY, "the right one"]


def test_receiving_may_work_where_sending_does_not(at_window: AtWindow) -> None:
    person = at_window(verification=HALF)
    person.to_password()
    person.password()
    person.until(lambda: person.wizard.controller.state.problem is not None)
    page = person.page(PasswordPage)
    assert page.test_card.isVisible()
    assert page.incoming.accessibleName().startswith("Receiving, done")
    assert page.outgoing.accessibleName().startswith("Sending, did not work")


def test_the_browser_signs_in_where_an_organisation_has_seen_to_it(at_window: AtWindow) -> None:
    assert isinstance(FOUND, Found)
    takes = tuple(replace(side, auth=(AuthMethod.OAUTH2,)) for side in (IMAP, SMTP))
    found = replace(FOUND, provider=SIGNS_IN, incoming=takes[:1], outgoing=takes[1:])
    person = at_window(found=found, hold=frozenset({"verify"}))
    person.to_password()
    shell = person.wizard.shell
    assert not person.page(PasswordPage).password.isVisible()
    assert shell.primary.text() == "Sign in with the browser"
    assert shell.plain.text() == "Sign in inside my mail program"
    person.press()
    person.until(lambda: "verify" in person.services.asked)
    person.go_back()  # Stop, while the browser is open
    person.until(lambda: person.services.cancelled == ["verify"])
    assert shell.primary.text() == "Sign in with the browser"
    person.services.let_go()
    person.press()
    person.until(lambda: person.wizard.controller.state.tested_at is not None)
    person.idle()
    assert person.services.passwords == ["", ""]
    assert "store" not in person.services.asked  # there is no password to keep
    assert not person.page(PasswordPage)._send_row.isVisible()
    person.press()
    person.sees(Page.PROGRAMS)


def test_no_password_typed_is_asked_for_and_nothing_is_tested(at_window: AtWindow) -> None:
    person = at_window()
    person.to_password()
    person.press()
    page = person.page(PasswordPage)
    assert page.password.problem.isVisible()
    assert person.focus() is page.password.edit
    assert "verify" not in person.services.asked


def test_nothing_found_gives_the_form_with_the_best_guesses(at_window: AtWindow) -> None:
    person = at_window(found=NothingFound(ADDRESS, (IMAP, SMTP)))
    person.address()
    person.sees(Page.MANUAL)
    page = person.page(ManualPage)
    assert page.problem.isVisible()
    assert page.incoming.host.text == IMAP.host
    assert page.outgoing.port.text == "465"
    page.incoming.host.edit.clear()
    QTest.keyClicks(page.incoming.host.edit, "https://imap.example.net/")
    person.press()
    assert person.focus() is page.incoming.host.edit
    assert page.incoming.host.problem.isVisible()
    page.incoming.host.edit.clear()
    QTest.keyClicks(page.incoming.host.edit, "imap.example.net")
    assert not page.incoming.host.problem.isVisible()
    page.incoming.security.setCurrentIndex(1)
    page.incoming.security.activated.emit(1)
    assert page.incoming.port.text == "143"
    person.press()
    person.sees(Page.PASSWORD)
    incoming = person.wizard.controller.state.incoming
    assert incoming is not None
    assert (incoming.type, incoming.host, incoming.port, incoming.security) == (
        ServerType.IMAP,
        "imap.example.net",
        143,
        Security.STARTTLS,
    )
    assert incoming.evidence[0].source is Source.MANUAL
    # What was not touched keeps where it came from.
    assert person.wizard.controller.state.outgoing == SMTP
    assert person.wizard.controller.state.outgoing.evidence == SMTP.evidence


def test_a_port_somebody_chose_stays(at_window: AtWindow) -> None:
    person = at_window(found=NothingFound(ADDRESS, (IMAP, SMTP)))
    person.address()
    person.sees(Page.MANUAL)
    form = person.page(ManualPage).incoming
    form.port.edit.clear()
    QTest.keyClicks(form.port.edit, "10993")
    form.security.setCurrentIndex(1)
    form.security.activated.emit(1)
    assert form.port.text == "10993"
    form.port.edit.clear()
    QTest.keyClicks(form.port.edit, "70000")
    person.press()
    assert person.focus() is form.port.edit


def test_untrusted_settings_need_consent_naming_the_host(at_window: AtWindow) -> None:
    person = at_window(found=CONSENT)
    person.address()
    person.sees(Page.FOUND)
    page = person.page(FoundPage)
    assert page.consent is not None
    assert person.focus() is page.consent
    texts = [label.text() for label in page.findChildren(Text)]
    assert LONG_HOST in texts
    person.press()
    assert person.wizard.controller.state.page is Page.FOUND
    assert person.focus() is page.consent
    QTest.keyClick(page.consent, Qt.Key.Key_Space)
    person.press()
    person.sees(Page.PASSWORD)


def test_offline_says_so_and_offers_to_try_again(at_window: AtWindow) -> None:
    problem = Problem(ProblemKind.NO_INTERNET, Stage.DISCOVER)
    person = at_window(found=Offline(ADDRESS, problem, None, (IMAP, SMTP)))
    person.address()
    person.sees(Page.MANUAL)
    person.services.found = FakeServices().found
    person.page(ManualPage).problem.action.click()
    person.sees(Page.FOUND)


def test_the_form_is_reachable_while_searching(at_window: AtWindow) -> None:
    person = at_window(hold=frozenset({"discover"}))
    person.address()
    person.sees(Page.SEARCHING)
    QTest.mouseClick(person.wizard.shell.plain, Qt.MouseButton.LeftButton)
    person.sees(Page.MANUAL)
    person.until(lambda: person.services.cancelled == ["discover"])
    assert person.page(ManualPage).incoming.username.text == str(ADDRESS)


def test_nothing_chosen_is_noticed(at_window: AtWindow) -> None:
    person = at_window()
    person.to_programs()
    page = person.page(ProgramsPage)
    for card in page.cards.values():
        card.check.setChecked(False)
    person.press()
    assert page.note.isVisible()
    assert person.wizard.controller.state.page is Page.PROGRAMS


def test_the_chosen_profile_is_used(at_window: AtWindow) -> None:
    person = at_window()
    person.to_programs()
    page = person.page(ProgramsPage)
    page.profiles["thunderbird"].setCurrentIndex(1)
    person.press()
    person.sees(Page.APPLYING)
    person.idle()
    assert "plan thunderbird b" in person.services.asked


def test_a_click_anywhere_on_a_card_chooses_it(at_window: AtWindow) -> None:
    person = at_window()
    person.to_programs()
    card = person.page(ProgramsPage).cards["apple"]
    assert not card.checked
    QTest.mouseClick(card, Qt.MouseButton.LeftButton)
    assert card.checked


def test_steps_for_the_person_are_copied_value_by_value_and_ticked_off(
    at_window: AtWindow,
) -> None:
    person = at_window(detected=())
    person.to_programs()
    page = person.page(ProgramsPage)
    for client, choice in page.cards.items():
        choice.check.setChecked(client == "outlook")
    person.press()
    person.sees(Page.APPLYING)
    person.idle()
    card = person.page(ApplyingPage).cards["outlook"]
    copy = card.findChildren(CopyButton)
    assert [button.value for button in copy] == [str(ADDRESS), LONG_HOST]
    copy[1].click()
    assert QGuiApplication.clipboard().text() == LONG_HOST
    assert copy[1].text() == "Copied"
    assert person.wizard.shell.primary.text() == "Continue"
    card.followed.click()
    person.idle()
    assert person.wizard.controller.state.rows[0].state is RowState.DONE


def test_what_was_set_up_can_be_taken_back(at_window: AtWindow) -> None:
    person = at_window()
    person.to_applying()
    person.press()
    person.idle()
    card = person.page(ApplyingPage).cards["thunderbird"]
    assert card.undo.isVisible()
    card.undo.click()
    person.idle()
    assert "undo change-thunderbird" in person.services.asked
    assert person.wizard.controller.state.rows[0].state is RowState.UNDONE
    assert not card.undo.isVisible()


def test_leaving_the_page_does_not_cut_a_change_short(at_window: AtWindow) -> None:
    person = at_window(hold=frozenset({"apply thunderbird"}))
    person.to_applying()
    person.press()
    person.until(lambda: "apply thunderbird" in person.services.asked)
    person.go_back()
    person.sees(Page.PROGRAMS)
    person.services.let_go()
    person.until(lambda: person.wizard.controller.state.rows[0].state is RowState.DONE)
    assert person.services.cancelled == []


def test_closing_while_a_program_is_set_up_asks_first(at_window: AtWindow, qtbot: QtBot) -> None:
    person = at_window(hold=frozenset({"apply thunderbird"}))
    person.to_applying()
    person.press()
    person.until(lambda: "apply thunderbird" in person.services.asked)
    asked: list[str] = []

    def keep_open() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        asked.append(box.text())
        box.defaultButton().click()

    QTimer.singleShot(50, keep_open)
    person.wizard.window.close()
    assert asked
    assert person.wizard.window.isVisible()
    person.services.let_go()
    person.idle()


def test_closing_while_searching_just_closes(at_window: AtWindow) -> None:
    person = at_window(hold=frozenset({"discover"}))
    person.address()
    person.sees(Page.SEARCHING)
    person.until(lambda: "discover" in person.services.asked)
    person.wizard.window.close()
    assert not person.wizard.window.isVisible()
    person.until(lambda: person.services.cancelled == ["discover"])


def test_returning_people_can_remove_what_was_set_up(at_window: AtWindow) -> None:
    person = at_window()
    person.page(AddressPage).returning[Journey.REMOVE].click()
    person.sees(Page.CHANGES)
    person.idle()
    state = person.wizard.controller.state
    assert state.changes is not None
    undo = next(
        button
        for button in person.page(ChangesPage).findChildren(QWidget)
        if button.accessibleName().startswith("Take back: Thunderbird")
    )
    QTest.mouseClick(undo, Qt.MouseButton.LeftButton)
    person.until(lambda: person.wizard.controller.state.changes == ())
    assert "undo c1" in person.services.asked
    person.press()
    person.sees(Page.ADDRESS)


def test_a_bug_in_a_service_leaves_a_usable_window(at_window: AtWindow) -> None:
    person = at_window(crash=ZeroDivisionError("a bug"))
    crashes: list[BaseException] = []
    person.wizard.controller.crashed.connect(crashes.append)
    person.address()
    person.until(lambda: bool(crashes))
    assert isinstance(crashes[0], ZeroDivisionError)
    person.sees(Page.ADDRESS)
    assert not person.wizard.controller.state.busy


def test_another_address_forgets_the_password_field(at_window: AtWindow) -> None:
    person = at_window()
    person.to_password()
    QTest.keyClicks(person.page(PasswordPage).password.edit, CANARY)
    person.go_back()
    person.go_back()
    page = person.page(AddressPage)
    page.address.edit.clear()
    QTest.keyClicks(page.address.edit, "other@my-shop.example")
    person.press()
    person.sees(Page.FOUND)
    person.press()
    person.sees(Page.PASSWORD)
    assert person.page(PasswordPage).password.text == ""


def test_caps_lock_is_pointed_out(at_window: AtWindow) -> None:
    person = at_window()
    person.to_password()
    field = person.page(PasswordPage).password

    def type_letter(letter: str, modifier: Qt.KeyboardModifier) -> None:
        press = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, modifier, letter)
        QApplication.sendEvent(field.edit, press)

    type_letter("A", Qt.KeyboardModifier.ShiftModifier)
    assert not field.help.isVisible()
    type_letter("A", Qt.KeyboardModifier.NoModifier)
    assert field.help.isVisible()
    assert field.help.text() in field.edit.accessibleDescription()
    type_letter("a", Qt.KeyboardModifier.NoModifier)
    assert not field.help.isVisible()
    type_letter("a", Qt.KeyboardModifier.ShiftModifier)
    assert field.help.isVisible()


def test_the_password_can_be_shown_by_keyboard(at_window: AtWindow) -> None:
    person = at_window()
    person.to_password()
    field = person.page(PasswordPage).password
    assert field.edit.echoMode() is QLineEdit.EchoMode.Password
    QTest.keyClick(field.edit, Qt.Key.Key_Tab)
    assert person.focus() is field.eye
    QTest.keyClick(field.eye, Qt.Key.Key_Space)
    assert field.edit.echoMode() is QLineEdit.EchoMode.Normal


def test_everything_can_be_saved_as_a_folder(at_window: AtWindow, tmp_path: Path) -> None:
    from wizard.flow import events as ev

    person = at_window()
    person.to_applying()
    person.press()
    person.idle()
    person.press()
    person.sees(Page.DONE)
    person.wizard.controller.dispatch(ev.SaveRequested(tmp_path))
    person.until(lambda: person.wizard.controller.state.saved == (tmp_path / "sheet.pdf",))


def test_the_language_changes_where_one_stands(at_window: AtWindow) -> None:
    person = at_window()
    page = person.page(AddressPage)
    QTest.keyClicks(page.address.edit, "anna@shop.example")
    person.wizard.shell.language_chosen.emit("de")
    person.until(lambda: person.wizard.words.language == "de")
    person.until(lambda: person.page(AddressPage) is not page)
    assert person.page(AddressPage).address.text == "anna@shop.example"
    assert person.wizard.shell.rail.language.text() == "Deutsch"


@pytest.mark.parametrize("name", [name for name, state in STATES.items() if state.problem])
def test_the_action_of_every_problem_does_something(
    at_window: AtWindow, qtbot: QtBot, name: str
) -> None:
    """It moves the focus, asks something of the flow, or fills the clipboard: never nothing."""
    from wizard.gui.widgets import ProblemCard

    person = at_window(hold=frozenset({"discover", "verify", "changes"}))
    wizard = person.wizard
    wizard.controller.state = STATES[name]
    wizard.shell.show_state(STATES[name])
    QGuiApplication.clipboard().clear()
    assert wizard.shell.page is not None
    (card,) = [card for card in wizard.shell.page.findChildren(ProblemCard) if card.isVisible()]
    before = (wizard.controller.state, wizard.window.focusWidget(), "")
    card.action.click()
    after = (
        wizard.controller.state,
        wizard.window.focusWidget(),
        QGuiApplication.clipboard().text(),
    )
    assert before != after


def test_after_a_crash_the_journey_goes_on_where_it_was(at_window: AtWindow) -> None:
    first = at_window()
    first.to_programs()
    first.until(lambda: "info@my-shop.example" in first.services.kept_text)
    assert CANARY not in first.services.kept_text

    second = at_window(kept_text=first.services.kept_text)
    second.wizard.settle_in()
    page = second.page(AddressPage)
    second.until(lambda: page.cut_off.isVisible())
    (card,) = page.cut_off.findChildren(Card)
    assert card.accessibleName() == "You were setting up info@my-shop.example"
    next(b for b in card.findChildren(Button) if b.text() == "Carry on").click()
    second.sees(Page.PASSWORD)
    assert second.focus() is second.page(PasswordPage).password.edit
    assert second.wizard.controller.state.incoming == IMAP
    second.password()
    second.until(lambda: second.wizard.controller.state.tested_at is not None)


def test_a_finished_journey_leaves_nothing_behind(at_window: AtWindow) -> None:
    person = at_window()
    person.to_applying()
    person.until(lambda: bool(person.services.kept_text))
    person.press()
    person.idle()
    person.press()
    person.sees(Page.DONE)
    person.until(lambda: person.services.kept_text == "")


def test_starting_afresh_forgets_the_journey_that_was_cut_off(at_window: AtWindow) -> None:
    text = document(Kept(ADDRESS, "My Shop"))
    person = at_window(kept_text=text)
    person.wizard.settle_in()
    page = person.page(AddressPage)
    person.until(lambda: page.cut_off.isVisible())
    next(b for b in page.cut_off.findChildren(Button) if b.text() == "Start afresh").click()
    person.until(lambda: not page.cut_off.isVisible())
    person.until(lambda: person.services.kept_text == "")


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # off-screen menus
def test_tools_lead_to_the_diagnosis_and_back_to_where_one_was(at_window: AtWindow) -> None:
    person = at_window()
    person.to_password()
    tools = person.wizard.shell.rail.tools
    tools.click()
    menu = next(menu for menu in person.wizard.window.findChildren(QMenu) if menu.isVisible())
    entries = {action.text(): action for action in menu.actions()}
    assert not entries["Remove what the wizard set up"].isEnabled()  # from here it would lose
    entries["Find out what doesn't work"].trigger()
    menu.close()
    person.sees(Page.DIAGNOSIS)
    person.idle()
    person.go_back()
    person.sees(Page.PASSWORD)
