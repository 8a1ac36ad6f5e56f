"""The languages this person reads, where no variable of the environment says so.

Windows and macOS set none for programs that are started with the mouse, and Python's own answer is
made of the format for numbers and dates: `German_Switzerland` on Windows, nothing on macOS.

macOS: untested on a real host, written after Apple's CFLocale.h and CFArray.h.
"""

from __future__ import annotations

import sys


def preferred_languages() -> tuple[str, ...]:
    """Languages of the system's windows, best first, as BCP 47 tags (`de-CH`); empty where the
    system does not say."""
    try:
        if sys.platform == "win32":
            return _of_windows()
        if sys.platform == "darwin":
            return _of_macos()
    except (OSError, AttributeError, ValueError):  # a library or a function that is not there
        pass
    return ()


if sys.platform == "win32":

    def _of_windows() -> tuple[str, ...]:
        import ctypes
        from ctypes import wintypes

        by_name = 8  # MUI_LANGUAGE_NAME (winnls.h)
        kernel = ctypes.WinDLL("kernel32")
        count, size = wintypes.ULONG(), wintypes.ULONG()
        ask = kernel.GetUserPreferredUILanguages
        ask.argtypes = [wintypes.DWORD, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
        if not ask(by_name, ctypes.byref(count), None, ctypes.byref(size)):
            return ()
        names = ctypes.create_unicode_buffer(size.value)
        if not ask(by_name, ctypes.byref(count), names, ctypes.byref(size)):
            return ()
        return tuple(name for name in ctypes.wstring_at(names, size.value).split("\0") if name)


if sys.platform == "darwin":

    def _of_macos() -> tuple[str, ...]:
        import ctypes

        core = ctypes.CDLL("/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation")
        pointer, utf8 = ctypes.c_void_p, 0x08000100
        core.CFLocaleCopyPreferredLanguages.restype = pointer
        core.CFArrayGetCount.restype = ctypes.c_long
        core.CFArrayGetCount.argtypes = [pointer]
        core.CFArrayGetValueAtIndex.restype = pointer
        core.CFArrayGetValueAtIndex.argtypes = [pointer, ctypes.c_long]
        core.CFStringGetCString.restype = ctypes.c_ubyte
        core.CFStringGetCString.argtypes = [
            pointer,
            ctypes.c_char_p,
            ctypes.c_long,
            ctypes.c_uint32,
        ]
        core.CFRelease.argtypes = [pointer]
        names = core.CFLocaleCopyPreferredLanguages()
        if not names:
            return ()
        found = []
        try:
            for number in range(core.CFArrayGetCount(names)):
                text = ctypes.create_string_buffer(64)
                name = core.CFArrayGetValueAtIndex(names, number)
                if core.CFStringGetCString(name, text, len(text), utf8):
                    found.append(text.value.decode())
        finally:
            core.CFRelease(names)
        return tuple(found)
