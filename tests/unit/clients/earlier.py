"""What earlier versions of the wizard left behind, kept as they wrote it: undo must read it all.

`earlier/VERSION/CLIENT.json`: the files of the program before and after, and the wizard's own
folder. Written once per version, when it is released, and never again:

    python -m tests.unit.clients.earlier 0.1.0
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
from pathlib import Path

from tests.unit.clients.computers import COMPUTERS, contents, set_up

FOLDER = Path(__file__).parent / "earlier"
_HOME = "@HOME@"
Contents = dict[str, bytes]


def write(version: str) -> None:
    """Keeps what this version of the wizard does to every program that it changes."""
    for client, make in COMPUTERS.items():
        with tempfile.TemporaryDirectory() as temporary:
            home = make(Path(temporary))
            before = contents(home.home, home.state)
            set_up(client, home)
            kept = {
                "before": _encoded(before, home.home),
                "after": _encoded(contents(home.home, home.state), home.home),
                "state": _encoded(contents(home.state), home.home),
            }
        path = FOLDER / version / f"{client}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")


def kept() -> list[Path]:
    """One file per version and program."""
    return sorted(FOLDER.glob("*/*.json"))


def put(path: Path, home: Path, state: Path) -> Contents:
    """Lays a computer out as it was after the change; returns the files before it."""
    document = json.loads(path.read_text())
    for name, content in _decoded(document["after"], home).items():
        _write(home / name, content)
    for name, content in _decoded(document["state"], home).items():
        _write(state / name, content)
    return _decoded(document["before"], home)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _encoded(files: Contents, home: Path) -> dict[str, str]:
    """Text as text, with the folder's name taken out of the journal; else base64.

    Contents keep the name of the folder they were written for: it is what undo compares.
    """
    made = {}
    for name, content in files.items():
        try:
            text = content.decode()
        except UnicodeDecodeError:
            made[name] = "base64:" + base64.b64encode(content).decode()
        else:
            made[name] = text.replace(str(home), _HOME) if name == "journal.jsonl" else text
    return made


def _decoded(files: dict[str, str], home: Path) -> Contents:
    return {
        name: base64.b64decode(text.removeprefix("base64:"))
        if text.startswith("base64:")
        else text.replace(_HOME, str(home)).encode()
        for name, text in files.items()
    }


if __name__ == "__main__":
    write(sys.argv[1])
