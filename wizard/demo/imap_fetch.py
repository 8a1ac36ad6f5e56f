"""What FETCH can be asked for and how it is answered (RFC 3501 sections 6.4.5 and 7.4.2). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from email.utils import getaddresses

from wizard.demo.imap_syntax import (
    Atom,
    BadSyntax,
    Node,
    format_flags,
    format_internal_date,
    literal,
    quote,
)
from wizard.demo.mailbox import StoredMessage
from wizard.demo.mime import Part, find_part, parse_part

_MACROS = {
    "ALL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    "FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE"),
    "FULL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"),
}
_BODY = re.compile(r"^BODY(\.PEEK)?\[(.*)\](?:<(\d+)\.(\d+)>)?$", re.IGNORECASE | re.DOTALL)
_SECTION = re.compile(
    r"^(?P<path>\d+(?:\.\d+)*)?\.?"
    r"(?P<what>HEADER\.FIELDS(?:\.NOT)?|HEADER|TEXT|MIME)?(?: \((?P<names>[^()]*)\))?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class FetchItem:
    """One thing asked for. `is_content`: words of the message, beyond numbers and flags.
    `marks_seen`: reading it sets \\Seen. `render`: its name and value."""

    is_content: bool
    marks_seen: bool
    render: Callable[[StoredMessage], bytes]


def parse_fetch(node: Node) -> list[FetchItem]:
    """The items of a FETCH command. Raises `BadSyntax`."""
    if isinstance(node, Atom) and node.text.upper() in _MACROS:
        return [_item(name) for name in _MACROS[node.text.upper()]]
    nodes = node if isinstance(node, tuple) else (node,)
    items: list[FetchItem] = []
    for part in nodes:
        if not isinstance(part, Atom):
            raise BadSyntax("A fetch item was expected")
        items.append(_item(part.text))
    if not items:
        raise BadSyntax("Nothing to fetch")
    return items


def render_flags(message: StoredMessage) -> bytes:
    """`FLAGS (…)`."""
    return f"FLAGS {format_flags(message.flags)}".encode()


def render_uid(message: StoredMessage) -> bytes:
    """`UID n`."""
    return f"UID {message.uid}".encode()


_SIMPLE: dict[str, Callable[[StoredMessage], bytes]] = {
    "FLAGS": render_flags,
    "UID": render_uid,
    "INTERNALDATE": lambda m: f"INTERNALDATE {format_internal_date(m.arrived)}".encode(),
    "RFC822.SIZE": lambda m: f"RFC822.SIZE {len(m.raw)}".encode(),
    "ENVELOPE": lambda m: b"ENVELOPE " + envelope(parse_part(m.raw).fields),
    "BODY": lambda m: b"BODY " + structure(parse_part(m.raw), extended=False),
    "BODYSTRUCTURE": lambda m: b"BODYSTRUCTURE " + structure(parse_part(m.raw), extended=True),
}
_OLD_SECTIONS = {  # RFC 822 names: (section, sets \Seen)
    "RFC822": ("", True),
    "RFC822.HEADER": ("HEADER", False),
    "RFC822.TEXT": ("TEXT", True),
}


def _item(text: str) -> FetchItem:
    name = text.upper()
    if name in _SIMPLE:
        return FetchItem(False, False, _SIMPLE[name])
    if name in _OLD_SECTIONS:
        section, marks_seen = _OLD_SECTIONS[name]
        return _body_item(name, section, None, marks_seen)
    body = _BODY.match(text)
    if body is None:
        raise BadSyntax("Unknown fetch item")
    partial = None if body[3] is None else (int(body[3]), int(body[4]))
    label = f"BODY[{body[2]}]" + ("" if partial is None else f"<{partial[0]}>")
    return _body_item(label, body[2], partial, not body[1])


def _body_item(
    label: str, section: str, partial: tuple[int, int] | None, marks_seen: bool
) -> FetchItem:
    parsed = _SECTION.match(section)
    if parsed is None or (parsed["names"] is not None) != (
        (parsed["what"] or "").upper().startswith("HEADER.FIELDS")
    ):
        raise BadSyntax("Unknown section")
    path = tuple(int(number) for number in (parsed["path"] or "").split(".") if number)
    what = (parsed["what"] or "").upper()
    if what == "MIME" and not path:
        raise BadSyntax("MIME needs a part number")
    names = {name.strip('"').lower() for name in (parsed["names"] or "").split()}

    def render(message: StoredMessage) -> bytes:
        content = section_bytes(message.raw, path, what, names)
        if content is not None and partial is not None:
            content = content[partial[0] : partial[0] + partial[1]]
        value = b"NIL" if content is None else literal(content)
        return label.encode() + b" " + value

    return FetchItem(True, marks_seen, render)


def section_bytes(raw: bytes, path: tuple[int, ...], what: str, names: set[str]) -> bytes | None:
    """The bytes of a section; None where the message has no such part."""
    if not path and not what:
        return raw
    part = find_part(parse_part(raw), path)
    if part is None:
        return None
    if not what:
        return part.body
    if what == "MIME":
        return part.header
    message = part.enclosed if path else part  # HEADER and TEXT of a part mean the one enclosed
    if message is None:
        return None
    if what == "TEXT":
        return message.body
    if what == "HEADER":
        return message.header
    return _pick_fields(message.header, names, keep=what == "HEADER.FIELDS")


def _pick_fields(header: bytes, names: set[str], *, keep: bool) -> bytes:
    fields = re.findall(rb"[^\r\n]+\r\n(?:[ \t][^\r\n]*\r\n)*", header)
    chosen = [
        field
        for field in fields
        if (field.partition(b":")[0].strip().decode("latin-1").lower() in names) is keep
    ]
    return b"".join(chosen) + b"\r\n"


def envelope(fields: Message) -> bytes:
    """The header as an envelope (RFC 3501 section 7.4.2)."""
    sender = _addresses(fields, "sender")
    senders = _addresses(fields, "from")
    reply_to = _addresses(fields, "reply-to")
    parts = (
        quote(_text(fields, "date")),
        quote(_text(fields, "subject")),
        senders,
        senders if sender == b"NIL" else sender,
        senders if reply_to == b"NIL" else reply_to,
        _addresses(fields, "to"),
        _addresses(fields, "cc"),
        _addresses(fields, "bcc"),
        quote(_text(fields, "in-reply-to")),
        quote(_text(fields, "message-id")),
    )
    return b"(" + b" ".join(parts) + b")"


def _text(fields: Message, name: str) -> str | None:
    value = fields.get(name)
    return None if value is None else re.sub(r"\r?\n", "", str(value)).strip()


def _addresses(fields: Message, name: str) -> bytes:
    texts = [str(value) for value in fields.get_all(name, [])]
    found = [pair for pair in getaddresses(texts) if pair[1]]
    if not found:
        return b"NIL"
    return b"(" + b"".join(_address(*pair) for pair in found) + b")"


def _address(name: str, address: str) -> bytes:
    local, at, domain = address.rpartition("@")
    mailbox, host = (local, domain) if at else (address, "")
    return b"(" + b" ".join((quote(name or None), b"NIL", quote(mailbox), quote(host))) + b")"


def structure(part: Part, *, extended: bool) -> bytes:
    """BODY or, extended, BODYSTRUCTURE."""
    fields = part.fields
    subtype = quote(fields.get_content_subtype())
    if part.is_multipart:
        inner = b"".join(structure(child, extended=extended) for child in part.parts)
        tail = [subtype]
        if extended:
            tail += [_parameters(fields), _disposition(fields), b"NIL", b"NIL"]
        return b"(" + inner + b" " + b" ".join(tail) + b")"
    # A multipart whose parts cannot be found is text to look at.
    broken = fields.get_content_maintype() == "multipart"
    main = "text" if broken else fields.get_content_maintype()
    out = [
        quote(main),
        quote("plain") if broken else subtype,
        _parameters(fields),
        quote(_text(fields, "content-id")),
        quote(_text(fields, "content-description")),
        quote(_text(fields, "content-transfer-encoding") or "7BIT"),
        b"%d" % len(part.body),
    ]
    if part.enclosed is not None:
        out += [
            envelope(part.enclosed.fields),
            structure(part.enclosed, extended=extended),
            b"%d" % part.body.count(b"\r\n"),
        ]
    elif main == "text":
        out.append(b"%d" % part.body.count(b"\r\n"))
    if extended:
        out += [b"NIL", _disposition(fields), b"NIL", b"NIL"]
    return b"(" + b" ".join(out) + b")"


def _parameters(fields: Message) -> bytes:
    pairs = (fields.get_params() or [("text/plain", "")])[1:]
    if not pairs and "content-type" not in fields:
        pairs = [("charset", "us-ascii")]
    return _pairs(pairs)


def _disposition(fields: Message) -> bytes:
    kind = fields.get_content_disposition()
    if kind is None:
        return b"NIL"
    pairs = (fields.get_params(header="content-disposition") or [])[1:]
    return b"(" + quote(kind) + b" " + _pairs(pairs) + b")"


def _pairs(pairs: list[tuple[str, str]]) -> bytes:
    if not pairs:
        return b"NIL"
    words = [quote(word) for pair in pairs for word in pair]
    return b"(" + b" ".join(words) + b")"
