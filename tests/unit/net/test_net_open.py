"""The network of a run, put together as the program does it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.ca import CertificateAuthority
from tests.unit.net.loopback import Zone, name_server, run, serving
from wizard.net import Network, open_network
from wizard.net.http import HttpClient, HttpReply
from wizard.net.resolver import Records, Resolver
from wizard.net.streams import Connector, Stream

HOST = "mail.example.com"


def test_resolver_authorities_and_map_work_together(authority: CertificateAuthority) -> None:
    context = authority.issue([HOST]).server_context()
    zone = Zone({(HOST, "A"): ["10.77.0.10"], (HOST, "AAAA"): ["fd77::10"]})

    async def greet(reader: object, writer: object) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")  # type: ignore[attr-defined]  # a StreamWriter
        await reader.read()  # type: ignore[attr-defined]  # a StreamReader

    async def talk() -> None:
        async with name_server(zone) as server, serving(greet, tls=context) as port:
            connect_map = {("10.77.0.10", 443): ("127.0.0.1", port)}
            async with open_network(server, authority.root, connect_map) as network:
                resolver: Resolver = network.resolver  # the Protocols that other rooms know
                http: HttpClient = network.http
                connector: Connector = network.connector
                answer = await resolver.addresses(HOST)
                assert isinstance(answer, Records)
                assert answer.values == ("fd77::10", "10.77.0.10")
                reply = await http.get(f"https://{HOST}/")
                assert isinstance(reply, HttpReply)
                assert reply.body == b"hi"
                stream: Stream = await connector.connect(HOST, 443, tls=True)
                assert stream.peer == "10.77.0.10"
                await stream.close()
            await network.aclose()

    run(talk())


@pytest.mark.parametrize("server", ["dns.example", "127.0.0.1:0", ""])
def test_a_resolver_that_cannot_be_used_is_named(server: str) -> None:
    with pytest.raises(ValueError, match=r"port|address"):
        open_network(server)


def test_authorities_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="absent"):
        open_network(ca=tmp_path / "absent.pem")


@pytest.mark.parametrize(("server", "lifted"), [(None, False), ("127.0.0.1:5353", True)])
def test_private_redirects_need_a_resolver_of_ones_own(server: str | None, lifted: bool) -> None:
    async def look() -> Network:
        async with open_network(server) as network:
            return network

    assert run(look()).http._allow_private_redirects is lifted


def test_importing_the_room_loads_no_library() -> None:
    heavy = {"dns", "httpcore2", "anyio", "cryptography", "truststore", "PySide6"}
    code = (
        "import sys, wizard.net, wizard.net.resolver, wizard.net.streams, wizard.net.http;"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert output.strip() == "[]"
