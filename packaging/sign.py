"""Signs a program for Windows, where there is a certificate; else nothing is signed.

    python packaging/sign.py FILE.exe …

A certificate is never part of this repository. The one who releases says where it is:

    WIZARD_SIGN_PFX          a .pfx file with certificate and key, or
    WIZARD_SIGN_SUBJECT      on Windows: the name in the user's certificate store (tokens too)
    WIZARD_SIGN_PASSWORD     a file that holds the password of the .pfx file
    WIZARD_SIGN_TIMESTAMP    an RFC 3161 service, so that signatures outlive the certificate

On Windows `signtool` of the Windows SDK signs, elsewhere `osslsigncode`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import facts


class NotSigned(Exception):
    """What the signing program said."""


def configured(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether there is a certificate to sign with."""
    return any(environment.get(name) for name in ("WIZARD_SIGN_PFX", "WIZARD_SIGN_SUBJECT"))


def command() -> str:
    """This program as a command line that awaits a file name."""
    return f'"{sys.executable}" "{Path(__file__).resolve()}"'


def sign(file: Path) -> None:
    """Signs in place. Raises `NotSigned`."""
    signed = file.with_name(f"{file.name}.signed")
    for words in commands(file, signed, os.environ, sys.platform):
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode:
            signed.unlink(missing_ok=True)
            raise NotSigned(f"{words[0]}: {done.stdout}{done.stderr}")
    if signed.exists():
        signed.replace(file)


def commands(
    file: Path, signed: Path, environment: Mapping[str, str], system: str
) -> tuple[list[str], ...]:
    """What signs `file`, in place or into `signed`, and what checks it."""
    pfx = environment.get("WIZARD_SIGN_PFX", "")
    password = environment.get("WIZARD_SIGN_PASSWORD", "")
    stamp = environment.get("WIZARD_SIGN_TIMESTAMP", "")
    if system == "win32":
        words = ["signtool", "sign", "/fd", "SHA256", "/d", facts.TITLE, "/du", facts.HOMEPAGE]
        words += ["/f", pfx] if pfx else ["/n", environment["WIZARD_SIGN_SUBJECT"]]
        # signtool takes a password as an argument only.
        words += ["/p", _line(password)] if pfx and password else []
        words += ["/tr", stamp, "/td", "SHA256"] if stamp else []
        return ([*words, str(file)], ["signtool", "verify", "/pa", str(file)])
    words = ["osslsigncode", "sign", "-h", "sha256", "-n", facts.TITLE, "-i", facts.HOMEPAGE]
    words += ["-pkcs12", pfx]
    words += ["-readpass", password] if password else []
    words += ["-ts", stamp] if stamp else []
    return ([*words, "-in", str(file), "-out", str(signed)],)


def _line(file: str) -> str:
    return Path(file).read_text(encoding="utf-8").strip("\r\n")


def main(words: Sequence[str]) -> int:
    """Signs every file; returns the exit code."""
    try:
        for word in words:
            sign(Path(word))
    except NotSigned as reason:
        print(reason)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
