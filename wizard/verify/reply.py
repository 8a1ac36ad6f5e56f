"""What a server answered, in one form for IMAP, POP3 and SMTP."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wizard.model import ServerType

_BRACKETS = re.compile(r"\[([A-Za-z][A-Za-z0-9/_.-]*)(?: ([^\]]*))?\] ?(.*)", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$|(?=[^\d.]))")
_ENHANCED_LATE = re.compile(r"\(?#([245]\.\d{1,3}\.\d{1,3})\)?")


@dataclass(frozen=True, slots=True)
class Reply:
    """One complete answer.

    `status`: `OK`, `NO`, `BAD`, `BYE`, `PREAUTH`, `+` (IMAP); `+OK`, `-ERR`, `+` (POP3); three
    digits (SMTP). `code`: response code in upper case (RFC 5530, RFC 2449) or enhanced status
    code (RFC 3463), empty where there is none; `argument`: what follows it in the brackets.
    `text`: the rest, not yet cleaned. `asides`: untagged answers that came on the way and may
    say why.
    """

    service: ServerType
    status: str
    code: str = ""
    text: str = ""
    argument: str = ""
    asides: tuple[Reply, ...] = ()

    @property
    def ok(self) -> bool:
        """The request was granted."""
        return self.status in {"OK", "+OK"} or self.status.startswith("2")

    @property
    def goes_on(self) -> bool:
        """The server waits for more."""
        return self.status == "+" or self.status.startswith("3")

    @property
    def closing(self) -> bool:
        """The server ends the conversation."""
        return self.status in {"BYE", "421"}

    @property
    def said(self) -> str:
        """The answer as the server wrote it, joined to one line."""
        code = self.code
        if code and self.service is not ServerType.SMTP:
            code = f"[{code} {self.argument}]" if self.argument else f"[{code}]"
        return " ".join(part for part in (self.status, code, self.text) if part)


def status_reply(
    service: ServerType, status: str, rest: str, asides: Sequence[Reply] = ()
) -> Reply:
    """An IMAP or POP3 status answer; `rest` is what follows the status word."""
    if match := _BRACKETS.match(rest):
        code, argument, text = match.groups()
        return Reply(service, status, code.upper(), text, argument or "", tuple(asides))
    return Reply(service, status, "", rest, "", tuple(asides))


def smtp_reply(status: str, lines: Sequence[str]) -> Reply:
    """An SMTP answer of one or more lines (RFC 5321 section 4.2), each without its digits.

    The enhanced status code, which servers repeat on every line, is taken off (RFC 2034); the
    older habit of writing it at the end, `(#5.7.1)`, is understood and left in the text.
    """
    code, texts = "", []
    for line in lines:
        if match := _ENHANCED.match(line):
            code = code or match.group(1)
            line = line[match.end() :]
        texts.append(line.strip())
    text = " ".join(part for part in texts if part)
    if not code and (late := _ENHANCED_LATE.search(text)):
        return Reply(ServerType.SMTP, status, late.group(1), text)
    return Reply(ServerType.SMTP, status, code, text)
