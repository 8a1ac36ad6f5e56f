"""What Windows shows of a program file under Properties › Details."""

from __future__ import annotations

from pathlib import Path

import facts

# A resource names one language; the program itself speaks the person's.
_ENGLISH, _UNICODE = 0x0409, 0x04B0


def version_resource(program: str) -> str:
    """The version resource in the form PyInstaller reads. `program`: without `.exe`."""
    numbers = facts.version_numbers(facts.version())
    shown = {
        "CompanyName": facts.PUBLISHER,
        "FileDescription": facts.TITLE,  # also what the taskbar and the firewall's question say
        "FileVersion": facts.version(),
        "InternalName": program,
        "LegalCopyright": facts.COPYRIGHT,
        "OriginalFilename": f"{program}.exe",
        "ProductName": facts.TITLE,
        "ProductVersion": facts.version(),
    }
    rows = ",\n".join(f"StringStruct({name!r}, {value!r})" for name, value in shown.items())
    return (
        "VSVersionInfo(\n"
        f"ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3F, flags=0, "
        "OS=0x40004, fileType=1, subtype=0, date=(0, 0)),\n"
        "kids=[StringFileInfo([StringTable("
        f"'{_ENGLISH:04x}{_UNICODE:04x}', [\n{rows}\n])]),\n"
        f"VarFileInfo([VarStruct('Translation', [{_ENGLISH}, {_UNICODE}])])])\n"
    )


def write_version_resource(folder: Path, program: str) -> str:
    """Writes it into `folder`; the name of the file."""
    file = folder / f"{program}.version.txt"
    file.write_text(version_resource(program), encoding="utf-8")
    return str(file)
