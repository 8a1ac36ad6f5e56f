"""Calendars and address books as Thunderbird's preferences hold them. Pure, as for accounts.

    calendar.registry.<uuid>.    type=caldav, uri, name, username, …
    ldap_2.servers.<name>.       dirType=102, carddav.url, carddav.username, filename, description

There is no list that names them: what has a type and a URL is one. The URLs are those of the
collections themselves, so only services that a login has opened give any.

Source: `CalCalendarManager.sys.mjs`, `AddrBookManager.sys.mjs`, `CardDAVDirectory.sys.mjs` of 153.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from wizard.clients.prefs import Prefs, Value
from wizard.model import Account, DavCollection, Service, ServiceType

_CALENDARS = "calendar.registry."
_BOOKS = "ldap_2.servers."
_CARDDAV = 102
_URL = re.compile(
    r"(?P<calendar>calendar\.registry\.[^.]+\.)uri|(?P<book>ldap_2\.servers\..+\.)carddav\.url"
)
_SHOWN = frozenset({"VEVENT", "VTODO"})
_NAMESPACE = uuid.UUID("3a0a7d0e-58f5-5c0e-9d2b-5f0f4c2f9a61")


def added(prefs: Prefs, account: Account) -> dict[str, Value | None]:
    """What it takes to have the account's collections; empty where all are there."""
    known = {_same(url) for url in _urls(prefs)}
    changes: dict[str, Value | None] = {}
    for service, collection in collections(account):
        url = _same(collection.url)
        if url in known:
            continue
        known.add(url)
        login = service.username or account.incoming.username
        if service.type is ServiceType.CALDAV:
            changes |= _calendar(collection, login)
        else:
            changes |= _book(collection, login)
    return changes


def collections(account: Account) -> Iterator[tuple[Service, DavCollection]]:
    """What Thunderbird can show of the services that were opened."""
    for service in account.services:
        for collection in service.collections:
            if service.type is ServiceType.CARDDAV or (
                service.type is ServiceType.CALDAV
                and (not collection.components or _SHOWN.intersection(collection.components))
            ):
                yield service, collection


def shown_name(collection: DavCollection) -> str:
    """What the person calls it there, else the end of its URL."""
    return collection.name or unquote(urlsplit(collection.url).path.rstrip("/").rpartition("/")[2])


def notes(now: Prefs, ours: Mapping[str, Value]) -> Iterator[str]:
    """What Thunderbird wrote below collections of ours that are still the same ones."""
    for name, value in ours.items():
        if name.endswith((".uri", ".carddav.url")) and now.values.get(name) == value:
            at = name.removesuffix("carddav.url").removesuffix("uri")
            yield from (other for other in now.values if other.startswith(at) and other not in ours)


def _calendar(collection: DavCollection, login: str) -> dict[str, Value | None]:
    at = f"{_CALENDARS}{uuid.uuid5(_NAMESPACE, _same(collection.url))}."
    values: dict[str, Value | None] = {
        at + "type": "caldav",
        at + "uri": collection.url,
        at + "name": shown_name(collection),
        at + "username": login,
        at + "cache.enabled": True,
        at + "calendar-main-in-composite": True,
    }
    if collection.color:
        values[at + "color"] = collection.color
    if collection.read_only:
        values[at + "readOnly"] = True
    return values


def _book(collection: DavCollection, login: str) -> dict[str, Value | None]:
    short = hashlib.sha256(_same(collection.url).encode()).hexdigest()[:8]
    at = f"{_BOOKS}CardDAV_{short}."
    values: dict[str, Value | None] = {
        at + "dirType": _CARDDAV,
        at + "description": shown_name(collection),
        # Of the URL, not counted on: the next number may be a file that a deleted book left.
        at + "filename": f"abook-{short}.sqlite",
        at + "carddav.url": collection.url,
        at + "carddav.username": login,
    }
    if collection.read_only:
        values[at + "readOnly"] = True
    return values


def _urls(prefs: Prefs) -> Iterator[str]:
    """Those of the calendars and address books that are there."""
    for name, value in prefs.values.items():
        if not isinstance(value, str) or not (match := _URL.fullmatch(name)):
            continue
        calendar, book = match["calendar"], match["book"]
        if (calendar and prefs.string(f"{calendar}type") == "caldav") or (
            book and prefs.number(f"{book}dirType") == _CARDDAV
        ):
            yield value


def _same(url: str) -> str:
    """One form for all ways to write the URL of a collection."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = "" if parts.port in {None, 443} else f":{parts.port}"
    return f"https://{host}{port}{unquote(parts.path).rstrip('/')}"
