"""The window: painted first, what stands behind it loaded after.

Nothing here imports the network, the keychain or the mail programs.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any, cast

from wizard.app.language import make_messages
from wizard.flow import PasswordVault, Services
from wizard.model.words import N_
from wizard.system.resources import provider_file_beside, resources

if TYPE_CHECKING:
    from wizard.app.outside import Outside
    from wizard.model.update import UpdateAnswer


class Behind:
    """The `Outside` of a start without options, made when something is first asked of it: while
    the person reads the first page, a thread asks."""

    def __init__(self) -> None:
        self.vault = PasswordVault(
            lambda secret, username: self.outside().redactor.watch(secret, username)
        )
        self._made: Outside | None = None
        self._making = threading.Lock()

    def outside(self) -> Outside:
        """The one that does the work."""
        with self._making:
            if self._made is None:
                from wizard.app.outside import Outside
                from wizard.cli.options import Options

                self._made = Outside(Options(), vault=self.vault)
                self._made.listen()
            return self._made

    def __getattr__(self, name: str) -> Any:
        return getattr(self.outside(), name)


def open_window(outside: Outside | None = None, *, exit_after_first_paint: bool = False) -> int:
    """Opens the window; returns the exit code. Says so where there is no screen for it.

    `outside`: None where no option was given.
    """
    from wizard.gui.display import can_open_window

    later = Behind()
    if outside is None and provider_file_beside() is not None:
        outside = later.outside()  # the first page names the host
    behind = cast("Outside", later) if outside is None else outside
    words = make_messages("") if outside is None else outside.messages
    if not can_open_window():
        from wizard.cli.exits import Exit

        sentences = (
            N_("There is no screen here to show the window on."),
            N_("Next: use a command; mail-wizard --help lists them."),
        )
        for line in sentences:
            print(words.text(line), file=sys.stderr)  # noqa: T201 - for the terminal
        return Exit.USAGE
    if outside is not None:
        outside.listen()
    from wizard.gui import binding

    binding.load()
    from wizard.gui import application

    async def newer(notice: str = "") -> UpdateAnswer:
        return await behind.newer_version(notice)

    return application.run(
        cast(Services, behind),
        words,
        resources(),
        speak=lambda language: behind.speak(language),
        log=_log,
        report=lambda crash: behind.report_crash(crash),
        exit_after_first_paint=exit_after_first_paint,
        brand=None if outside is None else outside.brand,
        newer=newer,
        first_time=lambda: behind.is_first_time(),
        prepare=later.outside if outside is None else bool,
    )


def _log(line: str) -> None:
    from wizard.system.log import LOGGER

    LOGGER.warning(line)
