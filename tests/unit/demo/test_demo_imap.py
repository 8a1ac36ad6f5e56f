"""The receiving server, as imaplib and IMAPClient see it."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from tests.unit.demo.conftest import IMAP, Running
from wizard.demo import DemoMode, Happening, Service

NOTE = b"Subject: Note\r\nMessage-ID: <note@demo.example>\r\n\r\nRemember.\r\n"


@pytest.fixture
def client(demo: Running) -> Iterator[IMAPClient]:
    """Logged in, nothing selected."""
    with IMAPClient(
        "127.0.0.1", demo.port(IMAP, 993), ssl_context=demo.trust, timeout=20
    ) as connected:
        connected.login(demo.provider.address, demo.password)
        yield connected


def raw_client(demo: Running) -> imaplib.IMAP4_SSL:
    return imaplib.IMAP4_SSL("127.0.0.1", demo.port(IMAP, 993), ssl_context=demo.trust)


def test_login_over_tls_and_folders_with_their_roles(demo: Running, client: IMAPClient) -> None:
    folders = {name: set(flags) for flags, _, name in client.list_folders()}
    assert set(folders) == {"INBOX", "Drafts", "Sent", "Trash"}
    assert b"\\Sent" in folders["Sent"]
    assert b"\\Drafts" in folders["Drafts"]
    logins = demo.provider.log.of(Happening.LOGIN, Service.IMAP)
    assert [entry.subject for entry in logins] == [demo.provider.address]


def test_capabilities_follow_the_state(demo: Running) -> None:
    with raw_client(demo) as client:
        assert "AUTH=PLAIN" in client.capabilities
        assert "IDLE" not in client.capabilities
        client.login(demo.provider.address, demo.password)
        _, [*_, after] = client.capability()
        assert {b"IDLE", b"UIDPLUS"} <= set(after.split())


def test_starttls_and_authenticate_plain(demo: Running) -> None:
    with imaplib.IMAP4("127.0.0.1", demo.port(IMAP, 143)) as client:
        assert {"STARTTLS", "LOGINDISABLED"} <= set(client.capabilities)
        with pytest.raises(imaplib.IMAP4.error, match="PRIVACYREQUIRED"):
            client.login(demo.provider.address, demo.password)
        client.starttls(demo.trust)
        assert "LOGINDISABLED" not in client.capabilities
        answer = f"\0{demo.provider.address}\0{demo.password}".encode()
        status, _ = client.authenticate("PLAIN", lambda challenge: answer)
        assert status == "OK"
    assert demo.provider.log.of(Happening.LOGIN_REFUSED) == ()


def test_text_smuggled_in_with_starttls_ends_the_connection(demo: Running) -> None:
    address = ("127.0.0.1", demo.port(IMAP, 143))
    with socket.create_connection(address, timeout=20) as plain, plain.makefile("rb") as replies:
        assert replies.readline().startswith(b"* OK ")
        plain.sendall(b"a STARTTLS\r\nb CAPABILITY\r\n")
        assert replies.read() == b""


def test_a_certificate_for_the_published_name(demo: Running) -> None:
    address = ("127.0.0.1", demo.port(IMAP, 993))
    with (
        socket.create_connection(address, timeout=20) as plain,
        demo.trust.wrap_socket(plain, server_hostname="imap.demo.example") as encrypted,
    ):
        assert encrypted.recv(100).startswith(b"* OK ")
    with (
        socket.create_connection(address, timeout=20) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"),
    ):
        demo.trust.wrap_socket(plain, server_hostname="imap.other.example")
    with (
        socket.create_connection(address, timeout=20) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"),
    ):
        ssl.create_default_context(cadata=None, capath="/nonexistent").wrap_socket(
            plain, server_hostname="imap.demo.example"
        )


@pytest.mark.parametrize("user", ["anna@demo.example", "anna", "ben@demo.example"])
def test_wrong_passwords_and_users_are_refused_by_code(demo: Running, user: str) -> None:
    password = demo.password if user != demo.provider.address else "sunflowers"
    with (
        raw_client(demo) as client,
        pytest.raises(imaplib.IMAP4.error, match=r"\[AUTHENTICATIONFAILED\]"),
    ):
        client.login(user, password)
    [entry] = demo.provider.log.of(Happening.LOGIN_REFUSED, Service.IMAP)
    assert entry.subject == user


def test_three_refusals_end_the_connection(demo: Running) -> None:
    client = raw_client(demo)
    for _ in range(3):
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            client.login(demo.provider.address, "no")
    with pytest.raises(imaplib.IMAP4.abort):
        client.noop()
    client.shutdown()


def test_wrong_password_mode_refuses_the_right_one(demo: Running) -> None:
    demo.provider.mode = DemoMode.WRONG_PASSWORD
    with (
        IMAPClient("127.0.0.1", demo.port(IMAP, 993), ssl_context=demo.trust) as client,
        pytest.raises(LoginError),
    ):
        client.login(demo.provider.address, demo.password)


def test_fetching_does_not_change_what_is_only_looked_at(demo: Running, client: IMAPClient) -> None:
    client.select_folder("INBOX", readonly=True)
    [photo] = client.search(["UNSEEN"])
    peeked = client.fetch([photo], ["BODY.PEEK[HEADER.FIELDS (SUBJECT FROM)]", "RFC822.SIZE"])
    header = peeked[photo][b"BODY[HEADER.FIELDS (SUBJECT FROM)]"]
    assert b"Subject: A photo from the lake\r\n" in header
    assert b"Date:" not in header
    whole = client.fetch([photo], ["BODY[]"])[photo][b"BODY[]"]
    assert len(whole) == peeked[photo][b"RFC822.SIZE"]
    assert client.search(["UNSEEN"]) == [photo]  # opened for reading only
    client.select_folder("INBOX")
    client.fetch([photo], ["RFC822"])
    assert client.search(["UNSEEN"]) == []
    assert demo.provider.log.of(Happening.FETCHED)[-1].detail == str(photo)


def test_envelope_and_structure(client: IMAPClient) -> None:
    client.select_folder("INBOX")
    [photo] = client.search(["SUBJECT", "lake"])
    answer = client.fetch([photo], ["ENVELOPE", "BODYSTRUCTURE", "INTERNALDATE"])[photo]
    envelope = answer[b"ENVELOPE"]
    assert envelope.subject == b"A photo from the lake"
    assert str(envelope.from_[0]) == "Ben Sailor <ben@demo.example>"
    structure = answer[b"BODYSTRUCTURE"]
    assert structure.is_multipart
    texts, picture = structure[0]
    assert [part[1] for part in texts[0]] == [b"plain", b"html"]
    assert picture[:2] == (b"image", b"gif")
    assert picture[8] == (b"attachment", (b"filename", b"lake.gif"))
    parts = client.fetch([photo], ["BODY[1.2]", "BODY[2.MIME]", "BODY[9]", "BODY[1.1]<0.4>"])[photo]
    assert b"<b>calm</b>" in parts[b"BODY[1.2]"]
    assert b"image/gif" in parts[b"BODY[2.MIME]"]
    assert parts[b"BODY[9]"] is None
    assert parts[b"BODY[1.1]<0>"] == b"Look"


@pytest.mark.parametrize(
    ("criteria", "subjects"),
    [
        (["ALL"], {"welcome", "lunch", "photo"}),
        (["FROM", "ben"], {"lunch", "photo"}),
        (["SUBJECT", "déjeuner"], {"lunch"}),
        (["BODY", "café zürich"], {"lunch"}),
        (["TEXT", "lake.gif"], set()),
        (["TEXT", "sailor"], {"lunch", "photo"}),
        (["NOT", ["FROM", "ben"]], {"welcome"}),
        (["OR", "ANSWERED", "UNSEEN"], {"lunch", "photo"}),
        (["LARGER", 1000], {"photo"}),
        (["SINCE", datetime(2000, 1, 1, tzinfo=UTC).date(), "SEEN"], {"welcome", "lunch"}),
        (["SENTBEFORE", datetime(2000, 1, 1, tzinfo=UTC).date()], set()),
        (["UID", "2:*"], {"lunch", "photo"}),
        (["HEADER", "Message-ID", "@demo.example"], {"welcome", "lunch", "photo"}),
        (["KEYWORD", "$Junk"], set()),
    ],
)
def test_search(client: IMAPClient, criteria: list[object], subjects: set[str]) -> None:
    client.select_folder("INBOX", readonly=True)
    names = {1: "welcome", 2: "lunch", 3: "photo"}
    assert {names[uid] for uid in client.search(criteria, charset="UTF-8")} == subjects


def test_a_foreign_charset_is_refused_as_such(demo: Running) -> None:
    with raw_client(demo) as client:
        client.login(demo.provider.address, demo.password)
        client.select("INBOX")
        status, [text] = client.search("KOI8-R", "SUBJECT", "x")
        assert status == "NO"
        assert text.startswith(b"[BADCHARSET (UTF-8)]")


def test_append_flag_and_expunge(demo: Running, client: IMAPClient) -> None:
    when = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    answer = client.append("Drafts", NOTE, flags=[b"\\Draft"], msg_time=when)
    found = re.search(rb"APPENDUID \d+ (\d+)", answer)
    assert found is not None
    uid = int(found[1])
    client.select_folder("Drafts")
    stored = client.fetch([uid], ["FLAGS", "RFC822", "INTERNALDATE"])[uid]
    assert stored[b"RFC822"] == NOTE
    assert set(stored[b"FLAGS"]) >= {b"\\Draft"}
    assert stored[b"INTERNALDATE"].astimezone(UTC) == when
    client.add_flags([uid], [b"\\Deleted", b"\\flagged"])
    assert set(client.get_flags([uid])[uid]) >= {b"\\Deleted", b"\\Flagged"}
    client.expunge()
    assert client.search(["UID", str(uid)]) == []
    assert [e.subject for e in demo.provider.log.of(Happening.STORED)] == ["Drafts"]


def test_append_to_no_folder_asks_to_create_it(client: IMAPClient) -> None:
    with pytest.raises(imaplib.IMAP4.error, match=r"\[TRYCREATE\]"):
        client.append("Templates", NOTE)


def test_idle_tells_of_mail_that_another_session_brings(demo: Running, client: IMAPClient) -> None:
    client.select_folder("INBOX")
    client.idle()
    with IMAPClient("127.0.0.1", demo.port(IMAP, 993), ssl_context=demo.trust) as other:
        other.login(demo.provider.address, demo.password)
        other.append("INBOX", NOTE)
    heard = client.idle_check(timeout=20)
    assert (4, b"EXISTS") in heard
    client.idle_done()
    assert len(client.search(["ALL"])) == 4


def test_numbers_stay_until_the_client_is_told(demo: Running) -> None:
    with raw_client(demo) as first, raw_client(demo) as second:
        for client in (first, second):
            client.login(demo.provider.address, demo.password)
            client.select("INBOX")
        second.store("1", "+FLAGS", "\\Deleted")
        second.expunge()
        _, [found] = first.search(None, "ALL")
        assert found == b"2 3"  # number 1 is gone but not yet told
        assert first.response("EXPUNGE") == ("EXPUNGE", [None])
        first.noop()
        assert first.response("EXPUNGE") == ("EXPUNGE", [b"1"])
        _, [found] = first.search(None, "ALL")
        assert found == b"1 2"


def test_folders_can_be_made_renamed_and_removed(client: IMAPClient) -> None:
    client.create_folder("Work/2026")
    client.rename_folder("Work/2026", "Work/2027")
    assert client.folder_exists("Work/2027")
    assert not client.folder_exists("Work/2026")
    [(_, _, only)] = client.list_sub_folders("", "Work/%")
    assert only == "Work/2027"
    client.delete_folder("Work/2027")
    assert not client.folder_exists("Work/2027")
    with pytest.raises(imaplib.IMAP4.error, match="CANNOT"):
        client.delete_folder("inbox")


def test_copy_move_and_status(client: IMAPClient) -> None:
    client.select_folder("INBOX")
    client.copy([1], "Trash")
    client.move([2, 3], "Trash")
    assert client.search(["ALL"]) == [1]
    status = client.folder_status("Trash", ["MESSAGES", "UNSEEN", "UIDNEXT"])
    assert status == {b"MESSAGES": 3, b"UNSEEN": 1, b"UIDNEXT": 4}


def test_examine_refuses_changes(demo: Running) -> None:
    with raw_client(demo) as client:
        client.login(demo.provider.address, demo.password)
        client.select("INBOX", readonly=True)
        assert client.untagged_responses["READ-ONLY"] is not None
        status, [text] = client.store("1", "+FLAGS", "\\Deleted")
        assert (status, text[:11]) == ("NO", b"[READ-ONLY]")


@pytest.mark.parametrize(
    "line",
    [
        b"a",
        b"a NONSENSE",
        b"a UID LOGOUT",
        b"a SELECT INBOX",
        b"a LOGIN only",
        b"a LOGIN (anna)",
        b'a LOGIN "anna',
        b"( NOOP",
        b"\xff\xfe NOOP",
    ],
)
def test_what_is_no_command_is_answered_bad_and_nothing_breaks(demo: Running, line: bytes) -> None:
    address = ("127.0.0.1", demo.port(IMAP, 993))
    with (
        socket.create_connection(address, timeout=20) as plain,
        demo.trust.wrap_socket(plain, server_hostname="127.0.0.1") as wire,
        wire.makefile("rb") as replies,
    ):
        replies.readline()
        wire.sendall(line + b"\r\n")
        assert b" BAD " in replies.readline()
        wire.sendall(b"z NOOP\r\n")
        assert replies.readline().startswith(b"z OK ")


def test_endless_lines_and_giant_literals_end_the_connection(demo: Running) -> None:
    address = ("127.0.0.1", demo.port(IMAP, 143))
    with socket.create_connection(address, timeout=20) as wire, wire.makefile("rb") as replies:
        replies.readline()
        wire.sendall(b"a LOGIN {99999}\r\n")
        assert replies.read() == b"* BYE [TOOBIG] That is too much.\r\n"
    with socket.create_connection(address, timeout=20) as wire, wire.makefile("rb") as replies:
        replies.readline()
        wire.sendall(b"x" * 70_000)
        assert replies.read() == b""


def test_two_sessions_wait_at_once(demo: Running) -> None:
    heard: list[object] = []

    def wait() -> None:
        with IMAPClient("127.0.0.1", demo.port(IMAP, 993), ssl_context=demo.trust) as waiting:
            waiting.login(demo.provider.address, demo.password)
            waiting.select_folder("INBOX")
            waiting.idle()
            ready.release()
            heard.extend(waiting.idle_check(timeout=20))
            waiting.idle_done()

    ready = threading.Semaphore(0)
    threads = [threading.Thread(target=wait) for _ in range(2)]
    for thread in threads:
        thread.start()
        ready.acquire(timeout=20)
    with IMAPClient("127.0.0.1", demo.port(IMAP, 993), ssl_context=demo.trust) as other:
        other.login(demo.provider.address, demo.password)
        other.append("INBOX", NOTE)
    for thread in threads:
        thread.join()
    assert heard.count((4, b"EXISTS")) == 2
