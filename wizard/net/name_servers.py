"""In which order the name servers of several networks are asked."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

MOST = 6


@dataclass(frozen=True, slots=True)
class Adapter:
    """One network in use. `metric_4`, `metric_6`: its cost for each IP version, the least first."""

    servers: tuple[str, ...]
    metric_4: int = 0
    metric_6: int = 0


def in_order(adapters: Iterable[Adapter]) -> list[str]:
    """Each server once, those of the cheapest network first.

    `fec0:0:0:ffff::1` to `3` are what Windows puts down for a network that named no IPv6 servers;
    nobody has been there for twenty years (RFC 3879).
    """
    found = [
        (adapter.metric_6 if ":" in server else adapter.metric_4, server)
        for adapter in adapters
        for server in adapter.servers
        if not _is_site_local(server)
    ]
    found.sort(key=lambda entry: entry[0])  # stable: within one network as it named them
    return list(dict.fromkeys(server for _, server in found))[:MOST]


def _is_site_local(server: str) -> bool:
    address = ipaddress.ip_address(server)
    return address.version == 6 and address.is_site_local
