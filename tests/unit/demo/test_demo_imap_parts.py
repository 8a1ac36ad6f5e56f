"""The pure parts of the receiving server: syntax, MIME parts, sections, structures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.demo.imap_fetch import envelope, parse_fetch, section_bytes, structure
from wizard.demo.imap_search import parse_search
from wizard.demo.imap_syntax import (
    Atom,
    BadSyntax,
    String,
    literal_size,
    parse_day,
    parse_internal_date,
    parse_nodes,
    parse_numbers,
    quote,
)
from wizard.demo.mime import find_part, parse_part

INNER = b"Subject: inner\r\nContent-Type: text/html\r\n\r\n<p>in</p>\r\n"
NESTED = (
    b"Subject: outer\r\nFrom: =?utf-8?q?Ren=C3=A9?= <r@demo.example>\r\n"
    b'Content-Type: multipart/mixed; boundary="x y"\r\n\r\n'
    b"preamble\r\n--x y\r\n\r\nfirst\r\n"
    b"--x y \r\nContent-Type: message/rfc822\r\n\r\n" + INNER + b"\r\n--x y\r\n"
    b"Content-Type: multipart/alternative; boundary=z\r\n\r\n--z\r\n\r\ndeep\r\n--z--\r\n"
    b"--x y--\r\nepilogue\r\n"
)


def test_nodes() -> None:
    nodes = parse_nodes(
        [rb'1:* (FLAGS BODY.PEEK[HEADER.FIELDS (TO "CC")]<0.9>) "a \"b\\"', b"\0", b""]
    )
    assert nodes == (
        Atom("1:*"),
        (Atom("FLAGS"), Atom('BODY.PEEK[HEADER.FIELDS (TO "CC")]<0.9>')),
        String(b'a "b\\'),
        String(b"\0"),
    )


@pytest.mark.parametrize("text", [b"(a", b"a)", b'"open', b"BODY[TEXT"])
def test_nodes_that_cannot_be_read(text: bytes) -> None:
    with pytest.raises(BadSyntax):
        parse_nodes([text])


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4))
def test_any_bytes_are_read_or_refused(pieces: list[bytes]) -> None:
    try:
        nodes = parse_nodes(pieces)
    except BadSyntax:
        return
    for node in nodes:
        try:
            parse_fetch(node)
            parse_search((node,), 3, 3)
        except BadSyntax:
            pass


@pytest.mark.parametrize(
    ("line", "size"),
    [(b"a {5}", (5, True)), (b"a {5+}", (5, False)), (b"a {x}", None), (b"{5} a", None)],
)
def test_literal_announcements(line: bytes, size: tuple[int, bool] | None) -> None:
    assert literal_size(line) == size


def test_number_sets() -> None:
    numbers = parse_numbers("2,5:4,9:*", 7)
    assert [n for n in range(1, 12) if n in numbers] == [2, 4, 5, 7, 8, 9]
    for text in ("", "0", "a", "1:", "1,,2", "²"):
        with pytest.raises(BadSyntax):
            parse_numbers(text, 7)


def test_dates() -> None:
    assert (
        parse_internal_date(" 7-Jul-1996 02:44:25 -0700").isoformat() == "1996-07-07T02:44:25-07:00"
    )
    assert parse_day("1-feb-1994").date().isoformat() == "1994-02-01"
    for text in ("1996-07-07", "32-Jan-2026", "1-Foo-2026"):
        with pytest.raises(BadSyntax):
            parse_day(text)
    with pytest.raises(BadSyntax):
        parse_internal_date("yesterday")


def test_strings_are_quoted_or_sent_as_literals() -> None:
    assert quote(None) == b"NIL"
    assert quote('a "b" \\') == rb'"a \"b\" \\"'
    assert quote("é") == b"{2}\r\n\xc3\xa9"
    assert quote(b"a\r\nb") == b"{4}\r\na\r\nb"


@pytest.mark.parametrize(
    ("path", "what", "content"),
    [
        ((), "TEXT", NESTED.partition(b"\r\n\r\n")[2]),
        ((1,), "", b"first"),
        ((2,), "", INNER),
        ((2,), "HEADER", INNER.partition(b"<p>")[0]),
        ((2,), "TEXT", b"<p>in</p>\r\n"),
        ((2, 1), "", b"<p>in</p>\r\n"),
        ((3, 1), "", b"deep"),
        ((3, 1), "MIME", b"\r\n"),
        ((1,), "HEADER", None),
        ((1, 1), "", None),
        ((4,), "", None),
    ],
)
def test_sections_byte_for_byte(path: tuple[int, ...], what: str, content: bytes | None) -> None:
    assert section_bytes(NESTED, path, what, set()) == content


def test_header_fields() -> None:
    raw = b"A: 1\r\n folded\r\nB: 2\r\nA: 3\r\n\r\nbody"
    assert section_bytes(raw, (), "HEADER.FIELDS", {"a"}) == b"A: 1\r\n folded\r\nA: 3\r\n\r\n"
    assert section_bytes(raw, (), "HEADER.FIELDS.NOT", {"a"}) == b"B: 2\r\n\r\n"


def test_the_body_of_a_simple_message_is_part_one() -> None:
    assert section_bytes(INNER, (1,), "", set()) == b"<p>in</p>\r\n"
    assert section_bytes(INNER, (1, 1), "", set()) is None


def test_structure_of_a_nested_message() -> None:
    text = structure(parse_part(NESTED), extended=False)
    assert text == (
        b'(("text" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 5 0)'
        b'("message" "rfc822" NIL NIL NIL "7BIT" %d (NIL "inner" NIL NIL NIL NIL NIL NIL NIL NIL)'
        b' ("text" "html" NIL NIL NIL "7BIT" 11 1) 4)'
        b'(("text" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 4 0) "alternative") "mixed")'
    ) % len(INNER)


def test_envelope_keeps_encoded_words() -> None:
    text = envelope(parse_part(NESTED).fields)
    person = b'(("=?utf-8?q?Ren=C3=A9?=" NIL "r" "demo.example"))'
    assert text == b'(NIL "outer" %s %s %s NIL NIL NIL NIL NIL)' % (person, person, person)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"no header at all",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b\r\n\r\ncut off",
        b"Content-Type: ;;;\r\nFrom: <<>>,,\r\nDate: ?\r\n\r\n",
        b"From: \xff\xfe <a@b>\r\nSubject: caf\xe9\r\n\r\n\xe9",
    ],
)
def test_odd_messages_have_a_structure(raw: bytes) -> None:
    part = parse_part(raw)
    assert part.header + part.body == raw
    assert structure(part, extended=True).startswith(b"(")
    assert envelope(part.fields).count(b" ") >= 9


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message(raw: bytes) -> None:
    part = parse_part(b'Content-Type: multipart/mixed; boundary="-"\r\n\r\n' + raw)
    assert structure(part, extended=True)
    assert find_part(part, (1,)) is not None
    assert envelope(parse_part(raw).fields)
    parse_search((Atom("TEXT"), String(raw)), 1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "NONSENSE",
        "BODY[NONSENSE]",
        "BODY[HEADER.FIELDS]",
        "BODY[MIME]",
        "BODY[TEXT (A)]",
        "BODY[TEXT]<5>",
    ],
)
def test_unknown_fetch_items(text: str) -> None:
    with pytest.raises(BadSyntax):
        parse_fetch(Atom(text))


@pytest.mark.parametrize(
    "words", ["", "SUBJECT", "NOT", "OR ALL", "LARGER x", "SINCE x", "UID", "0"]
)
def test_searches_that_cannot_be_read(words: str) -> None:
    with pytest.raises(BadSyntax):
        parse_search(tuple(Atom(word) for word in words.split()), 3, 3)
