"""The eleven classes of domain by which discovery is judged, each with its right answer.

The critical path of a class is the longest chain of things that must follow one another, in
round trips: a DNS answer, a TCP connection, a TLS 1.3 handshake, an HTTP answer, a greeting and
a command's answer are one each. Whatever can be done at the same time is not counted twice:

- A source that outranks the answer must have said no before the answer stands. The slowest no is
  the provider database's 404 (DNS, TCP, TLS, HTTP: 4), so 4 is the floor of every class where
  the answer comes from a source below it.
- Guessing starts when the sources have said no, and proves its servers live: both must be
  connected, encrypted, and have told how they take a password.
- `hold_ms` is waiting that the rules ask for, on top of round trips: beside a dead host, a
  better but slower source gets half a second more.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.lab.documents import (
    STARTTLS,
    Endpoint,
    Servers,
    autoconfig,
    autodiscover,
    pacc,
    pacc_digest,
    tls_servers,
)
from tests.lab.internet import DEAD, WEB, Internet
from tests.lab.nameserver import Records, txt
from tests.lab.web import Request, Response


@dataclass(frozen=True, slots=True)
class DomainClass:
    """A kind of domain, represented by one.

    `servers` is the right answer, None where nothing is to be found. `round_trips` is the length
    of the critical path, None where no finite one exists (nobody ever answers).
    """

    name: str
    domain: str
    servers: Servers | None
    round_trips: int | None
    path: str
    publish: Callable[[Internet], None]
    hold_ms: float = 0.0
    share_of_thunderbird: float = 1.0
    """The part of Thunderbird's time that we may take at most."""

    @property
    def address(self) -> str:
        """An address in this domain."""
        return f"ada@{self.domain}"

    def critical_path_ms(self, round_trip: float) -> float | None:
        """The shortest possible time for the right answer; `round_trip` in seconds."""
        if self.round_trips is None:
            return None
        return self.round_trips * round_trip * 1000 + self.hold_ms


def _mx(domain: str) -> Records:
    """A domain that takes mail at a host of its own, on which no mailbox is served."""
    return {domain: {"MX": [f"10 mx.{domain}."]}, f"mx.{domain}": {"A": [WEB]}}


def _own_autoconfig() -> DomainClass:
    domain = "own-autoconfig.example"
    servers = tls_servers(f"mailbox.{domain}", f"outbox.{domain}")

    def publish(internet: Internet) -> None:
        internet.names.publish(_mx(domain))
        internet.publish_page(
            f"https://autoconfig.{domain}/mail/config-v1.1.xml",
            autoconfig(domain, "Own Autoconfig", servers),
        )

    return DomainClass("autoconfig", domain, servers, 4, "DNS, TCP, TLS, HTTP", publish)


def _well_known() -> DomainClass:
    domain = "well-known.example"
    servers = tls_servers(f"mailbox.{domain}", f"outbox.{domain}")

    def publish(internet: Internet) -> None:
        internet.names.publish(_mx(domain))
        internet.publish_page(
            f"https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml",
            autoconfig(domain, "Well Known", servers),
        )

    return DomainClass("well-known", domain, servers, 4, "DNS, TCP, TLS, HTTP", publish)


def _in_database() -> DomainClass:
    domain = "in-database.example"
    servers = tls_servers(f"mailbox.{domain}", f"outbox.{domain}")

    def publish(internet: Internet) -> None:
        internet.names.publish(_mx(domain))
        internet.list_in_provider_database(domain, autoconfig(domain, "In Database", servers))

    return DomainClass("provider database", domain, servers, 4, "DNS, TCP, TLS, HTTP", publish)


def _hosted() -> DomainClass:
    domain, provider = "hosted.example", "big-host.example"
    servers = tls_servers(f"mailbox.{provider}", f"outbox.{provider}")

    def publish(internet: Internet) -> None:
        internet.names.publish(
            {
                domain: {"MX": [f"10 mx1.{provider}.", f"20 mx2.{provider}."]},
                f"mx1.{provider}": {"A": [WEB]},
                f"mx2.{provider}": {"A": [WEB]},
            }
        )
        internet.list_in_provider_database(provider, autoconfig(provider, "Big Host", servers))

    return DomainClass(
        "MX→provider",
        domain,
        servers,
        4,
        "MX with the database's DNS, TCP, TLS, HTTP",
        publish,
    )


def _by_srv() -> DomainClass:
    domain = "by-srv.example"
    # Names that no guess would hit.
    servers = tls_servers(f"node7.{domain}", f"node8.{domain}")

    def publish(internet: Internet) -> None:
        internet.names.publish(_mx(domain))
        internet.names.publish(
            {
                f"_imaps._tcp.{domain}": {"SRV": [f"0 1 993 {servers.incoming.host}."]},
                f"_submissions._tcp.{domain}": {"SRV": [f"0 1 465 {servers.outgoing.host}."]},
            }
        )

    return DomainClass("SRV", domain, servers, 4, "the database's no", publish)


def _by_pacc() -> DomainClass:
    domain = "by-pacc.example"
    servers = tls_servers(f"imap.{domain}", f"smtp.{domain}")

    def publish(internet: Internet) -> None:
        document = pacc("By PACC", servers)
        internet.names.publish(_mx(domain))
        internet.names.publish({f"_ua-auto-config.{domain}": {"TXT": [txt(pacc_digest(document))]}})
        internet.publish_page(
            f"https://ua-auto-config.{domain}/.well-known/user-agent-configuration.json",
            document,
            "application/json",
        )
        greeter = internet.greeter([servers.incoming.host, servers.outgoing.host])
        greeter.imaps()
        greeter.submissions()

    return DomainClass("PACC", domain, servers, 4, "DNS, TCP, TLS, HTTP", publish)


def _by_autodiscover() -> DomainClass:
    domain = "by-autodiscover.example"
    servers = tls_servers(f"mailbox.{domain}", f"outbox.{domain}")

    def answer(request: Request) -> Response:
        assert request.method == "POST"
        assert f"ada@{domain}".encode() in request.body
        return Response(autodiscover(servers).encode(), headers={"Content-Type": "text/xml"})

    def publish(internet: Internet) -> None:
        internet.names.publish(_mx(domain))
        internet.publish_page(
            f"https://autodiscover.{domain}/autodiscover/autodiscover.xml", answer
        )

    return DomainClass("Autodiscover", domain, servers, 4, "DNS, TCP, TLS, HTTP", publish)


def _guess_tls() -> DomainClass:
    domain = "guess-tls.example"
    servers = tls_servers(f"imap.{domain}", f"smtp.{domain}")

    def publish(internet: Internet) -> None:
        internet.names.publish(_mx(domain))
        greeter = internet.greeter([servers.incoming.host, servers.outgoing.host])
        greeter.imaps()
        greeter.submissions()

    path = "the sources' no (4), DNS, TCP, TLS, greeting, EHLO"
    return DomainClass("guess TLS", domain, servers, 9, path, publish, share_of_thunderbird=1 / 3)


def _guess_starttls() -> DomainClass:
    domain = "guess-starttls.example"
    servers = Servers(
        Endpoint("imap", f"imap.{domain}", 143, STARTTLS),
        Endpoint("smtp", f"smtp.{domain}", 587, STARTTLS),
    )

    def publish(internet: Internet) -> None:
        internet.names.publish(_mx(domain))
        greeter = internet.greeter([servers.incoming.host, servers.outgoing.host])
        greeter.imap()
        greeter.submission()

    path = "the sources' no (4), DNS, TCP, greeting, EHLO, STARTTLS, TLS, EHLO"
    return DomainClass(
        "guess STARTTLS", domain, servers, 11, path, publish, share_of_thunderbird=1 / 3
    )


def _half_dead() -> DomainClass:
    domain = "half-dead.example"
    servers = tls_servers(f"mailbox.{domain}", f"outbox.{domain}")

    def publish(internet: Internet) -> None:
        internet.names.publish(_mx(domain))
        internet.names.publish({f"autoconfig.{domain}": {"A": [DEAD]}})
        internet.list_in_provider_database(domain, autoconfig(domain, "Half Dead", servers))

    path = "DNS, TCP, TLS, HTTP, and 500 ms for the better source that never answers"
    return DomainClass(
        "dead host beside a good source",
        domain,
        servers,
        4,
        path,
        publish,
        hold_ms=500,
        share_of_thunderbird=1 / 5,
    )


def _all_dead() -> DomainClass:
    domain = "all-dead.example"
    hosts = (
        domain,
        *(
            f"{label}.{domain}"
            for label in (
                "autoconfig",
                "autodiscover",
                "ua-auto-config",
                "imap",
                "mail",
                "mx",
                "pop",
                "pop3",
                "smtp",
                "incoming",
                "outgoing",
            )
        ),
    )

    def publish(internet: Internet) -> None:
        internet.names.publish({domain: {"MX": [f"10 mx.{domain}."]}})
        internet.names.publish({host: {"A": [DEAD]} for host in hosts})

    return DomainClass(
        "everything dead",
        domain,
        None,
        None,
        "nobody ever answers",
        publish,
        share_of_thunderbird=1 / 5,
    )


CLASSES: tuple[DomainClass, ...] = (
    _own_autoconfig(),
    _well_known(),
    _in_database(),
    _hosted(),
    _by_srv(),
    _by_pacc(),
    _by_autodiscover(),
    _guess_tls(),
    _guess_starttls(),
    _half_dead(),
    _all_dead(),
)
