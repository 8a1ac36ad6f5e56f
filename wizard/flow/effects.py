"""What a step of the journey asks the outside to do. Each carries the request id to answer to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wizard.flow.parts import Kept
from wizard.model import (
    Account,
    ClientPlan,
    Diagnosis,
    EmailAddress,
    Provider,
    Publication,
    ServerSettings,
    Service,
)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stops this request; its late answers do not matter."""

    request: int


@dataclass(frozen=True, slots=True)
class ForgetPasswords:
    """Empties the vault."""


@dataclass(frozen=True, slots=True)
class Suggest:
    """Looks for a mistyped domain; `text` is what was typed, echoed in the answer."""

    text: str
    domain: str


@dataclass(frozen=True, slots=True)
class Search:
    request: int
    address: EmailAddress


@dataclass(frozen=True, slots=True)
class Verify:
    request: int
    address: EmailAddress
    incoming: ServerSettings | None
    outgoing: ServerSettings | None
    provider: Provider
    services: tuple[Service, ...] = ()


@dataclass(frozen=True, slots=True)
class StorePassword:
    request: int
    account: Account


@dataclass(frozen=True, slots=True)
class SendTestMessage:
    request: int
    account: Account
    delete: bool


@dataclass(frozen=True, slots=True)
class Detect:
    request: int


@dataclass(frozen=True, slots=True)
class MakePlan:
    """`chosen`: all programs of this run; the settings sheet explains them."""

    request: int
    client: str
    account: Account
    profile: str
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApplyPlan:
    """`keep_for`: whose password the program's own store shall have."""

    request: int
    plan: ClientPlan
    folder: Path | None
    keep_for: Account | None = None


@dataclass(frozen=True, slots=True)
class UndoChange:
    request: int
    client: str
    change_id: str


@dataclass(frozen=True, slots=True)
class FinishChange:
    """Completes a change that was cut off."""

    request: int
    change_id: str


@dataclass(frozen=True, slots=True)
class ListChanges:
    request: int


@dataclass(frozen=True, slots=True)
class Save:
    request: int
    account: Account
    clients: tuple[str, ...]
    folder: Path


@dataclass(frozen=True, slots=True)
class ListKnown:
    """Looks which addresses this computer knows; nobody waits for it."""


@dataclass(frozen=True, slots=True)
class Recall:
    """Looks whether a crash cut a journey off; nobody waits for it."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Keeps what a crash must not lose, None: forgets it; nobody waits for it."""

    kept: Kept | None


@dataclass(frozen=True, slots=True)
class UpdatePassword:
    """Gives the vault's new password to the programs that hold the old one."""

    request: int
    account: Account


@dataclass(frozen=True, slots=True)
class PlanMoves:
    """What would change where the old address is set up, for `account` to take its place."""

    request: int
    old: EmailAddress
    account: Account


@dataclass(frozen=True, slots=True)
class Diagnose:
    """Finds out what is wrong; None for both servers: look for them first."""

    request: int
    address: EmailAddress
    incoming: ServerSettings | None
    outgoing: ServerSettings | None
    provider: Provider


@dataclass(frozen=True, slots=True)
class SaveNote:
    """Writes the note for support."""

    request: int
    diagnosis: Diagnosis
    path: Path


@dataclass(frozen=True, slots=True)
class MakePublication:
    """What to publish for the domain of an account."""

    request: int
    account: Account


@dataclass(frozen=True, slots=True)
class SavePublication:
    """Writes all of it into a folder."""

    request: int
    publication: Publication
    folder: Path


@dataclass(frozen=True, slots=True)
class SaveText:
    """Writes what somebody wants to hand to a helper; no page waits for it."""

    text: str
    path: Path


Effect = (
    Cancel
    | ForgetPasswords
    | Suggest
    | Search
    | Verify
    | StorePassword
    | SendTestMessage
    | Detect
    | MakePlan
    | ApplyPlan
    | UndoChange
    | FinishChange
    | ListChanges
    | Save
    | ListKnown
    | Recall
    | Keep
    | UpdatePassword
    | PlanMoves
    | Diagnose
    | SaveNote
    | MakePublication
    | SavePublication
    | SaveText
)
