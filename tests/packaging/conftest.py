"""The builds that these tests try: made once, from this source, as a person makes them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import build
import deb
import facts
from tests.packaging.clean_root import CleanRoot

CANARY = "canary-Zq4vN7"
"""Stands for a signing password in the builder's environment."""


@dataclass(frozen=True, slots=True)
class Built:
    """What `tasks.py build` left in dist/."""

    folder: Path
    portable: Path
    package: Path


@pytest.fixture(scope="session")
def built() -> Built:
    """All that is built on Linux."""
    if sys.platform != "linux":
        pytest.skip("these are Linux's builds")
    env = {**os.environ, "WIZARD_SIGNING_PASSWORD": CANARY}
    command = [sys.executable, str(build.PACKAGING / "build.py")]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return Built(
        build.DIST / facts.PROGRAM, build.DIST / build.portable_name(), build.DIST / deb.name()
    )


@pytest.fixture(scope="session")
def clean_root(tmp_path_factory: pytest.TempPathFactory) -> CleanRoot:
    """A Debian with nothing on it but its essentials."""
    return CleanRoot.make(tmp_path_factory.mktemp("debian") / "root")
