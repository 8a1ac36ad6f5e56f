"""Proxies on Windows: the user's internet settings; PAC files and WPAD by WinHTTP.

Tried under Wine only. Microsoft's order (look for a configuration in the network first, then take
the one in the settings) is turned round: who named a file does not wait for what is mostly not
there.
"""

from __future__ import annotations

import sys

assert sys.platform == "win32"

import ctypes
import re
import winreg
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from ctypes import wintypes
from urllib.request import getproxies

from wizard.net.proxy import NoWord, ProxySettings, urllib_settings

_INTERNET = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"
_POLICY = r"Software\Policies\Microsoft\Windows\CurrentVersion\Internet Settings"
_ROOTS = (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE)
_AUTOMATIC = 0x04 | 0x08  # of DefaultConnectionSettings' flags: a PAC file, WPAD

# winhttp.h
_NO_PROXY = 1
_AUTO_DETECT, _CONFIG_URL = 1, 2
_BY_DHCP_AND_DNS = 1 | 2


class System:
    """See `ProxySystem`."""

    def hinted(self) -> bool:
        """Reads a few values of the registry."""
        if getproxies().get("https"):
            return True
        if _named_file():
            return True
        for root in _ROOTS:
            flags = _value(root, rf"{_INTERNET}\Connections", "DefaultConnectionSettings")
            if isinstance(flags, bytes) and len(flags) > 8 and flags[8] & _AUTOMATIC:
                return True
        return False

    def read(self) -> ProxySettings:
        """What WinHTTP makes of them, with what whoever manages this computer has set."""
        config = _IeConfig()
        if not _winhttp().WinHttpGetIEProxyConfigForCurrentUser(ctypes.byref(config)):
            return urllib_settings()
        url = _taken(config.auto_config_url) or _named_file()
        _taken(config.proxy)  # the fixed proxy is Python's to find, with its exceptions
        _taken(config.bypass)
        return urllib_settings(url or ("" if config.auto_detect else None))

    def ask(self, automatic: str, host: str, seconds: float) -> Sequence[str]:
        """Asks WinHTTP, which keeps the file for its session. It is never given the user's
        credentials for fetching it."""
        options = _Options(
            _CONFIG_URL if automatic else _AUTO_DETECT,
            0 if automatic else _BY_DHCP_AND_DNS,
            automatic or None,
        )
        found = _Info()
        with _session(seconds) as session:
            if not _winhttp().WinHttpGetProxyForUrl(
                session, f"https://{host}/", ctypes.byref(options), ctypes.byref(found)
            ):
                raise NoWord(f"WinHTTP {ctypes.get_last_error()}")
        proxies = _taken(found.proxy)
        _taken(found.bypass)
        if found.access == _NO_PROXY or not proxies:
            return ["direct://"]
        return [
            entry.partition("=")[2] or entry
            for entry in re.split(r"[;\s]+", proxies)
            if entry and ("=" not in entry or entry.lower().startswith("https="))
        ]


def _named_file() -> str:
    """A PAC file that stands in the registry, by the user or by whoever manages this computer."""
    values = (_value(root, key, "AutoConfigURL") for root in _ROOTS for key in (_POLICY, _INTERNET))
    return str(next((value for value in values if value), ""))


def _value(root: int, key: str, name: str) -> object:
    with suppress(OSError), winreg.OpenKey(root, key) as opened:
        return winreg.QueryValueEx(opened, name)[0]
    return None


class _IeConfig(ctypes.Structure):
    """WINHTTP_CURRENT_USER_IE_PROXY_CONFIG."""

    _fields_ = (
        ("auto_detect", wintypes.BOOL),
        ("auto_config_url", ctypes.c_void_p),
        ("proxy", ctypes.c_void_p),
        ("bypass", ctypes.c_void_p),
    )


class _Options(ctypes.Structure):
    """WINHTTP_AUTOPROXY_OPTIONS."""

    _fields_ = (
        ("flags", wintypes.DWORD),
        ("detect", wintypes.DWORD),
        ("url", wintypes.LPCWSTR),
        ("reserved", ctypes.c_void_p),
        ("reserved_too", wintypes.DWORD),
        ("log_on", wintypes.BOOL),
    )


class _Info(ctypes.Structure):
    """WINHTTP_PROXY_INFO."""

    _fields_ = (
        ("access", wintypes.DWORD),
        ("proxy", ctypes.c_void_p),
        ("bypass", ctypes.c_void_p),
    )


def _winhttp() -> ctypes.WinDLL:
    library = ctypes.WinDLL("winhttp", use_last_error=True)
    library.WinHttpOpen.restype = ctypes.c_void_p
    library.WinHttpOpen.argtypes = [
        wintypes.LPCWSTR,
        wintypes.DWORD,
        wintypes.LPCWSTR,
        wintypes.LPCWSTR,
        wintypes.DWORD,
    ]
    library.WinHttpSetTimeouts.argtypes = [ctypes.c_void_p, *[ctypes.c_int] * 4]
    library.WinHttpCloseHandle.argtypes = [ctypes.c_void_p]
    library.WinHttpGetProxyForUrl.argtypes = [
        ctypes.c_void_p,
        wintypes.LPCWSTR,
        ctypes.c_void_p,
        ctypes.c_void_p,
    ]
    library.WinHttpGetIEProxyConfigForCurrentUser.argtypes = [ctypes.c_void_p]
    return library


@contextmanager
def _session(seconds: float) -> Iterator[int]:
    library = _winhttp()
    session = library.WinHttpOpen("mail-setup-wizard", _NO_PROXY, None, None, 0)
    if not session:
        raise NoWord(f"WinHTTP {ctypes.get_last_error()}")
    try:
        library.WinHttpSetTimeouts(session, *[round(seconds * 1000)] * 4)
        yield session
    finally:
        library.WinHttpCloseHandle(session)


def _taken(pointer: int | None) -> str:
    """A text that Windows allocated for us, which is freed."""
    if not pointer:
        return ""
    text = ctypes.wstring_at(pointer)
    free = ctypes.WinDLL("kernel32").GlobalFree
    free.argtypes = [ctypes.c_void_p]
    free(pointer)
    return text
