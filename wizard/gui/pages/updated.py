"""The end of *My password changed*: what has the new password now, and what will ask for it."""

from __future__ import annotations

from wizard.flow import State
from wizard.flow import events as ev
from wizard.gui.pages.common import wording
from wizard.gui.shell import Chrome, NavAction, Outside, PageView
from wizard.gui.widgets import Card, Kit, Mark, Row, Text, TextType, clear
from wizard.model import PasswordUse, ProblemKind


class UpdatedPage(PageView):
    """One row per place the password is kept in."""

    def __init__(self, kit: Kit, outside: Outside) -> None:
        super().__init__(kit, outside)
        words = kit.words
        self.card = Card(kit, spacing=14)
        self.body.addWidget(self.card)
        self.hint = Card(kit, spacing=8)
        self.hint.body.addWidget(Text(words.text("Your other devices"), TextType.STRONG))
        self.hint.body.addWidget(
            Text(
                words.text(
                    "Phones, tablets and other computers still have the old password. Type the "
                    "new one there soon: a provider that sees many wrong passwords may block your "
                    "whole network for a while."
                )
            )
        )
        self.hint.body.addWidget(
            Text(
                words.text(
                    "After a change it can take a few minutes until all servers of a provider "
                    "know the new password."
                ),
                TextType.SMALL,
            )
        )
        self.body.addWidget(self.hint)

    def render(self, state: State) -> None:  # type: ignore[override]
        """See `PageView.render`."""
        kit, words = self.kit, self.kit.words
        clear(self.card.body)
        if state.uses is None:
            self.card.body.addWidget(Row(kit, words.text("Looking at your programs…"), Mark.NOW))
            return
        if state.tested_at is not None:
            self.card.body.addWidget(self._keychain(state))
        for use in state.uses:
            self.card.body.addWidget(self._row(use, state))
        if not state.uses:
            self.card.body.addWidget(
                Row(
                    kit,
                    words.text("Mail programs"),
                    Mark.NOTHING,
                    words.text(
                        "None on this computer holds this address. A program elsewhere asks for "
                        "the new password the next time it connects."
                    ),
                )
            )

    def chrome(self, state: State) -> Chrome:
        """See `PageView.chrome`."""
        words = self.kit.words
        waiting = state.uses is None
        title = words.text("Your new password works")
        lead = words.text("This is what became of it on this computer.")
        if state.tested_at is None:
            title = words.text("Sign in again")
            lead = words.text("Your mail programs open your provider's own sign-in page.")
        is_open = any(
            use.problem is not None and use.problem.kind is ProblemKind.PROGRAM_RUNNING
            for use in state.uses or ()
        )
        again = NavAction(words.text("It is closed now"), lambda: self.send(ev.Retried()))
        done = NavAction(words.text("Done"), self.finished.emit)
        start = NavAction(words.text("Back to the start"), lambda: self.send(ev.StartedOver()))
        return Chrome(
            title=title,
            lead=lead,
            primary=None if waiting else again if is_open else done,
            plain=None if waiting else done if is_open else start,
            left=self.stop() if waiting and state.busy else self.back(state),
            focus_key=(state.page, waiting),
        )

    def _keychain(self, state: State) -> Row:
        kit, words = self.kit, self.kit.words
        name = words.text("This computer's keychain")
        if state.keychain_problem is not None:
            told = wording(kit, state.keychain_problem, state.provider)
            return Row(kit, name, Mark.ATTENTION, f"{told.title} {told.explanation}")
        if not state.keep_password:
            return Row(kit, name, Mark.NOTHING, words.text("You chose not to keep it there."))
        return Row(kit, name, Mark.DONE, words.text("has the new password"))

    def _row(self, use: PasswordUse, state: State) -> Row:
        if use.problem is not None:
            told = wording(self.kit, use.problem, state.provider)
            text = f"{told.title} {told.explanation}"
            if use.problem.kind is ProblemKind.PROGRAM_RUNNING:
                # Either it is closed and asked again, or it is done in there by hand.
                text = f"{text} {use.note}"
            return Row(self.kit, use.name, Mark.ATTENTION, text)
        return Row(self.kit, use.name, Mark.DONE if use.updated else Mark.NOTHING, use.note)
