"""The lock files say what `pyproject.toml` asks for, for every platform, and nothing of the
machine that made them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
ASKED = {
    "run": [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]],
    "test": [*PROJECT["project"]["dependencies"], *EXTRAS["test"], *EXTRAS["build"]],
    "build": [*PROJECT["project"]["dependencies"], *EXTRAS["build"]],
    "fuzz": EXTRAS["fuzz"],
}


@dataclass(frozen=True, slots=True)
class Pin:
    """One line of a lock file with the hashes below it."""

    version: str
    marker: str
    hashes: int


MACHINES = [
    {"sys_platform": system, "platform_machine": machine}
    for system, machine in (
        ("linux", "x86_64"),
        ("linux", "aarch64"),
        ("win32", "AMD64"),
        ("darwin", "arm64"),
        ("darwin", "x86_64"),
    )
]
"""What programs are built for, as markers see it."""


def read_lock(name: str) -> dict[str, list[Pin]]:
    """The pins of each package: one, or one for some machines and one for the others."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pins: dict[str, list[Pin]] = {}
    for entry in re.split(r"\n(?=\S)", text):
        if entry.startswith("#"):
            continue
        head = re.match(r"(\S+)==(\S+)(?: ; (.*?))? \\\n", entry)
        assert head is not None, f"{name}.txt: {entry[:60]}"
        hashes = re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)
        pin = Pin(head[2], head[3] or "", len(hashes))
        pins.setdefault(canonicalize_name(head[1]), []).append(pin)
    return pins


@pytest.mark.parametrize("name", ASKED)
def test_what_is_asked_for_is_pinned(name: str) -> None:
    pins = read_lock(name)
    for text in ASKED[name]:
        wanted = Requirement(text)
        for machine in MACHINES:
            if wanted.marker and not wanted.marker.evaluate(machine):
                continue
            here = [
                pin.version
                for pin in pins.get(canonicalize_name(wanted.name), ())
                if not pin.marker or Marker(pin.marker).evaluate(machine)
            ]
            assert len(here) == 1, f"{wanted.name} in {name}.txt: {here}: python3 tasks.py lock"
            assert wanted.specifier.contains(here[0], prereleases=True), (wanted, machine)


@pytest.mark.parametrize("name", ASKED)
def test_every_pin_has_hashes_and_the_file_names_no_machine(name: str) -> None:
    assert all(pin.hashes for pins in read_lock(name).values() for pin in pins)
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    options = re.findall(r"(?m)^\s*(--?[a-z][a-z-]*)", text)
    assert set(options) == {"--hash"}
    assert "://" not in text
    assert not re.search(r"(?m)(?:^|\s)/\w", text)


def test_all_files_agree_with_what_is_shipped() -> None:
    run = read_lock("run")
    for name in ("test", "build"):
        pins = read_lock(name)
        assert {key: _versions(pins[key]) for key in run} == {
            key: _versions(same) for key, same in run.items()
        }


def _versions(pins: list[Pin]) -> list[str]:
    return [pin.version for pin in pins]


@pytest.mark.parametrize(
    ("package", "platform"),
    [("pywin32-ctypes", "win32"), ("secretstorage", "linux"), ("jeepney", "linux")],
)
def test_what_only_one_platform_needs_is_locked_for_it(package: str, platform: str) -> None:
    (pin,) = read_lock("run")[package]
    marker = Marker(pin.marker)
    for name in ("win32", "linux", "darwin"):
        assert marker.evaluate({"sys_platform": name}) is (name == platform)
