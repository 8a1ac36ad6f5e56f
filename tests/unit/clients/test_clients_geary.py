"""Geary: one file per account, found again, repaired, taken back, moved."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.header import decode_header, make_header
from email.utils import parseaddr
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit import posix
from tests.unit.clients.support import account, places, sender, server
from wizard.clients import geary, holders, moving, registry
from wizard.clients.keyfile import KeyFile, unescaped
from wizard.model import (
    Account,
    Applied,
    AuthMethod,
    ClientPlan,
    EmailAddress,
    How,
    PasswordKind,
    Places,
    Problem,
    ProblemKind,
    Provider,
    Security,
    ServerType,
    SourceWords,
    Undone,
)

WORDS = SourceWords()
OTHER = """\
[Metadata]
version=1
status=enabled

[Account]
ordinal=4
label=Navy
prefetch_days=30
save_drafts=true
save_sent=true
use_signature=true
signature=Grace
sender_mailboxes=Grace Hopper <grace@navy.example>;"Amazing\\\\; G" <amazing@navy.example>;
service_provider=other

[Folders]
archive_folder=Archive;

[Incoming]
login=grace@navy.example
remember_password=true
host=imap.navy.example
port=993
transport_security=transport
credentials=custom

[Outgoing]
remember_password=true
host=smtp.navy.example
port=587
transport_security=start-tls
credentials=use-incoming
"""
"""As Geary 43 writes it."""


@pytest.fixture
def home(tmp_path: Path) -> Places:
    found = places(tmp_path)
    (found.search_path[0] / "geary").write_text("#!/bin/sh\n")
    return found


def lived_in(home: Places, text: str = OTHER, folder: Path | None = None) -> Path:
    path = (folder or home.config / "geary") / "account_01" / "geary.ini"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def flatpak(home: Places) -> Path:
    """Installs it; returns where it keeps its accounts."""
    top = home.programs[0] / "org.gnome.Geary" / "current" / "active" / "files" / "bin"
    top.mkdir(parents=True)
    (top / "geary").write_text("")
    return home.home / ".var" / "app" / "org.gnome.Geary" / "config" / "geary"


def planned(home: Places, wanted: Account | None = None, profile: str | None = None) -> ClientPlan:
    made = registry.plan("geary", wanted or account(), home, WORDS, profile)
    assert isinstance(made, ClientPlan), made
    return made


def set_up(home: Places, wanted: Account | None = None) -> str:
    done = registry.apply(planned(home, wanted), home)
    assert isinstance(done, Applied), done
    return done.change_id


def ours(home: Places) -> Path:
    (path,) = (home.config / "geary").glob("mail_*/geary.ini")
    return path


def read(path: Path) -> dict[str, str]:
    file = KeyFile.parse(path.read_bytes(), escapes=False)
    return {f"{group}.{key}": value for (group, key), value in file.values.items()}


@contextmanager
def running(home: Path, where: Path) -> Iterator[None]:
    """A process that is called as Geary's is, of somebody with this home folder."""
    program = where / "geary"
    shutil.copy("/bin/sleep", program)
    with subprocess.Popen([program, "60"], env={"HOME": str(home)}) as process:
        try:
            while not Path(f"/proc/{process.pid}/environ").read_bytes():
                time.sleep(0.01)
            yield
        finally:
            process.kill()


def test_one_file_with_all_it_needs(home: Places) -> None:
    set_up(home)
    assert read(ours(home)) == {
        "Metadata.version": "1",
        "Metadata.status": "enabled",
        "Account.ordinal": "1",
        "Account.label": "ada@shop.example",
        "Account.sender_mailboxes": '"Ada Lovelace" <ada@shop.example>;',
        "Account.service_provider": "other",
        "Incoming.remember_password": "true",
        "Incoming.login": "ada@shop.example",
        "Incoming.host": "imap.shop.example",
        "Incoming.port": "993",
        "Incoming.transport_security": "transport",
        "Incoming.credentials": "custom",
        "Outgoing.remember_password": "true",
        "Outgoing.host": "smtp.shop.example",
        "Outgoing.port": "465",
        "Outgoing.transport_security": "transport",
        "Outgoing.credentials": "use-incoming",
    }


def test_the_preview_is_what_is_written(home: Places) -> None:
    (change,) = planned(home).changes
    written = KeyFile.parse(change.after, escapes=False)
    shown = {item.key: item.value for item in change.settings}
    assert shown == {f"[{g}] {k}": value for (g, k), value in written.values.items()}
    assert not (home.config / "geary").exists()


def test_starttls_and_other_logins_for_sending(home: Places) -> None:
    relay = sender(port=587, security=Security.STARTTLS, username="SHOP\\relay")
    set_up(home, account(server(port=143, security=Security.STARTTLS), relay))
    found = read(ours(home))
    assert found["Incoming.transport_security"] == found["Outgoing.transport_security"]
    assert found["Outgoing.transport_security"] == "start-tls"
    assert found["Outgoing.credentials"] == "custom"
    assert found["Outgoing.login"] == "SHOP\\\\relay"
    assert planned(home, account(server(port=143, security=Security.STARTTLS), relay)).unchanged


def test_sending_without_a_login(home: Places) -> None:
    set_up(home, account(outgoing=sender(auth=(AuthMethod.NONE,))))
    found = read(ours(home))
    assert found["Outgoing.credentials"] == "none"
    assert "Outgoing.login" not in found


def test_other_accounts_stay_and_ours_comes_last(home: Places) -> None:
    path = lived_in(home)
    change = set_up(home)
    assert path.read_text() == OTHER
    assert read(ours(home))["Account.ordinal"] == "5"
    assert isinstance(registry.undo(change, home), Undone)
    assert [item.name for item in (home.config / "geary").iterdir()] == ["account_01"]
    assert path.read_text() == OTHER


def test_a_second_run_changes_nothing_and_undo_leaves_nothing(home: Places) -> None:
    change = set_up(home)
    assert planned(home).unchanged
    assert set_up(home) == ""
    undone = registry.undo(change, home)
    assert isinstance(undone, Undone)
    assert not (home.config / "geary").exists()


def test_an_account_that_geary_has_used_is_removed_as_geary_does(home: Places) -> None:
    change = set_up(home)
    path = ours(home)
    path.write_text(path.read_text().replace("[Incoming]", "[Folders]\nsent_folder=S;\n[Incoming]"))
    undone = registry.undo(change, home)
    assert isinstance(undone, Undone)
    assert undone.kept == ()
    assert read(path)["Metadata.status"] == "removed"
    # To the wizard it is gone, and it can come back before Geary has tidied up.
    (found,) = (item for item in registry.detect_all(home) if item.id == "geary")
    assert found.profiles[0].accounts == ()
    again = set_up(home)
    assert read(path)["Metadata.status"] == "enabled"
    assert isinstance(registry.undo(again, home), Undone)
    assert read(path)["Metadata.status"] == "removed"


def test_a_broken_account_is_repaired_and_the_repair_taken_back(home: Places) -> None:
    broken = OTHER.replace("imap.navy.example", "old.navy.example").replace("port=587", "port=25")
    path = lived_in(home, broken)
    navy = account(
        server(host="imap.navy.example", username="grace@navy.example"),
        sender("smtp.navy.example", 587, Security.STARTTLS, username="grace@navy.example"),
        address=EmailAddress("grace", "navy.example"),
    )
    plan = planned(home, navy)
    assert [(item.key, item.value, item.before) for item in plan.repairs] == [
        ("Receiving: server", "imap.navy.example", "old.navy.example"),
        ("Sending: port", "587", "25"),
    ]
    done = registry.apply(plan, home)
    assert isinstance(done, Applied)
    assert path.read_text() == OTHER
    assert planned(home, navy).unchanged
    path.write_text(OTHER.replace("label=Navy", "label=Sea").replace("port=587", "port=2525"))
    undone = registry.undo(done.change_id, home)
    assert isinstance(undone, Undone)
    assert [(item.value, item.before) for item in undone.kept] == [("2525", "587")]
    assert path.read_text() == broken.replace("label=Navy", "label=Sea").replace("=25\n", "=2525\n")


def test_a_port_that_is_not_named_is_the_usual_one(home: Places) -> None:
    set_up(home)
    path = ours(home)
    path.write_text(path.read_text().replace("port=993", "port=0").replace("port=465\n", ""))
    assert planned(home).unchanged


def test_of_a_provider_geary_knows_only_the_login_is_looked_at(home: Places) -> None:
    text = OTHER.replace("service_provider=other", "service_provider=yahoo")
    path = lived_in(home, text.replace("login=grace@navy.example", "login=grace"))
    navy = account(server(username="grace@navy.example"), address=EmailAddress("g", "x.example"))
    assert not planned(home, navy).repairs  # another address, another login: another account
    mine = replace(navy, address=EmailAddress("grace", "navy.example"))
    assert [item.key for item in planned(home, mine).repairs] == ["Receiving: user name"]
    assert isinstance(registry.apply(planned(home, mine), home), Applied)
    assert path.read_text() == text


def test_an_account_of_gnomes_is_explained(home: Places) -> None:
    path = lived_in(home, OTHER.replace("status=enabled", "status=enabled\ngoa_id=account_17"))
    before = path.read_bytes()
    plan = planned(home, account(address=EmailAddress("grace", "navy.example")))
    assert (plan.how, plan.changes) == (How.STEPS, ())
    assert "Online Accounts" in plan.steps[0].text
    assert path.read_bytes() == before


@posix.linux_processes
def test_while_geary_runs_nothing_is_changed(home: Places, tmp_path: Path) -> None:
    path = lived_in(home)
    plan = planned(home)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with running(elsewhere, tmp_path):  # somebody else's
        assert isinstance(registry.plan("geary", account(), home, WORDS), ClientPlan)
    with running(home.home, tmp_path):
        for made in (
            registry.plan("geary", account(), home, WORDS),
            registry.apply(plan, home),
        ):
            assert isinstance(made, Problem)
            assert made.kind is ProblemKind.PROGRAM_RUNNING
        (found,) = (item for item in registry.detect_all(home) if item.id == "geary")
        assert found.running
        assert found.profiles[0].accounts == ("grace@navy.example",)
    assert list((home.config / "geary").rglob("*.ini")) == [path]
    assert path.read_text() == OTHER


def test_the_flatpak_is_found_at_its_own_place(home: Places) -> None:
    folder = flatpak(home)
    (found,) = (item for item in registry.detect_all(home) if item.id == "geary")
    assert [(item.name, item.is_default) for item in found.profiles] == [
        ("Geary", True),
        ("Geary (Flatpak)", False),
    ]
    (change,) = planned(home, profile=str(folder)).changes
    assert change.path.is_relative_to(folder)
    # Who has the account there already gets it repaired there.
    lived_in(home, OTHER.replace("grace@navy", "ada@navy"), folder)
    mine = account(server(port=143), address=EmailAddress("ada", "navy.example"))
    (change,) = planned(home, mine).changes
    assert change.path == folder / "account_01" / "geary.ini"
    alone = replace(home, search_path=())
    (change,) = planned(alone).changes
    assert change.path.is_relative_to(folder)


def test_what_refuses(home: Places) -> None:
    bare = registry.plan("geary", account(), replace(home, search_path=()), WORDS)
    assert isinstance(bare, Problem)
    assert bare.kind is ProblemKind.PROGRAM_MISSING
    plain = registry.plan("geary", account(server(security=Security.PLAIN)), home, WORDS)
    assert isinstance(plain, Problem)
    assert plain.kind is ProblemKind.UNENCRYPTED_ONLY


@posix.rights
def test_a_folder_that_may_not_be_written_to_is_said_beforehand(home: Places) -> None:
    (home.config / "geary").mkdir(parents=True)
    (home.config / "geary").chmod(0o555)
    made = registry.plan("geary", account(), home, WORDS)
    assert isinstance(made, Problem)
    assert made.kind is ProblemKind.PROGRAM_READ_ONLY


@pytest.mark.parametrize(
    "wanted",
    [
        account(server(ServerType.POP3, port=995)),
        account(server(auth=(AuthMethod.CRAM_MD5,))),
        account(outgoing=sender(auth=(AuthMethod.SCRAM_SHA_256,))),
    ],
)
def test_what_geary_does_not_speak_is_said(home: Places, wanted: Account) -> None:
    plan = planned(home, wanted)
    assert (plan.how, plan.changes) == (How.STEPS, ())
    (step,) = plan.steps
    assert "can't read this mailbox" in step.text


@pytest.mark.parametrize(
    "wanted",
    [
        account(server(auth=(AuthMethod.OAUTH2,))),
        account(provider=Provider("B", password_kind=PasswordKind.OAUTH_IN_CLIENT)),
        account(server(host="imap.gmail.com")),
    ],
)
def test_browser_sign_in_is_left_to_the_program(home: Places, wanted: Account) -> None:
    plan = planned(home, wanted)
    assert (plan.how, plan.changes) == (How.STEPS, ())
    assert "sign in" in plan.steps[-1].text


def test_elsewhere_there_are_steps(home: Places) -> None:
    made = registry.files("geary", account(), WORDS)
    assert isinstance(made, ClientPlan)
    assert (made.how, made.files) == (How.STEPS, ())
    assert any(step.is_value and step.copy == "imap.shop.example" for step in made.steps)


def test_odd_files_are_no_accounts(home: Places) -> None:
    lived_in(home, "[Metadata]\nversion=1\n[Account]\nordinal=x\nsender_mailboxes=;\n")
    (home.config / "geary" / "empty").mkdir()
    lived_in(home, OTHER.replace("ordinal=4", "ordinal=x"), home.config / "geary" / "..")
    set_up(home)
    assert read(ours(home))["Account.ordinal"] == "1"


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=40)


@given(NAMES)
def test_any_name_comes_back(name: str) -> None:
    written = geary.sender(account(name=name))
    entry = unescaped(written.replace("\\;", ";"))
    found, address = parseaddr(entry)
    assert address == "ada@shop.example"
    wanted = "".join(c if c.isprintable() else " " for c in name).strip()
    assert str(make_header(decode_header(found))) == wanted


# --- those who come back ----------------------------------------------------------------------

NEW = account(
    server(host="imap.sea.example", username="grace@sea.example"),
    sender(host="smtp.sea.example", username="grace@sea.example"),
    name="",
    address=EmailAddress("grace", "sea.example"),
)
OLD = EmailAddress("grace", "navy.example")


def moved(home: Places, wanted: Account = NEW) -> ClientPlan | Problem:
    return next(
        made for client, _, made in moving.plan(OLD, wanted, home, WORDS) if client == "geary"
    )


def test_the_account_goes_on_under_the_new_address(home: Places) -> None:
    path = lived_in(home, OTHER.replace("label=Navy", "label=grace@navy.example"))
    before = path.read_text()
    plan = moved(home)
    assert isinstance(plan, ClientPlan)
    done = registry.apply(plan, home)
    assert isinstance(done, Applied)
    found = read(path)
    assert found["Account.sender_mailboxes"] == (
        'Grace Hopper <grace@sea.example>;"Amazing\\\\; G" <amazing@navy.example>;'
    )
    assert found["Account.label"] == found["Incoming.login"] == "grace@sea.example"
    assert (found["Incoming.host"], found["Outgoing.host"]) == (
        "imap.sea.example",
        "smtp.sea.example",
    )
    assert found["Folders.archive_folder"] == "Archive;"
    assert isinstance(registry.undo(done.change_id, home), Undone)
    assert path.read_text() == before


def test_an_account_of_the_new_address_leaves_the_old_one_alone(home: Places) -> None:
    path = lived_in(home)
    set_up(home, replace(NEW, name="Grace"))
    plan = moved(home)
    assert isinstance(plan, ClientPlan)
    assert plan.unchanged
    assert "already" in plan.notes[0]
    pop = moved(home, replace(NEW, incoming=server(ServerType.POP3, port=995)))
    assert isinstance(pop, ClientPlan)
    assert pop.unchanged
    assert path.read_text() == OTHER


@posix.linux_processes
def test_moving_waits_until_geary_is_closed(home: Places, tmp_path: Path) -> None:
    lived_in(home)
    with running(home.home, tmp_path):
        plan = moved(home)
    assert isinstance(plan, Problem)
    assert plan.kind is ProblemKind.PROGRAM_RUNNING


def test_by_what_its_passwords_are_found(home: Places) -> None:
    lived_in(home)
    relay = sender(username="relay")
    set_up(home, account(outgoing=relay))
    found = {
        str(address): [
            holders.kept_passwords(address, holder) for holder in holders.find(address, home)
        ]
        for address in (OLD, account().address)
    }
    schema = {"xdg:schema": "org.gnome.Geary"}
    assert found == {
        "grace@navy.example": [
            ({**schema, "proto": "IMAP", "host": "imap.navy.example", "login": str(OLD)},)
        ],
        "ada@shop.example": [
            (
                {
                    **schema,
                    "proto": "IMAP",
                    "host": "imap.shop.example",
                    "login": "ada@shop.example",
                },
                {**schema, "proto": "SMTP", "host": "smtp.shop.example", "login": "relay"},
            )
        ],
    }
