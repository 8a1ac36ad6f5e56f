"""Which name servers are asked, and in which order."""

from __future__ import annotations

import ipaddress
import sys

import pytest

from wizard.net.name_servers import MOST, Adapter, in_order
from wizard.net.resolver import DnsResolver


def test_the_cheapest_network_comes_first() -> None:
    wireless = Adapter(("192.168.1.1", "fd00::1"), metric_4=50, metric_6=50)
    cable = Adapter(("10.0.0.53", "10.0.0.54"), metric_4=25, metric_6=75)
    assert in_order([wireless, cable]) == ["10.0.0.53", "10.0.0.54", "192.168.1.1", "fd00::1"]


def test_each_is_asked_once_and_not_too_many() -> None:
    twice = Adapter(("192.0.2.1", "fe80::1%12", "192.0.2.1"))
    assert in_order([twice, twice]) == ["192.0.2.1", "fe80::1%12"]
    many = Adapter(tuple(f"192.0.2.{number}" for number in range(50)))
    assert len(in_order([many])) == MOST


def test_what_windows_puts_down_for_none_is_nobody() -> None:
    none = Adapter(("fec0:0:0:ffff::1%1", "fec0:0:0:ffff::2%1", "fec0:0:0:ffff::3"))
    assert in_order([none]) == []
    assert in_order([]) == []


@pytest.mark.skipif(sys.platform != "win32", reason="asks Windows")
def test_windows_knows_them() -> None:
    found = DnsResolver().name_servers
    assert found, "no network here"
    assert all(ipaddress.ip_address(server) and port == 53 for server, port in found)
