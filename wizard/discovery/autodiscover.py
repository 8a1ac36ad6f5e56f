"""Autodiscover (POX): the question and the answer, pure.

Source: [MS-OXDSCLI] sections 2.2.3 and 2.2.4, with what servers in the wild make of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from wizard.discovery.names import clean_host, clean_port, clean_text, login_for
from wizard.model import (
    DEFAULT_PORTS,
    AuthMethod,
    EmailAddress,
    Security,
    ServerSettings,
    ServerType,
)
from wizard.net.safexml import NotXml, attribute, children, local_name, parse_xml, text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

REQUEST_SCHEMA = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
RESPONSE_SCHEMA = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"

_TYPES = {
    "IMAP": ServerType.IMAP,
    "POP3": ServerType.POP3,
    "POP": ServerType.POP3,  # seen in the wild
    "SMTP": ServerType.SMTP,
}
_EXCHANGE = {"EXCH", "EXPR", "EXHTTP", "MOBILESYNC"}


@dataclass(frozen=True, slots=True)
class AutodiscoverAnswer:
    """Servers, or where to ask instead. `exchange`: it offers Exchange protocols.

    `redirect_address`, `redirect_url`: not yet judged; whoever follows them looks at the host.
    """

    name: str = ""
    incoming: tuple[ServerSettings, ...] = ()
    outgoing: tuple[ServerSettings, ...] = ()
    unencrypted: tuple[ServerSettings, ...] = ()
    exchange: bool = False
    redirect_address: str = ""
    redirect_url: str = ""


@dataclass(frozen=True, slots=True)
class NotAutodiscover:
    """`reason`: as in `NotXml`, `other-document`, or `error CODE` (the server's own refusal)."""

    reason: str


def autodiscover_request(address: str) -> bytes:
    """The body of the question for one address."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<Autodiscover xmlns="{REQUEST_SCHEMA}"><Request>'
        f"<EMailAddress>{escape(address)}</EMailAddress>"
        f"<AcceptableResponseSchema>{RESPONSE_SCHEMA}</AcceptableResponseSchema>"
        "</Request></Autodiscover>\n"
    ).encode()


def parse_autodiscover(data: bytes, address: EmailAddress) -> AutodiscoverAnswer | NotAutodiscover:
    """Reads an answer of at most 64 KiB."""
    root = parse_xml(data)
    if isinstance(root, NotXml):
        return NotAutodiscover(root.reason)
    if local_name(root) != "autodiscover":
        return NotAutodiscover("other-document")
    response = next(children(root, "response"), None)
    if response is None:
        return NotAutodiscover("other-document")
    for error in children(response, "error"):
        return NotAutodiscover(f"error {clean_text(text(error, 'errorcode'), 12)}".strip())
    account = next(children(response, "account"), None)
    if account is None:
        return NotAutodiscover("other-document")
    action = text(account, "action").lower()
    if action == "redirectaddr":
        return AutodiscoverAnswer(redirect_address=text(account, "redirectaddr")[:320])
    if action == "redirecturl":
        return AutodiscoverAnswer(redirect_url=text(account, "redirecturl")[:2000])
    servers = []
    exchange = False
    for protocol in list(children(account, "protocol"))[:50]:
        word = (text(protocol, "type") or attribute(protocol, "type")).upper()
        if word in _EXCHANGE:
            exchange = True
        elif word in _TYPES and (server := _server(protocol, _TYPES[word], address)):
            servers.append(server)
    user = next(children(response, "user"), None)
    encrypted = [server for server in servers if server.security is not Security.PLAIN]
    return AutodiscoverAnswer(
        name="" if user is None else clean_text(text(user, "displayname"), 80),
        incoming=tuple(server for server in encrypted if server.type.is_incoming),
        outgoing=tuple(server for server in encrypted if not server.type.is_incoming),
        unencrypted=tuple(server for server in servers if server.security is Security.PLAIN),
        exchange=exchange,
    )


def _server(protocol: Element, kind: ServerType, address: EmailAddress) -> ServerSettings | None:
    host = clean_host(text(protocol, "server"))
    if host is None:
        return None
    default = DEFAULT_PORTS[(kind, Security.TLS)]
    port = clean_port(text(protocol, "port") or str(default))
    if port is None:
        return None
    # Files that are the same for everybody have placeholders, as autoconfig has them.
    login = login_for(text(protocol, "loginname"), address)
    # SPA is on unless switched off (MS-OXDSCLI 2.2.4.1.1.2.6.29), but servers that mean a plain
    # password often leave it out: only "off" says something.
    auth = (AuthMethod.PLAIN,) if text(protocol, "spa").lower() == "off" else ()
    return ServerSettings(
        type=kind,
        host=host,
        port=port,
        security=_security(protocol, kind, port),
        auth=auth,
        username=login or str(address),
        username_guessed=login is None,
    )


def _security(protocol: Element, kind: ServerType, port: int) -> Security:
    """`Encryption` where it is given, else `SSL` (on by default), else what the port is for."""
    encryption = text(protocol, "encryption").lower()
    if encryption == "ssl":
        return Security.TLS
    if encryption == "tls":
        return Security.STARTTLS
    if encryption == "none" or (not encryption and text(protocol, "ssl").lower() == "off"):
        return Security.PLAIN
    starttls_ports = {DEFAULT_PORTS[(kind, Security.STARTTLS)], 25}
    return Security.STARTTLS if port in starttls_ports else Security.TLS
