"""The start benchmark's own arithmetic."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.bench import start


def test_the_table_compares_medians() -> None:
    found: dict[str, dict[str, list[float]]] = {
        "first window painted": {"ours": [100.0, 900.0, 260.0], "bare": [200.0, 1.0, 300.0]},
        "memory at rest, PSS": {"ours": [], "bare": []},
    }
    lines = start.report(found)
    assert len(lines) == 2
    assert lines[1].split()[3:] == ["260", "ms", "200", "ms", "1.30", "≤", "1.30"]


def test_the_bare_window_paints_and_ends(tmp_path: Path) -> None:
    env = start.environment(str(tmp_path))
    assert start.milliseconds_to_first_paint(start.COMMANDS["bare"], env) > 0


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from Linux's /proc")
def test_memory_of_a_running_program_is_read(tmp_path: Path) -> None:
    env = start.environment(str(tmp_path))
    pss, rss = start.megabytes_at_rest(start.COMMANDS["bare"], env)
    assert 0 < pss <= rss


def test_a_program_that_does_not_start_is_no_result(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise ValueError"]
    with pytest.raises(SystemExit, match="ValueError"):
        start.milliseconds_to_first_paint(command, start.environment(str(tmp_path)))
