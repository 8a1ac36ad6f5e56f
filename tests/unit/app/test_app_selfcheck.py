"""The facts a finished build tells about itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wizard import __version__
from wizard.app import main
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
