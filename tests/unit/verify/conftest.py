"""A certificate authority for the whole run, and a town of scripted servers for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.scripted import Town
from tests.lab.ca import CertificateAuthority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def town(authority: CertificateAuthority) -> Iterator[Town]:
    with Town(authority) as town:
        yield town
