"""`mail-wizard --self-check`: whether this program has everything it came with.

A frozen build can lack what a source tree never does: a catalogue, a backend, a data file. Prints
one JSON object of facts; `packaging/smoke.py` judges them. Keeps, reads back and removes a probe
in the system's keychain; opens no connection.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import ssl
import sys
from typing import Any

from wizard import __version__
from wizard.system.resources import resources

_PNG = b"\x89PNG\r\n\x1a\n"


def self_check() -> int:
    """Prints the facts; 0 if all that belongs to the program itself is there and works.

    Whether there is a keychain is a fact of the computer: it is told and does not count.
    """
    qt_waits = "PySide6.QtCore" not in sys.modules
    translations = _translations()
    facts: dict[str, Any] = {
        "schema": 1,
        "version": __version__,
        "frozen": bool(getattr(sys, "frozen", False)),
        "python": sys.version.split()[0],
        "platform": sys.platform,
        "authorities": _authorities(),
        "keychain": asyncio.run(_keychain()),
        "translations": translations,
        "providers": _providers(),
        "registrable_domain": _registrable_domain(),
        "pdf": _pdf(),
        "qr": _qr(),
        "qt": _qt(),
        "qt_support": _qt_support(),
        "qt_waits": qt_waits,
        "qt_plugins": _qt_plugins(),
        "others_load_their_own": _others_load_their_own(),
    }
    own = ("authorities", "providers", "registrable_domain", "pdf", "qr")
    facts["ok"] = all(facts[name] for name in own) and all(translations.values())
    sys.stdout.write(json.dumps(facts, indent=2) + "\n")
    return 0 if facts["ok"] else 1


def _authorities() -> int | str:
    """How many authorities the trust store names, or who judges certificates in its stead."""
    from wizard.net.tls import SYSTEM_VERIFIES, TlsContexts

    context = TlsContexts().verifying()
    if SYSTEM_VERIFIES:
        return f"{type(context).__module__}.{type(context).__name__}"
    assert context.verify_mode is ssl.CERT_REQUIRED
    return context.cert_store_stats()["x509_ca"]


async def _keychain() -> dict[str, Any]:
    """A round trip under a name that no account has. `reason` or `trouble`: what did not work."""
    from wizard.keychain import Keychain, KeychainUnavailable
    from wizard.model import EmailAddress, Secret, parse_address

    address = parse_address("self-check@mail-setup-wizard.invalid")
    assert isinstance(address, EmailAddress)
    keychain = Keychain(patience=20)
    probe = Secret(secrets.token_urlsafe(12) + "é☂")
    stored = await keychain.store(address, probe)
    if isinstance(stored, KeychainUnavailable):
        said = {"detail": stored.detail} if stored.detail else {}
        return {"works": False, "reason": stored.reason.value, **said}
    told: dict[str, Any] = {"works": True, "backend": stored.backend}
    back = await keychain.fetch(address)
    deleted = await keychain.delete(address)
    left = await keychain.fetch(address)
    if not (isinstance(back, Secret) and back.reveal() == probe.reveal()):
        told |= {"works": False, "trouble": f"read back: {type(back).__name__}"}
    elif deleted is not None or left is not None:
        told |= {"works": False, "trouble": f"after deletion: {type(left).__name__}"}
    return told


def _translations() -> dict[str, bool]:
    """Whether each language has words of its own for a problem that every version knows."""
    from wizard.messages import LANGUAGES, Messages
    from wizard.model import Problem, ProblemKind, Stage

    problem = Problem(ProblemKind.WRONG_PASSWORD, Stage.LOGIN, host="mail.example.net")
    folder = resources("translations")
    said = {language: Messages(language, folder).problem(problem).title for language in LANGUAGES}
    return {language: language == "en" or said[language] != said["en"] for language in LANGUAGES}


def _providers() -> int:
    from wizard.discovery import PackFaults, load_pack

    pack = load_pack(resources("providers.toml"))
    return 0 if isinstance(pack, PackFaults) else len(pack.entries)


def _registrable_domain() -> bool:
    """Whether the public suffix list came along: without it this would be `co.uk`."""
    from wizard.discovery.names import registrable_domain

    return registrable_domain("mail.example.co.uk") == "example.co.uk"


def _pdf() -> bool:
    """Whether there is a PDF with letters: where Qt finds no fonts it draws empty boxes."""
    from wizard.gui.printing import render_pdf

    made = render_pdf("<p>Grüße</p>")
    return made.startswith(b"%PDF-") and b"/FontFile" in made


def _qr() -> bool:
    from wizard.clients.mobile import qr_png

    return qr_png("mail").startswith(_PNG)


def _qt() -> str:
    from PySide6.QtCore import qVersion

    return qVersion()


def _qt_support() -> str:
    """Where Qt for Python took its own Python part from."""
    loader = sys.modules.get("shibokensupport.signature.loader")
    return str(getattr(loader, "__file__", ""))


def _others_load_their_own() -> bool:
    """Whether programs started from here are not sent to the libraries of this one."""
    folder = getattr(sys, "_MEIPASS", "")
    return not folder or folder not in os.environ.get("LD_LIBRARY_PATH", "")


def _qt_plugins() -> list[str]:
    """Where Qt looks for its plug-ins."""
    from PySide6.QtCore import QCoreApplication

    return QCoreApplication.libraryPaths()
