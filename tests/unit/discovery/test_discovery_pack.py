"""The provider pack: the shipped file is right, and a wrong one is named by line and field."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests import i18n
from tests.shared_data import shared_data
from tests.unit.discovery.support import PACK_TEXT, address, small_pack
from wizard.app.language import make_messages
from wizard.discovery import (
    AutoconfigDocument,
    Pack,
    PackFaults,
    find_provider,
    load_pack,
    parse_autoconfig,
    read_pack,
)
from wizard.model import (
    LOOPBACK,
    AuthMethod,
    EmailAddress,
    PasswordKind,
    ServerType,
    ServiceType,
)

PROVIDERS = Path(__file__).resolve().parents[3] / "resources" / "providers.toml"
LANGUAGES = {"en", "fr", "de", "it", "es"}


@pytest.fixture(scope="module")
def pack() -> Pack:
    loaded = load_pack(PROVIDERS)
    assert isinstance(loaded, Pack), loaded
    return loaded


def hosts(pack: Pack, who: str) -> list[tuple[str, str, int, str]]:
    entry = pack.by_domain(who.partition("@")[2])
    assert entry is not None, who
    return [(s.type.value, s.host, s.port, s.username) for s in entry.servers_for(address(who))]


def test_the_shipped_pack_has_no_fault(pack: Pack) -> None:
    assert len(pack.entries) >= 140
    for entry in pack.entries:
        assert entry.checked, entry.id
        assert entry.source, entry.id
        kinds = {server.type for server in entry.servers}
        if entry.password is PasswordKind.BRIDGE:
            assert {server.host for server in entry.servers} == {LOOPBACK}
        elif entry.plain_only or not entry.password.has_servers:
            assert not kinds, entry.id
        elif entry.id != "peoplepc.com":  # its receiving servers do not encrypt
            assert ServerType.SMTP in kinds, entry.id
            assert kinds & {ServerType.IMAP, ServerType.POP3}, entry.id


@pytest.mark.parametrize(
    "domain",
    [
        "gmail.com", "outlook.com", "hotmail.com", "live.com", "icloud.com", "yahoo.com", "aol.com",
        "gmx.net", "gmx.com", "web.de", "t-online.de", "orange.fr", "free.fr", "sfr.fr",
        "laposte.net", "bluewin.ch", "mailbox.org", "posteo.de", "fastmail.com", "zoho.com",
        "zoho.eu", "proton.me", "tuta.com", "yandex.com", "mail.ru", "libero.it", "aruba.it",
        "tiscali.it", "virgilio.it", "seznam.cz", "wp.pl", "onet.pl", "telenet.be", "skynet.be",
        "ziggo.nl", "kpnmail.nl", "ik.me", "ikmail.com", "etik.com",
    ],
)  # fmt: skip
def test_the_great_providers_are_known_by_domain(pack: Pack, domain: str) -> None:
    assert pack.by_domain(domain) is not None


@pytest.mark.parametrize(
    ("mx", "provider"),
    [
        ("mta-gw.infomaniak.ch", "infomaniak"),
        ("mta-gw.infomaniak.com", "infomaniak"),
        ("aspmx.l.google.com", "gmail"),
        ("smtp.google.com", "gmail"),
        ("example-com.mail.protection.outlook.com", "microsoft365"),
        ("example-com.a-v1.mx.microsoft", "microsoft365"),
        ("autodiscover.outlook.com", "microsoft365"),
        ("contoso.mail.onmicrosoft.com", "microsoft365"),
        ("hotmail-com.olc.protection.outlook.com", "outlook.com"),
        ("mx01.mail.icloud.com", "icloud-custom"),
        ("in1-smtp.messagingengine.com", "fastmail"),
        ("aspmx1.migadu.com", "migadu"),
        ("mx1.mail.ovh.net", "ovh"),
        ("spool.mail.gandi.net", "gandi.net"),
        ("mx00.ionos.de", "ionos-de"),
        ("mx00.kundenserver.de", "ionos-de"),
        ("smtpin.rzone.de", "strato.de"),
        ("www123.your-server.de", "hetzner"),
        ("mx1.mail.hostpoint.ch", "hostpoint"),
        ("mx.zoho.eu", "zoho.eu"),
        ("mail.protonmail.ch", "proton"),
        ("mail.tutanota.de", "tuta"),
        ("mx1.mailbox.org", "mailbox.org"),
    ],
)
def test_own_domains_are_known_by_their_exchanger(pack: Pack, mx: str, provider: str) -> None:
    entry = find_provider(pack, "somebodys-own.example", mx)
    assert entry is not None
    assert entry.id == provider


@pytest.mark.parametrize(
    "mx", ["mx1.pphosted.com", "eu-smtp-inbound-1.mimecast.com", "d1.ess.barracudanetworks.com",
           "route1.mx.cloudflare.net", "in.hes.trendmicro.eu"]
)  # fmt: skip
def test_mail_filters_say_nothing_about_the_mailbox(pack: Pack, mx: str) -> None:
    assert pack.is_mail_filter(mx)
    assert find_provider(pack, "somebodys-own.example", mx) is None


def test_infomaniak_as_its_guides_say(pack: Pack) -> None:
    assert hosts(pack, "jo@ik.me") == [
        ("imap", "mail.infomaniak.com", 993, "jo@ik.me"),
        ("pop3", "mail.infomaniak.com", 995, "jo@ik.me"),
        ("smtp", "mail.infomaniak.com", 465, "jo@ik.me"),
    ]


def test_icloud_has_two_user_names(pack: Pack) -> None:
    assert [(kind, user) for kind, _, _, user in hosts(pack, "jo@icloud.com")] == [
        ("imap", "jo"),
        ("smtp", "jo@icloud.com"),
    ]
    custom = pack.by_mx("mx01.mail.icloud.com")
    assert custom is not None
    assert all(s.username_guessed for s in custom.servers_for(address("jo@own.example")))


def test_special_providers_are_marked(pack: Pack) -> None:
    kinds = {
        domain: entry.password
        for domain in ("gmail.com", "outlook.com", "proton.me", "tuta.com", "ik.me", "icloud.com")
        if (entry := pack.by_domain(domain))
    }
    assert kinds == {
        "gmail.com": PasswordKind.APP_PASSWORD,
        "outlook.com": PasswordKind.OAUTH_IN_CLIENT,
        "proton.me": PasswordKind.BRIDGE,
        "tuta.com": PasswordKind.NOT_POSSIBLE,
        "ik.me": PasswordKind.NORMAL,
        "icloud.com": PasswordKind.APP_PASSWORD,
    }
    outlook = pack.by_domain("outlook.com")
    assert outlook is not None
    assert {server.auth for server in outlook.servers} == {(AuthMethod.OAUTH2,)}


def test_first_steps_are_there_in_all_five_languages(pack: Pack) -> None:
    told = 0
    for entry in pack.entries:
        steps = entry.provider.steps
        if not steps:
            assert entry.password is PasswordKind.NORMAL, entry.id
            continue
        told += 1
        assert set(steps) == LANGUAGES, entry.id
        assert len({frozenset(texts) for texts in steps.values()}) == 1, entry.id
        for language, texts in steps.items():
            for text in texts.values():
                assert "{" not in text, (entry.id, language)
                assert text.endswith("."), (entry.id, language)
                assert i18n.typeset(text, language) == text, (entry.id, language)
        if entry.password is PasswordKind.APP_PASSWORD:
            assert "app-password" in steps["en"], entry.id
    assert told >= 40


def test_the_pack_knows_every_domain_of_the_public_database(pack: Pack) -> None:
    files = sorted(shared_data("ispdb").glob("*.xml"))
    checked = 0
    for path in files:
        first = parse_autoconfig(path.read_bytes(), address("jo.doe@example.com"))
        assert isinstance(first, AutoconfigDocument)
        for domain in first.domains:
            who = address(f"jo.doe@{domain}")
            published = parse_autoconfig(path.read_bytes(), who)
            assert isinstance(published, AutoconfigDocument)
            entry = pack.by_domain(domain)
            assert entry is not None, (path.name, domain)
            own = entry.servers_for(who)
            assert own == (*published.incoming, *published.outgoing), (path.name, domain)
            assert entry.plain_only == published.unencrypted_only, (path.name, domain)
            checked += 1
    assert checked > 700


def test_services_of_a_provider(pack: Pack) -> None:
    entry = pack.by_domain("posteo.de")
    assert entry is not None
    assert [(s.type, s.url) for s in entry.services_for(address("jo@posteo.de"))] == [
        (ServiceType.CARDDAV, "https://posteo.de:8443"),
        (ServiceType.CALDAV, "https://posteo.de:8443"),
    ]


def test_the_longest_exchanger_pattern_wins() -> None:
    text = PACK_TEXT + (
        '\n[[provider]]\nid = "inner"\nname = "Inner"\nmx = ["eu.mx.known.test"]\n'
        'servers = ["imap i.known.test:993 tls", "smtp s.known.test:465 tls"]\n'
    )
    pack = read_pack(text)
    assert isinstance(pack, Pack)
    inner, outer = pack.by_mx("a.eu.mx.known.test"), pack.by_mx("a.us.mx.known.test")
    assert (inner and inner.id, outer and outer.id) == ("inner", "known")
    assert pack.by_mx("evilmx.known.test") is None


def test_a_provider_file_may_stand_for_every_domain() -> None:
    pack = read_pack(
        'format = 1\n[[provider]]\nid = "h"\nname = "Host"\ndomains = ["*"]\n'
        'servers = ["imap mail.{domain}:993 tls user={local}", "smtp mail.host.test:465 tls"]\n'
    )
    assert isinstance(pack, Pack)
    entry = pack.by_domain("customer.example")
    assert entry is not None
    server = entry.servers_for(address("jo@customer.example"))[0]
    assert (server.host, server.username) == ("mail.customer.example", "jo")
    assert list(pack.domains) == []


def faults(text: str) -> list[str]:
    read = read_pack(text)
    assert isinstance(read, tuple), read
    return [str(fault) for fault in read]


GOOD = """format = 1

[[provider]]
id = "a"
name = "A"
domains = ["a.test"]
servers = ["imap imap.a.test:993 tls", "smtp smtp.a.test:465 tls"]
"""


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("format = 1", "format = 2", "line 1: format", "must be 1"),
        ("format = 1", "", "line 1: format", "must be 1"),
        (GOOD.partition("\n\n")[2], "", "line 1: provider", "at least one"),
        ('id = "a"', 'id = "A B"', "line 4: provider.id", "lower-case"),
        ('name = "A"', "", "line 3: provider.name", "is needed"),
        ('name = "A"', "name = 5", "line 5: provider.name", "text in quotes"),
        ('["a.test"]', '"a.test"', "line 6: provider.domains", "list of texts"),
        ('["a.test"]', "[]", "line 6: provider.domains", "is needed"),
        ('["a.test"]', '["A.test"]', "line 6: provider.domains", "write “A.test” as “a.test”"),
        ('["a.test"]', '["bücher.test"]', "line 6: provider.domains", "xn--bcher-kva.test"),
        ('["a.test"]', '["*.a.test"]', "line 6: provider.domains", "not a host name"),
        ('["a.test"]', '["localhost"]', "line 6: provider.domains", "not a host name"),
        (" tls", " plain", "line 7: provider.servers", "never used"),
        (":993", "", "line 7: provider.servers", "is not written as imap|pop3|smtp HOST:PORT"),
        ("993 tls", "143 NONE", "line 7: provider.servers", "never used"),
        (
            'name = "A"',
            'name = "A"\nusername = "%EMAILADDRESS%"',
            "line 6: provider.user",
            "{local}",
        ),
        ('name = "A"', 'name = "A"\nusername = "{user}"', "line 6: provider.username", "{local}"),
        ('name = "A"', 'name = "A"\nusername = "{address"', "line 6: provider.username", "{local}"),
        ("993 tls", "993 tls user={name}", "line 7: provider.servers", "{local}"),
        ('name = "A"', 'name = "A"\ncaldav = "https://a.test/{user}"', "line 6", "{local}"),
        (
            'name = "A"',
            'name = "A"\ncaldav = "https://{local}.a.test/"',
            "line 6",
            "none of {domain}",
        ),
        (
            'name = "A"',
            'name = "A"\nmx = ["m.a.test", "m.a.test"]',
            "line 6: provider.mx",
            "already",
        ),
        ('name = "A"', 'name = "A"\nhelp = [{url="https://a.test", titel="x"}]', "line 6", "titel"),
        ('tls"]\n', 'tls"]\n[texts.x]\nen = 5\n', "line 8: x", "language code"),
        ('tls"]\n', "tls\"]\n[texts.x]\nen = '{domain}'\n", "line 8: x", "none of {name}"),
        ("format = 1", "<?xml version='1.0'?>", "line 1: is XML", "TOML"),
        ("format = 1", '{"format": 1}', "line 1: is JSON", "TOML"),
        (":993", ":99999", "line 7: provider.servers", "65535"),
        ("imap.a.test", "127.0.0.1", "line 7: provider.servers", "not a host name"),
        ("imap.a.test", "{host}.a.test", "line 7: provider.servers", "{domain}"),
        ("993 tls", "993 tls auth=magic", "line 7: provider.servers", "magic"),
        ('name = "A"', 'name = "A"\npasword = "normal"', "line 6: provider.pasword", "not a key"),
        ('name = "A"', 'name = "A"\npassword = "secret"', "line 6: provider.password", "none of"),
        ('name = "A"', 'name = "A"\nsteps = { x = "y" }', "line 6: provider.steps", "none of"),
        ('name = "A"', 'name = "A"\nhelp = [{ url = "http://a.test" }]', "line 6", "https"),
        ('name = "A"', 'name = "A"\ncarddav = "http://a.test"', "line 6", "https"),
        ('name = "A"', 'name = "A"\nchecked = "yesterday"', "line 6", "2026-11"),
        ('name = "A"', 'name = "A"\nplain_only = "yes"', "line 6", "true or false"),
        ('name = "A"', 'name = "A', "line 5", "as TOML"),
        ('"smtp smtp.a.test:465 tls"]', '"smtp smtp.a.test:465 tls"', "line 7", "as TOML"),
        ("[[provider]]", "[provider]", "line 3: provider", "[[provider]]"),
        ("format = 1", "format = true", "line 1: format", "must be 1"),
        ("format = 1", "format = 1.0", "line 1: format", "must be 1"),
        ("format = 1", f"format = {'9' * 5000}", "holds a number", "digits"),
        ('"imap imap', '"imap {local}', "line 7: provider.servers", "{domain}"),
        ('name = "A"', 'name = "A"\nmx = ["co.uk"]', "line 6: provider.mx", "many owners"),
        ("format = 1", 'format = 1\nmail_filters = ["co.uk"]', "line 2: mail_filters", "owners"),
        ('name = "A"', r'name = "A"' + "\n" + r'username = "a\r\nLOGOUT"', "line 6", "one line"),
        ('name = "A"', r'name = "A"' + "\n" + r'username = "\u202Ea"', "line 6", "nobody can see"),
        ('name = "A"', 'name = "A"\nlogo = "../../x.png"', "line 6: provider.logo", "beside"),
        ('name = "A"', 'name = "A"\nlogo = "/etc/x.png"', "line 6: provider.logo", "beside"),
        ('name = "A"', "name = 'A'\nlogo = 'a\\..\\x.png'", "line 6: provider.logo", "beside"),
        ('name = "A"', "name = 'A'\nlogo = 'C:\\x.png'", "line 6: provider.logo", "beside"),
        ('name = "A"', "name = 'A'\nlogo = '\\\\host\\x'", "line 6: provider.logo", "beside"),
        ('name = "A"', 'name = "A"\nlogo = "file:///x.png"', "line 6: provider.logo", "beside"),
        ('name = "A"', 'name = "A"\nlanguages = ["../x"]', "line 6: provider.lang", "two letters"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_field(
    old: str, new: str, where: str, what: str
) -> None:
    assert isinstance(read_pack(GOOD), Pack)
    told = faults(GOOD.replace(old, new, 1))
    assert any(fault.startswith(where) and what in fault for fault in told), told


def test_the_line_is_that_of_the_right_provider() -> None:
    second = GOOD.removeprefix("format = 1\n").replace('"a"', '"b"').replace("a.test", "b.test")
    told = faults(GOOD + second.replace(":465", ":0"))
    assert told == ["line 13: provider.servers: port 0 is not between 1 and 65535"]


def test_a_domain_may_stand_in_one_entry_only() -> None:
    second = GOOD.removeprefix("format = 1\n").replace('id = "a"', 'id = "b"')
    assert "“a.test” is already in a" in faults(GOOD + second)[0]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_mistakes_are_told_in_the_language_of_the_person(language: str) -> None:
    read = read_pack(GOOD.replace(":993", ":0").replace("A", "", 1).replace("a.test", "A.test"))
    assert isinstance(read, tuple)
    told = [fault.told(make_messages(language)) for fault in read]
    assert len(set(told)) == len(told) > 2
    assert all("{" not in text for text in told)
    assert (told == [str(fault) for fault in read]) == (language == "en")


def test_what_an_address_holds_stays_in_its_part_of_a_path() -> None:
    read = read_pack(GOOD.replace('"A"', '"A"\ncaldav = "https://a.test/{local}/{address}/"'))
    assert isinstance(read, Pack)
    (service,) = read.entries[0].services_for(EmailAddress("jo/../?#%2f+x", "a.test"))
    assert service.url == ("https://a.test/jo%2F..%2F%3F%23%252f+x/jo%2F..%2F%3F%23%252f+x@a.test/")


def test_all_mistakes_are_told_at_once() -> None:
    text = GOOD.replace('"A"', "5").replace(":993", ":0").replace("format = 1", "format = 3")
    assert [fault.split(":")[0] for fault in faults(text)] == [
        "line 1",
        "line 5",
        "line 5",
        "line 7",
    ]


def test_files_that_are_no_provider_files(tmp_path: Path) -> None:
    missing = load_pack(tmp_path / "missing.toml")
    assert isinstance(missing, PackFaults)
    assert "No such file" in str(missing.faults[0])
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"format = 1\n\xff\xfe")
    assert isinstance(read := load_pack(binary), PackFaults)
    assert str(read.faults[0]) == "line 2: is not UTF-8 text: save the file with the encoding UTF-8"
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * (1024 * 1024 + 1))
    assert isinstance(read := load_pack(large), PackFaults)
    assert "1 MiB" in str(read.faults[0])
    nested = tmp_path / "nested.toml"
    nested.write_text("format = " + "[" * 5000 + "]" * 5000)
    assert isinstance(load_pack(nested), PackFaults)
    good = tmp_path / "good.toml"
    good.write_text(GOOD)
    assert isinstance(read_good := load_pack(good), Pack)
    assert read_good.path == good


@pytest.mark.parametrize(
    "hostile",
    [
        "a." * 200_000 + "a = 1",
        "x = { " + '"a" . ' * 5_000 + "a = 1 }",
        "\n".join(f"k{number} = 1" for number in range(20_000)),
        "\n".join(f'[[provider]]\nid = "p{number}"' for number in range(6_000)),
        "[" * 200_000,
        "x = '" + "y" * 20_000 + "'",
    ],
    ids=["dotted", "dotted inline", "unknown keys", "empty providers", "brackets", "long line"],
)
def test_a_file_made_to_keep_the_reader_busy_does_not(hostile: str) -> None:
    """Each of these took minutes, or would have."""
    began = time.monotonic()
    told = faults(f"{GOOD}\n{hostile}\n")
    assert 1 <= len(told) <= 100
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("logo", ["logo.png", "pictures/logo.png", "https://a.test/logo.png"])
def test_logos_lie_beside_the_file_or_in_the_web(logo: str) -> None:
    read = read_pack(GOOD.replace('name = "A"', f'name = "A"\nlogo = "{logo}"'))
    assert isinstance(read, Pack)
    assert read.entries[0].logo == logo


def test_known_servers_behind_certificate_names() -> None:
    pack = small_pack()
    assert pack.hosts_matching("*.known.test", ServerType.IMAP) == ("imap.known.test",)
    assert pack.hosts_matching("smtp.known.test", ServerType.SMTP) == ("smtp.known.test",)
    assert pack.hosts_matching("*.test", ServerType.IMAP) == ()
    assert pack.hosts_matching("imap.evil.test", ServerType.IMAP) == ()


def test_a_byte_order_mark_at_the_start_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "provider.toml"
    file.write_bytes(b"\xef\xbb\xbf" + PACK_TEXT.replace("\n", "\r\n").encode())
    assert isinstance(load_pack(file), Pack)
