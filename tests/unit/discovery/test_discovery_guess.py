"""Guessing: only what is proven live, politely, and nobody is led astray by a certificate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.clock import run_jumping
from tests.fakes.network import (
    IMAP_STARTTLS,
    IMAP_TLS,
    POP3_STARTTLS,
    POP3_TLS,
    SMTP_STARTTLS,
    SMTP_TLS,
    SMTP_WITHOUT_LOGIN,
    FakeConnector,
    FakeNetwork,
    FakeServer,
    silent,
)
from tests.unit.discovery.support import found, search, states
from wizard.discovery.probe import Disproof, Proof, prove
from wizard.discovery.sources.guess import candidate_hosts, probes
from wizard.model import (
    AuthMethod,
    NothingFound,
    Security,
    ServerType,
    Source,
    SourceState,
    Trust,
)
from wizard.net.failure import CertificateFacts, NetFailure, Trouble
from wizard.net.resolver import Mx, NoRecords

ONLY = {Source.GUESS}


def network(
    servers: dict[tuple[str, int], FakeServer], *, names: tuple[str, ...] = (), mx: str = ""
) -> FakeNetwork:
    fake = FakeNetwork()
    hosts = {host for host, _ in servers} | set(names)
    for number, host in enumerate(sorted(hosts)):
        fake.resolver.records["A", host] = [f"192.0.2.{number + 1}"]
    fake.resolver.records["MX", "example.com"] = [Mx(10, mx or "customer.filter.test")]
    fake.connector.servers = servers
    return fake


def test_the_published_order_of_probes() -> None:
    existing = {"imap.example.com", "mail.example.com", "example.com", "mx.hoster.example"}
    imap = probes(ServerType.IMAP, "example.com", "mx.hoster.example", existing)
    assert [(probe.host, probe.port) for probe in imap] == [
        ("imap.example.com", 993),
        ("mail.example.com", 993),
        ("example.com", 993),
        ("mx.hoster.example", 993),
        ("imap.example.com", 143),
        ("mail.example.com", 143),
        ("example.com", 143),
        ("mx.hoster.example", 143),
    ]
    smtp = probes(ServerType.SMTP, "example.com", "", {"smtp.example.com"})
    assert [(p.port, p.security.value) for p in smtp] == [
        (465, "tls"), (587, "starttls"), (25, "starttls"),
    ]  # fmt: skip


def test_names_below_a_public_suffix_are_never_tried() -> None:
    assert candidate_hosts("co.uk", "") == ("co.uk",)
    assert candidate_hosts("github.io", "mx.example.com") == ("github.io", "mx.example.com")


def test_implicit_tls() -> None:
    fake = network({("imap.example.com", 993): IMAP_TLS, ("smtp.example.com", 465): SMTP_TLS})
    result = found(search(fake, only=ONLY))
    imap, smtp = result.incoming[0], result.outgoing[0]
    assert (imap.host, imap.port, imap.security) == ("imap.example.com", 993, Security.TLS)
    assert (smtp.host, smtp.port, smtp.security) == ("smtp.example.com", 465, Security.TLS)
    assert imap.auth == smtp.auth == (AuthMethod.PLAIN,)
    assert (imap.username, imap.username_guessed) == ("jo@example.com", True)
    assert imap.trust is Trust.CONSENT
    assert imap.evidence[0].transport == "tls-handshake"


def test_starttls() -> None:
    fake = network(
        {("mail.example.com", 143): IMAP_STARTTLS, ("mail.example.com", 587): SMTP_STARTTLS}
    )
    result = found(search(fake, only=ONLY))
    assert result.incoming[0].security is Security.STARTTLS
    assert result.outgoing[0].security is Security.STARTTLS
    assert result.outgoing[0].port == 587


def test_implicit_tls_is_preferred_even_where_it_is_slower() -> None:
    fake = network(
        {
            ("mail.example.com", 993): replace(IMAP_TLS, delay=0.3),
            ("mail.example.com", 143): IMAP_STARTTLS,
            ("mail.example.com", 465): SMTP_TLS,
        }
    )
    assert found(search(fake, only=ONLY)).incoming[0].port == 993


def test_a_better_try_gets_half_a_second_more_and_no_longer() -> None:
    fake = network(
        {
            ("imap.example.com", 993): silent(),
            ("imap.example.com", 143): IMAP_STARTTLS,
            ("smtp.example.com", 465): SMTP_TLS,
        }
    )
    result = found(search(fake, only=ONLY))
    assert result.incoming[0].port == 143
    assert result.ms == 500


def test_pop3_only_where_there_is_no_imap() -> None:
    servers = {("pop.example.com", 995): POP3_TLS, ("smtp.example.com", 465): SMTP_TLS}
    assert found(search(network(dict(servers)), only=ONLY)).incoming[0].type is ServerType.POP3
    servers["imap.example.com", 993] = replace(IMAP_TLS, delay=1.0)
    fake = network(servers)
    assert found(search(fake, only=ONLY)).incoming[0].type is ServerType.IMAP
    assert ("pop.example.com", 995, True) not in fake.connector.asked
    servers = {("pop3.example.com", 110): POP3_STARTTLS}
    assert found(search(network(servers), only=ONLY)).incoming[0].port == 110


def test_all_names_are_resolved_in_one_batch_and_only_existing_ones_probed() -> None:
    fake = network({("imap.example.com", 993): IMAP_TLS}, names=("mail.example.com",))
    fake.resolver.delay = 0.05
    search(fake, only=ONLY)
    asked = [name for kind, name in fake.resolver.asked if kind == "A"]
    batch = ("imap", "mail", "incoming", "smtp", "outgoing", "pop", "pop3")
    assert set(asked[:8]) == {*(f"{name}.example.com" for name in batch), "example.com"}
    assert {host for host, _, _ in fake.connector.asked} <= {"imap.example.com", "mail.example.com"}


def test_never_more_than_eight_connections_and_two_per_host() -> None:
    names = tuple(
        f"{prefix}.example.com" for prefix in ("imap", "mail", "pop", "pop3", "smtp", "incoming")
    )
    slow = {(name, port): silent() for name in names for port in (993, 143, 465, 587, 995, 110)}
    fake = network(slow, names=("outgoing.example.com", "example.com"), mx="mx.hoster.example")
    search(fake, only=ONLY)
    assert fake.connector.most_at_once == 8
    assert fake.connector.most_per_host == 2


def test_a_silent_host_is_given_up_after_two_ports() -> None:
    dead = {("mail.example.com", port): silent() for port in (993, 143, 465, 587, 25, 995, 110)}
    fake = network(dead)
    result = search(fake, only=ONLY)
    assert isinstance(result, NothingFound)
    assert len(fake.connector.asked) == 2
    assert result.ms == 2500


def test_one_machine_under_two_names_is_not_knocked_at_twice() -> None:
    fake = network({}, names=("imap.example.com", "mail.example.com"))
    fake.resolver.records["A", "mail.example.com"] = fake.resolver.records["A", "imap.example.com"]
    fake.connector.servers = {
        ("imap.example.com", 143): replace(IMAP_STARTTLS, delay=0.1),
        ("mail.example.com", 143): replace(IMAP_STARTTLS, delay=0.1),
    }
    search(fake, only=ONLY)
    # Both start side by side; once one of them is refused, the other name is not tried again.
    assert [port for _, port, _ in fake.connector.asked].count(25) <= 1


def test_a_mail_exchanger_without_login_is_no_sending_server() -> None:
    fake = network(
        {
            ("mx.example.net", 25): SMTP_WITHOUT_LOGIN,
            ("mail.example.com", 993): IMAP_TLS,
        },
        mx="mx.example.net",
    )
    result = found(search(fake, only=ONLY))
    assert result.outgoing == ()
    fake.connector.servers["mx.example.net", 25] = SMTP_STARTTLS
    assert [s.port for s in found(search(fake, only=ONLY)).outgoing] == [25]


def test_nothing_is_probed_for_a_null_mx() -> None:
    fake = network({("imap.example.com", 993): IMAP_TLS})
    fake.resolver.records["MX", "example.com"] = [Mx(0, "")]
    search(fake, only=ONLY)
    assert fake.connector.asked == []


def test_a_filters_exchanger_is_not_probed() -> None:
    fake = network({("x.filter.test", 993): IMAP_TLS}, mx="x.filter.test")
    search(fake, only=ONLY)
    assert fake.connector.asked == []


def mismatch(*names: str) -> FakeServer:
    return FakeServer(
        tls_failure=NetFailure(
            Trouble.CERTIFICATE, verify_code=62, certificate=CertificateFacts(names)
        )
    )


def test_a_name_on_a_certificate_counts_only_where_somebody_confirms_it() -> None:
    fake = network(
        {
            ("imap.example.com", 993): mismatch("imap.known.test", "imap.evil.test"),
            ("imap.known.test", 993): IMAP_TLS,
            ("imap.evil.test", 993): IMAP_TLS,
        },
        names=("imap.example.com",),
    )
    result = found(search(fake, only=ONLY))
    assert [s.host for s in result.incoming] == ["imap.known.test"]
    assert not [host for host, _, _ in fake.connector.asked if "evil" in host]


def test_a_wildcard_leads_to_the_packs_own_host() -> None:
    fake = network(
        {("mail.example.com", 993): mismatch("*.known.test"), ("imap.known.test", 993): IMAP_TLS}
    )
    assert found(search(fake, only=ONLY)).incoming[0].host == "imap.known.test"


def test_a_name_inside_the_domain_or_its_exchanger_is_confirmed() -> None:
    for name, mx in (("server7.example.com", ""), ("mx.hoster.example", "mx.hoster.example")):
        fake = network({("mail.example.com", 993): mismatch(name), (name, 993): IMAP_TLS}, mx=mx)
        assert found(search(fake, only=ONLY)).incoming[0].host == name


def test_other_certificate_problems_lead_nowhere() -> None:
    expired = FakeServer(
        tls_failure=NetFailure(
            Trouble.CERTIFICATE, verify_code=10, certificate=CertificateFacts(("imap.known.test",))
        )
    )
    fake = network({("mail.example.com", 993): expired, ("imap.known.test", 993): IMAP_TLS})
    result = search(fake, only=ONLY)
    assert isinstance(result, NothingFound)
    assert states(result)[Source.GUESS] is SourceState.REJECTED
    assert "mail.example.com:993 certificate" in result.reports[0].detail


# -- one probe ---------------------------------------------------------------------------------


def probe(kind: ServerType, server: FakeServer, security: Security) -> Proof | Disproof:
    connector = FakeConnector({("h.example", 1): server})
    outcome = run_jumping(
        prove(connector, kind, "h.example", 1, security, connect_timeout=3, reply_timeout=4)
    )
    assert all(stream.closed for stream in connector.streams)
    return outcome


@pytest.mark.parametrize(
    ("kind", "greeting"),
    [
        (ServerType.IMAP, b"220 smtp here"),
        (ServerType.IMAP, b"+OK pop here"),
        (ServerType.IMAP, b"HTTP/1.1 400 Bad Request"),
        (ServerType.IMAP, b"* BYE busy"),
        (ServerType.IMAP, b"* PREAUTH no thanks"),
        (ServerType.POP3, b"* OK imap here"),
        (ServerType.POP3, b"-ERR busy"),
        (ServerType.SMTP, b"* OK imap here"),
        (ServerType.SMTP, b"554 go away"),
        (ServerType.SMTP, b"421 busy"),
    ],
)
def test_another_protocol_proves_nothing(kind: ServerType, greeting: bytes) -> None:
    for security in (Security.TLS, Security.STARTTLS):
        outcome = probe(kind, FakeServer(greeting=greeting), security)
        assert outcome == Disproof("other-protocol")


@pytest.mark.parametrize(
    ("kind", "server"),
    [
        (ServerType.IMAP, FakeServer(b"* OK x", {b"a STARTTLS\r\n": [b"a BAD no"]})),
        (ServerType.IMAP, FakeServer(b"* OK x", {b"a STARTTLS\r\n": [b"* x", b"a NO no"]})),
        (ServerType.POP3, FakeServer(b"+OK x", {b"STLS\r\n": [b"-ERR no"]})),
        (ServerType.SMTP, FakeServer(b"220 x", {b"EHLO [127.0.0.1]\r\n": [b"250 AUTH PLAIN"]})),
        (
            ServerType.SMTP,
            FakeServer(
                b"220 x",
                {
                    b"EHLO [127.0.0.1]\r\n": [b"250 STARTTLS"],
                    b"STARTTLS\r\n": [b"454 TLS not available"],
                },
            ),
        ),
    ],
)
def test_a_stripped_starttls_is_no_proof(kind: ServerType, server: FakeServer) -> None:
    assert probe(kind, server, Security.STARTTLS) == Disproof("no-starttls")


def test_what_was_said_before_tls_is_forgotten() -> None:
    server = FakeServer(
        b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] x", {b"a STARTTLS\r\n": [b"a OK go"]}
    )
    assert probe(ServerType.IMAP, server, Security.STARTTLS) == Proof((), "TLSv1.3")


def test_an_endless_greeting_ends() -> None:
    server = FakeServer(b"220-x")
    connector = FakeConnector({("h.example", 1): replace(server, after={})})

    async def go() -> Proof | Disproof:
        return await prove(
            connector,
            ServerType.SMTP,
            "h.example",
            1,
            Security.TLS,
            connect_timeout=3,
            reply_timeout=4,
        )

    with pytest.raises(NetFailure):
        run_jumping(go())
    endless = FakeServer(b"220 x", {b"EHLO [127.0.0.1]\r\n": [b"250-more"] * 1000})
    assert probe(ServerType.SMTP, endless, Security.TLS) == Disproof("other-protocol")


def test_no_credentials_no_address_no_host_name() -> None:
    for kind, server, security in (
        (ServerType.IMAP, IMAP_TLS, Security.TLS),
        (ServerType.POP3, POP3_STARTTLS, Security.STARTTLS),
        (ServerType.SMTP, SMTP_STARTTLS, Security.STARTTLS),
    ):
        connector = FakeConnector({("h.example", 1): server})
        run_jumping(
            prove(connector, kind, "h.example", 1, security, connect_timeout=3, reply_timeout=4)
        )
        said = b"".join(line for stream in connector.streams for line in stream.written)
        for forbidden in (b"LOGIN", b"AUTH", b"USER", b"PASS", b"@", b"MAIL"):
            assert forbidden not in said.upper()


def test_methods_are_read_inside_tls() -> None:
    greeting = b"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2 AUTH=OAUTHBEARER] x"
    outcome = probe(ServerType.IMAP, FakeServer(greeting), Security.TLS)
    assert outcome == Proof((AuthMethod.OAUTH2,), "TLSv1.3")


def test_a_name_that_exists_without_address_is_no_host() -> None:
    fake = network({("imap.example.com", 993): IMAP_TLS})
    fake.resolver.records["A", "imap.example.com"] = NoRecords("imap.example.com")
    search(fake, only=ONLY)
    assert fake.connector.asked == []
