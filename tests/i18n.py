"""The catalogues against the code: what is missing, what is too much, and how to compile them.

    python -m tests.i18n            says per language which sentences lack a translation
    python -m tests.i18n update     brings the catalogues into step with the code; new sentences
                                    come in empty, those the code no longer has go out
    python -m tests.i18n compile    writes the .mo files the program reads

Sentences stand in the code in English, marked by the functions in `KEYWORDS`.
"""

from __future__ import annotations

import io
import re
import string
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from wizard.messages import DOMAIN, LANGUAGES

ROOT = Path(__file__).parents[1]
DIRECTORY = ROOT / "resources" / "translations"
TRANSLATED = LANGUAGES[1:]
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "N_": None,
    "text": None,
    "line": None,
    "progress": None,
    "plural": (1, 2),
}
_BREAKABLE = "[ \u202f\u2009]"
_TYPOGRAPHY: dict[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "fr": (
        # Not where a letter or a digit follows at once: that would be code.
        (re.compile(rf"(?<=\S){_BREAKABLE}(?=[:;?!»%](?!\w))"), "\u00a0"),
        (re.compile(rf"«{_BREAKABLE}"), "«\u00a0"),
    ),
}
"""Spaces at which no line may end. U+00A0 also where print has the narrow U+202F, because consoles
and fonts lack that."""
_NOISE = (
    b'"Project-Id-Version',
    b'"Report-Msgid-Bugs-To',
    b'"POT-Creation-Date',
    b'"PO-Revision-Date',
    b'"Last-Translator',
    b'"Language-Team',
    b'"Generated-By',
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A marked text. `plural` is empty where it has one form. `places`: file and line."""

    msgid: str
    plural: str
    places: tuple[tuple[str, int], ...]

    @property
    def id(self) -> str | tuple[str, str]:
        return (self.msgid, self.plural) if self.plural else self.msgid


def sentences(folder: str = "") -> list[Sentence]:
    """All marked texts under `wizard/` (or `wizard/<folder>`), in the order of the files."""
    found: dict[tuple[str, str], list[tuple[str, int]]] = {}
    base = ROOT / "wizard" / folder
    for file, line, message, _, _ in extract_from_dir(
        base, method_map=[("**.py", "python")], keywords=KEYWORDS
    ):
        parts = (message,) if isinstance(message, str) else message
        msgid, plural = parts[0], parts[1] if len(parts) > 1 else ""
        if msgid:
            place = (str((base / file).relative_to(ROOT)), line)
            found.setdefault((msgid, plural or ""), []).append(place)
    ordered = sorted(found.items(), key=lambda item: item[1][0])
    return [Sentence(msgid, plural, tuple(places)) for (msgid, plural), places in ordered]


def path(language: str) -> Path:
    """The catalogue's source."""
    return DIRECTORY / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def catalogue(language: str) -> Catalog:
    """A catalogue as it is on disk; an empty one where there is none."""
    if not path(language).is_file():
        return Catalog(locale=language, domain=DOMAIN)
    with path(language).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def missing(language: str, folder: str = "") -> list[Sentence]:
    """Sentences without a translation."""
    known = catalogue(language)
    return [sentence for sentence in sentences(folder) if not _translated(known, sentence)]


def surplus(language: str) -> list[str]:
    """Translations of sentences that the code does not have."""
    wanted = {sentence.msgid for sentence in sentences()}
    return sorted(
        _first(item.id) for item in catalogue(language) if item.id and _first(item.id) not in wanted
    )


def placeholders(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def wrong_placeholders(language: str) -> Iterator[tuple[str, str]]:
    """Translations whose placeholders differ from the original's."""
    for item in catalogue(language):
        if not item.id:
            continue
        originals = [item.id] if isinstance(item.id, str) else list(item.id)
        allowed = set().union(*map(placeholders, originals))
        texts = _strings(item)
        for text in filter(None, texts):
            # A singular may leave the number out.
            if placeholders(text) != allowed and not (
                len(originals) > 1 and placeholders(text) == allowed - {"count"}
            ):
                yield originals[0], text


def typeset(text: str, language: str) -> str:
    """The text with the spaces of the language's typography, such as French wants before `?`."""
    for pattern, space in _TYPOGRAPHY.get(language, ()):
        text = pattern.sub(space, text)
    return text


def update() -> None:
    """Brings all catalogues into step with the code, keeping what is translated."""
    now = sentences()
    for language in TRANSLATED:
        old = catalogue(language)
        new = Catalog(
            locale=language,
            domain=DOMAIN,
            header_comment=f"# Sentences of the mail setup wizard: {language}",
            fuzzy=False,
        )
        for sentence in now:
            known = old.get(sentence.msgid)
            texts = _strings(known) if known and not known.fuzzy else [""]
            told = tuple(typeset(text, language) for text in texts)
            # Files without lines: a catalogue changes only where a sentence does.
            files = sorted({file for file, _ in sentence.places})
            new.add(
                sentence.id,
                told if sentence.plural else told[0],
                locations=[(file, 0) for file in files],
            )
        save(language, new)


def save(language: str, catalog: Catalog) -> None:
    """Writes a catalogue, without the header lines that would change with every run."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=100, include_lineno=False)
    lines = buffer.getvalue().splitlines(keepends=True)
    path(language).parent.mkdir(parents=True, exist_ok=True)
    path(language).write_bytes(b"".join(line for line in lines if not line.startswith(_NOISE)))


def compile_into(directory: Path = DIRECTORY) -> None:
    """Writes the binary catalogues."""
    for language in TRANSLATED:
        target = directory / language / "LC_MESSAGES" / f"{DOMAIN}.mo"
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            write_mo(file, catalogue(language))


def _translated(known: Catalog, sentence: Sentence) -> bool:
    item = known.get(sentence.msgid)
    if item is None or item.fuzzy:
        return False
    texts = _strings(item)
    return all(texts) and len(texts) >= (2 if sentence.plural else 1)


def _strings(item: Message) -> list[str]:
    """The translation, all its plural forms."""
    return [item.string] if isinstance(item.string, str) else list(item.string or ())


def _first(msgid: str | list[str] | tuple[str, ...]) -> str:
    return msgid if isinstance(msgid, str) else msgid[0]


def main(arguments: list[str]) -> int:
    """Entry point; exit code 1 where a translation is missing."""
    if arguments == ["update"]:
        update()
    elif arguments == ["compile"]:
        compile_into()
        return 0
    elif arguments:
        print(__doc__)
        return 2
    total = 0
    for language in TRANSLATED:
        lacking = missing(language)
        total += len(lacking)
        print(f"{language}: {len(sentences()) - len(lacking)} of {len(sentences())} translated")
        for sentence in lacking:
            file, line = sentence.places[0]
            print(f"  {file}:{line}: {sentence.msgid!r}")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
