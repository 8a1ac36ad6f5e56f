"""Contacts and calendars as the programs and providers in use answer, each in its own manner.

The shapes are written down by hand from their documentation, their code and the logs that people
published: which place redirects where, what is forbidden, which prefixes, links and extra answers
there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from tests.lab.ca import CertificateAuthority
from tests.unit.net.loopback import run
from tests.unit.verify.test_verify_dav import (
    ASK_BASIC,
    BASIC,
    BOOK,
    CALENDAR,
    HOMES,
    HOST,
    Asked,
    Reply,
    multistatus,
    principal,
    response,
    world,
)
from wizard.model import DavAccount, Problem, ProblemKind, Secret
from wizard.verify.dav import ELSEWHERE, NOT_DAV
from wizard.verify.httpauth import Login, Outcome, Session

NUMBERED = "p42-dav.example.com"
SHOP = "www.example.net"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("authority"))


def to(location: str, status: int = 301) -> Reply:
    return Reply(status, "", (f"Location: {location}",))


def ask(*challenges: str) -> Reply:
    return Reply(401, "no", tuple(f"WWW-Authenticate: {text}" for text in challenges))


def raw(body: str) -> Reply:
    return Reply(207, body, ("Content-Type: text/xml",))


def homes(books: str, calendars: str) -> str:
    return HOMES.replace("/books/jo/", books).replace("/cal/jo/", calendars)


@dataclass(frozen=True)
class Shape:
    """One kind of host. `open`: path to what it answers everybody; `inside`: to what it answers
    whoever is logged in. `ask`: its 401, for every other path before the login."""

    inside: Mapping[str, Reply]
    open: Mapping[str, Reply] = field(default_factory=dict)
    ask: Reply = ASK_BASIC
    start: str = "/.well-known/caldav"
    books: tuple[str, ...] = ()
    calendars: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    numbered: Mapping[str, Reply] = field(default_factory=dict)

    def page(self, asked: Asked) -> Reply:
        if asked.path in self.open:
            return self.open[asked.path]
        if asked.login != BASIC:
            return self.ask
        return self.inside.get(asked.path, Reply(404, "<html>Not here</html>"))

    def other_page(self, asked: Asked) -> Reply:
        if asked.login != BASIC:
            return ASK_BASIC
        return self.numbered.get(asked.path, Reply(404))


BOTH = {
    "/books/jo/": multistatus(response("/books/jo/b/", BOOK)),
    "/cal/jo/": multistatus(response("/cal/jo/c/", CALENDAR)),
}
"""What the homes of `HOMES` hold, where nothing about them is strange."""

_NEXTCLOUD = "/remote.php/dav"
_NC_FOLDER = "<D:resourcetype><D:collection/></D:resourcetype>"

SHAPES = {
    "nextcloud": Shape(
        open={"/.well-known/caldav": to(f"https://{HOST}{_NEXTCLOUD}/")},
        ask=ask('Basic realm="Nextcloud", charset="UTF-8"', 'Bearer realm="Nextcloud"'),
        inside={
            f"{_NEXTCLOUD}/": multistatus(
                response(f"{_NEXTCLOUD}/", principal(f"{_NEXTCLOUD}/principals/users/jo/"))
            ),
            f"{_NEXTCLOUD}/principals/users/jo/": multistatus(
                response(
                    f"{_NEXTCLOUD}/principals/users/jo/",
                    homes(f"{_NEXTCLOUD}/addressbooks/users/jo/", f"{_NEXTCLOUD}/calendars/jo/"),
                )
            ),
            f"{_NEXTCLOUD}/addressbooks/users/jo/": multistatus(
                response(f"{_NEXTCLOUD}/addressbooks/users/jo/", _NC_FOLDER),
                response(f"{_NEXTCLOUD}/addressbooks/users/jo/contacts/", BOOK),
            ),
            f"{_NEXTCLOUD}/calendars/jo/": multistatus(
                response(f"{_NEXTCLOUD}/calendars/jo/", _NC_FOLDER),
                response(
                    f"{_NEXTCLOUD}/calendars/jo/inbox/",
                    "<D:resourcetype><D:collection/><C:schedule-inbox/></D:resourcetype>",
                ),
                response(
                    f"{_NEXTCLOUD}/calendars/jo/old/",
                    "<D:resourcetype><D:collection/><N:deleted-calendar "
                    'xmlns:N="http://nextcloud.com/ns"/></D:resourcetype>',
                ),
                response(
                    f"{_NEXTCLOUD}/calendars/jo/holidays/",
                    "<D:resourcetype><D:collection/><S:subscribed "
                    'xmlns:S="http://calendarserver.org/ns/"/></D:resourcetype>',
                ),
                response(f"{_NEXTCLOUD}/calendars/jo/personal/", CALENDAR),
            ),
        },
        books=(f"{_NEXTCLOUD}/addressbooks/users/jo/contacts/",),
        calendars=(f"{_NEXTCLOUD}/calendars/jo/personal/",),
    ),
    "icloud: absolute links with a port, to a numbered host": Shape(
        start="/",
        ask=ask('X-MobileMe-AuthToken realm="Newcastle", Basic realm="Newcastle"'),
        inside={
            "/": multistatus(response("/", principal("/1234/principal/"))),
            "/1234/principal/": multistatus(
                response(
                    "/1234/principal/",
                    homes(
                        f"https://{NUMBERED}:443/1234/carddavhome/",
                        f"https://{NUMBERED}:443/1234/calendars/",
                    ),
                )
            ),
        },
        numbered={
            "/1234/carddavhome/": multistatus(response("/1234/carddavhome/card/", BOOK)),
            "/1234/calendars/": multistatus(response("/1234/calendars/home/", CALENDAR)),
        },
        books=(f"https://{NUMBERED}/1234/carddavhome/card/",),
        calendars=(f"https://{NUMBERED}/1234/calendars/home/",),
    ),
    "radicale: one folder for both, default namespace": Shape(
        open={"/.well-known/caldav": to("/", 302)},
        ask=ask('Basic realm="Radicale - Password Required"'),
        inside={
            "/": raw(
                '<multistatus xmlns="DAV:"><response><href>/</href><propstat><prop>'
                "<current-user-principal><href>/jo%40example.com/</href></current-user-principal>"
                "</prop><status>HTTP/1.1 200 OK</status></propstat></response></multistatus>"
            ),
            "/jo%40example.com/": raw(
                '<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" '
                'xmlns:CR="urn:ietf:params:xml:ns:carddav">'
                "<response><href>/jo%40example.com/</href><propstat><prop>"
                "<C:calendar-home-set><href>/jo%40example.com/</href></C:calendar-home-set>"
                "<CR:addressbook-home-set><href>/jo%40example.com/</href>"
                "</CR:addressbook-home-set></prop><status>HTTP/1.1 200 OK</status></propstat>"
                "</response><response><href>/jo%40example.com/people/</href><propstat><prop>"
                "<resourcetype><CR:addressbook/><collection/></resourcetype></prop>"
                "<status>HTTP/1.1 200 OK</status></propstat></response>"
                "<response><href>/jo%40example.com/work/</href><propstat><prop><resourcetype>"
                "<C:calendar/><collection/></resourcetype></prop>"
                "<status>HTTP/1.1 200 OK</status></propstat></response></multistatus>"
            ),
        },
        books=("/jo%40example.com/people/",),
        calendars=("/jo%40example.com/work/",),
    ),
    "xandikos: ns0 prefixes, a status beside each propstat": Shape(
        open={"/.well-known/caldav": to("/")},
        inside={
            "/": raw(
                '<ns0:multistatus xmlns:ns0="DAV:"><ns0:response><ns0:href>/</ns0:href>'
                "<ns0:status>HTTP/1.1 200 OK</ns0:status><ns0:propstat><ns0:status>HTTP/1.1 200 OK"
                "</ns0:status><ns0:prop><ns0:current-user-principal><ns0:href>/user/</ns0:href>"
                "</ns0:current-user-principal></ns0:prop></ns0:propstat></ns0:response>"
                "</ns0:multistatus>"
            ),
            "/user/": raw(
                '<ns0:multistatus xmlns:ns0="DAV:" xmlns:ns1="urn:ietf:params:xml:ns:caldav">'
                "<ns0:response><ns0:href>/user/</ns0:href><ns0:propstat><ns0:status>HTTP/1.1 404 "
                "Not Found</ns0:status><ns0:prop><ns0:displayname/></ns0:prop></ns0:propstat>"
                "<ns0:propstat><ns0:status>HTTP/1.1 200 OK</ns0:status><ns0:prop>"
                "<ns1:calendar-home-set><ns0:href>calendars/</ns0:href></ns1:calendar-home-set>"
                "</ns0:prop></ns0:propstat></ns0:response></ns0:multistatus>"
            ),
            "/user/calendars/": multistatus(response("/user/calendars/calendar/", CALENDAR)),
        },
        calendars=("/user/calendars/calendar/",),
    ),
    "sogo: the place without its slash, links in both notations": Shape(
        open={"/.well-known/caldav": to("/SOGo/dav")},
        ask=ask('basic realm="SOGo"'),
        inside={
            "/SOGo/dav": multistatus(
                response("/SOGo/dav/", principal("/SOGo/dav/jo@example.com/"))
            ),
            "/SOGo/dav/jo@example.com/": multistatus(
                response(
                    "/SOGo/dav/jo%40example.com/",
                    homes(
                        "/SOGo/dav/jo@example.com/Contacts/", "/SOGo/dav/jo@example.com/Calendar/"
                    ),
                )
            ),
            "/SOGo/dav/jo@example.com/Contacts/": multistatus(
                response("/SOGo/dav/jo@example.com/Contacts/personal/", BOOK)
            ),
            "/SOGo/dav/jo@example.com/Calendar/": multistatus(
                response(
                    "/SOGo/dav/jo@example.com/Calendar/personal/",
                    "<D:resourcetype><D:collection/><C:calendar/><G:vevent-collection "
                    'xmlns:G="http://groupdav.org/"/></D:resourcetype>',
                )
            ),
        },
        books=("/SOGo/dav/jo@example.com/Contacts/personal/",),
        calendars=("/SOGo/dav/jo@example.com/Calendar/personal/",),
    ),
    "davical: square brackets and tildes in names": Shape(
        start="/caldav.php/",
        inside={
            "/caldav.php/": multistatus(response("/caldav.php/", principal("/caldav.php/[jo]~x/"))),
            "/caldav.php/[jo]~x/": multistatus(
                response(
                    "/caldav.php/[jo]~x/",
                    homes("/caldav.php/[jo]~x/addresses/..", "/caldav.php/[jo]~x/"),
                ),
                response("/caldav.php/[jo]~x/addresses/", BOOK),
                response("/caldav.php/[jo]~x/calendar/", CALENDAR),
            ),
        },
        books=("/caldav.php/[jo]~x/addresses/",),
        calendars=("/caldav.php/[jo]~x/calendar/",),
    ),
    "zimbra: redirect in plain http, links relative to the folder": Shape(
        open={"/.well-known/caldav": to(f"http://{HOST}:80", 302)},
        ask=ask('BASIC realm="Zimbra"'),
        inside={
            "/": multistatus(response("/", principal("/principals/users/jo@example.com/"))),
            "/principals/users/jo@example.com/": multistatus(
                response(
                    "/principals/users/jo@example.com/", homes("/dav/jo@example.com/", "/dav/jo/")
                )
            ),
            "/dav/jo@example.com/": multistatus(
                response("jo:contacts/", BOOK), response("./Emailed%20Contacts/", BOOK)
            ),
            "/dav/jo/": multistatus(
                response(
                    "Inbox/",
                    "<D:resourcetype><D:collection/><C:schedule-inbox/></D:resourcetype>",
                ),
                response("Calendar/", CALENDAR),
                response(
                    "Tasks/",
                    f"{CALENDAR}<C:supported-calendar-component-set><C:comp name='VTODO'/>"
                    "</C:supported-calendar-component-set>",
                ),
            ),
        },
        books=("/dav/jo@example.com/jo:contacts/", "/dav/jo@example.com/Emailed%20Contacts/"),
        calendars=("/dav/jo/Calendar/", "/dav/jo/Tasks/"),
        names=("jo:contacts", "Emailed Contacts", "Calendar", "Tasks"),
    ),
    "cyrus: negotiate first, several homes in one set": Shape(
        open={"/.well-known/caldav": to("/dav/calendars", 308)},
        ask=ask("Negotiate", 'Basic realm="dav.example.com"'),
        inside={
            "/dav/calendars": multistatus(
                response("/dav/calendars/", principal("/dav/principals/user/jo/"))
            ),
            "/dav/principals/user/jo/": multistatus(
                response(
                    "/dav/principals/user/jo/",
                    "<C:calendar-home-set><D:href>/dav/calendars/user/jo/</D:href>"
                    "<D:href>/dav/calendars/zzzz/team/</D:href></C:calendar-home-set>",
                )
            ),
            "/dav/calendars/user/jo/": multistatus(
                response("/dav/calendars/user/jo/Default/", CALENDAR)
            ),
            "/dav/calendars/zzzz/team/": multistatus(
                response("/dav/calendars/zzzz/team/shared/", CALENDAR)
            ),
        },
        calendars=("/dav/calendars/user/jo/Default/", "/dav/calendars/zzzz/team/shared/"),
    ),
    "open-xchange: who is logged in may not be asked about": Shape(
        start="/",
        ask=ask('Basic realm="OX WebDAV", encoding="UTF-8"'),
        inside={
            "/": multistatus(
                response("/", principal("/principals/users/3/") + homes("/carddav/", "/caldav/"))
            ),
            "/principals/users/3/": Reply(405),
            "/carddav/": multistatus(response("/carddav/Contacts/", BOOK)),
            "/caldav/": multistatus(response("/caldav/Y2FsOi8v/", CALENDAR)),
        },
        books=("/carddav/Contacts/",),
        calendars=("/caldav/Y2FsOi8v/",),
    ),
    "an older server: principal-URL and nothing of RFC 5397": Shape(
        start="/home/jo/",
        inside={
            "/home/jo/": multistatus(
                response(
                    "/home/jo/", "<D:principal-URL><D:href>/people/jo</D:href></D:principal-URL>"
                )
            ),
            "/people/jo": multistatus(response("/people/jo", HOMES)),
            **BOTH,
        },
        books=("/books/jo/b/",),
        calendars=("/cal/jo/c/",),
    ),
    "vikunja: the folder calls itself a calendar": Shape(
        start="/dav/",
        inside={
            "/dav/": multistatus(
                response("/dav/", principal("/dav/principals/jo/") + HOMES + CALENDAR)
            ),
            "/dav/principals/jo/": multistatus(response("/dav/principals/jo/", HOMES)),
            "/cal/jo/": multistatus(
                response("/cal/jo/", CALENDAR), response("/cal/jo/17/", CALENDAR)
            ),
        },
        calendars=("/cal/jo/17/",),
    ),
    "a web server that forbids what it does not know": Shape(
        start="/",
        open={"/": Reply(403, "<html>nginx</html>"), "/.well-known/carddav": to("/dav/", 307)},
        inside={
            "/dav/": multistatus(response("/dav/", HOMES)),
            **BOTH,
        },
        books=("/books/jo/b/",),
        calendars=("/cal/jo/c/",),
    ),
    "a web server that knows no such method": Shape(
        open={"/.well-known/caldav": Reply(501)},
        inside={
            "/": multistatus(response("/", HOMES)),
            **BOTH,
        },
        books=("/books/jo/b/",),
        calendars=("/cal/jo/c/",),
    ),
    "a web site whose front page is somebody else's": Shape(
        start="/",
        open={"/": to(f"https://{SHOP}/"), "/.well-known/carddav": to("../dav/#x", 302)},
        inside={
            "/dav/": multistatus(response("/dav/", HOMES)),
            **BOTH,
        },
        books=("/books/jo/b/",),
        calendars=("/cal/jo/c/",),
    ),
    "a server that tells more than it was asked": Shape(
        start="/dav/",
        inside={
            "/dav/": multistatus(
                response("/dav/other/", principal("/nobody/")), response("/dav/", HOMES)
            ),
            **BOTH,
        },
        books=("/books/jo/b/",),
        calendars=("/cal/jo/c/",),
    ),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=[name.partition(":")[0] for name in SHAPES])
def test_hosts_in_use(shape: Shape, authority: CertificateAuthority) -> None:
    async def main() -> DavAccount | Problem:
        async with world(authority) as there:
            await there.serve(HOST, shape.page)
            await there.serve(NUMBERED, shape.other_page)
            await there.serve(SHOP, lambda _: ASK_BASIC)
            found = await there.find(f"https://{HOST}{shape.start}")
            assert SHOP not in {asked.host for asked in there.asked}
            return found

    found = run(main())
    assert isinstance(found, DavAccount), found
    base = f"https://{HOST}"
    books = tuple(item.url.removeprefix(base) for item in found.address_books)
    calendars = tuple(item.url.removeprefix(base) for item in found.calendars)
    assert (books, calendars) == (shape.books, shape.calendars)
    if shape.names:
        both = (*found.address_books, *found.calendars)
        assert tuple(item.name for item in both) == shape.names


def test_one_calendar_is_not_read_through(authority: CertificateAuthority) -> None:
    """Whoever gives the address of a calendar means that one: what lies in it would be thousands
    of appointments."""

    async def main() -> DavAccount | Problem:
        async with world(authority) as there:

            def page(asked: Asked) -> Reply:
                assert asked.headers["depth"] == "0"
                return multistatus(response("/c/", CALENDAR)) if asked.login else ASK_BASIC

            await there.serve(HOST, page)
            return await there.find(f"https://{HOST}/c/")

    found = run(main())
    assert isinstance(found, DavAccount)
    assert [item.name for item in found.calendars] == ["c"]


@pytest.mark.parametrize(
    ("first", "second", "kind", "detail"),
    [
        (Reply(404), Reply(403), ProblemKind.NOT_AUTHORISED, "403"),
        (Reply(403), Reply(404), ProblemKind.NOT_AUTHORISED, "403"),
        (Reply(404), Reply(404), ProblemKind.NOTHING_FOUND, NOT_DAV),
        (to(f"https://{SHOP}/"), Reply(404), ProblemKind.NOTHING_FOUND, ELSEWHERE),
        (Reply(404), ASK_BASIC, ProblemKind.WRONG_PASSWORD, "401"),
        (ask('Bearer realm="x"'), ASK_BASIC, ProblemKind.OAUTH_ONLY, "401"),
    ],
)
def test_of_two_places_the_more_telling_one_is_believed(
    first: Reply, second: Reply, kind: ProblemKind, detail: str, authority: CertificateAuthority
) -> None:
    async def main() -> DavAccount | Problem:
        async with world(authority) as there:
            await there.serve(
                HOST, lambda asked: first if asked.path.startswith("/.well-known/") else second
            )
            return await there.find(f"https://{HOST}/.well-known/caldav")

    found = run(main())
    assert isinstance(found, Problem)
    assert (found.kind, found.detail) == (kind, detail)


@pytest.mark.parametrize(
    ("header", "scheme"),
    [
        ('X-MobileMe-AuthToken realm="N", Basic realm="N"', "Basic"),
        ('Negotiate, Digest realm="a", nonce="n", Basic realm="b"', "Basic"),
        ('basic realm="a"', "Basic"),
        ("Basic", "Basic"),
        ("", "Basic"),
        ('Digest realm="a", nonce="n", algorithm=SHA-512-256, Digest realm="a", nonce="m"', "m"),
        ('Digest realm="a", nonce="n", qop="auth-int", Digest nonce="m", qop="auth"', "m"),
        ('Digest realm="a, Digest", nonce="n"', "n"),
    ],
)
def test_the_login_that_a_host_asks_for_is_found(header: str, scheme: str) -> None:
    session = Session(Login("jo", Secret("x")))
    assert session.challenged(header) is Outcome.AGAIN
    sent = session.authorization("PROPFIND", "/")
    assert sent is not None
    assert (scheme if scheme == "Basic" else f'nonce="{scheme}"') in sent.reveal()


@pytest.mark.parametrize(
    "header",
    [
        'Bearer realm="a, Basic b"',
        'GoogleLogin realm="x"',
        "Negotiate",
        'Bearer realm="\\", Basic "',
    ],
)
def test_no_password_is_sent_where_none_is_asked_for(header: str) -> None:
    session = Session(Login("jo", Secret("x")))
    assert session.challenged(header) is Outcome.NO_PASSWORD
    assert session.authorization("PROPFIND", "/") is None
