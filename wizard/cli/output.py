"""What the command line prints: one JSON object, or sentences.

Standard output carries the answer, standard error progress and messages. Text that came from a
server is shown with its control characters made visible: a terminal obeys them otherwise.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from typing import TextIO

from wizard.cli.exits import Exit
from wizard.messages import Messages
from wizard.model import Problem, Provider, ServerSettings
from wizard.model.document import SCHEMA, Json


class Unwritten(Exception):
    """The answer did not get to where it was to go, such as a full disk."""


class Output:
    """Collects the answer of one command and prints it once, at the end."""

    def __init__(
        self,
        messages: Messages,
        as_json: bool,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        self.messages = messages
        self.as_json = as_json
        self._stdout = stdout or sys.stdout
        self._stderr = stderr or sys.stderr
        self._lines: list[str] = []

    def progress(self, msgid: str, **values: str) -> None:
        """A sentence on standard error, at once."""
        print(visible(self.messages.text(msgid, **values)), file=self._stderr, flush=True)

    def warn(self, text: str) -> None:
        """Text on standard error that needs no translating."""
        print(visible(text), file=self._stderr, flush=True)

    def line(self, msgid: str, **values: str) -> None:
        """A sentence of the answer for people."""
        self.plain(self.messages.text(msgid, **values))

    def plain(self, text: str) -> None:
        """A line of the answer for people that needs no translating."""
        self._lines.append(visible(text))

    def problem(self, problem: Problem, provider: Provider | None = None) -> None:
        """A problem for people: what happened, why probably, the one next action."""
        wording = self.messages.problem(problem, provider)
        self.plain(wording.title)
        self.plain(wording.explanation)
        if problem.server_said:
            self.line("The server said: {text}", text=problem.server_said)
        if wording.action:
            self.line("Next: {action}", action=wording.action)
        if wording.url:
            self.plain(wording.url)

    def problem_json(self, problem: Problem, provider: Provider | None = None) -> Json:
        """A problem of the contract."""
        wording = self.messages.problem(problem, provider)
        return {
            "cause": problem.kind.cause,
            "kind": problem.kind.word,
            "stage": problem.stage.value,
            "service": problem.service.value if problem.service else None,
            "host": problem.host,
            "port": problem.port,
            "title": wording.title,
            "explanation": wording.explanation,
            "action": wording.action,
            "server_said": problem.server_said,
        }

    def server(self, server: ServerSettings) -> str:
        """A server in one line for people."""
        return self.messages.text(
            "{host}, port {port}, {security} ({protocol}), user name {username}",
            host=server.host,
            port=str(server.port),
            security=self.messages.security(server.security),
            protocol=server.type.value.upper(),
            username=server.username,
        )

    def finish(self, document: Json, code: Exit, ok: bool | None = None) -> Exit:
        """Prints the answer; `ok` defaults to whether the code is 0. Raises `Unwritten`."""
        whole = {"schema": SCHEMA, "ok": code is Exit.DONE if ok is None else ok, **document}
        lines = [json.dumps(whole, ensure_ascii=False, indent=2)] if self.as_json else self._lines
        if lines:
            self._print("\n".join(lines))
        return code

    def _print(self, text: str) -> None:
        try:
            print(text, file=self._stdout, flush=True)
        except BrokenPipeError:
            raise
        except OSError as full:
            raise Unwritten(full.strerror or type(full).__name__) from full

    def finish_problem(
        self,
        problem: Problem,
        code: Exit,
        document: Json | None = None,
        provider: Provider | None = None,
    ) -> Exit:
        """The answer is a problem."""
        self.problem(problem, provider)
        return self.finish(
            {**(document or {}), "problem": self.problem_json(problem, provider)}, code, ok=False
        )


def visible(text: str) -> str:
    """Text with control and direction characters written out (`\\x1b`, `\\u202e`)."""
    return "".join(
        char
        if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        else char.encode("unicode_escape").decode("ascii")
        for char in text
    )
