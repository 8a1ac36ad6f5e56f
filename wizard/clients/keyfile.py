"""Files of groups and keys: GLib key files (Evolution, Geary) and Claws Mail's `accountrc`.

Read tolerantly, edited without moving anything else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from wizard.model import Setting

Name = tuple[str, str]
"""Group and key."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """Its text, and its values by group and key. `escapes`: with GLib's backslashes or as is."""

    text: str
    values: Mapping[Name, str]
    escapes: bool = True

    @classmethod
    def parse(cls, data: bytes, *, escapes: bool = True) -> KeyFile:
        """Reads groups and keys; comments and odd lines stay in the text only."""
        text = data.decode("utf-8", "surrogateescape")
        found: dict[Name, str] = {}
        group = ""
        for line in text.split("\n"):
            if match := re.fullmatch(r"\[([^\]]*)\]\s*", line):
                group = match[1]
            elif "=" in line and not line.startswith("#"):
                key, _, value = line.partition("=")
                value = value.strip(" \t\r")
                found[(group, key.strip())] = unescaped(value) if escapes else value
        return cls(text, found, escapes)

    @classmethod
    def build(cls, groups: Mapping[str, Mapping[str, str]], *, escapes: bool = True) -> KeyFile:
        """A new file."""
        empty = cls.parse(b"", escapes=escapes)
        return empty.edited(
            {(group, key): value for group, keys in groups.items() for key, value in keys.items()}
        )

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of the groups in their order."""
        return tuple(re.findall(r"(?m)^\[([^\]]*)\][ \t\r]*$", self.text))

    def get(self, group: str, key: str) -> str:
        """A value, empty where it is absent."""
        return self.values.get((group, key), "")

    def edited(self, changes: Mapping[Name, str | None]) -> KeyFile:
        """The file with some values set (None: removed); nothing else moves."""
        lines: list[str] = []
        group = ""
        left = {name: value for name, value in changes.items() if value is not None}
        for line in re.findall(r"[^\n]*\n|[^\n]+", self.text):
            if match := re.fullmatch(r"\[([^\]]*)\]\s*", line):
                self._add_rest(lines, group, left)
                group = match[1]
            elif "=" in line and not line.startswith("#"):
                name = (group, line.partition("=")[0].strip())
                if name in changes:
                    value = left.pop(name, None)
                    if value is None:
                        continue
                    line = self._line(name, value)
            lines.append(line)
        self._add_rest(lines, group, left)
        for name in list(left):
            if name in left:
                if lines and not lines[-1].endswith("\n"):
                    lines[-1] += "\n"
                lines.append(f"\n[{name[0]}]\n" if lines else f"[{name[0]}]\n")
                self._add_rest(lines, name[0], left)
        return self._with("".join(lines))

    def without(self, group: str) -> KeyFile:
        """The file without one group."""
        lines: list[str] = []
        inside = False
        for line in re.findall(r"[^\n]*\n|[^\n]+", self.text):
            if match := re.fullmatch(r"\[([^\]]*)\]\s*", line):
                inside = match[1] == group
            if not inside:
                lines.append(line)
        return self._with("".join(lines))

    def taken_back(self, old: KeyFile, written: KeyFile) -> tuple[KeyFile, tuple[Setting, ...]]:
        """What was `written` over `old` is as in `old` again. What somebody has changed since stays
        and is told; what is gone stays gone."""
        changed = {
            name: value for name, value in written.values.items() if old.values.get(name) != value
        }
        kept = tuple(
            Setting(f"[{name[0]}] {name[1]}", self.values[name], value)
            for name, value in changed.items()
            if name in self.values and self.values[name] != value
        )
        back = {
            name: old.values.get(name)
            for name, value in changed.items()
            if self.values.get(name) == value
        }
        return self.edited(back), kept

    def to_bytes(self) -> bytes:
        """The file as it is to be written."""
        return self.text.encode("utf-8", "surrogateescape")

    def _with(self, text: str) -> KeyFile:
        return KeyFile.parse(text.encode("utf-8", "surrogateescape"), escapes=self.escapes)

    def _line(self, name: Name, value: str) -> str:
        return f"{name[1]}={escaped(value) if self.escapes else value}\n"

    def _add_rest(self, lines: list[str], group: str, left: dict[Name, str]) -> None:
        """Puts the keys that a group does not have yet behind its last line."""
        new = [name for name in left if name[0] == group]
        at = len(lines)
        while at and not lines[at - 1].strip():
            at -= 1
        if new and at and not lines[at - 1].endswith("\n"):
            lines[at - 1] += "\n"
        lines[at:at] = [self._line(name, left.pop(name)) for name in new]


def escaped(text: str) -> str:
    """A value as `g_key_file_set_string` writes it."""
    for char, code in (("\\", "\\\\"), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        text = text.replace(char, code)
    return re.sub(r"^ +| +\Z", lambda match: "\\s" * len(match[0]), text)


def unescaped(text: str) -> str:
    """The value that was written so."""
    codes = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
    return re.sub(r"\\([sntr\\])", lambda match: codes[match[1]], text)
