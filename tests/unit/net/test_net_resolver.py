"""The resolver against a name server of our own on loopback."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit import posix
from tests.unit.net.loopback import Zone, closed_port, name_server, run
from wizard.net import resolver as resolver_module
from wizard.net.resolver import (
    MAX_RECORDS,
    DnsResolver,
    Mx,
    NoAnswer,
    NoRecords,
    NoSuchName,
    Records,
    Srv,
    dns_name,
    draw_by_weight,
    parse_server,
)


def resolver_with_six(server: str) -> DnsResolver:
    """On a computer with IPv6, wherever this runs."""
    return DnsResolver(server, has_way_to=lambda address: True)


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5353", ("192.0.2.1", 5353)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
        ("[2001:db8::1]:5353", ("2001:db8::1", 5353)),
    ],
)
def test_a_server_is_read_in_every_form(text: str, server: tuple[str, int]) -> None:
    assert parse_server(text) == server


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dns.example",
        "192.0.2.1:",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        "[192.0.2.1",
        "a:b:c",
        ":53",
    ],
)
def test_what_is_no_server_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"port|address"):
        parse_server(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Example.COM.", "example.com"),
        ("_imaps._tcp.example.com", "_imaps._tcp.example.com"),
        ("s1._domainkey.example.com", "s1._domainkey.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("_dmarc.bücher.example", "_dmarc.xn--bcher-kva.example"),
        ("1.2.0.192.in-addr.arpa", "1.2.0.192.in-addr.arpa"),
        ("localhost", "localhost"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
    ],
)
def test_names_go_out_as_a_labels(text: str, name: str) -> None:
    assert dns_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "a..example",
        ".example",
        "example..",
        "192.0.2.1",
        "2001:db8::1",
        "with space.example",
        "tab\t.example",
        "new\nline.example",
        "nul\0.example",
        "a/b.example",
        "a\\.example",
        "user@example",
        "-a.example",
        "a-.example",
        "a" * 64 + ".example",
        ".".join(["a" * 60] * 5),
        "☃︎\u202e.example",
    ],
)
def test_what_is_no_dns_name_is_never_asked(text: str) -> None:
    assert dns_name(text) is None

    async def ask() -> None:
        zone = Zone()
        async with name_server(zone) as server:
            resolver = DnsResolver(server)
            assert await resolver.mx(text) == NoAnswer(text, "malformed")
            await resolver.aclose()
        assert zone.asked == []

    run(ask())


@given(st.text() | st.from_regex(r"[\x21-\x7e.]{1,300}", fullmatch=True))
def test_whatever_is_taken_for_a_name_can_go_out(text: str) -> None:
    name = dns_name(text)
    if name is not None:
        assert dns_name(name) == name
        wire = dns.name.from_text(name).to_wire()
        assert wire is not None
        assert len(wire) <= 255
        assert dns.name.from_text(name).to_text(omit_final_dot=True) == name


def test_mail_exchangers_come_lowest_preference_first() -> None:
    async def ask() -> Records[Mx] | object:
        zone = Zone({("example.com", "MX"): ["20 b.example.com.", "10 A.Example.com."]})
        async with name_server(zone) as server:
            resolver = DnsResolver(server)
            return await resolver.mx("EXAMPLE.com")

    assert run(ask()) == Records("example.com", (Mx(10, "a.example.com"), Mx(20, "b.example.com")))


def test_a_null_mx_has_no_host() -> None:
    async def ask() -> object:
        async with name_server(Zone({("example.com", "MX"): ["0 ."]})) as server:
            return await DnsResolver(server).mx("example.com")

    assert run(ask()) == Records("example.com", (Mx(0, ""),))


def test_services_come_by_priority_and_a_refusal_has_no_target() -> None:
    zone_records = {
        ("_imaps._tcp.example.com", "SRV"): [
            "20 0 993 late.example.com.",
            "10 0 993 imap.example.com.",
        ],
        ("_pop3s._tcp.example.com", "SRV"): ["0 0 0 ."],
    }

    async def ask() -> tuple[object, object]:
        async with name_server(Zone(zone_records)) as server:
            resolver = DnsResolver(server)
            return (
                await resolver.srv("_imaps._tcp.example.com"),
                await resolver.srv("_pop3s._tcp.example.com"),
            )

    imaps, pop3s = run(ask())
    assert imaps == Records(
        "_imaps._tcp.example.com",
        (Srv(10, 0, 993, "imap.example.com"), Srv(20, 0, 993, "late.example.com")),
    )
    assert pop3s == Records("_pop3s._tcp.example.com", (Srv(0, 0, 0, ""),))


def test_hosts_that_are_no_dns_names_are_left_out() -> None:
    records = {
        ("some.example", "SRV"): [
            r"0 0 993 evil\032host.example.",
            r"0 0 993 evil\010host.example.",
            "0 0 993 192.0.2.1.",
            "1 0 993 good.example.",
        ],
        ("none.example", "MX"): [r"10 a\.b\064c.example."],
    }

    async def ask() -> tuple[object, object]:
        async with name_server(Zone(records)) as server:
            resolver = DnsResolver(server)
            return await resolver.srv("some.example"), await resolver.mx("none.example")

    some, none = run(ask())
    assert some == Records("some.example", (Srv(1, 0, 993, "good.example"),))
    assert none == NoAnswer("none.example", "malformed")


def test_strings_of_a_text_record_are_joined_and_odd_bytes_replaced() -> None:
    records = {
        ("example.com", "TXT"): ['"v=UAAC1; a=sha256; " "d=abc"', r'"caf\195\169"', r'"\255"']
    }

    async def ask() -> Records[str]:
        async with name_server(Zone(records)) as server:
            answer = await DnsResolver(server).txt("example.com")
            assert isinstance(answer, Records)
            return answer

    assert set(run(ask()).values) == {"v=UAAC1; a=sha256; d=abc", "café", "�"}


def test_names_of_an_address() -> None:
    records = {
        ("5.2.0.192.in-addr.arpa", "PTR"): ["Mail_1.example.com."],
        (
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
            "PTR",
        ): ["six.example.com."],
    }

    async def ask() -> None:
        async with name_server(Zone(records)) as server:
            resolver = DnsResolver(server)
            four = await resolver.ptr("192.0.2.5")
            six = await resolver.ptr("2001:db8::1")
            assert isinstance(four, Records)
            assert four.values == ("mail_1.example.com",)
            assert isinstance(six, Records)
            assert six.values == ("six.example.com",)
            assert await resolver.ptr("no.address") == NoAnswer("no.address", "malformed")

    run(ask())


def test_every_way_of_getting_no_answer_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    zone_records = {("example.com", "A"): ["192.0.2.1"]}
    codes = {
        ("broken.example", "MX"): "SERVFAIL",
        ("refused.example", "MX"): "REFUSED",
        ("silent.example", "MX"): None,
    }

    async def ask() -> None:
        zone = Zone(zone_records, codes)
        async with name_server(zone) as server:
            resolver = DnsResolver(server)
            assert await resolver.mx("example.com") == NoRecords("example.com")
            assert await resolver.mx("absent.example") == NoSuchName("absent.example")
            assert await resolver.mx("broken.example") == NoAnswer("broken.example", "servfail")
            assert await resolver.mx("refused.example") == NoAnswer("refused.example", "refused")
            monkeypatch.setattr(resolver_module, "LIFETIME", 0.3)
            assert await resolver.mx("silent.example") == NoAnswer("silent.example", "timeout")

    run(ask())


def test_a_question_without_an_answer_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver_module, "LIFETIME", 60)
    monkeypatch.setattr(resolver_module, "ATTEMPT", 0.1)

    async def ask() -> None:
        zone = Zone(codes={("silent.example", "MX"): None})
        async with name_server(zone) as server:
            resolver = DnsResolver(server)
            asking = asyncio.create_task(resolver.mx("silent.example"))
            while len(zone.asked) < 2:
                await asyncio.sleep(0.01)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            await resolver.aclose()

    run(ask())  # which fails where there is no second time


@posix.windows_udp
def test_a_name_server_that_is_not_there_is_heard_of_at_once() -> None:
    async def ask() -> object:
        with closed_port() as port:
            return await DnsResolver(f"127.0.0.1:{port}").mx("example.com")

    assert run(ask()) == NoAnswer("example.com", "refused")


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        (socket.EAI_NONAME, NoRecords("example.com")),
        (11004, NoRecords("example.com")),  # WSANO_DATA, for which Python on Windows has no name
        (socket.EAI_AGAIN, NoAnswer("example.com", "servfail")),
    ],
)
def test_where_name_servers_cannot_be_read_the_system_is_asked(
    code: int, answer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(self: DnsResolver) -> object:
        raise dns.resolver.NoResolverConfiguration

    def nothing(*asked: object) -> object:
        raise socket.gaierror(code, "nothing")

    async def ask() -> None:
        resolver = DnsResolver()
        assert await resolver.addresses("example.com") == answer
        assert await resolver.mx("example.com") == NoAnswer("example.com", "servfail")
        assert resolver.name_servers == ()

    monkeypatch.setattr(DnsResolver, "_configured", unreadable)
    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    run(ask())


def test_a_network_that_is_down_is_called_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreachable(socket.socket):
        def connect(self, address: object) -> None:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")

    async def ask() -> object:
        monkeypatch.setattr(socket, "socket", Unreachable)
        try:
            return await DnsResolver("192.0.2.53").mx("example.com")
        finally:
            monkeypatch.undo()

    assert run(ask()) == NoAnswer("example.com", "offline")


def test_a_truncated_answer_is_asked_again_over_tcp() -> None:
    text = "x" * 200
    zone_records = {("big.example", "TXT"): [f'"{number}{text}"' for number in range(20)]}

    async def ask() -> tuple[object, list[tuple[str, str, str]]]:
        zone = Zone(zone_records, too_big=frozenset({"big.example"}))
        async with name_server(zone) as server:
            return await DnsResolver(server).txt("big.example"), zone.asked

    answer, asked = run(ask())
    assert isinstance(answer, Records)
    assert len(answer.values) == 20
    assert [way for _, _, way in asked] == ["udp", "tcp"]


def test_a_flood_of_records_is_cut() -> None:
    """Each address would be connected to, and each name asked for."""
    name = "big.example"
    records = {
        (name, "A"): [f"10.0.0.{n}" for n in range(200)],
        (name, "AAAA"): [f"2001:db8::{n:x}" for n in range(200)],
        (name, "MX"): [f"{n} m{n}.example." for n in range(200)],
        (name, "TXT"): [f'"{n}"' for n in range(200)],
    }

    async def ask() -> list[int]:
        async with name_server(Zone(records, too_big=frozenset({name}))) as server:
            resolver = DnsResolver(server)
            answers = (
                await resolver.addresses(name),
                await resolver.mx(name),
                await resolver.txt(name),
            )
            await resolver.aclose()
            return [len(answer.values) for answer in answers if isinstance(answer, Records)]

    assert run(ask()) == [MAX_RECORDS] * 3


def test_an_answer_beyond_all_measure_is_not_read() -> None:
    text = "x" * 200
    zone_records = {("big.example", "TXT"): [f'"{number}{text}"' for number in range(60)]}

    async def ask() -> tuple[object, int]:
        zone = Zone(zone_records, too_big=frozenset({"big.example"}))
        async with name_server(zone) as server:
            return await DnsResolver(server).txt("big.example"), len(zone.asked)

    assert run(ask()) == (NoAnswer("big.example", "malformed"), 2)


class Script(asyncio.DatagramProtocol):
    """A name server over UDP that answers each question with what a function makes of it."""

    def __init__(self, answer: Callable[[dns.message.Message], list[bytes]]) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for reply in self._answer(dns.message.from_wire(data)):
            self._transport.sendto(reply, addr)


@asynccontextmanager
async def scripted(answer: Callable[[dns.message.Message], list[bytes]]) -> AsyncIterator[str]:
    """Serves it; yields `HOST:PORT`. Nobody listens on TCP."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Script(answer), local_addr=("127.0.0.1", 0)
    )
    try:
        yield f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
    finally:
        transport.close()
        await asyncio.sleep(0.01)


def answering(query: dns.message.Message, *lines: str, question: str = "", flags: int = 0) -> bytes:
    """A reply to `query`, or to another question under its number, with these records."""
    if question:
        other = dns.message.make_query(question, "MX")
        other.id = query.id
        query = other
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.RA | flags
    for line in lines:
        name, kind, value = line.split(None, 2)
        reply.answer.append(dns.rrset.from_text(name, 0, "IN", kind, value))
    return reply.to_wire()


_MX_LINE = "example.com. MX 10 mx.example.com."
_GOOD = Records("example.com", (Mx(10, "mx.example.com"),))
_ONWARDS = [f"{'example.com' if n == 0 else f'c{n}.test'}. CNAME c{n + 1}.test." for n in range(40)]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (lambda q: [answering(q, _MX_LINE).replace(b"example", b"eXaMpLe", 1)], _GOOD),
        (
            lambda q: [answering(q, "example.com. CNAME a.test.", "a.test. MX 10 mx.example.com.")],
            _GOOD,
        ),
        (
            lambda q: [b"", bytes(12), answering(q, question="evil.test"), answering(q, _MX_LINE)],
            _GOOD,
        ),
        (lambda q: [answering(q, "evil.test. MX 10 mx.evil.test.")], NoRecords("example.com")),
        (
            lambda q: [answering(q, "example.com. CNAME a.test.", "a.test. CNAME example.com.")],
            NoAnswer("example.com", "malformed"),
        ),
        (lambda q: [answering(q, *_ONWARDS)], NoAnswer("example.com", "malformed")),
        (
            lambda q: [answering(q, _MX_LINE, flags=dns.flags.TC)],  # and nobody listens on TCP
            NoAnswer("example.com", "refused"),
        ),
        (
            lambda q: [answering(q, r"example.com. MX 10 a\027[2J\010.test.")],
            NoAnswer("example.com", "malformed"),
        ),
        (
            lambda q: [answering(q, _MX_LINE, question="evil.test")],
            NoAnswer("example.com", "timeout"),
        ),
        (lambda q: [answering(q, _MX_LINE)[:-3]], NoAnswer("example.com", "timeout")),
        (lambda q: [q.to_wire()], NoAnswer("example.com", "timeout")),
    ],
    ids=[
        "case", "alias", "spoofed first", "other name", "loop", "chain", "no tcp", "control",
        "wrong question", "cut", "echo",
    ],
)  # fmt: skip
def test_strange_answers_hurt_nobody(
    answer: Callable[[dns.message.Message], list[bytes]],
    outcome: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resolver_module, "LIFETIME", 0.4)  # for those that never answer

    async def ask() -> object:
        async with scripted(answer) as server:
            return await DnsResolver(server).mx("example.com")

    assert run(ask()) == outcome


def test_the_names_behind_a_name_are_told_nearest_first() -> None:
    def answer(query: dns.message.Message) -> list[bytes]:
        kind = dns.rdatatype.to_text(query.question[0].rdtype)
        value = {"A": "192.0.2.1", "AAAA": "2001:db8::1"}[kind]
        chain = ("www.example.com. CNAME a.test.", "a.test. CNAME b.test.")
        return [answering(query, *chain, f"b.test. {kind} {value}")]

    async def ask() -> object:
        async with scripted(answer) as server:
            return await DnsResolver(server).addresses("www.example.com")

    addresses = ("2001:db8::1", "192.0.2.1")
    assert run(ask()) == Records("www.example.com", addresses, aliases=("a.test", "b.test"))


def test_a_server_from_before_edns_is_asked_plainly() -> None:
    async def ask() -> object:
        zone = Zone({("example.com", "MX"): ["10 mx.example.com."]}, knows_edns=False)
        async with name_server(zone) as server:
            return await DnsResolver(server).mx("example.com")

    assert run(ask()) == Records("example.com", (Mx(10, "mx.example.com"),))


def test_questions_ask_for_validation_and_recursion() -> None:
    async def ask() -> None:
        zone = Zone()
        async with name_server(zone) as server:
            await DnsResolver(server).mx("example.com")
        assert zone.queries[0].flags & dns.flags.AD
        assert zone.queries[0].flags & dns.flags.RD
        assert not zone.queries[0].flags & dns.flags.CD

    run(ask())


@pytest.mark.parametrize("loopback", [True, False])
@pytest.mark.parametrize("validated", [True, False])
def test_authentic_needs_the_flag_and_a_resolver_on_this_computer(
    validated: bool, loopback: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not loopback:
        monkeypatch.setattr(resolver_module, "_is_loopback", lambda address: False)
    zone_records = {
        ("example.com", "MX"): ["10 mx.example.com."],
        ("example.com", "A"): ["192.0.2.1"],
    }

    async def ask() -> list[bool]:
        async with name_server(Zone(zone_records, validated=validated)) as server:
            resolver = DnsResolver(server)
            answers = [
                await resolver.mx("example.com"),
                await resolver.txt("example.com"),
                await resolver.mx("absent.example"),
                await resolver.addresses("example.com"),
            ]
            assert [type(answer) for answer in answers] == [Records, NoRecords, NoSuchName, Records]
            return [not isinstance(a, NoAnswer) and a.authentic for a in answers]

    assert run(ask()) == [validated and loopback] * 4


@pytest.mark.parametrize(
    ("address", "loopback"),
    [("127.0.0.53", True), ("::1", True), ("192.0.2.1", False), ("Do53:x", False), ("::", False)],
)
def test_loopback_is_recognised(address: str, loopback: bool) -> None:
    assert resolver_module._is_loopback(address) is loopback


def test_equal_questions_share_one_answer_also_under_way() -> None:
    async def ask() -> None:
        zone = Zone(
            {("example.com", "MX"): ["10 mx.example.com."]},
            held=frozenset({("example.com", "MX")}),
        )
        async with name_server(zone) as server:
            resolver = DnsResolver(server)
            waiting = [asyncio.create_task(resolver.mx(n)) for n in ("example.com", "Example.COM.")]
            while not zone.asked:
                await asyncio.sleep(0.01)
            zone.release.set()
            first, second = await asyncio.gather(*waiting)
            assert first == second == await resolver.mx("example.com")
        assert len(zone.asked) == 1

    run(ask())


def test_who_stops_waiting_takes_the_answer_from_nobody_else() -> None:
    async def ask() -> None:
        zone = Zone(
            {("example.com", "MX"): ["10 mx.example.com."]},
            held=frozenset({("example.com", "MX")}),
        )
        async with name_server(zone) as server:
            resolver = DnsResolver(server)
            impatient = asyncio.create_task(resolver.mx("example.com"))
            patient = asyncio.create_task(resolver.mx("example.com"))
            while not zone.asked:
                await asyncio.sleep(0.01)
            impatient.cancel()
            await asyncio.gather(impatient, return_exceptions=True)
            zone.release.set()
            assert impatient.cancelled()
            assert isinstance(await patient, Records)
        assert len(zone.asked) == 1

    run(ask())


def test_closing_ends_questions_under_way() -> None:
    async def ask() -> None:
        zone = Zone(codes={("example.com", "MX"): None})
        async with name_server(zone) as server:
            resolver = DnsResolver(server)
            question = asyncio.create_task(resolver.mx("example.com"))
            while not zone.asked:
                await asyncio.sleep(0.01)
            question.cancel()
            await asyncio.gather(question, return_exceptions=True)
            await resolver.aclose()
            await resolver.aclose()

    run(ask())  # which fails where a task or a socket is left


def test_addresses_are_interleaved_ipv6_first() -> None:
    records = {
        ("example.com", "A"): ["192.0.2.1", "192.0.2.2", "192.0.2.3"],
        ("example.com", "AAAA"): ["2001:db8::1"],
    }

    async def ask() -> Records[str]:
        async with name_server(Zone(records)) as server:
            answer = await resolver_with_six(server).addresses("example.com")
            assert isinstance(answer, Records)
            return answer

    values = run(ask()).values
    assert values[0] == "2001:db8::1"
    assert set(values[1:]) == {"192.0.2.1", "192.0.2.2", "192.0.2.3"}


@pytest.mark.parametrize(("late", "early"), [("AAAA", "192.0.2.1"), ("A", "2001:db8::1")])
def test_one_family_does_not_wait_long_for_the_other(late: str, early: str) -> None:
    records = {("example.com", "A"): ["192.0.2.1"], ("example.com", "AAAA"): ["2001:db8::1"]}

    async def ask() -> None:
        zone = Zone(records, held=frozenset({("example.com", late)}))
        async with name_server(zone) as server:
            resolver = resolver_with_six(server)
            assert await resolver.addresses("example.com") == Records("example.com", (early,))
            zone.release.set()
            while len((await resolver.addresses("example.com")).values) < 2:  # type: ignore[union-attr]  # Records, as above
                await asyncio.sleep(0.01)
            assert len(zone.asked) == 2

    run(ask())


def test_a_family_without_addresses_waits_for_the_other() -> None:
    async def ask() -> None:
        zone = Zone(
            {("six.example", "AAAA"): ["2001:db8::6"]}, held=frozenset({("six.example", "AAAA")})
        )
        async with name_server(zone) as server:
            resolver = resolver_with_six(server)
            asking = asyncio.create_task(resolver.addresses("six.example"))
            await asyncio.sleep(0.2)
            assert not asking.done()
            zone.release.set()
            assert await asking == Records("six.example", ("2001:db8::6",))

    run(ask())


def test_without_ipv6_nobody_is_asked_about_it_in_vain() -> None:
    records = {
        ("both.example", "A"): ["192.0.2.1"],
        ("both.example", "AAAA"): ["2001:db8::1"],
        ("six.example", "AAAA"): ["2001:db8::6"],
    }

    async def ask() -> None:
        zone = Zone(records)
        async with name_server(zone) as server:
            resolver = DnsResolver(server, has_way_to=lambda address: ":" not in address)
            assert await resolver.addresses("both.example") == Records(
                "both.example", ("192.0.2.1",)
            )
            assert await resolver.addresses("absent.example") == NoSuchName("absent.example")
            assert {kind for _, kind, _ in zone.asked} == {"A"}
            # What has nothing else is still told: the connection then says what is missing.
            assert await resolver.addresses("six.example") == Records(
                "six.example", ("2001:db8::6",)
            )

    run(ask())


@pytest.mark.parametrize("private", [False, True])
def test_one_way_to_ipv6_is_enough_to_ask_about_it(private: bool) -> None:
    def has_way_to(address: str) -> bool:
        return ipaddress.ip_address(address).is_private is private

    async def ask() -> None:
        zone = Zone({("example.com", "A"): ["192.0.2.1"]})
        async with name_server(zone) as server:
            await DnsResolver(server, has_way_to=has_way_to).addresses("example.com")
            assert {kind for _, kind, _ in zone.asked} == {"A", "AAAA"}

    run(ask())


def test_a_host_without_addresses_says_why() -> None:
    records = {("example.com", "MX"): ["10 mx.example.com."]}
    codes = {("half.example", "A"): "SERVFAIL", ("half.example", "AAAA"): "NOERROR"}

    async def ask() -> None:
        async with name_server(Zone({**records, ("half.example", "MX"): ["0 ."]}, codes)) as server:
            resolver = DnsResolver(server)
            assert await resolver.addresses("example.com") == NoRecords("example.com")
            assert await resolver.addresses("absent.example") == NoSuchName("absent.example")
            assert await resolver.addresses("half.example") == NoAnswer("half.example", "servfail")
            assert await resolver.addresses("not a name") == NoAnswer("not a name", "malformed")

    run(ask())


@pytest.mark.parametrize("literal", ["192.0.2.7", "2001:db8::7"])
def test_an_address_is_its_own_answer(literal: str) -> None:
    assert run(DnsResolver("192.0.2.53").addresses(literal)) == Records(literal, (literal,))


def test_without_name_servers_the_system_is_asked_for_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreadable() -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(resolver_module, "_system_stub", unreadable)

    async def ask() -> None:
        resolver = DnsResolver()
        resolver.prepare()
        found = await resolver.addresses("localhost")
        assert isinstance(found, Records)
        assert "127.0.0.1" in found.values
        assert not found.authentic
        assert await resolver.mx("localhost") == NoAnswer("localhost", "servfail")

    run(ask())


class Scripted:
    """A random source that says what it is told and notes the bounds it was given."""

    def __init__(self, *numbers: int) -> None:
        self._numbers = list(numbers)
        self.bounds: list[tuple[int, int]] = []

    def randint(self, a: int, b: int) -> int:
        self.bounds.append((a, b))
        return self._numbers.pop(0)


def test_weights_are_drawn_as_rfc_2782_says() -> None:
    light, heavy, late = Srv(0, 1, 1, "light"), Srv(0, 9, 2, "heavy"), Srv(5, 3, 3, "late")
    source = Scripted(2, 0, 0)
    assert draw_by_weight([late, heavy, light], source) == [heavy, light, late]
    assert source.bounds == [(0, 10), (0, 1), (0, 3)]
    assert draw_by_weight([heavy, light], Scripted(1, 0)) == [light, heavy]


def test_a_weight_of_zero_is_drawn_only_on_zero() -> None:
    never, always = Srv(0, 0, 1, "never"), Srv(0, 5, 2, "always")
    assert draw_by_weight([always, never], Scripted(1, 0)) == [always, never]
    assert draw_by_weight([always, never], Scripted(0, 0)) == [never, always]


def test_heavier_services_come_first_more_often() -> None:
    source = random.Random(7)
    light, heavy = Srv(0, 10, 1, "light"), Srv(0, 90, 2, "heavy")
    first = [draw_by_weight([light, heavy], source)[0] for _ in range(1000)]
    assert 850 < first.count(heavy) < 950
