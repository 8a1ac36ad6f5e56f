"""The configuration profile: what Apple's own schemas ask of it, and what must not be in it."""

from __future__ import annotations

import plistlib
import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.lab.requirements import need_programs
from tests.shared_data import shared_data
from tests.unit.clients.support import account, places, sender, server
from wizard.clients import registry
from wizard.clients.apple import AppleMail, Target, profile, sign
from wizard.model import (
    Account,
    AuthMethod,
    ClientPlan,
    EmailAddress,
    How,
    Problem,
    ProblemKind,
    Provider,
    Security,
    ServerType,
    Service,
    ServiceType,
    SourceWords,
)

WORDS = SourceWords()
LOGIN = "ada@shop.example"
SERVICES = (
    Service(ServiceType.CALDAV, "https://dav.shop.example/.well-known/caldav", LOGIN),
    Service(ServiceType.CARDDAV, "https://dav.shop.example:8443/cards/ada/", LOGIN),
    Service(ServiceType.JMAP, "https://jmap.shop.example/", LOGIN),
    Service(ServiceType.CALDAV, "http://unencrypted.shop.example/", LOGIN),
)
TYPES: dict[str, type | tuple[type, ...]] = {
    "<string>": str,
    "<integer>": int,
    "<boolean>": bool,
    "<array>": list,
    "<dictionary>": dict,
    "<data>": bytes,
    "<date>": datetime,
    "<real>": float,
}


def read(document: bytes) -> dict[str, Any]:
    found = plistlib.loads(document)
    assert isinstance(found, dict)
    return found


def made(wanted: Account | None = None) -> dict[str, Any]:
    return read(profile(wanted or account(), WORDS))


def mail(wanted: Account | None = None) -> dict[str, Any]:
    found = made(wanted)["PayloadContent"][0]
    assert isinstance(found, dict)
    return found


VARIANTS = {
    "usual": account(),
    "services": account(services=SERVICES),
    "pop, STARTTLS, two logins": account(
        server(ServerType.POP3, port=110, security=Security.STARTTLS),
        sender(port=587, security=Security.STARTTLS, username="relay"),
    ),
    "no name, no provider": account(name="", provider=Provider("")),
    "other writings": account(name="Åda 😀", address=EmailAddress("ådå", "xn--bcher-kva.example")),
    "control characters": account(name="A\x00B\nC", provider=Provider("x\x1by")),
}


# --- against Apple's schemas ------------------------------------------------------------------


def _schema(name: str) -> dict[str, Any]:
    found = yaml.safe_load(shared_data("apple", f"{name}.yaml").read_text())
    assert isinstance(found, dict)
    return found


def _check(values: dict[str, Any], keys: list[dict[str, Any]], where: str) -> None:
    """Presence, type, range and range list of every key, and no key the schema does not know."""
    known = {key["key"]: key for key in keys}
    assert set(values) <= set(known), f"{where}: {set(values) - set(known)}"
    for name, rule in known.items():
        if name not in values:
            assert rule.get("presence") != "required", f"{where}: {name} is missing"
            continue
        value: Any = values[name]
        assert isinstance(value, TYPES[rule["type"]]), f"{where}: {name}"
        assert isinstance(value, bool) is (rule["type"] == "<boolean>"), f"{where}: {name}"
        if "rangelist" in rule:
            assert value in rule["rangelist"], f"{where}: {name}"
        if "range" in rule:
            assert rule["range"].get("min", value) <= value <= rule["range"].get("max", value)
        if "format" in rule:
            assert re.fullmatch(rule["format"], str(value)), f"{where}: {name}"
        if isinstance(value, dict):
            assert all(isinstance(text, str) for text in value.values())


@pytest.mark.parametrize("variant", VARIANTS)
def test_profiles_validate_against_apples_schemas(variant: str) -> None:
    top = made(VARIANTS[variant])
    common = _schema("CommonPayloadKeys")["payloadkeys"]
    _check(top, _schema("TopLevel")["payloadkeys"], "top level")
    for payload in top["PayloadContent"]:
        schema = _schema(payload["PayloadType"])
        assert schema["payload"]["payloadtype"] == payload["PayloadType"]
        for system in ("iOS", "macOS"):
            support = schema["payload"]["supportedOS"][system]
            assert support["introduced"] != "n/a"
            assert support["allowmanualinstall"] is True
        # A payload of the user's channel must be in a profile of the user's scope.
        assert schema["payload"]["supportedOS"]["macOS"]["userchannel"] is True
        _check(payload, [*common, *schema["payloadkeys"]], payload["PayloadType"])


def test_a_target_device_is_a_value_of_the_schema() -> None:
    keys = {key["key"]: key for key in _schema("TopLevel")["payloadkeys"]}
    for target in Target:
        found = read(profile(account(), WORDS, target)).get("TargetDeviceType", 0)
        assert found == target
        assert found in keys["TargetDeviceType"]["rangelist"]


# --- what is in it ----------------------------------------------------------------------------


def test_the_mail_account() -> None:
    found = mail()
    expected = {
        "EmailAccountType": "EmailTypeIMAP",
        "EmailAddress": LOGIN,
        "EmailAccountName": "Ada Lovelace",
        "IncomingMailServerAuthentication": "EmailAuthPassword",
        "IncomingMailServerHostName": "imap.shop.example",
        "IncomingMailServerPortNumber": 993,
        "IncomingMailServerUseSSL": True,
        "IncomingMailServerUsername": LOGIN,
        "OutgoingMailServerAuthentication": "EmailAuthPassword",
        "OutgoingMailServerHostName": "smtp.shop.example",
        "OutgoingMailServerPortNumber": 465,
        "OutgoingMailServerUseSSL": True,
        "OutgoingMailServerUsername": LOGIN,
        "OutgoingPasswordSameAsIncomingPassword": True,
    }
    assert {name: found[name] for name in expected} == expected


def test_encryption_is_on_for_starttls_too() -> None:
    found = mail(VARIANTS["pop, STARTTLS, two logins"])
    assert found["EmailAccountType"] == "EmailTypePOP"
    assert found["IncomingMailServerUseSSL"] is found["OutgoingMailServerUseSSL"] is True
    assert found["OutgoingMailServerUsername"] == "relay"
    assert found["OutgoingPasswordSameAsIncomingPassword"] is False


@pytest.mark.parametrize(
    ("auth", "word"),
    [
        ((), "EmailAuthPassword"),
        ((AuthMethod.CRAM_MD5,), "EmailAuthCRAMMD5"),
        ((AuthMethod.NTLM, AuthMethod.PLAIN), "EmailAuthNTLM"),
        ((AuthMethod.SCRAM_SHA_256, AuthMethod.PLAIN), "EmailAuthPassword"),
        ((AuthMethod.NONE,), "EmailAuthNone"),
    ],
)
def test_the_way_of_signing_in(auth: tuple[AuthMethod, ...], word: str) -> None:
    found = mail(account(outgoing=sender(auth=auth)))
    assert found["OutgoingMailServerAuthentication"] == word


def test_calendars_and_contacts_ride_along_where_they_are_encrypted() -> None:
    _, calendars, contacts = made(account(services=SERVICES))["PayloadContent"]
    assert calendars["CalDAVHostName"] == "dav.shop.example"
    assert calendars["CalDAVPort"] == 443
    assert "CalDAVPrincipalURL" not in calendars
    assert contacts["CardDAVPort"] == 8443
    assert contacts["CardDAVPrincipalURL"] == SERVICES[1].url
    assert calendars["CalDAVUsername"] == contacts["CardDAVUsername"] == LOGIN


def test_no_password_and_nothing_that_can_not_be_removed() -> None:
    top = made(account(services=SERVICES))
    names = set(top).union(*(payload for payload in top["PayloadContent"]))
    assert {name for name in names if "Password" in name} == {
        "OutgoingPasswordSameAsIncomingPassword"
    }
    assert "PayloadRemovalDisallowed" not in names
    assert not {name for name in names if "SMIME" in name and not name.endswith("Overrideable")}


def test_consent_in_five_languages() -> None:
    texts = made()["ConsentText"]
    assert set(texts) == {"default", "en", "fr", "de", "it", "es"}
    assert LOGIN in texts["default"]


# --- identifiers ------------------------------------------------------------------------------


def _identifiers(top: dict[str, Any]) -> set[str]:
    found = {top["PayloadIdentifier"], top["PayloadUUID"]}
    for payload in top["PayloadContent"]:
        found |= {payload["PayloadIdentifier"], payload["PayloadUUID"]}
    return found


def test_the_same_account_replaces_itself_whatever_its_servers() -> None:
    moved = account(server(host="new.shop.example"), name="Ada King", provider=Provider("New"))
    assert _identifiers(made()) == _identifiers(made(moved))
    assert profile(account(), WORDS) == profile(account(), WORDS)


@given(
    st.tuples(
        st.sampled_from(["a", "b", "a.b", "A"]), st.sampled_from(["a.example", "b.a.example"])
    ),
    st.tuples(
        st.sampled_from(["a", "b", "a.b", "A"]), st.sampled_from(["a.example", "b.a.example"])
    ),
)
def test_other_accounts_never_replace_each_other(
    one: tuple[str, str], two: tuple[str, str]
) -> None:
    first, second = (made(account(address=EmailAddress(*item))) for item in (one, two))
    assert bool(_identifiers(first) & _identifiers(second)) is (one == two)


def test_identifiers_are_unique_inside_and_name_the_domain() -> None:
    top = made(account(services=SERVICES[:2]))
    assert len(_identifiers(top)) == 8
    assert top["PayloadIdentifier"].startswith("mail-setup-wizard.example.shop.")
    assert "ada" not in top["PayloadIdentifier"].split(".")


# --- the plan ---------------------------------------------------------------------------------


def test_the_file_and_its_steps() -> None:
    plan = registry.files("apple", account(), WORDS)
    assert isinstance(plan, ClientPlan)
    assert plan.how is How.FILES
    (produced,) = plan.files
    assert produced.name == "ada@shop.example.mobileconfig"
    assert produced.content == profile(account(), WORDS)
    groups = list(dict.fromkeys(step.group for step in plan.steps))
    assert len(groups) == 4
    assert {step.copy for step in plan.steps if step.is_value} >= {
        "imap.shop.example",
        "993",
        "465",
    }


@pytest.mark.parametrize(
    "wanted",
    [
        account(server(auth=(AuthMethod.OAUTH2,))),
        account(outgoing=sender(auth=(AuthMethod.OAUTH2,))),
    ],
)
def test_where_the_browser_signs_in_there_are_steps_alone(wanted: Account) -> None:
    plan = registry.files("apple", wanted, WORDS)
    assert isinstance(plan, ClientPlan)
    assert (plan.how, plan.files) == (How.STEPS, ())
    assert plan.steps


def test_no_profile_without_encryption() -> None:
    plan = registry.files("apple", account(server(port=143, security=Security.PLAIN)), WORDS)
    assert isinstance(plan, Problem)
    assert plan.kind is ProblemKind.UNENCRYPTED_ONLY


def test_mail_is_found_on_a_mac_only(tmp_path: Path) -> None:
    contents = tmp_path / "Applications" / "Mail.app" / "Contents"
    contents.mkdir(parents=True)
    (contents / "Info.plist").write_bytes(plistlib.dumps({"CFBundleShortVersionString": "16.0"}))
    home = replace(places(tmp_path), programs=(tmp_path / "Applications",))
    assert AppleMail().detect(home) is None
    found = AppleMail().detect(replace(home, system="darwin"))
    assert found is not None
    assert (found.version, found.path) == ("16.0", tmp_path / "Applications" / "Mail.app")


# --- signing ----------------------------------------------------------------------------------


def test_a_signed_profile_verifies_with_openssl(tmp_path: Path) -> None:
    need_programs("openssl")
    root, leaf, key = certificates()
    (tmp_path / "root.pem").write_bytes(root)
    document = profile(account(name="Ada\r\nLovelace"), WORDS)
    signed = sign(document, leaf, key, chain=root)
    (tmp_path / "signed.mobileconfig").write_bytes(signed)
    result = subprocess.run(
        ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "signed.mobileconfig",
         "-CAfile", "root.pem", "-purpose", "any", "-out", "content"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "content").read_bytes() == document


def test_a_key_that_cannot_sign_is_refused() -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    _, leaf, _ = certificates()
    key = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(ValueError, match="RSA"):
        sign(b"x", leaf, key)


def certificates() -> tuple[bytes, bytes, bytes]:
    """A root, a leaf it signed, and the leaf's key, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    def certificate(
        subject: str, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey, ca: bool
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name("Test root"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .sign(signer, hashes.SHA256())
        )

    pem = serialization.Encoding.PEM
    root_key, leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    return (
        certificate("Test root", root_key, root_key, True).public_bytes(pem),
        certificate("Test leaf", leaf_key, root_key, False).public_bytes(pem),
        leaf_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
