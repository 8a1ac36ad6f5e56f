"""The task runner's decisions; that it really sets up is what every CI run shows."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

import tasks

STATUS = (
    "installed\tlibgl1\t\n"
    "installed\tlibglib2.0-0t64\tlibglib2.0-0 (= 2.80.0-6), libglib2.0-0-other\n"
    "config-files\tlibegl1\t\n"
)


def test_missing_packages_are_those_neither_installed_nor_provided() -> None:
    wanted = ["libgl1", "libglib2.0-0", "libegl1", "libx11-6", "libx11-6"]
    assert tasks.missing_packages(wanted, STATUS) == ["libegl1", "libx11-6"]
    assert tasks.missing_packages(["libgl1"], "") == ["libgl1"]


def test_package_lists_may_have_comments(tmp_path: Path) -> None:
    file = tmp_path / "packages.txt"
    file.write_text("# servers\ndovecot-imapd\n\npostfix  # sends\n")
    assert tasks.read_packages(file) == ["dovecot-imapd", "postfix"]
    assert tasks.read_packages(tmp_path / "none.txt") == []


def test_pip_keeps_its_sources_and_nothing_that_redirects_it() -> None:
    before = {
        "PATH": "/bin",
        "PIP_INDEX_URL": "https://mirror.example/simple",
        "PIP_CERT": "/etc/ca.pem",
        "PIP_USER": "1",
        "PIP_TARGET": "/elsewhere",
        "PIP_REQUIRE_HASHES": "1",
        "PYTHONPATH": "/elsewhere",
    }
    assert set(tasks.clean_environment(before)) == {"PATH", "PIP_INDEX_URL", "PIP_CERT"}


def test_a_chosen_qt_platform_is_kept() -> None:
    assert tasks.off_screen({"QT_QPA_PLATFORM": "xcb"})["QT_QPA_PLATFORM"] == "xcb"
    assert tasks.off_screen({})["QT_QPA_PLATFORM"] == "offscreen"


def test_where_the_interpreter_of_a_virtual_environment_is() -> None:
    venv = Path("venv")
    assert tasks.python_in(venv, "linux") == venv / "bin" / "python"
    assert tasks.python_in(venv, "win32") == venv / "Scripts" / "python.exe"


@pytest.mark.skipif(
    not any(importlib.metadata.distributions(name="pip")),
    reason="the lab's Windows Python has no pip",
)
def test_a_venv_of_another_python_is_not_taken(tmp_path: Path) -> None:
    assert tasks.same_python(Path(sys.executable))
    assert not tasks.same_python(tmp_path / "python")
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\necho 3.8.0\n")
    other.chmod(0o755)
    assert not tasks.same_python(other)


class Machine:
    """Stands in for a Debian: records what would be run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tools: set[str], user: int) -> None:
        self.ran: list[list[str]] = []
        self.sudo_needs_password = False
        self.apt_code = 0
        monkeypatch.setattr("tasks.shutil.which", lambda name: name if name in tools else None)
        monkeypatch.setattr("tasks.os.geteuid", lambda: user, raising=False)  # not on Windows
        monkeypatch.setattr("tasks.subprocess.run", self.run)

    def run(self, command: Sequence[str], **options: object) -> subprocess.CompletedProcess[str]:
        self.ran.append(list(command))
        code = self.apt_code if "apt-get" in command else 0
        if command[0] == "sudo" and self.sudo_needs_password:
            code = 1
        return subprocess.CompletedProcess(list(command), code, stdout=STATUS)

    @property
    def apt(self) -> list[list[str]]:
        """The apt-get commands, from that word on."""
        return [c[c.index("apt-get") :] for c in self.ran if "apt-get" in c]


DEBIAN = {"dpkg-query", "apt-get"}
NOTHING: Mapping[str, str] = {}


def test_root_installs_what_is_missing_after_saying_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine(monkeypatch, DEBIAN, user=0)
    tasks.provide_packages(["libgl1", "libegl1"], NOTHING)
    assert [words[-1] for words in machine.apt] == ["update", "libegl1"]
    assert "Installing system packages: libegl1" in capsys.readouterr().out


def test_nothing_missing_asks_nothing_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, DEBIAN, user=0)
    tasks.provide_packages(["libgl1"], NOTHING)
    assert machine.apt == []


def test_sudo_is_used_where_it_asks_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, {*DEBIAN, "sudo"}, user=1000)
    tasks.provide_packages(["libegl1"], NOTHING)
    assert machine.ran[-1][:2] == ["sudo", "-n"]
    assert len(machine.apt) == 2


@pytest.mark.parametrize("tools", [DEBIAN, {*DEBIAN, "sudo"}])
def test_without_rights_the_one_command_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tools: set[str]
) -> None:
    machine = Machine(monkeypatch, tools, user=1000)
    machine.sudo_needs_password = True
    tasks.provide_packages(["libegl1"], NOTHING)
    assert machine.apt == []
    assert "    sudo apt-get install libegl1\n" in capsys.readouterr().out


def test_an_installation_that_does_not_work_shows_the_command_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine(monkeypatch, DEBIAN, user=0)
    machine.apt_code = 100
    tasks.provide_packages(["libegl1"], NOTHING)
    assert "    sudo apt-get install libegl1\n" in capsys.readouterr().out


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, set(), user=0)
    tasks.provide_packages(["libegl1"], NOTHING)
    assert machine.ran == []


def test_failed_checks_show_in_the_exit_code_but_pytest_has_the_last_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = {"ruff": 1, "pytest": 0}

    def run(command: Sequence[str], env: Mapping[str, str], cwd: Path | None = None) -> int:
        name = command[2] if command[1:2] == ["-m"] else command[0]
        tasks.say(f"ran {name}")
        return codes.get(name, 0)

    monkeypatch.setattr(tasks, "set_up", lambda *_: {})
    monkeypatch.setattr(tasks, "run", run)
    assert tasks.main(["test", "-k", "x"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [
        "── tests (not passed so far: ruff check, ruff format)",
        "ran pytest",
    ]
    codes["ruff"], codes["pytest"] = 0, 5
    assert tasks.main(["test"]) == 5


def test_unknown_commands_are_told_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert tasks.main(["nonsense"]) == 2
    assert tasks.main([]) == 0
    text = capsys.readouterr().out
    assert all(f"  {command.name} " in text for command in tasks.COMMANDS)


def test_a_stop_is_a_sentence_not_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: object) -> dict[str, str]:
        raise tasks.Stop("Is there a network?")

    monkeypatch.setattr(tasks, "set_up", stop)
    assert tasks.main(["run"]) == 1
    assert capsys.readouterr().out == "Is there a network?\n"
    assert tasks.main(["bench", "nonsense"]) == 1
    assert "There is no benchmark nonsense." in capsys.readouterr().out


def test_the_runner_parses_on_python_3_8() -> None:
    """It must at least be able to say that a newer Python is needed."""
    import ast

    source = Path(tasks.__file__).read_text(encoding="utf-8")
    assert ast.parse(source, feature_version=(3, 8))
