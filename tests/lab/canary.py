"""A password that must not be seen anywhere, and eyes in all the places where it could be.

with Watch(internet) as watch:
    wizard.run(…)
assert not leaks(watch.wire, canary)
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import socket
import struct
import threading
import urllib.parse
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:  # unit tests look for canaries too, also where no lab can be
    from tests.lab.internet import Internet

_ALL_PROTOCOLS = 3  # ETH_P_ALL
_PAUSE = 0.02


def forms(password: str, username: str) -> dict[str, bytes]:
    """The eight forms of quality.md, made here and not by the code that is tested."""
    raw = password.encode()
    plain = f"\0{username}\0".encode() + raw
    return {
        "raw": raw,
        "base64 of PLAIN": base64.b64encode(plain).rstrip(b"=")[:-1],
        "base64 of LOGIN": base64.b64encode(raw).rstrip(b"=")[:-1],
        "URL": urllib.parse.quote(password, safe="").encode(),
        "quoted": password.replace("\\", "\\\\").replace('"', '\\"').encode(),
        "UTF-16": password.encode("utf-16-le"),
        "hex": raw.hex().encode(),
        "JSON": json.dumps(password)[1:-1].encode(),
    }


def leaks(data: bytes, password: str, username: str) -> list[str]:
    """In which forms the password is in there."""
    lower = data.lower()
    return [
        name
        for name, form in forms(password, username).items()
        if form in data or (name == "hex" and form in lower)
    ]


def leaks_in_files(folder: Path, password: str, username: str) -> list[str]:
    """Every file below, its name included."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        content = name.encode()
        if path.is_file() and not path.is_symlink():
            content += b"\n" + path.read_bytes()
        found += [f"{name}: {form}" for form in leaks(content, password, username)]
    return found


class Watch:
    """Takes down all that goes over the wire, and the arguments and environment of every program.

    `wire`: what each connection carried, one after the other. `programs`: as `/proc` shows them.
    """

    def __init__(self, internet: Internet) -> None:
        self._tap = internet.home.open_socket(socket.AF_PACKET, socket.SOCK_DGRAM)
        self._tap.bind(("wire0", _ALL_PROTOCOLS))
        self._tap.settimeout(0.1)
        self._flows: dict[bytes, bytearray] = {}
        self._seen: dict[str, bytes] = {}
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._listen, daemon=True),
            threading.Thread(target=self._look, daemon=True),
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=5)
        self._tap.close()

    @property
    def wire(self) -> bytes:
        return b"\n".join(bytes(flow) for flow in self._flows.values())

    @property
    def programs(self) -> bytes:
        return b"\n".join(self._seen.values())

    def _listen(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                packet = self._tap.recv(65535)
                if packet[:1] and packet[0] >> 4 == 4:
                    self._note(packet)

    def _note(self, packet: bytes) -> None:
        """Joins what one direction of a connection carries; datagrams count as connections."""
        begin = (packet[0] & 15) * 4
        protocol, addresses = packet[9], packet[12:20]
        if protocol == socket.IPPROTO_TCP:
            head = (packet[begin + 12] >> 4) * 4
        elif protocol == socket.IPPROTO_UDP:
            head = 8
        else:
            head = 0
        key = addresses + packet[begin : begin + 4] + bytes([protocol])
        (total,) = struct.unpack_from("!H", packet, 2)
        self._flows.setdefault(key, bytearray()).extend(packet[begin + head : total])

    def _look(self) -> None:
        while not self._over.wait(_PAUSE):
            for process in Path("/proc").iterdir():
                if not process.name.isdigit() or process.name == str(os.getpid()):
                    continue
                with contextlib.suppress(OSError):
                    for part in ("cmdline", "environ"):
                        content = (process / part).read_bytes()
                        self._seen[f"{process.name} {part} {hash(content)}"] = content
