"""Where Thunderbird keeps its profiles, which one is the right one, and whether it is in use.

    profiles.ini   [Install<hash>] Default=   the profile of one installed program
                   [ProfileN] Path=, Default=1   all profiles; the default of old and Snap builds
    <profile>/     prefs.js, compatibility.ini (who used it last), .parentlock (who uses it now)

Source: `toolkit/profile/nsToolkitProfileService.cpp`, `nsProfileLock.cpp`; observed with 153.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wizard.model import Places

_INSTALLED = "thunderbird.folder"
"""A fact of the computer (Windows): where it was installed, whatever the folder is called."""
_NEW_INI = "[General]\nStartWithLastProfile=1\nVersion=2\n"


@dataclass(frozen=True, slots=True)
class Ini:
    """An .ini file: its text and its sections, names and keys as written."""

    text: str
    sections: tuple[tuple[str, dict[str, str]], ...]

    @classmethod
    def parse(cls, data: bytes) -> Ini:
        """Reads what looks like sections and keys; other lines stay in the text only."""
        text = data.decode("utf-8", "surrogateescape")
        sections: list[tuple[str, dict[str, str]]] = []
        for line in text.removeprefix("\ufeff").splitlines():
            if match := re.fullmatch(r"\s*\[([^\]]*)\]\s*", line):
                sections.append((match[1], {}))
            elif sections and "=" in line and not line.lstrip().startswith((";", "#")):
                key, _, value = line.partition("=")
                sections[-1][1].setdefault(key.strip(), value.strip())
        return cls(text, tuple(sections))

    def to_bytes(self) -> bytes:
        """The file as it is to be written."""
        return self.text.encode("utf-8", "surrogateescape")

    def get(self, section: str, key: str) -> str:
        """A value, empty where it is absent."""
        return next((keys.get(key, "") for name, keys in self.sections if name == section), "")

    def without(self, section: str) -> Ini:
        """The file without one section and the blank lines after it."""
        kept: list[str] = []
        inside = False
        for line in self.text.splitlines(keepends=True):
            if match := re.fullmatch(r"\s*\[([^\]]*)\]\s*", line):
                inside = match[1] == section
            if not inside:
                kept.append(line)
        return Ini.parse("".join(kept).encode("utf-8", "surrogateescape"))


@dataclass(frozen=True, slots=True)
class Program:
    """One installed Thunderbird. `kind`: `native`, `snap`, `flatpak`; `version` may be empty."""

    kind: str
    path: Path
    folder: Path | None
    version: str


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile of `profiles.ini` whose folder exists."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Root:
    """A folder with a `profiles.ini`. `default` None with profiles: nobody can tell which."""

    kind: str
    path: Path
    profiles: tuple[Profile, ...]
    default: Profile | None
    missing: tuple[Path, ...] = ()
    """Folders that `profiles.ini` names and that are not there."""


# --- what is where ----------------------------------------------------------------------------


def programs(places: Places) -> tuple[Program, ...]:
    """The installed Thunderbirds, the one that starts by default first.

    Snap, Flatpak, Windows and macOS paths follow the documentation; not tried on real hosts.
    """
    match places.system:
        case "windows":
            folders = [Path(value) for name, value in places.facts if name == _INSTALLED]
            folders += [folder / "Mozilla Thunderbird" for folder in places.programs]
            found = [_program("native", folder, ".") for folder in dict.fromkeys(folders)]
            return tuple(item for item in found if item)
        case "darwin":
            found = [
                _program("native", d / "Thunderbird.app", "Contents/Resources")
                for d in places.programs
            ]
            return tuple(item for item in found if item)
        case _:
            return _linux_programs(places)


def _linux_programs(places: Places) -> tuple[Program, ...]:
    found: list[Program] = []
    for folder in places.search_path:
        executable = folder / "thunderbird"
        if not executable.is_file():
            continue
        if folder.name == "bin" and folder.parent.name == "snap":
            found.append(Program("snap", executable, None, ""))
            continue
        # Distributions put a script into /usr/bin; the program lies beside its application.ini.
        beside = [Path(os.path.realpath(executable)).parent]
        beside += [top / name for top in places.programs for name in _FOLDERS]
        home = next((item for item in beside if (item / "application.ini").is_file()), None)
        if home or not _is_snap_stub(executable):
            version = _version(home / "application.ini") if home else ""
            found.append(Program("native", executable, home, version))
    for top in places.programs:
        inside = top / "org.mozilla.Thunderbird/current/active/files/lib/thunderbird"
        if item := _program("flatpak", inside, "."):
            found.append(item)
    kinds: dict[str, Program] = {}
    for program in found:
        kinds.setdefault(program.kind, program)
    return tuple(kinds.values())


_FOLDERS = ("thunderbird", "thunderbird-esr")


def _is_snap_stub(executable: Path) -> bool:
    """Ubuntu's /usr/bin/thunderbird is a script that calls the Snap."""
    with contextlib.suppress(OSError):
        return b"/snap/bin/thunderbird" in executable.read_bytes()[:4096]
    return False


def _program(kind: str, folder: Path, ini: str) -> Program | None:
    described = folder / ini / "application.ini"
    return Program(kind, folder, folder, _version(described)) if described.is_file() else None


def _version(application_ini: Path) -> str:
    with contextlib.suppress(OSError):
        return Ini.parse(application_ini.read_bytes()).get("App", "Version")
    return ""


def root_paths(places: Places) -> tuple[tuple[str, Path], ...]:
    """(kind, folder) of every place where a `profiles.ini` can be."""
    match places.system:
        case "windows":
            return (("native", places.config / "Thunderbird"),)
        case "darwin":
            return (("native", places.home / "Library" / "Thunderbird"),)
        case _:
            flatpak = places.home / ".var" / "app"
            return (
                ("native", places.home / ".thunderbird"),
                ("snap", places.home / "snap" / "thunderbird" / "common" / ".thunderbird"),
                ("flatpak", flatpak / "org.mozilla.Thunderbird" / ".thunderbird"),
                ("flatpak", flatpak / "org.mozilla.thunderbird" / ".thunderbird"),
            )


def read_root(kind: str, path: Path, program: Program | None) -> Root | None:
    """The profiles of one folder; None where it has no readable `profiles.ini`."""
    try:
        ini = Ini.parse((path / "profiles.ini").read_bytes())
    except OSError:
        return None
    profiles: dict[str, Profile] = {}
    missing = []
    marked: list[Profile] = []
    for section, keys in ini.sections:
        if not re.fullmatch(r"Profile\d+", section) or not keys.get("Path"):
            continue
        folder = path / keys["Path"] if keys.get("IsRelative") == "1" else Path(keys["Path"])
        if not folder.is_dir():
            missing.append(folder)
            continue
        profile = Profile(keys.get("Name", folder.name), folder)
        profiles[keys["Path"]] = profile
        if keys.get("Default") == "1":
            marked.append(profile)
    installs = [
        profiles[keys["Default"]]
        for section, keys in ini.sections
        if section.startswith("Install") and keys.get("Default") in profiles
    ]
    known = tuple(profiles.values())
    asks = ini.get("General", "StartWithLastProfile") == "0" and len(known) > 1
    default = None if asks else _default(list(dict.fromkeys(installs)), marked, known, program)
    return Root(kind, path, known, default, tuple(missing))


def _default(
    installs: Sequence[Profile],
    marked: Sequence[Profile],
    known: Sequence[Profile],
    program: Program | None,
) -> Profile | None:
    """The install's own profile; of several installs the one that this program used last."""
    if len(installs) > 1 and program and program.folder:
        installs = [item for item in installs if last_used_by(item.path) == program.folder]
    for candidates in (installs, marked, known):
        if candidates:
            return candidates[0] if len(candidates) == 1 else None
    return None


def last_used_by(profile: Path) -> Path | None:
    """The program folder noted in the profile, None where it was never used."""
    with contextlib.suppress(OSError):
        noted = Ini.parse((profile / "compatibility.ini").read_bytes())
        if folder := noted.get("Compatibility", "LastPlatformDir"):
            return Path(folder)
    return None


def last_version(profile: Path) -> str:
    """The version that used the profile last (`153.7.0`), empty where it was never used."""
    with contextlib.suppress(OSError):
        noted = Ini.parse((profile / "compatibility.ini").read_bytes())
        return noted.get("Compatibility", "LastVersion").partition("_")[0]
    return ""


# --- a first profile --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewProfile:
    """A profile to be made. `ini_before` None: there is no `profiles.ini` yet."""

    path: Path
    ini_path: Path
    ini_before: bytes | None
    ini_after: bytes
    compatibility: bytes


def new_profile(places: Places, root: Path) -> NewProfile:
    """A first profile that the program takes as its own at the next start.

    It adopts the profile marked `Default=1` if that has a `compatibility.ini` which names no
    other program (`MaybeMakeDefaultDedicatedProfile`; seen with 153: it then adds the
    `[Install…]` section itself, no assistant opens). So no install hash has to be computed.
    """
    ini_path = root / "profiles.ini"
    before = ini_path.read_bytes() if ini_path.is_file() else None
    ini = Ini.parse(before if before is not None else _NEW_INI.encode())
    numbers = [
        int(match[1])
        for section, _ in ini.sections
        if (match := re.fullmatch(r"Profile(\d+)", section))
    ]
    inside = "" if places.system == "linux" else "Profiles/"
    relative = inside + _free_name(root / inside)
    section = (
        f"[Profile{max(numbers, default=-1) + 1}]\n"
        f"Name=default\nIsRelative=1\nPath={relative}\nDefault=1\n\n"
    )
    return NewProfile(
        root / relative,
        ini_path,
        before,
        (section + ini.text).encode("utf-8", "surrogateescape"),
        b"[Compatibility]\n",
    )


def _free_name(folder: Path) -> str:
    """`<8 characters>.default`, as the program names them; the same for the same folder."""
    number = 0
    while True:
        seed = f"{os.fspath(folder)}\0{number}".encode("utf-8", "surrogateescape")
        name = hashlib.sha256(seed).hexdigest()[:8] + ".default"
        if not (folder / name).exists():
            return name
        number += 1


# --- in use? ----------------------------------------------------------------------------------


def in_use(profile: Path, system: str) -> bool:
    """True while a Thunderbird has this profile open."""
    with held([profile], system) as free:
        return not free


@contextlib.contextmanager
def held(profiles: Sequence[Path], system: str) -> Iterator[bool]:
    """Holds the profiles' own locks, so that no Thunderbird starts meanwhile.

    Yields False where one is in use. A profile without lock file was never used. The `lock`
    link is not looked at: it goes stale. A lock that can't be asked counts as held: better the
    import file once too often than a change that is lost.
    """
    locks: list[int] = []
    try:
        yield all(_take(profile, system, locks) for profile in profiles)
    finally:
        for descriptor in locks:
            os.close(descriptor)


def _take(profile: Path, system: str, locks: list[int]) -> bool:
    path = profile / ("parent.lock" if system == "windows" else ".parentlock")
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    except PermissionError:
        # Windows: held open without sharing by the program (from its documentation, not tried).
        # Elsewhere: a read-only profile; the file itself will say so.
        return system != "windows"
    except OSError:
        return False
    locks.append(descriptor)
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
