"""Thirty differently shaped preferences files: the account goes in, and out again, of each.

Whatever else is in the file keeps its bytes and its meaning; Thunderbird's default account stays
the default; taken back at once every byte is as before, and also after Thunderbird has rewritten
the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.clients.computers import planned, set_up
from tests.unit.clients.support import ONE_ACCOUNT, places, profile
from wizard.clients import registry
from wizard.clients.prefs import Prefs
from wizard.clients.thunderbird_account import ACCOUNTS, DEFAULT_ACCOUNT, logins
from wizard.model import Undone

LINES = ONE_ACCOUNT.splitlines(keepends=True)


def each(change: Callable[[str], str]) -> str:
    """Every statement changed."""
    return "".join(change(line) if line.startswith("user_pref") else line for line in LINES)


def spaced(line: str) -> str:
    return re.sub(r'user_pref\((".*?"), (.*)\);', r"  user_pref ( \1  ,\t\2 ) ; ", line)


def unicode_escaped(line: str) -> str:
    return line.replace('"mail.', '"\\u006d\\u0061il.')


def hex_escaped(line: str) -> str:
    return line.replace('"mail.', '"\\x6dail.')


def single_quoted(line: str) -> str:
    return re.sub(r'"([^"\']*)"', r"'\1'", line)


def broken_up(line: str) -> str:
    return line.replace(", ", ",\n    ")


def commented(line: str) -> str:
    return line.replace("user_pref(", "user_pref /* ) ; */ ( // name comes\n ")


HUGE = "".join(f'user_pref("extensions.x{n}.y", "{"z" * 80}");\n' for n in range(20_000))
SHAPES: dict[str, str | bytes] = {
    "as-written": ONE_ACCOUNT,
    "no-header": "".join(line for line in LINES if line.startswith("user_pref")),
    "crlf": ONE_ACCOUNT.replace("\n", "\r\n"),
    "mac-line-ends": ONE_ACCOUNT.replace("\n", "\r").replace("// ", "# "),
    "mixed-line-ends": "".join(
        line.replace("\n", "\r\n") if number % 3 else line for number, line in enumerate(LINES)
    ),
    "no-last-newline": ONE_ACCOUNT.rstrip("\n"),
    "blank-lines-at-the-end": ONE_ACCOUNT + "\n\n \t\n",
    "byte-order-mark": "\ufeff" + ONE_ACCOUNT,
    "spaces-everywhere": each(spaced),
    "tabs-before": each(lambda line: "\t\t" + line),
    "all-on-one-line": "".join(line.strip() for line in LINES if line.startswith("user_pref")),
    "two-to-a-line": each(lambda line: line.strip() + ("\n" if len(line) % 2 else " ")) + "\n",
    "broken-over-lines": each(broken_up),
    "comments-between": each(lambda line: "// why\n# because\n/* and\nso on */" + line),
    "comments-inside": each(commented),
    "comments-behind": each(lambda line: line.rstrip("\n") + " // its reason; user_pref(\n"),
    "comment-with-a-statement": '// user_pref("mail.account.lastKey", 77);\n' + ONE_ACCOUNT,
    "single-quotes": each(single_quoted),
    "unicode-escapes": each(unicode_escaped),
    "hex-escapes": each(hex_escaped),
    "surrogate-pairs": ONE_ACCOUNT + 'user_pref("mail.x", "\\ud83d\\ude00 \\u00e9");\n',
    "quotes-in-values": ONE_ACCOUNT
    + "user_pref('mail.x', 'say \"hi\"; \\'so\\' // no comment');\n",
    "backslashes": ONE_ACCOUNT + 'user_pref("mail.root", "C:\\\\Users\\\\Ada\\\\");\n',
    "duplicates": "".join(line * 3 if line.startswith("user_pref") else line for line in LINES),
    "duplicates-that-differ": "".join(
        line.replace("navy", "army") for line in LINES if "navy" in line
    )
    + ONE_ACCOUNT,
    "sticky-and-locked": each(lambda line: line.replace(");\n", ", sticky);\n")),
    "default-prefs-too": 'pref("mail.account.lastKey", 9);\n' + ONE_ACCOUNT,
    "nonsense-between": ONE_ACCOUNT.replace("\n", "\nwhat is this?;\n", 8),
    "wrong-numbers": ONE_ACCOUNT + 'user_pref("mail.y", 99999999999999);\n',
    "not-utf-8": ONE_ACCOUNT.encode() + b'user_pref("mail.z", "caf\xe9 \xff");\n',
    "huge": ONE_ACCOUNT + HUGE,
    "gaps-in-numbers": ONE_ACCOUNT.replace("account2", "account40").replace("server2", "server31"),
    "spaces-in-lists": ONE_ACCOUNT.replace('"account1,account2"', '" account1 , account2 "'),
    "upper-case-host": ONE_ACCOUNT.replace("imap.navy.example", "IMAP.Navy.Example"),
}


def test_there_are_thirty() -> None:
    assert len(SHAPES) >= 30
    contents = {text if isinstance(text, bytes) else text.encode() for text in SHAPES.values()}
    assert len(contents) == len(SHAPES)


@pytest.mark.parametrize("shape", SHAPES)
def test_in_and_out_again(tmp_path: Path, shape: str) -> None:
    path = profile(tmp_path, SHAPES[shape]) / "prefs.js"
    home = places(tmp_path)
    before = path.read_bytes()
    old = Prefs.parse(before)
    assert logins(old) == ("grace@navy.example",)

    done = set_up("thunderbird", home)
    new = Prefs.parse(path.read_bytes())
    assert logins(new) == ("grace@navy.example", "ada@shop.example")
    assert new.string(DEFAULT_ACCOUNT) == "account1"
    touched = {setting.key for setting in done.plan.settings}
    assert {k: v for k, v in new.values.items() if k not in touched} == {
        k: v for k, v in old.values.items() if k not in touched
    }
    assert planned("thunderbird", home).unchanged

    undone = registry.undo(done.change_id, home)
    assert isinstance(undone, Undone)
    assert undone.kept == ()
    assert path.read_bytes() == before


@pytest.mark.parametrize("shape", [name for name in SHAPES if name != "huge"])
def test_out_again_after_thunderbird_rewrote_it(tmp_path: Path, shape: str) -> None:
    path = profile(tmp_path, SHAPES[shape]) / "prefs.js"
    home = places(tmp_path)
    old = Prefs.parse(path.read_bytes())
    done = set_up("thunderbird", home)
    # As the program does at its end: everything anew, sorted, with something learnt.
    values = dict(sorted(Prefs.parse(path.read_bytes()).values.items()))
    path.write_bytes(Prefs.parse(b"").edited({**values, "app.learnt": 1}).to_bytes())
    undone = registry.undo(done.change_id, home)
    assert isinstance(undone, Undone)
    assert undone.kept == ()
    left = dict(Prefs.parse(path.read_bytes()).values)
    assert left.pop("app.learnt") == 1
    left.pop("mail.account.lastKey")  # it only counts on
    expected = {name: value for name, value in old.values.items() if "lastKey" not in name}
    expected[ACCOUNTS] = ",".join(old.items(ACCOUNTS))
    assert left == expected
