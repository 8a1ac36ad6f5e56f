"""A validating resolver on this computer: unbound on 127.0.0.1 in `home`, as Debian ships it.

    with ValidatingResolver(internet, ["shop.example"], folder) as address:
        wizard.run("discover", "ada@shop.example", "--resolver", address)

The named domains are signed here, from what the lab's name server knows of them. One unbound serves
these zones, another validates, with their keys as trust anchors; everything else it asks the lab's
name server, unsigned.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import dns.dnssec
import dns.dnssectypes
import dns.name
import dns.rdata
import dns.zone
from cryptography.hazmat.primitives.asymmetric import ec

from tests.lab.internet import Internet
from tests.lab.wire import NAMESERVER

UNBOUND = Path("/usr/sbin/unbound")
ADDRESS = "127.0.0.1"
AUTHORITY = "127.0.0.2"
_TTL = 60
_DAY = 86400

_SERVER = """
server:
  interface: {address}
  do-ip6: no
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: ""
  use-syslog: no
  logfile: "{folder}/{address}.log"
  do-not-query-localhost: no
  module-config: "{modules}"
"""
_SIGNED_ZONE = """
auth-zone:
  name: "{domain}"
  zonefile: "{folder}/{domain}.zone"
  for-upstream: no
"""
_FOLLOWED_ZONE = """
server:
  trust-anchor: "{anchor}"
stub-zone:
  name: "{domain}"
  stub-addr: {authority}
"""
_THE_REST = """
forward-zone:
  name: "."
  forward-addr: {upstream}
"""


class ValidatingResolver:
    """Unbound for `domains`, all signed; a context manager that gives its address.

    `forged`: texts to replace in the finished zones, as somebody on the way would.
    """

    def __init__(
        self,
        internet: Internet,
        domains: Sequence[str],
        folder: Path,
        forged: Mapping[str, str] | None = None,
    ) -> None:
        self._internet = internet
        self._domains = domains
        self._folder = folder
        self._forged = forged or {}
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> str:
        served, followed = [], [_THE_REST.format(upstream=NAMESERVER)]
        for domain in self._domains:
            text, anchor = _signed(self._internet, domain)
            for right, wrong in self._forged.items():
                text = text.replace(right, wrong)
            (self._folder / f"{domain}.zone").write_text(text)
            served.append(_SIGNED_ZONE.format(domain=domain, folder=self._folder))
            followed.append(
                _FOLLOWED_ZONE.format(domain=domain, anchor=anchor, authority=AUTHORITY)
            )
        try:
            self._start(AUTHORITY, "iterator", served)
            self._start(ADDRESS, "validator iterator", followed)
        except BaseException:
            self._stop()
            raise
        return ADDRESS

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def _start(self, address: str, modules: str, zones: Sequence[str]) -> None:
        conf = self._folder / f"{address}.conf"
        head = _SERVER.format(address=address, folder=self._folder, modules=modules)
        conf.write_text(head + "".join(zones))
        process = self._internet.home.popen([str(UNBOUND), "-d", "-c", str(conf)])
        self._processes.append(process)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError):
                self._internet.home.connect(address, 53, timeout=1).close()
                return
            time.sleep(0.05)
        log = self._folder / f"{address}.log"
        raise TimeoutError(log.read_text() if log.exists() else "unbound did not start")

    def _stop(self) -> None:
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=10)


def _signed(internet: Internet, domain: str) -> tuple[str, str]:
    """A signed zone of what is published below `domain`, and its trust anchor."""
    origin = dns.name.from_text(domain)
    key = ec.generate_private_key(ec.SECP256R1())
    public = dns.dnssec.make_dnskey(
        key.public_key(), dns.dnssectypes.Algorithm.ECDSAP256SHA256, flags=257
    )
    zone = dns.zone.Zone(origin, relativize=False)
    with zone.writer() as change:
        for text in (
            "SOA ns.lab.example. hostmaster.lab.example. 1 3600 600 86400 60",
            "NS ns.lab.example.",
        ):
            kind, _, value = text.partition(" ")
            change.add(origin, _TTL, dns.rdata.from_text("IN", kind, value))
        for rrset in internet.names.published(domain):
            change.add(rrset)
    with zone.writer() as change:
        dns.dnssec.sign_zone(
            zone, change, keys=[(key, public)], add_dnskey=True, dnskey_ttl=_TTL, lifetime=_DAY
        )
    anchor = dns.dnssec.make_ds(origin, public, "SHA256")
    return zone.to_text(relativize=False), f"{domain}. DS {anchor}"
