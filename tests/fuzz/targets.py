"""What is fuzzed. Each check takes any bytes and raises where a promise is broken: parsers end
with one of their results, and nothing unclean comes out of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.unit.discovery.support import PACK_TEXT, address, document
from wizard.discovery import (
    AutoconfigDocument,
    NotAutoconfig,
    Pack,
    parse_autoconfig,
    read_pack,
    suggest_domain,
)
from wizard.discovery.autodiscover import (
    AutodiscoverAnswer,
    NotAutodiscover,
    autodiscover_request,
    parse_autodiscover,
)
from wizard.discovery.names import clean_host, clean_login, clean_text, clean_url
from wizard.discovery.offer import Offer, Query
from wizard.discovery.pacc import NotPacc, PaccDocument, parse_pacc, published_digests
from wizard.discovery.pack import PackFault
from wizard.discovery.replay import RecordingFault, Replay, load_recording
from wizard.discovery.sources import srv
from wizard.model import (
    AddressFault,
    Secret,
    Security,
    ServerSettings,
    Service,
    Trust,
    parse_address,
)
from wizard.model.document import SettingsFault, SettingsFile, read_settings
from wizard.net.http import HttpReply
from wizard.net.resolver import DnsResolver, NoAnswer, Records, RecordType, _Answer, _Reply
from wizard.verify import dav, httpauth

WHO = address("jo.d+x@example.com")


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to fuzz. `tokens`: words that inputs of this kind are made of."""

    name: str
    check: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    tokens: tuple[bytes, ...] = field(default=())


def assert_clean(*items: ServerSettings | Service) -> None:
    """What may reach a connection or a file."""
    for item in items:
        if isinstance(item, ServerSettings):
            assert clean_host(item.host) == item.host
            assert 1 <= item.port <= 65535
        else:
            assert item.url.startswith("https://")
            assert clean_url(item.url) == item.url
        assert clean_login(item.username) == item.username


def check_autoconfig(data: bytes) -> None:
    parsed = parse_autoconfig(data, WHO)
    assert isinstance(parsed, (AutoconfigDocument, NotAutoconfig))
    if isinstance(parsed, AutoconfigDocument):
        assert_clean(*parsed.incoming, *parsed.outgoing, *parsed.unencrypted, *parsed.services)
        for server in (*parsed.incoming, *parsed.outgoing):
            assert server.security is not Security.PLAIN
        for text in (parsed.name, parsed.short_name, parsed.provider_id):
            assert clean_text(text) == text
        for link in parsed.help:
            assert link.url.startswith("https://")


def check_autodiscover(data: bytes) -> None:
    parsed = parse_autodiscover(data, WHO)
    assert isinstance(parsed, (AutodiscoverAnswer, NotAutodiscover))
    if isinstance(parsed, AutodiscoverAnswer):
        assert_clean(*parsed.incoming, *parsed.outgoing, *parsed.unencrypted)


def check_pacc(data: bytes) -> None:
    parsed = parse_pacc(data, WHO)
    assert isinstance(parsed, (PaccDocument, NotPacc))
    if isinstance(parsed, PaccDocument):
        assert_clean(*parsed.incoming, *parsed.outgoing, *parsed.services)


def check_txt(data: bytes) -> None:
    texts = data.decode("utf-8", "replace").split("\n")
    assert all(len(digest) == 32 for digest in published_digests(texts))


def check_settings(data: bytes) -> None:
    read = read_settings(data.decode("utf-8", "replace"), WHO)
    assert isinstance(read, (SettingsFile, SettingsFault))
    if isinstance(read, SettingsFault):
        assert read.reason
        assert read.line >= 0
        return
    for server in (*read.incoming, *read.outgoing):
        assert server.security is not Security.PLAIN
        assert clean_host(server.host) == server.host or "." not in server.host
        assert 1 <= server.port <= 65535
        assert not any(ord(char) < 32 for char in server.username)


def check_recording(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    assert isinstance(load_recording(text, WHO), (Replay, RecordingFault))


def check_provider_file(data: bytes) -> None:
    read = read_pack(data.decode("utf-8", "replace"))
    if isinstance(read, Pack):
        for entry in read.entries:
            assert_clean(*entry.servers_for(WHO), *entry.services_for(WHO))
        suggest_domain("exmaple.com", read, eager=True)
    else:
        assert read
        assert all(isinstance(fault, PackFault) and fault.reason for fault in read)


def check_multistatus(data: bytes) -> None:
    base = "https://dav.example.com/x/"
    for resource in dav._resources(HttpReply(base, 207, {}, data)):
        assert resource.url.startswith("https://")
        collection = dav._collection(resource)
        assert len(collection.name) <= dav.MAX_NAME
        assert "\n" not in collection.name
        for link in resource.hrefs("current-user-principal"):
            assert link.startswith("https://")


def check_challenge(data: bytes) -> None:
    session = httpauth.Session(httpauth.Login("jo", Secret("p")))
    for line in data.decode("latin-1").split("\n")[:4]:
        assert session.challenged(line) in httpauth.Outcome
        header = session.authorization("PROPFIND", "/x")
        if header is not None:
            text = header.reveal()
            assert text.isascii()
            assert text.isprintable()


def check_address(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    parsed = parse_address(text)
    if isinstance(parsed, AddressFault):
        return
    assert parse_address(str(parsed)) == parsed
    assert not any(ord(char) < 32 for char in f"{parsed}{parsed.shown}")
    assert autodiscover_request(str(parsed))


class _Wire(DnsResolver):
    """A resolver that gets its answers from fuzzed wire format, one record of it after another."""

    def __init__(self, data: bytes) -> None:
        super().__init__("127.0.0.1")
        self._data = data

    async def _ask(self, name: str, kind: RecordType) -> _Reply:
        import dns.exception
        import dns.rdata

        size = 1 + self._data[0] % 64 if self._data else 0
        wire, self._data = self._data[1 : 1 + size], self._data[1 + size :]
        try:
            record = dns.rdata.from_wire("IN", kind, wire, 0, len(wire))
        except (dns.exception.DNSException, ValueError):
            return NoAnswer(name, "malformed")
        return _Answer(name, (record,), authentic=False)


def check_srv(data: bytes) -> None:
    """Service records in wire format through the resolver and the source that reads them."""

    async def ask() -> None:
        offers: list[Offer] = []
        resolver = _Wire(data)
        for answer in (await resolver.mx("example.com"), await resolver.txt("example.com")):
            assert isinstance(answer, (Records, NoAnswer))
        nothing: Any = None
        query = Query(WHO, resolver, nothing, nothing, Pack())
        await srv.ask(query, offers.append)
        for offer in offers:
            assert_clean(*offer.incoming, *offer.outgoing, *offer.services)
            for server in (*offer.incoming, *offer.outgoing):
                inside = server.host == WHO.domain or server.host.endswith(f".{WHO.domain}")
                assert inside or server.trust is Trust.CONSENT

    asyncio.run(ask())


XML = (
    b"<clientConfig version='1.1'>", b"<emailProvider id='x'>", b"<incomingServer type='imap'>",
    b"<outgoingServer type='smtp'>", b"<hostname>", b"</hostname>", b"<port>993</port>",
    b"<socketType>SSL</socketType>", b"<username>%EMAILADDRESS%</username>", b"<authentication>",
    b"OAuth2", b"%EMAILDOMAIN%", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<!DOCTYPE x [",
    b"<!ENTITY a 'b'>", b"&a;", b"&#0;", b"&#x202e;", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff",
    b"<?xml version='1.0' encoding='iso-8859-1'?>", b"encoding='utf-16'", b"encoding='cp037'",
    b"xmlns='urn:x'", b"<addressBook type='carddav'><url>", b"<oAuth2>", b"<enable visiturl='",
    b"<documentation url='https://x.example/'>", b"<domain purpose='mx'>",
)  # fmt: skip
POX = (
    b"<Autodiscover><Response><Account>", b"<Action>settings</Action>", b"<Protocol>",
    b"<Type>IMAP</Type>", b"<Server>", b"<Port>", b"<SSL>off</SSL>", b"<Encryption>TLS",
    b"<LoginName>", b"<RedirectAddr>", b"<RedirectUrl>", b"<Error><ErrorCode>", *XML[-10:],
)  # fmt: skip
JSON = (
    b'"protocols"', b'"imap"', b'"host"', b'"url"', b'"schema": 1', b'"incoming"', b'"outgoing"',
    b'"port": 993', b'"security": "tls"', b'"auth"', b'"evidence"', b'"fields"', b'"trust"',
    b"1e999", b"NaN", b"-0", b"\\u0000", b"\\ud800", b"null", b"[[[[", b"{}", b'"ms"', b'"session"',
    b'"dialogue"', b'"failure"', b'"trouble"', b'"certificate"', b'"latin-1"',
)  # fmt: skip
DIGEST = b"v=UAAC1; a=sha256; d=eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg="
SETTINGS = json.dumps(
    {
        "schema": 1,
        "address": "jo@example.com",
        "incoming": [
            {
                "type": "imap", "host": "imap.example.com", "port": 993, "security": "tls",
                "auth": ["plain"], "username": "jo",
                "evidence": [{"source": "srv", "fields": ["host"], "trust": "consent"}],
            }
        ],
        "outgoing": [{"type": "smtp", "host": "a.example", "port": 465, "security": "starttls"}],
        "services": [{"type": "caldav", "url": "https://x.example/", "username": "jo"}],
        "provider": {"name": "X", "password_kind": "normal", "help": [{"url": "https://x.example"}]},
        "tested_at": datetime(2026, 11, 1, tzinfo=UTC).isoformat(),
    }
).encode()  # fmt: skip
RECORDING = json.dumps(
    {
        "schema": 1, "kind": "discovery-recording", "domain": "example.com", "timeout": 10.0,
        "dns": [
            {"type": "MX", "name": "example.com", "ms": 1.5, "answer": "records",
             "values": [[10, "mx.example.com"]], "authentic": False},
            {"type": "TXT", "name": "x.example.com", "ms": 2, "answer": "no-answer",
             "reason": "timeout"},
        ],
        "http": [
            {"method": "GET", "url": "https://x.example/", "ms": 3, "status": 200, "headers": {},
             "body": "x", "final_url": "https://x.example/", "redirects": []},
        ],
        "connections": [
            {"host": "x.example", "port": 993, "tls": True, "ms": 4, "session": {
                "version": "TLSv1.3", "cipher": "x", "certificate": {
                    "names": [], "issuer": "", "subject": "", "not_before": None,
                    "not_after": "2026-11-01T00:00:00+00:00", "self_signed": False}},
             "dialogue": [{"ms": 5, "line": "* OK"}, {"ms": 6, "failure": {
                 "trouble": "closed", "host": "", "port": 0}}]},
        ],
    }
).encode()  # fmt: skip
MULTISTATUS = (
    b'<d:multistatus xmlns:d="DAV:"><d:response><d:href>/x/</d:href><d:propstat><d:prop>'
    b"<d:displayname>X</d:displayname><d:resourcetype><d:collection/></d:resourcetype>"
    b"<d:current-user-principal><d:href>/p/</d:href></d:current-user-principal></d:prop>"
    b"<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"
)
AUTODISCOVER = (
    b"<Autodiscover><Response><User><DisplayName>X</DisplayName></User><Account>"
    b"<Action>settings</Action><Protocol><Type>IMAP</Type><Server>imap.example.com</Server>"
    b"<Port>993</Port><SSL>on</SSL><LoginName>jo</LoginName></Protocol></Account></Response>"
    b"</Autodiscover>"
)
PACC = (
    b'{"protocols": {"imap": {"host": "imap.example.com"}, "submit": {"host": "s.example.com"},'
    b' "carddav": {"url": "https://x.example/"}}, "authentication": {"password": true,'
    b' "oauth-public": {"issuer": "https://x.example/"}}, "info": {"provider": {"name": "X"}}}'
)

TARGETS = (
    Target(
        "autoconfig",
        check_autoconfig,
        (document(), document(security="plain"), document().decode().encode("utf-16")),
        XML,
    ),
    Target("autodiscover", check_autodiscover, (AUTODISCOVER,), POX),
    Target("pacc", check_pacc, (PACC,), JSON),
    Target("txt", check_txt, (DIGEST, DIGEST + b"\nv=spf1 -all"), (b"v=UAAC1", b";", b"d=", b"a=")),
    Target(
        "srv",
        check_srv,
        (
            b"\x10\x00\x0a\x04mail\x07example\x03com\x00" * 3,
            b"\x16\x00\x01\x00\x01\x03\xe1\x04mail\x07example\x03com\x00" * 11,
        ),
    ),
    Target("settings", check_settings, (SETTINGS,), JSON),
    Target("recording", check_recording, (RECORDING,), JSON),
    Target(
        "provider-file",
        check_provider_file,
        (PACK_TEXT.encode(),),
        (b"[[provider]]", b"servers = [", b'"imap x.example:993 tls"', b"user=?{local}", b"auth="),
    ),
    Target("multistatus", check_multistatus, (MULTISTATUS,), XML[-12:]),
    Target(
        "challenge",
        check_challenge,
        (
            b'Digest realm="x", nonce="n", qop="auth", algorithm=SHA-256',
            b'Basic realm="x"\nBearer x',
        ),
        (b"Digest ", b"nonce=", b"stale=true", b'"', b"qop=", b", Basic"),
    ),
    Target("address", check_address, (b"jo@example.com", "Jö <jö@exämple.com>".encode()), (b"@",)),
)
