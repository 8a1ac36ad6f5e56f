"""A message cut into its MIME parts, byte for byte (RFC 2045, 2046).

The standard library's parser gives decoded parts; IMAP hands out the bytes as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser

MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Part:
    """`header` ends with its blank line. `parts`: of a multipart; of a message/rfc822 the
    message inside."""

    header: bytes
    body: bytes
    fields: Message
    parts: tuple[Part, ...] = ()

    @property
    def is_multipart(self) -> bool:
        """True where `parts` are numbered ones."""
        return self.fields.get_content_maintype() == "multipart" and bool(self.parts)

    @property
    def enclosed(self) -> Part | None:
        """The message inside a message/rfc822 part."""
        if self.fields.get_content_type() == "message/rfc822" and self.parts:
            return self.parts[0]
        return None


def parse_part(raw: bytes, depth: int = 0) -> Part:
    """Cuts a message or body part with CRLF line ends. Never raises: what is no MIME is one
    part."""
    header, body = _split_header(raw)
    fields = BytesHeaderParser().parsebytes(header)
    parts: tuple[Part, ...] = ()
    if depth < MAX_DEPTH:
        boundary = fields.get_boundary()
        if fields.get_content_maintype() == "multipart" and boundary:
            inner = _split_multipart(body, boundary.encode("utf-8", "surrogateescape"))
            parts = tuple(parse_part(piece, depth + 1) for piece in inner)
        elif fields.get_content_type() == "message/rfc822":
            parts = (parse_part(body, depth + 1),)
    return Part(header, body, fields, parts)


def find_part(root: Part, path: tuple[int, ...]) -> Part | None:
    """The part with these numbers (RFC 3501 section 6.4.5): `1` of a message that is no
    multipart is its body; numbers after a message/rfc822 part count inside that message."""
    part: Part = root
    container: Part | None = root
    for number in path:
        if container is None:
            return None
        children = container.parts if container.is_multipart else (container,)
        if not 1 <= number <= len(children):
            return None
        part = children[number - 1]
        container = part if part.is_multipart else part.enclosed
    return part


def _split_header(raw: bytes) -> tuple[bytes, bytes]:
    if raw.startswith(b"\r\n"):
        return raw[:2], raw[2:]
    end = raw.find(b"\r\n\r\n")
    return (raw, b"") if end < 0 else (raw[: end + 4], raw[end + 4 :])


def _split_multipart(body: bytes, boundary: bytes) -> list[bytes]:
    pattern = rb"(?:\A|\r\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r\n|\Z)"
    pieces: list[bytes] = []
    start: int | None = None
    for delimiter in re.finditer(pattern, body):
        if start is not None:
            pieces.append(body[start : max(start, delimiter.start())])
        if delimiter[1]:
            return pieces
        start = delimiter.end() + 2
    if start is not None:  # cut off before its end
        pieces.append(body[start:])
    return pieces
