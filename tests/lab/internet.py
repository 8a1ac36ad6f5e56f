"""The small internet: wire, names, web and certificates together, and room for mail servers.

    with Internet(round_trip=0.05) as internet:
        internet.names.publish({"shop.example": {"MX": ["10 mx.shop.example."]}})
        internet.publish_page("https://autoconfig.shop.example/mail/config-v1.1.xml", document)
        internet.home.run([...])

What is always there: the public provider database, empty, under the names by which our program
and Thunderbird ask it.
"""

import itertools
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.lab.background import Background
from tests.lab.ca import CertificateAuthority, Flaw
from tests.lab.greeter import Greeter
from tests.lab.mail import MailServer
from tests.lab.nameserver import NameServer
from tests.lab.web import Page, WebServer
from tests.lab.wire import BLACK_HOLE, NAMESERVER, SERVERS, Namespace, Wire

WEB = str(SERVERS[80])
DEAD = str(BLACK_HOLE[1])
"""A host that swallows every packet."""
PROVIDER_DATABASE = "https://autoconfig.thunderbird.net/v1.1/"
THUNDERBIRDS_DATABASE = "https://live.thunderbird.net/autoconfig/v1.1/"
"""The same database where Thunderbird 153 asks for it."""


class Internet:
    """The lab's internet; a context manager. `round_trip` is in seconds."""

    directory: Path
    authority: CertificateAuthority
    names: NameServer
    web: WebServer

    def __init__(self, round_trip: float = 0.0) -> None:
        self.wire = Wire(round_trip)
        self.background = Background()
        self._numbers = itertools.count(100)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            # Under /tmp because Unix sockets need short paths; open to all because the mail
            # servers drop their privileges.
            self.directory = Path(tempfile.mkdtemp(prefix="wizard-lab-"))
            self.directory.chmod(0o755)
            stack.callback(shutil.rmtree, self.directory, ignore_errors=True)
            self.authority = CertificateAuthority(self.directory / "ca")
            stack.enter_context(self.wire)
            stack.enter_context(self.background)
            self.names = NameServer(self.background, self.inet, NAMESERVER)
            self.web = WebServer(self.background, self.inet, WEB, self.authority)
            for url in (PROVIDER_DATABASE, THUNDERBIRDS_DATABASE):
                self.serve_host(_host(url))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def home(self) -> Namespace:
        """Where clients run."""
        return self.wire.home

    @property
    def inet(self) -> Namespace:
        """Where servers run."""
        return self.wire.inet

    def new_address(self) -> str:
        """An IP address of `inet` that nothing listens on yet."""
        return str(SERVERS[next(self._numbers)])

    def serve_host(self, host: str) -> None:
        """Let the web server answer for `host`: a name, a certificate, and 404 for all pages."""
        self.names.publish({host: {"A": [WEB]}})
        self.web.certify(host)

    def publish_page(self, url: str, content: str | Page, content_type: str = "text/xml") -> None:
        """Publish a page of the web, host name and all."""
        self.serve_host(_host(url))
        self.web.publish(url, content, content_type)

    def list_in_provider_database(self, domain: str, document: str) -> None:
        """Let the public provider database know `domain`."""
        for url in (PROVIDER_DATABASE, THUNDERBIRDS_DATABASE):
            self.publish_page(url + domain, document)

    def mail_server(
        self, hosts: Sequence[str], accounts: Mapping[str, str], *, flaw: Flaw | None = None
    ) -> MailServer:
        """A Dovecot and Postfix that answer to all of `hosts`, with a certificate for them.

        Enter it to start it.
        """
        address = self.new_address()
        for host in hosts:
            self.names.publish({host: {"A": [address]}})
        certificate = self.authority.issue(hosts, flaw)
        return MailServer(
            self.inet, address, self.directory / address, certificate, hosts[0], accounts
        )

    def greeter(self, hosts: Sequence[str], *, flaw: Flaw | None = None) -> Greeter:
        """A scripted server that answers to all of `hosts`; choose its ports by its methods."""
        address = self.new_address()
        for host in hosts:
            self.names.publish({host: {"A": [address]}})
        certificate = self.authority.issue(hosts, flaw)
        return Greeter(self.background, self.inet, address, certificate)


def _host(url: str) -> str:
    return urlsplit(url).netloc
