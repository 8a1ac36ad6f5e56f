"""The public CI's files. They can't run here: they are read by two linters and by these tests."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import facts
import tasks

FILES = sorted((facts.ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def workflow(request: pytest.FixtureRequest) -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(request.param.read_text(encoding="utf-8"))
    return loaded


def test_there_is_one_for_changes_and_one_for_releases() -> None:
    assert [file.name for file in FILES] == ["ci.yml", "release.yml"]


def test_is_what_github_reads() -> None:
    """GitHub's schema, in the copy that the checker brings along."""
    words = ["check_jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, FILES)]
    _passes([sys.executable, "-m", *words])


def test_has_no_known_weakness() -> None:
    """zizmor: unpinned actions, too many rights, templates that run what a stranger wrote …"""
    zizmor = Path(sys.executable).with_name("zizmor")
    _passes([str(zizmor), "--offline", "--pedantic", "--no-progress", *map(str, FILES)])


def test_actions_are_pinned_to_a_commit_and_say_which_version() -> None:
    used = [
        line.strip().removeprefix("- ")
        for file in FILES
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.strip().removeprefix("- ").startswith("uses: ")
    ]
    foreign = [line for line in used if not line.startswith("uses: ./")]
    assert foreign
    for line in foreign:
        assert re.fullmatch(r"uses: actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_nothing_may_be_written_unless_a_job_says_so(workflow: dict[Any, Any]) -> None:
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        rights = job["permissions"]
        assert rights == {"contents": "write" if name == "draft" else "read"}, name


def test_every_system_is_built_tested_and_tried() -> None:
    jobs = yaml.safe_load(FILES[0].read_text(encoding="utf-8"))["jobs"]
    assert set(jobs) == {"linux", "windows", "macos"}
    for name, job in jobs.items():
        said = " ".join(step.get("run", "") for step in job["steps"])
        for command in ("test", "build", "smoke"):
            assert f"tasks.py {command}" in said, (name, command)
        assert any("upload-artifact" in step.get("uses", "") for step in job["steps"]), name
        assert job["timeout-minutes"] <= 60


def test_the_checks_pass_where_linux_own_packages_are_absent() -> None:
    """Every job begins with the checks; mypy stumbles over a package that is not installed."""
    lock = (facts.ROOT / "requirements" / "test.txt").read_text(encoding="utf-8")
    linux_only = re.findall(r"(?m)^([\w.-]+)==\S+ ; sys_platform == 'linux'", lock)
    settings = tomllib.loads((facts.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [ignored] = [part["module"] for part in settings["tool"]["mypy"]["overrides"]]
    assert linux_only
    assert {f"{name.lower()}.*" for name in linux_only} <= set(ignored)


def test_the_commands_of_the_jobs_exist() -> None:
    """`tasks.py COMMAND` and the folders of tests that are named."""
    known = {command.name for command in tasks.COMMANDS}
    for file in FILES:
        for job in yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].values():
            said = " ".join(step.get("run", "") for step in job.get("steps", ()))
            assert set(re.findall(r"tasks\.py (\S+)", said)) <= known
            assert all((facts.ROOT / path).exists() for path in re.findall(r"tests/\S+", said))
            assert all(
                (facts.ROOT / path.replace("\\", "/")).exists()
                for path in re.findall(r"packaging\\\S+", said)
            )


def test_every_system_runs_all_unit_tests() -> None:
    jobs = yaml.safe_load(FILES[0].read_text(encoding="utf-8"))["jobs"]
    for name, job in jobs.items():
        [said] = [step["run"] for step in job["steps"] if "tasks.py test" in step.get("run", "")]
        asked = said.partition("tasks.py test")[2].split()
        assert asked == [] or "tests/unit" in asked, name


def test_says_that_it_never_ran() -> None:
    for file in FILES:
        assert "Never run where it was written" in file.read_text(encoding="utf-8")


def _passes(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
