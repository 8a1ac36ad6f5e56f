"""*Something doesn't work*: what is tried, live; then the cause with one thing to do, and a note
for whoever can help."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from wizard.flow import Journey, State
from wizard.flow import events as ev
from wizard.gui.pages.common import Remedy, seconds, show_problem_in, wording
from wizard.gui.pages.details import Details
from wizard.gui.shell import Chrome, NavAction, Outside, PageView
from wizard.gui.widgets import (
    Button,
    Card,
    CopyButton,
    Disclosure,
    Facts,
    Group,
    Kind,
    Kit,
    Mark,
    ProblemCard,
    Row,
    StateMark,
    Text,
    TextType,
    Tone,
    clear,
    column,
    flow,
    line,
)
from wizard.messages import Action
from wizard.messages.report import check_said, clue_text, report, verdict_words
from wizard.model import (
    N_,
    Check,
    CheckState,
    Diagnosis,
    Problem,
    Subject,
    named,
    shown_domain,
)

TITLES: dict[Subject, str] = {
    Subject.INTERNET: N_("Internet"),
    Subject.NAMES: N_("Looking up names"),
    Subject.SETTINGS: N_("Your mail settings"),
    Subject.RECEIVING: N_("Receiving: {host}, port {port}"),
    Subject.SENDING: N_("Sending: {host}, port {port}"),
    Subject.OTHER_PORT: N_("Other ports of {host}"),
    Subject.WEBSITE: N_("Your provider's website"),
    Subject.ELSEWHERE: N_("Other mail providers"),
    Subject.REVERSE_NAME: N_("Names behind the servers' addresses"),
    Subject.PUBLIC_ADDRESS: N_("This network's public address"),
    Subject.PROXY: N_("Websites through the proxy"),
    Subject.SIGN_IN_RECEIVING: N_("Signing in to receive"),
    Subject.SIGN_IN_SENDING: N_("Signing in to send"),
}
"""What a row of the list is about; the note has every single check."""

_EACH_PORT = {Subject.RECEIVING, Subject.SENDING}
_USUAL_CHECKS = 24  # of an account with two servers; only the progress bar hangs on it


@dataclass(frozen=True, slots=True)
class Line:
    """Checks that make one row, and how they stand together."""

    subject: Subject
    host: str
    port: int
    checks: tuple[Check, ...]

    @property
    def mark(self) -> Mark:
        """One that works is enough; one that does not is worth a look."""
        states = {check.state for check in self.checks}
        if CheckState.RUNNING in states:
            return Mark.NOW
        if CheckState.BAD in states:
            return Mark.ATTENTION if CheckState.GOOD in states else Mark.BAD
        return Mark.DONE if CheckState.GOOD in states else Mark.NOTHING

    @property
    def ms(self) -> int:
        """The longest, as they run side by side."""
        return max((check.ms for check in self.checks), default=0)


def lines(checks: tuple[Check, ...]) -> tuple[Line, ...]:
    """The rows in the order they began."""
    grouped: dict[tuple[Subject, str, int], list[Check]] = {}
    for check in checks:
        host = check.host if check.subject in {*_EACH_PORT, Subject.OTHER_PORT} else ""
        port = check.port if check.subject in _EACH_PORT else 0
        grouped.setdefault((check.subject, host, port), []).append(check)
    return tuple(Line(*key, tuple(found)) for key, found in grouped.items())


class DiagnosisPage(PageView):
    """Rows keep their place while they run; the verdict comes above them."""

    def __init__(self, kit: Kit, outside: Outside) -> None:
        super().__init__(kit, outside)
        words = kit.words
        self._remedy = Remedy()
        self._state = State()
        self._shown: Diagnosis | None = None
        self._request = 0
        self._furthest = 0.0
        self._note = ""
        self.problem = ProblemCard(kit)
        self.problem.acted.connect(self._act)
        self.problem.hide()
        self.body.addWidget(self.problem)
        self._good = Group(kit.px(16))
        self._result = Group(kit.px(16))
        for part in (self._good, self._result):
            part.hide()
            self.body.addWidget(part)
        self.saved = Text("", TextType.SMALL)
        self.saved.hide()
        self.body.addWidget(self.saved)
        self.details = Details(kit, outside)
        self.details.announced.connect(self.announced)
        self.details.sent.connect(self.sent)
        self._card = Card(kit, spacing=10)
        self._card.setAccessibleName(words.text("What we try"))
        self.body.addWidget(self._card)
        self.body.addWidget(self.details)
        self.rows: dict[tuple[Subject, str, int], Row] = {}
        self._lines: dict[tuple[Subject, str, int], Line] = {}

    def render(self, state: State) -> None:  # type: ignore[override]
        """See `PageView.render`."""
        self._state = state
        if state.busy and state.diagnosis is None and max(state.running) != self._request:
            self._request = max(state.running)
            self._furthest = 0.0
            for gone in self.rows.values():
                gone.hide()
                gone.deleteLater()
            self.rows, self._lines = {}, {}
        for item in lines(state.checks):
            key = (item.subject, item.host, item.port)
            if self._lines.get(key) == item:
                continue
            self._lines[key] = item
            row = self.rows.get(key)
            if row is None:
                row = self.rows[key] = Row(self.kit, self._title(item))
                self._card.body.addWidget(row)
            done = item.mark is not Mark.NOW
            time = seconds(self.kit, item.ms) if done and item.ms else ""
            row.show_state(item.mark, self._said(item), time)
        if state.diagnosis is None and not state.busy:
            self._leave_off()
        self._card.setVisible(bool(state.checks))
        if state.diagnosis != self._shown:
            self._shown = state.diagnosis
            self._show_result(state.diagnosis)
        self._show_note(state)
        self.details.show_state(state, state.diagnosis is not None)

    def chrome(self, state: State) -> Chrome:
        """See `PageView.chrome`."""
        words = self.kit.words
        address = state.diagnosed.shown if state.diagnosed is not None else ""
        again = NavAction(words.text("Test again"), lambda: self.send(ev.Retried()))
        if state.diagnosis is None and state.busy:
            settled = sum(check.state is not CheckState.RUNNING for check in state.checks)
            known = max(_USUAL_CHECKS, len(state.checks))
            self._furthest = max(self._furthest, settled / known)
            return Chrome(
                title=words.text("Looking for the cause"),
                lead=words.text(
                    "Everything that {address} needs is tried from here, at most for 15 seconds. "
                    "Nothing is changed.",
                    address=address,
                ),
                left=self.stop(),
                progress=self._furthest,
                focus=self._card,
                focus_key=(state.page, state.diagnosed),
            )
        if state.diagnosis is None:
            return Chrome(
                title=words.text("Stopped"),
                lead=words.text("Not everything was tried, so there is no result."),
                primary=again,
                left=self.back(state),
                focus_key=(state.page, "stopped"),
            )
        verdict = state.diagnosis.verdict
        # The one thing to do next stands in the card; testing again is beside it, but for a
        # password that was judged: trying the same one again only brings a ban nearer.
        repeats = verdict is not None and (
            self._remedy.action in {Action.RETRY, Action.WAIT} or verdict.kind.judges_password
        )
        return Chrome(
            title=words.text("The cause is found")
            if verdict is not None
            else words.text("No trouble from here"),
            lead=words.text("This is about {address}.", address=address),
            plain=None if repeats else again,
            left=self.back(state),
            focus=self.problem if verdict is not None else None,
            focus_key=(state.page, state.diagnosis.at),
            spoken=self.problem.title.text() if verdict is not None else "",
        )

    def _leave_off(self) -> None:
        """Once stopped, nothing goes on being tested."""
        for key, item in self._lines.items():
            if item.mark is Mark.NOW:
                self.rows[key].show_state(Mark.NOTHING, self.kit.words.text("stopped"))

    # -- rows -----------------------------------------------------------------------------------

    def _title(self, item: Line) -> str:
        return self.kit.words.text(
            TITLES[item.subject], host=shown_domain(item.host), port=str(item.port)
        )

    def _said(self, item: Line) -> str:
        """Each family where there are two; else whatever says most."""
        words = self.kit.words
        if item.subject is Subject.OTHER_PORT:
            open_ports = [str(check.port) for check in item.checks if _works(check)]
            if not open_ports:
                return "" if item.mark is Mark.NOW else words.text("none is open")
            return words.text("open: {ports}", ports=", ".join(dict.fromkeys(open_ports)))
        if item.subject in _EACH_PORT and len(item.checks) > 1:
            return " · ".join(
                named(words, check.family, check_said(words, check)) for check in item.checks
            )
        if item.subject is Subject.NAMES:
            bad = [check for check in item.checks if check.state is CheckState.BAD]
            if bad:
                return named(words, shown_domain(bad[0].host), check_said(words, bad[0]))
            return "" if item.mark is Mark.NOW else words.text("works")
        if item.subject is Subject.PUBLIC_ADDRESS:
            told = [check.said for check in item.checks if check.said]
            return ", ".join(told) or ("" if item.mark is Mark.NOW else words.text("no result"))
        best = max(item.checks, key=_telling)
        if best.subject in {Subject.INTERNET, Subject.ELSEWHERE} and _works(best):
            return words.text("can be reached")
        return check_said(words, best)

    # -- the result -----------------------------------------------------------------------------

    def _show_result(self, diagnosis: Diagnosis | None) -> None:
        clear(self._good.body)
        clear(self._result.body)
        self._good.setVisible(diagnosis is not None and diagnosis.verdict is None)
        self._result.setVisible(diagnosis is not None)
        self._remedy, self._note = Remedy(), ""
        if diagnosis is None:
            self.problem.hide()
            return
        self._note = report(self.kit.words, diagnosis)
        if diagnosis.verdict is None:
            self.problem.hide()
            self._good.body.addWidget(self._all_well(diagnosis))
        else:
            self._remedy = show_problem_in(
                self.kit, self.problem, diagnosis.verdict, diagnosis.provider
            )
        self._result.body.addWidget(self._help(diagnosis))

    def _all_well(self, diagnosis: Diagnosis) -> QWidget:
        kit = self.kit
        title, explanation, action = verdict_words(kit.words, diagnosis)
        card = Card(kit, Tone.GOOD)
        row = line(kit.px(14))
        row.addWidget(StateMark(kit, Mark.DONE, 26), 0, Qt.AlignmentFlag.AlignTop)
        texts = column(kit.px(6))
        texts.addWidget(Text(title, TextType.STRONG))
        texts.addWidget(Text(explanation, TextType.BODY))
        again = Button(kit, action, Kind.PLAIN)
        again.clicked.connect(self._set_up_again)
        texts.addWidget(flow(0, again))
        row.addLayout(texts, 1)
        card.body.addLayout(row)
        return card

    def _help(self, diagnosis: Diagnosis) -> QWidget:
        """The note for support, with what it says that one may want by itself."""
        kit, words = self.kit, self.kit.words
        card = Card(kit, spacing=10)
        card.body.addWidget(Text(words.text("A note for support"), TextType.STRONG))
        card.body.addWidget(
            Text(
                words.text(
                    "It says what was tried, when, and what came of it: no password and nothing "
                    "from your messages."
                ),
                TextType.SMALL,
            )
        )
        facts = Facts(kit)
        facts.copied.connect(self.announced)
        for name, value in (
            (words.text("Public address (IPv4)"), diagnosis.public_v4),
            (words.text("Public address (IPv6)"), diagnosis.public_v6),
        ):
            if value:
                facts.add(name, value, copy=value)
        card.body.addWidget(facts)
        facts.setVisible(bool(diagnosis.public_v4 or diagnosis.public_v6))
        for clue in diagnosis.clues:
            row = line(kit.px(10))
            row.addWidget(StateMark(kit, Mark.NOTHING, 16), 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(Text(clue_text(words, clue), TextType.SMALL), 1)
            card.body.addLayout(row)
        self.copy = CopyButton(kit, self._note, words.text("the note for support"))
        self.copy.copied.connect(self.announced)
        self.save = Button(kit, words.text("Save the note"), Kind.SMALL_LINK, icon="sheet")
        self.save.clicked.connect(self._choose_file)
        card.body.addWidget(flow(kit.px(18), self.copy, self.save))
        note = self._note
        card.body.addWidget(
            Disclosure(
                kit,
                words.text("Show the note"),
                small=True,
                fill=lambda body: body.addWidget(Text(note, TextType.SMALL)),
            )
        )
        return card

    def _show_note(self, state: State) -> None:
        self.saved.setVisible(state.note is not None)
        match state.note:
            case Problem() as problem:
                told = wording(self.kit, problem, state.provider)
                self.saved.setText(f"{told.title} {told.explanation}")
            case Path() as path:
                self.saved.setText(self.kit.words.text("Saved: {path}", path=str(path)))

    # -- acting ---------------------------------------------------------------------------------

    def _act(self) -> None:
        state = self._state
        own = {Action.COPY_REPORT: lambda: QGuiApplication.clipboard().setText(self._note)}
        if state.journey is Journey.DIAGNOSE:
            # There is no set-up under way to go back into: it begins anew, address filled in.
            for action in _SETS_UP:
                own[action] = self._set_up_again
            own[Action.EDIT_ADDRESS] = lambda: self.send(ev.WentBack())
        self._remedy.run(state, self.send, own)

    def _set_up_again(self) -> None:
        self.send(ev.SetUpRequested())

    def _choose_file(self) -> None:
        diagnosis = self._shown
        if diagnosis is None:
            return
        words = self.kit.words
        name = f"mail-test-{diagnosis.at:%Y-%m-%d-%H%M}.txt"
        chosen, _ = QFileDialog.getSaveFileName(
            self,
            words.text("Where shall we save it?"),
            str(Path.home() / name),
            words.text("Text files (*.txt)"),
        )
        if chosen:
            self.send(ev.NoteSaveRequested(Path(chosen)))


_SETS_UP = (
    Action.EDIT_SERVERS,
    Action.EDIT_USERNAME,
    Action.EDIT_PASSWORD,
    Action.CONTINUE,
    Action.CHOOSE_PROGRAM,
    Action.CHOOSE_PROFILE,
)


def _works(check: Check) -> bool:
    return check.state is CheckState.GOOD


def _telling(check: Check) -> int:
    """What works says that it does; of the rest, what is known is worth more than what runs."""
    order = (CheckState.RUNNING, CheckState.UNSURE, CheckState.BAD, CheckState.GOOD)
    return order.index(check.state)
