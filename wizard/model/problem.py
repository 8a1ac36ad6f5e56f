"""The 48 causes of failure and the value that carries one through the program.

The numbers are the row numbers of the published table and part of the JSON contract.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from wizard.model.servers import ServerType


class Stage(Enum):
    """The rung of the ladder that broke."""

    DISCOVER = "discover"
    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    GREETING = "greeting"
    CAPABILITY = "capability"
    LOGIN = "login"
    MESSAGE = "message"
    KEYCHAIN = "keychain"
    CLIENT = "client"
    INPUT = "input"


class ProblemKind(Enum):
    """(row number or 0, word of the JSON contract). 0: beside the table."""

    DOMAIN_MISTYPED = (1, "domain-mistyped")
    DOMAIN_TAKES_NO_MAIL = (2, "domain-takes-no-mail")
    NAME_SERVER_BROKEN = (3, "name-server-broken")
    NO_INTERNET = (4, "no-internet")
    CAPTIVE_PORTAL = (5, "captive-portal")
    PORT_BLOCKED = (6, "port-blocked")
    NETWORK_BANNED = (7, "network-banned")
    SERVER_DOWN = (8, "server-down")
    WRONG_PORT_OR_TLS_MODE = (9, "wrong-port-or-tls-mode")
    STARTTLS_MISSING = (10, "starttls-missing")
    TLS_TOO_OLD = (11, "tls-too-old")
    CERTIFICATE_EXPIRED = (12, "certificate-expired")
    CLOCK_WRONG = (13, "clock-wrong")
    CERTIFICATE_OTHER_HOST = (14, "certificate-other-host")
    CERTIFICATE_SELF_SIGNED = (15, "certificate-self-signed")
    CERTIFICATE_UNKNOWN_AUTHORITY = (16, "certificate-unknown-authority")
    CERTIFICATE_INTERCEPTED = (17, "certificate-intercepted")
    CERTIFICATE_WEAK = (18, "certificate-weak")
    WRONG_PASSWORD = (19, "wrong-password")
    WRONG_PASSWORD_OR_IMAP_OFF = (20, "wrong-password-or-imap-off")
    USERNAME_FORM = (21, "username-form")
    APP_PASSWORD_NEEDED = (22, "app-password-needed")
    BROWSER_SIGN_IN_NEEDED = (23, "browser-sign-in-needed")
    PASSWORD_LOGIN_OFF = (24, "password-login-off")
    SENDING_WITH_PASSWORD_OFF = (25, "sending-with-password-off")
    ADMINISTRATOR_POLICY = (26, "administrator-policy")
    IMAP_OFF = (27, "imap-off")
    ACCOUNT_LOCKED = (28, "account-locked")
    PASSWORD_EXPIRED = (29, "password-expired")
    NOT_AUTHORISED = (30, "not-authorised")
    LOGIN_SERVICE_FAULT = (31, "login-service-fault")
    TOO_MANY_CONNECTIONS = (32, "too-many-connections")
    TOO_MANY_ATTEMPTS = (33, "too-many-attempts")
    THROTTLED = (34, "throttled")
    MAILBOX_FULL = (35, "mailbox-full")
    SERVER_DISK_FULL = (36, "server-disk-full")
    ENCRYPTION_REQUIRED = (37, "encryption-required")
    NO_LOGIN_HERE = (38, "no-login-here")
    SENDER_NOT_ALLOWED = (39, "sender-not-allowed")
    RELAY_DENIED = (40, "relay-denied")
    GREYLISTED = (41, "greylisted")
    BLOCK_LISTED = (42, "block-listed")
    NO_REVERSE_DNS = (43, "no-reverse-dns")
    SENDING_SUSPENDED = (44, "sending-suspended")
    MESSAGE_REFUSED = (45, "message-refused")
    POP_MAILBOX_IN_USE = (46, "pop-mailbox-in-use")
    KEYCHAIN_UNAVAILABLE = (47, "keychain-unavailable")
    CONNECTION_CLOSED = (48, "connection-closed")

    # Beside the table: honest leftovers and problems of our own side.
    SERVER_SAID = (0, "server-said")
    NO_ANSWER = (0, "no-answer")
    IPV6_BROKEN = (0, "ipv6-broken")
    NOTHING_FOUND = (0, "nothing-found")
    UNENCRYPTED_ONLY = (0, "unencrypted-only")
    SETTINGS_UNREADABLE = (0, "settings-unreadable")
    ADDRESS_NOT_UNDERSTOOD = (0, "address-not-understood")
    NON_ASCII_ADDRESS = (0, "non-ascii-address")
    OAUTH_ONLY = (0, "oauth-only")
    BRIDGE_NEEDED = (0, "bridge-needed")
    NOT_POSSIBLE = (0, "not-possible")
    EXCHANGE_ONLY = (0, "exchange-only")
    PROGRAM_RUNNING = (0, "program-running")
    PROGRAM_MISSING = (0, "program-missing")
    PROGRAM_READ_ONLY = (0, "program-read-only")
    PROGRAM_FILE_UNREADABLE = (0, "program-file-unreadable")
    PROGRAM_FILE_CHANGED = (0, "program-file-changed")
    PROGRAM_UNSUPPORTED = (0, "program-unsupported")
    PROFILE_CHOICE_NEEDED = (0, "profile-choice-needed")
    CHANGE_UNKNOWN = (0, "change-unknown")
    DISK_FULL = (0, "disk-full")
    FOLDER_NOT_WRITABLE = (0, "folder-not-writable")

    @property
    def cause(self) -> int:
        """Row number in the table of causes, 0 beside it."""
        return self.value[0]

    @property
    def word(self) -> str:
        """The stable word of the JSON contract."""
        return self.value[1]

    @property
    def is_certificate(self) -> bool:
        """True for the rows nobody may ever click away."""
        return 11 <= self.cause <= 18

    @property
    def judges_password(self) -> bool:
        """True where the server looked at the password and said no."""
        return self.cause in {19, 20, 21, 22, 29}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that went wrong, as facts; `messages` turns it into words.

    `server_said`: quoted server text, already cut and cleaned for showing. `facts`: further
    values the sentences need (`names` on a certificate, `issuer`, `path` …).
    """

    kind: ProblemKind
    stage: Stage
    service: ServerType | None = None
    host: str = ""
    port: int = 0
    server_said: str = ""
    detail: str = ""
    facts: tuple[tuple[str, str], ...] = field(default=())

    def fact(self, name: str, default: str = "") -> str:
        """A value by name."""
        return dict(self.facts).get(name, default)
