"""The parsers under random fire: always a typed result, and what comes out is clean.

Bounded here; `tasks.py fuzz` keeps the same promises under fire for as long as one likes.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.one import with_hypothesis
from tests.fuzz.targets import (
    TARGETS,
    WHO,
    Target,
    assert_clean,
    check_autoconfig,
    check_autodiscover,
    check_pacc,
)
from tests.unit.discovery.support import PACK_TEXT, document
from wizard.discovery import (
    Pack,
    read_pack,
    suggest_domain,
)
from wizard.discovery.autodiscover import (
    autodiscover_request,
)
from wizard.discovery.names import (
    clean_host,
    clean_text,
    clean_url,
    host_of,
    registrable_domain,
)
from wizard.discovery.pacc import published_digests
from wizard.discovery.pack import PackFault
from wizard.discovery.replay import RecordingFault, Replay, load_recording
from wizard.model import to_ascii_domain
from wizard.net.safexml import NotXml, parse_xml

MOST = settings().max_examples  # of the profile, see tests/conftest.py
BOUNDED = settings(max_examples=MOST * 3 // 2, suppress_health_check=list(HealthCheck))

TEXT = st.text(max_size=80)
NASTY = st.sampled_from(
    [
        "", " ", "\0", "\r\nX: y", "127.0.0.1", "[::1]", "localhost", "imap.example.com",
        "993", "-1",
        "99999999999999999999", "%EMAILADDRESS%", "%EMAILDOMAIN%%", "{address}", "SSL", "plain",
        "https://x.example/", "http://x", "javascript:x", "\u202e", "xn--", "xn--a", "..",
        "a" * 300,
        "é.example", "０.０.０.０", "1e3", "true", "None", "<b>", "]]>", "&amp;", "'\"",
    ]
)  # fmt: skip
VALUE = st.one_of(TEXT, NASTY)
TAGS = st.sampled_from(
    [
        "clientConfig", "emailProvider", "incomingServer", "outgoingServer", "hostname", "port",
        "socketType", "authentication", "username", "domain", "displayName", "documentation",
        "enable", "oAuth2", "issuer", "authURL", "addressBook", "calendar", "url", "serverURL",
        "Autodiscover", "Response", "Account", "Action", "Protocol", "Type", "Server", "Port",
        "SSL", "Encryption", "LoginName", "RedirectAddr", "RedirectUrl", "Error", "x",
    ]
)  # fmt: skip


def escaped(text: str) -> str:
    table = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"}
    return "".join(char for char in text if char.isprintable()).translate(table)


def element(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda tag, kind, inside: f'<{tag} type="{escaped(kind)}">{"".join(inside)}</{tag}>',
        TAGS,
        st.one_of(VALUE, st.sampled_from(["imap", "pop3", "smtp", "jmap", "carddav"])),
        st.lists(children, max_size=5),
    )


TREE = st.recursive(VALUE.map(escaped), element, max_leaves=25)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: str(target.name))
def test_any_bytes(target: Target) -> None:
    @settings(BOUNDED, max_examples=MOST // 2)
    @given(st.binary(max_size=400), st.integers(0, 400), st.sampled_from([b"", *target.tokens]))
    def fire(data: bytes, at: int, token: bytes) -> None:
        target.check(data)
        for seed in target.seeds:
            target.check(seed[:at] + token + seed[at:])

    for seed in target.seeds:
        target.check(seed)
    fire()


def test_what_breaks_a_promise_is_found_and_kept(tmp_path: Path) -> None:
    def check(data: bytes) -> None:
        assert b"broken" not in data

    target = Target("example", check, (b"",), (b"broken",))
    assert with_hypothesis(target, 60, tmp_path) == 77
    (kept,) = tmp_path.iterdir()
    assert kept.read_bytes() == b"broken"


@BOUNDED
@given(st.lists(TREE, max_size=4))
def test_any_tree_in_an_autoconfig_document(inside: list[str]) -> None:
    body = "".join(inside)
    check_autoconfig(f"<clientConfig><emailProvider>{body}</emailProvider></clientConfig>".encode())
    check_autoconfig(f"<clientConfig>{body}</clientConfig>".encode())


@BOUNDED
@given(st.lists(TREE, max_size=4))
def test_any_tree_in_an_autodiscover_answer(inside: list[str]) -> None:
    body = "".join(inside)
    check_autodiscover(
        f"<Autodiscover><Response><Account>{body}</Account></Response></Autodiscover>".encode()
    )
    check_autodiscover(f"<Autodiscover>{body}</Autodiscover>".encode())


@BOUNDED
@given(st.integers(0, 900), st.binary(max_size=12), st.integers(0, 40))
def test_any_damage_to_a_good_document(at: int, what: bytes, dropped: int) -> None:
    good = document()
    check_autoconfig(good[:at] + what + good[at + dropped :])


JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), VALUE),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                ["protocols", "imap", "pop3", "submit", "smtp", "host", "url", "caldav", "info",
                 "authentication", "oauth-public", "issuer", "password", "provider", "name", "help",
                 "documentation"]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=20,
)  # fmt: skip


@BOUNDED
@given(JSON_VALUES, JSON_VALUES)
def test_any_json_as_a_pacc_document(value: object, inner: object) -> None:
    check_pacc(json.dumps(value).encode())
    check_pacc(json.dumps({"protocols": {"imap": value, "jmap": inner}, "info": value}).encode())


@BOUNDED
@given(st.lists(st.one_of(TEXT, TEXT.map(lambda text: f"v=UAAC1;a=sha256;d={text}")), max_size=5))
def test_any_text_records(texts: list[str]) -> None:
    assert all(len(digest) == 32 for digest in published_digests(texts))
    encoded = base64.b64encode(b"x" * 32).decode()
    assert published_digests([*texts, f"v=UAAC1;a=sha256;d={encoded}"])[-1] == b"x" * 32


@BOUNDED
@given(VALUE)
def test_any_text_as_a_name(text: str) -> None:
    host = clean_host(text)
    if host is not None:
        assert host.isascii()
        assert "." in host
        assert clean_host(host) == host
        registered = registrable_domain(host)
        assert registered is None or host == registered or host.endswith(f".{registered}")
    url = clean_url(text)
    if url is not None:
        assert url.isascii()
        assert clean_url(url) == url
        assert clean_host(host_of(url)) == host_of(url)
    shown = clean_text(text)
    assert "\n" not in shown
    assert clean_text(shown) == shown
    host_of(text)


@BOUNDED
@given(st.integers(0, 700), TEXT, st.integers(0, 30))
def test_any_damage_to_a_provider_file(at: int, what: str, dropped: int) -> None:
    read = read_pack(PACK_TEXT[:at] + what + PACK_TEXT[at + dropped :])
    if isinstance(read, Pack):
        for entry in read.entries:
            assert_clean(*entry.servers_for(WHO), *entry.services_for(WHO))
    else:
        assert read
        assert all(isinstance(fault, PackFault) and fault.reason for fault in read)


@BOUNDED
@given(VALUE)
def test_any_domain_may_be_asked_for_a_suggestion(text: str) -> None:
    pack = read_pack(PACK_TEXT)
    assert isinstance(pack, Pack)
    domain = to_ascii_domain(text)
    if domain is not None:
        for eager in (False, True):
            meant = suggest_domain(domain, pack, eager=eager)
            assert meant == "" or pack.knows_domain(meant)


@BOUNDED
@given(JSON_VALUES, st.sampled_from(["dns", "http", "connections"]))
def test_any_json_as_a_recording(value: object, section: str) -> None:
    recording = {"kind": "discovery-recording", "schema": 1, "domain": "example.com", "dns": [],
                 "http": [], "connections": []} | {section: value}  # fmt: skip
    assert isinstance(load_recording(json.dumps(recording), WHO), (Replay, RecordingFault))


@BOUNDED
@given(TEXT)
def test_any_address_in_an_autodiscover_question(local: str) -> None:
    kept = "".join(char for char in local if char.isprintable())
    root = parse_xml(autodiscover_request(f"{kept}@example.com"))
    assert not isinstance(root, NotXml)
