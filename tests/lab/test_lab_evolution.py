"""What the wizard writes for Evolution, the real Evolution uses: it logs in by itself."""

import json
from pathlib import Path

import pytest

from tests.lab.internet import Internet
from tests.lab.linux_programs import remember, run_until, system_trust
from tests.lab.provider import Provider
from tests.lab.requirements import need_programs
from tests.lab.wizard import Wizard

pytestmark = pytest.mark.lab

_LIST_SOURCES = """
gdbus call --session --dest org.gnome.evolution.dataserver.Sources5 \\
    --object-path /org/gnome/evolution/dataserver/SourceManager \\
    --method org.freedesktop.DBus.ObjectManager.GetManagedObjects
"""
"""Asks `evolution-source-registry` itself what it knows; the bus starts it."""


def test_evolution_logs_in_with_the_account_the_wizard_made(
    internet: Internet, provider: Provider, wizard: Wizard
) -> None:
    need_programs("evolution", "xvfb-run")
    dora = provider.mailbox("dora@alpine.example")
    arguments = (
        *("setup", dora.address, "--name", "Dora", "--apps", "evolution"),
        *("--yes", "--password-stdin"),
    )
    outcome = wizard.run(*arguments, stdin=f"{dora.password}\n")
    assert outcome.exit_code == 0, str(outcome)
    (row,) = outcome.document["apps"]
    assert row["state"] == "applied", str(outcome)

    sources = wizard.home_folder / ".config" / "evolution" / "sources"
    uids = {path.stem.rsplit("-", 1)[1]: path.stem for path in sources.glob("*.source")}
    assert set(uids) == {"account", "identity", "transport"}
    # What Evolution does itself after asking once.
    remember(
        internet,
        wizard.home_folder,
        json.dumps(
            [
                [
                    f"Evolution Data Source {part}",
                    {
                        "xdg:schema": "org.gnome.Evolution.Data.Source",
                        "e-source-uid": uids[part],
                        "eds-origin": "evolution-data-server",
                    },
                    dora.password,
                ]
                for part in ("account", "transport")
            ]
        ),
    )
    before = provider.mail.logins(dora.address)
    with system_trust(internet):
        listed = run_until(
            internet,
            wizard.home_folder,
            ["sh", "-c", f"{_LIST_SOURCES}exec evolution"],
            lambda: provider.mail.logins(dora.address) > before,
        )
    for uid in uids.values():
        assert f"/{uid.replace('-', '_2d')}" in listed or f"'{uid}'" in listed, listed
    assert provider.mail.failed_logins(dora.address) == 0

    again = wizard.run(*arguments, stdin=f"{dora.password}\n")
    assert [item["state"] for item in again.document["apps"]] == ["unchanged"], str(again)
    undone = wizard.run("undo", row["change_id"], "--yes")
    assert undone.exit_code == 0, str(undone)
    assert undone.document["kept"] == []
    assert [path for path in sources.glob("*.source") if uids["account"][:36] in path.name] == []
    assert Path(sources).is_dir()
