"""Windows for tests: off-screen, with real words, in any look, on any state."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, cast

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.measure import settle
from tests.gui.outside import FakeServices
from tests.gui.watchdog import LIMIT_MS, Pause
from wizard.flow import State
from wizard.gui import binding
from wizard.gui.application import Wizard
from wizard.gui.theme import Scheme, Theme
from wizard.gui.updates import Ask
from wizard.messages import Messages
from wizard.model import Brand

binding.load()  # as the program does, if a little late

TRIES = 5
ROOT = Path(__file__).resolve().parents[2]
ICONS = ROOT / "resources" / "icons"
TRANSLATIONS = ROOT / "resources" / "translations"


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A Python of its own, in which nothing is loaded yet."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # What the off-screen platform says about every window; other Qt warnings fail the test.
        item.add_marker(pytest.mark.qt_log_ignore("propagateSizeHints", extend=True))


class Guarded(Protocol):
    """Opens windows for a journey and keeps an eye on them."""

    def finish(self) -> Pause:
        """The end of one journey; how long it stood still at the longest."""
        ...


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A journey that stood still is walked again, at most `TRIES` times in all: others on the same
    machine only ever add to it, so the best of them is what the window does by itself."""
    guarded = cast("Guarded | None", pyfuncitem.funcargs.get("at_window"))
    if guarded is None:
        return None
    names = pyfuncitem._fixtureinfo.argnames
    pauses = []
    for _ in range(TRIES):
        pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})
        pauses.append(guarded.finish())
        if pauses[-1].ms < LIMIT_MS:
            return True
    pytest.fail(f"the window stood still: {pauses}")


class Pseudo(Messages):
    """English, made longer by half and foreign at both ends, as translations are."""

    def text(self, msgid: str, /, **values: str) -> str:
        return stretched(super().text(msgid, **values))

    def plural(self, singular: str, plural: str, count: int, /, **values: str) -> str:
        return stretched(super().plural(singular, plural, count, **values))


def stretched(text: str) -> str:
    if not text:
        return text
    filler = "ümlaut Größe "
    extra = (filler * (len(text) // len(filler) + 1))[: len(text) // 2]
    return f"[{text} {extra}]" if len(text) > 8 else f"[{text}ÄÖ]"


@pytest.fixture
def words() -> Messages:
    return Messages("en", TRANSLATIONS)


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    look = Theme(qapp, ICONS, Scheme.LIGHT, 1.0)
    yield look
    look.deleteLater()


OpenWindow = Callable[..., Wizard]


@pytest.fixture
def open_window(qapp: QApplication, qtbot: QtBot, words: Messages) -> Iterator[OpenWindow]:
    """Opens the window on a state: `open_window(state, scheme=…, scale=…, speech=…, size=…)`."""
    opened: list[tuple[Wizard, Theme]] = []

    def build(
        state: State | None = None,
        *,
        scheme: Scheme = Scheme.LIGHT,
        scale: float = 1.0,
        speech: Messages | None = None,
        size: tuple[int, int] = (940, 640),
        services: FakeServices | None = None,
        brand: Brand | None = None,
        newer: Ask | None = None,
    ) -> Wizard:
        theme = Theme(qapp, ICONS, scheme, scale)
        wizard = Wizard(
            services or FakeServices(),
            speech or words,
            theme,
            speak=lambda code: Messages(code, TRANSLATIONS),
            state=state,
            brand=brand,
            newer=newer,
        )
        opened.append((wizard, theme))
        wizard.window.resize(*size)
        with qtbot.waitExposed(wizard.window):
            wizard.window.show()
        wizard.window.activateWindow()
        settle()
        return wizard

    yield build
    for wizard, theme in opened:
        wizard.close()
        wizard.window.ask_before_closing = lambda: False
        wizard.window.close()
        wizard.window.deleteLater()
        theme.deleteLater()
    settle()
