"""Settings files: what is written is read again, what is wrong is named with its line."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.model import (
    Account,
    AuthMethod,
    EmailAddress,
    Evidence,
    Found,
    HelpLink,
    PasswordKind,
    Provider,
    Security,
    ServerSettings,
    ServerType,
    Service,
    ServiceType,
    Source,
    Trust,
)
from wizard.model.document import (
    SettingsFault,
    SettingsFile,
    account_json,
    found_json,
    read_settings,
)

ADDRESS = EmailAddress("anna", "shop.example")
SAID = Evidence(
    Source.AUTOCONFIG, ("host", "port"), "https://autoconfig.shop.example/", Trust.TRUSTED
)
INCOMING = ServerSettings(
    ServerType.IMAP,
    "imap.shop.example",
    993,
    Security.TLS,
    (AuthMethod.PLAIN,),
    "anna",
    False,
    (SAID,),
)
OUTGOING = ServerSettings(
    ServerType.SMTP, "smtp.shop.example", 587, Security.STARTTLS, (), "anna@shop.example"
)
PROVIDER = Provider(
    "Shop", "shop", PasswordKind.APP_PASSWORD, (HelpLink("https://shop.example/help"),)
)
CALENDAR = Service(ServiceType.CALDAV, "https://dav.shop.example/", "anna@shop.example")


def test_account_survives_the_round_trip() -> None:
    tested = datetime(2026, 11, 1, 12, tzinfo=UTC)
    account = Account(ADDRESS, "Anna", PROVIDER, INCOMING, OUTGOING, (CALENDAR,), tested)
    read = read_settings(json.dumps(account_json(account)))
    assert read == SettingsFile(
        ADDRESS, "Anna", PROVIDER, (INCOMING,), (OUTGOING,), (CALENDAR,), tested
    )
    assert isinstance(read, SettingsFile)
    assert read.incoming[0].evidence == (SAID,)


def test_what_discover_prints_is_a_settings_file() -> None:
    found = Found(ADDRESS, PROVIDER, (INCOMING,), (OUTGOING,))
    read = read_settings(json.dumps({"schema": 1, "ok": True, **found_json(found)}))
    assert isinstance(read, SettingsFile)
    assert read.incoming == (INCOMING,)


BY_HAND = """{
  "address": "anna@shop.example",
  "incoming": [
    {"type": "imap", "host": "imap.shop.example", "port": 993, "security": "tls"}
  ],
  "outgoing": [
    {
      "type": "smtp",
      "host": "smtp.shop.example",
      "port": 465,
      "security": "tls"
    }
  ]
}
"""


def test_by_hand_with_the_login_left_out() -> None:
    read = read_settings(BY_HAND)
    assert isinstance(read, SettingsFile)
    assert read.incoming[0].username == "anna@shop.example"


@pytest.mark.parametrize(
    ("old", "new", "field", "line", "reason"),
    [
        ('"port": 465', '"port": 70000', "outgoing[0].port", 10, "out-of-range"),
        ('"port": 465', '"port": "465"', "outgoing[0].port", 10, "wrong-type"),
        ('      "port": 465,\n', "", "outgoing[0].port", 7, "missing"),
        ("smtp.shop.example", "127.0.0.1", "outgoing[0].host", 9, "not-a-host"),
        ("smtp.shop.example", "a b", "outgoing[0].host", 9, "not-a-host"),
        ('"security": "tls"\n', '"security": "plain"\n', "outgoing[0].security", 11, "unencrypted"),
        ('"type": "smtp"', '"type": "imap"', "outgoing[0].type", 8, "unknown-word"),
        ("anna@shop.example", "anna", "address", 2, "not-an-address"),
        ('"outgoing": [', '"outgoing": [,', "", 6, "not-json"),
        ('"address"', '"schema": 2, "address"', "schema", 2, "wrong-schema"),
        ("anna@shop.example", "\\ud800@shop.example", "address", 2, "control-characters"),
        (
            '"security": "tls"\n',
            '"security": "tls", "username": "a\\ud800"\n',
            "outgoing[0].username",
            11,
            "control-characters",
        ),
        (
            '"security": "tls"\n',
            '"security": "tls", "username": "a\\nb"\n',
            "outgoing[0].username",
            11,
            "control-characters",
        ),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, field: str, line: int, reason: str) -> None:
    assert BY_HAND.count(old) >= 1
    assert read_settings(BY_HAND.replace(old, new, 1)) == SettingsFault(field, line, reason)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["incoming", "outgoing", "type", "host", "port", "security", "services"]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(json_values, st.sampled_from([None, 2]))
def test_any_json_is_read_or_named(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    read = read_settings(text)
    if isinstance(read, SettingsFault):
        assert 0 <= read.line <= text.count("\n") + 1


@given(st.text())
def test_any_text_is_read_or_named(text: str) -> None:
    assert isinstance(read_settings(text), SettingsFault | SettingsFile)
