"""How Qt for Python is loaded: its enumerations beside what `enum` makes of the same names, and
what is left out before the first paint."""

from __future__ import annotations

import enum
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from types import MethodType, ModuleType
from typing import Any

import pytest
from PySide6 import QtCore, QtGui, QtPrintSupport, QtSvg, QtWidgets

from tests.gui.conftest import run_python
from wizard.gui import enumerations

MODULES = (QtCore, QtGui, QtWidgets, QtSvg, QtPrintSupport)
pytestmark = pytest.mark.skipif(
    sys.version_info[:2] not in enumerations.COMPARED,
    reason="on other versions of Python `enum` makes them",
)


def of_qt(place: ModuleType | type, seen: set[int]) -> Iterator[type[enum.Enum]]:
    """All enumerations in a module of Qt, those in its classes too. Qt for Python makes what is
    asked for by name."""
    for name in dir(place):
        found = getattr(place, name, None)
        if not inspect.isclass(found) or id(found) in seen or "PySide6" not in found.__module__:
            continue
        seen.add(id(found))
        if issubclass(found, enum.Enum):
            yield found
        else:
            yield from of_qt(found, seen)


@cache
def enumerations_of(module: ModuleType) -> tuple[type[enum.Enum], ...]:
    return tuple(of_qt(module, set()))


def both(base: type[enum.Enum], members: list[tuple[str, int]]) -> tuple[Any, Any]:
    """The same enumeration by `enum` and by us."""
    by_enum: Any = base
    theirs = by_enum("Made", members, module=__name__, boundary=enum.KEEP)
    ours: Any = enumerations.make(base, "Made", members)
    assert ours is not None
    ours.__module__ = __name__  # Qt for Python sets it afterwards
    return theirs, ours


def plain(value: object) -> object:
    """Something to compare: members by what they say of themselves."""
    if isinstance(value, enum.Enum):
        return (
            repr(value),
            str(value),
            f"{value}",
            vars(value).keys(),
            vars(value).get("_sort_order_"),
        )
    if isinstance(value, (staticmethod, MethodType)):
        return value.__func__
    if isinstance(value, dict):
        return [(plain(key), plain(kept)) for key, kept in value.items()]
    return value


def assert_alike(theirs: Any, ours: Any) -> None:
    left = {"__dict__", "__weakref__"}
    assert vars(theirs).keys() - left == vars(ours).keys() - left
    for key in vars(theirs).keys() - left:
        assert plain(vars(theirs)[key]) == plain(vars(ours)[key]), key
    assert type(theirs) is type(ours)
    assert theirs.__mro__[1:] == ours.__mro__[1:]
    assert [plain(one) for one in theirs] == [plain(one) for one in ours]
    assert len(theirs) == len(ours)
    for name, one in theirs.__members__.items():
        other = ours[name]
        assert getattr(ours, name) is other
        assert ours(one.value) is other
        assert other in ours
        assert one not in ours
        assert plain(one) == plain(other)
        assert (one.name, one.value, hash(one), bool(one)) == (
            other.name,
            other.value,
            hash(other),
            bool(other),
        )


def bits(flags: Any, value: int) -> object:
    """What a value is taken apart into; for some no Python has an answer."""
    try:
        return [plain(bit) for bit in flags(value)]
    except (ValueError, AttributeError) as refused:
        return repr(refused)


def assert_flags_alike(theirs: Any, ours: Any) -> None:
    if not theirs.__members__:
        return
    pairs = list(zip(theirs, ours, strict=True))[:6]
    for one, other in pairs:
        assert plain(~one) == plain(~other)
        for second, its_other in pairs:
            assert plain(one | second) == plain(other | its_other)
            assert plain(one & second) == plain(other & its_other)
            assert plain(one ^ second) == plain(other ^ its_other)
            assert (second in one) is (its_other in other)
    for value in (0, 1, 3, 0x5A5A, 1 << 40, -1):
        assert plain(theirs(value)) == plain(ours(value))
        assert bits(theirs, value) == bits(ours, value)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_enumeration_of_qt_is_what_enum_would_make(module: ModuleType) -> None:
    for found in enumerations_of(module):
        members = [(name, member.value) for name, member in found.__members__.items()]
        theirs, ours = both(found.__mro__[1], members)
        assert_alike(theirs, ours)
        if issubclass(found, enum.Flag):
            assert_flags_alike(theirs, ours)


def test_that_test_sees_all_of_qt() -> None:
    seen = {found for module in MODULES for found in enumerations_of(module)}
    assert len(seen) > 400
    assert {QtCore.Qt.Key, QtWidgets.QSizePolicy.Policy} < seen
    assert {found.__mro__[1] for found in seen} == {
        enum.Enum,
        enum.IntEnum,
        enum.Flag,
        enum.IntFlag,
    }


@pytest.mark.parametrize("base", [enum.Enum, enum.IntEnum, enum.Flag, enum.IntFlag])
@pytest.mark.parametrize(
    "members",
    [
        [],
        [("One", 1), ("Uno", 1), ("Two", 2)],
        [("Two", 2), ("One", 1)],
        [("All", 0xFF), ("Nothing", 0), ("Below", -1), ("High", 0x80000000)],
    ],
)
def test_what_c_may_hold_is_made_alike(
    base: type[enum.Enum], members: list[tuple[str, int]]
) -> None:
    theirs, ours = both(base, members)
    assert_alike(theirs, ours)
    if issubclass(base, enum.Flag):
        assert_flags_alike(theirs, ours)


@pytest.mark.parametrize("name", ["name", "value", "_hidden", "__hidden", "mro"])
def test_names_with_a_meaning_of_their_own_are_left_to_enum(name: str) -> None:
    assert enumerations.make(enum.Enum, "Made", [(name, 1)]) is None


def test_until_the_first_paint_all_are_made_so_and_those_of_python_as_ever() -> None:
    code = """
import enum, os, sys
import wizard.gui.enumerations as enumerations
left_to_enum, made = [], []
original, make = enumerations._original, enumerations.make
def note_left(cls, name, *rest, **options):
    left_to_enum.append(name)
    return original(cls, name, *rest, **options)
def note_made(base, name, members):
    made.append(name)
    return make(base, name, members)
enumerations._original, enumerations.make = note_left, note_made
sys.argv = ["wizard", "--exit-after-first-paint"]
from wizard.app.window import open_window
code = open_window(exit_after_first_paint=True)
assert {"Language", "AlignmentFlag", "Policy", "Type"} <= set(made), made
assert set(left_to_enum) == {"Empty"}, left_to_enum
Own = enum.Enum("Own", ["ONE", "TWO"])
assert left_to_enum[-1] == "Own" and Own.__module__ == "__main__" and Own(2) is Own.TWO
sys.exit(code)
"""
    done = run_python(code)
    assert done.returncode == 0, done.stderr


BY_QT_ITSELF = """
 QByteArray QColor QContextMenuEvent QDeadlineTimer QEvent QGraphicsSceneContextMenuEvent
QInputMethodEvent QLocale QMetaObject QNativeIpcKey QOperatingSystemVersion QPaintDevice
QPlatformSurfaceEvent QRhi QRhiShaderResourceBinding QScrollEvent QSurface QTextLine QTimeZone
QWidget QWindow QXmlStreamReader""".replace("\n", " ")
BY_THE_FIRST_PAGE = """
QAbstractScrollArea QAbstractSlider QBoxLayout QFont QFrame QLayout QLineEdit QMainWindow QPainter
QPalette QProgressBar QSizePolicy QTextLayout QTextOption Qt""".replace("\n", " ")


def test_before_the_first_paint_few_of_qts_classes_are_taken_apart() -> None:
    """Each class that is named here has all its enumerations made before the window is seen. A name
    more is a little time more: first see whether it can wait until somebody needs it."""
    code = """
import enum, linecache, sys
from wizard.app.window import open_window
assert open_window(exit_after_first_paint=True) == 0
def below(kind):
    for made in kind.__subclasses__():
        yield made
        yield from below(made)
made = {kind.__qualname__.rpartition(".")[0] for kind in below(enum.Enum)
        if kind.__module__.startswith("PySide6")}
print(*sorted(made))
print(*(name for name in linecache.cache if "wizard" in name))
"""
    done = run_python(code)
    assert done.returncode == 0, done.stderr
    made, read = done.stdout.split("\n")[:2]
    expected = set(f"{BY_QT_ITSELF} {BY_THE_FIRST_PAGE}".split(" "))
    assert set(made.split(" ")) <= expected
    assert not read, "Qt for Python has read our sources"
