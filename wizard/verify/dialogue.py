"""What verification needs of a mail protocol, whichever it is.

Dialogue
├── Imap   RFC 3501 and 9051, RFC 4959 (initial response)
├── Pop3   RFC 1939, 2449, 2595, 5034
└── Smtp   RFC 5321, 3207, 4954
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Protocol

from wizard.model import AuthMethod
from wizard.verify.reply import Reply
from wizard.verify.sasl import (
    MECHANISMS,
    TOKEN_MECHANISMS,
    Credentials,
    Exchange,
)

COMMAND = "command"
"""The protocol's own login (IMAP `LOGIN`, POP3 `USER` and `PASS`) instead of a SASL mechanism."""
MAX_CHALLENGES = 8


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server says it can do.

    `words`: its capabilities as said. `mechanisms`: SASL names, upper case. `own_login`: the
    protocol's own login may be used. `initial_response`: SASL may begin in the same line.
    """

    words: tuple[str, ...] = ()
    mechanisms: tuple[str, ...] = ()
    starttls: bool = False
    own_login: bool = False
    initial_response: bool = False


class Dialogue(Protocol):
    """A protocol spoken over a `Talk`. All methods raise `NetFailure`.

    Capabilities are forgotten by `start_tls`: nothing said in the clear counts afterwards.
    """

    @property
    def offer(self) -> Offer:
        """As of the last `learn`."""
        ...

    async def greet(self) -> Reply:
        """The server's first words; `ok` where it is willing."""
        ...

    async def learn(self) -> Reply:
        """Asks for capabilities, unless the greeting named them."""
        ...

    async def start_tls(self, timeout: float) -> Reply:
        """Asks for TLS and, where granted, makes the handshake."""
        ...

    async def log_in(self, way: str, credentials: Credentials) -> Reply:
        """One login. `way`: a SASL name or `COMMAND`."""
        ...

    async def leave(self) -> Reply | None:
        """Says goodbye; a reply where the server takes its welcome back only now."""
        ...


def choose_way(
    offer: Offer, wanted: tuple[AuthMethod, ...], credentials: Credentials
) -> str | None:
    """The best way to log in that the server offers, None where there is none.

    A password in verified TLS first, as every mail program does it; where the settings name other
    mechanisms only, those first.
    """
    if credentials.token:
        return next((name for name in TOKEN_MECHANISMS if name in offer.mechanisms), None)
    methods = [AuthMethod.PLAIN, AuthMethod.SCRAM_SHA_256, AuthMethod.CRAM_MD5]
    if wanted and AuthMethod.PLAIN not in wanted:
        methods.sort(key=lambda method: wanted.index(method) if method in wanted else len(wanted))
    user, password = credentials.bytes()
    typable = (user + password).isascii()
    for method in methods:
        names = [name for name in offer.mechanisms if MECHANISMS.get(name, (None,))[0] is method]
        names.sort(key=list(MECHANISMS).index)
        if method is AuthMethod.PLAIN and offer.own_login:
            quicker = "PLAIN" not in names or not offer.initial_response
            if not names or (typable and quicker):
                return COMMAND
        if names:
            return names[0]
    return None


def method_of(way: str) -> AuthMethod:
    """The method as settings and mail programs name it."""
    if way in TOKEN_MECHANISMS:
        return AuthMethod.OAUTH2
    return AuthMethod.PLAIN if way == COMMAND else MECHANISMS[way][0]


def encoded(response: bytes) -> bytes:
    """A SASL response as it goes into a line; `=` stands for an empty initial one (RFC 4954)."""
    return base64.b64encode(response)


def answered(exchange: Exchange, challenge: str) -> bytes:
    """The line that answers a base64 challenge; `*` gives the exchange up."""
    try:
        plain = base64.b64decode(challenge.strip(), validate=True)
    except (binascii.Error, ValueError):
        # What LOGIN servers write there varies, and nothing depends on it.
        plain = challenge.encode("utf-8")
    response = exchange.answer(plain)
    return b"*" if response is None else encoded(response)
