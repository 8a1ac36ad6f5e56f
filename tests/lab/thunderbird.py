"""A real Thunderbird, headless, driven through Marionette in chrome context.

    with Thunderbird(internet.home, home_folder, root_certificate) as thunderbird:
        found = thunderbird.discover("ada@shop.example")

The program is the one Debian ships, unmodified; what it is told to keep quiet about (updates,
first-run pages) comes as system-wide defaults, so no file of the profile under test is touched
from outside. Results are typed copies of what `thunderbird.js` returns.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.lab.wire import Namespace

_PROGRAM = "/usr/bin/thunderbird"
_SYSTEM_SETTINGS = Path("/etc/thunderbird")
_SCRIPT = Path(__file__).with_suffix(".js")
_START_TIMEOUT = 60.0
_CALL_TIMEOUT = 120.0

_QUIET = {
    "app.donation.eoy.version.viewed": 999,
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "mail.biff.show_alert": False,
    "mail.inappnotifications.enabled": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.rights.version": 1,
    "mail.spotlight.firstRunDone": True,
    "mail.winsearch.firstRunDone": True,
    "mailnews.start_page.enabled": False,
    "mailnews.start_page_override.mstone": "ignore",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.manage-offline-status": False,
    "network.trr.mode": 5,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}


class ThunderbirdTrouble(RuntimeError):
    """Thunderbird did not start, or what it was asked to do did not work; the text is its own."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server as Thunderbird understands it; socket types: 0 plain, 2 STARTTLS, 3 TLS."""

    type: str
    host: str
    port: int
    socket_type: int
    auth_method: int
    username: str

    @property
    def endpoint(self) -> tuple[str, str, int, int]:
        """Type, host, port and socket type: what discovery is judged by."""
        return self.type, self.host, self.port, self.socket_type


@dataclass(frozen=True, slots=True)
class Found:
    """Settings as Thunderbird found or read them, best first; empty where it found none."""

    source: str
    incoming: tuple[Server, ...]
    outgoing: tuple[Server, ...]
    ms: float | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """A sender of an account, with the server it sends through."""

    key: str
    address: str
    full_name: str
    outgoing: Server | None


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the profile, "Local Folders" included."""

    key: str
    is_default: bool
    name: str
    incoming: Server
    identities: tuple[Identity, ...]


class Thunderbird:
    """A running Thunderbird; a context manager that quits it in an orderly way.

    It is started as a person starts it: with `home_folder` as HOME, it chooses the profile (and
    makes one where there is none); `profile` says which it chose. Once it runs, it is told to
    trust `root_certificate`, and will from then on. `offline` starts it without network, so that
    nothing connects before trust and passwords are in place.
    """

    def __init__(
        self,
        namespace: Namespace,
        home_folder: Path,
        root_certificate: Path,
        *,
        offline: bool = False,
    ) -> None:
        self._namespace = namespace
        self._home_folder = home_folder
        self._root_certificate = root_certificate
        self._offline = offline
        self._process: subprocess.Popen[bytes] | None = None
        self._marionette: _Marionette | None = None
        self._port_file: Path | None = None
        self._script = _SCRIPT.read_text()

    def __enter__(self) -> Self:
        _keep_quiet(self._namespace)
        for left_over in self._port_files():
            left_over.unlink()
        argv = [_PROGRAM, "--headless", "--marionette", "-remote-allow-system-access"]
        if self._offline:
            argv.append("--offline")
        environment = {
            "HOME": str(self._home_folder),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "MOZ_HEADLESS": "1",
            # Any free port: it says in its profile which.
            "MOZ_MARIONETTE_PREF_STATE_ACROSS_RESTARTS": json.dumps({"port": 0}),
        }
        self._process = self._namespace.popen(argv, env=environment)
        try:
            self._port_file = self._await_port_file()
            port = int(self._port_file.read_text())
            self._marionette = _Marionette(self._namespace.connect("127.0.0.1", port))
            self._ask("trustRoot", _base64(self._root_certificate))
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        process, marionette = self._process, self._marionette
        assert process is not None
        assert marionette is not None
        with contextlib.suppress(OSError, ThunderbirdTrouble):
            marionette.call("Marionette:Quit", {"flags": ["eAttemptQuit"]})
        marionette.close()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._kill()

    @property
    def profile(self) -> Path:
        """The folder of the profile it runs on."""
        assert self._port_file is not None
        return self._port_file.parent

    def discover(self, address: str) -> Found:
        """Its own account discovery for `address`: all sources, then guessing, and how long."""
        return _found(self._ask("discover", address))

    def forget_network(self) -> None:
        """Drop its DNS cache, connections and TLS sessions."""
        self._ask("forgetNetwork")

    def read_autoconfig(self, document: str) -> Found:
        """What its own reader makes of an autoconfig document."""
        return _found(self._ask("readAutoconfig", document))

    def ask_autodiscover(self, address: str) -> Found:
        """What its own Autodiscover client finds for `address`."""
        return _found(self._ask("askAutodiscover", address))

    def accounts(self) -> list[Account]:
        """The accounts of the profile, in its order."""
        return [_account(entry) for entry in self._ask("accounts")]

    def create_account(
        self, address: str, full_name: str, incoming: Server, outgoing: Server
    ) -> None:
        """Make an account as its own dialog does, without password."""
        self._ask("createAccount", address, full_name, asdict(incoming), asdict(outgoing))

    def rename_sender(self, address: str, full_name: str) -> None:
        """Change the name of the sender `address`, as a person may in the account settings."""
        self._ask("renameSender", address, full_name)

    def save_passwords(self, address: str, password: str) -> None:
        """Save the password of the account of `address`, for receiving and for sending.

        What it would do itself after asking once.
        """
        for account in self.accounts():
            for identity in account.identities:
                if identity.address == address and identity.outgoing is not None:
                    for server in (account.incoming, identity.outgoing):
                        scheme = "mailbox" if server.type == "pop3" else server.type
                        origin = f"{scheme}://{server.host}"
                        self._ask("savePassword", origin, server.username, password)

    def save_password(self, origin: str, username: str, password: str) -> None:
        """Save a password before there is an account (`mailbox://host`, `smtp://host`)."""
        self._ask("savePassword", origin, username, password)

    def save_http_password(self, origin: str, realm: str, username: str, password: str) -> None:
        """Save the password of calendars and address books."""
        self._ask("saveHttpPassword", origin, realm, username, password)

    def events(self) -> dict[str, list[str]]:
        """Titles of the events by calendar, as soon as they are fetched."""
        found = self._ask("events")
        assert isinstance(found, dict)
        return found

    def contacts(self) -> dict[str, list[str]]:
        """Names of the contacts by address book, fetched now."""
        found = self._ask("contacts")
        assert isinstance(found, dict)
        return found

    def check_mail(self, address: str) -> None:
        """Press "Get Messages" for the account of `address`."""
        self._ask("checkMail", address)

    def read_message(self, address: str, subject: str) -> str:
        """The source of the message with `subject` in the inbox, as soon as it is listed there."""
        source = self._ask("readMessage", address, subject)
        assert isinstance(source, str)
        return source

    def subjects(self, address: str, purpose: str = "Inbox") -> list[str]:
        """What it lists in a folder (`Inbox`, `SentMail` …); works offline too."""
        found = self._ask("subjects", address, purpose)
        assert isinstance(found, list)
        return found

    def send_message(self, sender: str, recipient: str, subject: str, body: str) -> None:
        """Send a message; returns once its copy lies in the account's "Sent" folder."""
        self._ask("sendMessage", sender, recipient, subject, body)

    def _ask(self, name: str, *arguments: object) -> Any:
        assert self._marionette is not None
        answer = self._marionette.run_script(self._script, [name, *arguments])
        if "error" in answer:
            raise ThunderbirdTrouble(f"{name}: {answer['error']}")
        return answer["value"]

    def _port_files(self) -> list[Path]:
        return list((self._home_folder / ".thunderbird").glob("*/MarionetteActivePort"))

    def _await_port_file(self) -> Path:
        deadline = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < deadline:
            for port_file in self._port_files():
                if port_file.read_text().strip():
                    return port_file
            time.sleep(0.05)
        raise ThunderbirdTrouble(f"did not start within {_START_TIMEOUT:.0f} s")

    def _kill(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class _Marionette:
    """The wire protocol of Marionette: `LENGTH:[type, id, command, parameters]`, JSON."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(_CALL_TIMEOUT)
        self._connection = connection
        self._stream = connection.makefile("rb")
        self._id = 0
        self._receive()  # its greeting
        self.call("WebDriver:NewSession", {})
        self.call("Marionette:SetContext", {"value": "chrome"})

    def call(self, command: str, parameters: dict[str, object]) -> Any:
        self._id += 1
        message = json.dumps([0, self._id, command, parameters]).encode()
        self._connection.sendall(b"%d:%s" % (len(message), message))
        _, _, trouble, result = self._receive()
        if trouble:
            raise ThunderbirdTrouble(f"{command}: {trouble}")
        return result

    def run_script(self, script: str, arguments: Sequence[object]) -> dict[str, Any]:
        result = self.call(
            "WebDriver:ExecuteAsyncScript",
            {
                "script": script,
                "args": list(arguments),
                "newSandbox": True,
                "sandbox": "system",
                "scriptTimeout": int(_CALL_TIMEOUT * 1000),
            },
        )
        value: dict[str, Any] = result["value"]
        return value

    def close(self) -> None:
        self._stream.close()
        self._connection.close()

    def _receive(self) -> Any:
        size = b""
        while (char := self._stream.read(1)) != b":":
            if not char:
                raise ThunderbirdTrouble("it closed the connection")
            size += char
        return json.loads(self._stream.read(int(size)))


def _base64(certificate: Path) -> str:
    """A PEM certificate without its first and last line."""
    return "".join(certificate.read_text().split("\n")[1:-2])


def _keep_quiet(namespace: Namespace) -> None:
    """System-wide defaults, for who runs in `namespace` only."""
    settings = namespace.etc / _SYSTEM_SETTINGS.name
    if settings.exists():
        return
    shutil.copytree(_SYSTEM_SETTINGS, settings)
    lines = (f"pref({json.dumps(key)}, {json.dumps(value)});" for key, value in _QUIET.items())
    (settings / "pref" / "zz-lab.js").write_text("\n".join(lines) + "\n")


def _server(entry: dict[str, Any]) -> Server:
    return Server(**entry)


def _found(entry: dict[str, Any]) -> Found:
    return Found(
        source=entry["source"],
        incoming=tuple(_server(server) for server in entry["incoming"]),
        outgoing=tuple(_server(server) for server in entry["outgoing"]),
        ms=entry.get("ms"),
    )


def _account(entry: dict[str, Any]) -> Account:
    return Account(
        key=entry["key"],
        is_default=entry["is_default"],
        name=entry["name"],
        incoming=_server(entry["incoming"]),
        identities=tuple(
            Identity(
                key=identity["key"],
                address=identity["address"],
                full_name=identity["full_name"],
                outgoing=_server(identity["outgoing"]) if identity["outgoing"] else None,
            )
            for identity in entry["identities"]
        ),
    )
