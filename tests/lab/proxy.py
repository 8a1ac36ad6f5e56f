"""A company's way out: a proxy that tunnels to the lab's web, and a PAC file that names it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

from tests.lab.internet import WEB, Internet


@dataclass
class Tunnel:
    """A proxy that knows CONNECT, in the company's network; notes what it is asked."""

    internet: Internet
    address: str
    heads: list[bytes] = field(default_factory=list)

    def open(self) -> None:
        self.internet.background.serve(self.internet.inet, self.address, 3128, self._talk)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        inner = self.internet.inet.open_socket()
        inner.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(inner, (WEB, 443))
        there, away = await asyncio.open_connection(sock=inner)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65536):
                    target.write(data)
                    await target.drain()
            target.close()

        await asyncio.gather(copy(reader, away), copy(there, writer))


def serve_pac(company: Internet, script: str) -> str:
    url = "http://wpad.inside.example/proxy.pac"
    company.publish_page(url, script, "application/x-ns-proxy-autoconfig")
    return url
