"""Page 7: what works now, what to keep, what to do if it stops working."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QBoxLayout, QWidget

from wizard.flow import Delivered, ProgramRow, RowState, State
from wizard.flow import events as ev
from wizard.gui.pages.applying import all_undone, done_sentence, is_settled, undone_sentence
from wizard.gui.pages.common import (
    Picture,
    about_saved,
    best_to_open,
    choose_folder,
    client_name,
    open_path,
    open_program,
    picture_in,
    seconds_of,
    wording,
)
from wizard.gui.pages.details import Details
from wizard.gui.shell import Chrome, NavAction, Outside, PageView
from wizard.gui.widgets import (
    Button,
    Card,
    Disclosure,
    Group,
    Kind,
    Kit,
    Mark,
    Row,
    StateMark,
    Text,
    TextType,
    Tone,
    clear,
    column,
    flow,
    hairline,
    line,
)
from wizard.model import How, Provider


class DonePage(PageView):
    """A short look back, and the things worth keeping."""

    def __init__(self, kit: Kit, outside: Outside) -> None:
        super().__init__(kit, outside)
        words = kit.words
        self._top = Group(kit.px(16))
        self.body.addWidget(self._top)
        self.keep = Button(
            kit, words.text("Save everything as a folder"), Kind.PLAIN, icon="folder"
        )
        self.keep.clicked.connect(self._choose_folder)
        self.show_folder = Button(kit, words.text("Show the folder"), Kind.PLAIN, icon="folder")
        self.show_folder.clicked.connect(self._show_folder)
        self.body.addWidget(flow(kit.px(10), self.keep, self.show_folder))
        self.saved = Text("", TextType.SMALL)
        self.body.addWidget(self.saved)
        self.body.addWidget(self._if_it_stops())
        self.details = Details(kit, outside)
        self.details.announced.connect(self.announced)
        self.details.sent.connect(self.sent)
        self.body.addWidget(self.details)
        self._folder: Path | None = None
        self._shown: tuple[object, ...] | None = None
        self._provider = Provider("")

    def render(self, state: State) -> None:  # type: ignore[override]
        """See `PageView.render`."""
        shown = (state.rows, state.tested_at, state.test_message, state.address)
        if shown != self._shown:
            self._shown = shown
            self._provider = state.provider
            clear(self._top.body)
            self._top.body.addWidget(self._verdict(state))
            if state.rows:
                self._top.body.addWidget(self._programs(state))
        self.details.show_state(state, True)
        said, self._folder = about_saved(self.kit, state)
        self.saved.setText(said)
        self.saved.setVisible(state.saved is not None)
        self.show_folder.setVisible(self._folder is not None)

    def chrome(self, state: State) -> Chrome:
        """See `PageView.chrome`."""
        words = self.kit.words
        title = words.text("All set")
        lead = words.text("Your mail is ready in the programs below.")
        if any(not is_settled(row) for row in state.rows):
            title = words.text("Almost all set")
            lead = words.text("Something is left to do below.")
        elif all_undone(state.rows):
            title, lead = words.text("Taken back"), words.text("What was set up is gone again.")
        return Chrome(
            title=title,
            lead=lead,
            primary=NavAction(words.text("Done"), self.finished.emit),
            plain=NavAction(
                words.text("Set up another address"), lambda: self.send(ev.StartedOver())
            ),
            left=self.back(state),
            focus_key=(state.page, state.address),
        )

    def _verdict(self, state: State) -> QWidget:
        kit, words = self.kit, self.kit.words
        tested = state.tested_at is not None
        card = Card(kit, Tone.GOOD if tested else Tone.CAUTION)
        row = line(kit.px(14))
        row.addWidget(StateMark(kit, Mark.DONE if tested else Mark.ATTENTION, 26))
        texts = column(kit.px(2))
        if tested:
            texts.addWidget(Text(words.text("Receiving and sending work"), TextType.STRONG))
            if isinstance(state.test_message, Delivered):
                detail = words.text(
                    "Your test message arrived after {seconds}.",
                    seconds=seconds_of(kit, state.test_message.seconds),
                )
            else:
                detail = words.text("Both were tested with your password.")
        else:
            texts.addWidget(Text(words.text("Not tested yet"), TextType.STRONG))
            detail = words.text(
                "We could not sign in for you. Your mail program will ask for the sign-in when "
                "it starts."
            )
        texts.addWidget(Text(detail, TextType.SMALL))
        row.addLayout(texts, 1)
        card.body.addLayout(row)
        return card

    def _programs(self, state: State) -> Card:
        card = Card(self.kit, spacing=14)
        for index, row in enumerate(state.rows):
            if index:
                card.body.addWidget(hairline(self.kit))
            card.body.addWidget(self._program(row, state))
        return card

    def _program(self, row: ProgramRow, state: State) -> QWidget:
        kit, words = self.kit, self.kit.words
        holder = QWidget()
        layout = column(kit.px(8), holder)
        name = row.plan.name if row.plan is not None else client_name(kit, state, row.client)
        mark, detail = self._standing(row)
        layout.addWidget(Row(kit, name, mark, detail))
        buttons: list[QWidget] = []
        applied = row.applied
        if row.state in (RowState.DONE, RowState.PROBLEM) and applied is not None:
            if applied.plan.how is How.FILES and applied.written:
                folder = applied.written[0].parent
                to_open = best_to_open(applied.written)
                if to_open is not None:
                    buttons.append(
                        self._button(words.text("Open the file"), name, lambda: open_path(to_open))
                    )
                buttons.append(
                    self._button(words.text("Show the folder"), name, lambda: open_path(folder))
                )
            elif open_program(state, row.client, start=False):
                buttons.append(
                    self._button(
                        words.text("Open {program}", program=name),
                        "",
                        lambda: open_program(state, row.client),
                    )
                )
            if applied.change_id:
                buttons.append(
                    self._button(
                        words.text("Undo"),
                        name,
                        lambda: self.send(ev.UndoRequested(row.client)),
                        icon="undo",
                    )
                )
        if buttons:
            actions = flow(kit.px(16), *buttons)
            actions.setContentsMargins(kit.px(34), 0, 0, 0)
            layout.addWidget(actions)
        if row.plan is not None and row.state is RowState.DONE:
            picture = picture_in(row.plan.files)
            if picture is not None:
                code = Disclosure(kit, words.text("Show the code for the phone"))
                code.setContentsMargins(kit.px(34), 0, 0, 0)
                code.body.addWidget(Picture(kit, picture))
                layout.addWidget(code)
        return holder

    def _button(self, text: str, about: str, act: object, icon: str = "") -> Button:
        button = Button(self.kit, text, Kind.LINK, icon=icon)
        if about:
            button.setAccessibleName(f"{text}: {about}")
        assert callable(act)
        button.clicked.connect(lambda: act())
        return button

    def _standing(self, row: ProgramRow) -> tuple[Mark, str]:
        words = self.kit.words
        if row.state is RowState.DONE:
            return Mark.DONE, done_sentence(self.kit, row)
        if row.state is RowState.UNDONE:
            return Mark.NOTHING, undone_sentence(self.kit, row)
        if row.problem is not None:
            told = wording(self.kit, row.problem, self._provider)
            return Mark.ATTENTION, f"{told.title} {told.explanation}"
        if row.plan is not None and row.plan.unchanged:
            return Mark.DONE, words.text("Was set up already.")
        if row.plan is not None and row.plan.how is How.STEPS:
            return Mark.ATTENTION, words.text("The steps are still to do: go back to see them.")
        return Mark.ATTENTION, words.text("Not set up yet: go back to do it.")

    def _if_it_stops(self) -> Disclosure:
        kit, words = self.kit, self.kit.words

        def fill(body: QBoxLayout) -> None:
            for sentence in (
                words.text(
                    "Start this program again and choose “Something doesn't work”: it tries "
                    "everything anew and says what is wrong."
                ),
                words.text(
                    "If you change your password at your provider, your mail programs ask for the "
                    "new one. Type it on all your devices soon: after many tries with the old one "
                    "a provider may lock you out for a while."
                ),
                words.text("The settings sheet has all values, in case someone helps you."),
            ):
                body.addWidget(Text(sentence, TextType.BODY))
            look = Button(kit, words.text("Find out what is wrong"), Kind.PLAIN)
            look.clicked.connect(lambda: self.send(ev.DiagnosisRequested()))
            body.addWidget(flow(0, look))

        return Disclosure(kit, words.text("What if it stops working one day?"), fill=fill)

    def _choose_folder(self) -> None:
        folder = choose_folder(self, self.kit)
        if folder is not None:
            self.send(ev.SaveRequested(folder))

    def _show_folder(self) -> None:
        if self._folder is not None:
            open_path(self._folder)
