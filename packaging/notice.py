"""For who publishes releases: makes the key for notices once, and signs a notice per release.

    .venv/bin/python packaging/notice.py key FILE                      a new private key
    .venv/bin/python packaging/notice.py sign FILE PAGE [--days 120]   dist/notice.json

`mail-wizard newer` believes a notice only if it was signed by a key of
wizard/updates/publisher.py. Keep the private key away from the machines that build.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import build
import facts

sys.path.insert(0, str(facts.ROOT))

from wizard.updates.publisher import PUBLIC_KEYS


def make_key(file: Path) -> str:
    """Writes a new private key; the public one in hexadecimal. Raises FileExistsError."""
    key = Ed25519PrivateKey.generate()
    content = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)
    return public(key)


def read_key(file: Path) -> Ed25519PrivateKey:
    """What `make_key` wrote. Raises ValueError for other keys."""
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{file} holds no Ed25519 key")
    return key


def public(key: Ed25519PrivateKey) -> str:
    """The public half, in hexadecimal."""
    return key.public_key().public_bytes_raw().hex()


def sign(key: Ed25519PrivateKey, version: str, page: str, expires: date) -> str:
    """The notice that `version` is to be had at `page`."""
    inner = {"schema": 1, "version": version, "page": page, "expires": expires.isoformat()}
    text = json.dumps(inner)
    signature = base64.b64encode(key.sign(text.encode())).decode()
    return json.dumps({"notice": text, "signature": signature}, indent=2) + "\n"


def main(words: Sequence[str]) -> int:
    """Makes a key or a notice."""
    parser = argparse.ArgumentParser(prog="notice.py")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("key").add_argument("file", type=Path)
    signing = commands.add_parser("sign")
    signing.add_argument("file", type=Path)
    signing.add_argument("page")
    signing.add_argument("--days", type=int, default=120)
    options = parser.parse_args(words)
    if options.command == "key":
        try:
            half = make_key(options.file)
        except FileExistsError:
            print(f"{options.file} is there already and stays as it is: name another file.")
            return 1
        print(f"Add this to PUBLIC_KEYS of wizard/updates/publisher.py: {half}")
        return 0
    key = read_key(options.file)
    if public(key) not in PUBLIC_KEYS:
        print("No program would believe this key: it is not in wizard/updates/publisher.py.")
        return 1
    expires = datetime.now(UTC).date() + timedelta(days=options.days)
    build.DIST.mkdir(exist_ok=True)
    target = build.DIST / "notice.json"
    target.write_text(sign(key, facts.version(), options.page, expires), encoding="utf-8")
    print(f"{target.relative_to(facts.ROOT)} is good until {expires}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
