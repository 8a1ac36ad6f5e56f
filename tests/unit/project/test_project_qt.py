"""The Qt binding we lock does not wear Python out."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject

CALLS = 1000


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal since Python 3.12")
def test_calls_that_return_nothing_keep_the_references_to_none() -> None:
    """PySide6 6.12.0 lost one with each; at zero, Python stops with "deallocating None"."""
    subject = QObject()
    subject.setObjectName("warm")
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        subject.setObjectName("name")
    assert abs(sys.getrefcount(None) - before) < CALLS // 10
