"""XML from strangers: bounded, without DTD, entities or namespaces' surprises.

Source of the dangers: defusedxml's list (entity expansion, external entities, DTD retrieval).
"""

from __future__ import annotations

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
    data = data.lstrip()
    if not data:
        return NotXml("empty")
    if data[:14].lower() == b"<!doctype html" or data[:5].lower() == b"<html":
        return NotXml("web-page")
    # Only here: whoever never meets a document does not pay for the parser.
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(data, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        return NotXml("dtd")
    except (ParseError, ValueError, LookupError):
        # ValueError and LookupError: encodings that expat or Python does not know.
        return NotXml("malformed")
    return root


def local_name(element: Element) -> str:
    """The name without its namespace, lower case: files in the wild disagree about both."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


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
