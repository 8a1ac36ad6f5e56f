"""Which language is spoken."""

from __future__ import annotations

import os

from wizard.messages import LANGUAGES, Messages
from wizard.system.resources import resources


def make_messages(language: str) -> Messages:
    """The words, in a language (empty: the system's)."""
    return Messages(_known(language) if language else system_language(), resources("translations"))


def system_language() -> str:
    """The first of our languages that the system is set to, else English."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return _known(value)
    import locale  # Windows and macOS, which set no variables

    return _known(locale.getlocale()[0] or "")


def _known(name: str) -> str:
    code = name[:2].lower()
    return code if code in LANGUAGES else "en"
