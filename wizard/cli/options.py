"""What the command line was told; light enough for the window to know them at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wizard.model import Source


@dataclass(frozen=True, slots=True)
class Options:
    """The options every command takes. `resolver`: `HOST[:PORT]`, empty for the system's."""

    json: bool = False
    language: str = ""
    log_file: Path | None = None
    provider_file: Path | None = None
    resolver: str = ""
    ca_file: Path | None = None
    controls_file: Path | None = None


class Unusable(Exception):
    """An option's value cannot be used. `reason`: a short English phrase; `shown`: the same in
    the language of the person, where it has one."""

    def __init__(self, option: str, value: str, reason: str, shown: str = "") -> None:
        super().__init__(f"{option} {value}: {reason}")
        self.option = option
        self.value = value
        self.reason = reason
        self.shown = shown or reason


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """`discover`'s own. `timeout`: seconds for the whole search. `sources`: empty for all.

    `record`: where to write the recording. `replay`: the recording to search in.
    """

    timeout: float = 10.0
    sources: frozenset[Source] = frozenset()
    all: bool = False
    record: Path | None = None
    replay: Path | None = None
