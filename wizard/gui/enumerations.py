"""Qt's enumerations, made quickly.

Qt for Python makes each of Qt's enumerations as a class of `enum`, a whole namespace at a time as
soon as one name of it is used: some 180 classes with 2,700 members before the first window is
painted, a quarter of all that a start computes. Most of that goes into questions which `enum` has
to ask of classes that people write and which an enumeration of C++ never raises: is the value a
descriptor, is it hashable, does a member need a method of its own.

Here the same classes are put together without those questions, from a pattern that `enum` itself
made. Only what Qt for Python asks for is taken, and only on the Python on which the outcome was
compared with the original, class by class (tests/gui/test_gui_binding.py); all else goes to
`enum` as ever.
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Sequence
from typing import Any

COMPARED = frozenset({(3, 11)})
"""Versions of Python on which the test has compared the outcome."""

Members = Sequence[tuple[str, int]]

_original = enum.EnumType._create_  # type: ignore[attr-defined]
_patterns: dict[type[enum.Enum], dict[str, Any]] = {}
_AS_QT_ASKS = {
    "module": None,
    "qualname": None,
    "type": None,
    "start": 1,
    "boundary": enum.KEEP,
}
_TAKEN = {
    base: {"mro"}.union(*(vars(kind) for kind in base.__mro__))
    for base in (enum.Enum, enum.IntEnum, enum.Flag, enum.IntFlag)
}
"""The bases, each with the names that mean something else in it."""


def install() -> None:
    """From now on enumerations of Qt are made here. To be called before Qt is loaded, which makes
    the first of them at once."""
    if sys.version_info[:2] in COMPARED:
        enum.EnumType._create_ = _create  # type: ignore[attr-defined]


def _create(cls: type[enum.Enum], name: str, names: Any, **options: Any) -> Any:
    """In place of `EnumType._create_`, which `enum.Enum(name, names)` leads to."""
    if options == _AS_QT_ASKS and type(names) is list and cls in _TAKEN:
        made = make(cls, name, names)
        if made is not None:
            return made
    if options["module"] is None:  # `enum` looks two frames up, and here is one more
        options["module"] = sys._getframe(2).f_globals.get("__name__")
    return _original(cls, name, names, **options)


def make(base: type[enum.Enum], name: str, members: Members) -> type[enum.Enum] | None:
    """An enumeration as Qt has them: whole numbers under plain names, any bits allowed in flags.
    None where a name is one that `enum` treats in a way of its own.
    """
    taken = _TAKEN[base]
    for member_name, _ in members:
        if member_name in taken or member_name[0] == "_":
            return None
    order: list[str] = []
    by_name: dict[str, Any] = {}
    by_value: dict[int, Any] = {}
    body = dict(_pattern(base))
    body["_member_names_"] = order
    body["_member_map_"] = by_name
    body["_value2member_map_"] = by_value
    body["_unhashable_values_"] = []
    made: Any = type.__new__(enum.EnumType, name, (base,), body)
    new, is_number = body["_new_member_"], body["_use_args_"]
    is_flag = issubclass(base, enum.Flag)
    bits = single_bits = 0
    for member_name, value in members:
        member = by_value.get(value)
        if member is None:
            member = new(made, value) if is_number else new(made)
            member._value_ = value
            member._name_ = member_name
            member.__objclass__ = made
            member._sort_order_ = len(order)
            by_value[value] = member
            if not is_flag:
                order.append(member_name)
            else:
                bits |= value
                if value > 0 and not value & (value - 1):
                    single_bits |= value
                    order.append(member_name)
        by_name[member_name] = member
        type.__setattr__(made, member_name, member)
    if is_flag:
        made._flag_mask_ = bits
        made._singles_mask_ = single_bits
        made._all_bits_ = 2 ** bits.bit_length() - 1
        values = [by_name[listed]._value_ for listed in order]
        if values != sorted(values):
            made._iter_member_ = made._iter_member_by_def_
    return made  # type: ignore[no-any-return]


def _pattern(base: type[enum.Enum]) -> dict[str, Any]:
    """What the body of a class without members holds, as `enum` makes it."""
    found = _patterns.get(base)
    if found is None:
        empty = _original(base, "Empty", [], module=__name__, boundary=enum.KEEP)
        kept = set(vars(empty)) - {"__dict__", "__weakref__"}
        found = _patterns[base] = {key: vars(empty)[key] for key in kept}
    return found
