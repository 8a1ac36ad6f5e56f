"""Proxies: what the settings say, what an automatic configuration says, that nobody waits."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.unit import posix
from tests.unit.net.loopback import run
from wizard.model import ProxyUse
from wizard.net.proxy import (
    DIRECTLY,
    MAX_ROUTES,
    NoWord,
    Proxy,
    ProxySettings,
    Route,
    SystemProxies,
    parse_proxy,
    read_routes,
)
from wizard.net.proxy_linux import System, gnome_settings, kde_settings

ONE, TWO = Proxy("one.example", 3128), Proxy("two.example", 8080)
FILE = "http://wpad.example/proxy.pac"


@dataclass
class Scripted:
    """A system that says what it is told to. `word`: called for each host in a thread."""

    settings: ProxySettings = field(default_factory=ProxySettings)
    word: Callable[[str], Sequence[str]] = lambda host: ["direct://"]
    hint: bool = True
    hinted_times: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    read_times: int = 0

    def hinted(self) -> bool:
        self.hinted_times += 1
        return self.hint

    def read(self) -> ProxySettings:
        self.read_times += 1
        return self.settings

    def ask(self, automatic: str, host: str, seconds: float) -> Sequence[str]:
        self.asked.append((automatic, host))
        return self.word(host)


def routes(system: Scripted, *hosts: str) -> tuple[list[tuple[Route, ...]], ProxyUse]:
    async def ask() -> tuple[list[tuple[Route, ...]], ProxyUse]:
        proxies = SystemProxies(system, patience=0.3)
        found = list(await asyncio.gather(*map(proxies.routes, hosts)))
        use = proxies.use
        await proxies.aclose()
        return found, use

    return run(ask())


def no_word(host: str) -> Sequence[str]:
    raise NoWord


def test_without_any_proxy_nothing_is_read_and_no_thread_starts() -> None:
    system = Scripted(hint=False)
    before = threading.active_count()
    assert routes(system, "a.example", "b.example") == ([DIRECTLY] * 2, ProxyUse.NONE)
    assert system.read_times == 0
    assert system.hinted_times == 1
    assert threading.active_count() == before


def test_a_fixed_proxy_is_used_but_for_its_exceptions() -> None:
    system = Scripted(ProxySettings(ONE, lambda host: host.endswith(".inside")))
    found, use = routes(system, "a.example", "b.inside")
    assert (found, use) == ([(ONE,), DIRECTLY], ProxyUse.FIXED)
    assert system.read_times == 1


def test_an_automatic_configuration_is_asked_once_for_each_host() -> None:
    answers = {"a.example": ["http://one.example:3128", "direct://"], "b.inside": ["direct://"]}
    system = Scripted(ProxySettings(automatic=FILE), lambda host: answers[host])
    found, use = routes(system, "a.example", "b.inside", "a.example")
    assert found == [(ONE, None), DIRECTLY, (ONE, None)]
    assert use is ProxyUse.AUTOMATIC
    assert sorted(system.asked) == [(FILE, "a.example"), (FILE, "b.inside")]


def test_it_comes_before_a_fixed_proxy_which_counts_where_it_is_silent() -> None:
    system = Scripted(ProxySettings(TWO, lambda host: False, FILE), lambda host: [ONE.host])
    assert routes(system, "a.example")[0] == [(Proxy("one.example", 80),)]
    system.word = no_word
    assert routes(system, "a.example") == ([(TWO,)], ProxyUse.SILENT)


def test_a_silent_configuration_costs_its_time_once() -> None:
    stuck = threading.Event()

    def word(host: str) -> Sequence[str]:
        stuck.wait(20)
        return [ONE.host]

    system = Scripted(ProxySettings(automatic=FILE), word)
    began = time.monotonic()
    found, use = routes(system, *(f"h{number}.example" for number in range(12)))
    stuck.set()
    assert found == [DIRECTLY] * 12
    assert use is ProxyUse.SILENT
    assert len(system.asked) == 1
    assert time.monotonic() - began < 10  # it would be twenty


@pytest.mark.parametrize("fault", [NoWord(), OSError(), ValueError(), TimeoutError()])
def test_whatever_asking_raises_the_way_is_direct(fault: Exception) -> None:
    def word(host: str) -> Sequence[str]:
        raise fault

    system = Scripted(ProxySettings(automatic=FILE), word)
    assert routes(system, "a.example") == ([DIRECTLY], ProxyUse.SILENT)


def test_settings_that_cannot_be_read_are_none() -> None:
    class Broken(Scripted):
        def read(self) -> ProxySettings:
            raise OSError

    assert routes(Broken(), "a.example") == ([DIRECTLY], ProxyUse.NONE)


def test_socks_is_said_to_be_unsupported() -> None:
    socks = ["socks5://one.example:1080", "socks4://one.example:1080"]
    system = Scripted(ProxySettings(automatic=FILE), lambda host: socks)
    assert routes(system, "a.example") == ([DIRECTLY], ProxyUse.UNSUPPORTED)


def test_a_network_that_may_have_a_configuration_holds_nobody_up() -> None:
    stuck = threading.Event()

    def word(host: str) -> Sequence[str]:
        stuck.wait(20)
        raise NoWord

    async def ask() -> None:
        proxies = SystemProxies(Scripted(ProxySettings(automatic=""), word), patience=15)
        async with asyncio.timeout(5):
            assert await proxies.routes("there.example") == DIRECTLY
            assert await proxies.routes("absent.example") == DIRECTLY
            waiting = asyncio.create_task(proxies.instead("absent.example"))
            await asyncio.sleep(0.02)
            assert not waiting.done()
            proxies.went_directly()  # another request has arrived: so there is a direct way
            assert await waiting == ()
            assert await proxies.instead("there.example") == ()
            assert await proxies.routes("later.example") == DIRECTLY
        assert proxies.use is ProxyUse.NONE
        await proxies.aclose()

    run(ask())
    stuck.set()


def test_what_the_network_says_counts_where_there_is_no_direct_way() -> None:
    system = Scripted(ProxySettings(automatic=""), lambda host: ["http://one.example:3128"])

    async def ask() -> None:
        proxies = SystemProxies(system)
        assert await proxies.routes("a.example") == DIRECTLY
        assert await proxies.instead("a.example") == (ONE,)
        assert await proxies.routes("b.example") == (ONE,)  # now it is known
        assert await proxies.named_for("c.example") == "one.example:3128"
        assert proxies.use is ProxyUse.AUTOMATIC
        await proxies.aclose()

    run(ask())
    assert {automatic for automatic, _ in system.asked} == {""}


def test_a_proxy_that_was_not_there_comes_last() -> None:
    said = ["http://one.example:3128", "http://two.example:8080", "direct://"]
    system = Scripted(ProxySettings(automatic=FILE), lambda host: said)

    async def ask() -> None:
        proxies = SystemProxies(system)
        assert await proxies.routes("a.example") == (ONE, TWO, None)
        proxies.could_not_reach(ONE)
        assert await proxies.routes("a.example") == (TWO, None, ONE)
        await proxies.aclose()

    run(ask())


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (["DIRECT"], DIRECTLY),
        (["http://one.example:3128", "http://one.example:3128"], (ONE,)),
        (["http://me:pw@one.example:3128"], (ONE,)),
        (["one.example:3128", "socks5://x:1", "https://y:443"], (ONE,)),
        (["http://one.example:0", "http://one.example:65536", "http://", "", "x y:3"], ()),
        ([f"http://h{number}:1" for number in range(9)],
         tuple(Proxy(f"h{number}", 1) for number in range(MAX_ROUTES))),
        (["http://[fd00::1]:3128"], (Proxy("fd00::1", 3128),)),
    ],
)  # fmt: skip
def test_ways_are_read(said: list[str], read: tuple[Route, ...]) -> None:
    assert read_routes(said) == read
    assert all(route is None or not route.user for route in read_routes(said))


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("http://proxy.example:3128", Proxy("proxy.example", 3128)),
        ("proxy.example:3128", Proxy("proxy.example", 3128)),
        ("http://proxy.example/", Proxy("proxy.example", 80)),
        ("http://me:p%40w@proxy.example:3128", Proxy("proxy.example", 3128, "me")),
        ("socks5://proxy.example:1080", None),
        ("https://proxy.example:443", None),
        ("http://proxy.example:port", None),
        ("http://proxy.example:0", None),
        ("http://", None),
        ("", None),
    ],
)
def test_proxy_settings_are_read(text: str, proxy: Proxy | None) -> None:
    assert parse_proxy(text) == proxy


def test_a_proxy_password_stays_out_of_sight() -> None:
    proxy = parse_proxy("http://me:p%40w@proxy.example:3128")
    assert proxy is not None
    assert proxy.password.reveal() == "p@w"
    assert "p@w" not in repr(proxy)


GNOME = """org.gnome.system.proxy autoconfig-url 'http://wpad.example/proxy.pac'
org.gnome.system.proxy ignore-hosts ['localhost', '127.0.0.0/8', '*.inside']
org.gnome.system.proxy mode '{mode}'
org.gnome.system.proxy use-same-proxy true
org.gnome.system.proxy.http authentication-password ''
org.gnome.system.proxy.http host 'two.example'
org.gnome.system.proxy.http port 8080
org.gnome.system.proxy.https host '{https}'
org.gnome.system.proxy.https port 3128
"""


def test_gnome_settings_are_read() -> None:
    assert gnome_settings(GNOME.format(mode="auto", https="")).automatic == FILE
    nothing = gnome_settings(GNOME.format(mode="none", https="one.example"))
    assert (nothing.automatic, nothing.fixed) == (None, None)
    fixed = gnome_settings(GNOME.format(mode="manual", https="one.example"))
    assert (fixed.automatic, fixed.fixed) == (None, ONE)
    assert fixed.bypass("a.inside")
    assert fixed.bypass("localhost")
    assert not fixed.bypass("a.example")
    assert gnome_settings(GNOME.format(mode="manual", https="")).fixed == TWO
    assert gnome_settings("org.gnome.system.proxy mode 'auto'").automatic == ""
    for broken in ("", "x", "org.gnome.system.proxy mode", "org.gnome.system.proxy mode auto("):
        assert gnome_settings(broken).automatic is None


def test_kde_settings_are_read() -> None:
    def read(*lines: str) -> ProxySettings:
        return kde_settings("\n".join(["[Other]", "ProxyType=1", "[Proxy Settings]", *lines]))

    assert read("ProxyType=2", f"Proxy Config Script={FILE}").automatic == FILE
    assert read("ProxyType=2", "Proxy Config Script=/etc/a.pac").automatic == "file:///etc/a.pac"
    assert read("ProxyType=2").automatic is None
    assert read("ProxyType=3").automatic == ""
    assert read("ProxyType=0", "httpsProxy=http://one.example 3128").fixed is None
    assert read("ProxyType=1", "httpsProxy=http://one.example 3128").fixed == ONE
    fixed = read("ProxyType=1", "httpsProxy[$e]=http://one.example:3128", "NoProxyFor=.inside, x")
    assert fixed.fixed == ONE
    assert fixed.bypass("a.inside")
    assert not fixed.bypass("a.example")


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    monkeypatch.setenv("HOME", str(tmp_path))
    return {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}


def test_linux_is_asked_for_its_settings_only_where_there_are_traces(
    no_settings: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    databases = tmp_path / "db"
    gnome = System(no_settings, databases)
    kde = System({**no_settings, "XDG_CURRENT_DESKTOP": "KDE"}, databases)
    assert not gnome.hinted()
    (tmp_path / "dconf").mkdir()
    (tmp_path / "dconf" / "user").write_bytes(b"GVariant\0\0/org/gnome/desktop/\0")
    assert not gnome.hinted()
    databases.mkdir()
    (databases / "company").write_bytes(b"GVariant\0system/\0proxy/\0mode\0")
    assert gnome.hinted()
    assert not kde.hinted()
    (tmp_path / "kioslaverc").write_text(
        f"[Proxy Settings]\nProxyType=2\nProxy Config Script={FILE}"
    )
    assert kde.hinted()
    assert kde.read().automatic == FILE
    monkeypatch.setenv("https_proxy", "http://one.example:3128")
    assert kde.read().fixed == ONE


@posix.linux_proxies
def test_linux_without_the_system_s_programs_has_no_automatic_configuration(
    no_settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subprocess.run", _absent)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    with pytest.raises(FileNotFoundError):
        System(no_settings).read()
    with pytest.raises((NoWord, OSError)):
        System(no_settings).ask("", "a.example", 1)


def _absent(*args: object, **options: object) -> object:
    raise FileNotFoundError("gsettings")


def test_a_pac_file_nobody_serves_is_noticed_at_once(
    no_settings: dict[str, str], tmp_path: Path
) -> None:
    for url in ("http://127.0.0.1:9/proxy.pac", f"file://{tmp_path}/absent.pac"):
        with pytest.raises(OSError):
            System(no_settings).ask(url, "a.example", 1)
