"""This network's public addresses: what a provider's support needs to lift a block.

First what the provider's own servers say (`250 Hello [198.51.100.7]`), because a block is about
exactly that address; else a DNS name that is answered with the address of whoever asks.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Callable, Iterable

from wizard.diagnose.board import Board
from wizard.diagnose.surroundings import WhoAmI
from wizard.model import Check, CheckState, Subject
from wizard.net.resolver import DnsResolver, Records, Resolver

_BRACKETED = re.compile(r"[\[(](?:IPv6:)?([0-9A-Fa-f:.]{3,45})[\])]")

MakeResolver = Callable[[str], Resolver]


def addresses_in(text: str) -> tuple[str, ...]:
    """Public addresses that a server names in brackets when it greets."""
    found = []
    for candidate in _BRACKETED.findall(text):
        try:
            address = ipaddress.ip_address(candidate)
        except ValueError:
            continue
        # What we called ourselves and what a server calls itself inside its network is not ours.
        if address.is_global:
            found.append(str(address))
    return tuple(dict.fromkeys(found))


def of_family(addresses: Iterable[str], version: int) -> str:
    """The first of that version, empty where there is none."""
    fitting = (item for item in addresses if ipaddress.ip_address(item).version == version)
    return next(fitting, "")


async def ask_who_am_i(
    question: WhoAmI,
    resolver: Resolver,
    board: Board,
    make_resolver: MakeResolver = DnsResolver,
) -> tuple[str, str]:
    """(IPv4, IPv6), each empty where nobody says. Asked over each family, since an address is
    seen only by whom it is used to reach."""
    if not question.server:
        known = await _answers(question.name, resolver)
        pair = of_family(known, 4), of_family(known, 6)
        for family, address in zip(("IPv4", "IPv6"), pair, strict=True):
            if address:
                board.tell(_check(question, family, address))
        return pair
    answer = await resolver.addresses(question.server)
    servers = answer.values if isinstance(answer, Records) else ()
    four, six = await asyncio.gather(
        _over(question, "IPv4", of_family(servers, 4), board, make_resolver),
        _over(question, "IPv6", of_family(servers, 6), board, make_resolver),
    )
    return four, six


async def _over(
    question: WhoAmI, family: str, server: str, board: Board, make_resolver: MakeResolver
) -> str:
    if not server:
        return ""
    version = int(family[-1])
    check = Check(Subject.PUBLIC_ADDRESS, CheckState.RUNNING, question.server, family=family)
    async with board.timed(check) as timed:
        direct = make_resolver(f"[{server}]" if version == 6 else server)
        try:
            address = of_family(await _answers(question.name, direct), version)
        finally:
            close = getattr(direct, "aclose", None)
            if close is not None:
                await close()
        timed.check = _check(question, family, address)
    return address


def _check(question: WhoAmI, family: str, address: str) -> Check:
    state = CheckState.GOOD if address else CheckState.UNSURE
    host = question.server or question.name
    return Check(Subject.PUBLIC_ADDRESS, state, host, family=family, said=address)


async def _answers(name: str, resolver: Resolver) -> tuple[str, ...]:
    answer = await resolver.addresses(name)
    if not isinstance(answer, Records):
        return ()
    usable = (ipaddress.ip_address(value) for value in answer.values)
    return tuple(str(item) for item in usable if not (item.is_loopback or item.is_link_local))
