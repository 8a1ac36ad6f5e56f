"""The autoconfig document: what it yields, and that nothing in it can hurt."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.shared_data import shared_data
from tests.unit.discovery.support import address, document
from wizard.discovery import AutoconfigDocument, NotAutoconfig, parse_autoconfig
from wizard.model import (
    AuthMethod,
    HelpLink,
    Security,
    ServerSettings,
    ServerType,
    ServiceType,
)


def parse(data: bytes, who: str = "jo.doe+x@example.com") -> AutoconfigDocument:
    parsed = parse_autoconfig(data, address(who))
    assert isinstance(parsed, AutoconfigDocument), parsed
    return parsed


def wrap(inside: str, after: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><clientConfig version="1.1">'
        f'<emailProvider id="example.com"><domain>example.com</domain>{inside}</emailProvider>'
        f"{after}</clientConfig>"
    ).encode()


def server(
    kind: str = "imap",
    host: str = "imap.example.com",
    port: str = "993",
    socket: str = "<socketType>SSL</socketType>",
    username: str = "<username>%EMAILADDRESS%</username>",
    auth: str = "<authentication>password-cleartext</authentication>",
) -> str:
    tag = "outgoingServer" if kind == "smtp" else "incomingServer"
    return (
        f'<{tag} type="{kind}"><hostname>{host}</hostname><port>{port}</port>'
        f"{socket}{username}{auth}</{tag}>"
    )


def test_a_plain_document() -> None:
    parsed = parse(document())
    assert parsed.incoming == (
        ServerSettings(
            ServerType.IMAP,
            "imap.example.com",
            993,
            Security.TLS,
            (AuthMethod.PLAIN,),
            "jo.doe+x@example.com",
        ),
    )
    assert [server.host for server in parsed.outgoing] == ["smtp.example.com"]
    assert parsed.name == "Example Mail"
    assert parsed.domains == ("example.com",)
    assert not parsed.unencrypted_only


def test_servers_keep_the_documents_order() -> None:
    parsed = parse(
        wrap(
            server("pop3", "pop.example.com", "995")
            + server("imap", "b.example.com")
            + server("imap", "a.example.com", "143", "<socketType>STARTTLS</socketType>")
            + server("smtp", "s.example.com", "587", "<socketType>STARTTLS</socketType>")
            + server("smtp", "s.example.com", "465")
        )
    )
    assert [(s.type.value, s.host, s.port) for s in parsed.incoming] == [
        ("pop3", "pop.example.com", 995),
        ("imap", "b.example.com", 993),
        ("imap", "a.example.com", 143),
    ]
    assert [(s.port, s.security.value) for s in parsed.outgoing] == [
        (587, "starttls"),
        (465, "tls"),
    ]


def test_unencrypted_servers_are_kept_apart() -> None:
    plain = "<socketType>plain</socketType>"
    mixed = parse(wrap(server(port="143", socket=plain) + server()))
    assert [s.port for s in mixed.incoming] == [993]
    assert [s.port for s in mixed.unencrypted] == [143]
    assert not mixed.unencrypted_only
    only = parse(wrap(server(port="143", socket=plain) + server("smtp", port="25", socket=plain)))
    assert only.unencrypted_only
    assert only.incoming == only.outgoing == ()


def test_placeholders_in_any_value() -> None:
    parsed = parse(
        wrap(
            "<displayName>Mail of %EMAILDOMAIN%</displayName>"
            + server(host="imap.%EMAILDOMAIN%", username="<username>%EMAILLOCALPART%</username>")
        ),
        "jo@bücher.example",
    )
    assert parsed.name == "Mail of xn--bcher-kva.example"
    assert parsed.incoming[0].host == "imap.xn--bcher-kva.example"
    assert parsed.incoming[0].username == "jo"


def test_an_address_cannot_smuggle_placeholders_or_markup() -> None:
    parsed = parse(
        wrap(server(username="<username>%EMAILLOCALPART%</username>")),
        "%EMAILDOMAIN%&x@example.com",
    )
    assert parsed.incoming[0].username == "%EMAILDOMAIN%&x"


@pytest.mark.parametrize(
    "host", ["%EMAILLOCALPART%.evil.example", "%EMAILADDRESS%", "x.%emaillocalpart%.evil.example"]
)
def test_no_host_name_carries_the_person_away(host: str) -> None:
    """Names are asked for in the clear, and a foreign document's before anybody agreed to it."""
    parsed = parse(wrap(server(host=host)), "jo@example.com")
    assert parsed.incoming == ()
    assert parsed.skipped


def test_the_first_known_socket_type_and_host_count() -> None:
    parsed = parse(
        wrap(
            server(
                socket="<socketType>new</socketType><socketType>SSL</socketType>",
                host="first.example.com</hostname><hostname>second.example.com",
                auth="<authentication>new</authentication>"
                "<authentication>OAuth2</authentication>"
                "<authentication>password-encrypted</authentication>",
            )
        )
    )
    assert parsed.incoming[0].host == "first.example.com"
    assert parsed.incoming[0].auth == (AuthMethod.OAUTH2, AuthMethod.CRAM_MD5)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (server(socket="<socketType>key-from-DNS</socketType>"), "imap: socketType"),
        (server(socket=""), "imap: socketType"),
        (server(auth="<authentication>eye-scan</authentication>"), "imap: authentication"),
        (server(port="0"), "imap: port"),
        (server(port="99999"), "imap: port"),
        (server(port="9e2"), "imap: port"),
        (server(port="0x3e1"), "imap: port"),
        (server(port="-993"), "imap: port"),
        (server(port="imaps"), "imap: port"),
        (server(port="٩٩٣"), "imap: port"),
        (server(host="127.0.0.1"), "imap: hostname"),
        (server(host="localhost"), "imap: hostname"),
        (server(host="imap.example.com/../x"), "imap: hostname"),
        (server(host="imap.example.com&#13;&#10;X"), "imap: hostname"),
        (server(host="[::1]"), "imap: hostname"),
    ],
)
def test_a_server_that_is_not_understood_is_skipped_alone(broken: str, reason: str) -> None:
    parsed = parse(wrap(broken + server("pop3", "pop.example.com", "995")))
    assert parsed.skipped == (reason,)
    assert [s.host for s in parsed.incoming] == ["pop.example.com"]


def test_a_missing_user_name_is_a_guess() -> None:
    parsed = parse(wrap(server(username="", auth="")))
    assert parsed.incoming[0].username == "jo.doe+x@example.com"
    assert parsed.incoming[0].username_guessed
    assert parsed.incoming[0].auth == ()


@pytest.mark.parametrize(
    "written", ["%REALNAME%", "%USERNAME%", "%EMAIL%", "x-%LOGIN%", "%EMAILADDRESS%%DOMAIN%"]
)
def test_a_user_name_that_nobody_can_fill_in_is_a_guess(written: str) -> None:
    parsed = parse(wrap(server(username=f"<username>{written}</username>")))
    assert parsed.incoming[0].username == "jo.doe+x@example.com"
    assert parsed.incoming[0].username_guessed


@pytest.mark.parametrize(
    ("written", "login"),
    [
        ("%EMAILLOCALPART%%%EMAILDOMAIN%", "jo%example.com"),
        ("%%EMAILLOCALPART%%", "%jo%"),
        ("%EMAILLOCALPART%x%EMAILDOMAIN%", "joxexample.com"),
        ("100%EMAILADDRESS%", "100jo@example.com"),
        ("a%20b%20", "a%20b%20"),
    ],
)
def test_a_percent_sign_is_no_placeholder(written: str, login: str) -> None:
    parsed = parse(wrap(server(username=f"<username>{written}</username>")), "jo@example.com")
    assert parsed.incoming[0].username == login
    assert not parsed.incoming[0].username_guessed


@pytest.mark.parametrize(
    "written", ["993", " 000993 ", "+993", "993/tcp", "993, 143", "993 (SSL)", "993.0", "", " "]
)
def test_a_port_is_read_as_thunderbird_reads_it(written: str) -> None:
    parsed = parse(wrap(server(port=written)))
    assert [s.port for s in parsed.incoming] == [993]


@pytest.mark.parametrize(
    ("kind", "socket", "port"),
    [("imap", "STARTTLS", 143), ("pop3", "SSL", 995), ("smtp", "STARTTLS", 587)],
)
def test_a_port_that_is_not_said_is_the_registered_one(kind: str, socket: str, port: int) -> None:
    parsed = parse(
        wrap(server(kind, port="1", socket=f"<socketType>{socket}</socketType>")).replace(
            b"<port>1</port>", b""
        )
    )
    assert [s.port for s in (*parsed.incoming, *parsed.outgoing)] == [port]


def test_a_login_with_control_characters_is_not_taken_over() -> None:
    parsed = parse(wrap(server(username="<username>jo&#10;DELE 1</username>")))
    assert parsed.incoming[0].username == "jo.doe+x@example.com"


def test_other_protocols_are_named_and_ignored() -> None:
    parsed = parse(
        wrap(
            '<incomingServer type="ews"><url>https://x.example/EWS</url></incomingServer>'
            '<incomingServer type="activeSync"/><incomingServer type="imap5"/>' + server()
        )
    )
    assert parsed.other == ("ews", "activesync", "imap5")
    assert len(parsed.incoming) == 1


def test_unknown_elements_and_versions_are_ignored() -> None:
    data = wrap("<brandNew><deep/></brandNew>" + server()).replace(b"1.1", b"99.0", 1)
    assert len(parse(data).incoming) == 1


def test_namespaces_and_case_do_not_matter() -> None:
    data = wrap(server()).replace(b"<clientConfig", b'<clientConfig xmlns="urn:x"')
    assert len(parse(data).incoming) == 1


def test_contacts_calendars_and_jmap() -> None:
    parsed = parse(
        wrap(
            '<incomingServer type="jmap"><url>https://jmap.example.com/session</url>'
            "<username>%EMAILADDRESS%</username></incomingServer>",
            '<addressBook type="carddav"><username>%EMAILLOCALPART%</username>'
            "<serverURL>https://dav.example.com/%EMAILADDRESS%/</serverURL></addressBook>"
            '<calendar type="caldav"><url>https://dav.example.com/</url></calendar>'
            '<calendar type="caldav"><url>http://plain.example.com/</url></calendar>'
            '<fileShare type="webdav"><url>https://dav.example.com/</url></fileShare>',
        )
    )
    assert [(s.type, s.url, s.username) for s in parsed.services] == [
        (ServiceType.JMAP, "https://jmap.example.com/session", "jo.doe+x@example.com"),
        (ServiceType.CARDDAV, "https://dav.example.com/jo.doe+x@example.com/", "jo.doe+x"),
        (ServiceType.CALDAV, "https://dav.example.com/", "jo.doe+x@example.com"),
    ]


def test_help_pages() -> None:
    parsed = parse(
        wrap(
            '<documentation url="https://help.example.com/imap"><descr lang="de">Hilfe</descr>'
            '<descr lang="en">Help</descr></documentation>'
            '<documentation url="javascript:alert(1)"><descr>bad</descr></documentation>',
            '<enable visiturl="http://mail.example.com/settings#imap">'
            '<instruction lang="fr">Activez IMAP</instruction></enable>',
        )
    )
    assert parsed.help == (
        HelpLink("https://help.example.com/imap", "general", "", "Help"),
        HelpLink("https://mail.example.com/settings#imap", "enable-imap", "fr", "Activez IMAP"),
    )


def test_oauth2() -> None:
    parsed = parse(
        wrap(
            server(),
            "<oAuth2><issuer>login.example.com</issuer><scope>mail  calendar</scope>"
            "<authURL>https://login.example.com/auth</authURL>"
            "<tokenURL>https://login.example.com/token</tokenURL></oAuth2>",
        )
    )
    assert parsed.oauth2 is not None
    assert parsed.oauth2.scopes == ("mail", "calendar")
    unsafe = wrap(
        server(),
        "<oAuth2><issuer>x</issuer><authURL>http://login.example.com/</authURL>"
        "<tokenURL>https://login.example.com/</tokenURL></oAuth2>",
    )
    assert parse(unsafe).oauth2 is None


def test_domain_purpose() -> None:
    parsed = parse(wrap('<domain purpose="mx">mx.example.net</domain>' + server()))
    assert parsed.domains == ("example.com", "mx.example.net")
    assert parsed.mx_domains == ("mx.example.net",)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<!DOCTYPE html><html></html>", "web-page"),
        (b"<HTML><body>parked</body></HTML>", "web-page"),
        (b"not xml at all", "malformed"),
        (b"\xff\xfe\x00", "malformed"),
        (b"\0" * 100, "malformed"),
        (b'<?xml version="1.0" encoding="utf-7"?>+ADw-clientConfig/+AD4-', "malformed"),
        (b'<?xml version="1.0" encoding="no-such"?><clientConfig/>', "other-document"),
        (b"<clientConfig>", "malformed"),
        (b"<rss/>", "other-document"),
        (b"<clientConfig/>", "other-document"),
        (b"<clientConfig>" + b" " * 70_000 + b"</clientConfig>", "too-large"),
        (b'<!DOCTYPE clientConfig SYSTEM "http://evil.example/x.dtd"><clientConfig/>', "dtd"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><clientConfig>&a;</clientConfig>', "dtd"),
    ],
)
def test_what_is_no_document(data: bytes, reason: str) -> None:
    assert parse_autoconfig(data, address()) == NotAutoconfig(reason)


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + document(),
        b"\r\n \xef\xbb\xbf\n" + document(),
        document().decode().encode("utf-16"),
        document().decode().replace("?>", ' encoding="UTF-16"?>').encode("utf-16"),
        document().decode().encode("utf-16-le"),
        document().replace(b"?>", b' encoding="ISO-8859-1"?>').replace(b"Mail", b"Caf\xe9"),
        document().replace(b"?>", b' encoding="windows-1252"?>').replace(b"Mail", b"Caf\xe9"),
        document().replace(b"Mail", b"Caf\xe9"),
        document().replace(b"?>", b' encoding="utf-8"?>').replace(b"Mail", b"Caf\xe9"),
        document().replace(b"?>", b' encoding="utf-16"?>'),
        document().replace(b"?>", b' encoding="UTF8"?>'),
        document().replace(b"?>", b' encoding="no-such"?>'),
        document()
        .decode()
        .replace("?>", ' encoding="gb2312"?>')
        .replace("Mail", "邮件")
        .encode("gb2312"),
        document()
        .decode()
        .replace("?>", ' encoding="Shift_JIS"?>')
        .replace("Mail", "郵")
        .encode("sjis"),
        document().replace(b"\n", b"\r\n"),
        document().replace(b"imap.example.com", b"<![CDATA[imap.example.com]]>"),
        document().replace(b"imap.example.com", b"imap.<!-- here -->example<![CDATA[.com]]>"),
        document().replace(b"imap.example.com", b"\n\t IMAP.Example.COM. \n"),
        document().replace(b"imap.example.com", b"imap&#46;example.com"),
        document().replace(b"993", b" 0993\n").replace(b">SSL<", b"> ssl <"),
        document().replace(b">SSL<", b">DTLS</socketType><socketType>SSL<"),
        document().replace(b"<clientConfig", b'<clientConfig xmlns="urn:example:autoconfig"'),
        document()
        .replace(b"<clientConfig", b'<ac:clientConfig xmlns:ac="urn:x"')
        .replace(b"</clientConfig", b"</ac:clientConfig"),
        document().replace(b'type="imap"', b'Type=" IMAP " xml:lang="de"'),
        document().replace(b"<emailProvider", b"<!-- a --><?pi x?><other/><emailProvider"),
        document().replace(b"<incomingServer", b'<incomingServer type="imap"/><incomingServer', 1),
        document().replace(
            b'<incomingServer type="imap">',
            b'<incomingServer type="ews"><ewsURL>https://x.example/</ewsURL></incomingServer>'
            b'<incomingServer type="imap"><new-thing a="b">1</new-thing>',
        ),
        document().replace(b"<domain>", b'<domain purpose="mx">mx.example.net</domain><domain>'),
    ],
    ids=range(28),
)
def test_strange_but_valid_documents_say_the_same(data: bytes) -> None:
    plain = parse_autoconfig(document(), address())
    strange = parse_autoconfig(data, address())
    assert isinstance(plain, AutoconfigDocument)
    assert isinstance(strange, AutoconfigDocument)
    assert (strange.incoming, strange.outgoing) == (plain.incoming, plain.outgoing)
    assert strange.name.startswith("Example ")
    assert "�" not in strange.name


def test_an_entity_bomb_does_not_go_off() -> None:
    lines = "".join(
        f'<!ENTITY l{n} "{"&l" + str(n - 1) + ";" if n else "lol"}'
        f'{("&l" + str(n - 1) + ";") * 9 if n else ""}">'
        for n in range(9)
    )
    bomb = f"<?xml version='1.0'?><!DOCTYPE x [{lines}]><clientConfig>&l8;</clientConfig>"
    assert parse_autoconfig(bomb.encode(), address()) == NotAutoconfig("dtd")


def test_an_external_entity_is_not_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("imap.secret.example")
    data = (
        f'<!DOCTYPE x [<!ENTITY s SYSTEM "{secret.as_uri()}">]>'
        "<clientConfig><emailProvider><displayName>&s;</displayName></emailProvider></clientConfig>"
    )
    assert parse_autoconfig(data.encode(), address()) == NotAutoconfig("dtd")


def test_deep_nesting_and_many_servers_stay_bounded() -> None:
    deep = b"<clientConfig><emailProvider>" + b"<a>" * 15_000
    assert parse_autoconfig(deep, address()) == NotAutoconfig("malformed")
    closed = wrap("<a>" * 4_000 + "</a>" * 4_000 + server())
    assert len(parse(closed).incoming) == 1
    many = parse(wrap("".join(server(host=f"i{n}.example.com") for n in range(280))))
    assert len(many.incoming) == 32


def test_reading_the_largest_document_is_quick() -> None:
    # No measurement of speed: a quadratic reader would need minutes for this.
    began = time.monotonic()
    parse(wrap("<x/>" * 15_000 + server()))
    parse(wrap(server(port="0" * 64_000 + "x")))
    parse(wrap(server(username=f"<username>{'%' + 'a' * 64_000}</username>")))
    assert time.monotonic() - began < 20


def _servers_by_hand(path: Path) -> list[tuple[str, str, str, str]]:
    """The encrypted servers of a file as another, simpler reader sees them."""
    provider = ElementTree.parse(path).getroot().find("emailProvider")
    assert provider is not None
    values = {"%EMAILDOMAIN%": "example.com"}
    found = []
    for tag in ("incomingServer", "outgoingServer"):
        for element in provider.findall(tag):
            host, port, socket = (
                (element.findtext(name) or "").strip()
                for name in ("hostname", "port", "socketType")
            )
            for word, value in values.items():
                host = host.replace(word, value)
            if socket in {"SSL", "STARTTLS"}:
                found.append((element.get("type", ""), host, port, socket))
    return found


def test_every_file_of_the_public_database_is_read_completely() -> None:
    files = sorted(shared_data("ispdb").glob("*.xml"))
    assert len(files) >= 130
    words = {Security.TLS: "SSL", Security.STARTTLS: "STARTTLS"}
    for path in files:
        parsed = parse(path.read_bytes())
        assert parsed.skipped == (), path.name
        assert parsed.domains, path.name
        assert parsed.name, path.name
        read = [
            (s.type.value, s.host, str(s.port), words[s.security])
            for s in (*parsed.incoming, *parsed.outgoing)
        ]
        assert read == _servers_by_hand(path), path.name
        assert read or parsed.unencrypted_only, path.name
        for s in (*parsed.incoming, *parsed.outgoing):
            assert "%" not in s.host + s.username
            # One file names no user name for sending.
            assert s.username_guessed == (s.host == "smtp.teol.net")
            assert s.auth
