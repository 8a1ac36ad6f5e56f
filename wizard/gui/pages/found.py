"""Page 3: what was found, in words; where it comes from; consent where it is needed."""

from __future__ import annotations

from urllib.parse import urlsplit

from PySide6.QtWidgets import QBoxLayout

from wizard.flow import Journey, State
from wizard.flow import events as ev
from wizard.flow.exchange import exchange_steps
from wizard.gui.pages.common import Remedy, about_connection, about_username, show_problem
from wizard.gui.pages.details import Details
from wizard.gui.pages.kinds import kind_card
from wizard.gui.pages.terms import TERM_OF, Term, explain
from wizard.gui.shell import Chrome, NavAction, Outside, PageView
from wizard.gui.widgets import (
    Card,
    Check,
    Disclosure,
    Facts,
    Group,
    Kit,
    Mark,
    ProblemCard,
    StateMark,
    Text,
    TextType,
    Tone,
    clear,
    line,
)
from wizard.messages.names import PROXY_USES
from wizard.model import (
    Evidence,
    Offline,
    PasswordKind,
    ProxyUse,
    ServerType,
    Service,
    ServiceType,
    named,
)


class FoundPage(PageView):
    """Drawn anew for each result: it does not change while it is looked at."""

    def __init__(self, kit: Kit, outside: Outside) -> None:
        super().__init__(kit, outside)
        self._remedy = Remedy()
        self._state = State()
        self.problem = ProblemCard(kit, mark=Mark.ATTENTION)
        self.problem.acted.connect(self._act)
        self.problem.doubted.connect(lambda: self.send(ev.DiagnosisRequested()))
        self.body.addWidget(self.problem)
        self._results = Group(kit.px(16))
        self.body.addWidget(self._results)
        self.details = Details(kit, outside)
        self.details.announced.connect(self.announced)
        self.details.sent.connect(self.sent)
        self.body.addWidget(self.details)
        self.consent: Check | None = None
        self._consent_note = Text("", TextType.PROBLEM)
        self._shown: tuple[object, ...] | None = None

    def render(self, state: State) -> None:  # type: ignore[override]
        """See `PageView.render`."""
        self._state = state
        self._remedy = show_problem(self.kit, self.problem, state)
        self.details.show_state(state, True)
        shown = (
            *(state.journey, state.address, state.provider, state.incoming, state.outgoing),
            *(state.result, state.consented),
        )
        if shown == self._shown:
            return
        self._shown = shown
        clear(self._results.body)
        self.consent = None
        if not state.provider.password_kind.has_servers:
            card = kind_card(self.kit, state.provider)
            assert card is not None
            self._results.body.addWidget(card)
            if state.provider.password_kind is PasswordKind.EXCHANGE:
                self._results.body.addWidget(self._routes())
            return
        self._results.body.addWidget(self._summary(state))
        if state.needs_consent:
            self._results.body.addWidget(self._consent_card(state))
        elif state.incoming is not None and state.incoming.type is ServerType.POP3:
            self._results.body.addWidget(self._pop_card())
        self._results.body.addWidget(self._trail(state))
        self._results.body.addWidget(explain(self.kit, self._terms(state)))

    def _terms(self, state: State) -> tuple[Term, ...]:
        """The technical words that stand in the summary."""
        servers = [server for server in (state.incoming, state.outgoing) if server is not None]
        used = [TERM_OF[server.type] for server in servers]
        if state.incoming is not None and state.incoming.type is ServerType.POP3:
            used.insert(0, Term.IMAP)
        return (*used, Term.PORT, Term.ENCRYPTED, Term.USER_NAME)

    def _routes(self) -> Card:
        """Exchange: what each program does by itself."""
        card = Card(self.kit, spacing=8)
        group = ""
        for step in exchange_steps(self.kit.words):
            if step.group != group:
                if group:
                    card.body.addSpacing(self.kit.px(8))
                group = step.group
                card.body.addWidget(Text(group, TextType.STRONG))
            card.body.addWidget(Text(step.text))
        return card

    def chrome(self, state: State) -> Chrome:
        """See `PageView.chrome`."""
        words = self.kit.words
        if state.provider.password_kind is PasswordKind.EXCHANGE:
            return Chrome(
                title=words.text("We know this kind of mailbox"),
                lead=words.text("Your mail program can set it up by itself; this is how."),
                primary=NavAction(
                    words.text("Set up another address"), lambda: self.send(ev.StartedOver())
                ),
                plain=NavAction(
                    words.text("Enter the settings myself"),
                    lambda: self.send(ev.ManualRequested()),
                ),
                left=self.back(state),
                focus_key=(state.page, state.address),
            )
        if not state.provider.password_kind.has_servers:
            return Chrome(
                title=words.text("This mailbox opens in its own apps only"),
                lead=words.text("We would rather tell you now than let you try in vain."),
                primary=NavAction(
                    words.text("Set up another address"), lambda: self.send(ev.StartedOver())
                ),
                left=self.back(state),
                focus_key=(state.page, state.address),
            )
        complete = state.incoming is not None and state.outgoing is not None
        if not complete:
            title = words.text("We found a part of your settings")
            lead = words.text("Please fill in what is missing.")
        elif isinstance(state.result, Offline):
            title = words.text("We know your provider")
            lead = words.text("There is no internet connection, so nothing could be tested yet.")
        elif state.needs_consent:
            title = words.text("We found settings, please look at them")
            lead = words.text("Your domain does not confirm them, so we ask you first.")
        else:
            title = words.text("We found your settings")
            lead = (
                words.text("Both servers answered over an encrypted connection just now.")
                if _both_answered(state)
                else words.text("This is how your mail is received and sent.")
            )
        primary = NavAction(
            words.text("Continue") if complete else words.text("Fill in what is missing"),
            self._accept,
        )
        change = NavAction(words.text("Change something"), lambda: self.send(ev.ManualRequested()))
        return Chrome(
            title=title,
            lead=lead,
            primary=primary,
            plain=change if complete else None,
            left=self.back(state),
            focus=self.problem if state.problem is not None else self.consent,
            focus_key=(state.page, state.address, bool(state.needs_consent), state.problem),
            spoken=self.problem.title.text() if state.problem is not None else "",
        )

    def _act(self) -> None:
        self._remedy.run(self._state, self.send)

    def _accept(self) -> None:
        if self.consent is not None and not self.consent.isChecked():
            self._consent_note.setText(
                self.kit.words.text("Please tick this box if you agree, or change the servers.")
            )
            self._consent_note.show()
            self.wants_focus.emit(self.consent)
            return
        self.send(ev.SettingsAccepted(consent=self.consent is not None))

    def _summary(self, state: State) -> Card:
        kit, words = self.kit, self.kit.words
        card = Card(kit, spacing=16)
        head = line(kit.px(12))
        sure = not state.needs_consent and not isinstance(state.result, Offline)
        head.addWidget(StateMark(kit, Mark.DONE if sure else Mark.ATTENTION, 22))
        name = state.provider.name
        head.addWidget(
            Text(
                words.text("Your mail is at {provider}", provider=name)
                if name
                else words.text("Your mail servers"),
                TextType.STRONG,
            ),
            1,
        )
        card.body.addLayout(head)
        facts = Facts(kit)
        facts.copied.connect(self.announced)
        for server, label in (
            (state.incoming, words.text("Receiving")),
            (state.outgoing, words.text("Sending")),
        ):
            if server is None:
                facts.add(label, words.text("not found"))
            else:
                facts.add(label, server.host, about_connection(kit, server), copy=server.host)
        self._add_usernames(facts, state)
        hosts = {urlsplit(service.url).hostname or service.url for service in _dav(state)}
        if hosts:
            together = ", ".join(sorted(hosts))
            facts.add(words.text("Calendars, contacts"), together, copy=together)
        card.body.addWidget(facts)
        return card

    def _add_usernames(self, facts: Facts, state: State) -> None:
        words = self.kit.words
        servers = [server for server in (state.incoming, state.outgoing) if server is not None]
        names = {server.username for server in servers}
        if len(names) == 1:
            name = servers[0].username
            facts.add(words.text("User name"), name, about_username(self.kit, state), copy=name)
        elif len(names) == 2:
            for server, label in zip(
                servers,
                (words.text("User name for receiving"), words.text("User name for sending")),
                strict=True,
            ):
                facts.add(label, server.username, copy=server.username)

    def _consent_card(self, state: State) -> Card:
        kit, words = self.kit, self.kit.words
        card = Card(kit, Tone.CAUTION, spacing=10)
        hosts = list(dict.fromkeys(server.host for server in state.needs_consent))
        card.body.addWidget(Text(words.text("Do you know these names?"), TextType.STRONG))
        warning = words.text(
            "Your password would be sent, encrypted, to the computers named here. "
            "If they do not belong to your mail provider, go back or change them."
        )
        if state.journey is Journey.PUBLISH:
            warning = words.text(
                "Everybody's programs would send their passwords, encrypted, to the computers "
                "named here. If they do not belong to your mail provider, go back or change them."
            )
        card.body.addWidget(Text(warning))
        for host in hosts:
            card.body.addWidget(Text(host, TextType.STRONG))
        self.consent = Check(kit, words.text("Yes, my mail is there. Use these servers."))
        self.consent.toggled.connect(self._consent_note.hide)
        card.body.addWidget(self.consent)
        self._consent_note = Text("", TextType.PROBLEM)
        self._consent_note.hide()
        card.body.addWidget(self._consent_note)
        return card

    def _pop_card(self) -> Card:
        kit, words = self.kit, self.kit.words
        card = Card(kit, Tone.CAUTION, spacing=6)
        card.body.addWidget(Text(words.text("This provider offers POP only"), TextType.STRONG))
        card.body.addWidget(
            Text(
                words.text(
                    "Your programs fetch the inbox and nothing else: no other folders, and what "
                    "you read on one device stays unread on the others. We leave your messages on "
                    "the server."
                )
            )
        )
        return card

    def _trail(self, state: State) -> Disclosure:
        """The evidence: per server, who said what, and how it travelled."""
        kit, words = self.kit, self.kit.words

        def fill(body: QBoxLayout) -> None:
            for server, label in (
                (state.incoming, words.text("Receiving")),
                (state.outgoing, words.text("Sending")),
            ):
                if server is None:
                    continue
                side = words.text(
                    "{side}: {host}, port {port}",
                    side=label,
                    host=server.host,
                    port=str(server.port),
                )
                body.addWidget(Text(side, TextType.SMALL_STRONG))
                for item in server.evidence:
                    body.addWidget(Text(self._sentence(item), TextType.SMALL))
                if not server.evidence:
                    body.addWidget(Text(words.text("Entered by you."), TextType.SMALL))
            use = ProxyUse.NONE if state.result is None else state.result.proxy
            if use in PROXY_USES:
                body.addWidget(Text(words.text(PROXY_USES[use]), TextType.SMALL))

        question = words.text("Where does this come from?")
        return Disclosure(kit, question, small=True, fill=fill)

    def _sentence(self, item: Evidence) -> str:
        said = self.kit.words.evidence(item)
        return f"• {named(self.kit.words, said, item.detail) if item.detail else said}"


def _both_answered(state: State) -> bool:
    servers = (state.incoming, state.outgoing)
    return all(
        server is not None and any("tls-handshake" in item.transport for item in server.evidence)
        for server in servers
    )


def _dav(state: State) -> list[Service]:
    return [s for s in state.services if s.type in (ServiceType.CARDDAV, ServiceType.CALDAV)]
