"""`diagnose`: its JSON, its exit codes, its settings file and password."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.outside import ADDRESS, FOUND, IMAP, PASSWORD, SMTP
from tests.unit.cli.test_cli_contract import Line, line
from wizard.cli.exits import Exit
from wizard.model import (
    Check,
    CheckState,
    Clue,
    ClueKind,
    Problem,
    ProblemKind,
    Rung,
    Security,
    ServerType,
    Stage,
    Subject,
)
from wizard.model.document import found_json

__all__ = ["line"]  # the fixture

CHECKS = (
    Check(Subject.INTERNET, CheckState.GOOD, "control.example", 80, "IPv4", "192.0.2.1", ms=12),
    Check(Subject.OTHER_PORT, CheckState.UNSURE, IMAP.host, 143, "IPv4", said="refused"),
    Check(
        Subject.RECEIVING,
        CheckState.BAD,
        IMAP.host,
        993,
        "IPv4",
        "192.0.2.2",
        ServerType.IMAP,
        Security.TLS,
        (Rung("connect", True, 5), Rung("greeting", False, 7, "* BYE \x1b[31mno")),
    ),
)


def test_all_is_well(line: Line) -> None:
    outside = line.outside
    outside.diagnosis = replace(outside.diagnosis, checks=CHECKS[:1], public_v4="198.51.100.7")
    code, document = line.json("diagnose", str(ADDRESS))
    assert (code, document["ok"], document["verdict"]) == (Exit.DONE, True, None)
    assert document["public_ip"] == {"v4": "198.51.100.7", "v6": None}
    assert "problem" not in document
    assert "198.51.100.7" in document["report"]
    assert "control.example" in line.err


def test_steps_are_rungs_and_checks_without_any(line: Line) -> None:
    outside = line.outside
    clue = Clue(ClueKind.CERTIFICATE_EXPIRES_SOON, IMAP.host, "2026-12-01")
    outside.diagnosis = replace(outside.diagnosis, checks=CHECKS, clues=(clue,))
    _, document = line.json("diagnose", str(ADDRESS))
    steps = [(step["subject"], step["stage"], step["ok"]) for step in document["steps"]]
    assert steps == [
        ("internet", None, True),
        ("other-port", None, None),
        ("receiving", "connect", True),
        ("receiving", "greeting", False),
    ]
    last = document["steps"][-1]
    assert (last["service"], last["port"], last["family"]) == ("imap", 993, "ipv4")
    assert document["clues"][0]["kind"] == "certificate-expires-soon"
    assert "2026-12-01" in document["clues"][0]["text"]
    _, text = line.run("diagnose", str(ADDRESS))
    assert "\x1b" not in text + line.err


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ProblemKind.NO_INTERNET, Exit.NO_NETWORK),
        (ProblemKind.NAME_SERVER_BROKEN, Exit.NO_NETWORK),
        (ProblemKind.CAPTIVE_PORTAL, Exit.NO_NETWORK),
        (ProblemKind.NOTHING_FOUND, Exit.NOTHING_FOUND),
        (ProblemKind.NETWORK_BANNED, Exit.REFUSED),
        (ProblemKind.PORT_BLOCKED, Exit.REFUSED),
        (ProblemKind.CLOCK_WRONG, Exit.REFUSED),
        (ProblemKind.CERTIFICATE_INTERCEPTED, Exit.REFUSED),
        (ProblemKind.IPV6_BROKEN, Exit.PROBLEMS),
    ],
)
def test_a_verdict_has_its_exit_code(line: Line, kind: ProblemKind, code: Exit) -> None:
    problem = Problem(kind, Stage.CONNECT, ServerType.IMAP, IMAP.host, 993)
    line.outside.diagnosis = replace(line.outside.diagnosis, verdict=problem)
    found, document = line.json("diagnose", str(ADDRESS))
    assert (found, document["ok"]) == (code, False)
    assert document["verdict"]["cause"] == kind.cause
    assert document["verdict"]["kind"] == kind.word
    assert document["problem"] == document["verdict"]
    _, text = line.run("diagnose", str(ADDRESS))
    assert document["verdict"]["title"] in text


def test_settings_are_used_as_they_are(line: Line, tmp_path: Path) -> None:
    line.run("diagnose", str(ADDRESS))
    assert line.outside.asked[0] == f"diagnose {ADDRESS}"
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(found_json(FOUND)))
    line.run("diagnose", str(ADDRESS), "--settings", str(file))
    assert f"diagnose {ADDRESS} {IMAP.host} {SMTP.host}" in line.outside.asked


def test_what_is_wrong_with_words_or_files_is_said_before_anything_is_asked(
    line: Line, tmp_path: Path
) -> None:
    assert line.json("diagnose", "anna")[0] == Exit.USAGE
    missing = str(tmp_path / "none.json")
    assert line.json("diagnose", str(ADDRESS), "--settings", missing)[0] == Exit.USAGE
    assert not any(asked.startswith("diagnose") for asked in line.outside.asked)


def test_a_password_is_read_only_where_it_is_handed_over(line: Line) -> None:
    line.run("diagnose", str(ADDRESS), stdin=f"{PASSWORD}\n")
    assert line.outside.vault.get(ADDRESS) is None
    code, document = line.json("diagnose", str(ADDRESS), "--password-stdin", stdin=f"{PASSWORD}\n")
    assert code == Exit.DONE
    secret = line.outside.vault.get(ADDRESS)
    assert secret is not None
    assert secret.reveal() == PASSWORD
    assert PASSWORD not in json.dumps(document) + line.err
