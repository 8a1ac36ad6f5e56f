"""What pages are made of. Each widget takes a `Kit` (look and language) first.

text      labels that wrap anywhere and never read markup
marks     state marks: filled tick, ring with dot, empty ring, dash, cross, triangle
buttons   primary, plain and link buttons; Copy
fields    labelled fields, password field, choice, check box
cards     cards, rows, value rows, problem card, disclosure
layouts   a flow layout
ring      the one focus ring
rail      the steps at the side
"""

from wizard.gui.widgets.buttons import Button, CopyButton, Kind
from wizard.gui.widgets.cards import (
    Card,
    Disclosure,
    Facts,
    ProblemCard,
    Row,
    Tone,
    hairline,
)
from wizard.gui.widgets.fields import (
    Check,
    Choice,
    ChoiceCard,
    Field,
    Labelled,
    PasswordField,
)
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
