"""Threads that nobody waits for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence

import pytest

from tests.unit.net.loopback import run
from wizard.net import proxy as proxy_module
from wizard.net.aside import Asker, aside
from wizard.net.proxy import DIRECTLY, Proxy, ProxySettings, SystemProxies

ONE = Proxy("one.example", 3128)


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """What a service hangs on, until the test is over."""
    event = threading.Event()
    yield event
    event.set()


def test_an_outcome_is_handed_on() -> None:
    def fail() -> None:
        raise ValueError("no")

    async def ask() -> None:
        assert await aside(lambda: threading.current_thread().name, "somebody") == "somebody"
        with pytest.raises(ValueError, match="no"):
            await aside(fail, "somebody")

    run(ask())


def test_what_hangs_does_not_hold_up_the_end(stuck: threading.Event) -> None:
    """asyncio's own threads would be waited for."""

    async def ask() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await aside(lambda: stuck.wait(60), "stuck")

    run(ask())
    assert not stuck.is_set()
    [left] = [thread for thread in threading.enumerate() if thread.name == "stuck"]
    assert left.daemon


def test_a_service_that_hangs_is_not_asked_again_before_it_answers(stuck: threading.Event) -> None:
    asked: list[str] = []

    def word() -> str:
        asked.append("once")
        stuck.wait(60)
        return "word"

    async def ask() -> None:
        asker = Asker("stuck too")
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asker.ask(word, 0.05)
        assert asked == ["once"]
        stuck.set()
        while any(thread.name == "stuck too" for thread in threading.enumerate()):
            await asyncio.sleep(0.01)
        assert await asker.ask(word, 60) == "word"

    run(ask())


def test_who_goes_away_says_nothing_about_the_service(stuck: threading.Event) -> None:
    """Somebody goes back a page and on again: the next answer counts."""

    async def ask() -> None:
        asker = Asker("left alone")
        waiting = asyncio.create_task(asker.ask(lambda: stuck.wait(60), 60))
        await asyncio.sleep(0.02)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await asker.ask(lambda: "word", 60) == "word"

    run(ask())


def test_a_service_that_failed_can_be_asked_again() -> None:
    def fail() -> str:
        raise OSError

    async def ask() -> None:
        asker = Asker("failing")
        with pytest.raises(OSError, match=r"^$"):
            await asker.ask(fail, 60)
        assert await asker.ask(lambda: "word", 60) == "word"

    run(ask())


def test_looking_for_a_proxy_leaves_one_thread_behind_however_often(
    stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each journey opens a network of its own; the system that hangs is the same."""
    asked: list[str] = []

    class Hanging:
        def hinted(self) -> bool:
            return True

        def read(self) -> ProxySettings:
            return ProxySettings(automatic="http://wpad.example/proxy.pac")

        def ask(self, automatic: str, host: str, seconds: float) -> Sequence[str]:
            asked.append(host)
            stuck.wait(60)
            return []

    monkeypatch.setattr(proxy_module, "_this_system", Hanging)
    asker = Asker("hanging")
    monkeypatch.setattr(proxy_module, "_asker", lambda: asker)

    async def ask() -> None:
        for number in range(3):
            proxies = SystemProxies(patience=0.05)
            assert await proxies.routes(f"h{number}.example") == DIRECTLY
            await proxies.aclose()

    run(ask())
    assert asked == ["h0.example"]


def test_the_exceptions_of_a_fixed_proxy_do_not_hold_up_the_end(stuck: threading.Event) -> None:
    """Windows asks the name service for them."""

    class Fixed:
        def hinted(self) -> bool:
            return True

        def read(self) -> ProxySettings:
            return ProxySettings(ONE, lambda host: stuck.wait(60))

        def ask(self, automatic: str, host: str, seconds: float) -> Sequence[str]:
            return []

    async def ask() -> None:
        proxies = SystemProxies(Fixed())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await proxies.routes("a.example")
        await proxies.aclose()

    run(ask())
    assert not stuck.is_set()
