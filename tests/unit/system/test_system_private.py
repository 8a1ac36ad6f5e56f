"""Files of the wizard's own, and how they get their names."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from wizard.system import private, write_private
from wizard.system.private import put_in_place


def refusing(times: int, winerror: int, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Lets the first renames be refused as Windows refuses them."""
    asked: list[Path] = []
    rename = Path.replace

    def replace(self: Path, target: Path) -> Path:
        asked.append(target)
        if len(asked) <= times:
            error = PermissionError(13, "held")
            setattr(error, "winerror", winerror)  # noqa: B010 - unknown to a checker on Linux
            raise error
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    return asked


@pytest.mark.parametrize("winerror", [5, 32])
def test_a_file_that_is_looked_at_is_replaced_a_moment_later(
    winerror: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = refusing(2, winerror, monkeypatch)
    write_private(tmp_path / "kept", b"new")
    assert (tmp_path / "kept").read_bytes() == b"new"
    assert len(asked) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_what_is_forbidden_for_another_reason_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = refusing(9, 1314, monkeypatch)
    with pytest.raises(PermissionError):
        write_private(tmp_path / "kept", b"new")
    assert len(asked) == 1


def test_patience_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = refusing(10_000, 32, monkeypatch)
    monkeypatch.setattr(private, "_PATIENCE", 0.2)
    with pytest.raises(PermissionError):
        write_private(tmp_path / "kept", b"new")
    assert 1 < len(asked) < 100


def test_a_reader_does_not_keep_a_file_from_being_replaced(tmp_path: Path) -> None:
    """On Windows an open file keeps its name, so this waits there for the reader."""
    path, new = tmp_path / "kept", tmp_path / "new"
    path.write_bytes(b"old")
    new.write_bytes(b"new")
    reading = threading.Event()

    def read() -> None:
        with path.open("rb"):
            reading.set()
            time.sleep(0.3)

    reader = threading.Thread(target=read)
    reader.start()
    reading.wait()
    put_in_place(new, path)
    reader.join()
    assert path.read_bytes() == b"new"
