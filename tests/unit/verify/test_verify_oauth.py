"""Sign-in in the browser against a local identity provider, and logins with its token."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.fakes.scripted import Answers, Town, mail_server
from tests.unit.net.loopback import FixedResolver
from tests.unit.verify.asking import ADDRESS, IMAP, POP3, SMTP, TLS, problem_of, settings, worked
from tests.unit.verify.test_verify_dav import Asked, Reply, world
from wizard.discovery.pack import read_pack
from wizard.model import (
    AuthMethod,
    OAuthClient,
    Problem,
    ProblemKind,
    Secret,
    ServerType,
    SideResult,
)
from wizard.net.http import HttpsClient
from wizard.net.streams import TcpConnector
from wizard.net.tls import TlsContexts
from wizard.verify import oauth, verify
from wizard.verify.oauth import Token, sign_in

HOST = "id.example.net"
TOKEN = "t0ken.of-Anna~_"
CLIENT = OAuthClient(
    "mail-wizard",
    f"https://{HOST}/authorize?tenant=1",
    f"https://{HOST}/token",
    ("imap", "smtp"),
)


@dataclass
class Identity:
    """An identity provider: its sign-in page, and its token endpoint, which checks everything."""

    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    token: dict[str, object] = field(
        default_factory=lambda: {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}
    )
    redirects: list[str] = field(default_factory=list)

    def page(self, url: str) -> str:
        """Where the browser goes once the person has signed in."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert query["tenant"] == "1"
        assert (query["scope"], query["login_hint"]) == ("imap smtp", str(ADDRESS))
        assert urlsplit(query["redirect_uri"]).hostname == "127.0.0.1"
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        self.redirects.append(query["redirect_uri"])
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def answer(self, asked: Asked) -> Reply:
        """The token endpoint (RFC 6749 section 5, RFC 7636 section 4.6)."""
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        given = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            given is None
            or challenge != given["code_challenge"]
            or form["redirect_uri"] != given["redirect_uri"]
            or form["client_id"] != given["client_id"]
            or form["grant_type"] != "authorization_code"
        ):
            return Reply(400, json.dumps({"error": "invalid_grant"}))
        return Reply(200, json.dumps(self.token), ("Content-Type: application/json",))


def visit(url: str) -> tuple[int, str]:
    """What a browser does with an address."""
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, ""


class Browser:
    """Signs in and comes back, in a thread of its own as a real one does."""

    def __init__(self, goes: Callable[[str], list[str]]) -> None:
        self._goes = goes
        self.seen: list[tuple[int, str]] = []
        self._threads: list[threading.Thread] = []

    def open(self, url: str) -> None:
        def browse() -> None:
            self.seen += [visit(next_url) for next_url in self._goes(url)]

        self._threads.append(threading.Thread(target=browse))
        self._threads[-1].start()

    def close(self) -> None:
        for thread in self._threads:
            thread.join(timeout=10)


@pytest.fixture
def identity() -> Iterator[Identity]:
    yield Identity()


def signed_in(
    town: Town, identity: Identity, goes: Callable[[str], list[str]], patience: float = 20.0
) -> tuple[Token | Problem, Browser]:
    browser = Browser(goes)

    async def main() -> Token | Problem:
        authority = town.authority
        async with world(authority) as there:
            await there.serve(HOST, identity.answer)
            contexts = TlsContexts(authority.root)
            connector = TcpConnector(FixedResolver(there._addresses), contexts, there._ports)
            http = HttpsClient(connector, contexts)
            try:
                return await sign_in(
                    CLIENT, str(ADDRESS), http, browser.open, thanks="Bye", patience=patience
                )
            finally:
                await http.aclose()

    outcome = asyncio.run(main())
    browser.close()
    return outcome, browser


def test_a_token_comes_back_through_the_browser(town: Town, identity: Identity) -> None:
    token, browser = signed_in(town, identity, lambda url: [identity.page(url)])
    assert isinstance(token, Token)
    assert token.access.reveal() == TOKEN
    assert token.seconds == 3600
    assert TOKEN not in repr(token)
    status, page = browser.seen[0]
    assert (status, "Bye" in page) == (200, True)
    # Nobody listens any more.
    port = urlsplit(identity.redirects[0]).port or 0
    with closing(socket.socket()) as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_only_the_answer_with_our_state_counts(town: Town, identity: Identity) -> None:
    def goes(url: str) -> list[str]:
        good = identity.page(url)
        bare = good.partition("?")[0]
        return [
            f"{bare}?code=stolen&state=guessed",
            f"{bare}?code=stolen",
            f"{bare}?code=stolen&state=a&state=b",
            bare.replace("/callback", "/else") + "?" + good.partition("?")[2],
            good,
        ]

    token, browser = signed_in(town, identity, goes)
    assert isinstance(token, Token)
    assert [status for status, _ in browser.seen] == [404, 404, 404, 404, 200]


def test_a_code_that_was_injected_is_worth_nothing(town: Town, identity: Identity) -> None:
    """Somebody else's code under our state: the verifier does not fit it."""

    def goes(url: str) -> list[str]:
        good = identity.page(url)
        other = identity.page(url.replace("code_challenge=", "code_challenge=x"))
        code = parse_qs(urlsplit(other).query)["code"][0]
        return [good.replace("code=code-0", f"code={code}")]

    problem, _ = signed_in(town, identity, goes)
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.BROWSER_SIGN_IN_NEEDED
    assert problem.server_said == "invalid_grant"


def test_who_declines_is_believed(town: Town, identity: Identity) -> None:
    def goes(url: str) -> list[str]:
        good = identity.page(url)
        state = parse_qs(urlsplit(good).query)["state"][0]
        query = {"error": "access_denied", "error_description": "no\u202e", "state": state}
        return [f"{good.partition('?')[0]}?{urlencode(query)}"]

    problem, _ = signed_in(town, identity, goes)
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.BROWSER_SIGN_IN_NEEDED
    assert problem.server_said == "access_denied no⟨202E⟩"


def test_nobody_is_waited_for_for_ever(town: Town, identity: Identity) -> None:
    problem, _ = signed_in(town, identity, lambda url: [], patience=0.2)
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.BROWSER_SIGN_IN_NEEDED


def test_the_door_closes_after_too_many_knocks(town: Town, identity: Identity) -> None:
    def goes(url: str) -> list[str]:
        bare = identity.page(url).partition("?")[0]
        return [f"{bare}?state=no"] * (oauth.MAX_REQUESTS + 1)

    problem, _ = signed_in(town, identity, goes)
    assert isinstance(problem, Problem)


def test_endless_requests_are_cut(
    town: Town, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oauth, "REQUEST_TIME", 0.3)

    def goes(url: str) -> list[str]:
        good = identity.page(url)
        port = urlsplit(good).port or 0
        for junk in (b"GET /callback?" + b"x" * 20_000, b"GET /callback"):
            with closing(socket.create_connection(("127.0.0.1", port), timeout=5)) as stream:
                stream.sendall(junk)
                with suppress(ConnectionResetError):
                    assert stream.recv(100) == b""
        return [good]

    token, _ = signed_in(town, identity, goes)
    assert isinstance(token, Token)


@pytest.mark.parametrize(
    "token",
    [
        {"access_token": TOKEN},
        {"access_token": TOKEN, "token_type": "mac"},
        {"access_token": "", "token_type": "Bearer"},
        {"access_token": "a\1b", "token_type": "Bearer"},
        {"token_type": "Bearer"},
        ["x"],
    ],
)
def test_strange_tokens_are_not_used(town: Town, identity: Identity, token: object) -> None:
    identity.token = token  # type: ignore[assignment] # strange on purpose
    outcome, _ = signed_in(town, identity, lambda url: [identity.page(url)])
    assert isinstance(outcome, Problem)


# ---- the login ----------------------------------------------------------------------------------

SERVICES = [IMAP, POP3, SMTP]
WORDS = {
    "XOAUTH2": {
        IMAP: "IMAP4rev1 SASL-IR AUTH=XOAUTH2",
        POP3: "SASL XOAUTH2",
        SMTP: "AUTH XOAUTH2",
    },
    "OAUTHBEARER": {
        IMAP: "IMAP4rev1 AUTH=XOAUTH2 AUTH=OAUTHBEARER",
        POP3: "SASL OAUTHBEARER XOAUTH2",
        SMTP: "AUTH XOAUTH2 OAUTHBEARER",
    },
}


def log_in(town: Town, service: ServerType, answers: Answers) -> tuple[SideResult, list[str]]:
    server = replace(settings(service), auth=(AuthMethod.OAUTH2,))
    seen = town.serve(server.host, server.port, mail_server(service, TLS, answers))
    incoming = server if server.type.is_incoming else None
    outgoing = None if server.type.is_incoming else server
    result = asyncio.run(
        verify(incoming, outgoing, Secret(TOKEN), town, address=ADDRESS, by_token=True)
    )
    return (result.incoming if incoming else result.outgoing), seen.lines


def spoken(lines: list[str]) -> bytes:
    """The message of the mechanism, wherever it stood."""
    for line in lines:
        for word in line.split():
            try:
                plain = base64.b64decode(word, validate=True)
            except ValueError:
                continue
            if b"Bearer" in plain:
                return plain
    raise AssertionError(lines)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("mechanism", WORDS)
def test_a_token_opens_the_mailbox(town: Town, service: ServerType, mechanism: str) -> None:
    side, lines = log_in(town, service, Answers(capabilities=WORDS[mechanism][service]))
    assert worked(side).server.auth == (AuthMethod.OAUTH2,)
    server = settings(service)
    expected = f"user={server.username}\1auth=Bearer {TOKEN}\1\1"
    if mechanism == "OAUTHBEARER":
        expected = (
            f"n,a={server.username},\1host={server.host}\1port={server.port}\1"
            f"auth=Bearer {TOKEN}\1\1"
        )
    assert spoken(lines) == expected.encode()
    assert any(f" {mechanism}" in line for line in lines)


@pytest.mark.parametrize("service", SERVICES)
def test_a_refused_token_is_no_wrong_password(town: Town, service: ServerType) -> None:
    no = {IMAP: "NO [AUTHENTICATIONFAILED] no", POP3: "-ERR [AUTH] no", SMTP: "535 5.7.8 no"}
    side, lines = log_in(
        town, service, Answers(capabilities=WORDS["XOAUTH2"][service], login=no[service])
    )
    problem = problem_of(side)
    assert problem.kind is ProblemKind.BROWSER_SIGN_IN_NEEDED
    assert TOKEN not in repr(problem)
    assert sum("XOAUTH2" in line for line in lines) == 1


def test_no_token_goes_where_only_passwords_are_taken(town: Town) -> None:
    side, lines = log_in(town, IMAP, Answers(capabilities="IMAP4rev1 AUTH=PLAIN"))
    problem_of(side)
    assert not any("AUTH" in line for line in lines)


# ---- the provider file --------------------------------------------------------------------------

FILE = """
format = 1
[[provider]]
id = "shop"
name = "Shop"
domains = ["shop.example"]
servers = ["imap imap.shop.example:993 tls auth=oauth2"]
password = "oauth-in-client"
oauth = {{ {oauth} }}
"""


def test_a_provider_file_configures_the_client() -> None:
    text = FILE.format(
        oauth='client_id = "x", authorize = "https://id.shop.example/a", '
        'token = "https://id.shop.example/t", scopes = ["imap"]'
    )
    pack = read_pack(text)
    assert not isinstance(pack, tuple), pack
    assert pack.entries[0].provider.oauth == OAuthClient(
        "x", "https://id.shop.example/a", "https://id.shop.example/t", ("imap",)
    )


@pytest.mark.parametrize(
    "oauth",
    [
        'client_id = "x", authorize = "http://id.shop.example/a", token = "https://x.example/t"',
        'authorize = "https://id.shop.example/a", token = "https://id.shop.example/t"',
        'client_id = "x", surprise = 1',
    ],
)
def test_a_provider_file_with_less_is_refused(oauth: str) -> None:
    faults = read_pack(FILE.format(oauth=oauth))
    assert isinstance(faults, tuple)
    assert any("oauth" in fault.field for fault in faults)


def test_nothing_of_it_is_in_the_bundled_list() -> None:
    """Client ids belong to organisations; this program has none of its own."""
    bundled = Path(__file__).parents[3] / "resources" / "providers.toml"
    lines = bundled.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if line.startswith("oauth")]
