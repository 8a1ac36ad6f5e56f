"""Cards and the rows in them. No boxes inside boxes."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from wizard.gui.theme import CARD_PADDING, CARD_RADIUS
from wizard.gui.widgets.buttons import Button, CopyButton, Kind
from wizard.gui.widgets.layouts import column, flow, line
from wizard.gui.widgets.marks import Mark, StateMark
from wizard.gui.widgets.text import Text, TextType

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QBoxLayout

    from wizard.gui.tokens import Tokens
    from wizard.gui.widgets.kit import Kit


class Tone(Enum):
    """What a card is about. The mark and the words say it too."""

    PLAIN = "plain"
    GOOD = "good"
    CAUTION = "caution"
    BAD = "bad"

    def colors(self, tokens: Tokens) -> tuple[str, str]:
        """(ground, border)."""
        match self:
            case Tone.PLAIN:
                return tokens.card, tokens.line
            case Tone.GOOD:
                # In high contrast the ground is the window's: there it needs its edge.
                seen = tokens.good_paper != tokens.background
                return tokens.good_paper, tokens.good_paper if seen else tokens.good
            case Tone.CAUTION:
                return tokens.caution_paper, tokens.caution
            case Tone.BAD:
                return tokens.bad_paper, tokens.bad


class Card(QFrame):
    """A calm rounded ground. Fill it through `body`."""

    def __init__(self, kit: Kit, tone: Tone = Tone.PLAIN, spacing: int = 12) -> None:
        super().__init__()
        self.kit = kit
        self.tone = tone
        padding = kit.px(CARD_PADDING)
        self.body = column(kit.px(spacing), self)
        self.body.setContentsMargins(padding + kit.px(2), padding, padding + kit.px(2), padding)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        kit.theme.recolored.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        ground, border = self.tone.colors(self.kit.theme.tokens)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(border), 1))
        painter.setBrush(QColor(ground))
        radius = self.kit.px(CARD_RADIUS)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.end()


class Row(QWidget):
    """Something that happens: mark, what, in small what it says, the time at the far edge."""

    def __init__(self, kit: Kit, title: str, mark: Mark = Mark.WAITING, detail: str = "") -> None:
        super().__init__()
        self.kit = kit
        layout = line(kit.px(14), self)
        self.mark = StateMark(kit, mark)
        layout.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        layout.setAlignment(self.mark, Qt.AlignmentFlag.AlignTop)
        self.texts = column(kit.px(2))
        self.title = Text(title, TextType.STRONG)
        self.detail = Text(detail, TextType.SMALL)
        # Only ever hide before there is a parent: showing would open a window.
        if not detail:
            self.detail.hide()
        self.texts.addWidget(self.title)
        self.texts.addWidget(self.detail)
        layout.addLayout(self.texts, 1)
        self.time = Text("", TextType.SMALL, trailing=True)
        self.time.hide()
        layout.addWidget(self.time, 0, Qt.AlignmentFlag.AlignTop)
        self._describe()

    def show_state(self, mark: Mark, detail: str, time: str = "") -> None:
        """How it stands now."""
        self.mark.show_mark(mark)
        self.detail.setText(detail)
        self.detail.setVisible(bool(detail))
        self.time.setText(time)
        self.time.setVisible(bool(time))
        self._describe()

    def _describe(self) -> None:
        word = self.kit.words.text(self.mark.mark.word)
        parts = (self.title.text(), word, self.detail.text(), self.time.text())
        self.setAccessibleName(", ".join(part for part in parts if part))


class Facts(QWidget):
    """Pairs of name and value: beside each other, or one above the other where it is narrow."""

    copied = Signal(str)

    def __init__(self, kit: Kit) -> None:
        from PySide6.QtWidgets import QFormLayout  # the first page has none

        super().__init__()
        self.kit = kit
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(kit.px(20))
        self._form.setVerticalSpacing(kit.px(10))
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignTop)

    def add(self, name: str, value: str, note: str = "", *, copy: str = "") -> None:
        """`copy`: what the Copy button copies; empty for none."""
        kit = self.kit
        label = Text(name, TextType.SMALL)
        label.setMinimumWidth(kit.px(96))
        holder = QWidget()
        holder.setMinimumWidth(kit.px(230))
        row = line(kit.px(12), holder)
        texts = column(kit.px(1))
        shown = Text(value, TextType.STRONG)
        texts.addWidget(shown)
        if note:
            texts.addWidget(Text(note, TextType.SMALL))
        row.addLayout(texts, 1)
        if copy:
            button = CopyButton(kit, copy, f"{name}: {value}", quiet=True)
            button.copied.connect(self.copied)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        label.setBuddy(holder)
        holder.setAccessibleName(f"{name}: {value}")
        self._form.addRow(label, holder)


class ProblemCard(Card):
    """What happened, why probably, ONE next action; the server's own words folded away.

    It takes the focus when it appears, so that it is read out and the action is the next stop.
    Signals: `acted`; `doubted`, where more is offered than the one action: to look for the cause.
    """

    acted = Signal()
    doubted = Signal()

    def __init__(self, kit: Kit, *, bare: bool = False, mark: Mark = Mark.BAD) -> None:
        """`bare`: without ground and mark, inside the card of what it concerns."""
        super().__init__(kit, Tone.CAUTION, spacing=0)
        self._bare = bare
        self._mark = mark
        self._copies = False
        self._built = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("ring", CARD_RADIUS)
        if bare:
            self.body.setContentsMargins(0, 0, 0, 0)
            self.setProperty("ring_gap", kit.px(8))
        self.hide()

    def _build(self) -> None:
        """Most pages never have a problem: the parts come with the first one."""
        self._built = True
        kit = self.kit
        row = line(kit.px(14))
        if not self._bare:
            row.addWidget(StateMark(kit, self._mark, 24), 0, Qt.AlignmentFlag.AlignTop)
        texts = column(kit.px(6))
        self.title = Text("", TextType.STRONG)
        self.explanation = Text("", TextType.BODY)
        texts.addWidget(self.title)
        texts.addWidget(self.explanation)
        self.action = Button(kit, "", Kind.PLAIN)
        self.action.clicked.connect(self._act)
        self.link = Text("", TextType.SMALL)
        texts.addWidget(self.link)
        texts.addSpacing(kit.px(4))
        texts.addWidget(flow(kit.px(8), self.action))
        self.doubt = Button(kit, kit.words.text("Find out what is wrong"), Kind.SMALL_LINK)
        self.doubt.clicked.connect(self.doubted)
        self._doubt_row = flow(0, self.doubt)
        self._doubt_row.hide()
        texts.addWidget(self._doubt_row)
        self.said = Disclosure(kit, kit.words.text("What the server said"), small=True)
        self._quote = Text("", TextType.SMALL)
        self.said.body.addWidget(self._quote)
        texts.addWidget(self.said)
        row.addLayout(texts, 1)
        self.body.addLayout(row)

    def _act(self) -> None:
        if self._copies:
            self.action.setText(self.kit.words.text("Copied"))
        self.acted.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._bare:
            super().paintEvent(event)

    def show_words(
        self,
        title: str,
        explanation: str,
        action: str,
        *,
        said: str = "",
        url: str = "",
        copies: bool = False,
        doubtful: bool = False,
    ) -> None:
        """`said`: quoted server text. `url`: where the action leads, shown whole.

        `copies`: the action puts something on the clipboard, and says so afterwards.
        `doubtful`: the cause may lie deeper, and can be looked for.
        """
        if not self._built:
            self._build()
        self.title.setText(title)
        self.explanation.setText(explanation)
        self.explanation.setVisible(bool(explanation))
        self.action.setText(action)
        self.action.setVisible(bool(action))
        self.action.icon_name = "external" if url else "copy" if copies else ""
        self._copies = copies
        self.link.setText(url)
        self.link.setVisible(bool(url))
        self._doubt_row.setVisible(doubtful)
        self._quote.setText(said)
        self.said.setVisible(bool(said))
        self.setAccessibleName(title)
        self.setAccessibleDescription(explanation)
        self.show()


class Disclosure(QWidget):
    """A question that unfolds its answer."""

    opened = Signal()

    def __init__(
        self,
        kit: Kit,
        question: str,
        *,
        small: bool = False,
        fill: Callable[[QBoxLayout], None] | None = None,
        before: tuple[QWidget, ...] = (),
    ) -> None:
        """`fill`: puts the answer in when somebody asks for it; most people never do. `before`:
        what stands in one line with the question."""
        super().__init__()
        self._words = kit.words
        self._fill = fill
        layout = column(kit.px(8), self)
        kind = Kind.SMALL_LINK if small else Kind.LINK
        # Not checkable: screen readers would call it a check box.
        self.button = Button(kit, question, kind, after="chevron-down")
        self.button.clicked.connect(self._toggle)
        layout.addWidget(flow(kit.px(18), *before, self.button))
        self.content = QWidget()
        self.body = column(kit.px(8), self.content)
        layout.addWidget(self.content)
        self._show(False)

    def _toggle(self) -> None:
        unfold = self.content.isHidden()
        if unfold and self._fill is not None:
            self._fill(self.body)
            self._fill = None
        self._show(unfold)
        if unfold:
            self.opened.emit()

    def _show(self, unfolded: bool) -> None:
        # Only ever shown once there is a parent: before, it would be a window.
        self.content.setVisible(unfolded)
        self.button.after_name = "chevron-up" if unfolded else "chevron-down"
        self.button.update()
        self.button.setAccessibleDescription(
            self._words.text("unfolded") if unfolded else self._words.text("folded")
        )


def hairline(kit: Kit) -> QWidget:
    """A thin line between rows."""
    return _Hairline(kit)


class _Hairline(QWidget):
    def __init__(self, kit: Kit) -> None:
        super().__init__()
        self._kit = kit
        self.setFixedHeight(1)
        kit.theme.recolored.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._kit.theme.tokens.line))
        painter.end()
