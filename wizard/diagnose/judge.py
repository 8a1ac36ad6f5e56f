"""From what was seen to the one cause. Pure: no clock, no network.

The order is that of how much a cause explains: without internet nothing else can be said, a
portal or a wrong clock makes every server look broken, a ban makes every port of one provider
look dead, and only what is left is a server's own affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from wizard.diagnose.scene import MAIL_PORTS, PageSeen, Scene, Seen
from wizard.model import (
    Clue,
    ClueKind,
    Problem,
    ProblemKind,
    ProxyUse,
    ServerSettings,
    ServerType,
    Stage,
    Subject,
)
from wizard.net.failure import CertificateFacts, Trouble

_K = ProblemKind

CLOCK_TOLERANCE = timedelta(hours=24)
EXPIRES_SOON = timedelta(days=14)

_STANDARD_PORTS = {(port, service) for port, service, _ in MAIL_PORTS}
_LADDER = {Subject.RECEIVING, Subject.SENDING}
_MAIL = {*_LADDER, Subject.OTHER_PORT}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict (None: all is well) and what else is worth knowing."""

    verdict: Problem | None
    clues: tuple[Clue, ...] = ()


def judge(scene: Scene, now: datetime) -> Judgement:
    """The cause, and the clues beside it."""
    verdict = next((found for rule in _RULES if (found := rule(scene)) is not None), None)
    return Judgement(verdict, tuple(_clues(scene, now, verdict)))


def healthy(scene: Scene) -> bool:
    """True where a login is worth trying: every server in use is willing, over some address."""
    ladders = [_ladder_of(scene, server) for server in _in_use(scene)]
    return bool(ladders) and all(_best(ladder) is None and ladder for ladder in ladders)


# -- a proxy -------------------------------------------------------------------------------------


def _only_by_proxy(scene: Scene) -> Problem | None:
    """Row 6: websites answer through the proxy, and nobody's mail does in any way."""
    mail = {*_MAIL, Subject.ELSEWHERE}
    through = any(item.connected for item in scene.seen if item.subject in mail)
    if through or not scene.web_by_proxy:
        return None
    facts = (("proxy", scene.proxy),)
    blocked = (replace(_problem(s, _K.PORT_BLOCKED), facts=facts) for s in _in_use(scene))
    return next(blocked, None)


# -- no internet, no names ------------------------------------------------------------------------


def _nothing_reached(scene: Scene) -> Problem | None:
    """Rows 3 and 4: nobody at all was there, or nobody could say where they are."""
    controls = {Subject.INTERNET, Subject.ELSEWHERE}
    names_fail = bool(scene.lookups) and all(lookup.unanswered for lookup in scene.lookups)
    alive = any(item.connected or item.refused for item in scene.seen)
    if names_fail:
        spoke = any(lookup.trouble in {"servfail", "refused"} for lookup in scene.lookups)
        if alive or spoke or scene.name_server_there:
            return Problem(_K.NAME_SERVER_BROKEN, Stage.RESOLVE)
        return Problem(_K.NO_INTERNET, Stage.CONNECT)
    if alive or not scene.seen:
        return None
    named = {lookup.host for lookup in scene.lookups if lookup.v4 or lookup.v6}
    tried = any(item.subject in controls and item.host in named for item in scene.seen)
    offline = all(item.no_way or item.trouble is Trouble.OFFLINE for item in scene.seen)
    # Where no control has a name here, silence of the provider alone is no proof.
    return Problem(_K.NO_INTERNET, Stage.CONNECT) if tried or offline else None


def _portal(scene: Scene) -> Problem | None:
    """Row 5: a web page where there should be mail, or another page than the known one."""
    for item in scene.seen:
        if item.problem is not None and item.problem.kind is _K.CAPTIVE_PORTAL:
            return item.problem
    pages = [item for item in scene.seen if item.page is not None]
    replaced = [item for item in pages if item.page is PageSeen.PORTAL]
    if not replaced or any(item.page is PageSeen.RIGHT for item in pages) or healthy(scene):
        return None
    return Problem(_K.CAPTIVE_PORTAL, Stage.CONNECT, host=replaced[0].host, port=replaced[0].port)


# -- what makes every certificate look wrong ------------------------------------------------------


def _offset(scene: Scene) -> timedelta | None:
    """How far the clocks out there are ahead of ours; where they disagree, the nearest to ours."""
    offsets = [item.offset for item in scene.seen if item.offset is not None]
    return min(offsets, key=abs, default=None)


def _clock(scene: Scene) -> Problem | None:
    """Row 13: a certificate of another time, and others tell another date than we do."""
    offset = _offset(scene)
    for problem in _ladder_problems(scene):
        if problem.kind is _K.CLOCK_WRONG:
            return problem
        differs = offset is not None and abs(offset) > CLOCK_TOLERANCE
        if problem.kind is _K.CERTIFICATE_EXPIRED and differs:
            return replace(problem, kind=_K.CLOCK_WRONG)
    return None


def _interception(scene: Scene) -> Problem | None:
    """Row 17: a known interceptor, or one stranger who vouches for mail here and elsewhere.

    Antivirus programs open the web's connections more often than those of mail: what they do
    there explains nothing while mail is fine.
    """
    for problem in _ladder_problems(scene):
        if problem.kind is _K.CERTIFICATE_INTERCEPTED:
            return problem
        issuer = problem.fact("issuer")
        if problem.kind is _K.CERTIFICATE_UNKNOWN_AUTHORITY and issuer:
            vouched = {
                item.host
                for item in scene.seen
                if item.problem is not None
                and item.problem.kind is problem.kind
                and item.problem.fact("issuer") == issuer
            }
            if not all(_related(host, problem.host) for host in vouched):
                return replace(problem, kind=_K.CERTIFICATE_INTERCEPTED)
    return None


def _related(host: str, other: str) -> bool:
    """Two hosts that end in the same two labels: probably one owner."""
    return host.split(".")[-2:] == other.split(".")[-2:]


# -- ports and bans -------------------------------------------------------------------------------


def _dead_ports(scene: Scene) -> Problem | None:
    """Rows 6, 7 and 8: which ports of whom are dead, and who else can be reached."""
    dead = [
        (server, ladder)
        for server in _in_use(scene)
        if (ladder := _ladder_of(scene, server)) and all(_is_dead(item) for item in ladder)
    ]
    if not dead:
        return None
    server, ladder = dead[0]
    mail = [item for item in scene.seen if item.subject in _MAIL]
    if any(item.connected for item in mail):
        return _one_host(scene, server, ladder)
    if any(item.connected for item in scene.seen if item.subject is Subject.WEBSITE):
        if _let_through(scene, server.port) is False:
            return _problem(server, _K.PORT_BLOCKED)
        return _problem(server, _K.NETWORK_BANNED)
    return _problem(server, _K.SERVER_DOWN)


def _one_host(scene: Scene, server: ServerSettings, ladder: Sequence[Seen]) -> Problem:
    """This provider's mail is alive, but for one server of it."""
    passes = _let_through(scene, server.port)
    others = [
        item
        for item in scene.seen
        if item.host == server.host and item.subject in {*_MAIL, Subject.WEBSITE}
    ]
    host_there = any(item.connected for item in others)
    silent = not any(item.refused for item in ladder)
    if passes is False or (silent and host_there and passes is None):
        return _problem(server, _K.PORT_BLOCKED)
    if silent and host_there:
        # Others' same port can be reached from here: it is this server that keeps it shut.
        return _problem(server, _K.NO_ANSWER)
    standard = (server.port, server.type) in _STANDARD_PORTS
    if not silent and host_there and not standard:
        return _problem(server, _K.WRONG_PORT_OR_TLS_MODE)
    return _problem(server, _K.SERVER_DOWN)


def _let_through(scene: Scene, port: int) -> bool | None:
    """Whether this network lets that port through to other providers; None where nobody knows."""
    elsewhere = [
        item
        for item in scene.seen
        if item.subject is Subject.ELSEWHERE and item.port == port and not item.no_way
    ]
    return any(item.connected for item in elsewhere) if elsewhere else None


def _is_dead(item: Seen) -> bool:
    """Nobody answers there. A family without any way from here says nothing about the port."""
    return item.trouble is not None


def _problem(server: ServerSettings, kind: ProblemKind) -> Problem:
    return Problem(kind, Stage.CONNECT, server.type, server.host, server.port)


# -- one server -----------------------------------------------------------------------------------


def _no_server(scene: Scene) -> Problem | None:
    """Nothing to test: the search's own answer stands."""
    return scene.servers.problem


def _names(scene: Scene) -> Problem | None:
    """Rows 1 and 3 for one host: no such name, or nobody who knows it."""
    by_host = {lookup.host: lookup for lookup in scene.lookups}
    for server in _in_use(scene):
        lookup = by_host.get(server.host)
        if lookup is not None and lookup.nonexistent:
            return replace(_problem(server, _K.DOMAIN_MISTYPED), stage=Stage.RESOLVE)
        if lookup is not None and lookup.unanswered:
            problem = replace(_problem(server, _K.NAME_SERVER_BROKEN), stage=Stage.RESOLVE)
            return replace(problem, detail=lookup.trouble, facts=(("others", "found"),))
    return None


def _ladders(scene: Scene) -> Problem | None:
    """The first broken rung, receiving before sending."""
    return next(iter(_ladder_problems(scene)), None)


def _unfinished(scene: Scene) -> Problem | None:
    """A server that nobody got to see in time must not pass for one that works."""
    return next(
        (
            _problem(server, _K.NO_ANSWER)
            for server in _in_use(scene)
            if not _ladder_of(scene, server)
        ),
        None,
    )


def _login(scene: Scene) -> Problem | None:
    return None if scene.login is None else scene.login.problem


def _ipv6(scene: Scene) -> Problem | None:
    """Everything works, by the older of the two ways only: slow, and for some programs not."""
    for server in _in_use(scene):
        ladder = _ladder_of(scene, server)
        four = [item for item in ladder if item.family == "IPv4"]
        six = [item for item in ladder if item.family == "IPv6" and not item.no_way]
        if any(item.problem is None for item in four) and any(
            item.problem is not None for item in six
        ):
            return _problem(server, _K.IPV6_BROKEN)
    return None


_RULES: tuple[Callable[[Scene], Problem | None], ...] = (
    _only_by_proxy,
    _nothing_reached,
    _portal,
    _clock,
    _interception,
    _no_server,
    _names,
    _dead_ports,
    _ladders,
    _unfinished,
    _login,
    _ipv6,
)


def _in_use(scene: Scene) -> tuple[ServerSettings, ...]:
    """The servers that mail programs are set to."""
    return (*scene.servers.incoming[:1], *scene.servers.outgoing[:1])


def _ladder_of(scene: Scene, server: ServerSettings) -> list[Seen]:
    """A server's ladders. A family this computer lacks counts only where it is all there is."""
    ladder = [
        item
        for item in scene.seen
        if item.subject in _LADDER
        and (item.service, item.host, item.port) == (server.type, server.host, server.port)
    ]
    return [item for item in ladder if not item.no_way] or ladder


def _best(ladder: Sequence[Seen]) -> Problem | None:
    """None where one family works; else the problem that came furthest."""
    if any(item.problem is None for item in ladder):
        return None
    problems = [item.problem for item in ladder if item.problem is not None]
    return max(problems, key=lambda problem: _HEIGHT.index(problem.stage), default=None)


_HEIGHT = (
    *(Stage.DISCOVER, Stage.RESOLVE, Stage.INPUT, Stage.CLIENT, Stage.KEYCHAIN),
    *(Stage.CONNECT, Stage.TLS, Stage.GREETING, Stage.CAPABILITY, Stage.LOGIN, Stage.MESSAGE),
)


def _ladder_problems(scene: Scene) -> list[Problem]:
    found = (_best(_ladder_of(scene, server)) for server in _in_use(scene))
    return [problem for problem in found if problem is not None]


# -- clues ----------------------------------------------------------------------------------------


def _clues(scene: Scene, now: datetime, verdict: Problem | None) -> Iterable[Clue]:
    offset = _offset(scene)
    if offset is not None and abs(offset) > CLOCK_TOLERANCE:
        yield Clue(ClueKind.CLOCK_DIFFERS, value=(now + offset).date().isoformat())
    broken = _ipv6(scene)
    if broken is not None and (verdict is None or verdict.kind is not _K.IPV6_BROKEN):
        yield Clue(ClueKind.IPV6_BROKEN, broken.host)
    yield from _certificate_clues(scene, now + (offset or timedelta()))
    for reverse in scene.reverse:
        if reverse.answered and not reverse.name:
            yield Clue(ClueKind.REVERSE_NAME_MISSING, reverse.host, reverse.address)
        elif reverse.name and not reverse.confirmed:
            kind = ClueKind.REVERSE_NAME_UNCONFIRMED
            yield Clue(kind, reverse.host, f"{reverse.address} {reverse.name}")
    if scene.proxy_use in _PROXY_CLUES:
        yield Clue(_PROXY_CLUES[scene.proxy_use], value=scene.proxy)
    if verdict is None and not scene.login_tried:
        yield Clue(ClueKind.SIGN_IN_UNTESTED)


_PROXY_CLUES = {
    ProxyUse.FIXED: ClueKind.PROXY_FIXED,
    ProxyUse.AUTOMATIC: ClueKind.PROXY_AUTOMATIC,
    ProxyUse.SILENT: ClueKind.PROXY_SILENT,
    ProxyUse.UNSUPPORTED: ClueKind.PROXY_UNSUPPORTED,
}


def _certificate_clues(scene: Scene, now: datetime) -> Iterable[Clue]:
    shown: dict[str, dict[ServerType, CertificateFacts]] = {}
    warned: set[str] = set()
    for item in scene.seen:
        facts = item.certificate
        if item.subject not in _LADDER or facts is None or item.service is None:
            continue
        shown.setdefault(item.host, {})[item.service] = facts
        ends = facts.not_after
        if ends is not None and now < ends <= now + EXPIRES_SOON and item.host not in warned:
            warned.add(item.host)
            yield Clue(ClueKind.CERTIFICATE_EXPIRES_SOON, item.host, ends.date().isoformat())
    for host, by_service in shown.items():
        if len(set(by_service.values())) > 1:
            yield Clue(ClueKind.CERTIFICATES_DIFFER, host)
