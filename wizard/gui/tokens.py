"""The colours of the window, by purpose.

Annotations are not put off here, as they are elsewhere: of a named tuple Python compiles each one
that is, which is longer than all else in this file.
"""

from typing import NamedTuple


class Tokens(NamedTuple):
    """Colours by purpose, as `#rrggbb`.

    `outline` draws what must be found without its text (field borders, empty rings, check boxes)
    and keeps 3:1 to its ground; `line` only separates. `*_paper` is the ground of a card whose
    mark has that colour.
    """

    background: str
    rail: str
    card: str
    line: str
    outline: str
    text: str
    soft: str
    accent: str
    accent_hover: str
    accent_pressed: str
    on_accent: str
    hover: str
    good: str
    good_paper: str
    caution: str
    caution_paper: str
    bad: str
    bad_paper: str


LIGHT = Tokens(
    background="#fbfbfd",
    rail="#f1f3f7",
    card="#ffffff",
    line="#dadfe8",
    outline="#7d889e",
    text="#16202e",
    soft="#56627a",
    accent="#1d5fd0",
    accent_hover="#174fb0",
    accent_pressed="#123f8e",
    on_accent="#ffffff",
    hover="#eef2f9",
    good="#1b7f4b",
    good_paper="#e6f4ec",
    caution="#9a5b00",
    caution_paper="#fdf1dc",
    bad="#b3261e",
    bad_paper="#fceeed",
)

DARK = Tokens(
    background="#15181e",
    rail="#1b1f27",
    card="#1f242d",
    line="#333b48",
    outline="#76829a",
    text="#eef1f6",
    soft="#a9b3c4",
    accent="#7fb0ff",
    accent_hover="#9cc2ff",
    accent_pressed="#b8d3ff",
    on_accent="#0b1a33",
    hover="#29303c",
    good="#6fd3a0",
    good_paper="#19302a",
    caution="#f2b866",
    caution_paper="#3a2e18",
    bad="#ff8a80",
    bad_paper="#3a2022",
)
