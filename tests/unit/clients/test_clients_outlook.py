"""Outlook's files: what Outlook and Windows read, to the byte."""

from __future__ import annotations

import configparser
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.unit import posix
from tests.unit.clients import fake_registry
from tests.unit.clients.computers import OTHER, OUTLOOK, planned, set_up, windows
from tests.unit.clients.support import account, places, sender, server
from wizard.clients import registry, windows_registry
from wizard.clients.outlook import (
    FOLDER,
    Outlook,
    RegistryEntry,
    autodiscover_xml,
    prf,
    reg_file,
    registry_entries,
    undo_entries,
)
from wizard.model import (
    Account,
    AuthMethod,
    ClientPlan,
    EmailAddress,
    How,
    PasswordKind,
    Places,
    Problem,
    ProblemKind,
    Provider,
    Security,
    ServerType,
    SourceWords,
    Undone,
)

WORDS = SourceWords()
OUTER = "{http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006}"
INNER = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"
POP = account(server(ServerType.POP3, "pop.shop.example", 995))
STARTTLS = account(
    server(port=143, security=Security.STARTTLS), sender(port=587, security=Security.STARTTLS)
)


def plan(wanted: Account | None = None) -> ClientPlan:
    made = registry.files("outlook", wanted or account(), WORDS)
    assert isinstance(made, ClientPlan), made
    return made


# --- local Autodiscover -----------------------------------------------------------------------


def protocols(wanted: Account) -> list[dict[str, str]]:
    root = ElementTree.fromstring(autodiscover_xml(wanted))
    assert root.tag == OUTER + "Autodiscover"
    found = root.findall(f"{INNER}Response/{INNER}Account")
    assert len(found) == 1
    assert found[0].findtext(INNER + "AccountType") == "email"
    assert found[0].findtext(INNER + "Action") == "settings"
    return [
        {item.tag.removeprefix(INNER): item.text or "" for item in protocol}
        for protocol in found[0].findall(INNER + "Protocol")
    ]


def test_the_servers_in_outlooks_words() -> None:
    assert protocols(account()) == [
        {
            "Type": "IMAP",
            "Server": "imap.shop.example",
            "Port": "993",
            "DomainRequired": "off",
            "SPA": "off",
            "SSL": "on",
            "Encryption": "SSL",
            "AuthRequired": "on",
        },
        {
            "Type": "SMTP",
            "Server": "smtp.shop.example",
            "Port": "465",
            "DomainRequired": "off",
            "SPA": "off",
            "SSL": "on",
            "Encryption": "SSL",
            "AuthRequired": "on",
            "UsePOPAuth": "on",
            "SMTPLast": "off",
        },
    ]


def test_starttls_is_called_tls() -> None:
    assert [(item["Encryption"], item["SSL"]) for item in protocols(STARTTLS)] == [
        ("TLS", "on")
    ] * 2


def test_login_names_only_where_they_are_not_the_address() -> None:
    other = account(server(username="ada"), sender(username='re<lay>&"7'))
    incoming, outgoing = protocols(other)
    assert (incoming["LoginName"], outgoing["LoginName"]) == ("ada", 're<lay>&"7')
    assert outgoing["UsePOPAuth"] == "off"
    assert not any("LoginName" in item for item in protocols(account()))


def test_the_file_serves_everybody_of_the_domain() -> None:
    bob = replace(
        account(server(username="bob@shop.example"), sender(username="bob@shop.example")),
        address=EmailAddress("bob", "shop.example"),
    )
    assert autodiscover_xml(bob) == autodiscover_xml(account())


# --- the registry -----------------------------------------------------------------------------


def parse_reg(document: bytes) -> dict[tuple[str, str], str]:
    """What regedit would read: UTF-16LE with BOM, CRLF, version 5."""
    assert document.startswith(b"\xff\xfe")
    text = document.decode("utf-16")
    assert text.startswith("Windows Registry Editor Version 5.00\r\n\r\n")
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    found, key = {}, ""
    for line in text.split("\r\n")[1:]:
        if line.startswith("["):
            key = line.strip("[]")
        elif line:
            name, _, data = line.partition("=")
            found[(key, name.strip('"'))] = data
    return found


HIVE = "HKEY_CURRENT_USER\\Software\\Microsoft\\Office\\16.0\\Outlook"


def test_the_entries_are_per_user_and_per_domain() -> None:
    found = parse_reg(reg_file(registry_entries(account(), f"{FOLDER}\\a.xml")))
    assert found == {
        (f"{HIVE}\\AutoDiscover", "PreferLocalXML"): "dword:00000001",
        (f"{HIVE}\\AutoDiscover", "shop.example"): (
            '"C:\\\\Users\\\\Public\\\\Documents\\\\Mail Setup\\\\a.xml"'
        ),
        (f"{HIVE}\\setup", "DisableOffice365SimplifiedAccountCreation"): "dword:00000001",
    }


def test_the_undo_takes_back_every_entry() -> None:
    entries = registry_entries(account(), "x")
    there, back = parse_reg(reg_file(entries)), parse_reg(reg_file(undo_entries(entries)))
    assert set(back) == set(there)
    assert set(back.values()) == {"-"}


def test_the_undo_restores_what_stood_there() -> None:
    entries = registry_entries(account(), "x")
    before = {(f"{HIVE}\\AutoDiscover", "PreferLocalXML"): 0}
    back = parse_reg(reg_file(undo_entries(entries, before)))
    assert back[(f"{HIVE}\\AutoDiscover", "PreferLocalXML")] == "dword:00000000"
    assert back[(f"{HIVE}\\AutoDiscover", "shop.example")] == "-"


def test_no_value_breaks_out_of_its_line() -> None:
    entry = RegistryEntry("HKEY_CURRENT_USER\\x", 'a"b\\c', 'v"\r\n[HKEY_LOCAL_MACHINE\\y]')
    text = reg_file([entry]).decode("utf-16")
    assert text.count("\r\n") == 5
    assert '"a\\"b\\\\c"="v\\"  [HKEY_LOCAL_MACHINE\\\\y]"' in text


# --- PRF --------------------------------------------------------------------------------------


def sections(wanted: Account) -> configparser.RawConfigParser:
    document = prf(wanted)
    assert isinstance(document, bytes), document
    assert not document.startswith((b"\xef\xbb\xbf", b"\xff\xfe"))
    text = document.decode("cp1252")
    assert "\n" not in text.replace("\r\n", "")
    parser = configparser.RawConfigParser(comment_prefixes=(";",))
    parser.optionxform = str  # type: ignore[method-assign, assignment]  # keys keep their case
    parser.read_string(text)
    return parser


@pytest.mark.parametrize("wanted", [account(), POP], ids=["imap", "pop3"])
def test_every_key_is_mapped(wanted: Account) -> None:
    found = sections(wanted)
    kind = found["Internet Account List"]["Account1"]
    assert set(found["Account1"]) <= set(found[kind])
    for number, service in found["Service List"].items():
        mapped = {*found[service], "UniqueService"}
        assert set(found[number]) <= mapped
        assert "ServiceName" in found[service]
    for key, mapping in found[kind].items():
        assert key == "AccountType" or mapping.startswith(("PT_UNICODE,0x", "PT_LONG,0x")), key


def test_the_account_in_a_new_profile() -> None:
    found = sections(account())
    assert found["General"]["OverwriteProfile"] == "No"
    assert found["General"]["DefaultProfile"] == "No"
    assert found["Internet Account List"]["Account1"] == "IMAP_I_Mail"
    expected = {
        "EmailAddress": "ada@shop.example",
        "DisplayName": "Ada Lovelace",
        "IMAPServer": "imap.shop.example",
        "IMAPUserName": "ada@shop.example",
        "IMAPPort": "993",
        "IMAPUseSSL": "1",
        "SMTPServer": "smtp.shop.example",
        "SMTPPort": "465",
        "SMTPSecureConnection": "1",
        "SMTPUseAuth": "1",
        "SMTPAuthMethod": "0",
    }
    assert {name: found["Account1"][name] for name in expected} == expected
    ids = {"IMAPServer": "PT_UNICODE,0x0100", "IMAPPort": "PT_LONG,0x0104",
           "SMTPSecureConnection": "PT_LONG,0x020A"}  # fmt: skip
    assert {name: found["IMAP_I_Mail"][name] for name in ids} == ids


def test_sending_with_starttls_and_another_login() -> None:
    found = sections(
        account(outgoing=sender(port=587, security=Security.STARTTLS, username="relay"))
    )["Account1"]
    assert (found["SMTPSecureConnection"], found["SMTPAuthMethod"]) == ("2", "1")
    assert found["SMTPUserName"] == "relay"


def test_pop_has_its_own_keys_and_leaves_mail_there() -> None:
    found = sections(POP)
    assert found["Internet Account List"]["Account1"] == "I_Mail"
    assert found["Account1"]["POP3Server"] == "pop.shop.example"
    assert found["Account1"]["LeaveOnServer"] == "1"
    assert not any(key.startswith("IMAP") for key in found["Account1"])


@pytest.mark.parametrize("wanted", [account(), POP, STARTTLS], ids=["imap", "pop3", "starttls"])
def test_no_password_anywhere(wanted: Account) -> None:
    for produced in plan(wanted).files:
        assert b"password=" not in produced.content.lower().replace(b"\0", b"")


def test_what_a_profile_file_cannot_say_is_said_instead() -> None:
    for wanted, word in ((STARTTLS, "STARTTLS"), (account(name="Łukasz 宮"), "letters")):
        made = plan(wanted)
        assert not any(item.name.endswith(".prf") for item in made.files)
        assert any(word in note for note in made.notes)
        assert not any("importprf" in step.copy for step in made.steps)


def test_a_name_does_not_break_out_of_its_line() -> None:
    found = sections(account(name="Ada\r\n[General]\r\nProfileName=Evil"))
    assert found["Account1"]["DisplayName"] == "Ada  [General]  ProfileName=Evil"
    assert found["General"]["ProfileName"] == "ada@shop.example"


# --- the plan ---------------------------------------------------------------------------------


def test_files_and_guides_belong_together() -> None:
    made = plan()
    names = [item.name for item in made.files]
    assert names == [
        "outlook-shop.example.xml",
        "outlook-add.reg",
        "outlook-undo.reg",
        "outlook-ada@shop.example.prf",
    ]
    text = "\n".join(step.text + step.copy for step in made.steps)
    assert all(name in text for name in names)
    reg = parse_reg(made.files[1].content)
    assert f'"{FOLDER}\\{names[0]}"'.replace("\\", "\\\\") in reg.values()
    groups = list(dict.fromkeys(step.group for step in made.steps if not step.is_value))
    assert len(groups) == 5
    assert any("Microsoft's servers" in note for note in made.notes)


def test_outlook_signs_in_by_itself_where_the_provider_wants_that() -> None:
    made = plan(account(provider=Provider("M", password_kind=PasswordKind.OAUTH_IN_CLIENT)))
    assert (made.how, made.files) == (How.STEPS, ())
    assert any(step.copy == "ada@shop.example" for step in made.steps)
    assert plan(account(server(auth=(AuthMethod.OAUTH2,)))).how is How.STEPS


def test_no_file_without_encryption() -> None:
    made = registry.files("outlook", account(server(port=143, security=Security.PLAIN)), WORDS)
    assert isinstance(made, Problem)
    assert made.kind is ProblemKind.UNENCRYPTED_ONLY


def test_outlook_is_found_by_what_the_registry_says(tmp_path: Path) -> None:
    home = places(tmp_path)
    facts = (
        ("outlook.path", str(tmp_path / "OUTLOOK.EXE")),
        ("outlook.version", "16.0.17928"),
        ("outlook.bits", "64-bit"),
    )
    assert Outlook().detect(replace(home, system="windows")) is None
    assert Outlook().detect(replace(home, facts=facts)) is None
    found = Outlook().detect(replace(home, system="windows", facts=facts))
    assert found is not None
    assert (found.version, found.path) == ("16.0.17928 64-bit", tmp_path / "OUTLOOK.EXE")


# --- on a Windows with Outlook ----------------------------------------------------------------


def value(home: Places, name: str, key: str = "AutoDiscover") -> bytes | None:
    return windows_registry.read(
        windows_registry.value_path(f"HKEY_CURRENT_USER\\{OUTLOOK}\\{key}", name)
    )


def test_prepares_outlook_and_shows_every_value_first(tmp_path: Path) -> None:
    home = windows(tmp_path)
    made = planned("outlook", home)
    assert made.how is How.CHANGE
    names = [change.path.name for change in made.changes[:3]]
    assert names == ["shop.example.xml", "shop.example-add.reg", "shop.example-undo.reg"]
    shown = {item.key.rpartition("\\")[2]: item for item in made.settings}
    assert (shown["PreferLocalXML"].before, shown["PreferLocalXML"].value) == (
        "dword:00000000",
        "dword:00000001",
    )
    assert shown["DisableOffice365SimplifiedAccountCreation"].before == ""
    undo = made.changes[2].after.decode("utf-16")
    assert '"PreferLocalXML"=dword:00000000' in undo
    assert '"shop.example"=-' in undo
    assert made.changes[0].after == autodiscover_xml(account())

    done = set_up("outlook", home)
    assert value(home, "PreferLocalXML") == b"dword:00000001"
    xml = value(home, "shop.example")
    assert xml is not None
    assert xml == windows_registry.content(str(made.changes[0].path))
    assert value(home, "navy.example") == windows_registry.content("C:\\n.xml")
    assert value(home, "DisableOffice365SimplifiedAccountCreation", "setup") == b"dword:00000001"

    undone = registry.undo(done.change_id, home)
    assert isinstance(undone, Undone)
    assert value(home, "PreferLocalXML") == b"dword:00000000"
    assert value(home, "shop.example") is None
    assert not (tmp_path / "registry" / Path(OUTLOOK.lower().replace("\\", "/")) / "setup").exists()


def test_what_somebody_else_set_meanwhile_stays(tmp_path: Path) -> None:
    home = windows(tmp_path)
    done = set_up("outlook", home)
    path = windows_registry.value_path(
        f"HKEY_CURRENT_USER\\{OUTLOOK}\\AutoDiscover", "shop.example"
    )
    windows_registry.write(path, windows_registry.content("D:\\theirs.xml"))
    undone = registry.undo(done.change_id, home)
    assert isinstance(undone, Undone)
    assert [item.key for item in undone.kept] == [str(path)]
    assert value(home, "shop.example") == windows_registry.content("D:\\theirs.xml")
    assert value(home, "PreferLocalXML") == b"dword:00000000"


def test_an_account_that_outlook_has_is_not_prepared_again(tmp_path: Path) -> None:
    home = windows(tmp_path)
    made = planned("outlook", home, OTHER)
    assert made.unchanged
    assert made.changes == ()
    assert made.steps[0].group == "If it does not work in Outlook"
    (found,) = registry.detect_all(home)
    assert found.version == "16.0.17928 64-bit"
    assert found.profiles[0].accounts == ("grace@navy.example",)


def test_the_preparation_goes_once_the_account_is_seen(tmp_path: Path) -> None:
    home = windows(tmp_path)
    set_up("outlook", home)
    assert registry.tidy(home) == ()
    seen = replace(home, facts=(*home.facts, ("outlook.account", "Ada@shop.example")))
    assert len(registry.tidy(seen)) == 1
    assert value(home, "shop.example") is None
    assert registry.changes(home) == ()
    assert registry.tidy(seen) == ()


def test_of_the_ways_by_hand_that_of_this_edition_is_shown(tmp_path: Path) -> None:
    home = windows(tmp_path)

    def by_hand(places: Places) -> list[str]:
        groups = dict.fromkeys(step.group for step in planned("outlook", places).steps)
        return [group for group in groups if "hand" in group]

    assert by_hand(home) == ["Outlook for Microsoft 365, by hand"]
    older = tuple(
        (name, "HomeBusiness2021Retail" if name == "outlook.product" else text)
        for name, text in home.facts
    )
    assert by_hand(replace(home, facts=older)) == ["Outlook 2019 and 2021, by hand"]
    assert len(by_hand(replace(home, facts=home.facts[:1]))) == 2


@posix.no_registry
def test_where_nothing_can_be_asked_nothing_is_planned(tmp_path: Path) -> None:
    home = windows(tmp_path)
    windows_registry._registry = fake_registry.ORIGINAL
    made = registry.plan("outlook", account(), home, WORDS)
    assert isinstance(made, Problem)
    assert made.kind is ProblemKind.PROGRAM_FILE_UNREADABLE


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (1, 'C:\\a "b" é\0'.encode("utf-16-le")),
        (1, b"\0\0"),
        (1, "not ended".encode("utf-16-le")),
        (1, b"\0\xd8\0\0"),
        (1, "a\0b\0".encode("utf-16-le")),
        (2, "%APPDATA%\0".encode("utf-16-le")),
        (3, bytes(range(256))),
        (4, b"\x2a\0\0\0"),
        (4, b"\x2a"),
        (7, "one\0two\0\0".encode("utf-16-le")),
        (11, bytes(8)),
        (0, b""),
    ],
)
def test_every_kind_of_value_comes_back_as_it_was(tmp_path: Path, kind: int, data: bytes) -> None:
    store = fake_registry.install(tmp_path)
    store.put("Software\\X", "theirs", kind, data)
    path = windows_registry.value_path("HKEY_CURRENT_USER\\Software\\X", "theirs")
    content = windows_registry.read(path)
    assert content is not None
    windows_registry.delete(path)
    assert windows_registry.read(path) is None
    windows_registry.write(path, content)
    assert store.get("Software\\X", "theirs") == (kind, data)
