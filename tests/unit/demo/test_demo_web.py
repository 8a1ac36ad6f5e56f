"""The web server, as http.client sees it."""

from __future__ import annotations

import http.client
import socket
from xml.etree import ElementTree

import pytest

from tests.unit.demo.conftest import WEB, Running
from wizard.demo import Happening


def connection(demo: Running, host: str) -> http.client.HTTPConnection:
    """https with the certificate checked against `host`, wherever the server really listens."""
    plain = socket.create_connection(("127.0.0.1", demo.port(WEB, 443)), timeout=20)
    client = http.client.HTTPConnection(host)
    client.sock = demo.trust.wrap_socket(plain, server_hostname=host)
    return client


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("autoconfig.demo.example", "/mail/config-v1.1.xml?emailaddress=anna%40demo.example"),
        ("demo.example", "/.well-known/autoconfig/mail/config-v1.1.xml"),
    ],
)
def test_autoconfig_names_the_servers_that_run(demo: Running, host: str, path: str) -> None:
    client = connection(demo, host)
    client.request("GET", path)
    reply = client.getresponse()
    document = ElementTree.fromstring(reply.read())
    client.close()
    assert reply.status == 200
    servers = {
        (str(server.findtext("hostname")), int(server.findtext("port") or 0))
        for kind in ("incomingServer", "outgoingServer")
        for server in document.iter(kind)
    }
    addresses = {"imap.demo.example": "127.0.0.11", "smtp.demo.example": "127.0.0.12"}
    reachable = {(addresses[name], port) for name, port in servers}
    assert reachable == {key for key in demo.network.port_map if key[0] != WEB}
    [entry] = demo.provider.log.of(Happening.REQUEST)
    assert (entry.subject, entry.detail) == (f"https://{host}{path}", "GET 200")


def test_several_requests_on_one_connection(demo: Running) -> None:
    client = connection(demo, "autoconfig.demo.example")
    statuses = []
    for method, path in (
        ("GET", "/nothing"),
        ("HEAD", "/mail/config-v1.1.xml"),
        ("POST", "/mail/config-v1.1.xml"),
        ("GET", "/mail/config-v1.1.xml"),
    ):
        client.request(method, path, body=b"x" if method == "POST" else None)
        reply = client.getresponse()
        reply.read()
        statuses.append(reply.status)
    client.close()
    assert statuses == [404, 200, 405, 200]


@pytest.mark.parametrize(
    "request_text",
    [
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200,
        b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_what_is_no_request_ends_the_connection(demo: Running, request_text: bytes) -> None:
    client = connection(demo, "autoconfig.demo.example")
    assert client.sock is not None
    client.sock.sendall(request_text)
    try:
        received = client.sock.recv(10)
    except ConnectionError:  # closed while we still had something to say
        received = b""
    assert received == b""
    client.close()
