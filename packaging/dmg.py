"""The disk image for macOS: signed, notarised, and with Apple's ticket in it.

    python packaging/dmg.py "Mail Setup.app" OUTPUT.dmg

Runs on macOS only. Certificate and account are never part of this repository:

    WIZARD_SIGNING_IDENTITY  "Developer ID Application: NAME (TEAM)" in the user's keychain
    WIZARD_NOTARY_PROFILE    what `xcrun notarytool store-credentials` called the account

Without the first the image is made all the same, for trying out: macOS refuses it until the person
allows it under Privacy & Security.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import facts

ENTITLEMENTS = facts.ROOT / "packaging" / "macos" / "entitlements.plist"
_WINDOW = (520, 340)
"""Points: two icons, and the way from one to the other."""


class NotBuilt(Exception):
    """Which step did not work, and what was said."""


def name(machine: str) -> str:
    """The file people download. `machine`: `arm64` or `x86_64`."""
    return f"{facts.PROGRAM}-{facts.version()}-macos-{machine}.dmg"


def layout(app: Path, icon: Path) -> dict[str, Any]:
    """How the opened image looks (settings of `dmgbuild`): the program on the left, the folder it
    is dragged to on the right."""
    width, height = _WINDOW
    middle = height // 2 - 20
    return {
        "files": [str(app)],
        "symlinks": {"Applications": "/Applications"},
        "icon": str(icon),
        "icon_locations": {app.name: (130, middle), "Applications": (width - 130, middle)},
        "window_rect": ((200, 200), _WINDOW),
        "icon_size": 112,
        "text_size": 13,
        "default_view": "icon-view",
        "show_status_bar": False,
        "show_sidebar": False,
        "show_toolbar": False,
        "format": "UDZO",
        "filesystem": "APFS",
    }


def sign_app(app: Path, identity: str) -> list[list[str]]:
    """The bundle once more as a whole (PyInstaller has signed what is in it), then a check."""
    sign = ["codesign", "--force", "--timestamp", "--options", "runtime"]
    sign += ["--entitlements", str(ENTITLEMENTS), "--sign", identity, str(app)]
    return [sign, ["codesign", "--verify", "--deep", "--strict", "--verbose=2", str(app)]]


def sign_image(image: Path, identity: str) -> list[list[str]]:
    """The image has a signature of its own."""
    return [["codesign", "--force", "--timestamp", "--sign", identity, str(image)]]


def notarise(image: Path, profile: str) -> list[list[str]]:
    """Apple looks at it (minutes); its ticket goes into the image, so that it opens without a
    network; then what a person's Mac will say."""
    submit = ["xcrun", "notarytool", "submit", str(image), "--keychain-profile", profile, "--wait"]
    assess = ["spctl", "--assess", "--type", "open", "--context", "context:primary-signature"]
    return [
        submit,
        ["xcrun", "stapler", "staple", str(image)],
        ["xcrun", "stapler", "validate", str(image)],
        [*assess, "--verbose=2", str(image)],
    ]


def build(app: Path, image: Path, icon: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Makes the image. Raises `NotBuilt`."""
    import dmgbuild  # for macOS alone

    identity = environment.get("WIZARD_SIGNING_IDENTITY", "")
    profile = environment.get("WIZARD_NOTARY_PROFILE", "")
    if profile and not identity:
        raise NotBuilt("Apple notarises what is signed: WIZARD_SIGNING_IDENTITY is missing.")
    if identity:
        _run(sign_app(app, identity))
    image.unlink(missing_ok=True)
    dmgbuild.build_dmg(str(image), facts.TITLE, settings=layout(app, icon))
    if identity:
        _run(sign_image(image, identity))
    if profile:
        _run(notarise(image, profile))
    return image


def _run(steps: Sequence[Sequence[str]]) -> None:
    for words in steps:
        print("  ", *words, flush=True)
        if subprocess.run(words).returncode:
            raise NotBuilt(f"{words[0]} did not finish, see above.")


def main(words: Sequence[str]) -> int:
    """Builds the image; returns the exit code."""
    import iconfiles

    app, image = map(Path, words)
    icon = image.with_suffix(".icns")
    iconfiles.write_icns(icon)
    try:
        print(build(app, image, icon))
    except NotBuilt as reason:
        print(reason)
        return 1
    finally:
        icon.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
