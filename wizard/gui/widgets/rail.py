"""The rail: where the person is. At the side; a strip at the top where the window is narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from wizard import __version__
from wizard.gui.widgets.buttons import Button, Kind
from wizard.gui.widgets.layouts import clear, column, line
from wizard.gui.widgets.marks import Mark, StateMark
from wizard.gui.widgets.text import Text, TextType

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.gui.widgets.kit import Kit


class StepView(NamedTuple):
    """One step as shown: its name and where it stands."""

    name: str
    mark: Mark


class ToolView(NamedTuple):
    """An entry of *Tools*. `event`: makes what is sent when it is chosen. `possible`: False greys
    it out for now."""

    name: str
    event: Callable[[], object]
    possible: bool = True


class Rail(QFrame):
    """Program name, steps, tools, language, version.

    Signals: `language_chosen` with a language code, `tool_chosen` with the entry's event,
    `about_wanted`.
    """

    language_chosen = Signal(str)
    tool_chosen = Signal(object)
    about_wanted = Signal()

    def __init__(self, kit: Kit, languages: tuple[tuple[str, str], ...], current: str) -> None:
        """`languages`: (code, name in that language)."""
        super().__init__()
        self.setObjectName("rail")
        self.kit = kit
        self._steps: tuple[StepView, ...] = ()
        self._built = False
        self._compact = False
        self._about_offered = False
        self._languages = languages
        self.language = Button(
            kit,
            dict(languages).get(current, current),
            Kind.LINK,
            icon="globe",
            after="chevron-down",
        )
        self.language.setAccessibleName(
            kit.words.text("Language: {name}", name=dict(languages).get(current, current))
        )
        self.language.clicked.connect(lambda: self._show_languages(current))
        self.about = Button(
            kit, kit.words.text("Version {version}", version=__version__), Kind.LINK
        )
        self.about.clicked.connect(self.about_wanted)
        self._tools: tuple[ToolView, ...] = ()
        self.tools = Button(kit, kit.words.text("Tools"), Kind.LINK, icon="tools")
        self.tools.setAccessibleName(kit.words.text("Tools"))
        self.tools.setAccessibleDescription(kit.words.text("opens a menu"))
        self.tools.clicked.connect(self._show_tools)
        self._layout = column(0, self)
        self._content = QWidget()
        self._layout.addWidget(self._content)

    def offer_about(self, offered: bool) -> None:
        """Whether the version is a way to more about it; else it is not shown."""
        self._about_offered = offered
        self._show_about()

    def _show_about(self) -> None:
        # A narrow strip has no room for it.
        self.about.setVisible(self._about_offered and not self._compact)

    @property
    def compact(self) -> bool:
        """True as a strip at the top."""
        return self._compact

    def set_compact(self, compact: bool) -> None:
        """Strip at the top instead of a column at the side."""
        if compact != self._compact:
            self._compact = compact
            self._build()

    def show_steps(self, steps: tuple[StepView, ...]) -> None:
        """The steps of this journey."""
        if steps != self._steps or not self._built:
            self._steps = steps
            self._build()

    def show_tools(self, tools: tuple[ToolView, ...]) -> None:
        """What *Tools* offers in this state."""
        self._tools = tools

    def _build(self) -> None:
        self._built = True
        # They survive the rebuilding around them.
        for lasting in (self.tools, self.language, self.about):
            lasting.setParent(self)
        clear(self._layout)
        self._content = QWidget()
        self._layout.addWidget(self._content)
        if self._compact:
            self._build_strip()
        else:
            self._build_column()
        self.tools.show()
        self.language.show()
        self._show_about()

    def _build_column(self) -> None:
        px = self.kit.px
        layout = column(0, self._content)
        layout.setContentsMargins(px(22), px(24), px(16), px(22))
        self.setFixedWidth(px(228))
        self.setMinimumHeight(0)
        self.setMaximumHeight(16_777_215)
        layout.addWidget(self._brand())
        layout.addSpacing(px(26))
        for index, step in enumerate(self._steps):
            layout.addWidget(self._step(index, step))
            layout.addSpacing(px(14))
        layout.addStretch(1)
        layout.addWidget(self.tools, 0, Qt.AlignmentFlag.AlignLeading)
        layout.addSpacing(px(6))
        layout.addWidget(self.language, 0, Qt.AlignmentFlag.AlignLeading)
        layout.addWidget(self.about, 0, Qt.AlignmentFlag.AlignLeading)
        self.tools.setText(self.kit.words.text("Tools"))
        self.tools.setToolTip("")

    def _build_strip(self) -> None:
        px = self.kit.px
        self.setMinimumWidth(0)
        self.setMaximumWidth(16_777_215)
        layout = line(px(12), self._content)
        layout.setContentsMargins(px(22), px(10), px(22), px(10))
        now = next(
            (i for i, step in enumerate(self._steps) if step.mark is Mark.NOW),
            len(self._steps) - 1,
        )
        if now >= 0:
            text = self.kit.words.text(
                "Step {number} of {count}: {name}",
                number=str(now + 1),
                count=str(len(self._steps)),
                name=self._steps[now].name,
            )
            layout.addWidget(StateMark(self.kit, self._steps[now].mark))
            label = Text(text, TextType.STRONG)
            layout.addWidget(label, 1, Qt.AlignmentFlag.AlignVCenter)
        else:
            layout.addWidget(self._brand(), 1)
        # Room for the icon alone; the word is in the tool tip.
        self.tools.setText("")
        self.tools.setToolTip(self.kit.words.text("Tools"))
        layout.addWidget(self.tools, 0)
        layout.addWidget(self.language, 0)

    def _brand(self) -> QWidget:
        holder = QWidget()
        layout = line(self.kit.px(10), holder)
        picture = QLabel()
        size = self.kit.px(24)
        picture.setFixedSize(size, size)
        brand = self.kit.brand
        logo = QPixmap(str(brand.logo)) if brand is not None and brand.logo is not None else None
        if logo is None or logo.isNull():
            picture.setPixmap(
                self.kit.theme.pixmap("app", "", size, on="white", ratio=self.devicePixelRatioF())
            )
        else:
            ratio = self.devicePixelRatioF()
            fitted = logo.scaled(
                round(size * ratio),
                round(size * ratio),
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            fitted.setDevicePixelRatio(ratio)
            picture.setPixmap(fitted)
        picture.setAccessibleName(self.kit.words.text("Mail Setup"))
        layout.addWidget(picture)
        names = column(0)
        names.addWidget(Text(self.kit.words.text("Mail Setup"), TextType.BRAND))
        if brand is not None:
            names.addWidget(Text(brand.name, TextType.SMALL))
        layout.addLayout(names, 1)
        return holder

    def _step(self, index: int, step: StepView) -> QWidget:
        row = QWidget()
        layout = line(self.kit.px(12), row)
        layout.addWidget(StateMark(self.kit, step.mark), 0, Qt.AlignmentFlag.AlignTop)
        kind = {Mark.NOW: TextType.STRONG, Mark.WAITING: TextType.SOFT}.get(
            step.mark, TextType.BODY
        )
        layout.addWidget(Text(step.name, kind), 1)
        words = self.kit.words
        row.setAccessibleName(
            words.text(
                "Step {number} of {count}: {name}",
                number=str(index + 1),
                count=str(len(self._steps)),
                name=step.name,
            )
            + ", "
            + words.text(step.mark.word)
        )
        return row

    def _show_languages(self, current: str) -> None:
        from PySide6.QtGui import QAction, QActionGroup  # not before somebody asks for a menu
        from PySide6.QtWidgets import QMenu

        menu = QMenu(self)
        group = QActionGroup(menu)
        for code, name in self._languages:
            action = QAction(name, menu)
            action.setCheckable(True)
            action.setChecked(code == current)
            action.triggered.connect(lambda _checked, code=code: self.language_chosen.emit(code))
            group.addAction(action)
            menu.addAction(action)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.language.mapToGlobal(QPoint(0, self.language.height())))

    def _show_tools(self) -> None:
        from PySide6.QtGui import QAction
        from PySide6.QtWidgets import QMenu

        menu = QMenu(self)
        for tool in self._tools:
            action = QAction(tool.name, menu)
            action.setEnabled(tool.possible)
            action.triggered.connect(
                lambda _checked, tool=tool: self.tool_chosen.emit(tool.event())
            )
            menu.addAction(action)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.tools.mapToGlobal(QPoint(0, self.tools.height())))
