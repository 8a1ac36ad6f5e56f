"""What only the registry of Windows tells. Written after Microsoft's documentation; not tried on a
real Windows by us.
"""

from __future__ import annotations

import sys


def outlook_facts() -> tuple[tuple[str, str], ...]:
    """Path, version and bitness of classic Outlook; empty where it is not installed."""
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
    return (("outlook.path", path), ("outlook.version", version), ("outlook.bits", bits))


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
