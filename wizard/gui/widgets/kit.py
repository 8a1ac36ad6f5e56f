"""`Kit`: the look and the language every widget is made with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.gui.theme import Theme
    from wizard.messages import Messages
    from wizard.model import Brand


class Kit:
    """Handed to each widget first. A new language or text size means a new window."""

    __slots__ = ("brand", "theme", "words")

    def __init__(self, theme: Theme, words: Messages, brand: Brand | None = None) -> None:
        self.theme = theme
        self.words = words
        self.brand = brand

    def px(self, at_100_percent: float) -> int:
        """Pixels at the current text size."""
        return self.theme.px(at_100_percent)
