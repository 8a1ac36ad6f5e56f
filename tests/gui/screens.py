"""Pictures of every page, in every state, language and look: `python3 tasks.py screens`.

Off-screen, from the states the page tests open (`samples.STATES`). One PNG each, in
`<language>/<look>/<state>.png`, and an `index.html` that shows them side by side.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from tests.gui.measure import settle
from tests.gui.outside import FakeServices
from tests.gui.samples import STATES
from wizard.gui.application import STYLE, Wizard, take_messages
from wizard.gui.collector import MainThreadCollector
from wizard.gui.theme import Scheme, Theme
from wizard.messages import LANGUAGES, Messages

ROOT = Path(__file__).resolve().parents[2]
RESOURCES = ROOT / "resources"


def contrast_palette() -> QPalette:
    """A high-contrast palette as Windows ships one (“Night sky”), for systems that have none."""
    palette = QPalette()
    roles = QPalette.ColorRole
    for color, names in {
        "#000000": (roles.Window, roles.Base, roles.Button, roles.AlternateBase, roles.ToolTipBase),
        "#ffffff": (roles.WindowText, roles.Text, roles.ToolTipText, roles.PlaceholderText),
        "#ffee32": (roles.ButtonText, roles.Dark, roles.Mid),
        "#d6b4fd": (roles.Highlight, roles.Accent),
        "#2b2b2b": (roles.HighlightedText,),
        "#8080ff": (roles.Link,),
    }.items():
        for name in names:
            palette.setColor(name, QColor(color))
    return palette


@dataclass(frozen=True, slots=True)
class Look:
    """One way a page can look."""

    name: str
    scheme: Scheme = Scheme.LIGHT
    scale: float = 1.0
    size: tuple[int, int] = (940, 640)


LOOKS = (
    Look("light"),
    Look("dark", Scheme.DARK),
    Look("high-contrast", Scheme.HIGH_CONTRAST),
    Look("200-percent", scale=2.0),
    Look("narrow", size=(800, 600)),
    Look("4k", size=(3840, 2160)),
)
USUAL = ("light", "dark", "high-contrast", "200-percent")


def _tell(line: str) -> None:
    """Qt's messages, but for what the off-screen platform says about every window."""
    if "propagateSizeHints" not in line:
        print(line, file=sys.stderr)


def take(
    out: Path, languages: Sequence[str], looks: Sequence[Look], states: Sequence[str]
) -> Iterator[Path]:
    """Takes the pictures; yields each as it is written."""
    app = QApplication.instance() or QApplication(["screens", *STYLE])
    assert isinstance(app, QApplication)
    take_messages(_tell)
    collector = MainThreadCollector()
    for look in looks:
        theme = Theme(app, RESOURCES / "icons", look.scheme, look.scale, contrast_palette())
        for language in languages:
            words = Messages(language, RESOURCES / "translations")
            wizard = Wizard(FakeServices(), words, theme, speak=words.into)
            wizard.window.resize(*look.size)
            wizard.window.show()
            folder = out / language / look.name
            folder.mkdir(parents=True, exist_ok=True)
            for name in states:
                wizard.shell.show_state(STATES[name])
                settle()
                file = folder / f"{name}.png"
                if not wizard.window.grab().save(str(file)):
                    raise OSError(f"could not write {file}")
                yield file
            wizard.close()
            wizard.window.close()
            wizard.window.deleteLater()
            settle()
        theme.deleteLater()
    collector.close()


def index(languages: Sequence[str], looks: Sequence[Look], states: Sequence[str]) -> str:
    """A page to leaf through them: every state once, language and look chosen at the top."""

    def choice(name: str, values: Sequence[str]) -> str:
        options = "".join(f"<option>{html.escape(value)}</option>" for value in values)
        return f'<label>{name} <select id="{name}">{options}</select></label>'

    figures = "\n".join(
        f'<figure id="{name}"><figcaption><a href="#{name}">{name}</a></figcaption>'
        f'<img alt="{name}" loading="lazy" data-state="{name}"></figure>'
        for name in states
    )
    first = json.dumps([languages[0], looks[0].name])
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Pages of the mail setup wizard</title>
<style>
body {{ font: 15px system-ui, sans-serif; margin: 0 24px 24px; background: #e9ecf2; }}
header {{ position: sticky; top: 0; padding: 14px 0; background: inherit; }}
label {{ margin-right: 24px; }}
main {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(460px, 1fr)); gap: 24px; }}
figure {{ margin: 0; }} figcaption {{ padding: 4px 0; }} img {{ width: 100%; }}
</style>
<header>{choice("language", languages)}{choice("look", [look.name for look in looks])}
{len(states)} states</header>
<main>
{figures}
</main>
<script>
let [language, look] = {first};
function show() {{
  for (const img of document.querySelectorAll("img"))
    img.src = `${{language}}/${{look}}/${{img.dataset.state}}.png`;
}}
document.getElementById("language").onchange = e => {{ language = e.target.value; show(); }};
document.getElementById("look").onchange = e => {{ look = e.target.value; show(); }};
show();
</script>
</html>
"""


def main(arguments: Sequence[str]) -> int:
    """`[--out DIR] [--language CODE …] [--look NAME …] [--state NAME …]`"""
    names = [look.name for look in LOOKS]
    parser = argparse.ArgumentParser(prog="tasks.py screens", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "screens")
    parser.add_argument("--language", nargs="+", choices=LANGUAGES, default=list(LANGUAGES))
    parser.add_argument("--look", nargs="+", choices=names, default=list(USUAL))
    parser.add_argument("--state", nargs="+", choices=list(STATES), default=list(STATES))
    options = parser.parse_args(arguments)
    looks = [look for look in LOOKS if look.name in options.look]
    count = sum(1 for _ in take(options.out, options.language, looks, options.state))
    page = options.out / "index.html"
    page.write_text(index(options.language, looks, options.state), encoding="utf-8")
    print(f"{count} pictures, {page}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
