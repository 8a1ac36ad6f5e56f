"""What macOS is told of the program, and the way to a signed and notarised disk image. The steps
themselves run on macOS only; here they are read."""

import os
import plistlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

import dmg
import dmgpicture
import facts
import iconfiles
import info_plist

REASONS = {
    "com.apple.security.cs.allow-unsigned-executable-memory": "ctypes",
}
"""The only exceptions a Python frozen by PyInstaller needs, and a word of the reason given."""


def test_info_plist_says_what_macos_asks() -> None:
    told = plistlib.loads(plistlib.dumps(info_plist.info_plist("1.2.3")))
    assert told["CFBundleIdentifier"] == facts.BUNDLE
    assert re.fullmatch(r"[A-Za-z0-9.-]+", told["CFBundleIdentifier"])
    assert told["CFBundleShortVersionString"] == "1.2.3"
    assert re.fullmatch(r"\d+(\.\d+){0,2}", told["CFBundleVersion"])
    assert told["CFBundlePackageType"] == "APPL"
    assert {"de", "en", "es", "fr", "it"} == set(told["CFBundleLocalizations"])
    assert told["NSHighResolutionCapable"] is True
    assert told["NSRequiresAquaSystemAppearance"] is False
    assert re.fullmatch(r"\d+\.\d+", told["LSMinimumSystemVersion"])


def test_the_program_with_a_command_line_still_has_windows() -> None:
    """PyInstaller sets this key for programs with a console, unless it is given."""
    assert info_plist.info_plist("1.2.3")["LSBackgroundOnly"] is False


def test_every_question_of_macos_comes_with_its_reason() -> None:
    told = info_plist.info_plist("1.2.3")
    asked = [key for key in told if key.endswith("UsageDescription")]
    assert asked
    for key in asked:
        assert told[key].endswith("."), key


def test_a_version_before_release_has_numbers_for_macos() -> None:
    assert info_plist.info_plist("1.2.3rc1")["CFBundleVersion"] == "1.2.3"


def test_nothing_is_allowed_without_need() -> None:
    text = dmg.ENTITLEMENTS.read_text(encoding="utf-8")
    allowed = plistlib.loads(text.encode())
    assert set(allowed) == set(REASONS)
    assert all(value is True for value in allowed.values())
    for key, word in REASONS.items():
        reason = text.partition(f"<key>{key}</key>")[0].rpartition("<!--")[2]
        assert word in reason
    assert "com.apple.security.get-task-allow" not in allowed  # Apple does not notarise with it


def test_the_image_shows_the_program_and_where_it_goes() -> None:
    layout = dmg.layout(Path("/x/Mail Setup.app"), Path("/x/icon.icns"))
    assert set(layout["icon_locations"]) == {"Mail Setup.app", *layout["symlinks"]}
    (_, (width, height)) = layout["window_rect"]
    for x, y in layout["icon_locations"].values():
        assert layout["icon_size"] / 2 < x < width - layout["icon_size"] / 2
        assert layout["icon_size"] / 2 < y < height - layout["icon_size"] / 2


def test_readme_shows_the_image_as_it_is_laid_out(tmp_path: Path) -> None:
    # A program of its own: it makes the one application that a process can have.
    fresh = tmp_path / "fresh.png"
    script = Path(dmgpicture.__file__)
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    subprocess.run([sys.executable, str(script), str(fresh)], env=environment, check=True)
    layout = dmg.layout(Path("Mail Setup.app"), Path("icon.icns"))
    with Image.open(fresh) as drawn, Image.open(dmgpicture.PICTURE) as kept:
        assert kept.size == drawn.size
        for centre in layout["icon_locations"].values():
            where = dmgpicture.icon_rect(layout["icon_size"], centre)
            left, top = where.left() + dmgpicture.MARGIN, where.top() + dmgpicture.MARGIN
            top += dmgpicture.TITLE_BAR
            box = (int(left), int(top), int(left + where.width()), int(top + where.height()))
            icons = [picture.convert("RGB").crop(box) for picture in (drawn, kept)]
            assert len(set(icons[1].tobytes())) > 10  # an icon, and not the empty window
            # Fonts differ between computers, icons don't (but for rounding).
            difference = ImageStat.Stat(ImageChops.difference(*icons)).mean
            assert max(difference) < 3


def test_signed_then_notarised_then_stapled() -> None:
    app, image, identity = Path("A.app"), Path("a.dmg"), "Developer ID Application: N (T)"
    sign, check = dmg.sign_app(app, identity)
    assert sign[sign.index("--options") + 1] == "runtime"
    assert "--timestamp" in sign  # Apple asks for both
    assert sign[sign.index("--entitlements") + 1] == str(dmg.ENTITLEMENTS)
    assert "--verify" in check
    words = [" ".join(step) for step in dmg.notarise(image, "profile")]
    order = ["notarytool submit", "stapler staple", "stapler validate", "spctl --assess"]
    assert [next(i for i, step in enumerate(words) if word in step) for word in order] == [
        *range(4)
    ]
    assert "--wait" in words[0]
    assert "password" not in words[0]


def test_what_is_not_signed_is_not_sent_to_apple(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "dmgbuild", object())
    with pytest.raises(dmg.NotBuilt, match="WIZARD_SIGNING_IDENTITY"):
        dmg.build(tmp_path, tmp_path / "a.dmg", tmp_path, {"WIZARD_NOTARY_PROFILE": "x"})


def test_the_icon_has_every_size(tmp_path: Path) -> None:
    file = tmp_path / "icon.icns"
    iconfiles.write_icns(file)
    with Image.open(file) as icon:
        sizes = {width * scale for width, _, scale in icon.info["sizes"]}
    assert {32, 64, 128, 256, 512, 1024} <= sizes
