"""A computer per program that the wizard changes: installed, and lived in by somebody else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.unit.clients.fake_registry import install
from tests.unit.clients.support import ONE_ACCOUNT, account, places, profile, sender, server
from wizard.clients import registry
from wizard.model import (
    Account,
    Applied,
    ClientPlan,
    EmailAddress,
    Places,
    SourceWords,
)

WORDS = SourceWords()
OTHER = replace(
    account(
        server(host="imap.navy.example", username="grace@navy.example"),
        sender(host="smtp.navy.example", username="grace@navy.example"),
        name="Grace Hopper",
    ),
    address=EmailAddress("grace", "navy.example"),
)


def windows(home: Path) -> Places:
    """A Windows with Microsoft 365 that has an account, and a setting of somebody else."""
    registry = install(home / "registry")
    registry.put(f"{OUTLOOK}\\AutoDiscover", "PreferLocalXML", 4, bytes(4))
    registry.put(f"{OUTLOOK}\\AutoDiscover", "navy.example", 1, "C:\\n.xml\0".encode("utf-16-le"))
    return replace(
        places(home, system="windows"),
        facts=(
            ("outlook.path", "C:\\Program Files\\Office\\OUTLOOK.EXE"),
            ("outlook.version", "16.0.17928"),
            ("outlook.bits", "64-bit"),
            ("outlook.product", "O365HomePremRetail"),
            ("outlook.account", "grace@navy.example"),
        ),
    )


OUTLOOK = "Software\\Microsoft\\Office\\16.0\\Outlook"


def _with_program(client: str) -> Callable[[Path], Places]:
    def make(home: Path) -> Places:
        found = fresh(client, home)
        set_up(client, found, OTHER)
        _forget(found)
        return found

    return make


def _thunderbird(home: Path) -> Places:
    profile(home, ONE_ACCOUNT)
    return places(home)


COMPUTERS: dict[str, Callable[[Path], Places]] = {
    "thunderbird": _thunderbird,
    "evolution": _with_program("evolution"),
    "claws": _with_program("claws"),
    "geary": _with_program("geary"),
    "outlook": windows,
}


def fresh(client: str, home: Path) -> Places:
    """The program installed and never started."""
    if client == "outlook":
        found = windows(home)
        shutil.rmtree(home / "registry")
        return found
    found = places(home)
    (found.search_path[0] / {"claws": "claws-mail"}.get(client, client)).write_text("#!/bin/sh\n")
    return found


def broken(client: str, home: Path) -> Places:
    """The same with our account already there, but with a wrong port and server for sending."""
    found = COMPUTERS[client](home)
    set_up(client, found, account(server(port=1993), sender(host="old.shop.example")))
    _forget(found)
    return found


def planned(client: str, home: Places, wanted: Account | None = None) -> ClientPlan:
    """The plan for an account, which must be one."""
    made = registry.plan(client, wanted or account(), home, WORDS)
    assert isinstance(made, ClientPlan), made
    return made


def set_up(client: str, home: Places, wanted: Account | None = None) -> Applied:
    """Plans and applies."""
    done = registry.apply(planned(client, home, wanted), home)
    assert isinstance(done, Applied), done
    return done


def contents(folder: Path, *without: Path) -> dict[str, bytes]:
    """Every file below a folder, locks excepted."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.name not in {"lock", ".parentlock"}
        and not any(path.is_relative_to(other) for other in without)
    }


def _forget(home: Places) -> None:
    """As if somebody else had done what was done so far."""
    for path in sorted(home.state.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
