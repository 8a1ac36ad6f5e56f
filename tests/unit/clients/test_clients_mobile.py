"""The phone's code: the exact array, in a picture a real reader decodes."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.lab.requirements import need_programs
from tests.unit.clients.support import account, sender, server
from wizard.clients import registry
from wizard.clients.mobile import k9s, payload, qr_png, qr_svg
from wizard.model import (
    Account,
    AuthMethod,
    ClientPlan,
    EmailAddress,
    PasswordKind,
    Problem,
    ProblemKind,
    Provider,
    Security,
    ServerType,
    SourceWords,
)

WORDS = SourceWords()
LOGIN = "ada@shop.example"
STARTTLS = account(
    server(ServerType.POP3, "pop.shop.example", 110, Security.STARTTLS),
    sender("smtp.shop.example", 587, Security.STARTTLS, username="relay"),
)


def code(wanted: Account | None = None) -> str:
    made = payload(wanted or account())
    assert isinstance(made, str), made
    return made


def test_the_exact_array() -> None:
    assert code() == (
        '[1,[1,1],[0,"imap.shop.example",993,3,1,"ada@shop.example","ada@shop.example"],'
        '[[[0,"smtp.shop.example",465,3,1,"ada@shop.example"],'
        '["ada@shop.example","Ada Lovelace"]]]]'
    )
    assert json.loads(code(STARTTLS)) == [
        1,
        [1, 1],
        [1, "pop.shop.example", 110, 2, 1, LOGIN, LOGIN],
        [[[0, "smtp.shop.example", 587, 2, 1, "relay"], [LOGIN, "Ada Lovelace"]]],
    ]


def test_only_ascii_and_no_null() -> None:
    made = code(account(name="Åda 😀 “x”"))
    assert made.isascii()
    assert "null" not in made
    assert json.loads(made)[3][0][1] == [LOGIN, "Åda 😀 “x”"]


@pytest.mark.parametrize(
    ("auth", "number"),
    [
        ((), 1),
        ((AuthMethod.CRAM_MD5, AuthMethod.PLAIN), 2),
        ((AuthMethod.GSSAPI, AuthMethod.NTLM, AuthMethod.PLAIN), 1),
        ((AuthMethod.GSSAPI,), 1),
        ((AuthMethod.OAUTH2,), 6),
        ((AuthMethod.CLIENT_CERTIFICATE,), 5),
        ((AuthMethod.NONE,), 0),
    ],
)
def test_ways_of_signing_in_that_the_app_knows(auth: tuple[AuthMethod, ...], number: int) -> None:
    assert json.loads(code(account(server(auth=auth))))[2][4] == number


def test_a_long_account_loses_its_label_first_then_the_code() -> None:
    name = "x" * 648
    short = code(account(name=name))
    assert len(short) <= 800
    assert len(json.loads(short)[2]) == 6
    made = payload(account(name="x" * 700))
    assert isinstance(made, Problem)
    assert made.kind is ProblemKind.PROGRAM_UNSUPPORTED


def test_an_address_the_app_refuses_gets_no_code() -> None:
    made = registry.files(
        "thunderbird-mobile", account(address=EmailAddress("ådå", "x.example")), WORDS
    )
    assert isinstance(made, Problem)
    assert made.kind is ProblemKind.NON_ASCII_ADDRESS


@pytest.mark.parametrize("wanted", [account(), STARTTLS, account(name="Åda 😀")])
def test_a_real_reader_decodes_the_picture(tmp_path: Path, wanted: Account) -> None:
    need_programs("zbarimg")
    picture = tmp_path / "code.png"
    picture.write_bytes(qr_png(code(wanted)))
    read = subprocess.run(
        ["zbarimg", "--quiet", "--raw", str(picture)], capture_output=True, check=True
    )
    assert read.stdout.decode().rstrip("\n") == code(wanted)


def test_black_on_white_with_its_quiet_zone() -> None:
    svg = qr_svg(code())
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg")
    colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg))
    assert colours == {"#fff", "#000"}
    assert "script" not in svg


def test_the_settings_file() -> None:
    root = ElementTree.fromstring(k9s(account(name="Åda <b>")))
    assert (root.tag, root.attrib) == ("k9settings", {"version": "99", "format": "1"})
    (found,) = root.findall("accounts/account")
    incoming, outgoing = found.find("incoming-server"), found.find("outgoing-server")
    assert incoming is not None
    assert outgoing is not None
    assert {item.tag: item.text for item in incoming} == {
        "host": "imap.shop.example",
        "port": "993",
        "connection-security": "SSL_TLS_REQUIRED",
        "authentication-type": "PLAIN",
        "username": LOGIN,
    }
    assert (incoming.get("type"), outgoing.get("type")) == ("IMAP", "SMTP")
    assert found.findtext("identities/identity/name") == "Åda <b>"
    assert found.findtext("identities/identity/email") == LOGIN
    other = ElementTree.fromstring(k9s(STARTTLS)).find("accounts/account/incoming-server")
    assert other is not None
    assert (other.get("type"), other.findtext("connection-security")) == (
        "POP3",
        "STARTTLS_REQUIRED",
    )


def test_the_settings_file_is_the_same_each_time_and_differs_per_account() -> None:
    assert k9s(account()) == k9s(account())
    other = k9s(account(address=EmailAddress("bob", "shop.example")))
    identifier = re.compile(rb'uuid="([^"]+)"')
    assert identifier.findall(k9s(account())) != identifier.findall(other)


def test_the_plan_hands_over_picture_and_file() -> None:
    made = registry.files("thunderbird-mobile", account(), WORDS)
    assert isinstance(made, ClientPlan)
    assert [item.name.rsplit(".", 1)[1] for item in made.files] == ["svg", "png", "k9s"]
    assert any(made.files[2].name in step.text for step in made.steps)
    assert any("password" in step.text for step in made.steps)
    browser = account(provider=Provider("G", password_kind=PasswordKind.OAUTH_IN_CLIENT))
    other = registry.files("thunderbird-mobile", browser, WORDS)
    assert isinstance(other, ClientPlan)
    assert any("browser" in step.text for step in other.steps)


def test_no_code_without_encryption() -> None:
    made = registry.files("thunderbird-mobile", account(server(security=Security.PLAIN)), WORDS)
    assert isinstance(made, Problem)
    assert made.kind is ProblemKind.UNENCRYPTED_ONLY
