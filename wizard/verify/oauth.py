"""Sign-in in the browser: authorisation code with PKCE over a loopback redirect.

RFC 8252 (native apps), RFC 7636 (PKCE, S256 only), RFC 6749, RFC 9700 (current practice). Used
only where an organisation configured a client id of its own. The token lives in memory, as a
`Secret`, for one verification; no refresh token is kept.

The listener is open for one answer: on 127.0.0.1 alone, on a port the system chooses, for a
bounded time and a bounded number of short requests, and it takes the one whose `state` is ours.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import html
import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qs, urlencode, urlsplit

from wizard.model import OAuthClient, Problem, ProblemKind, Secret, Stage
from wizard.net.http import HttpFailure, HttpReply
from wizard.verify.text import cleaned

PATIENCE = 180.0
"""Seconds the person has in the browser."""
MAX_REQUESTS = 20
MAX_HEAD = 8 * 1024
REQUEST_TIME = 5.0
MAX_TOKEN = 16 * 1024
_PATH = "/callback"


class Poster(Protocol):
    """What the exchange of the code needs of https."""

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
    ) -> HttpReply | HttpFailure: ...


@dataclass(frozen=True, slots=True)
class Token:
    """What the identity provider gave. `seconds`: how long it holds, 0 where it does not say."""

    access: Secret
    refresh: Secret | None = None
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came back through the browser: a code or a reason."""

    code: Secret | None
    reason: str = ""


async def sign_in(
    client: OAuthClient,
    login_hint: str,
    http: Poster,
    open_page: Callable[[str], object],
    *,
    thanks: str = "You can close this page.",
    patience: float = PATIENCE,
) -> Token | Problem:
    """Lets the person sign in in the browser and fetches a token.

    `open_page` gets the address to open. `thanks`: what the browser shows at the end. Problems:
    BROWSER_SIGN_IN_NEEDED where nobody came back or access was denied, SERVER_SAID where the
    identity provider made no sense, network problems as NO_ANSWER.
    """
    host = urlsplit(client.token_url).hostname or ""
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    door = _Door(state, thanks)
    await door.open()
    try:
        open_page(_page(client, login_hint, door.address, state, verifier))
        async with asyncio.timeout(patience):
            answer = await door.answer
    except TimeoutError:
        return _problem(ProblemKind.BROWSER_SIGN_IN_NEEDED, host, detail="nobody came back")
    finally:
        await door.close()
    if answer.code is None:
        return _problem(ProblemKind.BROWSER_SIGN_IN_NEEDED, host, said=answer.reason)
    form = {
        "grant_type": "authorization_code",
        "code": answer.code.reveal(),
        "redirect_uri": door.address,
        "client_id": client.client_id,
        "code_verifier": verifier,
    }
    if client.client_secret:
        form["client_secret"] = client.client_secret
    reply = await http.post(
        client.token_url,
        urlencode(form).encode(),
        headers={
            "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
        },
        follow=False,
    )
    if isinstance(reply, HttpFailure):
        return _problem(ProblemKind.NO_ANSWER, host, detail=reply.reason)
    return _token(reply, host)


def _page(client: OAuthClient, hint: str, redirect: str, state: str, verifier: str) -> str:
    """The address of the sign-in page (RFC 6749 section 4.1.1, RFC 7636 section 4.3)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    query = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect,
        "scope": " ".join(client.scopes),
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii"),
        "code_challenge_method": "S256",
        "login_hint": hint,
    }
    mark = "&" if urlsplit(client.authorize_url).query else "?"
    return f"{client.authorize_url}{mark}{urlencode(query)}"


def _token(reply: HttpReply, host: str) -> Token | Problem:
    """The token in a reply (RFC 6749 section 5); what a refusal says is quoted, never a token."""
    try:
        document = json.loads(reply.body[:MAX_TOKEN])
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return _problem(ProblemKind.SERVER_SAID, host, detail=f"status {reply.status}")
    access, kind = document.get("access_token"), document.get("token_type")
    if reply.status != 200 or not isinstance(access, str) or not access.isascii() or not access:
        said = " ".join(
            str(document[key]) for key in ("error", "error_description") if key in document
        )
        return _problem(ProblemKind.BROWSER_SIGN_IN_NEEDED, host, said=said)
    if not isinstance(kind, str) or kind.lower() != "bearer" or not access.isprintable():
        return _problem(ProblemKind.SERVER_SAID, host, detail="not a bearer token")
    refresh, seconds = document.get("refresh_token"), document.get("expires_in")
    return Token(
        Secret(access),
        Secret(refresh) if isinstance(refresh, str) else None,
        seconds if isinstance(seconds, int) else 0,
    )


def _problem(kind: ProblemKind, host: str, *, said: str = "", detail: str = "") -> Problem:
    facts = (("sign_in", "open"),) if kind is ProblemKind.BROWSER_SIGN_IN_NEEDED else ()
    return Problem(
        kind, Stage.LOGIN, host=host, server_said=cleaned(said), detail=detail, facts=facts
    )


class _Door:
    """The loopback listener: waits for the browser to come back with our `state`."""

    def __init__(self, state: str, thanks: str) -> None:
        self._state = state
        self._thanks = thanks
        self._requests = 0
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self.address = ""
        self.answer: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()

    async def open(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, limit=MAX_HEAD, backlog=4
        )
        port = self._server.sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{port}{_PATH}"

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        if self._talks:  # the page that says goodbye is still on its way
            await asyncio.wait(self._talks, timeout=1.0)
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            async with asyncio.timeout(REQUEST_TIME):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._reply(head.split(b"\r\n", 1)[0]))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self._talks.discard(task)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def _reply(self, request: bytes) -> bytes:
        self._requests += 1
        if self._requests > MAX_REQUESTS and not self.answer.done():
            self.answer.set_result(_Answer(None, "too many requests"))
        method, _, rest = request.decode("latin-1").partition(" ")
        target = urlsplit(rest.partition(" ")[0])
        fields = parse_qs(target.query, max_num_fields=20)
        given = fields.get("state", [""])
        ours = len(given) == 1 and hmac.compare_digest(given[0].encode(), self._state.encode())
        if method != "GET" or target.path != _PATH or not ours or self.answer.done():
            return _http(404, "Not here.")
        codes = fields.get("code", [])
        if len(codes) == 1 and "error" not in fields:
            self.answer.set_result(_Answer(Secret(codes[0])))
        else:
            reasons = fields.get("error", []) + fields.get("error_description", [])
            self.answer.set_result(_Answer(None, " ".join(reasons)))
        return _http(200, self._thanks)


def _http(status: int, text: str) -> bytes:
    """A page that runs nothing, refers nowhere and is not kept."""
    body = f"<!doctype html><meta charset=utf-8><title>Mail</title><p>{html.escape(text)}".encode()
    lines = (
        f"HTTP/1.1 {status} {'OK' if status == 200 else 'Not Found'}",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "Referrer-Policy: no-referrer",
        "Content-Security-Policy: default-src 'none'",
        "Connection: close",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
