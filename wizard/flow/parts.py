"""What states are made of once a journey is under way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.model import Account, Applied, ClientPlan, EmailAddress, Problem, Undone


class RowState(Enum):
    """How far one program is."""

    PLANNING = "planning"
    READY = "ready"
    APPLYING = "applying"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class ProgramRow:
    """One chosen program on the applying page. `problem` may stand beside a plan or a result.

    `keeps_password`: its own store shall have the password; `not_kept`: as a word, why it has not.
    """

    client: str
    state: RowState
    plan: ClientPlan | None = None
    applied: Applied | None = None
    undone: Undone | None = None
    problem: Problem | None = None
    profile: str = ""
    keeps_password: bool = False
    not_kept: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A journey that was cut off, as it was kept. `account`: once its settings were agreed on."""

    address: EmailAddress
    name: str
    account: Account | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """The test message came back. `seconds`: from sending to seeing it in the mailbox.

    `authentication_results`: what the receiving server noted about SPF, DKIM and DMARC. `deleted`:
    it was taken out of the inbox again.
    """

    seconds: float
    authentication_results: str = ""
    deleted: bool = False
