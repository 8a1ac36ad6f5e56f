"""What can happen: the person acts (upper half), or work reports (lower half).

Reports carry the request they answer; those of a cancelled request are dropped by `reduce`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from wizard.flow.parts import Delivered, Kept
from wizard.flow.services import Side
from wizard.flow.state import Journey
from wizard.model import (
    Applied,
    ChangeRecord,
    Check,
    ClientPlan,
    DetectedClient,
    Diagnosis,
    DiscoveryResult,
    KnownAccount,
    PasswordUse,
    Problem,
    Publication,
    Rung,
    ServerSettings,
    SourceReport,
    Undone,
    Verification,
)


@dataclass(frozen=True, slots=True)
class AddressEdited:
    """Typing on the first page: instant feedback, nothing leaves the computer."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class AddressSubmitted:
    """*Find my settings*."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """*Stop* while something runs."""


@dataclass(frozen=True, slots=True)
class WentBack:
    """*Back*: cancels what runs, shows the page before."""


@dataclass(frozen=True, slots=True)
class Retried:
    """Does again what did not work on this page."""


@dataclass(frozen=True, slots=True)
class SettingsAccepted:
    """*Continue* on the found page. `consent`: the person agreed to untrusted hosts."""

    consent: bool = False


@dataclass(frozen=True, slots=True)
class ManualRequested:
    """*Change something* / *Enter them myself*."""


@dataclass(frozen=True, slots=True)
class ManualSubmitted:
    """The form was filled in and is valid."""

    incoming: ServerSettings
    outgoing: ServerSettings


@dataclass(frozen=True, slots=True)
class PasswordSubmitted:
    """*Test and continue*; the password itself is in the vault. `keep`: into the keychain."""

    keep: bool


@dataclass(frozen=True, slots=True)
class ContinuedUntested:
    """Go on without a login test, where none is possible (browser sign-in, offline)."""


@dataclass(frozen=True, slots=True)
class SignInChosen:
    """*Sign in inside my mail program*, instead of an app password."""


@dataclass(frozen=True, slots=True)
class BrowserSignInRequested:
    """*Sign in with the browser*, on the provider's own page."""


@dataclass(frozen=True, slots=True)
class TestMessageRequested:
    """*Send myself a test message*. `delete`: and take it out of the inbox again."""

    __test__ = False  # a name for people, not a test class

    delete: bool = False


@dataclass(frozen=True, slots=True)
class ProgramsChosen:
    """`profiles`: chosen profile id by client id, where a program has several."""

    clients: tuple[str, ...]
    profiles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ApplyConfirmed:
    """The preview was seen: set up this program (empty: all that are planned)."""

    client: str = ""
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class StoreChosen:
    """Whether this program's own store shall have the password."""

    client: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class UndoRequested:
    """Take back what was done for this program (or, by id, an older change)."""

    client: str = ""
    change_id: str = ""


@dataclass(frozen=True, slots=True)
class CompletionRequested:
    """Finish a change that was cut off."""

    change_id: str


@dataclass(frozen=True, slots=True)
class Finished:
    """*Continue* after a verified password, or from the applying page to the last one."""


@dataclass(frozen=True, slots=True)
class SaveRequested:
    """*Save everything as a folder*: an account, or what is to be published."""

    folder: Path


@dataclass(frozen=True, slots=True)
class StartedOver:
    """*Set up another address*."""


@dataclass(frozen=True, slots=True)
class ChangesRequested:
    """*Remove what the wizard did*: show the list."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The window is there: time to look what this computer knows already."""


@dataclass(frozen=True, slots=True)
class CarriedOn:
    """*Carry on* with the journey that was cut off."""


@dataclass(frozen=True, slots=True)
class KeptDropped:
    """*Start afresh*: the journey that was cut off is forgotten."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """The journey that a crash cut off, if there was one."""

    kept: Kept | None


@dataclass(frozen=True, slots=True)
class JourneyChosen:
    """One of the entries for those who come back (SETUP: another address)."""

    journey: Journey


@dataclass(frozen=True, slots=True)
class AccountChosen:
    """*Continue* on the account page. `text`: a domain alone is enough for PUBLISH. `old_text`:
    the address before, for MOVE."""

    text: str
    old_text: str = ""


@dataclass(frozen=True, slots=True)
class KnownListed:
    """What this computer knows already. `interrupted`: a change was cut off last time."""

    known: tuple[KnownAccount, ...]
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class PasswordUpdated:
    """What became of the new password in each program."""

    request: int
    uses: tuple[PasswordUse, ...]


@dataclass(frozen=True, slots=True)
class MovesPlanned:
    """(program, profile, plan or why not) for each program the move concerns."""

    request: int
    outcomes: tuple[tuple[str, str, ClientPlan | Problem], ...]


@dataclass(frozen=True, slots=True)
class DiagnosisRequested:
    """*What is wrong?*, beside anything that did not work and on the last page."""


@dataclass(frozen=True, slots=True)
class NoteSaveRequested:
    """*Save the note*: what a diagnosis says, for support."""

    path: Path


@dataclass(frozen=True, slots=True)
class DetailsSaveRequested:
    """*Save …* among the details: what they say, for a helper."""

    text: str
    path: Path


@dataclass(frozen=True, slots=True)
class DetailsSaved:
    """The details are in the file, or why not."""

    outcome: Path | Problem


@dataclass(frozen=True, slots=True)
class SetUpRequested:
    """*Set it up again* after a diagnosis: the main journey, with the address filled in."""


@dataclass(frozen=True, slots=True)
class DiagnosisProgressed:
    """One check has news."""

    request: int
    check: Check


@dataclass(frozen=True, slots=True)
class DiagnosisFinished:
    """The cause is known, or that there is none."""

    request: int
    diagnosis: Diagnosis


@dataclass(frozen=True, slots=True)
class NoteSaved:
    """The note is in the file, or why not."""

    request: int
    outcome: Path | Problem


@dataclass(frozen=True, slots=True)
class PublicationMade:
    """What to publish for the domain, or why it can't be said for everybody."""

    request: int
    outcome: Publication | Problem


@dataclass(frozen=True, slots=True)
class DomainSuggested:
    """`suggestion` may be empty."""

    text: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class SearchProgressed:
    """One source has news."""

    request: int
    report: SourceReport


@dataclass(frozen=True, slots=True)
class SearchFinished:
    """The search is over."""

    request: int
    result: DiscoveryResult


@dataclass(frozen=True, slots=True)
class VerifyProgressed:
    """One rung of one side is done."""

    request: int
    side: Side
    rung: Rung


@dataclass(frozen=True, slots=True)
class VerifyFinished:
    """Both sides have their verdict. `at`: when, with zone."""

    request: int
    verification: Verification
    at: datetime


@dataclass(frozen=True, slots=True)
class PasswordStored:
    """`problem` None: the keychain has it."""

    request: int
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class TestMessageFinished:
    """The test message came back, or why not."""

    __test__ = False

    request: int
    outcome: Delivered | Problem


@dataclass(frozen=True, slots=True)
class ProgramsDetected:
    """The mail programs of this computer."""

    request: int
    detected: tuple[DetectedClient, ...]


@dataclass(frozen=True, slots=True)
class PlanMade:
    """What would change in one program, or why it can't."""

    request: int
    client: str
    outcome: ClientPlan | Problem


@dataclass(frozen=True, slots=True)
class PlanApplied:
    """One program is set up, or why not. `not_kept`: why its own store has no password."""

    request: int
    client: str
    outcome: Applied | Problem
    not_kept: str = ""


@dataclass(frozen=True, slots=True)
class ChangeUndone:
    """One change is taken back, or why not."""

    request: int
    client: str
    outcome: Undone | Problem


@dataclass(frozen=True, slots=True)
class ChangeCompleted:
    """A change that was cut off is whole now, or why not."""

    request: int
    outcome: ChangeRecord | Problem


@dataclass(frozen=True, slots=True)
class ChangesListed:
    """The journal's entries, or why nobody can see them."""

    request: int
    outcome: tuple[ChangeRecord, ...] | Problem


@dataclass(frozen=True, slots=True)
class Saved:
    """Everything is in the folder, or why not."""

    request: int
    outcome: tuple[Path, ...] | Problem


Event = (
    AddressEdited
    | AddressSubmitted
    | Stopped
    | WentBack
    | Retried
    | SettingsAccepted
    | ManualRequested
    | ManualSubmitted
    | PasswordSubmitted
    | ContinuedUntested
    | SignInChosen
    | BrowserSignInRequested
    | TestMessageRequested
    | ProgramsChosen
    | ApplyConfirmed
    | StoreChosen
    | UndoRequested
    | Finished
    | SaveRequested
    | StartedOver
    | ChangesRequested
    | CompletionRequested
    | Opened
    | CarriedOn
    | KeptDropped
    | Recalled
    | JourneyChosen
    | AccountChosen
    | KnownListed
    | PasswordUpdated
    | MovesPlanned
    | DiagnosisRequested
    | NoteSaveRequested
    | SetUpRequested
    | DetailsSaveRequested
    | DetailsSaved
    | DiagnosisProgressed
    | DiagnosisFinished
    | NoteSaved
    | PublicationMade
    | DomainSuggested
    | SearchProgressed
    | SearchFinished
    | VerifyProgressed
    | VerifyFinished
    | PasswordStored
    | TestMessageFinished
    | ProgramsDetected
    | PlanMade
    | PlanApplied
    | ChangeUndone
    | ChangesListed
    | ChangeCompleted
    | Saved
)
