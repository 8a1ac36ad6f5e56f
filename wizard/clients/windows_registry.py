"""Values of the Windows registry, as the journal sees files: a name and a content in bytes.

    name      HKEY_CURRENT_USER\\Software\\…\\AutoDiscover\\PreferLocalXML (the key, then the value)
    content   dword:00000001 · "C:\\\\a.xml" · hex(2):43,00,…   (as in a registration file, UTF-8)

One value is one write: old or new, never between. Only the person's own branch is touched, so no
administrator is asked for. Untested on a real Windows; tried with a Windows Python under Wine.
"""

from __future__ import annotations

import errno
import re
import sys
from pathlib import Path
from typing import Protocol

_BRANCH = "HKEY_CURRENT_USER\\"
_TEXT, _NUMBER = 1, 4


class Registry(Protocol):
    """The branch of the person. Keys without its name; types are Windows' own numbers."""

    def get(self, key: str, name: str) -> tuple[int, bytes] | None:
        """Type and raw data of a value, None where there is none."""
        ...

    def put(self, key: str, name: str, kind: int, data: bytes) -> None:
        """Sets a value, making the key where needed."""
        ...

    def remove(self, key: str, name: str) -> None:
        """Removes a value; nothing happens where there is none."""
        ...

    def exists(self, key: str) -> bool:
        """True where the key is there."""
        ...

    def remove_key(self, key: str) -> None:
        """Removes a key that holds nothing; any other stays."""
        ...


def is_value(path: Path) -> bool:
    """True for names of this kind (of values and of keys), False for files."""
    return str(path).startswith(_BRANCH)


def value_path(key: str, name: str) -> Path:
    """The name of a value; `key` with its branch."""
    return Path(f"{key}\\{name}")


def content(data: str | int) -> bytes:
    """The content that means this text (REG_SZ) or number (REG_DWORD)."""
    if isinstance(data, int):
        return f"dword:{data:08x}".encode()
    escaped = data.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.encode()


def read(path: Path) -> bytes | None:
    """The content of a value, None where there is none. Raises OSError."""
    key, name = _split(path)
    found = _registry().get(key, name)
    return None if found is None else _content_of(*found)


def write(path: Path, data: bytes) -> None:
    """Sets a value. Raises OSError."""
    key, name = _split(path)
    _registry().put(key, name, *_typed(data.decode()))


def delete(path: Path) -> None:
    """Removes a value. Raises OSError."""
    _registry().remove(*_split(path))


def missing_keys(path: Path) -> tuple[Path, ...]:
    """The keys above a value that would have to be made, innermost first."""
    key, _ = _split(path)
    found = []
    while key and not _registry().exists(key):
        found.append(Path(_BRANCH + key))
        key = key.rpartition("\\")[0]
    return tuple(found)


def remove_empty(path: Path) -> None:
    """Removes a key that holds nothing. Raises OSError."""
    _registry().remove_key(str(path).removeprefix(_BRANCH))


def _split(path: Path) -> tuple[str, str]:
    key, _, name = str(path).removeprefix(_BRANCH).rpartition("\\")
    return key, name


def _content_of(kind: int, data: bytes) -> bytes:
    """Text and numbers readable, everything else (and odd text) byte by byte: it must come back
    as it was."""
    if kind == _NUMBER and len(data) == 4:
        return content(int.from_bytes(data, "little"))
    if kind == _TEXT and data.endswith(b"\0\0") and len(data) % 2 == 0:
        text = data[:-2].decode("utf-16-le", "replace")
        if "\0" not in text and text.encode("utf-16-le", "replace") == data[:-2]:
            return content(text)
    return f"hex({kind:x}):{data.hex(',')}".encode()


def _typed(text: str) -> tuple[int, bytes]:
    if text.startswith("dword:"):
        return _NUMBER, int(text.removeprefix("dword:"), 16).to_bytes(4, "little")
    if text.startswith("hex("):
        kind, _, data = text.removeprefix("hex(").partition("):")
        return int(kind, 16), bytes.fromhex(data.replace(",", ""))
    plain = re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    return _TEXT, (plain + "\0").encode("utf-16-le")


def _registry() -> Registry:
    if sys.platform == "win32":
        return _Windows()
    raise OSError(errno.ENOSYS, "there is no registry here")


if sys.platform == "win32":
    import ctypes
    import winreg
    from ctypes import wintypes

    class _Windows:
        """By `winreg`; data by the function below it, because `winreg` interprets what it reads."""

        def get(self, key: str, name: str) -> tuple[int, bytes] | None:
            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
                    return _raw(opened, name)
            except FileNotFoundError:
                return None

        def put(self, key: str, name: str, kind: int, data: bytes) -> None:
            with winreg.CreateKeyEx(
                winreg.HKEY_CURRENT_USER, key, 0, winreg.KEY_SET_VALUE
            ) as opened:
                code = _advapi().RegSetValueExW(int(opened), name, 0, kind, data, len(data))
                _check(code)
                winreg.FlushKey(winreg.HKEY_CURRENT_USER)

        def remove(self, key: str, name: str) -> None:
            try:
                with winreg.OpenKey(
                    winreg.HKEY_CURRENT_USER, key, 0, winreg.KEY_SET_VALUE
                ) as opened:
                    winreg.DeleteValue(opened, name)
            except FileNotFoundError:
                return

        def exists(self, key: str) -> bool:
            try:
                winreg.OpenKey(winreg.HKEY_CURRENT_USER, key).Close()
            except FileNotFoundError:
                return False
            return True

        def remove_key(self, key: str) -> None:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
                keys, values, _ = winreg.QueryInfoKey(opened)
            if not keys and not values:
                winreg.DeleteKey(winreg.HKEY_CURRENT_USER, key)

    def _advapi() -> ctypes.WinDLL:
        library = ctypes.WinDLL("advapi32")
        library.RegQueryValueExW.argtypes = [
            wintypes.HKEY,
            wintypes.LPCWSTR,
            ctypes.c_void_p,
            ctypes.POINTER(wintypes.DWORD),
            ctypes.c_char_p,
            ctypes.POINTER(wintypes.DWORD),
        ]
        library.RegSetValueExW.argtypes = [
            wintypes.HKEY,
            wintypes.LPCWSTR,
            wintypes.DWORD,
            wintypes.DWORD,
            ctypes.c_char_p,
            wintypes.DWORD,
        ]
        return library

    def _raw(opened: winreg.HKEYType, name: str) -> tuple[int, bytes]:
        """Type and bytes of a value; asked again where it grew in between."""
        kind, size = wintypes.DWORD(), wintypes.DWORD(1024)
        while True:
            buffer = ctypes.create_string_buffer(size.value)
            code = _advapi().RegQueryValueExW(
                int(opened), name, None, ctypes.byref(kind), buffer, ctypes.byref(size)
            )
            if code != 234:  # ERROR_MORE_DATA
                _check(code)
                return kind.value, buffer.raw[: size.value]

    def _check(code: int) -> None:
        if code:
            raise ctypes.WinError(code)
