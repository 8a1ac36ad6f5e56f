"""The one mailbox of the demo: folders of messages in memory, with the numbers IMAP needs.

Changes wake the sessions that wait for them (IDLE).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

SEEN, DELETED, DRAFT = "\\Seen", "\\Deleted", "\\Draft"
DELIMITER = "/"


@dataclass(slots=True)
class StoredMessage:
    """`raw`: the message with CRLF line ends. `arrived`: IMAP's internal date, aware."""

    uid: int
    raw: bytes
    flags: frozenset[str]
    arrived: datetime


@dataclass(slots=True)
class Folder:
    """`role`: the attribute of RFC 6154 (`\\Sent`), empty for none."""

    name: str
    uid_validity: int
    role: str = ""
    uid_next: int = 1
    messages: dict[int, StoredMessage] = field(default_factory=dict)


class Mailbox:
    """Folders by name. `INBOX` exists always, under any spelling (RFC 3501 section 5.1)."""

    def __init__(self, uid_validity: int) -> None:
        self._uid_validity = uid_validity
        self._listeners: set[asyncio.Event] = set()
        self._folders: dict[str, Folder] = {}
        self.subscribed: set[str] = set()
        self.create("INBOX")

    @property
    def folders(self) -> tuple[Folder, ...]:
        """All folders, INBOX first."""
        return tuple(self._folders.values())

    def find(self, name: str) -> Folder | None:
        """The folder of this name."""
        return self._folders.get(_canonical(name))

    def create(self, name: str, role: str = "") -> Folder | None:
        """A new subscribed folder; None where the name is taken or no name."""
        name = _canonical(name.rstrip(DELIMITER))
        if not name or name in self._folders:
            return None
        folder = Folder(name, self._uid_validity, role)
        self._uid_validity += 1  # a folder made again under an old name has new numbers
        self._folders[name] = folder
        self.subscribed.add(name)
        return folder

    def delete(self, name: str) -> bool:
        """Removes a folder with its messages; False for INBOX and unknown names."""
        name = _canonical(name)
        if name == "INBOX" or self._folders.pop(name, None) is None:
            return False
        self.subscribed.discard(name)
        return True

    def rename(self, old: str, new: str) -> bool:
        """Renames a folder and those below it; False where that cannot be."""
        old, new = _canonical(old), _canonical(new.rstrip(DELIMITER))
        if old == "INBOX" or not new or old not in self._folders or new in self._folders:
            return False
        for name in [n for n in self._folders if n == old or n.startswith(old + DELIMITER)]:
            folder = self._folders.pop(name)
            folder.name = new + name[len(old) :]
            self._folders[folder.name] = folder
            if name in self.subscribed:
                self.subscribed.remove(name)
                self.subscribed.add(folder.name)
        return True

    def add(
        self, folder: Folder, raw: bytes, arrived: datetime, flags: frozenset[str] = frozenset()
    ) -> StoredMessage:
        """Puts a message at the end of a folder; line ends become CRLF."""
        text = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        message = StoredMessage(folder.uid_next, text, flags, arrived)
        folder.messages[message.uid] = message
        folder.uid_next += 1
        self.changed()
        return message

    def remove(self, folder: Folder, uid: int) -> None:
        """Removes a message for good."""
        if folder.messages.pop(uid, None) is not None:
            self.changed()

    def set_flags(self, message: StoredMessage, flags: frozenset[str]) -> None:
        """Replaces a message's flags."""
        if flags != message.flags:
            message.flags = flags
            self.changed()

    def changed(self) -> None:
        """Wakes who waits."""
        for event in self._listeners:
            event.set()

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """An event that is set with every change."""
        event = asyncio.Event()
        self._listeners.add(event)
        try:
            yield event
        finally:
            self._listeners.discard(event)


def _canonical(name: str) -> str:
    return "INBOX" if name.upper() == "INBOX" else name
