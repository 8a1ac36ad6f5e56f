"""`diagnose` in every network situation: the program as it is, its public controls under their real
names, a firewall between, and the right cause each time."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.lab.ca import Certificate, CertificateAuthority
from tests.lab.documents import autoconfig, tls_servers
from tests.lab.greeter import Greeter
from tests.lab.internet import Internet
from tests.lab.mail import DOVECOT, POSTFIX
from tests.lab.requirements import need_namespaces, need_programs, unavailable
from tests.lab.web import Request, Response
from tests.lab.wire import HOME_ADDRESS, NAMESERVER, WireBroken
from tests.lab.wizard import Outcome, Wizard
from wizard.diagnose import PUBLIC

pytestmark = pytest.mark.lab

_ROUND_TRIP = 0.01
_MAIL_PORTS = (993, 143, 995, 465, 587)
_EVERYWHERE = "0.0.0.0/0"
_HOME_SIX = "2a0e:5000:2::2"
"""A global address, as the lab's others are."""
_FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
_PORTAL = "http://portal.hotel.example/welcome"


class Street(Internet):
    """An internet with what a diagnosis asks besides the provider, and with IPv6."""

    def __enter__(self) -> Street:
        super().__enter__()
        self._numbers_six = iter(range(2, 200))
        for namespace, address in ((self.home, _HOME_SIX), (self.inet, "2a0e:5000:1::1")):
            _ip(namespace.name, "-6", "addr", "add", f"{address}/128", "dev", "wire0", "nodad")
            _ip(namespace.name, "-6", "route", "add", "default", "dev", "wire0")
        self.open_controls()
        who = PUBLIC.who_am_i
        assert who is not None
        self.names.publish({who.server: {"A": [NAMESERVER]}, who.name: {"A": [HOME_ADDRESS]}})
        others = self.greeter(sorted({host for host, _ in PUBLIC.mail}))
        for start in (others.imaps, others.submissions, others.submission):
            start()
        self.others = others.address
        return self

    def open_controls(self) -> None:
        """The pages with known content, and the right date."""

        def page(text: str) -> object:
            def answer(request: Request) -> Response:
                date = format_datetime(datetime.now(UTC), usegmt=True)
                return Response(f"{text}\n".encode(), headers={"Date": date})

            return answer

        for control in PUBLIC.web:
            url = f"http://{control.host}{control.path}"
            self.publish_page(url, page(control.expected))  # type: ignore[arg-type]  # a `Page`

    def close_controls(self) -> None:
        """A portal in their place: everything leads to its own page."""

        def away(request: Request) -> Response:
            return Response(status=HTTPStatus.FOUND, headers={"Location": _PORTAL})

        for control in PUBLIC.web:
            self.publish_page(f"http://{control.host}{control.path}", away)

    def provider(self, domain: str, certificate: Certificate | None = None) -> Home:
        """A provider's mail host that greets on 993 and 465 and has a web on 443."""
        host = f"mail.{domain}"
        greeter = self.greeter([host])
        if certificate is not None:
            greeter.certificate = certificate
        self.names.publish({domain: {"MX": [f"10 {host}."]}})
        self.publish_page(
            f"https://autoconfig.{domain}/mail/config-v1.1.xml",
            autoconfig(domain, domain.partition(".")[0].title(), tls_servers(host, host)),
        )
        return Home(self, f"ada@{domain}", host, greeter)

    def new_six(self) -> str:
        """An IPv6 address of `inet`; binding to a route alone works with IPv4 only."""
        address = f"2a0e:5000:1::{next(self._numbers_six):x}"
        _ip(self.inet.name, "-6", "addr", "add", f"{address}/128", "dev", "lo", "nodad")
        return address


@dataclass(frozen=True, slots=True)
class Home:
    """Somebody's mailbox at a provider."""

    street: Street
    address: str
    host: str
    greeter: Greeter

    def opened(self) -> Home:
        """Mail and web answer."""
        self.greeter.imaps()
        self.greeter.submissions()
        return self.with_web()

    def with_web(self) -> Home:
        """The web answers."""

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()

        self.street.background.serve(self.street.inet, self.greeter.address, 443, silent)
        return self


@pytest.fixture(scope="module")
def street() -> Iterator[Street]:
    need_namespaces()
    with ExitStack() as stack:
        net = Street(_ROUND_TRIP)
        try:
            stack.enter_context(net)
        except (WireBroken, OSError) as error:
            unavailable(f"network namespaces are not permitted ({error})")
        yield net


@pytest.fixture
def person(street: Street, tmp_path: Path) -> Iterator[Wizard]:
    """Somebody at a computer; the network is in order again afterwards."""
    need_programs("dbus-run-session", "gnome-keyring-daemon")
    home = tmp_path / "home"
    home.mkdir()
    yield Wizard(street, home)
    street.wire.let_through()
    street.names.broken.clear()
    street.names.silent.clear()
    street.open_controls()


def diagnosed(person: Wizard, address: str, *more: str, stdin: str = "") -> Outcome:
    """`mail-wizard diagnose`, whose verdict has to come within 15 seconds; on a busy machine it may
    do so the second or the third time."""
    outcome = person.run("diagnose", address, *more, stdin=stdin)
    for _ in range(2):
        if outcome.document["ms"] < 15_000:
            break
        outcome = person.run("diagnose", address, *more, stdin=stdin)
    assert outcome.document["ms"] < 15_000, str(outcome)
    return outcome


def assert_cause(outcome: Outcome, cause: int, kind: str, code: int) -> None:
    verdict = outcome.document["verdict"]
    assert verdict is not None, str(outcome)
    assert (verdict["cause"], verdict["kind"]) == (cause, kind), str(outcome)
    assert outcome.exit_code == code
    assert verdict["title"] in outcome.document["report"]
    assert outcome.document["report"].count("Next: ") == 1


def test_all_is_well(street: Street, person: Wizard) -> None:
    home = street.provider("well.example").opened()
    pointer = ".".join(reversed(home.greeter.address.split(".")))
    street.names.publish({f"{pointer}.in-addr.arpa": {"PTR": [f"{home.host}."]}})
    outcome = diagnosed(person, home.address)
    assert (outcome.exit_code, outcome.document["verdict"]) == (0, None), str(outcome)
    assert outcome.document["public_ip"] == {"v4": HOME_ADDRESS, "v6": None}
    assert [clue["kind"] for clue in outcome.document["clues"]] == ["sign-in-untested"]
    ladder = [
        (step["subject"], step["stage"], step["ok"])
        for step in outcome.document["steps"]
        if step["subject"] in {"receiving", "sending"}
    ]
    stages = ("connect", "tls", "greeting", "capability")
    assert sorted(ladder) == sorted(
        (subject, stage, True) for subject in ("receiving", "sending") for stage in stages
    )
    assert home.greeter.logins == []


def test_a_name_that_does_not_lead_back(street: Street, person: Wizard) -> None:
    home = street.provider("pointer.example").opened()
    pointer = ".".join(reversed(home.greeter.address.split(".")))
    street.names.publish({f"{pointer}.in-addr.arpa": {"PTR": ["well.example."]}})
    kinds = {clue["kind"] for clue in diagnosed(person, home.address).document["clues"]}
    assert "reverse-name-unconfirmed" in kinds


def test_banned_by_a_firewall_that_drops(street: Street, person: Wizard) -> None:
    home = street.provider("banning.example").opened()
    street.wire.swallow(f"{home.greeter.address}/32", _MAIL_PORTS)
    outcome = diagnosed(person, home.address)
    assert_cause(outcome, 7, "network-banned", 4)
    assert HOME_ADDRESS in outcome.document["report"]


def test_banned_by_a_firewall_that_refuses(street: Street, person: Wizard) -> None:
    home = street.provider("refusing.example").with_web()
    assert_cause(diagnosed(person, home.address), 7, "network-banned", 4)


def test_one_port_blocked_on_this_network(street: Street, person: Wizard) -> None:
    home = street.provider("port.example").opened()
    street.wire.swallow(_EVERYWHERE, (993,))
    outcome = diagnosed(person, home.address)
    assert_cause(outcome, 6, "port-blocked", 4)
    assert outcome.document["verdict"]["port"] == 993


def test_all_mail_blocked_on_this_network_is_no_ban(street: Street, person: Wizard) -> None:
    home = street.provider("guest.example").opened()
    street.wire.swallow(_EVERYWHERE, _MAIL_PORTS)
    assert_cause(diagnosed(person, home.address), 6, "port-blocked", 4)


def test_the_server_is_down(street: Street, person: Wizard) -> None:
    home = street.provider("down.example")
    assert_cause(diagnosed(person, home.address), 8, "server-down", 4)


def test_a_captive_portal(street: Street, person: Wizard) -> None:
    home = street.provider("hotel.example")

    async def portal(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {_PORTAL}\r\n\r\n".encode())
        await writer.drain()

    for port in (*_MAIL_PORTS, 443):
        street.background.serve(street.inet, home.greeter.address, port, portal)
    street.close_controls()
    assert_cause(diagnosed(person, home.address), 5, "captive-portal", 5)


def test_a_portal_that_only_replaces_pages(street: Street, person: Wizard) -> None:
    home = street.provider("train.example").opened()
    street.close_controls()
    street.wire.swallow(f"{home.greeter.address}/32")
    assert_cause(diagnosed(person, home.address), 5, "captive-portal", 5)


def test_an_antivirus_program_between(street: Street, person: Wizard, tmp_path: Path) -> None:
    shield = CertificateAuthority(tmp_path / "shield", "Avast Web/Mail Shield Root")
    home = street.provider("shielded.example", shield.issue(["mail.shielded.example"])).opened()
    outcome = diagnosed(person, home.address)
    assert_cause(outcome, 17, "certificate-intercepted", 4)
    assert "Avast" in outcome.document["verdict"]["explanation"]
    assert home.greeter.logins == []


@pytest.mark.parametrize("offset", ["+200d", "-200d"])
def test_the_clock_is_wrong(
    street: Street, person: Wizard, offset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not _FAKETIME.exists():
        unavailable("faketime is not installed (see tests/lab/packages.txt)")
    home = street.provider(f"clock{offset[0] == '+':d}.example").opened()
    settings = person.home_folder / "settings.json"
    settings.write_text(json.dumps(_settings(home)))
    # The clock of the program alone: a session bus at another date takes half a minute to start.
    program = os.environ.get("LAB_PROGRAM") or f"{sys.executable} -m wizard"
    clock = f"LD_PRELOAD={_FAKETIME} FAKETIME={offset} FAKETIME_DONT_FAKE_MONOTONIC=1"
    late = tmp_path / "late"
    late.write_text(f'#!/bin/sh\n{clock} exec {program} "$@"\n')
    late.chmod(0o755)
    monkeypatch.setenv("LAB_PROGRAM", str(late))
    outcome = diagnosed(person, home.address, "--settings", str(settings))
    assert_cause(outcome, 13, "clock-wrong", 4)
    clues = {clue["kind"]: clue["value"] for clue in outcome.document["clues"]}
    assert clues["clock-differs"] == datetime.now(UTC).date().isoformat()


def _settings(home: Home) -> dict[str, object]:
    def server(kind: str, port: int) -> dict[str, object]:
        return {
            "type": kind,
            "host": home.host,
            "port": port,
            "security": "tls",
            "auth": ["plain"],
            "username": home.address,
        }

    return {
        "schema": 1,
        "address": home.address,
        "incoming": [server("imap", 993)],
        "outgoing": [server("smtp", 465)],
    }


def test_ipv6(street: Street, person: Wizard) -> None:
    home = street.provider("six.example").opened()
    address = street.new_six()
    street.names.publish({home.host: {"AAAA": [address]}})
    both = Greeter(street.background, street.inet, address, home.greeter.certificate)
    both.imaps()
    both.submissions()
    well = diagnosed(person, home.address)
    assert well.exit_code == 0, str(well)
    families = {step["family"] for step in well.document["steps"] if step["subject"] == "receiving"}
    assert families == {"ipv4", "ipv6"}
    street.wire.swallow(f"{address}/128")
    outcome = diagnosed(person, home.address)
    assert_cause(outcome, 0, "ipv6-broken", 1)
    assert outcome.document["verdict"]["host"] == home.host


def test_the_cable_is_out(street: Street, person: Wizard) -> None:
    home = street.provider("cable.example").opened()
    street.wire.unplug()
    try:
        outcome = diagnosed(person, home.address)
    finally:
        street.wire.plug()
        _ip(street.home.name, "-6", "addr", "replace", f"{_HOME_SIX}/128", "dev", "wire0", "nodad")
        _ip(street.home.name, "-6", "route", "replace", "default", "dev", "wire0")
    assert_cause(outcome, 4, "no-internet", 5)


def test_the_line_is_dead_behind_the_router(street: Street, person: Wizard) -> None:
    home = street.provider("line.example").opened()
    street.wire.swallow(_EVERYWHERE)
    street.wire.swallow("::/0")
    assert_cause(diagnosed(person, home.address), 4, "no-internet", 5)


def test_the_name_server_is_broken_or_silent(street: Street, person: Wizard) -> None:
    home = street.provider("names.example").opened()
    for fault in (street.names.broken, street.names.silent):
        fault.add(".")
        assert_cause(diagnosed(person, home.address), 3, "name-server-broken", 5)
        fault.clear()


def test_the_password_is_tried_once_where_all_else_is_well(street: Street, person: Wizard) -> None:
    need_programs(DOVECOT, POSTFIX)
    domain, host = "postbox.example", "mail.postbox.example"
    address, password = f"ada@{domain}", "right one"
    with street.mail_server([host], {address: password}) as mail:
        street.names.publish({domain: {"MX": [f"10 {host}."]}})
        street.publish_page(
            f"https://autoconfig.{domain}/mail/config-v1.1.xml",
            autoconfig(domain, "Postbox", tls_servers(host, host)),
        )
        right = diagnosed(person, address, "--password-stdin", stdin=f"{password}\n")
        assert right.exit_code == 0, str(right)
        subjects = {step["subject"] for step in right.document["steps"]}
        assert {"sign-in-receiving", "sign-in-sending"} <= subjects
        assert password not in right.stdout + right.stderr
        wrong = diagnosed(person, address, "--password-stdin", stdin="wrong one\n")
        assert_cause(wrong, 19, "wrong-password", 4)
        assert mail.failed_logins(address) == 1
        assert "wrong one" not in wrong.stdout + wrong.stderr
        street.wire.swallow(_EVERYWHERE, (465,))
        diagnosed(person, address, "--password-stdin", stdin="wrong one\n")
        assert mail.failed_logins(address) == 1


def _ip(namespace: str, *arguments: str) -> None:
    subprocess.run(["ip", "-n", namespace, *arguments], check=True, capture_output=True)
