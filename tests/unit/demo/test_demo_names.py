"""The name server, as dnspython's client sees it, and its pure answers."""

from __future__ import annotations

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.resolver
import pytest

from tests.unit.demo.conftest import IMAP, SMTP, WEB, Running
from wizard.demo import Happening
from wizard.demo.names import answer, load_zone

ZONE = load_zone(
    "@ SOA ns hostmaster 1 2 3 4 5\n@ NS ns\n@ TXT big\na.b A 127.0.0.9\n", "zone.example"
)


def resolver(demo: Running) -> dns.resolver.Resolver:
    found = dns.resolver.Resolver(configure=False)
    host, found.port = demo.network.resolver
    found.nameservers = [host]
    found.lifetime = 20
    return found


@pytest.mark.parametrize("tcp", [False, True])
@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("demo.example", "MX", {"10 smtp.demo.example."}),
        ("autoconfig.demo.example", "A", {WEB}),
        ("demo.example", "A", {WEB}),
        ("IMAP.demo.Example", "A", {IMAP}),
        ("smtp.demo.example", "A", {SMTP}),
        ("_imaps._tcp.demo.example", "SRV", {"0 1 993 imap.demo.example."}),
        ("_submissions._tcp.demo.example", "SRV", {"0 1 465 smtp.demo.example."}),
    ],
)
def test_records(demo: Running, name: str, kind: str, said: set[str], tcp: bool) -> None:
    found = resolver(demo).resolve(name, kind, tcp=tcp)
    assert {record.to_text() for record in found} == said


@pytest.mark.parametrize(
    "name", ["example.com", "autodiscover.demo.example", "demo", "127.in-addr.arpa"]
)
def test_everything_else_does_not_exist(demo: Running, name: str) -> None:
    with pytest.raises(dns.resolver.NXDOMAIN):
        resolver(demo).resolve(name, "A")


@pytest.mark.parametrize(
    ("name", "kind"), [("imap.demo.example", "AAAA"), ("_tcp.demo.example", "A")]
)
def test_names_without_such_records_exist(demo: Running, name: str, kind: str) -> None:
    with pytest.raises(dns.resolver.NoAnswer):
        resolver(demo).resolve(name, kind)


def test_questions_are_noted(demo: Running) -> None:
    resolver(demo).resolve("demo.example", "MX")
    [entry] = demo.provider.log.of(Happening.QUESTION)
    assert (entry.subject, entry.detail) == ("demo.example", "MX udp")


def test_a_reply_too_large_for_udp_is_marked_as_cut() -> None:
    big = " ".join(f'"{"x" * 250}"' for _ in range(4))
    zone = load_zone(f"@ SOA ns h 1 2 3 4 5\n@ NS ns\n@ TXT {big}\n", "zone.example")
    query = dns.message.make_query("zone.example", "TXT")
    reply = dns.message.from_wire(answer(zone, query.to_wire(), 512) or b"")
    assert reply.flags & dns.flags.TC
    assert reply.answer == []
    over_tcp = dns.message.from_wire(answer(zone, query.to_wire()) or b"")
    assert len(over_tcp.answer) == 1
    roomy = dns.message.make_query("zone.example", "TXT", use_edns=0, payload=4096)
    assert not dns.message.from_wire(answer(zone, roomy.to_wire(), 512) or b"").flags & dns.flags.TC


def test_what_is_no_question() -> None:
    query = dns.message.make_query("zone.example", "SOA")
    wire = query.to_wire()
    assert answer(ZONE, b"short") is None
    broken = answer(ZONE, wire[:-3])
    assert broken is not None
    assert dns.message.from_wire(broken).rcode() == dns.rcode.FORMERR
    query.flags |= dns.flags.QR  # a reply must not be answered
    assert answer(ZONE, query.to_wire()) is None
    other_class = dns.message.make_query("zone.example", "SOA", rdclass="CH")
    refused = dns.message.from_wire(answer(ZONE, other_class.to_wire()) or b"")
    assert refused.rcode() == dns.rcode.REFUSED
    notify = dns.message.make_query("zone.example", "SOA")
    notify.set_opcode(4)  # type: ignore[arg-type]  # the enum's number
    declined = dns.message.from_wire(answer(ZONE, notify.to_wire()) or b"")
    assert declined.rcode() == dns.rcode.NOTIMP
