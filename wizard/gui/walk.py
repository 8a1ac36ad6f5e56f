"""The main journey walked by nobody: the same window, pages and controls, off-screen.

Text is typed into the fields, boxes are ticked, the primary button is pressed; a picture of each
page is kept. The demo does this where there is no display, and so does the smoke test of a
finished build.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from wizard.flow import Page, Services, State
from wizard.flow import events as ev
from wizard.gui.application import STYLE, Speak, Wizard, take_messages
from wizard.gui.collector import MainThreadCollector
from wizard.gui.display import lend_fonts
from wizard.gui.pages.address import AddressPage
from wizard.gui.pages.found import FoundPage
from wizard.gui.pages.password import PasswordPage
from wizard.gui.pages.programs import ProgramsPage
from wizard.gui.theme import Scheme, Theme
from wizard.messages import Messages
from wizard.model import Problem, Secret, SideVerified

_PATIENCE_MS = 90_000  # longer than any service may take; a hang ends here instead of never


@dataclass(frozen=True, slots=True)
class Walked:
    """How far it went. True where receiving and sending were both verified.

    `stopped`: the problem or the page it ended on, empty after the last page.
    """

    receiving: bool
    sending: bool
    pictures: tuple[Path, ...]
    saved: tuple[Path, ...] = ()
    stopped: str = ""

    def __bool__(self) -> bool:
        return self.receiving and self.sending


class Stuck(Exception):
    """The journey did not go on from this page."""


def walk(
    services: Services,
    words: Messages,
    resources: Path,
    *,
    name: str,
    address: str,
    password: Secret,
    folder: Path,
    speak: Speak | None = None,
    log: Callable[[str], None] | None = None,
) -> Walked:
    """Walks from the address to the last page; pictures go to `folder`/screens, files to `folder`.

    `speak`: changes the language of everything said. `log`: takes Qt's own messages.
    Raises OSError where the folder cannot be written.
    """
    lend_fonts()
    app = QApplication.instance() or QApplication(["mail-wizard", "-platform", "offscreen", *STYLE])
    assert isinstance(app, QApplication)
    take_messages(log or (lambda line: None))
    theme = Theme(app, resources / "icons", Scheme.LIGHT, 1.0)
    collector = MainThreadCollector()
    wizard = Wizard(services, words, theme, speak=speak or words.into)
    walker = _Walker(wizard, folder / "screens")
    stopped = ""
    saved: tuple[Path, ...] = ()
    try:
        walker.journey(name, address, password)
        saved = walker.save(folder)
    except Stuck as stuck:
        stopped = str(stuck)
        walker.picture("stopped")
    finally:
        wizard.close()
        wizard.window.deleteLater()
        collector.close()
    verification = wizard.controller.state.verification
    return Walked(
        receiving=verification is not None and isinstance(verification.incoming, SideVerified),
        sending=verification is not None and isinstance(verification.outgoing, SideVerified),
        pictures=tuple(walker.pictures),
        saved=saved,
        stopped=stopped,
    )


class _Walker:
    def __init__(self, wizard: Wizard, folder: Path) -> None:
        self._wizard = wizard
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.pictures: list[Path] = []
        self._crash: BaseException | None = None
        wizard.controller.crashed.connect(self._note_crash)
        wizard.window.show()

    @property
    def _state(self) -> State:
        return self._wizard.controller.state

    def journey(self, name: str, address: str, password: Secret) -> None:
        """From the first page to the last."""
        page = self._wizard.shell.page
        assert isinstance(page, AddressPage)
        page.name.edit.insert(name)
        page.address.edit.insert(address)
        self.picture("address")
        self._press()
        self._until(lambda state: state.page is not Page.SEARCHING, meanwhile="searching")
        self._expect(Page.FOUND)
        self._consent()
        self.picture("found")
        self._press()
        self._expect(Page.PASSWORD)
        self._password(password)
        self._press()
        self._until(lambda state: state.page is Page.PROGRAMS and state.detected is not None)
        self._programs()
        self._until(lambda state: not state.busy)
        self._expect(Page.APPLYING)
        self.picture("preview")
        self._press()
        self._until(lambda state: not state.busy)
        self.picture("applied")
        self._press()
        self._expect(Page.DONE)
        self.picture("done")

    def save(self, folder: Path) -> tuple[Path, ...]:
        """*Save everything as a folder*, without the dialog that asks where."""
        self._wizard.controller.dispatch(ev.SaveRequested(folder))
        self._until(lambda state: not state.busy)
        saved = self._state.saved
        if isinstance(saved, Problem):
            raise Stuck(saved.kind.word)
        return saved or ()

    def picture(self, name: str) -> None:
        """Keeps how the window looks now."""
        self._settle()
        self._keep(self._wizard.window.grab(), name)

    def _keep(self, picture: QPixmap, name: str) -> None:
        path = self._folder / f"{len(self.pictures) + 1}-{name}.png"
        if not picture.save(str(path)):
            raise OSError(f"could not write {path}")
        self.pictures.append(path)

    def _consent(self) -> None:
        page = self._wizard.shell.page
        if isinstance(page, FoundPage) and page.consent is not None:
            page.consent.setChecked(True)

    def _password(self, password: Secret) -> None:
        page = self._wizard.shell.page
        assert isinstance(page, PasswordPage)
        page.password.edit.insert(password.reveal())
        self.picture("password")
        self._press()
        self._until(lambda state: not state.busy)
        if self._state.tested_at is None:
            problem = self._state.problem
            raise Stuck(problem.kind.word if problem is not None else Page.PASSWORD.value)
        page.send_message.click()
        self._until(lambda state: not state.busy)
        self.picture("tested")

    def _programs(self) -> None:
        page = self._wizard.shell.page
        assert isinstance(page, ProgramsPage)
        for card in page.cards.values():
            card.check.setChecked(True)
        self.picture("programs")
        self._press()

    def _press(self) -> None:
        primary = self._wizard.shell.primary
        if primary.isHidden():
            raise Stuck(self._state.page.value)
        primary.click()

    def _expect(self, page: Page) -> None:
        if self._state.page is not page:
            problem = self._state.problem
            raise Stuck(problem.kind.word if problem is not None else self._state.page.value)

    def _until(self, reached: Callable[[State], bool], meanwhile: str = "") -> None:
        """Waits for a state; an unreached one is where the walk ends.

        `meanwhile`: name for a picture of the last moment before.
        """
        if reached(self._state):
            return
        before: QPixmap | None = None
        loop = QEventLoop()
        patience = QTimer()
        patience.setSingleShot(True)
        patience.timeout.connect(loop.quit)
        patience.start(_PATIENCE_MS)

        def look(state: State) -> None:
            nonlocal before
            if reached(state):
                loop.quit()
            elif meanwhile:
                _lay_out()
                before = self._wizard.window.grab()

        self._wizard.controller.changed.connect(look)
        loop.exec()
        self._wizard.controller.changed.disconnect(look)
        if before is not None:
            self._keep(before, meanwhile)
        if self._crash is not None:
            raise self._crash
        if not reached(self._state):
            raise Stuck(self._state.page.value)

    def _note_crash(self, crash: BaseException) -> None:
        """A bug behind the window ends the walk with its own traceback."""
        self._crash = crash

    def _settle(self) -> None:
        for _ in range(3):
            _lay_out()
            QCoreApplication.processEvents()


def _lay_out() -> None:
    """Layouts come to rest; nothing else happens meanwhile."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
