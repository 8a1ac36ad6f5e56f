"""What the wizard writes for Claws Mail, the real Claws Mail uses: it asks, and logs in."""

import sys

import pytest

from tests.lab.internet import Internet
from tests.lab.linux_programs import run_until, system_trust
from tests.lab.provider import Provider
from tests.lab.requirements import need_programs
from tests.lab.wizard import Wizard

pytestmark = pytest.mark.lab

_ANSWER = """
import subprocess, sys, time
program = subprocess.Popen(["claws-mail"])
deadline = time.monotonic() + 50
while time.monotonic() < deadline and program.poll() is None:
    asked = subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--name", "^Input password$"],
        capture_output=True, text=True,
    ).stdout.split()
    if asked:
        # No window manager here that would give it the keyboard.
        subprocess.run(["xdotool", "windowfocus", "--sync", asked[-1]], check=True)
        time.sleep(0.5)
        subprocess.run(["xdotool", "type", "--delay", "40", sys.argv[1]], check=True)
        subprocess.run(["xdotool", "key", "Return"], check=True)
        time.sleep(2)
    time.sleep(0.3)
program.wait()
"""
"""Starts Claws Mail and types the password into its question, as a person does."""


def test_claws_mail_logs_in_with_the_account_the_wizard_made(
    internet: Internet, provider: Provider, wizard: Wizard
) -> None:
    need_programs("claws-mail", "xdotool", "xvfb-run")
    emil = provider.mailbox("emil@alpine.example")
    arguments = (
        *("setup", emil.address, "--name", "Emil", "--apps", "claws"),
        *("--yes", "--password-stdin"),
    )
    outcome = wizard.run(*arguments, stdin=f"{emil.password}\n")
    assert outcome.exit_code == 0, str(outcome)
    (row,) = outcome.document["apps"]
    assert row["state"] == "applied", str(outcome)

    before = provider.mail.logins(emil.address)
    with system_trust(internet):
        run_until(
            internet,
            wizard.home_folder,
            [sys.executable, "-c", _ANSWER, emil.password],
            lambda: provider.mail.logins(emil.address) > before,
        )
    assert provider.mail.failed_logins(emil.address) == 0

    again = wizard.run(*arguments, stdin=f"{emil.password}\n")
    assert [item["state"] for item in again.document["apps"]] == ["unchanged"], str(again)
    undone = wizard.run("undo", row["change_id"], "--yes")
    assert undone.exit_code == 0, str(undone)
    accounts = wizard.home_folder / ".claws-mail" / "accountrc"
    assert not accounts.exists() or emil.address not in accounts.read_text()
