"""The password in Thunderbird's store: only in a new profile, and seen nowhere else."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.lab.canary import leaks, leaks_in_files
from tests.unit.clients.support import ONE_ACCOUNT, account, places, profile, sender, server
from wizard.app import STORE_STEP
from wizard.clients import registry, thunderbird_store
from wizard.clients.thunderbird_store import keep, refusal
from wizard.model import (
    Account,
    Applied,
    AuthMethod,
    ClientPlan,
    Places,
    Secret,
    ServerType,
    SourceWords,
    Undone,
)

CANARY = 'K4narien/vögel "q" \\ %7&+=ß'
USER = "ada@shop.example"
COMMAND = (sys.executable, "-m", "wizard", STORE_STEP)
REAL = Path("/usr/lib/thunderbird")


@pytest.fixture
def computer(tmp_path: Path) -> Places:
    """A Thunderbird that was never started, with the libraries of the real one."""
    if not (REAL / "libnss3.so").is_file():
        pytest.skip("no Thunderbird here; the lab's machines have it")
    found = places(tmp_path / "home")
    for library in REAL.glob("lib*.so"):
        (found.programs[0] / "thunderbird" / library.name).symlink_to(library)
    return found


def bare(home: Path) -> Places:
    found = places(home)
    (found.programs[0] / "thunderbird" / "libnss3.so").write_bytes(b"not a library")
    return found


def set_up(found: Places, wanted: Account | None = None) -> Applied:
    made = registry.plan("thunderbird", wanted or account(), found, SourceWords())
    assert isinstance(made, ClientPlan), made
    done = registry.apply(made, found)
    assert isinstance(done, Applied), done
    return done


def folder_of(done: Applied) -> Path:
    assert done.plan.profile is not None
    return done.plan.profile.path


def taken(done: Applied, found: Places) -> Undone:
    undone = registry.undo(done.change_id, found)
    assert isinstance(undone, Undone), undone
    return undone


def stored(found: Places, wanted: Account | None = None) -> Applied:
    done = set_up(found, wanted)
    assert keep(done, wanted or account(), Secret(CANARY), found, COMMAND) == ""
    return done


# --- where not --------------------------------------------------------------------------------


def test_a_new_profile_may_have_it(tmp_path: Path) -> None:
    found = bare(tmp_path)
    assert refusal(set_up(found), account(), found) == ""


def test_an_existing_profile_is_left_alone_with_its_store(tmp_path: Path) -> None:
    found = bare(tmp_path)
    folder = profile(tmp_path, ONE_ACCOUNT)
    (folder / "key4.db").write_bytes(b"with a primary password")
    done = set_up(found)
    assert keep(done, account(), Secret(CANARY), found, ("false",)) == "not-a-new-profile"
    assert (folder / "key4.db").read_bytes() == b"with a primary password"
    assert not (folder / "logins.json").exists()


@pytest.mark.parametrize(
    "name", ["key4.db", "logins.json", "cert9.db", ".parentlock", "times.json"]
)
def test_a_new_profile_that_was_used_meanwhile_is_left_alone(tmp_path: Path, name: str) -> None:
    found = bare(tmp_path)
    done = set_up(found)
    (folder_of(done) / name).write_bytes(b"theirs")
    assert refusal(done, account(), found) == "not-a-new-profile"


def test_not_without_the_library_of_thunderbird(tmp_path: Path) -> None:
    found = places(tmp_path)
    assert refusal(set_up(found), account(), found) == "no-library"


@pytest.mark.parametrize("system", ["windows", "darwin"])
def test_not_where_it_was_never_tried(tmp_path: Path, system: str) -> None:
    found = bare(tmp_path)
    done = set_up(found)
    assert refusal(done, account(), replace(found, system=system)) == "no-library"


def test_not_where_people_sign_in_in_the_browser(tmp_path: Path) -> None:
    found = bare(tmp_path)
    browser = (AuthMethod.OAUTH2,)
    google = account(
        server(host="imap.gmail.com", auth=browser), sender(host="smtp.gmail.com", auth=browser)
    )
    assert refusal(set_up(found, google), google, found) == "no-password-login"


def test_a_library_that_cannot_be_loaded_leaves_no_trace(tmp_path: Path) -> None:
    found = bare(tmp_path)
    done = set_up(found)
    before = sorted(folder_of(done).iterdir())
    assert keep(done, account(), Secret(CANARY), found, COMMAND) == "library-refused"
    assert sorted(folder_of(done).iterdir()) == before
    assert leaks_in_files(tmp_path, CANARY, USER) == []


# --- where it is kept -------------------------------------------------------------------------


def test_the_store_is_made_and_the_password_shows_nowhere(computer: Places, tmp_path: Path) -> None:
    done = stored(computer)
    folder = folder_of(done)
    assert sorted(item.name for item in folder.iterdir()) == [
        "compatibility.ini",
        "key4.db",
        "logins.json",
        "prefs.js",
    ]
    assert {(folder / name).stat().st_mode & 0o777 for name in ("key4.db", "logins.json")} == {
        0o600
    }
    document = json.loads((folder / "logins.json").read_bytes())
    origins = [(item["hostname"], item["httpRealm"]) for item in document["logins"]]
    assert origins == [(f"{k}.shop.example",) * 2 for k in ("imap://imap", "smtp://smtp")]
    assert leaks_in_files(tmp_path, CANARY, USER) == []  # encrypted even in the store itself
    # No copy of the two files, by any name.
    contents = {(folder / name).read_bytes() for name in ("key4.db", "logins.json")}
    elsewhere = [p for p in tmp_path.rglob("*") if p.is_file() and p.parent != folder]
    assert not [path for path in elsewhere if path.read_bytes() in contents]


def test_pop3_has_an_origin_of_its_own(computer: Places) -> None:
    pop3 = account(server(ServerType.POP3, "pop.shop.example", 995))
    document = json.loads((folder_of(stored(computer, pop3)) / "logins.json").read_bytes())
    assert document["logins"][0]["hostname"] == "mailbox://pop.shop.example"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_neither_arguments_nor_environment_of_the_child_hold_it(
    tmp_path: Path,
) -> None:
    found = bare(tmp_path)
    seen = tmp_path / "seen"
    code = (
        "import os, pathlib, sys; pathlib.Path(sys.argv[1]).write_bytes("
        "pathlib.Path('/proc/self/cmdline').read_bytes()"
        " + pathlib.Path('/proc/self/environ').read_bytes()); sys.stdin.read(); sys.exit(1)"
    )
    command = (sys.executable, "-c", code, str(seen))
    assert keep(set_up(found), account(), Secret(CANARY), found, command) == "library-refused"
    told = seen.read_bytes()
    assert leaks(told, CANARY, USER) == []


# --- taken back -------------------------------------------------------------------------------


def test_undo_leaves_nothing(computer: Places) -> None:
    done = stored(computer)
    assert taken(done, computer).kept == ()
    assert not (computer.home / ".thunderbird").exists()


def test_undo_takes_only_our_logins_from_a_store_in_use(computer: Places) -> None:
    done = stored(computer)
    folder = folder_of(done)
    document = json.loads((folder / "logins.json").read_bytes())
    theirs = {**document["logins"][0], "guid": "{theirs}", "hostname": "https://web.example"}
    document["logins"].append(theirs)
    for name in ("logins.json", "logins-backup.json"):
        (folder / name).write_text(json.dumps(document))
    kept = {item.key for item in taken(done, computer).kept}
    assert {"logins.json", "logins-backup.json", "key4.db"} <= kept
    for name in ("logins.json", "logins-backup.json"):
        assert json.loads((folder / name).read_bytes())["logins"] == [theirs]
    assert (folder / "key4.db").exists()


def test_a_changed_key_stays_and_is_named(computer: Places) -> None:
    done = stored(computer)
    with (folder_of(done) / "key4.db").open("ab") as file:
        file.write(b"more")
    assert "key4.db" in {item.key for item in taken(done, computer).kept}
    assert not (folder_of(done) / "logins.json").exists()


@pytest.mark.parametrize("links", [0, 1])
def test_killed_in_between_it_is_taken_back_all_the_same(
    computer: Places, monkeypatch: pytest.MonkeyPatch, links: int
) -> None:
    done = set_up(computer)
    real = os.link
    made: list[Path] = []

    class Killed(BaseException):
        """Nothing catches it, as with `kill -9`."""

    def link(source: Path, target: Path) -> None:
        if len(made) == links:
            raise Killed
        made.append(target)
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", link)
        patch.setattr(shutil, "rmtree", lambda *_args, **_more: None)
        with pytest.raises(Killed):
            keep(done, account(), Secret(CANARY), computer, COMMAND)
    # Never logins without their key.
    assert not (folder_of(done) / "logins.json").exists()
    left = folder_of(done) / f".mail-wizard-{done.change_id}"
    assert left.is_dir()
    registry.tidy(computer)  # what every start does
    assert not left.exists()
    assert taken(done, computer).kept == ()
    assert not (computer.home / ".thunderbird").exists()


def test_whoever_was_faster_keeps_what_is_there(
    computer: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = set_up(computer)
    real = thunderbird_store._note

    def and_then_it_starts(*arguments: object) -> None:
        real(*arguments)  # type: ignore[arg-type]
        (folder_of(done) / "key4.db").write_bytes(b"theirs")

    monkeypatch.setattr(thunderbird_store, "_note", and_then_it_starts)
    assert keep(done, account(), Secret(CANARY), computer, COMMAND) == "running"
    assert (folder_of(done) / "key4.db").read_bytes() == b"theirs"
    assert "key4.db" in {item.key for item in taken(done, computer).kept}
