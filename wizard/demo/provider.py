"""The embedded provider: names, web, receiving and sending, all on 127.0.0.1."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self

from wizard.demo.authority import create_authority
from wizard.demo.imap import ImapServer
from wizard.demo.journal import Journal
from wizard.demo.letters import fill
from wizard.demo.mailbox import Mailbox
from wizard.demo.names import NameServer, load_zone
from wizard.demo.smtp import SmtpServer
from wizard.demo.web import Document, WebServer
from wizard.demo.wire import Listener
from wizard.model import Secret

DOMAIN = "demo.example"  # RFC 2606: nobody's, ever
PERSON = Address("Anna Demo", "anna", DOMAIN)
PASSWORD = "sunflower"  # noqa: S105 - public: it opens a toy mailbox that the demo shows to everyone
PROVIDER_NAME = "Demo Mail"

_WEB, _IMAP, _SMTP = "127.0.0.10", "127.0.0.11", "127.0.0.12"
CONTROL_PATH, CONTROL_TEXT = "/alive.txt", "all is well"
SLOW_ANSWER_S = 1.2
SLOW_NAME_S = 0.3  # a search asks for many names, and resolvers give up early

_ZONE = f"""
$TTL 60
@                 SOA   ns hostmaster 1 3600 600 86400 60
@                 NS    ns
@                 A     {_WEB}
@                 MX    10 smtp
@                 TXT   "v=spf1 mx -all"
ns                A     127.0.0.1
autoconfig        A     {_WEB}
control           A     {_WEB}
whoami            A     192.0.2.44
whoami            AAAA  2001:db8::44
imap              A     {_IMAP}
smtp              A     {_SMTP}
_imaps._tcp       SRV   0 1 993 imap
_imap._tcp        SRV   10 1 143 imap
_submissions._tcp SRV   0 1 465 smtp
_submission._tcp  SRV   10 1 587 smtp
"""

_AUTOCONFIG = f"""<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1">
  <emailProvider id="{DOMAIN}">
    <domain>{DOMAIN}</domain>
    <displayName>{PROVIDER_NAME}</displayName>
    <displayShortName>Demo</displayShortName>
    <incomingServer type="imap">
      <hostname>imap.{DOMAIN}</hostname>
      <port>993</port>
      <socketType>SSL</socketType>
      <authentication>password-cleartext</authentication>
      <username>%EMAILADDRESS%</username>
    </incomingServer>
    <incomingServer type="imap">
      <hostname>imap.{DOMAIN}</hostname>
      <port>143</port>
      <socketType>STARTTLS</socketType>
      <authentication>password-cleartext</authentication>
      <username>%EMAILADDRESS%</username>
    </incomingServer>
    <outgoingServer type="smtp">
      <hostname>smtp.{DOMAIN}</hostname>
      <port>465</port>
      <socketType>SSL</socketType>
      <authentication>password-cleartext</authentication>
      <username>%EMAILADDRESS%</username>
    </outgoingServer>
    <outgoingServer type="smtp">
      <hostname>smtp.{DOMAIN}</hostname>
      <port>587</port>
      <socketType>STARTTLS</socketType>
      <authentication>password-cleartext</authentication>
      <username>%EMAILADDRESS%</username>
    </outgoingServer>
  </emailProvider>
</clientConfig>
"""

_CONFIG = Document("text/xml; charset=utf-8", _AUTOCONFIG.encode())
_DOCUMENTS = {
    (f"autoconfig.{DOMAIN}", "/mail/config-v1.1.xml"): _CONFIG,
    (DOMAIN, "/.well-known/autoconfig/mail/config-v1.1.xml"): _CONFIG,
    (f"control.{DOMAIN}", CONTROL_PATH): Document("text/plain", f"{CONTROL_TEXT}\n".encode()),
}

# `localhost` and 127.0.0.1 are for mail programs that cannot be given a name server.
_CERTIFIED = (
    DOMAIN,
    f"autoconfig.{DOMAIN}",
    f"imap.{DOMAIN}",
    f"smtp.{DOMAIN}",
    "localhost",
    "127.0.0.1",
)


class DemoMode(Enum):
    """How the provider behaves."""

    NORMAL = "normal"
    WRONG_PASSWORD = "wrong-password"  # noqa: S105 - a mode's name; the right password is refused
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class DemoNetwork:
    """The addresses a program needs to see this provider, and nothing else, as its internet.

    `resolver`: host and port of the name server. `ca_file`: the authority to trust, in PEM; it
    exists while the provider runs. `port_map`: where (address, port) as published really listens;
    whatever is not in it does not exist and should be refused without asking the network.
    """

    resolver: tuple[str, int]
    ca_file: Path
    port_map: Mapping[tuple[str, int], tuple[str, int]]


class DemoProvider:
    """A mail provider with one mailbox, as an async context manager.

    address   the mailbox
    name      whose it is
    password  what opens it; public
    domain    the domain part
    network   how to reach it (after `start`)
    mode      may be changed while it runs
    log       what clients did
    mailbox   the messages
    """

    def __init__(self, mode: DemoMode = DemoMode.NORMAL) -> None:
        now = datetime.now(UTC)
        self.mode = mode
        self.log = Journal()
        self.mailbox = Mailbox(int(now.timestamp()))
        fill(self.mailbox, PERSON, now)
        self._running = contextlib.AsyncExitStack()
        self._network: DemoNetwork | None = None

    @property
    def address(self) -> str:
        """`anna@demo.example`."""
        return PERSON.addr_spec

    @property
    def name(self) -> str:
        """The person's name."""
        return PERSON.display_name

    @property
    def password(self) -> Secret:
        """The right password; in mode `WRONG_PASSWORD` the servers refuse it all the same."""
        return Secret(PASSWORD)

    @property
    def domain(self) -> str:
        """`demo.example`."""
        return DOMAIN

    @property
    def control(self) -> tuple[str, str, str]:
        """Host, path and content of a page over plain http that tells whether there is a network
        at all; `whoami` in the same domain tells a caller's public addresses, made-up ones."""
        return f"control.{DOMAIN}", CONTROL_PATH, CONTROL_TEXT

    @property
    def network(self) -> DemoNetwork:
        """Raises `RuntimeError` before `start` and after `stop`."""
        if self._network is None:
            raise RuntimeError("the provider does not run")
        return self._network

    async def start(self) -> None:
        """Opens all servers; if one cannot be opened, closes those that were (`OSError`)."""
        if self._network is not None:
            raise RuntimeError("the provider runs already")
        async with contextlib.AsyncExitStack() as opened:
            self._network = await self._open(opened)
            self._running = opened.pop_all()

    async def stop(self) -> None:
        """Closes every connection and forgets the authority; safe to call twice."""
        self._network = None
        await self._running.aclose()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _open(self, opened: contextlib.AsyncExitStack) -> DemoNetwork:
        tls = create_authority(_CERTIFIED, datetime.now(UTC))
        folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="mail-wizard-demo-"))
        ca_file = _write(Path(folder, "demo-authority.pem"), tls.ca_pem)

        names = NameServer(load_zone(_ZONE, DOMAIN), self._pause_name, self.log)
        web = WebServer(_DOCUMENTS, self._pause, self.log)
        imap = ImapServer(self.mailbox, self._accepts, self.log, self._pause, tls.server)
        smtp = SmtpServer(
            f"smtp.{DOMAIN}",
            self.address,
            self._accepts,
            self._deliver,
            self.log,
            self._pause,
            tls.server,
        )
        opened.push_async_callback(names.stop)
        resolver = await names.start()
        ports: dict[tuple[str, int], tuple[str, int]] = {}
        for published, listener in {
            (_WEB, 443): Listener(web.serve, tls.server),
            (_WEB, 80): Listener(web.serve),
            (_IMAP, 993): Listener(imap.serve, tls.server),
            (_IMAP, 143): Listener(imap.serve),
            (_SMTP, 465): Listener(smtp.serve, tls.server),
            (_SMTP, 587): Listener(smtp.serve),
        }.items():
            opened.push_async_callback(listener.stop)
            ports[published] = await listener.start()
        return DemoNetwork(resolver, ca_file, ports)

    def _accepts(self, user: str, password: str) -> bool:
        right = hmac.compare_digest(password.encode(), PASSWORD.encode())
        known = user.casefold() == self.address
        return right and known and self.mode is not DemoMode.WRONG_PASSWORD

    def _deliver(self, raw: bytes) -> None:
        inbox = self.mailbox.find("INBOX")
        assert inbox is not None
        self.mailbox.add(inbox, raw, datetime.now(UTC))

    async def _pause(self) -> None:
        if self.mode is DemoMode.SLOW:
            await asyncio.sleep(SLOW_ANSWER_S)

    async def _pause_name(self) -> None:
        if self.mode is DemoMode.SLOW:
            await asyncio.sleep(SLOW_NAME_S)


def _write(file: Path, content: bytes) -> Path:
    file.write_bytes(content)
    return file
