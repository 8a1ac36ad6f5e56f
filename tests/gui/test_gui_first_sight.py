"""What a person saw at first sight and stumbled over: pages that kept what was there before."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint

from tests.gui.conftest import TRANSLATIONS, OpenWindow
from tests.gui.measure import settle
from tests.gui.samples import IMAP, PLAN, STATES
from wizard.flow import ProgramRow, RowState
from wizard.gui.pages.address import AddressPage
from wizard.gui.pages.applying import ApplyingPage
from wizard.gui.pages.diagnosis import DiagnosisPage
from wizard.gui.widgets import Mark, Text
from wizard.messages import LANGUAGES, Messages
from wizard.model import Applied, Subject


def said(of: ApplyingPage | DiagnosisPage) -> list[str]:
    return [text.text() for text in of.findChildren(Text) if text.isVisibleTo(of)]


def test_a_password_that_a_program_did_not_get_is_told(open_window: OpenWindow) -> None:
    """The plan is the one that was previewed, so nothing else on the card changes."""
    ready = ProgramRow("thunderbird", RowState.READY, PLAN, keeps_password=True)
    done = replace(
        ready, state=RowState.DONE, applied=Applied(PLAN, "c1"), not_kept="primary-password"
    )
    state = replace(STATES["applying-preview"], rows=(ready,))
    wizard = open_window(state)
    page = wizard.shell.page
    assert isinstance(page, ApplyingPage)
    assert not [text for text in said(page) if "did not get your password" in text]
    wizard.shell.show_state(replace(state, rows=(done,)))
    settle()
    assert [text for text in said(page) if "did not get your password" in text]


def test_what_was_taken_back_asks_for_nothing_more(open_window: OpenWindow) -> None:
    wizard = open_window(STATES["applying-done"])
    page = wizard.shell.page
    assert isinstance(page, ApplyingPage)
    assert PLAN.notes[0] in said(page)
    wizard.shell.show_state(STATES["applying-undone"])
    settle()
    assert PLAN.notes[0] not in said(page)
    assert not page.cards["thunderbird"].preview.isVisibleTo(page)
    assert wizard.shell.title.text() == "Taken back"
    done = replace(STATES["done"], rows=STATES["applying-undone"].rows)
    wizard.shell.show_state(done)
    assert wizard.shell.title.text() == "Taken back"


def test_nothing_goes_on_being_tested_once_it_is_stopped(open_window: OpenWindow) -> None:
    wizard = open_window(STATES["diagnosis-running"])
    page = wizard.shell.page
    assert isinstance(page, DiagnosisPage)
    row = page.rows[Subject.RECEIVING, IMAP.host, IMAP.port]
    marks = [row.mark.mark]
    wizard.shell.show_state(STATES["diagnosis-stopped"])
    settle()
    marks.append(row.mark.mark)
    assert marks == [Mark.NOW, Mark.NOTHING]
    assert row.detail.text() == "stopped"
    steps = wizard.shell._steps(STATES["diagnosis-stopped"])
    assert steps[-1].mark is Mark.NOW  # there is no result


def test_another_provider_is_another_page(open_window: OpenWindow) -> None:
    """Of the two, both without servers, nothing but the provider differs."""
    wizard = open_window(STATES["found-impossible"])
    wizard.shell.show_state(STATES["found-exchange"])
    settle()
    page = wizard.shell.page
    assert page is not None
    shown = [text.text() for text in page.findChildren(Text) if text.isVisibleTo(page)]
    assert "This is an Exchange mailbox" in shown


@pytest.mark.parametrize(("scale", "size"), [(1.0, (640, 600)), (2.0, (940, 640))])
def test_the_tools_are_at_hand_in_a_narrow_window_and_with_large_text(
    open_window: OpenWindow, scale: float, size: tuple[int, int]
) -> None:
    wizard = open_window(scale=scale, size=size)
    rail = wizard.shell.rail
    strips = [rail.compact]
    assert rail.tools.isVisible()
    assert rail.tools.accessibleName() == "Tools"
    assert rail.tools.toolTip() == "Tools"
    wizard.window.resize(1900, 1000)
    settle()
    strips.append(rail.compact)
    assert strips == [True, False]
    assert rail.tools.text() == "Tools"
    assert not rail.tools.toolTip()


def test_an_empty_list_has_one_way_back(open_window: OpenWindow) -> None:
    wizard = open_window(STATES["changes-none"])
    assert wizard.shell.left.isHidden()
    assert wizard.shell.primary.isVisible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_cut_off_leaves_the_first_page_in_sight(
    open_window: OpenWindow, language: str
) -> None:
    wizard = open_window(
        STATES["address-cut-off"], speech=Messages(language, TRANSLATIONS), size=(940, 640)
    )
    page = wizard.shell.page
    assert isinstance(page, AddressPage)
    assert page.cut_off.isVisible()
    assert wizard.shell.scroller.verticalScrollBar().maximum() == 0


def test_what_was_cut_off_leaves_the_first_field_in_sight_in_large_letters(
    open_window: OpenWindow,
) -> None:
    wizard = open_window(STATES["address-cut-off"], scale=2.0, size=(940, 640))
    page = wizard.shell.page
    assert isinstance(page, AddressPage)
    seen = wizard.shell.scroller.viewport()
    assert page.name.edit.mapTo(seen, QPoint(0, 0)).y() < seen.height()
