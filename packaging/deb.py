"""The Debian package around the frozen folder.

Its dependencies are asked of Debian's own `dpkg-shlibdeps`; desktop entry and AppStream data are
checked by their own validators before anything is packed. The program finds the file `managed-by`
beside itself and leaves updates to the package manager. Debian's lintian looks at the result in the
tests; what it finds and may stay is in `lintian-overrides`, with the reasons.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import commandline
import facts
import icon

TEMPLATES = facts.ROOT / "packaging" / "linux"
PRIVATE = Path("usr/lib") / facts.PACKAGE
SHARE = Path("usr/share")
MANAGED_BY = "managed-by"
PICTURES = (48, 128, 256)

NOT_LINKED = ("ca-certificates",)
"""Needed, though no library says so: who is to be trusted."""
RECOMMENDED = (
    "gnome-keyring | kwalletmanager | keepassxc",  # where passwords can be kept
    "fonts-dejavu-core | fonts-noto-core | fonts-liberation",
)


class NotBuilt(Exception):
    """A step that did not work, with what its tool said."""


def debian_version(version: str) -> str:
    """Pre-releases sort before the release: `1.0.0rc1` is 1.0.0~rc1."""
    return re.sub(r"(?<=\d)(?=[a-z])", "~", version, count=1)


def architecture() -> str:
    """As Debian calls it: `amd64`, `arm64`."""
    return _ask(["dpkg", "--print-architecture"]).strip()


def name() -> str:
    """`mail-setup-wizard_0.1.0_amd64.deb`."""
    return f"{facts.PACKAGE}_{debian_version(facts.version())}_{architecture()}.deb"


def build(folder: Path, target: Path, epoch: int) -> Path:
    """Packs the frozen `folder`; the package in `target`. Raises `NotBuilt`.

    `epoch`: seconds since 1970 for every date in it.
    """
    with tempfile.TemporaryDirectory(prefix="deb-") as scratch:
        root = Path(scratch) / "root"
        shutil.copytree(folder, root / PRIVATE, symlinks=True)
        leave_to_debian(root / PRIVATE / "_internal")
        (root / PRIVATE / MANAGED_BY).write_text("apt\n", encoding="ascii")
        _link_program(root)
        write_share(root / SHARE, epoch)
        validate(root / SHARE)
        _settle_modes(root)
        size = sum(path.lstat().st_size for path in root.rglob("*") if path.is_file())
        control = root / "DEBIAN" / "control"
        control.parent.mkdir()
        control.write_text(control_text(dependencies(root / PRIVATE), size), encoding="utf-8")
        control.with_name("md5sums").write_text(_sums(root), encoding="utf-8")
        package = target / name()
        # Smaller than by zstd, which Debian's own tools do not take, at the cost of seconds.
        command = ["dpkg-deb", "--root-owner-group", "-Zxz", "-z2", "--build", str(root)]
        _ask([*command, str(package)], {"SOURCE_DATE_EPOCH": str(epoch)})
    return package


def leave_to_debian(internal: Path) -> None:
    """Takes out the libraries that came from Debian's own packages: there they get their security
    updates, OpenSSL above all. (Qt's and Python's own stay: they belong to these very versions.)"""
    for path in internal.glob("lib*.so*"):
        if not path.is_symlink() and not path.name.startswith("libpython"):
            path.unlink()


def control_text(depends: Sequence[str], size: int) -> str:
    """DEBIAN/control. `size`: bytes installed."""
    return "\n".join(
        (
            f"Package: {facts.PACKAGE}",
            f"Version: {debian_version(facts.version())}",
            f"Architecture: {architecture()}",
            f"Maintainer: {facts.PUBLISHER} <{facts.CONTACT}>",
            f"Installed-Size: {size // 1024}",
            f"Depends: {', '.join(sorted({*depends, *NOT_LINKED}))}",
            f"Recommends: {', '.join(RECOMMENDED)}",
            "Section: mail",
            "Priority: optional",
            f"Homepage: {facts.HOMEPAGE}",
            f"Description: {facts.SUMMARY}",
            " Type your name, your address and your password, and have working mail in",
            " Thunderbird, Outlook, Apple Mail and on your phone. Finds the servers, tests",
            " receiving and sending, shows what it is about to change, and can take all of",
            " it back. Passwords go into the system's keychain, and into Thunderbird's",
            " own store where somebody asks for that; nowhere else.",
            "",
        )
    )


def dependencies(folder: Path) -> list[str]:
    """The packages whose libraries the frozen program links to but does not bring."""
    bundled = sorted({str(path.parent) for path in folder.rglob("*.so*")})
    programs = [path for path in folder.rglob("*") if path.is_file() and _is_elf(path)]
    with tempfile.TemporaryDirectory() as scratch:
        control = Path(scratch) / "debian" / "control"
        control.parent.mkdir()
        control.write_text(
            f"Source: {facts.PACKAGE}\n\nPackage: {facts.PACKAGE}\nArchitecture: any\n", "utf-8"
        )
        command = ["dpkg-shlibdeps", "-O", "--ignore-missing-info"]
        command += [f"-l{place}" for place in bundled]
        said = _ask([*command, *map(str, programs)], cwd=Path(scratch))
    line = next(line for line in said.splitlines() if line.startswith("shlibs:Depends="))
    return [item.strip() for item in line.partition("=")[2].split(",")]


def write_share(share: Path, epoch: int) -> None:
    """Everything below /usr/share: how desktops, shells and `man` know the program."""
    day = f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%d}"
    words = {
        "IDENTIFIER": facts.IDENTIFIER,
        "TITLE": facts.TITLE,
        "SUMMARY": facts.SUMMARY,
        "HOMEPAGE": facts.HOMEPAGE,
        "PICTURES": facts.PICTURES,
        "PUBLISHER": facts.PUBLISHER,
        "PROGRAM": facts.PROGRAM,
        "VERSION": facts.version(),
        "DATE": day,
    }
    desktop = _fill(TEMPLATES / "mail-wizard.desktop", words)
    _write(share / "applications" / f"{facts.IDENTIFIER}.desktop", desktop)
    metainfo = _fill(TEMPLATES / "metainfo.xml", words)
    _write(share / "metainfo" / f"{facts.IDENTIFIER}.metainfo.xml", metainfo)
    icons = share / "icons" / "hicolor"
    _write(icons / "scalable" / "apps" / f"{facts.IDENTIFIER}.svg", icon.SOURCE.read_bytes())
    for size in PICTURES:
        _write(icons / f"{size}x{size}" / "apps" / f"{facts.IDENTIFIER}.png", icon.png(size))
    manual = commandline.man_page(epoch).encode()
    _write(share / "man" / "man1" / f"{facts.PROGRAM}.1.gz", gzip.compress(manual, mtime=0))
    for place, shell in (
        (f"bash-completion/completions/{facts.PROGRAM}", "bash"),
        (f"zsh/vendor-completions/_{facts.PROGRAM}", "zsh"),
        (f"fish/vendor_completions.d/{facts.PROGRAM}.fish", "fish"),
    ):
        _write(share / place, commandline.completion(shell).encode())
    documents = share / "doc" / facts.PACKAGE
    news = (facts.ROOT / "CHANGELOG.md").read_bytes()
    for name, content in (("NEWS.gz", news), ("changelog.gz", _changelog(epoch).encode())):
        _write(documents / name, gzip.compress(content, mtime=0))
    overrides = (TEMPLATES / "lintian-overrides").read_bytes()
    _write(share / "lintian" / "overrides" / facts.PACKAGE, overrides)
    _write(documents / "copyright", _copyright().encode())


def validate(share: Path) -> None:
    """Raises `NotBuilt` where the desktop's own validators find something."""
    desktop = share / "applications" / f"{facts.IDENTIFIER}.desktop"
    said = _ask(["desktop-file-validate", str(desktop)])
    if said.strip():
        raise NotBuilt(said)
    metainfo = share / "metainfo" / f"{facts.IDENTIFIER}.metainfo.xml"
    _ask(["appstreamcli", "validate", "--no-net", "--pedantic", str(metainfo)])


def _changelog(epoch: int) -> str:
    """As Debian's tools read it; what people read is NEWS."""
    return (
        f"{facts.PACKAGE} ({debian_version(facts.version())}) stable; urgency=medium\n\n"
        f"  * What is new is in /usr/share/doc/{facts.PACKAGE}/NEWS.gz.\n\n"
        f" -- {facts.PUBLISHER} <{facts.CONTACT}>  "
        f"{format_datetime(datetime.fromtimestamp(epoch, UTC))}\n"
    )


def _sums(root: Path) -> str:
    """For `dpkg --verify`: whether the files are still as they were installed."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink())
    return "".join(
        f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {name}\n"
        for path in files
        if not (name := path.relative_to(root).as_posix()).startswith("DEBIAN/")
    )


def _copyright() -> str:
    return (
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
        f"Upstream-Name: {facts.TITLE}\nSource: {facts.HOMEPAGE}\n\n"
        f"Files: *\nCopyright: 2026 {facts.PUBLISHER}\nLicense: Apache-2.0\n"
        " On Debian systems the whole text is in /usr/share/common-licenses/Apache-2.0.\n"
        f"Comment: What other projects gave, and under which licences, is in\n"
        f" /{PRIVATE}/_internal/THIRD-PARTY.txt.\n"
    )


def _link_program(root: Path) -> None:
    place = root / "usr" / "bin"
    place.mkdir(parents=True)
    (place / facts.PROGRAM).symlink_to(Path("..") / PRIVATE.relative_to("usr") / facts.PROGRAM)


def _settle_modes(root: Path) -> None:
    """As Debian wants it, whatever umask built it."""
    for path in (root, *root.rglob("*")):
        if path.is_symlink():
            continue
        program = path.is_dir() or (os.access(path, os.X_OK) and ".so" not in path.name)
        path.chmod(0o755 if program else 0o644)


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _fill(template: Path, words: Mapping[str, str]) -> bytes:
    text = template.read_text(encoding="utf-8")
    for key, value in words.items():
        text = text.replace(f"@{key}@", value)
    return text.encode()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _ask(
    command: Sequence[str], environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> str:
    env = {**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})}
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise NotBuilt(f"{command[0]}: {done.stdout}{done.stderr}")
    return done.stdout
