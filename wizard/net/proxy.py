"""The system's proxy for https, from its settings or the environment.

Only a plain HTTP proxy that tunnels (CONNECT) is used; automatic configuration (PAC) and SOCKS
are not understood, and then requests go out directly. Mail ports never go through a proxy.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from wizard.model.secret import Secret


@dataclass(frozen=True, slots=True)
class Proxy:
    """`host`: name or IP address. `password` belongs to `user`, where the settings have them."""

    host: str
    port: int
    user: str = ""
    password: Secret = field(default=Secret(""), repr=False, compare=False)


async def system_proxy(host: str) -> Proxy | None:
    """The proxy to use for `host`; None to go there directly."""
    proxy = parse_proxy(getproxies().get("https", ""))
    # In a thread, because on Windows and macOS this may ask the name service.
    if proxy is None or await asyncio.to_thread(proxy_bypass, host):
        return None
    return proxy


def parse_proxy(text: str) -> Proxy | None:
    """`http://[USER:PASSWORD@]HOST[:PORT]`, also without `http://`; None for anything else."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port or 80
    except ValueError:
        return None
    if parts.scheme != "http" or not parts.hostname:
        return None
    return Proxy(
        parts.hostname, port, unquote(parts.username or ""), Secret(unquote(parts.password or ""))
    )
