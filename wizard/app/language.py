"""Which language is spoken."""

from __future__ import annotations

import os
import re

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
    from wizard.system.languages import preferred_languages

    spoken = (name for name in preferred_languages() if _code(name) in LANGUAGES)
    return _known(next(spoken, ""))


def _known(name: str) -> str:
    code = _code(name)
    return code if code in LANGUAGES else "en"


def _code(name: str) -> str:
    """`de` of `de-CH`, `de_CH.UTF-8`, `de`."""
    return re.split(r"[-_.@]", name, maxsplit=1)[0].lower()
