"""THIRD-PARTY.txt says of what is compiled in whose it is, and under which terms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bill
import contents
import parts


def compiled_in() -> list[parts.Part]:
    """Into Qt on all systems, and into cryptography."""
    qt = (one for system in contents.QT_PLUGINS for one in parts.inside_qt(system))
    return [*qt, *parts.distribution_part("cryptography").inside]


def document(**component: object) -> dict[str, object]:
    named = {"name": "a", "version": "1", "purl": "pkg:cargo/a@1", **component}
    return {"bomFormat": "CycloneDX", "components": [named]}


def test_all_that_is_compiled_in_has_its_copyright_and_the_text_of_its_licence() -> None:
    found = compiled_in()
    names = {one.name for one in found}
    assert {"HarfBuzz", "ICU", "Wintab API", "Cocoa Platform Plugin", "asn1", "openssl"} <= names
    assert [one.name for one in found if not one.copyright.strip()] == []
    assert [one.name for one in found if not one.texts] == []


@pytest.mark.parametrize("system", contents.QT_PLUGINS)
def test_nothing_is_listed_twice_for_a_system(system: str) -> None:
    purls = [one.purl for one in parts.inside_qt(system)]
    assert len(purls) == len(set(purls)) > 0


def test_every_text_of_a_licence_is_of_something_that_ships() -> None:
    used = {text.partition("\n")[0] for one in compiled_in() for text in one.texts}
    assert {file.stem for file in parts.TEXTS.glob("*.txt")} == used


@pytest.mark.parametrize(
    ("expression", "taken"),
    [
        ("MIT", ("MIT",)),
        ("MIT OR Apache-2.0", ("Apache-2.0",)),
        ("AFL-2.1 OR GPL-2.0-or-later", ("AFL-2.1",)),
        ("Libpng AND libpng-2.0", ("Libpng", "libpng-2.0")),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", ("Apache-2.0", "Unicode-3.0")),
        ("Unicode-3.0 AND (Apache-2.0 OR MIT)", ("Unicode-3.0", "Apache-2.0")),
    ],
)
def test_of_several_licences_one_is_taken(expression: str, taken: tuple[str, ...]) -> None:
    assert parts.taken(expression) == taken


@pytest.mark.parametrize(
    "terms", [{}, {"licenses": [{"expression": "Nobody-Knows-1.0"}]}], ids=["none", "unknown"]
)
def test_what_is_compiled_in_under_terms_nobody_has_the_text_of_stops_the_build(
    terms: dict[str, object],
) -> None:
    with pytest.raises(parts.NoLicence):
        tuple(parts.inside_document(document(**terms)))


def test_what_only_built_a_library_is_not_in_it() -> None:
    mit = [{"expression": "MIT"}]
    assert [one.name for one in parts.inside_document(document(licenses=mit))] == ["a"]
    assert [*parts.inside_document(document(licenses=mit, scope="excluded"))] == []


def test_where_nobody_wrote_the_copyright_down_it_says_where_it_is() -> None:
    (one,) = parts.inside_document(
        document(
            licenses=[{"license": {"id": "MIT"}}],
            author="Ann <ann@made.test>",
            externalReferences=[{"type": "vcs", "url": "https://made.test/a"}],
        )
    )
    assert (
        one.copyright == "Copyright of its authors (Ann <ann@made.test>), see https://made.test/a"
    )


def test_the_notice_has_every_copyright_and_each_text_once() -> None:
    shipped = [parts.distribution_part(name) for name in ("cryptography", "pyside6-essentials")]
    notice = parts.notices(shipped)
    for one in (one for part in shipped for one in part.inside):
        listed = "\n".join(f"    {line}" for line in one.copyright.splitlines())
        assert f": {one.licence}\n{listed}\n" in notice
        assert [notice.count(text.strip()) for text in one.texts] == [1] * len(one.texts)


def test_the_bill_of_materials_has_the_copyright(tmp_path: Path) -> None:
    shipped = parts.load(parts.dump([parts.distribution_part("pyside6-essentials")]))
    written = bill.bill(tmp_path, shipped, 0)
    assert bill.faults(written) == ""
    (qt,) = json.loads(written)["components"]
    known = {one["name"]: one["copyright"] for one in qt["components"]}
    assert known["TinyCBOR"] == "Copyright (C) 2015-2025 Intel Corporation"
