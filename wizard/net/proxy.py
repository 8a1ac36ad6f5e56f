"""The way of https out of this computer: directly, through a fixed proxy, or as an automatic
configuration (a PAC file) says for each host.

Only HTTP proxies that tunnel (CONNECT) are used; SOCKS is not, and then requests go out directly.
PAC files are programs, and the system runs them (`proxy_linux`, `proxy_windows`, `proxy_macos`),
never we. Mail ports never go through a proxy.
"""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from wizard.model.discovery import ProxyUse
from wizard.model.secret import Secret
from wizard.net.aside import Asker, aside
from wizard.net.resolver import Records

PAC_TIME = 2.5
"""Seconds for the first word of an automatic configuration; without one requests go directly."""
MAX_ROUTES = 4
_OLD_NAME = "iana.org"


@dataclass(frozen=True, slots=True)
class Proxy:
    """`host`: name or IP address. `password` belongs to `user`, where the settings have them."""

    host: str
    port: int
    user: str = ""
    password: Secret = field(default=Secret(""), repr=False, compare=False)


Route = Proxy | None
"""One way to a host; None: directly."""
DIRECTLY: tuple[Route, ...] = (None,)


class NoWord(Exception):
    """The automatic configuration could not be asked, or nobody has one."""


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """What the system's settings say. `fixed`: the proxy for https, `bypass`: hosts that need
    none. `automatic`: URL of a PAC file, empty where the network is to be asked for one (WPAD),
    None where there is none."""

    fixed: Proxy | None = None
    bypass: Callable[[str], bool] = proxy_bypass
    automatic: str | None = None


class ProxySystem(Protocol):
    """What one operating system knows. `hinted` is asked first and takes no time worth counting;
    the others may block and run in threads."""

    def hinted(self) -> bool:
        """False where there is neither a proxy nor an automatic configuration."""
        ...

    def read(self) -> ProxySettings:
        """The settings."""
        ...

    def ask(self, automatic: str, host: str, seconds: float) -> Sequence[str]:
        """The ways to a host in order, as `direct://`, `http://HOST:PORT` or another scheme.
        Gives up after about `seconds`. Raises NoWord, OSError or ValueError."""
        ...


class SystemProxies:
    """What one run knows about proxies: the settings are read once, each host is asked for once.

    Where the settings name a PAC file, requests wait for its word, at most `PAC_TIME`. Where they
    only say that the network may have one (WPAD, which Windows is delivered with), nobody waits:
    requests leave directly, and what was found out meanwhile counts for those that did not arrive,
    as long as none has. A proxy that could not be reached comes last for the rest of the run.
    """

    def __init__(self, system: ProxySystem | None = None, patience: float = PAC_TIME) -> None:
        self._system = system or _this_system()
        self._asker = Asker("proxies") if system is not None else _asker()
        self._patience = patience
        self._hinted: bool | None = None  # not looked at yet
        self._reading: asyncio.Future[ProxySettings] | None = None
        self._lookups: dict[str, asyncio.Task[tuple[Route, ...] | None]] = {}
        self._one_by_one = asyncio.Lock()  # after the first answer the others take no time
        self._direct_works = asyncio.Event()
        self._unreached: set[Proxy] = set()
        self._settings = ProxySettings()
        self._silent = False
        self._answered = False
        self._unsupported = False

    @property
    def use(self) -> ProxyUse:
        """How https left this computer, as far as it was asked."""
        if self._settings.automatic is not None:
            if self._unsupported:
                return ProxyUse.UNSUPPORTED
            if self._answered:
                return ProxyUse.AUTOMATIC
            if self._settings.automatic and self._silent:
                return ProxyUse.SILENT
        return ProxyUse.NONE if self._settings.fixed is None else ProxyUse.FIXED

    def prepare(self) -> None:
        """Looks whether there may be a proxy at all; for a thread that has nothing else to do."""
        if self._hinted is None:
            self._hinted = self._system.hinted()

    async def routes(self, host: str) -> tuple[Route, ...]:
        """The ways to a host, to be tried in this order; never empty."""
        settings = await self._read()
        if settings.automatic is None or self._silent:
            return await self._fixed(settings, host)
        if settings.automatic == "" and (self._direct_works.is_set() or not self._answered):
            if not self._direct_works.is_set():
                self._look_up(host)  # under way, should the direct way not work
            return await self._fixed(settings, host)
        found = await asyncio.shield(self._look_up(host))
        return self._sorted(found) if found else await self._fixed(settings, host)

    async def instead(self, host: str) -> tuple[Route, ...]:
        """Proxies to try where the direct way did not work, from a configuration that only the
        network knows; mostly none, and at once where the direct way is known to work."""
        lookup = self._lookups.get(host)
        if lookup is None or self._settings.automatic != "" or self._direct_works.is_set():
            return ()
        working = asyncio.create_task(self._direct_works.wait())
        try:
            await asyncio.wait({lookup, working}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            working.cancel()
        found = lookup.result() if lookup.done() else None
        return tuple(route for route in self._sorted(found or ()) if route is not None)

    async def named_for(self, host: str) -> str:
        """`HOST:PORT` of the proxy that the system names for a host, empty where it names none."""
        routes = await self.routes(host)
        if routes == DIRECTLY:
            routes = await self.instead(host)
        first = next((route for route in routes if route is not None), None)
        return "" if first is None else f"{first.host}:{first.port}"

    def went_directly(self) -> None:
        """A request arrived without a proxy."""
        self._direct_works.set()

    def could_not_reach(self, proxy: Proxy) -> None:
        """A proxy did not answer."""
        self._unreached.add(proxy)

    async def aclose(self) -> None:
        """Waits for nothing that is still being asked."""
        tasks: list[asyncio.Future[Any]] = [*self._lookups.values()]
        if self._reading is not None:
            tasks.append(self._reading)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self) -> ProxySettings:
        if self._reading is None:
            self.prepare()
            if not self._hinted:
                return self._settings
            self._reading = aside(self._system.read, "proxies")
        with suppress(OSError, ValueError):
            self._settings = await asyncio.shield(self._reading)
        return self._settings

    async def _fixed(self, settings: ProxySettings, host: str) -> tuple[Route, ...]:
        if settings.fixed is None:
            return DIRECTLY
        # In a thread, because on Windows and macOS this may ask the name service.
        needs_none = await aside(functools.partial(settings.bypass, host), "proxies")
        return DIRECTLY if needs_none else (settings.fixed,)

    def _look_up(self, host: str) -> asyncio.Task[tuple[Route, ...] | None]:
        if host not in self._lookups:
            self._lookups[host] = asyncio.create_task(self._ask(host))
        return self._lookups[host]

    async def _ask(self, host: str) -> tuple[Route, ...] | None:
        """What the configuration says, None where it does not speak."""
        assert self._settings.automatic is not None
        ask = functools.partial(
            self._system.ask, self._settings.automatic, host, seconds=self._patience
        )
        async with self._one_by_one:
            if self._silent:
                return None
            try:
                said = await self._asker.ask(ask, self._patience)
            except (NoWord, OSError, ValueError):  # TimeoutError is an OSError
                self._silent = True
                return None
        self._answered = True
        routes = read_routes(said)
        self._unsupported = self._unsupported or (not routes and bool(said))
        return routes or DIRECTLY

    def _sorted(self, routes: Sequence[Route]) -> tuple[Route, ...]:
        return tuple(sorted(routes, key=lambda route: route in self._unreached))


async def named_proxy(network: object, host: str) -> str:
    """`HOST:PORT` of the proxy for a host, empty where there is none, as on a network that is only
    played back or embedded."""
    proxies = getattr(network, "proxies", None)
    return await proxies.named_for(host) if isinstance(proxies, SystemProxies) else ""


async def hides_names(network: object) -> bool:
    """True where even a name that has always been there cannot be looked up: behind some proxies
    computers know the names of the company only."""
    resolver = getattr(network, "resolver", None)
    return resolver is not None and not isinstance(await resolver.addresses(_OLD_NAME), Records)


def use_of(network: object) -> ProxyUse:
    """How https left this computer over this network."""
    proxies = getattr(network, "proxies", None)
    return proxies.use if isinstance(proxies, SystemProxies) else ProxyUse.NONE


def read_routes(said: Sequence[str]) -> tuple[Route, ...]:
    """The ways that can be gone, each once: HTTP proxies and the direct one. What names a proxy may
    not name credentials."""
    found: dict[Route, None] = {}
    for text in said[: 4 * MAX_ROUTES]:
        if text.strip().lower().removesuffix("//") in {"direct", "direct:"}:
            found[None] = None
        elif (proxy := parse_proxy(text.strip())) is not None:
            found[Proxy(proxy.host, proxy.port)] = None
    return tuple(found)[:MAX_ROUTES]


def parse_proxy(text: str) -> Proxy | None:
    """`http://[USER:PASSWORD@]HOST[:PORT]`, also without `http://`; None for anything else."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = 80 if parts.port is None else parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    if parts.scheme != "http" or not host or not port or not host.isprintable() or " " in host:
        return None
    return Proxy(host, port, unquote(parts.username or ""), Secret(unquote(parts.password or "")))


def urllib_settings(automatic: str | None = None) -> ProxySettings:
    """A fixed proxy as Python finds it: in the environment, on Windows and macOS in the system."""
    return ProxySettings(parse_proxy(getproxies().get("https", "")), proxy_bypass, automatic)


@functools.cache
def _asker() -> Asker:
    """The one for this computer, whose networks come and go."""
    return Asker("proxies")


def _this_system() -> ProxySystem:
    if sys.platform == "win32":
        from wizard.net.proxy_windows import System
    elif sys.platform == "darwin":
        from wizard.net.proxy_macos import System
    else:
        from wizard.net.proxy_linux import System
    return System()
