"""The promise about certificates, whole: every case × every protocol × every way into TLS.

None is accepted, each is told apart in words that name the host, and nobody offers to go on.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from tests.fakes.scripted import Answers, Gone, Script, Talk, Town, mail_server
from tests.lab.ca import Certificate, CertificateAuthority, Flaw
from tests.unit.verify.asking import (
    IMAP,
    PASSWORD,
    POP3,
    SMTP,
    STARTTLS,
    TLS,
    ask_one,
    problem_of,
    settings,
)
from wizard.messages import Action, Messages
from wizard.model import Problem, ProblemKind, Secret, Security, ServerType, Stage
from wizard.net.http import HttpsClient
from wizard.net.tls import TlsContexts
from wizard.verify.dav import find_collections

K = ProblemKind
Way = tuple[ServerType, Security] | Literal["https"]
WAYS: list[Way] = [
    *((service, mode) for service in (IMAP, POP3, SMTP) for mode in (TLS, STARTTLS)),
    "https",
]
KINDS: dict[str, ProblemKind] = {
    "expired": K.CERTIFICATE_EXPIRED,
    "not-yet-valid": K.CLOCK_WRONG,
    "wrong-host": K.CERTIFICATE_OTHER_HOST,
    "self-signed": K.CERTIFICATE_SELF_SIGNED,
    "unknown-root": K.CERTIFICATE_UNKNOWN_AUTHORITY,
    "broken-chain": K.CERTIFICATE_UNKNOWN_AUTHORITY,
    "weak-key": K.CERTIFICATE_WEAK,
    "antivirus": K.CERTIFICATE_INTERCEPTED,
    "tls-1.0": K.TLS_TOO_OLD,
    "tls-1.1": K.TLS_TOO_OLD,
    "plaintext": K.WRONG_PORT_OR_TLS_MODE,
    "silent": K.WRONG_PORT_OR_TLS_MODE,
    "cut": K.CONNECTION_CLOSED,
}
CASES = list(KINDS)


def _old(version: ssl.TLSVersion) -> Callable[[Talk], None]:
    def handshake(talk: Talk) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = version
        context.maximum_version = version
        context.load_cert_chain(talk.certificate.chain, talk.certificate.key)
        talk.start_tls(context)

    return handshake


def _plaintext(talk: Talk) -> None:
    talk.say("* OK +OK 220 in the clear")
    talk.hang()


def _silent(talk: Talk) -> None:
    talk.hang()


def _cut(talk: Talk) -> None:
    talk.some()
    raise Gone


HANDSHAKES: dict[str, Callable[[Talk], None]] = {
    "tls-1.0": _old(ssl.TLSVersion.TLSv1),
    "tls-1.1": _old(ssl.TLSVersion.TLSv1_1),
    "plaintext": _plaintext,
    "silent": _silent,
    "cut": _cut,
}


def _certificate(
    authority: CertificateAuthority, case: str, host: str, directory: Path
) -> Certificate:
    if case == "broken-chain":
        return authority.issue_with_broken_chain([host])
    if case == "antivirus":
        return CertificateAuthority(directory, "ESET SSL Filter CA").issue([host])
    flaws = {flaw.name.lower().replace("_", "-"): flaw for flaw in Flaw}
    return authority.issue([host], flaws.get(case))


def _ask_https(
    town: Town, authority: CertificateAuthority, script: Script, made: Certificate
) -> tuple[Problem, str]:
    server = town.serve("dav.example.net", 443, script, made)

    async def walk() -> object:
        contexts = TlsContexts(authority.root)
        http = HttpsClient(town.connector, contexts, allow_private_redirects=True, total=2.0)
        try:
            url = "https://dav.example.net/"
            return await find_collections(url, "anna", Secret(PASSWORD), http)
        finally:
            await http.aclose()

    found = asyncio.run(walk())
    assert isinstance(found, Problem), "accepted"
    return found, "\n".join(server.lines)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    "way", WAYS, ids=lambda way: way if isinstance(way, str) else f"{way[0].value}-{way[1].value}"
)
def test_every_broken_promise_is_refused_and_named(
    monkeypatch: pytest.MonkeyPatch,
    town: Town,
    authority: CertificateAuthority,
    tmp_path: Path,
    case: str,
    way: Way,
) -> None:
    monkeypatch.setattr("wizard.verify.ladder.TLS_TIME", 1.0)
    handshake = HANDSHAKES.get(case, Talk.start_tls)
    if way == "https":
        made = _certificate(authority, case, "dav.example.net", tmp_path)

        def web(talk: Talk) -> None:
            handshake(talk)
            talk.hang()

        problem, heard = _ask_https(town, authority, web, made)
    else:
        service, mode = way
        server = settings(service, mode)
        made = _certificate(authority, case, server.host, tmp_path)
        script = mail_server(service, mode, Answers(handshake=handshake))
        side, seen = ask_one(town, server, script, certificate=made)
        problem, heard = problem_of(side), "\n".join(seen.lines)
        assert problem.stage is Stage.TLS
    assert PASSWORD not in heard
    assert "anna" not in heard
    expected = KINDS[case]
    if mode_upgrades(way) and case in {"plaintext", "silent"}:
        expected = K.STARTTLS_MISSING
    if way == "https" and case in {"plaintext", "silent"}:
        assert problem.kind in {expected, K.NO_ANSWER, K.SERVER_SAID}
    else:
        assert problem.kind is expected
    _assert_words(problem)


def mode_upgrades(way: Way) -> bool:
    return not isinstance(way, str) and way[1] is STARTTLS


def _assert_words(problem: Problem) -> None:
    """The host is named, and no way leads past the certificate."""
    wording = Messages("en", Path()).problem(problem)
    assert problem.host in wording.title + wording.explanation
    if problem.kind.is_certificate:
        assert wording.action_id is not Action.CONTINUE
        assert "sent" in wording.explanation  # that nothing was


def test_the_cases_are_told_apart() -> None:
    certificates = {kind for kind in KINDS.values() if kind.is_certificate}
    # Row 11 to 18, each of its own kind.
    assert {kind.cause for kind in certificates} == set(range(11, 19))


def test_both_names_are_shown(town: Town, authority: CertificateAuthority) -> None:
    made = authority.issue(["imap.example.net"], Flaw.WRONG_HOST)
    side, _ = ask_one(town, settings(IMAP), certificate=made)
    wording = Messages("en", Path()).problem(problem_of(side))
    shown = f"{wording.title} {wording.explanation}"
    assert "imap.example.net" in shown
    assert "elsewhere.example" in shown
