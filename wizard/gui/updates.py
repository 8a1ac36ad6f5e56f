"""About this program, and the question whether there is a newer version.

Nothing is asked before the person asks, and nothing is downloaded: the answer may name a page,
shown whole, which opens only by its button.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QWidget

from wizard import __version__
from wizard.gui.bridge import Bridge
from wizard.gui.widgets import Kit
from wizard.gui.widgets.buttons import Button, Kind
from wizard.gui.widgets.layouts import column, flow
from wizard.gui.widgets.text import Text, TextType
from wizard.messages.updates import update_text
from wizard.model.update import Newer, UpdateAnswer

if TYPE_CHECKING:
    from wizard.gui.bridge import Emit

Ask = Callable[[], Awaitable[UpdateAnswer]]
_WIDTH = 600


class UpdateDialog(QDialog):
    """Which version this is; asks for a newer one when told to."""

    def __init__(self, kit: Kit, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        words = kit.words
        self._kit = kit
        self._ask = ask
        self._page = ""
        self.bridge = Bridge(self)
        self.bridge.delivered.connect(self._show)
        self.setWindowTitle(words.text("Mail Setup"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.outcome = Text("")
        self.link = Text("", TextType.SOFT)
        self.link.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.ask_button = Button(kit, words.text("Is there a newer version?"), Kind.PRIMARY)
        self.open_button = Button(kit, words.text("Open this page"), icon="external")
        self.close_button = Button(kit, words.text("Close"))
        self.ask_button.clicked.connect(self._start)
        self.open_button.clicked.connect(self._open)
        self.close_button.clicked.connect(self.reject)
        layout = column(kit.px(12), self)
        layout.setContentsMargins(kit.px(24), kit.px(24), kit.px(24), kit.px(24))
        heading = words.text("Mail Setup, version {version}", version=__version__)
        layout.addWidget(Text(heading, TextType.HEADING))
        layout.addWidget(
            Text(
                words.text(
                    "This program never looks for newer versions by itself. If you ask, the place "
                    "where they are announced sees the internet address of this computer, and "
                    "nothing else about you."
                )
            )
        )
        layout.addWidget(self.outcome)
        layout.addWidget(self.link)
        layout.addStretch(1)
        layout.addWidget(flow(kit.px(12), self.ask_button, self.open_button, self.close_button))
        for widget in (self.outcome, self.link, self.open_button):
            widget.hide()
        self._fit()

    def done(self, result: int) -> None:
        """Whoever closes the dialog has no more questions."""
        self.bridge.leave()
        super().done(result)

    def _start(self) -> None:
        async def work(emit: Emit) -> None:
            emit(await self._ask())

        self.ask_button.setEnabled(False)
        self._say(self._kit.words.text("Asking…"))
        self.bridge.start("newer", work)

    @Slot(object)
    def _show(self, answer: UpdateAnswer) -> None:
        self.ask_button.setEnabled(True)
        self._say(update_text(self._kit.words, answer, __version__))
        self._page = answer.page if isinstance(answer, Newer) else ""
        self.link.setText(self._page)
        self.link.setVisible(bool(self._page))
        self.open_button.setVisible(bool(self._page))
        self._fit()

    def _say(self, text: str) -> None:
        self.outcome.setText(text)
        self.outcome.setAccessibleName(text)
        self.outcome.show()
        self._fit()

    def _fit(self) -> None:
        """High enough for its sentences at this width; Qt asks wrapped text for that too late."""
        layout = self.layout()
        assert layout is not None
        width = self._kit.px(_WIDTH)
        layout.activate()
        self.resize(width, max(self.height(), layout.totalHeightForWidth(width)))

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl(self._page))
