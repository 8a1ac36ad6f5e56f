"""Claws Mail: a group of accountrc, found again, repaired, taken back."""

from __future__ import annotations

import hashlib
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

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
OTHER = """\
[Account: 2]
account_name=grace@navy.example
is_default=1
name=Grace \\ Hopper
address=grace@navy.example
protocol=3
receive_server=imap.navy.example
user_id=grace@navy.example

"""
MAILBOX = '<folderlist><folder type="mh" name="Post" path="Post" /></folderlist>'


@pytest.fixture
def home() -> Iterator[Places]:
    """A short path: the program's socket lies under it."""
    with tempfile.TemporaryDirectory() as folder:
        found = places(Path(folder))
        (found.search_path[0] / "claws-mail").write_text("#!/bin/sh\n")
        yield found


def used(home: Places, accounts: str = OTHER, folders: str = MAILBOX) -> Path:
    """The folder of a Claws Mail that was set up before; returns its accountrc."""
    folder = home.home / ".claws-mail"
    folder.mkdir()
    (folder / "folderlist.xml").write_text(folders)
    (folder / "accountrc").write_text(accounts)
    return folder / "accountrc"


def planned(home: Places, wanted: Account | None = None) -> ClientPlan:
    made = registry.plan("claws", wanted or account(), home, WORDS)
    assert isinstance(made, ClientPlan), made
    return made


def set_up(home: Places, wanted: Account | None = None) -> str:
    done = registry.apply(planned(home, wanted), home)
    assert isinstance(done, Applied), done
    return done.change_id


def taken(home: Places, change: str) -> Undone:
    done = registry.undo(change, home)
    assert isinstance(done, Undone), done
    return done


def read(path: Path) -> KeyFile:
    return KeyFile.parse(path.read_bytes(), escapes=False)


def test_an_account_joins_those_that_are_there(home: Places) -> None:
    path = used(home)
    change = set_up(home)
    assert path.read_text().startswith(OTHER)
    found = read(path)
    expected = {
        "account_name": "ada@shop.example",
        "is_default": "0",
        "name": "Ada Lovelace",
        "address": "ada@shop.example",
        "protocol": "3",
        "receive_server": "imap.shop.example",
        "user_id": "ada@shop.example",
        "set_imapport": "1",
        "imap_port": "993",
        "ssl_imap": "1",
        "smtp_server": "smtp.shop.example",
        "set_smtpport": "1",
        "smtp_port": "465",
        "ssl_smtp": "1",
        "use_smtp_auth": "1",
        "smtp_user_id": "",
        "ssl_certs_auto_accept": "1",
    }
    group = {key: value for (name, key), value in found.values.items() if name == "Account: 3"}
    assert group == expected
    assert planned(home).unchanged
    assert taken(home, change).kept == ()
    assert path.read_text() == OTHER


def test_a_first_start_needs_no_assistant(home: Places) -> None:
    change = set_up(home)
    folder = home.home / ".claws-mail"
    assert read(folder / "accountrc").get("Account: 1", "is_default") == "1"
    root = ElementTree.fromstring((folder / "folderlist.xml").read_bytes())
    kinds = [item.get("type") for item in root.findall("folder[@type='mh']/folderitem")]
    assert kinds == ["inbox", "outbox", "draft", "queue", "trash"]
    taken(home, change)
    assert not folder.exists()


def test_starttls_pop_and_other_logins(home: Places) -> None:
    path = used(home)
    set_up(
        home,
        account(
            server(ServerType.POP3, port=110, security=Security.STARTTLS),
            sender(port=587, security=Security.STARTTLS, username="relay"),
        ),
    )
    found = read(path)
    expected = {
        "protocol": "0",
        "pop_port": "110",
        "ssl_pop": "2",
        "remove_mail": "0",
        "inbox": "#mh/Post/inbox",
        "smtp_port": "587",
        "ssl_smtp": "2",
        "smtp_user_id": "relay",
    }
    assert {key: found.get("Account: 3", key) for key in expected} == expected


@pytest.mark.parametrize(
    "folders", ["<folderlist/>", "not xml", "<!DOCTYPE x [<!ENTITY y 'z'>]><x/>"]
)
def test_pop_without_a_local_mailbox_is_left_to_the_program(home: Places, folders: str) -> None:
    used(home, folders=folders)
    pop = account(server(ServerType.POP3, port=995))
    assert planned(home, pop).how is How.STEPS
    assert planned(home).how is How.CHANGE


def test_sending_without_a_login(home: Places) -> None:
    path = used(home)
    set_up(home, account(outgoing=sender(auth=(AuthMethod.NONE,))))
    assert read(path).get("Account: 3", "use_smtp_auth") == "0"


def test_a_broken_account_is_repaired_and_the_repair_taken_back(home: Places) -> None:
    path = used(home)
    set_up(home)
    broken = path.read_text().replace("imap_port=993", "imap_port=143").replace(
        "ssl_imap=1", "ssl_imap=0"
    )  # fmt: skip
    path.write_text(broken)
    plan = planned(home)
    assert [(item.key, item.value, item.before) for item in plan.repairs] == [
        ("Receiving: port", "993", "143"),
        ("Receiving: encryption", "1", "0"),
    ]
    done = registry.apply(plan, home)
    assert isinstance(done, Applied)
    assert planned(home).unchanged
    path.write_text(path.read_text().replace("imap_port=993", "imap_port=1993"))
    kept = taken(home, done.change_id).kept
    assert [(item.value, item.before) for item in kept] == [("1993", "993")]
    assert path.read_text() == broken.replace("imap_port=143", "imap_port=1993")


def test_the_usual_port_need_not_be_switched_on(home: Places) -> None:
    path = used(home)
    set_up(home)
    path.write_text(path.read_text().replace("set_imapport=1", "set_imapport=0"))
    assert planned(home).unchanged


def test_undo_after_use_takes_the_group_whole(home: Places) -> None:
    path = used(home)
    change = set_up(home)
    path.write_text(path.read_text() + "recv_at_getall=1\n[Account: 4]\naddress=x@y.example\n")
    taken(home, change)
    assert read(path).groups == ("Account: 2", "Account: 4")


@posix.unix_sockets
def test_it_is_asked_whether_it_runs(home: Places) -> None:
    path = used(home)
    plan = planned(home)
    folder = home.home / ".cache" / "claws-mail"
    folder.mkdir(parents=True)
    name = hashlib.md5(os.fsencode(path.parent), usedforsecurity=False).hexdigest()
    with socket.socket(socket.AF_UNIX) as program:
        program.bind(str(folder / name))
        # Bound and not listening: left over from one that was killed.
        assert isinstance(registry.plan("claws", account(), home, WORDS), ClientPlan)
        program.listen()
        for made in (
            registry.plan("claws", account(), home, WORDS),
            registry.apply(plan, home),
        ):
            assert isinstance(made, Problem)
            assert made.kind is ProblemKind.PROGRAM_RUNNING
        found = next(item for item in registry.detect_all(home) if item.id == "claws")
        assert found.running
        assert found.profiles[0].accounts == ("grace@navy.example",)
    assert path.read_text() == OTHER


def test_what_refuses(home: Places) -> None:
    path = used(home)
    path.chmod(0o444)
    made = registry.plan("claws", account(), home, WORDS)
    assert isinstance(made, Problem)
    assert made.kind is ProblemKind.PROGRAM_READ_ONLY
    bare = registry.plan("claws", account(), replace(home, search_path=()), WORDS)
    assert isinstance(bare, Problem)
    assert bare.kind is ProblemKind.PROGRAM_MISSING
    plain = registry.plan("claws", account(server(security=Security.PLAIN)), home, WORDS)
    assert isinstance(plain, Problem)
    assert plain.kind is ProblemKind.UNENCRYPTED_ONLY


def test_elsewhere_there_are_steps(home: Places) -> None:
    made = registry.files("claws", account(), WORDS)
    assert isinstance(made, ClientPlan)
    assert (made.how, made.files) == (How.STEPS, ())
    assert any(step.is_value and step.copy == "imap.shop.example" for step in made.steps)
