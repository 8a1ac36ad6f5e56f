"""What the discovery tests share: addresses, a small pack, documents, a way to run a search."""

from __future__ import annotations

import asyncio

from tests.fakes.clock import run_jumping
from tests.fakes.network import FakeNetwork
from wizard.discovery import Pack, discover, read_pack
from wizard.model import (
    DiscoveryResult,
    EmailAddress,
    Found,
    Source,
    SourceReport,
    SourceState,
    parse_address,
)

DOMAIN = "example.com"

PACK_TEXT = """
format = 1
checked = "2026-11"
mail_filters = ["filter.test"]

[[provider]]
id = "known"
name = "Known Mail"
domains = ["known.test", "longname.test"]
typos = ["known.example"]
mx = ["mx.known.test"]
servers = [
  "imap imap.known.test:993 tls",
  "pop3 pop.known.test:995 tls",
  "smtp smtp.known.test:465 tls",
]
password = "app-password"

[[provider]]
id = "bridged"
name = "Bridged"
domains = ["bridged.test"]
mx = ["bridged.test"]
password = "bridge"

[[provider]]
id = "naked"
name = "Naked"
domains = ["naked.test"]
plain_only = true
"""


def small_pack() -> Pack:
    pack = read_pack(PACK_TEXT)
    assert isinstance(pack, Pack)
    return pack


def address(text: str = "jo@example.com") -> EmailAddress:
    parsed = parse_address(text)
    assert isinstance(parsed, EmailAddress)
    return parsed


def document(
    imap: str = "imap.example.com",
    smtp: str = "smtp.example.com",
    *,
    security: str = "SSL",
    port: int = 993,
    name: str = "Example Mail",
    username: str = "%EMAILADDRESS%",
) -> bytes:
    return f"""<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="x"><domain>example.com</domain>
<displayName>{name}</displayName>
<incomingServer type="imap"><hostname>{imap}</hostname><port>{port}</port>
<socketType>{security}</socketType><username>{username}</username>
<authentication>password-cleartext</authentication></incomingServer>
<outgoingServer type="smtp"><hostname>{smtp}</hostname><port>465</port>
<socketType>{security}</socketType><username>{username}</username>
<authentication>password-cleartext</authentication></outgoingServer>
</emailProvider></clientConfig>""".encode()


def autoconfig_url(domain: str = DOMAIN, who: str = "jo%40example.com") -> str:
    base = f"https://autoconfig.{domain}/mail/config-v1.1.xml"
    return f"{base}?emailaddress={who}" if who else base


def well_known(domain: str = DOMAIN) -> str:
    return f"https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"


def database(domain: str = DOMAIN) -> str:
    return f"https://autoconfig.thunderbird.net/v1.1/{domain}"


def search(
    network: FakeNetwork,
    who: str = "jo@example.com",
    *,
    pack: Pack | None = None,
    provider_file: Pack | None = None,
    timeout: float = 10.0,
    only: set[Source] | None = None,
    all_sources: bool = False,
    reports: list[SourceReport] | None = None,
) -> DiscoveryResult:
    """Runs a search to its end, on a clock that jumps, and sees to it that no task is left."""

    async def go() -> DiscoveryResult:
        result = await discover(
            address(who),
            network,
            pack or small_pack(),
            provider_file=provider_file,
            timeout=timeout,
            only=None if only is None else frozenset(only),
            all_sources=all_sources,
            progress=None if reports is None else reports.append,
        )
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return result

    return run_jumping(go())


def found(result: DiscoveryResult) -> Found:
    assert isinstance(result, Found), result
    return result


def states(result: DiscoveryResult) -> dict[Source, SourceState]:
    return {report.source: report.state for report in result.reports}
