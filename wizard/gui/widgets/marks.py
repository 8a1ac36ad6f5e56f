"""State marks. A state never shows by colour alone: each has its shape and its word."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel, QSizePolicy

from wizard.model import N_

if TYPE_CHECKING:
    from wizard.gui.tokens import Tokens
    from wizard.gui.widgets.kit import Kit


class Mark(Enum):
    """(icon, word for screen readers)."""

    DONE = ("mark-done", N_("done"))
    NOW = ("mark-now", N_("in progress"))
    WAITING = ("mark-waiting", N_("not yet"))
    NOTHING = ("mark-nothing", N_("nothing here"))
    BAD = ("mark-bad", N_("did not work"))
    ATTENTION = ("mark-attention", N_("needs your attention"))

    @property
    def icon(self) -> str:
        """File name of the SVG."""
        return self.value[0]

    @property
    def word(self) -> str:
        """English msgid."""
        return self.value[1]

    def color(self, tokens: Tokens) -> str:
        """The colour that goes with the shape."""
        match self:
            case Mark.DONE:
                return tokens.good
            case Mark.NOW:
                return tokens.accent
            case Mark.WAITING:
                return tokens.outline
            case Mark.NOTHING:
                return tokens.soft
            case Mark.BAD:
                return tokens.bad
            case Mark.ATTENTION:
                return tokens.caution


class StateMark(QLabel):
    """A mark of `size` pixels at 100 %."""

    def __init__(self, kit: Kit, mark: Mark = Mark.WAITING, size: int = 20) -> None:
        super().__init__()
        self._kit = kit
        self._size = kit.px(size)
        self.mark = mark
        self.setFixedSize(self._size, self._size)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        kit.theme.recolored.connect(self._draw)
        self._draw()

    def show_mark(self, mark: Mark) -> None:
        """Another state."""
        if mark is not self.mark:
            self.mark = mark
            self._draw()

    def _draw(self) -> None:
        tokens = self._kit.theme.tokens
        self.setPixmap(
            self._kit.theme.pixmap(
                self.mark.icon,
                self.mark.color(tokens),
                self._size,
                ratio=self.devicePixelRatioF(),
            )
        )
        self.setAccessibleName(self._kit.words.text(self.mark.word))


class Glyph(QLabel):
    """A picture that only repeats what the words beside it say."""

    def __init__(self, kit: Kit, name: str, size: int = 22) -> None:
        super().__init__()
        self._kit = kit
        self._name = name
        self._size = kit.px(size)
        self.setFixedSize(self._size, self._size)
        kit.theme.recolored.connect(self._draw)
        self._draw()

    def _draw(self) -> None:
        theme = self._kit.theme
        self.setPixmap(
            theme.pixmap(self._name, theme.tokens.soft, self._size, ratio=self.devicePixelRatioF())
        )
