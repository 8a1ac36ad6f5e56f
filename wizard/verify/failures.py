"""From what went wrong on the wire to its cause (rows 3-5 and 8-18 of the table, and 48)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import assert_never

from wizard.model import Problem, ProblemKind, Security, ServerSettings, Stage
from wizard.net.failure import CertificateFacts, NetFailure, Trouble
from wizard.verify.text import cleaned, decoded

_K = ProblemKind

# X.509 verification results of OpenSSL (x509_vfy.h); `net` maps the other systems' to these.
_NOT_YET_VALID, _EXPIRED, _SELF_SIGNED = 9, 10, 18
_NAME_MISMATCH = {62, 63, 64}
_WEAK = {66, 67, 68}

_INTERCEPTOR = re.compile(
    r"avast|\bavg\b|kaspersky|\beset\b|bitdefender|zscaler|fortinet|fortigate|sophos|mcafee|"
    r"norton|symantec web|blue ?coat|palo alto|checkpoint|check point|netskope|forcepoint|"
    r"websense|barracuda|cisco umbrella|watchguard|sonicwall|dr\.? ?web|g ?data|adguard|"
    r"mitmproxy|fiddler|charles proxy|burp|portswigger|superfish|untangle|squid|f-secure|"
    r"bullguard|panda|trend micro|cloudflare for teams|gateway ca",
    re.IGNORECASE,
)
_WEB_PAGE = re.compile(rb"\A\s*(HTTP/1\.|<!doctype|<html)", re.IGNORECASE)
_TOO_WEAK = re.compile(r"too.small|too.weak|md.too|key.size", re.IGNORECASE)

MAX_CLOCK_DIFFERENCE = timedelta(hours=24)


def looks_like_web_page(early: bytes) -> bool:
    """True where a web server answered on a mail port, as captive portals do."""
    return _WEB_PAGE.match(early) is not None


def from_failure(failure: NetFailure, stage: Stage, server: ServerSettings) -> Problem:
    """The problem behind a failure at this rung of the ladder. Never raises."""
    certificate = failure.certificate or CertificateFacts()
    # What was pushed between STARTTLS and the handshake is not the server's word to anybody.
    said = b"" if server.security is Security.STARTTLS else failure.early
    return Problem(
        _kind(failure, stage, server, certificate.issuer),
        stage,
        server.type,
        server.host,
        server.port,
        server_said=cleaned(decoded(said)),
        detail=failure.detail or failure.trouble.value,
        facts=_certificate_facts(certificate) if failure.trouble is Trouble.CERTIFICATE else (),
    )


def _kind(failure: NetFailure, stage: Stage, server: ServerSettings, issuer: str) -> ProblemKind:
    if failure.early and looks_like_web_page(failure.early):
        return _K.CAPTIVE_PORTAL
    upgrade = server.security is Security.STARTTLS
    not_switched = _K.STARTTLS_MISSING if upgrade else _K.WRONG_PORT_OR_TLS_MODE
    match failure.trouble:
        case Trouble.NO_SUCH_HOST:
            return _K.DOMAIN_MISTYPED
        case Trouble.DNS:
            return _K.NAME_SERVER_BROKEN
        case Trouble.OFFLINE:
            return _K.NO_INTERNET
        case Trouble.REFUSED:
            return _K.SERVER_DOWN
        case Trouble.TIMEOUT:
            if stage is Stage.TLS:
                return not_switched
            # A port for implicit TLS waits for our hello.
            silent = stage is Stage.GREETING and upgrade
            return _K.WRONG_PORT_OR_TLS_MODE if silent else _K.NO_ANSWER
        case Trouble.RESET | Trouble.CLOSED:
            return _K.CONNECTION_CLOSED
        case Trouble.TOO_LONG:
            return _K.WRONG_PORT_OR_TLS_MODE if stage is Stage.GREETING else _K.NO_ANSWER
        case Trouble.SURPLUS_BEFORE_TLS | Trouble.NOT_TLS:
            return not_switched
        case Trouble.TLS_VERSION:
            return _K.TLS_TOO_OLD
        case Trouble.TLS_OTHER:
            weak = _TOO_WEAK.search(failure.detail)
            return _K.CERTIFICATE_WEAK if weak else _K.TLS_TOO_OLD
        case Trouble.CERTIFICATE:
            return _certificate_kind(failure.verify_code, issuer)
        case _:
            assert_never(failure.trouble)


def _certificate_kind(code: int, issuer: str) -> ProblemKind:
    if code == _NOT_YET_VALID:
        return _K.CLOCK_WRONG
    if code == _EXPIRED:
        return _K.CERTIFICATE_EXPIRED
    if code in _NAME_MISMATCH:
        return _K.CERTIFICATE_OTHER_HOST
    if code in _WEAK:
        return _K.CERTIFICATE_WEAK
    if _INTERCEPTOR.search(issuer):
        return _K.CERTIFICATE_INTERCEPTED
    if code == _SELF_SIGNED:
        return _K.CERTIFICATE_SELF_SIGNED
    return _K.CERTIFICATE_UNKNOWN_AUTHORITY


def _certificate_facts(certificate: CertificateFacts) -> tuple[tuple[str, str], ...]:
    facts = {
        "names": ", ".join(cleaned(name, 100) for name in certificate.names[:10]),
        "issuer": cleaned(_common_name(certificate.issuer), 100),
        "not_before": _day(certificate.not_before),
        "not_after": _day(certificate.not_after),
    }
    return tuple((name, value) for name, value in facts.items() if value)


def _common_name(name: str) -> str:
    """The telling part of an RFC 4514 name: the common name, else the organisation."""
    parts = dict(re.findall(r"(?:\A|,)([A-Z]+)=((?:\\.|[^,\\])*)", name))
    chosen = parts.get("CN") or parts.get("O") or name
    return re.sub(r"\\(.)", r"\1", chosen)


def _day(moment: datetime | None) -> str:
    return "" if moment is None else moment.date().isoformat()
