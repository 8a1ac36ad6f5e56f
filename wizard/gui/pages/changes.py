"""*Remove what the wizard did*: the journal, newest first, each entry with its *Undo*."""

from __future__ import annotations

from PySide6.QtCore import QDateTime, QLocale, Qt
from PySide6.QtWidgets import QWidget

from wizard.flow import State
from wizard.flow import events as ev
from wizard.gui.pages.common import Remedy, client_name, show_problem
from wizard.gui.shell import Chrome, NavAction, Outside, PageView
from wizard.gui.widgets import (
    Button,
    Card,
    Disclosure,
    Kind,
    Kit,
    Mark,
    ProblemCard,
    Row,
    Text,
    TextType,
    clear,
    column,
    flow,
)
from wizard.messages import Action
from wizard.model import ChangeRecord


class ChangesPage(PageView):
    """Taking back never deletes messages."""

    def __init__(self, kit: Kit, outside: Outside) -> None:
        super().__init__(kit, outside)
        self._remedy = Remedy()
        self._state = State()
        self.problem = ProblemCard(kit)
        self.problem.acted.connect(self._act)
        self.body.addWidget(self.problem)
        self.kept = Text("", TextType.SMALL)
        self.kept.hide()
        self.body.addWidget(self.kept)
        self._list = column(kit.px(12))
        self.body.addLayout(self._list)
        self._shown: tuple[ChangeRecord, ...] | None = None

    def render(self, state: State) -> None:  # type: ignore[override]
        """See `PageView.render`."""
        self._state = state
        self._remedy = show_problem(self.kit, self.problem, state)
        self._tell_kept(state)
        if state.changes is None:
            clear(self._list)
            self._shown = None
            if state.busy:
                looking = Card(self.kit)
                text = self.kit.words.text("Looking what was changed…")
                looking.body.addWidget(Row(self.kit, text, Mark.NOW))
                self._list.addWidget(looking)
            return
        if state.changes != self._shown:
            self._shown = state.changes
            clear(self._list)
            for change in state.changes:
                self._list.addWidget(self._card(change, state))
        self.setEnabled(not state.busy)

    def _tell_kept(self, state: State) -> None:
        kept = state.taken_back.kept if state.taken_back is not None else ()
        self.kept.setVisible(bool(kept))
        if kept:
            self.kept.setText(
                self.kit.words.plural(
                    "Taken back, but for {count} value that was changed since: {list}",
                    "Taken back, but for {count} values that were changed since: {list}",
                    len(kept),
                    list=", ".join(setting.key for setting in kept),
                )
            )

    def chrome(self, state: State) -> Chrome:
        """See `PageView.chrome`."""
        words = self.kit.words
        if state.changes == ():
            title = words.text("Nothing to remove")
            lead = words.text("Nothing that the wizard set up is left in your programs.")
        elif any(change.cut_off for change in state.changes or ()):
            title = words.text("Something was cut off last time")
            lead = words.text("Finish it or take it back, then go on with what you came for.")
        else:
            title = words.text("Remove what the wizard set up")
            lead = words.text(
                "Each of these can be taken back. Your messages are never deleted by it."
            )
        return Chrome(
            title=title,
            lead=lead,
            # One way back is enough where there is nothing else to do.
            left=None if state.changes == () else self.back(state),
            focus=self.problem if state.problem is not None else None,
            focus_key=(state.page, state.changes is None, state.problem),
            primary=NavAction(words.text("Back to the start"), lambda: self.send(ev.WentBack()))
            if state.changes == ()
            else None,
            spoken=self.problem.title.text() if state.problem is not None else "",
        )

    def _act(self) -> None:
        if self._remedy.action in (Action.CLOSE_PROGRAM, Action.RETRY):
            self.send(ev.ChangesRequested())
        else:
            self._remedy.run(self._state, self.send)

    def _card(self, change: ChangeRecord, state: State) -> QWidget:
        kit, words = self.kit, self.kit.words
        card = Card(kit, spacing=10)
        when = QDateTime.fromString(change.when, Qt.DateFormat.ISODate).toLocalTime()
        shown = QLocale(words.language).toString(when, QLocale.FormatType.ShortFormat)
        name = client_name(kit, state, change.client)
        card.body.addWidget(
            Row(
                kit,
                name,
                Mark.ATTENTION if change.cut_off else Mark.DONE,
                words.text("{account}, {when}", account=change.account, when=shown),
            )
        )
        inner = column(kit.px(10))
        inner.setContentsMargins(kit.px(34), 0, 0, 0)
        card.body.addLayout(inner)
        if change.cut_off:
            inner.addWidget(Text(self._what_happened(change), TextType.SMALL))
        files = Disclosure(kit, words.text("Changed files"), small=True)
        files.body.addWidget(Text("\n".join(change.what), TextType.SMALL))
        inner.addWidget(files)
        undo = Button(kit, words.text("Take this back"), Kind.PLAIN, icon="undo")
        undo.setAccessibleName(
            words.text("Take back: {program}, {account}", program=name, account=change.account)
        )
        undo.clicked.connect(lambda: self.send(ev.UndoRequested(change_id=change.id)))
        buttons = [undo]
        if change.cut_off == "applying":
            finish = Button(kit, words.text("Finish it"), Kind.PLAIN)
            finish.setAccessibleName(
                words.text("Finish: {program}, {account}", program=name, account=change.account)
            )
            finish.clicked.connect(lambda: self.send(ev.CompletionRequested(change.id)))
            buttons.insert(0, finish)
        inner.addWidget(flow(kit.px(8), *buttons))
        return card

    def _what_happened(self, change: ChangeRecord) -> str:
        words = self.kit.words
        if change.cut_off == "undoing":
            return words.text(
                "Taking this back was cut off, perhaps because the computer was switched off. "
                "Take it back once more to complete it."
            )
        return words.text(
            "Setting this up was cut off, perhaps because the computer was switched off. Every "
            "file is whole; finish it or take it back."
        )
