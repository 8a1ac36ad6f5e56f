"""Packages that load their modules late say the same to the program as to a type checker."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import wizard
from wizard.later import Module, loader

ROOT = Path(wizard.__file__).parent
LATE = ("wizard.flow", "wizard.gui.widgets", "wizard.messages", "wizard.model", "wizard.system")


def _told(package: str) -> dict[str, str]:
    """Name to module, as the type checker is told."""
    source = ROOT.joinpath(*package.split(".")[1:], "__init__.py").read_text(encoding="utf-8")
    return {
        alias.name: str(node.module)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}.")
        for alias in node.names
    }


@pytest.mark.parametrize("package", LATE)
def test_a_late_name_is_the_one_the_type_checker_sees(package: str) -> None:
    told = _told(package)
    room = importlib.import_module(package)
    for name in room.__all__:
        if name in told:
            assert getattr(room, name) is getattr(importlib.import_module(told[name]), name)
        else:
            assert name in vars(room)


def test_a_module_is_loaded_with_its_first_name_and_not_before() -> None:
    code = """
import sys
from wizard import model
before = "wizard.model.programs" in sys.modules
model.Places
print(before, "wizard.model.programs" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_a_name_that_is_not_there_is_missed_as_anywhere() -> None:
    fetch = loader("wizard.model", {"words": "N_"})
    with pytest.raises(AttributeError, match=r"wizard\.model"):
        fetch("Nothing")
    with pytest.raises(AttributeError):
        _ = Module("wizard.model.words").Nothing
