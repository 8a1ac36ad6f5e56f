"""Help where it is needed: words explained, values copied, details for whoever helps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest

from tests.gui.conftest import OpenWindow
from tests.gui.measure import settle
from tests.gui.outside import FakeServices
from tests.gui.samples import BAD, GOOD, IMAP, STATES, WRONG
from wizard.flow import State
from wizard.gui.pages import common
from wizard.gui.pages.details import Details
from wizard.gui.pages.password import PasswordPage
from wizard.gui.widgets import CopyButton, Disclosure, Mark, Row, Text
from wizard.model import Found, ProxyUse, Rung


def texts(of: Disclosure) -> list[str]:
    return [label.text() for label in of.content.findChildren(Text)]


@pytest.mark.parametrize(
    ("state", "explained"),
    [
        ("found", ("IMAP", "SMTP", "Port", "Encrypted", "User name")),
        ("found-pop", ("IMAP", "POP3", "SMTP")),
        ("manual-pop", ("IMAP", "POP3", "SMTP", "Port", "SSL/TLS", "STARTTLS", "User name")),
        ("password", ("Keychain",)),
        ("password-app", ("App password", "Keychain")),
        ("programs", ("Profile",)),
    ],
)
def test_technical_words_are_explained_on_the_page_that_shows_them(
    open_window: OpenWindow, state: str, explained: tuple[str, ...]
) -> None:
    page = open_window(STATES[state]).shell.page
    assert page is not None
    (answer,) = [
        item
        for item in page.findChildren(Disclosure)
        if item.button.text() == "What do these words mean?" and item.isVisible()
    ]
    answer.button.click()
    settle()
    said = texts(answer)
    for word in explained:
        meaning = said[said.index(word) + 1]
        assert len(meaning) > 30


def test_where_settings_come_from_says_how_websites_were_reached(
    open_window: OpenWindow,
) -> None:
    found = STATES["found"]
    assert isinstance(found.result, Found)
    through = replace(found, result=replace(found.result, proxy=ProxyUse.AUTOMATIC))
    for state, told in ((through, True), (found, False)):
        page = open_window(state).shell.page
        assert page is not None
        (answer,) = [
            item
            for item in page.findChildren(Disclosure)
            if item.button.text() == "Where does this come from?"
        ]
        answer.button.click()
        settle()
        assert any("automatic proxy" in text for text in texts(answer)) is told


def test_every_value_found_can_be_copied(open_window: OpenWindow) -> None:
    page = open_window(STATES["found"]).shell.page
    assert page is not None
    buttons = page.findChildren(CopyButton)
    assert [button.value for button in buttons] == [
        "mail.example.net",
        "mail.example.net",
        "info@my-shop.example",
        "sync.example.net",
    ]
    assert len({button.accessibleName() for button in buttons}) == len(buttons)
    heard: list[str] = []
    page.announced.connect(heard.append)
    buttons[2].click()
    assert QGuiApplication.clipboard().text() == "info@my-shop.example"
    assert buttons[2].icon_name == "check"
    assert heard == ["Copied"]


def with_ladder() -> State:
    rungs = (Rung("connect", True, 40), Rung("login", False, 270, WRONG.server_said))
    return replace(STATES["password-wrong"], incoming_rungs=rungs, verification=BAD)


def test_a_helper_sees_the_ladder_the_evidence_and_the_servers_words(
    open_window: OpenWindow,
) -> None:
    wizard = open_window(with_ladder())
    assert isinstance(wizard.shell.page, PasswordPage)
    details = wizard.shell.page.details
    assert details.isVisible()
    assert not details.content.isVisible()
    details.button.click()
    assert details.text is not None
    assert details.copy is not None
    told = details.text.text()
    assert f"{IMAP.host}:{IMAP.port}" in told
    assert "✗ Signing in" in told
    assert WRONG.server_said in told
    assert "said by your domain's own configuration" in told
    assert "wrong-password" in told
    details.copy.click()
    assert QGuiApplication.clipboard().text() == told


def test_a_helper_sees_and_saves_what_happened(open_window: OpenWindow, tmp_path: Path) -> None:
    told = tuple(f"10:00:{number:02}.000 step {number}" for number in range(40))
    services = FakeServices(told=told)
    wizard = open_window(with_ladder(), services=services)
    assert isinstance(wizard.shell.page, PasswordPage)
    details = wizard.shell.page.details
    details.button.click()
    assert details.log is not None
    assert not details.log.content.isVisible()
    details.log.button.click()
    settle()
    assert details.lines is not None
    assert details.copy_log is not None
    assert details.lines.isReadOnly()
    assert details.lines.toPlainText() == "\n".join(told)
    assert details.lines.accessibleName() == "What happened, step by step"
    details.copy_log.click()
    assert QGuiApplication.clipboard().text() == "\n".join(told)
    # It grows while one looks.
    services.told = (*told, "10:01:00.000 another")
    wizard.shell.show_state(wizard.controller.state)
    assert details.lines.toPlainText().endswith("another")
    details.save_to(tmp_path / "told.txt")
    assert details.saved is not None
    saved = details.saved
    for _ in range(200):
        settle()
        if saved.isVisible():
            break
        QTest.qWait(10)
    assert saved.text() == f"Saved: {tmp_path / 'told.txt'}"
    (text,) = services.saved_texts
    assert f"{IMAP.host}:{IMAP.port}" in text
    assert "step 39" in text


def test_where_nothing_is_wrong_there_are_no_details(open_window: OpenWindow) -> None:
    for name in ("password", "applying-preview", "manual-pop"):
        page = open_window(STATES[name]).shell.page
        assert page is not None
        assert not any(item.isVisible() for item in page.findChildren(Details))


def test_a_demo_says_that_the_keychain_is_not_used(open_window: OpenWindow) -> None:
    wizard = open_window(STATES["password"], services=FakeServices(keychain_lasts=False))
    page = wizard.shell.page
    assert isinstance(page, PasswordPage)
    assert "keychain is not touched" in page.where.text()
    assert "demo" in page.keep.text()


@pytest.mark.parametrize("state", ["found", "found-offline", "done", "done-untested"])
def test_a_helper_finds_the_details_where_settings_were_found_and_set_up(
    open_window: OpenWindow, state: str
) -> None:
    page = open_window(STATES[state]).shell.page
    assert page is not None
    (details,) = page.findChildren(Details)
    assert details.isVisible()
    details.button.click()
    assert details.text is not None
    assert f"{IMAP.host}:{IMAP.port}" in details.text.text()


def test_contacts_and_calendars_have_a_row_each_and_do_not_decide_about_mail(
    open_window: OpenWindow,
) -> None:
    wizard = open_window(STATES["password-message"])
    page = wizard.shell.page
    assert isinstance(page, PasswordPage)
    assert wizard.shell.title.text() == "It works"
    contacts, calendars = page.services.findChildren(Row)
    assert contacts.isVisible()
    assert (contacts.title.text(), contacts.detail.text()) == ("Contacts", "Work")
    assert contacts.mark.mark is Mark.DONE
    assert calendars.title.text() == "Calendars"
    assert calendars.mark.mark is Mark.ATTENTION
    assert "sync.example.net" in calendars.detail.text()
    page.details.button.click()
    assert page.details.text is not None
    told = page.details.text.text()
    assert "Work https://sync.example.net/anna/office/" in told
    assert "no-answer (connect) sync.example.net:443" in told
    wizard.controller.state = replace(STATES["password-message"], verification=GOOD)
    page.render(wizard.controller.state)
    settle()
    assert not page.services.isVisible()


@pytest.mark.parametrize(
    ("name", "system", "pane"),
    [
        ("a.mobileconfig", "darwin", True),
        ("a.pdf", "darwin", False),
        ("a.mobileconfig", "linux", False),
    ],
)
def test_a_mac_is_led_to_where_a_profile_is_approved(
    name: str, system: str, pane: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    common.open_path(tmp_path / name, system)
    assert opened[0].endswith(name)
    assert opened[1:] == ([common.MAC_PROFILES] if pane else [])
