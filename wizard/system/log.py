"""The log and crash reports: local, written only when asked for, cleaned of passwords.

Passwords do not get here: `Secret` shows itself to nobody. The redactor is the second line of
defence, for the day somebody logs what a library said.

The window remembers its last lines (`Memory`), so that a helper who is called when something has
gone wrong need not ask for it to go wrong again.
"""

from __future__ import annotations

import logging
import unicodedata
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

from wizard.model import Secret

LOGGER = logging.getLogger("wizard")
_SHORTEST = 4
"""A one-letter password cannot be hidden without making the log unreadable, and need not be."""
_REMEMBERED = 500
_LONGEST = 400
_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


class Redactor(logging.Filter):
    """Replaces every watched password, in the forms protocols and formats give it, by `***`."""

    def __init__(self) -> None:
        super().__init__()
        self._forms: tuple[str, ...] = ()  # longest first, so that none leaves a rest

    def watch(self, secret: Secret, username: str = "") -> None:
        """Hides this password from now on. `username`: for SASL PLAIN, which encodes both."""
        text = secret.reveal()
        if len(text) >= _SHORTEST:
            # Replaced, never changed: another thread may be reading it.
            forms = {*self._forms, *encodings(text, username)}
            self._forms = tuple(sorted(forms, key=len, reverse=True))

    def clean(self, text: str) -> str:
        """The text without watched passwords."""
        for form in self._forms:
            text = text.replace(form, "***")
        return text

    def filter(self, record: logging.LogRecord) -> bool:
        """Cleans a record in place; always lets it through."""
        record.msg = self.clean(record.getMessage())
        record.args = None
        if record.exc_info:
            record.exc_text = self.clean(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True


def encodings(password: str, username: str = "") -> set[str]:
    """How a password looks raw, in base64 (LOGIN and PLAIN), URL, quoted, UTF-16, hex, JSON, and
    in Python's own quotes."""
    import base64  # here and below: every start passes by, few get as far as this
    import json
    import urllib.parse

    raw = password.encode()
    plain = f"\0{username}\0{password}".encode()
    quoted = password.replace("\\", "\\\\").replace('"', '\\"')
    forms = {
        password,
        base64.b64encode(raw).decode(),
        base64.b64encode(raw).decode().rstrip("="),
        base64.b64encode(plain).decode(),
        base64.b64encode(plain).decode().rstrip("="),
        urllib.parse.quote(password, safe=""),
        urllib.parse.quote_plus(password),
        quoted,
        "\0".join(password),
        raw.hex(),
        raw.hex().upper(),
        password.encode("utf-16-le").hex(),
        json.dumps(password)[1:-1],
        repr(password)[1:-1],
        ascii(password)[1:-1],
    }
    return {form for form in forms if form}


class Memory(logging.Handler):
    """The last lines, cleaned of passwords before they are kept: never afterwards."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self.addFilter(redactor)
        self._kept: deque[str] = deque(maxlen=_REMEMBERED)

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps a record that the filter has cleaned."""
        moment = datetime.fromtimestamp(record.created)
        stamp = f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03}"
        for line in self.format(record).splitlines():
            self._kept.append(f"{stamp} {_shown(line)}")

    @property
    def lines(self) -> tuple[str, ...]:
        """Oldest first."""
        self.acquire()  # nobody may add to it meanwhile
        try:
            return tuple(self._kept)
        finally:
            self.release()


def _shown(line: str) -> str:
    """Plain text of bounded length: what a server said may hold anything."""
    shown = "".join(
        f"⟨{ord(char):04X}⟩" if unicodedata.category(char) in _HIDDEN else char
        for char in line[:_LONGEST]
    )
    return shown if len(line) <= _LONGEST else f"{shown}…"


def remember(memory: Memory) -> None:
    """From now on the memory hears everything."""
    # Whoever listens silences Python's own last resort: warnings are to be seen by whoever
    # started the program from a terminal.
    unheard = [] if LOGGER.handlers or logging.lastResort is None else [logging.lastResort]
    for handler in (memory, *unheard):
        LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.DEBUG)


def open_log(path: Path, redactor: Redactor) -> None:
    """Logs to a file of one's own choosing, readable by its owner only. Raises OSError."""
    path.touch(mode=0o600, exist_ok=True)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    handler.addFilter(redactor)
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.DEBUG)


def close_log() -> None:
    """Ends the log and the memory's listening, where there is either."""
    for handler in list(LOGGER.handlers):
        LOGGER.removeHandler(handler)
        if handler is not logging.lastResort:
            handler.close()


def crash_report(crash: BaseException, redactor: Redactor, version: str) -> str:
    """What a person can read and send: the stack without values of variables."""
    import platform
    import traceback

    stack = "".join(traceback.format_exception(crash))
    home = str(Path.home())
    head = (
        f"Mail setup wizard {version}, {platform.platform()}, Python {platform.python_version()}\n"
        f"{datetime.now(UTC).isoformat(timespec='seconds')}\n\n"
    )
    text = redactor.clean(head + stack)
    return text.replace(home, "~") if len(home) > 1 else text
