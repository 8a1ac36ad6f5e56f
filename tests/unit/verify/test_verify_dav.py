"""Contacts and calendars over real sockets: the walk to the collections, and who gets the login."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.request import parse_http_list, parse_keqv_list

import pytest

from tests.lab.ca import CertificateAuthority, Flaw
from tests.unit.net.loopback import FixedResolver, run, serving
from wizard.model import (
    DavAccount,
    DavCollection,
    Problem,
    ProblemKind,
    Rung,
    Secret,
    Service,
    ServiceType,
)
from wizard.net.http import HttpsClient
from wizard.net.streams import TcpConnector
from wizard.net.tls import TlsContexts
from wizard.verify.dav import ELSEWHERE, NOT_DAV, find_collections, verify_service

HOST = "dav.example.com"
USER = "jo@example.com"
PASSWORD = "a:b ü%"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("authority"))


@dataclass(frozen=True)
class Asked:
    """A request as a host heard it."""

    host: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def login(self) -> str:
        return self.headers.get("authorization", "")


@dataclass(frozen=True)
class Reply:
    status: int
    body: str = ""
    headers: tuple[str, ...] = ()


Page = Callable[[Asked], Reply]


class World:
    """Hosts on loopback, each with its pages."""

    def __init__(self, stack: AsyncExitStack, authority: CertificateAuthority) -> None:
        self._stack = stack
        self._authority = authority
        self._ports: dict[tuple[str, int], tuple[str, int]] = {}
        self._addresses: dict[str, tuple[str, ...]] = {}
        self.asked: list[Asked] = []

    async def serve(self, host: str, page: Page, flaw: Flaw | None = None) -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                first, *lines = head.rstrip().split("\r\n")
                method, path, _ = first.split(" ")
                headers = {n.lower(): v.strip() for n, _, v in (f.partition(":") for f in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                asked = Asked(host, method, path, headers, body)
                self.asked.append(asked)
                reply = page(asked)
                content = reply.body.encode()
                fields = [f"HTTP/1.1 {reply.status} x", f"Content-Length: {len(content)}"]
                writer.write(
                    "\r\n".join([*fields, *reply.headers]).encode("latin-1") + b"\r\n\r\n" + content
                )
                await writer.drain()

        tls = self._authority.issue([host], flaw).server_context()
        address = f"127.0.9.{len(self._addresses) + 1}"
        self._addresses[host] = (address,)
        port = await self._stack.enter_async_context(serving(handle, tls=tls))
        self._ports[address, 443] = ("127.0.0.1", port)

    async def find(
        self, url: str, patience: float = 20.0, private: bool = True
    ) -> DavAccount | Problem:
        contexts = TlsContexts(self._authority.root)
        connector = TcpConnector(FixedResolver(self._addresses), contexts, self._ports)
        http = HttpsClient(connector, contexts, allow_private_redirects=private)
        try:
            return await find_collections(url, USER, Secret(PASSWORD), http, patience=patience)
        finally:
            await http.aclose()

    async def verify(self, service: Service, rungs: list[Rung] | None = None) -> Service | Problem:
        contexts = TlsContexts(self._authority.root)
        connector = TcpConnector(FixedResolver(self._addresses), contexts, self._ports)
        http = HttpsClient(connector, contexts, allow_private_redirects=True)
        try:
            return await verify_service(service, Secret(PASSWORD), http, rungs)
        finally:
            await http.aclose()

    @property
    def hosts_with_login(self) -> set[str]:
        return {asked.host for asked in self.asked if asked.login}


@asynccontextmanager
async def world(authority: CertificateAuthority) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        yield World(stack, authority)


def multistatus(*responses: str) -> Reply:
    names = (
        'xmlns:D="DAV:" xmlns:A="urn:ietf:params:xml:ns:carddav" '
        'xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:I="http://apple.com/ns/ical/"'
    )
    return Reply(
        207,
        f'<?xml version="1.0"?><D:multistatus {names}>{"".join(responses)}</D:multistatus>',
        ("Content-Type: application/xml",),
    )


def response(href: str, props: str, status: str = "HTTP/1.1 200 OK") -> str:
    return (
        f"<D:response><D:href>{href}</D:href><D:propstat><D:prop>{props}</D:prop>"
        f"<D:status>{status}</D:status></D:propstat></D:response>"
    )


def principal(path: str) -> str:
    return f"<D:current-user-principal><D:href>{path}</D:href></D:current-user-principal>"


HOMES = (
    "<A:addressbook-home-set><D:href>/books/jo/</D:href></A:addressbook-home-set>"
    "<C:calendar-home-set><D:href>/cal/jo/</D:href></C:calendar-home-set>"
)
BOOK = "<D:resourcetype><D:collection/><A:addressbook/></D:resourcetype>"
CALENDAR = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"
ASK_BASIC = Reply(401, "", ('WWW-Authenticate: Basic realm="x"',))


def ordinary(asked: Asked) -> Reply:
    """A server as they are: redirect from .well-known, Basic, homes apart."""
    if asked.path.startswith("/.well-known/"):
        return Reply(301, "", ("Location: /dav/",))
    if asked.login != BASIC:
        return ASK_BASIC
    if asked.path == "/dav/":
        return multistatus(response("/dav/", principal("/p/jo/")))
    if asked.path == "/p/jo/":
        return multistatus(response("/p/jo/", HOMES))
    if asked.path == "/books/jo/":
        return multistatus(
            response("/books/jo/", "<D:resourcetype><D:collection/></D:resourcetype>"),
            response("/books/jo/default/", f"<D:displayname>Friends</D:displayname>{BOOK}"),
        )
    if asked.path == "/cal/jo/":
        inbox = "<D:resourcetype><D:collection/><C:schedule-inbox/></D:resourcetype>"
        return multistatus(
            response("/cal/jo/inbox/", inbox),
            response(
                "/cal/jo/work%20days/",
                f"{CALENDAR}<I:calendar-color>#FF8800FF</I:calendar-color>"
                '<C:supported-calendar-component-set><C:comp name="VEVENT"/>'
                "</C:supported-calendar-component-set><D:current-user-privilege-set>"
                "<D:privilege><D:read/></D:privilege></D:current-user-privilege-set>",
            ),
        )
    return Reply(404)


def test_from_well_known_to_address_books_and_calendars(authority: CertificateAuthority) -> None:
    async def main() -> DavAccount | Problem:
        async with world(authority) as there:
            await there.serve(HOST, ordinary)
            found = await there.find(f"https://{HOST}/.well-known/carddav")
            first = there.asked[0]
            assert (first.method, first.headers["depth"], first.login) == ("PROPFIND", "0", "")
            # Not before the server has asked for it, and the redirect has been followed.
            assert next(asked.path for asked in there.asked if asked.login) == "/dav/"
            return found

    assert run(main()) == DavAccount(
        f"https://{HOST}/p/jo/",
        (DavCollection(f"https://{HOST}/books/jo/default/", "Friends"),),
        (
            DavCollection(
                f"https://{HOST}/cal/jo/work%20days/",
                "work days",
                color="#ff8800",
                components=("VEVENT",),
                read_only=True,
            ),
        ),
    )


@pytest.mark.parametrize("place", ["/", "/.well-known/caldav", "/dav/", "/p/jo/"])
def test_any_way_in_leads_there(authority: CertificateAuthority, place: str) -> None:
    def page(asked: Asked) -> Reply:
        if asked.path == "/":
            return Reply(405)
        if asked.path == "/p/jo/" and asked.login == BASIC:
            return multistatus(response("/p/jo/", principal("/p/jo/") + HOMES))
        return ordinary(asked)

    async def main() -> DavAccount | Problem:
        async with world(authority) as there:
            await there.serve(HOST, page)
            return await there.find(f"https://{HOST}{place}")

    found = run(main())
    assert isinstance(found, DavAccount)
    assert (len(found.address_books), len(found.calendars)) == (1, 1)


def test_a_service_becomes_verified_and_keeps_its_url(authority: CertificateAuthority) -> None:
    async def main() -> None:
        async with world(authority) as there:
            await there.serve(HOST, ordinary)
            url = f"https://{HOST}/.well-known/caldav"
            service = await there.verify(Service(ServiceType.CALDAV, url, USER))
            assert isinstance(service, Service)
            assert (service.url, service.verified) == (url, True)
            assert [item.name for item in service.collections] == ["work days"]
            jmap = Service(ServiceType.JMAP, f"https://{HOST}/jmap", USER)
            assert await there.verify(jmap) == jmap

    run(main())


def test_each_answer_is_a_rung_of_the_ladder(authority: CertificateAuthority) -> None:
    async def main() -> None:
        async with world(authority) as there:
            await there.serve(HOST, ordinary)
            rungs: list[Rung] = []
            url = f"https://{HOST}/.well-known/caldav"
            await there.verify(Service(ServiceType.CALDAV, url, USER), rungs)
            told = [(rung.stage, rung.ok, rung.said) for rung in rungs]
            assert told[:3] == [
                ("capability", True, "HTTP 301"),
                ("capability", True, "HTTP 401"),
                ("login", True, "HTTP 207"),
            ]
            assert set(told[3:]) == {("discover", True, "HTTP 207")}
            assert {rung.address for rung in rungs} == {HOST}
            await there.serve(HOST, lambda _: ASK_BASIC)
            rungs.clear()
            await there.verify(Service(ServiceType.CALDAV, url, USER), rungs)
            assert [(rung.stage, rung.ok) for rung in rungs] == [
                ("capability", True),
                ("login", False),
            ]

    run(main())


def test_a_server_that_answers_everybody_is_told_who_asks(authority: CertificateAuthority) -> None:
    def page(asked: Asked) -> Reply:
        if not asked.login:
            return multistatus(
                response(
                    "/",
                    "<D:current-user-principal><D:unauthenticated/></D:current-user-principal>",
                )
            )
        if asked.path == "/":
            return multistatus(response("/", principal("/p/jo/")))
        return ordinary(asked)

    async def main() -> DavAccount | Problem:
        async with world(authority) as there:
            await there.serve(HOST, page)
            return await there.find(f"https://{HOST}/")

    assert isinstance(run(main()), DavAccount)


def test_a_server_without_principals_lists_what_is_there(authority: CertificateAuthority) -> None:
    def page(asked: Asked) -> Reply:
        if asked.login != BASIC:
            return ASK_BASIC
        return multistatus(response("/c/", CALENDAR), response("/c/x.ics", "<D:resourcetype/>"))

    async def main() -> DavAccount | Problem:
        async with world(authority) as there:
            await there.serve(HOST, page)
            return await there.find(f"https://{HOST}/c/")

    assert run(main()) == DavAccount("", (), (DavCollection(f"https://{HOST}/c/", "c"),))


def test_names_in_links_may_be_written_as_people_write_them(
    authority: CertificateAuthority,
) -> None:
    """Several servers put them into links as they are, and ask for them as they should be."""

    def page(asked: Asked) -> Reply:
        if asked.path == "/dav/":
            return Reply(302, "", ("Location: /dav/J\xc3\xb6 L/",))
        if asked.login != BASIC:
            return ASK_BASIC
        if asked.path != "/dav/J%C3%B6%20L/":
            return Reply(404)
        home = "<C:calendar-home-set><D:href>/dav/Jö L/</D:href></C:calendar-home-set>"
        mine = f"https://{HOST}:443/dav/Jö%20L/"
        return multistatus(
            response(mine, principal("/dav/Jö L/") + home),
            response("/dav/Jö L/Schöne Tage/", CALENDAR),
            response("/dav/a&#10;b/", CALENDAR),
        )

    async def main() -> DavAccount | Problem:
        async with world(authority) as there:
            await there.serve(HOST, page)
            return await there.find(f"https://{HOST}/dav/")

    url = f"https://{HOST}/dav/J%C3%B6%20L/"
    calendar = DavCollection(f"{url}Sch%C3%B6ne%20Tage/", "Schöne Tage")
    assert run(main()) == DavAccount(url, (), (calendar,))


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize("qop", ['qop="auth,auth-int", ', ""])
def test_digest(authority: CertificateAuthority, algorithm: str, qop: str) -> None:
    challenge = f'Digest realm="a, \\"b\\"", {qop}nonce="n1", opaque="o", algorithm={algorithm}'

    def right(asked: Asked) -> bool:
        assert not asked.login.startswith("Basic")
        given = parse_keqv_list(parse_http_list(asked.login.removeprefix("Digest ")))

        def hashed(text: str) -> str:
            name = algorithm.replace("-", "").lower()
            return hashlib.new(name, text.encode()).hexdigest()

        first = hashed(f'{USER}:a, "b":{PASSWORD}')
        second = hashed(f"PROPFIND:{asked.path}")
        middle = f":{given['nc']}:{given['cnonce']}:auth:" if qop else ":"
        expected = hashed(f"{first}:{given['nonce']}{middle}{second}")
        return (given["uri"], given["opaque"], given["response"]) == (asked.path, "o", expected)

    def page(asked: Asked) -> Reply:
        if not asked.path.startswith("/.well-known/") and not (asked.login and right(asked)):
            return Reply(401, "", (f"WWW-Authenticate: {challenge}",))
        return ordinary(Asked(HOST, asked.method, asked.path, {"authorization": BASIC}, b""))

    async def main() -> DavAccount | Problem:
        async with world(authority) as there:
            await there.serve(HOST, page)
            return await there.find(f"https://{HOST}/.well-known/carddav")

    assert isinstance(run(main()), DavAccount)


@pytest.mark.parametrize(
    ("reply", "kind", "detail"),
    [
        (ASK_BASIC, ProblemKind.WRONG_PASSWORD, "401"),
        (Reply(401), ProblemKind.WRONG_PASSWORD, "401"),
        (
            Reply(401, "", ('WWW-Authenticate: Digest realm="x", nonce="n"',)),
            ProblemKind.WRONG_PASSWORD,
            "401",
        ),
        (Reply(401, "", ('WWW-Authenticate: Bearer realm="x"',)), ProblemKind.OAUTH_ONLY, "401"),
        (Reply(403), ProblemKind.NOT_AUTHORISED, "403"),
        (Reply(404), ProblemKind.NOTHING_FOUND, NOT_DAV),
        (Reply(200, "<html>home</html>"), ProblemKind.NOTHING_FOUND, NOT_DAV),
        (Reply(207, "<html>home</html>"), ProblemKind.NOTHING_FOUND, NOT_DAV),
        (Reply(503), ProblemKind.SERVER_DOWN, "503"),
        (Reply(500), ProblemKind.SERVER_SAID, "500"),
        (
            Reply(302, "", ("Location: /.well-known/carddav",)),
            ProblemKind.NOTHING_FOUND,
            "too-many-redirects",
        ),
    ],
    ids=lambda value: f"{value.status}" if isinstance(value, Reply) else str(value),
)
def test_what_a_refusal_means(
    authority: CertificateAuthority, reply: Reply, kind: ProblemKind, detail: str
) -> None:
    async def main() -> DavAccount | Problem:
        async with world(authority) as there:
            await there.serve(HOST, lambda _: reply)
            found = await there.find(f"https://{HOST}/.well-known/carddav")
            assert len(there.asked) <= 8
            return found

    found = run(main())
    assert isinstance(found, Problem)
    assert (found.kind, found.detail, found.host) == (kind, detail, HOST)


@pytest.mark.parametrize("flaw", list(Flaw), ids=lambda flaw: str(flaw.name))
def test_no_login_over_a_bad_certificate(authority: CertificateAuthority, flaw: Flaw) -> None:
    async def main() -> DavAccount | Problem:
        async with world(authority) as there:
            await there.serve(HOST, ordinary, flaw)
            found = await there.find(f"https://{HOST}/dav/")
            assert not there.asked
            return found

    found = run(main())
    assert isinstance(found, Problem)
    assert found.service is None


EVIL = "evil.example.net"
THERE = f"https://{EVIL}/dav/"


@pytest.mark.parametrize(
    "trap",
    [
        Reply(301, "", (f"Location: {THERE}",)),
        Reply(307, "", (f"Location: //{EVIL}/dav/",)),
        multistatus(response("/dav/", principal(THERE))),
        multistatus(
            response("/dav/", HOMES.replace("/books/jo/", THERE).replace("/cal/jo/", THERE))
        ),
        multistatus(response(THERE, principal("/dav/"))),
    ],
    ids=["redirect", "redirect without scheme", "principal", "homes", "href"],
)
def test_no_other_owner_gets_the_login(authority: CertificateAuthority, trap: Reply) -> None:
    def page(asked: Asked) -> Reply:
        return trap if asked.login == BASIC else ASK_BASIC

    async def main() -> DavAccount | Problem:
        async with world(authority) as there:
            await there.serve(HOST, page)
            await there.serve(EVIL, ordinary)
            found = await there.find(f"https://{HOST}/dav/")
            assert there.hosts_with_login == {HOST}
            assert {asked.host for asked in there.asked} == {HOST}
            return found

    found = run(main())
    assert isinstance(found, Problem)
    assert (found.kind, found.detail) == (ProblemKind.NOTHING_FOUND, ELSEWHERE)


def test_a_host_of_the_same_owner_may_be_next(authority: CertificateAuthority) -> None:
    """iCloud's way. Each host has to ask for the login itself."""
    numbered = "p42-dav.example.com"

    def page(asked: Asked) -> Reply:
        if asked.login == BASIC:
            return multistatus(response("/dav/", principal(f"http://{numbered}:80/p/jo/")))
        return ASK_BASIC

    async def main() -> DavAccount | Problem:
        async with world(authority) as there:
            await there.serve(HOST, page)
            await there.serve(numbered, ordinary)
            found = await there.find(f"https://{HOST}/dav/")
            first = next(asked for asked in there.asked if asked.host == numbered)
            assert first.login == ""
            return found

    found = run(main())
    assert isinstance(found, DavAccount)
    assert found.address_books[0].url == f"https://{numbered}/books/jo/default/"


def test_a_named_host_must_not_be_a_private_one(authority: CertificateAuthority) -> None:
    inner = "router.example.com"

    async def main() -> DavAccount | Problem:
        async with world(authority) as there:
            await there.serve(HOST, lambda _: Reply(301, "", (f"Location: https://{inner}/",)))
            await there.serve(inner, ordinary)
            found = await there.find(f"https://{HOST}/dav/", private=False)
            assert {asked.host for asked in there.asked} == {HOST}
            return found

    assert isinstance(run(main()), Problem)


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]><D:multistatus xmlns:D="DAV:"/>',
        "<multistatus>" + "x" * (2 * 1024 * 1024) + "</multistatus>",
        "<multistatus><response><href>http://[</href></response></multistatus>",
        "<multistatus><response/></multistatus>",
        "\0\xff",
    ],
    ids=["dtd", "two megabytes", "brackets", "empty response", "no XML"],
)
def test_hostile_answers_end_the_walk(authority: CertificateAuthority, body: str) -> None:
    async def main() -> DavAccount | Problem:
        async with world(authority) as there:
            await there.serve(HOST, lambda _: Reply(207, body))
            return await there.find(f"https://{HOST}/dav/")

    assert isinstance(run(main()), Problem)


def test_names_are_shown_not_obeyed(authority: CertificateAuthority) -> None:
    name = "A\u202eB&#10;C" + "x" * 500

    def page(asked: Asked) -> Reply:
        return multistatus(
            response("/dav/", f"{principal('/dav/')}{BOOK}<D:displayname>{name}</D:displayname>")
        )

    async def main() -> DavAccount | Problem:
        async with world(authority) as there:
            await there.serve(HOST, page)
            return await there.find(f"https://{HOST}/dav/")

    found = run(main())
    assert isinstance(found, DavAccount)
    assert re.match(r"A⟨202E⟩B Cx+…\Z", found.address_books[0].name)
    assert len(found.address_books[0].name) <= 120


def test_a_silent_server_is_given_up(authority: CertificateAuthority) -> None:
    async def main() -> DavAccount | Problem:
        async with AsyncExitStack() as stack:
            there = World(stack, authority)

            async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await reader.read(-1)

            tls = authority.issue([HOST]).server_context()
            port = await stack.enter_async_context(serving(silent, tls=tls))
            there._addresses[HOST] = ("127.0.9.1",)
            there._ports["127.0.9.1", 443] = ("127.0.0.1", port)
            return await there.find(f"https://{HOST}/dav/", patience=0.5)

    found = run(main())
    assert isinstance(found, Problem)
    assert (found.kind, found.host) == (ProblemKind.NO_ANSWER, HOST)
