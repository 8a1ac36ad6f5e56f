"""The provider running in a thread of its own, so that synchronous clients can talk to it."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from wizard.demo import DemoNetwork, DemoProvider

WEB, IMAP, SMTP = "127.0.0.10", "127.0.0.11", "127.0.0.12"


@dataclass(frozen=True, slots=True)
class Running:
    """A started provider and how its clients reach it."""

    provider: DemoProvider
    network: DemoNetwork
    trust: ssl.SSLContext

    @property
    def password(self) -> str:
        """The right one, as a person would type it."""
        return self.provider.password.reveal()

    def port(self, address: str, published: int) -> int:
        """Where a published port really is."""
        return self.network.port_map[(address, published)][1]


@pytest.fixture
def demo() -> Iterator[Running]:
    """A provider of its own for each test."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    provider = DemoProvider()
    asyncio.run_coroutine_threadsafe(provider.start(), loop).result()
    network = provider.network
    try:
        yield Running(provider, network, ssl.create_default_context(cafile=network.ca_file))
    finally:
        asyncio.run_coroutine_threadsafe(provider.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
