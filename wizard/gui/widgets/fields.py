"""Fields: label above, help below, the problem under the field it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from wizard.gui.theme import CONTROL_HEIGHT
from wizard.gui.widgets.buttons import Button, Kind
from wizard.gui.widgets.layouts import column, line
from wizard.gui.widgets.marks import Mark, StateMark
from wizard.gui.widgets.text import Text, TextType

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from wizard.gui.widgets.kit import Kit


class Labelled(QWidget):
    """What a field with a label has in common: help and problem underneath."""

    def __init__(self, kit: Kit, label: str, control: QWidget, help_text: str = "") -> None:
        super().__init__()
        self.kit = kit
        self.control = control
        self._help_text = help_text
        layout = column(kit.px(6), self)
        self.label = Text(label, TextType.STRONG)
        self.label.setBuddy(control)
        layout.addWidget(self.label)
        layout.addWidget(control)
        self.problem = Text("", TextType.PROBLEM)
        self._problem_row = QWidget()
        row = line(kit.px(6), self._problem_row)
        row.addWidget(StateMark(kit, Mark.BAD, 16), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.problem, 1)
        self._problem_row.hide()
        layout.addWidget(self._problem_row)
        self.help = Text(help_text, TextType.SMALL)
        if not help_text:
            self.help.hide()
        layout.addWidget(self.help)
        control.setAccessibleName(label)
        self._describe()

    def show_help(self, text: str) -> None:
        """Another sentence of help."""
        self._help_text = text
        self.help.setText(text)
        self.help.setVisible(bool(text))
        self._describe()

    def show_problem(self, text: str) -> None:
        """What is not right yet; empty takes it away."""
        self.problem.setText(text)
        self._problem_row.setVisible(bool(text))
        if bool(self.control.property("problem")) is not bool(text):
            self.control.setProperty("problem", bool(text))
            self.control.style().polish(self.control)
        self._describe()

    def _describe(self) -> None:
        said = " ".join(part for part in (self.problem.text(), self._help_text) if part)
        self.control.setAccessibleDescription(said)


class Field(Labelled):
    """One line of text. Signal: `edited` with the new text, only for what the person typed."""

    edited = Signal(str)
    submitted = Signal()

    def __init__(
        self, kit: Kit, label: str, help_text: str = "", *, example: str = "", literal: bool = False
    ) -> None:
        """`literal`: addresses, host names, ports: always left to right, no guessing of words."""
        edit = QLineEdit()
        super().__init__(kit, label, edit, help_text)
        self.edit = edit
        self.edit.setMinimumHeight(kit.px(CONTROL_HEIGHT + 2))
        self.edit.setPlaceholderText(example)
        self.edit.textEdited.connect(self.edited)
        self.edit.returnPressed.connect(self.submitted)
        if literal:
            self.edit.setInputMethodHints(
                Qt.InputMethodHint.ImhNoAutoUppercase | Qt.InputMethodHint.ImhNoPredictiveText
            )
            self.edit.setLayoutDirection(Qt.LayoutDirection.LeftToRight)

    @property
    def text(self) -> str:
        """What stands in the field."""
        return self.edit.text()

    def show_text(self, text: str) -> None:
        """Puts text in without moving the cursor of somebody who is typing just that."""
        if text != self.edit.text():
            self.edit.setText(text)


class PasswordField(Field):
    """A password: hidden, with an eye to look at it and a word about Caps Lock."""

    def __init__(self, kit: Kit, label: str) -> None:
        super().__init__(kit, label, literal=True)
        self.edit.setEchoMode(QLineEdit.EchoMode.Password)
        self.edit.setInputMethodHints(
            Qt.InputMethodHint.ImhHiddenText
            | Qt.InputMethodHint.ImhSensitiveData
            | Qt.InputMethodHint.ImhNoAutoUppercase
            | Qt.InputMethodHint.ImhNoPredictiveText
        )
        # A button of its own, not a QAction of the field: those cannot be reached by keyboard.
        self.eye = Button(kit, "", Kind.LINK, icon="eye")
        self.eye.setCheckable(True)
        self.eye.toggled.connect(self._show)
        inside = line(0, self.edit)
        inside.setContentsMargins(0, 0, kit.px(8), 0)
        inside.addStretch(1)
        inside.addWidget(self.eye)
        self.edit.setTextMargins(0, 0, kit.px(28), 0)
        self.edit.installEventFilter(self)
        self._name_eye()

    def forget(self) -> None:
        """Empties the field, its undo history too."""
        self.edit.clear()
        self.eye.setChecked(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Caps Lock: a capital letter without Shift, or the other way round, gives it away."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            letter = event.text()
            if letter.isalpha():
                shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
                locked = letter.isupper() != shifted and letter.lower() != letter.upper()
                self.show_help(self.kit.words.text("Caps Lock seems to be on.") if locked else "")
        return False

    def _show(self, visible: bool) -> None:
        mode = QLineEdit.EchoMode.Normal if visible else QLineEdit.EchoMode.Password
        self.edit.setEchoMode(mode)
        self._name_eye()

    def _name_eye(self) -> None:
        visible = self.eye.isChecked()
        words = self.kit.words
        name = words.text("Hide the password") if visible else words.text("Show the password")
        self.eye.setAccessibleName(name)
        self.eye.setToolTip(name)
        self.eye.icon_name = "eye-off" if visible else "eye"
        self.eye.update()
