"""Calendars and address books in Thunderbird's preferences."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.unit.clients.computers import planned, set_up
from tests.unit.clients.support import ONE_ACCOUNT, account, places, profile
from wizard.clients import registry
from wizard.clients.prefs import Prefs, Value
from wizard.clients.thunderbird import import_zip
from wizard.model import (
    Account,
    DavCollection,
    Places,
    Service,
    ServiceType,
    SourceWords,
    Undone,
)

WORK = DavCollection("https://dav.shop.example/ada/office/", "Work", "#aa3300", ("VEVENT",))
JOURNAL = DavCollection("https://dav.shop.example/ada/diary/", "Diary", "", ("VJOURNAL",))
TEAM = DavCollection("https://dav.shop.example/team%20cal/", "", read_only=True)
PEOPLE = DavCollection("https://dav.shop.example/ada/people/", "People")


def with_services(*calendars: DavCollection, books: tuple[DavCollection, ...] = ()) -> Account:
    caldav = Service(
        ServiceType.CALDAV, "https://dav.shop.example/", "ada", True, collections=calendars
    )
    carddav = Service(ServiceType.CARDDAV, "https://dav.shop.example/", "", True, collections=books)
    return account(services=(caldav, carddav))


WANTED = with_services(WORK, JOURNAL, TEAM, books=(PEOPLE,))


def lived_in(home: Path) -> tuple[Places, Path]:
    return places(home), profile(home, ONE_ACCOUNT) / "prefs.js"


def calendars(prefs: Prefs) -> list[dict[str, object]]:
    ids = dict.fromkeys(name.split(".")[0] for name in prefs.below("calendar.registry."))
    return [dict(prefs.below(f"calendar.registry.{one}.")) for one in ids]


def books(prefs: Prefs) -> list[dict[str, object]]:
    ids = dict.fromkeys(name.split(".")[0] for name in prefs.below("ldap_2.servers."))
    return [dict(prefs.below(f"ldap_2.servers.{one}.")) for one in ids]


def test_collections_join_the_account(tmp_path: Path) -> None:
    home, path = lived_in(tmp_path)
    done = set_up("thunderbird", home, WANTED)
    prefs = Prefs.parse(path.read_bytes())
    work, team = calendars(prefs)
    assert work == {
        "type": "caldav",
        "uri": WORK.url,
        "name": "Work",
        "username": "ada",
        "color": "#aa3300",
        "cache.enabled": True,
        "calendar-main-in-composite": True,
    }
    assert (team["name"], team["readOnly"]) == ("team cal", True)
    (people,) = books(prefs)
    assert people["dirType"] == 102
    assert people["description"] == "People"
    assert people["carddav.url"] == PEOPLE.url
    assert people["carddav.username"] == "ada@shop.example"
    assert str(people["filename"]).endswith(".sqlite")
    shown = [(item.key, item.value) for item in done.plan.summary]
    assert ("Calendar", "Work") in shown
    assert ("Address book", "People") in shown
    assert planned("thunderbird", home, WANTED).unchanged


def test_what_is_there_is_not_doubled(tmp_path: Path) -> None:
    home, path = lived_in(tmp_path)
    theirs: dict[str, Value | None] = {
        "calendar.registry.abc.type": "caldav",
        "calendar.registry.abc.uri": "https://DAV.shop.example:443/ada/office",
        "calendar.registry.def.type": "ics",
        "calendar.registry.def.uri": TEAM.url,
        "ldap_2.servers.Friends.dirType": 102,
        "ldap_2.servers.Friends.carddav.url": "https://dav.shop.example/ada/people",
    }
    path.write_bytes(Prefs.parse(path.read_bytes()).edited(theirs).to_bytes())
    set_up("thunderbird", home, WANTED)
    prefs = Prefs.parse(path.read_bytes())
    assert len(calendars(prefs)) == 3
    assert len(books(prefs)) == 1
    assert {name: prefs.values[name] for name in theirs} == theirs


def test_an_account_without_its_calendars_gets_them(tmp_path: Path) -> None:
    home, path = lived_in(tmp_path)
    set_up("thunderbird", home)
    plan = planned("thunderbird", home, WANTED)
    assert not plan.unchanged
    assert plan.repairs == ()
    set_up("thunderbird", home, WANTED)
    assert len(calendars(Prefs.parse(path.read_bytes()))) == 2


def test_they_go_with_what_thunderbird_noted_below_them(tmp_path: Path) -> None:
    home, path = lived_in(tmp_path)
    change = set_up("thunderbird", home, WANTED).change_id
    prefs = Prefs.parse(path.read_bytes())
    (at,) = {
        name.removesuffix("uri")
        for name, value in prefs.below("calendar.registry.").items()
        if value == WORK.url
    }
    (book,) = {name.split(".")[0] for name in prefs.below("ldap_2.servers.")}
    lived_on = {
        f"calendar.registry.{at}refreshInterval": "30",
        f"ldap_2.servers.{book}.carddav.token": "x",
        f"ldap_2.servers.{book}.uid": "y",
        "calendar.registry.other.type": "ics",
    }
    path.write_bytes(prefs.edited(lived_on).to_bytes())
    undone = registry.undo(change, home)
    assert isinstance(undone, Undone)
    assert undone.kept == ()
    left = Prefs.parse(path.read_bytes())
    assert books(left) == []
    assert calendars(left) == [{"type": "ics"}]


def test_a_first_profile_has_them_too_and_the_import_file_has_not(tmp_path: Path) -> None:
    home = places(tmp_path)
    done = set_up("thunderbird", home, WANTED)
    prefs = Prefs.parse(done.plan.changes[0].after)
    assert (len(calendars(prefs)), len(books(prefs))) == (2, 1)
    words = SourceWords()
    assert import_zip(WANTED, words) == import_zip(replace(WANTED, services=()), words)


def test_notes_say_what_is_left_to_do(tmp_path: Path) -> None:
    home, _ = lived_in(tmp_path)
    opened = " ".join(planned("thunderbird", home, WANTED).notes)
    assert "calendars and address books once, too" in opened
    unopened = " ".join(planned("thunderbird", home, with_services()).notes)
    assert "New › Calendar" in unopened
    assert len(planned("thunderbird", home).notes) == 1
