"""The window as a program: one `QApplication`, the edges of the process, the first paint.

Nothing here, or in what it imports, loads the network or the keychain: the services are handed in
and load what they need when first used.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QLocale,
    QObject,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication

from wizard.flow.later import ev, load
from wizard.gui.collector import MainThreadCollector
from wizard.gui.controller import Controller
from wizard.gui.display import lend_fonts
from wizard.gui.pages import FACTORIES
from wizard.gui.shell import Shell, Window
from wizard.gui.theme import Theme
from wizard.gui.widgets import Kit
from wizard.messages import Messages

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType, TracebackType

    from PySide6.QtCore import (
        QMessageLogContext,
        QTranslator,
    )

    from wizard.flow import Services, State
    from wizard.gui.updates import Ask
    from wizard.model import Brand

LANGUAGES = (
    ("en", "English"),
    ("fr", "Français"),
    ("de", "Deutsch"),
    ("it", "Italiano"),
    ("es", "Español"),
)
"""Each in its own words: whoever needs the switch cannot read the language that is on."""

DESKTOP_ID = "io.github.mail_setup_wizard.MailSetup"
"""The name of the desktop entry, by which Wayland finds the window's icon."""

STYLE = ("-style", "fusion")
"""Fusion draws everything from the palette, the same on each system; what is native comes from
elsewhere: font, text size, colour scheme, file dialogs."""

_IDLE_MS = 250  # after the first paint, before anybody has typed a name

Speak = Callable[[str], Messages]
Report = Callable[[BaseException], str]
Log = Callable[[str], None]


class Wizard(QObject):
    """The window with everything behind it: what `run` starts and `walk` drives."""

    def __init__(
        self,
        services: Services,
        words: Messages,
        theme: Theme,
        *,
        speak: Speak | None = None,
        state: State | None = None,
        brand: Brand | None = None,
        newer: Ask | None = None,
    ) -> None:
        """`speak`: changes the language of everything said from now on. `state`: where to start.
        `brand`: the host that handed out this wizard. `newer`: asks for a newer version."""
        super().__init__()
        self.theme = theme
        self.words = words
        self._speak = speak
        self._brand = brand
        self._newer = newer
        self._translator: QTranslator | None = None
        self._unseen = False
        self.controller = Controller(services, state, self)
        self.controller.changed.connect(self._show)
        self.window = Window()
        self.window.ask_before_closing = lambda: self.controller.state.loses_something
        self.window.closing.connect(self.controller.leave)
        theme.resized.connect(self._build)
        self._translate_qt()
        self._build()

    @property
    def shell(self) -> Shell:
        """The frame that is shown now."""
        assert self.window.shell is not None
        return self.window.shell

    def _build(self) -> None:
        """Everything anew in the current language and text size; the journey stays where it is."""
        kit = Kit(self.theme, self.words, self._brand)
        wanted = self._brand.languages if self._brand is not None else ()
        languages = tuple(item for item in LANGUAGES if not wanted or item[0] in wanted)
        shell = Shell(kit, self.controller, FACTORIES, languages if self._speak is not None else ())
        shell.sent.connect(self.controller.dispatch)
        shell.finished.connect(self.window.close)
        shell.language_chosen.connect(self._change_language)
        shell.about_wanted.connect(self._tell_version)
        shell.rail.offer_about(self._newer is not None)
        self.window.hold(shell)
        shell.show_state(self.controller.state)

    def _tell_version(self) -> None:
        if self._newer is not None:
            from wizard.gui.updates import UpdateDialog

            UpdateDialog(self.shell.kit, self._newer, self.window).open()

    def _change_language(self, code: str) -> None:
        if self._speak is None or code == self.words.language:
            return
        self.words = self._speak(code)
        self._translate_qt()
        # The menu that asked for it belongs to the shell that goes: let it finish first.
        QTimer.singleShot(0, self, self._build)

    def _translate_qt(self) -> None:
        """Qt's own buttons (file dialogs, menus of text fields) in the same language."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        QLocale.setDefault(QLocale(self.words.language))
        app.setLayoutDirection(QLocale(self.words.language).textDirection())
        if self._translator is not None:
            app.removeTranslator(self._translator)
        if self.words.language == "en":
            return  # what Qt speaks by itself
        from PySide6.QtCore import QLibraryInfo, QTranslator

        self._translator = QTranslator(self)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if self._translator.load(f"qtbase_{self.words.language}", folder):
            app.installTranslator(self._translator)

    def _show(self, state: State) -> None:
        self.shell.show_state(state)

    def settle_in(self, *, first_time: bool = False) -> None:
        """What may wait until the window stands: costly first looks, and what is known here.

        `first_time`: the wizard has left nothing on this computer. Then there is nothing to carry
        on with or to take back, and what its mail programs know waits for somebody to come: the
        libraries for that weigh as much as the window itself.
        """
        if not first_time:
            self._look_around()
            return
        self.controller.dispatch(ev.KnownListed(()))
        self._unseen = True
        self.window.touched.connect(self._come)
        self.controller.changed.connect(self._come)

    def _come(self) -> None:
        if self._unseen:
            self._unseen = False
            self.window.touched.disconnect(self._come)
            self.controller.changed.disconnect(self._come)
            QTimer.singleShot(0, self, self._look_around)

    def _look_around(self) -> None:
        self.shell.warm_up()
        self.controller.dispatch(ev.Opened())

    def close(self) -> None:
        """Ends the work behind the window."""
        self.controller.close()


def make_application() -> QApplication:
    """The one `QApplication`, with the names the desktop knows the program by."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QCoreApplication.setApplicationName("mail-setup-wizard")
    QCoreApplication.setOrganizationName("mail-setup-wizard")
    lend_fonts()
    app = QApplication([*sys.argv[:1], *STYLE])
    app.setDesktopFileName(DESKTOP_ID)
    return app


def run(
    services: Services,
    words: Messages,
    resources: Path,
    *,
    speak: Speak | None = None,
    log: Log | None = None,
    report: Report | None = None,
    exit_after_first_paint: bool = False,
    brand: Brand | None = None,
    newer: Ask | None = None,
    first_time: Callable[[], bool] = bool,
    prepare: Callable[[], object] = bool,
) -> int:
    """Opens the window and stays until it is closed; the process's exit code.

    `resources`: folder that has `icons/`. `speak(code)`: changes the language of the program.
    `log`: takes lines for the log. `report`: makes a crash report without passwords.
    `exit_after_first_paint`: for measuring how long the first window takes. `brand`: the host
    that handed out this wizard. `newer`: asks for a newer version of this program. `first_time`:
    true where the wizard has left nothing on this computer; asked when the window stands.
    `prepare`: loads what `services` need, in a thread, as soon as the window is painted.
    """
    app = make_application()
    take_messages(log or _to_stderr)
    theme = Theme(app, resources / "icons")
    collector = MainThreadCollector()
    wizard = Wizard(services, words, theme, speak=speak, brand=brand, newer=newer)
    edge = CrashEdge(wizard, report)
    edge.install()
    interrupts = _Interrupts(wizard.window.close)

    def loading() -> None:
        load()
        prepare()

    def painted() -> None:
        if exit_after_first_paint:
            app.quit()
        else:
            wizard.window.setWindowIcon(theme.app_icon())
            interrupts.install()
            # Nothing of it touches a widget, and the person has not typed a name yet.
            threading.Thread(target=loading, name="loading", daemon=True).start()
            QTimer.singleShot(_IDLE_MS, wizard, lambda: wizard.settle_in(first_time=first_time()))

    wizard.window.installEventFilter(_AfterPaint(wizard.window, painted))
    wizard.window.show()
    code = app.exec()
    interrupts.restore()
    edge.remove()
    wizard.close()
    collector.close()
    return code


def take_messages(log: Log) -> None:
    """Qt's own messages go into the program's log."""
    words = {
        QtMsgType.QtDebugMsg: "debug",
        QtMsgType.QtInfoMsg: "info",
        QtMsgType.QtWarningMsg: "warning",
        QtMsgType.QtCriticalMsg: "critical",
        QtMsgType.QtFatalMsg: "fatal",
    }

    def handle(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        if kind is not QtMsgType.QtDebugMsg:
            log(f"Qt {words[kind]}: {message}")

    qInstallMessageHandler(handle)


def _to_stderr(line: str) -> None:
    if sys.stderr is not None:  # a windowed program on Windows has none
        sys.stderr.write(f"{line}\n")


class CrashEdge:
    """The outermost edge: a bug becomes a calm sentence and a report, and the window stays."""

    def __init__(self, wizard: Wizard, report: Report | None) -> None:
        self._wizard = wizard
        self._report = report
        self._telling = False
        self._before = sys.excepthook
        wizard.controller.crashed.connect(self.tell)

    def install(self) -> None:
        """Takes over what nobody else caught."""
        sys.excepthook = self._hook

    def remove(self) -> None:
        """Gives it back."""
        sys.excepthook = self._before

    def _hook(
        self, kind: type[BaseException], crash: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._wizard.window.close()
            return
        self.tell(crash)

    def tell(self, crash: BaseException) -> None:
        """Says what happened and shows the report; once at a time."""
        report = self._report(crash) if self._report is not None else ""
        if not report:
            import traceback

            report = "".join(traceback.format_exception(crash)).rstrip()
            _to_stderr(report)
        if self._telling:
            return
        self._telling = True
        from wizard.gui.crash import CrashDialog

        kit = Kit(self._wizard.theme, self._wizard.words)
        dialog = CrashDialog(kit, report, self._wizard.window)
        dialog.finished.connect(self._told)
        dialog.open()

    def _told(self) -> None:
        self._telling = False


class _Interrupts:
    """Ctrl-C in the terminal closes the window: the signal wakes Qt through a socket."""

    def __init__(self, stop: Callable[[], object]) -> None:
        self._stop = stop
        self._restore: Callable[[], None] = lambda: None
        self._interrupted = False

    def install(self) -> None:
        """Listens from now on."""
        import signal
        import socket

        from PySide6.QtCore import QSocketNotifier

        self._ours, theirs = socket.socketpair()
        self._theirs = theirs
        theirs.setblocking(False)
        self._old_fd = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        self._old_handler = signal.signal(signal.SIGINT, self._note)
        self._notifier = QSocketNotifier(self._ours.fileno(), QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._wake)
        self._restore = self._uninstall

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._interrupted = True

    def _wake(self) -> None:
        self._ours.recv(64)
        if self._interrupted:
            self._interrupted = False
            self._stop()

    def restore(self) -> None:
        """As it was before."""
        self._restore()

    def _uninstall(self) -> None:
        import signal

        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._old_fd)
        signal.signal(signal.SIGINT, self._old_handler)
        self._ours.close()
        self._theirs.close()


class _AfterPaint(QObject):
    """Calls `then` once the window was painted for the first time."""

    def __init__(self, parent: QObject, then: Callable[[], object]) -> None:
        super().__init__(parent)
        self._then = then

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._then)
        return False
