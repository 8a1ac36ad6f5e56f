"""An address changed: accounts that are here learn it, keep their messages, can be taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit import posix
from tests.unit.clients.computers import windows
from tests.unit.clients.support import ONE_ACCOUNT, account, places, profile, sender, server
from wizard.clients import holders, moving, registry
from wizard.clients.prefs import Prefs
from wizard.clients.thunderbird_move import Renaming, lines_back
from wizard.clients.thunderbird_profile import held
from wizard.model import (
    Account,
    Applied,
    ClientPlan,
    EmailAddress,
    How,
    Places,
    Problem,
    ProblemKind,
    ServerType,
    SourceWords,
    Undone,
)

WORDS = SourceWords()
OLD = EmailAddress("grace", "navy.example")
NEW = EmailAddress("grace", "sea.example")
FOLDERS = """\
user_pref("mail.identity.id1.fcc_folder", "imap://grace%40navy.example@imap.navy.example/Sent");
user_pref("mail.identity.id1.draft_folder", "mailbox://nobody@Local%20Folders/Drafts");
user_pref("mail.identity.id1.replyTo", "Grace@Navy.example");
user_pref("mail.server.server1.directory-rel", "[ProfD]ImapMail/imap.navy.example");
user_pref("mail.server.server1.spamActionTargetAccount", "imap://grace%40navy.example@imap.navy.example");
user_pref("mail.server.server2.directory-rel", "[ProfD]Mail/Local Folders");
"""
FILTERS = """\
version="9"
logging="no"
name="Bills"
action="Move to folder"
actionValue="imap://grace%40navy.example@imap.navy.example/Bills"
condition="AND (from,contains,bank)"
"""


def moved(name: str = "") -> Account:
    return account(
        server(host="imap.sea.example", username=str(NEW)),
        sender(host="smtp.sea.example", username=str(NEW)),
        name=name,
        address=NEW,
    )


@pytest.fixture
def home(tmp_path: Path) -> Places:
    folder = profile(tmp_path, ONE_ACCOUNT + FOLDERS)
    for directory in ("ImapMail/imap.navy.example", "Mail/Local Folders"):
        (folder / directory).mkdir(parents=True)
    (folder / "ImapMail/imap.navy.example/msgFilterRules.dat").write_text(FILTERS)
    return places(tmp_path)


def outcome(home: Places, client: str, wanted: Account | None = None) -> ClientPlan | Problem:
    found = {name: made for name, _, made in moving.plan(OLD, wanted or moved(), home, WORDS)}
    return found[client]


def planned(home: Places, wanted: Account | None = None) -> ClientPlan:
    made = outcome(home, "thunderbird", wanted)
    assert isinstance(made, ClientPlan), made
    return made


def prefs_of(home: Places) -> Prefs:
    return Prefs.parse((home.home / ".thunderbird/abcd.default/prefs.js").read_bytes())


def test_thunderbird_keeps_the_account_and_where_its_messages_lie(home: Places) -> None:
    plan = planned(home)
    assert plan.how is How.CHANGE
    assert isinstance(registry.apply(plan, home), Applied)
    prefs = prefs_of(home)
    assert prefs.string("mail.accountmanager.accounts") == "account1,account2"
    assert prefs.string("mail.accountmanager.defaultaccount") == "account1"
    assert prefs.string("mail.server.server1.hostname") == "imap.sea.example"
    assert prefs.string("mail.server.server1.userName") == str(NEW)
    assert prefs.string("mail.server.server1.name") == str(NEW)
    where = prefs.string("mail.server.server1.directory-rel")
    assert where == "[ProfD]ImapMail/imap.navy.example"
    assert prefs.string("mail.identity.id1.useremail") == str(NEW)
    assert prefs.string("mail.identity.id1.replyTo") == str(NEW)
    assert prefs.string("mail.identity.id1.fullName") == "Grace Hopper"
    assert prefs.string("mail.smtpserver.smtp1.hostname") == "smtp.sea.example"
    assert prefs.string("mail.smtpserver.smtp1.username") == str(NEW)
    assert prefs.string("mail.smtpservers") == "smtp1"
    sent = "imap://grace%40sea.example@imap.sea.example/Sent"
    assert prefs.string("mail.identity.id1.fcc_folder") == sent
    drafts = "mailbox://nobody@Local%20Folders/Drafts"
    assert prefs.string("mail.identity.id1.draft_folder") == drafts
    rules = home.home / ".thunderbird/abcd.default/ImapMail/imap.navy.example/msgFilterRules.dat"
    assert "imap://grace%40sea.example@imap.sea.example/Bills" in rules.read_text()


def test_the_preview_says_it_in_words_and_to_the_letter(home: Places) -> None:
    plan = planned(home, moved("Grace B. Hopper"))
    told = {(item.key, item.before): item.value for item in plan.repairs}
    assert told[("Address", str(OLD))] == str(NEW)
    assert told[("Receiving: server", "imap.navy.example")] == "imap.sea.example"
    assert told[("Sending: user name", str(OLD))] == str(NEW)
    assert told[("Name", "Grace Hopper")] == "Grace B. Hopper"
    letters = {item.key: (item.before, item.value) for item in plan.settings}
    assert letters["mail.server.server1.hostname"] == ("imap.navy.example", "imap.sea.example")


def test_moving_twice_changes_nothing_and_undo_brings_every_byte_back(home: Places) -> None:
    folder = home.home / ".thunderbird/abcd.default"
    files = [folder / "prefs.js", folder / "ImapMail/imap.navy.example/msgFilterRules.dat"]
    before = [path.read_bytes() for path in files]
    done = registry.apply(planned(home), home)
    assert isinstance(done, Applied)
    assert holders.find(OLD, home) == ()
    again = {name for name, _, _ in moving.plan(OLD, moved(), home, WORDS)}
    assert "thunderbird" not in again  # nothing is left of the old address
    undone = registry.undo(done.change_id, home)
    assert isinstance(undone, Undone)
    assert [path.read_bytes() for path in files] == before


def test_undo_after_thunderbird_lived_on_takes_only_our_values_back(home: Places) -> None:
    done = registry.apply(planned(home), home)
    assert isinstance(done, Applied)
    folder = home.home / ".thunderbird/abcd.default"
    prefs = folder / "prefs.js"
    prefs.write_bytes(prefs.read_bytes() + b'user_pref("mail.new", 1);\n')
    rules = folder / "ImapMail/imap.navy.example/msgFilterRules.dat"
    rules.write_bytes(rules.read_bytes() + b'name="Later"\n')
    undone = registry.undo(done.change_id, home)
    assert isinstance(undone, Undone)
    assert undone.kept == ()
    assert prefs_of(home).string("mail.server.server1.hostname") == "imap.navy.example"
    assert prefs_of(home).number("mail.new") == 1
    assert rules.read_text() == FILTERS + 'name="Later"\n'


def test_calendars_of_the_old_address_are_spoken_of(home: Places) -> None:
    assert not any("Calendars" in note for note in planned(home).notes)
    path = home.home / ".thunderbird/abcd.default/prefs.js"
    login = b'user_pref("calendar.registry.1-2.username", "grace@navy.example");\n'
    path.write_bytes(path.read_bytes() + login)
    plan = planned(home)
    assert any("Calendars" in note and str(OLD) in note for note in plan.notes)
    assert b'registry.1-2.username", "grace@navy' in plan.changes[0].after


def test_a_sending_server_that_others_use_too_stays(tmp_path: Path) -> None:
    other = ONE_ACCOUNT.replace('"account1,account2"', '"account1,account2,account3"') + (
        'user_pref("mail.account.account3.identities", "id3");\n'
        'user_pref("mail.account.account3.server", "server3");\n'
        'user_pref("mail.identity.id3.useremail", "ben@navy.example");\n'
        'user_pref("mail.identity.id3.smtpServer", "smtp1");\n'
        'user_pref("mail.server.server3.type", "imap");\n'
        'user_pref("mail.server.server3.hostname", "imap.navy.example");\n'
        'user_pref("mail.server.server3.userName", "ben@navy.example");\n'
    )
    profile(tmp_path, other)
    home = places(tmp_path)
    assert isinstance(registry.apply(planned(home), home), Applied)
    prefs = prefs_of(home)
    assert prefs.string("mail.smtpserver.smtp1.hostname") == "smtp.navy.example"
    own = prefs.string("mail.identity.id1.smtpServer")
    assert own != "smtp1"
    assert prefs.string(f"mail.smtpserver.{own}.hostname") == "smtp.sea.example"
    assert prefs.string("mail.identity.id3.useremail") == "ben@navy.example"


def test_an_account_that_has_the_new_login_already_is_not_made_a_twin_of(home: Places) -> None:
    made = registry.plan("thunderbird", moved("Grace"), home, WORDS)
    assert isinstance(made, ClientPlan)
    assert isinstance(registry.apply(made, home), Applied)
    plan = planned(home)
    assert plan.unchanged
    assert any(str(NEW) in note for note in plan.notes)


def test_a_login_that_stays_the_same_is_no_obstacle(home: Places) -> None:
    """Only the address changed; the user name is a customer number or the old address."""
    same = account(
        server(host="imap.navy.example", username=str(OLD)),
        sender(host="smtp.navy.example", username=str(OLD)),
        name="",
        address=NEW,
    )
    plan = planned(home, same)
    assert not plan.unchanged
    assert isinstance(registry.apply(plan, home), Applied)
    assert prefs_of(home).string("mail.identity.id1.useremail") == str(NEW)
    assert prefs_of(home).string("mail.server.server1.userName") == str(OLD)


def test_another_way_of_fetching_is_said_and_left_alone(home: Places) -> None:
    pop = account(server(ServerType.POP3, "pop.sea.example", 995, username=str(NEW)), address=NEW)
    plan = planned(home, pop)
    assert plan.unchanged
    assert plan.changes == ()


@posix.fcntl_locks
def test_nothing_is_touched_while_thunderbird_runs(home: Places) -> None:
    with held([home.home / ".thunderbird/abcd.default"], "linux") as free:
        assert free
        import subprocess
        import sys

        code = (
            "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2]);"
            "from tests.unit.clients.test_clients_moving import *;"
            "print(outcome(places(Path(sys.argv[1])), 'thunderbird').kind.word)"
        )
        root = Path(__file__).resolve().parents[3]
        said = subprocess.run(
            [sys.executable, "-c", code, str(home.home), str(root)],
            capture_output=True,
            text=True,
            check=True,
        )
    assert said.stdout.strip() == ProblemKind.PROGRAM_RUNNING.word


def test_evolution_learns_the_new_names_and_keeps_its_identifiers(tmp_path: Path) -> None:
    home = places(tmp_path)
    (home.search_path[0] / "evolution").write_text("#!/bin/sh\n")
    before = account(
        server(host="imap.navy.example", username=str(OLD)),
        sender(host="smtp.navy.example", username=str(OLD)),
        name="Grace Hopper",
        address=OLD,
    )
    made = registry.plan("evolution", before, home, WORDS)
    assert isinstance(made, ClientPlan)
    assert isinstance(registry.apply(made, home), Applied)
    folder = home.config / "evolution" / "sources"
    as_it_was = {path.name: path.read_bytes() for path in folder.iterdir()}
    plan = outcome(home, "evolution")
    assert isinstance(plan, ClientPlan)
    done = registry.apply(plan, home)
    assert isinstance(done, Applied)
    assert {path.name for path in folder.iterdir()} == set(as_it_was)
    text = "".join(path.read_text() for path in folder.iterdir())
    assert "navy.example" not in text
    assert text.count(f"User={NEW}") == 2
    assert f"Address={NEW}" in text
    assert "Name=Grace Hopper" in text
    assert isinstance(registry.undo(done.change_id, home), Undone)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == as_it_was


def test_claws_mail_keeps_the_number_of_the_account(tmp_path: Path) -> None:
    home = places(tmp_path)
    (home.search_path[0] / "claws-mail").write_text("#!/bin/sh\n")
    before = account(
        server(host="imap.navy.example", username=str(OLD)),
        sender(host="smtp.navy.example", username=str(OLD)),
        name="Grace Hopper",
        address=OLD,
    )
    made = registry.plan("claws", before, home, WORDS)
    assert isinstance(made, ClientPlan)
    assert isinstance(registry.apply(made, home), Applied)
    path = home.home / ".claws-mail" / "accountrc"
    as_it_was = path.read_bytes()
    plan = outcome(home, "claws")
    assert isinstance(plan, ClientPlan)
    done = registry.apply(plan, home)
    assert isinstance(done, Applied)
    text = path.read_text()
    assert text.count("[Account: ") == 1
    assert f"address={NEW}" in text
    assert f"user_id={NEW}" in text
    assert "receive_server=imap.sea.example" in text
    assert "smtp_server=smtp.sea.example" in text
    assert "name=Grace Hopper" in text
    assert isinstance(registry.undo(done.change_id, home), Undone)
    assert path.read_bytes() == as_it_was


def test_what_cannot_be_edited_gets_files_and_how_to_take_the_old_account_out(
    home: Places,
) -> None:
    apple = outcome(home, "apple")
    assert isinstance(apple, ClientPlan)
    assert apple.files
    removing = [step.text for step in apple.steps if str(OLD) in step.text]
    assert removing
    assert apple.steps.index(next(s for s in apple.steps if str(OLD) in s.text)) < 4
    sheet = outcome(home, "sheet")
    assert isinstance(sheet, ClientPlan)
    assert sheet.files


def test_folder_addresses_of_other_logins_stay() -> None:
    renaming = Renaming("imap", ("anna", "mail.old.example"), ("anna@new.example", "m.new.example"))
    assert renaming.apply("imap://anna@Mail.old.example/A|imap://ben@mail.old.example/B") == (
        "imap://anna%40new.example@m.new.example/A|imap://ben@mail.old.example/B"
    )
    assert renaming.apply("mailbox://anna@mail.old.example/A").startswith("mailbox://anna@")
    assert lines_back(b"x\nb2\nnew\n", b"a\nb\n", b"a\nb2\n") == b"x\nb\nnew\n"


def test_known_addresses_are_those_of_the_programs_and_of_the_journal(home: Places) -> None:
    (grace,) = holders.known(home)
    assert (grace.address, grace.programs, grace.ours) == (OLD, ("thunderbird",), False)
    assert isinstance(registry.apply(planned(home), home), Applied)
    (grace,) = holders.known(home)
    assert (grace.address, grace.ours) == (NEW, True)


def test_outlook_is_prepared_for_the_new_address_and_told_how_to_drop_the_old(
    tmp_path: Path,
) -> None:
    home = windows(tmp_path)
    found = {name: made for name, _, made in moving.plan(OLD, moved(), home, WORDS)}
    made = found["outlook"]
    assert isinstance(made, ClientPlan)
    assert made.account == str(NEW)
    assert made.changes
    assert [step for step in made.steps if str(OLD) in step.text]
