"""What a build says about itself: names, version, dates, checksums."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

import build
import deb
import entry
import facts
from wizard import __version__
from wizard.gui.application import DESKTOP_ID


def test_the_version_is_written_in_one_place() -> None:
    assert facts.version() == __version__


def test_the_window_bears_the_name_of_the_desktop_entry() -> None:
    assert facts.IDENTIFIER == DESKTOP_ID


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("1.2.3", (1, 2, 3, 0)), ("0.1", (0, 1, 0, 0)), ("1.2.3rc4", (1, 2, 3, 4))],
)
def test_windows_wants_four_numbers(text: str, numbers: tuple[int, int, int, int]) -> None:
    assert facts.version_numbers(text) == numbers


def test_the_date_of_a_build_is_that_of_its_source() -> None:
    assert build.source_date({"SOURCE_DATE_EPOCH": "17"}) == "17"
    assert build.source_date({}).isdecimal()


@pytest.mark.parametrize(
    ("version", "debian"), [("1.2.3", "1.2.3"), ("1.2.0rc1", "1.2.0~rc1"), ("0.1.0a2", "0.1.0~a2")]
)
def test_pre_releases_sort_before_the_release(version: str, debian: str) -> None:
    assert deb.debian_version(version) == debian


def test_checksums_cover_what_is_handed_out(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.deb").write_bytes(b"a")
    sums = build.write_checksums(tmp_path)
    assert build.write_checksums(tmp_path) == sums
    assert sums.read_text() == f"{hashlib.sha256(b'a').hexdigest()}  a.deb\n"


def test_unknown_words_build_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["everything"]) == 2
    assert "portable" in capsys.readouterr().out


def test_what_the_program_starts_gets_the_libraries_of_the_system() -> None:
    ours = {"LD_LIBRARY_PATH": "/program", "QT_PLUGIN_PATH": "/anaconda", "LANG": "C"}
    tidied = dict(ours)
    entry.tidy(tidied)
    assert tidied == {"LANG": "C"}
    tidied = ours | {"LD_LIBRARY_PATH_ORIG": "/mine"}
    entry.tidy(tidied)
    assert tidied == {"LANG": "C", "LD_LIBRARY_PATH": "/mine"}


def test_what_software_centres_show_is_there() -> None:
    template = (deb.TEMPLATES / "metainfo.xml").read_text(encoding="utf-8")
    pictures = re.findall(r"@PICTURES@/([^<]+)<", template)
    assert pictures
    for name in pictures:
        assert (facts.ROOT / "resources" / "screenshots" / name).is_file()
    for language in ("de", "fr", "it", "es"):
        assert template.count(f'xml:lang="{language}"') == 1 + 5 + len(pictures)
