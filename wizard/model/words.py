"""How rooms that know no translations still make sentences for people.

A sentence stands in the code in English, marked with `N_` so that the catalogue extractor finds
it. Whoever shows it hands in `Words`; the values go in after translating, never before:
`words.text(N_("Open {program}."), program="Thunderbird")`.
"""

from __future__ import annotations

from typing import Protocol


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for "mark, do not translate yet"
    """Marks a sentence for the catalogues and returns it as it is."""
    return text


class Words(Protocol):
    """A language to speak in."""

    @property
    def language(self) -> str:
        """ISO 639-1 code of the language the sentences come out in."""
        ...

    def text(self, msgid: str, /, **values: str) -> str:
        """The sentence in this language, `{name}` placeholders filled by `str.format`."""
        ...

    def into(self, language: str, /) -> Words:
        """The same in another language; an unknown one gives the source text."""
        ...


def named(words: Words, name: str, value: str) -> str:
    """A name and its value with the language's own colon: French has a space before it."""
    return words.text(N_("{name}: {value}"), name=name, value=value)


class SourceWords:
    """The source text itself: what tests use, and what stands where no catalogue is at hand."""

    def __init__(self, language: str = "en") -> None:
        self.language = language

    def text(self, msgid: str, /, **values: str) -> str:
        """The English sentence, placeholders filled."""
        return msgid.format(**values)

    def into(self, language: str, /) -> Words:
        """English whatever is asked."""
        return SourceWords(language)
