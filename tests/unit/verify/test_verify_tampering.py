"""Every way to tamper with a conversation before TLS, made by combining places and tricks.

A script is: protocol × place × trick. Whatever it is, nothing secret leaves before verified TLS,
nothing said before TLS counts or shows after it, and the conversation ends.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.fakes.scripted import Gone, Talk, Town
from tests.unit.verify.asking import (
    IMAP,
    PASSWORD,
    POP3,
    SMTP,
    STARTTLS,
    TLS,
    ask,
    ask_one,
    problem_of,
    settings,
    worked,
)
from wizard.model import ProblemKind, ServerType, SideFailed, SideVerified

MARK = "MARKED-BEFORE-TLS"
PLACES = ("greeting", "capability", "upgrade")


@dataclass(frozen=True)
class Trick:
    """What is done at a place. `lines`: said in place of, or around, the honest answer, in which
    `{tag}` is IMAP's tag; `how`: see `_play`. `fatal`: no login may come of it."""

    name: str
    how: str
    lines: tuple[str, ...] = ()
    fatal: bool = True


HONEST = {
    (IMAP, "greeting"): ("* OK ready",),
    (IMAP, "capability"): ("* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED", "{tag} OK done"),
    (IMAP, "upgrade"): ("{tag} OK begin",),
    (POP3, "greeting"): ("+OK ready",),
    (POP3, "capability"): ("+OK", "STLS", "."),
    (POP3, "upgrade"): ("+OK begin",),
    (SMTP, "greeting"): ("220 mail.example.net ready",),
    (SMTP, "capability"): ("250-mail.example.net", "250 STARTTLS"),
    (SMTP, "upgrade"): ("220 go ahead",),
}

INJECTED = {
    IMAP: (
        f"* CAPABILITY IMAP4rev1 AUTH=PLAIN {MARK}",
        f"* OK [ALERT] {MARK}",
        f"* BYE {MARK}",
        f"* PREAUTH {MARK}",
        f"w1 OK {MARK}",
        f"w3 OK {MARK}",
        f"w4 OK [CAPABILITY IMAP4rev1 AUTH=PLAIN {MARK}] in",
        f"* NO [REFERRAL imap://{MARK}.example/] there",
        f"+ {MARK}",
        f'* LIST () "/" {MARK}',
    ),
    POP3: (f"+OK {MARK}", f"-ERR {MARK}", f"SASL PLAIN {MARK}", "+OK\r\nUSER\r\n.", f"+ {MARK}"),
    SMTP: (
        f"250 AUTH PLAIN {MARK}",
        f"250-x\r\n250 AUTH PLAIN {MARK}",
        f"235 2.7.0 {MARK}",
        f"535 5.7.8 {MARK}",
        f"421 {MARK}",
        f"334 {MARK}",
    ),
}

INSTEAD = {
    IMAP: (
        f"* PREAUTH {MARK}",
        f"* BYE {MARK}",
        f"* BYE [REFERRAL imap://x.example/{MARK}] moved",
        f"* NO [REFERRAL imap://x.example/{MARK}] moved",
        f"{{tag}} NO {MARK}",
        f"{{tag}} BAD {MARK}",
        f"{{tag}} NO [REFERRAL imap://x.example/{MARK}] moved",
        f"+ {MARK}",
        f"* {MARK}",
        f"{{tag}} {MARK}",
        f"{MARK}",
        "",
        "* CAPABILITY {20}\r\nAUTH=PLAIN 1234567890",
    ),
    POP3: (f"-ERR {MARK}", f"-ERR [REFERRAL] {MARK}", f"+ {MARK}", f"{MARK}", ""),
    SMTP: (
        f"421 {MARK}",
        f"454 4.7.0 {MARK}",
        f"502 5.5.1 {MARK}",
        f"554 {MARK}",
        f"334 {MARK}",
        f"551 try <x@{MARK}.example>",
        f"{MARK}",
        "",
    ),
}


def tricks(service: ServerType, place: str) -> Iterator[Trick]:
    for number, line in enumerate(INSTEAD[service]):
        yield Trick(f"instead-{number}", "instead", (line,))
    for number, line in enumerate(INJECTED[service]):
        # Before the handshake one byte too many is the end of it. Elsewhere an addition may pass,
        # as long as nothing of it is believed.
        surplus = place == "upgrade"
        yield Trick(f"same-packet-{number}", "same-packet", (line,), fatal=surplus)
        yield Trick(f"next-packet-{number}", "next-packet", (line,), fatal=surplus)
        yield Trick(f"in-front-{number}", "in-front", (line,), fatal=False)
    for how in ("close", "reset", "cut", "endless-line", "endless-lines", "literal", "silence"):
        yield Trick(how, how)


CASES = [
    pytest.param(service, place, trick, id=f"{service.value}-{place}-{trick.name}")
    for service, place in itertools.product((IMAP, POP3, SMTP), PLACES)
    for trick in tricks(service, place)
]


def _play(talk: Talk, trick: Trick, honest: tuple[str, ...], tag: str) -> None:
    answer = "".join(f"{line}\r\n" for line in honest).replace("{tag}", tag)
    extra = "".join(f"{line}\r\n" for line in trick.lines).replace("{tag}", tag)
    match trick.how:
        case "instead":
            talk.raw(extra.encode())
        case "same-packet":
            talk.raw((answer + extra).encode())
        case "next-packet":
            talk.raw(answer.encode())
            time.sleep(0.03)
            talk.raw(extra.encode())
        case "in-front":
            talk.raw((extra + answer).encode())
        case "close":
            raise Gone
        case "reset":
            talk.reset()
        case "cut":
            talk.raw(answer.encode()[: len(answer) // 2])
            raise Gone
        case "endless-line":
            talk.raw(b"* OK " + b"x" * 100_000)
        case "endless-lines":
            for _ in range(40):
                talk.raw(b"* OK x\r\n220-x\r\n" * 50)
        case "literal":
            talk.raw(b"* OK {3999999999}\r\n" + b"x" * 1000)
        case "silence":
            talk.hang()
        case _:
            raise AssertionError(trick.how)


def script_of(service: ServerType, place: str, trick: Trick) -> Callable[[Talk], None]:
    """An honest server but for one trick at one place; TLS and the login work as they should."""

    def step(talk: Talk, where: str, tag: str = "") -> None:
        honest = HONEST[service, where]
        if where == place and not talk.encrypted:
            _play(talk, trick, honest, tag)
        else:
            talk.say(*(line.replace("{tag}", tag) for line in honest))

    def script(talk: Talk) -> None:
        step(talk, "greeting")
        while True:
            line = talk.line()
            tag, _, rest = line.partition(" ")
            word = (rest if service is IMAP else line).partition(" ")[0].upper()
            match word:
                case "CAPABILITY" | "CAPA" | "EHLO" if not talk.encrypted:
                    step(talk, "capability", tag)
                case "STARTTLS" | "STLS":
                    step(talk, "upgrade", tag)
                    talk.start_tls()
                case "CAPABILITY":
                    talk.say("* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN", f"{tag} OK done")
                case "CAPA":
                    talk.say("+OK", "SASL PLAIN", ".")
                case "EHLO":
                    talk.say("250-mail.example.net", "250 AUTH PLAIN")
                case "AUTHENTICATE" | "STATUS":
                    talk.say(f"{tag} OK in")
                case "AUTH":
                    talk.say("+OK in" if service is POP3 else "235 2.7.0 in")
                case _:
                    talk.say(f"{tag} OK bye" if service is IMAP else "+OK bye")

    return script


@pytest.mark.parametrize(("service", "place", "trick"), CASES)
def test_nothing_before_tls_counts(
    monkeypatch: pytest.MonkeyPatch, town: Town, service: ServerType, place: str, trick: Trick
) -> None:
    monkeypatch.setattr("wizard.verify.verification.SIDE_TIME", 0.5)
    side, server = ask_one(town, settings(service, STARTTLS), script_of(service, place, trick))
    clear = server.in_the_clear
    assert PASSWORD not in clear
    assert "anna" not in clear
    assert not any(word in clear.upper() for word in ("AUTH", "LOGIN", "PASS ", "USER "))
    if isinstance(side, SideVerified):
        assert not trick.fatal
        assert MARK not in str(side)  # believed, kept or shown: none of it
    else:
        assert isinstance(side, SideFailed)
        assert not side.problem.kind.judges_password
        if trick.how in {"same-packet", "next-packet"} and place == "upgrade":
            assert side.problem.kind is ProblemKind.STARTTLS_MISSING
            assert MARK not in str(side)


def test_there_are_enough_cases() -> None:
    assert len(CASES) > 188


@pytest.mark.parametrize("service", [IMAP, POP3, SMTP])
@pytest.mark.parametrize("security", [TLS, STARTTLS])
def test_one_byte_at_a_time_is_no_trick(town: Town, service: ServerType, security: object) -> None:
    """Slow networks cut as they like: an honest server must still work."""

    def slowly(talk: Talk) -> None:
        whole = talk.raw

        def raw(data: bytes) -> None:
            for index in range(len(data)):
                whole(data[index : index + 1])

        talk.raw = raw  # type: ignore[method-assign] # this talk alone is slow
        with contextlib.suppress(Gone):
            if security is TLS:
                talk.start_tls()
            script_of(service, "", Trick("", ""))(talk)

    worked(ask_one(town, settings(service, TLS if security is TLS else STARTTLS), slowly)[0])


def test_both_servers_together_keep_nobody_longer_than_the_limit(
    monkeypatch: pytest.MonkeyPatch, town: Town
) -> None:
    """A receiving login that comes late does not give sending the same time again."""
    monkeypatch.setattr("wizard.verify.verification.WHOLE_TIME", 4)

    def late(talk: Talk) -> None:
        talk.start_tls()
        talk.say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready")
        tag = talk.line().split()[0]
        time.sleep(0.6)
        talk.say(f"{tag} OK in")
        talk.hang()

    def never(talk: Talk) -> None:
        talk.start_tls()
        talk.say("220 ready")
        talk.line()
        talk.say("250-x", "250 AUTH PLAIN")
        talk.hang()

    town.serve("imap.example.net", 993, late)
    town.serve("smtp.example.net", 465, never)
    began = time.monotonic()
    result = ask(town, settings(IMAP), settings(SMTP))
    assert time.monotonic() - began < 10
    worked(result.incoming)
    assert problem_of(result.outgoing).kind is ProblemKind.NO_ANSWER
