"""The registration files for Outlook go into a Windows registry and out of it again, under Wine."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import idna
import platformdirs
import pytest

from tests.lab.wine import Wine
from tests.lab.winpython import WindowsPython
from tests.unit.clients.support import account
from wizard.clients import registry
from wizard.clients.outlook import autodiscover_xml, reg_file, registry_entries, undo_entries
from wizard.model import ClientPlan, SourceWords

pytestmark = pytest.mark.lab

ROOT = Path(__file__).parents[2]

_OUTLOOK = "HKEY_CURRENT_USER\\Software\\Microsoft\\Office\\16.0\\Outlook"
_THEIRS = f"""\
Windows Registry Editor Version 5.00

[{_OUTLOOK}\\AutoDiscover]
"PreferLocalXML"=dword:00000000
"navy.example"="C:\\\\navy \\"1\\".xml"
"""


@pytest.fixture(scope="module")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wine]:
    with Wine(tmp_path_factory.mktemp("outlook") / "prefix") as windows:
        yield windows


def test_what_is_added_is_taken_back(wine: Wine, tmp_path: Path) -> None:
    """The files a person carries over: where Outlook had nothing before, nothing is left."""
    made = registry.files("outlook", account(), SourceWords())
    assert isinstance(made, ClientPlan)
    files = {item.name: item.content for item in made.files}
    for name in ("outlook-add.reg", "outlook-undo.reg"):
        (tmp_path / name).write_bytes(files[name])
    assert wine.registry(_OUTLOOK) == ""
    assert wine.run("regedit", "/S", tmp_path / "outlook-add.reg").ok
    there = wine.registry(_OUTLOOK)
    assert '"PreferLocalXML"=dword:00000001' in there
    assert '"shop.example"="C:\\\\Users\\\\Public\\\\Documents\\\\Mail Setup\\\\' in there
    assert '"DisableOffice365SimplifiedAccountCreation"=dword:00000001' in there
    assert wine.run("regedit", "/S", tmp_path / "outlook-undo.reg").ok
    left = [line for line in wine.registry(_OUTLOOK).split("\n") if line.startswith('"')]
    assert left == []


def test_what_was_there_comes_back(wine: Wine, tmp_path: Path) -> None:
    """The undo file that knows what stood there before."""
    theirs, add, undo = (tmp_path / f"{name}.reg" for name in ("theirs", "add", "undo"))
    theirs.write_bytes(_THEIRS.replace("\n", "\r\n").encode("utf-16"))
    assert wine.run("regedit", "/S", theirs).ok
    before = wine.registry(_OUTLOOK)
    entries = registry_entries(account(), "C:\\Mail Setup\\é „x“.xml")
    add.write_bytes(reg_file(entries))
    known = {(f"{_OUTLOOK}\\AutoDiscover", "PreferLocalXML"): 0}
    undo.write_bytes(reg_file(undo_entries(entries, known)))
    assert wine.run("regedit", "/S", add).ok
    there = wine.registry(_OUTLOOK)
    assert '"shop.example"="C:\\\\Mail Setup\\\\é „x“.xml"' in there
    assert '"navy.example"="C:\\\\navy \\"1\\".xml"' in there
    assert wine.run("regedit", "/S", undo).ok
    after = wine.registry(_OUTLOOK)
    assert _values(after) == _values(before)


_OFFICE = f"""\
Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\App Paths\\OUTLOOK.EXE]
@="C:\\\\Program Files\\\\Office\\\\OUTLOOK.EXE"

[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Office\\ClickToRun\\Configuration]
"VersionToReport"="16.0.17928.20114"
"Platform"="x64"
"ProductReleaseIds"="O365HomePremRetail"

[{_OUTLOOK}\\Profiles\\Outlook\\9375CFF0413111d3B88A00104B2A6676\\00000002]
"Account Name"="grace@navy.example"

[{_OUTLOOK}\\AutoDiscover]
"PreferLocalXML"=dword:00000000
"shop.example"=hex(2):25,00,41,00,25,00,5c,00,e9,00,00,00
"""


def test_our_own_code_prepares_outlook_and_takes_it_back(wine: Wine, tmp_path: Path) -> None:
    """On a Windows Python: what was there, of whatever kind, comes back, also after a stop."""
    python = WindowsPython(wine, tmp_path / "python", "")
    for package in (idna, platformdirs):  # all that is imported here, and not compiled
        source = Path(package.__path__[0])
        shutil.copytree(source, tmp_path / "packages" / source.name)
    paths = f"{wine.path(ROOT)};{wine.path(tmp_path / 'packages')}"
    wine.run("reg", "delete", _OUTLOOK, "/f")
    office = tmp_path / "office.reg"
    office.write_bytes(_OFFICE.replace("\n", "\r\n").encode("utf-16"))
    assert wine.run("regedit", "/S", office).ok
    before = wine.registry(_OUTLOOK)
    assert '"shop.example"=hex(2)' in before

    # Beside nothing: a program's own folder is the first place where modules are looked for.
    script = tmp_path / "script" / "outlook.py"
    script.parent.mkdir()
    shutil.copy(ROOT / "tests" / "lab" / "outlook_on_windows.py", script)

    def act(what: str) -> Any:
        ran = python.run(script, tmp_path / "Jörg Müller", what, PYTHONPATH=paths)
        if what == "cut-off":
            assert ran.code == 9, ran
            return None
        assert ran.ok, ran
        return json.loads(ran.output)

    version, accounts, facts = act("facts")
    assert version == "16.0.17928.20114 64-bit"
    assert accounts == ["grace@navy.example"]
    assert facts["outlook.product"] == "O365HomePremRetail"

    unchanged, names, change = act("apply")
    assert (unchanged, change) == (False, "1")
    assert names[:3] == ["shop.example.xml", "shop.example-add.reg", "shop.example-undo.reg"]
    there = wine.registry(_OUTLOOK)
    assert '"PreferLocalXML"=dword:00000001' in there
    assert "data\\\\Mail Setup Wizard\\\\Outlook\\\\shop.example.xml" in there
    assert '"DisableOffice365SimplifiedAccountCreation"=dword:00000001' in there
    xml = tmp_path / "Jörg Müller" / "data" / "Mail Setup Wizard" / "Outlook" / "shop.example.xml"
    assert xml.read_bytes() == autodiscover_xml(account())
    assert act("apply") == [True, [], ""]
    undo = xml.with_name("shop.example-undo.reg").read_bytes()
    assert act("undo") == ["", []]
    assert wine.registry(_OUTLOOK) == before

    act("cut-off")
    assert '"PreferLocalXML"=dword:00000001' in wine.registry(_OUTLOOK)
    assert act("undo") == ["applying", []]
    assert wine.registry(_OUTLOOK) == before

    # The file that is shown does the same as our own undo.
    act("apply")
    shown = tmp_path / "shown.reg"
    shown.write_bytes(undo)
    assert wine.run("regedit", "/S", shown).ok
    assert _values(wine.registry(_OUTLOOK)) == _values(before)


def _values(export: str) -> set[str]:
    return {line for line in export.split("\n") if line.startswith('"')}
