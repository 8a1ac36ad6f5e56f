"""Passwords in a store that Thunderbird has already: set up, changed, moved, taken back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.lab.canary import leaks_in_files
from tests.unit.clients.support import ONE_ACCOUNT, account, places, profile, sender, server
from wizard.app import STORE_STEP
from wizard.clients import holders, journal, moving, registry
from wizard.clients.thunderbird_logins import taken_back
from wizard.clients.thunderbird_nss import Login, answered
from wizard.clients.thunderbird_password import Store, changed, moved, possible, with_password
from wizard.model import (
    Account,
    Applied,
    AuthMethod,
    ClientPlan,
    EmailAddress,
    PasswordUse,
    Places,
    ProblemKind,
    Secret,
    Service,
    ServiceType,
    SourceWords,
    Undone,
)

OLD, NEW = "the old one", 'K4narien/vögel "q" \\ %7&+=ß'
GRACE = EmailAddress("grace", "navy.example")
USER = str(GRACE)
RECEIVING, SENDING = ("imap://imap.navy.example", USER), ("smtp://smtp.navy.example", USER)
COMMAND = (sys.executable, "-m", "wizard", STORE_STEP)
REAL = Path("/usr/lib/thunderbird")
WORDS = SourceWords()


@pytest.fixture
def computer(tmp_path: Path) -> Places:
    """A Thunderbird that is in use, with the libraries of the real one."""
    if not (REAL / "libnss3.so").is_file():
        pytest.skip("no Thunderbird here; the lab's machines have it")
    found = places(tmp_path / "home")
    for library in REAL.glob("lib*.so"):
        (found.programs[0] / "thunderbird" / library.name).symlink_to(library)
    profile(found.home, ONE_ACCOUNT)
    return found


def folder_of(found: Places) -> Path:
    return found.home / ".thunderbird" / "abcd.default"


def library_of(found: Places) -> str:
    return str(found.programs[0] / "thunderbird" / "libnss3.so")


def keeps(found: Places, logins: Sequence[Login], password: str = OLD) -> Path:
    """Its store, as Thunderbird has it after these logins were saved."""
    folder, staging = folder_of(found), found.home / "staging"
    staging.mkdir()
    order = {
        "task": "make",
        "folder": str(staging),
        "library": library_of(found),
        "logins": logins,
        "password": password,
    }
    assert answered(COMMAND, order) == {"state": "made"}
    for name in ("key4.db", "logins.json"):
        shutil.copy(staging / name, folder / name)
    shutil.rmtree(staging)
    return folder / "logins.json"


def holds(found: Places, login: Login, password: str) -> bool:
    """Whether Thunderbird's library reads this password for this login."""
    order = {
        "task": "revise",
        "folder": str(folder_of(found)),
        "library": library_of(found),
        "document": (folder_of(found) / "logins.json").read_text(),
        "update": [login],
        "add": [],
        "drop": [],
        "needs": [],
        "password": password,
    }
    answer = answered(COMMAND, order)
    return answer is not None and answer["state"] == "same"


def grace(**more: Any) -> Account:
    return account(
        server(host="imap.navy.example", username=USER),
        sender(host="smtp.navy.example", username=USER),
        address=GRACE,
        **more,
    )


def store(found: Places) -> Store:
    return Store(Secret(NEW), found, COMMAND)


def change(found: Places, wanted: Account | None = None) -> PasswordUse:
    (holder,) = holders.find(GRACE, found)
    return changed(holder, wanted or grace(), store(found), WORDS)


def edited(path: Path, **more: object) -> dict[str, Any]:
    """The first login as if Thunderbird had written it since."""
    document: dict[str, Any] = json.loads(path.read_bytes())
    document["logins"][0] |= more
    path.write_text(json.dumps(document))
    return document


# --- the password changed ---------------------------------------------------------------------


def test_the_logins_of_the_account_get_the_new_password(computer: Places, tmp_path: Path) -> None:
    other = ("imap://imap.navy.example", "someone@navy.example")
    web = ("https://navy.example", USER)
    logins = keeps(computer, [RECEIVING, SENDING, other, web])
    before, key = logins.read_bytes(), (logins.parent / "key4.db").read_bytes()
    listing = sorted(logins.parent.iterdir())
    use = change(computer)
    assert (use.updated, use.problem, use.note) == (True, None, holders.has_it(WORDS))
    assert use.change_id
    for login in (RECEIVING, SENDING):
        assert holds(computer, login, NEW)
    for login in (other, web):
        assert holds(computer, login, OLD)
    assert (logins.parent / "key4.db").read_bytes() == key
    assert sorted(logins.parent.iterdir()) == listing
    assert leaks_in_files(tmp_path, NEW, USER) == []

    again = change(computer)
    assert (again.updated, again.change_id) == (True, "")
    undone = registry.undo(use.change_id, computer)
    assert isinstance(undone, Undone)
    assert undone.kept == ()
    assert logins.read_bytes() == before


def test_taken_back_after_thunderbird_used_it(computer: Places) -> None:
    logins = keeps(computer, [RECEIVING, SENDING])
    use = change(computer)
    document = edited(logins, timesUsed=7)
    theirs = {**document["logins"][0], "guid": "{theirs}", "id": 9, "hostname": "https://x.example"}
    document["logins"].append(theirs)
    for name in ("logins.json", "logins-backup.json"):
        (logins.parent / name).write_text(json.dumps(document))
    undone = registry.undo(use.change_id, computer)
    assert isinstance(undone, Undone)
    assert undone.kept == ()
    assert holds(computer, RECEIVING, OLD)
    assert holds(computer, SENDING, OLD)
    for name in ("logins.json", "logins-backup.json"):
        left = json.loads((logins.parent / name).read_bytes())["logins"]
        assert left[0]["timesUsed"] == 7
        assert left[-1] == theirs
        assert len(left) == 3


def test_a_password_typed_since_stays_and_is_named(computer: Places) -> None:
    logins = keeps(computer, [RECEIVING, SENDING])
    use = change(computer)
    edited(logins, encryptedPassword="typed since")
    undone = registry.undo(use.change_id, computer)
    assert isinstance(undone, Undone)
    assert [(item.key, item.value) for item in undone.kept] == [("logins.json", RECEIVING[0])]
    assert json.loads(logins.read_bytes())["logins"][0]["encryptedPassword"] == "typed since"
    assert holds(computer, SENDING, OLD)


def test_a_calendar_that_took_the_password_gets_it_too(computer: Places) -> None:
    dav = ("https://dav.navy.example", USER)
    keeps(computer, [RECEIVING, dav])
    proven = Service(ServiceType.CALDAV, "https://dav.navy.example/cal/", USER, verified=True)
    change(computer, grace(services=(replace(proven, verified=False),)))
    assert holds(computer, dav, OLD)
    change(computer, grace(services=(proven,)))
    assert holds(computer, dav, NEW)


def test_nothing_is_added_where_it_keeps_no_password(computer: Places) -> None:
    logins = keeps(computer, [("imap://elsewhere.example", USER)])
    before = logins.read_bytes()
    use = change(computer)
    assert (use.updated, use.change_id, use.note) == (False, "", holders.asks_once(WORDS))
    keeps(computer, [(RECEIVING[0], "someone@navy.example")])
    use = change(computer)
    assert (use.updated, use.note) == (False, holders.asks_once(WORDS))
    assert logins.read_bytes() != before


def test_a_primary_password_is_left_to_the_person(computer: Places) -> None:
    logins = keeps(computer, [RECEIVING, SENDING])
    code = (
        "import ctypes, pathlib, sys; from wizard.clients.thunderbird_nss import _Nss; "
        "_Nss._demand = lambda *_: None; "
        "nss = _Nss(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), new=True); "
        "lib = nss._nss; slot = lib.PK11_GetInternalKeySlot(); "
        "lib.PK11_ChangePW.argtypes = (ctypes.c_void_p,) + (ctypes.c_char_p,) * 2; "
        "sys.exit(lib.PK11_ChangePW(slot, b'', b'primary') or nss.close())"
    )
    argv = [sys.executable, "-c", code, library_of(computer), str(logins.parent)]
    subprocess.run(argv, check=True)
    before = logins.read_bytes()
    use = change(computer)
    assert not use.updated
    assert use.problem is None
    assert "primary password" in use.note
    assert "Enter new password" in use.note
    assert logins.read_bytes() == before


def test_not_under_its_feet(computer: Places) -> None:
    logins = keeps(computer, [RECEIVING, SENDING])
    before = logins.read_bytes()
    (holder,) = holders.find(GRACE, computer)
    running = replace(holder, profile=replace(holder.profile, running=True))
    use = changed(running, grace(), store(computer), WORDS)
    assert use.problem is not None
    assert use.problem.kind is ProblemKind.PROGRAM_RUNNING
    assert "Enter new password" in use.note
    assert logins.read_bytes() == before


@pytest.mark.parametrize("text", ['{"version": 4, "logins": []}', "[]", "{", '{"version": 3}'])
def test_a_store_of_another_form_is_left_alone(computer: Places, text: str) -> None:
    logins = keeps(computer, [RECEIVING])
    logins.write_text(text)
    made = with_password(planned(computer), grace(), store(computer))
    assert made in {"unknown-form", "library-refused"}
    assert logins.read_text() == text


def test_not_with_a_thunderbird_that_was_never_tried(tmp_path: Path) -> None:
    found = places(tmp_path)
    folder = profile(tmp_path, ONE_ACCOUNT)
    (folder / "logins.json").write_text(json.dumps({"logins": [{"hostname": RECEIVING[0]}]}))
    (holder,) = holders.find(GRACE, found)
    use = changed(holder, grace(), Store(Secret(NEW), found, ("false",)), WORDS)
    assert (use.updated, use.note) == (False, holders.asks(holder, WORDS))


# --- set up in a profile that is in use -------------------------------------------------------


def planned(found: Places, wanted: Account | None = None) -> ClientPlan:
    made = registry.plan("thunderbird", wanted or account(), found, WORDS)
    assert isinstance(made, ClientPlan)
    return made


def test_an_account_joins_an_existing_profile_with_its_password(
    computer: Places, tmp_path: Path
) -> None:
    logins = keeps(computer, [RECEIVING, SENDING])
    contents = {path: path.read_bytes() for path in logins.parent.iterdir()}
    made = planned(computer)
    assert possible(made, account(), computer)
    with_it = with_password(made, account(), store(computer))
    assert isinstance(with_it, ClientPlan)
    done = registry.apply(with_it, computer)
    assert isinstance(done, Applied)
    assert holds(computer, ("imap://imap.shop.example", "ada@shop.example"), NEW)
    assert holds(computer, ("smtp://smtp.shop.example", "ada@shop.example"), NEW)
    assert holds(computer, RECEIVING, OLD)
    assert leaks_in_files(tmp_path, NEW, "ada@shop.example") == []
    # A second time there is nothing to do, neither for the account nor for its password.
    assert planned(computer).unchanged
    assert with_password(planned(computer), account(), store(computer)) == "same"
    undone = registry.undo(done.change_id, computer)
    assert isinstance(undone, Undone)
    assert {path: path.read_bytes() for path in logins.parent.iterdir()} == contents


def test_a_first_password_in_a_profile_leaves_with_undo(computer: Places) -> None:
    logins = keeps(computer, [])
    logins.unlink()
    with_it = with_password(planned(computer), account(), store(computer))
    # A store in which nothing was ever locked has no key yet: ours would have to be written there.
    assert with_it == "no-key"
    keeps(computer, [RECEIVING])
    logins.unlink()
    with_it = with_password(planned(computer), account(), store(computer))
    assert isinstance(with_it, ClientPlan)
    done = registry.apply(with_it, computer)
    assert isinstance(done, Applied)
    for name in ("logins.json", "logins-backup.json"):
        shutil.copy(logins, logins.with_name(name)) if name != logins.name else edited(logins, id=5)
    undone = registry.undo(done.change_id, computer)
    assert isinstance(undone, Undone)
    assert not logins.exists()
    assert not logins.with_name("logins-backup.json").exists()


def test_what_cannot_be_offered(computer: Places) -> None:
    made = planned(computer)
    assert not possible(made, account(), computer)  # no store there yet
    keeps(computer, [])
    assert possible(made, account(), computer)
    assert not possible(made, account(), replace(computer, system="windows"))
    browser = (AuthMethod.OAUTH2,)
    google = account(
        server(host="imap.gmail.com", auth=browser), sender(host="smtp.gmail.com", auth=browser)
    )
    assert not possible(made, google, computer)
    assert with_password(made, google, store(computer)) == "no-password-login"


# --- the login is another one -----------------------------------------------------------------


def test_a_moved_login_takes_the_place_of_the_old_one(computer: Places) -> None:
    logins = keeps(computer, [RECEIVING, SENDING, ("https://navy.example", USER)])
    before = logins.read_bytes()
    outcomes = moving.plan(GRACE, account(), computer, WORDS)
    (made,) = [
        plan
        for client, _, plan in moved(outcomes, store(computer), WORDS)
        if client == "thunderbird"
    ]
    assert isinstance(made, ClientPlan)
    assert WORDS.text(moving.NOTE_PASSWORD) not in made.notes
    done = registry.apply(made, computer)
    assert isinstance(done, Applied)
    assert holds(computer, ("imap://imap.shop.example", "ada@shop.example"), NEW)
    assert holds(computer, ("smtp://smtp.shop.example", "ada@shop.example"), NEW)
    document = json.loads(logins.read_bytes())
    assert [item["hostname"] for item in document["logins"]] == [
        "https://navy.example",
        "imap://imap.shop.example",
        "smtp://smtp.shop.example",
    ]
    undone = registry.undo(done.change_id, computer)
    assert isinstance(undone, Undone)
    assert logins.read_bytes() == before


def test_a_moved_login_is_asked_for_where_it_was_asked_for_before(computer: Places) -> None:
    logins = keeps(computer, [("https://navy.example", USER)])
    outcomes = moving.plan(GRACE, account(), computer, WORDS)
    assert moved(outcomes, store(computer), WORDS) == outcomes
    assert journal.changes(computer) == ()
    assert logins.exists()


# --- pure -------------------------------------------------------------------------------------


def test_what_was_dropped_comes_back_beside_what_is_new() -> None:
    old = {"id": 1, "guid": "{a}", "hostname": "imap://a", "encryptedPassword": "1"}
    ours = {"id": 2, "guid": "{b}", "hostname": "imap://b", "encryptedPassword": "2"}
    theirs = {"id": 1, "guid": "{c}", "hostname": "imap://c", "encryptedPassword": "3"}

    def document(next_id: int, *logins: dict[str, object]) -> bytes:
        return json.dumps({"nextId": next_id, "logins": logins, "version": 3}).encode()

    back = taken_back(document(3, theirs, ours), document(2, old), document(3, ours))
    assert back.kept == ()
    assert back.content is not None
    assert json.loads(back.content)["logins"] == [theirs, {**old, "id": 3}]
    assert json.loads(back.content)["nextId"] == 4
    strange = taken_back(b"[]", document(2, old), document(3, ours))
    assert (strange.content, len(strange.kept)) == (b"[]", 1)
