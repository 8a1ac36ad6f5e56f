"""A mail account as Thunderbird's preferences hold it: added, repaired, taken out again.

Pure: preferences in, preferences out. One account is four things that point at each other:

    mail.accountmanager.accounts -> mail.account.accountN
                                    ├── server     -> mail.server.serverN
                                    └── identities -> mail.identity.idN
                                                      └── smtpServer -> mail.smtpserver.smtpN
    mail.smtpservers -> mail.smtpserver.smtpN

Source: `accountcreation/CreateInBackend.sys.mjs`, `OutgoingServerService.sys.mjs` and
`nsMsgAccountManager.cpp` of Thunderbird 128–153; numbers observed with 153.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace

from wizard.clients import thunderbird_dav
from wizard.clients.guide import REPAIR_WORDS
from wizard.clients.prefs import Prefs, Value
from wizard.model import (
    DEFAULT_PORTS,
    N_,
    Account,
    AuthMethod,
    EmailAddress,
    Security,
    ServerSettings,
    ServerType,
    Setting,
    Words,
)

ACCOUNTS = "mail.accountmanager.accounts"
DEFAULT_ACCOUNT = "mail.accountmanager.defaultaccount"
LAST_KEY = "mail.account.lastKey"
SENDERS = "mail.smtpservers"
DEFAULT_SENDER = "mail.smtp.defaultserver"

_TYPE = {ServerType.IMAP: "imap", ServerType.POP3: "pop3", ServerType.SMTP: "smtp"}
_SOCKET = {Security.PLAIN: 0, Security.STARTTLS: 2, Security.TLS: 3}
_AUTH = {
    AuthMethod.NONE: 1,
    AuthMethod.PLAIN: 3,
    AuthMethod.CRAM_MD5: 4,
    AuthMethod.GSSAPI: 5,
    AuthMethod.NTLM: 6,
    AuthMethod.CLIENT_CERTIFICATE: 7,
    AuthMethod.OAUTH2: 10,
}
_OAUTH2 = 10

# Hosts (with all names below them) for which Thunderbird brings its own OAuth 2 registration.
# Source: `kHostnames` of OAuth2Providers.sys.mjs, Thunderbird 153 (2026-11).
_OAUTH2_HOSTS = (
    "aol.com",
    "att.net",
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "imap.comcast.net",
    "imap.fastmail.com",
    "imap.mail.ru",
    "imap.yandex.com",
    "office365.com",
    "outlook.com",
    "pop.comcast.net",
    "pop.fastmail.com",
    "smtp.comcast.net",
    "smtp.fastmail.com",
    "smtp.mail.ru",
    "smtp.yandex.com",
    "thundermail.com",
    "yahoo.com",
)

# What Thunderbird itself writes below the keys of an account while it uses it (observed with
# 128 and 153). It goes with the account: a later account may get the same number, and would
# inherit the folder of this one.
_OWN_SERVER_NOTES = {
    "cacheCapa.acl",
    "cacheCapa.quota",
    "capability",
    "directory",
    "directory-rel",
    "lastFilterTime",
    "max_cached_connections",
    "namespace.other_users",
    "namespace.personal",
    "namespace.public",
    "nextFilterTime",
    "realport",
    "serverIDResponse",
    "spamActionTargetAccount",
    "spamActionTargetFolder",
    "storeContractID",
    "timeout",
}
_OWN_IDENTITY_NOTES = {
    "archive_folder",
    "archives_folder_picker_mode",
    "draft_folder",
    "drafts_folder_picker_mode",
    "fcc_folder",
    "fcc_folder_picker_mode",
    "stationery_folder",
    "tmpl_folder_picker_mode",
}


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What it takes to have the account in these preferences. Empty `changes`: it is there.

    `repairs`: what differs in an account that exists already, in words. `elsewhere`: hosts at
    which these preferences know the same login already; such accounts stay as they are.
    """

    changes: Mapping[str, Value | None]
    repairs: tuple[Setting, ...] = ()
    exists: bool = False
    elsewhere: tuple[str, ...] = ()


def signs_in_by_browser(host: str) -> bool:
    """True where Thunderbird can do OAuth 2 with this host."""
    return any(host == known or host.endswith("." + known) for known in _OAUTH2_HOSTS)


def can_log_in(server: ServerSettings) -> bool:
    """False where the server wants a login that Thunderbird has no way to make."""
    return not server.auth or any(_usable(server, method) for method in server.auth)


def logins(prefs: Prefs) -> tuple[str, ...]:
    """The addresses (or user names) of the accounts, in their order."""
    found = []
    for key in prefs.items(ACCOUNTS):
        server = f"mail.server.{prefs.string(f'mail.account.{key}.server')}."
        if prefs.string(server + "type") in {"", "none", "im"}:
            continue
        addresses = [
            prefs.string(f"mail.identity.{identity}.useremail")
            for identity in prefs.items(f"mail.account.{key}.identities")
        ]
        found.append(next(filter(None, addresses), prefs.string(server + "userName")))
    return tuple(found)


def arrange(prefs: Prefs, account: Account, words: Words) -> Arrangement:
    """Adds the account or says what differs in the one that is there (type, host, user name).

    The default account and the default sending server are set only where there is none.
    Calendars and address books that are missing join in both cases.
    """
    found = _arranged(prefs, account, words)
    more = thunderbird_dav.added(prefs, account)
    return replace(found, changes={**found.changes, **more}) if more else found


def _arranged(prefs: Prefs, account: Account, words: Words) -> Arrangement:
    same_login = [
        key
        for key in prefs.items(ACCOUNTS)
        if _is_login(prefs, prefs.string(f"mail.account.{key}.server"), account.incoming)
    ]
    for key in same_login:
        server = prefs.string(f"mail.account.{key}.server")
        if prefs.string(f"mail.server.{server}.hostname").lower() == account.incoming.host:
            return _repaired(prefs, key, server, account, words)
    elsewhere = tuple(
        prefs.string(f"mail.server.{prefs.string(f'mail.account.{key}.server')}.hostname")
        for key in same_login
    )
    return Arrangement(_added(prefs, account), elsewhere=elsewhere)


def _is_login(prefs: Prefs, server: str, incoming: ServerSettings) -> bool:
    at = f"mail.server.{server}."
    return (
        prefs.string(at + "type") == _TYPE[incoming.type]
        and prefs.string(at + "userName").casefold() == incoming.username.casefold()
    )


# --- a new account ----------------------------------------------------------------------------


def _added(prefs: Prefs, account: Account) -> dict[str, Value | None]:
    number = 1 + max(
        _highest(prefs, "mail.account.account"),
        prefs.number(LAST_KEY) or 0,
        *(_number(key, "account") for key in prefs.items(ACCOUNTS)),
    )
    key = f"account{number}"
    server = f"server{1 + _highest(prefs, 'mail.server.server')}"
    identity = f"id{1 + _highest(prefs, 'mail.identity.id')}"
    sender, sender_values = _sender(prefs, account)
    values: dict[str, Value | None] = {
        f"mail.account.{key}.identities": identity,
        f"mail.account.{key}.server": server,
        LAST_KEY: number,
        ACCOUNTS: ",".join((*prefs.items(ACCOUNTS), key)),
    }
    if not any(_is_real(prefs, other) for other in prefs.items(ACCOUNTS)):
        values[DEFAULT_ACCOUNT] = key
    for name, value in _server_values(prefs, account).items():
        values[f"mail.server.{server}.{name}"] = value
    for number, alias in enumerate(_aliases(account), 1 + _number(identity, "id")):
        values[f"mail.account.{key}.identities"] = ",".join(
            (identity, *(f"id{n}" for n in range(1 + _number(identity, "id"), number + 1)))
        )
        values |= _identity_values(f"id{number}", sender, account, alias)
    return values | _identity_values(identity, sender, account) | sender_values


def _aliases(account: Account) -> tuple[EmailAddress, ...]:
    return tuple(alias for alias in account.aliases if alias != account.address)


def _is_real(prefs: Prefs, account: str) -> bool:
    """An account that can be the default: not the local folders, not chat."""
    server = prefs.string(f"mail.account.{account}.server")
    return prefs.string(f"mail.server.{server}.type") not in {"", "none", "im"}


def _server_values(prefs: Prefs, account: Account) -> dict[str, Value]:
    incoming = account.incoming
    shown = str(account.address)
    taken = {value for name, value in prefs.below("mail.server.").items() if name.endswith(".name")}
    values: dict[str, Value] = {
        "type": _TYPE[incoming.type],
        "hostname": incoming.host,
        "port": incoming.port,
        "userName": incoming.username,
        "socketType": _SOCKET[incoming.security],
        "authMethod": _auth(incoming),
        "name": f"{shown} ({incoming.host})" if shown in taken else shown,
        "login_at_startup": True,
        "check_new_mail": True,
        "check_time": 10,
    }
    if incoming.type is ServerType.POP3:
        # The safe choice with POP: nothing vanishes from the server by itself.
        values |= {
            "leave_on_server": True,
            "delete_mail_left_on_server": False,
            "delete_by_age_from_server": False,
            "download_on_biff": True,
        }
    return values


def _identity_values(
    identity: str, sender: str, account: Account, address: EmailAddress | None = None
) -> dict[str, Value | None]:
    at = f"mail.identity.{identity}."
    return {
        at + "fullName": account.name,
        at + "useremail": str(address or account.address),
        at + "smtpServer": sender,
        at + "reply_on_top": 1,
        at + "valid": True,
    }


def _sender(prefs: Prefs, account: Account) -> tuple[str, dict[str, Value | None]]:
    """A sending server for the account: the one that is exactly so already, else a new one."""
    wanted = _sender_values(account)
    for key in prefs.items(SENDERS):
        if not _sender_differences(prefs, key, wanted):
            return key, {}
    highest = max(
        _highest(prefs, "mail.smtpserver.smtp"),
        0,
        *(_number(known, "smtp") for known in prefs.items(SENDERS)),
    )
    key = f"smtp{1 + highest}"
    values: dict[str, Value | None] = {
        f"mail.smtpserver.{key}.{name}": value for name, value in wanted.items()
    }
    values[f"mail.smtpserver.{key}.type"] = "smtp"
    values[f"mail.smtpserver.{key}.description"] = account.provider.name or account.outgoing.host
    values[SENDERS] = ",".join((*prefs.items(SENDERS), key))
    if not prefs.items(SENDERS):
        values[DEFAULT_SENDER] = key
    return key, values


def _sender_values(account: Account) -> dict[str, Value]:
    outgoing = account.outgoing
    return {
        "hostname": outgoing.host,
        "port": outgoing.port,
        "username": outgoing.username,
        "try_ssl": _SOCKET[outgoing.security],
        "authMethod": _auth(outgoing),
    }


# --- an account that is there -----------------------------------------------------------------


def _repaired(prefs: Prefs, key: str, server: str, account: Account, words: Words) -> Arrangement:
    changes: dict[str, Value | None] = {}
    repairs: list[Setting] = []
    at = f"mail.server.{server}."
    for name, wanted in (
        ("port", account.incoming.port),
        ("socketType", _SOCKET[account.incoming.security]),
        ("authMethod", _auth(account.incoming)),
    ):
        now = _server_number(prefs, at, name, account.incoming.type)
        if now != wanted and not _keeps_oauth2(name, now, account.incoming.host):
            changes[at + name] = wanted
            repairs.append(_repair(words, "receiving", name, wanted, now))
    address = str(account.address).casefold()
    identities = prefs.items(f"mail.account.{key}.identities")
    identity = next(
        (
            item
            for item in identities
            if prefs.string(f"mail.identity.{item}.useremail").casefold() == address
        ),
        None,
    )
    if identity is None:
        identity = f"id{1 + _highest(prefs, 'mail.identity.id')}"
        sender, sender_values = _sender(prefs, account)
        changes |= sender_values | _identity_values(identity, sender, account)
        changes[f"mail.account.{key}.identities"] = ",".join((*identities, identity))
        repairs.append(Setting(words.text(N_("Address to write from")), str(account.address)))
    else:
        ours = {address, *(str(alias).casefold() for alias in account.aliases)}
        mine = {identity} | {
            item
            for item in identities
            if prefs.string(f"mail.identity.{item}.useremail").casefold() in ours
        }
        sending, sending_repairs = _repaired_sender(prefs, identity, mine, account, words)
        changes |= sending
        repairs.extend(sending_repairs)
    _add_missing_aliases(prefs, key, identity, account, changes)
    return Arrangement(changes, tuple(repairs), exists=True)


def _add_missing_aliases(
    prefs: Prefs,
    key: str,
    identity: str,
    account: Account,
    changes: dict[str, Value | None],
) -> None:
    """The other addresses that are not there yet, sending as the first one does."""
    listed = f"mail.account.{key}.identities"
    items = str(changes.get(listed) or ",".join(prefs.items(listed)))
    pointer = f"mail.identity.{identity}.smtpServer"
    sender = str(changes.get(pointer) or prefs.string(pointer) or prefs.string(DEFAULT_SENDER))
    there = {
        prefs.string(f"mail.identity.{item}.useremail").casefold() for item in prefs.items(listed)
    }
    number = max(_highest(prefs, "mail.identity.id"), _number(identity, "id"))
    for alias in _aliases(account):
        if str(alias).casefold() in there:
            continue
        number += 1
        items = f"{items},id{number}"
        changes |= _identity_values(f"id{number}", sender, account, alias)
        changes[listed] = items


def _repaired_sender(
    prefs: Prefs, identity: str, mine: Set[str], account: Account, words: Words
) -> tuple[dict[str, Value | None], list[Setting]]:
    """In place where only identities of ours use the server, beside it where others do too.

    `mine`: this identity and those of the mailbox's other addresses.
    """
    pointer = f"mail.identity.{identity}.smtpServer"
    known = prefs.items(SENDERS)
    current = prefs.string(pointer) or prefs.string(DEFAULT_SENDER) or next(iter(known), "")
    wanted = _sender_values(account)
    if current in known:
        differences = _sender_differences(prefs, current, wanted)
        if not differences:
            return {}, []
        at = f"mail.smtpserver.{current}."
        repairs = [
            _repair(words, "sending", name, value, _sender_value(prefs, at, name))
            for name, value in differences.items()
        ]
        if "hostname" not in differences and _users(prefs, current) <= mine:
            return {at + name: value for name, value in differences.items()}, repairs
    else:
        repairs = [_repair(words, "sending", "hostname", account.outgoing.host, None)]
    sender, values = _sender(prefs, account)
    moved = {identity} | (_users(prefs, current) & mine)
    pointers = {f"mail.identity.{item}.smtpServer": sender for item in sorted(moved)}
    return values | pointers, repairs


def _sender_differences(prefs: Prefs, key: str, wanted: Mapping[str, Value]) -> dict[str, Value]:
    at = f"mail.smtpserver.{key}."
    host = prefs.string(at + "hostname").lower()
    return {
        name: value
        for name, value in wanted.items()
        if _sender_value(prefs, at, name) != value
        and not _keeps_oauth2(name, prefs.number(at + name), host)
    }


def _sender_value(prefs: Prefs, at: str, name: str) -> Value | None:
    """As Thunderbird understands it where a value is absent."""
    if name in {"hostname", "username"}:
        text = prefs.string(at + name)
        return text.lower() if name == "hostname" else text
    if name == "authMethod":
        return prefs.number(at + name) or 3
    socket = prefs.number(at + "try_ssl") or 0
    if name == "try_ssl":
        return socket
    return prefs.number(at + name) or (465 if socket == 3 else 587)


def _server_number(prefs: Prefs, at: str, name: str, kind: ServerType) -> int:
    """As Thunderbird understands it where a value is absent."""
    number = prefs.number(at + name)
    if name == "authMethod":
        return number or 3
    if name == "socketType":
        return number or 0
    if number and number > 0:
        return number
    secure = prefs.number(at + "socketType") == _SOCKET[Security.TLS]
    return DEFAULT_PORTS[(kind, Security.TLS if secure else Security.STARTTLS)]


def _keeps_oauth2(name: str, now: Value | None, host: str) -> bool:
    """Who signs in by browser already is not put back to a password."""
    return name == "authMethod" and now == _OAUTH2 and signs_in_by_browser(host)


def _users(prefs: Prefs, sender: str) -> set[str]:
    """The identities that send through a server, be it only as the default."""
    found = set()
    for key in prefs.items(ACCOUNTS):
        for identity in prefs.items(f"mail.account.{key}.identities"):
            used = prefs.string(f"mail.identity.{identity}.smtpServer")
            if (used or prefs.string(DEFAULT_SENDER)) == sender:
                found.add(identity)
    return found


_FIELDS = {
    "hostname": "host",
    "port": "port",
    "username": "username",
    "socketType": "security",
    "try_ssl": "security",
    "authMethod": "auth",
}
_SOCKET_WORDS = {0: N_("none"), 2: N_("STARTTLS"), 3: N_("TLS from the start")}
_AUTH_WORDS = {
    1: N_("none"),
    3: N_("password"),
    4: N_("encrypted password"),
    5: N_("Kerberos"),
    6: N_("NTLM"),
    7: N_("certificate"),
    10: N_("sign-in in the browser"),
}


def _repair(words: Words, side: str, name: str, wanted: Value, now: Value | None) -> Setting:
    def shown(value: Value | None) -> str:
        if name in {"socketType", "try_ssl"} and isinstance(value, int):
            return words.text(_SOCKET_WORDS.get(value, str(value)))
        if name == "authMethod" and isinstance(value, int):
            return words.text(_AUTH_WORDS.get(value, str(value)))
        return "" if value is None else str(value)

    label = words.text(REPAIR_WORDS[(side, _FIELDS[name])])
    return Setting(label, shown(wanted), shown(now))


# --- taking it out again ----------------------------------------------------------------------


def take_back(now: Prefs, before: Prefs, after: Prefs) -> tuple[Prefs, tuple[Setting, ...]]:
    """Takes out what `after` put into `before`, from preferences that went on living since.

    Only values still equal to ours go (or become what they were); the others are named. From
    the lists only our entries go. A sending server that another identity came to use stays.
    """
    ours = {name: value for name, value in after.values.items() if before.values.get(name) != value}
    gone = {key for key in after.items(ACCOUNTS) if key not in before.items(ACCOUNTS)}
    servers = {after.string(f"mail.account.{key}.server") for key in gone}
    identities = {
        identity
        for name in ours
        if name.startswith("mail.account.") and name.endswith(".identities")
        for identity in after.items(name)
        if identity not in before.items(name)
    }
    senders = {key for key in after.items(SENDERS) if key not in before.items(SENDERS)}
    used = {sender for sender in senders if _users(now, sender) - identities}
    senders -= used

    changes: dict[str, Value | None] = {}
    kept: list[Setting] = []
    for name, value in ours.items():
        current = now.values.get(name)
        if name == LAST_KEY or current is None:
            continue  # the counter only counts on; what is gone is gone
        if _is_list(name):
            mine = (set(after.items(name)) - set(before.items(name))) - used
            rest = [item for item in now.items(name) if item not in mine]
            changes[name] = ",".join(rest) or None
        elif current != value or any(name.startswith(f"mail.smtpserver.{key}.") for key in used):
            kept.append(Setting(name, str(current), str(value)))
        else:
            changes[name] = before.values.get(name)
    # What pointed at the things that go points where it did before.
    for name, targets in ((DEFAULT_ACCOUNT, gone), (DEFAULT_SENDER, senders)):
        if now.string(name) in targets:
            changes[name] = before.values.get(name)
    for name in now.values:
        if _is_own_note(name, servers, identities):
            changes[name] = None
    changes |= dict.fromkeys(thunderbird_dav.notes(now, ours))
    return now.edited(changes), tuple(kept)


def _is_list(name: str) -> bool:
    return name in {ACCOUNTS, SENDERS} or (
        name.startswith("mail.account.") and name.endswith(".identities")
    )


def _is_own_note(name: str, servers: Iterable[str], identities: Iterable[str]) -> bool:
    return any(
        name.removeprefix(f"mail.server.{key}.") in _OWN_SERVER_NOTES for key in servers
    ) or any(
        name.removeprefix(f"mail.identity.{key}.") in _OWN_IDENTITY_NOTES for key in identities
    )


# --- small things -----------------------------------------------------------------------------


def _auth(server: ServerSettings) -> int:
    """The best method the server takes and Thunderbird can do; a password where none is known."""
    return next((_AUTH[method] for method in server.auth if _usable(server, method)), 3)


def uses_password(server: ServerSettings) -> bool:
    """True where Thunderbird logs in there with a password that it keeps itself."""
    return _auth(server) in {_AUTH[AuthMethod.PLAIN], _AUTH[AuthMethod.CRAM_MD5]}


def _usable(server: ServerSettings, method: AuthMethod) -> bool:
    if method is AuthMethod.OAUTH2:
        return signs_in_by_browser(server.host)
    return method in _AUTH


def _highest(prefs: Prefs, prefix: str) -> int:
    """The highest number in use after a prefix, leftovers of deleted accounts included."""
    pattern = re.compile(re.escape(prefix) + r"(\d+)\.")
    numbers = (int(match[1]) for name in prefs.values if (match := pattern.match(name)))
    return max(numbers, default=0)


def _number(key: str, prefix: str) -> int:
    rest = key.removeprefix(prefix)
    return int(rest) if rest.isdecimal() else 0
