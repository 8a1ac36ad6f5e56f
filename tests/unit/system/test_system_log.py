"""The log never shows a password, in whatever form something wrote it there."""

from __future__ import annotations

import base64
import json
import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit import posix
from wizard.model import Secret
from wizard.system.log import (
    LOGGER,
    Memory,
    Redactor,
    close_log,
    crash_report,
    encodings,
    open_log,
    remember,
)

PASSWORD = 'pä"ss\\w örd+/42'
USER = "anna@shop.example"


@pytest.fixture
def redactor() -> Redactor:
    redactor = Redactor()
    redactor.watch(Secret(PASSWORD), USER)
    return redactor


@pytest.fixture
def log(tmp_path: Path, redactor: Redactor) -> Iterator[Path]:
    path = tmp_path / "wizard.log"
    open_log(path, redactor)
    yield path
    close_log()


@pytest.mark.parametrize("form", sorted(encodings(PASSWORD, USER)))
def test_every_form_is_hidden(log: Path, form: str) -> None:
    LOGGER.debug("sent %s to the server", form)
    assert log.read_text(encoding="utf-8").endswith("DEBUG sent *** to the server\n")


def test_tracebacks_are_cleaned(log: Path) -> None:
    try:
        raise ValueError(f"bad {PASSWORD}")
    except ValueError:
        LOGGER.exception("a library said")
    text = log.read_text(encoding="utf-8")
    assert "ValueError: bad ***" in text
    assert PASSWORD not in text


@posix.rights
def test_only_its_owner_reads_the_log(log: Path) -> None:
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_the_forms_are_those_of_the_protocols() -> None:
    forms = encodings(PASSWORD, USER)
    assert base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode() in forms
    assert json.dumps({"p": PASSWORD}) != json.dumps({"p": ""})
    assert any(form in json.dumps({"p": PASSWORD}) for form in forms)


def test_a_crash_report_holds_the_stack_and_no_values(redactor: Redactor) -> None:
    def inner(secret_local: str) -> None:
        raise RuntimeError(f"said {secret_local}")

    with pytest.raises(RuntimeError) as caught:
        inner(PASSWORD)
    text = crash_report(caught.value, redactor, "1.2")
    assert "in inner" in text
    assert "said ***" in text
    assert PASSWORD not in text


def test_nothing_is_logged_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    LOGGER.log(logging.DEBUG, "quiet")
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def memory(redactor: Redactor) -> Iterator[Memory]:
    memory = Memory(redactor)
    remember(memory)
    yield memory
    close_log()


@pytest.mark.parametrize("form", sorted(encodings(PASSWORD, USER)))
def test_no_form_is_remembered(memory: Memory, form: str) -> None:
    LOGGER.debug("sent %s to the server", form)
    (line,) = memory.lines
    assert line.endswith(" sent *** to the server")


def test_what_was_cut_off_leaves_no_part_of_a_password(memory: Memory) -> None:
    LOGGER.debug("%s%s", "x" * 395, PASSWORD)
    (line,) = memory.lines
    assert line.endswith("x***")
    assert "pä" not in line


def test_the_memory_is_short_and_plain(memory: Memory) -> None:
    for number in range(700):
        LOGGER.debug("%d \u202e\x1b[31m", number)
    assert len(memory.lines) == 500
    assert memory.lines[0].endswith(" 200 ⟨202E⟩⟨001B⟩[31m")
    assert memory.lines[-1].endswith(" 699 ⟨202E⟩⟨001B⟩[31m")
    LOGGER.debug("y" * 5000)
    assert len(memory.lines[-1]) < 500


def test_a_bug_is_remembered_line_by_line(memory: Memory) -> None:
    try:
        raise ValueError(f"bad {PASSWORD}")
    except ValueError:
        LOGGER.exception("a library said")
    assert memory.lines[-1].endswith("ValueError: bad ***")
    assert not any("\n" in line for line in memory.lines)


def test_warnings_are_still_seen_in_a_terminal(
    memory: Memory, capsys: pytest.CaptureFixture[str]
) -> None:
    LOGGER.info("nothing to see")
    LOGGER.warning("look at %s", PASSWORD)
    assert capsys.readouterr().err == "look at ***\n"
