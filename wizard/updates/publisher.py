"""Who announces new versions. A release fills these in once; RELEASE.md says how.

With no key here the program says that it does not know where newer versions are announced.
"""

from __future__ import annotations

PUBLIC_KEYS: tuple[str, ...] = ()
"""Ed25519 public keys in hexadecimal. Several while one takes the place of another."""

NOTICE_URL = (
    "https://github.com/mail-setup-wizard/mail-setup-wizard/releases/latest/download/notice.json"
)
