"""The list of people and the file of passwords, as spreadsheets write them.

Commas, semicolons and tabs separate; UTF-8 with or without a mark, else what Excel calls "CSV" in
Western Europe. A password in the list itself is refused: such lists are mailed around.
"""

from __future__ import annotations

import csv
import io
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wizard.model import AddressFault, EmailAddress, Secret, parse_address

_MOST_BYTES = 16 * 1024 * 1024
_ADDRESS = frozenset({"address", "e-mail", "email", "mail", "e-mail address", "email address"})
_NAME = frozenset({"name", "full name", "display name"})
_PASSWORD = frozenset({"password", "passwort", "mot de passe", "contraseña", "pass"})


@dataclass(frozen=True, slots=True)
class Person:
    """One row. `line`: where it stands in the list, counted from 1."""

    line: int
    address: EmailAddress
    name: str


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that is no person. `reason`: `duplicate`, `control-characters` or an address fault.

    `text`: what stood there; `first_line`: where a duplicate stood first.
    """

    line: int
    text: str
    reason: str
    fault: AddressFault | None = None
    first_line: int = 0


@dataclass(frozen=True, slots=True)
class Roster:
    """The list, read."""

    people: tuple[Person, ...]
    faults: tuple[RowFault, ...]


@dataclass(frozen=True, slots=True)
class ListFault:
    """The list as a whole cannot be used.

    `reason`: `unreadable`, `empty`, `too-large`, `no-address-column`, `holds-passwords`.
    """

    reason: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class PasswordsFault:
    """The passwords file cannot be used. `reason`: `unreadable`, `open-to-others`, `two-columns`,
    `not-an-address`."""

    reason: str
    line: int = 0


def read_roster(path: Path) -> Roster | ListFault:
    """Reads the list of people. Columns by their headings; without any: address, name."""
    text = _text(path)
    if isinstance(text, str):
        return _roster(text)
    return ListFault(text.reason)


def _roster(text: str) -> Roster | ListFault:
    rows = list(_rows(text))
    if not rows:
        return ListFault("empty")
    line, heading = rows[0]
    columns = [cell.strip().casefold() for cell in heading]
    address_at, name_at = 0, 1
    if not any("@" in cell for cell in columns):
        if any(cell in _PASSWORD for cell in columns):
            return ListFault("holds-passwords", line)
        found = [index for index, cell in enumerate(columns) if cell in _ADDRESS]
        if not found:
            return ListFault("no-address-column", line)
        address_at = found[0]
        name_at = next((index for index, cell in enumerate(columns) if cell in _NAME), -1)
        rows = rows[1:]
    people: list[Person] = []
    faults: list[RowFault] = []
    seen: dict[str, int] = {}
    for line, cells in rows:
        written = cells[address_at].strip() if address_at < len(cells) else ""
        name = cells[name_at].strip() if 0 <= name_at < len(cells) else ""
        address = parse_address(written)
        if isinstance(address, AddressFault):
            faults.append(RowFault(line, written, address.value, address))
            continue
        if any(ord(char) < 32 or 127 <= ord(char) < 160 for char in name):
            faults.append(RowFault(line, written, "control-characters"))
            continue
        # Two rows that differ in capitals mean one mailbox everywhere that matters.
        key = str(address).casefold()
        if key in seen:
            faults.append(RowFault(line, written, "duplicate", first_line=seen[key]))
            continue
        seen[key] = line
        people.append(Person(line, address, name or address.local))
    return Roster(tuple(people), tuple(faults))


def read_passwords(path: Path) -> Mapping[str, Secret] | PasswordsFault:
    """Passwords by address (in small letters). The file must be its owner's alone.

    Two columns: address, password. A heading is taken for one where it is no address.
    """
    try:
        mode = path.stat().st_mode
    except OSError:
        return PasswordsFault("unreadable")
    # Windows keeps no such bits; there the folder's own rights are all there is.
    if sys.platform != "win32" and stat.S_IMODE(mode) & 0o077:
        return PasswordsFault("open-to-others")
    text = _text(path)
    if not isinstance(text, str):
        return PasswordsFault("unreadable")
    found: dict[str, Secret] = {}
    for number, (line, cells) in enumerate(_rows(text)):
        address = parse_address(cells[0].strip())
        if isinstance(address, AddressFault):
            if number == 0:
                continue
            return PasswordsFault("not-an-address", line)
        if len(cells) != 2 or not cells[1]:
            return PasswordsFault("two-columns", line)
        found[str(address).casefold()] = Secret(cells[1])
    return found


def _text(path: Path) -> str | ListFault:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            content = file.read(_MOST_BYTES + 1)
    except OSError:
        return ListFault("unreadable")
    if max(size, len(content)) > _MOST_BYTES:
        return ListFault("too-large")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line it begins on, cells); empty rows are passed over."""
    first = next((row for row in text.splitlines() if row.strip()), "")
    # Not by what is most: a name may have commas in a list separated by semicolons.
    delimiter = next((mark for mark in ("\t", ";", ",") if mark in first), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begins = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = ["\0"]  # no address: named with its line, the rest goes on
        if any(cell.strip() for cell in cells):
            yield begins, cells
        begins = reader.line_num + 1
