"""Is there any way from this computer to an address? Answered without a single packet."""

from __future__ import annotations

import errno
import ipaddress
import socket

_NO_WAY = {errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
_NO_WAY_WINDOWS = {10047, 10049, 10050, 10051}  # WSAEAFNOSUPPORT … WSAENETUNREACH


def has_way_to(address: str) -> bool:
    """False where the system has no route to this address, as without any IPv6."""
    six = ipaddress.ip_address(address).version == 6
    try:
        with socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 443))  # a datagram socket only looks the route up
    except OSError as error:
        code = getattr(error, "winerror", None)
        return error.errno not in _NO_WAY and code not in _NO_WAY_WINDOWS
    return True
