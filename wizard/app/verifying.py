"""Logging in, wired: the password at hand or the person's browser, the network and the log."""

from __future__ import annotations

import sys
import webbrowser
from asyncio import to_thread
from collections.abc import Callable
from dataclasses import dataclass

from wizard.flow import Delivered, Side
from wizard.messages import Messages
from wizard.model import (
    Account,
    EmailAddress,
    OAuthClient,
    Problem,
    Provider,
    Rung,
    Secret,
    ServerSettings,
    Service,
    SideFailed,
    SideUntested,
    Verification,
)
from wizard.net import Network
from wizard.system.log import LOGGER, Redactor
from wizard.verify import send_test_message, verify
from wizard.verify.oauth import sign_in


@dataclass(frozen=True, slots=True)
class Login:
    """Logs in with `secret`: empty where there is no password. `redactor` learns of every secret
    before it is used."""

    secret: Secret
    open_network: Callable[[], Network]
    redactor: Redactor
    messages: Messages

    async def verify(
        self,
        address: EmailAddress,
        incoming: ServerSettings | None,
        outgoing: ServerSettings | None,
        provider: Provider,
        progress: Callable[[Side, Rung], None],
        services: tuple[Service, ...],
    ) -> Verification:
        """Logs in to both sides, then to contacts and calendars."""
        client = provider.oauth
        secret = self.secret
        by_token = client is not None and not secret
        for server in (incoming, outgoing):
            # Encoded together with the user name, which need not be the address.
            self.redactor.watch(secret, server.username if server is not None else str(address))

        def on_rung(side: Side, rung: Rung) -> None:
            LOGGER.info("%s %s ok=%s %d ms %s", side, rung.stage, rung.ok, rung.ms, rung.said)
            progress(side, rung)

        async with await to_thread(self.open_network) as network:
            if by_token:
                assert client is not None
                token = await self._signed_in(client, address, network)
                if isinstance(token, Problem):
                    return Verification(SideFailed(token), SideUntested("receiving-failed"))
                secret = token
            return await verify(
                incoming,
                outgoing,
                secret,
                network,
                provider=provider,
                address=address,
                progress=on_rung,
                services=services,
                http=network.http,
                by_token=by_token,
            )

    async def send_test_message(self, account: Account, *, delete: bool) -> Delivered | Problem:
        """Sends a message to oneself, waits for it, and deletes it where that was agreed to."""
        async with await to_thread(self.open_network) as network:
            outcome = await send_test_message(
                account,
                self.secret,
                network,
                self.messages.text("Test message"),
                self.messages.text("Your mail works. You can delete this message."),
                delete=delete,
            )
        if isinstance(outcome, Problem):
            return outcome
        return Delivered(outcome.seconds, outcome.authentication_results, outcome.deleted)

    async def _signed_in(
        self, client: OAuthClient, address: EmailAddress, network: Network
    ) -> Secret | Problem:
        """An access token from the person's browser; kept nowhere."""
        thanks = self.messages.text("You are signed in. You can close this page.")
        token = await sign_in(client, str(address), network.http, self._open_page, thanks=thanks)
        if isinstance(token, Problem):
            return token
        for secret in (token.access, token.refresh):
            if secret is not None:
                self.redactor.watch(secret, str(address))
        return token.access

    def _open_page(self, url: str) -> None:
        """Opens a page in the person's browser, and writes it down for where there is none."""
        if sys.stderr is not None:
            told = self.messages.text("Sign in on this page: {url}", url=url)
            sys.stderr.write(f"{told}\n")
            sys.stderr.flush()
        webbrowser.open(url)
