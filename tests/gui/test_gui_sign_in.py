"""Sign-in with the browser, whole: a host's provider file, the window, the real outside behind it,
an identity provider that checks everything, and mail servers that take its token only."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from tests.fakes.scripted import Answers, Server, Talk, Town, mail_server
from tests.gui.conftest import OpenWindow
from tests.gui.outside import FakeServices
from tests.gui.test_gui_journeys import Person
from tests.lab.ca import CertificateAuthority
from tests.unit.clients.support import places
from tests.unit.verify.asking import ADDRESS, IMAP, SMTP, TLS
from tests.unit.verify.test_verify_dav import Asked
from tests.unit.verify.test_verify_oauth import HOST, TOKEN, Browser, Identity
from wizard.app.outside import Outside
from wizard.cli.options import Options
from wizard.flow import Page
from wizard.gui.pages.password import PasswordPage
from wizard.model import EmailAddress, ProblemKind, Secret, ServerType, SideVerified
from wizard.net import Network
from wizard.net.http import HttpsClient
from wizard.net.tls import TlsContexts

FILE = f"""
format = 1
[[provider]]
id = "club"
name = "The Club"
domains = ["{ADDRESS.domain}"]
servers = [
  "imap imap.{ADDRESS.domain}:993 tls auth=oauth2",
  "smtp smtp.{ADDRESS.domain}:465 tls auth=oauth2",
]
password = "oauth-in-client"
[provider.oauth]
client_id = "mail-wizard"
authorize = "https://{HOST}/authorize?tenant=1"
token = "https://{HOST}/token"
scopes = ["imap", "smtp"]
"""
CAPABILITIES = {IMAP: "IMAP4rev1 SASL-IR AUTH=XOAUTH2", SMTP: "AUTH XOAUTH2"}
REFUSED = {IMAP: "NO [AUTHENTICATIONFAILED] no", SMTP: "535 5.7.8 no"}


class Names(Town):
    """The town's servers, and its name server as the program's resolver."""

    async def aclose(self) -> None:
        """There is nothing to end."""

    def network(self) -> Network:
        """Our own network code in this town."""
        contexts = TlsContexts(self.authority.root)
        connector = self.connector
        http = HttpsClient(connector, contexts)
        preparing = threading.Thread(target=http.prepare)
        preparing.start()
        return Network(self, http, connector, None, preparing)  # type: ignore[arg-type]


class RealOutside(Outside):
    """The one the program has, in the town, noting what would go into the keychain."""

    def __init__(self, town: Names, provider_file: Path, home: Path) -> None:
        super().__init__(Options(provider_file=provider_file), places=places(home))
        self._town = town
        self.stored: list[EmailAddress] = []

    def _open(self) -> Network:
        return self._town.network()

    async def store_password(self, account: object) -> None:
        self.stored.append(ADDRESS)

    async def stored_password(self, address: EmailAddress) -> Secret | None:
        return None


class Club:
    """The other side: sign-in page, token endpoint, two mail servers. `goes`: what the person does
    on the sign-in page."""

    def __init__(self, town: Names) -> None:
        self.identity = Identity()
        self.goes: Callable[[str], list[str]] = lambda url: [self.identity.page(url)]
        self.opened: list[str] = []
        self.browser = Browser(lambda url: self.goes(url))
        town.serve(HOST, 443, self._web)
        town.address("iana.org")  # whoever looks it up wants to know whether there is a network
        self.mail: dict[ServerType, Server] = {
            service: town.serve(
                f"{service.value}.{ADDRESS.domain}",
                {IMAP: 993, SMTP: 465}[service],
                mail_server(
                    service,
                    TLS,
                    Answers(capabilities=CAPABILITIES[service], login=_judge(service)),
                ),
            )
            for service in (IMAP, SMTP)
        }

    def open(self, url: str) -> None:
        """In place of the person's browser."""
        self.opened.append(url)
        self.browser.open(url)

    def _web(self, talk: Talk) -> None:
        talk.start_tls()
        while True:
            method, path, _ = talk.line().split(" ")
            headers = {}
            while line := talk.line():
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            body = talk.exactly(int(headers.get("content-length", "0")))
            reply = self.identity.answer(Asked(HOST, method, path, headers, body))
            content = reply.body.encode()
            head = (
                f"HTTP/1.1 {reply.status} x",
                f"Content-Length: {len(content)}",
                *reply.headers,
                "",
            )
            talk.say(*head)
            talk.raw(content)


def _has_token(line: str) -> bool:
    """Whether XOAUTH2's message is the one for this mailbox."""
    expected = base64.b64encode(f"user={ADDRESS}\1auth=Bearer {TOKEN}\1\1".encode()).decode()
    return expected in line.split()


def _judge(service: ServerType) -> Callable[[str], str]:
    """Lets in who has the token; empty stands for the server's usual yes."""
    return lambda line: "" if _has_token(line) else REFUSED[service]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Names]:
    with Names(CertificateAuthority(tmp_path / "authority")) as town:
        yield town


@pytest.fixture
def club(town: Names, monkeypatch: pytest.MonkeyPatch) -> Iterator[Club]:
    made = Club(town)
    monkeypatch.setattr("wizard.app.verifying.webbrowser.open", made.open)
    yield made
    made.browser.close()


@pytest.fixture
def outside(town: Names, club: Club, tmp_path: Path) -> RealOutside:
    file = tmp_path / "mail-wizard-provider.toml"
    file.write_text(FILE, encoding="utf-8")
    home = tmp_path / "home"
    home.mkdir()
    made = RealOutside(town, file, home)
    made.listen()
    return made


@pytest.fixture
def person(open_window: OpenWindow, qtbot: QtBot, outside: RealOutside) -> Person:
    """At the page where the browser signs in."""
    somebody = Person(open_window(services=outside), qtbot, FakeServices())
    somebody.address(str(ADDRESS))
    somebody.sees(Page.FOUND)
    somebody.press()
    somebody.sees(Page.PASSWORD)
    assert not somebody.page(PasswordPage).password.isVisible()
    assert somebody.wizard.shell.primary.text() == "Sign in with the browser"
    return somebody


def test_from_the_address_through_the_browser_to_the_programs(
    person: Person, club: Club, outside: RealOutside
) -> None:
    person.press()
    person.until(lambda: person.wizard.controller.state.tested_at is not None)
    person.idle()
    state = person.wizard.controller.state
    assert state.verification is not None
    assert isinstance(state.verification.incoming, SideVerified)
    assert isinstance(state.verification.outgoing, SideVerified)
    assert len(club.opened) == 1
    club.browser.close()
    status, page = club.browser.seen[0]
    assert (status, "You can close this page." in page) == (200, True)
    assert all(any(_has_token(line) for line in server.lines) for server in club.mail.values())
    person.press()
    person.sees(Page.PROGRAMS)
    person.idle()
    # The token was for one verification: it is kept nowhere, shown nowhere, written nowhere.
    assert outside.stored == []
    assert TOKEN not in repr(person.wizard.controller.state)
    assert TOKEN not in "\n".join(outside.log())
    assert any("works" in line for line in outside.log())
    for widget in person.wizard.window.findChildren(QWidget):
        said = getattr(widget, "text", None)
        assert isinstance(widget, QLineEdit) or not callable(said) or TOKEN not in str(said())
    kept = [path for path in outside.places.home.rglob("*") if path.is_file()]
    assert not [path for path in kept if TOKEN.encode() in path.read_bytes()]


def test_who_declines_in_the_browser_is_told_and_may_try_again(person: Person, club: Club) -> None:
    agrees = club.goes

    def declines(url: str) -> list[str]:
        good = club.identity.page(url)
        state = parse_qs(urlsplit(good).query)["state"][0]
        return [f"{good.partition('?')[0]}?{urlencode({'error': 'access_denied', 'state': state})}"]

    club.goes = declines
    person.press()
    person.until(lambda: person.wizard.controller.state.problem is not None)
    page = person.page(PasswordPage)
    problem = person.wizard.controller.state.problem
    assert problem is not None
    assert problem.kind is ProblemKind.BROWSER_SIGN_IN_NEEDED
    assert page.problem.isVisible()
    assert page.problem.title.text() == "You are not signed in yet."
    assert person.focus() is page.problem
    assert club.mail[IMAP].count("AUTHENTICATE") == 0
    club.goes = agrees
    person.breathe()
    page.problem.action.click()
    person.until(lambda: person.wizard.controller.state.tested_at is not None)
    assert len(club.opened) == 2


def test_stop_closes_the_door_that_the_browser_would_come_back_to(
    person: Person, club: Club
) -> None:
    comes_back = threading.Event()
    late: list[str] = []

    def takes_its_time(url: str) -> list[str]:
        late.append(club.identity.page(url))
        comes_back.wait(20)
        return []

    club.goes = takes_its_time
    person.press()
    person.until(lambda: bool(late))
    person.go_back()
    person.idle()
    assert person.wizard.shell.primary.text() == "Sign in with the browser"
    port = urlsplit(late[0]).port or 0
    person.until(lambda: not _is_open(port))
    comes_back.set()
    assert person.wizard.controller.state.tested_at is None
    assert all(server.count("AUTH ") == 0 for server in club.mail.values())


def _is_open(port: int) -> bool:
    """Without knocking: who closes just then would be left with a caller."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False


def test_a_mail_server_that_refuses_the_token_asks_for_a_new_sign_in(
    person: Person, club: Club
) -> None:
    club.identity.token = {"access_token": "stale", "token_type": "Bearer"}
    person.press()
    person.until(lambda: person.wizard.controller.state.problem is not None)
    problem = person.wizard.controller.state.problem
    assert problem is not None
    assert problem.kind is ProblemKind.BROWSER_SIGN_IN_NEEDED
    assert person.wizard.controller.state.tested_at is None
    title = person.page(PasswordPage).problem.title.text()
    assert title == f"imap.{ADDRESS.domain} did not accept the sign-in."
