"""Man page and shell completions, made from the command line's own parser.

python packaging/commandline.py man|bash|zsh|fish
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import shtab
from build_manpages.manpage import Manpage

import facts

sys.path.insert(0, str(facts.ROOT))

from wizard.cli.arguments import parser

SHELLS = ("bash", "zsh", "fish")
EXIT_CODES = """\
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
Passwords are in the system's keychain or nowhere.
"""


def _every(top: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield top
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _every(command)


def commands(top: argparse.ArgumentParser) -> list[str]:
    """The words that may stand first."""
    groups = (one for one in top._actions if isinstance(one, argparse._SubParsersAction))
    return [command for group in groups for command in group.choices]


def completion(shell: str) -> str:
    """The script that completes our commands in a shell. `shell`: of `SHELLS`."""
    top = parser()
    for command in _every(top):
        for action in command._actions:
            if action.type is Path:
                folder = action.metavar == "DIR"
                action.complete = shtab.DIRECTORY if folder else shtab.FILE  # type: ignore[attr-defined]  # how shtab is told
    return shtab.complete(top, shell=shell)


def man_page(seconds: int) -> str:
    """`mail-wizard(1)`. `seconds`: since 1970, the date it bears."""
    top = parser()
    top.man_short_description = facts.SUMMARY.lower()  # type: ignore[attr-defined]  # argparse-manpage's way
    page = Manpage(
        top,
        format="pretty",
        _data={
            "prog": facts.PROGRAM,
            "project_name": facts.PACKAGE,
            "version": facts.version(),
            "manual_title": "User Commands",
            "date": f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}",
        },
    )
    return str(page).rstrip() + "\n" + EXIT_CODES


def main(words: Sequence[str]) -> int:
    """Prints one of them."""
    (wanted,) = words
    sys.stdout.write(man_page(0) if wanted == "man" else completion(wanted))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
