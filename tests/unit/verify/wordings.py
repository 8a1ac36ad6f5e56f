"""What servers really say, with the cause each text stands for.

The first block holds the texts of the table of causes; the second, what other servers say of the
same causes, from their sources and from public reports; `replies.txt` some hundred more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from wizard.model import ProblemKind, ServerType, Stage
from wizard.verify.reply import Reply, smtp_reply, status_reply

K = ProblemKind


@dataclass(frozen=True, slots=True)
class Wording:
    """`line`: as sent, without tag; several lines for a multi-line or untagged-first answer."""

    cause: int
    stage: Stage
    service: ServerType
    line: str
    host: str = ""

    @property
    def id(self) -> str:
        return f"{self.cause}-{self.service.value}-{self.line[:50]}"

    @property
    def reply(self) -> Reply:
        return parsed(self.service, self.line)


def parsed(service: ServerType, line: str) -> Reply:
    """The `Reply` a dialogue makes of these lines."""
    lines = line.split("\n")
    if service is ServerType.SMTP:
        return smtp_reply(lines[-1][:3], [text[4:] for text in lines])
    *untagged, last = lines
    asides = [
        status_reply(service, *re.match(r"\* (\w+) (.*)", text).groups())  # type: ignore[union-attr] # these are our own lines
        for text in untagged
    ]
    status, _, rest = last.removeprefix("* ").partition(" ")
    return status_reply(service, status, rest, asides)


def login(cause: int, *lines: str, host: str = "") -> list[Wording]:
    """Answers to a login, the protocol read off the line."""
    return [Wording(cause, Stage.LOGIN, _service(line), line, host) for line in lines]


def at(stage: Stage, cause: int, *lines: str) -> list[Wording]:
    return [Wording(cause, stage, _service(line), line) for line in lines]


def _service(line: str) -> ServerType:
    if line[:3].isdigit():
        return ServerType.SMTP
    return ServerType.POP3 if line.startswith("-ERR") else ServerType.IMAP


TABLE = [
    *at(
        Stage.GREETING,
        7,
        "421 4.7.0 mx.example.net Error: too many connections from 192.0.2.7",
        "554 mx.example.net not accepting connections",
        "550 5.7.606 Access denied, banned sending IP [192.0.2.7]",
    ),
    *at(
        Stage.GREETING,
        8,
        "421 4.3.2 All server ports are busy",
        "421 mx.example.net Service unavailable - try again later",
        "* BYE [UNAVAILABLE] Come back soon",
    ),
    *login(8, "NO [UNAVAILABLE] Backend is not there"),
    *at(
        Stage.TLS,
        10,
        "BAD Unknown command",
        "502 5.5.1 Error: command not implemented",
        "454 4.7.0 TLS not available due to local problem",
        "454 TLS currently unavailable",
        "-ERR Unknown command",
    ),
    *login(
        19,
        "NO [AUTHENTICATIONFAILED] Authentication failed.",
        "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6",
        "535 Incorrect authentication data",
        "NO Invalid credentials (Failure)",
        "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
        "NO [ALERT] Invalid credentials (Failure)",
        "535-5.7.8 Username and Password not accepted. For more information, go to\n"
        "535 5.7.8  https://support.google.com/mail/?p=BadCredentials abc - gsmtp",
        "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.",
        "NO LOGIN failed",
        "NO LOGIN failed.",
        "535 Authentication Failed",
        "NO Login failed.",
        "-ERR Login failed.",
        "NO [AUTHORIZATIONFAILED] LOGIN Invalid credentials (#MBR1212)",
    ),
    *login(20, "NO [AUTHENTICATIONFAILED] LOGIN Invalid credentials or IMAP is disabled"),
    *login(20, "NO [AUTHENTICATIONFAILED] Authentication failed", host="imap.gmx.net"),
    *login(20, "535 Authentication credentials invalid", host="smtp.web.de"),
    *login(
        22,
        "NO [ALERT] Application-specific password required: https://support.google.com/x (Failure)",
        "534-5.7.9 Application-specific password required. For more information, go to\n"
        "534 5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor abc - gsmtp",
    ),
    *login(22, "NO [AUTHENTICATIONFAILED] Authentication Failed", host="imap.mail.me.com"),
    *login(22, "NO [AUTHENTICATIONFAILED] LOGIN Invalid credentials", host="imap.mail.yahoo.com"),
    *login(22, "535 5.7.0 (#AUTH005) authentication failed", host="smtp.aol.com"),
    *login(22, "NO [AUTHENTICATIONFAILED] Incorrect password", host="imap.fastmail.com"),
    *login(22, "535 Authentication Failed", host="smtp.zoho.eu"),
    *login(
        23,
        "NO [ALERT] Please log in via your web browser: https://support.google.com/x (Failure)",
        "534-5.7.14 <https://accounts.google.com/signin/continue?sarp=1> Please log in\n"
        "534 5.7.14 via your web browser and then try again.",
    ),
    *login(
        24,
        "535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [X.EXAMPLE]",
        "504 5.7.4 Unrecognized authentication type [X.EXAMPLE]",
    ),
    *login(
        25,
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the "
        "Tenant. Visit https://aka.ms/smtp_auth_disabled for more information.",
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the "
        "Mailbox.",
    ),
    *login(
        26,
        "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security "
        "defaults policy. Contact your administrator.",
        "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be "
        "authenticated successfully. Contact your administrator.",
    ),
    *login(
        27,
        "NO [ALERT] Your account is not enabled for IMAP use. Please visit your account settings "
        "page and enable your account for IMAP access. (Failure)",
        "NO [ALERT] IMAP access is disabled for your domain. Please contact your domain "
        "administrator for questions about this feature. (Failure)",
        "-ERR [SYS/PERM] Your account is not enabled for POP access.",
        "NO [ALERT] You are yet to enable IMAP for your account. Please contact your "
        "administrator (Failure)",
        "BAD User is authenticated but not connected.",
        "535 5.7.8 Error: authentication failed: This user does not have access rights to this "
        "service",
    ),
    *login(
        28,
        "NO account locked.",
        "NO [UNAVAILABLE] Your account has been suspended",
        "NO Login disabled for this user",
    ),
    *login(29, "NO [EXPIRED] Password expired, please change it"),
    *login(30, "NO [AUTHORIZATIONFAILED] No such authorization-ID"),
    *login(
        31,
        "NO Temporary authentication failure. [mail:2026-11-23 10:00:00]",
        "NO [UNAVAILABLE] Temporary authentication failure. [mail:2026-11-23 10:00:00]",
        "454 4.7.0 Temporary authentication failure: Connection lost to authentication server",
        "435 Unable to authenticate at present",
        "NO [CONTACTADMIN] Please call us",
        "NO [SERVERBUG] Internal error occurred. Refer to server log for more information.",
    ),
    *login(
        32,
        "NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded "
        "(mail_max_userip_connections=10)",
        "-ERR [IN-USE] Maximum number of connections from user+IP exceeded "
        "(mail_max_userip_connections=10)",
        "NO [ALERT] Too many simultaneous connections. (Failure)",
    ),
    *login(
        33,
        "NO [LIMIT] LOGIN Rate limit hit.",
        "535 5.7.0 (#AUTH005) Too many bad auth attempts.",
        "454-4.7.0 Too many login attempts, please try again later. For more\n"
        "454 4.7.0 information, go to https://support.google.com/mail/answer/7126229",
        "450 4.7.1 Error: too many AUTH commands from 192.0.2.7",
    ),
    *login(
        34,
        "NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)",
        "NO Request is throttled. Suggested Backoff Time: 299873 milliseconds",
        "* BYE Connection closed. 14",
    ),
    *login(35, "NO [OVERQUOTA] Quota exceeded (mailbox for user is full)"),
    *at(
        Stage.MESSAGE,
        35,
        "552 5.2.2 <a@example.net>: mailbox is over its limit",
        "452 4.2.2 Mailbox full",
    ),
    *at(
        Stage.MESSAGE,
        36,
        "452 4.3.1 Insufficient system storage",
        "452 Space shortage, please try later",
    ),
    *login(
        37,
        "NO [PRIVACYREQUIRED] Cleartext authentication disallowed on non-secure (SSL/TLS) "
        "connections.",
        "-ERR [AUTH] Cleartext authentication disallowed on non-secure (SSL/TLS) connections.",
        "530 5.7.0 Must issue a STARTTLS command first",
        "504 5.5.4 Encryption required for requested authentication mechanism",
    ),
    *login(
        38,
        "503 5.5.1 Error: authentication not enabled",
        "503 AUTH command used when not advertised",
    ),
    *at(
        Stage.MESSAGE,
        39,
        "553 5.7.1 <a@example.net>: Sender address rejected: not owned by user b@example.net",
        "553 5.7.1 <a@example.net>: Sender address rejected: not logged in",
    ),
    *at(
        Stage.MESSAGE,
        40,
        "554 5.7.1 <a@example.net>: Relay access denied",
        "550 relay not permitted",
        "550 5.7.1 Unable to relay",
        "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
    ),
    *at(
        Stage.MESSAGE,
        41,
        "450 4.2.0 <a@example.net>: Recipient address rejected: Greylisted",
        "451 4.7.1 Please try again later",
    ),
    *at(
        Stage.GREETING,
        42,
        "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.example.org",
    ),
    *at(
        Stage.MESSAGE,
        43,
        "450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.7]",
        "550 4.7.25 Reverse name needed",
    ),
    *at(
        Stage.MESSAGE,
        44,
        "550 5.7.1 Sending mail from this account is suspended",
        "550 5.1.8 Access denied, bad outbound sender",
    ),
    *at(
        Stage.MESSAGE,
        45,
        "550 5.1.1 <a@example.net>: Recipient address rejected: User unknown",
        "552 5.3.4 Message size exceeds fixed limit",
    ),
    *login(
        46,
        "-ERR [IN-USE] Do you have another POP session running?",
        "-ERR [SYS/TEMP] Mailbox is not available now",
        "-ERR [LOGIN-DELAY] Wait before checking again",
    ),
]

ELSEWHERE = [
    # Cyrus, Courier, Exim, hMailServer, MDaemon, qmail, James, Stalwart, Exchange
    *login(
        19,
        "NO Login failed: authentication failure",
        "NO Login failed: user not found",
        "-ERR [AUTH] Invalid login",
        "-ERR Logon failure: unknown user name or bad password.",
        "535 5.7.3 Authentication unsuccessful",
        "535 authentication failed (#5.7.1)",
        "-ERR authorization failed",
        "535 Authentication failed. Restarting authentication process.",
        "NO AUTHENTICATE failed.",
        "535 5.7.8 Authentication credentials invalid.",
        "-ERR [AUTH] Username and password not accepted.",
        "NO LOGIN Login error or password error",
        "-ERR Wrong username or password",
        "NO Anmeldung fehlgeschlagen",
        "NO Bad username or password",
        "550 Invalid user or password",
        "NO incorrect password or account name",
        "NO",
    ),
    *login(21, "NO Invalid user name or password. Please use full email address as user name."),
    *login(
        22,
        "535 Login Fail. Please enter your authorization code to login.",
        "535 5.7.0 NEOBHODIM parol prilozheniya https://help.example / Application password is "
        "REQUIRED",
    ),
    *login(
        23,
        "* NO [WEBALERT https://accounts.google.com/signin/continue?x] Web login required.\n"
        "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
        "-ERR [AUTH] Web login required: https://support.google.com/mail/answer/78754",
        "535 5.7.1 Please log in with your web browser and then try again.",
    ),
    *login(
        24,
        "534 5.7.9 Authentication mechanism is too weak",
        "535 5.7.8 Error: authentication failed: Invalid authentication mechanism",
        "NO [CANNOT] Unsupported authentication mechanism.",
        "504 Unrecognized Authentication Type",
    ),
    *login(27, "550 User has no permission"),
    *login(
        28,
        "525 5.7.13 User account disabled",
        "535 5.7.8 Account is disabled",
        "NO [ALERT] Your mailbox has been blocked",
    ),
    *login(29, "-ERR [AUTH] Your password has expired", "535 5.7.8 password expired"),
    *login(
        31,
        "535 5.7.8 Error: authentication failed: generic failure",
        "535 5.7.8 Error: authentication failed: Connection lost to authentication server",
        "-ERR Temporary problem, please try again later",
        "NO [UNAVAILABLE] Authentication backend unavailable",
        "451 4.3.0 Temporary lookup failure",
        "-ERR [SYS/TEMP] Temporary authentication failure.",
        "432 4.7.12 A password transition is needed",
        "NO cannot connect to saslauthd server",
    ),
    *login(
        33,
        "421 4.7.0 mx.example.net Error: too many errors",
        "-ERR Too many failed login attempts",
        "NO [AUTHENTICATIONFAILED] Too many login failures, try again in 10 minutes",
    ),
    *login(37, "NO Login only available under a layer", "538 5.7.11 Encryption required"),
    *login(38, "502 5.5.1 AUTH not implemented", "503 5.5.1 AUTH not available"),
    *login(46, "-ERR unable to lock maildrop"),
    *at(
        Stage.MESSAGE,
        39,
        "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
    ),
    *at(
        Stage.MESSAGE,
        40,
        "530 5.7.57 Client not authenticated to send mail",
        "530 5.7.0 Authentication required",
        "554 5.7.1 <a@example.net>: Recipient address rejected: Relaying denied",
    ),
]

UNKNOWN = [
    *login(0, "NO The moon is in the wrong phase", "-ERR Nope", "554 5.5.0 Something else"),
    *login(0, "NO [REFERRAL imap://other.example/] Over there"),
]


def _more() -> list[Wording]:
    """The entries of `replies.txt`."""
    found: list[Wording] = []
    cause, stage, host = 0, Stage.LOGIN, ""
    text = (Path(__file__).parent / "replies.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if re.match(r"\[\d+ ", line):
            number, word, *rest = line.strip("[]").split(" ")
            cause, stage, host = int(number), Stage(word), "".join(rest)
        elif line and not line.startswith("#"):
            said = line.replace("\\n", "\n")
            found.append(Wording(cause, stage, _service(said), said, host))
    return found


MORE = _more()

NOT_JUDGED_CODES = {
    ServerType.IMAP: ("UNAVAILABLE", "CONTACTADMIN", "SERVERBUG", "LIMIT", "OVERQUOTA"),
    ServerType.POP3: ("SYS/TEMP", "LOGIN-DELAY", "IN-USE", "LIMIT"),
    ServerType.SMTP: ("4.7.0", "4.3.0", "4.3.2", "4.7.1"),
}
"""Codes of rows 8 and 31 to 34 (and of their neighbours 35 and 46)."""
