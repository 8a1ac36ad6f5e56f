"""The journeys of those who come back, through the real window against a fake outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.gui.conftest import OpenWindow
from tests.gui.outside import FakeServices
from tests.gui.samples import ADDRESS, BAD, IMAP, PLAN, SMTP, STATES
from tests.gui.test_gui_journeys import CANARY, Person
from tests.gui.test_gui_journeys import AtWindow as Windows
from tests.gui.watchdog import Pause
from wizard.flow import Journey, Page, RowState
from wizard.gui.pages.account import AccountPage
from wizard.gui.pages.address import AddressPage
from wizard.gui.pages.manual import ManualPage
from wizard.gui.pages.password import PasswordPage
from wizard.gui.pages.updated import UpdatedPage
from wizard.gui.widgets import Button, Row
from wizard.model import (
    LOOPBACK,
    EmailAddress,
    KnownAccount,
    PasswordKind,
    PasswordUse,
    Provider,
    Security,
)

NEW = EmailAddress("info", "new-shop.example")


class AtWindow:
    """As in the journeys, on a computer that knows something already."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows

    def __call__(self, services: FakeServices) -> Person:
        person = self._windows.open(services)
        person.wizard.settle_in()  # what the program does once the window stands
        person.until(lambda: person.wizard.controller.state.known is not None)
        return person

    def finish(self) -> Pause:
        """See `conftest.Guarded`."""
        return self._windows.finish()


@pytest.fixture
def at_window(open_window: OpenWindow, qtbot: QtBot) -> Iterator[AtWindow]:
    windows = Windows(open_window, qtbot)
    yield AtWindow(windows)
    windows.stop()


def begin(person: Person, journey: Journey) -> AccountPage:
    button = person.page(AddressPage).returning[journey]
    assert button.isVisible()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    person.sees(Page.ACCOUNT)
    return person.page(AccountPage)


def test_on_a_first_start_the_programs_are_looked_at_when_somebody_comes(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    services = FakeServices()
    services.known_accounts = (KnownAccount(ADDRESS, ("thunderbird",), ours=False),)
    person = Person(open_window(services=services), qtbot, services)
    person.wizard.settle_in(first_time=True)
    qtbot.wait(100)
    assert person.wizard.controller.state.known == ()
    assert not person.page(AddressPage).returning[Journey.REMOVE].isVisible()
    QTest.keyClick(person.wizard.window.windowHandle(), Qt.Key.Key_A)
    person.until(lambda: person.wizard.controller.state.known == services.known_accounts)


def test_a_changed_password_from_a_known_address_to_every_program(at_window: AtWindow) -> None:
    services = FakeServices()
    services.known_accounts = (KnownAccount(ADDRESS, ("thunderbird",), ours=True),)
    services.uses = (
        PasswordUse("evolution", "Evolution", True, "It has it."),
        PasswordUse("thunderbird", "Thunderbird", False, "It asks once."),
    )
    person = at_window(services)
    page = begin(person, Journey.PASSWORD)
    assert page.address.text == str(ADDRESS)  # the only one there is
    person.press()
    person.sees(Page.PASSWORD)
    person.password()
    person.idle()
    person.press()
    person.sees(Page.UPDATED)
    person.idle()
    assert services.passwords == [CANARY]
    assert services.asked[-2:] == ["store", "update password"]
    rows = [row.title.text() for row in person.page(UpdatedPage).findChildren(Row)]
    assert rows[-2:] == ["Evolution", "Thunderbird"]
    assert "Remove what the wizard" not in rows


def test_a_new_password_that_is_refused_says_that_a_provider_may_need_minutes(
    at_window: AtWindow,
) -> None:
    services = FakeServices(verification=BAD)
    person = at_window(services)
    page = begin(person, Journey.PASSWORD)
    QTest.keyClicks(page.address.edit, str(ADDRESS))
    person.press()
    person.sees(Page.PASSWORD)
    person.password()
    person.idle()
    assert person.page(PasswordPage).fresh.isVisible()
    assert "update password" not in services.asked


def test_a_changed_address_ends_in_programs_that_can_be_taken_back(at_window: AtWindow) -> None:
    services = FakeServices()
    services.known_accounts = (
        KnownAccount(EmailAddress("other", "shop.example")),
        KnownAccount(ADDRESS, ("thunderbird",)),
    )
    services.moves = (("thunderbird", "a", PLAN),)
    person = at_window(services)
    page = begin(person, Journey.MOVE)
    picks = [b for b in page.findChildren(Button) if b.accessibleName().startswith("Take ")]
    QTest.mouseClick(picks[1], Qt.MouseButton.LeftButton)
    assert page.old.text == str(ADDRESS)
    QTest.keyClicks(page.address.edit, str(ADDRESS))
    person.press()
    assert "Please type the new one" in page.address.problem.text()
    page.address.edit.clear()
    QTest.keyClicks(page.address.edit, str(NEW))
    person.press()
    person.sees(Page.FOUND)
    person.press()
    person.sees(Page.PASSWORD)
    person.password()
    person.idle()
    person.press()
    person.sees(Page.APPLYING)
    person.idle()
    assert f"move {ADDRESS} {NEW}" in services.asked
    person.press()
    person.idle()
    state = person.wizard.controller.state
    assert [row.state for row in state.rows] == [RowState.DONE]
    person.press()
    person.sees(Page.DONE)


def test_entries_are_offered_by_what_this_computer_knows(at_window: AtWindow) -> None:
    nothing = at_window(FakeServices())
    assert not nothing.page(AddressPage).returning[Journey.REMOVE].isVisible()
    services = FakeServices()
    services.known_accounts = (KnownAccount(ADDRESS, ours=True),)
    something = at_window(services)
    assert something.page(AddressPage).returning[Journey.REMOVE].isVisible()


def test_a_bridge_on_another_port_can_be_entered(open_window: OpenWindow, qtbot: QtBot) -> None:
    bridge = Provider("Proton Mail", "proton", PasswordKind.BRIDGE)
    receiving = replace(IMAP, host=LOOPBACK, port=1143, security=Security.STARTTLS)
    sending = replace(SMTP, host=LOOPBACK, port=1025, security=Security.STARTTLS)
    state = replace(
        STATES["password-proton"], provider=bridge, incoming=receiving, outgoing=sending
    )
    person = Person(open_window(state), qtbot, FakeServices())
    QTest.mouseClick(person.wizard.shell.plain, Qt.MouseButton.LeftButton)
    person.sees(Page.MANUAL)
    page = person.page(ManualPage)
    page.incoming.port.edit.setText("1144")
    person.press()
    person.sees(Page.PASSWORD)
    now = person.wizard.controller.state
    assert now.incoming is not None
    assert (now.incoming.host, now.incoming.port) == (LOOPBACK, 1144)
    page.incoming.host.edit.setText("127.0.0.2")
    assert page.incoming._host_problem()
