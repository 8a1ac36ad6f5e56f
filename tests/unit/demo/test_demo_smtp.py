"""The sending server, as smtplib sees it."""

from __future__ import annotations

import base64
import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from imapclient import IMAPClient

from tests.unit.demo.conftest import IMAP, SMTP, Running
from wizard.demo import DemoMode, Happening, Service


def letter(to: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Anna Demo <anna@demo.example>"
    message["To"] = to
    message["Subject"] = "Test"
    message["Message-ID"] = "<test-1@demo.example>"
    message.set_content(".\n.. dots at the start of lines\nCafé\n")
    return message


@pytest.fixture
def client(demo: Running) -> Iterator[smtplib.SMTP]:
    """Over implicit TLS, logged in."""
    with smtplib.SMTP_SSL("127.0.0.1", demo.port(SMTP, 465), context=demo.trust) as connected:
        connected.login(demo.provider.address, demo.password)
        yield connected


def test_a_message_to_oneself_arrives(demo: Running, client: smtplib.SMTP) -> None:
    client.send_message(letter(demo.provider.address))
    [delivered] = demo.provider.log.of(Happening.DELIVERED)
    assert delivered.subject == demo.provider.address
    assert delivered.detail == "<test-1@demo.example>"
    with IMAPClient("127.0.0.1", demo.port(IMAP, 993), ssl_context=demo.trust) as reader:
        reader.login(demo.provider.address, demo.password)
        reader.select_folder("INBOX")
        [uid] = reader.search(["HEADER", "Message-ID", "<test-1@demo.example>"])
        raw = reader.fetch([uid], ["RFC822"])[uid][b"RFC822"]
    assert raw.startswith(b"Return-Path: <anna@demo.example>\r\nReceived: from ")
    assert b"\r\n.\r\n.. dots at the start of lines\r\n" in raw


def test_starttls_then_login(demo: Running) -> None:
    with smtplib.SMTP("127.0.0.1", demo.port(SMTP, 587)) as client:
        client.ehlo()
        assert client.has_extn("starttls")
        assert not client.has_extn("auth")
        assert client.docmd("AUTH", "PLAIN AGEAYg==")[0] == 530
        assert client.docmd("MAIL FROM:<anna@demo.example>")[0] == 530
        assert client.starttls(context=demo.trust)[0] == 220
        client.login(demo.provider.address, demo.password)
        assert client.has_extn("auth")
        client.send_message(letter(demo.provider.address))
    assert len(demo.provider.log.of(Happening.DELIVERED)) == 1


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("initial", [True, False])
def test_mechanisms_with_and_without_initial_response(
    demo: Running, mechanism: str, initial: bool
) -> None:
    with smtplib.SMTP_SSL("127.0.0.1", demo.port(SMTP, 465), context=demo.trust) as client:
        client.ehlo()
        client.user, client.password = demo.provider.address, demo.password
        way = client.auth_plain if mechanism == "PLAIN" else client.auth_login
        code, _ = client.auth(mechanism, way, initial_response_ok=initial)
        assert code == 235
    assert len(demo.provider.log.of(Happening.LOGIN, Service.SMTP)) == 1


def test_a_wrong_password_is_refused_in_the_words_of_a_real_server(demo: Running) -> None:
    with smtplib.SMTP_SSL("127.0.0.1", demo.port(SMTP, 465), context=demo.trust) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError) as refusal:
            client.login(demo.provider.address, "sunflowers")
        assert refusal.value.smtp_code == 535
        assert refusal.value.smtp_error == b"5.7.8 Error: authentication failed"
    assert demo.provider.log.of(Happening.LOGIN) == ()


def test_wrong_password_mode_refuses_the_right_one(demo: Running) -> None:
    demo.provider.mode = DemoMode.WRONG_PASSWORD
    with (
        smtplib.SMTP_SSL("127.0.0.1", demo.port(SMTP, 465), context=demo.trust) as client,
        pytest.raises(smtplib.SMTPAuthenticationError),
    ):
        client.login(demo.provider.address, demo.password)


def test_nothing_is_sent_before_login(demo: Running) -> None:
    with smtplib.SMTP_SSL("127.0.0.1", demo.port(SMTP, 465), context=demo.trust) as client:
        assert client.docmd("MAIL FROM:<anna@demo.example>")[0] == 503  # before EHLO
        client.ehlo()
        assert client.mail("anna@demo.example") == (530, b"5.7.0 Authentication required")


@pytest.mark.parametrize(
    ("sender", "recipient", "code"),
    [
        ("ben@demo.example", "anna@demo.example", b"553 5.7.1"),
        ("anna@demo.example", "nobody@demo.example", b"550 5.1.1"),
        ("anna@demo.example", "someone@elsewhere.example", b"550 5.7.1"),
        ("anna@demo.example", "", b"501 5.5.4"),
    ],
)
def test_addresses_that_are_not_taken(
    client: smtplib.SMTP, sender: str, recipient: str, code: bytes
) -> None:
    replies = [b"%d %s" % client.docmd(f"MAIL FROM:<{sender}>")]
    replies.append(b"%d %s" % client.docmd(f"RCPT TO:<{recipient}>"))
    assert any(reply.startswith(code) for reply in replies)
    assert client.docmd("DATA")[0] == 503


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("EHLO", 501),
        ("NONSENSE", 500),
        ("MAIL TO:<anna@demo.example>", 501),
        ("MAIL FROM:<anna@demo.example> SIZE=99999999999", 552),
        ("RCPT TO:<anna@demo.example>", 503),
        ("DATA", 503),
        ("STARTTLS", 503),
        ("AUTH PLAIN", 503),
        ("VRFY anna", 252),
        ("NOOP", 250),
        ("RSET", 250),
    ],
)
def test_commands_out_of_place(client: smtplib.SMTP, command: str, code: int) -> None:
    assert client.docmd(command)[0] == code


def test_answers_to_challenges_that_make_no_sense(demo: Running) -> None:
    with smtplib.SMTP_SSL("127.0.0.1", demo.port(SMTP, 465), context=demo.trust) as client:
        client.ehlo()
        assert client.docmd("AUTH", "GSSAPI")[0] == 504
        assert client.docmd("AUTH", "PLAIN ***")[0] == 501
        assert client.docmd("AUTH", "PLAIN =")[0] == 501
        assert client.docmd("AUTH", "LOGIN")[0] == 334
        assert client.docmd("*")[0] == 501
        assert client.docmd("AUTH", "PLAIN " + base64.b64encode(b"ben\0a\0b").decode())[0] == 501


def test_three_refusals_end_the_connection(demo: Running) -> None:
    with smtplib.SMTP_SSL("127.0.0.1", demo.port(SMTP, 465), context=demo.trust) as client:
        client.ehlo()
        token = base64.b64encode(b"\0anna@demo.example\0no").decode()
        assert [client.docmd("AUTH", f"PLAIN {token}")[0] for _ in range(3)] == [535] * 3
        assert client.getreply()[0] == 421
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.noop()


def test_lone_line_feeds_smuggle_no_second_message(demo: Running, client: smtplib.SMTP) -> None:
    client.mail("anna@demo.example")
    client.rcpt("anna@demo.example")
    assert client.docmd("DATA")[0] == 354
    client.send(b"Subject: one\r\n\r\ntext\n.\nMAIL FROM:<anna@demo.example>\r\n")
    assert client.getreply() == (550, b"5.6.11 Lone line feeds are not taken")
    assert demo.provider.log.of(Happening.DELIVERED) == ()


def test_text_smuggled_in_with_starttls_ends_the_connection(demo: Running) -> None:
    address = ("127.0.0.1", demo.port(SMTP, 587))
    with socket.create_connection(address, timeout=20) as plain, plain.makefile("rb") as replies:
        assert replies.readline().startswith(b"220 ")
        plain.sendall(b"STARTTLS\r\nEHLO smuggled\r\n")
        assert replies.read() == b""
