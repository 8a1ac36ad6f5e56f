"""Evolution: three key files, found again, repaired, taken back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit import posix
from tests.unit.clients.support import account, places, sender, server
from wizard.clients import registry
from wizard.clients.keyfile import KeyFile
from wizard.model import (
    Account,
    Applied,
    AuthMethod,
    ClientPlan,
    How,
    Places,
    Problem,
    ProblemKind,
    Security,
    ServerType,
    SourceWords,
    Undone,
)

WORDS = SourceWords()


@pytest.fixture
def home(tmp_path: Path) -> Places:
    found = places(tmp_path)
    (found.search_path[0] / "evolution").write_text("#!/bin/sh\n")
    return found


def planned(home: Places, wanted: Account | None = None) -> ClientPlan:
    made = registry.plan("evolution", wanted or account(), home, WORDS)
    assert isinstance(made, ClientPlan), made
    return made


def set_up(home: Places, wanted: Account | None = None) -> str:
    done = registry.apply(planned(home, wanted), home)
    assert isinstance(done, Applied), done
    return done.change_id


def sources(home: Places) -> dict[str, KeyFile]:
    folder = home.config / "evolution" / "sources"
    return {
        path.stem.rsplit("-", 1)[1]: KeyFile.parse(path.read_bytes())
        for path in folder.glob("*.source")
    }


def path_of(home: Places, part: str) -> Path:
    (path,) = (home.config / "evolution" / "sources").glob(f"*-{part}.source")
    return path


def test_the_three_files_point_at_each_other(home: Places) -> None:
    set_up(home)
    found = sources(home)
    uid = {part: path_of(home, part).stem for part in found}
    assert found["account"].get("Mail Account", "IdentityUid") == uid["identity"]
    assert found["identity"].get("Mail Submission", "TransportUid") == uid["transport"]
    assert found["identity"].get("Data Source", "Parent") == uid["account"]
    assert found["identity"].get("Mail Identity", "Address") == "ada@shop.example"
    assert found["identity"].get("Mail Identity", "Name") == "Ada Lovelace"
    for part, host, port in (("account", "imap", "993"), ("transport", "smtp", "465")):
        assert found[part].get("Authentication", "Host") == f"{host}.shop.example"
        assert found[part].get("Authentication", "Port") == port
        assert found[part].get("Authentication", "User") == "ada@shop.example"
        assert found[part].get("Security", "Method") == "ssl-on-alternate-port"
    assert found["account"].get("Mail Account", "BackendName") == "imapx"
    assert found["transport"].get("Mail Transport", "BackendName") == "smtp"


def test_starttls_pop_and_other_logins(home: Places) -> None:
    set_up(
        home,
        account(
            server(
                ServerType.POP3, port=110, security=Security.STARTTLS, auth=(AuthMethod.CRAM_MD5,)
            ),
            sender(port=587, security=Security.STARTTLS, username="relay"),
        ),
    )
    found = sources(home)
    assert found["account"].get("Mail Account", "BackendName") == "pop"
    assert found["account"].get("Pop Backend", "KeepOnServer") == "true"
    assert found["account"].get("Authentication", "Method") == "CRAM-MD5"
    assert found["transport"].get("Security", "Method") == "starttls-on-standard-port"
    assert found["transport"].get("Authentication", "User") == "relay"


def test_a_second_run_changes_nothing_and_undo_leaves_nothing(home: Places) -> None:
    change = set_up(home)
    assert planned(home).unchanged
    assert set_up(home) == ""
    undone = registry.undo(change, home)
    assert isinstance(undone, Undone)
    assert not (home.config / "evolution").exists()


def test_other_accounts_stay(home: Places) -> None:
    set_up(home, account(server(host="imap.other.example")))
    others = {path: path.read_bytes() for path in home.config.rglob("*.source")}
    change = set_up(home)
    assert len(list(home.config.rglob("*.source"))) == 6
    registry.undo(change, home)
    assert {path: path.read_bytes() for path in home.config.rglob("*.source")} == others


def test_what_evolution_fills_in_goes_with_the_account(home: Places) -> None:
    change = set_up(home)
    path = path_of(home, "account")
    path.write_text(path.read_text() + "\n[Imapx Backend]\nUseIdle=true\n")
    undone = registry.undo(change, home)
    assert isinstance(undone, Undone)
    assert undone.kept == ()
    assert not path.exists()


def test_what_a_person_changed_is_kept_and_named(home: Places) -> None:
    change = set_up(home)
    path = path_of(home, "identity")
    path.write_text(path.read_text().replace("Name=Ada Lovelace", "Name=Countess"))
    undone = registry.undo(change, home)
    assert isinstance(undone, Undone)
    assert [(item.value, item.before) for item in undone.kept] == [("Countess", "Ada Lovelace")]
    left = KeyFile.parse(path.read_bytes())
    assert {name: value for name, value in left.values.items() if value} == {
        ("Mail Identity", "Name"): "Countess"
    }


def test_a_broken_account_is_repaired_and_the_repair_taken_back(home: Places) -> None:
    set_up(home)
    path = path_of(home, "account")
    broken = path.read_text().replace("Port=993", "Port=143").replace(
        "ssl-on-alternate-port", "none"
    )  # fmt: skip
    path.write_text(broken)
    plan = planned(home)
    assert [(item.key, item.value, item.before) for item in plan.repairs] == [
        ("Receiving: port", "993", "143"),
        ("Receiving: encryption", "ssl-on-alternate-port", "none"),
    ]
    done = registry.apply(plan, home)
    assert isinstance(done, Applied)
    assert planned(home).unchanged
    path.write_text(path.read_text() + "\n[Offline]\nStaySynchronized=true\n")
    registry.undo(done.change_id, home)
    assert path.read_text() == broken + "\n[Offline]\nStaySynchronized=true\n"


def test_the_sending_server_is_repaired_too(home: Places) -> None:
    set_up(home)
    path = path_of(home, "transport")
    path.write_text(path.read_text().replace("Port=465", "Port=25"))
    assert [item.key for item in planned(home).repairs] == ["Sending: port"]


def test_a_port_that_is_not_named_is_the_usual_one(home: Places) -> None:
    set_up(home)
    path = path_of(home, "account")
    path.write_text(path.read_text().replace("Port=993", "Port=0"))
    assert planned(home).unchanged


def test_detection_names_the_accounts(home: Places) -> None:
    set_up(home)
    found = next(item for item in registry.detect_all(home) if item.id == "evolution")
    assert found.path == home.search_path[0] / "evolution"
    assert found.profiles[0].accounts == ("ada@shop.example",)


def test_without_evolution_and_without_encryption(home: Places) -> None:
    bare = registry.plan("evolution", account(), replace(home, search_path=()), WORDS)
    assert isinstance(bare, Problem)
    assert bare.kind is ProblemKind.PROGRAM_MISSING
    made = registry.plan("evolution", account(server(security=Security.PLAIN)), home, WORDS)
    assert isinstance(made, Problem)
    assert made.kind is ProblemKind.UNENCRYPTED_ONLY


@posix.rights
def test_a_read_only_folder_is_a_clear_problem(home: Places) -> None:
    folder = home.config / "evolution" / "sources"
    folder.mkdir(parents=True)
    folder.chmod(0o555)
    made = registry.plan("evolution", account(), home, WORDS)
    assert isinstance(made, Problem)
    assert made.kind is ProblemKind.PROGRAM_READ_ONLY


def test_browser_sign_in_is_left_to_the_program(home: Places) -> None:
    plan = planned(home, account(server(auth=(AuthMethod.OAUTH2,))))
    assert (plan.how, plan.changes) == (How.STEPS, ())
    assert plan.steps


def test_files_to_carry_are_the_same(home: Places) -> None:
    carried = registry.files("evolution", account(), WORDS)
    assert isinstance(carried, ClientPlan)
    assert {item.name: item.content for item in carried.files} == {
        change.path.name: change.after for change in planned(home).changes
    }


# --- key files --------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(TEXT)
def test_any_value_comes_back(value: str) -> None:
    file = KeyFile.build({"Group": {"Key": value, "Other": "x"}})
    assert file.get("Group", "Key") == value
    assert file.get("Group", "Other") == "x"


def test_an_edit_moves_nothing_else() -> None:
    text = "# c\n[A]\nx=1\n\n[B]\ny=2\nz[de]=3"
    file = KeyFile.parse(text.encode())
    edited = file.edited({("A", "x"): "9", ("A", "new"): "n", ("B", "y"): None, ("C", "k"): "v"})
    assert edited.text == "# c\n[A]\nx=9\nnew=n\n\n[B]\nz[de]=3\n\n[C]\nk=v\n"
    assert file.edited({}).text == text
