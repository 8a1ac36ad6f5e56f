"""The form: every setting by hand, filled in with the best we know; checked while typing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from wizard.flow import Journey, State
from wizard.flow import events as ev
from wizard.gui.pages.common import Remedy, about_username, show_problem
from wizard.gui.pages.details import Details
from wizard.gui.pages.terms import Term, explain
from wizard.gui.shell import Chrome, NavAction, Outside, PageView
from wizard.gui.widgets import (
    Choice,
    Field,
    Group,
    Kit,
    Labelled,
    Mark,
    ProblemCard,
    Text,
    TextType,
    column,
    line,
)
from wizard.messages import Action
from wizard.model import (
    DEFAULT_PORTS,
    LOOPBACK,
    Evidence,
    Security,
    ServerSettings,
    ServerType,
    Source,
    Trust,
    to_ascii_domain,
)


class ManualPage(PageView):
    """Receiving and sending, one under the other."""

    def __init__(self, kit: Kit, outside: Outside) -> None:
        super().__init__(kit, outside)
        words = kit.words
        self.problem = ProblemCard(kit, mark=Mark.ATTENTION)
        self.problem.acted.connect(self._act)
        self.problem.doubted.connect(lambda: self.send(ev.DiagnosisRequested()))
        self.body.addWidget(self.problem)
        self.incoming = ServerForm(
            kit, words.text("Receiving mail"), (ServerType.IMAP, ServerType.POP3)
        )
        self.body.addWidget(self.incoming)
        self._rest = Group(kit.px(16))
        self.body.addWidget(self._rest)
        self._outgoing: ServerForm | None = None
        self.details = Details(kit, outside)
        self.details.announced.connect(self.announced)
        self.details.sent.connect(self.sent)
        self.body.addWidget(self.details)
        self._filled_for: tuple[object, ...] | None = None
        self._remedy = Remedy()
        self._state = State()
        # What lies below the first form comes a turn later: all at once would hold up the window.
        QTimer.singleShot(0, self, self._build_rest)

    @property
    def outgoing(self) -> ServerForm:
        """The form for sending."""
        return self._outgoing or self._build_rest()

    def _build_rest(self) -> ServerForm:
        if self._outgoing is not None:
            return self._outgoing
        kit = self.kit
        form = ServerForm(kit, kit.words.text("Sending mail"), (ServerType.SMTP,))
        self._outgoing = form
        self._fill_outgoing()
        self._rest.body.addSpacing(kit.px(8))
        self._rest.body.addWidget(form)
        terms = (Term.IMAP, Term.POP, Term.SMTP, Term.PORT)
        more = (Term.TLS, Term.STARTTLS, Term.USER_NAME)
        self._rest.body.addWidget(explain(kit, (*terms, *more)))
        return form

    def _fill_outgoing(self) -> None:
        if self._outgoing is not None:
            self._outgoing.fill(self._state.outgoing, _login(self._state))

    def render(self, state: State) -> None:  # type: ignore[override]
        """See `PageView.render`."""
        self._state = state
        self._remedy = show_problem(self.kit, self.problem, state)
        self.details.show_state(state, state.problem is not None)
        filled_for = (state.address, state.incoming, state.outgoing)
        if filled_for != self._filled_for:
            self._filled_for = filled_for
            self.incoming.fill(state.incoming, _login(state))
            self._fill_outgoing()

    def chrome(self, state: State) -> Chrome:
        """See `PageView.chrome`."""
        words = self.kit.words
        lead = words.text(
            "Your provider's help pages name these values. "
            "What we could find out is filled in already."
        )
        if state.journey is Journey.PUBLISH:
            lead = f"{lead} {about_username(self.kit, state)}"
        return Chrome(
            title=words.text("Your mail servers"),
            lead=lead,
            primary=NavAction(words.text("Continue"), self._submit),
            left=self.back(state),
            focus=self.problem if state.problem is not None else self.incoming.host.edit,
            focus_key=(state.page, state.problem),
            spoken=self.problem.title.text() if state.problem is not None else "",
        )

    def _act(self) -> None:
        look = {
            Action.EDIT_SERVERS: lambda: self.wants_focus.emit(self.incoming.host.edit),
            Action.EDIT_USERNAME: lambda: self.wants_focus.emit(self.incoming.username.edit),
        }
        self._remedy.run(self._state, self.send, look)

    def _submit(self) -> None:
        incoming, outgoing = self.incoming.read(), self.outgoing.read()
        for outcome in (incoming, outgoing):
            if isinstance(outcome, QWidget):
                self.wants_focus.emit(outcome)
                return
        assert isinstance(incoming, ServerSettings)
        assert isinstance(outgoing, ServerSettings)
        self.send(ev.ManualSubmitted(incoming, outgoing))


def _login(state: State) -> str:
    return str(state.address) if state.address is not None else ""


class ServerForm(QWidget):
    """One server. `read` gives the settings, or the field that is not right yet."""

    def __init__(self, kit: Kit, title: str, types: tuple[ServerType, ...]) -> None:
        super().__init__()
        self.kit = kit
        words = kit.words
        self._server: ServerSettings | None = None
        layout = column(kit.px(12), self)
        heading = Text(title, TextType.HEADING)
        layout.addWidget(heading)

        self.type = Choice(kit)
        for server_type, name in (
            (ServerType.IMAP, words.text("IMAP (recommended)")),
            (ServerType.POP3, "POP3"),
            (ServerType.SMTP, "SMTP"),
        ):
            if server_type in types:
                self.type.addItem(name, server_type)
        kind = Labelled(kit, words.text("Kind of access"), self.type)
        self._kind = kind
        if len(types) == 1:
            kind.hide()
        layout.addWidget(kind)

        self.host = Field(
            kit,
            words.text("Server name"),
            example=words.text("mail.example.com"),
            literal=True,
        )
        layout.addWidget(self.host)

        self.security = Choice(kit)
        self.security.addItem(words.text("Encrypted from the start (SSL/TLS)"), Security.TLS)
        self.security.addItem(words.text("Encrypted after greeting (STARTTLS)"), Security.STARTTLS)
        self.port = Field(kit, words.text("Port"), literal=True)
        pair = line(kit.px(16))
        pair.addWidget(Labelled(kit, words.text("Encryption"), self.security), 3)
        pair.addWidget(self.port, 1)
        if kit.theme.scale > 1.25:
            pair.setDirection(pair.Direction.TopToBottom)
        layout.addLayout(pair)

        self.username = Field(
            kit,
            words.text("User name"),
            words.text("Most providers want the whole e-mail address here."),
            literal=True,
        )
        layout.addWidget(self.username)

        self.host.edited.connect(lambda: self._check_later(self.host, self._host_problem))
        self.port.edited.connect(lambda: self._check_later(self.port, self._port_problem))
        self.username.edited.connect(
            lambda: self._check_later(self.username, self._username_problem)
        )
        for field, problem in self._checks():
            field.edit.editingFinished.connect(
                lambda field=field, problem=problem: field.show_problem(problem())
            )
        self.type.activated.connect(self._follow_default_port)
        self.security.activated.connect(self._follow_default_port)

    def fill(self, server: ServerSettings | None, login: str) -> None:
        """Everything we know, else the registered values."""
        self._server = server
        if server is not None:
            self._choose(self.type, server.type)
            self._choose(
                self.security,
                server.security if server.security is not Security.PLAIN else Security.TLS,
            )
            self.host.show_text(server.host)
            self.port.show_text(str(server.port))
            self.username.show_text(server.username)
        else:
            self.type.setCurrentIndex(0)
            self.security.setCurrentIndex(0)
            self.host.show_text("")
            self.port.show_text(str(self._default_port()))
            self.username.show_text(login)
        self._usual_port = str(self._default_port())
        for field, _ in self._checks():
            field.show_problem("")
        self._tell_about_type()

    def read(self) -> ServerSettings | QWidget:
        """The settings as entered, or the first field that needs another look."""
        for field, problem in self._checks():
            sentence = problem()
            field.show_problem(sentence)
            if sentence:
                return field.edit
        host = self._bridge_host or to_ascii_domain(self.host.text)
        assert host is not None
        entered = ServerSettings(
            type=self._type,
            host=host,
            port=int(self.port.text),
            security=self._security,
            auth=(),
            username=self.username.text.strip(),
            evidence=(
                Evidence(
                    Source.MANUAL, ("host", "port", "security", "username"), "", Trust.TRUSTED
                ),
            ),
        )
        known = self._server
        if known is not None and known.endpoint == entered.endpoint:
            if known.username == entered.username:
                return known
            changed = Evidence(Source.MANUAL, ("username",), "", Trust.TRUSTED)
            return replace(known, username=entered.username, username_guessed=False).with_evidence(
                changed
            )
        return entered

    # -- checks -----------------------------------------------------------------------------

    def _checks(self) -> tuple[tuple[Field, Callable[[], str]], ...]:
        return (
            (self.host, self._host_problem),
            (self.port, self._port_problem),
            (self.username, self._username_problem),
        )

    def _check_later(self, field: Field, problem: Callable[[], str]) -> None:
        """While typing a complaint only goes away; it comes when the field is left."""
        if field.problem.text():
            field.show_problem(problem())

    @property
    def _bridge_host(self) -> str:
        """A provider's bridge on this computer, where it was proposed; its port may be another."""
        proposed = self._server is not None and self._server.host == LOOPBACK
        return LOOPBACK if proposed and self.host.text.strip() == LOOPBACK else ""

    def _host_problem(self) -> str:
        text = self.host.text.strip()
        words = self.kit.words
        if not text:
            return words.text("Please type the server's name, as your provider gives it.")
        if "@" in text:
            return words.text("This looks like an address. The server's name has no @ in it.")
        if "/" in text:
            return words.text("Please type the name alone, without https:// or slashes.")
        if self._bridge_host:
            return ""
        if to_ascii_domain(text) is None or "." not in text:
            return words.text("A server's name looks like mail.example.com.")
        return ""

    def _port_problem(self) -> str:
        text = self.port.text.strip()
        if text.isascii() and text.isdigit() and 1 <= int(text) <= 65535:
            return ""
        return self.kit.words.text(
            "A number from 1 to 65535, usually {port}.", port=str(self._default_port())
        )

    def _username_problem(self) -> str:
        if self.username.text.strip():
            return ""
        return self.kit.words.text("Please type the user name, usually your whole address.")

    # -- following --------------------------------------------------------------------------

    @property
    def _type(self) -> ServerType:
        return ServerType(self.type.currentData())

    @property
    def _security(self) -> Security:
        return Security(self.security.currentData())

    def _default_port(self) -> int:
        return DEFAULT_PORTS[self._type, self._security]

    def _follow_default_port(self) -> None:
        """A port nobody changed follows kind and encryption."""
        usual = str(self._default_port())
        if self.port.text in (self._usual_port, ""):
            self.port.show_text(usual)
            self.port.show_problem("")
        self._usual_port = usual
        self._tell_about_type()

    def _tell_about_type(self) -> None:
        pop = self._type is ServerType.POP3
        self._kind.show_help(
            self.kit.words.text(
                "POP fetches the inbox only, no other folders. We leave your messages on the "
                "server."
            )
            if pop
            else ""
        )

    def _choose(self, choice: Choice, value: object) -> None:
        for index in range(choice.count()):
            if choice.itemData(index) is value:
                choice.setCurrentIndex(index)
                return
