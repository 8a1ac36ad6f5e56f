"""The log never shows a password, in whatever form something wrote it there."""

from __future__ import annotations

import base64
import json
import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard.model import Secret
from wizard.system.log import (
    LOGGER,
    Redactor,
    close_log,
    crash_report,
    encodings,
    open_log,
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
