"""What operating systems call it, in our words."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from wizard.net.failure import NetFailure, Trouble, os_failure


@pytest.mark.parametrize(
    ("number", "trouble"),
    [
        (errno.ECONNREFUSED, Trouble.REFUSED),
        (errno.EACCES, Trouble.REFUSED),
        (errno.ETIMEDOUT, Trouble.TIMEOUT),
        (errno.ECONNRESET, Trouble.RESET),
        (errno.EPIPE, Trouble.RESET),
        (errno.ECONNABORTED, Trouble.RESET),
        (errno.ENETUNREACH, Trouble.OFFLINE),
        (errno.EHOSTUNREACH, Trouble.OFFLINE),
        (errno.ENETDOWN, Trouble.OFFLINE),
        (errno.EADDRNOTAVAIL, Trouble.OFFLINE),
        (errno.EMFILE, Trouble.CLOSED),
    ],
)
def test_error_numbers_have_names(number: int, trouble: Trouble) -> None:
    failure = os_failure(OSError(number, "said by the system"), "mail.example.com", 993)
    assert (failure.trouble, failure.host, failure.port) == (trouble, "mail.example.com", 993)
    assert failure.detail == "said by the system"


class WindowsRefusal(OSError):
    """As Windows raises it: a code of its own, and no useful errno."""

    def __init__(self, code: int) -> None:
        super().__init__(errno.EINVAL, "said by Windows")
        self.winerror = code


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        (64, Trouble.RESET),
        (121, Trouble.TIMEOUT),
        (1225, Trouble.REFUSED),
        (1231, Trouble.OFFLINE),
        (1232, Trouble.OFFLINE),
        (1234, Trouble.REFUSED),
        (1236, Trouble.RESET),
    ],
)
def test_windows_codes_without_a_number_have_names(code: int, trouble: Trouble) -> None:
    assert os_failure(WindowsRefusal(code), "mail.example.com", 993).trouble is trouble


def test_a_time_out_without_a_number_is_one() -> None:
    failure = os_failure(TimeoutError(), "mail.example.com", 993)
    assert failure.trouble is Trouble.TIMEOUT
    assert failure.detail == "TimeoutError"


def test_a_failure_passes_through_context_managers() -> None:
    @contextmanager
    def guard() -> Iterator[None]:
        yield

    with pytest.raises(NetFailure, match=r"timeout mail\.example\.com:993"), guard():
        raise NetFailure(Trouble.TIMEOUT, "mail.example.com", 993)
