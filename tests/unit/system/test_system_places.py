"""Where things are on this computer."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from wizard.system import output_folder, resources, this_computer, windows

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the rules of Linux (XDG)")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
        "XDG_DOCUMENTS_DIR",
        "LANGUAGE",
        "LC_ALL",
        "LC_MESSAGES",
        "LANG",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@linux_only
def test_the_folders_of_a_plain_home(home: Path) -> None:
    found = this_computer()
    assert found.system == "linux"
    assert found.home == home
    assert found.config == home / ".config"
    assert found.data == home / ".local" / "share"
    assert found.state == home / ".local" / "state" / "mail-setup-wizard"
    assert home / ".local" / "share" / "flatpak" / "app" in found.programs


@linux_only
def test_the_variables_of_the_xdg_specification(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "c"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "s"))
    monkeypatch.setenv("XDG_DATA_HOME", "relative/is/ignored")
    found = this_computer()
    assert found.config == home / "c"
    assert found.state == home / "s" / "mail-setup-wizard"
    assert found.data == home / ".local" / "share"


def test_the_journal_can_be_told_to_lie_elsewhere(home: Path) -> None:
    assert this_computer(home / "here").state == home / "here"


def test_looking_writes_nothing(home: Path) -> None:
    output_folder(this_computer(), "ada@shop.example")
    assert list(home.iterdir()) == []


@linux_only
def test_the_search_path_in_its_order(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = home / "b", home / "a"
    for folder in (first, second):
        folder.mkdir(parents=True)
    named = (first, "", second, home / "absent", first)
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, named)))
    assert this_computer().search_path == (first, second)


def test_folders_that_are_closed_to_us_are_not_searched(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The path is still root's after `su anna`."""
    monkeypatch.setenv("PATH", str(home))
    monkeypatch.setattr(os, "access", lambda place, mode: False)
    assert this_computer().search_path == ()


@linux_only
@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "en"),
        ({"LANG": "de_CH.UTF-8"}, "de"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LC_ALL": "POSIX", "LANG": "de_DE"}, "en"),
        ({"LC_ALL": "C.UTF-8", "LANGUAGE": "de"}, "en"),
        ({"LANG": "de_DE", "LC_MESSAGES": "it_IT@euro"}, "it"),
        ({"LANGUAGE": "fr:de", "LANG": "en_US.UTF-8"}, "fr"),
        ({"LANGUAGE": "", "LANG": "es"}, "es"),
    ],
)
def test_the_users_language(
    home: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], language: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert this_computer().language == language


@linux_only
def test_files_go_to_the_documents_where_there_are_any(home: Path) -> None:
    places = this_computer()
    assert output_folder(places, "ada@shop.example") == home / "Mail settings" / "ada@shop.example"
    (home / "Documents").mkdir()
    found = output_folder(places, "a/../b@shop.example")
    assert found == home / "Documents" / "Mail settings" / "a_.._b@shop.example"


def test_documents_may_lie_elsewhere(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """On another drive, in OneDrive, on a company's server; a test's own home counts for itself."""
    elsewhere = tmp_path_factory.mktemp("documents")
    monkeypatch.setattr("platformdirs.user_documents_dir", lambda: str(elsewhere))
    places = this_computer()
    assert output_folder(places, "ada@shop.example").is_relative_to(elsewhere)
    other = replace(places, home=home / "other")
    assert output_folder(other, "ada@shop.example").is_relative_to(home / "other")


def test_windows_names_the_folders_that_thunderbird_is_in(monkeypatch: pytest.MonkeyPatch) -> None:
    own = '"D:\\Programme\\Mail\\thunderbird.exe"'
    everybody = "C:\\Program Files\\Mozilla Thunderbird\\thunderbird.exe"
    monkeypatch.setattr(windows, "_own_value", lambda key, name: own)
    monkeypatch.setattr(windows, "_machine_value", lambda key, name: everybody)
    assert windows.thunderbird_facts() == (
        ("thunderbird.folder", "D:\\Programme\\Mail"),
        ("thunderbird.folder", "C:\\Program Files\\Mozilla Thunderbird"),
    )
    monkeypatch.setattr(windows, "_own_value", lambda key, name: everybody)
    assert len(windows.thunderbird_facts()) == 1
    for name in ("_own_value", "_machine_value"):
        monkeypatch.setattr(windows, name, lambda key, name: "")
    assert windows.thunderbird_facts() == ()


def test_the_programs_own_files_are_found() -> None:
    assert resources().is_dir()
    assert resources("translations").parent == resources()
