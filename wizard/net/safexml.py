"""XML from strangers: bounded, without DTD, entities or namespaces' surprises.

Source of the dangers: defusedxml's list (entity expansion, external entities, DTD retrieval).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_DOCUMENT = 64 * 1024


@dataclass(frozen=True, slots=True)
class NotXml:
    """`reason`: `empty`, `too-large`, `web-page`, `dtd`, `malformed`."""

    reason: str


def parse_xml(data: bytes, limit: int = MAX_DOCUMENT) -> Element | NotXml:
    """The root element of a document of at most `limit` bytes."""
    if len(data) > limit:
        return NotXml("too-large")
    while (trimmed := data.lstrip().removeprefix(codecs.BOM_UTF8)) != data:
        data = trimmed  # editors and templates leave white space before the mark, and after it
    if not data:
        return NotXml("empty")
    if _WEB_PAGE.search(data[:1024]):
        return NotXml("web-page")
    # Only here: whoever never meets a document does not pay for the parser.
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    form: bytes | str | None = data
    while form is not None:
        try:
            return fromstring(form, forbid_dtd=True, forbid_entities=True, forbid_external=True)
        except DefusedXmlException:
            return NotXml("dtd")
        except (ParseError, ValueError, LookupError):
            # ValueError and LookupError: encodings that expat or Python does not know.
            form = _decoded(data) if isinstance(form, bytes) else None
    return NotXml("malformed")


def _decoded(data: bytes) -> str | None:
    """A document whose bytes are not what it says, as text; None where that is not what is wrong.

    Seen: umlauts in Latin-1 where UTF-8 is declared or meant, UTF-8 that calls itself UTF-16, and
    encodings of several bytes, which expat does not read.
    """
    declared = _ENCODING.match(data)
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    if name in _SEVERAL_BYTES:
        text = data.decode(name, "replace")
    else:
        try:
            text = data.decode("utf-8")
            if name == "utf-8":
                return None
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    return _DECLARATION.sub("", text, count=1)


_WEB_PAGE = re.compile(rb"<(?:!doctype\s+html|html[\s>])", re.IGNORECASE)
_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_DECLARATION = re.compile(r"\A<\?xml[^>]*\?>")
_SEVERAL_BYTES = frozenset(
    {"big5", "euc-jp", "euc-kr", "gb18030", "gb2312", "gbk", "iso-2022-jp", "shift_jis"}
)


def local_name(element: Element) -> str:
    """The name without its namespace, lower case: files in the wild disagree about both."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def attribute(element: Element, name: str) -> str:
    """An attribute's stripped value, however its name is written; empty where it is not there."""
    for written, value in element.attrib.items():
        if written.rpartition("}")[2].lower() == name:
            return value.strip()
    return ""


def children(element: Element, name: str) -> Iterator[Element]:
    """Direct children of that name (lower case)."""
    return (child for child in element if local_name(child) == name)


def texts(element: Element, name: str) -> list[str]:
    """The stripped, non-empty texts of the direct children of that name."""
    found = ((child.text or "").strip() for child in children(element, name))
    return [content for content in found if content]


def text(element: Element, name: str) -> str:
    """The first non-empty text of that name, else an empty text."""
    return next(iter(texts(element, name)), "")
