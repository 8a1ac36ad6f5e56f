"""What is shown when this program itself went wrong: the report, before anything is saved.

It is read-only text without passwords. Whether it is saved or copied is for the person to say;
nothing leaves the computer by itself.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QFileDialog, QPlainTextEdit, QWidget

from wizard.gui.widgets import Kit
from wizard.gui.widgets.buttons import Button, Kind
from wizard.gui.widgets.layouts import column, flow
from wizard.gui.widgets.text import Text, TextType

_WIDTH, _HEIGHT = 640, 460


class CrashDialog(QDialog):
    """The report to read, and what one can do with it."""

    def __init__(self, kit: Kit, report: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        words = kit.words
        self._kit = kit
        self._report = report
        self.setWindowTitle(words.text("Mail Setup"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.text = QPlainTextEdit(report)
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName(words.text("The report"))
        self.save_button = Button(kit, words.text("Save the report…"))
        self.copy_button = Button(kit, words.text("Copy the report"))
        self.go_on = Button(kit, words.text("Go on"), Kind.PRIMARY)
        self.outcome = Text("", TextType.SMALL)
        self.save_button.clicked.connect(self._save)
        self.copy_button.clicked.connect(self._copy)
        self.go_on.clicked.connect(self.accept)
        layout = column(kit.px(12), self)
        layout.setContentsMargins(kit.px(24), kit.px(24), kit.px(24), kit.px(24))
        heading = words.text("Something in this program went wrong.")
        layout.addWidget(Text(heading, TextType.HEADING))
        layout.addWidget(
            Text(words.text("It is our mistake, not yours. You can go on or start again."))
        )
        layout.addWidget(
            Text(
                words.text(
                    "This is what we know about it, without passwords. It is saved or sent only "
                    "if you do it."
                ),
                TextType.SOFT,
            )
        )
        layout.addWidget(self.text, 1)
        layout.addWidget(self.outcome)
        layout.addWidget(flow(kit.px(12), self.save_button, self.copy_button, self.go_on))
        self.resize(kit.px(_WIDTH), kit.px(_HEIGHT))

    def _save(self) -> None:
        words = self._kit.words
        proposal = Path.home() / f"mail-setup-report-{datetime.now():%Y-%m-%d}.txt"
        name, _ = QFileDialog.getSaveFileName(
            self, words.text("Save the report"), str(proposal), words.text("Text (*.txt)")
        )
        if name:
            self.save_to(Path(name))

    def save_to(self, path: Path) -> None:
        """Writes the report for its owner only, and says where it is."""
        words = self._kit.words
        try:
            path.touch(mode=0o600)
            path.write_text(self._report, encoding="utf-8")
        except OSError:
            self.outcome.setText(words.text("It could not be saved there. Choose another folder."))
        else:
            self.outcome.setText(words.text("Saved: {path}", path=str(path)))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._report)
        self.outcome.setText(self._kit.words.text("Copied."))
