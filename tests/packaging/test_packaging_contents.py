"""Which files of Qt and of the system go into a finished program."""

from __future__ import annotations

from pathlib import Path

import pytest

import contents
import qtsupport


@pytest.mark.parametrize(
    ("name", "system", "taken"),
    [
        ("PySide6/Qt/plugins/platforms/libqxcb.so", "linux", True),
        ("PySide6/Qt/plugins/platforms/libqeglfs.so", "linux", False),
        ("PySide6/Qt/plugins/tls/libqopensslbackend.so", "linux", False),
        ("PySide6\\plugins\\platforms\\qwindows.dll", "win32", True),
        ("PySide6\\plugins\\platforms\\qdirect2d.dll", "win32", False),
        ("PySide6/Qt/plugins/platforms/libqcocoa.dylib", "darwin", True),
        ("PySide6/Qt/translations/qtbase_fr.qm", "linux", True),
        ("PySide6/Qt/translations/qtbase_ja.qm", "linux", False),
        ("PySide6/Qt/translations/qt_fr.qm", "linux", False),
        ("libfontconfig.so.1", "linux", False),
        ("libssl.so.3", "linux", True),
        ("keyring-25.7.0.dist-info/METADATA", "linux", True),
        ("keyring-25.7.0.dist-info/RECORD", "linux", False),
    ],
)
def test_files_are_chosen_by_name(name: str, system: str, taken: bool) -> None:
    assert contents.wanted(name, system) is taken


def test_a_library_stays_only_while_something_kept_links_to_it() -> None:
    plugins = "PySide6/Qt/plugins/platforms"
    entries = [
        ("PySide6/QtGui.abi3.so", "/q/QtGui.abi3.so", "EXTENSION"),
        ("PySide6/Qt/lib/libQt6Gui.so.6", "/q/libQt6Gui.so.6", "BINARY"),
        ("PySide6/Qt/lib/libQt6Core.so.6", "/q/libQt6Core.so.6", "BINARY"),
        (f"{plugins}/libqxcb.so", "/q/libqxcb.so", "BINARY"),
        (f"{plugins}/libqvnc.so", "/q/libqvnc.so", "BINARY"),
        ("PySide6/Qt/lib/libQt6XcbQpa.so.6", "/q/libQt6XcbQpa.so.6", "BINARY"),
        ("PySide6/Qt/lib/libQt6Network.so.6", "/q/libQt6Network.so.6", "BINARY"),
        ("libpython3.11.so.1.0", "/q/libpython3.11.so.1.0", "BINARY"),
    ]
    links = {
        "/q/QtGui.abi3.so": ["libQt6Gui.so.6", "libc.so.6"],
        "/q/libQt6Gui.so.6": ["libQt6Core.so.6"],
        "/q/libqxcb.so": ["libQt6XcbQpa.so.6"],
        "/q/libqvnc.so": ["libQt6Network.so.6"],
    }
    kept = contents.trim(entries, "linux", lambda file: links.get(file, []))
    assert {name for name, _, _ in entries} - {name for name, _, _ in kept} == {
        f"{plugins}/libqvnc.so",
        "PySide6/Qt/lib/libQt6Network.so.6",
    }


def test_tools_that_are_installed_beside_the_program_stay_out() -> None:
    beyond = contents.modules_beyond("keyring==25.7.0 \\\nPySide6-Essentials==6.11.3 ; x\n")
    assert {"pytest", "PyInstaller", "mypy"} <= set(beyond)
    assert not {"keyring", "PySide6", "wizard"} & set(beyond)


def test_qt_for_python_is_compiled_once_and_the_same_each_time(tmp_path: Path) -> None:
    def made(folder: str) -> dict[str, bytes]:
        return {
            name: Path(file).read_bytes() for name, file, _ in qtsupport.compiled(tmp_path / folder)
        }

    modules = made("one")
    assert "shiboken6/files.dir/shibokensupport/signature/loader.pyc" in modules
    assert modules == made("two")
