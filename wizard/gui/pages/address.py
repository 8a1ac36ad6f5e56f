"""Page 1: name and address, feedback while typing, a way back in for those who return."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from wizard.flow import Journey, State
from wizard.flow.later import ev
from wizard.gui.shell import Chrome, NavAction, PageView
from wizard.gui.widgets import (
    Button,
    Card,
    Field,
    Group,
    Kind,
    ProblemCard,
    Text,
    TextType,
    clear,
    column,
    flow,
)
from wizard.model.words import N_

if TYPE_CHECKING:
    from wizard.flow import Kept
    from wizard.gui.pages.common import Remedy
    from wizard.gui.shell import Outside
    from wizard.gui.widgets import (
        Kit,
    )
    from wizard.model import Brand

RETURNING: tuple[tuple[Journey, str], ...] = (
    (Journey.PASSWORD, N_("My password changed")),
    (Journey.MOVE, N_("My address or domain changed")),
    (Journey.DIAGNOSE, N_("Something doesn't work")),
    (Journey.REMOVE, N_("Remove what the wizard set up earlier")),
)
"""The entries for those who come back."""


class AddressPage(PageView):
    """Nothing leaves the computer while the person types."""

    def __init__(self, kit: Kit, outside: Outside) -> None:
        super().__init__(kit, outside)
        words = kit.words
        self.name = Field(
            kit,
            words.text("Your name"),
            words.text("People you write to see this name."),
        )
        self.address = Field(
            kit,
            words.text("Your e-mail address"),
            example=words.text("anna@example.com"),
            literal=True,
        )
        self.cut_off = Group(kit.px(12))
        self.cut_off.hide()
        self.body.addWidget(self.cut_off)
        self._kept: Kept | None = None
        self.body.addWidget(self.name)
        under = column(kit.px(6))
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
        self.body.addWidget(
            Text(
                words.text("Nothing is changed on this computer until you say so."), TextType.SMALL
            )
        )
        if kit.brand is not None:
            self.body.addWidget(Text(self._prepared_by(kit.brand), TextType.SMALL))
        self.body.addSpacing(kit.px(8))
        self.returning: dict[Journey, Button] = {}
        for journey, words_of_it in RETURNING:
            entry = Button(kit, words.text(words_of_it), Kind.SMALL_LINK)
            entry.clicked.connect(partial(self._return_to, journey))
            self.returning[journey] = entry
        coming_back = column(0)
        coming_back.addWidget(Text(words.text("Already set up?"), TextType.SMALL_STRONG))
        coming_back.addSpacing(kit.px(2))
        for entry in self.returning.values():
            coming_back.addWidget(flow(0, entry))
        self.body.addLayout(coming_back)
        for field in (self.name, self.address):
            field.edited.connect(self._edited)
        self._suggested = ""
        self._remedy: Remedy | None = None
        self._state = State()

    def render(self, state: State) -> None:  # type: ignore[override]
        """See `PageView.render`."""
        self._state = state
        words = self.kit.words
        self._show_cut_off(state)
        self.name.show_text(state.name)
        self.address.show_text(state.text)
        self.address.show_problem(
            words.address_fault(state.fault) if state.fault is not None else ""
        )
        self.address.show_help(self._about_domain(state.text))
        self._suggested = state.suggestion
        if state.suggestion:
            self.suggestion.setText(
                words.text("Did you mean {address}?", address=self._corrected(state.suggestion))
            )
        self._suggestion_row.setVisible(bool(state.suggestion))
        self._show_problem(state)
        # Nothing of ours here to remove, as far as is known: one entry less to read.
        nothing = state.known is not None and not any(item.ours for item in state.known)
        self.returning[Journey.REMOVE].setVisible(not nothing)

    def chrome(self, state: State) -> Chrome:
        """See `PageView.chrome`."""
        words = self.kit.words
        focus = self.name.edit if not state.name else self.address.edit
        plain = None
        if state.fault is not None:
            focus = self.address.edit
        elif state.problem is not None and state.address is not None:
            plain = NavAction(
                words.text("Enter the settings myself"), lambda: self.send(ev.ManualRequested())
            )
        return Chrome(
            title=words.text("Set up your e-mail"),
            # Who comes back knows what this is, and has a line more to read.
            lead=""
            if state.kept is not None
            else words.text(
                "We find the right settings for you and put them into the programs you use."
            ),
            primary=NavAction(words.text("Find my settings"), self._submit),
            plain=plain,
            focus=self.problem if state.problem is not None else focus,
            focus_key=(state.page, state.problem, state.fault),
            spoken=self.problem.title.text() if state.problem is not None else "",
        )

    def _show_problem(self, state: State) -> None:
        if state.problem is None and self._remedy is None:
            return
        from wizard.gui.pages.common import show_problem  # few ever need it here

        self._remedy = show_problem(self.kit, self.problem, state)

    # -- what was cut off -------------------------------------------------------------------

    def _show_cut_off(self, state: State) -> None:
        """A journey that a crash cut off."""
        if state.kept == self._kept:
            return
        self._kept = state.kept
        clear(self.cut_off.body)
        self.cut_off.setVisible(state.kept is not None)
        if state.kept is not None:
            card = self._kept_card(state.kept)
            self.cut_off.body.addWidget(card)
            self.announced.emit(card.accessibleName())

    def _kept_card(self, kept: Kept) -> Card:
        kit, words = self.kit, self.kit.words
        title = words.text("You were setting up {address}", address=kept.address.shown)
        carry_on = Button(kit, words.text("Carry on"), Kind.LINK)
        carry_on.clicked.connect(lambda: self.send(ev.CarriedOn()))
        afresh = Button(kit, words.text("Start afresh"), Kind.LINK)
        afresh.clicked.connect(lambda: self.send(ev.KeptDropped()))
        named = Group(0)
        named.body.setContentsMargins(0, kit.px(4), kit.px(14), kit.px(4))  # as high as the links
        named.body.addWidget(Text(title, TextType.STRONG))
        card = Card(kit)
        card.setAccessibleName(title)
        # One line where there is room: the fields below stay in sight.
        card.body.setContentsMargins(*(kit.px(side) for side in (16, 8, 16, 8)))
        card.body.addWidget(flow(kit.px(2), named, flow(kit.px(16), carry_on, afresh)))
        return card

    # -- acting -----------------------------------------------------------------------------

    def _edited(self) -> None:
        self.name.show_problem("")
        self.send(ev.AddressEdited(self.name.text, self.address.text))

    def _submit(self) -> None:
        if not self.name.text.strip():
            self.name.show_problem(
                self.kit.words.text("Please type your name as others should see it.")
            )
            self.wants_focus.emit(self.name.edit)
            return
        self.send(ev.AddressSubmitted(self.name.text, self.address.text))

    def _prepared_by(self, brand: Brand) -> str:
        """Whose settings are used first is said before an address is typed."""
        words = self.kit.words
        prepared = words.text(
            "Prepared by {provider}: its settings are used first.", provider=brand.name
        )
        own = brand.text(words.language)
        return f"{prepared} {own}" if own else prepared

    def _return_to(self, journey: Journey) -> None:
        self.send(ev.JourneyChosen(journey))

    def _corrected(self, domain: str) -> str:
        return f"{self.address.text.rpartition('@')[0]}@{domain}"

    def _take_suggestion(self) -> None:
        corrected = self._corrected(self._suggested)
        self.wants_focus.emit(self.address.edit)
        self.send(ev.AddressEdited(self.name.text, corrected))

    def _act(self) -> None:
        from wizard.messages import Action

        assert self._remedy is not None
        self._remedy.run(self._state, self.send, {Action.EDIT_ADDRESS: self._look_again})

    def _look_again(self) -> None:
        self.wants_focus.emit(self.address.edit)
        self.address.edit.selectAll()

    def _about_domain(self, text: str) -> str:
        """International names are shown in both forms, so that look-alikes are seen."""
        if not text:
            return ""
        from wizard.model import EmailAddress, parse_address, shown_domain

        parsed = parse_address(text)
        if not isinstance(parsed, EmailAddress) or "xn--" not in parsed.domain:
            return ""
        shown = shown_domain(parsed.domain)
        words = self.kit.words
        if "(" in shown:
            return words.text(
                "Look closely: this name mixes alphabets. In plain letters it is {domain}.",
                domain=parsed.domain,
            )
        return words.text("In plain letters, as computers see it: {domain}", domain=parsed.domain)
