"""Addresses as people type them."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.model import AddressFault, EmailAddress, Secret, parse_address, to_ascii_domain


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("anna@shop.example", "anna@shop.example"),
        ("  Anna@Shop.Example. ", "Anna@shop.example"),
        ("Anna Muster <anna@shop.example>", "anna@shop.example"),
        ("mailto:anna+x@shop.example", "anna+x@shop.example"),
        ("anna@exämple.ch", "anna@xn--exmple-cua.ch"),
        ("änna@shop.example", "änna@shop.example"),
        ("o'neil@shop.example", "o'neil@shop.example"),
    ],
)
def test_understood(text: str, address: str) -> None:
    parsed = parse_address(text)
    assert isinstance(parsed, EmailAddress)
    assert str(parsed) == address


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", AddressFault.EMPTY),
        ("anna", AddressFault.NO_AT),
        ("anna@@shop.example", AddressFault.SEVERAL_AT),
        ("@shop.example", AddressFault.NO_LOCAL_PART),
        ("anna@", AddressFault.NO_DOMAIN),
        ("anna muster@shop.example", AddressFault.BAD_LOCAL_PART),
        ("anna..m@shop.example", AddressFault.BAD_LOCAL_PART),
        ("an\u202ena@shop.example", AddressFault.BAD_LOCAL_PART),
        ("an\udcffna@shop.example", AddressFault.BAD_LOCAL_PART),
        ("anna@sh\ud800p.example", AddressFault.BAD_DOMAIN),
        ("anna@shop,example", AddressFault.BAD_DOMAIN),
        ("anna@shop..example", AddressFault.BAD_DOMAIN),
        ("anna@192.0.2.1", AddressFault.BAD_DOMAIN),
        ("anna@[192.0.2.1]", AddressFault.BAD_DOMAIN),
        ("anna@localhost", AddressFault.NO_DOT),
    ],
)
def test_not_understood(text: str, fault: AddressFault) -> None:
    assert parse_address(text) is fault


def test_look_alike_domains_show_their_real_name() -> None:
    parsed = parse_address("anna@gm\u0430il.com")  # CYRILLIC SMALL LETTER A
    assert isinstance(parsed, EmailAddress)
    assert "xn--gmil-63d.com" in parsed.shown
    plain = parse_address("anna@exämple.ch")
    assert isinstance(plain, EmailAddress)
    assert plain.shown == "anna@exämple.ch"


@given(st.text())
def test_any_text_gives_an_address_or_a_fault(text: str) -> None:
    parsed = parse_address(text)
    if isinstance(parsed, EmailAddress):
        assert to_ascii_domain(parsed.domain) == parsed.domain
        assert parse_address(str(parsed)) == parsed


def test_a_secret_does_not_leak() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret!r} {secret} {secret:>40} {[secret]}"
    assert secret != Secret("hunter2")
    assert secret.reveal() == "hunter2"
    assert Secret("ab cd\u00a0ef").without_spaces().reveal() == "abcdef"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.copy(secret)
    with pytest.raises(AttributeError):
        secret.other = 1  # type: ignore[attr-defined]  # the point of the test
