"""What several pages need: remedies for problems, times, client names, opening things."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from wizard.flow import Journey, Page, State
from wizard.flow.later import ev
from wizard.flow.returning import SOMEBODY
from wizard.gui.widgets import Kit, ProblemCard
from wizard.messages import Action, Wording
from wizard.model import (
    N_,
    Problem,
    Produced,
    Provider,
    Security,
    ServerSettings,
    ServerType,
    Service,
    ServiceType,
    Stage,
)

Send = Callable[["ev.Event"], object]
Own = Mapping[Action, Callable[[], object]]


@dataclass(frozen=True, slots=True)
class Remedy:
    """The one next action of a problem. `report`: what a person hands to whoever can help."""

    action: Action = Action.RETRY
    url: str = ""
    report: str = ""

    def run(self, state: State, send: Send, own: Own | None = None) -> None:
        """Carries it out. `own`: what the page itself does for some actions."""
        if own is not None and self.action in own:
            own[self.action]()
            return
        match self.action:
            case Action.OPEN_HELP:
                open_link(self.url)
            case Action.COPY_REPORT:
                QGuiApplication.clipboard().setText(self.report)
            case Action.EDIT_SERVERS | Action.EDIT_USERNAME:
                send(ev.ManualRequested())
            case Action.EDIT_ADDRESS:
                _back_to(Page.ADDRESS, state, send)
            case Action.EDIT_PASSWORD:
                _back_to(Page.PASSWORD, state, send)
            case Action.CHOOSE_PROFILE | Action.CHOOSE_PROGRAM:
                _back_to(Page.PROGRAMS, state, send)
            case Action.CONTINUE:
                send(ev.Finished() if state.tested_at else ev.ContinuedUntested())
            case Action.SHOW_CHANGES:
                send(ev.ChangesRequested())
            case (
                Action.RETRY
                | Action.WAIT
                | Action.CLOSE_PROGRAM
                | Action.CHOOSE_FOLDER
                | Action.CHOOSE_FILE
            ):
                send(ev.Retried())
            case _:
                assert_never(self.action)


def _back_to(page: Page, state: State, send: Send) -> None:
    """As often *Back* as it takes; nothing where that page was never seen."""
    if page in state.history:
        for seen in reversed(state.history):
            send(ev.WentBack())
            if seen is page:
                return


def wording(kit: Kit, problem: Problem, provider: Provider) -> Wording:
    """The words for a problem."""
    return kit.words.problem(problem, provider if provider.name else None)


def show_problem(kit: Kit, card: ProblemCard, state: State) -> Remedy:
    """Fills or hides the page's problem card."""
    if state.problem is None:
        card.hide()
        return Remedy()
    # Where the password was judged there is no doubt, and another try brings a ban nearer.
    judged = state.problem.kind.judges_password
    on_the_way = state.problem.stage in _ON_THE_WAY
    doubtful = state.address is not None and on_the_way and not judged
    return show_problem_in(kit, card, state.problem, state.provider, doubtful=doubtful)


_ON_THE_WAY = {
    *(Stage.DISCOVER, Stage.RESOLVE, Stage.CONNECT, Stage.TLS, Stage.GREETING),
    *(Stage.CAPABILITY, Stage.LOGIN, Stage.MESSAGE),
}
"""Where a diagnosis can tell more than the problem does: anywhere on the way to the mailbox."""


def show_problem_in(
    kit: Kit, card: ProblemCard, problem: Problem, provider: Provider, *, doubtful: bool = False
) -> Remedy:
    """Fills a problem card; what its button does comes back."""
    told = wording(kit, problem, provider)
    card.show_words(
        told.title,
        told.explanation,
        told.action,
        said=problem.server_said,
        url=told.url if told.action_id is Action.OPEN_HELP else "",
        copies=told.action_id is Action.COPY_REPORT,
        doubtful=doubtful,
    )
    return Remedy(told.action_id, told.url, report_of(kit, problem, provider))


def report_of(kit: Kit, problem: Problem, provider: Provider) -> str:
    """What happened, as text for support: facts and the server's words, never a password."""
    told = wording(kit, problem, provider)
    where = f"{problem.host}:{problem.port}" if problem.port else problem.host
    facts = (
        told.title,
        told.explanation,
        "",
        where,
        f"{problem.kind.word} ({problem.stage.value})",
        problem.server_said,
        datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return "\n".join(fact for fact in facts if fact or fact == "").strip()


def service_name(kit: Kit, service: Service) -> str:
    """What a service beside mail is for."""
    match service.type:
        case ServiceType.CARDDAV:
            return kit.words.text("Contacts")
        case ServiceType.CALDAV:
            return kit.words.text("Calendars")
        case ServiceType.JMAP:
            return "JMAP"
        case _:
            assert_never(service.type)


def seconds(kit: Kit, ms: int) -> str:
    """A duration given in milliseconds, as people read it."""
    return seconds_of(kit, ms / 1000)


def seconds_of(kit: Kit, value: float) -> str:
    """A duration in seconds, in the language's own notation."""
    locale = QLocale(kit.words.language)
    if value < 0.05:
        return kit.words.text("< {seconds} s", seconds=locale.toString(0.1, "f", 1))
    number = locale.toString(value, "f", 1)
    return kit.words.text("{seconds} s", seconds=number)


def about_connection(kit: Kit, server: ServerSettings) -> str:
    """The technical part of a server in one line."""
    name = {ServerType.IMAP: "IMAP", ServerType.POP3: "POP3", ServerType.SMTP: "SMTP"}[server.type]
    words = kit.words
    if server.security is Security.PLAIN:
        return words.text(
            "port {port}, not encrypted ({protocol})", port=str(server.port), protocol=name
        )
    return words.text("port {port}, encrypted ({protocol})", port=str(server.port), protocol=name)


def about_username(kit: Kit, state: State) -> str:
    """How the user name relates to the address."""
    if state.incoming is None or state.address is None:
        return ""
    words = kit.words
    if state.address.local == SOMEBODY and state.journey is Journey.PUBLISH:
        return words.text("“{name}” stands for each person there.", name=SOMEBODY)
    if state.incoming.username == str(state.address):
        return words.text("your whole address")
    if state.incoming.username == state.address.local:
        return words.text("the part before the @")
    return ""


CLIENT_NAMES = {
    "thunderbird": "Thunderbird",
    "outlook": "Outlook",
    "apple": N_("Apple Mail"),
    "thunderbird-mobile": N_("Thunderbird for Android"),
    "evolution": "Evolution",
    "claws": "Claws Mail",
    "kmail": "KMail",
    "geary": "Geary",
    "sheet": N_("Settings sheet"),
}


def client_name(kit: Kit, state: State, client: str) -> str:
    """What a program is called before its plan says so."""
    for found in state.detected or ():
        if found.id == client:
            return found.name
    return kit.words.text(CLIENT_NAMES.get(client, client))


def client_icon(client: str) -> str:
    """The SVG that stands for a kind of target."""
    return {"apple": "phone", "thunderbird-mobile": "phone", "sheet": "sheet"}.get(
        client, "envelope"
    )


def open_link(url: str) -> None:
    """A page in the person's browser; https only."""
    from PySide6.QtCore import QUrl
    from PySide6.QtGui import QDesktopServices

    target = QUrl(url)
    if target.scheme() == "https":
        QDesktopServices.openUrl(target)


def best_to_open(written: tuple[Path, ...]) -> Path | None:
    """The file a person wants to see: the only one, or the one to print; None in doubt."""
    if len(written) == 1:
        return written[0]
    return next((path for path in written if path.suffix == ".pdf"), None)


MAC_PROFILES = "x-apple.systempreferences:com.apple.Profiles-Settings.extension"
"""The pane of System Settings where a downloaded profile waits (macOS 13 and later; untested on a
real Mac)."""


def choose_folder(parent: QWidget, kit: Kit) -> Path | None:
    """Where the person wants something saved; None where they would rather not."""
    from PySide6.QtWidgets import QFileDialog  # few pages save anything

    title = kit.words.text("Where shall we save it?")
    chosen = QFileDialog.getExistingDirectory(parent, title, str(Path.home()))
    return Path(chosen) if chosen else None


def about_saved(kit: Kit, state: State) -> tuple[str, Path | None]:
    """What became of saving, in words, and the folder where the files are."""
    match state.saved:
        case Problem() as problem:
            told = wording(kit, problem, state.provider)
            return f"{told.title} {told.explanation}", None
        case tuple() as written if written:
            folder = Path(os.path.commonpath([path.parent for path in written]))
            said = kit.words.plural(
                "{count} file saved in {folder}",
                "{count} files saved in {folder}",
                len(written),
                folder=str(folder),
            )
            return said, folder
        case _:
            return "", None


def open_path(path: Path, system: str = sys.platform) -> None:
    """A file or folder in the program that belongs to it.

    A Mac only takes note of an opened profile, so the place to approve it is opened as well.
    """
    from PySide6.QtCore import QUrl
    from PySide6.QtGui import QDesktopServices

    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
    if system == "darwin" and path.suffix == ".mobileconfig":
        QDesktopServices.openUrl(QUrl(MAC_PROFILES))


def open_program(state: State, client: str, *, start: bool = True) -> bool:
    """Starts a mail program found here; False where there is none to start."""
    for found in state.detected or ():
        if found.id == client and found.path.is_file():
            if start:
                from PySide6.QtCore import QProcess

                QProcess.startDetached(str(found.path))
            return True
    return False


def picture_in(files: tuple[Produced, ...]) -> Produced | None:
    """The file that is shown as well as saved (a code for the phone), if there is one."""
    return next((file for file in files if file.media_type in _PICTURES), None)


_PICTURES = ("image/png", "image/svg+xml")


class Picture(QWidget):
    """A code to scan: always black on white, with a quiet edge, sharp at each size."""

    def __init__(self, kit: Kit, produced: Produced) -> None:
        super().__init__()
        self._produced = produced
        self._side = kit.px(220)
        self._pixmap: QPixmap | None = None
        self.setFixedSize(self._side, self._side)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(produced.purpose)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._pixmap is None:
            self._pixmap = self._load()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("white"))
        edge = self._side // 40
        painter.drawPixmap(self.rect().adjusted(edge, edge, -edge, -edge), self._pixmap)
        painter.end()

    def _load(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        side = round(self._side * ratio)
        if self._produced.media_type == "image/svg+xml":
            from PySide6.QtCore import QByteArray
            from PySide6.QtSvg import QSvgRenderer

            pixmap = QPixmap(side, side)
            pixmap.fill(QColor("white"))
            painter = QPainter(pixmap)
            QSvgRenderer(QByteArray(self._produced.content)).render(painter)
            painter.end()
            return pixmap
        pixmap = QPixmap()
        pixmap.loadFromData(self._produced.content)
        return pixmap.scaled(
            side,
            side,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.FastTransformation,
        )
