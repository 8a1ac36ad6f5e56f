"""What the finished program weighs and how soon its window is there, beside a bare window frozen
with the same choices.

    python -m tests.bench.build [starts]

Builds both first. Sizes are of the folders; starts are taken in turns, off-screen, with an empty
home, from the start of the process to its end right after the first paint; medians.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import build
import facts
from tests.bench import start

SIZE_GOAL, START_GOAL = 1.25, 1.3
PROGRAMS = {"ours": build.DIST / facts.PROGRAM / facts.PROGRAM, "bare": build.DIST / "bare/bare"}


def megabytes(folder: Path) -> float:
    """Of all files; what a link leads to counts once."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 1e6


def starts(runs: int) -> dict[str, list[float]]:
    """Milliseconds to the first paint, by program."""
    found: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    with tempfile.TemporaryDirectory(prefix="bench-build-") as home:
        env = start.environment(home)
        for path in PROGRAMS.values():  # warms the disk cache
            start.milliseconds_to_first_paint([str(path)], env)
        for _ in range(runs):
            for name, path in PROGRAMS.items():
                found[name].append(start.milliseconds_to_first_paint([str(path)], env))
    return found


def line(name: str, values: Mapping[str, float], unit: str, goal: float) -> str:
    """One row of the table."""
    ratio = values["ours"] / values["bare"]
    return (
        f"{name:22} {values['ours']:7.0f} {unit} {values['bare']:7.0f} {unit} {ratio:6.2f} ≤ {goal}"
    )


def main() -> None:
    """Builds, measures and prints."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    command = [sys.executable, str(build.PACKAGING / "build.py"), "folder", "bare"]
    if subprocess.run(command).returncode:
        raise SystemExit(1)
    print(f"{'':22} {'ours':>10} {'bare':>10} {'ratio':>6}   goal")
    print(line("folder", {k: megabytes(p.parent) for k, p in PROGRAMS.items()}, "MB", SIZE_GOAL))
    medians = {name: statistics.median(values) for name, values in starts(runs).items()}
    print(line("first window painted", medians, "ms", START_GOAL))


if __name__ == "__main__":
    main()
