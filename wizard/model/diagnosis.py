"""What *Something doesn't work* looks at, and what it concludes.

Diagnosis
├── verdict   the one cause, None where all is well
├── checks    everything that was tried, in the order it is shown
└── clues     what is not the cause, and worth knowing
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from wizard.model.account import Rung
from wizard.model.address import EmailAddress
from wizard.model.problem import Problem
from wizard.model.provider import Provider
from wizard.model.servers import Security, ServerType


class Subject(Enum):
    """What a check is about; the value is the word of the JSON contract."""

    INTERNET = "internet"
    NAMES = "names"
    SETTINGS = "settings"
    RECEIVING = "receiving"
    SENDING = "sending"
    OTHER_PORT = "other-port"
    WEBSITE = "website"
    ELSEWHERE = "other-provider"
    REVERSE_NAME = "reverse-name"
    PUBLIC_ADDRESS = "public-address"
    PROXY = "proxy"
    SIGN_IN_RECEIVING = "sign-in-receiving"
    SIGN_IN_SENDING = "sign-in-sending"


class CheckState(Enum):
    """How a check stands. UNSURE: it went otherwise than well, and that alone means nothing."""

    RUNNING = "running"
    GOOD = "good"
    BAD = "bad"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is tried. `family`: `IPv4`, `IPv6`, or empty where it has none.

    `said`: what came back, cleaned, as data. `rungs`: the steps of a ladder, as far as it went.
    """

    subject: Subject
    state: CheckState
    host: str = ""
    port: int = 0
    family: str = ""
    address: str = ""
    service: ServerType | None = None
    security: Security | None = None
    rungs: tuple[Rung, ...] = ()
    said: str = ""
    ms: int = 0

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What makes two reports be about the same check."""
        return (self.subject.value, self.host, self.port, self.family)


class ClueKind(Enum):
    """What may be worth knowing beside the verdict; the value is the word of the JSON contract."""

    IPV6_BROKEN = "ipv6-broken"
    CERTIFICATE_EXPIRES_SOON = "certificate-expires-soon"
    CERTIFICATES_DIFFER = "certificates-differ"
    REVERSE_NAME_MISSING = "reverse-name-missing"
    REVERSE_NAME_UNCONFIRMED = "reverse-name-unconfirmed"
    CLOCK_DIFFERS = "clock-differs"
    SIGN_IN_UNTESTED = "sign-in-untested"
    PROXY_FIXED = "proxy-fixed"
    PROXY_AUTOMATIC = "proxy-automatic"
    PROXY_SILENT = "proxy-silent"
    PROXY_UNSUPPORTED = "proxy-unsupported"


@dataclass(frozen=True, slots=True)
class Clue:
    """One of them. `value`: the date, address or name it is about."""

    kind: ClueKind
    host: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All of it. `at`: when it began, with zone. `public_v4`, `public_v6`: this network's addresses
    as others see them, empty where nobody said."""

    address: EmailAddress
    at: datetime
    ms: int
    verdict: Problem | None
    checks: tuple[Check, ...] = ()
    clues: tuple[Clue, ...] = ()
    public_v4: str = ""
    public_v6: str = ""
    provider: Provider = field(default_factory=lambda: Provider(""))
