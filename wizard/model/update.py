"""The answer to "Is there a newer version?".

UpdateAnswer = Newer | UpToDate | Managed | NotKnown

Not among the names of `wizard.model`: nobody needs these before somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Unanswered(Enum):
    """Why nobody knows."""

    NO_PUBLISHER = "no-publisher"
    """This build was not given the key of who publishes it."""
    UNREACHABLE = "unreachable"
    FORGED = "forged"
    """Not signed by who publishes this program, or changed on the way."""
    EXPIRED = "expired"
    """Too old to say anything: somebody may be holding newer ones back."""
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Newer:
    """`page`: where people get it; https."""

    version: str
    page: str


@dataclass(frozen=True, slots=True)
class UpToDate:
    """This is the newest. `version`: the one announced, never newer than ours."""

    version: str


@dataclass(frozen=True, slots=True)
class Managed:
    """A package manager owns this installation. `by`: its name, such as `apt`."""

    by: str


@dataclass(frozen=True, slots=True)
class NotKnown:
    """`detail`: technical, for whoever helps."""

    reason: Unanswered
    detail: str = ""


UpdateAnswer = Newer | UpToDate | Managed | NotKnown
