"""The name servers of Windows: those of the networks that are in use, in Windows' own order.

dnspython reads the registry instead, where every network adapter keeps what it was given last: with
the cable in, the servers of the wireless network of yesterday are still there and cost a second per
question. It has no IPv6 servers either. Tried under Wine only.
"""

from __future__ import annotations

import sys

assert sys.platform == "win32"

import ctypes
import ipaddress
from collections.abc import Iterator
from ctypes import wintypes

from wizard.net.name_servers import Adapter, in_order

# iptypes.h, ifdef.h, ipifcons.h, winsock2.h, winerror.h
_ONLY_WHAT_IS_NEEDED = 0x1 | 0x2 | 0x4  # no unicast, anycast and multicast addresses
_OVERFLOW, _NO_DATA = 111, 232
_UP = 1
_LOOPBACK = 24
_INET, _INET6 = 2, 23
_FIRST_ROOM = 16 * 1024
_MOST_ROOM = 4 * 1024 * 1024


def name_servers() -> list[str]:
    """IP addresses, link-local ones with their zone; empty where there is no network. Raises
    OSError."""
    return in_order(_adapters())


class _SocketAddress(ctypes.Structure):
    """sockaddr_in and sockaddr_in6, as far as they are alike, and the rest."""

    _fields_ = (
        ("family", wintypes.USHORT),
        ("port", wintypes.USHORT),
        ("four", ctypes.c_ubyte * 4),  # sockaddr_in's address; sin6_flowinfo
        ("six", ctypes.c_ubyte * 16),
        ("zone", wintypes.ULONG),
    )


class _Server(ctypes.Structure):
    """IP_ADAPTER_DNS_SERVER_ADDRESS_XP."""


_Server._fields_ = (
    ("length", wintypes.ULONG),
    ("reserved", wintypes.DWORD),
    ("next", ctypes.POINTER(_Server)),
    ("address", ctypes.POINTER(_SocketAddress)),
    ("address_length", ctypes.c_int),
)


class _Adapter(ctypes.Structure):
    """IP_ADAPTER_ADDRESSES_LH, up to what is needed of it."""


_Adapter._fields_ = (
    ("length", wintypes.ULONG),
    ("index", wintypes.DWORD),
    ("next", ctypes.POINTER(_Adapter)),
    ("name", ctypes.c_char_p),
    ("unicast", ctypes.c_void_p),
    ("anycast", ctypes.c_void_p),
    ("multicast", ctypes.c_void_p),
    ("servers", ctypes.POINTER(_Server)),
    ("suffix", ctypes.c_void_p),
    ("description", ctypes.c_void_p),
    ("friendly_name", ctypes.c_void_p),
    ("physical_address", ctypes.c_ubyte * 8),
    ("physical_length", wintypes.ULONG),
    ("flags", wintypes.ULONG),
    ("mtu", wintypes.ULONG),
    ("kind", wintypes.ULONG),
    ("status", ctypes.c_int),
    ("index_6", wintypes.DWORD),
    ("zones", wintypes.ULONG * 16),
    ("prefixes", ctypes.c_void_p),
    ("sending_speed", ctypes.c_uint64),
    ("receiving_speed", ctypes.c_uint64),
    ("wins_servers", ctypes.c_void_p),
    ("gateways", ctypes.c_void_p),
    ("metric_4", wintypes.ULONG),
    ("metric_6", wintypes.ULONG),
)


def _adapters() -> list[Adapter]:
    ask = ctypes.WinDLL("iphlpapi").GetAdaptersAddresses
    ask.restype = wintypes.ULONG
    ask.argtypes = [wintypes.ULONG, wintypes.ULONG, *[ctypes.c_void_p] * 3]
    size = wintypes.ULONG(_FIRST_ROOM)
    while True:
        room = ctypes.create_string_buffer(size.value)
        code = ask(0, _ONLY_WHAT_IS_NEEDED, None, room, ctypes.byref(size))
        if code == _NO_DATA:
            return []
        if code == 0:
            first = ctypes.cast(room, ctypes.POINTER(_Adapter))
            return [_read(adapter) for adapter in _chain(first) if _counts(adapter)]
        if code != _OVERFLOW or size.value > _MOST_ROOM:
            raise ctypes.WinError(code)


def _chain(pointer: ctypes._Pointer[_Adapter]) -> Iterator[_Adapter]:
    while pointer:
        yield pointer.contents
        pointer = pointer.contents.next


def _counts(adapter: _Adapter) -> bool:
    return bool(adapter.status == _UP and adapter.kind != _LOOPBACK)


def _read(adapter: _Adapter) -> Adapter:
    servers = []
    entry = adapter.servers
    while entry:
        address = entry.contents.address.contents
        if address.family == _INET:
            servers.append(str(ipaddress.IPv4Address(bytes(address.four))))
        elif address.family == _INET6:
            text = str(ipaddress.IPv6Address(bytes(address.six)))
            zone = address.zone or adapter.index_6
            servers.append(f"{text}%{zone}" if text.startswith("fe80:") else text)
        entry = entry.contents.next
    return Adapter(tuple(servers), adapter.metric_4, adapter.metric_6)
