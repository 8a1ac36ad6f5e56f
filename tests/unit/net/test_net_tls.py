"""TLS contexts, verification codes of three systems, and what a certificate says."""

from __future__ import annotations

import random
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.lab.ca import CertificateAuthority, Flaw
from tests.unit import posix
from wizard.net import tls as tls_module
from wizard.net.failure import CertificateFacts, NetFailure, Trouble
from wizard.net.tls import (
    TlsContexts,
    add_facts,
    describe_certificate,
    looks_like_tls,
    tls_failure,
)


def der(path: Path) -> bytes:
    return ssl.PEM_cert_to_DER_cert(path.read_text())


@pytest.mark.parametrize("alpn", [(), ("http/1.1",)])
@pytest.mark.parametrize("own", [True, False])
def test_every_context_verifies(
    own: bool, alpn: tuple[str, ...], authority: CertificateAuthority
) -> None:
    contexts = TlsContexts(authority.root if own else None)
    context = contexts.verifying(alpn)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert not context.hostname_checks_common_name
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.options & ssl.OP_NO_RENEGOTIATION
    assert (contexts.verifying(alpn) is context) is (own or not tls_module.SYSTEM_VERIFIES)


def test_where_the_system_judges_no_connection_waits_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tls_module, "SYSTEM_VERIFIES", True)
    contexts = TlsContexts()
    assert contexts.verifying() is not contexts.verifying()


def test_a_file_of_authorities_replaces_the_trust_store(authority: CertificateAuthority) -> None:
    [root] = TlsContexts(authority.root).verifying().get_ca_certs(binary_form=True)
    assert root == der(authority.root)


def test_a_file_that_cannot_serve_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        TlsContexts(tmp_path / "absent.pem")
    empty = tmp_path / "empty.pem"
    empty.write_text("# nothing here\n")
    with pytest.raises(ValueError, match=r"empty\.pem"):
        TlsContexts(empty)


@posix.openssl_store
def test_the_system_trust_store_heeds_openssl_variables(
    authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.root))
    monkeypatch.setenv("SSL_CERT_DIR", str(authority.root.parent / "none"))
    [root] = TlsContexts().verifying().get_ca_certs(binary_form=True)
    assert root == der(authority.root)


@posix.openssl_store
def test_a_build_from_another_system_finds_the_list_of_authorities(
    authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "absent.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setattr(
        tls_module, "_AUTHORITY_FILES", (str(tmp_path / "absent"), str(authority.root))
    )
    [root] = TlsContexts().verifying().get_ca_certs(binary_form=True)
    assert root == der(authority.root)


def test_the_inspecting_context_is_no_context_for_connections(
    authority: CertificateAuthority,
) -> None:
    contexts = TlsContexts(authority.root)
    assert contexts.inspecting() is not contexts.verifying()
    assert contexts.verifying().verify_mode is ssl.CERT_REQUIRED


def test_a_certificate_is_read(authority: CertificateAuthority) -> None:
    issued = authority.issue(["mail.example.com", "*.example.net", "192.0.2.1"])
    facts = describe_certificate(der(issued.chain))
    assert facts.names == ("mail.example.com", "*.example.net", "192.0.2.1")
    assert facts.issuer == "CN=Lab Root"
    assert facts.subject == "CN=mail.example.com"
    assert not facts.self_signed
    assert facts.not_before is not None
    assert facts.not_after is not None
    assert facts.not_before < datetime.now(UTC) < facts.not_after


def test_what_is_no_certificate_has_no_facts() -> None:
    assert describe_certificate(None) == CertificateFacts()
    assert describe_certificate(b"") == CertificateFacts()
    assert describe_certificate(b"\x30\x03abc") == CertificateFacts()


def test_damaged_certificates_are_read_without_mishap(authority: CertificateAuthority) -> None:
    whole = der(authority.issue(["mail.example.com", "192.0.2.1"]).chain)
    source = random.Random(2026)
    issuers = 0
    for _ in range(5000):
        damaged = bytearray(whole)
        for _ in range(source.randint(1, 3)):
            damaged[source.randrange(len(damaged))] = source.randrange(256)
        issuers += bool(describe_certificate(bytes(damaged)).issuer)
    assert issuers > 1000, "most damage leaves something to read"


def test_names_are_limited(authority: CertificateAuthority) -> None:
    issued = authority.issue([f"host{number}.example" for number in range(300)])
    assert len(describe_certificate(der(issued.chain)).names) == tls_module.MAX_NAMES


def refusal(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError("refused")
    error.verify_code = code
    error.verify_message = "said by the verifier"
    return error


@pytest.mark.parametrize(
    ("system", "openssl"),
    [
        (10, 10),
        (62, 62),
        (68, 68),
        # Windows, as truststore reports them
        (0x800B0101, 10),
        (0x800B0109, 20),
        (0x800B010A, 20),
        (0x800B010F, 62),
        (0x800B0110, 26),
        (-2146762481, 62),  # the same as 0x800B010F, signed
        # macOS
        (-67818, 10),
        (-67819, 9),
        (-67602, 62),
        (-67843, 20),
        # something new
        (0x80001234, 1),
        (-1, 1),
        (0, 1),
    ],
)
def test_codes_of_every_system_become_openssl_codes(system: int, openssl: int) -> None:
    failure = tls_failure(refusal(system), "mail.example.com", 993)
    assert failure.trouble is Trouble.CERTIFICATE
    assert failure.verify_code == openssl
    assert failure.detail == "said by the verifier"


def test_dates_and_names_refine_what_one_code_covers() -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    early = NetFailure(Trouble.CERTIFICATE, verify_code=10)
    add_facts(early, CertificateFacts(not_before=tomorrow))
    assert early.verify_code == 9
    own = NetFailure(Trouble.CERTIFICATE, verify_code=20)
    add_facts(own, CertificateFacts(self_signed=True))
    assert own.verify_code == 18
    late = NetFailure(Trouble.CERTIFICATE, verify_code=10)
    add_facts(late, CertificateFacts(not_before=tomorrow - timedelta(days=9)))
    assert late.verify_code == 10
    assert late.certificate is not None


def test_a_verifier_that_says_nothing_is_still_a_refusal() -> None:
    failure = tls_failure(ssl.SSLCertVerificationError("no chain"), "mail.example.com", 993)
    assert (failure.trouble, failure.verify_code) == (Trouble.CERTIFICATE, 1)


@pytest.mark.parametrize(
    ("early", "tls"),
    [
        (b"\x16\x03\x03\x00\x7a", True),
        (b"\x15\x03\x01\x00\x02", True),
        (b"\x16", True),
        (b"* OK ready", False),
        (b"220 ready", False),
        (b"HTTP/1.1 400", False),
        (b"\x16\x01", False),
    ],
)
def test_tls_records_are_told_from_plain_text(early: bytes, tls: bool) -> None:
    assert looks_like_tls(early) is tls


def test_flaws_have_numbers_of_their_own() -> None:
    """The lab's list of flaws and the codes the streams' tests expect cover each other."""
    from tests.unit.net.test_net_streams import CODES

    assert set(CODES) == set(Flaw)
    assert len(set(CODES.values())) == len(CODES)
