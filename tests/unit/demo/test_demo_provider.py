"""The provider as a whole: starting, stopping, modes, and what it leaves behind."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable

import pytest

from wizard.demo import DemoMode, DemoNetwork, DemoProvider, provider
from wizard.demo.wire import Listener


def test_it_listens_on_loopback_alone_and_leaves_nothing() -> None:
    async def run() -> DemoNetwork:
        async with DemoProvider() as demo:
            network = demo.network
            assert {host for host, _ in network.port_map.values()} == {"127.0.0.1"}
            assert network.resolver[0] == "127.0.0.1"
            assert min(port for _, port in network.port_map.values()) >= 1024
            pem = network.ca_file.read_text()
            assert pem.count("-----BEGIN") == 1
            assert "PRIVATE" not in pem
        with pytest.raises(RuntimeError):
            _ = demo.network
        return network

    network = asyncio.run(run())
    assert not network.ca_file.parent.exists()
    for address in network.port_map.values():
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=20)


def test_stopping_ends_connections_in_every_state() -> None:
    async def run() -> None:
        demo = DemoProvider()
        await demo.start()
        network = demo.network
        trust = ssl.create_default_context(cafile=network.ca_file)
        streams = []
        for (_, published), (host, port) in network.port_map.items():
            # One that says nothing (on TLS ports: not even its hello), one that runs TLS.
            streams.append(await asyncio.open_connection(host, port))
            if published in (443, 465, 993):
                streams.append(await asyncio.open_connection(host, port, ssl=trust))
        await asyncio.sleep(0.1)  # Wine leaves a connection open that was not yet accepted
        await demo.stop()
        await demo.stop()
        for reader, writer in streams:
            with contextlib.suppress(ConnectionError):
                await asyncio.wait_for(reader.read(), 20)
            writer.transport.abort()
        await asyncio.sleep(0)

    asyncio.run(run(), debug=True)


def test_it_can_be_started_again_with_a_new_authority() -> None:
    async def run() -> None:
        demo = DemoProvider()
        authorities = set()
        for _ in range(2):
            async with demo:
                authorities.add(demo.network.ca_file.read_bytes())
                with pytest.raises(RuntimeError, match="already"):
                    await demo.start()
        assert len(authorities) == 2

    asyncio.run(run())


def test_a_start_that_cannot_be_finished_closes_what_was_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[tuple[str, int]] = []
    start = Listener.start

    async def third_refused(listener: Listener) -> tuple[str, int]:
        if len(opened) == 3:
            raise OSError("no more")
        opened.append(await start(listener))
        return opened[-1]

    monkeypatch.setattr(Listener, "start", third_refused)
    demo = DemoProvider()
    with pytest.raises(OSError, match="no more"):
        asyncio.run(demo.start())
    for address in opened:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=20)


def test_slow_mode_waits_before_each_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def noting(seconds: float) -> None:
        waits.append(seconds)
        await sleep(0)

    async def greeting(demo: DemoProvider) -> bytes:
        host, port = demo.network.port_map[("127.0.0.11", 143)]
        reader, writer = await asyncio.open_connection(host, port)
        await reader.readline()
        writer.write(b"a NOOP\r\n")
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return line

    async def run() -> None:
        async with DemoProvider(DemoMode.SLOW) as demo:
            assert (await greeting(demo)).startswith(b"a OK")
            assert waits.count(provider.SLOW_ANSWER_S) == 2  # the greeting and the answer
            demo.mode = DemoMode.NORMAL
            assert (await greeting(demo)).startswith(b"a OK")
            assert waits.count(provider.SLOW_ANSWER_S) == 2

    monkeypatch.setattr(asyncio, "sleep", noting)
    asyncio.run(run())


def test_the_password_does_not_show() -> None:
    demo = DemoProvider()
    assert demo.password.reveal() == provider.PASSWORD
    assert provider.PASSWORD not in repr(demo) + repr(demo.password) + repr(demo.log)
