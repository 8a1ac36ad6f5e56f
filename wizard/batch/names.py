"""Folder names for addresses: readable, the same on every file system, never two alike."""

from __future__ import annotations

import hashlib
import re

from wizard.model import EmailAddress

_UNSAFE = re.compile(r"[^a-z0-9@._+-]")
_LONGEST = 80
_RESERVED = {"con", "prn", "aux", "nul"} | {
    f"{name}{number}" for name in ("com", "lpt") for number in range(10)
}
"""Device names of Windows: taken whatever follows the first dot."""


def folder_name(address: EmailAddress) -> str:
    """A name for the folder of an address.

    File systems differ in what they allow and many do not tell capitals from small letters. What
    had to be changed gets a few letters of a digest, so that no two addresses share a folder.
    """
    text = str(address)
    name = _UNSAFE.sub("_", text)[:_LONGEST]
    plain = name == text and not name.startswith((".", "-")) and not name.endswith(".")
    if plain and name.partition(".")[0].partition("@")[0] not in _RESERVED:
        return name
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    cleaned = _UNSAFE.sub("_", text.lower()).replace("@", "_at_").strip(".-")[:_LONGEST]
    if cleaned.partition(".")[0] in _RESERVED or cleaned.partition("_at_")[0] in _RESERVED:
        cleaned = f"_{cleaned}"
    return f"{cleaned}-{digest}"
