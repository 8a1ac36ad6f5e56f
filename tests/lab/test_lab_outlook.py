"""What is written for Outlook is read by another program's Autodiscover reader as it was meant."""

import json
from pathlib import Path

import pytest

from tests.lab.documents import STARTTLS, TLS, Endpoint, Servers, tls_servers
from tests.lab.internet import Internet
from tests.lab.thunderbird import Thunderbird
from tests.lab.web import Request, Response
from tests.lab.wizard import Wizard

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("thunderbird_program")]

_SOCKET_TYPES = {STARTTLS: 2, TLS: 3}


def settings_file(address: str, servers: Servers) -> str:
    """A settings file as a helper would write it by hand."""

    def server(endpoint: Endpoint) -> dict[str, object]:
        return {
            "type": endpoint.type,
            "host": endpoint.host,
            "port": endpoint.port,
            "security": endpoint.security,
            "auth": ["plain"],
            "username": address,
        }

    return json.dumps(
        {
            "schema": 1,
            "ok": True,
            "address": address,
            "name": "Ada Lovelace",
            "incoming": [server(servers.incoming)],
            "outgoing": [server(servers.outgoing)],
        }
    )


@pytest.mark.parametrize(
    "servers",
    [
        tls_servers("imap.rendered.example", "smtp.rendered.example"),
        Servers(
            Endpoint("pop3", "pop.rendered.example", 995),
            Endpoint("smtp", "smtp.rendered.example", 587, STARTTLS),
        ),
    ],
    ids=["imap-tls", "pop3-starttls"],
)
def test_thunderbird_reads_the_autodiscover_file_for_outlook(
    internet: Internet, wizard: Wizard, tmp_path: Path, servers: Servers
) -> None:
    domain = "rendered.example"
    address = f"ada@{domain}"
    settings, out = tmp_path / "settings.json", tmp_path / "out"
    settings.write_text(settings_file(address, servers))
    outcome = wizard.run("render", "--settings", settings, "--app", "outlook", "--out", out)
    assert outcome.exit_code == 0, str(outcome)
    (document,) = out.rglob("*.xml")

    def page(request: Request) -> Response:
        return Response(document.read_bytes(), headers={"Content-Type": "text/xml"})

    internet.publish_page(f"https://autodiscover.{domain}/autodiscover/autodiscover.xml", page)
    with Thunderbird(internet.home, tmp_path, internet.authority.root) as thunderbird:
        found = thunderbird.ask_autodiscover(address)
    for read, meant in (
        (found.incoming[0], servers.incoming),
        (found.outgoing[0], servers.outgoing),
    ):
        socket_type = _SOCKET_TYPES[meant.security]
        assert read.endpoint == (meant.type, meant.host, meant.port, socket_type)
        assert read.username in (address, "%EMAILADDRESS%")
