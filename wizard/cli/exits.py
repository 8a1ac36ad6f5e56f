"""Exit codes of the published contract."""

from __future__ import annotations

from enum import IntEnum

from wizard.model import Problem, ProblemKind, Stage


class Exit(IntEnum):
    """What the command ends with."""

    DONE = 0
    PROBLEMS = 1
    USAGE = 2
    NOTHING_FOUND = 3
    REFUSED = 4
    NO_NETWORK = 5
    INTERRUPTED = 130


_PRECEDENCE = (
    Exit.INTERRUPTED,
    Exit.USAGE,
    Exit.NO_NETWORK,
    Exit.NOTHING_FOUND,
    Exit.REFUSED,
    Exit.PROBLEMS,
)


def worst(*codes: Exit) -> Exit:
    """The first that applies of 130, 2, 5, 3, 4, 1."""
    return next((code for code in _PRECEDENCE if code in codes), Exit.DONE)


def exit_of(problem: Problem) -> Exit:
    """The code a problem calls for."""
    match problem.kind:
        case ProblemKind.NO_INTERNET | ProblemKind.NAME_SERVER_BROKEN | ProblemKind.CAPTIVE_PORTAL:
            return Exit.NO_NETWORK
        case (
            ProblemKind.NOTHING_FOUND
            | ProblemKind.DOMAIN_MISTYPED
            | ProblemKind.DOMAIN_TAKES_NO_MAIL
            | ProblemKind.UNENCRYPTED_ONLY
            | ProblemKind.NOT_POSSIBLE
            | ProblemKind.EXCHANGE_ONLY
        ):
            return Exit.NOTHING_FOUND
        case ProblemKind.ADDRESS_NOT_UNDERSTOOD | ProblemKind.SETTINGS_UNREADABLE:
            return Exit.USAGE
        case ProblemKind.IPV6_BROKEN:
            return Exit.PROBLEMS  # mail works all the same
        case _ if problem.stage in {Stage.CLIENT, Stage.KEYCHAIN, Stage.INPUT}:
            return Exit.PROBLEMS
        case _:
            return Exit.REFUSED
