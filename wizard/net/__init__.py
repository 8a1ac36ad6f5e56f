"""The only sockets of the program.

resolver   DNS records and host addresses; every question is asked once per run; name_servers,
           name_servers_windows: who is asked on Windows
http       GET and POST over https with limits on size, time and redirects
proxy      the ways of https out of this computer; proxy_linux, proxy_windows, proxy_macos: what
           each system knows about them
tls        one context factory on the system's trust store; what a certificate says
streams    lines and bytes over TCP, TLS and STARTTLS; nothing from before TLS survives it
safexml    XML from strangers
aside      work in threads that nobody waits for
suffix     who owns a host name
failure    the one exception of this room, with a closed list of reasons

Each module holds a Protocol, which the other rooms take as an argument, and one adapter.
`open_network` puts the adapters together; importing this package loads none of them.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from wizard.net.http import HttpsClient
    from wizard.net.proxy import SystemProxies
    from wizard.net.resolver import DnsResolver
    from wizard.net.streams import TcpConnector


@dataclass(frozen=True, slots=True)
class Network:
    """The network of one run: its answers and connections are shared within it and end with it."""

    resolver: DnsResolver
    http: HttpsClient
    connector: TcpConnector
    proxies: SystemProxies | None
    preparing: threading.Thread

    async def ready(self) -> None:
        """Waits until libraries and trust store are loaded; whoever measures starts then."""
        import asyncio

        await asyncio.to_thread(self.preparing.join)

    async def aclose(self) -> None:
        """Closes idle connections and ends questions under way; safe to call twice."""
        # What is still being loaded may read files that go away with whoever closes.
        await self.ready()
        await self.http.aclose()
        if self.proxies is not None:
            await self.proxies.aclose()
        await self.resolver.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


def open_network(
    resolver: str | None = None,
    ca: Path | None = None,
    connect_map: Mapping[tuple[str, int], tuple[str, int]] | None = None,
) -> Network:
    """The adapters for one run. Opens no socket yet.

    `resolver`: `HOST[:PORT]` in place of the system's name servers. `ca`: a PEM file in place of
    the system's trust store. `connect_map`: see `streams.TcpConnector`; with it no proxy is used.
    Raises ValueError or OSError where `resolver` or `ca` cannot be used.

    Libraries and trust store (a quarter of a second) are loaded in a thread while the first
    questions are under way, instead of between an answer and what follows from it.

    A resolver of one's own means a laboratory or a company, where private addresses are the
    rule: with it redirects may lead as far inside as the first host is (see `http.Guard`).
    """
    from wizard.net.http import HttpsClient
    from wizard.net.proxy import SystemProxies
    from wizard.net.resolver import DnsResolver
    from wizard.net.streams import TcpConnector
    from wizard.net.tls import TlsContexts

    contexts = TlsContexts(ca)
    names = DnsResolver(resolver)
    connector = TcpConnector(names, contexts, connect_map)
    proxies = None if connect_map else SystemProxies()
    http = HttpsClient(
        connector, contexts, allow_private_redirects=resolver is not None, proxies=proxies
    )

    def prepare() -> None:
        if proxies is not None:
            proxies.prepare()
        names.prepare()
        http.prepare()
        contexts.prepare()

    # Not a daemon: an interpreter that ends while one loads C code aborts ("exception not
    # rethrown", seen 2026-11); so the end of a very short run waits for it.
    preparing = threading.Thread(target=prepare, name="network-prepare")
    preparing.start()
    return Network(names, http, connector, proxies, preparing)
