"""*Details*: what a helper wants to see. Facts and the servers' own words, never a password.

Under the facts, folded once more, what happened step by step: the last lines of the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QBoxLayout, QFileDialog, QPlainTextEdit

from wizard import __version__
from wizard.flow import State
from wizard.flow import events as ev
from wizard.gui.pages.common import seconds, service_name, wording
from wizard.gui.shell import Outside
from wizard.gui.widgets import Button, CopyButton, Disclosure, Kind, Kit, Text, TextType, flow
from wizard.gui.widgets.plain import plain_view
from wizard.model import Problem, Rung, ServerSettings, ServerType, ServiceResult, named


class Details(Disclosure):
    """Folded away until somebody asks.

    Signals: `announced` with something to read out; `sent` with an event.
    """

    announced = Signal(str)
    sent = Signal(object)

    def __init__(self, kit: Kit, outside: Outside) -> None:
        question = kit.words.text("Details for somebody who helps you")
        super().__init__(kit, question, small=True, fill=self._fill_in)
        self._kit = kit
        self._outside = outside
        self._question = question
        self._state = State()
        self._shown: tuple[str, ...] = ()
        self.text: Text | None = None
        self.copy: CopyButton | None = None
        self.log: Disclosure | None = None
        self.lines: QPlainTextEdit | None = None
        self.copy_log: CopyButton | None = None
        self.save: Button | None = None
        self.saved: Text | None = None
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
        self.log = Disclosure(
            self._kit,
            self._kit.words.text("What happened, step by step"),
            small=True,
            fill=self._fill_in_log,
        )
        self.log.opened.connect(self._tell_log)
        body.addWidget(self.log)
        self._tell()

    def _fill_in_log(self, body: QBoxLayout) -> None:
        kit, words = self._kit, self._kit.words
        name = words.text("What happened, step by step")
        note = words.text(
            "The last things this program did, without passwords and without your messages. "
            "Nothing of it leaves this computer unless you hand it on."
        )
        body.addWidget(Text(note, TextType.SMALL))
        self.lines = plain_view(kit, name)
        body.addWidget(self.lines)
        self.copy_log = CopyButton(kit, "", name)
        self.copy_log.copied.connect(self.announced)
        self.save = Button(kit, words.text("Save…"), Kind.SMALL_LINK, icon="sheet")
        self.save.setAccessibleDescription(name)
        self.save.clicked.connect(self._choose_file)
        body.addWidget(flow(kit.px(18), self.copy_log, self.save))
        self.saved = Text("", TextType.SMALL)
        self.saved.hide()
        body.addWidget(self.saved)

    def _tell(self) -> None:
        if self.text is not None and self.copy is not None:
            self.copy.value = details_of(self._kit, self._state)
            self.text.setText(self.copy.value)
        self._tell_log()

    def _tell_log(self) -> None:
        """Looked at only while it is unfolded: it grows with everything that happens."""
        if self.lines is None or self.copy_log is None or self.saved is None:
            return
        if not self.content.isHidden() and self.log is not None and self.log.content.isVisible():
            told = self._outside.log()
            if told != self._shown:
                self._shown = told
                self.lines.setPlainText("\n".join(told))
                self.lines.moveCursor(QTextCursor.MoveOperation.End)
                self.copy_log.value = "\n".join(told)
        outcome = self._state.details
        self.saved.setVisible(outcome is not None)
        match outcome:
            case Problem() as problem:
                said = wording(self._kit, problem, self._state.provider)
                self.saved.setText(f"{said.title} {said.explanation}")
            case Path() as path:
                self.saved.setText(self._kit.words.text("Saved: {path}", path=str(path)))

    def _choose_file(self) -> None:
        words = self._kit.words
        name = f"mail-setup-{datetime.now():%Y-%m-%d-%H%M}.txt"
        chosen, _ = QFileDialog.getSaveFileName(
            self,
            words.text("Where shall we save it?"),
            str(Path.home() / name),
            words.text("Text files (*.txt)"),
        )
        if chosen:
            self.save_to(Path(chosen))

    def save_to(self, path: Path) -> None:
        """Facts and steps in one file: whoever helps wants both."""
        told = "\n".join(self._outside.log())
        self.sent.emit(
            ev.DetailsSaveRequested(f"{details_of(self._kit, self._state)}\n\n{told}\n", path)
        )


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
        said = named(words, words.source(report.source), words.source_state(report))
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
        yield f"  {named(kit.words, said, item.detail) if item.detail else said}"


def _ladder(kit: Kit, rungs: tuple[Rung, ...]) -> Iterator[str]:
    for rung in rungs:
        mark = "✓" if rung.ok else "✗"
        took = f"{kit.words.stage(rung.stage)}, {seconds(kit, rung.ms)}"
        yield f"  {mark} {named(kit.words, took, rung.said) if rung.said else took}"


def _services(kit: Kit, results: tuple[ServiceResult, ...]) -> Iterator[str]:
    for result in results:
        service = result.service
        tested = f", {seconds(kit, result.ms)}" if result.ms else ""
        yield f"{named(kit.words, service_name(kit, service), service.url)}{tested}"
        yield from _ladder(kit, result.rungs)
        for collection in service.collections:
            yield f"  {collection.name} {collection.url}"


def _problem(problem: Problem) -> Iterator[str]:
    where = f" {problem.host}:{problem.port}" if problem.port else f" {problem.host}".rstrip()
    yield f"{problem.kind.word} ({problem.stage.value}){where}"
    for said in (problem.server_said, problem.detail):
        if said:
            yield f"  {said}"
