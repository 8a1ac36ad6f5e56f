"""Names, ports and addresses from outside: only clean ones get through."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.discovery.support import address
from wizard.discovery.names import (
    clean_host,
    clean_login,
    clean_port,
    clean_text,
    clean_url,
    fill_placeholders,
    is_within,
    owns_names_below,
    registrable_domain,
    same_owner,
)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("imap.example.com", "imap.example.com"),
        ("  IMAP.Example.COM. ", "imap.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("localhost", None),
        ("a.localhost", None),
        ("mailserver", None),
        ("127.0.0.1", None),
        ("[::1]", None),
        ("::1", None),
        ("1.0x7f", None),
        ("0x7f.0.0.0x1", None),
        ("2130706433", None),
        ("imap.example.com:993", None),
        ("imap.example.com/path", None),
        ("../../etc/passwd.example", None),
        ("imap.exa\nmple.com", None),
        ("imap.example.com\r\nX: y.com", None),
        ("imap.example\0.com", None),
        ("user@imap.example.com", None),
        ("imap..example.com", None),
        ("-imap.example.com", None),
        ("a" * 64 + ".example.com", None),
        ("a." * 130 + "com", None),
        ("imap example.com", None),
        ("%45xample.com", None),
        ("", None),
    ],
)
def test_only_dns_names_are_hosts(text: str, host: str | None) -> None:
    assert clean_host(text) == host


@pytest.mark.parametrize(
    ("text", "port"),
    [("993", 993), (" 993 ", 993), ("1", 1), ("65535", 65535), ("0", None), ("65536", None),
     ("-1", None), ("+993", None), ("9_93", None), ("٩٩٣", None), ("993.0", None), ("", None),
     ("9" * 400, None)],
)  # fmt: skip
def test_ports_are_plain_numbers_in_range(text: str, port: int | None) -> None:
    assert clean_port(text) == port


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://dav.example.com/x", "https://dav.example.com/x"),
        ("https://dav.example.com:8443/", "https://dav.example.com:8443/"),
        ("https://dav.example.com:443/", "https://dav.example.com/"),
        ("https://x.example/a?b=c#d", "https://x.example/a?b=c#d"),
        ("http://dav.example.com/", None),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("https://user:pw@dav.example.com/", None),
        ("https://dav.example.com@evil.example/", None),
        ("https://127.0.0.1/", None),
        ("https://[::1]/", None),
        ("https://localhost/", None),
        ("https://dav.example.com:0/", None),
        ("https://dav.example.com:99999/", None),
        ("https://dav.example.com/\r\nX: y", None),
        ("https://dav.example.com/a b", None),
        ("//dav.example.com/", None),
        ("https:///x", None),
        ("https://" + "a" * 3000 + ".example/", None),
    ],
)
def test_only_plain_https_addresses_get_through(text: str, url: str | None) -> None:
    assert clean_url(text) == url


def test_text_for_showing_is_one_line_without_hidden_characters() -> None:
    assert clean_text(" A\r\n\tB\0\x1b[31m \u202eevil\u200b ") == "A B[31m evil"
    assert clean_text("Ici\xa0: \xa0 l\xe0\xa0") == "Ici\xa0: l\xe0"
    assert clean_text("x" * 500, 10) == "x" * 9 + "…"


def test_logins_hold_no_control_characters() -> None:
    assert clean_login(" jo@example.com ") == "jo@example.com"
    assert clean_login("jo\r\nQUIT") is None
    assert clean_login("jo\0") is None
    assert clean_login("j" * 321) is None
    assert clean_login("") is None


@pytest.mark.parametrize(
    ("host", "registered"),
    [
        ("mail.example.co.uk", "example.co.uk"),
        ("example.co.uk", "example.co.uk"),
        ("co.uk", None),
        ("com", None),
        ("mx.l.google.com", "google.com"),
        ("a.b.github.io", "b.github.io"),
        ("github.io", None),
        ("a.city.kawasaki.jp", "city.kawasaki.jp"),
        ("a.b.other.kawasaki.jp", "b.other.kawasaki.jp"),
        ("www.ck", "www.ck"),
        ("mail.example.xn--p1ai", "example.xn--p1ai"),
        ("mail.example.test", "example.test"),
    ],
)
def test_registrable_domain(host: str, registered: str | None) -> None:
    assert registrable_domain(host) == registered


def test_suffixes_are_those_of_the_packages_own_reader() -> None:
    from publicsuffixlist import PSLFILE, PublicSuffixList

    whole = PublicSuffixList()
    lines = Path(PSLFILE).read_text(encoding="utf-8").splitlines()
    rules = [line.split()[0] for line in lines if line.strip() and not line.startswith("//")]
    for rule in rules:
        name = rule.lstrip("!").replace("*", "any").encode("idna").decode()
        for host in (name, f"a.{name}", f"b.a.{name}"):
            if "." in host:
                assert registrable_domain(host) == whole.privatesuffix(host), host


def test_owners() -> None:
    assert same_owner("a.example.com", "b.c.example.com")
    assert not same_owner("a.github.io", "b.github.io")
    assert not same_owner("example.com", "example.org")
    assert owns_names_below("example.co.uk")
    assert not owns_names_below("co.uk")
    assert not owns_names_below("github.io")
    assert is_within("a.example.com", "example.com")
    assert not is_within("badexample.com", "example.com")


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("%EMAILADDRESS%", "jo.d+x@example.com"),
        ("%EMAILLOCALPART%", "jo.d+x"),
        ("mail.%EMAILDOMAIN%", "mail.example.com"),
        ("%EMAILLOCALPART%.%EMAILDOMAIN%", "jo.d+x.example.com"),
        ("%EMAILADRESS%", "jo.d+x@example.com"),
        ("%emailaddress%", "jo.d+x@example.com"),
        ("%EMAILADDRESS", "jo.d+x@example.com"),
        ("50% off", "50% off"),
        ("%UNKNOWN%", "%UNKNOWN%"),
    ],
)
def test_placeholders(text: str, filled: str) -> None:
    assert fill_placeholders(text, address("jo.d+x@example.com")) == filled
