"""Contacts and calendars beside mail: asked once the password has proved good, and not before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from tests.fakes.scripted import Answers, Town, mail_server
from tests.unit.verify.asking import ADDRESS, IMAP, PASSWORD, TLS, settings
from tests.unit.verify.test_verify_dav import ASK_BASIC, BOOK, Reply, multistatus, response
from wizard.model import (
    Evidence,
    Problem,
    ProblemKind,
    Secret,
    Service,
    ServiceType,
    Source,
    Trust,
    Verification,
)
from wizard.net.http import HttpFailure, HttpReply
from wizard.verify import verify

URL = "https://dav.example.net/books/"
CONTACTS = Service(ServiceType.CARDDAV, URL, str(ADDRESS))
CALENDARS = Service(ServiceType.CALDAV, URL, str(ADDRESS))
JMAP = Service(ServiceType.JMAP, "https://jmap.example.net/", str(ADDRESS))


class Dav:
    """A `DavClient` that answers by itself."""

    def __init__(self, answer: Callable[[bool], Reply], delay: float = 0.0) -> None:
        self._answer = answer
        self._delay = delay
        self.logins = 0

    async def propfind(
        self,
        url: str,
        body: bytes,
        *,
        depth: int,
        authorization: Secret | None = None,
        guarded: bool = False,
    ) -> HttpReply | HttpFailure:
        await asyncio.sleep(self._delay)
        self.logins += authorization is not None
        reply = self._answer(authorization is not None)
        headers = dict(line.lower().split(": ", 1) for line in reply.headers)
        assert urlsplit(url).scheme == "https"
        return HttpReply(url, reply.status, headers, reply.body.encode())


def willing(logged_in: bool) -> Reply:
    """An address book for whoever logs in."""
    return multistatus(response("/books/", BOOK)) if logged_in else ASK_BASIC


def refusing(logged_in: bool) -> Reply:
    return ASK_BASIC


def asked(town: Town, dav: Dav, *services: Service, login: str = "") -> Verification:
    town.serve("imap.example.net", 993, mail_server(IMAP, TLS, Answers(login=login)))
    return asyncio.run(
        verify(settings(IMAP), None, Secret(PASSWORD), town, services=services, http=dav)
    )


def test_contacts_are_proven_and_named(town: Town) -> None:
    result = asked(town, Dav(willing), CONTACTS, JMAP)
    (contacts,) = result.services
    assert contacts.service.verified
    assert [item.url for item in contacts.service.collections] == [URL]
    assert result.proven((CONTACTS, JMAP)) == (contacts.service, JMAP)


def test_a_refused_service_says_why_and_mail_still_works(town: Town) -> None:
    result = asked(town, Dav(refusing), CONTACTS)
    (contacts,) = result.services
    assert isinstance(contacts.problem, Problem)
    assert contacts.problem.kind is ProblemKind.WRONG_PASSWORD
    assert result.problem is None
    assert result.proven((CONTACTS,)) == (CONTACTS,)


def test_no_calendars_where_there_are_contacts_only(town: Town) -> None:
    (calendars,) = asked(town, Dav(willing), CALENDARS).services
    assert calendars.problem is not None
    assert calendars.problem.kind is ProblemKind.NOTHING_FOUND


def test_a_password_that_mail_refused_is_not_tried_elsewhere(town: Town) -> None:
    dav = Dav(willing)
    assert asked(town, dav, CONTACTS, login="NO [AUTHENTICATIONFAILED] no").services == ()
    assert dav.logins == 0


def test_a_host_that_only_a_guess_named_hears_no_password(town: Town) -> None:
    said = Evidence(Source.GUESS, ("url",), "", Trust.CONSENT)
    stranger = replace(CONTACTS, url="https://dav.stranger.example/", evidence=(said,))
    dav = Dav(willing)
    assert asked(town, dav, stranger).services == ()
    assert dav.logins == 0
    # What belongs to whoever runs the mail may hear it, and gets the user name of the mailbox.
    kin = replace(CONTACTS, username="", evidence=(said,))
    (contacts,) = asked(town, dav, kin).services
    assert contacts.service.username == "anna@example.net"
    assert contacts.service.verified


def test_mail_does_not_wait_long_for_a_silent_service(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.verify.verification.BESIDE_TIME", 0.2)
    (contacts,) = asked(town, Dav(willing, delay=60), CONTACTS).services
    assert contacts.problem is not None
    assert (contacts.problem.kind, contacts.problem.host) == (
        ProblemKind.NO_ANSWER,
        "dav.example.net",
    )
