"""A host's provider file: named or laid beside the program, it makes the wizard the host's own."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from wizard.app.outside import Outside
from wizard.cli.options import Options, Unusable
from wizard.discovery import Pack, load_pack
from wizard.system.resources import PROVIDER_FILE, provider_file_beside

FILE = """
format = 1
checked = "2026-11"

[texts.hello]
en = "Questions? Call us."
fr = "Des questions ? Appelez-nous."

[[provider]]
id = "shop"
name = "Shop Mail"
domains = ["*"]
servers = ["imap imap.shop.example:993 tls", "smtp smtp.shop.example:465 tls"]
logo = "logo.png"
languages = ["fr", "en"]
steps = { general = "hello" }
help = [{ url = "https://shop.example/help", purpose = "general", language = "en" }]
source = "our own"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / PROVIDER_FILE
    path.write_text(FILE)
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    return path


def test_a_provider_file_says_who_prepared_the_wizard(file: Path) -> None:
    pack = load_pack(file)
    assert isinstance(pack, Pack), pack
    brand = pack.brand
    assert brand is not None
    assert (brand.name, brand.logo) == ("Shop Mail", file.parent / "logo.png")
    assert brand.languages == ("fr", "en")
    assert brand.text("fr") == "Des questions ? Appelez-nous."
    assert brand.text("it") == "Questions? Call us."
    (file.parent / "logo.png").unlink()
    assert pack.brand is not None
    assert pack.brand.logo is None


def test_the_language_is_one_the_host_speaks(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "de_CH.UTF-8")
    assert Outside(Options(provider_file=file)).messages.language == "fr"
    assert Outside(Options(provider_file=file, language="de")).messages.language == "de"
    assert Outside(Options()).messages.language == "de"


def test_laid_beside_a_built_program_it_is_found(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert provider_file_beside() is None
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(file.parent / "mail-wizard"))
    assert provider_file_beside() == file
    monkeypatch.setattr(
        sys, "executable", str(file.parent / "Mail.app" / "Contents" / "MacOS" / "mail-wizard")
    )
    assert provider_file_beside() == file
    monkeypatch.setattr(sys, "executable", "/nowhere/mail-wizard")
    monkeypatch.setenv("APPIMAGE", str(file.parent / "Mail.AppImage"))
    assert provider_file_beside() == file


def test_a_broken_file_beside_the_program_does_not_stop_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("format = 1\nnonsense = 2\n")
    monkeypatch.setattr("wizard.app.outside.provider_file_beside", lambda: file)
    outside = Outside(Options())
    assert outside.brand is None
    with pytest.raises(Unusable):
        Outside(Options(provider_file=file))
    asyncio.run(outside.aclose())
