"""What the owner of a domain publishes: from the domain to the folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.flow.test_flow_journey import ADDRESS, FOUND, IMAP, SMTP, Walker
from wizard.flow import Journey, Page
from wizard.flow import effects as do
from wizard.flow import events as ev
from wizard.model import (
    Account,
    ClientPlan,
    EmailAddress,
    Evidence,
    How,
    NothingFound,
    Problem,
    ProblemKind,
    Provider,
    Publication,
    Source,
    Stage,
    Trust,
)

SOMEBODY = EmailAddress("somebody", ADDRESS.domain)
MADE = Publication(
    ClientPlan("publish", ADDRESS.domain, How.FILES, ADDRESS.domain),
    (("x.xml", f"https://{ADDRESS.domain}/x.xml"),),
    (("_imaps._tcp", "SRV", "0 1 993 imap.shop.example."),),
)
FOLDER = Path("publish")


def asked_for(domain: str = ADDRESS.domain) -> Walker:
    walk = Walker()
    walk(ev.JourneyChosen(Journey.PUBLISH))
    walk.shows(Page.ACCOUNT)
    walk(ev.AccountChosen(domain))
    return walk


def made() -> Walker:
    walk = asked_for()
    walk(ev.SearchFinished(walk.request, FOUND))
    walk(ev.SettingsAccepted())
    walk(ev.PublicationMade(walk.request, MADE))
    return walk


def test_somebody_stands_for_everybody_of_the_domain() -> None:
    walk = asked_for(f" {ADDRESS.domain} ")
    walk.shows(Page.SEARCHING)
    assert walk.asked[-1] == do.Search(walk.request, SOMEBODY)


def test_an_address_of_the_domain_does_as_well() -> None:
    walk = asked_for(str(ADDRESS))
    assert walk.asked[-1] == do.Search(walk.request, ADDRESS)


@pytest.mark.parametrize("text", ["", "shop", "shop example.com", "anna@"])
def test_what_is_no_domain_is_said_at_once(text: str) -> None:
    walk = asked_for(text)
    walk.shows(Page.ACCOUNT)
    assert walk.state.fault is not None
    assert walk.state.text == text


def test_what_was_found_is_made_into_what_to_publish_without_any_password() -> None:
    walk = asked_for()
    walk(ev.SearchFinished(walk.request, FOUND))
    walk.shows(Page.FOUND)
    walk(ev.SettingsAccepted())
    walk.shows(Page.PUBLISH)
    account = Account(SOMEBODY, "", FOUND.provider, IMAP, SMTP)
    assert walk.asked[-1] == do.MakePublication(walk.request, account)
    walk(ev.PublicationMade(walk.request, MADE))
    assert walk.state.publication == MADE
    assert not walk.state.busy
    assert not any(isinstance(effect, do.Verify) for effect in walk.asked)


def test_settings_that_need_consent_are_asked_about_first() -> None:
    seen = Evidence(Source.MX, ("host",), "", Trust.CONSENT, "dns", 1)
    walk = asked_for()
    walk(
        ev.SearchFinished(walk.request, replace(FOUND, incoming=(replace(IMAP, evidence=(seen,)),)))
    )
    assert walk(ev.SettingsAccepted()) == ()
    walk.shows(Page.FOUND)
    walk(ev.SettingsAccepted(consent=True))
    walk.shows(Page.PUBLISH)


def test_where_nothing_was_found_what_is_typed_counts() -> None:
    walk = asked_for()
    walk(ev.SearchFinished(walk.request, NothingFound(SOMEBODY, ())))
    walk.shows(Page.MANUAL)
    walk(ev.ManualSubmitted(IMAP, SMTP))
    walk.shows(Page.PUBLISH)
    account = Account(SOMEBODY, "", Provider(""), IMAP, SMTP)
    assert walk.asked[-1] == do.MakePublication(walk.request, account)


def test_settings_tested_just_before_need_not_be_looked_for() -> None:
    walk = Walker().applying()
    walk(ev.JourneyChosen(Journey.PUBLISH))
    walk.shows(Page.ACCOUNT)
    assert walk.state.text == ADDRESS.domain
    walk(ev.AccountChosen(ADDRESS.domain))
    walk.shows(Page.PUBLISH)
    effect = walk.asked[-1]
    assert isinstance(effect, do.MakePublication)
    assert (effect.account.address, effect.account.incoming) == (ADDRESS, IMAP)


def test_another_domain_than_the_tested_one_is_looked_for() -> None:
    walk = Walker().applying()
    walk(ev.JourneyChosen(Journey.PUBLISH))
    walk(ev.AccountChosen("other.example"))
    walk.shows(Page.SEARCHING)
    assert walk.state.incoming is None


def test_a_search_without_a_test_leaves_only_its_domain() -> None:
    walk = Walker().search()
    walk(ev.JourneyChosen(Journey.PUBLISH))
    assert (walk.state.text, walk.state.address) == (ADDRESS.domain, None)


def test_the_single_address_of_this_computer_is_not_taken_for_the_domain() -> None:
    walk = Walker()
    walk(ev.JourneyChosen(Journey.PUBLISH))
    assert walk.state.text == ""


def test_everything_is_saved_into_the_folder() -> None:
    walk = made()
    walk(ev.SaveRequested(FOLDER))
    assert walk.asked[-1] == do.SavePublication(walk.request, MADE, FOLDER)
    walk(ev.Saved(walk.request, (FOLDER / "x.xml",)))
    assert walk.state.saved == (FOLDER / "x.xml",)


def test_nothing_can_be_saved_before_it_is_made() -> None:
    walk = asked_for()
    walk(ev.SearchFinished(walk.request, FOUND))
    walk(ev.SettingsAccepted())
    assert walk(ev.SaveRequested(FOLDER)) == ()


def test_a_user_name_of_one_person_is_changed_in_the_form() -> None:
    walk = asked_for()
    walk(ev.SearchFinished(walk.request, FOUND))
    walk(ev.SettingsAccepted())
    personal = Problem(ProblemKind.SETTINGS_UNREADABLE, Stage.INPUT, detail="u1234567")
    walk(ev.PublicationMade(walk.request, personal))
    assert walk.state.publication == personal
    walk(ev.ManualRequested())
    walk.shows(Page.MANUAL)
    walk(ev.ManualSubmitted(IMAP, SMTP))
    walk.shows(Page.PUBLISH)
    assert walk.state.publication is None


def test_an_answer_nobody_waits_for_changes_nothing() -> None:
    walk = asked_for()
    walk(ev.SearchFinished(walk.request, FOUND))
    walk(ev.SettingsAccepted())
    late = walk.request
    walk(ev.WentBack())
    walk.shows(Page.FOUND)
    before = walk.state
    walk(ev.PublicationMade(late, MADE))
    assert walk.state == before


def test_back_from_the_domain_leads_to_the_first_page() -> None:
    walk = Walker()
    walk(ev.JourneyChosen(Journey.PUBLISH))
    walk(ev.WentBack())
    walk.shows(Page.ADDRESS)
    assert walk.state.journey is Journey.SETUP
