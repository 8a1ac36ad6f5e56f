"""The main journey, from an address and a password to mail in a real Thunderbird."""

import json
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.lab.canary import Watch, leaks, leaks_in_files
from tests.lab.internet import Internet
from tests.lab.provider import Mailbox, Provider
from tests.lab.thunderbird import Account, Server, Thunderbird
from tests.lab.wizard import Outcome, Wizard

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("thunderbird_program")]

_TLS = 3
_CLEARTEXT_INSIDE_TLS = 3
"""Thunderbird's numbers for socket type and authentication method."""


def set_up(wizard: Wizard, mailbox: Mailbox, name: str) -> Outcome:
    """`mail-wizard setup` for Thunderbird, found by discovery alone."""
    return wizard.run(
        "setup",
        mailbox.address,
        *("--name", name),
        *("--apps", "thunderbird"),
        "--yes",
        "--password-stdin",
        stdin=f"{mailbox.password}\n",
    )


def letter(recipient: Mailbox, subject: str) -> EmailMessage:
    """A message that waits in somebody's inbox."""
    message = EmailMessage()
    message["From"] = "Fan <fan@harbour.example>"
    message["To"] = recipient.address
    message["Subject"] = subject
    message.set_content("Grüße aus dem Labor.")
    return message


def account_of(accounts: list[Account], address: str) -> Account:
    """The one account with a sender of that address."""
    (account,) = [
        account
        for account in accounts
        if any(identity.address == address for identity in account.identities)
    ]
    return account


def test_an_address_and_a_password_become_working_mail_in_thunderbird(
    internet: Internet, provider: Provider, wizard: Wizard
) -> None:
    ada, friend = provider.mailbox("ada@alpine.example"), provider.mailbox("ada@harbour.example")
    provider.mail.deliver(ada.address, letter(ada, "Welcome, Ada"))

    outcome = set_up(wizard, ada, "Ada Lovelace")
    assert outcome.exit_code == 0, str(outcome)
    document = outcome.document
    assert document["ok"] is True
    assert document["verify"]["incoming"]["ok"] is True
    assert document["verify"]["outgoing"]["ok"] is True
    assert document["keychain"] == {"ok": True}
    assert [row["state"] for row in document["apps"]] == ["applied"]
    assert ada.password not in outcome.stdout + outcome.stderr
    assert provider.mail.logins(ada.address) == 1

    kept = wizard.run("verify", ada.address, "--yes")  # the password is in the keychain
    assert kept.exit_code == 0, str(kept)
    assert kept.document["outgoing"]["ok"] is True

    again = set_up(wizard, ada, "Ada Lovelace")
    assert again.exit_code == 0, str(again)
    assert [row["state"] for row in again.document["apps"]] == ["unchanged"]

    home, root = wizard.home_folder, internet.authority.root
    with Thunderbird(internet.home, home, root, offline=True) as thunderbird:
        account = account_of(thunderbird.accounts(), ada.address)
        assert account.is_default
        assert account.incoming == Server(
            "imap", "mail.alpine.example", 993, _TLS, _CLEARTEXT_INSIDE_TLS, ada.address
        )
        (identity,) = account.identities
        assert identity.full_name == "Ada Lovelace"
        assert identity.outgoing == Server(
            "smtp", "mail.alpine.example", 465, _TLS, _CLEARTEXT_INSIDE_TLS, ada.address
        )
        thunderbird.save_passwords(ada.address, ada.password)

    before = provider.mail.logins(ada.address)
    with Thunderbird(internet.home, home, root) as thunderbird:
        # Nobody presses a button: it logs in at its start, as the profile tells it to.
        assert "aus dem Labor" in thunderbird.read_message(ada.address, "Welcome, Ada")
        thunderbird.send_message(ada.address, friend.address, "From Thunderbird", "It works.")
    assert provider.mail.logins(ada.address) > before
    arrived = provider.mail.await_message(friend.address, "From Thunderbird")
    assert arrived["From"] == "Ada Lovelace <ada@alpine.example>"
    assert provider.mail.failed_logins(ada.address) == 0


def test_a_password_in_the_store_is_never_asked_for_and_leaves_with_undo(
    internet: Internet, provider: Provider, wizard: Wizard
) -> None:
    lena, friend = provider.mailbox("lena@alpine.example"), provider.mailbox("ada@harbour.example")
    canary = 'K4narien/vögel "q" \\ %7&+=ß'
    provider.mail.set_password(lena.address, canary)
    provider.mail.deliver(lena.address, letter(lena, "Welcome, Lena"))
    arguments = ("setup", lena.address, "--name", "Lena", "--apps", "thunderbird")
    options = ("--store-password", "--yes", "--password-stdin")
    thunderbird_folder = wizard.home_folder / ".thunderbird"

    def run() -> Outcome:
        with Watch(internet) as watch:
            outcome = wizard.run(*arguments, *options, stdin=f"{canary}\n")
        assert outcome.exit_code == 0, str(outcome)
        assert b"--put-password-into-thunderbird" in watch.programs  # the child was seen
        assert leaks(watch.programs, canary, lena.address) == []
        assert leaks(str(outcome).encode(), canary, lena.address) == []
        assert leaks_in_files(wizard.home_folder, canary, lena.address) == []
        (row,) = outcome.document["apps"]
        assert row["password"] == {"stored": True}
        assert not any("asks for your password" in note for note in row["notes"])
        return outcome

    # Taken back before Thunderbird ran: nothing is left.
    undone = wizard.run("undo", run().document["apps"][0]["change_id"], "--yes")
    assert undone.exit_code == 0, str(undone)
    assert undone.document["kept"] == []
    assert not thunderbird_folder.exists()

    # Nobody types or saves a password. Offline it learns to trust the lab's authority, only that.
    change = run().document["apps"][0]["change_id"]
    before = provider.mail.logins(lena.address)
    home, root = wizard.home_folder, internet.authority.root
    with Thunderbird(internet.home, home, root, offline=True) as thunderbird:
        assert account_of(thunderbird.accounts(), lena.address).is_default
    with Thunderbird(internet.home, home, root) as thunderbird:
        assert "aus dem Labor" in thunderbird.read_message(lena.address, "Welcome, Lena")
        thunderbird.send_message(lena.address, friend.address, "By the store", "It works.")
        profile = thunderbird.profile
    assert provider.mail.logins(lena.address) > before
    assert provider.mail.failed_logins(lena.address) == 0
    provider.mail.await_message(friend.address, "By the store")

    # Taken back after that: the profile is Thunderbird's by now, the password is not in it.
    undone = wizard.run("undo", change, "--yes")
    assert undone.exit_code == 0, str(undone)
    for name in ("logins.json", "logins-backup.json"):
        assert not (profile / name).exists()

    # The same once more, in a profile that is in use by now.
    change = run().document["apps"][0]["change_id"]
    before = provider.mail.logins(lena.address)
    with Thunderbird(internet.home, home, root) as thunderbird:
        thunderbird.send_message(lena.address, friend.address, "From a used profile", "It works.")
    assert provider.mail.logins(lena.address) > before
    assert provider.mail.failed_logins(lena.address) == 0
    undone = wizard.run("undo", change, "--yes")
    assert undone.exit_code == 0, str(undone)
    for name in ("logins.json", "logins-backup.json"):
        assert not (profile / name).exists()


@pytest.fixture
def thunderbird_in_use(
    internet: Internet, provider: Provider, wizard: Wizard
) -> tuple[Mailbox, Path]:
    """A Thunderbird that somebody set up before: the mailbox in it, and its prefs.js."""
    cleo = provider.mailbox("cleo@harbour.example")
    incoming, outgoing = cleo.servers.incoming, cleo.servers.outgoing
    home, root = wizard.home_folder, internet.authority.root
    with Thunderbird(internet.home, home, root, offline=True) as thunderbird:
        thunderbird.create_account(
            cleo.address,
            "Cleo",
            Server("imap", incoming.host, incoming.port, _TLS, _CLEARTEXT_INSIDE_TLS, cleo.address),
            Server("smtp", outgoing.host, outgoing.port, _TLS, _CLEARTEXT_INSIDE_TLS, cleo.address),
        )
        thunderbird.save_passwords(cleo.address, cleo.password)
        return cleo, thunderbird.profile / "prefs.js"


def test_a_second_account_joins_the_first_and_leaves_again(
    internet: Internet,
    provider: Provider,
    wizard: Wizard,
    thunderbird_in_use: tuple[Mailbox, Path],
) -> None:
    cleo, prefs = thunderbird_in_use
    ben = provider.mailbox("ben@alpine.example")
    for mailbox in (cleo, ben):
        provider.mail.deliver(mailbox.address, letter(mailbox, f"For {mailbox.address}"))
    home, root = wizard.home_folder, internet.authority.root
    as_it_was = prefs.read_bytes()

    # Taken back at once: every byte is as it was.
    first = set_up(wizard, ben, "Ben")
    assert first.exit_code == 0, str(first)
    assert prefs.read_bytes() != as_it_was
    undone = wizard.run("undo", first.document["apps"][0]["change_id"], "--yes")
    assert undone.exit_code == 0, str(undone)
    assert undone.document["kept"] == []
    assert prefs.read_bytes() == as_it_was

    # Set up again and used: both accounts work, and the first stays the default.
    second = set_up(wizard, ben, "Ben")
    assert second.exit_code == 0, str(second)
    with Thunderbird(internet.home, home, root, offline=True) as thunderbird:
        accounts = thunderbird.accounts()
        assert account_of(accounts, cleo.address).is_default
        assert not account_of(accounts, ben.address).is_default
        thunderbird.save_passwords(ben.address, ben.password)
    with Thunderbird(internet.home, home, root) as thunderbird:
        for sender, reader in ((cleo, ben), (ben, cleo)):
            thunderbird.read_message(sender.address, f"For {sender.address}")
            subject = f"From {sender.address}"
            thunderbird.send_message(sender.address, reader.address, subject, "Hello.")
            provider.mail.await_message(reader.address, subject)
        refused = wizard.run("undo", second.document["apps"][0]["change_id"], "--yes")
        thunderbird.rename_sender(ben.address, "Benjamin")
    assert refused.exit_code == 1, str(refused)  # it runs: nothing is touched under its feet

    # Taken back after Thunderbird has rewritten the file and Ben has changed his name.
    (change,) = wizard.run("undo").document["changes"]
    assert (change["app"], change["account"]) == ("thunderbird", ben.address)
    undone = wizard.run("undo", change["id"], "--yes")
    assert undone.exit_code == 0, str(undone)
    kept = {item["key"]: item["value"] for item in undone.document["kept"]}
    assert [value for key, value in kept.items() if key.endswith(".fullName")] == ["Benjamin"]
    assert wizard.run("undo").document["changes"] == []
    with Thunderbird(internet.home, home, root) as thunderbird:
        accounts = thunderbird.accounts()
        assert account_of(accounts, cleo.address).is_default
        assert all(
            identity.address != ben.address
            for account in accounts
            for identity in account.identities
        )
        thunderbird.read_message(cleo.address, f"For {cleo.address}")
    # Messages are never deleted: neither on the server nor what Thunderbird had fetched.
    left = {message["Subject"] for message in provider.mail.inbox(ben.address)}
    assert f"For {ben.address}" in left
    assert (prefs.parent / "ImapMail" / ben.servers.incoming.host / "INBOX.msf").exists()


def pop3_settings(mailbox: Mailbox, path: Path) -> Path:
    """A settings file as a helper writes it: POP3, and another address of the same mailbox."""
    host = mailbox.servers.incoming.host
    login = {"host": host, "security": "tls", "auth": ["plain"], "username": mailbox.address}
    path.write_text(
        json.dumps(
            {
                "address": mailbox.address,
                "incoming": [{**login, "type": "pop3", "port": 995}],
                "outgoing": [{**login, "type": "smtp", "port": 465}],
            }
        )
    )
    return path


def test_pop3_leaves_mail_on_the_server_and_a_broken_account_is_repaired(
    internet: Internet, provider: Provider, wizard: Wizard, tmp_path: Path
) -> None:
    gina = provider.mailbox("gina@harbour.example")
    alias = "info@harbour.example"
    provider.mail.deliver(gina.address, letter(gina, "Stays, please"))
    home, root = wizard.home_folder, internet.authority.root
    settings = pop3_settings(gina, tmp_path / "settings.json")
    arguments = (
        *("setup", gina.address, "--name", "Gina", "--apps", "thunderbird", "--alias", alias),
        *("--settings", settings, "--yes", "--password-stdin"),
    )

    def run() -> str:
        outcome = wizard.run(*arguments, stdin=f"{gina.password}\n")
        assert outcome.exit_code == 0, str(outcome)
        (row,) = outcome.document["apps"]
        return str(row["state"])

    # Offline, POP3 asks whether to go online before anything else: passwords first.
    with Thunderbird(internet.home, home, root, offline=True) as thunderbird:
        for scheme in ("mailbox", "smtp"):
            thunderbird.save_password(
                f"{scheme}://mail.harbour.example", gina.address, gina.password
            )
    assert run() == "applied"
    prefs = next(
        path for path in home.glob(".thunderbird/*/prefs.js") if "pop3" in path.read_text()
    )
    # Somebody's good advice: another port, no encryption for sending.
    text = prefs.read_text()
    assert '.port", 995)' in text
    text = text.replace('.port", 995)', '.port", 110)').replace('.try_ssl", 3)', '.try_ssl", 0)')
    prefs.write_text(text)
    assert run() == "applied"
    assert run() == "unchanged"

    with Thunderbird(internet.home, home, root) as thunderbird:
        account = account_of(thunderbird.accounts(), gina.address)
        assert account.incoming == Server(
            "pop3", "mail.harbour.example", 995, _TLS, _CLEARTEXT_INSIDE_TLS, gina.address
        )
        assert [sender.address for sender in account.identities] == [gina.address, alias]
        assert len({sender.outgoing for sender in account.identities}) == 1
        assert "aus dem Labor" in thunderbird.read_message(gina.address, "Stays, please")
        thunderbird.send_message(gina.address, gina.address, "By the repaired way", "It works.")
    provider.mail.await_message(gina.address, "By the repaired way")
    assert "Stays, please" in [item["Subject"] for item in provider.mail.inbox(gina.address)]
    assert provider.mail.failed_logins(gina.address) == 0
