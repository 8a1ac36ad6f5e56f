"""The note for support: complete, harmless, and without anything secret, in every language."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests import i18n
from wizard.messages import LANGUAGES, Messages
from wizard.messages.report import CLUES, SUBJECTS, TROUBLES, check_said, check_title, report
from wizard.model import (
    Check,
    CheckState,
    Clue,
    ClueKind,
    Diagnosis,
    EmailAddress,
    Problem,
    ProblemKind,
    Rung,
    Security,
    ServerType,
    Stage,
    Subject,
)
from wizard.net.failure import Trouble

AT = datetime(2026, 11, 25, 21, 4, 5, tzinfo=timezone(timedelta(hours=1)))
ADDRESS = EmailAddress("anna", "shop.example")
LADDER = Check(
    Subject.RECEIVING,
    CheckState.BAD,
    "mail.shop.example",
    993,
    "IPv4",
    "192.0.2.7",
    ServerType.IMAP,
    Security.TLS,
    (Rung("connect", True, 40), Rung("tls", False, 5000, "timeout")),
    ms=5040,
)
BANNED = Diagnosis(
    ADDRESS,
    AT,
    6200,
    Problem(
        ProblemKind.NETWORK_BANNED,
        Stage.CONNECT,
        ServerType.IMAP,
        "mail.shop.example",
        993,
        server_said="421 too many connections from 198.51.100.7",
    ),
    (LADDER, Check(Subject.INTERNET, CheckState.GOOD, "control.example", 80, "IPv4", ms=30)),
    (Clue(ClueKind.CERTIFICATE_EXPIRES_SOON, "mail.shop.example", "2026-12-01"),),
    "198.51.100.7",
    "",
)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("translations")
    i18n.compile_into(directory)
    return directory


@pytest.fixture(params=LANGUAGES)
def messages(request: pytest.FixtureRequest, compiled: Path) -> Messages:
    return Messages(request.param, compiled)


def test_all_that_support_needs_is_in_it(compiled: Path) -> None:
    note = report(Messages("en", compiled), BANNED)
    for part in (
        "anna@shop.example",
        "2026-11-25 21:04:05 UTC+01:00",
        "refuses connections from this network",
        "“421 too many connections from 198.51.100.7”",
        "Next: Send this note to your provider's support.",
        "check whether this network's public address is blocked",
        "network-banned (connect), row 7",
        "IPv4 198.51.100.7, IPv6 nobody said",
        "✗ Receiving: mail.shop.example, port 993",
        "    ✓ Connecting (0.04 s)",
        "    ✗ Encrypting (5.00 s): no answer",
        "✓ Internet: control.example",
        "2026-12-01",
        "no password",
    ):
        assert part in note
    assert note.count("Next:") == 1
    assert note.index("Internet:") < note.index("Receiving:")


def test_every_language_has_every_sentence(messages: Messages) -> None:
    whole = replace(
        BANNED,
        checks=tuple(
            replace(LADDER, subject=subject, rungs=(), said=trouble, state=state)
            for subject in SUBJECTS
            for trouble in ("", *TROUBLES)
            for state in CheckState
        ),
        clues=tuple(Clue(kind, "mail.shop.example", "x") for kind in CLUES),
    )
    for diagnosis in (whole, replace(whole, verdict=None)):
        note = report(messages, diagnosis)
        assert "{" not in note
        assert note.endswith("\n")


def test_every_word_of_the_wire_has_words_for_people() -> None:
    assert {trouble.value for trouble in Trouble} <= set(TROUBLES)
    assert set(SUBJECTS) == set(Subject)
    assert set(CLUES) == set(ClueKind)


def test_nothing_in_it_acts_on_a_terminal_or_turns_text_round(compiled: Path) -> None:
    bad = "\x1b[31m\u202eevil\r\nNext: pay\x00"
    problem = Problem(ProblemKind.SERVER_SAID, Stage.GREETING, server_said=bad, host=bad)
    check = replace(LADDER, host=bad, said=bad, rungs=(Rung("greeting", False, 1, bad),))
    note = report(
        Messages("en", compiled),
        replace(BANNED, verdict=problem, checks=(check,), clues=(Clue(ClueKind.IPV6_BROKEN, bad),)),
    )
    assert not set("\x1b\u202e\r\x00") & set(note)
    assert all(not line.startswith("Next: pay") for line in note.splitlines())


def test_a_row_says_where_it_broke_or_how_far_it_is(compiled: Path) -> None:
    words = Messages("en", compiled)
    assert check_title(words, LADDER) == "Receiving: mail.shop.example, port 993"
    assert check_said(words, LADDER) == "Encrypting: no answer"
    running = replace(LADDER, state=CheckState.RUNNING, rungs=LADDER.rungs[:1])
    assert check_said(words, running) == "Connecting"
    assert check_said(words, replace(LADDER, rungs=(), state=CheckState.GOOD)) == "works"
