"""The demo's outside, where everything is real but the keychain; and what outlives a crash."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wizard import keychain
from wizard.app.demo import DemoOutside, _places
from wizard.app.outside import Outside
from wizard.cli.options import Options
from wizard.model import (
    Account,
    EmailAddress,
    Provider,
    Secret,
    Security,
    ServerSettings,
    ServerType,
)
from wizard.system import this_computer


def test_a_demo_leaves_the_systems_keychain_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    touched: list[str] = []

    async def touch(*_: object) -> None:
        touched.append("keychain")

    for name in ("store", "fetch", "delete"):
        monkeypatch.setattr(keychain, name, touch)
    address = EmailAddress("anna", "demo.example")
    imap = ServerSettings(
        ServerType.IMAP, "mail.demo.example", 993, Security.TLS, (), str(address), evidence=()
    )
    account = Account(address, "Anna", Provider(""), imap, imap, (), datetime.now(UTC))
    outside = DemoOutside(Options())
    outside.vault.put(address, Secret("toy"))

    async def both() -> Secret | None:
        assert await outside.stored_password(address) is None
        assert await outside.store_password(account) is None
        return await outside.stored_password(address)

    kept = asyncio.run(both())
    assert kept is not None
    assert kept.reveal() == "toy"
    assert touched == []
    assert not outside.keychain_lasts
    assert Outside(Options()).keychain_lasts


def test_what_is_kept_for_the_next_start_is_its_owners_alone(tmp_path: Path) -> None:
    places = replace(this_computer(), state=tmp_path / "state")

    async def later() -> str:
        await Outside(Options(), places=places).keep("a journey")
        return await Outside(Options(), places=places).kept()

    assert asyncio.run(later()) == "a journey"
    (file,) = (tmp_path / "state").iterdir()
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o600
    asyncio.run(Outside(Options(), places=places).keep(""))
    assert asyncio.run(Outside(Options(), places=places).kept()) == ""
    assert list((tmp_path / "state").iterdir()) == []
    (tmp_path / "file").write_text("")
    nowhere = replace(places, state=tmp_path / "file" / "state")
    asyncio.run(Outside(Options(), places=nowhere).keep("cannot be kept, and does not matter"))


def test_a_demo_leaves_the_registry_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On a Windows with Outlook, its settings are outside the home that a demo has to itself."""
    there = replace(this_computer(), facts=(("outlook.path", "C:\\Office\\OUTLOOK.EXE"),))
    monkeypatch.setattr("wizard.system.this_computer", lambda: there)
    assert dict(_places(tmp_path).facts) == {}


def test_a_first_start_is_one_where_the_wizard_has_left_nothing(tmp_path: Path) -> None:
    places = replace(this_computer(), state=tmp_path / "state")
    outside = Outside(Options(), places=places)
    assert outside.is_first_time()
    asyncio.run(outside.keep("{}"))
    assert not outside.is_first_time()
    asyncio.run(outside.keep(""))
    assert outside.is_first_time()
