"""A password with every awkward character goes through every command, and is found nowhere.

Looked at: what each command prints, its log, all files it leaves in the home folder, in the
folder for results and in the one for temporary files, arguments and environment of all programs
that run meanwhile, and every byte on the wire.
"""

import argparse
import csv
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.canary import Watch, forms, leaks, leaks_in_files
from tests.lab.internet import Internet
from tests.lab.provider import Provider
from tests.lab.wizard import Wizard
from wizard.cli.arguments import parser

pytestmark = pytest.mark.lab

ADDRESS = "hana@harbour.example"
CANARY = 'K4narien/vögel "q" \\ %7&+=ß'
WRONG = 'F4lsch/vögel "q" \\ %7&+=ß'

_SETUP = ("setup", ADDRESS, "--name", "Hana", "--apps", "all", "--yes", "--password-stdin")

# What there is to say to each command. `{out}`, `{settings}`: a folder, a settings file. A command
# that is missing here fails the test: whoever adds one says how it is called.
COMMANDS: dict[str, list[list[str]]] = {
    "discover": [["discover", ADDRESS]],
    "parse-autoconfig": [["parse-autoconfig", "{settings}", "--address", ADDRESS]],
    "verify": [["verify", ADDRESS, "--yes", "--password-stdin"]],
    "setup": [[*_SETUP], [*_SETUP, "--out", "{out}"]],
    "render": [["render", "--settings", "{settings}", "--app", "sheet", "--out", "{out}"]],
    "apps": [["apps"]],
    "undo": [["undo"]],
    "demo": [],  # its password is printed on purpose; the window's journeys are watched elsewhere
    "password": [["password", ADDRESS, "--yes", "--password-stdin"]],
    "move": [["move", ADDRESS, ADDRESS, "--yes", "--password-stdin"]],
    "batch": [["batch", "{people}", "--passwords", "{passwords}", "--out", "{out}"]],
    "fleet": [],
    "publish": [],  # takes no password
    "diagnose": [["diagnose", ADDRESS, "--settings", "{settings}", "--password-stdin"]],
    "newer": [],  # knows of no account
    "domain": [["domain", "harbour.example"]],
    "spf": [["spf", "check", "harbour.example"]],
    "headers": [],  # takes a message, no account
    "mailbox": [],
}


def commands() -> Iterator[str]:
    for action in parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[dict[str, Path]]:
    settings = tmp_path / "settings.json"
    server = {"host": "mail.harbour.example", "security": "tls", "username": ADDRESS}
    document = {
        "address": ADDRESS,
        "incoming": [{"type": "imap", "port": 993, "auth": ["plain"], **server}],
        "outgoing": [{"type": "smtp", "port": 465, "auth": ["plain"], **server}],
    }
    settings.write_text(json.dumps(document))
    people = tmp_path / "people.csv"
    people.write_text(f"address,name\n{ADDRESS},Hana\n")
    out = tmp_path / "out"
    out.mkdir()
    # Apart from what is searched: here the password is written down on purpose.
    with tempfile.TemporaryDirectory(prefix="canary-") as short:
        passwords = Path(short) / "passwords"
        passwords.touch(mode=0o600)
        with passwords.open("w", newline="") as file:
            csv.writer(file).writerow([ADDRESS, CANARY])
        temporary = Path(short) / "t"
        temporary.mkdir()
        yield {
            "settings": settings,
            "people": people,
            "passwords": passwords,
            "out": out,
            "tmp": temporary,
        }


def test_the_eyes_are_open() -> None:
    assert len(forms(CANARY, ADDRESS)) == 8
    for form in forms(CANARY, ADDRESS).values():
        assert leaks(b"x" + form + b"y", CANARY, ADDRESS)


@pytest.mark.parametrize("password", [CANARY, WRONG], ids=["right", "wrong"])
def test_no_command_shows_a_password(
    internet: Internet,
    provider: Provider,
    wizard: Wizard,
    folders: dict[str, Path],
    tmp_path: Path,
    password: str,
) -> None:
    missing = set(commands()) - set(COMMANDS)
    assert not missing, f"how are these called? {missing}"
    provider.mail.set_password(ADDRESS, CANARY)
    person = Wizard(internet, wizard.home_folder, {"TMPDIR": str(folders["tmp"])})
    log = tmp_path / "wizard.log"
    said = []
    # A wrong password is for those commands that take one.
    calls = [
        [*call, "--log-file", str(log)]
        for name in commands()
        for call in COMMANDS[name]
        if password == CANARY or "--password-stdin" in call
    ]
    with Watch(internet) as watch:
        for call in calls:
            outcome = person.run(
                *(part.format_map(folders) if "{" in part else part for part in call),
                stdin=f"{password}\n" if "--password-stdin" in call else "",
            )
            assert outcome.exit_code in {0, 1, 2, 3, 4, 5}, str(outcome)
            said.append(f"{call} {outcome}")
    assert "harbour.example" in log.read_text()
    if password == CANARY:
        assert provider.mail.logins(ADDRESS) >= 2  # it did go through TLS
    assert b"mail.harbour.example" in watch.wire  # the name in the hello: the tap works
    assert b"--log-file" in watch.programs
    places = {
        "printed": leaks("\n".join(said).encode(), password, ADDRESS),
        "on the wire": leaks(watch.wire, password, ADDRESS),
        "arguments and environment": leaks(watch.programs, password, ADDRESS),
        "home": leaks_in_files(person.home_folder, password, ADDRESS),
        "results": leaks_in_files(folders["out"], password, ADDRESS),
        "temporary files": leaks_in_files(folders["tmp"], password, ADDRESS),
        "log": leaks(log.read_bytes(), password, ADDRESS),
    }
    assert not any(places.values()), places
