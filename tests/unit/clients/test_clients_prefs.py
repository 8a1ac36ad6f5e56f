"""prefs.js: read as the program reads it, edited without touching anything else."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.clients.prefs import Prefs, Value

VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
)
NAMES = st.from_regex(r"[a-z][a-zA-Z0-9._$-]{0,25}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('user_pref("a", "b");', "b"),
        ("user_pref('a', 'b\"c');", 'b"c'),
        ('user_pref("a", "q\\"\\\\\\n\\x41\\u00e9\\ud83d\\ude00");', 'q"\\\nAé😀'),
        ('user_pref("a", -12);', -12),
        ('user_pref("a", +3);', 3),
        ('user_pref("a", true);', True),
        ('user_pref ( "a" /* why */ , // so\n false ) ;', False),
        ('pref("a", 1);user_pref("a", 2);', 2),
        ('user_pref("a", 1, sticky);', 1),
        ('# user_pref("a", 0);\nuser_pref("a", 1);\n// user_pref("a", 2);\n', 1),
        ('/* user_pref("a", 2); */ user_pref("a", 1);', 1),
        ('\ufeffuser_pref("b", 0);\nuser_pref("a", 1);', 1),
        ('what is this?;\nuser_pref("a", 1);', 1),
        ('user_pref("a", 1);\nwhat is this?\nuser_pref("a", 2);', 1),
        ('user_pref("a", 1);\nuser_pref("a", "\\q");', 1),
        ('user_pref("a", 1);\nuser_pref("a", 99999999999);', 1),
        ('user_pref("a", 1);\nuser_pref("a", # 2);\n', 1),
        ('user_pref("a", 1);\n/* never closed user_pref("a", 2);', 1),
        ('user_pref("a", 1);\nuser_pref("b", "never closed);\nuser_pref("a", 2);\n', 1),
        ('user_pref("a", 1);\0user_pref("a", 2);', 1),
        ('user_pref("a" 5);\nuser_pref("a", 1);', 1),
    ],
)
def test_values_are_read_as_the_program_reads_them(text: str, value: Value) -> None:
    found = Prefs.parse(text.encode()).values["a"]
    assert (type(found), found) == (type(value), value)


@given(st.binary(max_size=200))
def test_any_file_comes_back_byte_for_byte(data: bytes) -> None:
    assert Prefs.parse(data).to_bytes() == data


@given(
    st.lists(
        st.sampled_from(
            [
                "user_pref(",
                '"',
                "'",
                "\\",
                "/*",
                "*/",
                "//",
                "a",
                ",",
                "1",
                ");",
                "\n",
                "\r\n",
                "#",
                "é",
                " ",
            ]
        ),
        max_size=40,
    ).map("".join)
)
def test_a_damaged_file_is_never_damaged_further(text: str) -> None:
    prefs = Prefs.parse(text.encode())
    after = prefs.edited({"new": 1}).text
    assert after.startswith(text)
    assert after.removeprefix(text).strip() in {
        'user_pref("new", 1);',
        '// Mozilla User Preferences\n\nuser_pref("new", 1);',
    }


@given(st.dictionaries(NAMES, VALUES, max_size=8), st.dictionaries(NAMES, VALUES, max_size=5))
def test_what_is_written_is_read_again(first: dict[str, Value], second: dict[str, Value]) -> None:
    prefs = Prefs.parse(b"").edited(first).edited(second)
    expected = first | second
    assert dict(Prefs.parse(prefs.to_bytes()).values) == expected
    assert {k: type(v) for k, v in prefs.values.items()} == {
        k: type(v) for k, v in expected.items()
    }


@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=8), st.data())
def test_removing_what_was_added_restores_the_text(
    values: dict[str, Value], data: st.DataObject
) -> None:
    base = Prefs.parse(b'// head\nuser_pref("ZZ.mine", "stays"); // here\n')
    added = base.edited(values)
    names = data.draw(st.permutations(list(values)))
    assert added.edited(dict.fromkeys(names)).text == base.text


def test_setting_the_same_value_changes_nothing() -> None:
    prefs = Prefs.parse(b'user_pref( "a" , 1 ) ;\n')
    assert prefs.edited({"a": 1}) is prefs


def test_true_and_one_are_different_values() -> None:
    assert Prefs.parse(b'user_pref("a", 1);').edited({"a": True}).text == 'user_pref("a", true);'


def test_of_two_statements_the_one_that_counts_is_edited() -> None:
    prefs = Prefs.parse(b'user_pref("a", 1);\nuser_pref("a", 2);\n')
    assert prefs.edited({"a": 3}).text == 'user_pref("a", 1);\nuser_pref("a", 3);\n'
    assert prefs.edited({"a": None}).text == ""


def test_bytes_that_are_no_utf8_stay() -> None:
    data = b'user_pref("a", "\xff\xfe");\n'
    after = Prefs.parse(data).edited({"b": 1}).to_bytes()
    assert after == data + b'user_pref("b", 1);\n'


# --- thirty shapes in which a person's preferences can come -----------------------------------


TEXTS = (
    "",
    "x",
    'say "hi"',
    "back\\slash",
    "two\nlines",
    "日本語 ünï",
    ");//",
    'user_pref("inside", 1);',
    "it's",
    "/* no comment */",
    "# no",
)


def shape(seed: int) -> tuple[bytes, dict[str, Value]]:
    """A preferences file of one of many shapes, and the values it holds.

    Line ends, indentation, comments, duplicates, odd quoting, several statements on a line, no
    final line end, a BOM, values that look like statements: each by the seed.
    """
    draw = random.Random(seed)
    newline = draw.choice(["\n", "\r\n"])
    known: dict[str, Value] = {}
    lines: list[str] = []
    if seed % 3 == 0:
        lines.append("// Mozilla User Preferences" + newline)
    if seed % 7 == 0:
        lines.append("/* a block" + newline + ' user_pref("not.me", 1); */' + newline)
    for number in range(draw.randint(0, 40)):
        name = f"shape.{draw.choice('abcdef')}.{number if draw.random() < 0.9 else 0}"
        value = draw.choice(
            list[Value](
                [
                    draw.randint(-5, 70000),
                    draw.random() < 0.5,
                    draw.choice(TEXTS),
                ]
            )
        )
        known[name] = value
        lines.append(_statement(draw, name, value, newline))
    text = "".join(lines)
    if seed % 5 == 0:
        text = text.removesuffix(newline)
    if seed % 11 == 0:
        text = "\ufeff" + text
    return text.encode(), known


def _statement(draw: random.Random, name: str, value: Value, newline: str) -> str:
    literal = str(value).lower() if not isinstance(value, str) else _quote(draw, value)
    gap = draw.choice(["", " ", "\t"])
    text = f'user_pref({gap}"{name}",{gap or " "}{literal}{gap});'
    return (
        draw.choice(["", "  ", "\t"])
        + text
        + draw.choice([newline, newline, newline + newline, " // so" + newline, " "])
    )


def _quote(draw: random.Random, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("\n", "\\n")
    if draw.random() < 0.3 and "'" not in value:
        return f"'{escaped}'"
    return '"' + escaped.replace('"', '\\"') + '"'


@pytest.mark.parametrize("seed", range(30))
def test_thirty_shapes_survive_a_round_trip(seed: int) -> None:
    data, known = shape(seed)
    prefs = Prefs.parse(data)
    assert dict(prefs.values) == known
    changes: dict[str, Value | None] = {"mail.new": "y", "mail.number": 7}
    if known:
        changes[next(iter(known))] = "changed"
    after = prefs.edited(changes)
    assert dict(after.values) == known | changes
    back: dict[str, Value | None] = {name: known.get(name) for name in changes}
    restored = after.edited(back)
    assert dict(restored.values) == known
    assert _without_quote_style(restored.text) == _without_quote_style(_ended(data.decode()))


def _ended(text: str) -> str:
    """An added line gives a last line without line end its line end; that one stays."""
    newline = "\r\n" if "\r\n" in text else "\n"
    if not text.strip():
        text = text or "// Mozilla User Preferences\n\n"
    return text if text.endswith("\n") else text + newline


def _without_quote_style(text: str) -> str:
    """A value put back is written the program's way; only its quotes may differ."""
    return re.sub(r"['\"]|\\", "", text)
