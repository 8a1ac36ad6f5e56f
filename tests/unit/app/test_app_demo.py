"""The demo's outside: everything is real but the keychain."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wizard import keychain
from wizard.app.demo import DemoOutside
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
