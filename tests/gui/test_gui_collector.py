"""Cycles that hold Qt objects are destroyed in the main thread."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from wizard.gui.collector import MainThreadCollector


class Knot(QObject):
    """Only the collector can free it."""

    def __init__(self) -> None:
        super().__init__()
        self.me = self


class Litter:
    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def collecting() -> Iterator[None]:
    """As in a program: Python collects when it likes. Tests have it off."""
    gc.collect()
    gc.enable()
    yield
    gc.disable()


def knotted(freed: list[str]) -> None:
    weakref.finalize(Knot(), lambda: freed.append(threading.current_thread().name))


def litter_elsewhere() -> None:
    def litter() -> None:
        for _ in range(200_000):
            Litter()

    thread = threading.Thread(target=litter, name="network")
    thread.start()
    thread.join()


def test_python_alone_would_destroy_it_in_the_thread(collecting: None) -> None:
    """The danger is real: without the collector below, this is what happens."""
    freed: list[str] = []
    knotted(freed)
    litter_elsewhere()
    assert freed == ["network"]


def test_it_is_destroyed_in_the_main_thread(collecting: None, qapp: object) -> None:
    freed: list[str] = []
    collector = MainThreadCollector()
    knotted(freed)
    litter_elsewhere()
    assert freed == []
    collector.look()
    assert freed == ["MainThread"]
    collector.close()
    assert gc.isenabled()


def test_it_looks_by_itself(collecting: None, qtbot: QtBot) -> None:
    collector = MainThreadCollector()
    freed: list[str] = []
    knotted(freed)
    litter = [Litter() for _ in range(2 * gc.get_threshold()[0])]
    assert litter
    qtbot.waitUntil(lambda: freed == ["MainThread"], timeout=20_000)
    collector.close()
