"""One file per page. A page shows a state and emits events; it decides nothing.

Pages are imported when they are first shown: the first window needs only the first of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.flow import Page

if TYPE_CHECKING:
    from wizard.gui.shell import Outside, PageFactory, PageView
    from wizard.gui.widgets import Kit


def _address(kit: Kit, outside: Outside) -> PageView:
    from wizard.gui.pages.address import AddressPage

    return AddressPage(kit, outside)


def _searching(kit: Kit, outside: Outside) -> PageView:
    from wizard.gui.pages.searching import SearchingPage

    return SearchingPage(kit, outside)


def _found(kit: Kit, outside: Outside) -> PageView:
    from wizard.gui.pages.found import FoundPage

    return FoundPage(kit, outside)


def _manual(kit: Kit, outside: Outside) -> PageView:
    from wizard.gui.pages.manual import ManualPage

    return ManualPage(kit, outside)


def _password(kit: Kit, outside: Outside) -> PageView:
    from wizard.gui.pages.password import PasswordPage

    return PasswordPage(kit, outside)


def _programs(kit: Kit, outside: Outside) -> PageView:
    from wizard.gui.pages.programs import ProgramsPage

    return ProgramsPage(kit, outside)


def _applying(kit: Kit, outside: Outside) -> PageView:
    from wizard.gui.pages.applying import ApplyingPage

    return ApplyingPage(kit, outside)


def _done(kit: Kit, outside: Outside) -> PageView:
    from wizard.gui.pages.done import DonePage

    return DonePage(kit, outside)


def _changes(kit: Kit, outside: Outside) -> PageView:
    from wizard.gui.pages.changes import ChangesPage

    return ChangesPage(kit, outside)


def _account(kit: Kit, outside: Outside) -> PageView:
    from wizard.gui.pages.account import AccountPage

    return AccountPage(kit, outside)


def _updated(kit: Kit, outside: Outside) -> PageView:
    from wizard.gui.pages.updated import UpdatedPage

    return UpdatedPage(kit, outside)


def _diagnosis(kit: Kit, outside: Outside) -> PageView:
    from wizard.gui.pages.diagnosis import DiagnosisPage

    return DiagnosisPage(kit, outside)


def _publish(kit: Kit, outside: Outside) -> PageView:
    from wizard.gui.pages.publish import PublishPage

    return PublishPage(kit, outside)


FACTORIES: dict[Page, PageFactory] = {
    Page.ADDRESS: _address,
    Page.SEARCHING: _searching,
    Page.FOUND: _found,
    Page.MANUAL: _manual,
    Page.PASSWORD: _password,
    Page.PROGRAMS: _programs,
    Page.APPLYING: _applying,
    Page.DONE: _done,
    Page.CHANGES: _changes,
    Page.ACCOUNT: _account,
    Page.UPDATED: _updated,
    Page.DIAGNOSIS: _diagnosis,
    Page.PUBLISH: _publish,
}
