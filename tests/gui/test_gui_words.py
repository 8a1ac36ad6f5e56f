"""No sentence for people stands in the window's code unmarked: all go through the catalogues."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gui.conftest import ROOT

GUI = sorted((ROOT / "wizard" / "gui").rglob("*.py"))
SHOWN = {
    "Button",
    "Check",
    "Choice",
    "ChoiceCard",
    "Disclosure",
    "Field",
    "Labelled",
    "NavAction",
    "PasswordField",
    "QAction",
    "QLabel",
    "QPushButton",
    "Row",
    "Text",
    "addButton",
    "addItem",
    "addRow",
    "announce",
    "setAccessibleDescription",
    "setAccessibleName",
    "setInformativeText",
    "setLabelText",
    "setPlaceholderText",
    "setText",
    "setToolTip",
    "setWhatsThis",
    "setWindowTitle",
    "show_help",
    "show_problem",
    "show_state",
    "show_words",
}
"""What puts its text before people: widgets and their methods."""
SENTENCES_IN = {"title", "lead", "spoken", "text", "question", "detail"}
NOT_SHOWN = {"icon", "after", "url", "said"}
NAMES = {"IMAP", "POP3", "SMTP", "SSL/TLS", "STARTTLS", "English", "Thunderbird", "Outlook"}
"""The same in every language."""
_WORD = re.compile(r"[^\W\d_]{2,}")


def called(node: ast.Call) -> str:
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def literals(node: ast.expr) -> Iterator[str]:
    """Texts written right here, also as parts of f-strings and of either-or."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=values):
            for value in values:
                yield from literals(value)
        case ast.IfExp(body=body, orelse=other):
            yield from literals(body)
            yield from literals(other)
        case ast.BinOp(left=left, right=right):
            yield from literals(left)
            yield from literals(right)
        case _:
            return


def unmarked(source: str) -> list[str]:
    """Sentences that reach a widget without passing the catalogues."""
    faults = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = called(node)
        given: list[ast.expr] = []
        if name in SHOWN:
            given += node.args
            given += [word.value for word in node.keywords if word.arg not in NOT_SHOWN]
        elif name == "Chrome":
            given += [word.value for word in node.keywords if word.arg in SENTENCES_IN]
        faults += [
            f"line {node.lineno}: {text!r}"
            for value in given
            for text in literals(value)
            if _WORD.search(text) and text not in NAMES
        ]
    return faults


def test_the_scan_finds_what_it_is_for() -> None:
    assert unmarked('Text("Hello you")') == ["line 1: 'Hello you'"]
    assert unmarked('row.show_state(mark, f"took {n} seconds")') != []
    assert unmarked('Chrome(title="Hello", lead="")') == ["line 1: 'Hello'"]
    assert unmarked('button.setText("On" if on else words.text("Off"))') == ["line 1: 'On'"]
    assert unmarked('Text(words.text("Hello")); Button(kit, "", icon="copy"); Text(f"{n}.")') == []


@pytest.mark.parametrize("file", GUI, ids=lambda path: path.stem)
def test_no_sentence_stands_in_the_code_unmarked(file: Path) -> None:
    assert unmarked(file.read_text(encoding="utf-8")) == []
