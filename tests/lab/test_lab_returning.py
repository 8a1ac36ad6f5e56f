"""Those who come back: a changed address in a real Thunderbird, a changed password."""

import json
import time
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from tests.lab.canary import leaks_in_files
from tests.lab.internet import Internet
from tests.lab.linux_programs import remember, run_until, system_trust
from tests.lab.provider import Mailbox, Provider
from tests.lab.requirements import need_programs
from tests.lab.thunderbird import Thunderbird
from tests.lab.wizard import Outcome, Wizard

pytestmark = pytest.mark.lab


def letter(recipient: Mailbox, subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Fan <fan@harbour.example>"
    message["To"] = recipient.address
    message["Subject"] = subject
    message.set_content("Hello.")
    return message


def await_true(seen: Callable[[], bool], timeout: float = 30.0) -> None:
    deadline = time.monotonic() + timeout
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.usefixtures("thunderbird_program")
def test_a_moved_mailbox_goes_on_in_thunderbird_with_its_messages(
    internet: Internet, provider: Provider, wizard: Wizard
) -> None:
    old, new = provider.mailbox("ivo@harbour.example"), provider.mailbox("ivo@alpine.example")
    home, root = wizard.home_folder, internet.authority.root
    words = ("--yes", "--password-stdin")
    provider.mail.deliver(old.address, letter(old, "Before the move"))
    apps = ("--name", "Ivo", "--apps", "thunderbird")
    made = wizard.run("setup", old.address, *apps, *words, stdin=f"{old.password}\n")
    assert made.exit_code == 0, str(made)
    with Thunderbird(internet.home, home, root, offline=True) as thunderbird:
        thunderbird.save_passwords(old.address, old.password)
    with Thunderbird(internet.home, home, root) as thunderbird:
        thunderbird.read_message(old.address, "Before the move")
        thunderbird.send_message(old.address, old.address, "Sent before", "Hello.")
        (before,) = [a for a in thunderbird.accounts() if a.incoming.type == "imap"]
        profile = thunderbird.profile
    as_it_was = (profile / "prefs.js").read_bytes()
    assert b"ivo%40harbour.example@mail.harbour.example" in as_it_was

    provider.mail.share_mailbox(old.address, new.address)
    provider.mail.deliver(old.address, letter(new, "After the move"))
    moved = wizard.run("move", old.address, new.address, *words, stdin=f"{new.password}\n")
    assert moved.exit_code == 0, str(moved)
    row = next(row for row in moved.document["apps"] if row["app"] == "thunderbird")
    assert row["state"] == "applied", str(moved)
    assert moved.document["keychain"] == {"ok": True}

    # Offline: what it had kept is there, under the same account and the new name.
    with Thunderbird(internet.home, home, root, offline=True) as thunderbird:
        (after,) = [a for a in thunderbird.accounts() if a.incoming.type == "imap"]
        assert (after.key, after.is_default) == (before.key, before.is_default)
        assert (after.incoming.host, after.incoming.username) == (
            new.servers.incoming.host,
            new.address,
        )
        (identity,) = after.identities
        assert (identity.address, identity.full_name) == (new.address, "Ivo")
        assert identity.outgoing is not None
        assert identity.outgoing.username == new.address
        assert "Before the move" in thunderbird.subjects(new.address)
        assert thunderbird.subjects(new.address, "SentMail") == ["Sent before"]
    # Online: it logs in with what `move` put into its own store, receives, and files what it sends
    # in the same folder.
    logins = provider.mail.logins(old.address)
    with Thunderbird(internet.home, home, root) as thunderbird:
        thunderbird.read_message(new.address, "After the move")
        thunderbird.read_message(new.address, "Before the move")
        thunderbird.send_message(new.address, new.address, "Sent after", "Hello.")
        both = ["Sent after", "Sent before"]  # once it has looked through the folder again
        await_true(lambda: thunderbird.subjects(new.address, "SentMail") == both)
        refused = wizard.run("undo", row["change_id"], "--yes")
        assert refused.exit_code == 1, str(refused)  # it runs
    assert provider.mail.logins(old.address) == logins
    assert provider.mail.logins(new.address) > 0
    assert provider.mail.failed_logins(new.address) == 0
    assert provider.mail.failed_logins(old.address) == 0

    again = wizard.run("move", old.address, new.address, *words, stdin=f"{new.password}\n")
    assert again.exit_code == 0, str(again)
    assert "thunderbird" not in {item["app"] for item in again.document["apps"]}
    undone = wizard.run("undo", row["change_id"], "--yes")
    assert undone.exit_code == 0, str(undone)
    with Thunderbird(internet.home, home, root, offline=True) as thunderbird:
        (back,) = [a for a in thunderbird.accounts() if a.incoming.type == "imap"]
        assert back.incoming.username == old.address
        assert "Before the move" in thunderbird.subjects(old.address)


@pytest.mark.usefixtures("thunderbird_program")
def test_thunderbirds_own_store_follows_a_changed_password_and_a_moved_login(
    internet: Internet, provider: Provider, wizard: Wizard
) -> None:
    kim, moved = provider.mailbox("kim@harbour.example"), provider.mailbox("kim@alpine.example")
    home, root = wizard.home_folder, internet.authority.root
    words = ("--yes", "--password-stdin")
    apps = ("--name", "Kim", "--apps", "thunderbird", "--store-password")
    made = wizard.run("setup", kim.address, *apps, *words, stdin=f"{kim.password}\n")
    assert made.exit_code == 0, str(made)
    assert made.document["apps"][0]["password"] == {"stored": True}
    with Thunderbird(internet.home, home, root, offline=True) as thunderbird:
        profile = thunderbird.profile  # it learns to trust the lab's authority

    def change(password: str) -> Outcome:
        provider.mail.set_password(kim.address, password)
        return wizard.run("password", kim.address, *words, stdin=f"{password}\n")

    fresh = "ganz neu: ü 'x'"
    refused = provider.mail.failed_logins(kim.address)
    try:
        with Thunderbird(internet.home, home, root, offline=True):
            running = change(fresh)
        assert running.exit_code == 1, str(running)  # it runs: nothing is touched under its feet
        (row,) = running.document["apps"]
        assert (row["updated"], row["problem"]["kind"]) == (False, "program-running")
        assert "Enter new password" in row["note"]

        store = (profile / "logins.json").read_bytes()
        changed = change(fresh)
        assert changed.exit_code == 0, str(changed)
        (row,) = changed.document["apps"]
        assert (row["app"], row["updated"]) == ("thunderbird", True)
        assert leaks_in_files(home, fresh, kim.address) == []
        # Taken back, byte for byte; and once more.
        undone = wizard.run("undo", row["change_id"], "--yes")
        assert undone.exit_code == 0, str(undone)
        assert (profile / "logins.json").read_bytes() == store
        assert change(fresh).document["apps"][0]["updated"]

        provider.mail.deliver(kim.address, letter(kim, "With the new password"))
        before = provider.mail.logins(kim.address)
        with Thunderbird(internet.home, home, root) as thunderbird:
            # Nobody types anything.
            thunderbird.read_message(kim.address, "With the new password")
            thunderbird.send_message(kim.address, kim.address, "Sent with it", "Hello.")
        provider.mail.await_message(kim.address, "Sent with it")
        assert provider.mail.logins(kim.address) > before
        assert provider.mail.failed_logins(kim.address) == refused

        # Under another name, with a password that it never saw.
        provider.mail.share_mailbox(kim.address, moved.address)
        went = wizard.run("move", kim.address, moved.address, *words, stdin=f"{moved.password}\n")
        assert went.exit_code == 0, str(went)
        row = next(row for row in went.document["apps"] if row["app"] == "thunderbird")
        assert row["state"] == "applied", str(went)
        assert not any("asks for the password" in note for note in row["notes"])
        with Thunderbird(internet.home, home, root) as thunderbird:
            provider.mail.deliver(kim.address, letter(moved, "After the move"))
            thunderbird.read_message(moved.address, "After the move")
            thunderbird.send_message(moved.address, moved.address, "Sent after", "Hello.")
        assert provider.mail.logins(moved.address) > 0
        assert provider.mail.failed_logins(moved.address) == 0
        assert provider.mail.failed_logins(kim.address) == refused
    finally:
        provider.mail.set_password(kim.address, kim.password)


def test_a_changed_password_is_kept_once_it_works(provider: Provider, wizard: Wizard) -> None:
    kim = provider.mailbox("kim@harbour.example")
    words = ("--yes", "--password-stdin")
    first = wizard.run("password", kim.address, *words, stdin=f"{kim.password}\n")
    assert first.exit_code == 0, str(first)
    assert first.document["keychain"] == {"ok": True}
    fresh = "ganz neu: ü 'x'"
    provider.mail.set_password(kim.address, fresh)
    try:
        wrong = wizard.run("password", kim.address, *words, stdin=f"{kim.password}\n")
        assert (wrong.exit_code, wrong.document["problem"]["kind"]) == (4, "wrong-password")
        right = wizard.run("password", kim.address, *words, stdin=f"{fresh}\n")
        assert right.exit_code == 0, str(right)
        # From the keychain now, without asking.
        verified = wizard.run("verify", kim.address, "--yes")
        assert verified.exit_code == 0, str(verified)
    finally:
        provider.mail.set_password(kim.address, kim.password)


def test_evolution_goes_on_under_the_new_address_with_the_new_password(
    internet: Internet, provider: Provider, wizard: Wizard
) -> None:
    need_programs("evolution", "xvfb-run")
    old, new = provider.mailbox("jana@harbour.example"), provider.mailbox("jana@alpine.example")
    words = ("--yes", "--password-stdin")
    apps = ("--name", "Jana", "--apps", "evolution")
    made = wizard.run("setup", old.address, *apps, *words, stdin=f"{old.password}\n")
    assert made.exit_code == 0, str(made)
    provider.mail.share_mailbox(old.address, new.address)
    moved = wizard.run("move", old.address, new.address, *words, stdin=f"{new.password}\n")
    assert moved.exit_code == 0, str(moved)
    row = next(row for row in moved.document["apps"] if row["app"] == "evolution")
    assert row["state"] == "applied", str(moved)

    # Evolution keeps the password of before; `password` gives it the one that works.
    sources = wizard.home_folder / ".config" / "evolution" / "sources"
    kept = [
        [
            f"Evolution Data Source {path.stem}",
            {
                "xdg:schema": "org.gnome.Evolution.Data.Source",
                "e-source-uid": path.stem,
                "eds-origin": "evolution-data-server",
            },
            "the one of before",
        ]
        for path in sources.glob("*.source")
        if path.stem.endswith(("-account", "-transport"))
    ]
    remember(internet, wizard.home_folder, json.dumps(kept))
    changed = wizard.run("password", new.address, *words, stdin=f"{new.password}\n")
    assert changed.exit_code == 0, str(changed)
    updated = {row["app"]: row["updated"] for row in changed.document["apps"]}
    assert updated == {"evolution": True}
    before = provider.mail.logins(new.address)
    with system_trust(internet):
        run_until(
            internet,
            wizard.home_folder,
            ["evolution"],
            lambda: provider.mail.logins(new.address) > before,
        )
    assert provider.mail.failed_logins(new.address) == 0
