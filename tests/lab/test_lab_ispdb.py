"""Our reader of autoconfig documents beside Thunderbird's own, on every file of its database, and
on what becomes of these files in careless hands."""

import copy
import random
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.lab.internet import Internet
from tests.lab.thunderbird import Found, Server, Thunderbird, ThunderbirdTrouble
from tests.shared_data import shared_data
from wizard.discovery import AutoconfigDocument, parse_autoconfig
from wizard.discovery.names import clean_host, fill_placeholders
from wizard.model import AuthMethod, EmailAddress, Security, ServerSettings

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("thunderbird_program")]

_ADDRESS = EmailAddress("ada.l", "example.com")
_SECURITY = {Security.PLAIN: 0, Security.STARTTLS: 2, Security.TLS: 3}
_AUTH = {
    AuthMethod.NONE: 1,
    AuthMethod.PLAIN: 3,
    AuthMethod.CRAM_MD5: 4,
    AuthMethod.GSSAPI: 5,
    AuthMethod.NTLM: 6,
    AuthMethod.OAUTH2: 10,
}
"""Thunderbird's numbers (nsMsgSocketType, nsMsgAuthMethod)."""

_Said = tuple[str, str, int, int, str]
_GUESSED = "not said"


def _filled(text: str) -> str:
    return fill_placeholders(text, _ADDRESS)


def _theirs(servers: tuple[Server, ...]) -> list[_Said]:
    """What Thunderbird read, placeholders filled in as it does later, unencrypted left out."""
    return [
        (
            server.type,
            _filled(server.host),
            server.port,
            server.socket_type,
            # One file names no user name for sending; Thunderbird's word for that is a slip.
            _GUESSED if server.username == "undefined" else _filled(server.username),
        )
        for server in servers
        if server.socket_type != _SECURITY[Security.PLAIN]
    ]


def _ours(servers: tuple[ServerSettings, ...]) -> list[_Said]:
    return [
        (
            server.type.value,
            server.host,
            server.port,
            _SECURITY[server.security],
            _GUESSED if server.username_guessed else server.username,
        )
        for server in servers
    ]


def _preferred_login(servers: tuple[Server, ...], document: tuple[ServerSettings, ...]) -> None:
    """The method Thunderbird chooses is among those we read."""
    encrypted = [s for s in servers if s.socket_type != _SECURITY[Security.PLAIN]]
    for server, read in zip(encrypted, document, strict=True):
        assert server.auth_method in {_AUTH[method] for method in read.auth}, read


def test_every_file_of_the_public_database_reads_alike(internet: Internet, tmp_path: Path) -> None:
    files = sorted(shared_data("ispdb").glob("*.xml"))
    assert len(files) >= 130
    with Thunderbird(internet.home, tmp_path, internet.authority.root) as thunderbird:
        read: dict[Path, Found] = {
            file: thunderbird.read_autoconfig(file.read_text(encoding="utf-8")) for file in files
        }
    for file, theirs in read.items():
        ours = parse_autoconfig(file.read_bytes(), _ADDRESS)
        assert isinstance(ours, AutoconfigDocument), file.name
        assert _ours(ours.incoming) == _theirs(theirs.incoming), file.name
        assert _ours(ours.outgoing) == _theirs(theirs.outgoing), file.name
        _preferred_login(theirs.incoming, ours.incoming)
        _preferred_login(theirs.outgoing, ours.outgoing)


_SERVERS = {"incomingServer", "outgoingServer"}
_WRITTEN = {
    "hostname": (" {} ", "\n{}\n", "{}.", "IMAP.Example.ORG", "%EMAILDOMAIN%", "m.%EMAILDOMAIN%",
                 "{}:993", "a b.example", "", "192.0.2.1", "localhost", "mail_x.example.com"),
    "port": (" {} ", "+{}", "0{}", "000{}", "{}.0", "{}, 143", "{} 143", "{}/tcp", "{}'", "", "0",
             "-{}", "65536", "1e9", "0x3e1", "imaps", "٩٩٣"),
    "socketType": (" {} ", "SSL", "STARTTLS", "plain", "TLS", "STLS", "none", "", "3"),
    "authentication": (" {} ", "plain", "secure", "NTLM", "GSSAPI", "OAuth2", "XOAUTH2", "none",
                       "client-IP-address", "smtp-after-pop", "TLS-client-cert", "", "LOGIN"),
    "username": (" {} ", "%EMAILDOMAIN%", "%EMAILLOCALPART%", "%EMAILLOCALPART%%%EMAILDOMAIN%",
                 "%EMAILDOMAIN%\\%EMAILLOCALPART%", "%%EMAILADDRESS%%", "x%EMAILADDRESS%y", "a b",
                 "100%EMAILADDRESS%", "", "Ü"),
}  # fmt: skip
"""What stands in files made by hand or by a template, `{}` being what stood there before."""


def _careless(file: Path, chance: random.Random) -> str:
    """The file with one to three things done to it."""
    root = ElementTree.fromstring(file.read_bytes())
    provider = root.find("emailProvider")
    assert provider is not None
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        servers = [element for element in provider if element.tag in _SERVERS]
        if not servers:
            break
        server = chance.choice(servers)
        child = chance.choice(list(server))
        match chance.randrange(9):
            case 0:
                server.remove(child)
            case 1:
                twin = copy.deepcopy(child)
                twin.text = chance.choice(_WRITTEN.get(child.tag, ("x",))).format(child.text)
                server.insert(list(server).index(child) + chance.randrange(2), twin)
            case 2:
                server[:] = chance.sample(list(server), len(server))
            case 3:
                provider[:] = chance.sample(list(provider), len(provider))
            case 4:
                provider.insert(chance.randrange(len(provider)), copy.deepcopy(server))
            case 5:
                kind = chance.choice(("ews", "jmap", "activeSync", "imap4", "imap", "pop3", "smtp"))
                server.set("type", kind)
            case 6:
                unknown = ElementTree.Element(chance.choice(("new", "useGlobalPreferredServer")))
                chance.choice((root, provider, server)).append(unknown)
            case _:
                written = chance.choice(_WRITTEN.get(child.tag, ("{}",)))
                child.text = written.format(child.text)
    text = ElementTree.tostring(root, encoding="unicode")
    if chance.random() < 0.2:
        cut = chance.choice(("<![CDATA[", "<!-- here -->"))
        text = text.replace("<port>", f"<port>{cut}", 1)
        if cut.startswith("<!["):
            text = text.replace("</port>", "]]></port>", 1)
    return text


def _usable(servers: Sequence[_Said]) -> list[_Said]:
    """What Thunderbird says, less what we refuse on purpose (hosts that are no public DNS names),
    and with white space, final dots and its words for "nothing said" put as we put them."""
    usable = []
    for kind, host, port, security, username in servers:
        cleaned = clean_host(host)
        login = username.strip()
        if kind in {"imap", "pop3", "smtp"} and cleaned is not None and port is not None:
            said = _GUESSED if login in {"", "true", "NaN"} else login
            usable.append((kind, cleaned, port, security, said))
    return usable


def _are_among(some: Sequence[_Said], all_of_them: Sequence[_Said]) -> bool:
    """In the same order."""
    rest = iter(all_of_them)
    return all(one in rest for one in some)


def test_what_thunderbird_reads_in_a_careless_file_we_read_too(
    internet: Internet, tmp_path: Path
) -> None:
    """A file that works there is taken for a good one; we may be more forgiving, never less."""
    files = sorted(shared_data("ispdb").glob("*.xml"))
    chance = random.Random(2026)
    texts = list(chain.from_iterable((_careless(file, chance) for _ in range(6)) for file in files))
    read = 0
    with Thunderbird(internet.home, tmp_path, internet.authority.root) as thunderbird:
        for text in texts:
            try:
                theirs = thunderbird.read_autoconfig(text)
            except ThunderbirdTrouble:
                continue  # it refuses the whole file where one side has no server
            read += 1
            ours = parse_autoconfig(text.encode(), _ADDRESS)
            assert isinstance(ours, AutoconfigDocument), text
            assert _are_among(_usable(_theirs(theirs.incoming)), _ours(ours.incoming)), text
            assert _are_among(_usable(_theirs(theirs.outgoing)), _ours(ours.outgoing)), text
    assert read > len(texts) // 2
