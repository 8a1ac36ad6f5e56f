"""What the owner of a domain publishes so that set-up becomes automatic: pure.

    autoconfig     https://autoconfig.DOMAIN/mail/config-v1.1.xml, or under /.well-known/
    Autodiscover   https://autodiscover.DOMAIN/autodiscover/autodiscover.xml
    PACC           https://ua-auto-config.DOMAIN/.well-known/user-agent-configuration.json,
                   and its digest in a TXT record
    SRV            records alone, no web server

Each alone is enough for some program; together they serve nearly all. The sources are those of
`discovery`, whose own readers find them (tested, each one alone).
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape, quoteattr

from wizard.clients.guide import one_line
from wizard.clients.outlook import autodiscover_xml
from wizard.model import (
    DEFAULT_PORTS,
    N_,
    Account,
    AuthMethod,
    EmailAddress,
    Produced,
    Provider,
    Security,
    ServerSettings,
    ServerType,
    Service,
    ServiceType,
    Words,
)

_TTL = 3600


@dataclass(frozen=True, slots=True)
class Settings:
    """What shall be published. `address`: whose user names stand in `incoming` and `outgoing`."""

    domain: str
    address: EmailAddress
    provider: Provider
    incoming: tuple[ServerSettings, ...]
    outgoing: tuple[ServerSettings, ...]
    services: tuple[Service, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """A DNS record in presentation format; names end in a dot."""

    name: str
    type: str
    value: str

    @property
    def line(self) -> str:
        """As it stands in a zone file."""
        return f"{self.name} {_TTL} IN {self.type} {self.value}"


@dataclass(frozen=True, slots=True)
class Page:
    """A file and the address at which it must be found."""

    produced: Produced

    @property
    def url(self) -> str:
        """Its name is its place."""
        return f"https://{self.produced.name}"


@dataclass(frozen=True, slots=True)
class Publication:
    """All of it. `hosts`: names that must lead to a web server with a certificate for them."""

    pages: tuple[Page, ...]
    records: tuple[Record, ...]
    hosts: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unpublishable:
    """A user name that is neither the address nor its local part cannot be said for everybody."""

    username: str


def publication(settings: Settings, words: Words) -> Publication | Unpublishable:
    """Everything to publish for a domain."""
    for server in (*settings.incoming, *settings.outgoing):
        if _placeholder(server.username, settings.address) is None:
            return Unpublishable(server.username)
    domain, notes = settings.domain, []
    pages = [
        Page(_produced(f"autoconfig.{domain}/mail/config-v1.1.xml", autoconfig(settings))),
        Page(
            _produced(
                f"{domain}/.well-known/autoconfig/mail/config-v1.1.xml", autoconfig(settings)
            ),
        ),
    ]
    records = _service_records(settings)
    document = pacc(settings)
    if document is None:
        notes.append(words.text(_NO_PACC))
    else:
        name = f"ua-auto-config.{domain}/.well-known/user-agent-configuration.json"
        pages.append(Page(_produced(name, document, "application/json")))
        records.append(Record(f"_ua-auto-config.{domain}.", "TXT", f'"{pacc_digest(document)}"'))
        notes.append(words.text(_DIGEST))
    account = Account(
        settings.address, "", settings.provider, settings.incoming[0], settings.outgoing[0]
    )
    outlook = autodiscover_xml(account)
    if any(s.username != str(settings.address) for s in (account.incoming, account.outgoing)):
        notes += [words.text(_NO_AUTODISCOVER), words.text(_SRV_USER)]
    else:
        name = f"autodiscover.{domain}/autodiscover/autodiscover.xml"
        pages.append(Page(_produced(name, outlook)))
        notes.append(words.text(_POST))
    hosts = tuple(dict.fromkeys(urlsplit(page.url).hostname or "" for page in pages))
    return Publication(tuple(pages), tuple(records), hosts, tuple(notes))


_NO_PACC = N_(
    "PACC knows the ports 993, 995 and 465 with TLS only; these settings use others, so there is "
    "no PACC file."
)
_DIGEST = N_(
    "The PACC file and its TXT record belong together: when the file changes by one byte, the "
    "record must be made anew."
)
_NO_AUTODISCOVER = N_(
    "Autodiscover can't say “the part before the @” for everybody, so there is no such file."
)
_SRV_USER = N_("SRV records say nothing about the user name; programs try the whole address first.")
_POST = N_(
    "Programs ask for the Autodiscover file with POST: let the web server answer that like GET."
)
_README_TITLE = N_("How to publish the mail settings of {domain}")
_README_WEB = N_(
    "1. Put each file where it can be found at its address, over https with a valid certificate:"
)
_README_HOSTS = N_("2. Let these names lead to that web server:")
_README_DNS = N_("3. Add these records to the zone of {domain} (they are in {file} too):")
_README_CHECK = N_("4. See what programs find now: {command}")


def files(settings: Settings, made: Publication, words: Words) -> tuple[Produced, ...]:
    """The pages, the zone text, and a page that says where each goes."""
    zone = f"{settings.domain}.zone"
    lines = [words.text(_README_TITLE, domain=settings.domain), "", words.text(_README_WEB), ""]
    for page in made.pages:
        lines += [f"   {page.produced.name}", f"   → {page.url}", ""]
    lines += [words.text(_README_HOSTS), "", *(f"   {host}" for host in made.hosts), ""]
    lines += [words.text(_README_DNS, domain=settings.domain, file=zone), ""]
    lines += [f"   {record.line}" for record in made.records]
    command = f"mail-wizard discover somebody@{settings.domain} --all"
    lines += ["", words.text(_README_CHECK, command=command)]
    lines += ["", *made.notes] if made.notes else []
    return (
        *(page.produced for page in made.pages),
        Produced(zone, zone_text(made).encode(), "", "text/dns", public=True),
        Produced("README.txt", ("\n".join(lines) + "\n").encode(), "", "text/plain"),
    )


def zone_text(made: Publication) -> str:
    """The records, to be included in a zone file."""
    return "".join(f"{record.line}\n" for record in made.records)


# --- autoconfig -------------------------------------------------------------------------------

_SOCKET = {Security.TLS: "SSL", Security.STARTTLS: "STARTTLS"}
_AUTH = {
    AuthMethod.PLAIN: "password-cleartext",
    AuthMethod.CRAM_MD5: "password-encrypted",
    AuthMethod.SCRAM_SHA_256: "password-encrypted",
    AuthMethod.NTLM: "NTLM",
    AuthMethod.GSSAPI: "GSSAPI",
    AuthMethod.CLIENT_CERTIFICATE: "TLS-client-cert",
    AuthMethod.OAUTH2: "OAuth2",
    AuthMethod.NONE: "none",
}
_BOOKS = {ServiceType.CARDDAV: "addressBook", ServiceType.CALDAV: "calendar"}


def autoconfig(settings: Settings) -> bytes:
    """The autoconfig document; also what `isp/DOMAIN.xml` in Thunderbird's folder holds."""
    provider = settings.provider.name or settings.domain
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<clientConfig version="1.1">',
        f"  <emailProvider id={quoteattr(settings.domain)}>",
        f"    <domain>{escape(settings.domain)}</domain>",
        f"    <displayName>{escape(one_line(provider))}</displayName>",
        f"    <displayShortName>{escape(one_line(provider))}</displayShortName>",
    ]
    for server in (*settings.incoming, *settings.outgoing):
        element = "incomingServer" if server.type.is_incoming else "outgoingServer"
        words = dict.fromkeys(_AUTH[method] for method in server.auth or (AuthMethod.PLAIN,))
        login = _placeholder(server.username, settings.address) or ""
        lines += [
            f'    <{element} type="{server.type.value}">',
            f"      <hostname>{escape(server.host)}</hostname>",
            f"      <port>{server.port}</port>",
            f"      <socketType>{_SOCKET[server.security]}</socketType>",
            *(f"      <authentication>{word}</authentication>" for word in words),
            f"      <username>{login}</username>",
            f"    </{element}>",
        ]
    for service in settings.services:
        user = _placeholder(service.username, settings.address)
        if service.type in _BOOKS and user and not _personal(service.url, settings.address):
            book = _BOOKS[service.type]
            lines += [
                f'    <{book} type="{service.type.value}">',
                f"      <url>{escape(service.url)}</url>",
                "      <authentication>http-basic</authentication>",
                f"      <username>{user}</username>",
                f"    </{book}>",
            ]
    for link in settings.provider.help:
        lines += [
            f"    <documentation url={quoteattr(link.url)}>",
            f"      <descr>{escape(one_line(link.title or link.purpose))}</descr>",
            "    </documentation>",
        ]
    lines += ["  </emailProvider>", "</clientConfig>", ""]
    return "\n".join(lines).encode()


# --- PACC -------------------------------------------------------------------------------------

_PACC_KEYS = {ServerType.IMAP: "imap", ServerType.POP3: "pop3", ServerType.SMTP: "smtp"}


def pacc(settings: Settings) -> bytes | None:
    """The PACC document (draft -02, whose `smtp` later drafts read too); None where the ports or
    the user names are not the ones it stands for."""
    protocols: dict[str, object] = {}
    for server in (*settings.incoming, *settings.outgoing):
        fits = server.security is Security.TLS and server.port == DEFAULT_PORTS.get(
            (server.type, Security.TLS)
        )
        if fits and server.username == str(settings.address):
            protocols.setdefault(_PACC_KEYS[server.type], {"host": server.host})
    if "smtp" not in protocols or not {"imap", "pop3"} & set(protocols):
        return None
    for service in settings.services:
        if not _personal(service.url, settings.address):
            protocols.setdefault(service.type.value, {"url": service.url})
    name = settings.provider.name or settings.domain
    document = {
        "protocols": protocols,
        "authentication": {"password": True},
        "info": {
            "provider": {"name": name, "shortName": name},
            "help": {"documentation": [link.url for link in settings.provider.help]},
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def pacc_digest(document: bytes) -> str:
    """The TXT value that vouches for exactly these bytes."""
    digest = base64.b64encode(hashlib.sha256(document).digest()).decode()
    return f"v=UAAC1; a=sha256; d={digest}"


# --- service records --------------------------------------------------------------------------

_SERVICE = {
    (ServerType.IMAP, Security.TLS): "_imaps",
    (ServerType.IMAP, Security.STARTTLS): "_imap",
    (ServerType.POP3, Security.TLS): "_pop3s",
    (ServerType.POP3, Security.STARTTLS): "_pop3",
    (ServerType.SMTP, Security.TLS): "_submissions",
    (ServerType.SMTP, Security.STARTTLS): "_submission",
}
_DAV = {ServiceType.CARDDAV: "_carddavs", ServiceType.CALDAV: "_caldavs"}


def _service_records(settings: Settings) -> list[Record]:
    """RFC 6186 and 8314 for mail, RFC 6764 for address books and calendars."""
    records: list[Record] = []
    counts: dict[str, int] = {}
    for server in (*settings.incoming, *settings.outgoing):
        label = _SERVICE[(server.type, server.security)]
        priority = counts.get(label, 0)
        counts[label] = priority + 10
        value = f"{priority} 1 {server.port} {server.host}."
        records.append(Record(f"{label}._tcp.{settings.domain}.", "SRV", value))
    for service in settings.services:
        dav = _DAV.get(service.type)
        parts = urlsplit(service.url)
        if dav is None or _personal(service.url, settings.address):
            continue
        name = f"{dav}._tcp.{settings.domain}."
        records.append(Record(name, "SRV", f"0 1 {parts.port or 443} {parts.hostname}."))
        path = parts.path or "/"
        if path.isascii() and '"' not in path and len(path) < 240:
            records.append(Record(name, "TXT", f'"path={path}"'))
    return list(dict.fromkeys(records))


# --- small things -----------------------------------------------------------------------------


def _placeholder(username: str, address: EmailAddress) -> str | None:
    if username == str(address):
        return "%EMAILADDRESS%"
    if username == address.local:
        return "%EMAILLOCALPART%"
    return None


def _personal(url: str, address: EmailAddress) -> bool:
    """A collection of one person is nothing to publish for all."""
    path = unquote(urlsplit(url).path)
    return str(address) in path or address.local in path.split("/")


def _produced(name: str, content: bytes, media_type: str = "application/xml") -> Produced:
    return Produced(name, content, "", media_type, public=True)
