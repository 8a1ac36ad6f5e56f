"""What is done already: one line per person, added as soon as the folder is whole.

A run may be cut off at any point; the next one goes on behind the last whole line.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCHEMA = 1
NAME = "progress.jsonl"


@dataclass(slots=True)
class Record:
    """The lines of earlier runs by key, and a place for new ones."""

    path: Path
    known: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path) -> Record:
        """Reads what is there; torn lines and later schemas are passed over. Raises OSError."""
        record = cls(folder / NAME)
        try:
            lines = record.path.read_bytes().splitlines()
        except FileNotFoundError:
            return record
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and entry.get("schema") == SCHEMA:
                record.known[str(entry.get("key"))] = entry
        return record

    def add(self, key: str, entry: Mapping[str, Any]) -> None:
        """Adds a line. Raises OSError."""
        whole = {"schema": SCHEMA, "key": key, **entry}
        line = json.dumps(whole, ensure_ascii=True).encode() + b"\n"
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":  # torn when an earlier run was cut off
                    line = b"\n" + line
            file.write(line)
        self.known[key] = whole
