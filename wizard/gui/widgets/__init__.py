"""What pages are made of. Each widget takes a `Kit` (look and language) first.

text      labels that wrap anywhere and never read markup
marks     state marks: filled tick, ring with dot, empty ring, dash, cross, triangle
buttons   primary, plain and link buttons; Copy
fields    labelled fields, password field
choices   choice, check box, card to choose
cards     cards, rows, value rows, problem card, disclosure
layouts   a flow layout
ring      the one focus ring
rail      the steps at the side

Each module is loaded when a name of it is first asked for (`wizard.later`): the first page needs
few of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.later import loader

if TYPE_CHECKING:
    from wizard.gui.widgets.buttons import Button, CopyButton, Kind
    from wizard.gui.widgets.cards import Card, Disclosure, Facts, ProblemCard, Row, Tone, hairline
    from wizard.gui.widgets.choices import Check, Choice, ChoiceCard
    from wizard.gui.widgets.fields import Field, Labelled, PasswordField
    from wizard.gui.widgets.kit import Kit
    from wizard.gui.widgets.layouts import (
        FlowLayout,
        Group,
        clear,
        column,
        flow,
        in_reading_order,
        line,
    )
    from wizard.gui.widgets.marks import Glyph, Mark, StateMark
    from wizard.gui.widgets.rail import Rail, StepView, ToolView
    from wizard.gui.widgets.ring import FocusRing
    from wizard.gui.widgets.text import Text, TextType

__all__ = [
    "Button",
    "Card",
    "Check",
    "Choice",
    "ChoiceCard",
    "CopyButton",
    "Disclosure",
    "Facts",
    "Field",
    "FlowLayout",
    "FocusRing",
    "Glyph",
    "Group",
    "Kind",
    "Kit",
    "Labelled",
    "Mark",
    "PasswordField",
    "ProblemCard",
    "Rail",
    "Row",
    "StateMark",
    "StepView",
    "Text",
    "TextType",
    "Tone",
    "ToolView",
    "clear",
    "column",
    "flow",
    "hairline",
    "in_reading_order",
    "line",
]

if not TYPE_CHECKING:
    __getattr__ = loader(
        __name__,
        {
            "buttons": "Button CopyButton Kind",
            "cards": "Card Disclosure Facts ProblemCard Row Tone hairline",
            "choices": "Check Choice ChoiceCard",
            "fields": "Field Labelled PasswordField",
            "kit": "Kit",
            "layouts": "FlowLayout Group clear column flow in_reading_order line",
            "marks": "Glyph Mark StateMark",
            "rail": "Rail StepView ToolView",
            "ring": "FocusRing",
            "text": "Text TextType",
        },
    )
