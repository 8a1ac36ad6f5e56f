"""What providers publish about themselves, in the three formats the lab's domains use."""

import base64
import hashlib
import json
from dataclasses import dataclass

TLS = "tls"
STARTTLS = "starttls"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one server listens: `type` is imap, pop3 or smtp; `security` is tls or starttls."""

    type: str
    host: str
    port: int
    security: str = TLS


@dataclass(frozen=True, slots=True)
class Servers:
    """The receiving and the sending server of a domain."""

    incoming: Endpoint
    outgoing: Endpoint


def tls_servers(imap: str, smtp: str) -> Servers:
    """IMAP on 993 and submission on 465, both with implicit TLS."""
    return Servers(Endpoint("imap", imap, 993), Endpoint("smtp", smtp, 465))


def autoconfig(domain: str, name: str, servers: Servers) -> str:
    """An autoconfig document (draft-ietf-mailmaint-autoconfig)."""

    def entry(tag: str, endpoint: Endpoint) -> str:
        socket_type = {TLS: "SSL", STARTTLS: "STARTTLS"}[endpoint.security]
        return f"""
    <{tag} type="{endpoint.type}">
      <hostname>{endpoint.host}</hostname>
      <port>{endpoint.port}</port>
      <socketType>{socket_type}</socketType>
      <authentication>password-cleartext</authentication>
      <username>%EMAILADDRESS%</username>
    </{tag}>"""

    return f"""<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1">
  <emailProvider id="{domain}">
    <domain>{domain}</domain>
    <displayName>{name}</displayName>
    <displayShortName>{name}</displayShortName>\
{entry("incomingServer", servers.incoming)}{entry("outgoingServer", servers.outgoing)}
  </emailProvider>
</clientConfig>
"""


def autodiscover(servers: Servers) -> str:
    """An Autodiscover response with `IMAP` and `SMTP` protocols (MS-OXDSCLI section 2.2.4)."""

    def entry(kind: str, endpoint: Endpoint) -> str:
        encryption = {TLS: "SSL", STARTTLS: "TLS"}[endpoint.security]
        return f"""
      <Protocol>
        <Type>{kind}</Type>
        <Server>{endpoint.host}</Server>
        <Port>{endpoint.port}</Port>
        <SPA>off</SPA>
        <SSL>on</SSL>
        <Encryption>{encryption}</Encryption>
        <AuthRequired>on</AuthRequired>
      </Protocol>"""

    return f"""<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">
  <Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a">
    <Account>
      <AccountType>email</AccountType>
      <Action>settings</Action>{entry("IMAP", servers.incoming)}{entry("SMTP", servers.outgoing)}
    </Account>
  </Response>
</Autodiscover>
"""


def pacc(name: str, servers: Servers) -> str:
    """A user-agent configuration (draft-ietf-mailmaint-pacc-02); ports are fixed by the draft."""
    return json.dumps(
        {
            "protocols": {
                "imap": {"host": servers.incoming.host},
                "smtp": {"host": servers.outgoing.host},
            },
            "authentication": {"password": True},
            "info": {"provider": {"name": name, "shortName": name}},
        }
    )


def pacc_digest(document: str) -> str:
    """The TXT record that vouches for `document`."""
    digest = base64.b64encode(hashlib.sha256(document.encode()).digest()).decode()
    return f"v=UAAC1; a=sha256; d={digest}"
