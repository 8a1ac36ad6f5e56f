"""The window as somebody meets it who has no mouse and sees nothing.

A real X server, real keys, the real accessibility bus; a real Dovecot and Postfix on the other
side; and the real Thunderbird reads what was set up.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lab.internet import Internet
from tests.lab.provider import Provider
from tests.lab.requirements import need_programs, unavailable
from tests.lab.test_lab_setup import account_of
from tests.lab.thunderbird import Thunderbird
from tests.lab.wizard import Wizard

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("thunderbird_program")]

_ROOT = Path(__file__).parents[2]
_SYSTEM_PYTHON = "/usr/bin/python3"
_LAUNCHER = "/usr/libexec/at-spi-bus-launcher"
_SESSION = """
printf lab | gnome-keyring-daemon --unlock --components=secrets >/dev/null
exec "$@"
"""
_CONTROLS = {"push button", "check box", "text", "password text", "combo box", "toggle button"}


@pytest.fixture
def report(
    internet: Internet, provider: Provider, wizard: Wizard, tmp_path: Path
) -> dict[str, Any]:
    """What the blind person met on the way from the address to the last page."""
    need_programs("xvfb-run", "xauth", "xdotool", _SYSTEM_PYTHON, _LAUNCHER)
    if internet.home.run([_SYSTEM_PYTHON, "-c", "import gi"]).returncode:
        unavailable("python3-gi is not installed (see tests/lab/packages.txt)")
    finn = provider.mailbox("finn@harbour.example")
    program = os.environ.get("LAB_PROGRAM")
    argv = [program] if program else [sys.executable, "-m", "wizard"]
    task = {
        "argv": [*argv, "--ca", str(internet.authority.root)],
        "name": "Finn Fischer",
        "address": finn.address,
        "wrong": "not this one",
        "password": finn.password,
    }
    task_file, report_file = tmp_path / "task.json", tmp_path / "report.json"
    task_file.write_text(json.dumps(task), encoding="utf-8")
    person = [_SYSTEM_PYTHON, str(_ROOT / "tests" / "lab" / "blind_person.py")]
    done = internet.home.run(
        [
            *("xvfb-run", "--auto-servernum", "dbus-run-session", "--"),
            *("sh", "-c", _SESSION, "sh", *person, str(task_file), str(report_file)),
        ],
        env={
            "HOME": str(wizard.home_folder),
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(_ROOT),
        },
        timeout=300,
    )
    assert report_file.exists(), done.stdout + done.stderr
    found = json.loads(report_file.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    assert found["stuck"] == "", done.stdout + done.stderr
    return found


def test_a_blind_person_with_a_keyboard_sets_up_thunderbird_alone(
    internet: Internet, provider: Provider, wizard: Wizard, report: dict[str, Any]
) -> None:
    pages = report["pages"]
    assert [page["title"].partition(" – ")[0] for page in pages] == [
        "Set up your e-mail",
        "We found your settings",
        "Your password",
        "Your password",
        "It works",
        "Where do you read your mail?",
        "This is what will change",
        "Your programs are ready",
        "All set",
    ]
    for page in pages:
        objects = page["objects"]
        assert objects[0]["role"] == "frame", page["title"]
        nameless = [
            item
            for item in objects
            if (item["role"] in _CONTROLS or "FOCUSABLE" in item["states"]) and not item["name"]
        ]
        assert nameless == [], page["title"]
        assert not any(item["role"] in ("", "unknown", "invalid") for item in objects)
        assert sum("FOCUSED" in item["states"] for item in objects) == 1, page["title"]
        steps = [item["name"] for item in objects if item["name"].startswith("Step ")]
        assert len(steps) == 5, page["title"]

    # What happens is said, once, and a problem has the focus.
    heard = report["heard"]
    for title in ("Looking for your settings", "We found", "Testing", "It works", "All set"):
        assert sum(said.startswith(title) for said in heard) >= 1, title
    assert any("did not accept this password" in said for said in heard)
    assert all(one != other for one, other in itertools.pairwise(heard))
    (problem,) = [item for item in pages[3]["objects"] if "FOCUSED" in item["states"]]
    assert "did not accept this password" in problem["name"]
    assert problem["description"]

    home, root = wizard.home_folder, internet.authority.root
    finn = provider.mailbox("finn@harbour.example")
    with Thunderbird(internet.home, home, root, offline=True) as thunderbird:
        account = account_of(thunderbird.accounts(), finn.address)
        assert account.incoming.host == "mail.harbour.example"
        assert account.incoming.username == finn.address
        (identity,) = account.identities
        assert identity.full_name == "Finn Fischer"
    assert provider.mail.failed_logins(finn.address) == 1  # the mistyped one, tried once
    kept = wizard.run("verify", finn.address, "--yes")  # the password is in the keychain
    assert kept.exit_code == 0, str(kept)
