"""The real Thunderbird runs in the lab, finds settings by itself, and can be asked what it sees."""

from pathlib import Path

import pytest

from tests.lab.documents import autoconfig, tls_servers
from tests.lab.domains import CLASSES
from tests.lab.internet import Internet
from tests.lab.thunderbird import Thunderbird

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("thunderbird_program")]


def test_thunderbird_finds_what_a_domain_publishes(internet: Internet, tmp_path: Path) -> None:
    domain_class = CLASSES[0]
    assert domain_class.servers is not None
    domain_class.publish(internet)
    document = autoconfig("read.example", "Read", tls_servers("imap.read.example", "b.example"))
    with Thunderbird(internet.home, tmp_path, internet.authority.root) as thunderbird:
        found = thunderbird.discover(domain_class.address)
        nothing = thunderbird.discover("ada@nowhere.example")
        read = thunderbird.read_autoconfig(document)
        assert thunderbird.accounts() == []
    assert found.source == "xml-from-isp-https"
    assert found.incoming[0].endpoint == ("imap", domain_class.servers.incoming.host, 993, 3)
    assert found.outgoing[0].endpoint == ("smtp", domain_class.servers.outgoing.host, 465, 3)
    assert not nothing.incoming
    assert read.incoming[0].endpoint == ("imap", "imap.read.example", 993, 3)
    assert read.incoming[0].username == "%EMAILADDRESS%"
