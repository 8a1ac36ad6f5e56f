"""A diagnosis as the program wires it: settings, websites, the password; and in the demo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.outside import ADDRESS, FOUND, IMAP, PROVIDER, SMTP, WORKS
from wizard.app import demo
from wizard.app.diagnosing import known_servers, login_with, servers_of
from wizard.cli.options import Options, Unusable
from wizard.demo import DemoMode, DemoProvider
from wizard.diagnose import Servers
from wizard.model import (
    AuthMethod,
    Check,
    CheckState,
    Diagnosis,
    EmailAddress,
    Evidence,
    Failed,
    NothingFound,
    Offline,
    PasswordKind,
    Problem,
    ProblemKind,
    Provider,
    Rung,
    Secret,
    Source,
    Stage,
    Subject,
    Trust,
    Verification,
    parse_address,
)


def test_without_settings_the_search_s_problem_stands() -> None:
    offline = Problem(ProblemKind.NO_INTERNET, Stage.DISCOVER)
    mistyped = Problem(ProblemKind.DOMAIN_MISTYPED, Stage.RESOLVE, host=ADDRESS.domain)
    assert servers_of(ADDRESS, FOUND).incoming == (IMAP,)
    assert servers_of(ADDRESS, Offline(ADDRESS, offline, pack=FOUND)).incoming == (IMAP,)
    for result, kind in (
        (Offline(ADDRESS, offline), ProblemKind.NOTHING_FOUND),
        (NothingFound(ADDRESS, (IMAP, SMTP)), ProblemKind.NOTHING_FOUND),
        (Failed(ADDRESS, mistyped), ProblemKind.DOMAIN_MISTYPED),
    ):
        found = servers_of(ADDRESS, result)
        assert found.all == ()
        assert found.problem is not None
        assert found.problem.kind is kind


def test_the_web_of_one_s_own_domain_is_only_perhaps_the_provider_s() -> None:
    own = known_servers(ADDRESS, (IMAP,), (SMTP,), PROVIDER)
    assert own.websites == ()
    assert own.perhaps_websites == ("shop.example", "www.shop.example")
    hosted = replace(IMAP, host="imap.big-host.example")
    theirs = known_servers(ADDRESS, (hosted,), (), PROVIDER)
    assert theirs.websites == ("www.big-host.example",)
    assert theirs.perhaps_websites == ()


def attempt(servers: Servers, secret: Secret | None) -> list[Secret]:
    """The passwords that `verify` got to see."""
    seen: list[Secret] = []

    async def password() -> Secret | None:
        return secret

    async def verify(
        servers: Servers, secret: Secret, on_rung: Callable[[str, Rung], None]
    ) -> Verification:
        seen.append(secret)
        return WORKS

    async def run() -> None:
        await login_with(ADDRESS, password, verify)(servers, lambda side, rung: None)

    asyncio.run(run())
    return seen


def test_a_password_is_tried_only_where_it_may_go() -> None:
    secret = Secret("correct horse")
    known = known_servers(ADDRESS, (IMAP,), (SMTP,), PROVIDER)
    assert attempt(known, secret) == [secret]
    assert attempt(known, None) == []
    doubtful = Evidence(Source.GUESS, ("host", "port"), "", Trust.CONSENT, "tls-handshake")
    for change in (
        replace(known, outgoing=(replace(SMTP, evidence=(doubtful,)),)),
        replace(known, incoming=(replace(IMAP, auth=(AuthMethod.OAUTH2,)),)),
        replace(known, provider=Provider("X", password_kind=PasswordKind.OAUTH_IN_CLIENT)),
    ):
        assert attempt(change, secret) == []


def diagnosed(mode: DemoMode, folder: Path, password: str = "") -> tuple[Diagnosis, list[Check]]:
    """What the demo's own outside says of its mailbox."""
    told: list[Check] = []
    with demo.running(DemoProvider(mode)) as provider:
        network = provider.network
        host, port = network.resolver
        outside = demo.DemoOutside(
            Options(resolver=f"{host}:{port}", ca_file=network.ca_file),
            connect_map=network.port_map,
            surroundings=demo.surroundings(provider),
        )
        address = parse_address(provider.address)
        assert isinstance(address, EmailAddress)
        if password:
            outside.vault.put(address, Secret(password))

        async def run() -> Diagnosis:
            return await outside.diagnose(address, None, None, Provider(""), told.append)

        diagnosis = asyncio.run(run())
        note = folder / "note.txt"
        assert asyncio.run(outside.save_note(diagnosis, note)) == note
        assert "192.0.2.44" in note.read_text(encoding="utf-8")
        if password:
            assert password not in note.read_text(encoding="utf-8")
        outside.vault.clear()
    return diagnosis, told


def test_the_demo_can_be_diagnosed(tmp_path: Path) -> None:
    diagnosis, told = diagnosed(DemoMode.NORMAL, tmp_path, "sunflower")
    assert diagnosis.verdict is None
    assert (diagnosis.public_v4, diagnosis.public_v6) == ("192.0.2.44", "2001:db8::44")
    good = {check.subject for check in told if check.state is CheckState.GOOD}
    assert good >= {
        Subject.INTERNET,
        Subject.SETTINGS,
        Subject.RECEIVING,
        Subject.SENDING,
        Subject.WEBSITE,
        Subject.PUBLIC_ADDRESS,
        Subject.SIGN_IN_RECEIVING,
        Subject.SIGN_IN_SENDING,
    }


def test_the_demo_s_bad_day(tmp_path: Path) -> None:
    diagnosis, _ = diagnosed(DemoMode.WRONG_PASSWORD, tmp_path, "sunflower")
    assert diagnosis.verdict is not None
    assert diagnosis.verdict.kind is ProblemKind.WRONG_PASSWORD


def test_a_note_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    outside = demo.DemoOutside(Options())
    diagnosis, _ = diagnosed(DemoMode.NORMAL, tmp_path)
    outcome = asyncio.run(outside.save_note(diagnosis, tmp_path / "none" / "note.txt"))
    assert isinstance(outcome, Problem)
    assert outcome.kind is ProblemKind.FOLDER_NOT_WRITABLE


def test_controls_that_cannot_be_read_are_said_at_once(tmp_path: Path) -> None:
    file = tmp_path / "controls.toml"
    file.write_text("unknown = 1")
    for path in (file, tmp_path / "none.toml"):
        with pytest.raises(Unusable) as raised:
            demo.DemoOutside(Options(controls_file=path))
        assert raised.value.option == "--controls"
