"""PACC: digest, document, and the source that puts them together."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from tests.fakes.network import FakeNetwork
from tests.unit.discovery.support import address, found, search, states
from wizard.discovery.pacc import (
    NotPacc,
    PaccDocument,
    digest_matches,
    parse_pacc,
    published_digests,
)
from wizard.model import (
    AuthMethod,
    HelpLink,
    Security,
    ServerType,
    ServiceType,
    Source,
    SourceState,
    Trust,
)
from wizard.net.http import HttpReply

URL = "https://ua-auto-config.example.com/.well-known/user-agent-configuration.json"
TXT = ("TXT", "_ua-auto-config.example.com")
DOCUMENT = {
    "protocols": {
        "imap": {"host": "imap.example.com"},
        "pop3": {"host": "pop.example.com"},
        "submit": {"host": "smtp.example.com"},
        "caldav": {"url": "https://dav.example.com/cal"},
        "carddav": {"host": "dav.example.com"},
        "jmap": {"url": "https://jmap.example.com/session"},
        "managesieve": {"host": "sieve.example.com"},
        "telepathy": {"host": "?"},
    },
    "authentication": {
        "oauth-public": {"issuer": "https://login.example.com"},
        "password": True,
    },
    "info": {
        "provider": {"name": "Example Mail", "shortName": "Example", "logo": []},
        "help": {"documentation": "https://help.example.com/", "contact": ["mailto:x@y.example"]},
    },
    "future": [1, 2, 3],
}
BODY = json.dumps(DOCUMENT).encode()


def record(body: bytes) -> str:
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return f"v=UAAC1; a=sha256; d={digest}"


def parse(document: object) -> PaccDocument | NotPacc:
    return parse_pacc(json.dumps(document).encode(), address())


def test_a_complete_document() -> None:
    parsed = parse_pacc(BODY, address())
    assert isinstance(parsed, PaccDocument)
    assert [(s.type, s.host, s.port, s.security) for s in (*parsed.incoming, *parsed.outgoing)] == [
        (ServerType.IMAP, "imap.example.com", 993, Security.TLS),
        (ServerType.POP3, "pop.example.com", 995, Security.TLS),
        (ServerType.SMTP, "smtp.example.com", 465, Security.TLS),
    ]
    assert parsed.incoming[0].auth == (AuthMethod.OAUTH2, AuthMethod.PLAIN)
    assert parsed.incoming[0].username == "jo@example.com"
    assert [(s.type, s.url) for s in parsed.services] == [
        (ServiceType.CARDDAV, "https://dav.example.com/.well-known/carddav"),
        (ServiceType.CALDAV, "https://dav.example.com/cal"),
        (ServiceType.JMAP, "https://jmap.example.com/session"),
    ]
    assert parsed.name == "Example Mail"
    assert parsed.help == (HelpLink("https://help.example.com/"),)
    assert parsed.issuer == "https://login.example.com"


def test_both_drafts_names_for_sending() -> None:
    for key in ("smtp", "submit"):
        parsed = parse({"protocols": {key: {"host": "out.example.com"}}})
        assert isinstance(parsed, PaccDocument)
        assert [s.host for s in parsed.outgoing] == ["out.example.com"]
    both = {"submit": {}, "smtp": {"host": "OUT.example.com."}}
    parsed = parse({"protocols": both})
    assert isinstance(parsed, PaccDocument)
    assert [s.host for s in parsed.outgoing] == ["out.example.com"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "malformed"),
        (b"{", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b"[" * 50_000, "malformed"),
        (b"{" + b" " * 70_000 + b"}", "too-large"),
        (b"[]", "no-protocols"),
        (b"null", "no-protocols"),
        (b'{"protocols": 5}', "no-protocols"),
        (b'{"protocols": {"imap": {"host": "127.0.0.1"}}}', "no-protocols"),
        (b'{"protocols": {"imap": {"host": ["x"]}}}', "no-protocols"),
        (b'{"protocols": {"imap": {"host": "a.example\\r\\nX"}}}', "no-protocols"),
        (b'{"protocols": {"caldav": {"url": "http://a.example/"}}}', "no-protocols"),
        (b'{"protocols": {"caldav": {"url": "https://a.example/#\\ud800"}}}', "no-protocols"),
        (b'{"protocols": {"imap": {"host": "\\ud800.example"}}}', "no-protocols"),
    ],
)
def test_what_is_no_document(data: bytes, reason: str) -> None:
    assert parse_pacc(data, address()) == NotPacc(reason)


def test_digests_of_txt_records() -> None:
    good = hashlib.sha256(b"x").digest()
    text = base64.b64encode(good).decode()
    texts = [
        f"v=UAAC1; a=sha256; d={text}",
        f" V=UAAC1 ;A=SHA256;  d={text[:20]} {text[20:]}; x=future",
        f"v=UAAC1;a=sha256;d={text.rstrip('=')}",
        f"v=UAAC2; a=sha256; d={text}",
        f"v=UAAC1; a=md5; d={text}",
        "v=UAAC1; a=sha256; d=???",
        "v=UAAC1; a=sha256; d=AAAA",
        "v=UAAC1; a=sha256",
        "v=spf1 -all",
        "",
    ]
    assert published_digests(texts) == (good, good, good)
    assert digest_matches(b"x", [b"\0" * 32, good])
    assert not digest_matches(b"x ", [good])
    assert not digest_matches(b"x", [])


def test_a_matching_digest_makes_it_trusted() -> None:
    network = FakeNetwork()
    network.http.pages[URL] = BODY
    network.resolver.records[TXT] = ["v=other", record(b"another version"), record(BODY)]
    result = found(search(network))
    evidence = result.incoming[0].evidence[0]
    assert (evidence.source, evidence.trust, evidence.detail) == (Source.PACC, Trust.TRUSTED, URL)
    assert result.provider.name == "Example Mail"
    assert result.needs_consent == ()


@pytest.mark.parametrize("texts", [[record(b"else")], ["v=UAAC1; a=sha256; d=broken"]])
def test_without_a_matching_digest_nothing_is_believed(texts: list[str]) -> None:
    network = FakeNetwork()
    network.http.pages[URL] = BODY
    network.resolver.records[TXT] = texts
    result = search(network)
    assert states(result)[Source.PACC] is SourceState.REJECTED


def test_without_a_record_the_document_is_not_waited_for() -> None:
    network = FakeNetwork()
    network.http.pages[URL] = BODY
    network.http.delays[URL] = 3600
    result = search(network, only={Source.PACC})
    assert states(result)[Source.PACC] is SourceState.NOTHING
    assert network.http.cancelled == [URL]


def test_a_redirect_to_another_owner_needs_consent() -> None:
    network = FakeNetwork()
    network.http.pages[URL] = HttpReply("https://x.evil.example/c.json", 200, {}, BODY, (URL,))
    network.resolver.records[TXT] = [record(BODY)]
    result = found(search(network))
    assert result.incoming[0].trust is Trust.CONSENT
    assert "x.evil.example" in result.incoming[0].evidence[0].detail


def test_dnssec_is_noted() -> None:
    network = FakeNetwork()
    network.http.pages[URL] = BODY
    network.resolver.records[TXT] = [record(BODY)]
    network.resolver.authentic = frozenset({TXT[1]})
    assert found(search(network)).incoming[0].evidence[0].transport == "https+dnssec"
