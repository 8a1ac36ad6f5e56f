"""What the guides of all programs share: the values to type, and a few questions to an account."""

from __future__ import annotations

import re
from pathlib import Path

from wizard.model import (
    N_,
    Account,
    AuthMethod,
    PasswordKind,
    Places,
    Problem,
    ProblemKind,
    Security,
    ServerSettings,
    ServerType,
    Setting,
    Stage,
    Step,
    Words,
)

SECURITY_WORDS = {
    Security.TLS: N_("SSL/TLS"),
    Security.STARTTLS: N_("STARTTLS"),
    Security.PLAIN: N_("none"),
}
REPAIR_WORDS = {
    ("receiving", "host"): N_("Receiving: server"),
    ("receiving", "port"): N_("Receiving: port"),
    ("receiving", "username"): N_("Receiving: user name"),
    ("receiving", "security"): N_("Receiving: encryption"),
    ("receiving", "auth"): N_("Receiving: way of signing in"),
    ("sending", "host"): N_("Sending: server"),
    ("sending", "port"): N_("Sending: port"),
    ("sending", "username"): N_("Sending: user name"),
    ("sending", "security"): N_("Sending: encryption"),
    ("sending", "auth"): N_("Sending: way of signing in"),
}
"""What differs in an account that is there already, by side and field."""
TYPE_WORDS = {ServerType.IMAP: "IMAP", ServerType.POP3: "POP3", ServerType.SMTP: "SMTP"}


def linux_program(places: Places, name: str) -> Path | None:
    """A program on the search path of a Linux; None on other systems or where it is not there."""
    if places.system != "linux":
        return None
    return next((d / name for d in places.search_path if (d / name).is_file()), None)


def signs_in_inside(account: Account) -> bool:
    """True where the program itself asks the provider, in a browser window (OAuth 2)."""
    return (
        account.provider.password_kind is PasswordKind.OAUTH_IN_CLIENT
        or _only_by_browser(account.incoming)
        or _only_by_browser(account.outgoing)
    )


def _only_by_browser(server: ServerSettings) -> bool:
    return AuthMethod.OAUTH2 in server.auth and not server.takes_password


def unsuitable(account: Account) -> Problem | None:
    """What is never written into any program: an account without encryption."""
    for server in (account.incoming, account.outgoing):
        if server.security is Security.PLAIN:
            return Problem(
                ProblemKind.UNENCRYPTED_ONLY, Stage.CLIENT, server.type, server.host, server.port
            )
    return None


def same_login(account: Account) -> bool:
    """True where sending takes the same user name (and so the same password) as receiving."""
    return account.incoming.username == account.outgoing.username


def summary(account: Account, words: Words) -> tuple[Setting, ...]:
    """What the account will be, in a person's words."""
    return (
        Setting(words.text(N_("Account")), str(account.address)),
        Setting(words.text(N_("Receiving")), _endpoint(account.incoming, words)),
        Setting(words.text(N_("Sending")), _endpoint(account.outgoing, words)),
    )


def _endpoint(server: ServerSettings, words: Words) -> str:
    security = words.text(SECURITY_WORDS[server.security])
    return f"{server.host}, {TYPE_WORDS[server.type]}, {server.port}, {security}"


def values(account: Account, words: Words) -> tuple[Step, ...]:
    """Every value a person may have to type, each to be copied."""
    group = words.text(N_("The values of your account"))
    incoming, outgoing = account.incoming, account.outgoing
    rows = [
        (words.text(N_("Your name")), account.name),
        (words.text(N_("E-mail address")), str(account.address)),
        (words.text(N_("Account type")), TYPE_WORDS[incoming.type]),
        (words.text(N_("Incoming mail server")), incoming.host),
        (words.text(N_("Port for receiving")), str(incoming.port)),
        (words.text(N_("Encryption for receiving")), words.text(SECURITY_WORDS[incoming.security])),
        (words.text(N_("User name for receiving")), incoming.username),
        (words.text(N_("Outgoing mail server")), outgoing.host),
        (words.text(N_("Port for sending")), str(outgoing.port)),
        (words.text(N_("Encryption for sending")), words.text(SECURITY_WORDS[outgoing.security])),
        (words.text(N_("User name for sending")), outgoing.username),
    ]
    return tuple(Step(label, value, group, is_value=True) for label, value in rows if value)


def steps(
    words: Words, group: str, *texts: str | tuple[str, str], **known: str
) -> tuple[Step, ...]:
    """A group of steps from marked sentences; a pair is a sentence and the value to copy."""
    title = words.text(group) if group else ""
    made = []
    for item in texts:
        text, copy = item if isinstance(item, tuple) else (item, "")
        made.append(Step(words.text(text, **known), copy, title))
    return tuple(made)


def file_stem(account: Account) -> str:
    """The address in letters every file system and mail system takes."""
    return re.sub(r"[^A-Za-z0-9._@-]", "_", str(account.address))


def one_line(text: str) -> str:
    """A value for a line-based format: control characters become spaces."""
    return "".join(char if char.isprintable() else " " for char in text).strip()
