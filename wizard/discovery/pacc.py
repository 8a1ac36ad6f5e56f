"""The PACC document and its digest: pure.

Pinned to draft-ietf-mailmaint-pacc-02 and -03, which differ in one key (`smtp`, `submit`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wizard.discovery.names import clean_host, clean_text, clean_url
from wizard.model import (
    AuthMethod,
    EmailAddress,
    HelpLink,
    Security,
    ServerSettings,
    ServerType,
    Service,
    ServiceType,
)
from wizard.net.safexml import MAX_DOCUMENT

# The ports are fixed by the draft: implicit TLS only.
_MAIL = (
    (("imap",), ServerType.IMAP, 993),
    (("pop3",), ServerType.POP3, 995),
    (("submit", "smtp"), ServerType.SMTP, 465),
)
_SERVICES = (
    ("carddav", ServiceType.CARDDAV),
    ("caldav", ServiceType.CALDAV),
    ("jmap", ServiceType.JMAP),
)


@dataclass(frozen=True, slots=True)
class PaccDocument:
    """What a document says. `issuer`: of the OAuth 2 server, empty where there is none."""

    name: str = ""
    incoming: tuple[ServerSettings, ...] = ()
    outgoing: tuple[ServerSettings, ...] = ()
    services: tuple[Service, ...] = ()
    help: tuple[HelpLink, ...] = ()
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class NotPacc:
    """`reason`: `too-large`, `malformed`, `no-protocols`."""

    reason: str


def published_digests(texts: Iterable[str]) -> tuple[bytes, ...]:
    """The SHA-256 digests in the TXT records of `_ua-auto-config.DOMAIN`; others are ignored."""
    digests = []
    for text in texts:
        tags = dict(_tag(part) for part in text.split(";"))
        if tags.get("v") != "UAAC1" or tags.get("a", "").lower() != "sha256":
            continue
        try:
            written = "".join(tags.get("d", "").split()).rstrip("=")
            digest = base64.b64decode(written + "=" * (-len(written) % 4), validate=True)
        except ValueError:  # also what is not ASCII
            continue
        if len(digest) == hashlib.sha256().digest_size:
            digests.append(digest)
    return tuple(digests)


def digest_matches(body: bytes, digests: Iterable[bytes]) -> bool:
    """True where any published digest is that of exactly these bytes."""
    own = hashlib.sha256(body).digest()
    return any(hmac.compare_digest(own, digest) for digest in digests)


def parse_pacc(data: bytes, address: EmailAddress) -> PaccDocument | NotPacc:
    """Reads a document of at most 64 KiB; unknown keys are ignored."""
    if len(data) > MAX_DOCUMENT:
        return NotPacc("too-large")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):  # ValueError: also bytes that are no UTF-8, huge numbers
        return NotPacc("malformed")
    root = _table(document)
    protocols = _table(root.get("protocols"))
    if not protocols:
        return NotPacc("no-protocols")
    authentication = _table(root.get("authentication"))
    issuer = clean_url(_text(_table(authentication.get("oauth-public")).get("issuer"))) or ""
    auth = []
    if issuer:
        auth.append(AuthMethod.OAUTH2)
    if authentication.get("password") not in (None, False):
        auth.append(AuthMethod.PLAIN)
    servers = []
    for keys, kind, port in _MAIL:
        named = (clean_host(_text(_table(protocols.get(key)).get("host"))) for key in keys)
        host = next((host for host in named if host is not None), None)
        if host is not None:
            servers.append(
                ServerSettings(kind, host, port, Security.TLS, tuple(auth), str(address))
            )
    services = []
    for key, service_kind in _SERVICES:
        url = _service_url(_table(protocols.get(key)), service_kind)
        if url is not None:
            services.append(Service(service_kind, url, str(address)))
    if not servers and not services:
        return NotPacc("no-protocols")
    info = _table(root.get("info"))
    provider = _table(info.get("provider"))
    name = clean_text(_text(provider.get("name")) or _text(provider.get("shortName")), 80)
    return PaccDocument(
        name=name,
        incoming=tuple(server for server in servers if server.type.is_incoming),
        outgoing=tuple(server for server in servers if not server.type.is_incoming),
        services=tuple(services),
        help=_help(_table(info.get("help"))),
        issuer=issuer,
    )


def _service_url(table: Mapping[str, object], kind: ServiceType) -> str | None:
    if url := clean_url(_text(table.get("url"))):
        return url
    host = clean_host(_text(table.get("host")))
    return None if host is None else f"https://{host}/.well-known/{kind.value}"


def _help(table: Mapping[str, object]) -> tuple[HelpLink, ...]:
    value = table.get("documentation")
    urls = (clean_url(_text(item)) for item in (value if isinstance(value, list) else [value]))
    return tuple(HelpLink(url) for url in urls if url is not None)[:8]


def _tag(part: str) -> tuple[str, str]:
    key, _, value = part.partition("=")
    return key.strip().lower(), value.strip()


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
