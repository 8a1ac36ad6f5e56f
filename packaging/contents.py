"""What goes into a finished program and what stays out: one list for every system.

`mail-wizard.spec` reads it, and so does the bare window that benchmarks compare with. Qt's plug-ins
are chosen by name; a shared library is kept only if something that is kept links to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from pathlib import PurePosixPath

Entry = tuple[str, str, str]
"""As in PyInstaller: name in the bundle, file it comes from, kind."""

EXCLUDED_MODULES = (
    # Of Qt we use Core, Gui, Widgets and Svg; the hooks would take along what these know of.
    "PySide6.QtDBus",
    "PySide6.QtNetwork",
    "PySide6.QtOpenGL",
    "PySide6.QtOpenGLWidgets",
    "PySide6.QtPrintSupport",
    "PySide6.QtQml",
    "PySide6.QtQuick",
    "PySide6.QtTest",
    # For developers, or for other loops and window kits than ours.
    "IPython",
    "_pytest",
    "anyio._backends._trio",
    "anyio.pytest_plugin",
    "babel",
    "dns.trio",
    "doctest",
    "gi",
    "lib2to3",
    "numpy",
    "pdb",
    "pip",
    "pkg_resources",
    "pydoc",
    "pytest",
    "setuptools",
    "sniffio._tests",
    "tkinter",
    "trio",
    "unittest",
    # Nothing here starts processes of Python's. PyInstaller would load it before the program
    # begins, which takes a twentieth of a bare window's start.
    "multiprocessing",
    # Names the folders of the Python that built it; only asked for when compiling extensions.
    "_sysconfigdata__linux_x86_64-linux-gnu",
    "_sysconfigdata__linux_aarch64-linux-gnu",
    "_sysconfigdata__darwin_darwin",
)


def modules_beyond(lock: str) -> tuple[str, ...]:
    """Modules of distributions that are installed here but not locked for running the program:
    tools for builds and tests, which libraries would make use of where they find them.

    `lock`: the text of requirements/run.txt.
    """
    locked = {_normal(name) for name in re.findall(r"(?m)^([A-Za-z0-9._-]+)==", lock)}
    return tuple(
        sorted(
            module
            for module, names in metadata.packages_distributions().items()
            if module.isidentifier() and not locked & {_normal(name) for name in names}
            if module != "wizard"
        )
    )


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


HOOKS_LEFT_OUT = (
    "pyi_rth_inspect",
    "pyi_rth_pkgutil",
    "pyi_rth_pyside6",
)
"""What PyInstaller would run before the program, and nothing here needs: sources for tracebacks,
which do not ship; listing the modules of packages; and loading Qt to tell it where it lies, which
Qt for Python as it comes from its wheels does itself. Commands need no Qt at all, and the window
loads it its own way (wizard/gui/binding.py).
"""

HIDDEN_PACKAGES = ("dns.rdtypes", "keyring.backends")
"""Imported by name at run time; all their modules are taken."""

HIDDEN_MODULES = ("anyio._backends._asyncio",)

METADATA = ("httpcore2", "keyring", "anyio")
"""Distributions that read their own version at run time, or that others look up."""

DATA_PACKAGES = ("publicsuffixlist",)
"""Packages whose data files come along."""

LANGUAGES = ("de", "en", "es", "fr", "it")
"""Of Qt's own translations; `wizard` has the same."""

QT_PLUGINS: Mapping[str, tuple[str, ...]] = {
    "linux": (
        "platforms/libqxcb",
        "platforms/libqwayland",
        "platforms/libqoffscreen",  # the demo and the PDF without a display
        "platformthemes/libqxdgdesktopportal",
        "platforminputcontexts/libcompose",
        "platforminputcontexts/libibus",
        "wayland-shell-integration/libxdg-shell",
        "wayland-decoration-client/libbradient",
    ),
    "win32": (
        "platforms/qwindows",
        "platforms/qoffscreen",
        "styles/qmodernwindowsstyle",
        "styles/qwindowsvistastyle",
    ),
    "darwin": (
        "platforms/libqcocoa",
        "platforms/libqoffscreen",
        "styles/libqmacstyle",
    ),
}

SYSTEM_LIBRARIES = re.compile(
    r"""^(
    # Linux: every desktop has them, in the version its graphics drivers and font caches go with
    # (AppImage's list of exclusions says the same).
    lib(X11|X11-xcb|Xau|Xdmcp|xcb|stdc\+\+|gcc_s|fontconfig|freetype|expat|z|uuid|com_err|dbus-1
       |drm|gbm|GL|EGL|GLX|GLdispatch|OpenGL|wayland-client|wayland-cursor|wayland-egl
       |glib-2\.0|gthread-2\.0|gobject-2\.0|gio-2\.0|gmodule-2\.0|systemd)\.so
    # Windows 10 1703 and later.
    |icu(uc|in|)\.dll|mscms\.dll|bcryptprimitives\.dll|api-ms-win-|ucrtbase\.dll
    )""",
    re.VERBOSE | re.IGNORECASE,
)
"""Left to the system that the program runs on."""

_PLUGIN = re.compile(r"^PySide6/(?:Qt/)?plugins/(?P<name>.+)$")
_TRANSLATION = re.compile(r"^PySide6/(?:Qt/)?translations/(?P<name>[^/]+)$")
_KEPT_TRANSLATION = re.compile(rf"^qtbase_(?:{'|'.join(LANGUAGES)})\.qm$")
_LIBRARY = re.compile(r"(\.so(\.\d+)*|\.dll|\.dylib)$|\.framework/", re.IGNORECASE)


def wanted(name: str, system: str) -> bool:
    """Whether a file belongs into the bundle, as far as its name tells.

    `name`: in the bundle. `system`: as `sys.platform`.
    """
    path = _slashes(name)
    if (plugin := _PLUGIN.match(path)) is not None:
        return plugin["name"].startswith(QT_PLUGINS[system])
    if (translation := _TRANSLATION.match(path)) is not None:
        return _KEPT_TRANSLATION.match(translation["name"]) is not None
    if SYSTEM_LIBRARIES.match(PurePosixPath(path).name):
        return False
    # How pip put a package there; its METADATA and licences stay.
    return PurePosixPath(path).name not in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")


def is_library(entry: Entry) -> bool:
    """Whether something else has to link to it for it to be of use."""
    name, _, kind = entry
    path = _slashes(name)
    if _PLUGIN.match(path) or kind == "EXTENSION":
        return False
    return _LIBRARY.search(path) is not None and not re.search(r"(^|/)libpython|Python$", path)


def trim(
    entries: Iterable[Entry], system: str, links_to: Callable[[str], Iterable[str]]
) -> list[Entry]:
    """What is left when unwanted files and the libraries only they needed are gone.

    `links_to(file)`: the files that a binary is linked to.
    """
    kept = [entry for entry in entries if wanted(entry[0], system)]
    needed: set[str] = set()
    waiting = [src for name, src, kind in kept if not is_library((name, src, kind))]
    by_name = {PurePosixPath(_slashes(name)).name.lower(): src for name, src, _ in kept}
    while waiting:
        for linked in links_to(waiting.pop()):
            name = PurePosixPath(_slashes(linked)).name.lower()
            if name not in needed:
                needed.add(name)
                if name in by_name:
                    waiting.append(by_name[name])
    return [
        entry
        for entry in kept
        if not is_library(entry) or PurePosixPath(_slashes(entry[0])).name.lower() in needed
    ]


def _slashes(path: str) -> str:
    return path.replace("\\", "/")
