"""A registry in a folder: one file per value, so that it outlives a process that is killed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wizard.clients import windows_registry

ORIGINAL = windows_registry._registry


@dataclass(frozen=True, slots=True)
class FolderRegistry:
    """Implements `windows_registry.Registry`; names are compared as Windows does."""

    folder: Path

    def get(self, key: str, name: str) -> tuple[int, bytes] | None:
        try:
            kind, _, data = self._value(key, name).read_text().partition(":")
        except FileNotFoundError:
            return None
        return int(kind), bytes.fromhex(data)

    def put(self, key: str, name: str, kind: int, data: bytes) -> None:
        path = self._value(key, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{kind}:{data.hex()}")

    def remove(self, key: str, name: str) -> None:
        self._value(key, name).unlink(missing_ok=True)

    def exists(self, key: str) -> bool:
        return self._key(key).is_dir()

    def remove_key(self, key: str) -> None:
        self._key(key).rmdir()

    def _key(self, key: str) -> Path:
        return self.folder.joinpath(*key.lower().split("\\"))

    def _value(self, key: str, name: str) -> Path:
        return self._key(key) / f"{name.lower()}.value"


def install(folder: Path) -> FolderRegistry:
    """From now on this is the registry; `tests/unit/clients/conftest.py` takes it out again."""
    registry = FolderRegistry(folder)
    windows_registry._registry = lambda: registry
    return registry
