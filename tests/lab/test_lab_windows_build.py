"""The Windows build: made, opened, installed and removed under Wine, and used for real there."""

import json
import subprocess
import time
from collections.abc import Iterator

import pytest

import contents
import facts
import installer
from tests.lab.internet import Internet
from tests.lab.provider import Provider
from tests.lab.proxy import Tunnel, serve_pac
from tests.lab.requirements import need_programs
from tests.lab.screen import Screen
from tests.lab.winbuild import WindowsBuild, build_windows
from tests.lab.wine import Wine
from tests.lab.winpython import STAND_INS, WindowsPython
from tests.lab.wire import NAMESERVER

pytestmark = pytest.mark.lab

_INTERNET_SETTINGS = (
    "HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings"
)
_OUTLOOK = "HKEY_CURRENT_USER\\Software\\Microsoft\\Office\\16.0\\Outlook"


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    with Screen() as shown:
        yield shown


@pytest.fixture(scope="module")
def wine(
    tmp_path_factory: pytest.TempPathFactory, screen: Screen, internet: Internet
) -> Iterator[Wine]:
    prefix = tmp_path_factory.mktemp("wine") / "prefix"
    with Wine(prefix, screen.name, internet.home) as windows:
        yield windows


@pytest.fixture(scope="module")
def python(wine: Wine, tmp_path_factory: pytest.TempPathFactory) -> WindowsPython:
    return WindowsPython(wine, tmp_path_factory.mktemp("windows-python") / "python", "build")


@pytest.fixture(scope="module")
def built(wine: Wine, python: WindowsPython) -> WindowsBuild:
    need_programs("makensis")
    return build_windows(wine, python)


def test_is_whole_walks_the_demo_and_keeps_a_password(
    built: WindowsBuild, python: WindowsPython
) -> None:
    """What is tried on every system, by the same program, with the Windows credential store."""
    smoke = built.source / "packaging" / "smoke.py"
    tried = python.run(smoke, built.folder, built.portable, seconds=900, PYTHONUTF8="1")
    assert tried.ok, tried.output + tried.errors
    assert "BAD" not in tried.output
    assert tried.output.count("ok ") == 8


def test_no_stand_in_of_the_lab_is_shipped(built: WindowsBuild, python: WindowsPython) -> None:
    script = (
        "import sys; from PyInstaller.archive.readers import CArchiveReader;"
        "print(*CArchiveReader(sys.argv[1]).toc, sep='\\n')"
    )
    packed = python.run("-c", script, built.portable)
    assert "Qt6Core.dll" in packed.output
    shipped = [path.name.lower() for path in built.folder.rglob("*")]
    shipped += [line.rpartition("\\")[2].lower() for line in packed.output.splitlines()]
    assert "qt6core.dll" in shipped
    assert not set(shipped) & set(STAND_INS)
    assert all(contents.SYSTEM_LIBRARIES.match(name) for name in STAND_INS)


def test_windows_is_told_what_it_shows(built: WindowsBuild, python: WindowsPython) -> None:
    script = """
import json, pefile, sys
program = pefile.PE(sys.argv[1])
names = {}
for part in program.FileInfo[0]:
    for table in getattr(part, "StringTable", ()):
        names |= {k.decode(): v.decode() for k, v in table.entries.items()}
kinds = {}
for kind in program.DIRECTORY_ENTRY_RESOURCE.entries:
    for entry in kind.directory.entries:
        place = entry.directory.entries[0].data.struct
        kinds.setdefault(kind.id, []).append(program.get_data(place.OffsetToData, place.Size))
manifest = kinds[pefile.RESOURCE_TYPE["RT_MANIFEST"]][0].decode()
icons = len(kinds[pefile.RESOURCE_TYPE["RT_ICON"]])
print(json.dumps({"names": names, "manifest": manifest, "icons": icons,
                  "windowed": program.OPTIONAL_HEADER.Subsystem == 2}))
"""
    for name, windowed in ((facts.PROGRAM, False), (facts.WINDOWED_PROGRAM, True)):
        asked = python.run("-c", script, built.folder / f"{name}.exe")
        assert asked.ok, asked.errors
        told = json.loads(asked.output)
        assert told["names"]["ProductName"] == facts.TITLE
        assert told["names"]["ProductVersion"] == facts.version()
        assert told["names"]["OriginalFilename"] == f"{name}.exe"
        assert "PerMonitorV2" in told["manifest"]
        assert 'level="asInvoker"' in told["manifest"]
        assert told["icons"] == 8
        assert told["windowed"] is windowed


def test_opens_its_window(built: WindowsBuild, wine: Wine, screen: Screen) -> None:
    program = built.folder / f"{facts.WINDOWED_PROGRAM}.exe"
    assert wine.run(program, "--exit-after-first-paint").ok
    window = wine.start(program, output=subprocess.DEVNULL)
    try:
        assert screen.wait_for(facts.TITLE)
        assert window.poll() is None
    finally:
        window.communicate(timeout=_end(window))


def test_installs_without_questions_and_leaves_nothing(
    built: WindowsBuild, python: WindowsPython
) -> None:
    trial = built.source / "packaging" / "trial.py"
    tried = python.run(trial, built.setup, seconds=600, PYTHONUTF8="1")
    found = json.loads(tried.output)
    assert tried.ok, tried.output
    assert found["faults"] == []
    assert found["self_check"]["keychain"]["works"]
    assert found["elsewhere"] == []
    packed = {str(path.relative_to(built.folder)) for path in built.folder.rglob("*")}
    installed = {name.replace("\\", "/") for name in found["files"]}
    assert installed == packed | {installer.UNINSTALLER}


def test_an_open_program_is_not_replaced(built: WindowsBuild, wine: Wine, screen: Screen) -> None:
    assert wine.run(built.setup, "/S").ok
    home = wine.folder_of("LOCALAPPDATA") / "Programs" / facts.TITLE
    window = wine.start(home / f"{facts.WINDOWED_PROGRAM}.exe", output=subprocess.DEVNULL)
    try:
        assert screen.wait_for(facts.TITLE)
        assert wine.run(built.setup, "/S").code == 4
    finally:
        window.communicate(timeout=_end(window))
    # Over an older version; what people put beside the program stays when it goes.
    (home / "_internal" / "old.dll").write_bytes(b"")
    assert wine.run(built.setup, "/S").ok
    told = wine.run(home / f"{facts.PROGRAM}.exe", "--version")
    assert (told.output.split()[1:], told.errors) == ([facts.version()], ""), told
    assert wine.run(home / installer.UNINSTALLER, "/S").ok
    deadline = time.monotonic() + 60
    while (home / installer.UNINSTALLER).exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert [path.name for path in home.rglob("*") if path.is_file()] == ["old.dll"]


def test_sets_up_outlook_and_takes_it_back(
    built: WindowsBuild, wine: Wine, internet: Internet, provider: Provider
) -> None:
    """The finished program on a Windows that has Outlook, against real servers."""
    outlook = (
        "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\App Paths\\OUTLOOK.EXE"
    )
    said = wine.run("reg", "add", outlook, "/ve", "/d", "C:\\Office\\OUTLOOK.EXE", "/f")
    assert said.ok, said.output + said.errors
    program = built.folder / f"{facts.PROGRAM}.exe"
    mailbox = provider.mailbox("cleo@alpine.example")
    before = wine.registry(_OUTLOOK)
    common = ("--json", "--ca", internet.authority.root, "--resolver", NAMESERVER)
    done = wine.run(
        program, "setup", mailbox.address, "--name", "Cleo Äé", "--apps", "outlook", "--yes",
        "--password-stdin", *common, text=f"{mailbox.password}\n",
    )  # fmt: skip
    assert done.ok, done.output + done.errors
    changed = wine.registry(_OUTLOOK)
    assert '"alpine.example"=' in changed
    assert '"PreferLocalXML"=dword:00000001' in changed
    undone = wine.run(program, "undo", "1", "--yes", "--json")
    assert undone.ok, undone.output + undone.errors
    assert wine.registry(_OUTLOOK) == before


def test_follows_the_pac_file_of_the_internet_settings(
    built: WindowsBuild, wine: Wine, internet: Internet, provider: Provider
) -> None:
    """Wine's WinHTTP runs it, with a JavaScript engine of its own."""
    tunnel = Tunnel(internet, internet.new_address())
    tunnel.open()
    script = f'function FindProxyForURL(u, h) {{ return "PROXY {tunnel.address}:3128"; }}'
    url = serve_pac(internet, script)
    mailbox = provider.mailbox("cleo@alpine.example")
    program = built.folder / f"{facts.PROGRAM}.exe"
    common = ("--json", "--ca", internet.authority.root, "--resolver", NAMESERVER)
    assert wine.run("reg", "add", _INTERNET_SETTINGS, "/v", "AutoConfigURL", "/d", url, "/f").ok
    try:
        found = wine.run(program, "discover", mailbox.address, *common)
    finally:
        wine.run("reg", "delete", _INTERNET_SETTINGS, "/v", "AutoConfigURL", "/f")
    assert found.ok, found.output + found.errors
    document = json.loads(found.output)
    assert document["proxy"] == "automatic"
    assert document["incoming"]
    assert any(head.startswith(b"CONNECT autoconfig.") for head in tunnel.heads)
    assert not any(b"cleo" in head for head in tunnel.heads)


def test_the_password_stays_on_this_computer(built: WindowsBuild, python: WindowsPython) -> None:
    """Windows would carry it to every computer of a company account, unless told otherwise."""
    script = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from win32ctypes.pywin32 import win32cred
from wizard.keychain import Keychain, Stored
from wizard.model import Secret, parse_address
address = parse_address("ada@example.com")
keychain = Keychain()
for secret in ("first", "second é☂"):
    assert isinstance(asyncio.run(keychain.store(address, Secret(secret))), Stored)
    assert asyncio.run(keychain.fetch(address)).reveal() == secret
kept = win32cred.CredRead("mail-setup-wizard:ada@example.com", win32cred.CRED_TYPE_GENERIC)
assert asyncio.run(keychain.delete(address)) is None
assert asyncio.run(keychain.fetch(address)) is None
print(kept["Persist"])
"""
    asked = python.run("-c", script, built.source)
    assert asked.output.strip() == "2", asked.output + asked.errors  # CRED_PERSIST_LOCAL_MACHINE


def test_locks_hold_on_windows(built: WindowsBuild, python: WindowsPython, wine: Wine) -> None:
    """Ours is waited for, longer than Windows would; Thunderbird's is seen, and kept."""
    folder = wine.drive / "locks"
    folder.mkdir()
    script = built.source / "tests" / "lab" / "windows_locks.py"
    tried = python.run(script, built.source, folder)
    assert tried.output.splitlines() == [
        "waits True True",
        "never used True",
        "in use False",
        "free again True kept out True",
    ], tried.errors


def _end(window: "subprocess.Popen[bytes]") -> float:
    """Ends a program of Wine's, which is the process itself."""
    window.terminate()
    return 30
