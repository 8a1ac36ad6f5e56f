"""A real Radicale behind TLS: somebody's calendar and address book."""

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.lab.internet import Internet

PROGRAM = Path("/usr/bin/radicale")
_CONFIG = """\
[server]
hosts = {address}:443
ssl = True
certificate = {certificate}
key = {key}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
[storage]
filesystem_folder = {folder}/collections
"""
_EVENT = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//lab//EN
BEGIN:VEVENT
UID:lab-1
DTSTAMP:20261101T000000Z
DTSTART:20261224T170000Z
DTEND:20261224T180000Z
SUMMARY:Tea with Finn
END:VEVENT
END:VCALENDAR
"""
_CARD = "BEGIN:VCARD\nVERSION:3.0\nUID:lab-2\nFN:Grace Hopper\nN:Hopper;Grace;;;\nEND:VCARD\n"


@contextlib.contextmanager
def radicale(internet: Internet, host: str, user: str, password: str) -> Iterator[Path]:
    """Serves `host` with one calendar and one address book of `user`. Yields its log."""
    certificate = internet.authority.issue([host])
    address, folder = internet.new_address(), internet.directory / f"radicale-{host}"
    mine = folder / "collections" / "collection-root" / user
    for name, kind, title, item, text in (
        ("work", "VCALENDAR", "Work", "lab-1.ics", _EVENT),
        ("people", "VADDRESSBOOK", "People", "lab-2.vcf", _CARD),
    ):
        collection = mine / name
        collection.mkdir(parents=True)
        properties = {"tag": kind, "D:displayname": title}
        (collection / ".Radicale.props").write_text(json.dumps(properties))
        (collection / item).write_text(text.replace("\n", "\r\n"), newline="")
    (folder / "users").write_text(f"{user}:{password}\n")
    config, log = folder / "config", folder / "log"
    values = {"certificate": certificate.chain, "key": certificate.key}
    config.write_text(_CONFIG.format(address=address, folder=folder, **values))
    internet.names.publish({host: {"A": [address]}})
    with log.open("wb") as output:
        process = internet.inet.popen([str(PROGRAM), "--config", str(config)], output=output)
        try:
            _await(internet, address, process, log)
            yield log
        finally:
            process.terminate()
            process.wait(10)


def _await(internet: Internet, address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            internet.inet.connect(address, 443, timeout=1).close()
            return
        time.sleep(0.05)
    raise TimeoutError(f"Radicale does not answer:\n{log.read_text(errors='replace')}")
