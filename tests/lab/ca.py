"""A certificate authority of the lab's own, and the certificates it should never have issued.

`CertificateAuthority.issue` makes what a careful provider has; `Flaw` names what may be wrong
with a certificate, one at a time, so a test can ask for exactly one broken promise. Keys are
ECDSA P-256 (quick to make), except where weakness is the point.
"""

import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from typing import assert_never

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Flaw(Enum):
    """One thing wrong with a certificate (numbers: the rows of the table of failure causes)."""

    EXPIRED = auto()  # row 12
    NOT_YET_VALID = auto()  # row 13
    WRONG_HOST = auto()  # row 14: names another host and nothing else
    SELF_SIGNED = auto()  # row 15
    UNKNOWN_ROOT = auto()  # row 16: well made, by an authority nobody trusts
    WEAK_KEY = auto()  # row 18: RSA with 1024 bits


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate chain and its private key, as PEM files on disk."""

    chain: Path
    key: Path

    def server_context(self, *, minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> ssl.SSLContext:
        """A server-side TLS context that presents this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if self.key.stem.endswith(Flaw.WEAK_KEY.name.lower()):
            context.set_ciphers("DEFAULT:@SECLEVEL=0")  # OpenSSL itself refuses to load it else
        context.minimum_version = minimum
        context.load_cert_chain(self.chain, self.key)
        return context


class CertificateAuthority:
    """A root that lives in `directory`; `root` is the file that clients are told to trust."""

    def __init__(self, directory: Path, name: str = "Lab Root") -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = _named(name)
        self._stranger: CertificateAuthority | None = None
        self._issued = 0
        self.root = directory / "root.pem"
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(self._subject)
            .issuer_name(self._subject)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=365))
            .not_valid_after(now + timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_usage(sign_certificates=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        self.root.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def client_context(self) -> ssl.SSLContext:
        """A client-side TLS context that trusts this authority and nothing else."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(self.root)
        return context

    def issue(self, names: Sequence[str], flaw: Flaw | None = None) -> Certificate:
        """A server certificate for `names` (host names, wildcards or IP addresses).

        With a `flaw`, everything about it is right except that.
        """
        now = datetime.now(UTC)
        key: _PrivateKey = ec.generate_private_key(ec.SECP256R1())
        not_before, not_after = now - timedelta(days=1), now + timedelta(days=90)
        issuer: x509.Name = self._subject
        signer: _PrivateKey = self._key
        match flaw:
            case None:
                pass
            case Flaw.EXPIRED:
                not_before, not_after = now - timedelta(days=92), now - timedelta(days=2)
            case Flaw.NOT_YET_VALID:
                not_before, not_after = now + timedelta(days=2), now + timedelta(days=92)
            case Flaw.WRONG_HOST:
                names = ["elsewhere.example"]
            case Flaw.SELF_SIGNED:
                issuer, signer = _named(names[0]), key
            case Flaw.UNKNOWN_ROOT:
                if self._stranger is None:
                    self._stranger = CertificateAuthority(self._directory / "stranger", "Stranger")
                return self._stranger.issue(names)
            case Flaw.WEAK_KEY:
                key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
            case _:
                assert_never(flaw)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_named(names[0]))
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(not_before)
            .not_valid_after(not_after)
            .add_extension(
                x509.SubjectAlternativeName([_general_name(n) for n in names]), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(sign_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
                critical=False,
            )
            .sign(signer, hashes.SHA256())
        )
        return self._save(certificate, key, flaw)

    def issue_with_broken_chain(self, names: Sequence[str]) -> Certificate:
        """A good certificate by an intermediate authority that the server forgets to send."""
        between = CertificateAuthority(self._directory / "between", "Lab Intermediate")
        return between.issue(names)

    def _save(
        self, certificate: x509.Certificate, key: _PrivateKey, flaw: Flaw | None
    ) -> Certificate:
        self._issued += 1
        stem = f"{self._issued}-{flaw.name.lower() if flaw else 'good'}"
        saved = Certificate(self._directory / f"{stem}.pem", self._directory / f"{stem}.key")
        saved.chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        saved.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return saved


def _named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )
