"""The sheet: all that is needed, nothing that is secret, the same on screen and on paper."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser

import pytest

from wizard.model import (
    Account,
    AuthMethod,
    ClientPlan,
    EmailAddress,
    HelpLink,
    How,
    PasswordKind,
    Provider,
    Security,
    ServerSettings,
    ServerType,
    Service,
    ServiceType,
    SourceWords,
    Step,
)
from wizard.sheet import rows, to_html, to_rich_text

WORDS = SourceWords()
LOGIN = "ada@shop.example"
HELP = (
    HelpLink("https://help.shop.example/en?a=1&b=2", "app-password", "en"),
    HelpLink("https://help.shop.example/fr", "general", "fr"),
)
ACCOUNT = Account(
    EmailAddress("ada", "shop.example"),
    "Ada Lovelace",
    Provider("Shop Mail", help=HELP),
    ServerSettings(
        ServerType.IMAP, "imap.shop.example", 993, Security.TLS, (AuthMethod.PLAIN,), LOGIN
    ),
    ServerSettings(
        ServerType.SMTP, "smtp.shop.example", 587, Security.STARTTLS, (AuthMethod.PLAIN,), LOGIN
    ),
    (Service(ServiceType.CALDAV, "https://dav.shop.example/cal/", LOGIN),),
    datetime(2026, 11, 23, 14, 5, tzinfo=timezone(timedelta(hours=1))),
)
PLAN = ClientPlan(
    "x",
    "Mail Program",
    How.STEPS,
    LOGIN,
    steps=(
        Step("Open it.", group="Version 1"),
        Step("Type the address.", LOGIN, "Version 1"),
        Step("Server", "imap.shop.example", "The values", is_value=True),
        Step("Another way.", group="Version 2"),
    ),
    notes=("Mind the gap.",),
)


def table(account: Account = ACCOUNT) -> dict[tuple[str, str], str]:
    return {(row.section, row.label): row.value for row in rows(account, WORDS)}


# --- the rows ---------------------------------------------------------------------------------


def test_everything_a_mail_program_asks_for() -> None:
    found = table()
    assert found[("Your account", "Name")] == "Ada Lovelace"
    assert found[("Your account", "E-mail address")] == LOGIN
    for section, values in {
        "Receiving mail": ("IMAP", "imap.shop.example", "993", "SSL/TLS", LOGIN),
        "Sending mail": ("SMTP", "smtp.shop.example", "587", "STARTTLS", LOGIN),
    }.items():
        labels = ("Type", "Server", "Port", "Encryption", "User name")
        assert tuple(found[(section, label)] for label in labels) == values
    assert found[("Sending mail", "Authentication for sending")] == "yes, same as receiving"
    assert found[("Calendars and contacts", "Calendars (CalDAV)")].endswith("/cal/")
    assert found[("Test", "Tested on")] == "2026-11-23 14:05 UTC+01:00"
    assert found[("Test", "Result")] == "Receiving and sending worked."


def test_another_login_for_sending_is_said() -> None:
    other = replace(ACCOUNT, outgoing=replace(ACCOUNT.outgoing, username="relay"))
    assert table(other)[("Sending mail", "Authentication for sending")].endswith("name above")
    none = replace(ACCOUNT, outgoing=replace(ACCOUNT.outgoing, auth=(AuthMethod.NONE,)))
    assert table(none)[("Sending mail", "Authentication for sending")] == "no"


def test_what_was_not_tested_is_not_claimed() -> None:
    found = table(replace(ACCOUNT, tested_at=None))
    assert ("Test", "Tested on") not in found
    assert "not been tested" in found[("Test", "Result")]


@pytest.mark.parametrize("kind", PasswordKind)
def test_every_kind_of_password_has_its_words(kind: PasswordKind) -> None:
    account = replace(ACCOUNT, provider=replace(ACCOUNT.provider, password_kind=kind))
    assert table(account)[("Your account", "Password")]


@pytest.mark.parametrize("method", AuthMethod)
def test_every_way_of_signing_in_has_its_words(method: AuthMethod) -> None:
    account = replace(ACCOUNT, incoming=replace(ACCOUNT.incoming, auth=(method,)))
    assert table(account)[("Receiving mail", "Way of signing in")]


def test_help_links_are_whole_and_in_the_readers_language() -> None:
    found = {
        row.label: row.value for row in rows(ACCOUNT, WORDS) if row.value.startswith("https://help")
    }
    assert found == {"Making an app password": "https://help.shop.example/en?a=1&b=2"}
    french = {row.value for row in rows(ACCOUNT, SourceWords("fr"))}
    assert "https://help.shop.example/fr" in french
    german = {row.value for row in rows(ACCOUNT, SourceWords("de"))}
    assert {link.url for link in HELP} <= german


def test_text_from_elsewhere_cannot_turn_the_page_around() -> None:
    evil = replace(ACCOUNT, provider=Provider("Shop\u202e\x07Mail"), name="Ada\nLovelace")
    found = table(evil)
    assert found[("Your account", "Provider")] == "Shop\ufffd\ufffdMail"
    assert found[("Your account", "Name")] == "Ada\ufffdLovelace"


# --- the pages --------------------------------------------------------------------------------

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9"/></svg>'
PNG = b"\x89PNG\r\n\x1a\nnot really"


def both(account: Account = ACCOUNT) -> tuple[str, str]:
    return (
        to_html(account, WORDS, (PLAN,), SVG),
        to_rich_text(account, WORDS, (PLAN,), PNG),
    )


class _Outline(HTMLParser):
    """The text, the tags, and whether every tag is closed in turn."""

    VOID = frozenset({"meta", "img", "br", "hr", "link", "path", "rect"})

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("page", both(), ids=["screen", "print"])
def test_a_page_holds_every_row_and_every_step(page: str) -> None:
    text = " ".join(_Outline(page).words)
    for row in rows(ACCOUNT, WORDS):
        assert row.label in text
        assert row.value in text
    for step in PLAN.steps:
        assert (step.text in text) is not step.is_value or step.text == "Server"
    assert "Mind the gap." in text
    assert text.count("Version 1") == 1


@pytest.mark.parametrize("page", both(), ids=["screen", "print"])
def test_a_page_stands_alone(page: str) -> None:
    """Nothing is fetched, nothing runs, nothing leads away by itself."""
    for tag, attributes in _Outline(page).tags:
        assert tag not in {"script", "link", "iframe", "a", "object", "form"}
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in {"src", "href"}:
                assert (value or "").startswith("data:image/png;base64,")
    assert "@import" not in page
    assert "url(" not in page


def test_the_screen_page_is_locked_up() -> None:
    page = _Outline(both()[0])
    policies = [
        attributes.get("content", "")
        for tag, attributes in page.tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert len(policies) == 1
    assert "default-src 'none'" in (policies[0] or "")
    assert ("html", {"lang": "en"}) in page.tags


@pytest.mark.parametrize("index", [0, 1], ids=["screen", "print"])
def test_markup_in_values_is_text(index: int) -> None:
    evil = replace(
        ACCOUNT,
        name='<script>alert("x")</script>',
        provider=replace(ACCOUNT.provider, name="</table><h1>Shop & Co</h1>"),
    )
    page = both(evil)[index]
    outline = _Outline(page)
    assert "script" not in {tag for tag, _ in outline.tags}
    assert sum(tag == "h1" for tag, _ in outline.tags) <= 1
    assert '<script>alert("x")</script>' in " ".join(outline.words)


def test_the_code_is_in_both_and_optional() -> None:
    screen, printed = both()
    assert SVG in screen
    assert "data:image/png;base64," in printed
    for page in (to_html(ACCOUNT, WORDS), to_rich_text(ACCOUNT, WORDS)):
        assert "scan this code" not in page
        assert "<img" not in page
        assert "<svg" not in page


def test_each_program_starts_on_a_page_of_its_own() -> None:
    screen, printed = both()
    assert re.search(r"@media print.*section\.program \{ break-before: page; \}", screen, re.DOTALL)
    assert printed.count("page-break-before: always") == 1


def test_black_and_white_only() -> None:
    for page in both():
        colours = set(re.findall(r"#[0-9a-fA-F]{3,6}\b", page))
        assert colours <= {"#000", "#fff", "#999", "#000000", "#999999"}, colours
        assert "background: #fff" in page or "background" not in page


def test_a_test_in_universal_time() -> None:
    when = replace(ACCOUNT, tested_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC))
    assert table(when)[("Test", "Tested on")] == "2026-01-02 03:04 UTC"
