"""Reference data that lies beside the repository, not in it."""

from __future__ import annotations

from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1].parent / "shared" / "data"


def shared_data(*parts: str) -> Path:
    """A folder or file of the reference data; the test is skipped where it is not there."""
    path = _ROOT.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"reference data ../shared/data/{'/'.join(parts)} is not on this machine")
    return path
