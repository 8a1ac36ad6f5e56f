"""The smoke test sees what is wrong: tried on programs that are."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import commandline
import facts
import parts
import smoke
from tests.lab.requirements import need_programs
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
        assert f'.SS "mail\\-wizard {command.replace("-", chr(92) + "-")}' in page
    for option in ("--lang LL", "--timeout S", "--store-password"):
        assert page.count(f"\n.B {option.replace('-', chr(92) + '-')}\n") == 1
    assert ".B 130" in page


def test_the_man_page_is_one_that_man_can_show(tmp_path: Path) -> None:
    need_programs("mandoc")
    page = tmp_path / "mail-wizard.1"
    page.write_text(commandline.man_page(0), encoding="utf-8")
    checked = subprocess.run(["mandoc", "-T", "lint", str(page)], capture_output=True, text=True)
    assert (checked.returncode, checked.stdout) == (0, "")


ASKED = {
    "mail-wizard di": {"discover", "diagnose"},
    "mail-wizard setup --al": {"--alias"},
    "mail-wizard undo --lang ": {"en", "fr", "de", "it", "es"},
    "mail-wizard demo --mode w": {"wrong-password"},
    "mail-wizard publish shop.test --settings ./ser": {"./servers.json"},
}
"""What is typed before the tab key, and words that have to be offered."""

BASH = """
source "$1"
read -r -a COMP_WORDS <<< "$2"
[[ $2 == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )); COMP_LINE=$2; COMP_POINT=${#2}
function=$(complete -p mail-wizard | sed 's/.*-F \\([^ ]*\\).*/\\1/')
$function mail-wizard "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH = """
zmodload zsh/zpty
zpty shell "TERM=dumb zsh -f -i"
zpty -w shell "PS1=READY; fpath=(${1:h} \\$fpath); autoload -Uz compinit; compinit -u -D"
zpty -w shell "bindkey '^M' undefined; bindkey '^J' accept-line; PS1=ASK"
zpty -r shell text '*ASK*'; zpty -r -m shell text '*ASK'
zpty -w -n shell "$2"$'\\t'
zpty -w shell $'\\C-e\\C-uprint DONE$((1))'
zpty -r -m shell text '*DONE1*'
print -r -- "$text"
zpty -d shell
"""
SHELLS = {
    "bash": ("bash", ("bash", "--norc", "-c", BASH, "bash")),
    "zsh": ("_mail-wizard", ("zsh", "-f", "-c", ZSH, "zsh")),
    "fish": (
        "mail-wizard.fish",
        ("fish", "--no-config", "-c", "source $argv[1]; complete -C$argv[2]"),
    ),
}


@pytest.mark.parametrize("shell", commandline.SHELLS)
def test_the_tab_key_offers_what_may_follow(shell: str, tmp_path: Path) -> None:
    name, words = SHELLS[shell]
    need_programs(words[0])
    script = tmp_path / "completion" / name
    script.parent.mkdir()
    script.write_text(commandline.completion(shell), encoding="utf-8")
    (tmp_path / "servers.json").touch()
    env = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    for typed, offered in ASKED.items():
        asked = subprocess.run(
            [*words, str(script), typed],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
        found = set(re.findall(r"[\w./-]+", asked.stdout))
        assert offered <= found, (typed, asked.stdout, asked.stderr)


def test_every_argument_is_explained() -> None:
    for action in (action for one in commandline._every(parser()) for action in one._actions):
        told = action.help or isinstance(action, argparse._SubParsersAction)
        assert told, (action.dest, action.option_strings)
