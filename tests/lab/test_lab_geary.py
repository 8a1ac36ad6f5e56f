"""What the wizard writes for Geary, the real Geary uses: it asks, logs in, and tidies up."""

import json
import sys
import time

import pytest

from tests.lab.internet import Internet
from tests.lab.linux_programs import remember, run_until, system_trust
from tests.lab.provider import Provider
from tests.lab.requirements import need_programs
from tests.lab.wizard import Outcome, Wizard

pytestmark = pytest.mark.lab

_ANSWER = """
import subprocess, sys, time

def windows():
    argv = ["xdotool", "search", "--onlyvisible", "--class", "geary"]
    return subprocess.run(argv, capture_output=True, text=True).stdout.split()

program = subprocess.Popen(["geary"])
deadline = time.monotonic() + 50
while len(windows()) < 2 and time.monotonic() < deadline and program.poll() is None:
    time.sleep(0.2)
# No window manager here that would give the question the keyboard.
subprocess.run(["xdotool", "windowfocus", "--sync", windows()[-1]], check=True)
time.sleep(0.5)
subprocess.run(["xdotool", "type", "--delay", "40", sys.argv[1]], check=True)
subprocess.run(["xdotool", "key", "Return"], check=True)
program.wait()
"""
"""Starts Geary and types the password into its question, as a person does."""


def test_geary_logs_in_with_the_account_the_wizard_made(
    internet: Internet, provider: Provider, wizard: Wizard
) -> None:
    need_programs("geary", "xdotool", "xvfb-run")
    ben = provider.mailbox("ben@harbour.example")
    arguments = (
        *("setup", ben.address, "--name", "Ben; Bär", "--apps", "geary"),
        *("--yes", "--password-stdin"),
    )
    outcome = wizard.run(*arguments, stdin=f"{ben.password}\n")
    assert outcome.exit_code == 0, str(outcome)
    (row,) = outcome.document["apps"]
    assert row["state"] == "applied", str(outcome)
    (path,) = (wizard.home_folder / ".config" / "geary").glob("*/geary.ini")

    before = provider.mail.logins(ben.address)
    with system_trust(internet):
        run_until(
            internet,
            wizard.home_folder,
            [sys.executable, "-c", _ANSWER, ben.password],
            lambda: provider.mail.logins(ben.address) > before and "[Folders]" in path.read_text(),
        )
    assert provider.mail.failed_logins(ben.address) == 0
    used = wizard.home_folder / ".local" / "share" / "geary" / path.parent.name
    assert used.is_dir()

    again = _once_closed(wizard, *arguments, stdin=f"{ben.password}\n")
    assert [item["state"] for item in again.document["apps"]] == ["unchanged"], str(again)
    undone = _once_closed(wizard, "undo", row["change_id"], "--yes")
    assert undone.exit_code == 0, str(undone)
    assert undone.document["kept"] == []
    # What we take back, Geary takes away with all it has of it.
    run_until(internet, wizard.home_folder, ["geary"], lambda: not path.parent.exists())
    assert not used.exists()


def test_geary_goes_on_under_the_new_address_with_the_new_password(
    internet: Internet, provider: Provider, wizard: Wizard
) -> None:
    need_programs("geary", "xvfb-run")
    old, new = provider.mailbox("mia@harbour.example"), provider.mailbox("mia@alpine.example")
    words = ("--yes", "--password-stdin")
    apps = ("--name", "Mia", "--apps", "geary")
    made = wizard.run("setup", old.address, *apps, *words, stdin=f"{old.password}\n")
    assert made.exit_code == 0, str(made)
    provider.mail.share_mailbox(old.address, new.address)
    moved = wizard.run("move", old.address, new.address, *words, stdin=f"{new.password}\n")
    assert moved.exit_code == 0, str(moved)
    row = next(row for row in moved.document["apps"] if row["app"] == "geary")
    assert row["state"] == "applied", str(moved)

    # Geary keeps the password of before; `password` gives it the one that works.
    attributes = {
        "xdg:schema": "org.gnome.Geary",
        "proto": "IMAP",
        "host": new.servers.incoming.host,
        "login": new.address,
    }
    kept = [["Geary IMAP password", attributes, "the one of before"]]
    remember(internet, wizard.home_folder, json.dumps(kept))
    changed = wizard.run("password", new.address, *words, stdin=f"{new.password}\n")
    assert changed.exit_code == 0, str(changed)
    updated = {row["app"]: row["updated"] for row in changed.document["apps"]}
    assert updated == {"geary": True}
    before = provider.mail.logins(new.address)
    with system_trust(internet):
        run_until(
            internet,
            wizard.home_folder,
            ["geary"],
            lambda: provider.mail.logins(new.address) > before,
        )
    assert provider.mail.failed_logins(new.address) == 0


def _once_closed(wizard: Wizard, *arguments: str, stdin: str = "") -> Outcome:
    """As soon as Geary, which takes its time to end, is no longer in the way."""
    deadline = time.monotonic() + 30
    while True:
        outcome = wizard.run(*arguments, stdin=stdin)
        if "program-running" not in outcome.stdout or time.monotonic() > deadline:
            return outcome
        time.sleep(0.5)
