"""The lines of the sheet, as data."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.model import (
    N_,
    Account,
    AuthMethod,
    HelpLink,
    PasswordKind,
    Security,
    ServerSettings,
    ServiceType,
    Words,
)

_SECURITY = {
    Security.TLS: N_("SSL/TLS"),
    Security.STARTTLS: N_("STARTTLS"),
    Security.PLAIN: N_("none"),
}
_SIGN_IN = {
    AuthMethod.PLAIN: N_("password"),
    AuthMethod.CRAM_MD5: N_("encrypted password (CRAM-MD5)"),
    AuthMethod.SCRAM_SHA_256: N_("password"),
    AuthMethod.NTLM: N_("NTLM"),
    AuthMethod.GSSAPI: N_("Kerberos"),
    AuthMethod.CLIENT_CERTIFICATE: N_("certificate"),
    AuthMethod.OAUTH2: N_("sign-in in the browser (OAuth 2)"),
    AuthMethod.NONE: N_("none"),
}
_PASSWORD = {
    PasswordKind.NORMAL: N_("the password of this address (never printed here)"),
    PasswordKind.APP_PASSWORD: N_("an app password of your provider (never printed here)"),
    PasswordKind.OAUTH_IN_CLIENT: N_("none to type: the program opens a sign-in window"),
    PasswordKind.BRIDGE: N_("the password that the provider's bridge program shows"),
    PasswordKind.NOT_POSSIBLE: N_("this provider lets no other program in"),
    PasswordKind.EXCHANGE: N_("your program asks for it, and finds the server by itself"),
}


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line. `exact`: a value to type letter by letter, set in an unmistakable typeface."""

    section: str
    label: str
    value: str
    exact: bool = False


def rows(account: Account, words: Words) -> tuple[SheetRow, ...]:
    """All lines of the sheet, top to bottom."""
    return (
        *_account(account, words),
        *_server(account.incoming, words.text(N_("Receiving mail")), words),
        *_server(account.outgoing, words.text(N_("Sending mail")), words),
        *_sending_login(account, words),
        *_services(account, words),
        *_test(account, words),
        *_help(account, words),
    )


def shown(text: str) -> str:
    """Text from elsewhere, safe to print: control and direction characters made visible."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _account(account: Account, words: Words) -> tuple[SheetRow, ...]:
    section = words.text(N_("Your account"))
    made = [
        SheetRow(section, words.text(N_("Name")), shown(account.name)),
        SheetRow(section, words.text(N_("E-mail address")), str(account.address), exact=True),
        SheetRow(
            section,
            words.text(N_("Other addresses")),
            ", ".join(str(alias) for alias in account.aliases),
            exact=True,
        ),
        SheetRow(section, words.text(N_("Provider")), shown(account.provider.name)),
        SheetRow(
            section,
            words.text(N_("Password")),
            words.text(_PASSWORD[account.provider.password_kind]),
        ),
    ]
    return tuple(row for row in made if row.value)


def _server(server: ServerSettings, section: str, words: Words) -> tuple[SheetRow, ...]:
    method = server.auth[0] if server.auth else AuthMethod.PLAIN
    return (
        SheetRow(section, words.text(N_("Type")), server.type.value.upper(), exact=True),
        SheetRow(section, words.text(N_("Server")), server.host, exact=True),
        SheetRow(section, words.text(N_("Port")), str(server.port), exact=True),
        SheetRow(section, words.text(N_("Encryption")), words.text(_SECURITY[server.security])),
        SheetRow(section, words.text(N_("User name")), shown(server.username), exact=True),
        SheetRow(section, words.text(N_("Way of signing in")), words.text(_SIGN_IN[method])),
    )


def _sending_login(account: Account, words: Words) -> tuple[SheetRow, ...]:
    if account.outgoing.auth == (AuthMethod.NONE,):
        answer = words.text(N_("no"))
    elif account.incoming.username == account.outgoing.username:
        answer = words.text(N_("yes, same as receiving"))
    else:
        answer = words.text(N_("yes, with the user name above"))
    section = words.text(N_("Sending mail"))
    return (SheetRow(section, words.text(N_("Authentication for sending")), answer),)


def _services(account: Account, words: Words) -> tuple[SheetRow, ...]:
    section = words.text(N_("Calendars and contacts"))
    made: list[SheetRow] = []
    for kind, label in (
        (ServiceType.CALDAV, N_("Calendars (CalDAV)")),
        (ServiceType.CARDDAV, N_("Contacts (CardDAV)")),
    ):
        for service in account.services:
            if service.type is kind:
                login = service.username or account.incoming.username
                made += [
                    SheetRow(section, words.text(label), shown(service.url), exact=True),
                    SheetRow(section, words.text(N_("User name")), shown(login), exact=True),
                ]
    return tuple(made)


def _test(account: Account, words: Words) -> tuple[SheetRow, ...]:
    section = words.text(N_("Test"))
    if account.tested_at is None:
        answer = words.text(N_("These settings have not been tested by signing in."))
        return (SheetRow(section, words.text(N_("Result")), answer),)
    when = account.tested_at.strftime("%Y-%m-%d %H:%M %Z").rstrip()
    return (
        SheetRow(section, words.text(N_("Tested on")), when),
        SheetRow(
            section, words.text(N_("Result")), words.text(N_("Receiving and sending worked."))
        ),
    )


def _help(account: Account, words: Words) -> tuple[SheetRow, ...]:
    """Links whole, so that paper can be typed off; those in the reader's language if there are."""
    section = words.text(N_("Help from your provider"))
    links = account.provider.help
    mine = [link for link in links if link.language in {"", words.language}]
    return tuple(
        SheetRow(section, _link_title(link, words), shown(link.url), exact=True)
        for link in mine or links
    )


_PURPOSES = {
    "app-password": N_("Making an app password"),
    "enable-imap": N_("Switching IMAP on"),
    "password": N_("Changing the password"),
    "general": N_("Setting up mail"),
}


def _link_title(link: HelpLink, words: Words) -> str:
    return shown(link.title) or words.text(_PURPOSES.get(link.purpose, _PURPOSES["general"]))
