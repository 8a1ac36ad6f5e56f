"""The log and crash reports: local, written only when asked for, cleaned of passwords.

Passwords do not get here: `Secret` shows itself to nobody. The redactor is the second line of
defence, for the day somebody logs what a library said.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

from wizard.model import Secret

LOGGER = logging.getLogger("wizard")
_SHORTEST = 4
"""A one-letter password cannot be hidden without making the log unreadable, and need not be."""


class Redactor(logging.Filter):
    """Replaces every watched password, in the forms protocols and formats give it, by `***`."""

    def __init__(self) -> None:
        super().__init__()
        self._forms: set[str] = set()

    def watch(self, secret: Secret, username: str = "") -> None:
        """Hides this password from now on. `username`: for SASL PLAIN, which encodes both."""
        text = secret.reveal()
        if len(text) >= _SHORTEST:
            self._forms |= encodings(text, username)

    def clean(self, text: str) -> str:
        """The text without watched passwords; longest forms first, so none leaves a rest."""
        for form in sorted(self._forms, key=len, reverse=True):
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
    """How a password looks raw, in base64 (LOGIN and PLAIN), URL, quoted, UTF-16, hex and JSON."""
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
        urllib.parse.quote(password, safe=""),
        urllib.parse.quote_plus(password),
        quoted,
        "\0".join(password),
        raw.hex(),
        raw.hex().upper(),
        password.encode("utf-16-le").hex(),
        json.dumps(password)[1:-1],
    }
    return {form for form in forms if form}


def open_log(path: Path, redactor: Redactor) -> None:
    """Logs to a file of one's own choosing, readable by its owner only. Raises OSError."""
    path.touch(mode=0o600, exist_ok=True)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    handler.addFilter(redactor)
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.DEBUG)


def close_log() -> None:
    """Ends the log, if one was opened."""
    for handler in list(LOGGER.handlers):
        LOGGER.removeHandler(handler)
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
