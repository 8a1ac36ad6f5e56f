"""Contacts and calendars: log in, find the person, list the address books and calendars.

The walk of RFC 6764 section 6: from the URL (often a `.well-known` one) over redirects to the
server, there to `current-user-principal` (RFC 5397), to the home sets (RFC 6352 section 7.1.1,
RFC 4791 section 6.2.1), and to what lies in them.

The first question carries no credentials, so redirects of `.well-known` are followed before
anything secret exists on the wire. The password goes over verified TLS to the host of the URL,
and beyond it only to hosts of the same owner (iCloud's `contacts.icloud.com` sends everybody on
to a numbered host beside it). A server that leads elsewhere gets nothing.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urljoin, urlsplit

from wizard.model import (
    DavAccount,
    DavCollection,
    Problem,
    ProblemKind,
    Rung,
    Secret,
    Security,
    ServerSettings,
    ServerType,
    Service,
    ServiceType,
    Stage,
    Trust,
)
from wizard.net.failure import NetFailure, Trouble
from wizard.net.http import (
    MAX_MULTISTATUS,
    MAX_REDIRECTS,
    REDIRECTS,
    DavClient,
    HttpFailure,
    HttpReply,
    Url,
    parse_url,
)
from wizard.net.safexml import NotXml, children, local_name, parse_xml, text
from wizard.net.suffix import same_owner
from wizard.verify import httpauth
from wizard.verify.failures import from_failure
from wizard.verify.text import cleaned

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

PATIENCE = 20.0
"""Seconds for the whole walk."""
MAX_HOMES = 4
MAX_COLLECTIONS = 200
MAX_NAME = 120
NOT_DAV = "no-dav"
"""`detail` of the problem where the server has neither contacts nor calendars."""
ELSEWHERE = "other-owner"
"""`detail` of the problem where the server leads to a host of somebody else."""
_LOCAL = frozenset({ProblemKind.NOTHING_FOUND, ProblemKind.NOT_AUTHORISED, ProblemKind.SERVER_SAID})
"""What one place says of itself. Another place of the same server may say otherwise: a web server
forbids or redirects what it does not know before the DAV server behind it hears of it."""

_PROPFIND = (
    b'<?xml version="1.0" encoding="utf-8"?>\n'
    b'<d:propfind xmlns:d="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav"'
    b' xmlns:cal="urn:ietf:params:xml:ns:caldav" xmlns:ical="http://apple.com/ns/ical/"><d:prop>'
    b"%s</d:prop></d:propfind>\n"
)
_PERSON = _PROPFIND % (
    b"<d:current-user-principal/><d:principal-URL/><d:resourcetype/><d:displayname/>"
    b"<card:addressbook-home-set/><cal:calendar-home-set/>"
)
_CONTENT = _PROPFIND % (
    b"<d:resourcetype/><d:displayname/><d:current-user-privilege-set/>"
    b"<cal:supported-calendar-component-set/><ical:calendar-color/>"
)
_WELL_KNOWN = "/.well-known/"
_IN_URLS = "".join(map(chr, range(0x21, 0x7F)))
_SCHEME = re.compile(r"[a-z]+://", re.IGNORECASE)
_PLAIN = re.compile(r"\Ahttp://([^/?#]*?)(?::80)?(?=[/?#]|\Z)", re.IGNORECASE)
_COLOR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
_WRITING = frozenset({"all", "write", "write-content", "bind"})
_COLLECTIONS = frozenset({"addressbook", "calendar"})


async def find_collections(
    url: str,
    username: str,
    secret: Secret,
    http: DavClient,
    *,
    patience: float = PATIENCE,
    rungs: list[Rung] | None = None,
) -> DavAccount | Problem:
    """Logs in at `url` and lists the address books and calendars of `username`.

    `url`: https, of the server, its `.well-known` place, a principal, or a collection. `http`:
    `Network.http`. `rungs`: takes one entry for each answer, with its time: what is offered before
    the login, the login, and what lies behind it. Takes at most `patience` seconds. Problems:
    WRONG_PASSWORD, OAUTH_ONLY (no login by password there), NOT_AUTHORISED, NOTHING_FOUND
    (`detail` NOT_DAV or ELSEWHERE), certificate and network problems as for mail; `service` is
    None.
    """
    start = parse_url(url)
    if start is None:
        return Problem(ProblemKind.NOTHING_FOUND, Stage.DISCOVER, detail="bad-url")
    walk = _Walk(start, httpauth.Login(username, secret), http, [] if rungs is None else rungs)
    try:
        async with asyncio.timeout(patience):
            return await walk.account()
    except TimeoutError:
        return walk.problem(ProblemKind.NO_ANSWER, Stage.CONNECT, "timeout")


async def verify_service(
    service: Service, secret: Secret, http: DavClient, rungs: list[Rung] | None = None
) -> Service | Problem:
    """A CardDAV or CalDAV service, proven by PROPFIND: `verified`, with its collections.

    Its `url` stays as it was found: that is what mail programs discover from. JMAP is returned
    as it is. `rungs`: takes one entry for each answer.
    """
    if service.type is ServiceType.JMAP:
        return service
    found = await find_collections(service.url, service.username, secret, http, rungs=rungs)
    if isinstance(found, Problem):
        return found
    contacts = service.type is ServiceType.CARDDAV
    collections = found.address_books if contacts else found.calendars
    if not collections:
        host = urlsplit(service.url).hostname or ""
        return Problem(ProblemKind.NOTHING_FOUND, Stage.DISCOVER, host=host, detail=NOT_DAV)
    return replace(service, verified=True, collections=collections)


def may_have_password(service: Service, owners: Sequence[str]) -> bool:
    """Somebody trusted named the host, or it belongs to whoever runs the mail or the domain
    (`owners`). Consent was asked for the mail servers only."""
    host = urlsplit(service.url).hostname or ""
    if not service.evidence or any(item.trust is Trust.TRUSTED for item in service.evidence):
        return True
    return any(same_owner(host, owner) for owner in owners)


@dataclass(frozen=True, slots=True)
class _Resource:
    """One `response` of a multistatus. `url`: absolute. `base`: what was asked, to which links
    are relative (RFC 4918 section 8.3). `props`: those with status 200."""

    url: str
    base: str
    props: Sequence[Element]

    def prop(self, name: str) -> Element | None:
        return next((prop for prop in self.props if local_name(prop) == name), None)

    def property(self, name: str) -> str:
        found = self.prop(name)
        return "" if found is None else (found.text or "").strip()

    def hrefs(self, name: str) -> list[str]:
        found = self.prop(name)
        links = [] if found is None else [(e.text or "").strip() for e in children(found, "href")]
        return [absolute for link in links if link and (absolute := _linked(self.base, link))]

    def principals(self) -> list[str]:
        """Who is logged in (RFC 5397); older servers only tell whose resource this is (RFC 3744
        section 4.2)."""
        return self.hrefs("current-user-principal") or self.hrefs("principal-url")

    def types(self) -> set[str]:
        found = self.prop("resourcetype")
        return set() if found is None else {local_name(child) for child in found}


class _Walk:
    """One walk: where it began, how each host wants the login."""

    def __init__(
        self, start: Url, login: httpauth.Login, http: DavClient, rungs: list[Rung]
    ) -> None:
        self._start = start
        self._rungs = rungs
        self._login = login
        self._http = http
        self._sessions: dict[tuple[str, int], httpauth.Session] = {}

    def problem(self, kind: ProblemKind, stage: Stage, detail: str, host: str = "") -> Problem:
        return Problem(
            kind, stage, host=host or self._start.host, port=self._start.port, detail=detail
        )

    async def account(self) -> DavAccount | Problem:
        entry = await self._entry()
        if isinstance(entry, Problem):
            return entry
        person, trouble = entry, None
        principals = entry.principals()
        if principals and principals[0] != entry.url:
            asked = await self._one(principals[0])
            if isinstance(asked, _Resource):
                person = asked
            elif asked.kind in _LOCAL:
                trouble = asked  # some show what a person has, and not the person
            else:
                return asked
        homes = [*person.hrefs("addressbook-home-set"), *person.hrefs("calendar-home-set")]
        depth = 1
        if not homes:
            homes = [entry.url]  # a server without principals, or the URL of a collection
            depth = 0 if entry.types() & _COLLECTIONS else 1  # in it are thousands of entries
        books: dict[str, DavCollection] = {}
        calendars: dict[str, DavCollection] = {}
        for home in list(dict.fromkeys(homes))[:MAX_HOMES]:
            listed = await self._ask(home, _CONTENT, depth)
            if isinstance(listed, Problem):
                trouble = trouble or listed
                continue
            for resource in _leaves(listed):
                if "addressbook" in resource.types():
                    books.setdefault(resource.url, _collection(resource))
                else:
                    calendars.setdefault(resource.url, _collection(resource))
        if not books and not calendars:
            if trouble is not None:
                return trouble
            if not principals:
                return self.problem(ProblemKind.NOTHING_FOUND, Stage.DISCOVER, NOT_DAV)
        return DavAccount(
            principals[0] if principals else "",
            tuple(books.values())[:MAX_COLLECTIONS],
            tuple(calendars.values())[:MAX_COLLECTIONS],
        )

    async def _entry(self) -> _Resource | Problem:
        """The resource behind the URL, else behind the other place that RFC 6764 allows."""
        told: list[Problem] = []
        for place in self._places():
            answer = await self._one(str(place))
            if isinstance(answer, _Resource) or answer.kind not in _LOCAL:
                return answer
            told.append(answer)
        return next((problem for problem in told if problem.detail != NOT_DAV), told[0])

    def _places(self) -> Iterator[Url]:
        yield self._start
        path = urlsplit(self._start.target).path
        if path.startswith(_WELL_KNOWN):
            yield replace(self._start, target="/")
        elif path == "/":
            for kind in (ServiceType.CARDDAV, ServiceType.CALDAV):
                yield replace(self._start, target=f"{_WELL_KNOWN}{kind.value}")

    async def _one(self, url: str) -> _Resource | Problem:
        """What the server says of one resource, logged in."""
        answer = await self._ask(url, _PERSON, 0)
        if isinstance(answer, Problem):
            return answer
        if not answer:
            return self.problem(ProblemKind.NOTHING_FOUND, Stage.DISCOVER, NOT_DAV)
        # Where a server tells more than it was asked, this is the one.
        return next((item for item in answer if item.url == item.base), answer[0])

    async def _ask(self, url: str, body: bytes, depth: int) -> list[_Resource] | Problem:
        """One question, over redirects and the server's wish for a login."""
        redirects = 0
        while True:
            target = parse_url(url)
            if target is None:
                return self.problem(ProblemKind.NOTHING_FOUND, Stage.DISCOVER, "bad-url")
            if not same_owner(target.host, self._start.host):
                return self.problem(
                    ProblemKind.NOTHING_FOUND, Stage.DISCOVER, ELSEWHERE, target.host
                )
            session = self._sessions.setdefault(target.origin, httpauth.Session(self._login))
            told, began = session.begun, time.monotonic()
            reply = await self._http.propfind(
                str(target),
                body,
                depth=depth,
                authorization=session.authorization("PROPFIND", target.target),
                guarded=target.origin != self._start.origin,
            )
            ms = round((time.monotonic() - began) * 1000)
            if isinstance(reply, HttpFailure):
                failed = self._failed(reply, target)
                self._rungs.append(Rung(failed.stage.value, False, ms, reply.reason, target.host))
                return failed
            self._note(reply.status, told, ms, target)
            if reply.status in REDIRECTS and "location" in reply.headers:
                redirects += 1
                if redirects > MAX_REDIRECTS:
                    return self.problem(
                        ProblemKind.NOTHING_FOUND, Stage.DISCOVER, "too-many-redirects"
                    )
                location = reply.headers["location"].encode("latin-1").decode("utf-8", "replace")
                url = _absolute(str(target), location) or ""
                continue
            if reply.status == 401:
                outcome = session.challenged(reply.headers.get("www-authenticate", ""))
                if outcome is httpauth.Outcome.AGAIN:
                    continue
                return self._login_refused(outcome, target)
            if reply.status != 207:
                return self._refused(reply, target)
            resources = _resources(reply)
            if not session.begun and not any(item.principals() for item in resources):
                # It answers everybody; who we are it only says when told.
                session.begin()
                continue
            return resources

    def _note(self, status: int, told: bool, ms: int, target: Url) -> None:
        """One rung: before the login a 401 is what was hoped for, after it the clear no."""
        logged_in = any(
            (rung.stage, rung.said) == (Stage.LOGIN.value, "HTTP 207") for rung in self._rungs
        )
        stage = Stage.CAPABILITY if not told else Stage.DISCOVER if logged_in else Stage.LOGIN
        good = status == 207 or status in REDIRECTS or (status == 401 and not told)
        self._rungs.append(Rung(stage.value, good, ms, f"HTTP {status}", target.host))

    def _login_refused(self, outcome: httpauth.Outcome, target: Url) -> Problem:
        kinds = {
            httpauth.Outcome.WRONG: ProblemKind.WRONG_PASSWORD,
            httpauth.Outcome.NO_PASSWORD: ProblemKind.OAUTH_ONLY,
            httpauth.Outcome.AGAIN: ProblemKind.SERVER_SAID,
        }
        return self.problem(kinds[outcome], Stage.LOGIN, "401", target.host)

    def _refused(self, reply: HttpReply, target: Url) -> Problem:
        detail = str(reply.status)
        match reply.status:
            case 403:
                return self.problem(ProblemKind.NOT_AUTHORISED, Stage.LOGIN, detail, target.host)
            case 429 | 503:
                return self.problem(ProblemKind.SERVER_DOWN, Stage.LOGIN, detail, target.host)
            case status if status >= 500:
                return self.problem(ProblemKind.SERVER_SAID, Stage.LOGIN, detail, target.host)
            case _:  # 404, 405, a web page with 200: no DAV here
                return self.problem(ProblemKind.NOTHING_FOUND, Stage.DISCOVER, NOT_DAV, target.host)

    def _failed(self, failure: HttpFailure, target: Url) -> Problem:
        cause = failure.cause
        if cause is None or cause.trouble is Trouble.NO_SUCH_HOST:
            slow = failure.reason == "too-slow" or cause is not None
            kind = ProblemKind.NO_ANSWER if slow else ProblemKind.SERVER_SAID
            return self.problem(kind, Stage.CONNECT, failure.reason, target.host)
        return _network_problem(cause, target)


def _network_problem(cause: NetFailure, target: Url) -> Problem:
    """As for a mail server with TLS from the start: the causes are the same."""
    server = ServerSettings(
        ServerType.IMAP, target.host, target.port, Security.TLS, (), username=""
    )
    at_tls = cause.trouble in {Trouble.CERTIFICATE, Trouble.TLS_VERSION, Trouble.TLS_OTHER}
    stage = Stage.TLS if at_tls else Stage.CONNECT
    return replace(from_failure(cause, stage, server), service=None)


def _absolute(base: str, link: str) -> str | None:
    """A link of a reply as a URL that may be asked; the fragment is dropped.

    Servers behind a proxy often call themselves `http://`, not knowing better: asked is https.
    Many write the name of a person or a calendar as it is, with its spaces and accents.
    """
    if any(ord(char) < 0x20 or char == "\x7f" for char in link):
        return None
    try:
        url = urljoin(base, quote(link, safe=_IN_URLS, errors="replace"))
        url = _PLAIN.sub(r"https://\1", url)
        parsed = parse_url(url)
    except ValueError:  # brackets that are no IPv6 address
        return None
    return None if parsed is None else str(parsed)


def _linked(base: str, link: str) -> str | None:
    """An `href`, which is a whole URL or a path (RFC 4918 section 8.3); some servers leave out the
    folders, and then `jo@example.com:work` is a name and no URL of the scheme `jo@example.com`."""
    if ":" in link.partition("/")[0] and not _SCHEME.match(link):
        link = f"./{link}"
    return _absolute(base, link)


def _resources(reply: HttpReply) -> list[_Resource]:
    """The responses of a multistatus (RFC 4918 section 14.16); none where it is none."""
    root = parse_xml(reply.body, MAX_MULTISTATUS)
    if isinstance(root, NotXml) or local_name(root) != "multistatus":
        return []
    found = []
    for response in children(root, "response"):
        url = _linked(reply.url, text(response, "href") or reply.url)
        if url is None:
            continue
        props = [
            prop
            for propstat in children(response, "propstat")
            if _is_good(text(propstat, "status"))
            for holder in children(propstat, "prop")
            for prop in holder
        ]
        found.append(_Resource(url, reply.url, props))
        if len(found) > 2 * MAX_COLLECTIONS:
            break
    return found


def _leaves(listed: Sequence[_Resource]) -> list[_Resource]:
    """The address books and calendars. What calls itself one and holds others is a folder."""
    found = [resource for resource in listed if resource.types() & _COLLECTIONS]
    below = [resource for resource in found if resource.url != resource.base]
    return below or found


def _is_good(status: str) -> bool:
    return not status or status.split()[1:2] == ["200"]


def _collection(resource: _Resource) -> DavCollection:
    color = _COLOR.match(resource.property("calendar-color"))
    kinds = resource.prop("supported-calendar-component-set")
    components = (
        [] if kinds is None else [c.get("name", "").upper() for c in children(kinds, "comp")]
    )
    return DavCollection(
        url=resource.url,
        name=cleaned(resource.property("displayname"), MAX_NAME) or _last_segment(resource.url),
        color=color.group().lower() if color else "",
        components=tuple(cleaned(word, 20) for word in components[:10] if word),
        read_only=_is_read_only(resource.prop("current-user-privilege-set")),
    )


def _is_read_only(privileges: Element | None) -> bool:
    """False where the server does not say (RFC 3744 section 5.4)."""
    if privileges is None:
        return False
    names = {
        local_name(name) for privilege in children(privileges, "privilege") for name in privilege
    }
    return bool(names) and not names & _WRITING


def _last_segment(url: str) -> str:
    segments = [segment for segment in urlsplit(url).path.split("/") if segment]
    return cleaned(unquote(segments[-1]), MAX_NAME) if segments else ""
