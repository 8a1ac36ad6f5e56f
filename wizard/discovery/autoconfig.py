"""The autoconfig document (Thunderbird's `clientConfig` 1.1): bytes in, typed servers out.

Pure and total: whatever comes in, `AutoconfigDocument` or `NotAutoconfig` comes out.
Source: draft-ietf-mailmaint-autoconfig-06 and Thunderbird's reader of the same format, whose
choices are kept: first host and port, first socket type that is known, servers in the document's
order, a server skipped when one of its parts is not understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wizard.discovery.names import (
    clean_host,
    clean_port,
    clean_text,
    clean_url,
    fill_placeholders,
    login_for,
)
from wizard.model import (
    DEFAULT_PORTS,
    AuthMethod,
    EmailAddress,
    HelpLink,
    Security,
    ServerSettings,
    ServerType,
    Service,
    ServiceType,
)
from wizard.net.safexml import NotXml, attribute, children, local_name, parse_xml, text, texts

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_SERVERS = 32
"""More of one kind than any real file has; a hostile one cannot flood the window."""

_SOCKET_TYPES = {
    "ssl": Security.TLS,
    "tls": Security.TLS,
    "starttls": Security.STARTTLS,
    "plain": Security.PLAIN,
}
_AUTHENTICATION = {
    "password-cleartext": AuthMethod.PLAIN,
    "plain": AuthMethod.PLAIN,  # deprecated spelling of the draft
    "password-encrypted": AuthMethod.CRAM_MD5,
    "secure": AuthMethod.CRAM_MD5,  # deprecated spelling of the draft
    "ntlm": AuthMethod.NTLM,
    "gssapi": AuthMethod.GSSAPI,
    "tls-client-cert": AuthMethod.CLIENT_CERTIFICATE,
    "oauth2": AuthMethod.OAUTH2,
}
_AUTHENTICATION_OUTGOING = _AUTHENTICATION | {
    "none": AuthMethod.NONE,
    "client-ip-address": AuthMethod.NONE,
    "smtp-after-pop": AuthMethod.NONE,
}
_SERVICES = {
    ("addressbook", "carddav"): ServiceType.CARDDAV,
    ("calendar", "caldav"): ServiceType.CALDAV,
    ("addressbook", "jmap"): ServiceType.JMAP,
    ("calendar", "jmap"): ServiceType.JMAP,
    ("incomingserver", "jmap"): ServiceType.JMAP,
}


@dataclass(frozen=True, slots=True)
class OAuth2:
    """Where a mail program signs in. `scopes` in the document's order."""

    issuer: str
    scopes: tuple[str, ...]
    auth_url: str
    token_url: str


@dataclass(frozen=True, slots=True)
class AutoconfigDocument:
    """What a document says. Servers carry no evidence yet: who fetched it knows where from.

    `incoming`, `outgoing`: the encrypted servers in the document's order. `unencrypted`: servers
    that were offered without encryption; shown, never used. `domains`: what the document claims
    to be for, `mx_domains` those marked `purpose="mx"`. `other`: offers of other protocols
    (`ews`, `activesync`, `graph` …). `skipped`: one short reason for each server left out.
    """

    provider_id: str = ""
    name: str = ""
    short_name: str = ""
    domains: tuple[str, ...] = ()
    mx_domains: tuple[str, ...] = ()
    incoming: tuple[ServerSettings, ...] = ()
    outgoing: tuple[ServerSettings, ...] = ()
    unencrypted: tuple[ServerSettings, ...] = ()
    services: tuple[Service, ...] = ()
    help: tuple[HelpLink, ...] = ()
    oauth2: OAuth2 | None = None
    other: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    @property
    def unencrypted_only(self) -> bool:
        """True where servers are offered and none of them encrypts."""
        return bool(self.unencrypted) and not self.incoming and not self.outgoing


@dataclass(frozen=True, slots=True)
class NotAutoconfig:
    """`reason`: as in `NotXml`, or `other-document` (well-formed, but something else)."""

    reason: str


def parse_autoconfig(data: bytes, address: EmailAddress) -> AutoconfigDocument | NotAutoconfig:
    """Reads a document of at most 64 KiB for one address, placeholders filled in.

    No version is rejected, unknown elements are ignored.
    """
    root = parse_xml(data)
    if isinstance(root, NotXml):
        return NotAutoconfig(root.reason)
    if local_name(root) != "clientconfig":
        return NotAutoconfig("other-document")
    provider = next(children(root, "emailprovider"), None)
    if provider is None:
        return NotAutoconfig("other-document")
    return _read(root, provider, address)


def _read(root: Element, provider: Element, address: EmailAddress) -> AutoconfigDocument:
    skipped: list[str] = []
    incoming: list[ServerSettings] = []
    outgoing: list[ServerSettings] = []
    unencrypted: list[ServerSettings] = []
    other: list[str] = []
    for element in list(provider)[:500]:
        kind = local_name(element)
        if kind not in {"incomingserver", "outgoingserver"}:
            continue
        word = attribute(element, "type").lower()
        server_type = _server_type(kind, word)
        if server_type is None:
            if word and word != "jmap":
                other.append(clean_text(word, 30))
            continue
        server = _server(element, server_type, address)
        if isinstance(server, str):
            skipped.append(f"{word}: {server}")
        elif server.security is Security.PLAIN:
            unencrypted.append(server)
        else:
            (incoming if server_type.is_incoming else outgoing).append(server)
    domains = [
        (domain, attribute(element, "purpose").lower())
        for element in children(provider, "domain")
        if (domain := clean_host(fill_placeholders(element.text or "", address)))
    ]

    def shown(name: str) -> str:
        return clean_text(fill_placeholders(text(provider, name), address), 80)

    return AutoconfigDocument(
        provider_id=clean_text(attribute(provider, "id"), 80),
        name=shown("displayname"),
        short_name=shown("displayshortname"),
        domains=tuple(domain for domain, _ in domains),
        mx_domains=tuple(domain for domain, purpose in domains if purpose == "mx"),
        incoming=tuple(incoming[:MAX_SERVERS]),
        outgoing=tuple(outgoing[:MAX_SERVERS]),
        unencrypted=tuple(unencrypted[:MAX_SERVERS]),
        services=_services(root, provider, address),
        help=_help(root, provider, address),
        oauth2=_oauth2(root, provider),
        other=tuple(dict.fromkeys(other[:MAX_SERVERS])),
        skipped=tuple(skipped[:MAX_SERVERS]),
    )


def _server_type(kind: str, word: str) -> ServerType | None:
    if kind == "outgoingserver":
        return ServerType.SMTP if word in {"smtp", ""} else None
    return {"imap": ServerType.IMAP, "pop3": ServerType.POP3}.get(word)


def _server(
    element: Element, server_type: ServerType, address: EmailAddress
) -> ServerSettings | str:
    """One server, or the word for the part that was not understood."""
    # Names are asked for in the clear, perhaps before anybody has agreed to a foreign document: of
    # an address they may hold the domain only.
    nobody = EmailAddress("@", address.domain)
    host = clean_host(fill_placeholders(text(element, "hostname"), nobody))
    if host is None:
        return "hostname"
    security = next(
        (
            known
            for word in texts(element, "sockettype")
            if (known := _SOCKET_TYPES.get(fill_placeholders(word, address).lower()))
        ),
        None,
    )
    if security is None:
        return "socketType"
    port = _port(element, server_type, security)
    if port is None:
        return "port"
    words = [fill_placeholders(word, address).lower() for word in texts(element, "authentication")]
    table = _AUTHENTICATION if server_type.is_incoming else _AUTHENTICATION_OUTGOING
    auth = tuple(dict.fromkeys(table[word] for word in words if word in table))
    if words and not auth:
        return "authentication"
    username = login_for(text(element, "username"), address)
    return ServerSettings(
        type=server_type,
        host=host,
        port=port,
        security=security,
        auth=auth,
        username=username or str(address),
        username_guessed=username is None,
    )


def _port(element: Element, server_type: ServerType, security: Security) -> int | None:
    """The port, read as Thunderbird does, so that a file which works there works here: a number
    and no matter what stands behind it (`993/tcp`, `993, 143`), the registered port where the file
    names none."""
    written = text(element, "port")
    if not written:
        mode = Security.TLS if security is Security.TLS else Security.STARTTLS
        return DEFAULT_PORTS[(server_type, mode)]
    number = _LEADING_NUMBER.match(written)
    return clean_port(number[1].lstrip("0")) if number else None


_LEADING_NUMBER = re.compile(r"\+?([0-9]+)(?!\w)")


def _services(root: Element, provider: Element, address: EmailAddress) -> tuple[Service, ...]:
    found: dict[tuple[ServiceType, str], Service] = {}
    for element in [*provider, *root][:500]:
        word = attribute(element, "type").lower()
        service_type = _SERVICES.get((local_name(element), word))
        if service_type is None:
            continue
        # `url` in drafts since -03, `serverURL` in files written before.
        url = clean_url(
            fill_placeholders(text(element, "url") or text(element, "serverurl"), address)
        )
        if url is None:
            continue
        username = login_for(text(element, "username"), address)
        service = Service(service_type, url, username or str(address))
        found.setdefault((service_type, url), service)
    return tuple(found.values())[:MAX_SERVERS]


def _help(root: Element, provider: Element, address: EmailAddress) -> tuple[HelpLink, ...]:
    """Documentation and "switch it on first" pages, https only."""
    links: list[HelpLink] = []
    for element in [*provider, *root][:500]:
        match local_name(element):
            case "documentation" | "instruction":
                purpose, titles, key = "general", "descr", "url"
            case "enable":
                purpose, titles, key = "enable-imap", "instruction", "visiturl"
            case _:
                continue
        url = clean_url(_as_https(fill_placeholders(attribute(element, key), address)))
        if url is None:
            continue
        described = [
            (clean_text(title.text or ""), attribute(title, "lang").lower()[:2])
            for title in children(element, titles)
        ]
        # The page's own language is the one it is described in alone.
        language = described[0][1] if len({lang for _, lang in described}) == 1 else ""
        english = next((title for title, lang in described if lang in {"en", ""}), "")
        title = english or (described[0][0] if described else "")
        links.append(HelpLink(url, purpose, language, title))
    return tuple(dict.fromkeys(links))[:MAX_SERVERS]


def _as_https(url: str) -> str:
    """Old files still say http for pages that have answered over https for years."""
    url = url.strip()
    return f"https://{url[7:]}" if url.lower().startswith("http://") else url


def _oauth2(root: Element, provider: Element) -> OAuth2 | None:
    element = next(children(root, "oauth2"), None) or next(children(provider, "oauth2"), None)
    if element is None:
        return None
    auth_url = clean_url(text(element, "authurl"))
    token_url = clean_url(text(element, "tokenurl"))
    issuer = clean_text(text(element, "issuer"), 253)
    if not issuer or auth_url is None or token_url is None:
        return None
    scopes = tuple(clean_text(scope, 300) for scope in " ".join(texts(element, "scope")).split())
    return OAuth2(issuer, scopes, auth_url, token_url)
