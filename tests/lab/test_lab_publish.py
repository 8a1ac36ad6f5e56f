"""What `publish` writes, put on the lab's web and name servers, our own discovery finds.

Each way alone, for a domain of its own; and Thunderbird's own reader reads the document.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.lab.internet import WEB, Internet
from tests.lab.nameserver import txt
from tests.lab.thunderbird import Thunderbird
from tests.lab.wizard import Wizard

pytestmark = pytest.mark.lab


@dataclass(frozen=True, slots=True)
class Published:
    """What one run of `publish` wrote."""

    domain: str
    pages: dict[str, bytes]
    records: list[dict[str, str]]


def published(wizard: Wizard, domain: str, folder: Path) -> Published:
    """Servers under names that no guess would hit."""
    folder.mkdir(exist_ok=True)
    settings = folder / "settings.json"
    document = {
        "incoming": [
            {"type": "imap", "host": f"node7.{domain}", "port": 993, "security": "tls"},
        ],
        "outgoing": [
            {"type": "smtp", "host": f"node8.{domain}", "port": 465, "security": "tls"},
        ],
    }
    settings.write_text(json.dumps(document))
    outcome = wizard.run("publish", domain, "--settings", settings, "--out", folder / "out")
    assert outcome.exit_code == 0, str(outcome)
    return Published(
        domain,
        {row["url"]: Path(row["path"]).read_bytes() for row in outcome.document["files"]},
        outcome.document["records"],
    )


WAYS = {
    "autoconfig": ("https://autoconfig.", ()),
    "autoconfig-well-known": ("/.well-known/autoconfig/", ()),
    "autodiscover": ("https://autodiscover.", ()),
    "pacc": ("https://ua-auto-config.", ("TXT",)),
    "srv": ("nothing on the web", ("SRV",)),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_alone_is_found(
    internet: Internet, wizard: Wizard, tmp_path: Path, way: str
) -> None:
    domain = f"publishes-{way}.example"
    made = published(wizard, domain, tmp_path / "publish")
    part, types = WAYS[way]
    internet.names.publish({domain: {"MX": [f"10 mx.{domain}."]}, f"mx.{domain}": {"A": [WEB]}})
    pages = {url: content for url, content in made.pages.items() if part in url}
    for url, content in pages.items():
        media = "application/json" if url.endswith(".json") else "text/xml"
        internet.publish_page(url, content.decode(), media)
    records = [row for row in made.records if row["type"] in types]
    for row in records:
        value = txt(row["value"].strip('"')) if row["type"] == "TXT" else row["value"]
        internet.names.publish({row["name"].rstrip("."): {row["type"]: [value]}})
    assert pages or records
    outcome = wizard.run("discover", f"ada@{domain}")
    assert outcome.exit_code == 0, str(outcome)
    incoming, outgoing = outcome.document["incoming"][0], outcome.document["outgoing"][0]
    assert (incoming["host"], incoming["port"]) == (f"node7.{domain}", 993)
    assert (outgoing["host"], outgoing["port"]) == (f"node8.{domain}", 465)
    assert incoming["username"] == f"ada@{domain}"
    source = way.removesuffix("-well-known")
    assert {item["source"] for item in incoming["evidence"]} == {source}
    asked = {urlsplit(url).hostname for url in pages}
    assert asked <= {request.host for request in internet.web.requests}


@pytest.mark.usefixtures("thunderbird_program")
def test_thunderbird_reads_the_published_documents(
    internet: Internet, wizard: Wizard, tmp_path: Path
) -> None:
    domain = "publishes-for-thunderbird.example"
    made = published(wizard, domain, tmp_path / "publish")
    home = tmp_path / "thunderbird"
    home.mkdir()
    with Thunderbird(internet.home, home, internet.authority.root, offline=True) as thunderbird:
        document = made.pages[f"https://autoconfig.{domain}/mail/config-v1.1.xml"].decode()
        found = thunderbird.read_autoconfig(document)
    assert found.incoming[0].endpoint == ("imap", f"node7.{domain}", 993, 3)
    assert found.outgoing[0].endpoint == ("smtp", f"node8.{domain}", 465, 3)
