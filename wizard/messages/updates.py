"""The answer to "Is there a newer version?" in words: what is so, and what one can do."""

from __future__ import annotations

from typing import assert_never

from wizard.messages import Messages
from wizard.model.update import (
    Managed,
    Newer,
    NotKnown,
    Unanswered,
    UpdateAnswer,
    UpToDate,
)
from wizard.model.words import N_

_NOT_KNOWN = {
    Unanswered.NO_PUBLISHER: N_(
        "This copy was not told where newer versions are announced. Whoever gave it to you knows."
    ),
    Unanswered.UNREACHABLE: N_(
        "The place where newer versions are announced did not answer. Try again later."
    ),
    Unanswered.FORGED: N_(
        "The answer was not signed by the makers of this program, so it was not believed. Try "
        "again from another network."
    ),
    Unanswered.EXPIRED: N_(
        "The answer was too old to be believed. Check this computer's date, or try again later."
    ),
    Unanswered.UNREADABLE: N_("The answer was not understood. Try again later."),
}


def update_text(messages: Messages, answer: UpdateAnswer, ours: str) -> str:
    """One or two sentences. `ours`: the version that runs. The page of a `Newer` is not in it: it
    is a link, shown whole beside it."""
    match answer:
        case Newer(version=version):
            return messages.text(
                "Yes: version {version} is out, and you have {ours}. You can get it here:",
                version=version,
                ours=ours,
            )
        case UpToDate():
            return messages.text("No: you have the newest version, {ours}.", ours=ours)
        case Managed(by=manager):
            return messages.text(
                "You have version {ours}. Newer ones come with the updates of your system "
                "({manager}).",
                ours=ours,
                manager=manager,
            )
        case NotKnown(reason=reason):
            return messages.text(_NOT_KNOWN[reason])
        case _:
            assert_never(answer)
