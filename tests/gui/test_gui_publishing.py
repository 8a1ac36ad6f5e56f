"""What the owner of a domain publishes, through the real window: asked, shown, copied, saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPlainTextEdit
from pytestqt.qtbot import QtBot

from tests.gui.conftest import OpenWindow
from tests.gui.samples import ADDRESS, IMAP, PERSONAL, PUBLICATION, STATES
from tests.gui.test_gui_journeys import AtWindow, Person
from wizard.flow import Journey, Page
from wizard.flow import events as ev
from wizard.gui.pages import publish
from wizard.gui.pages.account import AccountPage
from wizard.gui.pages.manual import ManualPage
from wizard.gui.pages.publish import PublishPage
from wizard.gui.widgets import CopyButton, Disclosure, Text


@pytest.fixture
def at_window(open_window: OpenWindow, qtbot: QtBot) -> Iterator[AtWindow]:
    windows = AtWindow(open_window, qtbot)
    yield windows
    windows.stop()


def from_the_tools(person: Person, domain: str = ADDRESS.domain) -> None:
    """The entry of the menu, then the domain."""
    rail = person.wizard.shell.rail
    (tool,) = [tool for tool in rail._tools if tool.name == "Publish the mail settings of a domain"]
    assert tool.possible
    rail.tool_chosen.emit(tool.event())
    person.sees(Page.ACCOUNT)
    person.breathe()
    QTest.keyClicks(person.page(AccountPage).address.edit, domain)
    person.press()


def to_the_page(person: Person) -> PublishPage:
    from_the_tools(person)
    person.sees(Page.FOUND)
    person.press()
    person.sees(Page.PUBLISH)
    return built(person)


def built(person: Person) -> PublishPage:
    person.idle()
    page = person.page(PublishPage)
    person.until(lambda: page.complete)
    person.breathe()  # the last part is shown a turn after it was built
    return page


def texts(page: PublishPage) -> list[str]:
    return [text.text() for text in page.findChildren(Text) if text.isVisibleTo(page)]


def test_from_the_tools_to_the_folder(
    at_window: AtWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    person = at_window()
    page = to_the_page(person)
    services = person.services
    assert services.asked[-1] == f"publish somebody@{ADDRESS.domain} {IMAP.host}"
    assert services.passwords == []
    chosen = tmp_path / "publish"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(chosen))
    person.press()
    person.until(lambda: page.saved.isVisible())
    assert str(chosen) in page.saved.text()
    assert services.asked[-1] == "apply publish"
    opened: list[Path] = []
    monkeypatch.setattr(publish, "open_path", opened.append)
    person.press()
    assert opened == [chosen]
    steps = person.wizard.shell._steps(person.wizard.controller.state)
    assert [step.name for step in steps] == ["Your domain", "Finding settings", "What to publish"]


def test_whoever_chooses_no_folder_saves_nothing(
    at_window: AtWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = at_window()
    to_the_page(person)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    asked = list(person.services.asked)
    person.press()
    person.breathe()
    assert person.services.asked == asked


def test_everything_is_shown_and_can_be_copied(at_window: AtWindow) -> None:
    person = at_window()
    page = to_the_page(person)
    shown = texts(page)
    for _, url in PUBLICATION.pages:
        assert url in shown
    for name, _, value in PUBLICATION.records:
        assert name in shown
        assert value in shown
    for line in (*PUBLICATION.hosts, *PUBLICATION.notes):
        assert line in shown
    files = {item.name: item.content.decode() for item in PUBLICATION.plan.files}
    wanted = {files[name] for name, _ in PUBLICATION.pages}
    wanted |= {url for _, url in PUBLICATION.pages} | set(PUBLICATION.hosts)
    for name, _, value in PUBLICATION.records:
        wanted |= {name, value}
    wanted.add(files[f"{ADDRESS.domain}.zone"])
    buttons = page.findChildren(CopyButton)
    assert {button.value for button in buttons} == wanted
    for button in buttons:
        assert button.accessibleName().startswith("Copy: ")
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        assert QGuiApplication.clipboard().text() == button.value


def test_a_file_can_be_read_before_it_is_copied(at_window: AtWindow) -> None:
    person = at_window(STATES["publish"])
    page = built(person)
    folded = page.findChildren(Disclosure)
    assert len(folded) == len(PUBLICATION.pages)
    assert len({item.button.accessibleName() for item in folded}) == len(folded)
    QTest.mouseClick(folded[0].button, Qt.MouseButton.LeftButton)
    (view,) = page.findChildren(QPlainTextEdit)
    assert view.isVisible()
    assert "<clientConfig" in view.toPlainText()
    assert view.accessibleName()


def test_with_keys_alone(
    at_window: AtWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    person = at_window(STATES["publish"])
    page, window = built(person), person.wizard.window
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    assert person.focus() is person.wizard.shell.primary
    seen: set[object] = set()
    while person.focus() not in seen:
        seen.add(person.focus())
        QTest.keyClick(window, Qt.Key.Key_Tab)
        person.breathe()
    assert set(page.findChildren(CopyButton)) <= seen
    assert {item.button for item in page.findChildren(Disclosure)} <= seen
    primary = person.wizard.shell.primary
    person.wizard.shell.focus_on(primary)
    QTest.keyClick(primary, Qt.Key.Key_Return)
    person.until(lambda: page.saved.isVisible())


def test_what_is_no_domain_is_marked_at_its_field(at_window: AtWindow) -> None:
    person = at_window()
    from_the_tools(person, "my-shop")
    page = person.page(AccountPage)
    person.until(lambda: page.address.problem.isVisible())
    assert "example.com" in page.address.problem.text()
    assert page.address.label.text() == "Your domain"


def test_the_page_of_the_domain_is_again_one_for_addresses_afterwards(at_window: AtWindow) -> None:
    person = at_window()
    from_the_tools(person)
    person.sees(Page.FOUND)
    person.go_back()
    person.go_back()
    person.sees(Page.ADDRESS)
    person.wizard.controller.dispatch(ev.JourneyChosen(Journey.PASSWORD))
    page = person.page(AccountPage)
    assert page.address.label.text() == "Your e-mail address"
    assert "@" in page.address.edit.placeholderText()


def test_the_user_name_of_one_person_leads_to_the_form(at_window: AtWindow) -> None:
    person = at_window(published=PERSONAL)
    from_the_tools(person)
    person.sees(Page.FOUND)
    person.press()
    person.sees(Page.PUBLISH)
    person.idle()
    page = person.page(PublishPage)
    assert page.problem.isVisible()
    assert person.focus() is page.problem
    assert "u1234567" in page.problem.title.text()
    assert person.wizard.shell.primary.isHidden()
    QTest.mouseClick(page.problem.action, Qt.MouseButton.LeftButton)
    person.sees(Page.MANUAL)
    person.page(ManualPage)
    assert "somebody" in person.wizard.shell.lead.text()


def test_an_entry_only_where_nothing_is_lost(at_window: AtWindow) -> None:
    """In the middle of setting up, the tool would end the journey."""
    for name, possible in (("password", False), ("publish", False), ("done", True)):
        person = at_window(STATES[name])
        (tool,) = [t for t in person.wizard.shell.rail._tools if t.name.startswith("Publish")]
        assert tool.possible is possible, name


def test_the_owner_of_a_domain_hears_what_everybodys_programs_would_do(
    open_window: OpenWindow,
) -> None:
    state = replace(STATES["found-consent"], journey=Journey.PUBLISH)
    page = open_window(state).shell.page
    assert page is not None
    said = " ".join(text.text() for text in page.findChildren(Text))
    assert "Everybody's programs would send their passwords" in said
    assert "Your password would be sent" not in said
