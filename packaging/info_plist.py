"""What macOS is told of the .app (Info.plist)."""

from __future__ import annotations

from typing import Any

import contents
import facts

OLDEST_MACOS = "13.0"
"""As Qt 6.11 supports it."""


def info_plist(version: str) -> dict[str, Any]:
    """Keys and values, over those that PyInstaller sets."""
    return {
        "CFBundleName": facts.TITLE,
        "CFBundleDisplayName": facts.TITLE,
        "CFBundleIdentifier": facts.BUNDLE,
        "CFBundlePackageType": "APPL",
        "CFBundleShortVersionString": version,
        "CFBundleVersion": ".".join(map(str, facts.version_numbers(version)[:3])),
        "CFBundleDevelopmentRegion": "en",
        "CFBundleLocalizations": list(contents.LANGUAGES),
        "LSApplicationCategoryType": "public.app-category.utilities",
        "LSMinimumSystemVersion": OLDEST_MACOS,
        # The program in it also serves the command line, from which PyInstaller concludes that it
        # has no windows.
        "LSBackgroundOnly": False,
        "NSHighResolutionCapable": True,
        "NSRequiresAquaSystemAppearance": False,  # dark where the person's Mac is
        "NSHumanReadableCopyright": facts.COPYRIGHT,
        # Shown by macOS when it asks for leave: since 15 also for questions to the name server of
        # one's own router, since 10.15 before anything is put into Documents.
        "NSLocalNetworkUsageDescription": (
            "To find the settings of your mail provider, Mail Setup asks the name server of your "
            "network."
        ),
        "NSDocumentsFolderUsageDescription": (
            "Mail Setup puts the settings sheet and the files you asked for into your documents."
        ),
    }
