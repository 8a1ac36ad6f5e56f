"""What survives a crash, and how the journey goes on. Never a password, never a test's verdict."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.gui.samples import ACCOUNT, ADDRESS, GOOD, IMAP, NOW, SMTP, STATES
from wizard.flow import Kept, Page, State, kept_of, reduce
from wizard.flow import effects as do
from wizard.flow import events as ev
from wizard.flow.resuming import document, read


@pytest.mark.parametrize("name", ["password", "programs", "applying-preview"])
def test_agreed_settings_are_kept_and_come_back_as_they_were(name: str) -> None:
    state = replace(STATES[name], verification=GOOD, tested_at=NOW)
    kept = kept_of(state)
    assert kept is not None
    back = read(document(kept))
    assert back is not None
    assert (back.address, back.name) == (ADDRESS, "My Shop")
    assert back.account is not None
    assert back.account.incoming.endpoint == IMAP.endpoint
    assert back.account.outgoing.endpoint == SMTP.endpoint
    assert back.account.provider.name == "Example Mail"
    assert back.account.tested_at is None


@pytest.mark.parametrize("name", ["searching", "found", "found-consent", "manual-pop"])
def test_before_they_are_agreed_on_only_the_address_is_kept(name: str) -> None:
    kept = kept_of(STATES[name])
    assert kept == Kept(ADDRESS, "My Shop", None)
    assert read(document(kept)) == kept


@pytest.mark.parametrize("name", ["address-empty", "address-suggestion", "done", "changes"])
def test_where_nothing_is_under_way_nothing_is_kept(name: str) -> None:
    assert kept_of(STATES[name]) is None
    assert document(None) == ""
    assert read("") is None


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "null", '{"address": "no address"}', '"' + "[" * 5000, "\ud800"],
)
def test_what_is_not_understood_is_nothing(text: str) -> None:
    assert read(text) is None


def test_settings_that_are_not_understood_leave_the_address() -> None:
    text = json.dumps({"address": str(ADDRESS), "name": "A", "settings": {"schema": 99}})
    assert read(text) == Kept(ADDRESS, "A", None)


def test_carrying_on_begins_with_the_password() -> None:
    state = State(kept=Kept(ADDRESS, "My Shop", ACCOUNT), revision=4)
    state, effects = reduce(state, ev.CarriedOn())
    assert effects == ()
    assert state.page is Page.PASSWORD
    assert (state.incoming, state.outgoing) == (IMAP, SMTP)
    assert state.kept is None
    assert not state.needs_consent
    state, _ = reduce(state, ev.WentBack())
    assert state.page is Page.FOUND
    state, _ = reduce(state, ev.WentBack())
    assert state.page is Page.ADDRESS
    assert state.text == str(ADDRESS)


def test_carrying_on_without_settings_searches_anew() -> None:
    state, effects = reduce(State(kept=Kept(ADDRESS, "My Shop")), ev.CarriedOn())
    assert state.page is Page.SEARCHING
    assert do.Search(1, ADDRESS) in effects


def test_starting_afresh_forgets_it() -> None:
    state, effects = reduce(State(kept=Kept(ADDRESS, "My Shop")), ev.KeptDropped())
    assert state.kept is None
    assert effects == (do.Keep(None),)


def test_the_window_asks_at_its_start() -> None:
    state, effects = reduce(State(), ev.Opened())
    assert do.Recall() in effects
    kept = Kept(ADDRESS, "My Shop")
    assert reduce(state, ev.Recalled(kept))[0].kept == kept
