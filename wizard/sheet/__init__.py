"""The settings sheet: everything a person needs to set up mail anywhere, on paper. No password.

    rows           typed lines: section, label, value
    to_html        a page that stands alone (screen, print, black and white), with the QR code
    to_rich_text   the same for a rich-text printer (Qt's HTML subset): what the PDF is made of

Both texts come from the same `rows` and the same steps, so they can't say different things.
"""

from wizard.sheet.page import to_html, to_rich_text
from wizard.sheet.rows import SheetRow, rows

__all__ = ["SheetRow", "rows", "to_html", "to_rich_text"]
