"""Our reader of autoconfig documents beside Thunderbird's own, on every file of its database."""

from pathlib import Path

import pytest

from tests.lab.internet import Internet
from tests.lab.thunderbird import Found, Server, Thunderbird
from tests.shared_data import shared_data
from wizard.discovery import AutoconfigDocument, parse_autoconfig
from wizard.discovery.names import fill_placeholders
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
