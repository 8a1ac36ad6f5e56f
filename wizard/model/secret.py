"""`Secret`: how a password travels through the program without leaking."""

from __future__ import annotations

from typing import NoReturn, final


@final
class Secret:
    """A password in memory.

    It never shows in `repr`, `str`, formatting, pickles, copies or comparisons; the one way to
    the text is `reveal()`, so every use can be found by searching for that name.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """The password itself. Call it only where it is sent or stored."""
        return self.__text

    def __bool__(self) -> bool:
        return bool(self.__text)

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    # Identity only: equality of passwords must not be observable through sets, dicts or asserts
    # that print both sides.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied")

    def without_spaces(self) -> Secret:
        """The same with white space removed: how app passwords are printed in groups of four."""
        return Secret("".join(self.__text.split()))
