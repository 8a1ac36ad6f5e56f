"""Runs one command: from the words to the exit code."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence

from wizard.cli import batch, commands, owners, returning
from wizard.cli.arguments import UsageFault, understand
from wizard.cli.backend import Backend
from wizard.cli.exits import Exit
from wizard.cli.options import Options, Unusable
from wizard.cli.output import Output, Unwritten
from wizard.messages import Messages

COMMANDS = {**commands.COMMANDS, **returning.COMMANDS, **batch.COMMANDS, **owners.COMMANDS}


def main(
    arguments: Sequence[str],
    make_backend: Callable[[Options], Backend],
    make_messages: Callable[[str], Messages],
) -> int:
    """Runs one command; returns its exit code.

    `make_backend` raises `Unusable` for an option it can't work with. `make_messages` takes a
    language code, empty for the system's language.
    """
    _lend_streams()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]  # TextIO of the interpreter; a test's replacement may lack it
    try:
        args = understand(arguments)
    except UsageFault as fault:
        return _usage(fault, arguments, make_messages)
    options = Options(
        json=getattr(args, "json", False),
        language=getattr(args, "lang", ""),
        log_file=getattr(args, "log_file", None),
        provider_file=getattr(args, "provider", None),
        resolver=getattr(args, "resolver", ""),
        ca_file=getattr(args, "ca", None),
        controls_file=getattr(args, "controls", None),
    )
    try:
        backend = make_backend(options)
    except Unusable as unusable:
        return _unusable(unusable, Output(make_messages(options.language), options.json))
    out = Output(backend.messages, options.json)
    try:
        if args.command is None:
            return backend.window(exit_after_first_paint=args.exit_after_first_paint)
        if args.command == "demo":
            return backend.demo(args.out, args.mode)
        return asyncio.run(_run(args, backend, out))
    except Unusable as unusable:
        return _unusable(unusable, out)
    except KeyboardInterrupt:
        out.progress("Stopped.")
        return out.finish({"reason": "interrupted"}, Exit.INTERRUPTED)
    except BrokenPipeError:
        _let_go_of_stdout()  # whoever read the answer has seen enough
        return Exit.PROBLEMS
    except Unwritten as full:
        out.progress("The answer could not be written: {reason}", reason=str(full))
        _let_go_of_stdout()
        return Exit.PROBLEMS
    except Exception as crash:  # noqa: BLE001 - the outermost edge: no raw text of a bug gets out
        out.warn(backend.report_crash(crash))
        out.line("Something in this program went wrong. The report above holds no passwords.")
        return out.finish({"reason": "crash"}, Exit.PROBLEMS)


def _let_go_of_stdout() -> None:
    """Keeps the interpreter from trying once more at its end, and ending with a code of its own."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _lend_streams() -> None:
    """A windowed program on Windows has no streams at all: what it says there is not heard, and
    nobody answers. Windows' own `nul` would not do: it calls itself a terminal."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))


async def _run(args: Namespace, backend: Backend, out: Output) -> Exit:
    try:
        return await COMMANDS[args.command](args, backend, out)
    finally:
        await backend.aclose()


def _unusable(unusable: Unusable, out: Output) -> int:
    out.line("The option {option} cannot be used as given.", option=unusable.option)
    out.plain(f"{unusable.value}: {unusable.shown}")
    detail = {"option": unusable.option, "detail": unusable.reason}
    return out.finish({"reason": "usage", **detail}, Exit.USAGE)


def _usage(
    fault: UsageFault, arguments: Sequence[str], make_messages: Callable[[str], Messages]
) -> int:
    out = Output(make_messages(_language(arguments)), "--json" in arguments)
    reason = out.messages.text(fault.msgid, **fault.values)
    out.progress("The command was not understood. {reason}", reason=reason)
    out.progress("Next: {action}", action=f"{fault.command} --help")
    return out.finish({"reason": "usage", "detail": str(fault)}, Exit.USAGE)


def _language(arguments: Sequence[str]) -> str:
    """The language that was asked for, in words that were not understood as a whole."""
    following = arguments[arguments.index("--lang") + 1 :] if "--lang" in arguments else ()
    return next(iter(following), "")
