"""What only the registry of Windows tells. Written after Microsoft's documentation; not tried on a
real Windows by us.
"""

from __future__ import annotations

import sys
from pathlib import PureWindowsPath


def outlook_facts() -> tuple[tuple[str, str], ...]:
    """Path, version, bitness and product of classic Outlook, and the accounts it has; empty where
    it is not installed.

    `outlook.account` may be there several times.
    """
    path = _machine_value(
        "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\App Paths\\OUTLOOK.EXE", ""
    )
    if not path:
        return ()
    click_to_run = "SOFTWARE\\Microsoft\\Office\\ClickToRun\\Configuration"
    version = _machine_value(click_to_run, "VersionToReport")
    platform = _machine_value(click_to_run, "Platform") or _machine_value(
        "SOFTWARE\\Microsoft\\Office\\16.0\\Outlook", "Bitness"
    )
    bits = {"x86": "32-bit", "x64": "64-bit"}.get(platform, "")
    product = _machine_value(click_to_run, "ProductReleaseIds")
    return (
        ("outlook.path", path),
        ("outlook.version", version),
        ("outlook.bits", bits),
        ("outlook.product", product),
        *(("outlook.account", account) for account in _outlook_accounts()),
    )


def thunderbird_facts() -> tuple[tuple[str, str], ...]:
    """Where Thunderbird says that it is installed, for this person and for everybody: the folder
    is theirs to choose."""
    key = "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\App Paths\\thunderbird.exe"
    programs = (value.strip('"') for value in (_own_value(key, ""), _machine_value(key, "")))
    folders = (str(PureWindowsPath(program).parent) for program in programs if program)
    return tuple(("thunderbird.folder", folder) for folder in dict.fromkeys(folders))


_PROFILES = "Software\\Microsoft\\Office\\16.0\\Outlook\\Profiles"
_ACCOUNTS = "9375CFF0413111d3B88A00104B2A6676"
"""Below each profile: the key whose numbered keys are accounts."""


def _outlook_accounts() -> tuple[str, ...]:
    """The addresses in all profiles of this person."""
    found = []
    for profile in _keys(_PROFILES):
        accounts = f"{_PROFILES}\\{profile}\\{_ACCOUNTS}"
        for number in _keys(accounts):
            for name in ("Email", "Account Name"):
                address = _own_value(f"{accounts}\\{number}", name)
                if "@" in address:
                    found.append(address)
                    break
    return tuple(dict.fromkeys(found))


def _keys(key: str) -> list[str]:
    """The names of the keys below one of this person's."""
    found: list[str] = []
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
                count = winreg.QueryInfoKey(opened)[0]
                found = [winreg.EnumKey(opened, number) for number in range(count)]
        except OSError:
            pass
    return found


def _own_value(key: str, name: str) -> str:
    """A text value of this person's; older versions keep it as bytes in UTF-16."""
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
                value = winreg.QueryValueEx(opened, name)[0]
        except OSError:
            return ""
        if isinstance(value, bytes):
            value = value.decode("utf-16-le", "replace")
        return str(value).rstrip("\0")
    return ""


def _machine_value(key: str, name: str) -> str:
    """A text value, looked for in the 64-bit view first; empty where it is absent."""
    if sys.platform == "win32":
        import winreg

        for view in (winreg.KEY_WOW64_64KEY, winreg.KEY_WOW64_32KEY):
            try:
                with winreg.OpenKey(
                    winreg.HKEY_LOCAL_MACHINE, key, 0, winreg.KEY_READ | view
                ) as opened:
                    return str(winreg.QueryValueEx(opened, name)[0])
            except OSError:
                continue
    return ""
