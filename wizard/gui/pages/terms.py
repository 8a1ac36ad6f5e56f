"""Technical words, explained where they stand: what each means, in two plain sentences."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from PySide6.QtWidgets import QBoxLayout

from wizard.gui.widgets import Disclosure, Kit, Text, TextType
from wizard.model import N_, ServerType


class Term(Enum):
    """(the word as mail programs write it, what it means)."""

    IMAP = (
        "IMAP",
        N_(
            "The usual way to receive mail. Your messages stay at your provider, so that every "
            "device shows the same."
        ),
    )
    POP = (
        "POP3",
        N_(
            "The older way to receive mail. A device fetches the inbox and keeps its own copy; "
            "other folders are not seen."
        ),
    )
    SMTP = (
        "SMTP",
        N_("The way your messages leave. Your program hands them to this server."),
    )
    PORT = (
        N_("Port"),
        N_(
            "A server does several jobs; the port is the number of the door for this one. The "
            "usual numbers are filled in."
        ),
    )
    ENCRYPTED = (
        N_("Encrypted"),
        N_(
            "Nobody on the way can read along, and the server has proved who it is. Programs call "
            "it SSL/TLS or STARTTLS."
        ),
    )
    TLS = (
        "SSL/TLS",
        N_("The connection is encrypted from its first moment. Best where it is offered."),
    )
    STARTTLS = (
        "STARTTLS",
        N_(
            "The connection begins openly and is encrypted before anything of yours is sent. If "
            "that does not happen, we stop."
        ),
    )
    USER_NAME = (
        N_("User name"),
        N_("Who you are to the server. For most providers it is your whole address."),
    )
    KEYCHAIN = (
        N_("Keychain"),
        N_(
            "Your system's own safe for passwords, locked together with your computer account. "
            "On Windows it is the Credential Manager, on a Mac the Keychain."
        ),
    )
    APP_PASSWORD = (
        N_("App password"),
        N_(
            "A password for one program, made on your provider's website. You can cancel it there "
            "at any time, and your main password stays unknown to the program."
        ),
    )
    PROFILE = (
        N_("Profile"),
        N_("A folder in which a program keeps one person's accounts and settings."),
    )


TERM_OF: dict[ServerType, Term] = {
    ServerType.IMAP: Term.IMAP,
    ServerType.POP3: Term.POP,
    ServerType.SMTP: Term.SMTP,
}


def explain(kit: Kit, terms: Sequence[Term]) -> Disclosure:
    """*What do these words mean?*, for the words of one page."""

    def fill(body: QBoxLayout) -> None:
        for term in dict.fromkeys(terms):
            word, meaning = term.value
            body.addWidget(Text(kit.words.text(word), TextType.SMALL_STRONG))
            body.addWidget(Text(kit.words.text(meaning), TextType.SMALL))
            body.addSpacing(kit.px(4))

    return Disclosure(kit, kit.words.text("What do these words mean?"), small=True, fill=fill)
