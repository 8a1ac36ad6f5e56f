"""A mail provider as people meet it: domains whose settings can be found, and mailboxes in them.

One Dovecot and one Postfix serve both domains, under a host name of each.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from tests.lab.documents import Servers, autoconfig, tls_servers
from tests.lab.internet import Internet
from tests.lab.mail import MailServer

DOMAINS = ("alpine.example", "harbour.example")
_PEOPLE = (
    *("ada", "ben", "cleo", "dora", "emil", "finn", "gina"),
    *(
        "hana",
        "ivo",
        "jana",
        "kim",
        "lena",
        "mia",
    ),  # whose passwords or mailboxes a test changes for good
)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Somebody's mailbox: what they know about it, and where it really is."""

    address: str
    password: str
    servers: Servers


@dataclass(frozen=True, slots=True)
class Provider:
    """The running provider; every test takes people that no other test takes."""

    mail: MailServer
    mailboxes: dict[str, Mailbox]

    def mailbox(self, address: str) -> Mailbox:
        """The mailbox of `address`: any of the people, at either domain."""
        return self.mailboxes[address]


@contextlib.contextmanager
def open_provider(internet: Internet) -> Iterator[Provider]:
    """Start the provider and publish its settings by autoconfig."""
    mailboxes: dict[str, Mailbox] = {}
    for domain in DOMAINS:
        host = f"mail.{domain}"
        servers = tls_servers(host, host)
        internet.names.publish({domain: {"MX": [f"10 {host}."]}})
        internet.publish_page(
            f"https://autoconfig.{domain}/mail/config-v1.1.xml",
            autoconfig(domain, domain.partition(".")[0].title(), servers),
        )
        for person in _PEOPLE:
            address = f"{person}@{domain}"
            # A blank, a colon, a quote and an umlaut: whatever quotes badly shows here.
            mailboxes[address] = Mailbox(address, f"{person}'s: geheim ü {domain}", servers)
    hosts = [f"mail.{domain}" for domain in DOMAINS]
    accounts = {mailbox.address: mailbox.password for mailbox in mailboxes.values()}
    with internet.mail_server(hosts, accounts) as mail:
        yield Provider(mail, mailboxes)
