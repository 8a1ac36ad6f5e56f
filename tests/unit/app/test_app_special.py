"""Providers that are special: from discovery to the last page, without a dead end.

The real search over names that say what such a domain's names say, the real flow, the real
programs' files; only the login is left out, which most of these providers do not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.fakes.network import FakeNetwork
from tests.unit.clients.support import ONE_ACCOUNT, places, profile
from tests.unit.discovery.support import search
from wizard.clients import registry
from wizard.clients.prefs import Prefs
from wizard.discovery import Pack, load_pack
from wizard.flow import Page, RowState, State, reduce
from wizard.flow import effects as do
from wizard.flow import events as ev
from wizard.model import (
    LOOPBACK,
    AuthMethod,
    ClientPlan,
    How,
    PasswordKind,
    Places,
    SideVerified,
    SourceWords,
    Verification,
)
from wizard.net.http import HttpReply
from wizard.net.resolver import Mx

ROOT = Path(__file__).parents[3]
WORDS = SourceWords()
NOW = datetime(2026, 11, 25, tzinfo=UTC)
PROGRAMS = ("thunderbird", "outlook", "apple", "thunderbird-mobile", "sheet")


@pytest.fixture(scope="module")
def pack() -> Pack:
    loaded = load_pack(ROOT / "resources" / "providers.toml")
    assert isinstance(loaded, Pack)
    return loaded


@pytest.fixture
def home(tmp_path: Path) -> Places:
    return places(tmp_path)


class Person:
    """Somebody who clicks what each page offers; the outside is the real rooms."""

    def __init__(self, pack: Pack, home: Places, network: FakeNetwork) -> None:
        self.state = State()
        self._pack = pack
        self._home = home
        self._network = network

    def does(self, event: ev.Event) -> None:
        """One click, and everything that follows from it."""
        self.state, effects = reduce(self.state, event)
        for effect in effects:
            for answer in self._answers(effect):
                self.does(answer)

    def _answers(self, effect: do.Effect) -> Sequence[ev.Event]:
        match effect:
            case do.Search(request=request, address=address):
                result = search(self._network, str(address), pack=self._pack)
                return [ev.SearchFinished(request, result)]
            case do.Verify(request=request, incoming=incoming, outgoing=outgoing):
                assert incoming is not None
                assert outgoing is not None
                tested = [replace(s, auth=(AuthMethod.PLAIN,)) for s in (incoming, outgoing)]
                first, second = (SideVerified(server, 1, ()) for server in tested)
                return [ev.VerifyFinished(request, Verification(first, second), NOW)]
            case do.Detect(request=request):
                return [ev.ProgramsDetected(request, registry.detect_all(self._home))]
            case do.MakePlan(request=request, client=client, account=account):
                made = registry.plan(client, account, self._home, WORDS, chosen=PROGRAMS)
                return [ev.PlanMade(request, client, made)]
            case do.ApplyPlan(request=request, plan=plan):
                return [ev.PlanApplied(request, plan.client, registry.apply(plan, self._home))]
            case _:
                return []

    def shows(self, page: Page) -> None:
        assert self.state.page is page, self.state

    def finds(self, address: str) -> None:
        self.does(ev.AddressSubmitted("Anna", address))
        assert self.state.page is Page.FOUND, self.state.problem
        self.does(ev.SettingsAccepted(consent=True))

    def sets_everything_up(self) -> dict[str, ClientPlan]:
        """From the programs page to the last one; the plans by program."""
        self.shows(Page.PROGRAMS)
        self.does(ev.ProgramsChosen(PROGRAMS))
        plans = {}
        for row in self.state.rows:
            assert row.plan is not None, (row.client, row.problem)
            plans[row.client] = row.plan
        self.does(ev.ApplyConfirmed())
        assert {row.state for row in self.state.rows} == {RowState.DONE}
        self.does(ev.Finished())
        self.shows(Page.DONE)
        return plans

    @property
    def prefs(self) -> Prefs:
        (path,) = (self._home.home / ".thunderbird").glob("*/prefs.js")
        return Prefs.parse(path.read_bytes())


def online(domain: str, mx: str) -> FakeNetwork:
    """A domain with a mail exchanger, on a network that works."""
    network = FakeNetwork()
    network.resolver.records[("MX", domain)] = (Mx(10, mx),)
    network.resolver.records[("A", domain)] = ("44.128.0.9",)
    return network


@pytest.fixture
def person(pack: Pack, home: Places) -> Person:
    return Person(pack, home, FakeNetwork())


def at(pack: Pack, home: Places, domain: str, mx: str = "mx.example") -> Person:
    return Person(pack, home, online(domain, mx))


def steps_of(person: Person, purpose: str) -> list[str]:
    return person.state.provider.steps["en"][purpose].splitlines()


APP_PASSWORDS = [
    ("anna@gmail.com", "myaccount.google.com/apppasswords", True),
    ("anna@yahoo.com", "login.yahoo.com/account/security", True),
    ("anna@icloud.com", "account.apple.com", False),
]


@pytest.mark.parametrize(("address", "place", "signs_in"), APP_PASSWORDS)
def test_an_app_password_with_the_exact_place_to_make_it(
    pack: Pack, home: Places, address: str, place: str, signs_in: bool
) -> None:
    person = at(pack, home, address.partition("@")[2])
    person.finds(address)
    person.shows(Page.PASSWORD)
    assert person.state.provider.password_kind is PasswordKind.APP_PASSWORD
    steps = steps_of(person, "app-password")
    assert place in steps[0]
    assert len(steps) >= 4
    link = next(link for link in person.state.provider.help if link.purpose == "app-password")
    assert place.partition("/")[0] in link.url
    for language in ("fr", "de", "it", "es"):
        assert place in person.state.provider.steps[language]["app-password"]
    assert person.state.can_sign_in_inside is signs_in
    person.does(ev.PasswordSubmitted(keep=False))
    person.does(ev.Finished())
    plans = person.sets_everything_up()
    assert plans["thunderbird"].how is How.CHANGE
    assert plans["apple"].files
    # What was tested with a password is set up with one.
    assert person.prefs.number("mail.server.server1.authMethod") == 3


def test_icloud_has_two_user_names(pack: Pack, home: Places) -> None:
    person = at(pack, home, "icloud.com")
    person.finds("anna@icloud.com")
    person.does(ev.PasswordSubmitted(keep=False))
    person.does(ev.Finished())
    person.sets_everything_up()
    assert person.prefs.string("mail.server.server1.userName") == "anna"
    assert person.prefs.string("mail.smtpserver.smtp1.username") == "anna@icloud.com"


@pytest.mark.parametrize("address", ["anna@gmail.com", "anna@yahoo.com"])
def test_a_sign_in_inside_the_program_can_stand_for_the_app_password(
    pack: Pack, home: Places, address: str
) -> None:
    person = at(pack, home, address.partition("@")[2])
    person.finds(address)
    person.does(ev.SignInChosen())
    plans = person.sets_everything_up()
    assert person.prefs.number("mail.server.server1.authMethod") == 10
    assert person.state.untested
    assert plans["apple"].how is How.STEPS
    assert plans["apple"].steps


@pytest.mark.parametrize(
    ("address", "mx", "provider"),
    [
        ("anna@outlook.com", "outlook-com.olc.protection.outlook.com", "outlook.com"),
        ("anna@shop.example", "shop-example.mail.protection.outlook.com", "microsoft365"),
    ],
)
def test_microsoft_is_asked_for_no_password(
    pack: Pack, home: Places, address: str, mx: str, provider: str
) -> None:
    person = at(pack, home, address.partition("@")[2], mx)
    person.finds(address)
    person.shows(Page.PASSWORD)
    assert person.state.provider.id == provider
    assert not person.state.password_possible
    person.does(ev.PasswordSubmitted(keep=True))
    assert person.state.verification is None  # nothing is sent anywhere
    person.does(ev.ContinuedUntested())
    assert person.state.untested  # the pages say what could not be tested
    plans = person.sets_everything_up()
    assert person.prefs.number("mail.server.server1.authMethod") == 10
    assert person.prefs.string("mail.server.server1.hostname") == "outlook.office365.com"
    for client in ("outlook", "apple"):
        assert plans[client].how is How.STEPS
        assert plans[client].steps
    assert plans["sheet"].files


@pytest.mark.parametrize("address", ["anna@proton.me", "anna@own.example"])
def test_proton_is_reached_through_its_bridge_on_this_computer(
    pack: Pack, home: Places, address: str
) -> None:
    person = at(pack, home, address.partition("@")[2], "mail.protonmail.ch")
    person.finds(address)
    person.shows(Page.PASSWORD)
    assert person.state.provider.password_kind is PasswordKind.BRIDGE
    assert steps_of(person, "bridge")
    assert not person.state.password_possible
    person.does(ev.ContinuedUntested())
    plans = person.sets_everything_up()
    assert person.prefs.string("mail.server.server1.hostname") == LOOPBACK
    assert person.prefs.number("mail.server.server1.port") == 1143
    assert person.prefs.number("mail.server.server1.socketType") == 2
    assert person.prefs.number("mail.smtpserver.smtp1.port") == 1025
    assert "bridge" in plans["thunderbird"].notes[0].lower()
    for client in ("apple", "thunderbird-mobile"):  # a phone would look for it on itself
        assert plans[client].how is How.STEPS
        assert not plans[client].files
        assert any("bridge" in step.text for step in plans[client].steps)


def test_tuta_says_at_once_what_to_do_instead(pack: Pack, home: Places) -> None:
    person = at(pack, home, "tuta.com")
    person.does(ev.AddressSubmitted("Anna", "anna@tuta.com"))
    person.shows(Page.FOUND)
    assert person.state.provider.password_kind is PasswordKind.NOT_POSSIBLE
    assert steps_of(person, "not-possible")
    person.does(ev.StartedOver())
    person.shows(Page.ADDRESS)


@pytest.mark.parametrize("answering", ["autodiscover.office.example", "office.example"])
def test_an_exchange_mailbox_is_recognised_and_explained(
    pack: Pack, home: Places, answering: str
) -> None:
    network = online("office.example", "mx.office.example")
    url = f"https://{answering}/autodiscover/autodiscover.xml"
    network.http.pages[url] = HttpReply(url, 401, {"www-authenticate": "Negotiate"}, b"")
    person = Person(pack, home, network)
    person.does(ev.AddressSubmitted("Anna", "anna@office.example"))
    person.shows(Page.FOUND)
    assert person.state.provider.password_kind is PasswordKind.EXCHANGE
    assert not person.state.password_possible
    # Whoever knows that IMAP is on goes on from here.
    person.does(ev.ManualRequested())
    person.shows(Page.MANUAL)
    person.does(ev.WentBack())
    person.shows(Page.FOUND)


def test_a_broken_account_is_repaired_and_the_default_stays(pack: Pack, tmp_path: Path) -> None:
    broken = ONE_ACCOUNT.replace("account1,account2", "account1,account2,account3") + (
        'user_pref("mail.account.account3.identities", "id3");\n'
        'user_pref("mail.account.account3.server", "server3");\n'
        'user_pref("mail.identity.id3.useremail", "anna@gmail.com");\n'
        'user_pref("mail.identity.id3.smtpServer", "smtp3");\n'
        'user_pref("mail.server.server3.type", "imap");\n'
        'user_pref("mail.server.server3.hostname", "imap.gmail.com");\n'
        'user_pref("mail.server.server3.userName", "anna@gmail.com");\n'
        'user_pref("mail.server.server3.port", 143);\n'
        'user_pref("mail.server.server3.socketType", 0);\n'
        'user_pref("mail.smtpserver.smtp3.type", "smtp");\n'
        'user_pref("mail.smtpserver.smtp3.hostname", "smtp.gmail.com");\n'
        'user_pref("mail.smtpserver.smtp3.username", "anna@gmail.com");\n'
        'user_pref("mail.smtpserver.smtp3.port", 25);\n'
        'user_pref("mail.smtpserver.smtp3.try_ssl", 0);\n'
    )
    broken = broken.replace('"mail.smtpservers", "smtp1"', '"mail.smtpservers", "smtp1,smtp3"')
    profile(tmp_path, broken)
    person = at(pack, places(tmp_path), "gmail.com")
    person.finds("anna@gmail.com")
    person.does(ev.PasswordSubmitted(keep=False))
    person.does(ev.Finished())
    plans = person.sets_everything_up()
    assert plans["thunderbird"].repairs
    prefs = person.prefs
    assert prefs.string("mail.accountmanager.accounts") == "account1,account2,account3"
    assert prefs.string("mail.accountmanager.defaultaccount") == "account1"
    assert prefs.string("mail.smtpservers") == "smtp1,smtp3"
    assert prefs.number("mail.server.server3.port") == 993
    assert prefs.number("mail.server.server3.socketType") == 3
    assert prefs.number("mail.smtpserver.smtp3.port") == 465
