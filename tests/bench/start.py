"""How long until the first window is painted, and what the idle program weighs.

Ours beside a bare PySide6 window, in turns, off-screen, with an empty home; medians and ratios.
Time runs from the start of the process to its end right after the first paint, so what follows
the paint counts against us too. Memory is read when the page has come to rest (Linux only: PSS,
which shares out what programs have in common, and RSS).

    python -m tests.bench.start [runs]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

BARE = Path(__file__).parents[2] / "packaging" / "bare.py"
COMMANDS: Mapping[str, Sequence[str]] = {
    "ours": (sys.executable, "-m", "wizard"),
    "bare": (sys.executable, str(BARE)),
}
START_LIMIT_S = 60
REST_S = 1.0  # memory is at rest when it stayed the same for so long
REST_LIMIT_S = 30
GOALS = {"first window painted": 1.3, "memory at rest, PSS": 1.25, "memory at rest, RSS": 1.25}
UNITS = {"first window painted": "ms", "memory at rest, PSS": "MB", "memory at rest, RSS": "MB"}


def environment(home: str) -> dict[str, str]:
    """A person's first start: nothing in the home folder, no screen. Byte code is kept, as it is
    wherever Python packages are installed (a developer's setting may say otherwise)."""
    folders = {f"XDG_{kind}_HOME": f"{home}/{kind.lower()}" for kind in ("CONFIG", "DATA", "CACHE")}
    places = {"HOME": home, "APPDATA": home, "LOCALAPPDATA": home, "TMPDIR": home}
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **folders, **places, "QT_QPA_PLATFORM": "offscreen"}


def milliseconds_to_first_paint(command: Sequence[str], env: Mapping[str, str]) -> float:
    """One start. Raises `SystemExit` where the program does not end as it should."""
    words = [*command, "--exit-after-first-paint"]
    begin = time.perf_counter()
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=START_LIMIT_S)
    took = (time.perf_counter() - begin) * 1000
    if done.returncode or done.stdout or done.stderr:
        raise SystemExit(f"{words[1:3]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return took


def megabytes_at_rest(command: Sequence[str], env: Mapping[str, str]) -> tuple[float, float]:
    """PSS and RSS of a running program that nobody touches."""
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as child:
        try:
            return _wait_for_rest(child)
        finally:
            child.terminate()


def _wait_for_rest(child: subprocess.Popen[bytes]) -> tuple[float, float]:
    last, since = (0.0, 0.0), time.monotonic()
    end = since + REST_LIMIT_S
    while time.monotonic() < end:
        time.sleep(0.1)
        if child.poll() is not None:
            raise SystemExit(f"the program ended by itself with {child.returncode}")
        now = _read_memory(child.pid)
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since >= REST_S:
            break
    return last


def _read_memory(pid: int) -> tuple[float, float]:
    values = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]:
        name, _, rest = line.partition(":")
        values[name] = int(rest.split()[0]) / 1024
    return values["Pss"], values["Rss"]


def measure(runs: int) -> dict[str, dict[str, list[float]]]:
    """Everything that was measured: by measure, then by program."""
    found: dict[str, dict[str, list[float]]] = {
        name: {program: [] for program in COMMANDS} for name in GOALS
    }
    with tempfile.TemporaryDirectory(prefix="bench-start-") as home:
        env = environment(home)
        for command in COMMANDS.values():  # warms the disk cache and the byte code
            milliseconds_to_first_paint(command, env)
        for _ in range(runs):
            for program, command in COMMANDS.items():
                took = milliseconds_to_first_paint(command, env)
                found["first window painted"][program].append(took)
        if sys.platform == "linux":
            for _ in range(min(runs, 3)):
                for program, command in COMMANDS.items():
                    pss, rss = megabytes_at_rest(command, env)
                    found["memory at rest, PSS"][program].append(pss)
                    found["memory at rest, RSS"][program].append(rss)
    return found


def report(found: Mapping[str, Mapping[str, Sequence[float]]]) -> list[str]:
    """The table, a line per measure."""
    lines = [f"{'':22} {'ours':>10} {'bare':>10} {'ratio':>6} {'goal':>7}"]
    for name, programs in found.items():
        if not programs["ours"]:
            continue
        ours, bare = (statistics.median(programs[program]) for program in ("ours", "bare"))
        unit = UNITS[name]
        values = f"{ours:7.0f} {unit} {bare:7.0f} {unit} {ours / bare:6.2f}"
        lines.append(f"{name:22} {values} ≤ {GOALS[name]:.2f}")
    return lines


def main() -> None:
    """Measures and prints."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    print(f"Median of {runs} starts in turns, off-screen")
    print("\n".join(report(measure(runs))))


if __name__ == "__main__":
    main()
