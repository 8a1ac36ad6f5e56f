"""The mechanisms against the examples of their standards, and against servers that cheat."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.scripted import Talk, Town
from tests.unit.verify.asking import IMAP, PASSWORD, SMTP, ask_one, problem_of, settings, worked
from wizard.model import AuthMethod, ProblemKind, Secret, ServerType
from wizard.verify.dialogue import COMMAND, Offer, choose_way, method_of
from wizard.verify.sasl import (
    MAX_ITERATIONS,
    MECHANISMS,
    CramMd5,
    Credentials,
    Login,
    Plain,
    ScramSha256,
    saslprep,
)

TIM = Credentials("tim", Secret("tanstaaftanstaaf"))
USER = Credentials("user", Secret("pencil"))
NONCE = "rOprNGfwEbeRWgbNEkqO"
FULL_NONCE = NONCE + "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
FIRST = f"r={FULL_NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"


def scram() -> ScramSha256:
    return ScramSha256(USER, nonce=lambda: NONCE)


def test_plain_rfc_4616() -> None:
    assert Plain(TIM).first == b"\0tim\0tanstaaftanstaaf"
    assert Plain(TIM).answer(b"") is None


def test_login() -> None:
    exchange = Login(TIM)
    assert exchange.first is None
    assert exchange.answer(b"Username:") == b"tim"
    assert exchange.answer(b"whatever") == b"tanstaaftanstaaf"
    assert exchange.answer(b"once more") is None


def test_cram_md5_rfc_2195() -> None:
    exchange = CramMd5(TIM)
    challenge = b"<1896.697170952@postoffice.reston.mci.net>"
    assert exchange.answer(challenge) == b"tim b913a602c7eda7a495b4e6e7334d3890"
    assert exchange.answer(challenge) is None


def test_scram_rfc_7677() -> None:
    exchange = scram()
    assert exchange.first == f"n,,n=user,r={NONCE}".encode()
    proof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    assert exchange.answer(FIRST.encode()) == f"c=biws,r={FULL_NONCE},p={proof}".encode()
    assert not exchange.proven
    assert exchange.answer(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=") == b""
    assert exchange.proven


@pytest.mark.parametrize(
    "challenge",
    [
        "",
        "r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        f"r={NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        f"r={FULL_NONCE},s=%%%,i=4096",
        f"r={FULL_NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=0",
        f"r={FULL_NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i={MAX_ITERATIONS + 1}",
        f"r={FULL_NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=many",
        f"r={FULL_NONCE},i=4096",
    ],
)
def test_scram_gives_up_on_nonsense(challenge: str) -> None:
    assert scram().answer(challenge.encode()) is None


@pytest.mark.parametrize("final", [b"v=AAAA", b"v=%", b"", b"x"])
def test_scram_does_not_believe_a_server_that_proves_nothing(final: bytes) -> None:
    exchange = scram()
    exchange.answer(FIRST.encode())
    assert exchange.answer(final) is None
    assert not exchange.proven


def test_scram_lets_the_server_say_no() -> None:
    exchange = scram()
    exchange.answer(FIRST.encode())
    assert exchange.answer(b"e=invalid-proof") == b""
    assert not exchange.proven


def test_scram_escapes_names() -> None:
    first = ScramSha256(Credentials("a=b,c", Secret("x")), nonce=lambda: "n").first
    assert first == b"n,,n=a=3Db=2Cc,r=n"


def test_saslprep() -> None:
    assert saslprep("I\u00adX") == "IX"  # RFC 4013 section 3
    assert saslprep("\u2168") == "IX"
    assert saslprep("a\u00a0b") == "a b"


@given(st.sampled_from(list(MECHANISMS)), st.lists(st.binary(max_size=200), max_size=5))
def test_no_challenge_makes_a_mechanism_raise(name: str, challenges: list[bytes]) -> None:
    exchange = MECHANISMS[name][1](TIM)
    for challenge in challenges:
        assert exchange.answer(challenge) is None or not exchange.proven or name != "SCRAM-SHA-256"


ASCII, OTHER = Credentials("anna", Secret("plain")), Credentials("anna", Secret("pässword"))


@pytest.mark.parametrize(
    ("offer", "wanted", "credentials", "way"),
    [
        (Offer(mechanisms=("PLAIN", "LOGIN")), (), ASCII, "PLAIN"),
        (Offer(mechanisms=("LOGIN",)), (), ASCII, "LOGIN"),
        (Offer(mechanisms=("CRAM-MD5", "SCRAM-SHA-256", "PLAIN")), (), ASCII, "PLAIN"),
        (Offer(mechanisms=("CRAM-MD5", "SCRAM-SHA-256")), (), ASCII, "SCRAM-SHA-256"),
        (
            Offer(mechanisms=("CRAM-MD5", "PLAIN")),
            (AuthMethod.CRAM_MD5,),
            ASCII,
            "CRAM-MD5",
        ),
        (Offer(mechanisms=("PLAIN",)), (AuthMethod.CRAM_MD5,), ASCII, "PLAIN"),
        (Offer(own_login=True), (), OTHER, COMMAND),
        (Offer(own_login=True, mechanisms=("PLAIN",)), (), ASCII, COMMAND),
        (Offer(own_login=True, mechanisms=("PLAIN",)), (), OTHER, "PLAIN"),
        (
            Offer(own_login=True, mechanisms=("PLAIN",), initial_response=True),
            (),
            ASCII,
            "PLAIN",
        ),
        (Offer(mechanisms=("XOAUTH2", "NTLM")), (), ASCII, None),
        (Offer(), (), ASCII, None),
    ],
)
def test_the_way_in(
    offer: Offer, wanted: tuple[AuthMethod, ...], credentials: Credentials, way: str | None
) -> None:
    assert choose_way(offer, wanted, credentials) == way


def test_ways_and_methods() -> None:
    assert method_of(COMMAND) is AuthMethod.PLAIN
    assert method_of("LOGIN") is AuthMethod.PLAIN
    assert method_of("CRAM-MD5") is AuthMethod.CRAM_MD5


def b64(text: bytes) -> str:
    return base64.b64encode(text).decode()


class ScramServer:
    """The server's side of SCRAM-SHA-256, which knows `PASSWORD`."""

    def __init__(self, talk: Talk, prompt: str, honest: bool = True) -> None:
        self._prompt = prompt
        self._talk = talk
        self._honest = honest

    def _say(self, data: bytes) -> None:
        self._talk.say(f"{self._prompt} {b64(data)}")

    def run(self, first: str) -> bool:
        bare = base64.b64decode(first).decode().removeprefix("n,,")
        nonce = dict(part.split("=", 1) for part in bare.split(","))["r"] + "server"
        salt = b"salty"
        server_first = f"r={nonce},s={b64(salt)},i=4096"
        self._say(server_first.encode())
        final = base64.b64decode(self._talk.line()).decode()
        without_proof, _, proof = final.rpartition(",p=")
        salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, 4096)
        message = f"{bare},{server_first},{without_proof}".encode()
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        stored = hashlib.sha256(client_key).digest()
        signature = hmac.digest(stored, message, "sha256")
        sent = base64.b64decode(proof)
        key = bytes(a ^ b for a, b in zip(sent, signature, strict=True))
        good = hashlib.sha256(key).digest() == stored
        server_key = hmac.digest(salted, b"Server Key", "sha256")
        verifier = hmac.digest(server_key, message, "sha256")
        self._say(b"v=" + base64.b64encode(verifier if self._honest else b"no"))
        self._talk.line()
        return good


@pytest.mark.parametrize("honest", [True, False])
@pytest.mark.parametrize("service", [IMAP, SMTP])
def test_scram_over_the_wire(town: Town, service: ServerType, honest: bool) -> None:
    def imap(talk: Talk) -> None:
        talk.start_tls()
        talk.say("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=SCRAM-SHA-256] ready")
        tag, _, command = talk.line().partition(" ")
        assert command == "AUTHENTICATE SCRAM-SHA-256"
        talk.say("+ ")
        good = ScramServer(talk, "+", honest).run(talk.line())
        talk.say(f"{tag} OK in" if good else f"{tag} NO [AUTHENTICATIONFAILED] no")

    def smtp(talk: Talk) -> None:
        talk.start_tls()
        talk.say("220 ready")
        talk.line()
        talk.say("250-mail", "250 AUTH SCRAM-SHA-256")
        good = ScramServer(talk, "334", honest).run(talk.line().split()[-1])
        talk.say("235 in" if good else "535 5.7.8 no")

    side, server = ask_one(town, settings(service, auth=()), imap if service is IMAP else smtp)
    if honest:
        assert worked(side).server.auth == (AuthMethod.SCRAM_SHA_256,)
    else:
        assert problem_of(side).kind is ProblemKind.SERVER_SAID
    assert PASSWORD not in "".join(server.lines)


def test_cram_md5_over_the_wire(town: Town) -> None:
    def script(talk: Talk) -> None:
        talk.start_tls()
        talk.say("220 ready")
        talk.line()
        talk.say("250-mail", "250 AUTH CRAM-MD5")
        assert talk.line() == "AUTH CRAM-MD5"
        talk.say("334 " + b64(b"<1@example>"))
        digest = hmac.new(PASSWORD.encode(), b"<1@example>", "md5").hexdigest()
        good = base64.b64decode(talk.line()).decode() == f"anna@example.net {digest}"
        talk.say("235 in" if good else "535 5.7.8 no")

    side, _ = ask_one(town, settings(SMTP, auth=(AuthMethod.CRAM_MD5,)), script)
    assert worked(side).server.auth == (AuthMethod.CRAM_MD5,)
