"""The Windows parts that need no Windows: resources, manifest, installer, signature."""

import ast
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image

import facts
import iconfiles
import installer
import sign
import winresource
from tests.lab.requirements import need_programs

MANIFEST = facts.ROOT / "packaging" / "windows" / "mail-wizard.manifest"


@pytest.fixture
def frozen(tmp_path: Path) -> Path:
    """A folder like a frozen one, of two small real Windows programs and some files."""
    need_programs("x86_64-w64-mingw32-gcc")
    folder = tmp_path / "frozen"
    (folder / "_internal" / "größe").mkdir(parents=True)
    (folder / "_internal" / "größe" / "a b.txt").write_text("x", encoding="utf-8")
    source = tmp_path / "nothing.c"
    source.write_text("int main(void) { return 0; }\n", encoding="utf-8")
    for name in (facts.PROGRAM, facts.WINDOWED_PROGRAM):
        words = ["x86_64-w64-mingw32-gcc", "-s", "-o", str(folder / f"{name}.exe"), str(source)]
        subprocess.run(words, check=True)
    return folder


def test_the_icon_has_every_size(tmp_path: Path) -> None:
    file = tmp_path / "icon.ico"
    iconfiles.write_ico(file)
    with Image.open(file) as icon:
        assert icon.info["sizes"] == {(size, size) for size in iconfiles.ICO_SIZES}


def test_drawing_leaves_the_process_free_for_an_application_with_windows() -> None:
    """A process has one Qt application only. In a process of its own: here may be one already."""
    code = """
import icon
icon.png(16)
from PySide6.QtCore import QCoreApplication
print(QCoreApplication.instance())
"""
    folder = Path(iconfiles.__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "None"


def test_small_icons_are_drawn_not_shrunk(tmp_path: Path) -> None:
    """Each size comes from the SVG, so the smallest is not empty and has hard edges of its own."""
    file = tmp_path / "icon.ico"
    iconfiles.write_ico(file)
    with Image.open(file) as icon:
        icon.size = (16, 16)  # type: ignore[misc]  # how Pillow is told which one to read
        alpha = icon.convert("RGBA").getchannel("A")
    assert max(alpha.tobytes()) == 255


def test_the_version_resource_is_what_pyinstaller_reads() -> None:
    text = winresource.version_resource("mail-wizard")
    tree = ast.parse(text, mode="eval").body
    assert isinstance(tree, ast.Call)
    assert isinstance(tree.func, ast.Name)
    assert tree.func.id == "VSVersionInfo"
    told = dict(re.findall(r"StringStruct\('(\w+)', ['\"](.*?)['\"]\)", text))
    assert told["ProductVersion"] == facts.version()
    assert told["OriginalFilename"] == "mail-wizard.exe"
    assert told["CompanyName"] == facts.PUBLISHER


def test_the_manifest_asks_for_no_administrator_and_for_sharp_windows() -> None:
    root = ET.fromstring(MANIFEST.read_text(encoding="utf-8"))
    told = {element.tag.rpartition("}")[2]: element for element in root.iter()}
    assert told["requestedExecutionLevel"].get("level") == "asInvoker"
    assert (told["dpiAwareness"].text or "").startswith("PerMonitorV2")
    assert told["longPathAware"].text == "true"
    assert told["activeCodePage"].text == "UTF-8"


def test_an_installer_is_made(frozen: Path, tmp_path: Path) -> None:
    need_programs("makensis")
    made = installer.build(frozen, tmp_path / "out" / installer.name())
    assert _is_for_64_bits(made)
    assert b"Nullsoft" in made.read_bytes()


def test_what_is_put_there_is_what_is_taken_away(frozen: Path) -> None:
    files = [path.relative_to(frozen) for path in frozen.rglob("*") if path.is_file()]
    text = installer.file_list(frozen, files)
    add, remove = text.split("!macroend\n")[:2]
    assert 'SetOutPath "$INSTDIR\\_internal\\größe"' in add
    assert add.count("  File ") == remove.count("  Delete ") == len(files)
    assert 'Delete "$INSTDIR\\_internal\\größe\\a b.txt"' in remove
    folders = re.findall(r'RMDir "(.+)"', remove)
    assert folders == ["$INSTDIR\\_internal\\größe", "$INSTDIR\\_internal"]
    # Never a whole folder: people may have put something of their own there.
    assert "/r" not in text
    assert "RMDir /r" not in installer.SCRIPT.read_text(encoding="utf-8")


def test_a_folder_for_another_system_is_refused(tmp_path: Path) -> None:
    need_programs("makensis")
    with pytest.raises(installer.NotBuilt, match=r"mail-wizard\.exe"):
        installer.build(tmp_path, tmp_path / installer.name())


def test_the_installer_speaks_our_five_languages() -> None:
    text = installer.SCRIPT.read_text(encoding="utf-8")
    spoken = set(re.findall(r'MUI_LANGUAGE "(\w+)"', text))
    assert spoken == {"English", "German", "French", "Italian", "Spanish"}
    for name in set(re.findall(r"^LangString (\w+)", text, re.MULTILINE)):
        told = set(re.findall(rf"^LangString {name} \$\{{LANG_(\w+)}}", text, re.MULTILINE))
        assert told == {language.upper() for language in spoken}, name


def test_nothing_asks_for_an_administrator() -> None:
    text = installer.SCRIPT.read_text(encoding="utf-8")
    assert "RequestExecutionLevel user" in text
    assert "HKLM" not in text
    assert "SetShellVarContext all" not in text


def test_signs_with_the_certificate_that_is_named(
    frozen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_programs("makensis", "osslsigncode")
    pfx, authority = _certificate(tmp_path, "correct horse")
    password = tmp_path / "password.txt"
    password.write_text("correct horse", encoding="utf-8")
    monkeypatch.setenv("WIZARD_SIGN_PFX", str(pfx))
    monkeypatch.setenv("WIZARD_SIGN_PASSWORD", str(password))
    made = installer.build(frozen, tmp_path / installer.name())
    for file in (made, frozen / f"{facts.PROGRAM}.exe", frozen / f"{facts.WINDOWED_PROGRAM}.exe"):
        command = ["osslsigncode", "verify", "-CAfile", str(authority), "-in", str(file)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert "Signature verification: ok" in done.stdout, (file, done.stdout, done.stderr)


def test_a_wrong_password_ends_the_build(
    frozen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_programs("osslsigncode")
    pfx, _ = _certificate(tmp_path, "correct horse")
    password = tmp_path / "password.txt"
    password.write_text("wrong", encoding="utf-8")
    monkeypatch.setenv("WIZARD_SIGN_PFX", str(pfx))
    monkeypatch.setenv("WIZARD_SIGN_PASSWORD", str(password))
    with pytest.raises(sign.NotSigned, match="osslsigncode"):
        sign.sign(frozen / f"{facts.PROGRAM}.exe")


def test_without_a_certificate_nothing_is_signed() -> None:
    assert not sign.configured({})


def test_on_windows_signtool_signs_and_checks(tmp_path: Path) -> None:
    environment = {"WIZARD_SIGN_SUBJECT": "Name", "WIZARD_SIGN_TIMESTAMP": "http://stamp.example"}
    signing, checking = sign.commands(Path("a.exe"), Path("b.exe"), environment, "win32")
    assert signing[:2] == ["signtool", "sign"]
    assert signing[signing.index("/fd") + 1] == "SHA256"
    assert signing[signing.index("/n") + 1] == "Name"
    assert signing[signing.index("/tr") + 1] == "http://stamp.example"
    assert checking[:2] == ["signtool", "verify"]


def _is_for_64_bits(program: Path) -> bool:
    data = program.read_bytes()
    (header,) = struct.unpack_from("<I", data, 0x3C)
    (machine,) = struct.unpack_from("<H", data, header + 4)
    return bool(machine == 0x8664)


def _certificate(folder: Path, password: str) -> tuple[Path, Path]:
    """A code-signing certificate of the test's own: (.pfx, .pem)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pfx, pem = folder / "sign.pfx", folder / "sign.pem"
    lock = BestAvailableEncryption(password.encode())
    pfx.write_bytes(pkcs12.serialize_key_and_certificates(b"test", key, certificate, None, lock))
    pem.write_bytes(certificate.public_bytes(Encoding.PEM))
    return pfx, pem
