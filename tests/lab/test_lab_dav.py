"""Contacts and calendars on a real server: Radicale, found by service records, entered by login."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.internet import WEB, Internet
from tests.lab.nameserver import txt
from tests.lab.radicale import PROGRAM, radicale
from tests.lab.requirements import need_programs
from tests.lab.wizard import Wizard

pytestmark = pytest.mark.lab

DOMAIN = "cards.example"
HOST = f"dav.{DOMAIN}"
USER = f"ada@{DOMAIN}"
PASSWORD = "geheim: ü"

_LOGIN = """
import asyncio, dataclasses, json, sys
from pathlib import Path
from wizard.model import Problem, Secret, Service, ServiceType
from wizard.net import open_network
from wizard.verify import verify_service
async def main():
    kind, url, user, password, ca = json.loads(sys.stdin.read())
    async with open_network(ca=Path(ca)) as network:
        service = Service(ServiceType(kind), url, user)
        found = await verify_service(service, Secret(password), network.http)
    if isinstance(found, Problem):
        print(json.dumps(found.kind.word))
    else:
        print(json.dumps([dataclasses.asdict(one) for one in found.collections]))
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def server(internet: Internet) -> Iterator[None]:
    """Radicale at HOST, and the records that lead there."""
    need_programs(PROGRAM)
    internet.names.publish(
        {
            DOMAIN: {"MX": [f"10 mx.{DOMAIN}."]},
            f"mx.{DOMAIN}": {"A": [WEB]},
            f"_imaps._tcp.{DOMAIN}": {"SRV": [f"0 1 993 imap.{DOMAIN}."]},
            f"_submissions._tcp.{DOMAIN}": {"SRV": [f"0 1 465 smtp.{DOMAIN}."]},
            f"_carddavs._tcp.{DOMAIN}": {"SRV": [f"0 1 443 {HOST}."]},
            f"_caldavs._tcp.{DOMAIN}": {"SRV": [f"0 1 443 {HOST}."], "TXT": [txt("path=/")]},
        }
    )
    with radicale(internet, HOST, USER, PASSWORD):
        yield


def log_in(internet: Internet, service: dict[str, Any], password: str) -> Any:
    """What a login to a service of `discover` opens, or the word of the problem."""
    words = [service["type"], service["url"], service["username"], password]
    done = internet.home.run(
        [sys.executable, "-c", _LOGIN],
        stdin=json.dumps([*words, str(internet.authority.root)]),
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_from_an_address_to_address_books_and_calendars(
    internet: Internet, server: None, wizard: Wizard
) -> None:
    services = {
        service["type"]: service
        for service in wizard.run("discover", USER, "--all").document["services"]
    }
    assert services["carddav"]["url"] == f"https://{HOST}/.well-known/carddav"
    assert services["caldav"]["url"] == f"https://{HOST}/"
    (book,) = log_in(internet, services["carddav"], PASSWORD)
    assert (book["name"], book["read_only"]) == ("People", False)
    assert book["url"] == f"https://{HOST}/ada%40{DOMAIN}/people/"
    (calendar,) = log_in(internet, services["caldav"], PASSWORD)
    assert calendar["name"] == "Work"
    assert log_in(internet, services["caldav"], "wrong") == "wrong-password"
