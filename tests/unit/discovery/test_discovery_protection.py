"""The rules that protect the user, each against a hostile or careless server."""

from __future__ import annotations

import re

import pytest

from tests.fakes.network import FakeNetwork
from tests.unit.discovery.support import (
    autoconfig_url,
    database,
    document,
    found,
    search,
    states,
    well_known,
)
from wizard.discovery.sources.pacc import document_url
from wizard.model import Failed, Found, NothingFound, Source, SourceState, Trust
from wizard.net.failure import NetFailure, Trouble
from wizard.net.http import HttpFailure, HttpReply
from wizard.net.resolver import Mx, Srv


def network(**pages: object) -> FakeNetwork:
    fake = FakeNetwork()
    fake.resolver.records["MX", "example.com"] = [Mx(10, "mx.hoster.example")]
    fake.resolver.records["A", "example.com"] = ["192.0.2.1"]
    return fake


def everything_found() -> FakeNetwork:
    """A world where every source has something to say and every host would take an address."""
    fake = network()
    for name in ("_imaps", "_submissions", "_autodiscover"):
        fake.resolver.records["SRV", f"{name}._tcp.example.com"] = [
            Srv(0, 1, 443, "mail.hoster.example")
        ]
    for url in (
        autoconfig_url(), well_known(), database(), database("hoster.example"),
        autoconfig_url("hoster.example", ""), well_known("hoster.example"),
        "https://autodiscover.example.com/autodiscover/autodiscover.xml",
        "https://example.com/autodiscover/autodiscover.xml",
    ):  # fmt: skip
        fake.http.pages[url] = 401
    return fake


def test_the_address_goes_to_the_domains_own_hosts_only() -> None:
    fake = everything_found()
    search(fake, all_sources=True)
    assert len(fake.http.asked) == 11
    assert fake.hosts_told_address == {
        "autoconfig.example.com", "autodiscover.example.com", "example.com",
    }  # fmt: skip
    # In URLs only the autoconfig host learns it; the web site sees it in Autodiscover's body.
    assert [url for url in fake.http.asked if "jo" in url] == [autoconfig_url()]
    assert not [name for _, name in fake.resolver.asked if "jo" in name or "@" in name]


def test_no_credentials_are_sent_even_after_a_401() -> None:
    fake = everything_found()
    search(fake, all_sources=True)
    for sent in fake.http.sent_headers:
        assert not {name.lower() for name in sent} & {"authorization", "cookie"}
    assert len(fake.http.asked) == len(set(fake.http.asked)), "nothing is asked a second time"


def test_https_only() -> None:
    fake = everything_found()
    search(fake, all_sources=True)
    assert all(url.startswith("https://") for url in fake.http.asked)


@pytest.mark.parametrize(
    ("who", "encoded"),
    [
        ("jo+tag@example.com", "jo%2Btag%40example.com"),
        ("jo.doe@example.com", "jo.doe%40example.com"),
        ("a&b=c@example.com", "a%26b%3Dc%40example.com"),
        ("jö@example.com", "j%C3%B6%40example.com"),
        ("a/b?c#d@example.com", "a%2Fb%3Fc%23d%40example.com"),
    ],
)
def test_the_address_is_encoded_in_urls(who: str, encoded: str) -> None:
    fake = network()
    search(fake, who, only={Source.AUTOCONFIG})
    assert autoconfig_url(who=encoded) in fake.http.asked


def test_an_idn_domain_is_asked_in_its_ascii_form() -> None:
    fake = FakeNetwork()
    search(fake, "jo@bücher.example")
    asked = [*fake.http.asked, *(name for _, name in fake.resolver.asked)]
    assert asked
    assert all(text.isascii() for text in asked)
    assert any("xn--bcher-kva.example" in text for text in asked)


@pytest.mark.parametrize("domain", ["co.uk", "github.io", "gov.uk", "kawasaki.jp"])
def test_names_below_a_public_suffix_are_never_asked(domain: str) -> None:
    fake = FakeNetwork()
    fake.resolver.records["A", domain] = ["192.0.2.1"]
    search(fake, f"jo@{domain}", all_sources=True)
    hosts = {url.split("/")[2] for url in fake.http.asked}
    assert hosts <= {domain, "autoconfig.thunderbird.net"}
    names = {name for kind, name in fake.resolver.asked if not name.startswith("_")}
    assert names <= {
        domain, *(f"{prefix}.{domain}" for prefix in ("imap", "pop", "pop3", "smtp", "mail"))
    }  # fmt: skip


def test_no_label_is_stripped_towards_a_public_suffix() -> None:
    fake = FakeNetwork()
    fake.resolver.records["MX", "dept.example.co.uk"] = [Mx(10, "mx.mail.example.net")]
    search(fake, "jo@dept.example.co.uk", all_sources=True)
    forbidden = re.compile(
        r"//(autodiscover|autoconfig|ua-auto-config)?\.?(example\.co\.uk|co\.uk|uk|net)/"
    )
    assert not [url for url in fake.http.asked if forbidden.search(url)]


@pytest.mark.parametrize("url", [autoconfig_url(), well_known(), database()])
def test_a_redirect_to_another_owner_needs_consent(url: str) -> None:
    fake = network()
    fake.http.pages[url] = HttpReply(
        "https://cfg.hoster.example/c.xml", 200, {}, document(), (url,)
    )
    result = found(search(fake))
    assert result.incoming[0].trust is Trust.CONSENT
    assert result.incoming[0].evidence[0].detail.endswith("-> cfg.hoster.example")
    assert len(result.needs_consent) == 2


def test_a_detour_over_another_owner_needs_consent_too() -> None:
    fake = network()
    fake.http.pages[well_known()] = HttpReply(
        "https://www.example.com/c.xml", 200, {}, document(),
        (well_known(), "https://evil.example/bounce"),
    )  # fmt: skip
    assert found(search(fake)).incoming[0].trust is Trust.CONSENT


def test_a_redirect_at_home_stays_trusted() -> None:
    fake = network()
    fake.http.pages[well_known()] = HttpReply(
        "https://www.example.com/c.xml", 200, {}, document(), (well_known(),)
    )
    assert found(search(fake)).incoming[0].trust is Trust.TRUSTED


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("redirect-refused", SourceState.REJECTED),
        ("too-many-redirects", SourceState.REJECTED),
        ("too-large", SourceState.REJECTED),
        ("malformed", SourceState.REJECTED),
        ("too-slow", SourceState.TIMEOUT),
    ],
)
def test_what_the_client_refuses_is_reported_and_the_search_goes_on(
    reason: str, state: SourceState
) -> None:
    fake = network()
    fake.http.pages[autoconfig_url()] = HttpFailure(autoconfig_url(), reason)
    fake.http.pages[database()] = document()
    result = found(search(fake))
    assert states(result)[Source.AUTOCONFIG] is state
    detail = {r.source: r.detail for r in result.reports}[Source.AUTOCONFIG]
    assert detail.endswith(reason)
    assert "jo" not in detail, "the address does not stand in the trail"


@pytest.mark.parametrize(
    "trouble", [Trouble.CERTIFICATE, Trouble.TLS_VERSION, Trouble.NOT_TLS, Trouble.RESET]
)
def test_a_bad_certificate_is_never_overlooked(trouble: Trouble) -> None:
    fake = network()
    failure = HttpFailure(
        autoconfig_url(), "network", cause=NetFailure(trouble, "autoconfig.example.com", 443)
    )
    fake.http.pages[autoconfig_url()] = failure
    result = search(fake, only={Source.AUTOCONFIG})
    assert states(result)[Source.AUTOCONFIG] is SourceState.REJECTED
    assert not [url for url in fake.http.asked if url.startswith("http:")]


BOMB = (
    b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>"
    b"<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]><clientConfig>&b;</clientConfig>"
)


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (BOMB, SourceState.REJECTED),
        (b"\0" * 5000, SourceState.REJECTED),
        (b"<html><body>Buy this domain</body></html>", SourceState.NOTHING),
        (b"", SourceState.NOTHING),
        (b"<clientConfig><emailProvider/></clientConfig>", SourceState.REJECTED),
        (document(security="plain"), SourceState.REJECTED),
        (document(port=0), SourceState.FOUND),  # the sending server is still good
        (document("127.0.0.1", "localhost"), SourceState.REJECTED),
        (document("imap.example.com&#10;x", "../x"), SourceState.REJECTED),
    ],
)
def test_hostile_documents_hurt_nobody(body: bytes, state: SourceState) -> None:
    fake = network()
    fake.http.pages[autoconfig_url()] = body
    result = search(fake)
    assert states(result)[Source.AUTOCONFIG] is state
    assert isinstance(result, (Found, NothingFound))


def test_unencrypted_offers_are_never_used_and_reported() -> None:
    fake = network()
    fake.http.pages[autoconfig_url()] = document(security="plain", port=143)
    result = search(fake)
    assert isinstance(result, NothingFound)
    assert result.unencrypted_only
    detail = {r.source: r.detail for r in result.reports}[Source.AUTOCONFIG]
    assert detail.endswith("unencrypted-only")
    # An encrypted server from elsewhere is taken all the same.
    fake.http.pages[database()] = document()
    assert {s.security.value for s in found(search(fake)).incoming} == {"tls"}


def test_what_a_server_says_reaches_nobody_unclean() -> None:
    fake = network()
    fake.http.pages[autoconfig_url()] = document(
        name="Good\u202eliaM&#10;&lt;b&gt;" + "x" * 500, username="jo&#13;&#10;DELE 1"
    )
    result = found(search(fake))
    assert "\u202e" not in result.provider.name
    assert "\n" not in result.provider.name
    assert len(result.provider.name) <= 80
    for server in (*result.incoming, *result.outgoing):
        assert server.username == "jo@example.com"


def test_the_database_learns_the_domain_and_never_the_address() -> None:
    fake = network()
    search(fake, "jo.secret+x@example.com", all_sources=True)
    asked = [url for url in fake.http.asked if "thunderbird" in url]
    assert asked
    assert not [url for url in asked if "secret" in url]


def test_a_lookalike_domain_is_not_mistaken_for_the_real_one() -> None:
    fake = FakeNetwork()
    result = search(fake, "jo@knоwn.test")  # the second o is Cyrillic
    assert isinstance(result, Failed)
    assert result.suggestion == "known.test"
    assert result.address.domain.startswith("xn--")


def test_pacc_is_asked_below_the_domain_only() -> None:
    assert document_url("example.com").startswith("https://ua-auto-config.example.com/")
