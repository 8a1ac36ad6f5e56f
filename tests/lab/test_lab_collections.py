"""Calendars and contacts of a real Radicale, set up by the wizard, seen by a real Thunderbird."""

import json
from pathlib import Path

import pytest

from tests.lab.internet import Internet
from tests.lab.provider import Provider
from tests.lab.radicale import PROGRAM, radicale
from tests.lab.requirements import need_programs
from tests.lab.thunderbird import Thunderbird
from tests.lab.wizard import Wizard

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("thunderbird_program")]

_HOST = "dav.alpine.example"


def test_thunderbird_lists_calendar_and_address_book(
    internet: Internet, provider: Provider, wizard: Wizard, tmp_path: Path
) -> None:
    need_programs(PROGRAM)
    finn = provider.mailbox("finn@alpine.example")
    server = {"host": "mail.alpine.example", "auth": ["plain"], "username": finn.address}
    settings = tmp_path / "settings.json"
    settings.write_text(
        json.dumps(
            {
                "schema": 1,
                "address": finn.address,
                "incoming": [{**server, "type": "imap", "port": 993, "security": "tls"}],
                "outgoing": [{**server, "type": "smtp", "port": 465, "security": "tls"}],
                "services": [
                    {
                        "type": kind,
                        "url": f"https://{_HOST}/.well-known/{kind}",
                        "username": finn.address,
                    }
                    for kind in ("caldav", "carddav")
                ],
            }
        )
    )
    arguments = (
        *("setup", finn.address, "--name", "Finn", "--apps", "thunderbird"),
        *("--settings", str(settings), "--yes", "--password-stdin"),
    )
    home, root = wizard.home_folder, internet.authority.root
    with radicale(internet, _HOST, finn.address, finn.password):
        outcome = wizard.run(*arguments, stdin=f"{finn.password}\n")
        assert outcome.exit_code == 0, str(outcome)
        (row,) = outcome.document["apps"]
        assert row["state"] == "applied", str(outcome)
        again = wizard.run(*arguments, stdin=f"{finn.password}\n")
        assert [item["state"] for item in again.document["apps"]] == ["unchanged"], str(again)

        with Thunderbird(internet.home, home, root, offline=True) as thunderbird:
            thunderbird.save_passwords(finn.address, finn.password)
            thunderbird.save_http_password(
                f"https://{_HOST}",
                "Radicale - Password Required",
                finn.address,
                finn.password,
            )
        with Thunderbird(internet.home, home, root) as thunderbird:
            assert thunderbird.contacts() == {"People": ["Grace Hopper"]}
            assert thunderbird.events() == {"Work": ["Tea with Finn"]}

    undone = wizard.run("undo", row["change_id"], "--yes")
    assert undone.exit_code == 0, str(undone)
    # The profile was lived in meanwhile and stays; the account and its collections go.
    assert [item["key"][:12] for item in undone.document["kept"]] == ["profiles.ini"]
    with Thunderbird(internet.home, home, root, offline=True) as thunderbird:
        assert thunderbird.contacts() == {}
        assert thunderbird.events() == {}
