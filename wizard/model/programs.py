"""Mail programs: what is installed, what would change, what was changed.

A client's life: detect -> plan (pure) -> preview -> apply -> prove -> undo. Where this computer is
not to be touched, or does not have the program: `files`, the same as things to carry elsewhere.

How                 ClientPlan has
├── CHANGE          changes (and files: the same for carrying elsewhere)
├── FILES           files, and steps that say what to do with them
└── STEPS           steps alone
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol

from wizard.model.account import Account
from wizard.model.address import EmailAddress
from wizard.model.problem import Problem
from wizard.model.words import Words


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are on this computer; tests hand in other places.

    `system`: `linux`, `windows`, `darwin`. `config`, `data`: per-user folders of the system
    (`~/.config`, `%APPDATA%`, `~/Library/Application Support` …), `state`: the wizard's own folder
    (journal and back-ups), `search_path`: folders of executables, `programs`: folders where
    programs are installed (`/usr/lib`, `C:\\Program Files`, `/Applications` …), `facts`: what only
    the system's own registry tells (`outlook.path`, `outlook.version`, `outlook.bits`).
    """

    system: str
    home: Path
    config: Path
    data: Path
    state: Path
    search_path: tuple[Path, ...] = ()
    language: str = "en"
    programs: tuple[Path, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ClientProfile:
    """One profile (set of accounts) of a program. `accounts`: addresses or logins in it.

    `id` is what `plan(profile=…)` takes; stable as long as the profile stays where it is.
    """

    id: str
    name: str
    path: Path
    is_default: bool
    accounts: tuple[str, ...] = ()
    running: bool = False


@dataclass(frozen=True, slots=True)
class DetectedClient:
    """A mail program found here. `version` may be empty. `running`: its default profile is in use.

    `path`: the executable, or the folder of its profiles where the program itself was not found.
    """

    id: str
    name: str
    version: str
    path: Path
    running: bool
    profiles: tuple[ClientProfile, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An address this computer knows already. `programs`: ids of the programs that hold it.

    `ours`: the wizard's journal has a change for it that can be taken back.
    """

    address: EmailAddress
    programs: tuple[str, ...] = ()
    ours: bool = False


class How(Enum):
    """What a plan amounts to."""

    CHANGE = "change"  # files of the program are changed, with back-up and undo
    FILES = "files"  # files are written that the person opens or carries elsewhere
    STEPS = "steps"  # the person follows steps; values to copy


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of a preview: what is set to what. `before` is empty for something new."""

    key: str
    value: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class FileChange:
    """The new content of one file. `before` None: the file must not exist yet.

    `before` is what the plan was made from: apply refuses where the file changed since.
    `settings` is the readable preview, `mode` the permission bits for a new file.
    """

    path: Path
    after: bytes
    before: bytes | None = None
    settings: tuple[Setting, ...] = ()
    mode: int = 0o600


@dataclass(frozen=True, slots=True)
class Produced:
    """A file to hand over, not part of any program. `purpose` says what a person does with it.

    `printable`: the same for a rich-text printer (Qt's HTML subset); whoever has one adds a PDF.
    `public`: is meant for a web server, so others may read it. `name` may lead through folders.
    """

    name: str
    content: bytes
    purpose: str
    media_type: str = "application/octet-stream"
    printable: str = ""
    public: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One guided step. `copy`: a value beside it with its own Copy button.

    `group`: heading that the steps of one way or version share; empty where there is only one.
    `is_value`: a value to look up and copy (`text` names it), not something to do.
    """

    text: str
    copy: str = ""
    group: str = ""
    is_value: bool = False


@dataclass(frozen=True, slots=True)
class ClientPlan:
    """Everything that would happen for one program; making it changes nothing.

    `repairs`: the account is there already and these settings of it differ. `unchanged`: it is
    there and right, nothing to do. `notes`: plain sentences (caveats, untested on real hosts).
    `summary`: what will be, in a person's words; `settings`: the same to the letter.
    `can_keep_password`: the program's own store could have the password, for who asks for that.
    """

    client: str
    name: str
    how: How
    account: str
    changes: tuple[FileChange, ...] = ()
    files: tuple[Produced, ...] = ()
    steps: tuple[Step, ...] = ()
    repairs: tuple[Setting, ...] = ()
    unchanged: bool = False
    notes: tuple[str, ...] = ()
    profile: ClientProfile | None = None
    summary: tuple[Setting, ...] = ()
    can_keep_password: bool = False

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The readable preview over all files."""
        return tuple(setting for change in self.changes for setting in change.settings)


@dataclass(frozen=True, slots=True)
class Applied:
    """Done. `change_id` names the undo record; empty where nothing needs undoing.

    `proof`: what was read back afterwards, as a word for the log (`read-back`), empty if nothing.
    """

    plan: ClientPlan
    change_id: str = ""
    written: tuple[Path, ...] = ()
    proof: str = ""


@dataclass(frozen=True, slots=True)
class PasswordUse:
    """A changed password in one program. `updated`: it has the new one now.

    `note`: what that means for the person. `problem`: why it could not be updated. `change_id`
    names the undo record where there is one.
    """

    client: str
    name: str
    updated: bool
    note: str
    problem: Problem | None = None
    change_id: str = ""


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """One entry of the journal as shown to people. `when` is ISO 8601 with zone.

    `what`: the files that were changed, in the order of the change. `cut_off`: `applying` or
    `undoing` where its end never came (power cut, `kill -9`), else empty.
    """

    id: str
    client: str
    account: str
    when: str
    what: tuple[str, ...]
    cut_off: str = ""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A change whose end never came (power cut, `kill -9`): to be finished or undone.

    `undoing`: it was the undo that was cut off.
    """

    record: ChangeRecord
    undoing: bool


@dataclass(frozen=True, slots=True)
class Undone:
    """Taken back. `kept`: values that were changed by others since and were left alone."""

    id: str
    restored: tuple[Path, ...] = ()
    kept: tuple[Setting, ...] = field(default=())


class ClientExporter(Protocol):
    """A program the wizard can set up; one file each in `clients`, listed in its registry."""

    @property
    def id(self) -> str:
        """The word of `--apps`."""
        ...

    @property
    def name(self) -> str:
        """What people call it; goes through `Words.text` (product names stay as they are)."""
        ...

    def detect(self, places: Places) -> DetectedClient | None:
        """The program on this computer, None where it is not found."""
        ...

    def plan(
        self,
        account: Account,
        detected: DetectedClient | None,
        places: Places,
        words: Words,
        profile: str | None = None,
    ) -> ClientPlan | Problem:
        """What would change on this computer; reads, never writes.

        `profile`: id of the `ClientProfile` to use, None for the program's default.
        """
        ...

    def files(self, account: Account, words: Words) -> ClientPlan | Problem:
        """The same to carry elsewhere (How.FILES or How.STEPS): looks at nothing here."""
        ...

    def apply(self, plan: ClientPlan, places: Places) -> Applied | Problem:
        """Carries a plan out: back-up, journal, atomic write, read back."""
        ...
