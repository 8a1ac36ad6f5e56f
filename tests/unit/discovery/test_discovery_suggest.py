"""Mistyped domains: real slips are caught, real domains are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.discovery import Pack, load_pack, suggest_domain
from wizard.discovery.suggest import slips
from wizard.model import to_ascii_domain

PROVIDERS = Path(__file__).resolve().parents[3] / "resources" / "providers.toml"


@pytest.fixture(scope="module")
def pack() -> Pack:
    loaded = load_pack(PROVIDERS)
    assert isinstance(loaded, Pack)
    return loaded


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gamil.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.fr", "gmail.com"),
        ("gmail.ch", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("hotmali.com", "hotmail.com"),
        ("outlokk.com", "outlook.com"),
        ("oultook.com", "outlook.com"),
        ("yahooo.com", "yahoo.com"),
        ("icloud.cm", "icloud.com"),
        ("blewuin.ch", ""),  # two slips: not before DNS has said no
        ("blewin.ch", "bluewin.ch"),
        ("bluewin.cg", "bluewin.ch"),
        ("oragne.fr", "orange.fr"),
        ("laposte.ner", "laposte.net"),
        ("wanado.fr", "wanadoo.fr"),
        ("t-onlin.de", "t-online.de"),
        ("protonmial.com", "protonmail.com"),
        ("gmаil.com", "gmail.com"),  # Cyrillic а
        ("gmaíl.com", "gmail.com"),
    ],
)
def test_slips_are_caught(pack: Pack, typed: str, meant: str) -> None:
    ascii_form = to_ascii_domain(typed)
    assert ascii_form is not None
    assert suggest_domain(ascii_form, pack) == meant


@pytest.mark.parametrize(
    "domain",
    ["example.com", "gm.com", "ms.com", "ge.com", "mail.de", "orange.com", "free.com", "posteo.net",
     "infomaniak.com", "company.ch", "blue.ch", "web.ch", "gmx.li", "xn--bcher-kva.example", "com",
     "sunrise.ch", "hispeed.ch", "epfl.ch", "bbox.fr"],
)  # fmt: skip
def test_real_domains_are_left_alone(pack: Pack, domain: str) -> None:
    assert suggest_domain(domain, pack) == ""


def test_a_known_domain_is_never_called_a_typo(pack: Pack) -> None:
    for domain in pack.domains:
        assert suggest_domain(domain, pack) == "", domain
        assert suggest_domain(domain, pack, eager=True) == "", domain


def test_listed_typos_are_no_domains_of_a_provider(pack: Pack) -> None:
    for entry in pack.entries:
        for typo in entry.typos:
            assert not pack.knows_domain(typo), typo
            assert suggest_domain(typo, pack) == entry.domains[0]


def test_once_the_name_is_known_not_to_exist_more_is_suspected(pack: Pack) -> None:
    assert suggest_domain("gmx.nt", pack) == ""
    assert suggest_domain("gmx.nt", pack, eager=True) == "gmx.net"
    assert suggest_domain("blewuin.ch", pack, eager=True) == "bluewin.ch"
    assert suggest_domain("nothing-like-it.example", pack, eager=True) == ""


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [("gmail", "gmail", 0), ("gmial", "gmail", 1), ("gmal", "gmail", 1), ("gmaiil", "gmail", 1),
     ("gnail", "gmail", 1), ("gmlia", "gmail", 2), ("ab", "abcdef", 3), ("ca", "abc", 3)],
)  # fmt: skip
def test_distance(first: str, second: str, distance: int) -> None:
    assert slips(first, second, 2) == min(distance, 3)
    assert slips(second, first, 2) == min(distance, 3)
