"""Thunderbird: the right profile, the account added, repaired, taken out again."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit import posix
from tests.unit.clients import support
from tests.unit.clients.computers import planned as plan_for
from tests.unit.clients.computers import set_up as set_up_for
from tests.unit.clients.support import ONE_ACCOUNT, account, places, profile, sender, server
from wizard.clients import registry, thunderbird_profile
from wizard.clients.prefs import Prefs, Value
from wizard.clients.thunderbird_account import arrange, signs_in_by_browser, take_back
from wizard.model import (
    Account,
    Applied,
    AuthMethod,
    ClientPlan,
    EmailAddress,
    How,
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


def planned(home: Path, wanted: Account | None = None, chosen: str | None = None) -> ClientPlan:
    made = registry.plan("thunderbird", wanted or account(), places(home), WORDS, chosen)
    assert isinstance(made, ClientPlan), made
    return made


def refused(home: Path, wanted: Account | None = None) -> Problem:
    made = registry.plan("thunderbird", wanted or account(), places(home), WORDS)
    assert isinstance(made, Problem), made
    return made


def set_up(home: Path, wanted: Account | None = None) -> Applied:
    done = registry.apply(planned(home, wanted), places(home))
    assert isinstance(done, Applied), done
    return done


def taken(home: Path, change: str) -> Undone:
    done = registry.undo(change, places(home))
    assert isinstance(done, Undone), done
    return done


def values(folder: Path) -> dict[str, Value]:
    return dict(Prefs.parse((folder / "prefs.js").read_bytes()).values)


@contextmanager
def running(folder: Path) -> Iterator[None]:
    """Another process that holds the profile's lock, as Thunderbird does (F_SETLK, whole file)."""
    code = (
        "import fcntl, sys; f = open(sys.argv[1], 'r+b'); fcntl.lockf(f, fcntl.LOCK_EX);"
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder / ".parentlock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.stdin.close()


# --- into an existing profile -----------------------------------------------------------------


def test_an_account_is_added_with_the_next_free_numbers(tmp_path: Path) -> None:
    folder = profile(tmp_path, ONE_ACCOUNT)
    before = values(folder)
    done = set_up(tmp_path)
    assert done.proof == "read-back"
    added = {k: v for k, v in values(folder).items() if before.get(k) != v}
    assert added == {
        "mail.account.account3.identities": "id2",
        "mail.account.account3.server": "server3",
        "mail.account.lastKey": 3,
        "mail.accountmanager.accounts": "account1,account2,account3",
        "mail.server.server3.type": "imap",
        "mail.server.server3.hostname": "imap.shop.example",
        "mail.server.server3.port": 993,
        "mail.server.server3.userName": "ada@shop.example",
        "mail.server.server3.socketType": 3,
        "mail.server.server3.authMethod": 3,
        "mail.server.server3.name": "ada@shop.example",
        "mail.server.server3.login_at_startup": True,
        "mail.server.server3.check_new_mail": True,
        "mail.server.server3.check_time": 10,
        "mail.identity.id2.fullName": "Ada Lovelace",
        "mail.identity.id2.useremail": "ada@shop.example",
        "mail.identity.id2.smtpServer": "smtp2",
        "mail.identity.id2.reply_on_top": 1,
        "mail.identity.id2.valid": True,
        "mail.smtpserver.smtp2.type": "smtp",
        "mail.smtpserver.smtp2.hostname": "smtp.shop.example",
        "mail.smtpserver.smtp2.port": 465,
        "mail.smtpserver.smtp2.username": "ada@shop.example",
        "mail.smtpserver.smtp2.try_ssl": 3,
        "mail.smtpserver.smtp2.authMethod": 3,
        "mail.smtpserver.smtp2.description": "Shop Mail",
        "mail.smtpservers": "smtp1,smtp2",
    }


def test_everything_else_stays_and_undo_restores_the_bytes(tmp_path: Path) -> None:
    folder = profile(tmp_path, ONE_ACCOUNT.replace("\n", "\r\n"))
    before = (folder / "prefs.js").read_bytes()
    done = set_up(tmp_path)
    lines = set(before.splitlines())
    assert (
        len(lines - set((folder / "prefs.js").read_bytes().splitlines())) == 3
    )  # the two lists, the counter
    assert taken(tmp_path, done.change_id).kept == ()
    assert (folder / "prefs.js").read_bytes() == before


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    profile(tmp_path, ONE_ACCOUNT)
    set_up(tmp_path)
    again = planned(tmp_path)
    assert again.unchanged
    assert again.changes == ()
    assert set_up(tmp_path).change_id == ""
    assert len(registry.changes(places(tmp_path))) == 1


def test_numbers_of_deleted_accounts_are_not_reused(tmp_path: Path) -> None:
    folder = profile(
        tmp_path,
        ONE_ACCOUNT.replace('lastKey", 2', 'lastKey", 9')
        + 'user_pref("mail.server.server7.directory-rel", "[ProfD]ImapMail/old");\n'
        + 'user_pref("mail.identity.id12.sig_file", "x");\n'
        + 'user_pref("mail.smtpserver.smtp5.hostname", "left.example");\n',
    )
    set_up(tmp_path)
    found = values(folder)
    assert found["mail.account.account10.server"] == "server8"
    assert found["mail.account.account10.identities"] == "id13"
    assert found["mail.identity.id13.smtpServer"] == "smtp6"
    assert "mail.server.server8.directory-rel" not in found


def test_the_default_account_stays(tmp_path: Path) -> None:
    folder = profile(tmp_path, ONE_ACCOUNT)
    set_up(tmp_path)
    assert values(folder)["mail.accountmanager.defaultaccount"] == "account1"
    assert values(folder)["mail.smtp.defaultserver"] == "smtp1"


def test_without_a_named_default_none_is_named(tmp_path: Path) -> None:
    """Thunderbird then takes the first account; naming ours would change that."""
    folder = profile(
        tmp_path,
        ONE_ACCOUNT.replace('user_pref("mail.accountmanager.defaultaccount", "account1");\n', ""),
    )
    set_up(tmp_path)
    assert "mail.accountmanager.defaultaccount" not in values(folder)


def test_beside_local_folders_alone_the_account_becomes_the_default(tmp_path: Path) -> None:
    folder = profile(
        tmp_path,
        'user_pref("mail.account.account1.server", "server1");\n'
        'user_pref("mail.accountmanager.accounts", "account1");\n'
        'user_pref("mail.server.server1.type", "none");\n',
    )
    set_up(tmp_path)
    assert values(folder)["mail.accountmanager.defaultaccount"] == "account2"
    assert values(folder)["mail.smtp.defaultserver"] == "smtp1"


def test_a_sending_server_that_is_the_same_is_shared(tmp_path: Path) -> None:
    folder = profile(tmp_path, ONE_ACCOUNT)
    same = sender("smtp.navy.example", username="grace@navy.example")
    set_up(tmp_path, account(outgoing=same))
    assert values(folder)["mail.identity.id2.smtpServer"] == "smtp1"
    assert values(folder)["mail.smtpservers"] == "smtp1"


def test_pop_leaves_mail_on_the_server(tmp_path: Path) -> None:
    folder = profile(tmp_path, ONE_ACCOUNT)
    set_up(tmp_path, account(server(ServerType.POP3, "pop.shop.example", 995)))
    found = values(folder)
    assert found["mail.server.server3.type"] == "pop3"
    assert found["mail.server.server3.leave_on_server"] is True
    assert found["mail.server.server3.delete_mail_left_on_server"] is False


@pytest.mark.parametrize(
    ("security", "port", "socket"), [(Security.TLS, 993, 3), (Security.STARTTLS, 143, 2)]
)
@pytest.mark.parametrize(
    ("host", "auth", "method"),
    [
        ("imap.shop.example", (AuthMethod.PLAIN,), 3),
        ("imap.shop.example", (), 3),
        ("imap.shop.example", (AuthMethod.CRAM_MD5, AuthMethod.PLAIN), 4),
        ("imap.shop.example", (AuthMethod.SCRAM_SHA_256, AuthMethod.PLAIN), 3),
        ("imap.shop.example", (AuthMethod.OAUTH2, AuthMethod.PLAIN), 3),
        ("imap.gmail.com", (AuthMethod.OAUTH2,), 10),
        ("outlook.office365.com", (AuthMethod.OAUTH2, AuthMethod.PLAIN), 10),
        ("imap.shop.example", (AuthMethod.GSSAPI,), 5),
        ("imap.shop.example", (AuthMethod.CLIENT_CERTIFICATE,), 7),
    ],
)
def test_encryption_and_login_in_the_programs_numbers(
    tmp_path: Path, security: Security, port: int, socket: int, host: str,
    auth: tuple[AuthMethod, ...], method: int,
) -> None:  # fmt: skip
    folder = profile(tmp_path, None)
    set_up(tmp_path, account(server(host=host, port=port, security=security, auth=auth)))
    found = values(folder)
    assert found["mail.server.server1.socketType"] == socket
    assert found["mail.server.server1.authMethod"] == method
    assert found["mail.server.server1.port"] == port


def test_another_user_name_for_sending(tmp_path: Path) -> None:
    folder = profile(tmp_path, None)
    set_up(tmp_path, account(outgoing=sender(username="relay-7")))
    assert values(folder)["mail.server.server1.userName"] == "ada@shop.example"
    assert values(folder)["mail.smtpserver.smtp1.username"] == "relay-7"


def test_names_in_any_writing(tmp_path: Path) -> None:
    folder = profile(tmp_path, None)
    name = 'Ådà "the\\first" Łovelace 😀'
    set_up(tmp_path, account(name=name))
    assert values(folder)["mail.identity.id1.fullName"] == name
    assert name.split()[0].encode() in (folder / "prefs.js").read_bytes()


# --- repair -----------------------------------------------------------------------------------


def test_a_broken_account_is_repaired_and_what_differs_is_named(tmp_path: Path) -> None:
    folder = profile(tmp_path, None)
    set_up(tmp_path)
    path = folder / "prefs.js"
    broken = (
        Prefs.parse(path.read_bytes())
        .edited(
            {
                "mail.server.server1.port": 143,
                "mail.server.server1.socketType": 0,
                "mail.smtpserver.smtp1.try_ssl": 0,
                "mail.smtpserver.smtp1.port": 25,
                "mail.identity.id1.fullName": "Her own choice",
            }
        )
        .to_bytes()
    )
    path.write_bytes(broken)
    plan = planned(tmp_path)
    assert [(item.key, item.value, item.before) for item in plan.repairs] == [
        ("Receiving: port", "993", "143"),
        ("Receiving: encryption", "TLS from the start", "none"),
        ("Sending: port", "465", "25"),
        ("Sending: encryption", "TLS from the start", "none"),
    ]
    done = registry.apply(plan, places(tmp_path))
    assert isinstance(done, Applied)
    found = values(folder)
    assert found["mail.accountmanager.accounts"] == "account1"
    assert found["mail.server.server1.port"] == 993
    assert found["mail.smtpserver.smtp1.port"] == 465
    assert found["mail.identity.id1.fullName"] == "Her own choice"
    assert planned(tmp_path).unchanged
    taken(tmp_path, done.change_id)
    assert path.read_bytes() == broken


def test_the_host_is_compared_without_regard_to_case(tmp_path: Path) -> None:
    profile(tmp_path, ONE_ACCOUNT.replace("imap.navy.example", "IMAP.Navy.Example"))
    grace = account(
        server(host="imap.navy.example", username="grace@navy.example"),
        sender("smtp.navy.example", username="grace@navy.example"),
        address=EmailAddress("grace", "navy.example"),
    )
    assert planned(tmp_path, grace).unchanged


def test_a_missing_sending_server_is_repaired(tmp_path: Path) -> None:
    folder = profile(tmp_path, None)
    set_up(tmp_path)
    path = folder / "prefs.js"
    gone = Prefs.parse(path.read_bytes()).edited({"mail.smtpservers": None})
    path.write_bytes(gone.to_bytes())
    assert [item.key for item in planned(tmp_path).repairs] == ["Sending: server"]
    set_up(tmp_path)
    found = values(folder)
    assert found["mail.smtpservers"] == found["mail.identity.id1.smtpServer"] == "smtp2"


def test_a_sending_server_others_use_is_not_changed_under_them(tmp_path: Path) -> None:
    folder = profile(tmp_path, ONE_ACCOUNT)
    shared = sender("smtp.navy.example", username="grace@navy.example")
    set_up(tmp_path, account(outgoing=shared))
    moved = replace(shared, port=587, security=Security.STARTTLS)
    plan = planned(tmp_path, account(outgoing=moved))
    assert {item.key for item in plan.repairs} == {"Sending: port", "Sending: encryption"}
    registry.apply(plan, places(tmp_path))
    found = values(folder)
    assert found["mail.identity.id1.smtpServer"] == "smtp1"
    assert found["mail.smtpserver.smtp1.port"] == 465
    assert found["mail.identity.id2.smtpServer"] == "smtp2"
    assert found["mail.smtpserver.smtp2.port"] == 587


def test_who_signs_in_by_browser_is_not_put_back_to_a_password(tmp_path: Path) -> None:
    folder = profile(tmp_path, None)
    gmail = account(
        server(host="imap.gmail.com"), sender("smtp.gmail.com"), provider=Provider("Gmail")
    )
    set_up(tmp_path, gmail)
    path = folder / "prefs.js"
    path.write_bytes(path.read_bytes().replace(b'authMethod", 3', b'authMethod", 10'))
    assert planned(tmp_path, gmail).unchanged


def test_another_address_of_the_same_mailbox_is_added_to_its_account(tmp_path: Path) -> None:
    folder = profile(tmp_path, None)
    set_up(tmp_path)
    alias = account(address=EmailAddress("sales", "shop.example"), name="Sales")
    plan = planned(tmp_path, alias)
    assert [item.value for item in plan.repairs] == ["sales@shop.example"]
    done = registry.apply(plan, places(tmp_path))
    assert isinstance(done, Applied)
    found = values(folder)
    assert found["mail.account.account1.identities"] == "id1,id2"
    assert found["mail.identity.id2.smtpServer"] == "smtp1"
    # Taken back after somebody else's change: the first address stays.
    with (folder / "prefs.js").open("a") as file:
        file.write('user_pref("their.own", 1);\n')
    taken(tmp_path, done.change_id)
    found = values(folder)
    assert found["mail.account.account1.identities"] == "id1"
    assert "mail.identity.id2.useremail" not in found


def test_the_same_login_at_another_host_stays_and_is_mentioned(tmp_path: Path) -> None:
    folder = profile(tmp_path, None)
    set_up(tmp_path, account(server(host="old.shop.example")))
    plan = planned(tmp_path)
    assert any("old.shop.example" in note for note in plan.notes)
    registry.apply(plan, places(tmp_path))
    found = values(folder)
    assert found["mail.accountmanager.accounts"] == "account1,account2"
    assert found["mail.server.server2.name"] == "ada@shop.example (imap.shop.example)"


# --- undo after a life ------------------------------------------------------------------------

_LIVED = {
    "mail.server.server3.directory": "/home/x/ImapMail/imap.shop.example",
    "mail.server.server3.directory-rel": "[ProfD]ImapMail/imap.shop.example",
    "mail.server.server3.storeContractID": "@mozilla.org/msgstore/berkeleystore;1",
    "mail.server.server3.spamActionTargetAccount": "imap://ada%40shop.example@imap.shop.example",
    "mail.identity.id2.fcc_folder": "imap://ada%40shop.example@imap.shop.example/Sent",
    "mailnews.tags.$label9.tag": "new tag",
}


def test_undo_after_use_takes_the_account_and_nothing_else(tmp_path: Path) -> None:
    folder = profile(tmp_path, ONE_ACCOUNT)
    before = values(folder)
    done = set_up(tmp_path)
    path = folder / "prefs.js"
    path.write_bytes(Prefs.parse(path.read_bytes()).edited(_LIVED).to_bytes())
    assert taken(tmp_path, done.change_id).kept == ()
    assert values(folder) == before | {
        "mail.account.lastKey": 3,
        "mailnews.tags.$label9.tag": "new tag",
    }


def test_what_a_person_changed_is_kept_and_named(tmp_path: Path) -> None:
    folder = profile(tmp_path, ONE_ACCOUNT)
    done = set_up(tmp_path)
    path = folder / "prefs.js"
    path.write_bytes(
        Prefs.parse(path.read_bytes())
        .edited({"mail.server.server3.check_time": 3, "mail.identity.id2.fullName": "Countess"})
        .to_bytes()
    )
    kept = taken(tmp_path, done.change_id).kept
    assert {(item.key, item.value, item.before) for item in kept} == {
        ("mail.server.server3.check_time", "3", "10"),
        ("mail.identity.id2.fullName", "Countess", "Ada Lovelace"),
    }
    found = values(folder)
    assert found["mail.server.server3.check_time"] == 3
    assert found["mail.identity.id2.fullName"] == "Countess"
    assert found["mail.accountmanager.accounts"] == "account1,account2"
    assert "mail.server.server3.hostname" not in found


def test_accounts_that_came_later_stay(tmp_path: Path) -> None:
    folder = profile(tmp_path, ONE_ACCOUNT)
    first = set_up(tmp_path)
    other = account(
        server(host="imap.other.example", username="bob@other.example"),
        sender("smtp.other.example", username="bob@other.example"),
        address=EmailAddress("bob", "other.example"),
    )
    set_up(tmp_path, other)
    assert taken(tmp_path, first.change_id).kept == ()
    assert values(folder)["mail.accountmanager.accounts"] == "account1,account2,account4"
    assert values(folder)["mail.smtpservers"] == "smtp1,smtp3"
    assert planned(tmp_path, other).unchanged


def test_a_default_that_pointed_at_the_account_points_back(tmp_path: Path) -> None:
    folder = profile(tmp_path, ONE_ACCOUNT)
    done = set_up(tmp_path)
    path = folder / "prefs.js"
    made_default = {
        "mail.accountmanager.defaultaccount": "account3",
        "mail.smtp.defaultserver": "smtp2",
    }
    path.write_bytes(Prefs.parse(path.read_bytes()).edited(made_default).to_bytes())
    taken(tmp_path, done.change_id)
    assert values(folder)["mail.accountmanager.defaultaccount"] == "account1"
    assert values(folder)["mail.smtp.defaultserver"] == "smtp1"


def test_a_sending_server_another_account_came_to_use_stays(tmp_path: Path) -> None:
    folder = profile(tmp_path, ONE_ACCOUNT)
    done = set_up(tmp_path)
    path = folder / "prefs.js"
    path.write_bytes(
        Prefs.parse(path.read_bytes()).edited({"mail.identity.id1.smtpServer": "smtp2"}).to_bytes()
    )
    kept = taken(tmp_path, done.change_id).kept
    found = values(folder)
    assert found["mail.smtpservers"] == "smtp1,smtp2"
    assert found["mail.smtpserver.smtp2.hostname"] == "smtp.shop.example"
    assert "mail.smtpserver.smtp2.hostname" in {item.key for item in kept}
    assert found["mail.accountmanager.accounts"] == "account1,account2"


@given(
    st.dictionaries(
        st.sampled_from(
            [*_LIVED, "mail.server.server3.check_time", "mail.server.server1.check_time",
             "mail.identity.id2.fullName", "some.thing"]
        ),
        st.one_of(st.integers(0, 99), st.text("ab", max_size=2), st.booleans()),
    )
)  # fmt: skip
def test_undo_never_touches_what_is_not_ours(changed: dict[str, Value]) -> None:
    before = Prefs.parse(ONE_ACCOUNT.encode())
    after = before.edited(arrange(before, account(), WORDS).changes)
    now = after.edited(changed)
    rest, kept = take_back(now, before, after)
    for name, value in before.values.items():
        if name not in {"mail.account.lastKey", *changed}:
            assert rest.values[name] == value
    for item in kept:
        assert rest.values[item.key] == now.values[item.key]
    assert rest.string("mail.accountmanager.accounts") == "account1,account2"


# --- a first profile --------------------------------------------------------------------------


def test_without_a_profile_one_is_made_that_the_program_adopts(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    assert plan.how is How.CHANGE
    done = registry.apply(plan, places(tmp_path))
    assert isinstance(done, Applied)
    root = tmp_path / ".thunderbird"
    assert plan.profile is not None
    folder = plan.profile.path
    assert (root / "profiles.ini").read_text() == (
        f"[Profile0]\nName=default\nIsRelative=1\nPath={folder.name}\nDefault=1\n\n"
        "[General]\nStartWithLastProfile=1\nVersion=2\n"
    )
    assert (folder / "compatibility.ini").read_text() == "[Compatibility]\n"
    assert values(folder)["mail.accountmanager.defaultaccount"] == "account1"
    (found,) = registry.detect_all(places(tmp_path))
    assert [(item.path, item.is_default, item.accounts) for item in found.profiles] == [
        (folder, True, ("ada@shop.example",))
    ]
    assert planned(tmp_path).unchanged
    taken(tmp_path, done.change_id)
    assert not root.exists()


def test_a_first_profile_that_was_lived_in_stays_listed(tmp_path: Path) -> None:
    done = set_up(tmp_path)
    root = tmp_path / ".thunderbird"
    (folder,) = root.glob("*.default")
    (folder / "Mail").mkdir()
    ini = root / "profiles.ini"
    ini.write_text(f"[InstallFDC34C9F024745EB]\nDefault={folder.name}\n\n" + ini.read_text())
    (folder / "compatibility.ini").write_text("[Compatibility]\nLastVersion=153.7.0_1/1\n")
    with (folder / "prefs.js").open("a") as file:
        file.write('user_pref("their.own", 1);\n')
    kept = taken(tmp_path, done.change_id).kept
    assert [item.value for item in kept] == [str(folder)]
    assert folder.name in ini.read_text()
    assert values(folder) == {"mail.account.lastKey": 1, "their.own": 1}


def test_a_first_profile_nobody_used_goes_although_another_was_added(tmp_path: Path) -> None:
    done = set_up(tmp_path)
    ini = tmp_path / ".thunderbird" / "profiles.ini"
    (tmp_path / ".thunderbird" / "theirs").mkdir()
    ini.write_text(ini.read_text() + "\n[Profile1]\nName=work\nIsRelative=1\nPath=theirs\n")
    taken(tmp_path, done.change_id)
    assert "[Profile0]" not in ini.read_text()
    assert "Path=theirs" in ini.read_text()
    assert [item.name for item in ini.parent.iterdir()] != []
    assert list(ini.parent.glob("*.default")) == []


def test_a_profile_whose_folder_is_not_there_is_not_pushed_aside(tmp_path: Path) -> None:
    folder = profile(tmp_path, None)
    (folder / ".parentlock").unlink()
    folder.rmdir()
    problem = refused(tmp_path)
    assert problem.kind is ProblemKind.PROGRAM_FILE_UNREADABLE
    assert problem.fact("path") == str(folder)


# --- which profile ----------------------------------------------------------------------------


def _profiles(home: Path, ini: str, *names: str) -> None:
    root = home / ".thunderbird"
    root.mkdir()
    (root / "profiles.ini").write_text(ini)
    for name in names:
        (root / name).mkdir()


ENTRY = "[Profile{number}]\nName={name}\nIsRelative=1\nPath={name}\n"


def test_the_installs_profile_is_the_right_one_not_the_marked_one(tmp_path: Path) -> None:
    _profiles(
        tmp_path,
        "[InstallFDC34C9F024745EB]\nDefault=mine\nLocked=1\n"
        + ENTRY.format(number=0, name="mine")
        + ENTRY.format(number=1, name="marked")
        + "Default=1\n[General]\nStartWithLastProfile=1\n",
        "mine",
        "marked",
    )
    plan = planned(tmp_path)
    assert plan.profile is not None
    assert plan.profile.name == "mine"


def test_of_several_installs_the_one_that_used_the_profile_counts(tmp_path: Path) -> None:
    home = places(tmp_path)
    _profiles(
        tmp_path,
        "[InstallAAAA]\nDefault=old\n[InstallBBBB]\nDefault=mine\n"
        + ENTRY.format(number=0, name="old")
        + ENTRY.format(number=1, name="mine"),
        "old",
        "mine",
    )
    problem = refused(tmp_path)
    assert problem.kind is ProblemKind.PROFILE_CHOICE_NEEDED
    program = home.programs[0] / "thunderbird"
    (tmp_path / ".thunderbird" / "mine" / "compatibility.ini").write_text(
        f"[Compatibility]\nLastVersion=153.7.0_1/1\nLastPlatformDir={program}\n"
    )
    plan = planned(tmp_path)
    assert plan.profile is not None
    assert plan.profile.name == "mine"


def test_when_the_program_asks_at_start_so_do_we(tmp_path: Path) -> None:
    _profiles(
        tmp_path,
        ENTRY.format(number=0, name="home")
        + ENTRY.format(number=1, name="work")
        + "Default=1\n[General]\nStartWithLastProfile=0\n",
        "home",
        "work",
    )
    problem = refused(tmp_path)
    assert problem.kind is ProblemKind.PROFILE_CHOICE_NEEDED
    known = [value for name, value in problem.facts if name == "profile"]
    assert known == [str(tmp_path / ".thunderbird" / name) for name in ("home", "work")]
    for choice in (known[1], "work"):
        plan = planned(tmp_path, chosen=choice)
        assert plan.profile is not None
        assert plan.profile.path == tmp_path / ".thunderbird" / "work"


def test_an_unknown_choice_asks_again(tmp_path: Path) -> None:
    profile(tmp_path, ONE_ACCOUNT)
    made = registry.plan("thunderbird", account(), places(tmp_path), WORDS, "elsewhere")
    assert isinstance(made, Problem)
    assert made.kind is ProblemKind.PROFILE_CHOICE_NEEDED


def test_absolute_paths_in_profiles_ini(tmp_path: Path) -> None:
    far = tmp_path / "disk" / "mail"
    far.mkdir(parents=True)
    _profiles(tmp_path, f"[Profile0]\nName=far\nIsRelative=0\nPath={far}\nDefault=1\n")
    set_up(tmp_path)
    assert "mail.accountmanager.accounts" in values(far)


@pytest.mark.parametrize(
    ("search", "root"),
    [
        ("snap/bin", "snap/thunderbird/common/.thunderbird"),
        ("flatpak", ".var/app/org.mozilla.Thunderbird/.thunderbird"),
    ],
)
@posix.linux_packages
def test_snap_and_flatpak_have_their_own_folders(tmp_path: Path, search: str, root: str) -> None:
    binaries, flatpak = tmp_path / "snap" / "bin", tmp_path / "flatpak" / "app"
    inside = flatpak / "org.mozilla.Thunderbird/current/active/files/lib/thunderbird"
    if search == "flatpak":
        inside.mkdir(parents=True)
        (inside / "application.ini").write_text("[App]\nVersion=140.1.0\n")
    else:
        binaries.mkdir(parents=True)
        (binaries / "thunderbird").write_text("")
    home = replace(places(tmp_path), search_path=(binaries,), programs=(flatpak,))
    plan = registry.plan("thunderbird", account(), home, WORDS)
    assert isinstance(plan, ClientPlan)
    assert plan.profile is not None
    assert plan.profile.path.parent == tmp_path / root
    assert isinstance(registry.apply(plan, home), Applied)
    again = registry.plan("thunderbird", account(), home, WORDS)
    assert isinstance(again, ClientPlan)
    assert again.unchanged


def test_ubuntus_stand_in_means_the_snap(tmp_path: Path) -> None:
    home = places(tmp_path)
    (home.programs[0] / "thunderbird" / "application.ini").unlink()
    (home.search_path[0] / "thunderbird").write_text('#!/bin/sh\nexec /snap/bin/thunderbird "$@"\n')
    snap = tmp_path / "snap" / "bin"
    snap.mkdir(parents=True)
    (snap / "thunderbird").write_text("")
    found = registry.detect_all(replace(home, search_path=(home.search_path[0], snap)))
    assert [item.path for item in found] == [snap / "thunderbird"]


def test_two_programs_with_profiles_are_a_question(tmp_path: Path) -> None:
    profile(tmp_path, ONE_ACCOUNT)
    other = tmp_path / "snap" / "thunderbird" / "common"
    other.mkdir(parents=True)
    profile(other, ONE_ACCOUNT)
    snap = tmp_path / "snap" / "bin"
    snap.mkdir(parents=True)
    (snap / "thunderbird").write_text("")
    home = places(tmp_path)
    both = replace(home, search_path=(*home.search_path, snap))
    made = registry.plan("thunderbird", account(), both, WORDS)
    assert isinstance(made, Problem)
    assert made.kind is ProblemKind.PROFILE_CHOICE_NEEDED
    # Without the Snap itself its left-over profile is no question.
    assert planned(tmp_path).profile is not None


@pytest.mark.parametrize("system", ["windows", "darwin"])
def test_windows_and_macos_places(tmp_path: Path, system: str) -> None:
    home = replace(places(tmp_path), system=system, config=tmp_path / "Roaming")
    programs = tmp_path / "Programs"
    folder, ini = {
        "windows": (programs / "Mozilla Thunderbird", "."),
        "darwin": (programs / "Thunderbird.app", "Contents/Resources"),
    }[system]
    (folder / ini).mkdir(parents=True)
    (folder / ini / "application.ini").write_text("[App]\nVersion=140.1.0\n")
    home = replace(home, programs=(programs,))
    root = {
        "windows": tmp_path / "Roaming" / "Thunderbird",
        "darwin": tmp_path / "Library" / "Thunderbird",
    }[system]
    plan = registry.plan("thunderbird", account(), home, WORDS)
    assert isinstance(plan, ClientPlan)
    assert plan.profile is not None
    assert plan.profile.path.parent == root / "Profiles"
    assert plan.changes[-1].path == root / "profiles.ini"
    assert b"\nPath=Profiles/" in plan.changes[-1].after
    found = next(item for item in registry.detect_all(home) if item.id == "thunderbird")
    assert found.version == "140.1.0"


def test_windows_tells_where_thunderbird_was_installed(tmp_path: Path) -> None:
    chosen = tmp_path / "Jörgs Programme" / "Mail"
    usual = tmp_path / "Programs" / "Mozilla Thunderbird"
    for folder, version in ((chosen, "153.0"), (usual, "140.1.0")):
        folder.mkdir(parents=True)
        (folder / "application.ini").write_text(f"[App]\nVersion={version}\n")
    told = (("thunderbird.folder", str(chosen)), ("thunderbird.folder", str(tmp_path / "gone")))
    home = replace(
        places(tmp_path), system="windows", config=tmp_path / "Roaming", facts=told,
        programs=(usual.parent, usual.parent),
    )  # fmt: skip
    found = thunderbird_profile.programs(home)
    assert [program.version for program in found] == ["153.0", "140.1.0"]
    (only,) = thunderbird_profile.programs(replace(home, facts=()))
    assert only.path == usual


# --- what refuses -----------------------------------------------------------------------------


@posix.fcntl_locks
def test_a_running_program_is_not_written_to(tmp_path: Path) -> None:
    folder = profile(tmp_path, ONE_ACCOUNT)
    plan = planned(tmp_path)
    with running(folder):
        (found,) = registry.detect_all(places(tmp_path))
        assert found.running
        problem = refused(tmp_path)
        assert problem.kind is ProblemKind.PROGRAM_RUNNING
        late = registry.apply(plan, places(tmp_path))
        assert isinstance(late, Problem)
        assert late.kind is ProblemKind.PROGRAM_RUNNING
        assert (folder / "prefs.js").read_text() == ONE_ACCOUNT
        assert isinstance(registry.files("thunderbird", account(), WORDS), ClientPlan)
    assert not registry.detect_all(places(tmp_path))[0].running
    done = registry.apply(plan, places(tmp_path))
    assert isinstance(done, Applied)
    with running(folder):
        undone = registry.undo(done.change_id, places(tmp_path))
        assert isinstance(undone, Problem)
        assert undone.kind is ProblemKind.PROGRAM_RUNNING


@posix.links
def test_a_stale_lock_link_means_nothing(tmp_path: Path) -> None:
    folder = profile(tmp_path, ONE_ACCOUNT)
    (folder / "lock").symlink_to("127.0.1.1:+99999")
    assert not registry.detect_all(places(tmp_path))[0].running
    set_up(tmp_path)


def test_a_read_only_profile_is_a_clear_problem(tmp_path: Path) -> None:
    folder = profile(tmp_path, ONE_ACCOUNT)
    (folder / "prefs.js").chmod(0o444)
    problem = refused(tmp_path)
    assert problem.kind is ProblemKind.PROGRAM_READ_ONLY
    assert problem.fact("path") == str(folder / "prefs.js")


def test_a_file_that_swallows_what_follows_is_not_written_to(tmp_path: Path) -> None:
    folder = profile(tmp_path, ONE_ACCOUNT + 'user_pref("cut", "off')
    assert refused(tmp_path).kind is ProblemKind.PROGRAM_FILE_UNREADABLE
    assert (folder / "prefs.js").read_text().endswith("off")


def test_a_user_js_that_overrules_us_is_named(tmp_path: Path) -> None:
    folder = profile(tmp_path, ONE_ACCOUNT)
    (folder / "user.js").write_text('user_pref("mail.accountmanager.accounts", "account1");\n')
    problem = refused(tmp_path)
    assert (problem.kind, problem.detail) == (ProblemKind.PROGRAM_UNSUPPORTED, "user.js")
    (folder / "user.js").write_text('user_pref("font.size", 12);\n')
    set_up(tmp_path)


def test_without_the_program_there_is_nothing_to_change(tmp_path: Path) -> None:
    empty = replace(places(tmp_path), search_path=(), programs=())
    made = registry.plan("thunderbird", account(), empty, WORDS)
    assert isinstance(made, Problem)
    assert made.kind is ProblemKind.PROGRAM_MISSING
    assert registry.detect_all(empty) == ()


@pytest.mark.parametrize("side", ["incoming", "outgoing"])
def test_no_account_without_encryption(tmp_path: Path, side: str) -> None:
    profile(tmp_path, None)
    plain = {
        "incoming": account(server(port=143, security=Security.PLAIN)),
        "outgoing": account(outgoing=sender(port=25, security=Security.PLAIN)),
    }[side]
    assert refused(tmp_path, plain).kind is ProblemKind.UNENCRYPTED_ONLY


def test_browser_sign_in_only_where_the_program_can(tmp_path: Path) -> None:
    profile(tmp_path, None)
    problem = refused(tmp_path, account(server(auth=(AuthMethod.OAUTH2,))))
    assert (problem.kind, problem.host) == (ProblemKind.PROGRAM_UNSUPPORTED, "imap.shop.example")


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("imap.gmail.com", True),
        ("outlook.office365.com", True),
        ("imap.fastmail.com", True),
        ("notgmail.com", False),
        ("gmail.com.evil.example", False),
        ("www.fastmail.com", False),
    ],
)
def test_hosts_with_a_registration_of_their_own(host: str, known: bool) -> None:
    assert signs_in_by_browser(host) is known


# --- elsewhere --------------------------------------------------------------------------------


def test_the_import_file_holds_the_account_alone_and_no_password() -> None:
    plan = registry.files("thunderbird", account(), WORDS)
    assert isinstance(plan, ClientPlan)
    (produced,) = plan.files
    with zipfile.ZipFile(io.BytesIO(produced.content)) as archive:
        assert archive.namelist() == ["prefs.js"]
        prefs = Prefs.parse(archive.read("prefs.js"))
    assert prefs.string("mail.accountmanager.accounts") == "account1"
    assert all(name.startswith("mail.") for name in prefs.values)
    assert not any("password" in name.lower() for name in prefs.values)
    assert any(produced.name in step.text for step in plan.steps)
    again = registry.files("thunderbird", account(), WORDS)
    assert again == plan


@posix.fcntl_locks
def test_the_wizards_own_process_lets_go_of_the_lock(tmp_path: Path) -> None:
    folder = profile(tmp_path, ONE_ACCOUNT)
    set_up(tmp_path)
    with running(folder):
        pass
    assert (folder / ".parentlock").exists()


def test_plan_reads_and_never_writes(tmp_path: Path) -> None:
    profile(tmp_path, ONE_ACCOUNT)
    support.places(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    planned(tmp_path)
    registry.detect_all(support.places(tmp_path))
    changed = {p for p in tmp_path.rglob("*") if p.stat().st_mtime_ns != before.get(p)}
    assert {path.name for path in changed} <= {"application.ini", "thunderbird"}  # by `places`


# --- other addresses of the mailbox -----------------------------------------------------------


def senders(prefs: Prefs, key: str) -> list[tuple[str, str]]:
    """Address and sending server of each identity."""
    return [
        (
            prefs.string(f"mail.identity.{one}.useremail"),
            prefs.string(f"mail.identity.{one}.smtpServer"),
        )
        for one in prefs.items(f"mail.account.{key}.identities")
    ]


ALIASES = (EmailAddress("sales", "shop.example"), EmailAddress("ada", "shop.example"))


def test_other_addresses_become_senders_of_the_account(tmp_path: Path) -> None:
    path = profile(tmp_path, ONE_ACCOUNT) / "prefs.js"
    home, wanted = places(tmp_path), replace(account(), aliases=ALIASES)
    change = set_up_for("thunderbird", home, wanted).change_id
    prefs = Prefs.parse(path.read_bytes())
    assert senders(prefs, "account3") == [
        ("ada@shop.example", "smtp2"),
        ("sales@shop.example", "smtp2"),
    ]
    assert prefs.string("mail.identity.id3.fullName") == "Ada Lovelace"
    assert plan_for("thunderbird", home, wanted).unchanged
    assert isinstance(registry.undo(change, home), Undone)
    assert path.read_text() == ONE_ACCOUNT


def test_a_missing_address_joins_an_account_that_is_there(tmp_path: Path) -> None:
    path = profile(tmp_path, ONE_ACCOUNT) / "prefs.js"
    home = places(tmp_path)
    set_up_for("thunderbird", home)
    before = path.read_bytes()
    change = set_up_for("thunderbird", home, replace(account(), aliases=ALIASES)).change_id
    assert [sender[0] for sender in senders(Prefs.parse(path.read_bytes()), "account3")] == [
        "ada@shop.example",
        "sales@shop.example",
    ]
    assert isinstance(registry.undo(change, home), Undone)
    assert path.read_bytes() == before


@pytest.mark.parametrize("shared", [False, True])
def test_a_repair_covers_the_other_addresses(tmp_path: Path, shared: bool) -> None:
    """Also where somebody else's identity uses the same spoilt server, which then stays."""
    path = profile(tmp_path, ONE_ACCOUNT) / "prefs.js"
    home, wanted = places(tmp_path), replace(account(), aliases=ALIASES)
    set_up_for("thunderbird", home, wanted)
    spoilt: dict[str, Value | None] = {"mail.smtpserver.smtp2.try_ssl": 0}
    if shared:
        spoilt["mail.identity.id1.smtpServer"] = "smtp2"
    path.write_bytes(Prefs.parse(path.read_bytes()).edited(spoilt).to_bytes())
    set_up_for("thunderbird", home, wanted)
    prefs = Prefs.parse(path.read_bytes())
    used = "smtp3" if shared else "smtp2"
    assert [sender[1] for sender in senders(prefs, "account3")] == [used, used]
    assert prefs.number(f"mail.smtpserver.{used}.try_ssl") == 3
    assert prefs.string("mail.identity.id1.smtpServer") == ("smtp2" if shared else "smtp1")
    assert plan_for("thunderbird", home, wanted).unchanged


def test_where_it_was_not_tried_it_says_so(tmp_path: Path) -> None:
    def notes(home: Places) -> str:
        made = registry.plan("thunderbird", account(), home, SourceWords())
        assert isinstance(made, ClientPlan), made
        return " ".join(made.notes)

    assert "not tried" not in notes(places(tmp_path / "linux"))
    program = tmp_path / "win" / "Mozilla Thunderbird"
    program.mkdir(parents=True)
    (program / "application.ini").write_text("[App]\nVersion=153.0\n")
    windows = replace(places(tmp_path / "w"), system="windows", programs=(tmp_path / "win",))
    assert "not tried" in notes(windows)
