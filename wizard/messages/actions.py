"""What a person can do next: one of these stands beside every problem, in its words."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Action(StrEnum):
    """What the button of a problem does; faces know how."""

    RETRY = "retry"  # the same again, now
    WAIT = "wait"  # the same again, after a pause
    EDIT_ADDRESS = "edit-address"
    EDIT_PASSWORD = "edit-password"  # noqa: S105 - an action, not a password
    EDIT_USERNAME = "edit-username"
    EDIT_SERVERS = "edit-servers"  # the manual form, prefilled
    OPEN_HELP = "open-help"  # the provider's own page, `Wording.url`
    COPY_REPORT = "copy-report"  # what happened, as text for whoever can solve it
    CONTINUE = "continue"  # go on without what could not be had
    CLOSE_PROGRAM = "close-program"  # the person closes it, then the same again
    CHOOSE_PROFILE = "choose-profile"
    CHOOSE_PROGRAM = "choose-program"
    CHOOSE_FOLDER = "choose-folder"
    CHOOSE_FILE = "choose-file"
    SHOW_CHANGES = "show-changes"


class Wording(NamedTuple):
    """A problem in words. `url` is set for `Action.OPEN_HELP`."""

    title: str
    explanation: str
    action: str
    action_id: Action
    url: str = ""
