"""Who is asked besides the provider, so that "the server is down" and "this network is" differ.

Nobody in the lists below learns more than that this computer is connected: no address, no name of
a provider and no password is sent to them. They are asked only when a person starts a diagnosis.
"""

from __future__ import annotations

import ipaddress
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from wizard.model import to_ascii_domain

MAX_ENTRIES = 8


@dataclass(frozen=True, slots=True)
class WebControl:
    """A page over plain http whose content is known: what a captive portal replaces."""

    host: str
    path: str
    expected: str


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """A DNS name that is answered with the address of whoever asks. `server`: who must be asked
    for it directly, as a resolver in between would hear its own address; empty: the resolver."""

    name: str
    server: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`web`: pages. `direct`: (address, port) without a name, for when names fail. `mail`: mail
    servers of other providers."""

    web: tuple[WebControl, ...] = ()
    direct: tuple[tuple[str, int], ...] = ()
    mail: tuple[tuple[str, int], ...] = ()
    who_am_i: WhoAmI | None = None


PUBLIC = Surroundings(
    web=(
        WebControl("detectportal.firefox.com", "/success.txt", "success"),
        WebControl("network-test.debian.org", "/nm", "NetworkManager is online"),
    ),
    direct=(("9.9.9.9", 443), ("2620:fe::fe", 443)),
    mail=(
        ("imap.gmail.com", 993),
        ("smtp.gmail.com", 465),
        ("smtp.gmail.com", 587),
        ("imap.mail.yahoo.com", 993),
        ("smtp.mail.yahoo.com", 465),
    ),
    who_am_i=WhoAmI("myip.opendns.com", "resolver1.opendns.com"),
)
"""The public internet. Source: the services' own pages and Debian's NetworkManager, 2026-11."""


def read_surroundings(path: Path) -> Surroundings:
    """A TOML file in place of `PUBLIC`, for laboratories and companies:

        web = ["http://intranet.example/alive.txt = all is well"]
        direct = ["192.0.2.1:443"]
        mail = ["imap.other.example:993"]
        who-am-i = { name = "myip.example", server = "ns.example" }

    Raises OSError, and ValueError naming what cannot be used.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(str(error)) from error
    unknown = set(document) - {"web", "direct", "mail", "who-am-i"}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    who = document.get("who-am-i")
    return Surroundings(
        web=tuple(_web(text) for text in _texts(document, "web")),
        direct=tuple(_direct(text) for text in _texts(document, "direct")),
        mail=tuple(_endpoint(text) for text in _texts(document, "mail")),
        who_am_i=None if who is None else _who_am_i(who),
    )


def _texts(document: dict[str, object], name: str) -> list[str]:
    value = document.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{name}: a list of texts")
    if len(value) > MAX_ENTRIES:
        raise ValueError(f"{name}: at most {MAX_ENTRIES}")
    return value


def _web(text: str) -> WebControl:
    url, _, expected = text.partition(" = ")
    parts = urlsplit(url.strip())
    host = to_ascii_domain(parts.hostname or "")
    if parts.scheme != "http" or parts.port or host is None or not expected.strip():
        raise ValueError(f"web: {text}")
    if not parts.path.isascii() or any(char.isspace() for char in parts.path):
        raise ValueError(f"web: {text}")
    return WebControl(host, parts.path or "/", expected.strip())


def _endpoint(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname or not parts.port:
        raise ValueError(f"host and port: {text}")
    return parts.hostname, parts.port


def _direct(text: str) -> tuple[str, int]:
    host, port = _endpoint(text)
    return str(ipaddress.ip_address(host)), port


def _who_am_i(value: object) -> WhoAmI:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise ValueError("who-am-i: a name")
    server = value.get("server", "")
    if not isinstance(server, str):
        raise ValueError("who-am-i: server")
    return WhoAmI(value["name"], server)
