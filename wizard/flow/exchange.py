"""Exchange mailboxes: which program finds them by itself, and how. One place for all faces."""

from __future__ import annotations

from wizard.model import N_, Step, Words

_ROUTES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        N_("Outlook"),
        (
            N_("Choose File, then Add account, and type your address."),
            N_("Outlook finds the server by itself. Type your password when it asks."),
        ),
    ),
    (
        N_("Mac, iPhone, iPad"),
        (
            N_("Open Settings, then Mail, Accounts, Add Account, and choose Microsoft Exchange."),
            N_("Type your address and sign in."),
        ),
    ),
    (
        N_("Android"),
        (N_("In the Gmail app choose Settings, Add account, Exchange, and type your address."),),
    ),
    (
        N_("Other programs"),
        (
            N_(
                "Ask whoever runs the mailbox whether IMAP can be switched on. If so, enter the "
                "server names they give you."
            ),
        ),
    ),
)


def exchange_steps(words: Words) -> tuple[Step, ...]:
    """The routes, each with its program as `group`."""
    return tuple(
        Step(words.text(text), group=words.text(program))
        for program, texts in _ROUTES
        for text in texts
    )
