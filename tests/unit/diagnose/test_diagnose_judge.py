"""From what was seen to the cause: a scene per situation, and what must not be taken for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from wizard.diagnose.judge import healthy, judge
from wizard.diagnose.scene import Lookup, PageSeen, ReverseName, Scene, Seen, Servers
from wizard.model import (
    AuthMethod,
    ClueKind,
    Problem,
    ProblemKind,
    ProxyUse,
    Security,
    ServerSettings,
    ServerType,
    SideFailed,
    SideUntested,
    Stage,
    Subject,
    Verification,
)
from wizard.net.failure import CertificateFacts, Trouble

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HOST, WWW = "mail.example.net", "www.example.net"
IMAP = ServerSettings(ServerType.IMAP, HOST, 993, Security.TLS, (AuthMethod.PLAIN,), "anna")
SMTP = replace(IMAP, type=ServerType.SMTP, port=465)
SERVERS = Servers((IMAP,), (SMTP,), websites=(WWW,))
CONTROL, ELSEWHERE = "control.example.org", "imap.example.org"
NAMES = tuple(
    Lookup(subject, host, v4=("192.0.2.1",))
    for subject, host in (
        (Subject.INTERNET, CONTROL),
        (Subject.ELSEWHERE, ELSEWHERE),
        (Subject.RECEIVING, HOST),
        (Subject.WEBSITE, WWW),
    )
)


def ladder(
    server: ServerSettings,
    kind: ProblemKind | None = None,
    stage: Stage = Stage.CONNECT,
    trouble: Trouble | None = None,
    family: str = "IPv4",
    facts: tuple[tuple[str, str], ...] = (),
    certificate: CertificateFacts | None = None,
) -> Seen:
    problem = None
    if kind is not None:
        problem = Problem(kind, stage, server.type, server.host, server.port, facts=facts)
    subject = Subject.RECEIVING if server.type.is_incoming else Subject.SENDING
    return Seen(
        subject,
        server.host,
        server.port,
        family,
        "192.0.2.1",
        server.type,
        server.security,
        trouble,
        problem=problem,
        certificate=certificate,
    )


def silent(server: ServerSettings, family: str = "IPv4") -> Seen:
    return ladder(server, ProblemKind.NO_ANSWER, Stage.CONNECT, Trouble.TIMEOUT, family)


def refused(server: ServerSettings) -> Seen:
    return ladder(server, ProblemKind.SERVER_DOWN, Stage.CONNECT, Trouble.REFUSED)


def port(subject: Subject, host: str, number: int, trouble: Trouble | None = None) -> Seen:
    return Seen(subject, host, number, "IPv4", "192.0.2.1", trouble=trouble)


def page(seen: PageSeen | None = PageSeen.RIGHT, offset: timedelta = timedelta()) -> Seen:
    trouble = Trouble.TIMEOUT if seen is None else None
    return replace(port(Subject.INTERNET, CONTROL, 80, trouble), page=seen, offset=offset)


WELL = (page(), port(Subject.ELSEWHERE, ELSEWHERE, 993), port(Subject.WEBSITE, WWW, 443))


def scene(*seen: Seen, servers: Servers = SERVERS, lookups: tuple[Lookup, ...] = NAMES) -> Scene:
    return Scene(servers, lookups, seen)


def kind(what: Scene) -> ProblemKind | None:
    verdict = judge(what, NOW).verdict
    return None if verdict is None else verdict.kind


def clues(what: Scene) -> set[ClueKind]:
    return {clue.kind for clue in judge(what, NOW).clues}


def test_all_is_well() -> None:
    well = scene(*WELL, ladder(IMAP), ladder(SMTP))
    assert kind(well) is None
    assert healthy(well)
    assert clues(well) == {ClueKind.SIGN_IN_UNTESTED}
    assert clues(replace(well, login_tried=True)) == set()


def test_nothing_can_be_reached() -> None:
    lost = tuple(replace(item, v4=(), trouble="timeout") for item in NAMES)
    assert kind(scene(lookups=lost)) is ProblemKind.NO_INTERNET
    dead = (page(None), silent(IMAP), silent(SMTP))
    assert kind(scene(*dead)) is ProblemKind.NO_INTERNET


def test_a_proxy_for_websites_explains_why_no_mail_gets_through() -> None:
    dead = (page(None), port(Subject.ELSEWHERE, ELSEWHERE, 993, Trouble.TIMEOUT))
    behind = scene(*dead, silent(IMAP), refused(SMTP))
    behind = replace(
        behind,
        proxy="proxy.example.net:3128",
        web_by_proxy=True,
        proxy_use=ProxyUse.AUTOMATIC,
    )
    verdict = judge(behind, NOW).verdict
    assert verdict is not None
    assert (verdict.kind, verdict.host, verdict.port) == (ProblemKind.PORT_BLOCKED, HOST, 993)
    assert verdict.fact("proxy") == "proxy.example.net:3128"
    assert ClueKind.PROXY_AUTOMATIC in clues(behind)
    # Computers there may know the names of the company only.
    nameless = tuple(replace(item, v4=(), trouble="no-such-name") for item in NAMES)
    assert kind(replace(behind, seen=(), lookups=nameless)) is ProblemKind.PORT_BLOCKED
    # Where other people's mail gets through, or no website by the proxy either, it is not that.
    other = replace(behind, seen=(*behind.seen, port(Subject.ELSEWHERE, "imap.c.example", 993)))
    assert kind(other) is not ProblemKind.PORT_BLOCKED
    assert kind(replace(behind, web_by_proxy=False)) is ProblemKind.SERVER_DOWN


@pytest.mark.parametrize("use", ProxyUse)
def test_how_websites_are_reached_is_worth_knowing(use: ProxyUse) -> None:
    well = replace(scene(*WELL, ladder(IMAP), ladder(SMTP)), login_tried=True, proxy_use=use)
    assert kind(well) is None
    assert len(clues(well)) == (use is not ProxyUse.NONE)


def test_without_any_way_it_is_no_server_s_fault() -> None:
    off = replace(silent(IMAP), trouble=Trouble.OFFLINE, no_way=True)
    assert kind(scene(off, lookups=())) is ProblemKind.NO_INTERNET


def test_silence_of_one_provider_is_no_proof_of_a_dead_network() -> None:
    """In a company's network our controls may have no name."""
    nameless = tuple(
        replace(item, v4=(), trouble="no-such-name")
        if item.subject in {Subject.INTERNET, Subject.ELSEWHERE}
        else item
        for item in NAMES
    )
    direct = port(Subject.INTERNET, "9.9.9.9", 443, Trouble.TIMEOUT)
    assert kind(scene(direct, silent(IMAP), silent(SMTP), lookups=nameless)) is (
        ProblemKind.SERVER_DOWN
    )


@pytest.mark.parametrize("trouble", ["servfail", "refused"])
def test_a_name_server_that_answers_badly(trouble: str) -> None:
    lost = tuple(replace(item, v4=(), trouble=trouble) for item in NAMES)
    assert kind(scene(lookups=lost)) is ProblemKind.NAME_SERVER_BROKEN


def test_a_silent_name_server_while_something_else_is_there() -> None:
    lost = tuple(replace(item, v4=(), trouble="timeout") for item in NAMES)
    direct = port(Subject.INTERNET, "9.9.9.9", 443)
    assert kind(scene(direct, lookups=lost)) is ProblemKind.NAME_SERVER_BROKEN
    there = replace(scene(lookups=lost), name_server_there=True)
    assert kind(there) is ProblemKind.NAME_SERVER_BROKEN


def test_the_name_of_one_server_only() -> None:
    def with_host(trouble: str) -> Scene:
        changed = tuple(
            replace(item, v4=(), trouble=trouble) if item.host == HOST else item for item in NAMES
        )
        return scene(*WELL, lookups=changed)

    assert kind(with_host("no-such-name")) is ProblemKind.DOMAIN_MISTYPED
    broken = judge(with_host("servfail"), NOW).verdict
    assert broken is not None
    assert (broken.kind, broken.host) == (ProblemKind.NAME_SERVER_BROKEN, HOST)
    assert broken.fact("others")


def test_a_portal_on_a_mail_port_or_in_place_of_a_known_page() -> None:
    on_port = ladder(IMAP, ProblemKind.CAPTIVE_PORTAL, Stage.TLS)
    assert kind(scene(page(), on_port, ladder(SMTP))) is ProblemKind.CAPTIVE_PORTAL
    swapped = scene(page(PageSeen.PORTAL), silent(IMAP), silent(SMTP))
    assert kind(swapped) is ProblemKind.CAPTIVE_PORTAL


def test_a_changed_page_while_mail_works_is_no_portal() -> None:
    assert kind(scene(page(PageSeen.PORTAL), ladder(IMAP), ladder(SMTP))) is None
    one_of_two = (page(PageSeen.PORTAL), replace(page(), host="second.example.org"))
    assert kind(scene(*one_of_two, refused(IMAP), refused(SMTP))) is not ProblemKind.CAPTIVE_PORTAL


@pytest.mark.parametrize(
    ("problem", "offset", "expected"),
    [
        (ProblemKind.CERTIFICATE_EXPIRED, timedelta(days=-400), ProblemKind.CLOCK_WRONG),
        (ProblemKind.CERTIFICATE_EXPIRED, timedelta(hours=-3), ProblemKind.CERTIFICATE_EXPIRED),
        (ProblemKind.CLOCK_WRONG, timedelta(days=400), ProblemKind.CLOCK_WRONG),
    ],
)
def test_the_clock(problem: ProblemKind, offset: timedelta, expected: ProblemKind) -> None:
    seen = (page(offset=offset), ladder(IMAP, problem, Stage.TLS), ladder(SMTP))
    assert kind(scene(*seen)) is expected
    assert (ClueKind.CLOCK_DIFFERS in clues(scene(*seen))) is (abs(offset) > timedelta(days=1))


def test_an_interceptor_by_name_or_because_it_vouches_for_strangers_too() -> None:
    known = ladder(IMAP, ProblemKind.CERTIFICATE_INTERCEPTED, Stage.TLS)
    assert kind(scene(*WELL, known, ladder(SMTP))) is ProblemKind.CERTIFICATE_INTERCEPTED
    unknown, facts = ProblemKind.CERTIFICATE_UNKNOWN_AUTHORITY, (("issuer", "Box 7"),)
    own = ladder(IMAP, unknown, Stage.TLS, facts=facts)
    assert kind(scene(*WELL, own, ladder(SMTP))) is unknown
    elsewhere = replace(
        port(Subject.ELSEWHERE, ELSEWHERE, 993),
        problem=Problem(unknown, Stage.TLS, ServerType.IMAP, ELSEWHERE, 993, facts=facts),
    )
    assert kind(scene(page(), elsewhere, own)) is ProblemKind.CERTIFICATE_INTERCEPTED


def test_an_interceptor_of_the_web_alone_explains_nothing() -> None:
    web = replace(
        port(Subject.WEBSITE, WWW, 443),
        problem=Problem(ProblemKind.CERTIFICATE_INTERCEPTED, Stage.TLS, ServerType.IMAP, WWW, 443),
    )
    assert kind(scene(page(), web, ladder(IMAP), ladder(SMTP))) is None


def test_banned_all_mail_ports_dead_the_web_alive() -> None:
    other = port(Subject.OTHER_PORT, HOST, 143, Trouble.TIMEOUT)
    for dead in ((silent(IMAP), silent(SMTP)), (refused(IMAP), refused(SMTP))):
        assert kind(scene(*WELL, *dead, other)) is ProblemKind.NETWORK_BANNED
        # The web of the mail host itself will do, also where nobody knows our controls.
        web = port(Subject.WEBSITE, HOST, 443)
        assert kind(scene(web, *dead, other)) is ProblemKind.NETWORK_BANNED


def test_not_banned_where_other_providers_ports_are_dead_too() -> None:
    seen = (
        page(),
        port(Subject.WEBSITE, WWW, 443),
        port(Subject.ELSEWHERE, ELSEWHERE, 993, Trouble.TIMEOUT),
        silent(IMAP),
        silent(SMTP),
    )
    assert kind(scene(*seen)) is ProblemKind.PORT_BLOCKED


def test_not_banned_where_the_provider_s_web_is_dead_too() -> None:
    seen = (
        page(),
        port(Subject.ELSEWHERE, ELSEWHERE, 993),
        port(Subject.WEBSITE, WWW, 443, Trouble.TIMEOUT),
        refused(IMAP),
        refused(SMTP),
    )
    assert kind(scene(*seen)) is ProblemKind.SERVER_DOWN


def test_one_port_blocked() -> None:
    verdict = judge(scene(page(), ladder(IMAP), silent(SMTP)), NOW).verdict
    assert verdict is not None
    assert (verdict.kind, verdict.port) == (ProblemKind.PORT_BLOCKED, 465)
    by_web = (page(), silent(IMAP), port(Subject.OTHER_PORT, HOST, 143), ladder(SMTP))
    assert kind(scene(*by_web)) is ProblemKind.PORT_BLOCKED


def test_one_port_dead_that_this_network_lets_through_elsewhere() -> None:
    seen = (*WELL, silent(IMAP), ladder(SMTP))
    assert kind(scene(*seen)) is ProblemKind.NO_ANSWER
    assert kind(scene(*WELL, refused(IMAP), ladder(SMTP))) is ProblemKind.SERVER_DOWN
    odd = replace(IMAP, port=1993)
    servers = replace(SERVERS, incoming=(odd,))
    assert kind(scene(*WELL, refused(odd), ladder(SMTP), servers=servers)) is (
        ProblemKind.WRONG_PORT_OR_TLS_MODE
    )


def test_one_host_of_two_down() -> None:
    other = replace(SMTP, host="smtp.example.net")
    servers = replace(SERVERS, outgoing=(other,))
    names = (*NAMES, Lookup(Subject.SENDING, other.host, v4=("192.0.2.2",)))
    seen = (*WELL, ladder(IMAP), silent(other))
    assert kind(scene(*seen, servers=servers, lookups=names)) is ProblemKind.SERVER_DOWN


def test_what_the_server_itself_says_comes_last_but_before_the_login() -> None:
    greeting = ladder(SMTP, ProblemKind.NETWORK_BANNED, Stage.GREETING)
    assert kind(scene(*WELL, ladder(IMAP), greeting)) is ProblemKind.NETWORK_BANNED
    wrong = Problem(ProblemKind.WRONG_PASSWORD, Stage.LOGIN, ServerType.IMAP, HOST, 993)
    tried = Verification(SideFailed(wrong), SideUntested("receiving-failed"))
    well = replace(scene(*WELL, ladder(IMAP), ladder(SMTP)), login=tried, login_tried=True)
    assert kind(well) is ProblemKind.WRONG_PASSWORD


def test_ipv6_broken_while_ipv4_works() -> None:
    six = silent(IMAP, "IPv6")
    assert kind(scene(*WELL, ladder(IMAP), six, ladder(SMTP))) is ProblemKind.IPV6_BROKEN
    down = scene(*WELL, ladder(IMAP), six, refused(SMTP))
    assert kind(down) is ProblemKind.SERVER_DOWN
    assert ClueKind.IPV6_BROKEN in clues(down)


def test_no_ipv6_on_this_computer_is_not_broken_ipv6() -> None:
    none = replace(silent(IMAP, "IPv6"), trouble=Trouble.OFFLINE, no_way=True)
    well = scene(*WELL, ladder(IMAP), none, ladder(SMTP))
    assert kind(well) is None
    assert healthy(well)


def test_ipv4_broken_while_ipv6_works_is_well_enough() -> None:
    assert kind(scene(*WELL, silent(IMAP), ladder(IMAP, family="IPv6"), ladder(SMTP))) is None


def test_a_server_that_was_not_seen_is_not_well() -> None:
    half = scene(*WELL, ladder(IMAP))
    verdict = judge(half, NOW).verdict
    assert verdict is not None
    assert (verdict.kind, verdict.port) == (ProblemKind.NO_ANSWER, 465)
    assert not healthy(half)


def test_without_settings_the_search_s_answer_stands_unless_the_network_is_to_blame() -> None:
    problem = Problem(ProblemKind.NOTHING_FOUND, Stage.DISCOVER, host="example.net")
    nobody = Servers(problem=problem)
    assert kind(scene(*WELL, servers=nobody)) is ProblemKind.NOTHING_FOUND
    assert kind(scene(page(PageSeen.PORTAL), servers=nobody)) is ProblemKind.CAPTIVE_PORTAL
    assert not healthy(scene(*WELL, servers=nobody))


def test_certificates_that_end_soon_or_differ() -> None:
    soon = CertificateFacts(("mail.example.net",), "Example CA", not_after=NOW + timedelta(days=13))
    later = replace(soon, not_after=NOW + timedelta(days=15))
    well = (*WELL, ladder(IMAP, certificate=soon), ladder(SMTP, certificate=later))
    assert {ClueKind.CERTIFICATE_EXPIRES_SOON, ClueKind.CERTIFICATES_DIFFER} <= clues(scene(*well))
    fine = (*WELL, ladder(IMAP, certificate=later), ladder(SMTP, certificate=later))
    assert clues(scene(*fine)) == {ClueKind.SIGN_IN_UNTESTED}


def test_reverse_names() -> None:
    well = scene(*WELL, ladder(IMAP), ladder(SMTP))
    for reverse, clue in (
        (ReverseName(HOST, "192.0.2.1", HOST, confirmed=True), None),
        (ReverseName(HOST, "192.0.2.1", "other.example"), ClueKind.REVERSE_NAME_UNCONFIRMED),
        (ReverseName(HOST, "192.0.2.1"), ClueKind.REVERSE_NAME_MISSING),
        (ReverseName(HOST, "192.0.2.1", answered=False), None),
    ):
        found = clues(replace(well, reverse=(reverse,))) - {ClueKind.SIGN_IN_UNTESTED}
        assert found == ({clue} if clue else set())
