"""Which address is it about? The first page of the journeys of those who come back."""

from __future__ import annotations

from functools import partial

from wizard.flow import Journey, State
from wizard.flow import events as ev
from wizard.gui.pages.common import Remedy, client_name, show_problem
from wizard.gui.shell import Chrome, NavAction, Outside, PageView
from wizard.gui.widgets import (
    Button,
    Card,
    Field,
    Group,
    Kind,
    Kit,
    ProblemCard,
    Text,
    TextType,
    clear,
    column,
    flow,
    line,
)
from wizard.messages import Action
from wizard.model import KnownAccount


class AccountPage(PageView):
    """Known addresses are a click away; any other can be typed."""

    def __init__(self, kit: Kit, outside: Outside) -> None:
        super().__init__(kit, outside)
        words = kit.words
        self._known_box = Group(kit.px(8))
        self.body.addWidget(self._known_box)
        self.old = Field(
            kit,
            words.text("Your address until now"),
            example=words.text("anna@example.com"),
            literal=True,
        )
        self.body.addWidget(self.old)
        under = column(kit.px(6))
        self.address = Field(
            kit,
            words.text("Your e-mail address"),
            example=words.text("anna@example.com"),
            literal=True,
        )
        under.addWidget(self.address)
        self.suggestion = Button(kit, "", Kind.LINK)
        self.suggestion.clicked.connect(self._take_suggestion)
        self._suggestion_row = flow(0, self.suggestion)
        under.addWidget(self._suggestion_row)
        self.body.addLayout(under)
        self.problem = ProblemCard(kit)
        self.problem.acted.connect(self._act)
        self.problem.doubted.connect(lambda: self.send(ev.DiagnosisRequested()))
        self.body.addWidget(self.problem)
        self.promise = Text("", TextType.SMALL)
        self.body.addWidget(self.promise)
        self._known: tuple[KnownAccount, ...] = ()
        self._journey: Journey | None = None
        self._suggested = ""
        self._remedy = Remedy()
        self._state = State()

    def render(self, state: State) -> None:  # type: ignore[override]
        """See `PageView.render`."""
        words = self.kit.words
        moving = state.journey is Journey.MOVE
        if state.journey is not self._journey or state.text != self._state.text:
            self.address.show_text(state.text)
        if state.journey is not self._journey or state.old_text != self._state.old_text:
            self.old.show_text(state.old_text)
        self._state, self._journey = state, state.journey
        self.old.setVisible(moving)
        label, example = words.text("Your e-mail address"), words.text("anna@example.com")
        if moving:
            label = words.text("Your new address")
        elif state.journey is Journey.PUBLISH:
            label, example = words.text("Your domain"), words.text("example.com")
        self.address.label.setText(label)
        self.address.edit.setPlaceholderText(example)
        self.promise.setText(
            words.text("Nothing is changed, neither here nor at the domain.")
            if state.journey is Journey.PUBLISH
            else words.text("Nothing is changed on this computer until you say so.")
        )
        self.address.edit.setAccessibleName(label)
        fault = ""
        if state.fault is not None:
            fault = words.address_fault(state.fault)
            if state.journey is Journey.PUBLISH and "@" not in state.text:
                fault = words.text("This is not the name of a domain yet, such as example.com.")
        elif state.same_address:
            fault = words.text("This is the address you had. Please type the new one.")
        self.address.show_problem(fault)
        self.old.show_problem(words.address_fault(state.old_fault) if state.old_fault else "")
        self._suggested = state.suggestion
        if state.suggestion:
            self.suggestion.setText(
                words.text(
                    "Did you mean {address}?",
                    address=self._corrected(state.suggestion),
                )
            )
        self._suggestion_row.setVisible(bool(state.suggestion))
        self._show_known(state)
        self._remedy = show_problem(self.kit, self.problem, state)

    def chrome(self, state: State) -> Chrome:
        """See `PageView.chrome`."""
        words = self.kit.words
        title, lead, button = {
            Journey.PASSWORD: (
                words.text("Your password changed"),
                words.text("We test the new one and give it to what used the old one here."),
                words.text("Continue"),
            ),
            Journey.MOVE: (
                words.text("Your address or domain changed"),
                words.text(
                    "The same mailbox under a new address: your programs learn the new one and "
                    "keep their messages and folders."
                ),
                words.text("Find the new settings"),
            ),
            Journey.PUBLISH: (
                words.text("Publish the mail settings of a domain"),
                words.text(
                    "For whoever looks after a domain: what to put on its website and into its "
                    "DNS, so that mail programs set up its addresses by themselves."
                ),
                words.text("Continue"),
            ),
        }.get(
            state.journey,
            (
                words.text("Something doesn't work"),
                words.text(
                    "Tell us the address; then we look for the cause. Your servers and a few "
                    "well-known hosts are asked whether they can be reached from here."
                ),
                words.text("Find out what is wrong"),
            ),
        )
        focus = self.address.edit
        if state.journey is Journey.MOVE and (state.old_fault or not self.old.text):
            focus = self.old.edit
        plain = None
        if state.problem is not None:
            plain = NavAction(
                words.text("Enter the settings myself"), lambda: self.send(ev.ManualRequested())
            )
        return Chrome(
            title=title,
            lead=lead,
            primary=NavAction(button, self._submit),
            plain=plain,
            left=self.back(state),
            focus=self.problem if state.problem is not None else focus,
            focus_key=(
                state.page,
                state.journey,
                state.problem,
                state.fault,
                state.old_fault,
                state.same_address,
            ),
            spoken=self.problem.title.text() if state.problem is not None else "",
        )

    def _show_known(self, state: State) -> None:
        known = () if state.journey is Journey.PUBLISH else state.known or ()
        self._known_box.setVisible(bool(known))
        if known == self._known:
            return
        self._known = known
        clear(self._known_box.body)
        words = self.kit.words
        self._known_box.body.addWidget(
            Text(words.text("Addresses on this computer"), TextType.STRONG)
        )
        card = Card(self.kit, spacing=10)
        for item in known:
            shown = item.address.shown
            programs = ", ".join(client_name(self.kit, state, name) for name in item.programs)
            row = line(self.kit.px(14))
            texts = column(self.kit.px(2))
            texts.addWidget(Text(shown, TextType.STRONG))
            if programs:
                texts.addWidget(Text(programs, TextType.SMALL))
            row.addLayout(texts, 1)
            pick = Button(self.kit, words.text("Take this one"), Kind.LINK)
            pick.setAccessibleName(words.text("Take {address}", address=shown))
            pick.clicked.connect(partial(self._pick, item))
            row.addWidget(pick)
            card.body.addLayout(row)
        self._known_box.body.addWidget(card)

    def _pick(self, item: KnownAccount) -> None:
        if self._journey is Journey.MOVE:
            self.old.edit.setText(str(item.address))
            self.wants_focus.emit(self.address.edit)
        else:
            self.address.edit.setText(str(item.address))
            self.wants_focus.emit(self.address.edit)

    def _submit(self) -> None:
        old = self.old.text if self._journey is Journey.MOVE else ""
        self.send(ev.AccountChosen(self.address.text, old))

    def _take_suggestion(self) -> None:
        self.address.edit.setText(self._corrected(self._suggested))
        self.wants_focus.emit(self.address.edit)

    def _corrected(self, domain: str) -> str:
        local, at, _ = self.address.text.rpartition("@")
        return f"{local}{at}{domain}"

    def _act(self) -> None:
        self._remedy.run(self._state, self.send, {Action.EDIT_ADDRESS: self._look_again})

    def _look_again(self) -> None:
        self.wants_focus.emit(self.address.edit)
        self.address.edit.selectAll()
