"""SEARCH (RFC 3501 section 6.4.4): the keys as predicates over messages. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime

from wizard.demo.imap_syntax import (
    Atom,
    BadSyntax,
    Node,
    atom_of,
    parse_day,
    parse_numbers,
    text_of,
)
from wizard.demo.mailbox import StoredMessage


@dataclass(frozen=True, slots=True)
class Numbered:
    """A message with its place in the folder, from 1."""

    number: int
    message: StoredMessage


Test = Callable[[Numbered], bool]

_FLAG_KEYS = ("ANSWERED", "DELETED", "DRAFT", "FLAGGED", "SEEN")


def parse_search(nodes: tuple[Node, ...], largest_number: int, largest_uid: int) -> Test:
    """All keys together. Raises `BadSyntax`; `LookupError` for a charset that is not spoken."""
    reader = _Reader(iter(nodes), largest_number, largest_uid)
    if len(nodes) > 1 and isinstance(nodes[0], Atom) and nodes[0].text.upper() == "CHARSET":
        charset = text_of(nodes[1]).upper()
        if charset not in ("UTF-8", "US-ASCII"):
            raise LookupError(charset)
        reader = _Reader(iter(nodes[2:]), largest_number, largest_uid)
    tests = list(reader.rest())
    if not tests:
        raise BadSyntax("Nothing to search for")
    return _all_of(tests)


def _all_of(tests: list[Test]) -> Test:
    return lambda item: all(test(item) for test in tests)


@dataclass(frozen=True, slots=True)
class _Reader:
    nodes: Iterator[Node]
    largest_number: int
    largest_uid: int

    def rest(self) -> Iterator[Test]:
        for node in self.nodes:
            yield self.key(node)

    def key(self, node: Node) -> Test:
        if isinstance(node, tuple):
            inner = _Reader(iter(node), self.largest_number, self.largest_uid)
            return _all_of(list(inner.rest()))
        word = atom_of(node)
        if word in _FLAG_KEYS:
            return _has_flag("\\" + word)
        if word.startswith("UN") and word[2:] in _FLAG_KEYS:
            return _not(_has_flag("\\" + word[2:]))
        match word:
            case "ALL" | "OLD":  # nothing is ever \Recent here
                return lambda item: True
            case "NEW" | "RECENT":
                return lambda item: False
            case "NOT":
                return _not(self.key(self.next()))
            case "OR":
                first, second = self.key(self.next()), self.key(self.next())
                return lambda item: first(item) or second(item)
            case "KEYWORD":
                return _has_flag(self.word())
            case "UNKEYWORD":
                return _not(_has_flag(self.word()))
            case "FROM" | "TO" | "CC" | "BCC" | "SUBJECT":
                return _in_header(word, self.word())
            case "HEADER":
                return _in_header(self.word(), self.word())
            case "BODY":
                return _in_text(self.word(), with_header=False)
            case "TEXT":
                return _in_text(self.word(), with_header=True)
            case "LARGER" | "SMALLER":
                return _size(word, self.word())
            case "BEFORE" | "ON" | "SINCE":
                return _day(word, parse_day(self.word()), lambda item: item.message.arrived)
            case "SENTBEFORE" | "SENTON" | "SENTSINCE":
                return _day(word[4:], parse_day(self.word()), _sent)
            case "UID":
                uids = parse_numbers(self.word(), self.largest_uid)
                return lambda item: item.message.uid in uids
            case _:
                numbers = parse_numbers(word, self.largest_number)
                return lambda item: item.number in numbers

    def next(self) -> Node:
        try:
            return next(self.nodes)
        except StopIteration:
            raise BadSyntax("A search key is cut off") from None

    def word(self) -> str:
        return text_of(self.next())


def _not(test: Test) -> Test:
    return lambda item: not test(item)


def _has_flag(flag: str) -> Test:
    wanted = flag.casefold()
    return lambda item: any(known.casefold() == wanted for known in item.message.flags)


def _size(word: str, text: str) -> Test:
    if not text.isdecimal():
        raise BadSyntax("A number was expected")
    size = int(text)
    if word == "LARGER":
        return lambda item: len(item.message.raw) > size
    return lambda item: len(item.message.raw) < size


def _day(word: str, day: datetime, of: Callable[[Numbered], datetime | None]) -> Test:
    def test(item: Numbered) -> bool:
        when = of(item)
        if when is None:
            return False
        match word:
            case "BEFORE":
                return when.date() < day.date()
            case "ON":
                return when.date() == day.date()
            case _:
                return when.date() >= day.date()

    return test


def _sent(item: Numbered) -> datetime | None:
    try:
        when = parsedate_to_datetime(str(_parsed(item).get("date", "")))
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _parsed(item: Numbered) -> Message:
    return message_from_bytes(item.message.raw)


def _decoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, ValueError):  # a charset nobody knows, or no encoded word after all
        return value


def _in_header(name: str, text: str) -> Test:
    wanted = text.casefold()

    def test(item: Numbered) -> bool:
        values = _parsed(item).get_all(name, [])
        return any(wanted in _decoded(str(value)).casefold() for value in values)

    return test


def _in_text(text: str, *, with_header: bool) -> Test:
    wanted = text.casefold()

    def test(item: Numbered) -> bool:
        message = _parsed(item)
        texts = list(_texts(message))
        if with_header:
            texts += [f"{name}: {_decoded(str(value))}" for name, value in message.items()]
        return any(wanted in part.casefold() for part in texts)

    return test


def _texts(message: Message) -> Iterator[str]:
    for part in message.walk():
        payload = part.get_payload(decode=True)
        if part.get_content_maintype() == "text" and isinstance(payload, bytes):
            try:
                yield payload.decode(part.get_content_charset("utf-8"), "replace")
            except LookupError:
                yield payload.decode("latin-1")
