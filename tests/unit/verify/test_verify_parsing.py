"""What servers send, parsed and shown; whatever they send, nothing but `NetFailure` comes of it."""

from __future__ import annotations

import asyncio
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.model import Secret, ServerType
from wizard.net.failure import NetFailure, Trouble
from wizard.net.streams import TlsFacts
from wizard.verify.dialogue import Dialogue
from wizard.verify.ladder import speak
from wizard.verify.reply import Reply, smtp_reply, status_reply
from wizard.verify.sasl import Credentials
from wizard.verify.talk import MAX_LINES, Budget, Talk
from wizard.verify.text import Blackout, cleaned, decoded


class Tape:
    """A `Stream` that plays bytes back."""

    peer = "192.0.2.1"
    tls: TlsFacts | None = None

    def __init__(self, data: bytes) -> None:
        self._left = data
        self.sent = b""

    async def read_line(self, timeout: float, limit: int = 65536) -> bytes:
        if b"\n" not in self._left:
            raise NetFailure(Trouble.CLOSED)
        line, _, self._left = self._left.partition(b"\n")
        return line.removesuffix(b"\r")

    async def read_exactly(self, count: int, timeout: float) -> bytes:
        if len(self._left) < count:
            raise NetFailure(Trouble.CLOSED)
        data, self._left = self._left[:count], self._left[count:]
        return data

    async def write(self, data: bytes, timeout: float = 20.0) -> None:
        self.sent += data

    async def start_tls(self, timeout: float = 5.0) -> None:
        pass

    async def close(self) -> None:
        pass


def dialogue(service: ServerType, data: bytes) -> tuple[Dialogue, Tape]:
    tape = Tape(data)
    return speak(service, Talk(tape, Budget(60))), tape


@pytest.mark.parametrize(
    ("status", "lines", "code", "text"),
    [
        ("535", ["5.7.8 Error: no"], "5.7.8", "Error: no"),
        ("535", ["5.7.8 one", "5.7.8  two"], "5.7.8", "one two"),
        ("535", ["Incorrect data"], "", "Incorrect data"),
        ("553", ["sorry (#5.7.1)"], "5.7.1", "sorry (#5.7.1)"),
        ("250", ["2.0.0"], "2.0.0", ""),
        ("220", ["5.6.7.8 is here"], "", "5.6.7.8 is here"),
        ("250", [""], "", ""),
    ],
)
def test_smtp_replies(status: str, lines: list[str], code: str, text: str) -> None:
    reply = smtp_reply(status, lines)
    assert (reply.status, reply.code, reply.text) == (status, code, text)


@pytest.mark.parametrize(
    ("rest", "code", "argument", "text"),
    [
        ("[ALERT] Look", "ALERT", "", "Look"),
        ("[CAPABILITY IMAP4rev1 X] Hi", "CAPABILITY", "IMAP4rev1 X", "Hi"),
        ("[sys/temp] later", "SYS/TEMP", "", "later"),
        ("plain text", "", "", "plain text"),
        ("[] odd", "", "", "[] odd"),
        ("", "", "", ""),
    ],
)
def test_status_replies(rest: str, code: str, argument: str, text: str) -> None:
    reply = status_reply(ServerType.IMAP, "NO", rest)
    assert (reply.code, reply.argument, reply.text) == (code, argument, text)


def test_replies_are_quoted_as_they_were() -> None:
    reply = status_reply(ServerType.IMAP, "NO", "[WEBALERT https://x.example] Web login")
    assert reply.said == "NO [WEBALERT https://x.example] Web login"
    assert smtp_reply("535", ["5.7.8 no"]).said == "535 5.7.8 no"
    assert Reply(ServerType.POP3, "-ERR").said == "-ERR"


def test_literals_and_capabilities_of_imap() -> None:
    data = b"* OK ready\r\n* CAPABILITY {4}\r\nA\r\nB AUTH=PLAIN STARTTLS\r\nw1 OK done\r\n"
    imap, _ = dialogue(ServerType.IMAP, data)

    async def ask() -> None:
        assert (await imap.greet()).ok
        assert (await imap.learn()).ok

    asyncio.run(ask())
    assert imap.offer.mechanisms == ("PLAIN",)
    assert imap.offer.starttls


def test_capabilities_in_the_greeting_are_not_asked_for_again() -> None:
    imap, tape = dialogue(ServerType.IMAP, b"* OK [CAPABILITY IMAP4rev1 SASL-IR] ready\r\n")

    async def ask() -> None:
        assert (await imap.greet()).ok
        assert (await imap.learn()).ok

    asyncio.run(ask())
    assert tape.sent == b""
    assert imap.offer.initial_response


def test_a_reply_has_a_limit_of_lines() -> None:
    imap, _ = dialogue(ServerType.IMAP, b"* OK hi\r\n" * (MAX_LINES + 5))

    async def ask() -> None:
        await imap.greet()
        await imap.learn()

    with pytest.raises(NetFailure) as caught:
        asyncio.run(ask())
    assert caught.value.trouble is Trouble.TOO_LONG


def test_a_used_up_budget_is_a_time_out() -> None:
    now = [0.0]
    budget = Budget(10, clock=lambda: now[0])
    assert budget.allowance(20) == 10
    now[0] = 4
    assert budget.allowance(20) == 6
    assert budget.allowance(5) == 5
    budget.forgive(100)
    now[0] = 104
    assert budget.allowance(20) == 6
    now[0] = 111
    with pytest.raises(NetFailure) as caught:
        budget.allowance(20)
    assert caught.value.trouble is Trouble.TIMEOUT


lines = st.one_of(
    st.binary(max_size=80),
    st.sampled_from(
        [
            b"* OK ready",
            b"* BYE out",
            b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN STARTTLS",
            b"* CAPABILITY {3}",
            b"w1 OK done",
            b"w2 OK done",
            b"w3 NO no",
            b"+ ",
            b"+ !!!",
            b"+OK",
            b"-ERR",
            b".",
            b"SASL PLAIN SCRAM-SHA-256",
            b"220 ready",
            b"250-AUTH PLAIN CRAM-MD5",
            b"250 STARTTLS",
            b"334 ",
            b"334 %%%",
            b"235 in",
        ]
    ),
)


@settings(max_examples=3 * settings().max_examples)
@given(
    st.sampled_from(list(ServerType)),
    st.lists(lines, max_size=12),
    st.sampled_from(["command", "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"]),
)
def test_no_server_breaks_a_dialogue(service: ServerType, said: list[bytes], way: str) -> None:
    if way == "command" and service is ServerType.SMTP:
        way = "PLAIN"
    talk, _ = dialogue(service, b"".join(line + b"\r\n" for line in said))

    async def converse() -> None:
        await talk.greet()
        await talk.learn()
        assert len(talk.offer.words) < 10_000
        await talk.log_in(way, Credentials("anna", Secret("pässword")))
        await talk.leave()

    try:
        asyncio.run(converse())
    except NetFailure as failure:
        assert failure.trouble in {Trouble.CLOSED, Trouble.TOO_LONG}


@given(st.text(max_size=3000), st.integers(10, 400))
def test_shown_text_is_harmless(text: str, limit: int) -> None:
    shown = cleaned(text, limit)
    assert len(shown) <= limit
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in shown)


def test_odd_bytes_are_still_readable() -> None:
    assert decoded("müde".encode()) == "müde"
    assert decoded("müde".encode("latin-1")) == "müde"


@given(st.text(min_size=4, max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_the_password_is_blacked_out(password: str, before: str, after: str) -> None:
    blackout = Blackout(Secret(password), ("anna",))
    assert password not in blackout(before + password + after).replace("***", "\0")


def test_wire_forms_of_the_password_are_blacked_out() -> None:
    import base64

    blackout = Blackout(Secret("s3cret\\x"), ("anna", "anna@example.net"))
    forms = [
        base64.b64encode(b"s3cret\\x").decode(),
        base64.b64encode(b"\0anna\0s3cret\\x").decode(),
        base64.b64encode(b"\0anna@example.net\0s3cret\\x").decode(),
        "s3cret\\\\x",
        "s3cret%5Cx",
        b"s3cret\\x".hex(),
    ]
    for form in forms:
        assert blackout(f"you sent {form} to me") == "you sent *** to me"
