"""Every known wording gets its cause, and no text makes us call an unjudged password wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.verify.wordings import (
    ELSEWHERE,
    MORE,
    NOT_JUDGED_CODES,
    TABLE,
    UNKNOWN,
    Wording,
)
from wizard.model import PasswordKind, ProblemKind, Provider, ServerType, Stage
from wizard.verify import classify
from wizard.verify.classify import refusal
from wizard.verify.reply import Reply
from wizard.verify.signs import NOT_JUDGED, SIGNS

SAYS_WRONG = {19, 20, 21, 22}
NEVER_WRONG = {8, 31, 32, 33, 34}


@pytest.mark.parametrize("wording", [*TABLE, *ELSEWHERE], ids=lambda wording: wording.id)
def test_known_wordings_show_their_cause(wording: Wording) -> None:
    assert classify(wording.reply, wording.stage, host=wording.host).cause == wording.cause


def test_what_other_software_says_shows_its_cause() -> None:
    missed = [
        f"{wording.id}: {shown}"
        for wording in MORE
        if (shown := classify(wording.reply, wording.stage, host=wording.host).cause)
        != wording.cause
    ]
    assert not missed, "\n".join(missed)
    assert len(MORE) > 900


@pytest.mark.parametrize("wording", UNKNOWN, ids=lambda wording: wording.id)
def test_unknown_wordings_are_quoted(wording: Wording) -> None:
    problem = refusal(wording.reply, wording.stage, host="mail.example.net", port=993)
    assert problem.kind is ProblemKind.SERVER_SAID
    assert problem.server_said == wording.line


def test_every_cause_that_a_server_can_tell_has_a_wording() -> None:
    told = {wording.cause for wording in [*TABLE, *ELSEWHERE]}
    seen_by_the_wire_alone = {*range(1, 7), 9, *range(11, 19), 47, 48}
    assert told == set(range(1, 49)) - seen_by_the_wire_alone


def test_signs_and_wordings_cover_each_other() -> None:
    """A sign whose cause no wording shows could be dead weight."""
    assert {sign.kind.cause for sign in SIGNS} <= {item.cause for item in [*TABLE, *ELSEWHERE]}


@pytest.mark.parametrize(
    ("provider", "cause"),
    [
        (Provider("GMX", "gmx"), 20),
        (Provider("Example", "example", PasswordKind.APP_PASSWORD), 22),
        (Provider("Gmail", "gmail", PasswordKind.APP_PASSWORD), 19),
        (Provider("Yahoo Mail"), 22),
        (Provider("Example", "example"), 19),
    ],
)
def test_the_provider_refines_a_plain_no(provider: Provider, cause: int) -> None:
    reply = Reply(ServerType.IMAP, "NO", "AUTHENTICATIONFAILED", "Authentication failed.")
    assert classify(reply, Stage.LOGIN, provider=provider).cause == cause


def test_the_provider_does_not_touch_a_reason() -> None:
    reply = Reply(ServerType.IMAP, "NO", "UNAVAILABLE", "Temporary authentication failure.")
    assert classify(reply, Stage.LOGIN, host="imap.gmx.net").cause == 31


def test_a_throttled_answer_keeps_its_waiting_time() -> None:
    text = "Request is throttled. Suggested Backoff Time: 299873 milliseconds"
    reply = Reply(ServerType.IMAP, "NO", "", text)
    problem = refusal(reply, Stage.LOGIN, host="h.example", port=993)
    assert problem.fact("wait_seconds") == "300"


services = st.sampled_from(list(ServerType))
stages = st.sampled_from(list(Stage))
statuses = st.sampled_from(
    ["OK", "NO", "BAD", "BYE", "PREAUTH", "-ERR", "", "421", "450", "454", "500", "535", "554"]
)
VOCABULARY = (
    "authentication failed invalid password user login incorrect wrong application-specific "
    "account locked imap disabled or is full email address credentials too many"
)
words = st.lists(st.sampled_from(VOCABULARY.split(" "))).map(" ".join)
texts = st.one_of(st.text(max_size=300), words)
replies = st.builds(Reply, services, statuses, st.text(max_size=20), texts)


@given(replies, stages, st.text(max_size=30))
def test_classifying_never_raises(reply: Reply, stage: Stage, host: str) -> None:
    assert classify(reply, stage, host=host) in ProblemKind


@given(
    services.flatmap(lambda s: st.tuples(st.just(s), st.sampled_from(NOT_JUDGED_CODES[s]))), texts
)
def test_codes_of_an_unjudged_password_never_say_wrong(
    coded: tuple[ServerType, str], text: str
) -> None:
    service, code = coded
    status = {ServerType.IMAP: "NO", ServerType.POP3: "-ERR", ServerType.SMTP: "454"}[service]
    assert classify(Reply(service, status, code, text), Stage.LOGIN).cause not in SAYS_WRONG


@given(
    st.sampled_from(
        [
            item
            for item in [*TABLE, *MORE]
            if item.cause in NEVER_WRONG and item.stage is Stage.LOGIN
        ]
    ),
    words,
    words,
)
def test_wordings_of_an_unjudged_password_never_say_wrong(
    wording: Wording, before: str, after: str
) -> None:
    reply = wording.reply
    longer = Reply(reply.service, reply.status, reply.code, f"{before} {reply.text} {after}")
    assert classify(longer, Stage.LOGIN).cause not in SAYS_WRONG


@given(st.sampled_from(["435", "450", "451", "452", "454", "421"]), st.text(max_size=10), texts)
def test_temporary_answers_never_say_wrong(status: str, code: str, text: str) -> None:
    reply = Reply(ServerType.SMTP, status, code, text)
    assert classify(reply, Stage.LOGIN, host="smtp.mail.yahoo.com").cause not in SAYS_WRONG


def test_unjudged_texts_come_before_everything() -> None:
    assert SIGNS[: len(NOT_JUDGED)] == NOT_JUDGED
    assert not {sign.kind.cause for sign in NOT_JUDGED} & SAYS_WRONG
