"""`NetFailure`: the one exception the network raises, with a closed list of reasons.

Rooms that talk over the network catch it where the conversation happens and turn it into a
`Problem`; it never travels further.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class Trouble(Enum):
    """What went wrong on the wire."""

    NO_SUCH_HOST = "no-such-host"
    DNS = "dns"
    OFFLINE = "offline"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    RESET = "reset"
    CLOSED = "closed"
    TOO_LONG = "too-long"
    SURPLUS_BEFORE_TLS = "surplus-before-tls"
    NOT_TLS = "not-tls"
    TLS_VERSION = "tls-version"
    TLS_OTHER = "tls-other"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a server's certificate says. `names`: DNS names and IP addresses it is valid for."""

    names: tuple[str, ...] = ()
    issuer: str = ""
    subject: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    self_signed: bool = False


@dataclass(eq=False)  # not frozen: contextlib writes __traceback__ on its way out
class NetFailure(Exception):
    """`verify_code`: X.509 verification code of OpenSSL, 0 where it is not about a certificate.

    `early`: first bytes that came where TLS was expected (cut to 512), so that a plain banner or
    a web page can be recognised.
    """

    trouble: Trouble
    host: str = ""
    port: int = 0
    detail: str = ""
    verify_code: int = 0
    certificate: CertificateFacts | None = None
    early: bytes = field(default=b"")

    def __str__(self) -> str:
        return f"{self.trouble.value} {self.host}:{self.port} {self.detail}".strip()


_BY_ERRNO = {
    errno.ECONNREFUSED: Trouble.REFUSED,
    errno.EACCES: Trouble.REFUSED,  # a firewall on this computer
    errno.EPERM: Trouble.REFUSED,
    errno.ETIMEDOUT: Trouble.TIMEOUT,
    errno.ECONNRESET: Trouble.RESET,
    errno.ECONNABORTED: Trouble.RESET,
    errno.EPIPE: Trouble.RESET,
    errno.ENETUNREACH: Trouble.OFFLINE,
    errno.EHOSTUNREACH: Trouble.OFFLINE,
    errno.ENETDOWN: Trouble.OFFLINE,
    errno.EADDRNOTAVAIL: Trouble.OFFLINE,
    errno.EAFNOSUPPORT: Trouble.OFFLINE,
}

# Win32 codes that Python leaves without an errno of their own (winerror.h).
_BY_WINERROR = {
    64: Trouble.RESET,  # ERROR_NETNAME_DELETED
    121: Trouble.TIMEOUT,  # ERROR_SEM_TIMEOUT
    1225: Trouble.REFUSED,  # ERROR_CONNECTION_REFUSED
    1231: Trouble.OFFLINE,  # ERROR_NETWORK_UNREACHABLE
    1232: Trouble.OFFLINE,  # ERROR_HOST_UNREACHABLE
    1234: Trouble.REFUSED,  # ERROR_PORT_UNREACHABLE
    1236: Trouble.RESET,  # ERROR_CONNECTION_ABORTED
}


def os_failure(error: OSError, host: str, port: int) -> NetFailure:
    """Puts an operating system's refusal into our words; what it calls by no known name counts
    as a connection that was closed."""
    trouble = _BY_ERRNO.get(error.errno or 0) or _BY_WINERROR.get(getattr(error, "winerror", 0))
    if trouble is None:
        trouble = Trouble.TIMEOUT if isinstance(error, TimeoutError) else Trouble.CLOSED
    return NetFailure(trouble, host, port, detail=error.strerror or type(error).__name__)
