"""What building the project adds to its sources: compiled translations, and `resources/` as
`wizard/_resources`. `tasks.py` runs it too, for the translations alone.

Only the written catalogues (.po) are kept in the repository.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

RESOURCES = Path(__file__).resolve().parent / "resources"


def compile_translations(folder: Path) -> None:
    """Writes a .mo beside every .po of `folder`/LANGUAGE/LC_MESSAGES."""
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        with source.open("rb") as file:
            catalog = read_po(file, locale=source.parent.parent.name)
        with source.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalog)


class TranslationsHook(BuildHookInterface[Any]):
    """Called by hatchling before it gathers files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """`version`: `standard`, or `editable`, which reads `resources/` where it is."""
        compile_translations(RESOURCES / "translations")
        if version != "editable":
            build_data["force_include"][str(RESOURCES)] = "wizard/_resources"


if __name__ == "__main__":
    compile_translations(RESOURCES / "translations")
