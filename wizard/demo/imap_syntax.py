"""IMAP's words and numbers (RFC 3501 section 9): reading commands, writing answers. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias


class BadSyntax(Exception):
    """The command cannot be read; `str()` is the text of the BAD answer."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A bare word, a section in brackets included: `BODY.PEEK[HEADER.FIELDS (TO)]<0.99>`."""

    text: str


@dataclass(frozen=True, slots=True)
class String:
    """A quoted string or a literal."""

    value: bytes


Node: TypeAlias = "Atom | String | tuple[Node, ...]"

_QUOTED = re.compile(rb'"((?:[^"\\\r\n]|\\["\\])*)"')
_ATOM = re.compile(rb'(?:[^\s()"\[]|\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+')
_LITERAL_HEAD = re.compile(rb"\{(\d{1,10})(\+?)\}\Z")
_INTERNAL_DATE = re.compile(r"^[ \d]\d-\w{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4}$")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def literal_size(line: bytes) -> tuple[int, bool] | None:
    """Octets announced at the end of a line, and whether the client waits for leave to send
    them (it does not with RFC 7888's `{n+}`)."""
    head = _LITERAL_HEAD.search(line)
    return None if head is None else (int(head[1]), not head[2])


def without_literal_size(line: bytes) -> bytes:
    """The line before the announcement."""
    return _LITERAL_HEAD.sub(b"", line)


def parse_nodes(pieces: Sequence[bytes]) -> tuple[Node, ...]:
    """A command's arguments. `pieces`: text, literal, text, literal … text.

    Raises `BadSyntax`.
    """
    stack: list[list[Node]] = [[]]
    for index, piece in enumerate(pieces):
        if index % 2:
            stack[-1].append(String(piece))
        else:
            _parse_text(piece, stack)
    if len(stack) != 1:
        raise BadSyntax("Missing closing parenthesis")
    return tuple(stack[0])


def _parse_text(text: bytes, stack: list[list[Node]]) -> None:
    position = 0
    while position < len(text):
        char = text[position : position + 1]
        if char == b" ":
            position += 1
        elif char == b"(":
            stack.append([])
            position += 1
        elif char == b")":
            if len(stack) == 1:
                raise BadSyntax("Unexpected closing parenthesis")
            group = tuple(stack.pop())
            stack[-1].append(group)
            position += 1
        elif quoted := _QUOTED.match(text, position):
            stack[-1].append(String(re.sub(rb"\\(.)", rb"\1", quoted[1])))
            position = quoted.end()
        elif atom := _ATOM.match(text, position):
            stack[-1].append(Atom(atom[0].decode("utf-8", "replace")))
            position = atom.end()
        else:
            raise BadSyntax("Unexpected character")


def text_of(node: Node) -> str:
    """An `astring` as text. Raises `BadSyntax` for a list."""
    match node:
        case Atom(text):
            return text
        case String(value):
            return value.decode("utf-8", "replace")
        case _:
            raise BadSyntax("A string was expected")


def atom_of(node: Node) -> str:
    """A bare word in upper case. Raises `BadSyntax` for anything else."""
    if not isinstance(node, Atom):
        raise BadSyntax("A word was expected")
    return node.text.upper()


@dataclass(frozen=True, slots=True)
class NumberSet:
    """A sequence set, `*` resolved (RFC 3501 `sequence-set`)."""

    ranges: tuple[tuple[int, int], ...]

    def __contains__(self, number: int) -> bool:
        return any(low <= number <= high for low, high in self.ranges)


def parse_numbers(text: str, largest: int) -> NumberSet:
    """`2,4:7,9:*` where `*` is `largest`. Raises `BadSyntax`."""
    ranges: list[tuple[int, int]] = []
    for item in text.split(","):
        first, colon, last = item.partition(":")
        ends = [_number(first, largest), _number(last if colon else first, largest)]
        ranges.append((min(ends), max(ends)))
    return NumberSet(tuple(ranges))


def _number(text: str, largest: int) -> int:
    if text == "*":
        return largest
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise BadSyntax("A number was expected")
    return int(text)


def quote(text: str | bytes | None) -> bytes:
    """A `nstring`: NIL, quoted where that is allowed, else a literal."""
    if text is None:
        return b"NIL"
    raw = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    if len(raw) < 1000 and all(0x20 <= byte < 0x7F for byte in raw):
        return b'"' + re.sub(rb'(["\\])', rb"\\\1", raw) + b'"'
    return literal(raw)


def literal(raw: bytes) -> bytes:
    """Octets as a literal."""
    return b"{%d}\r\n%s" % (len(raw), raw)


def format_flags(flags: frozenset[str]) -> str:
    """A flag list in a steady order."""
    return f"({' '.join(sorted(flags))})"


def format_internal_date(when: datetime) -> str:
    """`"17-Jul-1996 02:44:25 +0000"`, English whatever the locale."""
    utc = when.astimezone(UTC)
    return f'"{utc.day:2d}-{_MONTHS[utc.month - 1]}-{utc:%Y %H:%M:%S} +0000"'


def parse_internal_date(text: str) -> datetime:
    """The reverse, any zone. Raises `BadSyntax`."""
    if not _INTERNAL_DATE.match(text):
        raise BadSyntax("A date was expected")
    day, month, rest = text.strip().split("-", 2)
    return _to_datetime(f"{day} {_month(month)} {rest}", "%d %m %Y %H:%M:%S %z")


def parse_day(text: str) -> datetime:
    """`1-Feb-1994` as its midnight, zone UTC (searches disregard time and zone)."""
    parts = text.split("-")
    if len(parts) != 3:
        raise BadSyntax("A date was expected")
    return _to_datetime(f"{parts[0]} {_month(parts[1])} {parts[2]} +0000", "%d %m %Y %z")


def _month(name: str) -> int:
    try:
        return _MONTHS.index(name.title()) + 1
    except ValueError:
        raise BadSyntax("A month was expected") from None


def _to_datetime(text: str, form: str) -> datetime:
    try:
        return datetime.strptime(text, form)
    except ValueError:
        raise BadSyntax("A date was expected") from None
