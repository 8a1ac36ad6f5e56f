"""When nothing was found: the right reason, the right suggestion, and always something to start
a manual form with."""

from __future__ import annotations

import pytest

from tests.fakes.network import FOREVER, FakeNetwork, FakeServer, no_answer, refused, silent
from tests.unit.discovery.support import (
    address,
    autoconfig_url,
    document,
    found,
    search,
    small_pack,
    states,
)
from wizard.discovery.verdict import CONTROL_ADDRESSES, CONTROL_NAMES, domain_problem
from wizard.model import (
    DiscoveryResult,
    Failed,
    NothingFound,
    Offline,
    ProblemKind,
    Security,
    ServerType,
    Source,
    SourceState,
    Trust,
)
from wizard.net.failure import NetFailure, Trouble
from wizard.net.http import HttpFailure
from wizard.net.resolver import Mx, NoAnswer, NoRecords, NoSuchName, Records


def kind(result: DiscoveryResult) -> ProblemKind | None:
    return result.problem.kind if isinstance(result, (Failed, Offline)) else None


def test_a_domain_that_does_not_exist_is_called_mistyped() -> None:
    result = search(FakeNetwork(), "jo@konwn.test")
    assert isinstance(result, Failed)
    assert result.problem.kind is ProblemKind.DOMAIN_MISTYPED
    assert result.problem.host == "konwn.test"
    assert result.suggestion == "known.test"


def test_without_anything_alike_nothing_is_suggested() -> None:
    result = search(FakeNetwork(), "jo@entirely-different.example")
    assert isinstance(result, Failed)
    assert result.suggestion == ""


def test_null_mx_means_no_mail() -> None:
    fake = FakeNetwork()
    fake.resolver.records["MX", "example.com"] = [Mx(0, "")]
    fake.resolver.records["A", "example.com"] = ["192.0.2.1"]
    fake.resolver.records["A", "imap.example.com"] = ["192.0.2.1"]
    result = search(fake)
    assert kind(result) is ProblemKind.DOMAIN_TAKES_NO_MAIL
    assert fake.connector.asked == []


def test_neither_mx_nor_address_means_no_mail() -> None:
    fake = FakeNetwork()
    fake.resolver.records["MX", "example.com"] = NoRecords("example.com")
    fake.resolver.records["A", "example.com"] = NoRecords("example.com")
    assert kind(search(fake)) is ProblemKind.DOMAIN_TAKES_NO_MAIL


def test_a_domain_with_autoconfig_alone_is_found_all_the_same() -> None:
    fake = FakeNetwork()
    fake.resolver.records["MX", "example.com"] = NoRecords("example.com")
    fake.resolver.records["A", "example.com"] = NoRecords("example.com")
    fake.http.pages[autoconfig_url()] = document()
    assert found(search(fake)).incoming


def test_an_address_without_mx_may_take_mail() -> None:
    fake = FakeNetwork()
    fake.resolver.records["MX", "example.com"] = NoRecords("example.com")
    fake.resolver.records["A", "example.com"] = ["192.0.2.1"]
    assert isinstance(search(fake), NothingFound)


def test_guesses_are_never_empty_and_prefer_names_that_exist() -> None:
    fake = FakeNetwork()
    fake.resolver.records["MX", "example.com"] = [Mx(10, "mx.hoster.example")]
    fake.resolver.records["A", "mail.example.com"] = ["192.0.2.1"]
    result = search(fake)
    assert isinstance(result, NothingFound)
    assert {g.type: (g.host, g.port, g.security) for g in result.guesses} == {
        ServerType.IMAP: ("mail.example.com", 993, Security.TLS),
        ServerType.POP3: ("mail.example.com", 995, Security.TLS),
        ServerType.SMTP: ("mail.example.com", 465, Security.TLS),
    }
    for guess in result.guesses:
        assert (guess.username, guess.username_guessed) == ("jo@example.com", True)
        assert guess.trust is Trust.CONSENT
        assert guess.evidence[0].detail == "not proven"
    for other in (search(FakeNetwork()), search(_unplugged())):
        assert len(getattr(other, "guesses", ())) == 3


def _unplugged() -> FakeNetwork:
    fake = FakeNetwork()
    fake.resolver.everything = NoAnswer("", "offline")
    fake.http.offline = True
    offline = FakeServer(failure=NetFailure(Trouble.OFFLINE))
    fake.connector.servers = {(name, 443): offline for name in CONTROL_ADDRESSES}
    return fake


def test_no_internet() -> None:
    result = search(_unplugged())
    assert isinstance(result, Offline)
    assert result.problem.kind is ProblemKind.NO_INTERNET
    assert result.pack is None
    assert states(result)[Source.DATABASE] is SourceState.OFFLINE


def test_no_internet_and_every_packet_swallowed() -> None:
    fake = FakeNetwork()
    fake.resolver.everything = no_answer()
    fake.resolver.delay = 4.0
    fake.http.delay = FOREVER
    fake.connector.servers = {(name, 443): silent() for name in CONTROL_ADDRESSES}
    result = search(fake)
    assert kind(result) is ProblemKind.NO_INTERNET
    assert isinstance(result, Offline)
    assert result.ms <= 10_000


def test_broken_name_servers_are_told_apart_by_numbers() -> None:
    fake = _unplugged()
    fake.resolver.everything = no_answer(reason="servfail")
    for server in (refused(CONTROL_ADDRESSES[0], 443), FakeServer()):
        fake.connector.servers[CONTROL_ADDRESSES[0], 443] = server
        assert kind(search(fake)) is ProblemKind.NAME_SERVER_BROKEN


def test_controls_are_asked_only_when_nothing_has_answered() -> None:
    fake = FakeNetwork()
    search(fake)
    assert not {name for _, name in fake.resolver.asked} & set(CONTROL_NAMES)
    assert not {host for host, _, _ in fake.connector.asked} & set(CONTROL_ADDRESSES)


def test_the_domains_own_name_servers_are_broken() -> None:
    fake = FakeNetwork()
    for record in ("MX", "A"):
        fake.resolver.records[record, "example.com"] = no_answer("example.com", "servfail")
    result = search(fake)
    assert isinstance(result, Failed)
    assert result.problem.kind is ProblemKind.NAME_SERVER_BROKEN
    assert result.problem.host == "example.com"


def test_a_hotspot_that_wants_a_sign_in_first() -> None:
    fake = FakeNetwork()
    url = "https://autoconfig.thunderbird.net/v1.1/example.com"
    fake.http.pages[url] = HttpFailure(
        url, "network", cause=NetFailure(Trouble.NOT_TLS, "autoconfig.thunderbird.net", 443)
    )
    assert kind(search(fake)) is ProblemKind.CAPTIVE_PORTAL


def test_a_closed_network_that_knows_the_mail_servers_works() -> None:
    """A company's provider file, a name server that knows the company, and no internet."""
    fake = FakeNetwork()
    fake.resolver.records["A", "imap.known.test"] = ["10.0.0.5"]
    for name in CONTROL_NAMES:
        fake.resolver.delays[name] = FOREVER
    fake.connector.servers = {(number, 443): silent() for number in CONTROL_ADDRESSES}
    result = found(search(fake, "jo@known.test", provider_file=small_pack()))
    assert result.incoming[0].host == "imap.known.test"
    assert result.ms < 100


def test_offline_the_pack_answers_alone() -> None:
    fake = _unplugged()
    result = search(fake, "jo@known.test")
    assert isinstance(result, Offline)
    assert result.pack is not None
    assert result.pack.incoming[0].host == "imap.known.test"
    assert result.pack.provider.id == "known"


def test_the_pack_alone_needs_no_network_when_nothing_else_is_asked() -> None:
    result = found(search(_unplugged(), "jo@known.test", only={Source.PACK}))
    assert result.incoming


@pytest.mark.parametrize(
    ("mx", "addresses", "expected"),
    [
        (NoSuchName("x"), NoSuchName("x"), ProblemKind.DOMAIN_MISTYPED),
        (NoRecords("x"), NoRecords("x"), ProblemKind.DOMAIN_TAKES_NO_MAIL),
        (NoSuchName("x"), NoRecords("x"), ProblemKind.DOMAIN_TAKES_NO_MAIL),
        (NoRecords("x"), Records("x", ("192.0.2.1",)), None),
        (NoRecords("x"), NoAnswer("x", "timeout"), None),
        (NoAnswer("x", "timeout"), NoRecords("x"), None),
        (NoAnswer("x", "timeout"), NoAnswer("x", "timeout"), ProblemKind.NAME_SERVER_BROKEN),
        (
            Records("x", (Mx(0, ""),)),
            Records("x", ("192.0.2.1",)),
            ProblemKind.DOMAIN_TAKES_NO_MAIL,
        ),
        (Records("x", (Mx(0, "a.b"),)), NoSuchName("x"), None),
    ],
)
def test_the_verdict_on_a_domain(mx: object, addresses: object, expected: object) -> None:
    problem = domain_problem("x", mx, addresses)  # type: ignore[arg-type]  # a table of cases
    assert (problem.kind if problem else None) is expected


def test_an_address_keeps_its_spelling() -> None:
    result = search(FakeNetwork(), "Jo.Doe@Example.com")
    assert str(result.address) == "Jo.Doe@example.com" == str(address("Jo.Doe@example.com"))


def test_without_a_source_that_needs_it_the_network_is_not_asked_for() -> None:
    fake = _unplugged()
    result = search(fake, "jo@gmial.com", only={Source.PACK})
    assert isinstance(result, NothingFound)
    assert not (fake.resolver.asked or fake.http.asked or fake.connector.asked)
    assert len(result.guesses) == 3
