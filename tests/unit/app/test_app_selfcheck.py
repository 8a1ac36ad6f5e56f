"""The facts a finished build tells about itself."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from wizard import __version__
from wizard.app import main, selfcheck
from wizard.keychain import Keychain
from wizard.system.resources import resources


@pytest.fixture
def no_keychain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.keychain.allowed", lambda: ())
    assert Keychain()._names == ()


def test_a_source_tree_has_everything(
    no_keychain: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--self-check"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["version"] == __version__
    assert facts["frozen"] is False
    assert facts["keychain"] == {"works": False, "reason": "absent"}
    assert facts["authorities"]
    assert facts["providers"] > 20


@pytest.mark.parametrize("lost", ["translations", "providers.toml"])
def test_what_is_missing_is_seen(
    lost: str,
    no_keychain: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(
        "wizard.app.selfcheck.resources",
        lambda name="": tmp_path / name if name == lost else resources(name),
    )
    assert main(["--self-check"]) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False


@pytest.mark.parametrize(("good_after", "works"), [(1, True), (2, True), (3, True), (4, False)])
def test_a_keychain_that_wakes_up_late_is_asked_again(
    good_after: int, works: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[bool] = []

    async def round_trip() -> dict[str, object]:
        tries.append(len(tries) + 1 >= good_after)
        return {"works": tries[-1], "backend": "vault"}

    monkeypatch.setattr(selfcheck, "_round_trip", round_trip)
    told = asyncio.run(selfcheck._keychain())
    assert told["works"] is works
    assert len(tries) == min(good_after, 3)
    assert told.get("tries", 1) == len(tries)
