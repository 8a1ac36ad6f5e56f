"""Changing other programs' files: old or new, never between; and the way back."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit import posix
from wizard.clients import journal
from wizard.model import (
    Applied,
    ChangeRecord,
    ClientPlan,
    FileChange,
    How,
    Places,
    Problem,
    ProblemKind,
    Setting,
    Undone,
)
from wizard.system import private


class Lines:
    """A toy program: files of lines. Ours are taken back line by line."""

    def __init__(self, running: bool = False) -> None:
        self.running = running

    @contextlib.contextmanager
    def hold(self, paths: Sequence[Path]) -> Iterator[bool]:
        yield not self.running

    def take_back(
        self, path: Path, now: bytes, before: bytes | None, after: bytes, ours: Sequence[Path]
    ) -> journal.Reversal:
        old = (before or b"").splitlines()
        mine = [line for line in after.splitlines() if line not in old]
        rest = [line for line in now.splitlines() if line not in mine]
        changed = [line for line in rest if line not in old]
        return journal.Reversal(
            b"".join(line + b"\n" for line in rest),
            tuple(Setting(path.name, line.decode()) for line in changed),
        )


STEWARD = Lines()


def places(home: Path) -> Places:
    return Places("linux", home, home, home, home / "state")


def plan(*changes: FileChange) -> ClientPlan:
    return ClientPlan("lines", "Lines", How.CHANGE, "ada@shop.example", changes)


def edit(home: Path) -> ClientPlan:
    """One file edited, one made in a new folder."""
    (home / "old.txt").write_bytes(b"one\n")
    return plan(
        FileChange(home / "old.txt", b"one\ntwo\n", b"one\n"),
        FileChange(home / "new" / "deep" / "made.txt", b"made\n"),
    )


def contents(home: Path) -> dict[str, bytes]:
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file() and "state" not in path.parts
    }


OLD = {"old.txt": b"one\n"}
NEW = {"old.txt": b"one\ntwo\n", "new/deep/made.txt": b"made\n"}


def applied(result: Applied | Problem) -> Applied:
    assert isinstance(result, Applied), result
    return result


def undone(result: Undone | Problem) -> Undone:
    assert isinstance(result, Undone), result
    return result


def kind(result: object) -> ProblemKind:
    assert isinstance(result, Problem), result
    return result.kind


# --- apply and undo ---------------------------------------------------------------------------


def test_apply_writes_and_undo_restores_byte_for_byte(tmp_path: Path) -> None:
    home = places(tmp_path)
    when = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    done = applied(journal.apply(edit(tmp_path), home, STEWARD, now=lambda: when))
    assert contents(tmp_path) == NEW
    assert done.proof == "read-back"
    (record,) = journal.changes(home)
    assert (record.id, record.client, record.account) == (
        done.change_id,
        "lines",
        "ada@shop.example",
    )
    assert datetime.fromisoformat(record.when) == when
    assert record.what == tuple(str(tmp_path / name) for name in NEW)
    taken = undone(journal.undo(done.change_id, home, STEWARD))
    assert contents(tmp_path) == OLD
    assert taken.kept == ()
    assert set(taken.restored) == {tmp_path / name for name in NEW}
    assert not (tmp_path / "new").exists()
    assert journal.changes(home) == ()
    assert kind(journal.undo(done.change_id, home, STEWARD)) is ProblemKind.CHANGE_UNKNOWN


def test_a_plan_applied_twice_changes_nothing(tmp_path: Path) -> None:
    home, made = places(tmp_path), edit(tmp_path)
    journal.apply(made, home, STEWARD)
    again = applied(journal.apply(made, home, STEWARD))
    assert (again.change_id, again.written) == ("", ())
    assert len(journal.changes(home)) == 1


def test_a_file_that_changed_since_the_plan_is_left_alone(tmp_path: Path) -> None:
    home, made = places(tmp_path), edit(tmp_path)
    (tmp_path / "old.txt").write_bytes(b"other\n")
    assert kind(journal.apply(made, home, STEWARD)) is ProblemKind.PROGRAM_FILE_CHANGED
    assert contents(tmp_path) == {"old.txt": b"other\n"}
    assert journal.changes(home) == ()


def test_a_file_that_appeared_since_the_plan_is_left_alone(tmp_path: Path) -> None:
    made = edit(tmp_path)
    (tmp_path / "new" / "deep").mkdir(parents=True)
    (tmp_path / "new" / "deep" / "made.txt").write_bytes(b"theirs")
    assert kind(journal.apply(made, places(tmp_path), STEWARD)) is ProblemKind.PROGRAM_FILE_CHANGED
    assert contents(tmp_path)["old.txt"] == b"one\n"


def test_nothing_happens_while_the_program_runs(tmp_path: Path) -> None:
    home, made = places(tmp_path), edit(tmp_path)
    assert kind(journal.apply(made, home, Lines(running=True))) is ProblemKind.PROGRAM_RUNNING
    done = applied(journal.apply(made, home, STEWARD))
    result = journal.undo(done.change_id, home, Lines(running=True))
    assert kind(result) is ProblemKind.PROGRAM_RUNNING
    assert contents(tmp_path) == NEW


def test_undo_takes_only_our_lines_from_a_file_that_lived_on(tmp_path: Path) -> None:
    home = places(tmp_path)
    done = applied(journal.apply(edit(tmp_path), home, STEWARD))
    (tmp_path / "old.txt").write_bytes(b"one\ntwo\nthree\n")
    (tmp_path / "new" / "theirs.txt").write_bytes(b"theirs")
    taken = undone(journal.undo(done.change_id, home, STEWARD))
    assert taken.kept == (Setting("old.txt", "three"),)
    assert contents(tmp_path) == {"old.txt": b"one\nthree\n", "new/theirs.txt": b"theirs"}


def test_a_file_that_others_removed_stays_removed(tmp_path: Path) -> None:
    home = places(tmp_path)
    done = applied(journal.apply(edit(tmp_path), home, STEWARD))
    (tmp_path / "old.txt").unlink()
    shutil.rmtree(tmp_path / "new")
    assert undone(journal.undo(done.change_id, home, STEWARD)).restored == ()
    assert contents(tmp_path) == {}


def test_changes_are_taken_back_in_any_order(tmp_path: Path) -> None:
    home = places(tmp_path)
    first = applied(journal.apply(edit(tmp_path), home, STEWARD))
    path = tmp_path / "old.txt"
    second = applied(
        journal.apply(plan(FileChange(path, b"one\ntwo\nthree\n", b"one\ntwo\n")), home, STEWARD)
    )
    assert [record.id for record in journal.changes(home)] == [second.change_id, first.change_id]
    undone(journal.undo(first.change_id, home, STEWARD))
    assert path.read_bytes() == b"one\nthree\n"
    undone(journal.undo(second.change_id, home, STEWARD))
    assert path.read_bytes() == b"one\n"


# --- what a file is besides its bytes ---------------------------------------------------------


@posix.rights
def test_mode_stays_and_new_files_are_private(tmp_path: Path) -> None:
    made = edit(tmp_path)
    (tmp_path / "old.txt").chmod(0o640)
    done = applied(journal.apply(made, places(tmp_path), STEWARD))
    assert stat.S_IMODE((tmp_path / "old.txt").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "new" / "deep" / "made.txt").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    journal.undo(done.change_id, places(tmp_path), STEWARD)
    assert stat.S_IMODE((tmp_path / "old.txt").stat().st_mode) == 0o640


@posix.rights
def test_the_journal_and_its_copies_are_private(tmp_path: Path) -> None:
    home = places(tmp_path)
    journal.apply(edit(tmp_path), home, STEWARD)
    assert stat.S_IMODE(home.state.stat().st_mode) == 0o700
    for path in home.state.rglob("*"):
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


@posix.as_root
def test_the_owner_stays_and_new_files_get_their_folders_owner(tmp_path: Path) -> None:
    made = edit(tmp_path)
    os.chown(tmp_path, 1234, 1235)
    os.chown(tmp_path / "old.txt", 1234, 4321)
    journal.apply(made, places(tmp_path), STEWARD)
    for name, owner in (
        ("old.txt", (1234, 4321)),
        ("new", (1234, 1235)),
        ("new/deep/made.txt", (1234, 1235)),
    ):
        found = (tmp_path / name).stat()
        assert (found.st_uid, found.st_gid) == owner, name


@posix.links
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    home = places(tmp_path)
    target = tmp_path / "dotfiles" / "real.txt"
    target.parent.mkdir()
    target.write_bytes(b"one\n")
    link = tmp_path / "link.txt"
    link.symlink_to(target)
    done = applied(journal.apply(plan(FileChange(link, b"two\n", b"one\n")), home, STEWARD))
    assert link.is_symlink()
    assert target.read_bytes() == b"two\n"
    journal.undo(done.change_id, home, STEWARD)
    assert link.is_symlink()
    assert target.read_bytes() == b"one\n"


# --- what refuses -----------------------------------------------------------------------------


@pytest.mark.parametrize("marked", ["old.txt", "."])
@posix.rights
def test_what_is_marked_read_only_is_respected_even_by_root(tmp_path: Path, marked: str) -> None:
    home = Places("linux", tmp_path, tmp_path, tmp_path, tmp_path / "state")
    inside = tmp_path / "profile"
    inside.mkdir()
    made = edit(inside)
    place = inside / marked
    place.chmod(place.stat().st_mode & ~0o222)
    assert kind(journal.apply(made, home, STEWARD)) is ProblemKind.PROGRAM_READ_ONLY
    assert contents(inside) == OLD
    place.chmod(0o755)


def _as_nobody(act: Callable[[Path], object]) -> str:
    """What `act` returns when a process without rights does it, as text."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    reading, writing = os.pipe()
    try:
        made = edit(folder)
        assert made
        for path in folder.iterdir():
            path.chmod(0o644)  # whatever the umask: to be read by anybody
        child = os.fork()
        if child == 0:
            os.setgid(65534)
            os.setuid(65534)
            os.write(writing, str(act(folder)).encode())
            os._exit(0)
        os.close(writing)
        os.waitpid(child, 0)
        with os.fdopen(reading, "rb") as answer:
            said = answer.read().decode()
        assert contents(folder) == OLD
        return said
    finally:
        shutil.rmtree(folder)


@posix.as_root
def test_a_folder_of_somebody_else_is_a_clear_problem() -> None:
    with tempfile.TemporaryDirectory() as state:
        Path(state).chmod(0o777)

        def act(folder: Path) -> ProblemKind:
            home = Places("linux", folder, folder, folder, Path(state) / "mine")
            made = plan(FileChange(folder / "old.txt", b"x", b"one\n"))
            return kind(journal.apply(made, home, STEWARD))

        assert _as_nobody(act) == "ProblemKind.PROGRAM_READ_ONLY"


@posix.as_root
def test_without_a_folder_for_the_journal_nothing_is_changed() -> None:
    def act(folder: Path) -> ProblemKind:
        made = plan(FileChange(folder / "old.txt", b"x", b"one\n"))
        return kind(journal.apply(made, places(folder), STEWARD))

    assert _as_nobody(act) == "ProblemKind.FOLDER_NOT_WRITABLE"


@posix.linux_attributes
def test_an_immutable_file_is_a_clear_problem(tmp_path: Path) -> None:
    made = edit(tmp_path)
    path = tmp_path / "old.txt"
    marked = subprocess.run(["chattr", "+i", str(path)], capture_output=True, check=False)
    if marked.returncode:
        pytest.skip("this file system has no immutable files")
    try:
        assert kind(journal.apply(made, places(tmp_path), STEWARD)) is ProblemKind.PROGRAM_READ_ONLY
        assert contents(tmp_path) == OLD
    finally:
        subprocess.run(["chattr", "-i", str(path)], check=True)


@pytest.mark.parametrize("call", range(1, 14))
def test_a_full_disk_at_any_moment_leaves_old_or_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    home, made = places(tmp_path), edit(tmp_path)
    real, seen = os.fsync, 0

    def fsync(descriptor: int) -> None:
        nonlocal seen
        seen += 1
        if seen == call:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    result = journal.apply(made, home, STEWARD)
    monkeypatch.undo()
    match result:
        case Applied():
            assert contents(tmp_path) == NEW
        case Problem(kind=problem):
            assert problem is ProblemKind.DISK_FULL
            assert contents(tmp_path) == OLD
            assert journal.pending(home) == ()
            assert applied(journal.apply(made, home, STEWARD)).change_id


@pytest.mark.parametrize("step", ["read", "replace"])
def test_what_another_program_holds_on_windows_is_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    home, made = places(tmp_path), edit(tmp_path)
    held = PermissionError(errno.EACCES, "being used by another process")
    setattr(held, "winerror", 32)  # noqa: B010 - unknown to a checker on Linux

    def refuse(self: Path, *asked: object) -> bytes:
        if step == "replace" or self.name == "old.txt":
            raise held
        return b""

    monkeypatch.setattr(private, "_PATIENCE", 0.1)
    monkeypatch.setattr(Path, "replace" if step == "replace" else "read_bytes", refuse)
    result = journal.apply(made, home, STEWARD)
    monkeypatch.undo()
    assert kind(result) is ProblemKind.PROGRAM_RUNNING
    assert contents(tmp_path) == OLD
    assert journal.pending(home) == ()


# --- kill -9 ----------------------------------------------------------------------------------


def _killed_at(point: str, act: Callable[[journal.Hook], object]) -> bool:
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


def _steps(act: Callable[[journal.Hook], object]) -> list[str]:
    seen: list[str] = []
    act(seen.append)
    return seen


def _apply_steps() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        home, made = places(Path(folder)), edit(Path(folder))
        return _steps(lambda hook: journal.apply(made, home, STEWARD, hook=hook))


def _undo_steps() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        home, made = places(Path(folder)), edit(Path(folder))
        done = applied(journal.apply(made, home, STEWARD))
        return _steps(lambda hook: journal.undo(done.change_id, home, STEWARD, hook=hook))


def test_the_steps_are_all_named() -> None:
    assert _apply_steps() == [
        "back-up", "begin", "write 0", "rename old.txt", "write 1", "rename made.txt", "done",
    ]  # fmt: skip
    assert _undo_steps() == [
        "undo",
        "restore 0",
        "restore 1",
        "rename old.txt",
        "folders",
        "undone",
    ]


@pytest.mark.parametrize("afterwards", ["finish", "undo", "again"])
@pytest.mark.parametrize("point", _apply_steps())
@posix.forks
def test_killed_while_applying(tmp_path: Path, point: str, afterwards: str) -> None:
    home, made = places(tmp_path), edit(tmp_path)
    assert _killed_at(point, lambda hook: journal.apply(made, home, STEWARD, hook=hook))
    found = contents(tmp_path)
    assert found["old.txt"] in {OLD["old.txt"], NEW["old.txt"]}
    assert found.get("new/deep/made.txt") in {None, NEW["new/deep/made.txt"]}
    waiting = journal.pending(home)
    if point in {"back-up", "begin"}:
        assert waiting == ()
        assert found == OLD
        assert applied(journal.apply(made, home, STEWARD)).change_id
        assert contents(tmp_path) == NEW
        return
    (interrupted,) = waiting
    assert not interrupted.undoing
    change = interrupted.record.id
    match afterwards:
        case "finish":
            assert isinstance(journal.finish(change, home, STEWARD), ChangeRecord)
            assert contents(tmp_path) == NEW
            assert journal.pending(home) == ()
            undone(journal.undo(change, home, STEWARD))
            assert contents(tmp_path) == OLD
        case "undo":
            undone(journal.undo(change, home, STEWARD))
            assert contents(tmp_path) == OLD
        case "again":
            # The same plan once more, although the interrupted one still waits: nothing is lost.
            applied(journal.apply(made, home, STEWARD))
            assert {**contents(tmp_path), **NEW} == contents(tmp_path)
            undone(journal.undo(change, home, STEWARD))
            for record in journal.changes(home):
                undone(journal.undo(record.id, home, STEWARD))
            assert contents(tmp_path) == OLD
    assert journal.pending(home) == ()
    assert not (tmp_path / "new").exists() or afterwards == "finish"


@pytest.mark.parametrize("lived_on", [False, True])
@pytest.mark.parametrize("point", _undo_steps())
@posix.forks
def test_killed_while_undoing(tmp_path: Path, point: str, lived_on: bool) -> None:
    home, made = places(tmp_path), edit(tmp_path)
    done = applied(journal.apply(made, home, STEWARD))
    if lived_on:
        (tmp_path / "old.txt").write_bytes(b"one\ntwo\nthree\n")
    change = done.change_id
    assert _killed_at(point, lambda hook: journal.undo(change, home, STEWARD, hook=hook))
    assert [item.undoing for item in journal.pending(home)] == ([] if point == "undo" else [True])
    taken = undone(journal.undo(change, home, STEWARD))
    assert contents(tmp_path) == {"old.txt": b"one\nthree\n" if lived_on else b"one\n"}
    assert [setting.value for setting in taken.kept] == (["three"] if lived_on else [])
    assert not (tmp_path / "new").exists()
    assert journal.pending(home) == ()


@posix.forks
def test_what_others_changed_after_an_interruption_is_not_finished_over(tmp_path: Path) -> None:
    home, made = places(tmp_path), edit(tmp_path)
    assert _killed_at("write 1", lambda hook: journal.apply(made, home, STEWARD, hook=hook))
    (tmp_path / "old.txt").write_bytes(b"one\ntheirs\n")
    (interrupted,) = journal.pending(home)
    result = journal.finish(interrupted.record.id, home, STEWARD)
    assert kind(result) is ProblemKind.PROGRAM_FILE_CHANGED
    undone(journal.undo(interrupted.record.id, home, STEWARD))
    assert contents(tmp_path) == {"old.txt": b"one\ntheirs\n"}


# --- the journal itself -----------------------------------------------------------------------


def test_a_torn_last_line_costs_only_itself(tmp_path: Path) -> None:
    home = places(tmp_path)
    first = applied(journal.apply(edit(tmp_path), home, STEWARD))
    with (home.state / "journal.jsonl").open("ab") as file:
        file.write(b'{"schema": 1, "event": "beg')
    path = tmp_path / "old.txt"
    second = applied(journal.apply(plan(FileChange(path, b"x\n", b"one\ntwo\n")), home, STEWARD))
    assert [record.id for record in journal.changes(home)] == [second.change_id, first.change_id]


def test_records_of_a_later_version_are_left_alone(tmp_path: Path) -> None:
    home = places(tmp_path)
    home.state.mkdir()
    line = json.dumps({"schema": 2, "event": "begin", "id": "7", "something": "new"})
    (home.state / "journal.jsonl").write_text(line + "\n")
    assert journal.changes(home) == ()
    done = applied(journal.apply(edit(tmp_path), home, STEWARD))
    assert done.change_id == "8"
    assert (home.state / "journal.jsonl").read_text().startswith(line)


def test_a_journal_of_the_first_schema_can_still_be_undone(tmp_path: Path) -> None:
    """The lines as version 1 wrote them, kept here as they were: upgrades must read them."""
    home = places(tmp_path)
    store = home.state / "changes" / "1"
    store.mkdir(parents=True)
    (store / "0.before").write_bytes(b"one\n")
    (store / "0.after").write_bytes(b"two\n")
    path = tmp_path / "old.txt"
    path.write_bytes(b"two\n")
    before = "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806"
    after = "27dd8ed44a83ff94d557f9fd0412ed5a8cbca69ea04922d88c01184a07300a5a"
    (home.state / "journal.jsonl").write_text(
        '{"schema": 1, "event": "begin", "id": "1", "client": "lines", "account": "a@b.example",'
        ' "when": "2026-11-23T12:00:00+00:00", "files": [{"path": ' + json.dumps(str(path)) + ","
        f' "mode": 384, "before": "{before}", "after": "{after}"}}], "made": []}}\n'
        '{"schema": 1, "event": "done", "id": "1"}\n'
    )
    assert [record.id for record in journal.changes(home)] == ["1"]
    undone(journal.undo("1", home, STEWARD))
    assert path.read_bytes() == b"one\n"


def test_a_damaged_back_up_is_noticed_before_anything_is_touched(tmp_path: Path) -> None:
    home = places(tmp_path)
    done = applied(journal.apply(edit(tmp_path), home, STEWARD))
    (home.state / "changes" / done.change_id / "0.before").write_bytes(b"damaged")
    result = journal.undo(done.change_id, home, STEWARD)
    assert kind(result) is ProblemKind.PROGRAM_FILE_UNREADABLE
    assert contents(tmp_path) == NEW


def test_copies_go_when_a_change_is_taken_back(tmp_path: Path) -> None:
    home = places(tmp_path)
    done = applied(journal.apply(edit(tmp_path), home, STEWARD))
    journal.undo(done.change_id, home, STEWARD)
    assert list((home.state / "changes").iterdir()) == []


@posix.forks
def test_two_wizards_wait_for_each_other(tmp_path: Path) -> None:
    home = places(tmp_path)
    children = []
    for number in range(6):
        child = os.fork()
        if child == 0:
            for turn in range(5):
                path = tmp_path / f"{number}-{turn}.txt"
                applied(journal.apply(plan(FileChange(path, b"x")), home, STEWARD))
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 6
    assert sorted(int(record.id) for record in journal.changes(home)) == list(range(1, 31))


@posix.fcntl_locks
def test_the_lock_is_free_again_afterwards(tmp_path: Path) -> None:
    home = places(tmp_path)
    journal.apply(edit(tmp_path), home, STEWARD)
    import fcntl

    with (home.state / "lock").open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
