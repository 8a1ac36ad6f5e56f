"""What the wizard writes for itself and for the person, each file for its owner alone."""

from __future__ import annotations

from pathlib import Path

from wizard.model import Places, Problem, ProblemKind, Stage
from wizard.system import write_private
from wizard.system.log import LOGGER


def read_journey(places: Places) -> str:
    """What a crash left of the last journey; no password was ever in it."""
    try:
        return _journey(places).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def keep_journey(places: Places, text: str) -> None:
    """Keeps it for the next start; an empty one forgets the last."""
    path = _journey(places)
    try:
        if text:
            write_private(path, text.encode())
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        LOGGER.warning("nothing is kept for the next start: %s", error.strerror)


def _journey(places: Places) -> Path:
    return places.state / "journey.json"


def write_text(path: Path, text: str) -> Path | Problem:
    """Where the person chose to have it; its folder is not ours to make."""
    try:
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
    except OSError:
        facts = (("path", str(path)),)
        return Problem(ProblemKind.FOLDER_NOT_WRITABLE, Stage.CLIENT, facts=facts)
    return path
