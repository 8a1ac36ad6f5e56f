"""Fixtures of this room's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.clients import fake_registry
from wizard.clients import windows_registry


@pytest.fixture(autouse=True)
def no_registry_stays() -> Iterator[None]:
    """A test that installs a registry leaves none behind."""
    yield
    windows_registry._registry = fake_registry.ORIGINAL
