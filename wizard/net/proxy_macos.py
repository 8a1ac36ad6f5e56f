"""Proxies on macOS: the network settings by SystemConfiguration, PAC files by CFNetwork.

Untested on a real host: written after Apple's documentation and headers
(SCDynamicStoreCopySpecific.h, CFProxySupport.h).
"""

from __future__ import annotations

import sys

assert sys.platform == "darwin"

import ctypes
import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.request import getproxies

from wizard.net.proxy import NoWord, ProxySettings, urllib_settings

_FRAMEWORKS = "/System/Library/Frameworks"
_UTF8 = 0x08000100  # kCFStringEncodingUTF8
_WPAD = "http://wpad/wpad.dat"


class System:
    """See `ProxySystem`. The framework asked first is loaded anyway, by Python's own `_scproxy`."""

    def hinted(self) -> bool:
        """One question to the system's configuration daemon."""
        return bool(getproxies().get("https")) or _automatic() is not None

    def read(self) -> ProxySettings:
        """The settings of the network in use."""
        return urllib_settings(_automatic())

    def ask(self, automatic: str, host: str, seconds: float) -> Sequence[str]:
        """Lets CFNetwork run the file, in a run loop of this thread's own."""
        network = _library("CFNetwork")
        core = _core()
        answers: list[Sequence[str]] = []
        run_loop = core.CFRunLoopGetCurrent()

        def told(client: int | None, proxies: int | None, error: int | None) -> None:
            if proxies and not error:
                answers.append(_ways(network, proxies))
            core.CFRunLoopStop(run_loop)

        tell = _RESULT(told)  # kept by this name while CFNetwork may call it

        with (
            _url(automatic or _WPAD) as file,
            _url(f"https://{host}/") as target,
            _text("mail-setup-wizard") as mode,
        ):
            source = network.CFNetworkExecuteProxyAutoConfigurationURL(
                file, target, tell, ctypes.byref(_Context())
            )
            if not source:
                raise NoWord("CFNetwork")
            try:
                core.CFRunLoopAddSource(run_loop, source, mode)
                core.CFRunLoopRunInMode(mode, seconds, False)
                core.CFRunLoopSourceInvalidate(source)
            finally:
                core.CFRelease(source)
        if not answers:
            raise NoWord("no answer")
        return answers[0]


class _Context(ctypes.Structure):
    """CFStreamClientContext, empty."""

    _fields_ = (
        ("version", ctypes.c_long),
        ("info", ctypes.c_void_p),
        ("retain", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("copy_description", ctypes.c_void_p),
    )


_RESULT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)


def _automatic() -> str | None:
    """URL of the PAC file in the settings, empty for "look in the network", None for neither."""
    core = _core()
    configuration = _library("SystemConfiguration")
    configuration.SCDynamicStoreCopyProxies.restype = ctypes.c_void_p
    configuration.SCDynamicStoreCopyProxies.argtypes = [ctypes.c_void_p]
    settings = configuration.SCDynamicStoreCopyProxies(None)
    if not settings:
        return None
    try:
        if _number(settings, "ProxyAutoConfigEnable"):
            url = _string(_entry(settings, "ProxyAutoConfigURLString"))
            if url:
                return url
        return "" if _number(settings, "ProxyAutoDiscoveryEnable") else None
    finally:
        core.CFRelease(settings)


def _ways(network: ctypes.CDLL, proxies: int) -> list[str]:
    """What a list of CFNetwork's says, in our form."""
    core = _core()
    ways = []
    for index in range(core.CFArrayGetCount(proxies)):
        entry = core.CFArrayGetValueAtIndex(proxies, index)
        kind = _string(_entry_at(entry, _constant(network, "kCFProxyTypeKey")))
        if kind == _string(_constant(network, "kCFProxyTypeNone")):
            ways.append("direct://")
            continue
        host = _string(_entry_at(entry, _constant(network, "kCFProxyHostNameKey")))
        port = _integer(_entry_at(entry, _constant(network, "kCFProxyPortNumberKey")))
        tunnels = {
            _string(_constant(network, name)) for name in ("kCFProxyTypeHTTP", "kCFProxyTypeHTTPS")
        }
        scheme = "http" if kind in tunnels else "other"
        ways.append(f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}")
    return ways


def _constant(library: ctypes.CDLL, name: str) -> int | None:
    return ctypes.c_void_p.in_dll(library, name).value


def _entry_at(dictionary: int, key: int | None) -> int | None:
    value: int | None = _core().CFDictionaryGetValue(dictionary, key)
    return value


def _entry(dictionary: int, name: str) -> int | None:
    with _text(name) as key:
        return _entry_at(dictionary, key)


def _number(dictionary: int, name: str) -> int:
    return _integer(_entry(dictionary, name))


def _integer(number: int | None) -> int:
    core = _core()
    value = ctypes.c_int64()
    if not number or core.CFGetTypeID(number) != core.CFNumberGetTypeID():
        return 0
    core.CFNumberGetValue(number, 4, ctypes.byref(value))  # kCFNumberSInt64Type
    return value.value


def _string(text: int | None) -> str:
    core = _core()
    if not text or core.CFGetTypeID(text) != core.CFStringGetTypeID():
        return ""
    buffer = ctypes.create_string_buffer(4096)
    if not core.CFStringGetCString(text, buffer, len(buffer), _UTF8):
        return ""
    return buffer.value.decode("utf-8", "replace")


@contextmanager
def _text(text: str) -> Iterator[int]:
    core = _core()
    made = core.CFStringCreateWithCString(None, text.encode("utf-8"), _UTF8)
    try:
        yield made
    finally:
        core.CFRelease(made)


@contextmanager
def _url(text: str) -> Iterator[int]:
    core = _core()
    with _text(text) as string:
        made = core.CFURLCreateWithString(None, string, None)
    if not made:
        raise ValueError(text)
    try:
        yield made
    finally:
        core.CFRelease(made)


@functools.cache
def _library(name: str) -> ctypes.CDLL:
    library = ctypes.CDLL(f"{_FRAMEWORKS}/{name}.framework/{name}")
    if name == "CFNetwork":
        execute = library.CFNetworkExecuteProxyAutoConfigurationURL
        execute.restype = ctypes.c_void_p
        execute.argtypes = [ctypes.c_void_p, ctypes.c_void_p, _RESULT, ctypes.c_void_p]
    return library


@functools.cache
def _core() -> ctypes.CDLL:
    core = _library("CoreFoundation")
    pointer, index, boolean = ctypes.c_void_p, ctypes.c_long, ctypes.c_ubyte
    for name, result, arguments in (
        ("CFRelease", None, [pointer]),
        ("CFGetTypeID", ctypes.c_ulong, [pointer]),
        ("CFStringGetTypeID", ctypes.c_ulong, []),
        ("CFNumberGetTypeID", ctypes.c_ulong, []),
        ("CFStringCreateWithCString", pointer, [pointer, ctypes.c_char_p, ctypes.c_uint32]),
        ("CFStringGetCString", boolean, [pointer, ctypes.c_char_p, index, ctypes.c_uint32]),
        ("CFNumberGetValue", boolean, [pointer, index, pointer]),
        ("CFDictionaryGetValue", pointer, [pointer, pointer]),
        ("CFArrayGetCount", index, [pointer]),
        ("CFArrayGetValueAtIndex", pointer, [pointer, index]),
        ("CFURLCreateWithString", pointer, [pointer, pointer, pointer]),
        ("CFRunLoopGetCurrent", pointer, []),
        ("CFRunLoopAddSource", None, [pointer, pointer, pointer]),
        ("CFRunLoopRunInMode", ctypes.c_int32, [pointer, ctypes.c_double, boolean]),
        ("CFRunLoopStop", None, [pointer]),
        ("CFRunLoopSourceInvalidate", None, [pointer]),
    ):
        function = getattr(core, name)
        function.restype = result
        function.argtypes = arguments
    return core
