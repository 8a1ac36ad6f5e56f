"""Autodiscover: the documents, and a source that tells nobody else the address."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fakes.network import SMTP_STARTTLS, FakeNetwork
from tests.unit.discovery.support import address, found, search, states
from wizard.discovery.autodiscover import (
    AutodiscoverAnswer,
    NotAutodiscover,
    autodiscover_request,
    parse_autodiscover,
)
from wizard.discovery.names import is_within
from wizard.model import AuthMethod, PasswordKind, Security, Source, SourceState, Trust
from wizard.net.failure import NetFailure, Trouble
from wizard.net.http import HttpFailure, HttpReply
from wizard.net.resolver import Mx, Srv
from wizard.net.safexml import parse_xml

OWN = "https://autodiscover.example.com/autodiscover/autodiscover.xml"
BARE = "https://example.com/autodiscover/autodiscover.xml"


def answer(account: str) -> bytes:
    return f"""<?xml version="1.0"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">
<Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a">
<User><DisplayName>Jo</DisplayName></User><Account><AccountType>email</AccountType>{account}
</Account></Response></Autodiscover>""".encode()


def protocol(kind: str, host: str, port: str, more: str = "") -> str:
    return (
        f"<Protocol><Type>{kind}</Type><Server>{host}</Server><Port>{port}</Port>{more}</Protocol>"
    )


SETTINGS = answer(
    "<Action>settings</Action>"
    + protocol("IMAP", "imap.example.com", "993", "<SSL>on</SSL><LoginName>jo</LoginName>")
    + protocol("SMTP", "smtp.example.com", "587", "<Encryption>TLS</Encryption><SPA>off</SPA>")
)


def parse(data: bytes) -> AutodiscoverAnswer | NotAutodiscover:
    return parse_autodiscover(data, address())


def test_the_question_is_well_formed_whatever_the_address() -> None:
    body = autodiscover_request("a&b<c>@example.com")
    assert b"<EMailAddress>a&amp;b&lt;c&gt;@example.com</EMailAddress>" in body
    assert not hasattr(parse_xml(body), "reason")


def test_settings() -> None:
    parsed = parse(SETTINGS)
    assert isinstance(parsed, AutodiscoverAnswer)
    imap, smtp = parsed.incoming[0], parsed.outgoing[0]
    assert (imap.host, imap.port, imap.security) == ("imap.example.com", 993, Security.TLS)
    assert (imap.username, imap.username_guessed, imap.auth) == ("jo", False, ())
    assert (smtp.port, smtp.security) == (587, Security.STARTTLS)
    assert (smtp.username, smtp.username_guessed) == ("jo@example.com", True)
    assert smtp.auth == (AuthMethod.PLAIN,)


@pytest.mark.parametrize(
    ("kind", "port", "more", "security"),
    [
        ("IMAP", "993", "", Security.TLS),
        ("IMAP", "143", "", Security.STARTTLS),
        ("IMAP", "143", "<SSL>off</SSL>", Security.PLAIN),
        ("IMAP", "143", "<SSL>off</SSL><Encryption>TLS</Encryption>", Security.STARTTLS),
        ("IMAP", "993", "<Encryption>Auto</Encryption>", Security.TLS),
        ("IMAP", "143", "<Encryption>None</Encryption>", Security.PLAIN),
        ("POP", "995", "<SSL>on</SSL>", Security.TLS),
        ("POP3", "110", "<Encryption>auto</Encryption>", Security.STARTTLS),
        ("SMTP", "25", "", Security.STARTTLS),
        ("SMTP", "465", "", Security.TLS),
        ("SMTP", "2525", "<Encryption>SSL</Encryption>", Security.TLS),
    ],
)
def test_encryption(kind: str, port: str, more: str, security: Security) -> None:
    parsed = parse(answer(protocol(kind, "mail.example.com", port, more)))
    assert isinstance(parsed, AutodiscoverAnswer)
    servers = (*parsed.incoming, *parsed.outgoing, *parsed.unencrypted)
    assert [server.security for server in servers] == [security]
    assert bool(parsed.unencrypted) == (security is Security.PLAIN)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "a.example&#10;b", "", "x/y.example"])
def test_bad_hosts_are_left_out(host: str) -> None:
    parsed = parse(answer(protocol("IMAP", host, "993")))
    assert isinstance(parsed, AutodiscoverAnswer)
    assert parsed.incoming == ()


def test_exchange_is_recognised() -> None:
    parsed = parse(answer(protocol("EXCH", "mail.example.com", "443")))
    assert isinstance(parsed, AutodiscoverAnswer)
    assert parsed.exchange
    assert not parsed.incoming


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"<html></html>", "web-page"),
        (b"<Autodiscover/>", "other-document"),
        (b"<Autodiscover><Response/></Autodiscover>", "other-document"),
        (b"<other/>", "other-document"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><Autodiscover/>", "dtd"),
        (
            b"<Autodiscover><Response><Error><ErrorCode>500</ErrorCode></Error></Response>"
            b"</Autodiscover>",
            "error 500",
        ),
    ],
)
def test_what_is_no_answer(data: bytes, reason: str) -> None:
    assert parse(data) == NotAutodiscover(reason)


def test_settings_need_consent_and_no_credentials_go_out() -> None:
    network = FakeNetwork()
    network.http.pages[OWN] = SETTINGS
    result = found(search(network, only={Source.AUTODISCOVER}))
    assert result.incoming[0].trust is Trust.CONSENT
    assert [item.host for item in result.needs_consent] == ["imap.example.com", "smtp.example.com"]
    assert {name.lower() for sent in network.http.sent_headers for name in sent} == {"content-type"}
    assert all(not item.follow for item in network.http.posted)


def test_a_401_is_never_answered() -> None:
    network = FakeNetwork()
    network.http.pages[OWN] = HttpReply(OWN, 401, {"www-authenticate": "Basic"}, b"")
    result = search(network, only={Source.AUTODISCOVER})
    assert states(result)[Source.AUTODISCOVER] is SourceState.REFUSED
    assert result.reports[0].detail == f"{OWN} 401 exchange"
    assert network.http.asked.count(OWN) == 1


def redirect(url: str, status: int = 302) -> HttpReply:
    return HttpReply(OWN, status, {"location": url}, b"")


@pytest.mark.parametrize(
    "target",
    [
        "https://autodiscover.evil.example/autodiscover/autodiscover.xml",
        "https://example.com.evil.example/autodiscover/autodiscover.xml",
        "https://evilexample.com/autodiscover/autodiscover.xml",
        "https://example.net/autodiscover/autodiscover.xml",
    ],
)
def test_a_redirect_elsewhere_is_reported_not_followed(target: str) -> None:
    for reply in (
        redirect(target),
        HttpReply(OWN, 200, {}, answer(
            f"<Action>redirectUrl</Action><RedirectUrl>{target}</RedirectUrl>"
        )),
    ):  # fmt: skip
        network = FakeNetwork()
        network.http.pages[OWN] = reply
        network.http.pages[target] = SETTINGS
        result = search(network, only={Source.AUTODISCOVER})
        assert states(result)[Source.AUTODISCOVER] is SourceState.REFUSED
        assert "other-domain" in result.reports[0].detail
        assert network.hosts_told_address == {"autodiscover.example.com", "example.com"}


@pytest.mark.parametrize(
    "target",
    [
        "http://autodiscover.example.com/x",
        "https://127.0.0.1/x",
        "ftp://x",
        "",
        "https://localhost/",
    ],
)
def test_an_unsafe_redirect_ends_it(target: str) -> None:
    network = FakeNetwork()
    network.http.pages[OWN] = redirect(target)
    result = search(network, only={Source.AUTODISCOVER})
    assert states(result)[Source.AUTODISCOVER] is SourceState.REJECTED
    assert network.hosts_told_address == {"autodiscover.example.com", "example.com"}


def test_redirects_at_home_are_followed_three_times() -> None:
    def path(number: int) -> str:
        return f"https://r{number}.example.com/autodiscover/autodiscover.xml"

    for hops, state in ((3, SourceState.FOUND), (4, SourceState.REJECTED)):
        network = FakeNetwork()
        network.http.pages[OWN] = redirect(path(1))
        for number in range(1, hops):
            network.http.pages[path(number)] = redirect(path(number + 1), 307)
        network.http.pages[path(hops)] = SETTINGS
        result = search(network, only={Source.AUTODISCOVER})
        assert states(result)[Source.AUTODISCOVER] is state


def test_a_relative_redirect() -> None:
    network = FakeNetwork()
    network.http.pages[OWN] = redirect("/other.xml")
    network.http.pages["https://autodiscover.example.com/other.xml"] = SETTINGS
    assert found(search(network, only={Source.AUTODISCOVER})).incoming


def test_a_redirect_to_another_address() -> None:
    inside = answer("<Action>redirectAddr</Action><RedirectAddr>jo@eu.example.com</RedirectAddr>")
    network = FakeNetwork()
    network.http.pages[OWN] = inside
    there = "https://autodiscover.eu.example.com/autodiscover/autodiscover.xml"
    network.http.pages[there] = SETTINGS
    assert found(search(network, only={Source.AUTODISCOVER})).incoming
    assert b"jo@eu.example.com" in network.http.posted[-1].body

    network = FakeNetwork()
    network.http.pages[OWN] = inside.replace(b"eu.example.com", b"tenant.onmicrosoft.com")
    result = search(network, only={Source.AUTODISCOVER})
    assert states(result)[Source.AUTODISCOVER] is SourceState.REFUSED
    assert network.hosts_told_address == {"autodiscover.example.com", "example.com"}


def test_the_service_record_counts_only_inside_the_domain() -> None:
    network = FakeNetwork()
    record = ("SRV", "_autodiscover._tcp.example.com")
    network.resolver.records[record] = [Srv(0, 0, 443, "mail.example.com")]
    network.http.pages["https://mail.example.com/autodiscover/autodiscover.xml"] = SETTINGS
    assert found(search(network, only={Source.AUTODISCOVER})).incoming

    network = FakeNetwork()
    network.resolver.records[record] = [Srv(0, 0, 443, "autodiscover.hoster.example")]
    result = search(network, only={Source.AUTODISCOVER})
    assert states(result)[Source.AUTODISCOVER] is SourceState.REFUSED
    assert "autodiscover.hoster.example" in result.reports[0].detail
    assert "autodiscover.hoster.example" not in network.hosts_told_address


def redirecting(network: FakeNetwork) -> None:
    network.http.pages[BARE] = redirect("https://autodiscover.known.test/autodiscover.xml")


def naming_another_address(network: FakeNetwork) -> None:
    network.http.pages[OWN] = answer(
        "<Action>redirectAddr</Action><RedirectAddr>jo@eu.known.test</RedirectAddr>"
    )


def with_a_record(network: FakeNetwork) -> None:
    record = ("SRV", "_autodiscover._tcp.example.com")
    network.resolver.records[record] = [Srv(0, 0, 443, "autodiscover.known.test")]


def another_name(network: FakeNetwork) -> None:
    """As Microsoft 365 wants it: no certificate for this name there, and more names behind."""
    network.resolver.records["A", "autodiscover.example.com"] = ["192.0.2.5"]
    network.resolver.aliases["autodiscover.example.com"] = (
        "autodiscover.known.test",
        "farm7.cloud.example",
    )
    network.http.pages[OWN] = HttpFailure(
        OWN, "network", cause=NetFailure(Trouble.CERTIFICATE, "autodiscover.example.com", 443)
    )


@pytest.mark.parametrize(
    "leads", [redirecting, naming_another_address, with_a_record, another_name]
)
def test_where_it_leads_tells_the_provider_behind_a_mail_filter(
    leads: Callable[[FakeNetwork], None],
) -> None:
    network = FakeNetwork()
    network.resolver.records["MX", "example.com"] = [Mx(10, "mx7.filter.test")]
    leads(network)
    result = found(search(network))
    assert result.provider.id == "known"
    assert result.incoming[0].host == "imap.known.test"
    assert result.incoming[0].trust is Trust.CONSENT
    detail = result.incoming[0].evidence[0].detail
    assert detail.endswith("known.test -> known 2026-11")
    assert all(is_within(host, "example.com") for host in network.hosts_told_address)


def test_where_it_leads_counts_only_where_it_does_not_answer_itself() -> None:
    network = FakeNetwork()
    another_name(network)
    network.http.pages[OWN] = SETTINGS
    assert found(search(network, only={Source.AUTODISCOVER})).incoming[0].host == "imap.example.com"


def test_a_filter_it_leads_to_says_nothing() -> None:
    network = FakeNetwork()
    record = ("SRV", "_autodiscover._tcp.example.com")
    network.resolver.records[record] = [Srv(0, 0, 443, "autodiscover.filter.test")]
    result = search(network, only={Source.AUTODISCOVER})
    assert states(result)[Source.AUTODISCOVER] is SourceState.REFUSED


def test_an_exchange_server_that_only_lets_send_is_an_exchange_server() -> None:
    """Submission open, IMAP closed, as an installation comes: half an account helps nobody."""
    network = FakeNetwork()
    network.http.pages[OWN] = 401
    network.resolver.records["MX", "example.com"] = [Mx(10, "mail.example.com")]
    network.resolver.records["A", "mail.example.com"] = ["192.0.2.1"]
    network.connector.servers = {("mail.example.com", 587): SMTP_STARTTLS}
    result = found(search(network))
    assert result.provider.password_kind is PasswordKind.EXCHANGE
    assert (result.incoming, result.outgoing) == ((), ())


def test_a_login_name_with_placeholders_is_filled_in() -> None:
    inside = protocol("IMAP", "imap.example.com", "993", "<LoginName>{}</LoginName>")
    for written, login, guessed in (
        ("%EMAILLOCALPART%", "jo", False),
        ("%EMAILADDRESS%", "jo@example.com", False),
        ("%USERNAME%", "jo@example.com", True),
    ):
        parsed = parse(answer("<Action>settings</Action>" + inside.format(written)))
        assert isinstance(parsed, AutodiscoverAnswer)
        assert parsed.incoming[0].username == login
        assert parsed.incoming[0].username_guessed is guessed


def test_unencrypted_servers_are_not_used() -> None:
    network = FakeNetwork()
    network.http.pages[OWN] = answer(protocol("IMAP", "imap.example.com", "143", "<SSL>off</SSL>"))
    network.resolver.records["A", "example.com"] = ["192.0.2.1"]
    result = search(network, only={Source.AUTODISCOVER})
    assert getattr(result, "unencrypted_only", None) is True
    assert "unencrypted-only" in result.reports[0].detail
    # What was named is proposed, with encryption.
    guesses = {g.type.value: (g.host, g.port) for g in getattr(result, "guesses", ())}
    assert guesses["imap"] == ("imap.example.com", 993)
