"""`password` and `move`: test first, then update; previewed, named, with their exit codes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.outside import ADDRESS, FOUND, PASSWORD, FakeOutside
from tests.unit.cli.test_cli_contract import WRONG, Line
from wizard.cli.exits import Exit
from wizard.model import (
    AuthMethod,
    ClientPlan,
    FileChange,
    Found,
    How,
    PasswordKind,
    PasswordUse,
    Problem,
    ProblemKind,
    Provider,
    Secret,
    SideFailed,
    SideUntested,
    Stage,
    Verification,
)

STDIN = ("--password-stdin",)
USES = (
    PasswordUse("evolution", "Evolution", True, "It has the new password now."),
    PasswordUse("thunderbird", "Thunderbird", False, "It asks for it once."),
)
CHANGE = ClientPlan(
    "thunderbird",
    "Thunderbird",
    How.CHANGE,
    str(ADDRESS),
    (FileChange(Path("prefs.js"), b"new", b"old"),),
)


@pytest.fixture
def line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Line:
    return Line(capsys, monkeypatch)


@pytest.fixture
def outside(line: Line) -> FakeOutside:
    return line.outside


def test_a_new_password_is_tested_kept_and_handed_on(line: Line, outside: FakeOutside) -> None:
    outside.uses = USES
    outside.stored = Secret("the old one")
    code, document = line.json("password", str(ADDRESS), *STDIN, stdin=f"{PASSWORD}\n")
    assert (code, document["ok"]) == (Exit.DONE, True)
    assert document["keychain"] == {"ok": True}
    assert document["verify"]["incoming"]["ok"] is True
    rows = {row["app"]: row["updated"] for row in document["apps"]}
    assert rows == {"evolution": True, "thunderbird": False}
    assert len(document["hints"]) == 2
    assert [secret.reveal() for secret in outside.seen_passwords] == [PASSWORD]
    order = [name for name in outside.asked if name in {"verify", "store", "update password"}]
    assert order == ["verify", "store", "update password"]
    _, text = line.run("password", str(ADDRESS), *STDIN, stdin=f"{PASSWORD}\n")
    assert "Thunderbird: It asks for it once." in text


def test_the_keychains_old_password_is_never_taken_for_the_new_one(
    line: Line, outside: FakeOutside
) -> None:
    outside.stored = Secret("the old one")
    code, document = line.json("password", str(ADDRESS))
    assert (code, document["reason"]) == (Exit.USAGE, "no-password")
    assert outside.seen_passwords == []


def test_a_refused_new_password_changes_nothing(line: Line, outside: FakeOutside) -> None:
    outside.verification = Verification(SideFailed(WRONG), SideUntested("receiving-failed"))
    code, document = line.json("password", str(ADDRESS), *STDIN, stdin="x\n")
    assert (code, document["problem"]["kind"]) == (Exit.REFUSED, "wrong-password")
    assert not {"store", "update password"} & set(outside.asked)
    code, _ = line.json("move", "anna@old.example", str(ADDRESS), *STDIN, stdin="x\n")
    assert code == Exit.REFUSED
    assert not [name for name in outside.asked if name.startswith(("store", "move", "apply"))]


def test_a_program_that_could_not_be_updated_is_a_problem(line: Line, outside: FakeOutside) -> None:
    locked = Problem(ProblemKind.PROGRAM_RUNNING, Stage.CLIENT, facts=(("program", "X"),))
    outside.uses = (PasswordUse("x", "X", False, "", locked),)
    code, document = line.json("password", str(ADDRESS), *STDIN, stdin="x\n")
    assert (code, document["ok"]) == (Exit.PROBLEMS, False)
    assert document["problem"]["kind"] == "program-running"
    assert document["apps"][0]["problem"]["kind"] == "program-running"


def test_where_no_password_is_used_none_is_asked_for(line: Line, outside: FakeOutside) -> None:
    signs_in = Provider("Big", "big", PasswordKind.OAUTH_IN_CLIENT)
    outside.result = Found(ADDRESS, signs_in, FOUND.incoming, FOUND.outgoing)
    outside.uses = USES
    code, document = line.json("password", str(ADDRESS))
    assert code == Exit.PROBLEMS  # it could not be tested here, and says so
    assert document["verify"]["incoming"] == {"ok": None, "reason": "oauth-only"}
    assert "keychain" not in document
    assert outside.seen_passwords == []


def test_a_move_applies_what_was_planned_for_each_program(line: Line, outside: FakeOutside) -> None:
    runs = Problem(ProblemKind.PROGRAM_RUNNING, Stage.CLIENT, facts=(("program", "X"),))
    outside.moves = (("thunderbird", "p1", CHANGE), ("evolution", "", runs))
    words = ("move", "anna@old.example", str(ADDRESS), *STDIN)
    code, document = line.json(*words, stdin=f"{PASSWORD}\n")
    assert f"move anna@old.example {ADDRESS}" in outside.asked
    assert (code, document["ok"]) == (Exit.PROBLEMS, False)
    assert (document["old"], document["address"]) == ("anna@old.example", str(ADDRESS))
    states = {row["app"]: row["state"] for row in document["apps"]}
    assert states == {"thunderbird": "applied", "evolution": "problem"}
    assert document["apps"][0]["change_id"] == "c1"
    assert document["keychain"] == {"ok": True}


@pytest.mark.parametrize(
    "words",
    [("nonsense", str(ADDRESS)), ("anna@old.example", "nonsense"), (str(ADDRESS), str(ADDRESS))],
)
def test_addresses_that_make_no_move_are_a_matter_of_usage(
    line: Line, outside: FakeOutside, words: tuple[str, str]
) -> None:
    code, _ = line.json("move", *words, *STDIN, stdin="x\n")
    assert code == Exit.USAGE
    assert not [name for name in outside.asked if name.startswith("search")]


@pytest.mark.parametrize(
    ("kind", "problem", "has_steps"),
    [
        (PasswordKind.EXCHANGE, "exchange-only", True),
        (PasswordKind.NOT_POSSIBLE, "not-possible", False),
    ],
)
@pytest.mark.parametrize("command", ["setup", "verify", "password"])
def test_mailboxes_without_servers_say_what_works_instead(
    line: Line,
    outside: FakeOutside,
    command: str,
    kind: PasswordKind,
    problem: str,
    has_steps: bool,
) -> None:
    outside.result = Found(ADDRESS, Provider("It", "it", kind), (), ())
    more = ("--name", "Anna", "--apps", "thunderbird") if command == "setup" else ()
    code, document = line.json(command, str(ADDRESS), *more)
    assert (code, document["problem"]["kind"]) == (Exit.NOTHING_FOUND, problem)
    assert bool(document["steps"]) is has_steps
    assert outside.seen_passwords == []


def test_discover_explains_an_exchange_mailbox(line: Line, outside: FakeOutside) -> None:
    outside.result = Found(ADDRESS, Provider("E", "exchange", PasswordKind.EXCHANGE), (), ())
    code, document = line.json("discover", str(ADDRESS))
    assert (code, document["provider"]["password_kind"]) == (Exit.DONE, "exchange")
    assert document["incoming"] == []
    _, text = line.run("discover", str(ADDRESS))
    assert "Exchange mailbox" in text
    assert "Outlook:" in text


def test_a_bridge_is_set_up_untested_and_says_so(line: Line, outside: FakeOutside) -> None:
    bridge = Provider("P", "p", PasswordKind.BRIDGE, steps={"en": {"bridge": "Install Bridge."}})
    outside.result = Found(ADDRESS, bridge, FOUND.incoming, FOUND.outgoing)
    words = ("setup", str(ADDRESS), "--name", "Anna", "--apps", "thunderbird")
    code, document = line.json(*words)
    assert code == Exit.PROBLEMS
    assert document["verify"]["incoming"] == {"ok": None, "reason": "bridge"}
    assert document["apps"][0]["state"] == "applied"
    assert "Install Bridge." in line.err
    assert outside.seen_passwords == []


def test_a_sign_in_inside_the_program_asks_for_no_password(
    line: Line, outside: FakeOutside
) -> None:
    words = ("setup", str(ADDRESS), "--name", "Anna", "--apps", "thunderbird", "--sign-in")
    code, document = line.json(*words)
    assert (code, document["reason"]) == (Exit.USAGE, "no-sign-in")
    auth = (AuthMethod.OAUTH2, AuthMethod.PLAIN)
    receiving, sending = (replace(s[0], auth=auth) for s in (FOUND.incoming, FOUND.outgoing))
    gmail = Provider("G", "g", PasswordKind.APP_PASSWORD)
    outside.result = Found(ADDRESS, gmail, (receiving,), (sending,))
    code, document = line.json(*words)
    assert code == Exit.PROBLEMS
    assert document["verify"]["outgoing"] == {"ok": None, "reason": "oauth-only"}
    assert document["apps"][0]["state"] == "applied"
    assert outside.seen_passwords == []


@pytest.mark.parametrize(
    ("not_kept", "told"),
    [("", {"stored": True}), ("no-library", {"stored": False, "reason": "no-library"})],
)
def test_a_password_goes_into_the_programs_store_only_when_asked(
    line: Line, outside: FakeOutside, not_kept: str, told: dict[str, object]
) -> None:
    outside.not_kept = not_kept
    words = ("setup", str(ADDRESS), "--name", "Anna", "--apps", "thunderbird,sheet", "--yes")
    _, document = line.json(*words, "--password-stdin", stdin="secret")
    assert "keep thunderbird" not in outside.asked
    assert "password" not in document["apps"][0]
    _, document = line.json(*words, "--password-stdin", "--store-password", stdin="secret")
    assert document["apps"][0]["password"] == told
    assert "password" not in document["apps"][1]
