"""Our own search and verification over the demo's network: the path the demo walks."""

from __future__ import annotations

import asyncio

import pytest

from wizard.demo import DemoMode, DemoNetwork, DemoProvider, Happening, Service, provider
from wizard.discovery import Pack, discover
from wizard.model import (
    DiscoveryResult,
    EmailAddress,
    Found,
    ProblemKind,
    Secret,
    Security,
    Source,
    SourceReport,
    Trust,
    Verification,
    parse_address,
)
from wizard.net import Network, open_network
from wizard.verify import verify


def open_demo(network: DemoNetwork) -> Network:
    host, port = network.resolver
    return open_network(f"{host}:{port}", network.ca_file, network.port_map)


def address_of(demo: DemoProvider) -> EmailAddress:
    address = parse_address(demo.address)
    assert isinstance(address, EmailAddress)
    return address


async def search(
    demo: DemoProvider, reports: list[SourceReport], only: Source | None = None
) -> DiscoveryResult:
    async with open_demo(demo.network) as network:
        chosen = None if only is None else frozenset({only})
        return await discover(
            address_of(demo), network, Pack(), only=chosen, progress=reports.append
        )


def test_everything_is_found_at_the_domain_itself() -> None:
    async def run() -> Found:
        async with DemoProvider() as demo:
            found = await search(demo, [])
            assert isinstance(found, Found)
            asked = demo.log.of(Happening.REQUEST)
            assert any("autoconfig.demo.example" in entry.subject for entry in asked)
        return found

    found = asyncio.run(run())
    assert found.provider.name == provider.PROVIDER_NAME
    best, fallback = found.incoming
    assert (best.host, best.port, best.security) == ("imap.demo.example", 993, Security.TLS)
    assert (fallback.port, fallback.security) == (143, Security.STARTTLS)
    assert best.trust is Trust.TRUSTED
    assert best.username == "anna@demo.example"
    assert [server.port for server in found.outgoing] == [465, 587]


@pytest.mark.parametrize("source", [Source.SRV, Source.GUESS])
def test_other_sources_find_the_same_servers(source: Source) -> None:
    async def run() -> DiscoveryResult:
        async with DemoProvider() as demo:
            return await search(demo, [], source)

    found = asyncio.run(run())
    assert isinstance(found, Found)
    assert found.incoming[0].host == "imap.demo.example"
    assert found.outgoing[0].host == "smtp.demo.example"


async def log_in(demo: DemoProvider, index: int) -> Verification:
    found = await search(demo, [])
    assert isinstance(found, Found)
    async with open_demo(demo.network) as network:
        return await verify(
            found.incoming[index],
            found.outgoing[index],
            demo.password,
            network,
            provider=found.provider,
            address=address_of(demo),
        )


@pytest.mark.parametrize("index", [0, 1], ids=["implicit TLS", "STARTTLS"])
def test_receiving_and_sending_log_in_once_each(index: int) -> None:
    async def run() -> None:
        async with DemoProvider() as demo:
            assert (await log_in(demo, index)).ok
            logins = [(e.service, e.subject) for e in demo.log.of(Happening.LOGIN)]
            assert logins == [(Service.IMAP, demo.address), (Service.SMTP, demo.address)]
            assert demo.log.of(Happening.DELIVERED) == ()

    asyncio.run(run())


def test_the_refused_password_is_named_as_such() -> None:
    async def run() -> None:
        async with DemoProvider(DemoMode.WRONG_PASSWORD) as demo:
            problem = (await log_in(demo, 0)).problem
            assert problem is not None
            assert problem.kind is ProblemKind.WRONG_PASSWORD
            assert [e.service for e in demo.log.of(Happening.LOGIN_REFUSED)] == [Service.IMAP]

    asyncio.run(run())


def test_a_slow_provider_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "SLOW_ANSWER_S", 0.2)
    monkeypatch.setattr(provider, "SLOW_NAME_S", 0.05)

    async def run() -> None:
        async with DemoProvider(DemoMode.SLOW) as demo:
            assert (await log_in(demo, 0)).ok

    asyncio.run(run())


def test_no_authority_but_the_demos_own_is_trusted_and_no_other_name_exists() -> None:
    async def run() -> None:
        async with DemoProvider() as demo:
            async with open_demo(demo.network) as network:
                address = parse_address("someone@example.com")
                assert isinstance(address, EmailAddress)
                found = await discover(address, network, Pack())
                assert not isinstance(found, Found)
            async with DemoProvider() as other:
                mixed = DemoNetwork(
                    demo.network.resolver, other.network.ca_file, demo.network.port_map
                )
                found = await search(demo, [])
                assert isinstance(found, Found)
                async with open_demo(mixed) as network:
                    verdict = await verify(
                        found.incoming[0], found.outgoing[0], Secret("x"), network
                    )
                assert not verdict.ok
                assert demo.log.of(Happening.LOGIN_REFUSED) == ()

    asyncio.run(run())
