"""What the clients of the demo did, in order: for tests, and to show that things really happened.

No password is ever noted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum


class Happening(Enum):
    """What a line of the journal is about; `subject` holds what is named here."""

    QUESTION = "question"  # the name asked for; detail: type and transport
    REQUEST = "request"  # the URL; detail: method and status
    LOGIN = "login"  # the user name
    LOGIN_REFUSED = "login refused"  # the user name
    FETCHED = "fetched"  # the folder; detail: the UID
    STORED = "stored"  # the folder a client put a message in
    DELIVERED = "delivered"  # the recipient of a message sent; detail: its Message-ID


class Service(Enum):
    """The server that writes the line."""

    DNS = "dns"
    WEB = "web"
    IMAP = "imap"
    SMTP = "smtp"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened."""

    service: Service
    happening: Happening
    subject: str
    detail: str = ""


@dataclass(slots=True)
class Journal:
    """All entries, oldest first."""

    entries: list[Entry] = field(default_factory=list)

    def note(self, service: Service, happening: Happening, subject: str, detail: str = "") -> None:
        """Adds a line."""
        self.entries.append(Entry(service, happening, subject, detail))

    def of(self, happening: Happening, service: Service | None = None) -> tuple[Entry, ...]:
        """The entries of one kind, of one server if named."""
        return tuple(self._select(happening, service))

    def _select(self, happening: Happening, service: Service | None) -> Iterator[Entry]:
        for entry in self.entries:
            if entry.happening is happening and service in (None, entry.service):
                yield entry
