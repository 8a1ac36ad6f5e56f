"""TLS contexts on the system's trust store, and what a certificate says.

One factory for every connection of the program: mail ports, STARTTLS and https. There is no
switch that turns verification off; the one context that does not verify (`inspecting`) is used
for a second handshake after a refusal, only to read the certificate, and never carries data.
"""

from __future__ import annotations

import functools
import ssl
import sys
import threading
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.net.failure import CertificateFacts, NetFailure, Trouble

if TYPE_CHECKING:
    from cryptography import x509

# Where Linux and BSD systems keep their list of authorities, for builds whose OpenSSL was
# compiled for another system's folders. Source: truststore and certifi-system-store.
_AUTHORITY_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
)

# There certificates are judged by the system's own verifier, reached through truststore.
SYSTEM_VERIFIES = sys.platform in {"win32", "darwin"}

# OpenSSL x509_vfy.h
V_UNSPECIFIED = 1
V_NOT_YET_VALID = 9
V_EXPIRED = 10
V_SELF_SIGNED = 18
V_UNKNOWN_ISSUER = 20
V_REVOKED = 23
V_INVALID_PURPOSE = 26
V_HOST_MISMATCH = 62
V_WEAK_KEY = 66
V_WEAK_SIGNATURE = 68

_FOREIGN_CODES = {
    # Windows: CERT_CHAIN_POLICY_STATUS.dwError (winerror.h)
    0x800B0101: V_EXPIRED,  # CERT_E_EXPIRED: also "not yet valid", the dates tell which
    0x800B0109: V_UNKNOWN_ISSUER,  # CERT_E_UNTRUSTEDROOT
    0x800B010A: V_UNKNOWN_ISSUER,  # CERT_E_CHAINING
    0x800B010F: V_HOST_MISMATCH,  # CERT_E_CN_NO_MATCH
    0x800B010C: V_REVOKED,  # CERT_E_REVOKED
    0x80092010: V_REVOKED,  # CRYPT_E_REVOKED
    0x800B0110: V_INVALID_PURPOSE,  # CERT_E_WRONG_USAGE
    0x80096004: V_WEAK_SIGNATURE,  # TRUST_E_CERT_SIGNATURE
    # macOS: CFErrorGetCode of SecTrustEvaluateWithError (SecBase.h)
    -67818: V_EXPIRED,  # errSecCertificateExpired
    -67819: V_NOT_YET_VALID,  # errSecCertificateNotValidYet
    -67602: V_HOST_MISMATCH,  # errSecHostNameMismatch
    -67820: V_REVOKED,  # errSecCertificateRevoked
    -67843: V_UNKNOWN_ISSUER,  # errSecNotTrusted
    -25318: V_UNKNOWN_ISSUER,  # errSecCreateChainFailed
    -67609: V_WEAK_KEY,  # errSecUnsupportedKeySize
    -67901: V_INVALID_PURPOSE,  # errSecInvalidExtendedKeyUsage
}

_TOO_OLD = {
    "UNSUPPORTED_PROTOCOL",
    "TLSV1_ALERT_PROTOCOL_VERSION",
    "WRONG_SSL_VERSION",
    "VERSION_TOO_LOW",
    "NO_PROTOCOLS_AVAILABLE",
}

MAX_NAMES = 100


class TlsContexts:
    """Makes the program's client contexts. Each is made once and shared, but for those that have
    the system judge: while one of them does, its lock lets no other connection begin.

    `authorities`: a PEM file that replaces the system's trust store (`--ca`), for laboratories
    and companies. Raises OSError where it cannot be read and ValueError where it holds no
    certificate.
    """

    def __init__(self, authorities: Path | None = None) -> None:
        self._authorities = authorities and authorities.absolute()
        self._contexts: dict[tuple[str, ...], ssl.SSLContext] = {}
        self._lock = threading.Lock()  # made in one thread, waited for in another
        if authorities is not None:
            authorities.open("rb").close()  # OpenSSL does not say which file it could not read
            try:
                self.verifying()
            except ssl.SSLError as error:
                raise ValueError(f"no certificate in {authorities}") from error

    def verifying(self, alpn: Sequence[str] = ()) -> ssl.SSLContext:
        """The context for real connections: TLS 1.2 or later, trust and host name checked.

        `alpn`: protocol names (RFC 7301); none for mail, which has no use for them.
        """
        if self._authorities is None and SYSTEM_VERIFIES:
            return self._make(alpn)
        key = tuple(alpn)
        with self._lock:
            if key not in self._contexts:
                self._contexts[key] = self._make(alpn)
            return self._contexts[key]

    def prepare(self) -> None:
        """Loads what the first connection needs; for a thread that has nothing else to do."""
        import cryptography.x509  # noqa: F401  loading it is the point

        self.verifying()

    def _make(self, alpn: Sequence[str]) -> ssl.SSLContext:
        if self._authorities is None:
            context = _system_context()
        else:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(cafile=self._authorities)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.hostname_checks_common_name = False  # RFC 9525 section 6.3
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context

    @staticmethod
    @functools.cache
    def inspecting() -> ssl.SSLContext:
        """A context that accepts whatever is presented, to read it. Nothing may be sent over it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # so that a weak key can be named as such
        return context


def _system_context() -> ssl.SSLContext:
    if SYSTEM_VERIFIES:
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Elsewhere the trust store is OpenSSL's own. truststore would do the same, but parses the
    # whole list again for every connection (30 to 80 ms each, measured 2026-11).
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    places = ssl.get_default_verify_paths()  # heeds SSL_CERT_FILE and SSL_CERT_DIR
    if places.cafile or (places.capath and any(Path(places.capath).glob("*.0"))):
        context.set_default_verify_paths()
        return context
    for name in _AUTHORITY_FILES:
        if Path(name).is_file():
            context.load_verify_locations(cafile=name)
            break
    return context


def tls_failure(error: ssl.SSLError, host: str, port: int) -> NetFailure:
    """Says what broke a handshake or a session."""
    # Errors that truststore makes have neither reason nor code set by OpenSSL.
    reason: str = getattr(error, "reason", "") or ""
    detail = reason or str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return NetFailure(
            Trouble.CERTIFICATE,
            host,
            port,
            detail=getattr(error, "verify_message", "") or detail,
            verify_code=_openssl_code(getattr(error, "verify_code", V_UNSPECIFIED)),
        )
    if reason in _TOO_OLD:
        return NetFailure(Trouble.TLS_VERSION, host, port, detail=detail)
    if isinstance(error, ssl.SSLEOFError):
        return NetFailure(Trouble.CLOSED, host, port, detail=detail)
    return NetFailure(Trouble.TLS_OTHER, host, port, detail=detail)


def check_strength(context: ssl.SSLContext, der: bytes | None) -> None:
    """Refuses a key with less than 112 bits of strength, as OpenSSL does (security level 2), where
    the system judges instead: Windows takes RSA with 1024 bits. Raises SSLCertVerificationError."""
    if type(context) is ssl.SSLContext or not der:
        return
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            key = x509.load_der_x509_certificate(der).public_key()
    except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm):
        return  # the system could read and trusts it
    match key:
        case rsa.RSAPublicKey() | dsa.DSAPublicKey():
            weak = key.key_size < 2048
        case ec.EllipticCurvePublicKey():
            weak = key.key_size < 224
        case _:
            weak = False  # the newer kinds have no weak sizes
    if weak:
        error = ssl.SSLCertVerificationError("EE certificate key too weak")
        error.verify_code = V_WEAK_KEY
        raise error


def looks_like_tls(early: bytes) -> bool:
    """True where the bytes can be the start of a TLS record (RFC 8446 section 5.1)."""
    kind, version = early[:1], early[1:2]
    return kind in {b"\x14", b"\x15", b"\x16", b"\x17"} and version in {b"", b"\x03"}


def describe_certificate(der: bytes | None) -> CertificateFacts:
    """Reads names, issuer and dates; what cannot be read stays empty."""
    if not der:
        return CertificateFacts()
    from cryptography import x509

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # oddities of strangers' certificates are no news
        try:
            certificate = x509.load_der_x509_certificate(der)
            return CertificateFacts(
                names=_names(certificate),
                issuer=certificate.issuer.rfc4514_string(),
                subject=certificate.subject.rfc4514_string(),
                not_before=certificate.not_valid_before_utc,
                not_after=certificate.not_valid_after_utc,
                self_signed=certificate.issuer == certificate.subject,
            )
        except (ValueError, x509.InvalidVersion):  # OpenSSL is less strict than this parser
            return CertificateFacts()


def add_facts(failure: NetFailure, facts: CertificateFacts) -> None:
    """Adds the facts; tells "not yet valid" from "expired" where the system's verifier has one
    code for both (Windows)."""
    if (
        failure.verify_code == V_EXPIRED
        and facts.not_before is not None
        and facts.not_before > datetime.now(UTC)
    ):
        failure.verify_code = V_NOT_YET_VALID
    if failure.verify_code == V_UNKNOWN_ISSUER and facts.self_signed:
        failure.verify_code = V_SELF_SIGNED
    failure.certificate = facts


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (
        x509.ExtensionNotFound,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
        ValueError,
    ):
        return ()
    hosts = names.get_values_for_type(x509.DNSName)
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return tuple([*hosts, *addresses][:MAX_NAMES])


def _openssl_code(code: int) -> int:
    """OpenSSL's own codes are small; others are mapped, unknown ones become "unspecified"."""
    if 0 < code < 1000:
        return code
    return _FOREIGN_CODES.get(code, _FOREIGN_CODES.get(code & 0xFFFFFFFF, V_UNSPECIFIED))
