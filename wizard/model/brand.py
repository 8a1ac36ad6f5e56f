"""What a provider says about itself: its help pages, its sign-in, its own wizard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class HelpLink:
    """A provider's own page. `purpose`: `app-password`, `enable-imap`, `password`, `general`.

    `language`: ISO 639-1 code, empty where the page chooses by itself.
    """

    url: str
    purpose: str = "general"
    language: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """What an organisation registered for this program with its identity provider.

    `client_secret`: some want one of native apps too, where it is no secret (RFC 8252 section 8.5).
    """

    client_id: str
    authorize_url: str
    token_url: str
    scopes: tuple[str, ...] = ()
    client_secret: str = ""


@dataclass(frozen=True, slots=True)
class Brand:
    """The mail host that handed out this wizard with a provider file of its own.

    `logo`: a picture on this computer, None where there is none. `languages`: the ones its help
    speaks, empty for all. `texts`: its own words on the first page, per language code.
    """

    name: str
    logo: Path | None = None
    languages: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)

    def text(self, language: str) -> str:
        """Its words in this language, else in English, else none."""
        return self.texts.get(language) or self.texts.get("en") or ""
