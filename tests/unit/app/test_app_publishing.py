"""What the tool for domain owners gets and lays into a folder, made by the real outside."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from tests.unit.clients.support import account
from wizard.app.outside import Outside
from wizard.cli.options import Options
from wizard.model import Account, Applied, EmailAddress, Problem, Publication


def for_everybody() -> Account:
    """Of nobody in particular: `somebody` at the domain of the tests' account."""
    one = account()
    somebody = EmailAddress("somebody", one.address.domain)
    return replace(
        one,
        address=somebody,
        incoming=replace(one.incoming, username=str(somebody)),
        outgoing=replace(one.outgoing, username=str(somebody)),
        services=(),
    )


def test_it_is_made_and_laid_into_the_folder(tmp_path: Path) -> None:
    everybody = for_everybody()
    domain = everybody.address.domain
    outside = Outside(Options())

    async def journey() -> tuple[Publication | Problem, Applied | Problem]:
        made = await outside.publish(everybody)
        assert isinstance(made, Publication)
        return made, await outside.apply(made.plan, tmp_path)

    made, laid = asyncio.run(journey())
    assert isinstance(made, Publication)
    assert isinstance(laid, Applied)
    names = {path.relative_to(tmp_path).as_posix() for path in laid.written}
    assert names == {name for name, _ in made.pages} | {"README.txt", f"{domain}.zone"}
    assert {f"autoconfig.{domain}", domain} <= set(made.hosts)
    for name, _ in made.pages:
        assert "somebody" not in (tmp_path / name).read_text(encoding="utf-8")


def test_a_user_name_of_one_person_cannot_be_said_for_everybody() -> None:
    everybody = for_everybody()
    personal = replace(everybody, incoming=replace(everybody.incoming, username="u1234567"))
    made = asyncio.run(Outside(Options()).publish(personal))
    assert isinstance(made, Problem)
    assert made.detail == "u1234567"
