"""Published settings that contradict themselves are tried first."""

from __future__ import annotations

from tests.fakes.network import (
    IMAP_TLS,
    POP3_TLS,
    SMTP_STARTTLS,
    SMTP_TLS,
    FakeNetwork,
    FakeServer,
    silent,
)
from tests.unit.discovery.support import autoconfig_url, database, document, found, search
from wizard.model import Found, Security, Source, Trust


def with_smtp(port: int, server: FakeServer | None, *, second: bool = False) -> Found:
    fake = FakeNetwork()
    text = document().replace(b"<port>465</port>", f"<port>{port}</port>".encode())
    fake.http.pages[autoconfig_url()] = text
    if second:
        fake.http.pages[database()] = document(smtp="other.example.com")
    if server is not None:
        fake.connector.servers["smtp.example.com", port] = server
    return found(search(fake, all_sources=second))


def test_what_contradicts_itself_is_corrected_by_what_answers() -> None:
    outgoing = with_smtp(587, SMTP_STARTTLS).outgoing[0]
    assert (outgoing.port, outgoing.security) == (587, Security.STARTTLS)
    assert outgoing.trust is Trust.TRUSTED
    published, proof = outgoing.evidence
    assert published.fields == ("host", "port", "auth", "username")
    assert (proof.source, proof.fields) == (Source.GUESS, ("security",))


def test_what_works_as_published_stays() -> None:
    outgoing = with_smtp(587, SMTP_TLS).outgoing[0]
    assert outgoing.security is Security.TLS
    assert len(outgoing.evidence) == 1


def test_where_nothing_can_be_proven_the_published_word_stands() -> None:
    for server in (None, silent()):
        outgoing = with_smtp(587, server).outgoing
        assert [(s.port, s.security) for s in outgoing] == [(587, Security.TLS)]


def test_an_unproven_oddity_goes_behind_what_is_regular() -> None:
    outgoing = with_smtp(587, None, second=True).outgoing
    assert [s.host for s in outgoing] == ["other.example.com", "smtp.example.com"]


def test_regular_settings_are_not_probed() -> None:
    fake = FakeNetwork()
    fake.http.pages[autoconfig_url()] = document()
    search(fake)
    assert fake.connector.asked == []


def test_pop3_on_the_imap_port() -> None:
    fake = FakeNetwork()
    text = document(imap="pop.example.com").replace(b'type="imap"', b'type="pop3"')
    fake.http.pages[autoconfig_url()] = text
    for server, expected in ((POP3_TLS, 1), (IMAP_TLS, 1)):
        fake.connector.servers["pop.example.com", 993] = server
        assert len(found(search(fake)).incoming) == expected
