"""The frame: rail, title, one page, footer.

Only the shell touches title, focus, navigation buttons and progress; a page says what it wants
there with a `Chrome`. The shell moves the focus when a page's `focus_key` changes: to a new page's
first control, or to the problem.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, Protocol

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QPoint,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QPainter,
)
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QMainWindow,
    QProgressBar,
    QScrollArea,
    QScrollBar,
    QSizePolicy,
    QWidget,
)

from wizard.flow import Journey, Page, State
from wizard.flow.later import ev
from wizard.gui.widgets import (
    Button,
    FocusRing,
    Kind,
    Kit,
    Mark,
    Rail,
    StepView,
    Text,
    TextType,
    ToolView,
    column,
    in_reading_order,
    line,
)
from wizard.model.words import N_

if TYPE_CHECKING:
    from collections.abc import Hashable

    from PySide6.QtCore import (
        QObject,
    )
    from PySide6.QtGui import (
        QCloseEvent,
        QKeyEvent,
        QPaintEvent,
        QResizeEvent,
        QShowEvent,
        QWindow,
    )

    from wizard.model import EmailAddress, Secret

MARGIN = 44
CONTENT_WIDTH = 640
_STRIP_BELOW = 480  # the narrowest column beside the rail, at 100 %


class NavAction(NamedTuple):
    """A button of the footer."""

    text: str
    run: Callable[[], None]


class Chrome(NamedTuple):
    """What a page wants around itself.

    `left`: Back or Stop, None for neither. `plain`: the way out beside the primary action.
    `progress`: 0 to 1, None without a bar. `focus`: where the focus belongs as soon as
    `focus_key` differs from the last one; None: the primary button. `spoken`: read out then,
    after the title.
    """

    title: str
    lead: str
    primary: NavAction | None = None
    plain: NavAction | None = None
    left: NavAction | None = None
    progress: float | None = None
    focus: QWidget | None = None
    focus_key: Hashable = ()
    spoken: str = ""


class Outside(Protocol):
    """What pages may do besides emitting events."""

    def remember_password(self, address: EmailAddress, secret: Secret) -> None:
        """Puts a typed password where verification finds it."""
        ...

    @property
    def keychain_lasts(self) -> bool:
        """See `flow.Services.keychain_lasts`."""
        ...

    def log(self) -> tuple[str, ...]:
        """See `flow.Services.log`."""
        ...


class PageView(QWidget):
    """A page.

    Signals: `sent` with an event; `wants_focus` with a widget that needs attention; `announced`
    with something to read out; `finished` when the person is done with the window.
    """

    sent = Signal(object)
    wants_focus = Signal(object)
    announced = Signal(str)
    finished = Signal()

    def __init__(self, kit: Kit, outside: Outside) -> None:
        super().__init__()
        self.kit = kit
        self.outside = outside
        self.body = column(kit.px(16), self)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def render(self, state: State) -> None:  # type: ignore[override]
        """Shows a state. QWidget has a `render` of another meaning, which nobody here uses."""
        raise NotImplementedError

    def chrome(self, state: State) -> Chrome:
        """What belongs around the page in this state."""
        raise NotImplementedError

    def send(self, event: ev.Event) -> None:
        """Emits an event."""
        self.sent.emit(event)

    def back(self, state: State) -> NavAction | None:
        """The usual left button."""
        if not state.history:
            return None
        return NavAction(self.kit.words.text("Back"), lambda: self.send(ev.WentBack()))

    def stop(self) -> NavAction:
        """The left button while something runs."""
        return NavAction(self.kit.words.text("Stop"), lambda: self.send(ev.Stopped()))


PageFactory = Callable[[Kit, Outside], PageView]


def _diagnose() -> ev.Event:
    return ev.DiagnosisRequested()


def _list_changes() -> ev.Event:
    return ev.ChangesRequested()


def _publish() -> ev.Event:
    return ev.JourneyChosen(Journey.PUBLISH)


Steps = tuple[tuple[str, frozenset[Page]], ...]

_SETTINGS_PAGES = frozenset({Page.SEARCHING, Page.FOUND, Page.MANUAL})

STEPS: Steps = (
    (N_("Your address"), frozenset({Page.ADDRESS})),
    (N_("Finding settings"), _SETTINGS_PAGES),
    (N_("Password"), frozenset({Page.PASSWORD})),
    (N_("Your programs"), frozenset({Page.PROGRAMS, Page.APPLYING})),
    (N_("All set"), frozenset({Page.DONE})),
)
"""The rail: what a person sees of the journey, and which pages belong to each step."""

STEPS_OF: dict[Journey, Steps] = {
    Journey.PASSWORD: (
        (N_("Your address"), frozenset({Page.ACCOUNT})),
        (N_("Finding settings"), _SETTINGS_PAGES),
        (N_("New password"), frozenset({Page.PASSWORD})),
        (N_("Your programs"), frozenset({Page.UPDATED})),
    ),
    Journey.MOVE: (
        (N_("Old and new address"), frozenset({Page.ACCOUNT})),
        (N_("Finding settings"), _SETTINGS_PAGES),
        (N_("Password"), frozenset({Page.PASSWORD})),
        (N_("Your programs"), frozenset({Page.APPLYING})),
        (N_("All set"), frozenset({Page.DONE})),
    ),
    Journey.DIAGNOSE: (
        (N_("Your address"), frozenset({Page.ACCOUNT})),
        (N_("The cause"), frozenset({Page.DIAGNOSIS})),
    ),
    Journey.PUBLISH: (
        (N_("Your domain"), frozenset({Page.ACCOUNT})),
        (N_("Finding settings"), _SETTINGS_PAGES),
        (N_("What to publish"), frozenset({Page.PUBLISH})),
    ),
}
"""The same for the journeys of those who come back; the others go by `STEPS`."""


_CHANGES_FROM = frozenset({Page.ADDRESS, Page.APPLYING, Page.DONE})
_PUBLISH_FROM = frozenset({Page.ADDRESS, Page.ACCOUNT, Page.CHANGES, Page.DONE})


class Shell(QWidget):
    """The window's content.

    Signals: `sent` with events, `language_chosen` with a code, `about_wanted`, `finished`.
    """

    sent = Signal(object)
    language_chosen = Signal(str)
    about_wanted = Signal()
    finished = Signal()

    def __init__(
        self,
        kit: Kit,
        outside: Outside,
        factories: dict[Page, PageFactory],
        languages: tuple[tuple[str, str], ...],
    ) -> None:
        super().__init__()
        self.kit = kit
        self._outside = outside
        self._factories = factories
        self._pages: dict[Page, PageView] = {}
        self._state = State()
        self._chrome = Chrome("", "")
        self._focus_key: Hashable = None
        self._said = ""
        self._tab_stops: list[QWidget] = []
        self.page: PageView | None = None

        self._row: QBoxLayout = line(0, self)
        self.rail = Rail(kit, languages, kit.words.language)
        self.rail.language_chosen.connect(self.language_chosen)
        self.rail.about_wanted.connect(self.about_wanted)
        self.rail.tool_chosen.connect(self.sent)
        self._edge = QFrame()
        self._edge.setObjectName("railEdge")
        self._edge.setFixedWidth(1)
        self._row.addWidget(self.rail)
        self._row.addWidget(self._edge)
        self._right = QWidget()
        self._row.addWidget(self._right, 1)
        self._build_right()
        self.ring = FocusRing(kit.theme, self)

    def _build_right(self) -> None:
        px = self.kit.px
        outer = column(0, self._right)
        # Our own bar and viewport: asking Qt for the ones it makes costs PySide 25 ms once, it
        # then looks through all classes a widget could be.
        self.scroller = QScrollArea()
        self._bar = QScrollBar()
        self._viewport = QWidget()
        self.scroller.setVerticalScrollBar(self._bar)
        self.scroller.setViewport(self._viewport)
        self.scroller.setFrameShape(QFrame.Shape.NoFrame)
        self.scroller.setWidgetResizable(True)
        self.scroller.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroller.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer.addWidget(self.scroller, 1)

        self._column = QWidget()
        self._column.setObjectName("column")
        centred = self._centred = line(0, self._column)
        margin = self._margin()
        self._leave_room_for_scroll_bar()
        self._bar.rangeChanged.connect(self._leave_room_for_scroll_bar)
        self._content = QWidget()
        self._content.setMaximumWidth(px(CONTENT_WIDTH))
        centred.addStretch(1)
        centred.addWidget(self._content, 1000)
        centred.addStretch(1)
        self._stack = column(px(20), self._content)
        heading = column(px(6))
        self.title = Text("", TextType.TITLE)
        self.lead = Text("", TextType.LEAD)
        heading.addWidget(self.title)
        heading.addWidget(self.lead)
        self._stack.addLayout(heading)
        self.progress = _ThinProgress(self.kit)
        self.progress.setAccessibleName(self.kit.words.text("Progress"))
        self._stack.addWidget(self.progress)
        self._stack.addStretch(1)
        self.scroller.setWidget(self._column)

        self._below = QWidget()
        around = self._around = line(0, self._below)
        roomy = self.kit.theme.scale <= 1.5
        around.setContentsMargins(margin, px(14), margin, px(26) if roomy else px(12))
        self._footer = _Footer(self.kit)
        self._footer.setMaximumWidth(px(CONTENT_WIDTH))
        around.addStretch(1)
        around.addWidget(self._footer, 1000)
        around.addStretch(1)
        outer.addWidget(self._below)
        self.left, self.plain, self.primary = (
            self._footer.left,
            self._footer.plain,
            self._footer.primary,
        )
        self.left.clicked.connect(lambda: self._press(self._chrome.left))
        self.plain.clicked.connect(lambda: self._press(self._chrome.plain))
        self.primary.clicked.connect(lambda: self._press(self._chrome.primary))

    def _margin(self) -> int:
        # Large text needs the width more than the margin does.
        return round(MARGIN * (1 + (self.kit.theme.scale - 1) * 0.25))

    def _leave_room_for_scroll_bar(self) -> None:
        """The scroll bar comes out of the margin: content and footer keep one right edge."""
        bar = self._bar
        taken = bar.sizeHint().width() if bar.maximum() > 0 else 0
        margin, px = self._margin(), self.kit.px
        left, right = margin, margin - taken
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            left, right = right, left
        top = px(36) if self.kit.theme.scale <= 1.5 else px(16)
        self._centred.setContentsMargins(left, top, right, px(16))

    # -- showing ----------------------------------------------------------------------------

    def show_state(self, state: State) -> None:
        """Draws a state: the right page, its chrome, the rail, the focus."""
        self._state = state
        page = self._page(state.page)
        new = page is not self.page
        if new:
            self._switch(page)
        page.render(state)
        self._show_chrome(page.chrome(state), new)
        self.rail.show_steps(self._steps(state))
        self.rail.show_tools(self._tools(state))

    def focusNextPrevChild(self, onwards: bool) -> bool:
        """Tab: the order is settled when somebody asks for it."""
        self._order_tabs()
        return super().focusNextPrevChild(onwards)

    def warm_up(self) -> None:
        """Does once, while nobody waits, what PySide makes expensive the first time.

        The first look at a widget's children has it load all classes a child could be (25 ms).
        """
        self._order_tabs()

    def _order_tabs(self) -> None:
        """Tab goes through the page as it is read, then the footer, then the rail.

        Qt's own order is that of creation, and pages build parts of themselves late.
        """
        if self.page is None:
            return
        stops = [
            widget
            for widget in (*in_reading_order(self.page), self.left, self.plain, self.primary)
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        ]
        stops += [self.rail.tools, self.rail.language, self.rail.about]
        if stops != self._tab_stops:
            self._tab_stops = stops
            for before, after in pairwise(stops):
                QWidget.setTabOrder(before, after)

    def _page(self, name: Page) -> PageView:
        if name not in self._pages:
            page = self._factories[name](self.kit, self._outside)
            page.sent.connect(self.sent)
            page.wants_focus.connect(self.focus_on)
            page.announced.connect(self.announce)
            page.finished.connect(self.finished)
            self._pages[name] = page
            if self.page is not None:  # the first is shown with the window
                page.hide()
            self._stack.insertWidget(self._stack.indexOf(self.progress) + 1, page)
        return self._pages[name]

    def _switch(self, page: PageView) -> None:
        if self.page is not None:
            # Else Qt would look for the next control while the page goes.
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            self.page.hide()
            page.show()
        self.page = page
        self._bar.setValue(0)

    def _show_chrome(self, chrome: Chrome, new: bool) -> None:
        self._chrome = chrome
        self.title.setText(chrome.title)
        self.lead.setText(chrome.lead)
        self.lead.setVisible(bool(chrome.lead))
        product = self.kit.words.text("Mail Setup")
        self.window().setWindowTitle(f"{chrome.title} – {product}" if chrome.title else product)
        for button, action in (
            (self.left, chrome.left),
            (self.plain, chrome.plain),
            (self.primary, chrome.primary),
        ):
            if action is not None:
                button.setText(action.text)
            button.setVisible(action is not None)
        self._fit_footer()
        self.progress.setVisible(chrome.progress is not None)
        if chrome.progress is not None:
            self.progress.setValue(round(chrome.progress * 1000))
        if chrome.focus_key != self._focus_key:
            # A window that opens is read out anyway.
            opening = self._focus_key is None
            self._focus_key = chrome.focus_key
            # A page that opens shows its title first; only a problem is more urgent.
            self._move_focus(chrome, reveal=bool(chrome.spoken) if new else not opening)
            if not opening:
                parts = (chrome.title, chrome.lead, chrome.spoken)
                said = " ".join(part for part in parts if part)
                if said != self._said:
                    self.announce(said)
                self._said = said

    def _move_focus(self, chrome: Chrome, *, reveal: bool) -> None:
        target = chrome.focus
        if target is None or target.isHidden():
            target = next(
                (
                    button
                    for button in (self.primary, self.plain, self.left)
                    if not button.isHidden()
                ),
                None,
            )
        if target is not None:
            self.focus_on(target, reveal=reveal)

    def focus_on(self, widget: QWidget, *, reveal: bool = True) -> None:
        """Focus to a control, scrolled into view."""
        widget.setFocus(Qt.FocusReason.OtherFocusReason)
        if reveal:
            # The layout of a page that was just shown is settled after this event.
            QTimer.singleShot(0, self, lambda: self._reveal(widget))

    def _reveal(self, widget: QWidget) -> None:
        """Scrolls no more than needed; of what is taller than the view, the top counts."""
        if not self._column.isAncestorOf(widget):
            self._bar.setValue(0)
            return
        for _ in range(3):  # layouts settle from the inside out
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        bar, margin = self._bar, self.kit.px(24)
        top = widget.mapTo(self._column, QPoint(0, 0)).y()
        bottom = top + widget.height()
        value, view = bar.value(), self._viewport.height()
        if bottom > value + view:
            value = bottom + margin - view
        if top < value:
            value = top - margin
        bar.setValue(value)

    def announce(self, text: str) -> None:
        """Lets a screen reader say something."""
        if not text:
            return
        from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def _tools(self, state: State) -> tuple[ToolView, ...]:
        """The second level: what is of use beside the journey. Only what works is listed."""
        words = self.kit.words
        idle = not state.loses_something
        return (
            ToolView(
                words.text("Find out what doesn't work"),
                _diagnose,
                idle and state.page is not Page.DIAGNOSIS,
            ),
            ToolView(
                words.text("Remove what the wizard set up"),
                _list_changes,
                idle and state.page in _CHANGES_FROM,
            ),
            ToolView(
                words.text("Publish the mail settings of a domain"),
                _publish,
                idle and state.page in _PUBLISH_FROM and state.journey is not Journey.PUBLISH,
            ),
        )

    def _steps(self, state: State) -> tuple[StepView, ...]:
        words = self.kit.words
        # A diagnosis can begin in the middle of any journey.
        diagnosing = state.page is Page.DIAGNOSIS
        steps = STEPS_OF.get(Journey.DIAGNOSE if diagnosing else state.journey, STEPS)
        current = next(
            (index for index, (_, pages) in enumerate(steps) if state.page in pages), None
        )
        if current is None:
            return ()
        last = len(steps) - 1
        reached = not state.busy and not (diagnosing and state.diagnosis is None)
        return tuple(
            StepView(
                words.text(name),
                Mark.DONE
                if index < current or (index == current == last and reached)
                else Mark.NOW
                if index == current
                else Mark.WAITING,
            )
            for index, (name, _) in enumerate(steps)
        )

    # -- acting -----------------------------------------------------------------------------

    def _press(self, action: NavAction | None) -> None:
        if action is not None:
            action.run()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self.primary.isVisible():
                self.primary.click()
            case Qt.Key.Key_Escape if self._state.busy and self.left.isVisible():
                self.left.click()
            case Qt.Key.Key_Left if event.modifiers() & Qt.KeyboardModifier.AltModifier:
                if self.left.isVisible():
                    self.left.click()
            case _:
                super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        self._fit_footer()

    def _fit_footer(self) -> None:
        """In a low window a footer of three lines would leave no page: it scrolls with it then."""
        low = self.height() < self.kit.px(400)
        lines = self._footer.arrange(self._footer_room())
        within = low and lines == 3
        if within is self._below.isHidden():
            return
        if within:
            self._stack.addWidget(self._footer)
        else:
            self._around.insertWidget(1, self._footer, 1000)
        self._below.setHidden(within)

    def _footer_room(self) -> int:
        room = self.width() - (0 if self.rail.compact else self.rail.width())
        return min(room - 2 * self._margin(), self.kit.px(CONTENT_WIDTH))

    def _fit(self) -> None:
        """A narrow window has the steps at the top."""
        px = self.kit.px
        narrow = self.width() < px(228) + px(_STRIP_BELOW)
        if narrow == self.rail.compact:
            return
        self.rail.set_compact(narrow)
        if narrow:
            self._row.setDirection(QBoxLayout.Direction.TopToBottom)
            self._edge.setMinimumWidth(0)
            self._edge.setMaximumWidth(16_777_215)
            self._edge.setFixedHeight(1)
        else:
            self._row.setDirection(QBoxLayout.Direction.LeftToRight)
            self._edge.setMinimumHeight(0)
            self._edge.setMaximumHeight(16_777_215)
            self._edge.setFixedWidth(1)

    def minimumSizeHint(self) -> QSize:
        return QSize(520, 420)


class _Footer(QWidget):
    """Back at the left, the way out and the primary action at the right.

    Where the three do not fit side by side, the primary action gets a line of its own.
    """

    def __init__(self, kit: Kit) -> None:
        super().__init__()
        self._kit = kit
        self.left = Button(kit, "", Kind.PLAIN)
        self.plain = Button(kit, "", Kind.PLAIN)
        self.primary = Button(kit, "", Kind.PRIMARY)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(kit.px(10))
        self._grid.setColumnStretch(1, 1)
        self._lines = 0
        self._place(1)

    def arrange(self, width: int) -> int:
        """As few lines as the width allows; returns how many."""
        spacing = self._kit.px(10)

        def needed(*buttons: Button) -> int:
            shown = [button for button in buttons if not button.isHidden()]
            return sum(button.sizeHint().width() + spacing for button in shown) - spacing

        if needed(self.left, self.plain, self.primary) <= width:
            self._place(1)
        elif needed(self.left, self.plain) <= width:
            self._place(2)
        else:
            self._place(3)
        return self._lines

    def _place(self, lines: int) -> None:
        if lines == self._lines:
            return
        self._lines = lines
        buttons = (self.left, self.plain, self.primary)
        for button in buttons:
            self._grid.removeWidget(button)
            policy = button.sizePolicy()
            alone = lines == 3 or (lines == 2 and button is self.primary)
            across = QSizePolicy.Policy.Preferred if alone else QSizePolicy.Policy.Maximum
            policy.setHorizontalPolicy(across)
            button.setSizePolicy(policy)
        match lines:
            case 1:
                self._grid.addWidget(self.left, 0, 0)
                self._grid.addWidget(self.plain, 0, 2)
                self._grid.addWidget(self.primary, 0, 3)
            case 2:
                self._grid.addWidget(self.primary, 0, 0, 1, 4)
                self._grid.addWidget(self.left, 1, 0)
                self._grid.addWidget(self.plain, 1, 2, 1, 2)
            case _:
                for row, button in enumerate(reversed(buttons)):
                    self._grid.addWidget(button, row, 0, 1, 4)


class _ThinProgress(QProgressBar):
    """How far; a thin bar that grows and never jumps back."""

    def __init__(self, kit: Kit) -> None:
        super().__init__()
        self._kit = kit
        self.setRange(0, 1000)
        self.setTextVisible(False)
        self.setFixedHeight(kit.px(6))

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._kit.theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        radius = self.height() / 2
        whole = QRectF(self.rect())
        painter.setBrush(QColor(tokens.line))
        painter.drawRoundedRect(whole, radius, radius)
        done = QRectF(whole)
        done.setWidth(max(whole.height(), whole.width() * self.value() / 1000))
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            done.moveRight(whole.right())
        painter.setBrush(QColor(tokens.accent))
        painter.drawRoundedRect(done, radius, radius)
        painter.end()


class Window(QMainWindow):
    """The top-level window (screen readers know it by its class).

    Holds one shell at a time; a new language or text size builds it anew.

    Signals: `closing` when it goes for good; `touched` when a key, the mouse or a finger comes.
    """

    closing = Signal()
    touched = Signal()

    def __init__(self) -> None:
        super().__init__()
        holder = QWidget()
        self._layout = column(0, holder)
        self.setCentralWidget(holder)
        self.shell: Shell | None = None
        self._handle: QWindow | None = None
        self._keyboard = False
        self.ask_before_closing: Callable[[], bool] = lambda: False
        self.resize(960, 700)
        self.setMinimumSize(520, 420)

    def hold(self, shell: Shell) -> None:
        """Shows this shell instead of the one before."""
        old = self.shell
        self.shell = shell
        shell.ring.show_for_keyboard(self._keyboard)
        self._layout.addWidget(shell)
        if old is not None:
            self._layout.removeWidget(old)
            old.hide()
            old.setParent(None)
            old.deleteLater()

    def showEvent(self, event: QShowEvent) -> None:
        """From now on keys and clicks are seen before any control gets them."""
        super().showEvent(event)
        handle = self.windowHandle()
        if handle is not None and handle is not self._handle:
            self._handle = handle
            handle.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event.type():
            case QEvent.Type.KeyPress:
                self._keyboard = True
            case QEvent.Type.MouseButtonPress | QEvent.Type.TouchBegin:
                self._keyboard = False
            case QEvent.Type.MouseMove:
                self.touched.emit()
                return False
            case _:
                return False
        self.touched.emit()
        if self.shell is not None:
            self.shell.ring.show_for_keyboard(self._keyboard)
        return False

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.ask_before_closing() and not self._confirmed():
            event.ignore()
            return
        event.accept()
        self.closing.emit()

    def _confirmed(self) -> bool:
        """Asks only because something would be cut short."""
        assert self.shell is not None
        from PySide6.QtWidgets import QMessageBox

        words = self.shell.kit.words
        box = QMessageBox(self)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(words.text("Mail Setup"))
        box.setText(words.text("A program is being set up right now."))
        box.setInformativeText(
            words.text("It takes a moment. If you close the window now, we finish this step first.")
        )
        wait = box.addButton(words.text("Keep the window open"), QMessageBox.ButtonRole.RejectRole)
        leave = box.addButton(words.text("Close"), QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(wait)
        box.exec()
        return box.clickedButton() is leave
