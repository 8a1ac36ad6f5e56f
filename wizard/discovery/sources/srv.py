"""Source 6: service records.

Sources: RFC 6186 (`_imap`, `_imaps`, `_pop3`, `_pop3s`, `_submission`), RFC 8314 section 5.1
(`_submissions`), RFC 6764 (`_carddavs`, `_caldavs` with TXT `path=`), RFC 8620 section 2.2
(`_jmap`). A target of "." means: not offered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from wizard.discovery.names import clean_host, clean_url, is_within, owns_names_below
from wizard.discovery.offer import FOUND, Answer, Offer, Query, Tell, Word
from wizard.model import (
    DEFAULT_PORTS,
    Security,
    ServerSettings,
    ServerType,
    Service,
    ServiceType,
    Source,
    SourceState,
    Trust,
)
from wizard.net.resolver import NoAnswer, Records, Srv

# In order of preference: implicit TLS before STARTTLS (RFC 8314), IMAP before POP3.
_MAIL = (
    ("_imaps._tcp", ServerType.IMAP, Security.TLS),
    ("_imap._tcp", ServerType.IMAP, Security.STARTTLS),
    ("_pop3s._tcp", ServerType.POP3, Security.TLS),
    ("_pop3._tcp", ServerType.POP3, Security.STARTTLS),
    ("_submissions._tcp", ServerType.SMTP, Security.TLS),
    ("_submission._tcp", ServerType.SMTP, Security.STARTTLS),
)
_SERVICES = (
    ("_carddavs._tcp", ServiceType.CARDDAV, "/.well-known/carddav"),
    ("_caldavs._tcp", ServiceType.CALDAV, "/.well-known/caldav"),
    ("_jmap._tcp", ServiceType.JMAP, "/.well-known/jmap"),
)


async def ask(query: Query, tell: Tell) -> Answer:
    """Asks all records at once."""
    names = [f"{prefix}.{query.domain}" for prefix, *_ in (*_MAIL, *_SERVICES)]
    answers = await asyncio.gather(*(query.resolver.srv(name) for name in names))
    servers: list[ServerSettings] = []
    services: list[Service] = []
    refused: list[str] = []
    priorities: dict[ServerType, int] = {}
    for (prefix, kind, security), answer in zip(_MAIL, answers, strict=False):
        if not isinstance(answer, Records):
            continue
        for record in answer.values:
            if not record.target:
                refused.append(prefix)
                continue
            word = _word(query, answer.name, record, answer.authentic)
            server = _server(query, kind, security, record)
            if server is not None:
                servers.extend(word.about([server]))
                priorities[kind] = min(record.priority, priorities.get(kind, record.priority))
    paths = asyncio.gather(
        *(
            _path(query, answer, default)
            for (_, _, default), answer in zip(_SERVICES, answers[len(_MAIL) :], strict=True)
        )
    )
    for (_, service_kind, _), answer, path in zip(
        _SERVICES, answers[len(_MAIL) :], await paths, strict=True
    ):
        if not isinstance(answer, Records):
            continue
        for record in answer.values:
            word = _word(query, answer.name, record, answer.authentic)
            service = _service(query, service_kind, record, path)
            if service is not None:
                services.extend(word.about_services([service]))
                break
    if servers or services:
        later = _less_wanted(priorities)
        for order, chosen in enumerate(
            ([s for s in servers if s.type is not later], [s for s in servers if s.type is later])
        ):
            if chosen or (services and order == 0):
                tell(_offer(chosen, services if order == 0 else (), order))
        return FOUND
    if refused:
        return Answer(SourceState.NOTHING, f"{', '.join(refused)} not offered")
    silent = [answer for answer in answers if isinstance(answer, NoAnswer)]
    if len(silent) == len(answers):
        return Answer(
            SourceState.TIMEOUT if silent[0].reason == "timeout" else SourceState.OFFLINE,
            silent[0].reason,
        )
    return Answer(SourceState.NOTHING)


def _less_wanted(priorities: Mapping[ServerType, int]) -> ServerType | None:
    """IMAP where the domain prefers POP3: by priority across both (RFC 6186 section 3.4)."""
    imap, pop3 = priorities.get(ServerType.IMAP), priorities.get(ServerType.POP3)
    prefers_pop3 = imap is not None and pop3 is not None and pop3 < imap
    return ServerType.IMAP if prefers_pop3 else None


def _offer(servers: Sequence[ServerSettings], services: Iterable[Service], order: int) -> Offer:
    return Offer(
        source=Source.SRV,
        incoming=tuple(server for server in servers if server.type.is_incoming),
        outgoing=tuple(server for server in servers if not server.type.is_incoming),
        services=tuple(services),
        trust=_weakest(servers),
        order=order,
        detail="SRV",
    )


def _server(
    query: Query, kind: ServerType, security: Security, record: Srv
) -> ServerSettings | None:
    host = clean_host(record.target)
    if host is None or not 1 <= record.port <= 65535:
        return None
    # A record on the port that is registered for the other mode means that mode: `_imap` with
    # port 993 is common and STARTTLS there would wait for ever (seen 2026).
    for other in (Security.TLS, Security.STARTTLS):
        if record.port == DEFAULT_PORTS[(kind, other)]:
            security = other
    # RFC 6186 section 4: the full address first, then the local part.
    return ServerSettings(
        kind, host, record.port, security, (), str(query.address), username_guessed=True
    )


def _service(query: Query, kind: ServiceType, record: Srv, path: str) -> Service | None:
    host = clean_host(record.target)
    if host is None:
        return None
    url = clean_url(f"https://{host}:{record.port}{path}")
    return None if url is None else Service(kind, url, str(query.address))


async def _path(query: Query, answer: object, default: str) -> str:
    """The context path beside a service record (RFC 6764 section 4)."""
    if not isinstance(answer, Records) or default.endswith("jmap"):
        return default
    texts = await query.resolver.txt(answer.name)
    if isinstance(texts, Records):
        for text in texts.values:
            key, _, path = text.partition("=")
            if key.strip().lower() == "path" and path.startswith("/"):
                return path.strip()
    return default


def _word(query: Query, name: str, record: Srv, authentic: bool) -> Word:
    """Trusted where the target lies inside the domain, or where DNSSEC proves the record."""
    inside = is_within(record.target, query.domain) and owns_names_below(query.domain)
    return Word(
        Source.SRV,
        f"{name} SRV {record.priority} {record.weight} {record.port} {record.target}",
        Trust.TRUSTED if inside or authentic else Trust.CONSENT,
        "dnssec" if authentic else "dns",
        query.ms(),
    )


def _weakest(servers: Sequence[ServerSettings]) -> Trust:
    trusts = {server.trust for server in servers}
    return Trust.CONSENT if Trust.CONSENT in trusts else Trust.TRUSTED
