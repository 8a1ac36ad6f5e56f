"""Contacts and calendars on a real server: Radicale, found by service records, entered by login."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.internet import WEB, Internet
from tests.lab.nameserver import txt
from tests.lab.requirements import need_programs
from tests.lab.wizard import Wizard

pytestmark = pytest.mark.lab

DOMAIN = "cards.example"
HOST = f"dav.{DOMAIN}"
USER = f"ada@{DOMAIN}"
PASSWORD = "geheim: ü"

_CONF = """
[server]
hosts = {address}:443
ssl = True
certificate = {certificate}
key = {key}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}/storage
[logging]
level = warning
"""
_COLLECTIONS = {
    "friends": {"tag": "VADDRESSBOOK", "D:displayname": "Friends"},
    "days": {
        "tag": "VCALENDAR",
        "D:displayname": "Tage",
        "ICAL:calendar-color": "#12ABEFff",
        "C:supported-calendar-component-set": "VEVENT",
    },
}
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
def radicale(internet: Internet) -> Iterator[None]:
    """Radicale at HOST, and the records that lead there."""
    need_programs("radicale")
    folder = internet.directory / "radicale"
    home = folder / "storage" / "collection-root" / USER
    for name, properties in _COLLECTIONS.items():
        (home / name).mkdir(parents=True)
        (home / name / ".Radicale.props").write_text(json.dumps(properties))
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
    address = internet.new_address()
    certificate = internet.authority.issue([HOST])
    conf = folder / "config"
    conf.write_text(
        _CONF.format(
            address=address, certificate=certificate.chain, key=certificate.key, folder=folder
        )
    )
    internet.names.publish(
        {
            DOMAIN: {"MX": [f"10 mx.{DOMAIN}."]},
            f"mx.{DOMAIN}": {"A": [WEB]},
            HOST: {"A": [address]},
            f"_imaps._tcp.{DOMAIN}": {"SRV": [f"0 1 993 imap.{DOMAIN}."]},
            f"_submissions._tcp.{DOMAIN}": {"SRV": [f"0 1 465 smtp.{DOMAIN}."]},
            f"_carddavs._tcp.{DOMAIN}": {"SRV": [f"0 1 443 {HOST}."]},
            f"_caldavs._tcp.{DOMAIN}": {"SRV": [f"0 1 443 {HOST}."], "TXT": [txt("path=/")]},
        }
    )
    log = folder / "log"
    with log.open("wb") as output:
        process = internet.inet.popen(["radicale", "-C", str(conf)], output=output)
    try:
        _await_port(internet, process, address, log)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=10)


def _await_port(
    internet: Internet, process: subprocess.Popen[bytes], address: str, log: Path
) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            internet.home.connect(address, 443, timeout=1).close()
            return
        time.sleep(0.05)
    raise TimeoutError(f"Radicale did not start:\n{log.read_text()}")


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
    internet: Internet, radicale: None, wizard: Wizard
) -> None:
    services = {
        service["type"]: service
        for service in wizard.run("discover", USER, "--all").document["services"]
    }
    assert services["carddav"]["url"] == f"https://{HOST}/.well-known/carddav"
    assert services["caldav"]["url"] == f"https://{HOST}/"
    books = log_in(internet, services["carddav"], PASSWORD)
    assert [(book["name"], book["read_only"]) for book in books] == [("Friends", False)]
    assert books[0]["url"] == f"https://{HOST}/ada%40{DOMAIN}/friends/"
    (calendar,) = log_in(internet, services["caldav"], PASSWORD)
    assert (calendar["name"], calendar["color"]) == ("Tage", "#12abef")
    assert calendar["components"] == ["VEVENT"]
    assert log_in(internet, services["caldav"], "wrong") == "wrong-password"
