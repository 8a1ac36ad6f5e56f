"""What every program that the wizard changes is promised, for all of them alike.

Twice changes nothing; `kill -9` at any step leaves each file old or new, and what was cut off can
be finished or taken back; what earlier versions did can still be taken back.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit import posix
from tests.unit.clients import earlier
from tests.unit.clients.computers import (
    COMPUTERS,
    WORDS,
    broken,
    contents,
    fresh,
    planned,
    set_up,
)
from tests.unit.clients.support import account
from wizard.clients import journal, registry
from wizard.model import Applied, ChangeRecord, How, Interrupted, Places, Undone

CLIENTS = list(COMPUTERS)
SITUATIONS = ("first", "added", "repaired")


def computer(client: str, situation: str, folder: Path) -> Places:
    """Anew each time, and at the same place: names that are made come from where it is."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    match situation:
        case "first":
            return fresh(client, folder)
        case "repaired":
            return broken(client, folder)
        case _:
            return COMPUTERS[client](folder)


def files(home: Places) -> dict[str, bytes]:
    return contents(home.home, home.state)


def killed_at(point: str, act: Callable[[journal.Hook], object]) -> bool:
    """Lets a child process do `act` and kills it at a step; False where it never got there."""

    def hook(step: str) -> None:
        if step == point:
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        act(hook)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def test_every_program_that_is_changed_is_here(tmp_path: Path) -> None:
    """Whoever adds a program that changes files has to add its computer."""
    stewards = {
        exporter.id
        for exporter in registry.EXPORTERS
        if registry.steward(exporter.id, COMPUTERS["thunderbird"](tmp_path / exporter.id))
    }
    assert stewards == set(CLIENTS)
    for client in CLIENTS:
        assert planned(client, COMPUTERS[client](tmp_path / client / "x")).how is How.CHANGE


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("client", CLIENTS)
def test_planning_changes_nothing_and_twice_changes_nothing(
    tmp_path: Path, client: str, situation: str
) -> None:
    home = computer(client, situation, tmp_path / "home")
    old = files(home)
    first = planned(client, home)
    assert first == planned(client, home)
    assert files(home) == old
    assert bool(first.repairs) == (situation == "repaired")
    assert {change.path.is_file() for change in first.changes if change.before is None} <= {False}
    assert set_up(client, home).change_id
    new = files(home)
    assert new != old
    again = planned(client, home)
    assert again.unchanged
    assert (again.changes, again.repairs) == ((), ())
    assert registry.apply(again, home) == Applied(again)
    assert registry.apply(first, home) == Applied(first)
    assert files(home) == new
    (record,) = registry.changes(home)
    undone = registry.undo(record.id, home)
    assert isinstance(undone, Undone)
    assert undone.kept == ()
    assert files(home) == old


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("client", CLIENTS)
@posix.forks
def test_kill_9_while_applying(tmp_path: Path, client: str, situation: str) -> None:
    """At every step; then both ways out, on computers of their own."""
    steps: list[str] = []

    def applying(home: Places) -> Callable[[journal.Hook], object]:
        plan, steward = planned(client, home), registry.steward(client, home)
        assert steward is not None
        return lambda hook: journal.apply(plan, home, steward, hook=hook)

    model = computer(client, situation, tmp_path / "home")
    old = files(model)
    applying(model)(steps.append)
    new = files(model)
    assert len(steps) == len(set(steps)) >= 4
    for step in steps:
        for way in ("finish", "undo"):
            home = computer(client, situation, tmp_path / "home")
            assert killed_at(step, applying(home))
            found = {name: text for name, text in files(home).items() if ".mail-wiz" not in name}
            for name in old.keys() | new.keys():
                assert found.get(name) in {old.get(name), new.get(name)}, (step, name)
            waiting = registry.pending(home)
            if not waiting:
                assert found == old
                assert set_up(client, home).change_id
                assert files(home) == new
                continue
            change = waiting[0].record.id
            (listed,) = registry.changes(home)
            assert (listed.id, listed.cut_off) == (change, "applying")
            if way == "finish":
                assert isinstance(registry.finish(change, home), ChangeRecord)
                assert files(home) == new
                assert planned(client, home).unchanged
            else:
                assert isinstance(registry.undo(change, home), Undone)
                assert files(home) == old
            assert registry.pending(home) == ()


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("client", CLIENTS)
@posix.forks
def test_kill_9_while_taking_back(tmp_path: Path, client: str, situation: str) -> None:
    def undoing(home: Places, change: str) -> Callable[[journal.Hook], object]:
        steward = registry.steward(client, home)
        assert steward is not None
        return lambda hook: journal.undo(change, home, steward, hook=hook)

    model = computer(client, situation, tmp_path / "home")
    old = files(model)
    steps: list[str] = []
    undoing(model, set_up(client, model).change_id)(steps.append)
    assert files(model) == old
    assert len(steps) == len(set(steps)) >= 4
    for step in steps:
        home = computer(client, situation, tmp_path / "home")
        change = set_up(client, home).change_id
        new = files(home)
        assert killed_at(step, undoing(home, change))
        found = files(home)
        for name in old.keys() | new.keys():
            assert found.get(name) in {old.get(name), new.get(name)}, (step, name)
        match registry.pending(home):
            case (Interrupted(undoing=True),):
                pass
            case waiting:
                assert waiting == ()
                assert step == "undo"
        assert isinstance(registry.undo(change, home), Undone)
        assert files(home) == old
        assert registry.pending(home) == ()


@pytest.mark.parametrize("kept", earlier.kept(), ids=lambda path: f"{path.parent.name}-{path.stem}")
@posix.linux_paths
def test_what_earlier_versions_did_can_be_taken_back(tmp_path: Path, kept: Path) -> None:
    home = COMPUTERS[kept.stem](tmp_path)
    before = earlier.put(kept, tmp_path, home.state)
    (record,) = registry.changes(home)
    assert (record.client, record.account) == (kept.stem, str(account().address))
    undone = registry.undo(record.id, home)
    assert isinstance(undone, Undone), undone
    assert undone.kept == ()
    assert files(home) == before
    assert registry.changes(home) == ()


def test_every_program_is_kept_for_later_versions() -> None:
    assert {path.stem for path in earlier.kept()} == set(CLIENTS)
    assert WORDS.language == "en"
