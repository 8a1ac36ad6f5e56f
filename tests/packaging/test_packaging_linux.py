"""The finished Linux programs: built, installed into a clean Debian, tried, removed again."""

from __future__ import annotations

import hashlib
import json
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PyInstaller.archive.readers import CArchiveReader

import bill
import deb
import facts
import runpath
import smoke
from tests.lab.requirements import need_programs
from tests.packaging.clean_root import CleanRoot
from tests.packaging.conftest import CANARY, Built

pytestmark = pytest.mark.packaging


@contextmanager
def screen() -> Iterator[str]:
    """An X server nobody sees; its DISPLAY."""
    need_programs("Xvfb")
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield f":{server.stdout.readline().strip()}"
        finally:
            server.terminate()


def inside(folder: Path) -> set[str]:
    """Files of a frozen folder, as its one-file sibling names them."""
    internal = folder / "_internal"
    return {
        path.relative_to(internal).as_posix() for path in internal.rglob("*") if not path.is_dir()
    }


def of_ours(paths: set[str]) -> set[str]:
    """Those of them that bear one of our names."""
    names = (facts.PACKAGE, facts.PROGRAM, facts.IDENTIFIER)
    return {path for path in paths if any(name in path for name in names)}


def test_the_portable_file_passes_the_smoke_test(
    built: Built, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    need_programs("dbus-run-session", "gnome-keyring-daemon")
    monkeypatch.setenv("WIZARD_SIGNING_PASSWORD", CANARY)
    good = smoke.smoke(smoke.Program((str(built.portable),), keychain=True))
    assert good, capsys.readouterr().out


def test_the_package_installs_works_and_leaves_nothing(
    built: Built, clean_root: CleanRoot, capsys: pytest.CaptureFixture[str]
) -> None:
    before = clean_root.files()
    copy = clean_root.root / "tmp" / built.package.name
    copy.write_bytes(built.package.read_bytes())
    clean_root.apt("install", "--no-install-recommends", f"/tmp/{copy.name}")
    copy.unlink()

    told = clean_root.run(facts.PROGRAM, "--version")
    assert (told.stdout, told.stderr) == (f"{facts.PROGRAM} {facts.version()}\n", "")
    with screen() as display:
        env = {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        shown = clean_root.run(facts.PROGRAM, "--exit-after-first-paint", env=env)
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, "", "")

    shared = clean_root.root / "usr" / "share"
    desktop = (shared / "applications" / f"{facts.IDENTIFIER}.desktop").read_text("utf-8")
    assert "MimeType" not in desktop  # there is no kind of file it would open
    completion = f"/usr/share/bash-completion/completions/{facts.PROGRAM}"
    assert clean_root.run("bash", "-n", completion).returncode == 0
    asked = clean_root.run(facts.PROGRAM, "newer", "--json")
    assert json.loads(asked.stdout)["managed_by"] == "apt"

    # Only now, so that these bring nothing the package should have asked for.
    clean_root.apt("install", "--no-install-recommends", "gnome-keyring", "dbus")
    program = smoke.Program((f"/usr/bin/{facts.PROGRAM}",), clean_root.enter, clean_root.root, True)
    good = smoke.smoke(program)
    assert good, capsys.readouterr().out

    ours = of_ours(clean_root.files() - before)
    assert f"usr/share/applications/{facts.IDENTIFIER}.desktop" in ours
    clean_root.apt("purge", facts.PACKAGE)
    assert not ours & clean_root.files()
    assert not of_ours(clean_root.files() - before)


def test_every_build_of_a_source_holds_the_same_files(built: Built) -> None:
    folder = inside(built.folder)
    portable = CArchiveReader(str(built.portable))
    carried = {name for name, entry in portable.toc.items() if entry[-1] in "bxn"}
    assert carried == folder
    listed = subprocess.run(
        ["dpkg-deb", "--fsys-tarfile", str(built.package)], capture_output=True, check=True
    )
    names = subprocess.run(["tar", "-t"], input=listed.stdout, capture_output=True, check=True)
    prefix = f"./{deb.PRIVATE}/_internal/"
    packed = {
        line.removeprefix(prefix)
        for line in names.stdout.decode().splitlines()
        if line.startswith(prefix) and not line.endswith("/")
    }
    left_to_debian = folder - packed
    assert packed <= folder
    assert "libssl.so.3" in left_to_debian
    assert all("/" not in name and name.startswith("lib") for name in left_to_debian)


def test_everything_shipped_has_a_licence_and_a_checksum(built: Built) -> None:
    text = (built.folder / "_internal" / "THIRD-PARTY.txt").read_text(encoding="utf-8")
    document = built.portable.with_name(f"{built.portable.name}.cdx.json").read_text("utf-8")
    assert not bill.faults(document)
    known = json.loads(document)
    sums: dict[str, str] = {}
    for component in [known["metadata"]["component"], *known["components"]]:
        assert component["licenses"], component["name"]
        for part in component.get("components", ()):
            if part["type"] == "file":
                sums[part["name"]] = part["hashes"][0]["content"]
            else:
                assert part["licenses"], part["name"]
        if component["type"] == "library":
            assert f"{component['name']} {component['version']}" in text
    for path in built.folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            assert sums.pop(path.relative_to(built.folder).as_posix()) == digest
    assert not sums


def test_qt_can_be_replaced_and_its_licence_says_how(built: Built) -> None:
    text = (built.folder / "_internal" / "THIRD-PARTY.txt").read_text(encoding="utf-8")
    assert "You may replace them by your\nown builds" in text
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in text
    for name in ("Core", "Gui", "Widgets"):
        library = built.folder / "_internal" / "PySide6" / "Qt" / "lib" / f"libQt6{name}.so.6"
        assert library.read_bytes()[:4] == b"\x7fELF"


def test_no_library_looks_in_folders_of_the_machine_that_built_it(built: Built) -> None:
    named = {
        path.name: places
        for path in sorted(built.folder.rglob("*.so*"))
        if (places := [place for place in runpath.places(path) if not place.startswith("$ORIGIN")])
    }
    assert not named


def test_debian_s_own_judge_of_packages_finds_nothing(built: Built) -> None:
    need_programs("lintian")
    command = ["lintian", "--allow-root", "--fail-on", "error,warning,info,pedantic"]
    command += ["--display-info", "--pedantic", "--tag-display-limit", "0"]
    done = subprocess.run([*command, str(built.package)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_the_checksums_are_those_of_the_files(built: Built) -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=built.folder.parent
    )
    assert done.returncode == 0
    listed = (built.folder.parent / "SHA256SUMS").read_text(encoding="utf-8")
    assert built.package.name in listed and built.portable.name in listed


def test_nothing_that_is_for_developers_only_is_inside(built: Built) -> None:
    names = {name.partition(".")[0] for name, _ in smoke.everything_in(built.portable)}
    assert not names & {
        "pytest",
        "_pytest",
        "mypy",
        "hypothesis",
        "PyInstaller",
        "setuptools",
        "pip",
    }
    base = built.folder / "_internal" / "base_library.zip"
    assert "codecs.pyc" in zipfile.ZipFile(base).namelist()
