"""Service records: which servers they make, and how far they are trusted."""

from __future__ import annotations

import pytest

from tests.fakes.network import FakeNetwork, no_answer
from tests.unit.discovery.support import autoconfig_url, document, found, search, states
from wizard.model import Security, ServiceType, Source, SourceState, Trust
from wizard.net.resolver import Srv


def network(records: dict[str, list[Srv]], who: str = "example.com") -> FakeNetwork:
    fake = FakeNetwork()
    for name, values in records.items():
        fake.resolver.records["SRV", f"{name}._tcp.{who}"] = values
    fake.resolver.records["A", who] = ["192.0.2.1"]
    return fake


ONLY = {Source.SRV}


def test_servers_in_order_of_preference() -> None:
    fake = network(
        {
            "_imap": [Srv(0, 1, 143, "mail.example.com")],
            "_imaps": [Srv(0, 1, 993, "a.example.com"), Srv(10, 1, 993, "b.example.com")],
            "_pop3s": [Srv(0, 1, 995, "mail.example.com")],
            "_submission": [Srv(0, 1, 587, "mail.example.com")],
            "_submissions": [Srv(0, 1, 465, "mail.example.com")],
        }
    )
    result = found(search(fake, only=ONLY))
    assert [(s.type.value, s.host, s.port, s.security.value) for s in result.incoming] == [
        ("imap", "a.example.com", 993, "tls"),
        ("imap", "b.example.com", 993, "tls"),
        ("imap", "mail.example.com", 143, "starttls"),
        ("pop3", "mail.example.com", 995, "tls"),
    ]
    assert [(s.port, s.security) for s in result.outgoing] == [
        (465, Security.TLS),
        (587, Security.STARTTLS),
    ]
    first = result.incoming[0]
    assert (first.username, first.username_guessed) == ("jo@example.com", True)
    assert first.evidence[0].fields == ("host", "port", "security")
    assert first.evidence[0].detail == "_imaps._tcp.example.com SRV 0 1 993 a.example.com"


def test_a_domain_may_prefer_pop3_by_priority() -> None:
    """RFC 6186 section 3.4: priorities count across the services too."""
    fake = network(
        {
            "_imaps": [Srv(20, 1, 993, "imap.example.com")],
            "_pop3s": [Srv(10, 1, 995, "pop.example.com")],
            "_submissions": [Srv(0, 1, 465, "mail.example.com")],
        }
    )
    result = found(search(fake, only=ONLY))
    assert [s.type.value for s in result.incoming] == ["pop3", "imap"]
    assert [s.port for s in result.outgoing] == [465]


def test_a_target_inside_the_domain_is_trusted_another_is_not() -> None:
    for target, trust in (
        ("mail.example.com", Trust.TRUSTED),
        ("example.com", Trust.TRUSTED),
        ("mail.hoster.example", Trust.CONSENT),
        ("mail.badexample.com", Trust.CONSENT),
    ):
        fake = network(
            {"_imaps": [Srv(0, 1, 993, target)], "_submissions": [Srv(0, 1, 465, target)]}
        )
        assert found(search(fake, only=ONLY)).incoming[0].trust is trust


def test_below_a_public_suffix_nothing_is_inside() -> None:
    fake = network({"_imaps": [Srv(0, 1, 993, "mail.github.io")]}, "github.io")
    assert found(search(fake, "jo@github.io", only=ONLY)).incoming[0].trust is Trust.CONSENT


def test_dnssec_makes_a_foreign_target_trusted() -> None:
    fake = network({"_imaps": [Srv(0, 1, 993, "mail.hoster.example")]})
    fake.resolver.authentic = frozenset({"_imaps._tcp.example.com"})
    evidence = found(search(fake, only=ONLY)).incoming[0].evidence[0]
    assert (evidence.trust, evidence.transport) == (Trust.TRUSTED, "dnssec")


def test_a_dot_means_not_offered() -> None:
    fake = network({"_imap": [Srv(0, 0, 0, "")], "_imaps": [Srv(0, 1, 993, "mail.example.com")]})
    assert [s.port for s in found(search(fake, only=ONLY)).incoming] == [993]
    fake = network({"_imap": [Srv(0, 0, 0, "")], "_imaps": [Srv(0, 0, 0, "")]})
    result = search(fake, only=ONLY)
    assert states(result)[Source.SRV] is SourceState.NOTHING
    assert result.reports[0].detail == "_imaps._tcp, _imap._tcp not offered"


@pytest.mark.parametrize(
    ("name", "port", "security"),
    [("_imap", 993, Security.TLS), ("_imaps", 143, Security.STARTTLS), ("_imap", 1143, None)],
)
def test_the_registered_port_decides_about_the_mode(
    name: str, port: int, security: Security | None
) -> None:
    fake = network({name: [Srv(0, 1, port, "mail.example.com")]})
    expected = security or Security.STARTTLS
    assert found(search(fake, only=ONLY)).incoming[0].security is expected


@pytest.mark.parametrize(
    ("target", "port"),
    [("localhost", 993), ("127.0.0.1", 993), ("mail.example.com", 0), ("a\nb.example.com", 993)],
)
def test_bad_targets_are_left_out(target: str, port: int) -> None:
    fake = network({"_imaps": [Srv(0, 1, port, target)]})
    assert states(search(fake, only=ONLY))[Source.SRV] is SourceState.NOTHING


def test_services_with_their_path() -> None:
    fake = network(
        {
            "_imaps": [Srv(0, 1, 993, "mail.example.com")],
            "_submissions": [Srv(0, 1, 465, "mail.example.com")],
            "_carddavs": [Srv(0, 1, 443, "dav.example.com")],
            "_caldavs": [Srv(0, 1, 8443, "dav.example.com")],
            "_jmap": [Srv(0, 1, 443, "jmap.example.com")],
        }
    )
    fake.resolver.records["TXT", "_caldavs._tcp.example.com"] = ["x=1", "path=/dav/cal/"]
    fake.resolver.records["TXT", "_carddavs._tcp.example.com"] = ["path=https://evil.example/"]
    services = found(search(fake)).services
    assert [(s.type, s.url) for s in services] == [
        (ServiceType.CARDDAV, "https://dav.example.com/.well-known/carddav"),
        (ServiceType.CALDAV, "https://dav.example.com:8443/dav/cal/"),
        (ServiceType.JMAP, "https://jmap.example.com/.well-known/jmap"),
    ]
    assert services[0].evidence[0].source is Source.SRV


def test_services_of_a_domain_without_mail_servers_in_its_records() -> None:
    bad = Srv(0, 1, 443, "localhost")
    fake = network({"_carddavs": [bad, Srv(1, 1, 443, "dav.example.com")]})
    fake.http.pages[autoconfig_url()] = document()
    assert [s.url for s in found(search(fake, all_sources=True)).services] == [
        "https://dav.example.com/.well-known/carddav"
    ]


def test_no_text_record_is_asked_without_a_service_record() -> None:
    fake = network({"_imaps": [Srv(0, 1, 993, "mail.example.com")]})
    search(fake, only=ONLY)
    assert not [name for kind, name in fake.resolver.asked if kind == "TXT"]


def test_a_silent_name_server() -> None:
    fake = FakeNetwork()
    fake.resolver.everything = no_answer(reason="timeout")
    assert states(search(fake, only=ONLY))[Source.SRV] is SourceState.TIMEOUT
