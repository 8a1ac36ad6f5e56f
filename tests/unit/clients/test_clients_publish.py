"""What domain owners publish, our own readers find; what fleets deploy is whole and signed."""

from __future__ import annotations

import json
import plistlib
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dns.zone
import pytest

from tests.lab.requirements import need_programs
from tests.unit.clients.support import account, sender, server
from wizard.clients import fleet, publish
from wizard.clients.publish import Publication, Settings
from wizard.discovery.autoconfig import AutoconfigDocument, parse_autoconfig
from wizard.discovery.autodiscover import AutodiscoverAnswer, parse_autodiscover
from wizard.discovery.pacc import PaccDocument, digest_matches, parse_pacc, published_digests
from wizard.model import (
    AuthMethod,
    ClientPlan,
    EmailAddress,
    HelpLink,
    Provider,
    Security,
    ServerType,
    Service,
    ServiceType,
    SourceWords,
)

WORDS = SourceWords()
ADA = EmailAddress("ada", "shop.example")
BEN = EmailAddress("ben", "shop.example")
DAV = (
    Service(ServiceType.CARDDAV, "https://dav.shop.example/.well-known/carddav", str(ADA)),
    Service(ServiceType.CALDAV, "https://dav.shop.example:8443/cal/", str(ADA)),
)
SETTINGS = Settings(
    "shop.example",
    ADA,
    Provider("Shop & Söhne", help=(HelpLink("https://shop.example/mail?a=1&b=2"),)),
    (server(), server(ServerType.POP3, "pop.shop.example", 995)),
    (sender(), sender(port=587, security=Security.STARTTLS)),
    DAV,
)


def made(settings: Settings = SETTINGS) -> Publication:
    found = publish.publication(settings, WORDS)
    assert isinstance(found, Publication)
    return found


def page(name: str, settings: Settings = SETTINGS) -> bytes:
    (found,) = [p.produced.content for p in made(settings).pages if p.produced.name.endswith(name)]
    return found


def test_our_reader_finds_everything_in_the_autoconfig_document() -> None:
    for name in ("autoconfig.shop.example/mail/config-v1.1.xml", "autoconfig/mail/config-v1.1.xml"):
        document = parse_autoconfig(page(name), BEN)
        assert isinstance(document, AutoconfigDocument)
        assert document.name == "Shop & Söhne"
        assert document.domains == ("shop.example",)
        wanted = [
            replace(item, username=str(BEN)) for item in (*SETTINGS.incoming, *SETTINGS.outgoing)
        ]
        assert [*document.incoming, *document.outgoing] == wanted
        assert {service.url for service in document.services} == {service.url for service in DAV}
        assert document.help[0].url == "https://shop.example/mail?a=1&b=2"


def test_user_names_become_placeholders_or_nothing_is_published() -> None:
    local = replace(SETTINGS, incoming=(server(username="ada"),))
    document = parse_autoconfig(page("autoconfig.shop.example/mail/config-v1.1.xml", local), BEN)
    assert isinstance(document, AutoconfigDocument)
    assert document.incoming[0].username == "ben"
    names = [item.produced.name for item in made(local).pages]
    assert not any("autodiscover" in name or "ua-auto-config" in name for name in names)
    assert made(local).notes
    odd = replace(SETTINGS, incoming=(server(username="u4711"),))
    assert publish.publication(odd, WORDS) == publish.Unpublishable("u4711")


def test_our_reader_finds_the_servers_in_the_autodiscover_answer() -> None:
    answer = parse_autodiscover(page("autodiscover.xml"), BEN)
    assert isinstance(answer, AutodiscoverAnswer)
    assert [item.endpoint for item in (*answer.incoming, *answer.outgoing)] == [
        SETTINGS.incoming[0].endpoint,
        SETTINGS.outgoing[0].endpoint,
    ]
    assert answer.incoming[0].username == str(BEN)
    assert answer.incoming[0].auth == (AuthMethod.PLAIN,)


def test_the_pacc_document_and_its_digest_belong_together() -> None:
    content = page("user-agent-configuration.json")
    (record,) = [item for item in made().records if item.name.startswith("_ua-auto-config")]
    digests = published_digests([record.value.strip('"')])
    assert digest_matches(content, digests)
    assert not digest_matches(content + b" ", digests)
    document = parse_pacc(content, BEN)
    assert isinstance(document, PaccDocument)
    assert [item.host for item in document.incoming] == ["imap.shop.example", "pop.shop.example"]
    assert document.outgoing[0].port == 465
    assert document.name == "Shop & Söhne"
    assert {service.type for service in document.services} == {
        ServiceType.CARDDAV,
        ServiceType.CALDAV,
    }
    starttls = replace(SETTINGS, outgoing=SETTINGS.outgoing[1:])
    assert not any("ua-auto-config" in item.produced.name for item in made(starttls).pages)
    assert any("PACC" in note for note in made(starttls).notes)


def test_the_zone_text_is_one_that_name_servers_read() -> None:
    text = publish.zone_text(made())
    frame = "@ 3600 IN SOA ns hostmaster 1 2 3 4 5\n@ 3600 IN NS ns\nns 3600 IN A 192.0.2.1\n"
    zone = dns.zone.from_text(frame + text, origin="shop.example.", relativize=False)
    found = {
        (str(name), rdata.to_text())
        for name, _, rdata in zone.iterate_rdatas()
        if str(name).startswith("_")
    }
    assert ("_imaps._tcp.shop.example.", "0 1 993 imap.shop.example.") in found
    assert ("_pop3s._tcp.shop.example.", "0 1 995 pop.shop.example.") in found
    assert ("_submissions._tcp.shop.example.", "0 1 465 smtp.shop.example.") in found
    assert ("_submission._tcp.shop.example.", "0 1 587 smtp.shop.example.") in found
    assert ("_carddavs._tcp.shop.example.", "0 1 443 dav.shop.example.") in found
    assert ("_caldavs._tcp.shop.example.", "0 1 8443 dav.shop.example.") in found
    assert ("_caldavs._tcp.shop.example.", '"path=/cal/"') in found
    assert any(name.startswith("_ua-auto-config.") for name, _ in found)


def test_a_page_says_where_each_file_goes() -> None:
    files = {item.name: item for item in publish.files(SETTINGS, made(), WORDS)}
    text = files["README.txt"].content.decode()
    for item in made().pages:
        assert item.url in text
        assert item.url == f"https://{item.produced.name}"
        assert files[item.produced.name].public
    for record in made().records:
        assert record.line in text
        assert record.line in files["shop.example.zone"].content.decode()


def test_one_persons_collections_are_not_published_for_all() -> None:
    own = Service(ServiceType.CARDDAV, "https://dav.shop.example/books/ada/main/", str(ADA))
    settings = replace(SETTINGS, services=(own,))
    everything = b"".join(item.produced.content for item in made(settings).pages)
    assert b"books/ada" not in everything
    assert "_carddavs" not in publish.zone_text(made(settings))


# --- fleets -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> tuple[fleet.Signer, Path]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Shop IT")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = tmp_path_factory.mktemp("signer") / "certificate.pem"
    path.write_bytes(pem)
    return fleet.Signer(pem, private), path


def deployed(signer: fleet.Signer | None = None) -> dict[str, bytes]:
    plan = fleet.files(account(), WORDS, signer)
    assert isinstance(plan, ClientPlan)
    assert plan.steps
    return {item.name: item.content for item in plan.files}


def test_a_fleet_gets_every_form() -> None:
    files = deployed()
    assert {name.rpartition(".")[2] for name in files} == {
        "mobileconfig",
        "xml",
        "reg",
        "prf",
        "json",
    }
    assert plistlib.loads(next(v for k, v in files.items() if k.endswith(".mobileconfig")))
    document = parse_autoconfig(files["isp/shop.example.xml"], BEN)
    assert isinstance(document, AutoconfigDocument)
    assert document.incoming[0].host == "imap.shop.example"
    preferences = json.loads(files["policies.json"])["policies"]["Preferences"]
    assert all(name.startswith(("mail.", "mailnews.")) for name in preferences)
    assert {entry["Status"] for entry in preferences.values()} == {"default"}


def test_the_apple_profile_is_signed_with_the_given_certificate(
    signer: tuple[fleet.Signer, Path], tmp_path: Path
) -> None:
    need_programs("openssl")
    files = deployed(signer[0])
    signed = tmp_path / "signed.mobileconfig"
    signed.write_bytes(next(v for k, v in files.items() if k.endswith(".mobileconfig")))
    inside = tmp_path / "inside.plist"
    argv = ["openssl", "cms", "-verify", "-inform", "DER", "-in", str(signed)]
    argv += ["-CAfile", str(signer[1]), "-purpose", "any", "-out", str(inside)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert plistlib.loads(inside.read_bytes())["PayloadType"] == "Configuration"


def test_a_key_that_does_not_fit_is_said_and_nothing_is_signed(
    signer: tuple[fleet.Signer, Path],
) -> None:
    with pytest.raises(ValueError, match="PEM"):
        fleet.files(account(), WORDS, replace(signer[0], key=b"no key"))
