"""Page 2: the places that are asked, live. Nothing jumps: rows keep their place."""

from __future__ import annotations

from typing import assert_never

from wizard.flow import State
from wizard.flow import events as ev
from wizard.gui.pages.common import seconds
from wizard.gui.shell import Chrome, NavAction, Outside, PageView
from wizard.gui.widgets import Card, Kit, Mark, Row
from wizard.model import EmailAddress, Source, SourceReport, SourceState, named

_OPEN = frozenset({SourceState.WAITING, SourceState.RUNNING})


class SearchingPage(PageView):
    """One row per source: state mark, name, what it said, time."""

    def __init__(self, kit: Kit, outside: Outside) -> None:
        super().__init__(kit, outside)
        self._card = Card(kit, spacing=10)
        self._card.setAccessibleName(kit.words.text("Places we ask"))
        self.body.addWidget(self._card)
        self.rows: dict[Source, Row] = {}
        self._address: EmailAddress | None = None
        self._request = 0
        self._furthest = 0.0

    def render(self, state: State) -> None:  # type: ignore[override]
        """See `PageView.render`."""
        if state.address != self._address or state.revision != self._request:
            self._address, self._request = state.address, state.revision
            self._furthest = 0.0
            for gone in self.rows.values():
                gone.hide()
                gone.deleteLater()
            self.rows = {}
        words = self.kit.words
        for report in state.reports:
            row = self.rows.get(report.source)
            if row is None:
                row = self.rows[report.source] = Row(self.kit, words.source(report.source))
                self._card.body.addWidget(row)
            time = "" if report.state in _OPEN else seconds(self.kit, report.ms)
            row.show_state(mark_of(report.state), self._said(report), time)

    def _said(self, report: SourceReport) -> str:
        state = self.kit.words.source_state(report)
        telling = report.state in (SourceState.FOUND, SourceState.REJECTED)
        if not (report.detail and telling):
            return state
        return named(self.kit.words, state, report.detail)

    def chrome(self, state: State) -> Chrome:
        """See `PageView.chrome`."""
        words = self.kit.words
        settled = sum(report.state not in _OPEN for report in state.reports)
        self._furthest = max(self._furthest, settled / max(1, len(state.reports)))
        domain = state.address.shown.rpartition("@")[2] if state.address else ""
        return Chrome(
            title=words.text("Looking for your settings"),
            lead=words.text(
                "We ask everywhere the settings for {domain} may be published. "
                "This usually takes less than three seconds.",
                domain=domain,
            ),
            plain=NavAction(
                words.text("Enter them myself"), lambda: self.send(ev.ManualRequested())
            ),
            left=self.stop(),
            progress=self._furthest,
            # Not a button: a second Return right after the first must not press anything.
            focus=self._card,
            focus_key=(state.page, state.address),
        )


def mark_of(state: SourceState) -> Mark:
    """The mark that stands for how a source fares."""
    match state:
        case SourceState.WAITING:
            return Mark.WAITING
        case SourceState.RUNNING:
            return Mark.NOW
        case SourceState.FOUND:
            return Mark.DONE
        case (
            SourceState.NOTHING | SourceState.CANCELLED | SourceState.REFUSED | SourceState.TIMEOUT
        ):
            # One place that does not know is no trouble; the words beside it say what it was.
            return Mark.NOTHING
        case SourceState.OFFLINE:
            return Mark.BAD
        case SourceState.REJECTED:
            return Mark.ATTENTION
        case _:
            assert_never(state)
