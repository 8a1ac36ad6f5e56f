"""Man page and shell completions, made from the command line's own parser.

python packaging/commandline.py man|bash|zsh|fish
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import shtab

import facts

sys.path.insert(0, str(facts.ROOT))

from wizard.cli.arguments import APPS, COMMON, LANGUAGES, parser

_WORDS = {"lang": LANGUAGES, "apps": (*APPS, "all")}
"""What may follow options whose values the parser reads by itself."""

SHELLS = ("bash", "zsh", "fish")
EXAMPLES = r"""
.SH EXAMPLES
Find the servers of an address:
.PP
.RS
.B mail\-wizard discover anna@example.com
.RE
.PP
Set up Thunderbird and make a settings sheet, with a password that another
program hands over:
.PP
.RS
.B pass mail | mail\-wizard setup anna@example.com \-\-name Anna \-\-apps thunderbird,sheet
.B \-\-password\-stdin
.RE
.PP
See what was changed, and take a change back:
.PP
.RS
.B mail\-wizard undo
.RE
"""[1:]

EXIT_CODES = r"""
.SH EXIT STATUS
.TP
.B 0
done
.TP
.B 1
done, but problems were found
.TP
.B 2
the command was not understood
.TP
.B 3
nothing was found
.TP
.B 4
a login or a connection was refused, and why is said
.TP
.B 5
there is no network
.TP
.B 130
interrupted
.SH FILES
Nothing is kept but the journal of what was changed, with back-ups, in
.IR $XDG_STATE_HOME/mail-setup-wizard
(where that is not set, in
.IR ~/.local/state ).
Passwords are in the system's keychain and, where that was asked for, in the
store of the program that was set up; nowhere else.
"""[1:]


def _every(top: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield top
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _every(command)


def commands(top: argparse.ArgumentParser) -> list[str]:
    """The words that may stand first."""
    return list(_commands(top))


def _commands(top: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    groups = (one for one in top._actions if isinstance(one, argparse._SubParsersAction))
    return {name: command for group in groups for name, command in group.choices.items()}


def completion(shell: str) -> str:
    """The script that completes our commands in a shell. `shell`: of `SHELLS`."""
    top = parser()
    for command in _every(top):
        for action in command._actions:
            if action.type is Path:
                folder = action.metavar == "DIR"
                action.complete = shtab.DIRECTORY if folder else shtab.FILE  # type: ignore[attr-defined]  # how shtab is told
            elif action.dest in _WORDS:
                action.choices = _WORDS[action.dest]
    return shtab.complete(top, shell=shell)


def man_page(seconds: int) -> str:
    """`mail-wizard(1)`. `seconds`: since 1970, the date it bears."""
    top = parser()
    day = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
    title = f'.TH {facts.PROGRAM.upper()} 1 "{day}" "{facts.PACKAGE} {facts.version()}"'
    lines = [
        f'{title} "User Commands"',
        ".SH NAME",
        f"{facts.PROGRAM} \\- {facts.SUMMARY[:1].lower()}{facts.SUMMARY[1:]}",
        ".SH SYNOPSIS",
        f".B {facts.PROGRAM}",
        ".br",
        f".B {facts.PROGRAM}",
        ".I COMMAND",
        "[\\fIoption\\fR ...]",
        ".SH DESCRIPTION",
        _roff(top.description or ""),
        ".SH OPTIONS OF EVERY COMMAND",
        *_explained(action for action in top._actions if action.dest != "command"),
        ".SH COMMANDS",
    ]
    for name, command in _commands(top).items():
        known = [*_common(command), *command._actions[:1]]  # `--help` is the first
        own = [action for action in command._actions if action not in known]
        needed = [_form(action) for action in own if action.required or not action.option_strings]
        lines.append(f'.SS "{_roff(" ".join((facts.PROGRAM, name, *needed)))}"')
        lines.append(_roff(command.description or ""))
        lines += _explained(own)
    return "\n".join(lines) + "\n" + EXAMPLES + EXIT_CODES


def _common(command: argparse.ArgumentParser) -> list[argparse.Action]:
    groups = (group for group in command._action_groups if group.title == COMMON)
    return [action for group in groups for action in group._group_actions]


def _form(action: argparse.Action) -> str:
    """`--out DIR`, `ADDRESS`, `[ID]`."""
    value = action.metavar or "|".join(map(str, action.choices or ()))
    words = " ".join((*action.option_strings[-1:], *([str(value)] if value else ())))
    return f"[{words}]" if action.nargs == "?" else words


def _explained(actions: Iterable[argparse.Action]) -> Iterator[str]:
    for action in actions:
        if action.help and action.help is not argparse.SUPPRESS:
            yield ".TP"
            yield f".B {_roff(_form(action))}"
            yield _roff(action.help.replace("%(prog)s", facts.PROGRAM))


def _roff(text: str) -> str:
    """Words as they are: no mark of roff's in them."""
    told = text.replace("\\", "\\e").replace("-", "\\-")
    lines = textwrap.wrap(told, 78, break_long_words=False, break_on_hyphens=False)
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in lines)


def main(words: Sequence[str]) -> int:
    """Prints one of them."""
    (wanted,) = words
    sys.stdout.write(man_page(0) if wanted == "man" else completion(wanted))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
