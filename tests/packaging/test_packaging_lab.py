"""The finished program in the lab, where it does what only runs frozen in another way: it starts
parts of itself as processes of their own (the store of Thunderbird) and asks the system's libraries
in one (PAC)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import facts
from tests.lab.requirements import unavailable
from tests.packaging.conftest import Built

pytestmark = [pytest.mark.packaging, pytest.mark.lab]

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("file", "names", "count"),
    [
        ("test_lab_proxy.py", "pac_file_names or kde", 3),
        ("test_lab_returning.py", "store", 1),
    ],
)
def test_the_finished_program_in_the_lab(built: Built, file: str, names: str, count: int) -> None:
    env = {**os.environ, "LAB_PROGRAM": str(built.folder / facts.PROGRAM)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", names]
    done = subprocess.run(
        [*command, str(ROOT / "tests" / "lab" / file)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    if "no lab here" in done.stdout:
        unavailable(done.stdout)
    assert f"{count} passed" in done.stdout, done.stdout
