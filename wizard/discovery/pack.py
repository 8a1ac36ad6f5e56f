"""The provider pack: what is known about providers without asking anybody.

One TOML file, `resources/providers.toml`, whose head explains the format; a provider file that a
host hands to its customers (`--provider FILE`) is the same format. Reading is strict: an unknown
key or a misspelt word is named with its line, nothing is silently dropped.

The path is always passed in. Nothing here touches the network.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, urlsplit

from wizard.discovery.names import (
    clean_host,
    clean_login,
    clean_port,
    clean_text,
    clean_url,
    is_within,
    registrable_domain,
)
from wizard.model import (
    LOOPBACK,
    AuthMethod,
    Brand,
    EmailAddress,
    HelpLink,
    OAuthClient,
    PasswordKind,
    Provider,
    Security,
    ServerSettings,
    ServerType,
    Service,
    ServiceType,
)
from wizard.model.words import N_, SourceWords, Words

FORMAT = 1
MAX_FILE = 1024 * 1024
MAX_STEP = 600
MAX_LINE = 16 * 1024
MAX_FAULTS = 100
"""More than anybody corrects at once."""
ANY_DOMAIN = "*"
PURPOSES = ("general", "app-password", "enable-imap", "password", "bridge", "not-possible")

_SERVER = re.compile(
    r"(?P<type>imap|pop3|smtp) (?P<host>\S+):(?P<port>\d{1,5}) (?P<security>tls|starttls)"
    r"(?: user=(?P<guess>\??)(?P<username>\S+))?(?: auth=(?P<auth>[a-z0-9,-]+))?\Z"
)
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_STRANGE = re.compile(r"[{}]|%[A-Za-z_]{5,}%")
"""What is left of a placeholder that is none of ours; the second form is that of autoconfig."""
_SERVER_FORM = "imap|pop3|smtp HOST:PORT tls|starttls [user={local}] [auth=oauth2,password]"
_DATE = re.compile(r"20\d\d-(0[1-9]|1[0-2])\Z")
_ID = re.compile(r"[a-z0-9][a-z0-9.-]*\Z")
_DEEP_KEY = re.compile(
    r"""(?<![\w."'-])(?:"""
    r"""(?:[\w-]{1,64}|"(?:[^"\\\n]|\\.){0,64}"|'[^'\n]{0,64}')[ \t]*+\.[ \t]*+){32}"""
)
"""A dotted key of so many parts that Python's reader takes minutes for it."""
_LANGUAGE = re.compile(r"[a-z]{2}\Z")
_AUTH = {
    "password": AuthMethod.PLAIN,
    "cram-md5": AuthMethod.CRAM_MD5,
    "scram-sha-256": AuthMethod.SCRAM_SHA_256,
    "ntlm": AuthMethod.NTLM,
    "gssapi": AuthMethod.GSSAPI,
    "oauth2": AuthMethod.OAUTH2,
    "none": AuthMethod.NONE,
}


@dataclass(frozen=True, slots=True)
class PackFault:
    """One thing a person has to correct in a provider file. `line` is 1-based, 0 if unknown.

    `field` is the key as written (`provider.servers`), `reason` a short phrase for the author of
    the file, in which `values` are filled in.
    """

    line: int
    field: str
    reason: str
    values: Mapping[str, str]

    def __str__(self) -> str:
        return self.told(SourceWords())

    def told(self, words: Words) -> str:
        """Line, key and reason in a language."""
        where = words.text(N_("line {line}"), line=str(self.line)) if self.line else ""
        reason = words.text(self.reason, **self.values)
        return ": ".join(part for part in (where, self.field, reason) if part)


@dataclass(frozen=True, slots=True)
class PackFaults:
    """Why a provider file cannot be used, in the order of its lines."""

    path: Path
    faults: tuple[PackFault, ...]


@dataclass(frozen=True, slots=True)
class PackServer:
    """A server with placeholders `{address}`, `{local}`, `{domain}` in host and user name.

    `username_guessed`: the form of the user name is usual there, but not certain.
    """

    type: ServerType
    host: str
    port: int
    security: Security
    username: str
    username_guessed: bool
    auth: tuple[AuthMethod, ...]

    def for_address(self, address: EmailAddress) -> ServerSettings | None:
        """The server for one address; None where the filled-in host is no host name."""
        host = self.host if self.host == LOOPBACK else clean_host(_fill(self.host, address))
        if host is None:
            return None
        return ServerSettings(
            type=self.type,
            host=host,
            port=self.port,
            security=self.security,
            auth=self.auth,
            username=_fill(self.username, address),
            username_guessed=self.username_guessed,
        )


@dataclass(frozen=True, slots=True)
class PackEntry:
    """One provider. `mx`: host names whose own or lower names are its mail exchangers.

    `plain_only`: it is known to offer no encrypted login at all. `typos`: domains people type
    when they mean its first one. `checked`: year and month. `source`: where the facts are from.
    """

    id: str
    name: str
    domains: tuple[str, ...] = ()
    mx: tuple[str, ...] = ()
    servers: tuple[PackServer, ...] = ()
    password: PasswordKind = PasswordKind.NORMAL
    password_has_spaces: bool = False
    plain_only: bool = False
    help: tuple[HelpLink, ...] = ()
    steps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    services: tuple[tuple[ServiceType, str], ...] = ()
    typos: tuple[str, ...] = ()
    checked: str = ""
    source: str = ""
    logo: str = ""
    languages: tuple[str, ...] = ()
    oauth: OAuthClient | None = None

    @property
    def provider(self) -> Provider:
        """As the other rooms know it."""
        return Provider(
            name=self.name,
            id=self.id,
            password_kind=self.password,
            help=self.help,
            steps=self.steps,
            password_has_spaces=self.password_has_spaces,
            oauth=self.oauth,
        )

    def brand(self, folder: Path) -> Brand:
        """How a host presents itself; its logo lies beside its file, or is left out."""
        logo = folder / self.logo if self.logo and "://" not in self.logo else None
        texts = {code: text["general"] for code, text in self.steps.items() if "general" in text}
        return Brand(
            self.name,
            logo if logo is not None and logo.is_file() else None,
            self.languages,
            texts,
        )

    def servers_for(self, address: EmailAddress) -> tuple[ServerSettings, ...]:
        """All servers for one address, in the file's order."""
        filled = (server.for_address(address) for server in self.servers)
        return tuple(server for server in filled if server is not None)

    def services_for(self, address: EmailAddress) -> tuple[Service, ...]:
        """Contacts and calendars."""
        filled = ((kind, clean_url(_fill_url(url, address))) for kind, url in self.services)
        return tuple(Service(kind, url, str(address)) for kind, url in filled if url is not None)


@dataclass(frozen=True)
class Pack:
    """All providers of one file, with the look-ups discovery needs."""

    entries: tuple[PackEntry, ...] = ()
    mail_filters: tuple[str, ...] = ()
    path: Path | None = None

    def by_domain(self, domain: str) -> PackEntry | None:
        """The provider of a mail domain (A-labels, lower case)."""
        return self._domains.get(domain) or self._domains.get(ANY_DOMAIN)

    def by_mx(self, host: str) -> PackEntry | None:
        """The provider behind a mail exchanger; the longest pattern wins."""
        for name in _names_upwards(host):
            if entry := self._exchangers.get(name):
                return entry
        return None

    def by_server(self, host: str) -> PackEntry | None:
        """The first provider that has this receiving or sending server."""
        return self._hosts.get(host)

    def knows_domain(self, domain: str) -> bool:
        """True where the domain itself is listed."""
        return domain in self._domains

    def hosts_matching(self, pattern: str, kind: ServerType) -> tuple[str, ...]:
        """Known servers of one kind that a certificate name (`*.example.net` too) covers."""
        if pattern.startswith("*."):
            parent = pattern[2:]
            return tuple(host for host in self._hosts_of(kind) if host.partition(".")[2] == parent)
        return (pattern,) if pattern in self._hosts_of(kind) else ()

    def is_mail_filter(self, host: str) -> bool:
        """True for a mail exchanger that only filters: it says nothing about the mailbox."""
        return any(is_within(host, name) for name in self.mail_filters)

    @property
    def brand(self) -> Brand | None:
        """The host whose file this is: the one that serves every domain, or the only one."""
        everybody = self._domains.get(ANY_DOMAIN)
        entry = everybody or (self.entries[0] if len(self.entries) == 1 else None)
        if entry is None:
            return None
        return entry.brand(self.path.parent if self.path is not None else Path())

    @property
    def domains(self) -> Iterator[str]:
        """Every mail domain, in the file's order."""
        return (name for entry in self.entries for name in entry.domains if name != ANY_DOMAIN)

    def _hosts_of(self, kind: ServerType) -> frozenset[str]:
        return self._hosts_by_kind.get(kind, frozenset())

    @cached_property
    def _domains(self) -> dict[str, PackEntry]:
        return {name: entry for entry in reversed(self.entries) for name in entry.domains}

    @cached_property
    def _exchangers(self) -> dict[str, PackEntry]:
        return {name: entry for entry in reversed(self.entries) for name in entry.mx}

    @cached_property
    def _hosts(self) -> dict[str, PackEntry]:
        return {server.host: entry for entry in reversed(self.entries) for server in entry.servers}

    @cached_property
    def _hosts_by_kind(self) -> dict[ServerType, frozenset[str]]:
        return {
            kind: frozenset(
                server.host
                for entry in self.entries
                for server in entry.servers
                if server.type is kind and "{" not in server.host
            )
            for kind in ServerType
        }


def load_pack(path: Path) -> Pack | PackFaults:
    """Reads and checks a provider file of at most 1 MiB."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        return PackFaults(
            path,
            (_about(0, N_("cannot be read: {reason}"), reason=str(error.strerror)),),
        )
    if len(data) > MAX_FILE:
        return PackFaults(
            path, (_about(0, N_("is larger than 1 MiB: leave out what is not needed")),)
        )
    try:
        text = data.decode("utf-8-sig")  # Windows' editor begins with a mark
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return PackFaults(path, (_about(line, _NOT_UTF_8),))
    read = read_pack(text)
    if isinstance(read, Pack):
        return Pack(read.entries, read.mail_filters, path)
    return PackFaults(path, read)


def read_pack(text: str) -> Pack | tuple[PackFault, ...]:
    """Reads and checks the text of a provider file."""
    import tomllib

    if fault := _unreadable(text):
        return (fault,)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found.group(1)) if found else len(text.splitlines())
        reason = re.sub(r" *[(]at .*", "", str(error))
        return (_about(line, N_("cannot be read as TOML: {reason}"), reason=reason),)
    except RecursionError:
        return (_about(0, _TOO_DEEP),)
    except ValueError:  # Python's own limit
        return (_about(0, N_("holds a number of thousands of digits")),)
    reader = _Reader(text)
    pack = reader.pack(document)
    return tuple(sorted(reader.faults, key=lambda fault: fault.line)) if reader.faults else pack


def _unreadable(text: str) -> PackFault | None:
    """What the TOML reader is better spared."""
    other = _OTHER_FORMATS.get(text.lstrip()[:1])
    if other is not None:
        return _about(1, _OTHER_FORMAT, format=other)
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_LINE:
            return _about(number, N_("is longer than 16 KiB: spread it over several lines"))
    deep = _DEEP_KEY.search(text)
    if deep is None:
        return None
    return _about(text.count("\n", 0, deep.start()) + 1, _TOO_DEEP)


def _about(line: int, reason: str, /, **values: str) -> PackFault:
    """What concerns the file and none of its keys."""
    return PackFault(line, "", reason, values)


_WRITTEN_AS = N_("is written as {form}")
_NO_ADDRESS = N_("must be an https address")
_NOT_UTF_8 = N_("is not UTF-8 text: save the file with the encoding UTF-8")
_TOO_DEEP = N_("is nested too deeply")
_OTHER_FORMAT = N_("is {format}; a provider file is TOML, as resources/providers.toml shows")
_OTHER_FORMATS = {"<": "XML", "{": "JSON"}
_TOP_KEYS = {"format", "checked", "mail_filters", "texts", "provider"}
_ENTRY_KEYS = {
    "id", "name", "domains", "mx", "servers", "username", "auth", "password",
    "password_has_spaces", "plain_only", "help", "steps", "carddav", "caldav", "jmap", "typos",
    "checked", "source", "logo", "languages", "oauth",
}  # fmt: skip
_OAUTH_KEYS = {"client_id", "client_secret", "authorize", "token", "scopes"}
_HELP_KEYS = {"url", "purpose", "language", "title"}


_EVERYWHERE = ("{address}", "{local}", "{domain}")
_IN_HOSTS = ("{domain}",)
"""Nothing of a person in a host: names are asked for in the clear."""


class _Reader:
    """Turns the TOML tables into entries and collects what is wrong with them."""

    def __init__(self, text: str) -> None:
        self._lines = _Lines(text)
        self.faults: list[PackFault] = []
        self._entry = -1
        self._named: dict[str, dict[str, str]] = {}

    def pack(self, document: Mapping[str, object]) -> Pack:
        self._known_keys(document, _TOP_KEYS, "")
        written = document.get("format")
        if type(written) is not int or written != FORMAT:  # `true` and 1.0 are equal to 1
            self._fault("format", N_("must be {value}"), value=str(FORMAT))
        checked = self._text(document, "checked")
        filters = tuple(
            name
            for name in self._texts(document, "mail_filters")
            if self._is_somebodys(name, "mail_filters")
        )
        self._named = self._read_texts(document)
        tables = document.get("provider", [])
        entries: list[PackEntry] = []
        if not isinstance(tables, list) or not all(isinstance(item, dict) for item in tables):
            self._fault("provider", N_("must be written as [[provider]] tables"))
            tables = []
        elif not tables:
            self._fault("provider", N_("is needed: at least one [[provider]] table"))
        seen: dict[tuple[str, str], str] = {}
        for self._entry, table in enumerate(tables):
            entry = self._read_entry(table, checked)
            named = {"id": (entry.id,), "domains": entry.domains, "mx": entry.mx}
            for key, name in ((key, name) for key, names in named.items() for name in names):
                if (key, name) in seen and entry.id:
                    other = seen[key, name]
                    self._fault(key, N_("“{name}” is already in {other}"), name=name, other=other)
                seen[key, name] = entry.id
            entries.append(entry)
        return Pack(tuple(entries), filters)

    def _read_entry(self, table: Mapping[str, object], checked: str) -> PackEntry:
        self._known_keys(table, _ENTRY_KEYS, "provider.")
        entry_id = self._text(table, "id")
        if not _ID.match(entry_id):
            self._fault("id", N_("is needed: lower-case letters, digits, hyphens and dots"))
        name = self._text(table, "name")
        if not name or name != clean_text(name, 80):
            self._fault("name", N_("is needed: one line of at most 80 characters"))
        domains = self._texts(table, "domains")
        mx = self._texts(table, "mx")
        typos = self._texts(table, "typos")
        for key, hosts in (("domains", domains), ("mx", mx), ("typos", typos)):
            for host in hosts:
                if key == "mx":
                    self._is_somebodys(host, key)
                elif not (key == "domains" and host == ANY_DOMAIN):
                    self._is_host(host, key)
        if not domains and not mx:
            self._fault(
                "domains", N_("one domain or one mx is needed (“*” stands for every domain)")
            )
        password = self._word(
            table, "password", {kind.value: kind for kind in PasswordKind}, PasswordKind.NORMAL
        )
        plain_only = self._flag(table, "plain_only")
        servers = self._servers(table, bridge=password is PasswordKind.BRIDGE)
        unreachable = password is PasswordKind.BRIDGE or not password.has_servers
        if not table.get("servers") and not plain_only and not unreachable:
            self._fault("servers", N_("is needed: at least one encrypted server"))
        entry_checked = self._text(table, "checked") or checked
        if entry_checked and not _DATE.match(entry_checked):
            self._fault("checked", N_("is a year and a month, as 2026-11"))
        return PackEntry(
            id=entry_id,
            name=name,
            domains=domains,
            mx=mx,
            servers=servers,
            password=password,
            password_has_spaces=self._flag(table, "password_has_spaces"),
            plain_only=plain_only,
            help=self._help(table),
            steps=self._steps(table, name),
            services=self._services(table),
            typos=typos,
            checked=entry_checked,
            source=self._text(table, "source"),
            logo=self._logo(table),
            languages=self._languages(table),
            oauth=self._oauth(table),
        )

    def _servers(self, table: Mapping[str, object], *, bridge: bool) -> tuple[PackServer, ...]:
        default_username = self._text(table, "username") or "{address}"
        default_auth = self._auth(self._texts(table, "auth") or ("password",), "auth")
        servers = []
        for line in self._texts(table, "servers"):
            match = _SERVER.match(line)
            if match is None:
                if line.casefold().endswith((" plain", " none")):
                    reason = N_("“{text}”: unencrypted servers are never used; leave it out")
                else:
                    reason = N_("“{text}” is not written as {form}")
                self._fault("servers", reason, text=line, form=_SERVER_FORM)
                continue
            port = clean_port(match["port"])
            if port is None:
                reason = N_("port {port} is not between 1 and 65535")
                self._fault("servers", reason, port=match["port"])
                continue
            guess, username = match["guess"], match["username"]
            if username is None:
                guess = "?" if default_username.startswith("?") else ""
                username = default_username.removeprefix("?")
            auth = (
                self._auth(match["auth"].split(","), "servers") if match["auth"] else default_auth
            )
            sample = EmailAddress("a", "example.org")
            if not (
                self._known_placeholders(match["host"], "servers", _IN_HOSTS)
                and self._known_placeholders(
                    username, "servers" if match["username"] else "username"
                )
                and self._is_login(_fill(username, sample))
                and (
                    (bridge and match["host"] == LOOPBACK)
                    or self._is_host(_fill(match["host"], sample), "servers")
                )
            ):
                continue
            servers.append(
                PackServer(
                    ServerType(match["type"]),
                    match["host"],
                    port,
                    Security(match["security"]),
                    username,
                    bool(guess),
                    auth,
                )
            )
        return tuple(servers)

    def _auth(self, words: Sequence[str], key: str) -> tuple[AuthMethod, ...]:
        for word in words:
            if word not in _AUTH:
                self._none_of(key, word, _AUTH)
        return tuple(_AUTH[word] for word in words if word in _AUTH)

    def _known_placeholders(
        self, template: str, key: str, known: Sequence[str] = _EVERYWHERE
    ) -> bool:
        rest = template
        for word in known:
            rest = rest.replace(word, "")
        if _STRANGE.search(rest) is None:
            return True
        reason = N_("“{text}” holds a placeholder that is none of {known}")
        self._fault(key, reason, text=template, known=", ".join(known))
        return False

    def _is_login(self, username: str) -> bool:
        if clean_login(username) == username:
            return True
        self._fault("username", N_("is one line without characters nobody can see"))
        return False

    def _logo(self, table: Mapping[str, object]) -> str:
        """A picture beside the file or below, or one of the web: no way to any other file."""
        logo = self._text(table, "logo")
        steps = re.split(r"[/\\]", logo)
        beside = ":" not in logo and logo.isprintable() and ".." not in steps and steps[0] != ""
        if not logo or beside or clean_url(logo) is not None:
            return logo
        self._fault("logo", N_("is a path beside this file, or an https address"))
        return ""

    def _languages(self, table: Mapping[str, object]) -> tuple[str, ...]:
        codes = self._texts(table, "languages")
        if all(_LANGUAGE.match(code) for code in codes):
            return codes
        self._fault("languages", N_("holds codes of two letters"))
        return ()

    def _services(self, table: Mapping[str, object]) -> tuple[tuple[ServiceType, str], ...]:
        services = []
        for kind in ServiceType:
            template = self._text(table, kind.value)
            if not template:
                continue
            if clean_url(_fill_url(template, EmailAddress("a", "example.org"))) is None:
                self._fault(kind.value, _NO_ADDRESS)
            elif self._known_placeholders(
                urlsplit(template).netloc, kind.value, _IN_HOSTS
            ) and self._known_placeholders(template, kind.value):
                services.append((kind, template))
        return tuple(services)

    def _oauth(self, table: Mapping[str, object]) -> OAuthClient | None:
        """Sign-in in the browser with a client id of one's own."""
        given = table.get("oauth")
        if given is None:
            return None
        if not isinstance(given, dict):
            form = '{ client_id = "…", authorize = "https://…", … }'
            self._fault("oauth", _WRITTEN_AS, form=form)
            return None
        self._known_keys(given, _OAUTH_KEYS, "oauth.")
        client_id = self._text(given, "client_id")
        urls = [clean_url(self._text(given, key)) for key in ("authorize", "token")]
        if not client_id or not all(urls):
            self._fault("oauth", N_("needs client_id and two https addresses, authorize and token"))
            return None
        return OAuthClient(
            client_id,
            urls[0] or "",
            urls[1] or "",
            self._texts(given, "scopes"),
            self._text(given, "client_secret"),
        )

    def _help(self, table: Mapping[str, object]) -> tuple[HelpLink, ...]:
        items = table.get("help", [])
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            self._fault("help", _WRITTEN_AS, form='[{ url = "https://…", purpose = "…" }]')
            return ()
        links = []
        for item in items:
            self._known_keys(item, _HELP_KEYS, "help.")
            url = clean_url(self._text(item, "url"))
            purpose = self._text(item, "purpose") or "general"
            language = self._text(item, "language")
            if url is None:
                self._fault("url", _NO_ADDRESS)
                continue
            if purpose not in PURPOSES:
                self._none_of("purpose", purpose, PURPOSES)
            if language and not _LANGUAGE.match(language):
                self._fault("language", N_("is a code of two letters"))
            links.append(HelpLink(url, purpose, language, clean_text(self._text(item, "title"))))
        return tuple(links)

    def _read_texts(self, document: Mapping[str, object]) -> dict[str, dict[str, str]]:
        """Named texts in several languages, which entries refer to."""
        tables = document.get("texts", {})
        if not isinstance(tables, dict):
            self._fault("texts", _WRITTEN_AS, form="[texts.NAME]")
            return {}
        named: dict[str, dict[str, str]] = {}
        for name, texts in tables.items():
            if not isinstance(texts, dict) or not texts:
                self._fault(name, _WRITTEN_AS, form='[texts.NAME] en = "…"')
                continue
            for language, text in texts.items():
                if not _LANGUAGE.match(language) or not isinstance(text, str) or not text.strip():
                    reason = N_("holds a text for each language code of two letters")
                    self._fault(name, reason)
                    continue
                self._known_placeholders(text, name, ("{name}",))
                # Each line is one step.
                lines = (clean_text(line, MAX_STEP) for line in text.splitlines())
                named.setdefault(name, {})[language] = "\n".join(filter(None, lines))
        return named

    def _steps(self, table: Mapping[str, object], name: str) -> dict[str, dict[str, str]]:
        wanted = table.get("steps", {})
        if not isinstance(wanted, dict):
            self._fault("steps", _WRITTEN_AS, form='{ PURPOSE = "NAME OF A TEXT" }')
            return {}
        steps: dict[str, dict[str, str]] = {}
        for purpose, text in wanted.items():
            if purpose not in PURPOSES:
                self._none_of("steps", purpose, PURPOSES)
            elif not isinstance(text, str) or text not in self._named:
                self._fault("steps", N_("there is no [texts.{name}]"), name=str(text))
            else:
                for language, words in self._named[text].items():
                    steps.setdefault(language, {})[purpose] = words.replace("{name}", name)
        return steps

    # -- single values ------------------------------------------------------------------------

    def _fault(self, key: str, reason: str, /, **values: str) -> None:
        if len(self.faults) >= MAX_FAULTS:
            return
        line = self._lines.of(self._entry, key)
        full = f"provider.{key}" if self._entry >= 0 else key
        cleaned = {name: clean_text(value, 120) for name, value in values.items()}
        fault = PackFault(line, clean_text(full), reason, cleaned)
        if fault not in self.faults:  # one user name stands for all servers
            self.faults.append(fault)

    def _none_of(self, key: str, word: str, words: Iterable[str]) -> None:
        self._fault(key, N_("“{text}” is none of {words}"), text=word, words=", ".join(words))

    def _known_keys(self, table: Mapping[str, object], known: set[str], prefix: str) -> None:
        for key in table:
            if key not in known:
                table_name = prefix.rstrip(".")
                if table_name:
                    self._fault(key, N_("is not a key of {table}"), table=table_name)
                else:
                    self._fault(key, N_("is not a key of the file"))

    def _text(self, table: Mapping[str, object], key: str) -> str:
        value = table.get(key, "")
        if not isinstance(value, str):
            self._fault(key, N_("must be a text in quotes"))
            return ""
        return value.strip()

    def _texts(self, table: Mapping[str, object], key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self._fault(key, N_("must be a list of texts in quotes"))
            return ()
        return tuple(value)

    def _flag(self, table: Mapping[str, object], key: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            self._fault(key, N_("must be true or false"))
            return False
        return value

    def _word(
        self,
        table: Mapping[str, object],
        key: str,
        words: Mapping[str, PasswordKind],
        default: PasswordKind,
    ) -> PasswordKind:
        word = self._text(table, key)
        if word and word not in words:
            self._none_of(key, word, words)
        return words.get(word, default)

    def _is_host(self, host: str, key: str) -> bool:
        better = clean_host(host)
        if better == host:
            return True
        if better is not None:
            self._fault(key, N_("write “{text}” as “{better}”"), text=host, better=better)
        else:
            self._fault(key, N_("“{text}” is not a host name"), text=host)
        return False

    def _is_somebodys(self, host: str, key: str) -> bool:
        """A host name for which all names below it stand: never one that belongs to everybody."""
        if not self._is_host(host, key):
            return False
        if registrable_domain(host) is not None:
            return True
        self._fault(key, N_("names below “{text}” belong to many owners"), text=host)
        return False


class _Lines:
    """Finds the line of a key: the TOML reader of the standard library does not keep positions."""

    _HEAD = re.compile(r"\s*\[\[\s*provider\s*\]\]")

    def __init__(self, text: str) -> None:
        self._lines: Sequence[str] = text.splitlines()
        self._heads = [at for at, line in enumerate(self._lines) if self._HEAD.match(line)]

    def of(self, entry: int, key: str) -> int:
        """Line of a key in the entry with that index; of its head where the key is not there."""
        heads = self._heads
        start = heads[entry] if 0 <= entry < len(heads) else 0
        after = heads[entry + 1 : entry + 2] if entry >= 0 else ()
        end = after[0] if after else len(self._lines)
        pattern = re.compile(rf'\s*(?:\[+\s*(?:texts\.)?)?["\']?{re.escape(key)}["\']?\s*[=.\]]')
        inside = re.compile(rf'[{{,]\s*["\']?{re.escape(key)}["\']?\s*=')
        for found in (pattern.match, inside.search):
            for at in range(start, end):
                if found(self._lines[at]):
                    return at + 1
        return start + 1 if self._lines else 0


def _names_upwards(host: str) -> Iterator[str]:
    """`a.b.c`, `b.c`, `c`."""
    while host:
        yield host
        host = host.partition(".")[2]


def _fill_url(template: str, address: EmailAddress) -> str:
    """With whatever a mail address may hold (`/`, `?`, `#`) as a part of the path."""
    values = {"address": str(address), "local": address.local, "domain": address.domain}
    return _PLACEHOLDER.sub(
        lambda match: quote(values[match[1]], safe="@+") if match[1] in values else match[0],
        template,
    )


def _fill(template: str, address: EmailAddress) -> str:
    values = {"address": str(address), "local": address.local, "domain": address.domain}
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), template)
