"""The smoke test sees what is wrong: tried on programs that are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import commandline
import facts
import parts
import smoke
from wizard.cli.arguments import parser

TALKS = "import sys; sys.stderr.write('qt.qpa: no'); sys.exit(3)"
HALF = """
import json
print(json.dumps({"ok": False, "frozen": True, "version": "0", "qr": False,
                  "translations": {"en": True, "fr": False}, "keychain": {"works": False},
                  "qt_support": "loader.py", "qt_waits": False, "qt_plugins": ["/"],
                  "others_load_their_own": False}))
"""
LEAKS = """
import pathlib, sys
out = pathlib.Path(sys.argv[-1]); out.mkdir(parents=True)
(out / "settings-a.html").write_text("<!doctype html>sunflower")
"""


def program(code: str, keychain: bool = False) -> smoke.Program:
    return smoke.Program((sys.executable, "-c", code), keychain=keychain)


def test_a_window_that_talks_is_seen(tmp_path: Path) -> None:
    found = list(smoke.opens(program(TALKS), str(tmp_path)))
    assert found == ["the window ended with 3", "the window said: qt.qpa: no"]


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    found = list(smoke.is_whole(program(HALF), str(tmp_path)))
    assert found == [
        "missing: ok, qr, qt_waits, others_load_their_own, fr",
        "Qt for Python compiles loader.py at every start",
        "Qt was loaded before anything asked for it",
        "programs it starts would load its libraries",
        "Qt looks for plug-ins in /",
        f"version 0 instead of {facts.version()}",
    ]
    assert list(smoke.is_whole(program(TALKS), str(tmp_path))) == [
        "--self-check ended with 3: qt.qpa: no"
    ]


def test_a_demo_that_makes_too_little_or_tells_the_password_is_seen(tmp_path: Path) -> None:
    found = list(smoke.walks(program(LEAKS), str(tmp_path)))
    assert "0 pages were drawn instead of 9" in found
    assert "the demo made no proper *.pdf" in found
    assert "the password is in settings-a.html" in found


def test_paths_and_secrets_of_the_builder_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIZARD_SIGNING_PASSWORD", "canary")
    content = [("a.pyc", str(facts.ROOT).encode()), ("b.txt", b"a canary sang")]
    monkeypatch.setattr(smoke, "everything_in", lambda file: content)
    found = list(smoke.holds_nothing_of_its_builder(program(TALKS), str(tmp_path)))
    assert found == [
        f"{facts.ROOT} is in a.pyc",
        "the value of WIZARD_SIGNING_PASSWORD is in b.txt",
    ]


def test_what_others_published_with_such_a_path_is_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wheels made by a public CI name the home that its runners all have."""
    home = b"/Users/somebody-who-builds"
    wheel = tmp_path / "_rust.abi3.so"
    wheel.write_bytes(home + b"/.cargo/registry")
    monkeypatch.setattr(Path, "home", lambda: Path(home.decode()))
    monkeypatch.setattr(parts, "_files_of_distributions", lambda: {str(wheel): "cryptography"})
    content = [("_rust.abi3.so", wheel.read_bytes()), ("wizard.model", home)]
    monkeypatch.setattr(smoke, "everything_in", lambda file: content)
    found = list(smoke.holds_nothing_of_its_builder(program(TALKS), str(tmp_path)))
    assert found == [f"{home.decode()} is in wizard.model"]


@pytest.mark.parametrize("shell", commandline.SHELLS)
def test_completions_know_every_command(shell: str) -> None:
    script = commandline.completion(shell)
    for command in commandline.commands(parser()):
        assert command in script


def test_the_man_page_explains_every_command_and_exit_code() -> None:
    page = commandline.man_page(0)
    assert page.startswith(".TH MAIL")
    assert "1970" in page
    for command in commandline.commands(parser()):
        assert f"COMMAND \\fI\\,'mail\\-wizard {command.replace('-', chr(92) + '-')}'" in page
    assert ".B 130" in page
