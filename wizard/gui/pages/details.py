"""*Details*: what a helper wants to see. Facts and the servers' own words, never a password."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout

from wizard import __version__
from wizard.flow import State
from wizard.gui.pages.common import seconds, service_name
from wizard.gui.widgets import CopyButton, Disclosure, Kit, Text, TextType, flow
from wizard.model import Problem, Rung, ServerSettings, ServerType, ServiceResult


class Details(Disclosure):
    """Folded away until somebody asks. Signal: `announced` with something to read out."""

    announced = Signal(str)

    def __init__(self, kit: Kit) -> None:
        question = kit.words.text("Details for somebody who helps you")
        super().__init__(kit, question, small=True, fill=self._fill_in)
        self._kit = kit
        self._question = question
        self._state = State()
        self.text: Text | None = None
        self.copy: CopyButton | None = None
        self.hide()

    def show_state(self, state: State, wanted: bool) -> None:
        """`wanted`: False hides it where there is nothing to help with."""
        self._state = state
        if wanted:
            self._tell()
        self.setVisible(wanted)

    def _fill_in(self, body: QBoxLayout) -> None:
        self.text = Text("", TextType.SMALL)
        self.copy = CopyButton(self._kit, "", self._question)
        self.copy.copied.connect(self.announced)
        body.addWidget(self.text)
        body.addWidget(flow(0, self.copy))
        self._tell()

    def _tell(self) -> None:
        if self.text is not None and self.copy is not None:
            self.copy.value = details_of(self._kit, self._state)
            self.text.setText(self.copy.value)


def details_of(kit: Kit, state: State) -> str:
    """All of it, line by line. The password is no part of a state, so it cannot be in here."""
    import platform  # takes a moment, and few ask

    words = kit.words
    lines = [f"{words.text('Mail Setup')} {__version__}, {platform.platform(terse=True)}"]
    if state.address is not None:
        lines.append(str(state.address))
    if state.provider.name:
        lines.append(f"{state.provider.name} {state.provider.id}".strip())
    for server, rungs in (
        (state.incoming, state.incoming_rungs),
        (state.outgoing, state.outgoing_rungs),
    ):
        if server is not None:
            lines += ["", _server(kit, server), *_evidence(kit, server), *_ladder(kit, rungs)]
    results = state.verification.services if state.verification is not None else ()
    if results or state.services:
        lines += ["", *_services(kit, results or tuple(map(ServiceResult, state.services)))]
    if state.reports:
        lines.append("")
    for report in state.reports:
        said = f"{words.source(report.source)}: {words.source_state(report)}"
        detail = f" ({report.detail})" if report.detail else ""
        lines.append(f"{said}{detail}, {seconds(kit, report.ms)}")
    problems = (
        state.problem,
        *(row.problem for row in state.rows),
        *(result.problem for result in results),
    )
    for problem in dict.fromkeys(filter(None, problems)):
        lines += ["", *_problem(problem)]
    return "\n".join(lines)


def _server(kit: Kit, server: ServerSettings) -> str:
    protocol = {ServerType.IMAP: "IMAP", ServerType.POP3: "POP3", ServerType.SMTP: "SMTP"}
    security = kit.words.security(server.security)
    where = f"{server.host}:{server.port}"
    return f"{protocol[server.type]} {where}, {security}, {server.username}"


def _evidence(kit: Kit, server: ServerSettings) -> Iterator[str]:
    for item in server.evidence:
        said = kit.words.evidence(item)
        yield f"  {said}: {item.detail}" if item.detail else f"  {said}"


def _ladder(kit: Kit, rungs: tuple[Rung, ...]) -> Iterator[str]:
    for rung in rungs:
        mark = "✓" if rung.ok else "✗"
        said = f": {rung.said}" if rung.said else ""
        yield f"  {mark} {kit.words.stage(rung.stage)}, {seconds(kit, rung.ms)}{said}"


def _services(kit: Kit, results: tuple[ServiceResult, ...]) -> Iterator[str]:
    for result in results:
        service = result.service
        tested = f", {seconds(kit, result.ms)}" if result.ms else ""
        yield f"{service_name(kit, service)}: {service.url}{tested}"
        yield from _ladder(kit, result.rungs)
        for collection in service.collections:
            yield f"  {collection.name} {collection.url}"


def _problem(problem: Problem) -> Iterator[str]:
    where = f" {problem.host}:{problem.port}" if problem.port else f" {problem.host}".rstrip()
    yield f"{problem.kind.word} ({problem.stage.value}){where}"
    for said in (problem.server_said, problem.detail):
        if said:
            yield f"  {said}"
