"""All programs together: what the command line and the window call."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit import posix
from tests.unit.clients.support import ONE_ACCOUNT, account, places, profile, server
from wizard.clients import journal, registry
from wizard.model import (
    Applied,
    ChangeRecord,
    ClientPlan,
    How,
    PasswordKind,
    Problem,
    ProblemKind,
    Provider,
    Security,
    SourceWords,
    Words,
)

WORDS = SourceWords()
OAUTH = PasswordKind.OAUTH_IN_CLIENT
IDS = [exporter.id for exporter in registry.EXPORTERS]


def files(client: str, chosen: tuple[str, ...] = ()) -> ClientPlan:
    made = registry.files(client, account(), WORDS, chosen)
    assert isinstance(made, ClientPlan), made
    return made


def test_the_words_of_the_command_line() -> None:
    """Those of the published contract, in its order."""
    known = ["thunderbird", "outlook", "apple", "thunderbird-mobile", "evolution", "claws"]
    known += ["kmail", "geary", "sheet"]
    assert [client for client in known if client in IDS] == IDS


def test_an_unknown_program_is_a_problem(tmp_path: Path) -> None:
    for made in (
        registry.files("pine", account(), WORDS),
        registry.plan("pine", account(), places(tmp_path), WORDS),
        registry.apply(ClientPlan("pine", "Pine", How.FILES, ""), places(tmp_path)),
    ):
        assert isinstance(made, Problem)
        assert (made.kind, made.detail) == (ProblemKind.PROGRAM_UNSUPPORTED, "pine")


def test_everything_lands_in_one_folder_without_clashes(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    plans = [files(client, tuple(IDS)) for client in IDS]
    names = [item.name for plan in plans for item in plan.files]
    assert len(set(names)) == len(names)
    for plan in plans:
        written = registry.write_files(plan, out)
        assert not isinstance(written, Problem)
        for path, produced in zip(written, plan.files, strict=True):
            assert path.read_bytes() == produced.content
            if os.name == "posix":
                assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(path.name for path in out.iterdir()) == sorted(names)


def test_writing_twice_replaces(tmp_path: Path) -> None:
    plan = files("apple")
    registry.write_files(plan, tmp_path)
    assert isinstance(registry.write_files(plan, tmp_path), tuple)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_made_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    made = registry.write_files(files("apple"), tmp_path / "file" / "out")
    assert isinstance(made, Problem)
    assert made.kind is ProblemKind.FOLDER_NOT_WRITABLE


@pytest.mark.parametrize("client", IDS)
def test_files_are_the_same_each_time(client: str) -> None:
    assert files(client) == files(client)


@pytest.mark.parametrize("client", IDS)
def test_every_program_has_words_for_what_to_do(client: str) -> None:
    plan = files(client)
    assert plan.name
    assert plan.summary
    assert all(item.purpose.endswith(".") for item in plan.files)
    assert all(step.text for step in plan.steps)
    assert plan.steps or client == "sheet"


class _Marked:
    """Words that show what went through them."""

    language = "xx"

    def text(self, msgid: str, /, **values: str) -> str:
        return "«" + msgid.format(**values) + "»"

    def into(self, language: str, /) -> Words:
        return self


@pytest.mark.parametrize("client", IDS)
def test_every_sentence_goes_through_the_words(client: str) -> None:
    plan = registry.files(client, account(), _Marked())
    assert isinstance(plan, ClientPlan)
    for text in (
        *(step.text for step in plan.steps),
        *(step.group for step in plan.steps if step.group),
        *plan.notes,
        *(item.purpose for item in plan.files),
        *(item.key for item in plan.summary),
    ):
        assert text.startswith("«"), text
        assert text.endswith("»"), text


@pytest.mark.parametrize("client", IDS)
def test_nothing_is_made_without_encryption(client: str) -> None:
    made = registry.files(client, account(server(security=Security.PLAIN)), WORDS)
    assert isinstance(made, Problem)
    assert made.kind is ProblemKind.UNENCRYPTED_ONLY


def test_plans_for_this_computer_without_any_program(tmp_path: Path) -> None:
    """Programs of other computers hand something over anywhere."""
    home = places(tmp_path / "home")
    for client in ("outlook", "apple", "thunderbird-mobile", "sheet"):
        made = registry.plan(client, account(), home, WORDS)
        assert isinstance(made, ClientPlan)
        assert made.how is How.FILES
        assert registry.apply(made, home) == Applied(made)
    assert registry.changes(home) == ()


@posix.forks
def test_interrupted_changes_are_found_and_finished(tmp_path: Path) -> None:
    folder = profile(tmp_path, ONE_ACCOUNT)
    home = places(tmp_path)
    plan = registry.plan("thunderbird", account(), home, WORDS)
    assert isinstance(plan, ClientPlan)

    def stop(step: str) -> None:
        if step == "write 0":
            os._exit(9)

    from wizard.clients.thunderbird import Thunderbird

    child = os.fork()
    if child == 0:
        journal.apply(plan, home, Thunderbird(), hook=stop)
    os.waitpid(child, 0)
    (waiting,) = registry.pending(home)
    assert (folder / "prefs.js").read_text() == ONE_ACCOUNT
    record = registry.finish(waiting.record.id, home)
    assert isinstance(record, ChangeRecord)
    assert record.account == "ada@shop.example"
    assert (folder / "prefs.js").read_bytes() == plan.changes[0].after
    assert registry.pending(home) == ()


def test_an_unknown_change_cannot_be_undone(tmp_path: Path) -> None:
    made = registry.undo("7", places(tmp_path))
    assert isinstance(made, Problem)
    assert made.kind is ProblemKind.CHANGE_UNKNOWN


def test_the_sheet_explains_the_chosen_programs_only() -> None:
    page = files("sheet", ("thunderbird", "sheet")).files[0].content.decode()
    assert "<h2>Thunderbird</h2>" in page
    assert "<h2>Outlook</h2>" not in page
    printed = files("sheet", ("outlook",)).files[0].printable
    assert "Outlook for Microsoft 365, by hand" in printed


@pytest.mark.parametrize("client", ["kmail"])
def test_programs_that_are_guided_are_found_and_explained(tmp_path: Path, client: str) -> None:
    home = places(tmp_path)
    assert client not in {found.id for found in registry.detect_all(home)}
    (home.search_path[0] / client).write_text("#!/bin/sh\n")
    assert client in {found.id for found in registry.detect_all(home)}
    made = registry.plan(client, account(), home, WORDS)
    assert isinstance(made, ClientPlan)
    assert made.how is How.STEPS
    assert "imap.shop.example" in [step.copy for step in made.steps if step.is_value]
    by_browser = replace(account(), provider=Provider("B", password_kind=OAUTH))
    guided = registry.plan(client, by_browser, home, WORDS)
    assert isinstance(guided, ClientPlan)
    assert "Sign in" in guided.steps[-1].text or "sign in" in guided.steps[-1].text
    assert not any(step.is_value for step in guided.steps)
