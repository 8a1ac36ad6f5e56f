"""The bridge: order, late answers, cancelling, bugs, closing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from wizard.gui.bridge import Bridge, Emit


@pytest.fixture
def bridge(qtbot: QtBot) -> Iterator[Bridge]:
    bridge = Bridge()
    yield bridge
    bridge.close()


def test_what_work_emits_arrives_in_order_in_the_main_thread(bridge: Bridge, qtbot: QtBot) -> None:
    seen: list[tuple[object, str]] = []
    bridge.delivered.connect(lambda what: seen.append((what, threading.current_thread().name)))

    async def work(emit: Emit) -> None:
        for number in range(100):
            emit(number)
            if number % 10 == 0:
                await asyncio.sleep(0)

    bridge.start(1, work)
    qtbot.waitUntil(lambda: not bridge.busy)
    assert seen == [(number, "MainThread") for number in range(100)]


def test_nothing_arrives_after_cancel_even_what_was_under_way(bridge: Bridge, qtbot: QtBot) -> None:
    seen: list[object] = []
    bridge.delivered.connect(seen.append)
    emitted, ended = threading.Event(), threading.Event()

    async def work(emit: Emit) -> None:
        emit("early")
        emitted.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    bridge.start(1, work)
    assert emitted.wait(10)  # it is in the main thread's queue now, which has not turned since
    bridge.cancel(1)
    assert ended.wait(10)
    QCoreApplication.processEvents()
    assert seen == []
    assert not bridge.busy


def test_new_work_under_a_key_replaces_the_old(bridge: Bridge, qtbot: QtBot) -> None:
    seen: list[object] = []
    bridge.delivered.connect(seen.append)

    def work(name: str) -> object:
        async def run(emit: Emit) -> None:
            await asyncio.sleep(0.01)
            emit(name)

        return run

    bridge.start("suggest", work("first"))  # type: ignore[arg-type]  # see `work`
    bridge.start("suggest", work("second"))  # type: ignore[arg-type]  # see `work`
    qtbot.waitUntil(lambda: not bridge.busy)
    assert seen == ["second"]


def test_a_bug_is_reported_once_and_the_rest_goes_on(bridge: Bridge, qtbot: QtBot) -> None:
    crashes: list[BaseException] = []
    seen: list[object] = []
    bridge.crashed.connect(crashes.append)
    bridge.delivered.connect(seen.append)

    async def bug(emit: Emit) -> None:
        raise ZeroDivisionError

    async def fine(emit: Emit) -> None:
        emit("fine")

    bridge.start(1, bug)
    bridge.start(2, fine)
    qtbot.waitUntil(lambda: not bridge.busy)
    assert [type(crash) for crash in crashes] == [ZeroDivisionError]
    assert seen == ["fine"]


def test_closing_cancels_waits_and_ends_the_thread(bridge: Bridge, qtbot: QtBot) -> None:
    begun, cleaned = threading.Event(), threading.Event()

    async def work(emit: Emit) -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            cleaned.set()

    bridge.start(1, work)
    assert begun.wait(10)
    bridge.close()
    assert cleaned.is_set()
    assert "network" not in {thread.name for thread in threading.enumerate()}
    bridge.start(2, work)
    assert not bridge.busy


def test_no_thread_before_there_is_work(qtbot: QtBot) -> None:
    before = threading.active_count()
    bridge = Bridge()
    bridge.cancel(7)
    bridge.close()
    assert threading.active_count() == before
