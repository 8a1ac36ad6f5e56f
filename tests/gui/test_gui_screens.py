"""`tasks.py screens`: the pictures are there, differ by look, and the index shows each state."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QImage

from tests.gui.conftest import ROOT
from tests.gui.samples import STATES
from tests.gui.screens import LOOKS, index
from wizard.messages import LANGUAGES


def test_a_picture_per_state_language_and_look(tmp_path: Path) -> None:
    asked = ["--out", str(tmp_path), "--state", "found", "--language", "en", "de"]
    asked += ["--look", "light", "dark", "high-contrast", "200-percent"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.gui.screens", *asked],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    pictures = sorted(tmp_path.rglob("*.png"))
    assert len(pictures) == 8
    grounds = {
        picture.parent.name: QImage(str(picture)).pixelColor(930, 5).name() for picture in pictures
    }
    assert grounds["high-contrast"] == "#000000"
    assert len({grounds[look] for look in ("light", "dark", "high-contrast")}) == 3
    assert "found" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_the_index_names_every_state_look_and_language() -> None:
    page = index(LANGUAGES, LOOKS, list(STATES))
    for name in STATES:
        assert f'data-state="{name}"' in page
    for choice in (*LANGUAGES, *(look.name for look in LOOKS)):
        assert f"<option>{choice}</option>" in page
