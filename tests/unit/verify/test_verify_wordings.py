"""Every known wording, said to our own dialogues word by word: what they make of it is classified.

No sockets here, so that a thousand servers can speak within seconds; the sockets are the same for
all and are tested elsewhere.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.verify.wordings import ELSEWHERE, MORE, TABLE, Wording
from wizard.model import Secret, ServerType, Stage
from wizard.net.failure import NetFailure, Trouble
from wizard.net.streams import MAX_LINE, TlsFacts
from wizard.verify import classify
from wizard.verify.dialogue import COMMAND
from wizard.verify.ladder import speak
from wizard.verify.reply import Reply
from wizard.verify.sasl import Credentials
from wizard.verify.smtp import Smtp
from wizard.verify.talk import Budget, Talk

CREDENTIALS = Credentials("anna", Secret("x"))
SAID = [*TABLE, *ELSEWHERE, *MORE]


class Says:
    """A stream whose other end says these lines once asked, then is gone."""

    peer = "192.0.2.1"
    tls: TlsFacts | None = None

    def __init__(self, lines: list[str], *, at_once: bool) -> None:
        self._lines = lines
        self._ready = at_once
        self._tag = ""

    async def read_line(self, timeout: float, limit: int = MAX_LINE) -> bytes:
        if not self._ready or not self._lines:
            raise NetFailure(Trouble.CLOSED)
        return self._lines.pop(0).replace("{tag}", self._tag).encode()

    async def read_exactly(self, count: int, timeout: float) -> bytes:
        raise NetFailure(Trouble.CLOSED)

    async def write(self, data: bytes, timeout: float = 20.0) -> None:
        self._ready = True
        self._tag = data.split(b" ", 1)[0].decode()

    async def start_tls(self, timeout: float = 5.0) -> None:
        raise AssertionError("refused, and gone on")

    async def close(self) -> None:
        pass


async def heard(wording: Wording) -> Reply:
    """What our dialogue makes of the wording at its stage."""
    *first, last = wording.line.split("\n")
    if wording.service is ServerType.IMAP and not last.startswith("* "):
        last = last if wording.stage is Stage.GREETING else f"{{tag}} {last}"
    stream = Says([*first, last], at_once=wording.stage is Stage.GREETING)
    talk = Talk(stream, Budget(20))
    dialogue = speak(wording.service, talk)
    match wording.stage:
        case Stage.GREETING:
            return await dialogue.greet()
        case Stage.TLS:
            return await dialogue.start_tls(5.0)
        case Stage.MESSAGE:
            assert isinstance(dialogue, Smtp)
            return await dialogue.ask(b"RCPT TO:<a@example.net>")
        case _:
            way = COMMAND if wording.service is ServerType.IMAP else "PLAIN"
            return await dialogue.log_in(way, CREDENTIALS)


@pytest.mark.parametrize("service", list(ServerType))
@pytest.mark.parametrize("stage", [Stage.GREETING, Stage.TLS, Stage.LOGIN, Stage.MESSAGE])
def test_every_wording_reaches_its_cause_through_the_dialogue(
    service: ServerType, stage: Stage
) -> None:
    chosen = [item for item in SAID if item.service is service and item.stage is stage]

    async def main() -> list[str]:
        missed = []
        for wording in chosen:
            shown = classify(await heard(wording), stage, host=wording.host).cause
            if shown != wording.cause:
                missed.append(f"{wording.id}: {shown}")
        return missed

    missed = asyncio.run(main())
    assert not missed, "\n".join(missed)


def test_all_of_them_are_said() -> None:
    stages = {Stage.GREETING, Stage.TLS, Stage.LOGIN, Stage.MESSAGE}
    assert {item.stage for item in SAID} == stages
    assert len(SAID) > 1200
