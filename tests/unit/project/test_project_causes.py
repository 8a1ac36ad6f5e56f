"""The pages of causes say what the program says."""

from __future__ import annotations

import re

from tests import causes
from wizard.messages import LANGUAGES
from wizard.model import ProblemKind


def test_the_pages_are_in_step_with_the_program() -> None:
    stale = [
        path.name
        for path, text in causes.pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    assert not stale, f"python3 tasks.py docs: {stale}"


def test_every_cause_is_there_in_every_language_with_one_action() -> None:
    pages = causes.pages()
    assert len(pages) == len(LANGUAGES)
    english = next(text for path, text in pages.items() if path.name == "causes.en.md")
    for path, text in pages.items():
        numbers = {int(number) for number in re.findall(r"^## (\d+)", text, re.MULTILINE)}
        assert numbers == {kind.cause for kind in ProblemKind if kind.cause}
        assert text.count("\n## ") == text.count("\n→ **")
        assert not re.search(r"[{}]", text)
        if path.name != "causes.en.md":
            shared = set(text.splitlines()) & set(english.splitlines())
            assert not [line for line in shared if len(line) > 30]  # nothing left untranslated
