"""Measuring a window: what is clipped, what overlaps, what has no name, how Tab travels."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QScrollArea, QWidget

from wizard.gui.shell import Shell
from wizard.gui.widgets import Button, Check, Text

_NAMED = {
    QAccessible.Role.Button,
    QAccessible.Role.CheckBox,
    QAccessible.Role.EditableText,
    QAccessible.Role.ComboBox,
    QAccessible.Role.ProgressBar,
}


def settle() -> None:
    """Lets layouts come to rest; a long page is built a part a turn."""
    for _ in range(16):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        QCoreApplication.processEvents()


def visible(root: QWidget) -> Iterator[QWidget]:
    for widget in root.findChildren(QWidget):
        if widget.isVisibleTo(root):
            yield widget


def clipped(shell: Shell) -> list[str]:
    """Texts that do not fit their place, or places that stick out of the column."""
    faults = []
    for widget in visible(shell):
        if isinstance(widget, Text | Button | Check) and widget.text():
            needed = widget.heightForWidth(widget.width())
            if isinstance(widget, Check) and not widget.hasHeightForWidth():
                continue
            if needed > widget.height():
                faults.append(f"{widget.text()!r}: {widget.height()} px high, needs {needed}")
            if widget.width() < _longest_part(widget):
                faults.append(f"{widget.text()!r}: {widget.width()} px wide")
        if isinstance(widget, QLineEdit) and widget.height() < widget.minimumSizeHint().height():
            faults.append(f"field {widget.accessibleName()!r} is too low")
        area = _bounds(shell, widget)
        place = QRect(widget.mapTo(shell, QPoint(0, 0)), widget.size())
        if isinstance(widget, Text | QAbstractButton | QLineEdit) and (
            place.left() < area.left() or place.right() > area.right()
        ):
            faults.append(f"{name_of(widget)!r} sticks out: {place} of {area}")
    return faults


def _bounds(shell: Shell, widget: QWidget) -> QRect:
    return QRect(QPoint(0, 0), shell.size())


def _longest_part(widget: QWidget) -> int:
    """Buttons must hold their longest word; labels break words and need a few letters."""
    metrics = widget.fontMetrics()
    assert isinstance(widget, Text | Button | Check)
    if isinstance(widget, Text):
        return min(metrics.averageCharWidth() * 4, metrics.horizontalAdvance(widget.text()))
    return max(metrics.horizontalAdvance(word) for word in widget.text().split())


def name_of(widget: QWidget) -> str:
    if isinstance(widget, QLabel | QAbstractButton) and widget.text():
        return widget.text()
    return widget.accessibleName() or type(widget).__name__


def overlapping(shell: Shell) -> list[str]:
    """Pairs of texts or controls that lie on each other."""
    assert shell.page is not None
    leaves = [
        widget
        for widget in visible(shell.page)
        if isinstance(widget, Text | QAbstractButton | QLineEdit)
        and not isinstance(widget.parentWidget(), QLineEdit)
        and widget.width() > 0
    ]
    places = [
        (widget, QRect(widget.mapTo(shell.page, QPoint(0, 0)), widget.size())) for widget in leaves
    ]
    return [
        f"{name_of(one)!r} and {name_of(other)!r}"
        for index, (one, place) in enumerate(places)
        for other, where in places[index + 1 :]
        if place.intersects(where)
    ]


def interfaces(root: QWidget) -> Iterator[QAccessibleInterface]:
    """The accessibility tree, as a screen reader walks it; what is invisible is left out."""

    def walk(interface: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
        if interface.state().invisible:
            return
        yield interface
        for index in range(interface.childCount()):
            child = interface.child(index)
            if child is not None:
                yield from walk(child)

    start = QAccessible.queryAccessibleInterface(root)
    assert start is not None
    yield from walk(start)


def nameless(root: QWidget) -> list[str]:
    """Controls a screen reader could not name."""
    return [
        f"{interface.role()} {interface.object()}"
        for interface in interfaces(root)
        if interface.role() in _NAMED
        and not interface.text(QAccessible.Text.Name).strip()
        and not _is_part(interface)
    ]


def _is_part(interface: QAccessibleInterface) -> bool:
    """Pieces of a control that Qt builds itself (arrows of scroll bars)."""
    thing = interface.object()
    return not isinstance(thing, QWidget) or isinstance(thing.parentWidget(), QScrollArea)


def tab_order(shell: Shell) -> list[QWidget]:
    """The controls as Tab reaches them, until it comes round."""
    window = shell.window()
    seen: list[QWidget] = []
    for _ in range(200):
        QTest.keyClick(window.focusWidget() or window, Qt.Key.Key_Tab)
        now = window.focusWidget()
        if now is None or now in seen:
            break
        seen.append(now)
    return seen
