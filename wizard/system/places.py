"""Folders of this computer and this user.

Linux follows the XDG Base Directory Specification; Windows and macOS their own rules, by
`platformdirs`. Tests build `Places` of their own instead.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from wizard.model import Places

APP_NAME = "mail-setup-wizard"


def this_computer(state_override: Path | None = None) -> Places:
    """The places of this computer. `state_override`: another folder for journal and back-ups."""
    home = Path.home()
    system = _system()
    return Places(
        system=system,
        home=home,
        config=_config(system, home),
        data=_data(system, home),
        state=state_override or state_folder(),
        search_path=_search_path(),
        language=_language(),
        programs=_programs(system, home),
        facts=_facts(),
    )


def state_folder() -> Path:
    """Where the wizard keeps its journal, its back-ups and what a crash left of a journey."""
    import platformdirs  # here and below: the first window needs no folders

    return Path(platformdirs.user_state_path(APP_NAME, appauthor=False, roaming=False))


def output_folder(places: Places, account: str) -> Path:
    """`Mail settings/<address>` in the user's documents, or at home where there are none."""
    import platformdirs

    documents = Path(platformdirs.user_documents_dir())
    # Windows and companies keep documents on another drive; those of this computer, not a test's.
    ours = places.home in documents.parents or places.home == Path.home()
    top = documents if documents.is_dir() and ours else places.home
    safe = "".join(char if char.isalnum() or char in "@.-_+" else "_" for char in account)
    return top / "Mail settings" / safe


def _system() -> str:
    if sys.platform == "win32":
        return "windows"
    return "darwin" if sys.platform == "darwin" else "linux"


def _config(system: str, home: Path) -> Path:
    """%APPDATA%, ~/Library/Application Support, $XDG_CONFIG_HOME."""
    match system:
        case "windows":
            return Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming")
        case "darwin":
            return home / "Library" / "Application Support"
        case _:
            return _xdg("XDG_CONFIG_HOME", home / ".config")


def _data(system: str, home: Path) -> Path:
    """%LOCALAPPDATA%, ~/Library/Application Support, $XDG_DATA_HOME."""
    match system:
        case "windows":
            return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
        case "darwin":
            return home / "Library" / "Application Support"
        case _:
            return _xdg("XDG_DATA_HOME", home / ".local" / "share")


def _xdg(variable: str, default: Path) -> Path:
    """Relative values are to be ignored (XDG Base Directory Specification)."""
    value = Path(os.environ.get(variable, ""))
    return value if value.is_absolute() else default


def _search_path() -> tuple[Path, ...]:
    # After `su` the path is still the other person's, whose folders are closed to us.
    parts = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return tuple(dict.fromkeys(Path(part) for part in parts if part and os.access(part, os.X_OK)))


def _programs(system: str, home: Path) -> tuple[Path, ...]:
    """Folders that hold programs, each in a folder of its own."""
    match system:
        case "windows":
            # The last one: what was installed without an administrator.
            names = ("ProgramFiles", "ProgramW6432", "ProgramFiles(x86)", "LOCALAPPDATA")
            found = [Path(value) for name in names if (value := os.environ.get(name))]
            return tuple(dict.fromkeys(found))
        case "darwin":
            return (Path("/Applications"), home / "Applications", Path("/System/Applications"))
        case _:
            return (
                Path("/usr/lib"),
                Path("/usr/lib64"),
                Path("/opt"),
                Path("/usr/local/lib"),
                Path("/var/lib/flatpak/app"),
                home / ".local" / "share" / "flatpak" / "app",
            )


def _language() -> str:
    """The user's language as ISO 639-1 code; English where the system does not say.

    The order of gettext: the locale by LC_ALL, LC_MESSAGES, LANG; LANGUAGE goes before it unless
    that locale is "C".
    """
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale_name = next((value for name in names if (value := os.environ.get(name))), "")
    if locale_name.split(".")[0] in {"C", "POSIX"}:
        return "en"
    for wanted in (os.environ.get("LANGUAGE", "").split(":")[0], locale_name):
        if match := re.match(r"[A-Za-z]{2}(?![A-Za-z])", wanted):
            return match[0].lower()
    from wizard.system.languages import preferred_languages

    return next(iter(preferred_languages()), "en").partition("-")[0].lower()


def _facts() -> tuple[tuple[str, str], ...]:
    if sys.platform == "win32":
        from wizard.system.windows import outlook_facts, thunderbird_facts

        return (*outlook_facts(), *thunderbird_facts())
    return ()
