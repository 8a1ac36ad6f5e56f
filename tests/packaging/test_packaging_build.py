"""What a build says about itself: names, version, dates, checksums."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import build
import facts
from wizard import __version__


def test_the_version_is_written_in_one_place() -> None:
    assert facts.version() == __version__


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("1.2.3", (1, 2, 3, 0)), ("0.1", (0, 1, 0, 0)), ("1.2.3rc4", (1, 2, 3, 4))],
)
def test_windows_wants_four_numbers(text: str, numbers: tuple[int, int, int, int]) -> None:
    assert facts.version_numbers(text) == numbers


def test_the_date_of_a_build_is_that_of_its_source() -> None:
    assert build.source_date({"SOURCE_DATE_EPOCH": "17"}) == "17"
    assert build.source_date({}).isdecimal()


def test_checksums_cover_what_is_handed_out(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.deb").write_bytes(b"a")
    sums = build.write_checksums(tmp_path)
    assert build.write_checksums(tmp_path) == sums
    assert sums.read_text() == f"{hashlib.sha256(b'a').hexdigest()}  a.deb\n"


def test_unknown_words_build_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["everything"]) == 2
    assert "portable" in capsys.readouterr().out
