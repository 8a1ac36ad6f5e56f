"""The language the person reads."""

from __future__ import annotations

import sys

import pytest

from wizard.app.language import system_language
from wizard.system import languages, this_computer
from wizard.system.languages import preferred_languages


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("preferred", "spoken"),
    [
        (("de-CH", "en-US"), "de"),
        (("es-MX",), "es"),
        (("rm-CH", "it-CH", "de-CH"), "it"),
        (("gsw-CH", "de-CH"), "de"),
        (("deu",), "en"),  # no language of ours begins so
        (("ja-JP",), "en"),
        ((), "en"),
    ],
)
def test_without_variables_the_system_s_list_is_followed(
    preferred: tuple[str, ...], spoken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`locale` would say `German_Switzerland` on Windows, and nothing on macOS."""
    monkeypatch.setattr(languages, "preferred_languages", lambda: preferred)
    assert system_language() == spoken
    first = preferred[0].partition("-")[0] if preferred else "en"
    assert this_computer().language == first


def test_variables_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "preferred_languages", lambda: ("de-CH",))
    monkeypatch.setenv("LANG", "fr_CH.UTF-8")
    assert system_language() == "fr"
    monkeypatch.setenv("LC_ALL", "C")
    assert system_language() == "en"


def test_the_system_names_languages_by_their_tags() -> None:
    found = preferred_languages()
    assert bool(found) is (sys.platform in ("win32", "darwin"))
    assert all(name.partition("-")[0].isalpha() for name in found)
