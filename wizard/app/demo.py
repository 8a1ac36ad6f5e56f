"""`mail-wizard demo`: the main journey against the embedded provider.

The same window, the same code paths; only the network's addresses are given, and the programs are
set up in a home of the demo's own, so that nothing of the person's is touched.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from wizard.app.outside import Outside
from wizard.cli.exits import Exit
from wizard.cli.options import Options, Unusable
from wizard.demo import DemoMode, DemoProvider
from wizard.diagnose import Surroundings, WebControl, WhoAmI
from wizard.model import Account, EmailAddress, Places, Problem, Secret, parse_address
from wizard.model.words import N_
from wizard.system.resources import resources

DEFAULT_OUT = Path("mail-wizard-demo")


class DemoOutside(Outside):
    """This computer, but for its keychain: a toy password has no place in it."""

    @property
    def keychain_lasts(self) -> bool:
        """What is kept goes with the demo."""
        return False

    async def store_password(self, account: Account) -> Problem | None:
        """Keeps the vault's password in memory."""
        secret = self.vault.get(account.address)
        if secret is not None:
            self._memory[str(account.address)] = secret
        return None

    async def stored_password(self, address: EmailAddress) -> Secret | None:
        """What was kept since the demo began."""
        return self._memory.get(str(address))

    @cached_property
    def _memory(self) -> dict[str, Secret]:
        return {}


def demo(options: Options, out: Path | None, mode: str) -> int:
    """Runs the demo: in a window where there is a display, else off-screen with pictures.

    Returns 0 only if receiving and sending were verified.
    """
    from wizard.gui.display import has_display

    folder = (out or DEFAULT_OUT).absolute()
    try:
        (folder / "home").mkdir(parents=True, exist_ok=True)
    except OSError as reason:
        raise Unusable("--out", str(folder), reason.strerror or "") from reason
    with running(DemoProvider(DemoMode(mode))) as provider:
        network = provider.network
        host, port = network.resolver
        outside = DemoOutside(
            replace(options, resolver=f"{host}:{port}", ca_file=network.ca_file),
            connect_map=network.port_map,
            places=_places(folder),
            surroundings=surroundings(provider),
        )
        tell = _Teller(outside)
        tell(N_("A mail provider runs inside this program now, on this computer alone."))
        tell(
            N_("Address: {address}   Name: {name}   Password: {password}"),
            address=provider.address,
            name=provider.name,
            password=provider.password.reveal(),
        )
        tell(N_("That password is kept in memory only; your keychain stays as it is."))
        if has_display():
            return outside.window(exit_after_first_paint=False)
        return _walk(outside, provider, folder, tell)


def _walk(outside: Outside, provider: DemoProvider, folder: Path, tell: _Teller) -> int:
    from wizard.gui.walk import walk

    tell(N_("There is no display: the same pages run unseen, with a picture of each."))
    address = parse_address(provider.address)
    assert isinstance(address, EmailAddress)
    outside.listen()
    walked = walk(
        outside,
        outside.messages,
        resources(),
        name=provider.name,
        address=provider.address,
        password=provider.password,
        folder=folder,
        speak=outside.speak,
    )
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if "home" not in path.relative_to(folder).parts[:1]:
            tell(N_("  {path}"), path=str(path))
    if walked:
        tell(N_("Receiving and sending were verified."))
        return Exit.DONE
    tell(N_("Receiving and sending were not verified."))
    return Exit.REFUSED


def surroundings(provider: DemoProvider) -> Surroundings:
    """Who a diagnosis asks in a network that has nobody but this provider."""
    return Surroundings(
        web=(WebControl(*provider.control),), who_am_i=WhoAmI(f"whoami.{provider.domain}")
    )


def _places(folder: Path) -> Places:
    """This computer's programs, with a home of the demo's own. A registry is not in it: what this
    computer's Outlook has there is not for the demo to know, or to change."""
    from wizard.system import this_computer

    home = folder / "home"
    home.mkdir(exist_ok=True)
    return replace(
        this_computer(),
        home=home,
        config=home / ".config",
        data=home / ".local" / "share",
        state=home / ".local" / "state" / "mail-setup-wizard",
        facts=(),
    )


class _Teller:
    """Progress in words, on standard error: standard output is for answers."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def __call__(self, msgid: str, **values: str) -> None:
        if sys.stderr is not None:
            sys.stderr.write(self._outside.messages.text(msgid, **values) + "\n")
            sys.stderr.flush()


@contextmanager
def running(provider: DemoProvider) -> Iterator[DemoProvider]:
    """The provider in a thread and an event loop of its own: a real other side."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="demo provider", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(provider.start(), loop).result()
        yield provider
    finally:
        asyncio.run_coroutine_threadsafe(provider.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
