"""From the mail exchanger to the provider, without telling anybody the address."""

from __future__ import annotations

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
from wizard.discovery.sources.mx import provider_names
from wizard.model import PasswordKind, Source, SourceState, Trust
from wizard.net.resolver import Mx


def network(*hosts: str) -> FakeNetwork:
    fake = FakeNetwork()
    fake.resolver.records["MX", "example.com"] = [
        Mx(10 * number, host) for number, host in enumerate(hosts, 1)
    ]
    return fake


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("mx.hoster.example", ("hoster.example",)),
        ("mx.eu.hoster.example", ("eu.hoster.example", "hoster.example")),
        ("aspmx.l.google.com", ("l.google.com", "google.com")),
        ("hoster.example", ("hoster.example",)),
        ("mx.hoster.co.uk", ("hoster.co.uk",)),
        ("mx.co.uk", ("mx.co.uk",)),
        ("co.uk", ()),
        ("mail.example.com", ()),
        ("mx.mail.example.com", ("mail.example.com",)),
        ("mx.someone.github.io", ("someone.github.io",)),
    ],
)
def test_names_to_look_up(host: str, names: tuple[str, ...]) -> None:
    assert provider_names(host, "example.com") == names


def test_a_pattern_of_the_pack_ends_it_without_further_questions() -> None:
    fake = network("a.mx.known.test")
    result = found(search(fake, only={Source.MX}))
    assert result.provider.id == "known"
    assert result.provider.password_kind is PasswordKind.APP_PASSWORD
    assert result.incoming[0].trust is Trust.CONSENT
    assert result.incoming[0].evidence[0].detail == "MX a.mx.known.test -> known 2026-11"
    assert fake.http.asked == []


def test_the_base_domain_is_looked_up_without_the_address() -> None:
    fake = network("mx.eu.hoster.example")
    fake.http.pages[autoconfig_url("hoster.example", "")] = document("imap.hoster.example")
    result = found(search(fake, only={Source.MX}))
    assert result.incoming[0].host == "imap.hoster.example"
    assert result.incoming[0].trust is Trust.CONSENT
    assert "MX mx.eu.hoster.example" in result.incoming[0].evidence[0].detail
    assert sorted(fake.http.asked) == sorted(
        url
        for name in ("eu.hoster.example", "hoster.example")
        for url in (autoconfig_url(name, ""), well_known(name), database(name))
    )
    assert fake.hosts_told_address == set()


def test_the_more_specific_name_wins() -> None:
    fake = network("mx.eu.hoster.example")
    fake.http.pages[database("hoster.example")] = document("imap.hoster.example")
    fake.http.pages[database("eu.hoster.example")] = document("imap.eu.hoster.example")
    result = found(search(fake, only={Source.MX}))
    assert [s.host for s in result.incoming] == ["imap.eu.hoster.example", "imap.hoster.example"]


def test_the_lowest_preference_counts() -> None:
    fake = network("a.mx.known.test", "mx.other.example")
    assert found(search(fake, only={Source.MX})).provider.id == "known"
    assert not [url for url in fake.http.asked if "other" in url]


def test_a_mail_filter_says_nothing() -> None:
    fake = network("customer.filter.test")
    result = search(fake, only={Source.MX})
    assert states(result)[Source.MX] is SourceState.NOTHING
    assert result.reports[0].detail == "MX customer.filter.test mail-filter"
    assert fake.http.asked == []


def test_dnssec_makes_it_trusted() -> None:
    fake = network("a.mx.known.test")
    fake.resolver.authentic = frozenset({"example.com"})
    result = found(search(fake, only={Source.MX}))
    assert result.incoming[0].trust is Trust.TRUSTED
    assert result.needs_consent == ()


def test_the_domains_own_exchanger_asks_nobody_twice() -> None:
    fake = network("mail.example.com")
    search(fake, only={Source.MX})
    assert fake.http.asked == []


def test_a_bridge_provider_behind_an_own_domain_ends_the_search() -> None:
    fake = network("mail.bridged.test")
    result = found(search(fake))
    assert result.provider.password_kind is PasswordKind.BRIDGE
    assert result.incoming == result.outgoing == ()
    assert fake.connector.asked == []
