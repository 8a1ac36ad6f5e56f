"""Shares the time between the targets: `python -m tests.fuzz [minutes] [target …]`."""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fuzz.targets import TARGETS

FOLDER = Path(__file__).resolve().parents[2] / ".fuzz"
GRACE = 300
"""Seconds beyond its time that a target gets for starting, for making a find small, and for a busy
machine: an input that takes ten seconds ends it long before."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; 1 where something was found."""
    names = [target.name for target in TARGETS]
    parser = argparse.ArgumentParser(prog="tasks.py fuzz", description=__doc__)
    parser.add_argument("minutes", nargs="?", type=float, default=10.0, help="in all (10)")
    parser.add_argument("targets", nargs="*", metavar="target", help=", ".join(names))
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side (1)")
    options = parser.parse_args(arguments)
    unknown = set(options.targets) - set(names)
    if unknown:
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    chosen = options.targets or names
    seconds = max(1, round(options.minutes * 60 * options.jobs / len(chosen)))
    FOLDER.mkdir(exist_ok=True)
    engine = "atheris" if importlib.util.find_spec("atheris") else "hypothesis"
    print(f"{len(chosen)} targets, {seconds} s each, with {engine}; finds go to {FOLDER.name}/")

    def fuzz(name: str) -> tuple[str, bool, str]:
        command = [sys.executable, "-m", "tests.fuzz.one", name, str(seconds), str(FOLDER)]
        with subprocess.Popen(
            command, cwd=FOLDER.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as child:
            try:
                output, _ = child.communicate(timeout=seconds + GRACE)
            except subprocess.TimeoutExpired:
                child.kill()
                output, _ = child.communicate()
                return name, False, f"{output}\nstill running after its time"
        return name, child.returncode == 0, output

    broken = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        for name, passed, output in pool.map(fuzz, chosen):
            runs = re.findall(r"Done (\d+) runs", output)
            count = f"{runs[-1]} inputs" if runs else "stopped"
            print(f"{name:14} {count:>16}  {'nothing found' if passed else 'BROKEN'}", flush=True)
            if not passed:
                broken += 1
                print(output[-6000:])
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
