"""Names and numbers that every installer shows. The version is the package's own."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

TITLE = "Mail Setup"
PROGRAM = "mail-wizard"
WINDOWED_PROGRAM = "mail-wizard-gui"
PACKAGE = "mail-setup-wizard"
IDENTIFIER = "io.github.mail_setup_wizard.MailSetup"
"""Of the desktop entry and its AppStream component, which want no hyphens."""
BUNDLE = "io.github.mail-setup-wizard.MailSetup"
"""Of the macOS bundle: Apple knows letters, digits, hyphens and dots."""

SUMMARY = "Set up an e-mail account in the programs you use"
PUBLISHER = "The mail setup wizard's maintainers"
CONTACT = "noreply@mail-setup-wizard.invalid"
COPYRIGHT = "Copyright 2026 The mail setup wizard's maintainers. Licence: Apache-2.0"
HOMEPAGE = "https://github.com/mail-setup-wizard/mail-setup-wizard"
PICTURES = f"{HOMEPAGE}/raw/HEAD/resources/screenshots"
"""For software centres, which show them before anything is installed."""


def version() -> str:
    """`wizard.__version__`, read without importing the package."""
    text = (ROOT / "wizard" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(\d+\.\d+\.\d+(?:[a-z0-9.+]*))"$', text, re.MULTILINE)
    if found is None:
        raise ValueError("wizard/__init__.py has no version")
    return found[1]


def version_numbers(text: str) -> tuple[int, int, int, int]:
    """The four numbers Windows wants: `1.2.3` is 1.2.3.0."""
    numbers = [int(number) for number in re.findall(r"\d+", text)[:4]]
    major, minor, patch, build = numbers + [0] * (4 - len(numbers))
    return major, minor, patch, build
