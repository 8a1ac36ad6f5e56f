"""The window as a program: what it loads, how it starts and ends, what a bug does, the walk."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, qInstallMessageHandler, qWarning
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.conftest import ROOT, OpenWindow, run_python
from tests.gui.outside import FakeServices
from tests.gui.samples import ADDRESS, BAD
from wizard.gui import application
from wizard.gui.crash import CrashDialog
from wizard.gui.display import has_display, lend_fonts
from wizard.gui.walk import walk
from wizard.messages import Messages
from wizard.model import Secret


def test_the_window_is_painted_before_the_network_or_the_keychain_is_loaded() -> None:
    code = """
import sys
from pathlib import Path
from wizard.gui.application import run
from wizard.messages import Messages
class Services:
    class vault:
        clear = staticmethod(lambda: None)
code = run(Services(), Messages("en", Path("resources/translations")), Path("resources"),
           exit_after_first_paint=True)
heavy = ["asyncio", "ssl", "dns", "httpcore", "imapclient", "keyring", "cryptography", "jinja2",
         "PySide6.QtNetwork", "PySide6.QtQml", "PySide6.QtTest",
         "wizard.model.discovery", "wizard.model.programs", "wizard.flow.journey",
         "wizard.messages.problems", "wizard.gui.pages.common", "wizard.gui.widgets.choices"]
print([name for name in heavy if name in sys.modules])
sys.exit(code)
"""
    done = run_python(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for other processes")
def test_ctrl_c_closes_the_window() -> None:
    code = """
import os, signal, sys
from pathlib import Path
from PySide6.QtCore import QTimer
from wizard.gui import application
from wizard.messages import Messages
class Services:
    class vault:
        clear = staticmethod(lambda: None)
app = application.make_application()
QTimer.singleShot(300, lambda: os.kill(os.getpid(), signal.SIGINT))
sys.exit(application.run(Services(), Messages("en", Path("x")), Path("resources")))
"""
    done = run_python(code)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_qt_calls_keep_the_count_of_none() -> None:
    """PySide6 6.12.0 takes a reference to None with each call that returns nothing.

    Up to Python 3.11 that ends in "Fatal Python error: none_dealloc" after some thousand calls;
    this fails as soon as a version with that fault gets into the lock file.
    """
    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(500):
        thing.setObjectName("x")
    assert sys.getrefcount(None) > before - 250


def test_qt_messages_go_to_the_log() -> None:
    lines: list[str] = []
    application.take_messages(lines.append)
    try:
        qWarning("something about a font")
    finally:
        qInstallMessageHandler(None)
    assert lines == ["Qt warning: something about a font"]


def test_a_bug_becomes_a_sentence_and_a_report_and_the_window_stays(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    wizard = open_window()
    reported: list[BaseException] = []

    def report(crash: BaseException) -> str:
        reported.append(crash)
        return "in inner: said ***"

    edge = application.CrashEdge(wizard, report)
    edge.install()
    try:
        crash = ZeroDivisionError("a bug")
        sys.excepthook(type(crash), crash, None)
        sys.excepthook(type(crash), crash, None)
    finally:
        edge.remove()
    assert reported == [crash, crash]
    shown = [box for box in wizard.window.findChildren(CrashDialog) if box.isVisible()]
    (dialog,) = shown  # one at a time
    assert dialog.text.toPlainText() == "in inner: said ***"
    assert not list(tmp_path.iterdir())  # shown before anything is saved
    target = tmp_path / "report.txt"
    dialog.save_to(target)
    assert target.read_text() == "in inner: said ***"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert str(target) in dialog.outcome.text()
    dialog.save_to(tmp_path)
    assert "another folder" in dialog.outcome.text()
    dialog.copy_button.click()
    assert QGuiApplication.clipboard().text() == "in inner: said ***"
    dialog.go_on.click()
    assert wizard.window.isVisible()


def test_done_closes_the_window(open_window: OpenWindow, qtbot: QtBot) -> None:
    from tests.gui.samples import STATES

    wizard = open_window(STATES["done"])
    assert wizard.shell.primary.text() == "Done"
    wizard.shell.primary.click()
    assert not wizard.window.isVisible()


def test_the_walk_verifies_and_leaves_a_picture_of_each_page(
    qapp: QApplication, words: Messages, tmp_path: Path
) -> None:
    services = FakeServices()
    try:
        walked = walk(
            services,
            words,
            ROOT / "resources",
            name="Anna",
            address=str(ADDRESS),
            password=Secret("sunflower"),
            folder=tmp_path,
        )
    finally:
        qInstallMessageHandler(None)
    assert walked
    assert walked.stopped == ""
    assert services.passwords == ["sunflower"]
    assert walked.saved == (tmp_path / "sheet.pdf",)
    names = [path.stem.partition("-")[2] for path in walked.pictures]
    assert names == [
        "address",
        "searching",
        "found",
        "password",
        "tested",
        "programs",
        "preview",
        "applied",
        "done",
    ]
    assert all(path.stat().st_size > 5_000 for path in walked.pictures)


def test_the_walk_tells_where_it_ended(qapp: QApplication, words: Messages, tmp_path: Path) -> None:
    try:
        walked = walk(
            FakeServices(verification=BAD),
            words,
            ROOT / "resources",
            name="Anna",
            address=str(ADDRESS),
            password=Secret("wrong"),
            folder=tmp_path,
        )
    finally:
        qInstallMessageHandler(None)
    assert not walked
    assert walked.stopped == "wrong-password"
    assert walked.pictures[-1].stem.endswith("stopped")


def test_a_bug_behind_the_window_ends_the_walk(
    qapp: QApplication, words: Messages, tmp_path: Path
) -> None:
    try:
        with pytest.raises(ZeroDivisionError):
            walk(
                FakeServices(crash=ZeroDivisionError("a bug")),
                words,
                ROOT / "resources",
                name="Anna",
                address=str(ADDRESS),
                password=Secret("x"),
                folder=tmp_path,
            )
    finally:
        qInstallMessageHandler(None)


@pytest.mark.parametrize(
    ("environment", "system", "seen"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":7"}, "linux", True),
        ({"DISPLAY": ":7.0"}, "linux", True),
        ({"DISPLAY": ":8"}, "linux", False),
        ({"DISPLAY": "office.example:0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"DISPLAY": ":7", "QT_QPA_PLATFORM": "offscreen"}, "linux", False),
        ({"QT_QPA_PLATFORM": "offscreen:opengl"}, "win32", False),
        ({"QT_QPA_PLATFORM": "xcb"}, "linux", True),
        ({}, "win32", True),
        ({}, "darwin", True),
    ],
)
def test_a_display_is_known_before_qt_is_loaded(
    environment: dict[str, str], system: str, seen: bool
) -> None:
    assert has_display(environment, system, lambda number: number == 7) is seen


def test_what_is_drawn_unseen_on_windows_has_letters() -> None:
    windows, own = (
        {"SYSTEMROOT": "C:\\Windows"},
        {"SYSTEMROOT": "C:\\Windows", "QT_QPA_FONTDIR": "D:"},
    )
    elsewhere: dict[str, str] = {}
    for environment, system in ((windows, "win32"), (own, "win32"), (elsewhere, "linux")):
        lend_fonts(environment, system)
    assert windows["QT_QPA_FONTDIR"] == "C:\\Windows\\Fonts"
    assert own["QT_QPA_FONTDIR"] == "D:"
    assert elsewhere == {}


@pytest.mark.skipif(sys.platform != "linux", reason="X servers listen like this on Linux")
def test_an_x_server_that_is_not_there_is_no_display() -> None:
    assert has_display({"DISPLAY": ":64999"}) is False


@pytest.mark.skipif(sys.platform != "linux", reason="Windows and macOS always have a screen")
def test_without_a_screen_the_program_says_so(tmp_path: Path) -> None:
    """Qt itself would end the process."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    env |= {"HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "wizard"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "There is no screen here to show the window on.",
        "Next: use a command; mail-wizard --help lists them.",
    ]
