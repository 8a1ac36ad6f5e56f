"""The JSON of the published contract: settings documents out, settings files in.

A settings file is what `discover --json` prints, or the same written by hand. Reading one is
strict about what matters and names the line and the field of what it does not understand.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from json.decoder import scanstring  # type: ignore[attr-defined]  # public name, absent in typeshed
from typing import Any, TypeVar
from urllib.parse import urlsplit

from wizard.model.account import (
    Account,
    ServiceResult,
    SideFailed,
    SideResult,
    SideUntested,
    SideVerified,
)
from wizard.model.address import AddressFault, EmailAddress, parse_address, to_ascii_domain
from wizard.model.brand import HelpLink
from wizard.model.discovery import Found, SourceReport
from wizard.model.evidence import Evidence, Source, Trust
from wizard.model.provider import PasswordKind, Provider
from wizard.model.servers import (
    LOOPBACK,
    AuthMethod,
    Security,
    ServerSettings,
    ServerType,
    Service,
    ServiceType,
)

SCHEMA = 1
Json = dict[str, Any]  # Any: JSON as the standard library types it


# -- out --------------------------------------------------------------------------------------


def evidence_json(evidence: Evidence) -> Json:
    """`{"source", "fields", "detail", "trust"}`."""
    return {
        "source": evidence.source.value,
        "fields": list(evidence.fields),
        "detail": evidence.detail,
        "trust": evidence.trust.value,
    }


def server_json(server: ServerSettings) -> Json:
    """A server of the contract."""
    return {
        "type": server.type.value,
        "host": server.host,
        "port": server.port,
        "security": server.security.value,
        "auth": [method.value for method in server.auth],
        "username": server.username,
        "evidence": [evidence_json(item) for item in server.evidence],
    }


def service_json(service: Service) -> Json:
    """A service of the contract."""
    return {
        "type": service.type.value,
        "url": service.url,
        "username": service.username,
        "verified": service.verified,
        "evidence": [evidence_json(item) for item in service.evidence],
    }


def provider_json(provider: Provider) -> Json:
    """`{"name", "id", "password_kind", "help"}`."""
    return {
        "name": provider.name,
        "id": provider.id,
        "password_kind": provider.password_kind.value,
        "help": [
            {
                "url": link.url,
                "purpose": link.purpose,
                "language": link.language,
                "title": link.title,
            }
            for link in provider.help
        ],
    }


def report_json(report: SourceReport) -> Json:
    """A row of `sources`."""
    return {
        "name": report.source.value,
        "state": report.state.value,
        "ms": report.ms,
        "detail": report.detail,
    }


def found_json(found: Found) -> Json:
    """What `discover` prints, less `schema` and `ok`."""
    return {
        "address": str(found.address),
        "provider": provider_json(found.provider),
        "incoming": [server_json(server) for server in found.incoming],
        "outgoing": [server_json(server) for server in found.outgoing],
        "services": [service_json(service) for service in found.services],
        "sources": [report_json(report) for report in found.reports],
        "ms": found.ms,
    }


def account_json(account: Account) -> Json:
    """A settings file for one account: `name` and `tested_at` beside the servers."""
    return {
        "schema": SCHEMA,
        "ok": True,
        "address": str(account.address),
        "name": account.name,
        "provider": provider_json(account.provider),
        "incoming": [server_json(account.incoming)],
        "outgoing": [server_json(account.outgoing)],
        "services": [service_json(service) for service in account.services],
        "tested_at": account.tested_at.isoformat() if account.tested_at else None,
        **({"aliases": [str(alias) for alias in account.aliases]} if account.aliases else {}),
    }


def side_json(side: SideResult, problem_json: Callable[..., Json]) -> Json:
    """One side of `verify`. `problem_json` adds the words, which this room does not know."""
    match side:
        case SideVerified(ms=ms, capabilities=capabilities):
            return {"ok": True, "ms": ms, "capabilities": list(capabilities)}
        case SideFailed(problem=problem):
            return {"ok": False, "problem": problem_json(problem)}
        case SideUntested(reason=reason):
            return {"ok": None, "reason": reason}


def service_result_json(result: ServiceResult, problem_json: Callable[..., Json]) -> Json:
    """A service of `verify`: as in `discover`, with what came of asking."""
    document = {**service_json(result.service), "ok": result.problem is None, "ms": result.ms}
    if result.service.collections:
        document["collections"] = [
            {"url": collection.url, "name": collection.name}
            for collection in result.service.collections
        ]
    if result.rungs:
        document["steps"] = [
            {
                "stage": rung.stage,
                "ok": rung.ok,
                "ms": rung.ms,
                "host": rung.address,
                "said": rung.said,
            }
            for rung in result.rungs
        ]
    if result.problem is not None:
        document["problem"] = problem_json(result.problem)
    return document


# -- in ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SettingsFault:
    """Why a settings file was not taken. `line` counts from 1, 0 where there is none.

    `reason`: `not-json`, `missing`, `wrong-type`, `unknown-word`, `out-of-range`,
    `not-a-host`, `not-an-address`, `not-a-url`, `unencrypted`, `control-characters`,
    `too-large`, `wrong-schema`.
    """

    field: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A settings file, read. The first of each list is the one that is used."""

    address: EmailAddress | None
    name: str
    provider: Provider
    incoming: tuple[ServerSettings, ...]
    outgoing: tuple[ServerSettings, ...]
    services: tuple[Service, ...]
    tested_at: datetime | None
    aliases: tuple[EmailAddress, ...] = ()


class _Fault(Exception):
    def __init__(self, path: Sequence[str | int], reason: str) -> None:
        super().__init__(reason)
        self.path = tuple(path)
        self.reason = reason


_MAX_FILE = 1024 * 1024
_EnumT = TypeVar("_EnumT", Source, Trust, ServerType, Security, AuthMethod, ServiceType)


def read_settings(text: str, address: EmailAddress | None = None) -> SettingsFile | SettingsFault:
    """Reads a settings file. `address` fills in what the file leaves out."""
    if len(text) > _MAX_FILE:
        return SettingsFault("", 0, "too-large")
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        return SettingsFault("", error.lineno, "not-json")
    except RecursionError:
        return SettingsFault("", 0, "not-json")
    try:
        return _settings(document, address)
    except _Fault as fault:
        name = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in fault.path)
        return SettingsFault(name.removeprefix("."), _line_of(text, fault.path), fault.reason)


def _settings(document: object, address: EmailAddress | None) -> SettingsFile:
    top = _object(document, ())
    if top.get("schema", SCHEMA) != SCHEMA:
        raise _Fault(("schema",), "wrong-schema")
    written = _text(top, "address", (), "")
    if written:
        parsed = parse_address(written)
        if isinstance(parsed, AddressFault):
            raise _Fault(("address",), "not-an-address")
        address = address or parsed
    username = str(address) if address else ""
    provider = _provider(top.get("provider"))
    here = provider.password_kind is PasswordKind.BRIDGE
    incoming = _servers(top, "incoming", username, here=here)
    outgoing = _servers(top, "outgoing", username, here=here)
    for side, servers in (("incoming", incoming), ("outgoing", outgoing)):
        for index, server in enumerate(servers):
            if server.type.is_incoming is not (side == "incoming"):
                raise _Fault((side, index, "type"), "unknown-word")
    if not incoming and not outgoing:
        raise _Fault(("incoming",), "missing")
    tested = _text(top, "tested_at", (), "")
    try:
        tested_at = datetime.fromisoformat(tested) if tested else None
    except ValueError:
        raise _Fault(("tested_at",), "wrong-type") from None
    return SettingsFile(
        address=address,
        name=_text(top, "name", (), ""),
        provider=provider,
        incoming=incoming,
        outgoing=outgoing,
        services=_services(top, username),
        tested_at=tested_at,
        aliases=_aliases(top),
    )


def _object(value: object, path: Sequence[str | int]) -> Json:
    if not isinstance(value, dict):
        raise _Fault(path, "wrong-type")
    return value


def _list(owner: Json, key: str, path: Sequence[str | int]) -> list[Any]:
    value = owner.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise _Fault((*path, key), "wrong-type")
    return value


def _text(owner: Json, key: str, path: Sequence[str | int], default: str | None = None) -> str:
    value = owner.get(key)
    if value is None:
        if default is None:
            raise _Fault((*path, key), "missing")
        return default
    if not isinstance(value, str):
        raise _Fault((*path, key), "wrong-type")
    # Names go into other programs' files line by line: a line break would write settings there.
    # Halves of characters could not be written at all.
    if any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in value):
        raise _Fault((*path, key), "control-characters")
    return value


def _word(kind: type[_EnumT], owner: Json, key: str, path: Sequence[str | int]) -> _EnumT:
    word = _text(owner, key, path)
    try:
        return kind(word)
    except ValueError:
        raise _Fault((*path, key), "unknown-word") from None


def _servers(top: Json, side: str, username: str, *, here: bool) -> tuple[ServerSettings, ...]:
    """`here`: the provider's bridge serves from this computer."""
    servers: list[ServerSettings] = []
    for index, item in enumerate(_list(top, side, ())):
        path = (side, index)
        entry = _object(item, path)
        security = _word(Security, entry, "security", path)
        if security is Security.PLAIN:
            raise _Fault((*path, "security"), "unencrypted")
        port = entry.get("port")
        if not isinstance(port, int) or isinstance(port, bool):
            raise _Fault((*path, "port"), "missing" if port is None else "wrong-type")
        if not 1 <= port <= 65535:
            raise _Fault((*path, "port"), "out-of-range")
        written = _text(entry, "host", path)
        host = written if here and written == LOOPBACK else to_ascii_domain(written)
        if host is None:
            raise _Fault((*path, "host"), "not-a-host")
        auth = []
        for position, word in enumerate(_list(entry, "auth", path)):
            try:
                auth.append(AuthMethod(word))
            except ValueError:
                raise _Fault((*path, "auth", position), "unknown-word") from None
        servers.append(
            ServerSettings(
                type=_word(ServerType, entry, "type", path),
                host=host,
                port=port,
                security=security,
                auth=tuple(auth),
                username=_text(entry, "username", path, "") or username,
                evidence=_evidence(entry, path),
            )
        )
        if not servers[-1].username:
            raise _Fault((*path, "username"), "missing")
    return tuple(servers)


def _evidence(entry: Json, path: Sequence[str | int]) -> tuple[Evidence, ...]:
    found = []
    for index, item in enumerate(_list(entry, "evidence", path)):
        here = (*path, "evidence", index)
        owner = _object(item, here)
        fields = _list(owner, "fields", here)
        if not all(isinstance(name, str) for name in fields):
            raise _Fault((*here, "fields"), "wrong-type")
        found.append(
            Evidence(
                source=_word(Source, owner, "source", here),
                fields=tuple(fields),
                detail=_text(owner, "detail", here, ""),
                trust=_word(Trust, owner, "trust", here),
            )
        )
    return tuple(found)


def _aliases(top: Json) -> tuple[EmailAddress, ...]:
    found = []
    for index, item in enumerate(_list(top, "aliases", ())):
        parsed = parse_address(item) if isinstance(item, str) else None
        if not isinstance(parsed, EmailAddress):
            raise _Fault(("aliases", index), "not-an-address")
        found.append(parsed)
    return tuple(dict.fromkeys(found))


def _services(top: Json, username: str) -> tuple[Service, ...]:
    services = []
    for index, item in enumerate(_list(top, "services", ())):
        path = ("services", index)
        entry = _object(item, path)
        url = _text(entry, "url", path)
        try:
            parts = urlsplit(url)
            known_host = to_ascii_domain(parts.hostname or "") is not None and parts.port != 0
        except ValueError:
            known_host = False
        if not known_host or not url.lower().startswith("https://"):
            raise _Fault((*path, "url"), "not-a-url")
        services.append(
            Service(
                type=_word(ServiceType, entry, "type", path),
                url=url,
                username=_text(entry, "username", path, "") or username,
                verified=entry.get("verified") is True,
                evidence=_evidence(entry, path),
            )
        )
    return tuple(services)


def _provider(value: object) -> Provider:
    if value is None:
        return Provider("")
    path = ("provider",)
    owner = _object(value, path)
    word = _text(owner, "password_kind", path, PasswordKind.NORMAL.value)
    try:
        kind = PasswordKind(word)
    except ValueError:
        raise _Fault((*path, "password_kind"), "unknown-word") from None
    links = []
    for index, item in enumerate(_list(owner, "help", path)):
        here = (*path, "help", index)
        link = _object(item, here)
        url = _text(link, "url", here)
        if not url.startswith("https://"):
            raise _Fault((*here, "url"), "not-a-url")
        links.append(
            HelpLink(
                url=url,
                purpose=_text(link, "purpose", here, "general"),
                language=_text(link, "language", here, ""),
                title=_text(link, "title", here, ""),
            )
        )
    return Provider(
        name=_text(owner, "name", path, ""),
        id=_text(owner, "id", path, ""),
        password_kind=kind,
        help=tuple(links),
    )


def _line_of(text: str, path: Sequence[str | int]) -> int:
    """The line of the value at `path`, or of the deepest part of the path that is there."""
    decoder = json.JSONDecoder()
    position = _skip_space(text, 0)
    for key in path:
        found = None
        index = _skip_space(text, position + 1)
        count = 0
        while index < len(text) and text[index] not in "]}":
            name: str | int = count
            if text[position] == "{":
                name, index = scanstring(text, index + 1)
                index = _skip_space(text, _skip_space(text, index) + 1)
            if name == key:
                found = index
            _, index = decoder.raw_decode(text, index)
            index = _skip_space(text, index)
            if text[index] == ",":
                index = _skip_space(text, index + 1)
            count += 1
        if found is None:
            break
        position = found
    return text.count("\n", 0, position) + 1


def _skip_space(text: str, index: int) -> int:
    while index < len(text) and text[index] in " \t\r\n":
        index += 1
    return index
