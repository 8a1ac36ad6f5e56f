"""The lab's Windows: Wine in a prefix of its own."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.wine import Wine

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wine]:
    with Wine(tmp_path_factory.mktemp("wine") / "prefix") as windows:
        yield windows


def test_says_what_a_program_said_and_how_it_ended(wine: Wine) -> None:
    ran = wine.run("cmd", "/c", "echo out& echo err>&2& exit 3")
    assert (ran.code, ran.output.strip(), ran.errors.strip()) == (3, "out", "err")
    assert not ran.ok


def test_is_windows_10_with_a_home_of_its_own(wine: Wine) -> None:
    assert "10.0" in wine.run("cmd", "/c", "ver").output
    roaming = wine.folder_of("APPDATA")
    assert roaming.is_dir()
    assert roaming.is_relative_to(wine.drive)
    assert wine.here(wine.path(roaming)) == roaming


def test_a_program_that_does_not_end_is_ended(wine: Wine) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        wine.run("cmd", "/c", "for /l %x in (1,0,2) do @rem", seconds=3)
    assert wine.run("cmd", "/c", "exit 0").ok


def test_registry_files_go_in_and_come_out(wine: Wine, tmp_path: Path) -> None:
    key = "HKEY_CURRENT_USER\\Software\\Mail setup lab"
    file = tmp_path / "add.reg"
    text = f'Windows Registry Editor Version 5.00\r\n\r\n[{key}]\r\n"Größe"=dword:0000002a\r\n'
    file.write_bytes(text.encode("utf-16"))
    assert wine.registry(key) == ""
    assert wine.run("regedit", "/S", file).ok
    assert f'[{key}]\n"Größe"=dword:0000002a' in wine.registry(key)
