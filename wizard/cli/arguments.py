"""The words of the command line. The parser knows no other room, so `--help` is instant."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from wizard import __version__
from wizard.model import EmailAddress, Source, parse_address
from wizard.model.words import N_

APPS = (
    "thunderbird",
    "outlook",
    "apple",
    "thunderbird-mobile",
    "evolution",
    "claws",
    "kmail",
    "geary",
    "sheet",
)


SOURCES = tuple(source.value for source in Source if source is not Source.MANUAL)
COMMON = "options of every command"
LANGUAGES = ("en", "fr", "de", "it", "es")


class UsageFault(Exception):
    """The words do not make a command. `msgid` and `values`: a sentence that says why. `command`:
    whose `--help` tells how it goes."""

    def __init__(self, msgid: str, command: str, **values: str) -> None:
        super().__init__(msgid.format(**values))
        self.msgid = msgid
        self.command = command
        self.values = values


_FAULTS = (
    # What argparse says, and what we say: it tells programmers what went on in it.
    (r"the following arguments are required: (?P<what>.+)", N_("This is missing: {what}")),
    (r"unrecognized arguments: (?P<what>.+)", N_("This has no meaning here: {what}")),
    (r"argument (?P<what>\S+): expected .+", N_("Something has to follow {what}")),
    (
        r"argument (?P<what>\S+): not allowed with argument (?P<other>\S+)",
        N_("{what} and {other} do not go together"),
    ),
    (
        r"argument COMMAND: invalid choice: '(?P<value>.*)' \(choose from (?P<known>.+)\)",
        N_("There is no command {value}; there are: {known}"),
    ),
    (
        r"argument (?P<what>\S+): invalid choice: '(?P<value>.*)' \(choose from (?P<known>.+)\)",
        N_("{what} cannot be {value}; it can be: {known}"),
    ),
    (
        r"argument (?P<what>\S+): (?P<value>.*) \(known: (?P<known>.+)\)",
        N_("{what} cannot be {value}; it can be: {known}"),
    ),
    (r"argument (?P<what>\S+): invalid .*value: '(?P<value>.*)'", N_("{what} cannot be {value}")),
    (r"(argument )?(?P<what>.+)", "{what}"),
)


class _Parser(argparse.ArgumentParser):
    """Leaves the ending to its caller, which may owe the user a JSON object."""

    def error(self, message: str) -> NoReturn:
        for pattern, msgid in _FAULTS:
            if found := re.fullmatch(pattern, message, re.DOTALL):
                values = {key: value for key, value in found.groupdict().items() if value}
                raise UsageFault(msgid, self.prog, **_meant(values))
        raise UsageFault("{what}", self.prog, what=message)


def _meant(values: dict[str, str]) -> dict[str, str]:
    """Of many known words only those that are near the one that was typed, if any is."""
    if "known" not in values or "value" not in values:
        return values
    known = [word.strip(" '") for word in values["known"].split(",")]
    near = difflib.get_close_matches(values["value"], known)
    return {**values, "known": ", ".join(near or known)}


def understand(words: Sequence[str]) -> argparse.Namespace:
    """Parses the command line. Raises `UsageFault`.

    `--source` takes several names in a row, but no address after it: argparse alone would take
    that for a name too.
    """
    spread: list[str] = []
    for word in words:
        if len(spread) > 1 and spread[-2] == "--source" and word in SOURCES:
            spread.append("--source")
        spread.append(word)
    understood = parser().parse_args(spread)
    given = [bool(getattr(understood, name, None)) for name in ("certificate", "key")]
    if any(given) and not all(given):
        missing = "--key" if given[0] else "--certificate"
        raise UsageFault(N_("This is missing: {what}"), "mail-wizard", what=missing)
    return understood


def parser() -> argparse.ArgumentParser:
    """The whole command line. Options every command takes may stand before or after it."""
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = common.add_argument_group(COMMON)
    group.add_argument("--json", action="store_true", help="one JSON object on standard output")
    group.add_argument(
        "--lang",
        type=_language,
        metavar="LL",
        help="language of the sentences: " + ", ".join(LANGUAGES),
    )
    group.add_argument("--log-file", type=Path, metavar="FILE", help="write a log without secrets")
    group.add_argument("--provider", type=Path, metavar="FILE", help="a mail host's provider file")
    group.add_argument(
        "--resolver", metavar="HOST[:PORT]", help="name server to ask instead of the system's"
    )
    group.add_argument(
        "--ca", type=Path, metavar="FILE", help="trust these certificates instead of the system's"
    )

    top = _Parser(
        prog="mail-wizard",
        description="Sets up a mail account in the programs you use. Without a command it opens "
        "the window.",
        parents=[common],
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    top.add_argument("--exit-after-first-paint", action="store_true", help=argparse.SUPPRESS)
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    def command(name: str, text: str) -> _Parser:
        return commands.add_parser(
            name, help=text, description=text, parents=[common], allow_abbrev=False
        )

    discover = command("discover", "Look for the servers of an address.")
    discover.add_argument("address", metavar="ADDRESS", help="name@example.com")
    discover.add_argument(
        "--timeout",
        type=_seconds,
        default=10.0,
        metavar="S",
        help="seconds after which the search ends (10, if not given)",
    )
    discover.add_argument(
        "--source",
        action="append",
        default=[],
        choices=SOURCES,
        metavar="NAME",
        help="ask only these sources: " + ", ".join(SOURCES),
    )
    discover.add_argument("--all", action="store_true", help="wait for every source")
    recording = discover.add_mutually_exclusive_group()
    recording.add_argument(
        "--record",
        type=Path,
        metavar="FILE",
        help="write down every question and answer, without your name in it, for support",
    )
    recording.add_argument(
        "--replay", type=Path, metavar="FILE", help="search in such a file instead of the network"
    )

    parse = command("parse-autoconfig", "Show the servers an autoconfig document yields.")
    parse.add_argument("file", type=Path, metavar="FILE", help="the document")
    parse.add_argument("--address", required=True, metavar="A", help="whose settings they are")

    verify = command("verify", "Test receiving and sending with the password.")
    verify.add_argument("address", metavar="ADDRESS", help="name@example.com")
    verify.add_argument(
        "--test-message",
        action="store_true",
        help="then send a message to oneself and wait for it (deleted again with --yes)",
    )
    _settings(verify)
    _password(verify)
    _yes(verify)

    diagnose = command("diagnose", "Something doesn't work: find out what, from here.")
    diagnose.add_argument("address", metavar="ADDRESS", help="name@example.com")
    _settings(diagnose)
    _password(diagnose)
    diagnose.add_argument(
        "--controls",
        type=Path,
        metavar="FILE",
        help="TOML: whom to ask besides the provider, in place of well-known public hosts",
    )

    setup = command("setup", "The whole journey: find, test, set up.")
    setup.add_argument("address", metavar="ADDRESS", help="name@example.com")
    setup.add_argument("--name", required=True, metavar="N", help="your name, as others see it")
    setup.add_argument(
        "--alias",
        action="append",
        default=[],
        type=_address,
        metavar="ADDRESS",
        help="another address of this mailbox to write from; may be given several times",
    )
    setup.add_argument(
        "--apps",
        required=True,
        type=_apps,
        metavar="LIST",
        help="comma-separated: " + ", ".join((*APPS, "all")),
    )
    setup.add_argument("--out", type=Path, metavar="DIR", help="files only: touch no program")
    setup.add_argument(
        "--sign-in",
        action="store_true",
        help="sign in inside the mail program, where the provider offers it; no password is asked",
    )
    setup.add_argument(
        "--store-password",
        action="store_true",
        help="put the password into Thunderbird's own store, too (Linux; no primary password)",
    )
    _apple(setup, "apple")
    _settings(setup)
    _password(setup)
    _yes(setup)

    render = command("render", "Write the files for one program from a settings file.")
    render.add_argument(
        "--app",
        required=True,
        choices=(*APPS, "fleet"),
        metavar="APP",
        help=", ".join((*APPS, "fleet")),
    )
    _settings_and_folder(render)
    _apple(render, "apple, fleet")

    publish = command("publish", "For a domain's owner: the files and records to publish.")
    publish.add_argument("domain", metavar="DOMAIN", help="the part after the @")
    _settings_and_folder(publish)

    command("apps", "List the mail programs found on this computer.")

    undo = command("undo", "Show what was changed, or take one change back.")
    undo.add_argument("id", nargs="?", metavar="ID", help="of the change to take back")
    _yes(undo)

    password = command("password", "The password changed: test it, then update what had the old.")
    password.add_argument("address", metavar="ADDRESS", help="name@example.com")
    _settings(password)
    _password(password)
    _yes(password)

    move = command("move", "The address or domain changed: the same mailbox under a new name.")
    move.add_argument("old", metavar="OLD", help="the address as it was")
    move.add_argument("address", metavar="NEW", help="the address as it is now")
    move.add_argument("--name", default="", metavar="N", help="your name, where it changed too")
    move.add_argument("--out", type=Path, metavar="DIR", help="where files for other devices go")
    _settings(move)
    _password(move)
    _yes(move)

    batch = command("batch", "Many people: a folder for each, and a summary of who failed and why.")
    batch.add_argument("file", type=Path, metavar="CSV", help="columns: address, name")
    batch.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where the folders go"
    )
    batch.add_argument(
        "--passwords", type=Path, metavar="FILE", help="address,password; readable by you alone"
    )
    batch.add_argument("--apps", type=_apps, default=(), metavar="LIST", help="whose files to make")
    batch.add_argument(
        "--again", action="store_true", help="try passwords again that were refused before"
    )
    _settings(batch)
    _yes(batch)

    newer = command("newer", "Is there a newer version of this program?")
    newer.add_argument("--notice", type=_https, metavar="URL", help="read the signed notice there")

    demo = command("demo", "Try the whole journey against a mail provider inside this program.")
    demo.add_argument("--out", type=Path, metavar="DIR", help="where files and pictures go")
    demo.add_argument(
        "--mode",
        choices=("normal", "wrong-password", "slow"),
        default="normal",
        help="how the embedded provider behaves",
    )
    return top


def _settings_and_folder(command: _Parser) -> None:
    command.add_argument(
        "--settings",
        type=Path,
        required=True,
        metavar="FILE",
        help="the servers: what discover --json prints, or written by hand",
    )
    command.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where the files go"
    )


def _settings(command: _Parser) -> None:
    command.add_argument(
        "--settings", type=Path, metavar="FILE", help="use these servers instead of searching"
    )


def _apple(command: _Parser, apps: str) -> None:
    for option, text in (
        ("--certificate", f"{apps}: sign the Apple profile with this certificate (PEM)"),
        ("--key", "its key, without pass phrase (PEM)"),
        ("--chain", "the certificates between it and the root (PEM)"),
    ):
        command.add_argument(option, type=Path, metavar="FILE", help=text)
    command.add_argument(
        "--device", choices=("any", "iphone", "mac"), default="any", help="apple: for which device"
    )


def _password(command: _Parser) -> None:
    command.add_argument(
        "--password-stdin",
        action="store_true",
        help="read the password from the first line of standard input",
    )


def _yes(command: _Parser) -> None:
    command.add_argument("--yes", action="store_true", help="agree to what would be asked")


def _https(text: str) -> str:
    if not text.startswith("https://"):
        raise argparse.ArgumentTypeError(f"{text} (known: https://…)")
    return text


def _language(text: str) -> str:
    if re.split(r"[-_.@]", text, maxsplit=1)[0].lower() not in LANGUAGES:
        raise argparse.ArgumentTypeError(f"{text} (known: {', '.join(LANGUAGES)})")
    return text


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 60:
        raise argparse.ArgumentTypeError(f"{text} (known: 1 – 60)")
    return value


def _address(text: str) -> EmailAddress:
    parsed = parse_address(text)
    if isinstance(parsed, EmailAddress):
        return parsed
    raise argparse.ArgumentTypeError(f"{text} (known: name@example.com)")


def _apps(text: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    if "all" in words:
        return ("all",)
    unknown = [word for word in words if word not in APPS]
    if unknown or not words:
        known = ", ".join((*APPS, "all"))
        raise argparse.ArgumentTypeError(f"{', '.join(unknown) or 'nothing'} (known: {known})")
    return words
