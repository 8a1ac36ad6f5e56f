"""Mail programs: what is installed, what would change, what was changed.

A client's life: detect -> plan (pure) -> preview -> apply -> prove -> undo.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol

from wizard.model.account import Account
from wizard.model.problem import Problem


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are on this computer; tests hand in other places.

    `system`: `linux`, `windows`, `darwin`. `config`, `data`: per-user folders of the system
    (`~/.config`, `%APPDATA%`, `~/Library/Application Support` …), `state`: the wizard's own folder
    (journal and back-ups), `search_path`: folders of executables.
    """

    system: str
    home: Path
    config: Path
    data: Path
    state: Path
    search_path: tuple[Path, ...] = ()
    language: str = "en"


@dataclass(frozen=True, slots=True)
class ClientProfile:
    """One profile (set of accounts) of a program. `accounts`: addresses or logins in it."""

    id: str
    name: str
    path: Path
    is_default: bool
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DetectedClient:
    """A mail program found here. `version` may be empty."""

    id: str
    name: str
    version: str
    path: Path
    running: bool
    profiles: tuple[ClientProfile, ...] = ()


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
    """A file to hand over, not part of any program. `purpose` says what a person does with it."""

    name: str
    content: bytes
    purpose: str
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Step:
    """One guided step. `copy`: a value beside it with its own Copy button."""

    text: str
    copy: str = ""


@dataclass(frozen=True, slots=True)
class ClientPlan:
    """Everything that would happen for one program; making it changes nothing.

    `repairs`: the account is there already and these settings of it differ. `unchanged`: it is
    there and right, nothing to do. `notes`: plain sentences (caveats, untested on real hosts).
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


@dataclass(frozen=True, slots=True)
class Applied:
    """Done. `change_id` names the undo record; empty where nothing needs undoing."""

    plan: ClientPlan
    change_id: str = ""
    written: tuple[Path, ...] = ()
    proof: str = ""


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """One entry of the journal as shown to people. `when` is ISO 8601 with zone."""

    id: str
    client: str
    account: str
    when: str
    what: tuple[str, ...]


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

    def detect(self, places: Places) -> DetectedClient | None:
        """The program on this computer, None where it is not found."""
        ...

    def plan(
        self, account: Account, detected: DetectedClient | None, places: Places
    ) -> ClientPlan | Problem:
        """What would change; reads, never writes."""
        ...

    def apply(self, plan: ClientPlan, places: Places) -> Applied | Problem:
        """Carries a plan out: back-up, journal, atomic write, read back."""
        ...
