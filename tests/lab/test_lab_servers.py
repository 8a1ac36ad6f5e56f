"""The lab's own servers tell the truth: names, pages, certificates, and mail that arrives."""

import json
import socket
import ssl
import sys
from email.message import EmailMessage

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from tests.lab.ca import Flaw
from tests.lab.internet import WEB, Internet
from tests.lab.nameserver import txt
from tests.lab.provider import Mailbox, Provider
from tests.lab.wire import NAMESERVER

pytestmark = pytest.mark.lab


def ask(
    internet: Internet, name: str, kind: str, *, ad: bool = False, tcp: bool = False
) -> dns.message.Message:
    """Ask the lab's name server from `home`."""
    query = dns.message.make_query(name, kind)
    if ad:
        query.flags |= dns.flags.AD
    if tcp:
        with internet.home.connect(NAMESERVER, 53) as stream:
            stream.setblocking(False)  # dnspython keeps the time itself
            return dns.query.tcp(query, NAMESERVER, timeout=5, sock=stream)
    return _over_udp(internet, query, timeout=5)


def _over_udp(
    internet: Internet, query: dns.message.Message, timeout: float
) -> dns.message.Message:
    with internet.home.open_socket(kind=socket.SOCK_DGRAM) as datagrams:
        datagrams.setblocking(False)
        return dns.query.udp(query, NAMESERVER, timeout=timeout, sock=datagrams)


def test_a_name_without_the_type_is_not_an_unknown_name(internet: Internet) -> None:
    internet.names.publish({"a.deep.names.example": {"A": [WEB]}})
    nodata = ask(internet, "a.deep.names.example", "MX")
    assert (nodata.rcode(), nodata.answer) == (dns.rcode.NOERROR, [])
    between = ask(internet, "deep.names.example", "A")
    assert (between.rcode(), between.answer) == (dns.rcode.NOERROR, [])
    unknown = ask(internet, "b.deep.names.example", "A")
    assert (unknown.rcode(), unknown.answer) == (dns.rcode.NXDOMAIN, [])
    assert unknown.authority[0].to_text().split()[3] == "SOA"


def test_aliases_are_followed_to_their_end(internet: Internet) -> None:
    internet.names.publish(
        {
            "alias.example": {"CNAME": ["second.alias.example."]},
            "second.alias.example": {"CNAME": ["end.alias.example."]},
            "end.alias.example": {"A": [WEB]},
            "broken.alias.example": {"CNAME": ["nowhere.example."]},
        }
    )
    followed = ask(internet, "alias.example", "A")
    assert [rrset.name.to_text() for rrset in followed.answer] == [
        "alias.example.",
        "second.alias.example.",
        "end.alias.example.",
    ]
    assert ask(internet, "broken.alias.example", "A").rcode() == dns.rcode.NXDOMAIN
    assert ask(internet, "alias.example", "MX").rcode() == dns.rcode.NOERROR


def test_signed_names_say_so_to_who_asks(internet: Internet) -> None:
    internet.names.publish({"signed.example": {"A": [WEB]}, "unsigned.example": {"A": [WEB]}})
    internet.names.signed.add("signed.example")
    assert ask(internet, "signed.example", "A", ad=True).flags & dns.flags.AD
    assert not ask(internet, "signed.example", "A").flags & dns.flags.AD
    assert not ask(internet, "unsigned.example", "A", ad=True).flags & dns.flags.AD


def test_broken_and_silent_names(internet: Internet) -> None:
    internet.names.broken.add("broken.example")
    internet.names.silent.add("silent.example")
    assert ask(internet, "any.broken.example", "A").rcode() == dns.rcode.SERVFAIL
    query = dns.message.make_query("any.silent.example", "A")
    with pytest.raises(dns.exception.Timeout):
        _over_udp(internet, query, timeout=0.5)


def test_a_long_answer_is_cut_over_udp_and_whole_over_tcp(internet: Internet) -> None:
    long = "v=spf1 " + " ".join(f"ip4:192.0.2.{n}" for n in range(200)) + " -all"
    internet.names.publish({"long.example": {"TXT": [txt(long)]}})
    cut = ask(internet, "long.example", "TXT")
    assert cut.flags & dns.flags.TC
    assert not cut.answer
    whole = ask(internet, "long.example", "TXT", tcp=True)
    assert b"".join(whole.answer[0][0].strings).decode() == long


def fetch(internet: Internet, host: str, path: str) -> bytes:
    """GET a page from `home`, as a client that trusts the lab."""
    context = internet.authority.client_context()
    with (
        internet.home.connect(WEB, 443) as plain,
        context.wrap_socket(plain, server_hostname=host) as tls,
    ):
        tls.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        return tls.recv(65536)


def test_each_host_of_the_web_has_its_own_pages_and_certificate(internet: Internet) -> None:
    internet.publish_page("https://one.pages.example/where", "here")
    internet.publish_page("https://two.pages.example/where", "there")
    assert fetch(internet, "one.pages.example", "/where").endswith(b"here")
    assert fetch(internet, "two.pages.example", "/where?really=1").endswith(b"there")
    assert fetch(internet, "two.pages.example", "/else").startswith(b"HTTP/1.1 404 Not Found")
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        fetch(internet, "three.pages.example", "/where")
    request = internet.web.requests[-2]
    assert (request.host, request.path) == ("two.pages.example", "/where")


@pytest.mark.parametrize(
    ("flaw", "code"),
    [
        (Flaw.EXPIRED, 10),
        (Flaw.NOT_YET_VALID, 9),
        (Flaw.WRONG_HOST, 62),
        (Flaw.SELF_SIGNED, 18),
        (Flaw.UNKNOWN_ROOT, 20),
        (Flaw.WEAK_KEY, 66),
    ],
)
def test_a_flawed_certificate_has_exactly_that_flaw(
    internet: Internet, flaw: Flaw, code: int
) -> None:
    host = f"{flaw.name.lower().replace('_', '-')}.flaws.example"
    internet.web.certify(host, internet.authority.issue([host], flaw))
    with pytest.raises(ssl.SSLCertVerificationError) as refused:
        fetch(internet, host, "/")
    assert refused.value.verify_code == code


_EXCHANGE = r"""
import base64, imaplib, json, smtplib, sys, time

job = json.load(sys.stdin)

def plain(who):
    return "\0{address}\0{password}".format_map(who).encode()

with smtplib.SMTP(job["sender"]["host"], 587) as smtp:
    smtp.starttls()
    smtp.ehlo()
    code, words = smtp.docmd("AUTH", "PLAIN " + base64.b64encode(plain(job["sender"])).decode())
    assert code == 235, words
    smtp.sendmail(job["sender"]["address"], [job["reader"]["address"]], job["message"])

with imaplib.IMAP4_SSL(job["reader"]["host"]) as imap:
    imap.authenticate("PLAIN", lambda _: plain(job["reader"]))
    deadline = time.monotonic() + 20
    while int(imap.select()[1][0]) == 0:
        assert time.monotonic() < deadline, "nothing arrived"
        time.sleep(0.05)
    print(imap.fetch("1", "BODY[]")[1][0][1].decode())
"""


def test_a_message_sent_through_postfix_is_read_through_dovecot(
    internet: Internet, provider: Provider
) -> None:
    """Sent and read by standard clients that know nothing of this project."""
    sender = provider.mailbox("emil@alpine.example")
    reader = provider.mailbox("emil@harbour.example")
    message = EmailMessage()
    message["From"], message["To"] = sender.address, reader.address
    message["Subject"] = "across the lab"
    message.set_content("It works.")
    job = {
        "sender": _who(sender, sender.servers.outgoing.host),
        "reader": _who(reader, reader.servers.incoming.host),
        "message": message.as_string(),
    }
    done = internet.home.run(
        [sys.executable, "-c", _EXCHANGE],
        stdin=json.dumps(job),
        env=_trusting(internet),
    )
    assert done.returncode == 0, done.stderr
    assert "It works." in done.stdout
    assert provider.mail.await_message(reader.address, "across the lab")["To"] == reader.address
    assert provider.mail.logins(reader.address) == 1
    assert provider.mail.failed_logins(reader.address) == 0


def _who(mailbox: Mailbox, host: str) -> dict[str, str]:
    return {"address": mailbox.address, "password": mailbox.password, "host": host}


_TWO_BAD_LOGINS = """
import imaplib, sys
host, address = sys.argv[1:]
with imaplib.IMAP4_SSL(host) as imap:
    for _ in range(2):
        try:
            imap.login(address, "not-it")
        except imaplib.IMAP4.error as refused:
            print(refused)
"""


def test_refused_passwords_are_counted(internet: Internet, provider: Provider) -> None:
    address = "dora@harbour.example"
    host = provider.mailbox(address).servers.incoming.host
    done = internet.home.run(
        [sys.executable, "-c", _TWO_BAD_LOGINS, host, address], env=_trusting(internet)
    )
    assert done.stdout.count("AUTHENTICATIONFAILED") == 2, done.stderr
    assert provider.mail.failed_logins(address) == 2


def _trusting(internet: Internet) -> dict[str, str]:
    """An environment in which Python trusts the lab."""
    return {"SSL_CERT_FILE": str(internet.authority.root), "SSL_CERT_DIR": ""}
