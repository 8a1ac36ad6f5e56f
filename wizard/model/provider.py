"""Who keeps a mailbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.model.brand import HelpLink, OAuthClient


class PasswordKind(Enum):
    """What the provider wants to see at login. EXCHANGE: only programs that speak its own protocol
    get in, and they find it by themselves."""

    NORMAL = "normal"
    APP_PASSWORD = "app-password"  # noqa: S105 - a kind, not a password
    OAUTH_IN_CLIENT = "oauth-in-client"
    BRIDGE = "bridge"
    NOT_POSSIBLE = "not-possible"
    EXCHANGE = "exchange"

    @property
    def has_servers(self) -> bool:
        """False where no mail program can be given servers at all."""
        return self not in {PasswordKind.NOT_POSSIBLE, PasswordKind.EXCHANGE}

    @property
    def can_be_tested(self) -> bool:
        """False where no login can be made from here: sign-in in a browser, a bridge with a
        certificate of its own, or nothing to log in to."""
        return self in {PasswordKind.NORMAL, PasswordKind.APP_PASSWORD}


@dataclass(frozen=True, slots=True)
class Provider:
    """Who keeps the mailbox. `id` is empty where it is not in the provider pack.

    `steps`: instructions per language code, keyed by purpose (`app-password`, `enable-imap`).
    """

    name: str
    id: str = ""
    password_kind: PasswordKind = PasswordKind.NORMAL
    help: tuple[HelpLink, ...] = ()
    steps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    password_has_spaces: bool = False
    """False: spaces in a pasted app password are for reading only and are removed."""
    oauth: OAuthClient | None = None
    """Set where a provider file configures sign-in in the browser."""
