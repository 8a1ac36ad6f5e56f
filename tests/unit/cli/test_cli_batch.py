"""`batch`: a folder per person and a summary; stopped and gone on with; passwords kept private."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.outside import FOUND, IMAP, SMTP, WORKS, FakeOutside
from tests.unit import posix
from tests.unit.cli.test_cli_contract import Line, make_messages
from wizard.app.demo import running
from wizard.app.outside import Outside
from wizard.cli import main as cli
from wizard.cli.exits import Exit
from wizard.cli.options import Options, SearchOptions
from wizard.clients import registry
from wizard.demo import DemoProvider
from wizard.flow import Side
from wizard.model import (
    ClientPlan,
    DiscoveryResult,
    EmailAddress,
    Offline,
    Problem,
    ProblemKind,
    Provider,
    Rung,
    Secret,
    ServerSettings,
    Service,
    SideFailed,
    SideUntested,
    SourceReport,
    Stage,
    Verification,
)

WRONG = Problem(ProblemKind.WRONG_PASSWORD, Stage.LOGIN, host=IMAP.host)
CANARY = "canary Zx9"


class ManyOutside(FakeOutside):
    """Really writes; refuses those it is told to; may be interrupted at the n-th login."""

    def __init__(self) -> None:
        super().__init__(make_messages("en"))
        self.refused: set[str] = set()
        self.logins: list[str] = []
        self.interrupt_at = 0

    async def search(
        self,
        address: EmailAddress,
        options: SearchOptions,
        progress: Callable[[SourceReport], None],
    ) -> DiscoveryResult:
        found = await super().search(address, options, progress)
        if found is not FOUND:
            return found
        from wizard.batch.runner import retarget

        fitting = retarget(FOUND, address)
        assert fitting is not None
        return fitting

    async def verify(
        self,
        address: EmailAddress,
        incoming: ServerSettings | None,
        outgoing: ServerSettings | None,
        provider: Provider,
        progress: Callable[[Side, Rung], None],
        services: tuple[Service, ...] = (),
    ) -> Verification:
        self.logins.append(str(address))
        if len(self.logins) == self.interrupt_at:
            signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(0.001)  # a network is never as quick as to let nobody else in
        if str(address) in self.refused:
            return Verification(SideFailed(WRONG), SideUntested("receiving-failed"))
        return WORKS

    def write(self, plan: ClientPlan, folder: Path) -> tuple[Path, ...] | Problem:
        return registry.write_files(plan, folder)


@pytest.fixture
def line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Line:
    made = Line(capsys, monkeypatch)
    made.outside = ManyOutside()
    return made


def many(line: Line) -> ManyOutside:
    assert isinstance(line.outside, ManyOutside)
    return line.outside


def lists(folder: Path, count: int) -> tuple[Path, Path]:
    people, passwords = folder / "people.csv", folder / "passwords.csv"
    people.write_text(
        "address,name\n" + "".join(f"p{n}@d{n % 9}.example,Person {n}\n" for n in range(count))
    )
    passwords.touch(mode=0o600)
    passwords.write_text("".join(f"p{n}@d{n % 9}.example,{CANARY} {n}\n" for n in range(count)))
    return people, passwords


def words(folder: Path, people: Path, passwords: Path | None = None, *more: str) -> list[str]:
    secret = ["--passwords", str(passwords)] if passwords else []
    return ["batch", str(people), "--out", str(folder / "out"), "--apps", "sheet", *secret, *more]


@pytest.fixture
def heeds_ctrl_c() -> Iterator[None]:
    """As in a terminal. What a shell starts in the background inherits that it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_a_thousand_rows_stopped_in_the_middle_and_gone_on_with(line: Line, tmp_path: Path) -> None:
    people, passwords = lists(tmp_path, 1000)
    outside = many(line)
    outside.refused = {"p17@d8.example", "p700@d7.example"}
    outside.interrupt_at = 400
    command = words(tmp_path, people, passwords)
    code, document = line.json(*command)
    assert (code, document["reason"]) == (Exit.INTERRUPTED, "interrupted")
    halfway = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert halfway["interrupted"] is True
    assert 380 < 1000 - halfway["not_begun"] < 420
    outside.interrupt_at = 0
    code, document = line.json(*command)
    assert code == Exit.PROBLEMS
    assert (document["total"], document["done"], document["problems"]) == (1000, 998, 2)
    assert document["not_begun"] == 0
    assert len(outside.logins) < 1030  # whoever was done was not tried again
    assert len(list((tmp_path / "out").glob("*/settings.json"))) == 998
    (cause,) = document["causes"]
    assert (cause["kind"], cause["count"]) == ("wrong-password", 2)
    assert set(cause["people"]) == outside.refused
    readable = (tmp_path / "out" / "summary.txt").read_text()
    assert "998 of 1000" in readable
    assert "p17@d8.example" in readable
    on_disk = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert on_disk["people"] == document["people"]
    assert not any(key in on_disk["people"][0] for key in ("fingerprint", "key"))
    # A third time there is nothing left to do, and refused passwords are not tried again.
    before = len(outside.logins)
    code, again = line.json(*command)
    assert (code, again["done"], again["problems"]) == (Exit.PROBLEMS, 998, 2)
    assert len(outside.logins) == before


def test_refused_passwords_are_tried_again_when_asked_or_changed(
    line: Line, tmp_path: Path
) -> None:
    people, passwords = lists(tmp_path, 3)
    outside = many(line)
    outside.refused = {"p1@d1.example"}
    command = words(tmp_path, people, passwords)
    line.json(*command)
    assert len(outside.logins) == 3
    line.json(*command, "--again")
    assert outside.logins[3:] == ["p1@d1.example"]
    outside.refused = set()
    later = time.time() + 5
    os.utime(passwords, (later, later))
    code, document = line.json(*command)
    assert (code, document["done"]) == (Exit.DONE, 3)
    assert outside.logins[4:] == ["p1@d1.example"]


def test_no_password_is_found_in_anything_that_was_written(line: Line, tmp_path: Path) -> None:
    people, passwords = lists(tmp_path, 5)
    code, out = line.run(*words(tmp_path, people, passwords))
    assert code == Exit.DONE
    assert CANARY not in out + line.err
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes()
            if os.name == "posix":
                assert path.stat().st_mode & 0o077 == 0


def test_a_changed_name_or_missing_folder_is_done_again(line: Line, tmp_path: Path) -> None:
    people, passwords = lists(tmp_path, 3)
    outside = many(line)
    command = words(tmp_path, people, passwords)
    line.json(*command)
    people.write_text(people.read_text().replace("Person 1", "Somebody else"))
    (tmp_path / "out" / "p2@d2.example" / "settings.json").unlink()
    line.json(*command)
    assert outside.logins[3:] == ["p1@d1.example", "p2@d2.example"]


def test_without_passwords_the_files_are_made_and_say_they_are_untested(
    line: Line, tmp_path: Path
) -> None:
    people, passwords = lists(tmp_path, 4)
    code, document = line.json(*words(tmp_path, people))
    assert (code, document["ok"], document["untested"]) == (Exit.PROBLEMS, False, 4)
    assert {row["reason"] for row in document["people"]} == {"no-password"}
    settings = json.loads((tmp_path / "out" / "p1@d1.example" / "settings.json").read_text())
    assert settings["tested_at"] is None
    # With passwords they are tested after all.
    code, document = line.json(*words(tmp_path, people, passwords))
    assert (code, document["done"]) == (Exit.DONE, 4)


def test_bad_rows_are_listed_with_their_lines(line: Line, tmp_path: Path) -> None:
    people, passwords = lists(tmp_path, 2)
    people.write_text(people.read_text() + "nonsense,X\nP0@d0.example,again\n")
    code, document = line.json(*words(tmp_path, people, passwords))
    assert (code, document["done"]) == (Exit.PROBLEMS, 2)
    bad = [(row["line"], row["reason"]) for row in document["bad_rows"]]
    assert bad == [(4, "no-at"), (5, "duplicate")]
    assert all(row["title"] for row in document["bad_rows"])
    assert document["bad_rows"][1]["first_line"] == 2


@posix.rights
def test_what_cannot_be_used_is_a_matter_of_usage(line: Line, tmp_path: Path) -> None:
    people, passwords = lists(tmp_path, 2)
    passwords.chmod(0o644)
    code, document = line.json(*words(tmp_path, people, passwords))
    assert (code, document["reason"]) == (Exit.USAGE, "passwords-open-to-others")
    _, text = line.run(*words(tmp_path, people, passwords))
    assert "chmod 600" in text
    people.write_text("address,password\na@b.example,x\n")
    code, document = line.json(*words(tmp_path, people))
    assert (code, document["reason"]) == (Exit.USAGE, "holds-passwords")
    code, document = line.json(*words(tmp_path, tmp_path / "absent.csv"))
    assert (code, document["reason"]) == (Exit.USAGE, "no-such-file")
    assert many(line).logins == []


def test_no_network_ends_with_its_own_code(line: Line, tmp_path: Path) -> None:
    people, passwords = lists(tmp_path, 20)
    gone = Problem(ProblemKind.NO_INTERNET, Stage.DISCOVER)
    line.outside.result = Offline(EmailAddress("p0", "d0.example"), gone)
    code, document = line.json(*words(tmp_path, people, passwords))
    assert (code, document["problem"]["kind"]) == (Exit.NO_NETWORK, "no-internet")
    assert len([name for name in line.outside.asked if name.startswith("search")]) <= 8


def test_a_settings_file_stands_for_the_search(line: Line, tmp_path: Path) -> None:
    people, passwords = lists(tmp_path, 2)
    settings = tmp_path / "settings.json"
    server: dict[str, Any] = {"security": "tls", "username": "boss@d.example"}
    settings.write_text(
        json.dumps(
            {
                "address": "boss@d.example",
                "incoming": [{"type": "imap", "host": "imap.d.example", "port": 993, **server}],
                "outgoing": [{"type": "smtp", "host": "smtp.d.example", "port": 465, **server}],
            }
        )
    )
    command = words(tmp_path, people, passwords, "--settings", str(settings))
    code, document = line.json(*command)
    assert (code, document["done"]) == (Exit.DONE, 2)
    assert not [name for name in line.outside.asked if name.startswith("search")]
    written = json.loads((tmp_path / "out" / "p1@d1.example" / "settings.json").read_text())
    assert written["incoming"][0]["username"] in {"p1@d1.example", SMTP.username, IMAP.username}


class Elsewhere(Outside):
    """Real network, no keychain."""

    async def stored_password(self, address: EmailAddress) -> Secret | None:
        return None


def test_against_the_embedded_provider(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    people, passwords = tmp_path / "people.csv", tmp_path / "passwords.csv"
    with running(DemoProvider()) as provider:
        network = provider.network
        people.write_text(f"{provider.address},Anna\nben@{provider.domain},Ben\n")
        passwords.touch(mode=0o600)
        secret = provider.password.reveal()
        passwords.write_text(f"{provider.address},{secret}\nben@{provider.domain},{secret}\n")

        def outside(options: Options) -> Outside:
            return Elsewhere(options, connect_map=network.port_map)

        host, port = network.resolver
        lab = ["--json", "--resolver", f"{host}:{port}", "--ca", str(network.ca_file)]
        command = ["batch", str(people), "--out", str(tmp_path / "out"), *lab]
        code = cli.main([*command, "--passwords", str(passwords)], outside, make_messages)
    document = json.loads(capsys.readouterr().out)
    assert code == Exit.PROBLEMS
    states = {row["address"]: row["state"] for row in document["people"]}
    assert states == {provider.address: "done", f"ben@{provider.domain}": "problem"}
    assert document["causes"][0]["kind"] == "wrong-password"
    folder = tmp_path / "out" / provider.address
    names = {path.suffix for path in folder.iterdir()}
    assert {".mobileconfig", ".zip", ".html", ".json"} <= names
    assert secret not in "".join(
        path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()
    )
