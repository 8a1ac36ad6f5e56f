"""Between the pages and the flow: events in, states out, effects carried out.

It holds the current state, hands events to `reduce`, runs the effects through the bridge and
feeds back what they report. It knows no widgets.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from wizard import flow
from wizard.flow import State
from wizard.flow.later import do, ev

if TYPE_CHECKING:
    from wizard.flow import Services
    from wizard.gui.bridge import Bridge, Emit
    from wizard.model import EmailAddress, Secret

_LOGGER = logging.getLogger("wizard")  # what `system.log` opens, which no face may import


class Controller(QObject):
    """One journey. Signals: `changed` with the new `State`; `crashed` with an exception."""

    changed = Signal(object)
    crashed = Signal(object)

    def __init__(
        self, services: Services, state: State | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.state = state or State()
        self.services = services
        self._bridge: Bridge | None = None
        self._waiting: deque[ev.Event] = deque()
        self._working = False
        self._unstoppable: set[int] = set()

    def remember_password(self, address: EmailAddress, secret: Secret) -> None:
        """Leaves a password where verification looks for it; it never becomes part of a state."""
        self.services.vault.put(address, secret)

    @property
    def keychain_lasts(self) -> bool:
        """See `Services.keychain_lasts`."""
        return self.services.keychain_lasts

    def log(self) -> tuple[str, ...]:
        """See `Services.log`."""
        return self.services.log()

    @Slot(object)
    def dispatch(self, event: ev.Event) -> None:
        """One event. Events that arise while one is handled come after it."""
        self._waiting.append(event)
        if self._working:
            return
        self._working = True
        try:
            while self._waiting:
                before = self.state
                event = self._waiting.popleft()
                self.state, effects = flow.reduce(before, event)
                self._tell(before, event)
                for effect in effects:
                    self._carry_out(effect)
                kept = flow.kept_of(self.state)
                if kept != flow.kept_of(before):
                    self._carry_out(do.Keep(kept))
                if self.state != before:
                    self.changed.emit(self.state)
        finally:
            self._working = False

    def _tell(self, before: State, event: ev.Event) -> None:
        """Into the log, for a helper."""
        if _LOGGER.isEnabledFor(logging.INFO):
            from wizard.flow.telling import lines

            for line in lines(before, event, self.state):
                _LOGGER.info("%s", line)

    def leave(self) -> None:
        """Has all work end and forgets the passwords; the window goes without waiting for it."""
        if self._bridge is not None:
            self._bridge.leave()
        self.services.vault.clear()

    def close(self) -> None:
        """Ends all work and forgets the passwords."""
        if self._bridge is not None:
            self._bridge.close()
        self.services.vault.clear()

    def _carry_out(self, effect: do.Effect) -> None:
        match effect:
            case do.Cancel(request=request):
                # Writing into a program's files is never cut short; it is over in a moment and
                # the flow takes note of what it did.
                if request not in self._unstoppable and self._bridge is not None:
                    self._bridge.cancel(request)
            case do.ForgetPasswords():
                self.services.vault.clear()
            case do.Suggest():
                self._start("suggest", effect)
            case do.ListKnown():
                self._start("known", effect)
            case do.Recall():
                self._start("recall", effect)
            case do.Keep():
                self._start("keep", effect)
            case do.SaveText():
                self._start("details", effect)
            case (
                do.ApplyPlan(request=request)
                | do.UndoChange(request=request)
                | do.FinishChange(request=request)
                | do.UpdatePassword(request=request)
            ):
                self._unstoppable.add(request)
                self._start(request, effect)
            case _:
                self._start(effect.request, effect)

    def _start(self, key: int | str, effect: do.Effect) -> None:
        if self._bridge is None:
            from wizard.gui.bridge import Bridge

            self._bridge = Bridge(self)
            self._bridge.delivered.connect(self.dispatch)
            self._bridge.crashed.connect(self._on_crash)

        async def work(emit: Emit) -> None:
            await flow.carry_out(effect, self.services, emit)

        self._bridge.start(key, work)

    @Slot(object)
    def _on_crash(self, crash: BaseException) -> None:
        # Whatever was awaited will not come: the page becomes usable again before the report.
        self.dispatch(ev.Stopped())
        self.crashed.emit(crash)
