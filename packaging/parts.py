"""Whose work is in a finished program, and under which licence.

`gather` gives every file that goes into a build to the project it comes from; a file that nobody
owns, or an owner without a licence, stops the build. From the result come THIRD-PARTY.txt, which
every build carries, and the bill of materials (`bill.py`).
"""

from __future__ import annotations

import functools
import json
import os
import platform
import re
import subprocess
import sys
import sysconfig
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

import facts

TEXTS = facts.ROOT / "packaging" / "licences"
OURS = facts.PACKAGE

PYTHON_LICENCES = {
    # Whose metadata says it in words instead of SPDX's terms.
    "backports-tarfile": "MIT",
    "cryptography": "Apache-2.0 OR BSD-3-Clause",
    "defusedxml": "PSF-2.0",
    "imapclient": "BSD-3-Clause",
    "jaraco-classes": "MIT",
    "jinja2": "BSD-3-Clause",
    "pefile": "MIT",
    "pyinstaller": "GPL-2.0-or-later WITH Bootloader-exception",
    "pyinstaller-hooks-contrib": "Apache-2.0 AND GPL-2.0-or-later",  # run-time hooks: the former
    "pyside6-essentials": "LGPL-3.0-only",
    "pywin32-ctypes": "BSD-3-Clause",
    "segno": "BSD-3-Clause",
    "shiboken6": "LGPL-3.0-only",
}
"""SPDX expressions by project; of several offered, the one we use Qt under."""

SYSTEM_LICENCES = {
    "libbz2-1.0": "bzip2-1.0.6",
    "libffi8": "MIT",
    "liblzma5": "0BSD",
    "libmpdec3": "BSD-2-Clause",
    "libssl3": "Apache-2.0",
    "libssl3t64": "Apache-2.0",
    "libxkbcommon-x11-0": "MIT",
    "libxkbcommon0": "MIT",
    "libzstd1": "BSD-3-Clause",
}
"""SPDX expressions by Debian package."""

_FAMILIES = {"libxcb-": "X11", "libpython3.": "PSF-2.0"}
"""And by how the names of packages of one project begin."""

LICENCES_INSIDE = {"openssl": "Apache-2.0"}
"""SPDX expressions of what packages bring compiled in without saying it."""

PREFERRED = "Apache-2.0"
"""Taken where it is offered: its text says all that it asks to be said."""

TEXTS_NOTICE = f"""\
Where one of several licences may be taken, {PREFERRED} is. A licence that several have stands here
once, under its name. Where its text has a place for the copyright, the lines below each name
belong there.
"""

QT_NOTICE = """\
Qt and Qt for Python are used under the GNU Lesser General Public License, version 3. They are in
this program unchanged, as dynamic libraries in files of their own. You may replace them by your
own builds of the same version: the libraries are in `PySide6` and `shiboken6` beside this file
(the one-file program is the folder version packed up; use that one to replace a library). The
sources are at https://download.qt.io/official_releases/qt/ and
https://download.qt.io/official_releases/QtForPython/. You may take this program apart to debug
such changes.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One project's work. `purl`: as bills of materials name it. `texts`: its licence files.
    `files`: in the bundle. `inside`: what it brings compiled in. `copyright`: whose, line by line,
    where no text of the licence says it."""

    name: str
    version: str
    licence: str
    purl: str
    texts: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    inside: tuple[Part, ...] = field(default=())
    copyright: str = ""


class NoLicence(Exception):
    """Something would be shipped of which nobody knows whose it is, or under what licence."""


def gather(entries: Iterable[tuple[str, str]]) -> tuple[Part, ...]:
    """Every part of a build, ours left out, by name. Raises `NoLicence`.

    `entries`: name in the bundle (of a module: with dots) and the file it comes from.
    """
    files: dict[str, list[str]] = defaultdict(list)
    parts: dict[str, Part] = {}
    named = [(name, Path(source)) for name, source in entries]
    packages = debian_packages({source for _, source in named if not _ours(source)})
    for name, source in named:
        if not _ours(source):
            part = owner(source, packages)
            parts.setdefault(part.purl, part)
            files[part.purl].append(name)
    for part in (_python(), distribution_part("pyinstaller")):  # the libraries and the boot loader
        parts.setdefault(part.purl, part)
    found = (replace(part, files=tuple(sorted(files[purl]))) for purl, part in parts.items())
    return tuple(sorted(found, key=lambda part: part.name.lower()))


def owner(source: Path, packages: Mapping[Path, str]) -> Part:
    """Whose a file is that is not ours. `packages`: of Debian, by file."""
    name = _files_of_distributions().get(os.path.realpath(source))
    if name is not None:
        return distribution_part(name)
    if any(source.resolve().is_relative_to(place) for place in _python_places()):
        return _python()
    if source in packages:
        return _debian(packages[source])
    if _MICROSOFT.match(source.name):
        return Part(
            "Microsoft Visual C++ Runtime",
            "",
            "LicenseRef-Microsoft-Visual-Cpp-Runtime",
            "pkg:generic/microsoft-visual-cpp-runtime",
            ("Distributable code of Microsoft Visual Studio, unchanged.",),
        )
    raise NoLicence(f"Whose is {source}?")


_MICROSOFT = re.compile(r"(vcruntime|msvcp|concrt)\d+.*\.dll$", re.IGNORECASE)


def _ours(source: Path) -> bool:
    inside = source.is_relative_to(facts.ROOT) and not source.is_relative_to(sys.prefix)
    return inside or _files_of_distributions().get(os.path.realpath(source)) == OURS


def debian_packages(sources: Iterable[Path]) -> dict[Path, str]:
    """The Debian packages that installed these files; asked in one go, since each question makes
    dpkg read all its lists. Files that no package installed are not in the answer."""
    places = {place: source for source in sources for place in _places(source)}
    if not places or sys.platform != "linux":
        return {}
    asked = subprocess.run(["dpkg-query", "-S", *places], capture_output=True, text=True)
    found = {}
    for line in asked.stdout.splitlines():
        package, _, place = line.partition(": ")
        if place in places:
            found[places[place]] = package.partition(":")[0]
    return found


def _places(source: Path) -> set[str]:
    """The names a package may have installed it by: since /lib is a link to /usr/lib, either."""
    places = {str(source), str(source.resolve())}
    return places | {p.removeprefix("/usr") for p in places} | {f"/usr{p}" for p in places}


@functools.cache
def _files_of_distributions() -> Mapping[str, str]:
    """Distributions by each of their files. As text: they are tens of thousands."""
    return {
        os.path.normpath(f"{place}/{file}"): name
        for distribution in metadata.distributions()
        for place in [os.path.realpath(str(distribution.locate_file("")))]
        for name in [_normal(distribution.metadata["Name"])]
        for file in distribution.files or ()
    }


def published(name: str) -> Iterator[Path]:
    """The files of Python and of packages, ours left out, with the name of this file, or of this
    module with its dots."""
    file = name.replace("\\", "/").rpartition("/")[2].lower()
    wanted = {file, f"{file.rpartition('.')[2]}.py"}
    packages = (Path(p) for p, owner in _files_of_distributions().items() if owner != OURS)
    own = (path for place in _python_places() for path in place.rglob("*"))
    for path in (*packages, *own):
        if path.name.lower() in wanted and path.is_file():
            yield path


@functools.cache
def _python_places() -> tuple[Path, ...]:
    paths = sysconfig.get_paths()
    names = {paths["stdlib"], paths["platstdlib"], sys.base_prefix if _own_prefix() else ""}
    return tuple(Path(name).resolve() for name in names if name)


def _own_prefix() -> bool:
    """Whether Python has a folder to itself, as on Windows, macOS, or built from source."""
    return Path(sys.base_prefix) not in (Path("/usr"), Path("/usr/local"))


@functools.cache
def _python() -> Part:
    version = platform.python_version()
    base = Path(sys.base_prefix)
    places = (
        base / "LICENSE.txt",
        Path(sysconfig.get_paths()["stdlib"]) / "LICENSE.txt",
        Path(f"/usr/share/doc/python3.{sys.version_info.minor}/copyright"),
        TEXTS / "Python.txt",
    )
    text = next(place.read_text("utf-8") for place in places if place.is_file())
    return Part("Python", version, "PSF-2.0", f"pkg:generic/python@{version}", (text,))


@functools.cache
def distribution_part(name: str) -> Part:
    """An installed Python package, with what it brings compiled in."""
    found = metadata.distribution(name)
    name = _normal(name)
    licence = PYTHON_LICENCES.get(name) or str(found.metadata.json.get("license_expression", ""))
    if not licence and found.metadata.json.get("license") in ("MIT", "ISC", "Apache-2.0"):
        licence = found.metadata["License"]
    named = re.compile(r"(^|/)(licen[cs]e|copying|notice)[^/]*$", re.IGNORECASE)
    texts = tuple(
        file.read_text(encoding="utf-8")
        for file in found.files or ()
        if ".dist-info/" in str(file) and named.search(str(file))
    )
    inside: tuple[Part, ...] = ()
    if licence == "LGPL-3.0-only":
        texts = (text_of("LGPL-3.0"), text_of("GPL-3.0"))
        inside = tuple(inside_qt(sys.platform)) if name == "pyside6-essentials" else ()
    for file in found.files or ():
        if "/sboms/" in str(file) and str(file).endswith(".json"):  # PEP 770
            inside += tuple(inside_document(json.loads(file.read_text(encoding="utf-8"))))
    if not licence or not texts:
        raise NoLicence(f"{name} does not say its licence as SPDX does. See parts.py.")
    return Part(
        found.metadata["Name"],
        found.version,
        licence,
        f"pkg:pypi/{name}@{found.version}",
        texts,
        inside=inside,
    )


@functools.cache
def _facts() -> Mapping[str, Any]:
    return tomllib.loads((TEXTS / "inside.toml").read_text(encoding="utf-8"))


def inside_qt(system: str) -> Iterator[Part]:
    """What Qt's libraries bring along on a system, named as `sys.platform` does."""
    for one in _facts()["qt"]:
        if system in one.get("systems", (system,)):
            name, licence = one["name"], one["licence"]
            texts = tuple(map(text_of, one.get("texts") or taken(licence)))
            purl = f"pkg:generic/{quote(name.lower())}"
            yield Part(name, "", licence, purl, texts, copyright="\n".join(one["copyright"]))


def inside_document(document: Mapping[str, Any]) -> Iterator[Part]:
    """The components of a bill of materials in CycloneDX's form; others are passed by, and so is
    what was only of use to build it."""
    components = document.get("components", ()) if document.get("bomFormat") == "CycloneDX" else ()
    for component in components:
        if component.get("scope") == "excluded":
            continue
        terms = [
            one.get("expression") or one["license"].get("id") or one["license"].get("name", "")
            for one in component.get("licenses", ())
        ]
        name, version = component["name"], component.get("version", "")
        purl = component.get("purl") or f"pkg:generic/{name}@{version}"
        purl = purl.partition("?")[0]  # Where it was built is nobody's business.
        licence = " AND ".join(terms) or LICENCES_INSIDE.get(name, "")
        lines = _facts()["copyright"].get(purl.removeprefix("pkg:").partition("@")[0], ())
        yield Part(
            name,
            version,
            licence,
            purl,
            tuple(map(text_of, taken(licence))),
            copyright="\n".join(lines) or _by_its_authors(component, purl),
        )


def _by_its_authors(component: Mapping[str, Any], purl: str) -> str:
    """For those whose line nobody wrote down: where theirs is."""
    found = {one["type"]: one["url"] for one in component.get("externalReferences", ())}
    authors = f" ({author})" if (author := component.get("author")) else ""
    return f"Copyright of its authors{authors}, see {found.get('vcs', purl)}"


def taken(expression: str) -> tuple[str, ...]:
    """The licences under which something is used; of several that are offered, one.

    `expression`: as SPDX has it, an offer in parentheses where other terms come to it.
    """
    terms = re.split(r" AND (?![^(]*\))", expression)
    offers = [term.strip("()").split(" OR ") for term in terms]
    return tuple(PREFERRED if PREFERRED in offer else offer[0] for offer in offers)


@functools.cache
def text_of(licence: str) -> str:
    """The words of a licence, under its name."""
    file = TEXTS / f"{licence}.txt"
    if not licence or not file.is_file():
        raise NoLicence(f"There is no text of {licence or 'an unnamed licence'} in {TEXTS}.")
    return f"{licence}\n{'-' * len(licence)}\n\n{file.read_text(encoding='utf-8').strip()}\n"


@functools.cache
def _debian(package: str) -> Part:
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True
    )
    licence = SYSTEM_LICENCES.get(package) or next(
        (term for start, term in _FAMILIES.items() if package.startswith(start)), ""
    )
    text = Path(f"/usr/share/doc/{package}/copyright")
    if not licence or not text.is_file():
        raise NoLicence(f"The licence of Debian's {package} is not known. See parts.py.")
    purl = f"pkg:deb/debian/{package}@{asked.stdout}"
    return Part(package, asked.stdout, licence, purl, (text.read_text("utf-8"),))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def notices(parts: Iterable[Part]) -> str:
    """THIRD-PARTY.txt: what other projects gave, and the licences they gave it under."""
    parts = tuple(parts)
    rule = "\n" + "=" * 80 + "\n"
    lines = [f"{facts.TITLE} {facts.version()} holds the work of others:\n"]
    for part in parts:
        lines.append(f"  {_named(part)}")
        lines += [f"    with {_named(one)}" for one in part.inside]
    lines += ["", TEXTS_NOTICE, QT_NOTICE]
    known: dict[str, str] = {}
    for part in parts:
        lines.append(f"{rule}{_named(part)}\n")
        for text in part.texts:
            if text in known:
                lines.append(f"(The text is the same as that of {known[text]}.)")
            else:
                known[text] = part.name
                lines.append(text.strip())
        if part.inside:
            lines.append(f"\nCompiled into {part.name}, each under the terms named with it:\n")
        for one in part.inside:
            lines.append(f"  {_named(one)}")
            lines += [f"    {line}" for line in one.copyright.splitlines()]
        for text in dict.fromkeys(text for one in part.inside for text in one.texts):
            if text not in known:
                known[text] = part.name
                lines.append(f"\n{text.strip()}")
    return "\n".join(lines) + "\n"


def _named(part: Part) -> str:
    return f"{' '.join(filter(None, (part.name, part.version)))}: {part.licence}"


def dump(parts: Iterable[Part]) -> str:
    """For `bill.py`, which runs when the build is finished: all but the texts."""
    return json.dumps([asdict(_without_texts(part)) for part in parts], indent=1)


def _without_texts(part: Part) -> Part:
    return replace(part, texts=(), inside=tuple(map(_without_texts, part.inside)))


def load(text: str) -> tuple[Part, ...]:
    """What `dump` wrote."""
    return tuple(_part(item) for item in json.loads(text))


def _part(item: Mapping[str, object]) -> Part:
    values = {
        key: tuple(value) if isinstance(value, list) else value for key, value in item.items()
    }
    inside = values.pop("inside")
    assert isinstance(inside, tuple)
    return Part(**values, inside=tuple(_part(one) for one in inside))  # type: ignore[arg-type]  # as `asdict` wrote them
