"""The wizard's own folder belongs to somebody else: it was once started as administrator."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from wizard.app.outside import Outside
from wizard.cli.options import Options
from wizard.clients import journal
from wizard.messages import Messages
from wizard.model import Problem, ProblemKind
from wizard.system import this_computer


def closed(*_: object) -> None:
    raise PermissionError(13, "Permission denied", "journal.jsonl")


def test_the_window_opens_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "_read", closed)
    outside = Outside(Options(), places=replace(this_computer(), home=tmp_path, state=tmp_path))
    assert asyncio.run(outside.interrupted()) is False
    assert asyncio.run(outside.known()) == ()
    listed = asyncio.run(outside.changes())  # an empty list would not be true
    assert isinstance(listed, Problem)
    assert listed.kind is ProblemKind.FOLDER_NOT_WRITABLE


def test_nobody_is_asked_for_another_folder(tmp_path: Path) -> None:
    problem = journal.own_folder_problem(PermissionError(13, "Permission denied"), tmp_path)
    words = Messages("en", tmp_path).problem(problem)
    assert words.title == "The wizard's own folder is closed to you."
    assert str(tmp_path) in words.explanation
    assert words.action == "Try again"
