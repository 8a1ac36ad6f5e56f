"""The registration files for Outlook go into a Windows registry and out of it again, under Wine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.wine import Wine
from tests.unit.clients.support import account
from wizard.clients import registry
from wizard.clients.outlook import reg_file, registry_entries, undo_entries
from wizard.model import ClientPlan, SourceWords

pytestmark = pytest.mark.lab

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


def _values(export: str) -> set[str]:
    return {line for line in export.split("\n") if line.startswith('"')}
