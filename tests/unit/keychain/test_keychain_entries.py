"""Entries of mail programs get a changed password, in a real keyring; none is ever added."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from wizard.keychain import entries
from wizard.model import Secret

ROOT = Path(__file__).parents[3]
_SESSION = """
printf lab | gnome-keyring-daemon --unlock --components=secrets >/dev/null
exec "$@"
"""
_STEPS = """
import asyncio, sys
import secretstorage
from wizard.keychain import entries
from wizard.model import Secret

SCHEMA = "org.gnome.Evolution.Data.Source"
NEW = Secret("nouveau \\u65e5")

def named(*uids):
    return [{"xdg:schema": SCHEMA, "e-source-uid": uid} for uid in uids]

def kept(uid):
    connection = secretstorage.dbus_init()
    items = list(secretstorage.search_items(connection, {"e-source-uid": uid}))
    found = [item.get_secret().decode() for item in items]
    connection.close()
    return found

connection = secretstorage.dbus_init()
collection = secretstorage.get_default_collection(connection)
for uid in ("a-account", "a-transport", "other"):
    attributes = {"xdg:schema": SCHEMA, "e-source-uid": uid, "eds-origin": "evolution-data-server"}
    collection.create_item(f"Evolution {uid}", attributes, b"old", replace=True)
connection.close()
assert asyncio.run(entries.update(named("a-account", "a-transport"), NEW)) is True
assert kept("a-account") == kept("a-transport") == [NEW.reveal()]
assert kept("other") == ["old"]
assert asyncio.run(entries.update(named("never-kept"), NEW)) is False
assert kept("never-kept") == []
print("all as it should be")
"""


@pytest.mark.skipif(
    not (shutil.which("gnome-keyring-daemon") and shutil.which("dbus-run-session")),
    reason="GNOME Keyring is not installed",
)
def test_entries_are_changed_and_none_is_added(tmp_path: Path) -> None:
    argv = ["dbus-run-session", "--", "sh", "-c", _SESSION, "sh", sys.executable, "-c", _STEPS]
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        argv, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "all as it should be", done.stderr


def test_without_a_secret_service_programs_ask_by_themselves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/nobody")
    assert asyncio.run(entries.update([{"e-source-uid": "a-account"}], Secret("x"))) is False
    assert asyncio.run(entries.update([], Secret("x"))) is False
