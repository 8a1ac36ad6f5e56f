"""`prefs.js` of Mozilla programs: read, edited, everything else left byte for byte.

The grammar is that of the program's own parser (`modules/libpref/parser`): statements
`user_pref("name", value);` with a string in either kind of quotes, an integer, `true` or `false`;
comments `//`, `#` and `/* */`; any white space between. Of several statements for one name the
last one counts. After something that is no statement the program skips to the next `;`; so do we.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

Value = str | int | bool

# Atomic: looking for another match may not shorten or stretch a comment.
_BETWEEN = r"(?>[ \t\n\v\f\r]|//[^\n\r\0]*|\#[^\n\r\0]*|/\*[^\0]*?\*/)"
_BLANK = rf"{_BETWEEN}*+"
_STRING = r'"(?:[^"\\\0]|\\[^\0])*"|' r"'(?:[^'\\\0]|\\[^\0])*'"
_STATEMENT = re.compile(
    rf"(?:user_pref|sticky_pref|pref){_BLANK}\({_BLANK}(?P<name>{_STRING}){_BLANK},{_BLANK}"
    rf"(?P<value>{_STRING}|(?:[+-]{_BLANK})?[0-9]+(?![0-9A-Za-z_])|(?:true|false)(?![0-9A-Za-z_]))"
    rf"(?:{_BLANK},{_BLANK}(?:sticky|locked))*{_BLANK}\){_BLANK};",
)
_SKIPPED = re.compile(rf"{_BETWEEN}++|{_STRING}|/[^*\0]|[^;\"'/#\0]")
_ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{2})|(u[0-9A-Fa-f]{4}(?:\\u[0-9A-Fa-f]{4})*)|([\"'\\nr])|(.?))", re.DOTALL
)
_INT32 = range(-(2**31), 2**31)
_HEADER = "// Mozilla User Preferences\n\n"


@dataclass(frozen=True, slots=True)
class _Statement:
    """Where a statement stands in the text; `value_at` is the part an edit replaces."""

    name: str
    value: Value
    start: int
    end: int
    value_at: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Prefs:
    """A preferences file: its text, and the values it gives."""

    text: str
    _statements: tuple[_Statement, ...]
    values: Mapping[str, Value]

    @classmethod
    def parse(cls, data: bytes) -> Prefs:
        """Reads a file. Bytes that are no UTF-8 are carried through."""
        return cls._of(data.decode("utf-8", "surrogateescape"))

    @classmethod
    def _of(cls, text: str) -> Prefs:
        statements = tuple(_scan(text))
        values = {statement.name: statement.value for statement in statements}
        return cls(text, statements, MappingProxyType(values))

    def to_bytes(self) -> bytes:
        """The file as it is to be written."""
        return self.text.encode("utf-8", "surrogateescape")

    def string(self, name: str) -> str:
        """A text value; empty where it is absent or of another type."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int | None:
        """An integer value; None where it is absent or of another type."""
        value = self.values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def items(self, name: str) -> tuple[str, ...]:
        """A comma list (`mail.accountmanager.accounts`)."""
        return tuple(part for item in self.string(name).split(",") if (part := item.strip()))

    def below(self, prefix: str) -> dict[str, Value]:
        """All values whose names start with a prefix, by the rest of the name."""
        return {
            name.removeprefix(prefix): value
            for name, value in self.values.items()
            if name.startswith(prefix)
        }

    def edited(self, changes: Mapping[str, Value | None]) -> Prefs:
        """The file with some values set (None: removed); nothing else moves.

        New statements go to the end in the order given, one per line.
        """
        edits: list[tuple[int, int, str]] = []
        added: list[str] = []
        for name, value in changes.items():
            places = [item for item in self._statements if item.name == name]
            if value is None:
                edits.extend((*self._line(item), "") for item in places)
            elif not places:
                added.append(f"user_pref({_literal(name)}, {_literal(value)});")
            elif not _same(places[-1].value, value):
                edits.append((*places[-1].value_at, _literal(value)))
        text = self.text
        for start, end, replacement in sorted(edits, reverse=True):
            text = text[:start] + replacement + text[end:]
        return Prefs._of(_appended(text, added)) if edits or added else self

    def _line(self, statement: _Statement) -> tuple[int, int]:
        """The whole line of a statement where nothing else stands on it."""
        start, end = statement.start, statement.end
        while start and self.text[start - 1] in " \t":
            start -= 1
        if start and self.text[start - 1] not in "\r\n":
            return statement.start, statement.end
        while end < len(self.text) and self.text[end] in " \t":
            end += 1
        if match := re.compile(r"\r\n|\n|\r").match(self.text, end):
            return start, match.end()
        return (start, end) if end == len(self.text) else (statement.start, statement.end)


def _scan(text: str) -> Iterator[_Statement]:
    at = 1 if text.startswith("\ufeff") else 0
    between = re.compile(rf"{_BETWEEN}++")
    while at < len(text) and text[at] != "\0":  # to the program a NUL is the end
        if match := between.match(text, at):
            at = match.end()
        elif (match := _STATEMENT.match(text, at)) and (read := _read(match)):
            yield read
            at = match.end()
        else:
            at = _resumed(text, at)


def _resumed(text: str, at: int) -> int:
    """Behind the next `;` that stands in no string or comment; the end where these never end."""
    while at < len(text) and text[at] != ";":
        match = _SKIPPED.match(text, at)
        if match is None:
            return len(text)
        at = match.end()
    return at + 1


def _read(match: re.Match[str]) -> _Statement | None:
    """None where a string has an escape, or a number a size, that the program does not take."""
    name, value = _unquoted(match["name"]), _parsed(match["value"])
    if name is None or value is None:
        return None
    return _Statement(name, value, match.start(), match.end(), match.span("value"))


def _parsed(literal: str) -> Value | None:
    if literal in {"true", "false"}:
        return literal == "true"
    if literal[0] in "\"'":
        return _unquoted(literal)
    sign = -1 if literal.startswith("-") else 1
    digits = re.search(r"[0-9]+\Z", literal)
    assert digits is not None
    number = sign * int(digits[0])
    return number if number in _INT32 else None


def _unquoted(literal: str) -> str | None:
    try:
        return _ESCAPE.sub(_unescaped, literal[1:-1])
    except ValueError:
        return None


def _unescaped(match: re.Match[str]) -> str:
    byte, units, char, _ = match.groups()
    if byte:
        return chr(int(byte, 16))
    if units:
        codes = bytes.fromhex(units.replace("\\", "").replace("u", ""))
        return codes.decode("utf-16-be")
    if char:
        return {"n": "\n", "r": "\r"}.get(char, char)
    raise ValueError(match[0])


def _literal(value: Value) -> str:
    """As the program writes it (`StrEscape`): four escapes, all else raw UTF-8."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            escaped = escaped.replace("\n", "\\n").replace("\r", "\\r")
            return f'"{escaped}"'


def _same(one: Value, other: Value) -> bool:
    """`True == 1` in Python, not in a preferences file."""
    return type(one) is type(other) and one == other


def _appended(text: str, lines: list[str]) -> str:
    if not lines:
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    if not text.strip():
        text = text or _HEADER
    if not text.endswith(("\n", "\r")):
        text += newline
    return text + "".join(line + newline for line in lines)
