"""Who is asked besides the provider: the file that replaces the list, and who says what we are."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fakes.network import FakeResolver
from wizard.diagnose import PUBLIC, WebControl, WhoAmI, read_surroundings
from wizard.diagnose.board import Board
from wizard.diagnose.whoami import addresses_in, ask_who_am_i, of_family
from wizard.model import Check, CheckState, Subject
from wizard.net.resolver import DnsResolver, Resolver
from wizard.net.route import has_way_to

WHOLE = """
web = ["http://intranet.example/alive.txt = all is well", "http://plain.example = yes"]
direct = ["192.0.2.1:443", "[2001:db8::1]:443"]
mail = ["imap.other.example:993"]
who-am-i = { name = "myip.example", server = "ns.example" }
"""


def test_a_file_in_place_of_the_public_internet(tmp_path: Path) -> None:
    file = tmp_path / "controls.toml"
    file.write_text(WHOLE)
    read = read_surroundings(file)
    assert read.web == (
        WebControl("intranet.example", "/alive.txt", "all is well"),
        WebControl("plain.example", "/", "yes"),
    )
    assert read.direct == (("192.0.2.1", 443), ("2001:db8::1", 443))
    assert read.mail == (("imap.other.example", 993),)
    assert read.who_am_i == WhoAmI("myip.example", "ns.example")
    file.write_text("")
    assert read_surroundings(file).web == ()


@pytest.mark.parametrize(
    "text",
    [
        "web = [",
        "web = 'http://a.example/ = x'",
        "web = [7]",
        "web = ['https://a.example/ = x']",
        "web = ['http://a.example/']",
        "web = ['http://a.example/a b = x']",
        "web = ['http://a.example:8080/ = x']",
        "direct = ['192.0.2.1']",
        "direct = ['names.example:443']",
        "mail = ['imap.example:port']",
        "who-am-i = 'myip.example'",
        "who-am-i = { name = 'myip.example', server = 1 }",
        "unknown = 1",
        "mail = ['a.example:1','b.example:1','c.example:1','d.example:1','e.example:1',"
        "'f.example:1','g.example:1','h.example:1','i.example:1']",
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, text: str) -> None:
    file = tmp_path / "controls.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"."):
        read_surroundings(file)


def test_the_public_list_tells_nobody_about_the_account() -> None:
    """Pages without a query, names without a person: nothing of an address can get into them."""
    assert all("?" not in page.path and page.path.startswith("/") for page in PUBLIC.web)
    assert len({page.host for page in PUBLIC.web}) > 1
    owners = {".".join(host.split(".")[-2:]) for host, _ in PUBLIC.mail}
    assert len(owners) > 1


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("smtp.example at your service, [198.51.101.7]", ("198.51.101.7",)),
        ("mx Hello client [127.0.0.1] [198.51.101.7]", ("198.51.101.7",)),
        ("Hello [IPv6:2a0e:5000::7], pleased to meet you", ("2a0e:5000::7",)),
        ("Hello (198.51.101.7)", ("198.51.101.7",)),
        ("[10.0.0.1] [192.168.1.4] [::1] [fe80::1] [999.1.1.1] [1:2] [::]", ()),
        ("[198.51.101.7] [198.51.101.7]", ("198.51.101.7",)),
        ("SIZE 1000 [CAPABILITY IMAP4rev1]", ()),
    ],
)
def test_addresses_in_greetings(said: str, found: tuple[str, ...]) -> None:
    assert addresses_in(said) == found


@dataclass
class Asked:
    """Name servers by address."""

    resolvers: dict[str, FakeResolver]
    asked: list[str] = field(default_factory=list)

    def __call__(self, server: str) -> Resolver:
        self.asked.append(server)
        return self.resolvers[server]


def who(
    question: WhoAmI, resolver: FakeResolver, direct: Callable[[str], Resolver]
) -> tuple[tuple[str, str], list[Check]]:
    told: list[Check] = []
    pair = asyncio.run(ask_who_am_i(question, resolver, Board(told.append), direct))
    return pair, told


def test_a_name_is_asked_of_its_own_server_over_each_family() -> None:
    server = ("ns.example", ["192.0.2.53", "2001:db8::53"])
    resolver = FakeResolver({("A", server[0]): server[1]})
    four = FakeResolver({("A", "me.example"): ["198.51.100.7"]})
    six = FakeResolver({("A", "me.example"): ["2001:db8::7"]})
    direct = Asked({"192.0.2.53": four, "[2001:db8::53]": six})
    pair, told = who(WhoAmI("me.example", "ns.example"), resolver, direct)
    assert pair == ("198.51.100.7", "2001:db8::7")
    assert sorted(direct.asked) == ["192.0.2.53", "[2001:db8::53]"]
    assert {check.subject for check in told} == {Subject.PUBLIC_ADDRESS}
    assert [check.said for check in told if check.state is CheckState.GOOD]


def test_nobody_says_what_nobody_knows() -> None:
    direct = Asked({})
    assert who(WhoAmI("me.example", "ns.example"), FakeResolver(), direct)[0] == ("", "")
    assert who(WhoAmI("me.example"), FakeResolver(), direct)[0] == ("", "")
    hijacked = FakeResolver({("A", "me.example"): ["127.0.0.1", "fe80::1"]})
    assert who(WhoAmI("me.example"), hijacked, direct)[0] == ("", "")
    assert direct.asked == []


def test_of_family() -> None:
    assert of_family(["2001:db8::7", "192.0.2.7"], 4) == "192.0.2.7"
    assert of_family(["192.0.2.7"], 6) == ""


def test_a_route_is_looked_up_without_a_packet(monkeypatch: pytest.MonkeyPatch) -> None:
    assert has_way_to("127.0.0.1")

    def no_route(self: socket.socket, address: object) -> None:
        raise OSError(errno.ENETUNREACH, "Network is unreachable")

    def behind_a_router_that_says_no(self: socket.socket, address: object) -> None:
        raise OSError(errno.EHOSTUNREACH, "No route to host")

    monkeypatch.setattr(socket.socket, "connect", no_route)
    assert not has_way_to("198.51.100.7")
    assert not has_way_to("2001:db8::7")
    monkeypatch.setattr(socket.socket, "connect", behind_a_router_that_says_no)
    assert has_way_to("198.51.100.7")


def test_the_name_servers_in_use_are_known() -> None:
    assert DnsResolver("192.0.2.53:5353").name_servers == (("192.0.2.53", 5353),)
