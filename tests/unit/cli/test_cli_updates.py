"""`newer`: its JSON and exit codes."""

from __future__ import annotations

import pytest

from tests.unit.cli.test_cli_contract import Line, line
from wizard import __version__
from wizard.cli.exits import Exit
from wizard.model.update import Managed, Newer, NotKnown, Unanswered, UpdateAnswer, UpToDate

__all__ = ["line"]  # the fixture

NOTHING = {"installed": __version__, "newer": None, "page": None, "managed_by": None}


@pytest.mark.parametrize(
    ("answer", "code", "facts"),
    [
        (UpToDate("0.1.0"), Exit.DONE, {}),
        (
            Newer("9.0", "https://a.example/"),
            Exit.DONE,
            {"newer": "9.0", "page": "https://a.example/"},
        ),
        (Managed("apt"), Exit.DONE, {"managed_by": "apt"}),
        (NotKnown(Unanswered.FORGED), Exit.PROBLEMS, {"reason": "forged", "detail": ""}),
        (
            NotKnown(Unanswered.UNREACHABLE, "HTTP 404"),
            Exit.NO_NETWORK,
            {"reason": "unreachable", "detail": "HTTP 404"},
        ),
    ],
)
def test_each_answer(line: Line, answer: UpdateAnswer, code: Exit, facts: dict[str, str]) -> None:
    line.outside.newer = answer
    got, document = line.json("newer", "--notice", "https://n.example/")
    assert got == code
    assert line.outside.asked[0] == "newer https://n.example/"
    assert document == {"schema": 1, "ok": code is Exit.DONE, **NOTHING, **facts}


def test_without_an_address_the_publishers_own_is_asked(line: Line) -> None:
    line.outside.newer = UpToDate("0.1.0")
    code, document = line.json("newer")
    assert (code, document["ok"]) == (Exit.DONE, True)
    assert line.outside.asked[0] == "newer "


def test_only_https_is_asked(line: Line) -> None:
    code, document = line.json("newer", "--notice", "http://n.example/")
    assert (code, document["reason"]) == (Exit.USAGE, "usage")
    assert line.outside.asked == []
