"""Which services are asked for their collections, and with what."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from tests.unit.clients.support import account
from wizard.app.outside import Outside
from wizard.app.services import open_services
from wizard.cli.options import Options
from wizard.model import (
    ClientPlan,
    DavCollection,
    Evidence,
    Places,
    Problem,
    ProblemKind,
    Provider,
    Secret,
    Service,
    ServiceType,
    Source,
    Stage,
    Trust,
)
from wizard.model.provider import PasswordKind
from wizard.net import Network

WORK = DavCollection("https://dav.shop.example/office/", "Work")


class _Net:
    http = None


def service(url: str, *trust: Trust, kind: ServiceType = ServiceType.CALDAV) -> Service:
    said = tuple(Evidence(Source.AUTOCONFIG, ("url",), "", item) for item in trust)
    return Service(kind, url, "", evidence=said)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    seen: list[tuple[str, str, str]] = []

    async def verify_service(item: Service, secret: Secret, http: object) -> Service | Problem:
        seen.append((item.url, item.username, secret.reveal()))
        if "empty" in item.url:
            return Problem(ProblemKind.NOTHING_FOUND, Stage.DISCOVER)
        return replace(item, verified=True, collections=(WORK,))

    monkeypatch.setattr("wizard.verify.verify_service", verify_service)
    return seen


def opened(*services: Service, provider: Provider = Provider("Shop")) -> tuple[Service, ...]:  # noqa: B008 - frozen
    wanted = account(services=services, provider=provider)
    made = open_services(wanted, Secret("ab cd"), cast("Network", _Net()))
    return asyncio.run(made).services


def test_opens_what_it_may(asked: list[tuple[str, str, str]]) -> None:
    mine = service("https://dav.shop.example/", Trust.CONSENT)
    trusted = service("https://dav.other.example/", Trust.TRUSTED)
    by_hand = service("https://hand.example/")
    found = opened(mine, trusted, by_hand)
    assert [item.verified for item in found] == [True, True, True]
    assert found[0].collections == (WORK,)
    assert asked[0] == ("https://dav.shop.example/", "ada@shop.example", "ab cd")


def test_gives_the_password_to_no_stranger(asked: list[tuple[str, str, str]]) -> None:
    strange = service("https://dav.stranger.example/", Trust.CONSENT)
    jmap = service("https://shop.example/jmap", Trust.TRUSTED, kind=ServiceType.JMAP)
    assert opened(strange, jmap) == (strange, jmap)
    assert asked == []


def test_what_does_not_open_stays_as_it_was(asked: list[tuple[str, str, str]]) -> None:
    empty = service("https://empty.shop.example/", Trust.TRUSTED)
    assert opened(empty) == (empty,)
    assert len(asked) == 1


def test_app_passwords_lose_their_blanks(asked: list[tuple[str, str, str]]) -> None:
    provider = Provider("Shop", password_kind=PasswordKind.APP_PASSWORD)
    opened(service("https://dav.shop.example/"), provider=provider)
    assert asked[0][2] == "abcd"


def test_the_sheet_of_the_window_has_the_steps_of_what_was_chosen(tmp_path: Path) -> None:
    outside = Outside(Options(), places=Places("linux", tmp_path, tmp_path, tmp_path, tmp_path))
    plan = asyncio.run(outside.plan("sheet", account(), "", ("thunderbird", "sheet")))
    assert isinstance(plan, ClientPlan)
    page = plan.files[0].content.decode()
    assert "<h2>Thunderbird</h2>" in page
    assert "<h2>Outlook</h2>" not in page
