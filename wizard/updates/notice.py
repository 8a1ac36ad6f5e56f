"""A notice of the newest version: a small JSON document inside an Ed25519 signature.

    {"notice": "<JSON as text>", "signature": "<base64, 64 bytes, of that text in UTF-8>"}

and the text inside:

    {"schema": 1, "version": "1.2.3", "page": "https://…", "expires": "2027-01-31"}

Nothing inside is looked at before the signature holds. A notice ends by itself, so that nobody can
show an old one for ever; a version older than ours is never offered.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from wizard.model.update import Newer, NotKnown, Unanswered, UpdateAnswer, UpToDate

MAX_PAGE = 500
_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:(a|b|rc)(\d{1,6}))?\Z", re.ASCII)
_RELEASE = ("z", 0)  # after every pre-release


def judge(document: bytes, keys: Sequence[str], ours: str, now: datetime) -> UpdateAnswer:
    """What a notice says to somebody who has the version `ours` at the moment `now`.

    `keys`: Ed25519 public keys in hexadecimal; one of them has to have signed.
    """
    try:
        outer = json.loads(document)
        text, signature = outer["notice"], base64.b64decode(outer["signature"], validate=True)
        signed = text.encode()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error) as why:
        return NotKnown(Unanswered.UNREADABLE, type(why).__name__)
    if not _is_signed(signed, signature, keys):
        return NotKnown(Unanswered.FORGED)
    try:
        inner = json.loads(text)
        version, page = _version_and_page(inner)
        expires = date.fromisoformat(inner["expires"])
    except (ValueError, KeyError, TypeError, RecursionError) as why:
        return NotKnown(Unanswered.UNREADABLE, str(why))
    if now.astimezone(UTC).date() > expires:
        return NotKnown(Unanswered.EXPIRED, expires.isoformat())
    if order(version) > order(ours):
        return Newer(version, page)
    return UpToDate(version)


def order(version: str) -> tuple[int, int, int, str, int]:
    """To compare versions by. Raises ValueError for what is none."""
    found = _VERSION.match(version)
    if found is None:
        raise ValueError(f"no version: {version[:40]!r}")
    stage = (found[4], int(found[5])) if found[4] else _RELEASE
    return int(found[1]), int(found[2]), int(found[3]), *stage


def _version_and_page(inner: Mapping[str, object]) -> tuple[str, str]:
    if inner["schema"] != 1:
        raise ValueError("another form of notice")
    version, page = inner["version"], inner["page"]
    if not isinstance(version, str) or not isinstance(page, str):
        raise TypeError("version and page are text")
    order(version)
    parts = urlsplit(page)
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or len(page) > MAX_PAGE:
        raise ValueError("no https page")
    if not page.isascii() or not page.isprintable():
        raise ValueError("a page with letters that can deceive")
    return version, page


def _is_signed(content: bytes, signature: bytes, keys: Sequence[str]) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    for key in keys:
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(signature, content)
        except InvalidSignature:
            continue
        return True
    return False
