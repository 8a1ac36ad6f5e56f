"""Who wins, who waits for whom, who is cancelled, and when it all ends. On a jumping clock."""

from __future__ import annotations

import asyncio

import pytest

from tests.fakes.clock import run_jumping
from tests.fakes.network import (
    FOREVER,
    IMAP_TLS,
    SMTP_TLS,
    FakeNetwork,
    FakeServer,
    no_answer,
    silent,
)
from tests.unit.discovery.support import (
    address,
    autoconfig_url,
    database,
    document,
    found,
    search,
    small_pack,
    states,
    well_known,
)
from wizard.discovery import Pack, discover, read_pack
from wizard.discovery.plan import STEPS
from wizard.model import (
    Found,
    NothingFound,
    PasswordKind,
    Source,
    SourceReport,
    SourceState,
    Trust,
)
from wizard.net.http import HttpReply
from wizard.net.resolver import Mx, NoRecords, Srv

RTT = 0.05


def network() -> FakeNetwork:
    """A domain with a web site and a mail exchanger that nobody knows; 50 ms round trip."""
    fake = FakeNetwork()
    fake.resolver.delay = RTT
    fake.http.delay = 4 * RTT
    fake.resolver.records["MX", "example.com"] = [Mx(10, "mail.example.com")]
    fake.resolver.records["A", "example.com"] = ["192.0.2.1"]
    for url in (autoconfig_url(), well_known(), database()):
        fake.http.pages[url] = 404
    return fake


def test_every_source_is_planned_once_in_the_published_order() -> None:
    assert [step.source for step in STEPS] == [
        Source.PROVIDER_FILE, Source.PACC, Source.AUTOCONFIG, Source.PACK, Source.DATABASE,
        Source.SRV, Source.MX, Source.AUTODISCOVER, Source.GUESS,
    ]  # fmt: skip


@pytest.mark.parametrize("url", [autoconfig_url(), well_known(), database()])
def test_a_document_stands_as_soon_as_nothing_better_can_come(url: str) -> None:
    fake = network()
    fake.http.pages[url] = document()
    result = found(search(fake))
    assert result.ms == 200
    assert result.needs_consent == ()


def test_all_sources_start_at_once_and_guessing_does_not() -> None:
    fake = network()
    reports: list[SourceReport] = []
    fake.http.pages[database()] = document()
    search(fake, reports=reports)
    running = {r.source: r.ms for r in reports if r.state is SourceState.RUNNING}
    assert set(running) == set(Source) - {Source.GUESS, Source.MANUAL, Source.PROVIDER_FILE}
    assert set(running.values()) <= {0, 8, 16}, "a few ms apart, so that urgent ones leave first"
    assert fake.connector.asked == []


def test_a_success_cancels_what_ranks_below_and_nothing_above() -> None:
    fake = network()
    fake.http.pages[database()] = document("imap.db.example")
    fake.http.delays[database()] = 0.1
    fake.http.pages[autoconfig_url()] = document("imap.own.example")
    fake.http.delays[autoconfig_url()] = 0.5
    result = found(search(fake))
    assert [s.host for s in result.incoming] == ["imap.own.example", "imap.db.example"]
    assert result.ms == 500
    assert states(result)[Source.AUTODISCOVER] is SourceState.CANCELLED
    assert states(result)[Source.AUTOCONFIG] is SourceState.FOUND
    autodiscover = [url for url in fake.http.cancelled if "autodiscover" in url]
    assert autodiscover


def test_a_better_but_slower_source_gets_half_a_second_more() -> None:
    fake = network()
    fake.http.pages[database()] = document("imap.db.example")
    fake.http.pages[autoconfig_url()] = document("imap.own.example")
    for delay, host, ms in ((0.69, "imap.own.example", 690), (0.71, "imap.db.example", 700)):
        fake.http.delays[autoconfig_url()] = delay
        result = found(search(fake))
        assert (result.incoming[0].host, result.ms) == (host, ms)
        late = host == "imap.db.example"
        expected = SourceState.CANCELLED if late else SourceState.FOUND
        assert states(result)[Source.AUTOCONFIG] is expected


def test_a_dead_host_beside_a_good_source_costs_the_grace_only() -> None:
    fake = network()
    fake.http.pages[database()] = document()
    fake.http.delays["autoconfig.example.com"] = FOREVER
    fake.http.delays["example.com"] = FOREVER
    assert found(search(fake)).ms == 700


def test_the_domains_own_host_outranks_its_well_known_place() -> None:
    fake = network()
    fake.http.pages[well_known()] = document("imap.second.example")
    fake.http.pages[autoconfig_url()] = document("imap.first.example")
    fake.http.delays[autoconfig_url()] = 0.4
    result = found(search(fake))
    assert [s.host for s in result.incoming] == ["imap.first.example", "imap.second.example"]


def srv(fake: FakeNetwork, target: str) -> None:
    for name, port in (("_imaps", 993), ("_submissions", 465)):
        fake.resolver.records["SRV", f"{name}._tcp.example.com"] = [Srv(0, 1, port, target)]


def test_service_records_stand_once_the_documents_have_said_no() -> None:
    fake = network()
    srv(fake, "mail.example.com")
    result = found(search(fake))
    assert result.ms == 200
    assert result.incoming[0].trust is Trust.TRUSTED
    assert states(result)[Source.AUTODISCOVER] is SourceState.CANCELLED


def test_a_trusted_word_outranks_a_better_placed_one_that_needs_consent() -> None:
    fake = network()
    fake.http.pages[autoconfig_url()] = HttpReply(
        "https://evil.example/c.xml", 200, {}, document("imap.evil.example"), (autoconfig_url(),)
    )
    fake.http.pages[database()] = document("imap.db.example")
    fake.http.delays[database()] = 0.5
    result = found(search(fake))
    assert [s.host for s in result.incoming] == ["imap.db.example", "imap.evil.example"]
    assert [s.trust for s in result.incoming] == [Trust.TRUSTED, Trust.CONSENT]


def test_agreement_adds_evidence_and_trust() -> None:
    fake = network()
    srv(fake, "imap.hoster.example")
    fake.http.pages[database()] = document("imap.hoster.example", "imap.hoster.example")
    server = found(search(fake)).incoming[0]
    assert [(e.source, e.trust) for e in server.evidence] == [
        (Source.DATABASE, Trust.TRUSTED),
        (Source.SRV, Trust.CONSENT),
    ]
    assert server.evidence[1].fields == ("host", "port", "security")
    assert server.trust is Trust.TRUSTED


def test_contradictions_are_kept_beside_each_other() -> None:
    fake = network()
    srv(fake, "mail.example.com")
    fake.http.pages[database()] = document("imap.example.com", username="%EMAILLOCALPART%")
    fake.http.pages[well_known()] = document("imap.example.com", username="%EMAILADDRESS%")
    result = found(search(fake))
    assert [(s.host, s.username) for s in result.incoming] == [
        ("imap.example.com", "jo@example.com"),
        ("imap.example.com", "jo"),
        ("mail.example.com", "jo@example.com"),
    ]


def test_a_published_user_name_beats_a_guessed_one_for_the_same_server() -> None:
    fake = network()
    srv(fake, "imap.example.com")
    fake.http.pages[autoconfig_url()] = document(username="%EMAILLOCALPART%")
    server = found(search(fake, all_sources=True)).incoming[0]
    assert (server.username, server.username_guessed) == ("jo", False)


def test_guessing_starts_after_300_ms_without_a_complete_answer() -> None:
    fake = network()
    fake.http.delay = 1.0
    fake.connector.servers = {
        ("imap.example.com", 993): FakeServer(IMAP_TLS.greeting, delay=3 * RTT),
        ("smtp.example.com", 465): FakeServer(SMTP_TLS.greeting, SMTP_TLS.after, delay=3 * RTT),
    }
    for name in ("imap", "smtp"):
        fake.resolver.records["A", f"{name}.example.com"] = ["192.0.2.7"]
    reports: list[SourceReport] = []
    result = found(search(fake, reports=reports))
    started = [r.ms for r in reports if r.source is Source.GUESS and r.state is SourceState.RUNNING]
    assert started == [300]
    # Addresses and probe; then Autodiscover's slow no, the last to come that ranks above.
    assert result.ms == 1000


def test_guessing_starts_earlier_where_nothing_else_is_left() -> None:
    fake = network()
    reports: list[SourceReport] = []
    search(fake, reports=reports)
    started = [r.ms for r in reports if r.source is Source.GUESS and r.state is SourceState.RUNNING]
    assert started == [200]


def test_guessing_does_not_start_beside_a_complete_answer() -> None:
    fake = network()
    fake.resolver.records["MX", "example.com"] = [Mx(10, "a.mx.known.test")]
    fake.http.delay = 0.4
    result = found(search(fake))
    assert states(result)[Source.GUESS] is SourceState.CANCELLED
    assert result.provider.id == "known"
    assert fake.connector.asked == []


def test_one_side_alone_does_not_end_the_search() -> None:
    fake = network()
    fake.resolver.records["SRV", "_imaps._tcp.example.com"] = [Srv(0, 1, 993, "mail.example.com")]
    fake.resolver.records["A", "smtp.example.com"] = ["192.0.2.7"]
    fake.connector.servers = {("smtp.example.com", 465): SMTP_TLS}
    result = found(search(fake))
    assert result.incoming[0].evidence[0].source is Source.SRV
    assert result.outgoing[0].evidence[0].source is Source.GUESS
    assert [s.host for s in result.needs_consent] == ["smtp.example.com"]


def test_the_deadline_holds_when_everything_is_swallowed() -> None:
    fake = network()
    fake.http.delay = FOREVER
    for name in ("imap", "mail", "smtp", "pop"):
        fake.resolver.records["A", f"{name}.example.com"] = ["192.0.2.7"]
        for port in (993, 143, 465, 587, 995, 110, 25):
            fake.connector.servers[f"{name}.example.com", port] = silent()
    result = search(fake)
    assert isinstance(result, NothingFound)
    assert result.ms <= 10_100
    assert states(result)[Source.DATABASE] is SourceState.TIMEOUT
    assert {guess.host for guess in result.guesses} >= {"imap.example.com", "smtp.example.com"}


def test_a_shorter_deadline() -> None:
    fake = network()
    fake.http.delay = FOREVER
    result = search(fake, timeout=2.0)
    assert isinstance(result, NothingFound)
    assert result.ms <= 2_100


def test_a_slow_link_has_longer_limits_and_still_an_end() -> None:
    fake = network()
    fake.resolver.delay = 0.6
    fake.http.delay = 4 * 0.6
    srv(fake, "mail.hoster.example")
    fake.http.pages[autoconfig_url()] = document("imap.own.example")
    result = found(search(fake))
    assert result.incoming[0].host == "imap.own.example"
    fake = network()
    fake.resolver.delay = 0.6
    fake.http.delay = FOREVER
    result_nothing = search(fake)
    assert isinstance(result_nothing, NothingFound)
    assert 10_000 < result_nothing.ms <= 20_600


def test_only_some_sources() -> None:
    fake = network()
    fake.http.pages[autoconfig_url()] = document()
    result = search(fake, only={Source.SRV, Source.MX})
    assert isinstance(result, NothingFound)
    assert [report.source for report in result.reports] == [Source.SRV, Source.MX]
    assert fake.http.asked == []


def test_all_sources_are_heard_when_asked_for() -> None:
    fake = network()
    fake.http.pages[autoconfig_url()] = document()
    fake.http.delays[database()] = 2.0
    fake.http.pages[database()] = document()
    srv(fake, "imap.example.com")
    result = found(search(fake, all_sources=True))
    assert [e.source for e in result.incoming[0].evidence] == [
        Source.AUTOCONFIG, Source.DATABASE, Source.SRV,
    ]  # fmt: skip
    assert SourceState.CANCELLED not in states(result).values()
    assert states(result)[Source.GUESS] is SourceState.NOTHING


def test_a_provider_file_wins_at_once() -> None:
    fake = network()
    fake.http.pages[autoconfig_url()] = document()
    file = read_pack(
        'format = 1\n[[provider]]\nid = "host"\nname = "Host"\nmx = ["mail.example.com"]\n'
        'servers = ["imap imap.host.test:993 tls", "smtp smtp.host.test:465 tls"]\n'
    )
    assert isinstance(file, Pack)
    result = found(search(fake, provider_file=file))
    assert result.provider.id == "host"
    assert result.incoming[0].evidence[0].source is Source.PROVIDER_FILE
    assert result.needs_consent == ()
    assert result.ms == 50


def test_the_pack_answers_after_the_better_sources_have_said_no() -> None:
    fake = network()
    result = found(search(fake, "jo@known.test"))
    assert result.provider.password_kind is PasswordKind.APP_PASSWORD
    assert result.incoming[0].evidence[0].source is Source.PACK
    assert result.ms == 200
    assert not [url for url in fake.http.asked if "thunderbird" in url]


def test_a_provider_that_offers_no_encryption_is_reported_as_such() -> None:
    fake = network()
    fake.resolver.records["MX", "naked.test"] = [Mx(10, "mx.naked.test")]
    result = search(fake, "jo@naked.test")
    assert isinstance(result, NothingFound)
    assert result.unencrypted_only
    assert states(result)[Source.PACK] is SourceState.REJECTED


def test_the_provider_is_the_one_whose_servers_were_chosen() -> None:
    fake = network()
    fake.http.pages[autoconfig_url()] = document("imap.known.test", "smtp.known.test", name="Mine")
    result = found(search(fake))
    assert (result.provider.id, result.provider.name) == ("known", "Known Mail")
    assert result.provider.password_kind is PasswordKind.APP_PASSWORD
    # The pack knows the domain's exchanger, but the domain itself says otherwise.
    fake = network()
    fake.resolver.records["MX", "example.com"] = [Mx(10, "a.mx.known.test")]
    fake.http.pages[autoconfig_url()] = document("imap.own.example", name="Mine")
    assert found(search(fake)).provider.name == "Mine"
    fake = network()
    srv(fake, "imap.hoster.example")
    assert found(search(fake)).provider.name == "hoster.example"


def test_progress_is_told_in_order() -> None:
    fake = network()
    fake.http.pages[database()] = document()
    reports: list[SourceReport] = []
    result = search(fake, reports=reports)
    for source in {report.source for report in reports}:
        own = [report.state for report in reports if report.source is source]
        assert own[0] is SourceState.WAITING
        assert own[-1] is states(result)[source]
        assert own[-1] not in {SourceState.WAITING, SourceState.RUNNING}
        assert len(own) <= 3
    assert [r.ms for r in reports] == sorted(r.ms for r in reports)


def test_cancelling_takes_effect_at_once_and_leaves_nothing() -> None:
    async def go() -> None:
        fake = network()
        fake.http.delay = FOREVER
        fake.resolver.records["A", "imap.example.com"] = ["192.0.2.7"]
        fake.connector.servers["imap.example.com", 993] = silent()
        task = asyncio.create_task(discover(address(), fake, small_pack()))
        await asyncio.sleep(1.0)
        assert len(asyncio.all_tasks()) > 5
        began = asyncio.get_running_loop().time()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.get_running_loop().time() - began < 0.1
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert len(fake.http.cancelled) == len(fake.http.asked)

    run_jumping(go())


def test_a_defect_in_a_source_is_not_swallowed() -> None:
    class Defect(Exception):
        pass

    class BrokenResolver(type(FakeNetwork().resolver)):  # type: ignore[misc]  # a computed base
        async def mx(self, name: str) -> object:
            raise Defect

    fake = network()
    fake.resolver = BrokenResolver(records=fake.resolver.records, delay=RTT)
    with pytest.raises(Defect):
        search(fake)


def test_dns_is_asked_while_the_web_is_slow() -> None:
    fake = network()
    fake.resolver.records["A", "known.test"] = NoRecords("known.test")
    fake.resolver.everything = no_answer(reason="servfail")
    fake.http.pages[database("example.com")] = document()
    result = search(fake)
    assert isinstance(result, Found)


def test_the_whole_search_ends_within_its_time_whatever_is_left_to_try() -> None:
    """An answer at the last moment whose odd port has to be tried, on a host that is silent."""
    for late in (9.4, 9.6):
        fake = network()
        fake.http.delay = FOREVER
        fake.http.delays[database("example.com")] = late
        fake.http.pages[database("example.com")] = document(port=143)
        fake.connector.servers = {("imap.example.com", 143): silent()}
        assert search(fake, timeout=10.0).ms <= 10_000
    fake = network()
    fake.http.delay = FOREVER
    fake.resolver.records["A", "example.com"] = ["192.0.2.1"]
    fake.resolver.delays["mail.example.com"] = FOREVER
    assert search(fake).ms <= 10_000


def test_contacts_and_calendars_at_the_domain_itself() -> None:
    card, cal = (f"https://example.com/.well-known/{kind}" for kind in ("carddav", "caldav"))
    reply: int | HttpReply
    for reply, there in (
        (401, True),
        (405, True),
        (404, False),
        (HttpReply(card, 200, {"dav": "1, addressbook"}, b""), True),
        (HttpReply(card, 200, {}, b"<html>home</html>"), False),
    ):
        fake = network()
        fake.http.pages[autoconfig_url()] = document()
        fake.http.pages[card] = fake.http.pages[cal] = reply
        services = found(search(fake, all_sources=True)).services
        assert [s.url for s in services] == ([card, cal] if there else [])
        for service in services:
            assert service.evidence[0].trust is Trust.CONSENT
        assert not any("@" in url for url in fake.http.asked if "dav" in url)
    fake = network()
    fake.http.pages[autoconfig_url()] = document()
    fake.http.pages[card] = fake.http.pages[cal] = 401
    fake.resolver.records["SRV", "_caldavs._tcp.example.com"] = [Srv(0, 1, 443, "d.example.com")]
    services = found(search(fake, all_sources=True)).services
    assert [s.url for s in services] == ["https://d.example.com/.well-known/caldav", card]
    fake.http.asked.clear()
    search(fake)
    assert not {card, cal} & set(fake.http.asked)
