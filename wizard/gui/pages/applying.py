"""Page 6: per program what will change, then doing it, then what came of it and *Undo*."""

from __future__ import annotations

from typing import assert_never

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QWidget

from wizard.flow import Journey, ProgramRow, RowState, State
from wizard.flow import events as ev
from wizard.gui.pages.common import (
    Picture,
    Remedy,
    best_to_open,
    client_name,
    open_path,
    open_program,
    picture_in,
    show_problem_in,
)
from wizard.gui.pages.details import Details
from wizard.gui.shell import Chrome, NavAction, Outside, PageView
from wizard.gui.widgets import (
    Button,
    Card,
    Check,
    CopyButton,
    Disclosure,
    Group,
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
    line,
)
from wizard.model import Applied, ClientPlan, How, Setting


class ApplyingPage(PageView):
    """One card per program."""

    def __init__(self, kit: Kit, outside: Outside) -> None:
        super().__init__(kit, outside)
        group = Group(kit.px(14))
        self._list = group.body
        self.body.addWidget(group)
        self.details = Details(kit, outside)
        self.details.announced.connect(self.announced)
        self.details.sent.connect(self.sent)
        self.body.addWidget(self.details)
        self.cards: dict[str, ProgramCard] = {}

    def render(self, state: State) -> None:  # type: ignore[override]
        """See `PageView.render`."""
        wanted = tuple(row.client for row in state.rows)
        if wanted != tuple(self.cards):
            clear(self._list)
            self.cards = {}
            for client in wanted:
                card = ProgramCard(self.kit, client)
                card.sent.connect(self.sent)
                card.announced.connect(self.announced)
                self.cards[client] = card
                self._list.addWidget(card)
        for row in state.rows:
            self.cards[row.client].show_row(row, state)
        troubled = any(row.state is RowState.PROBLEM for row in state.rows)
        self.details.show_state(state, troubled)

    def chrome(self, state: State) -> Chrome:
        """See `PageView.chrome`."""
        words = self.kit.words
        todo = [row for row in state.rows if is_to_do(row)]
        planning = any(row.state is RowState.PLANNING for row in state.rows)
        applying = any(row.state in (RowState.APPLYING, RowState.UNDOING) for row in state.rows)
        first_problem = next((row for row in state.rows if row.state is RowState.PROBLEM), None)
        primary: NavAction | None = NavAction(
            words.text("Continue"), lambda: self.send(ev.Finished())
        )
        if applying:
            title, lead = words.text("Setting up"), words.text("This takes a moment.")
            primary = None
        elif planning:
            title = words.text("Looking what to change")
            lead = words.text("Nothing is changed yet.")
            primary = None
        elif todo:
            title = words.text("This is what will change")
            lead = words.text("Nothing is changed yet. You can undo each of these later.")
            primary = NavAction(self._setup_text(todo), lambda: self._apply(todo))
        elif any(not is_settled(row) for row in state.rows):
            title = words.text("Nearly there")
            lead = words.text("Something below waits for you.")
        elif all_undone(state.rows):
            title, lead = words.text("Taken back"), words.text("What was set up is gone again.")
        else:
            title = words.text("Your programs are ready")
            lead = words.text("You can undo each of these now or later.")
        return Chrome(
            title=title,
            lead=lead,
            primary=primary,
            left=self.back(state),
            focus=self.cards[first_problem.client].problem if first_problem else None,
            focus_key=(
                state.page,
                planning,
                applying,
                bool(todo),
                first_problem and first_problem.problem,
            ),
            spoken=self.cards[first_problem.client].problem.title.text() if first_problem else "",
        )

    def _setup_text(self, todo: list[ProgramRow]) -> str:
        words = self.kit.words
        if len(todo) == 1 and todo[0].plan is not None:
            if todo[0].plan.how is How.FILES:
                return words.text("Make the files")
            return words.text("Set up {program}", program=todo[0].plan.name)
        return words.plural("Set up {count} program", "Set up {count} programs", len(todo))

    def _apply(self, todo: list[ProgramRow]) -> None:
        for row in todo:
            self.send(ev.ApplyConfirmed(row.client))


def is_to_do(row: ProgramRow) -> bool:
    """True where the primary button has something to do for this program."""
    return (
        row.state is RowState.READY
        and row.plan is not None
        and row.plan.how is not How.STEPS
        and not row.plan.unchanged
    )


def is_settled(row: ProgramRow) -> bool:
    """True where nothing is left to do for this program."""
    if row.state in (RowState.DONE, RowState.UNDONE):
        return True
    return row.plan is not None and row.plan.unchanged


def all_undone(rows: tuple[ProgramRow, ...]) -> bool:
    """True where everything that was done has been taken back."""
    return bool(rows) and all(row.state is RowState.UNDONE for row in rows)


class ProgramCard(Card):
    """One program, through all its states. Signals: `sent` with events, `announced`."""

    sent = Signal(object)
    announced = Signal(str)

    def __init__(self, kit: Kit, client: str) -> None:
        super().__init__(kit, spacing=12)
        words = kit.words
        self.client = client
        self.head = Row(kit, client)
        self.body.addWidget(self.head)
        inner = column(kit.px(10))
        inner.setContentsMargins(kit.px(34), 0, 0, 0)
        self.body.addLayout(inner)
        notes = Group(kit.px(4))
        self.notes = notes.body
        self._notes_box = notes
        inner.addWidget(notes)
        self.store = Text("", TextType.SMALL)
        self.store.hide()
        inner.addWidget(self.store)
        self.keep = Check(kit, "")
        self.keep.toggled.connect(self._choose_store)
        inner.addWidget(self.keep)
        self.preview = Disclosure(kit, words.text("What exactly changes?"), small=True)
        inner.addWidget(self.preview)
        self.guide = QWidget()
        guide = column(kit.px(12), self.guide)
        self.steps = column(kit.px(8))
        guide.addLayout(self.steps)
        self.pictures = column(kit.px(8))
        guide.addLayout(self.pictures)
        inner.addWidget(self.guide)
        self.problem = ProblemCard(kit, bare=True)
        self.problem.acted.connect(self._act)
        inner.addWidget(self.problem)
        self.open = Button(kit, "", Kind.PLAIN)
        self.folder = Button(kit, words.text("Show the folder"), Kind.PLAIN, icon="folder")
        self.followed = Button(kit, words.text("I have done this"), Kind.PLAIN)
        self.undo = Button(kit, words.text("Undo"), Kind.PLAIN, icon="undo")
        self.buttons = flow(kit.px(8), self.open, self.folder, self.followed, self.undo)
        inner.addWidget(self.buttons)
        self.open.clicked.connect(self._open)
        self.folder.clicked.connect(self._open_folder)
        self.followed.clicked.connect(lambda: self.sent.emit(ev.ApplyConfirmed(self.client)))
        self.undo.clicked.connect(lambda: self.sent.emit(ev.UndoRequested(self.client)))
        self._row: ProgramRow | None = None
        self._plan: ClientPlan | None = None
        self._state = State()
        self._remedy = Remedy()

    def show_row(self, row: ProgramRow, state: State) -> None:
        """How this program stands."""
        self._state = state
        if row == self._row:
            return
        self._row = row
        words = self.kit.words
        name = row.plan.name if row.plan is not None else client_name(self.kit, state, row.client)
        self.head.title.setText(name)
        mark, detail = self._standing(row, state.journey)
        self.head.show_state(mark, detail)
        plan = row.plan if row.applied is None else row.applied.plan
        if plan is not self._plan:
            self._plan = plan
            self._show_plan(plan)
        stored = row.keeps_password and row.applied is not None
        self.store.setText(self._store_sentence(row, name) if stored else "")
        self.store.setVisible(stored)
        # What was taken back asks for nothing and changes nothing any more.
        undone = row.state is RowState.UNDONE
        self._notes_box.setVisible(bool(self.notes.count()) and not undone)
        self._show_box(row, name, state.journey)
        self.preview.setVisible(
            row.plan is not None
            and not row.plan.unchanged
            and not undone
            and bool(row.plan.changes if row.plan.how is How.CHANGE else row.plan.files)
        )
        # What to do with files, or in a prepared program, is of use once they are there.
        self.guide.setVisible(
            row.plan is not None
            and bool(row.plan.steps or row.plan.notes or self.pictures.count())
            and (row.plan.how is How.STEPS or row.plan.unchanged or row.state is RowState.DONE)
        )
        if row.problem is not None and row.state is RowState.PROBLEM:
            self._remedy = show_problem_in(self.kit, self.problem, row.problem, state.provider)
        else:
            self.problem.hide()
        applied = row.applied
        done = row.state is RowState.DONE and applied is not None
        files = done and applied is not None and bool(applied.written) and hands_over(applied)
        to_open = best_to_open(applied.written) if files and applied is not None else None
        can_start = done and not files and open_program(state, row.client, start=False)
        self.open.setText(
            words.text("Open the file") if files else words.text("Open {program}", program=name)
        )
        self.open.setVisible(bool(to_open or can_start))
        self.folder.setVisible(bool(files))
        self.followed.setVisible(
            row.state is RowState.READY and row.plan is not None and row.plan.how is How.STEPS
        )
        self.undo.setVisible(done and applied is not None and bool(applied.change_id))
        self.buttons.setVisible(
            any(
                not button.isHidden()
                for button in (self.open, self.folder, self.followed, self.undo)
            )
        )

    def _show_box(self, row: ProgramRow, name: str, journey: Journey) -> None:
        """The box for the program's own store, while nothing is changed yet."""
        text = self.kit.words.text("Let {program} remember the password", program=name)
        self.keep.setText(text)
        self.keep.setAccessibleName(text)
        with QSignalBlocker(self.keep):
            self.keep.setChecked(row.keeps_password)
        self.keep.setVisible(
            row.state is RowState.READY
            and journey is Journey.SETUP
            and row.plan is not None
            and row.plan.can_keep_password
            and not row.plan.unchanged
        )

    def _choose_store(self, wanted: bool) -> None:
        self.sent.emit(ev.StoreChosen(self.client, wanted))

    def _store_sentence(self, row: ProgramRow, name: str) -> str:
        words = self.kit.words
        if not row.not_kept:
            return words.text(
                "{program} has your password in its own store and need not ask.", program=name
            )
        return words.text(
            "{program} did not get your password: putting it there is not safe here, or not "
            "possible.",
            program=name,
        )

    def _standing(self, row: ProgramRow, journey: Journey) -> tuple[Mark, str]:
        words = self.kit.words
        match row.state:
            case RowState.PLANNING:
                return Mark.NOW, words.text("looking what to change…")
            case RowState.READY:
                return self._ready(row.plan, journey)
            case RowState.APPLYING:
                return Mark.NOW, words.text("setting up…")
            case RowState.DONE:
                return Mark.DONE, done_sentence(self.kit, row)
            case RowState.UNDOING:
                return Mark.NOW, words.text("taking it back…")
            case RowState.UNDONE:
                return Mark.NOTHING, undone_sentence(self.kit, row)
            case RowState.PROBLEM:
                return Mark.BAD, words.text("not set up")
            case _:
                assert_never(row.state)

    def _ready(self, plan: ClientPlan | None, journey: Journey) -> tuple[Mark, str]:
        words = self.kit.words
        if plan is None:
            return Mark.WAITING, ""
        if plan.unchanged:
            return Mark.DONE, words.text("This account is set up here already. Nothing to change.")
        match plan.how:
            case How.CHANGE if journey is Journey.MOVE:
                return Mark.WAITING, words.text(
                    "The account stays, with its messages, and learns the new address."
                )
            case How.CHANGE if plan.repairs:
                return Mark.ATTENTION, words.plural(
                    "The account is here already; {count} setting differs. We correct it.",
                    "The account is here already; {count} settings differ. We correct them.",
                    len(plan.repairs),
                )
            case How.CHANGE if plan.steps:
                return Mark.WAITING, words.text(
                    "Prepares it, so that only address and password are left to type there."
                )
            case How.CHANGE if plan.profile is not None:
                return Mark.WAITING, words.text(
                    "Adds the account to the profile “{profile}”. The other accounts stay as they "
                    "are.",
                    profile=plan.profile.name,
                )
            case How.CHANGE:
                return Mark.WAITING, words.text("Adds the account.")
            case How.FILES:
                return Mark.WAITING, words.plural(
                    "Makes {count} file for you to open there.",
                    "Makes {count} files for you to open there.",
                    len(plan.files),
                )
            case How.STEPS:
                return Mark.WAITING, words.text("A few steps for you. Every value can be copied.")
            case _:
                assert_never(plan.how)

    def _show_plan(self, plan: ClientPlan | None) -> None:
        for layout in (self.notes, self.steps, self.pictures, self.preview.body):
            clear(layout)
        if plan is None:
            return
        words = self.kit.words
        files_only = plan.how is How.FILES
        self.preview.button.setText(
            words.text("Which files?") if files_only else words.text("What exactly changes?")
        )
        for note in plan.notes:
            # Remarks about files are of use where the steps are, once the files are there.
            target = self.steps if files_only else self.notes
            target.addWidget(Text(note, TextType.SMALL))
        for change in plan.changes:
            self.preview.body.addWidget(Text(str(change.path), TextType.SMALL_STRONG))
            lines = "\n".join(setting_line(setting) for setting in change.settings)
            if lines:
                self.preview.body.addWidget(Text(lines, TextType.SMALL))
        if files_only:
            for file in plan.files:
                self.preview.body.addWidget(Text(file.name, TextType.SMALL_STRONG))
                self.preview.body.addWidget(Text(file.purpose, TextType.SMALL))
        picture = picture_in(plan.files)
        if picture is not None:
            self.pictures.addWidget(Picture(self.kit, picture))
        self._show_steps(plan)

    def _show_steps(self, plan: ClientPlan) -> None:
        kit = self.kit
        group, number = "", 0
        for step in plan.steps:
            if step.group != group:
                group, number = step.group, 0
                self.steps.addWidget(Text(group, TextType.STRONG))
            number += 1
            row = line(kit.px(10))
            row.addWidget(Text(f"{number}.", TextType.STRONG))
            texts = column(kit.px(2))
            texts.addWidget(Text(step.text))
            if step.copy:
                value = line(kit.px(12))
                value.addWidget(Text(step.copy, TextType.STRONG))
                button = CopyButton(kit, step.copy, step.text)
                button.copied.connect(self.announced)
                value.addWidget(button)
                value.addStretch(1)
                texts.addLayout(value)
            row.addLayout(texts, 1)
            self.steps.addLayout(row)

    def _act(self) -> None:
        self._remedy.run(self._state, self.sent.emit)

    def _open(self) -> None:
        row = self._row
        if row is None or row.applied is None:
            return
        if row.applied.written and hands_over(row.applied):
            to_open = best_to_open(row.applied.written)
            if to_open is not None:
                open_path(to_open)
        else:
            open_program(self._state, row.client)

    def _open_folder(self) -> None:
        if self._row is not None and self._row.applied is not None:
            open_path(self._row.applied.written[0].parent)


def hands_over(applied: Applied) -> bool:
    """True where files were written for the person rather than a program changed."""
    return applied.plan.how is How.FILES or not applied.plan.changes


def setting_line(setting: Setting) -> str:
    """One line of the preview, as data."""
    if setting.before:
        return f"{setting.key}: {setting.before} → {setting.value}"
    return f"{setting.key}: {setting.value}"


def done_sentence(kit: Kit, row: ProgramRow) -> str:
    """What was done for a program."""
    words = kit.words
    if row.applied is None:
        return ""
    plan = row.applied.plan
    match plan.how:
        case How.CHANGE:
            if plan.repairs:
                return words.text("Corrected.")
            if plan.steps:
                return words.text("Prepared. A few steps there are left for you.")
            if plan.profile is None or not plan.profile.accounts:
                return words.text("Account added.")
            return words.plural(
                "Account added. {count} other account untouched.",
                "Account added. {count} other accounts untouched.",
                len(plan.profile.accounts),
            )
        case How.FILES:
            written = row.applied.written
            if not written:
                return words.text("Ready.")
            return words.text("Ready in {folder}", folder=str(written[0].parent))
        case How.STEPS:
            return words.text("You followed the steps.")
        case _:
            assert_never(plan.how)


def undone_sentence(kit: Kit, row: ProgramRow) -> str:
    """What the undo left."""
    kept = row.undone.kept if row.undone is not None else ()
    if not kept:
        return kit.words.text("Taken back. Everything is as it was.")
    return kit.words.plural(
        "Taken back, but for {count} value that was changed since: {list}",
        "Taken back, but for {count} values that were changed since: {list}",
        len(kept),
        list=", ".join(setting.key for setting in kept),
    )
