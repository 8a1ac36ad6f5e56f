"""`newer`: is there a newer version of this program?"""

from __future__ import annotations

from argparse import Namespace

from wizard import __version__
from wizard.cli.backend import Backend
from wizard.cli.exits import Exit
from wizard.cli.output import Output
from wizard.messages.updates import update_text
from wizard.model.document import Json
from wizard.model.update import Managed, Newer, NotKnown, Unanswered


async def newer(args: Namespace, backend: Backend, out: Output) -> Exit:
    """`newer [--notice URL]`."""
    answer = await backend.newer_version(args.notice or "")
    out.plain(update_text(out.messages, answer, __version__))
    document: Json = {
        "installed": __version__,
        "newer": answer.version if isinstance(answer, Newer) else None,
        "page": answer.page if isinstance(answer, Newer) else None,
        "managed_by": answer.by if isinstance(answer, Managed) else None,
    }
    if isinstance(answer, Newer):
        out.plain(f"  {answer.page}")
    if not isinstance(answer, NotKnown):
        return out.finish(document, Exit.DONE)
    if answer.detail:
        out.plain(f"  ({answer.detail})")
    document |= {"reason": answer.reason.value, "detail": answer.detail}
    unreachable = answer.reason is Unanswered.UNREACHABLE
    return out.finish(document, Exit.NO_NETWORK if unreachable else Exit.PROBLEMS)
