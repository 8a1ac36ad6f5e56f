"""Proxies on Linux: the environment, GNOME's settings (which most desktops share), KDE's.

PAC files are run by GLib's PAC runner, a service on the session bus that comes with
glib-networking and has its JavaScript from libproxy. It is a process of its own, so a frozen
program can use it as well as any other, and no PAC file can do anything to this one.
"""

from __future__ import annotations

import ast
import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]  # not in typeshed

from wizard.net.proxy import NoWord, ProxySettings, parse_proxy, urllib_settings

_SETTINGS_TIME = 2.0
_KNOCK_TIME = 1.5
_SCHEMA = "org.gnome.system.proxy"
_MARK = b"proxy/"  # how a dconf database names the folder that holds any of these settings
_DATABASES = Path("/etc/dconf/db")
_PAC_RUNNER = "org.gtk.GLib.PACRunner"


class System:
    """See `ProxySystem`. `environment` and `databases` are for tests."""

    def __init__(
        self, environment: Mapping[str, str] | None = None, databases: Path = _DATABASES
    ) -> None:
        self._environment = os.environ if environment is None else environment
        self._databases = databases

    def hinted(self) -> bool:
        """Looks for the settings' names in the files that hold them; runs and loads nothing."""
        if getproxies_environment().get("https"):
            return True
        if self._is_kde:
            return any(path.is_file() for path in self._kde_files)
        return any(_holds(path, _MARK) for path in self._dconf_files)

    def read(self) -> ProxySettings:
        """The environment first, as everywhere; then the desktop."""
        settings = urllib_settings()
        if settings.fixed is not None:
            return settings
        return self._kde() if self._is_kde else self._gnome()

    def ask(self, automatic: str, host: str, seconds: float) -> Sequence[str]:
        """Asks the PAC runner. It says "directly" too where it could not fetch the file, so the
        file's server is knocked at first."""
        _knock(automatic, min(_KNOCK_TIME, seconds))
        from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call
        from jeepney.io.blocking import open_dbus_connection

        runner = DBusAddress("/org/gtk/GLib/PACRunner", _PAC_RUNNER, _PAC_RUNNER)
        call = new_method_call(runner, "Lookup", "ss", (automatic, f"https://{host}/"))
        try:
            with open_dbus_connection("SESSION") as connection:
                reply = connection.send_and_get_reply(call, timeout=seconds)
        except KeyError as error:  # jeepney takes the variable with its address for granted
            raise NoWord("no session bus") from error
        if reply.header.message_type is not MessageType.method_return:
            raise NoWord(str(reply.header.fields.get(HeaderFields.error_name, "")))
        (said,) = reply.body
        return [str(text) for text in said]

    # -- GNOME, Cinnamon, Xfce, Budgie … --------------------------------------------------------

    @property
    def _config(self) -> Path:
        return Path(self._environment.get("XDG_CONFIG_HOME") or Path.home() / ".config")

    @property
    def _dconf_files(self) -> list[Path]:
        """The user's settings, and those that whoever manages this computer has set."""
        with suppress(OSError):
            return [self._config / "dconf" / "user", *self._databases.iterdir()]
        return [self._config / "dconf" / "user"]

    def _gnome(self) -> ProxySettings:
        # A time-out is not an OSError there.
        with suppress(subprocess.TimeoutExpired):
            return gnome_settings(self._listed())
        return ProxySettings()

    def _listed(self) -> str:
        done = subprocess.run(  # noqa: S603 - nothing in it comes from outside
            ["gsettings", "list-recursively", _SCHEMA],  # noqa: S607 - wherever it is installed
            capture_output=True,
            text=True,
            timeout=_SETTINGS_TIME,
            env=dict(self._environment),
            check=False,
        )
        return done.stdout

    # -- KDE --------------------------------------------------------------------------------------

    @property
    def _is_kde(self) -> bool:
        return "KDE" in self._environment.get("XDG_CURRENT_DESKTOP", "").upper().split(":")

    @property
    def _kde_files(self) -> list[Path]:
        """The user's own first."""
        return [self._config / "kioslaverc", Path("/etc/xdg/kioslaverc")]

    def _kde(self) -> ProxySettings:
        texts = []
        for path in reversed(self._kde_files):
            with suppress(OSError):
                texts.append(path.read_text(encoding="utf-8", errors="replace"))
        return kde_settings("\n".join(texts))


def gnome_settings(listing: str) -> ProxySettings:
    """From what `gsettings list-recursively` prints: schema, key, value."""
    values: dict[str, object] = {}
    for line in listing.splitlines():
        schema, _, rest = line.partition(" ")
        key, _, value = rest.partition(" ")
        with suppress(ValueError, SyntaxError):
            values[f"{schema.removeprefix(_SCHEMA)}.{key}"] = ast.literal_eval(
                value.removeprefix("@as ")
            )
    match values.get(".mode"):
        case "auto":
            return ProxySettings(automatic=str(values.get(".autoconfig-url") or ""))
        case "manual":
            side = ".https" if values.get(".https.host") else ".http"
            host, port = values.get(f"{side}.host"), values.get(f"{side}.port")
            ignored = values.get(".ignore-hosts")
            return _fixed(f"{host}:{port}" if host else "", ignored)
    return ProxySettings()


def kde_settings(text: str) -> ProxySettings:
    """From a `kioslaverc`; of a key that comes twice the last one counts."""
    values: dict[str, str] = {}
    group = ""
    for line in text.splitlines():
        if line.startswith("["):
            group = line.strip()
        elif group == "[Proxy Settings]":
            key, _, value = line.partition("=")
            values[key.partition("[")[0].strip()] = value.strip()  # `Key[$e]`, `Key[$i]`
    match values.get("ProxyType"):
        case "1":
            proxy = values.get("httpsProxy") or values.get("httpProxy") or ""
            ignored = values.get("NoProxyFor", "").split(",")
            return _fixed(":".join(proxy.rsplit(" ", 1)), ignored)
        case "2" if script := values.get("Proxy Config Script"):
            return ProxySettings(automatic=script if "://" in script else f"file://{script}")
        case "3":
            return ProxySettings(automatic="")
    return ProxySettings()


def _fixed(proxy: str, ignored: object) -> ProxySettings:
    hosts = ignored if isinstance(ignored, list) else []
    none_for = {"no": ",".join(str(host).strip().lstrip("*") for host in hosts)}

    def bypass(host: str) -> bool:
        return bool(proxy_bypass_environment(host, none_for))

    return ProxySettings(parse_proxy(proxy) if proxy else None, bypass)


def _holds(path: Path, mark: bytes) -> bool:
    try:
        return mark in path.read_bytes()
    except OSError:
        return False


def _knock(url: str, seconds: float) -> None:
    """Raises OSError or ValueError where nobody is at a PAC file's address."""
    parts = urlsplit(url)
    if parts.scheme in {"http", "https"} and parts.hostname:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname, port), seconds).close()
    elif parts.scheme == "file" and not Path(parts.path).is_file():
        raise FileNotFoundError(parts.path)
