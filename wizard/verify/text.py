"""Server text made safe to show: data, never markup, never an instruction to the terminal."""

from __future__ import annotations

import base64
import unicodedata
from urllib.parse import quote

from wizard.model import Secret

MAX_SHOWN = 400
"""Characters of a quotation that are kept."""

_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def decoded(raw: bytes) -> str:
    """Bytes of a reply as text: UTF-8, and where it is not, each odd byte as Latin-1."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def cleaned(text: str, limit: int = MAX_SHOWN) -> str:
    """`text` with control, format and bidi characters made visible (`⟨202E⟩`), white space
    collapsed, cut to `limit` characters."""
    text = text[: limit * 4]  # enough to fill the limit, little enough to walk through
    visible = "".join(_visible(char) for char in " ".join(text.split()))
    return visible if len(visible) <= limit else visible[: limit - 1] + "…"


def _visible(char: str) -> str:
    return f"⟨{ord(char):04X}⟩" if unicodedata.category(char) in _HIDDEN else char


class Blackout:
    """Takes the password out of what a server says, should it repeat what it was sent.

    It knows the password itself and the forms in which it goes over the wire; longer forms are
    replaced first, so that no rest of one stays behind.
    """

    __slots__ = ("_forms",)

    def __init__(self, password: Secret, usernames: tuple[str, ...]) -> None:
        text = password.reveal()
        raw = text.encode("utf-8", "surrogatepass")
        forms = {text, _base64(raw), raw.hex(), quote(text, safe=""), text.replace("\\", "\\\\")}
        forms.add(text.replace("\\", "\\\\").replace('"', '\\"'))
        for name in usernames:
            user = name.encode("utf-8", "surrogatepass")
            forms.add(_base64(b"\0" + user + b"\0" + raw))
        self._forms = tuple(Secret(form) for form in sorted(forms - {""}, key=len, reverse=True))

    def __call__(self, text: str) -> str:
        """`text` without the password."""
        for form in self._forms:
            text = text.replace(form.reveal(), "***")
        return text


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
