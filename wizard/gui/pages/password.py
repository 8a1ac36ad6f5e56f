"""Page 4: the password, where it is kept, and whether receiving and sending work."""

from __future__ import annotations

from urllib.parse import urlsplit

from wizard.flow import Journey, State
from wizard.flow import events as ev
from wizard.gui.pages.common import (
    Remedy,
    seconds,
    seconds_of,
    service_name,
    show_problem,
    wording,
)
from wizard.gui.pages.details import Details
from wizard.gui.pages.kinds import kind_card
from wizard.gui.pages.terms import Term, explain
from wizard.gui.shell import Chrome, NavAction, Outside, PageView
from wizard.gui.widgets import (
    Button,
    Card,
    Check,
    Group,
    Kind,
    Kit,
    Mark,
    PasswordField,
    ProblemCard,
    Row,
    Text,
    TextType,
    clear,
    flow,
)
from wizard.messages import Action
from wizard.model import (
    EmailAddress,
    PasswordKind,
    Problem,
    Provider,
    Rung,
    Secret,
    ServerType,
    ServiceResult,
    SideFailed,
    SideResult,
    SideUntested,
    SideVerified,
)


class PasswordPage(PageView):
    """Asks, tests, and says honestly what could not be tested."""

    def __init__(self, kit: Kit, outside: Outside) -> None:
        super().__init__(kit, outside)
        words = kit.words
        self._about = Group(kit.px(12))
        self.body.addWidget(self._about)
        self.password = PasswordField(kit, words.text("Password"))
        self.body.addWidget(self.password)
        self.keep = Check(
            kit,
            words.text("Remember it in this computer's keychain")
            if outside.keychain_lasts
            else words.text("Remember it while this demo runs"),
        )
        self.keep.setChecked(True)
        self.body.addWidget(self.keep)
        self.where = Text("", TextType.SMALL)
        self.body.addWidget(self.where)
        self.keep.toggled.connect(self._say_where)
        self.problem = ProblemCard(kit)
        self.problem.acted.connect(self._act)
        self.problem.doubted.connect(lambda: self.send(ev.DiagnosisRequested()))
        self.body.addWidget(self.problem)
        self.once = Text(
            words.text(
                "We tried once and stopped: after several wrong tries a provider may block your "
                "network for a while."
            ),
            TextType.SMALL,
        )
        self.body.addWidget(self.once)
        self.fresh = Text(
            words.text(
                "Changed it just now? Your provider may need a few minutes until all its servers "
                "know the new one."
            ),
            TextType.SMALL,
        )
        self.body.addWidget(self.fresh)

        self.test_card = Card(kit, spacing=14)
        self.incoming = Row(kit, words.text("Receiving"))
        self.outgoing = Row(kit, words.text("Sending"))
        self.test_card.body.addWidget(self.incoming)
        self.test_card.body.addWidget(self.outgoing)
        self.services = Group(kit.px(14))
        self.services.hide()
        self.test_card.body.addWidget(self.services)
        self._services_shown: tuple[ServiceResult, ...] = ()
        self.body.addWidget(self.test_card)

        self.message_row = Row(kit, words.text("Test message"))
        self.test_card.body.addWidget(self.message_row)
        self.send_message = Button(kit, words.text("Send myself a test message"), Kind.LINK)
        self.take_out = Check(kit, words.text("Take it out of the inbox again"))
        self.take_out.setChecked(True)
        self.send_message.clicked.connect(
            lambda: self.send(ev.TestMessageRequested(delete=self.take_out.isChecked()))
        )
        self._send_row = flow(kit.px(16), self.send_message, self.take_out)
        self.body.addWidget(self._send_row)
        self.noted = Text("", TextType.SMALL)
        self.body.addWidget(self.noted)
        self.keychain_note = Text("", TextType.SMALL)
        self.body.addWidget(self.keychain_note)
        self.terms = Group(0)
        self.body.addWidget(self.terms)
        self.details = Details(kit, outside)
        self.details.announced.connect(self.announced)
        self.details.sent.connect(self.sent)
        self.body.addWidget(self.details)

        self._address: EmailAddress | None = None
        self._provider: Provider | None = None
        self._state = State()
        self._remedy = Remedy()

    # -- showing ----------------------------------------------------------------------------

    def render(self, state: State) -> None:  # type: ignore[override]
        """See `PageView.render`."""
        self._state = state
        if state.address != self._address:
            self._address = state.address
            self.password.forget()
            self.keep.setChecked(state.keep_password)
            self._provider = None
        if state.provider != self._provider:
            self._provider = state.provider
            self._explain_kind(state.provider)
        words = self.kit.words
        shown = state.address.shown if state.address else ""
        label = (
            words.text("App password for {address}", address=shown)
            if state.provider.password_kind is PasswordKind.APP_PASSWORD
            else words.text("Password of {address}", address=shown)
        )
        self.password.label.setText(label)
        self.password.edit.setAccessibleName(label)
        asks = state.password_possible
        done = state.tested_at is not None
        verifying = state.busy and not done
        judged = state.problem is not None and state.problem.kind.judges_password
        self.password.setVisible(asks and not done)
        self.keep.setVisible(asks and not done)
        self.where.setVisible(asks and not done and state.problem is None)
        self.once.setVisible(judged)
        self.fresh.setVisible(judged and state.journey is Journey.PASSWORD)
        self.password.edit.setReadOnly(verifying)
        self.keep.setEnabled(not verifying)
        self._say_where()
        self._remedy = show_problem(self.kit, self.problem, state)
        self._show_sides(state, verifying)
        self._show_message(state)
        trouble = state.keychain_problem
        self.keychain_note.setVisible(trouble is not None and done)
        if trouble is not None:
            told = wording(self.kit, trouble, state.provider)
            self.keychain_note.setText(f"{told.title} {told.explanation}")
        self.terms.setVisible(asks and not done and state.problem is None and not verifying)
        self.details.show_state(state, state.problem is not None or done)

    def chrome(self, state: State) -> Chrome:
        """See `PageView.chrome`."""
        words = self.kit.words
        kind = state.provider.password_kind
        done = state.tested_at is not None
        verifying = state.busy and not done
        plain = None
        primary: NavAction | None
        lead = words.text("We test receiving and sending once, so you know it works.")
        # Where the tested password goes: into programs to choose, or into those that had the old.
        onwards = {
            Journey.PASSWORD: words.text("Update my programs"),
            Journey.MOVE: words.text("Look at my programs"),
        }.get(state.journey, words.text("Choose my programs"))
        title = words.text("Your password")
        if state.journey is Journey.PASSWORD:
            title = words.text("Your new password")
        if done:
            title = words.text("It works")
            lead = words.text("Receiving and sending were tested just now.")
            primary = NavAction(onwards, lambda: self.send(ev.Finished()))
        elif verifying:
            title = words.text("Testing")
            lead = words.text("Receiving first, then sending. This takes a few seconds.")
            if state.can_sign_in_here and not state.incoming_rungs:
                title = words.text("Your browser is open")
                lead = words.text(
                    "Sign in on the page it shows; we wait here and go on by ourselves."
                )
            primary = None
        elif not kind.has_servers:
            title = words.text("Other programs can't read this mailbox")
            lead = ""
            primary = NavAction(
                words.text("Set up another address"), lambda: self.send(ev.StartedOver())
            )
        elif kind is PasswordKind.BRIDGE:
            title = words.text("The bridge has your password")
            lead = words.text("Start the bridge first; then we prepare your programs for it.")
            primary = NavAction(onwards, lambda: self.send(ev.ContinuedUntested()))
        elif state.can_sign_in_here:
            title = words.text("No password needed here")
            lead = words.text("You sign in on your provider's own page, in your browser.")
            primary = NavAction(
                words.text("Sign in with the browser"),
                lambda: self.send(ev.BrowserSignInRequested()),
            )
        elif not state.password_possible:
            title = words.text("No password needed here")
            lead = words.text("You sign in inside your mail program.")
            primary = NavAction(onwards, lambda: self.send(ev.ContinuedUntested()))
        else:
            primary = NavAction(
                words.text("Test again") if state.problem else words.text("Test and continue"),
                self._submit,
            )
        if not done and not verifying and state.can_sign_in_inside:
            plain = NavAction(
                words.text("Sign in inside my mail program"),
                lambda: self.send(ev.SignInChosen()),
            )
        elif not done and not verifying and state.can_sign_in_here:
            plain = NavAction(
                words.text("Sign in inside my mail program"),
                lambda: self.send(ev.ContinuedUntested()),
            )
        elif not done and not verifying and kind.has_servers:
            plain = NavAction(
                words.text("Change the servers"), lambda: self.send(ev.ManualRequested())
            )
        focus = self.password.edit if state.password_possible and not done else None
        if state.problem is not None:
            focus = self.problem  # type: ignore[assignment]
        return Chrome(
            title=title,
            lead=lead,
            primary=primary,
            plain=plain,
            left=self.stop() if verifying else self.back(state),
            focus=focus,
            focus_key=(state.page, state.address, state.problem, done, verifying),
            spoken=self.problem.title.text() if state.problem is not None else "",
        )

    def _say_where(self) -> None:
        words = self.kit.words
        if not self.outside.keychain_lasts:
            self.where.setText(
                words.text(
                    "This is a demo: the password stays in this window's memory and goes with it. "
                    "Your keychain is not touched."
                )
            )
            return
        self.where.setText(
            words.text("It goes to your provider, encrypted, and into the keychain. Nowhere else.")
            if self.keep.isChecked()
            else words.text(
                "It goes to your provider, encrypted, and is forgotten when you close this window."
            )
        )

    def _explain_kind(self, provider: Provider) -> None:
        clear(self._about.body)
        card = kind_card(self.kit, provider)
        clear(self.terms.body)
        app = provider.password_kind is PasswordKind.APP_PASSWORD
        terms = (Term.APP_PASSWORD, Term.KEYCHAIN) if app else (Term.KEYCHAIN,)
        self.terms.body.addWidget(explain(self.kit, terms))
        self._about.setVisible(card is not None)
        if card is not None:
            self._about.body.addWidget(card)

    def _show_sides(self, state: State, verifying: bool) -> None:
        verification = state.verification
        # Where receiving failed the problem card says it all; sending was not tried.
        signing_in = state.can_sign_in_here and not state.incoming_rungs
        shown = (verifying and not signing_in) or (
            verification is not None and not isinstance(verification.incoming, SideFailed)
        )
        self.test_card.setVisible(shown)
        if not shown:
            return
        self._show_side(
            self.incoming, verification.incoming if verification else None, state.incoming_rungs
        )
        self._show_side(
            self.outgoing, verification.outgoing if verification else None, state.outgoing_rungs
        )
        self._show_services(verification.services if verification else ())

    def _show_services(self, results: tuple[ServiceResult, ...]) -> None:
        """A row for what else opens with this password; what does not is no fault of the mail."""
        if results == self._services_shown:
            return
        self._services_shown = results
        clear(self.services.body)
        self.services.setVisible(bool(results))
        for result in results:
            row = Row(self.kit, service_name(self.kit, result.service))
            self.services.body.addWidget(row)
            if result.problem is not None:
                told = wording(self.kit, result.problem, self._state.provider)
                row.show_state(Mark.ATTENTION, told.title, seconds(self.kit, result.ms))
                continue
            host = urlsplit(result.service.url).hostname or result.service.url
            names = [item.name for item in result.service.collections if item.name]
            accepted = self.kit.words.text("{host} accepted the password", host=host)
            row.show_state(Mark.DONE, ", ".join(names) or accepted, seconds(self.kit, result.ms))

    def _show_side(self, row: Row, result: SideResult | None, rungs: tuple[Rung, ...]) -> None:
        words = self.kit.words
        match result:
            case SideVerified(server=server, ms=ms):
                accepted = (
                    words.text("{host} accepted your sign-in", host=server.host)
                    if self._state.can_sign_in_here
                    else words.text("{host} accepted the password", host=server.host)
                )
                row.show_state(
                    Mark.DONE,
                    accepted,
                    seconds(self.kit, ms),
                )
            case SideFailed(problem=problem, ms=ms):
                title = wording(self.kit, problem, self._state.provider).title
                row.show_state(Mark.BAD, title, seconds(self.kit, ms))
            case SideUntested(reason=reason):
                sentence = {
                    "not-found": words.text("no server known"),
                    "oauth-only": words.text("you sign in inside your mail program"),
                    "bridge": words.text("the bridge vouches for itself to your mail program"),
                    "receiving-failed": words.text("waits until receiving works"),
                }.get(reason, words.text("not tested"))
                row.show_state(Mark.NOTHING, sentence)
            case None:
                if not rungs:
                    row.show_state(Mark.NOW, words.text("connecting…"))
                else:
                    last = rungs[-1]
                    row.show_state(
                        Mark.NOW,
                        words.text("{stage}: done", stage=words.stage(last.stage)),
                        seconds(self.kit, sum(rung.ms for rung in rungs)),
                    )

    def _show_message(self, state: State) -> None:
        words = self.kit.words
        outcome = state.test_message
        done = state.tested_at is not None
        watched = state.incoming is not None and state.incoming.type is ServerType.IMAP
        self._send_row.setVisible(
            done
            and watched
            and not state.can_sign_in_here  # what proved the login is forgotten by now
            and not state.testing_message
            and (outcome is None or isinstance(outcome, Problem))
        )
        self.message_row.setVisible(state.testing_message or outcome is not None)
        noted = (
            "" if isinstance(outcome, Problem) or not outcome else outcome.authentication_results
        )
        self.noted.setVisible(bool(noted))
        self.noted.setText(words.text("The receiving server noted: {text}", text=noted))
        if state.testing_message:
            self.message_row.show_state(Mark.NOW, words.text("on its way, we wait for it"))
        elif isinstance(outcome, Problem):
            told = wording(self.kit, outcome, state.provider)
            self.message_row.show_state(Mark.BAD, f"{told.title} {told.explanation}")
        elif outcome is not None:
            after = seconds_of(self.kit, outcome.seconds)
            self.message_row.show_state(
                Mark.DONE,
                words.text("arrived after {seconds}, taken out again", seconds=after)
                if outcome.deleted
                else words.text("arrived after {seconds}", seconds=after),
            )

    # -- acting -----------------------------------------------------------------------------

    def _submit(self) -> None:
        if self._address is None:
            return
        text = self.password.text
        if not text:
            self.password.show_problem(self.kit.words.text("Please type the password."))
            self.wants_focus.emit(self.password.edit)
            return
        self.password.show_problem("")
        self.outside.remember_password(self._address, Secret(text))
        self.send(ev.PasswordSubmitted(keep=self.keep.isChecked()))

    def _act(self) -> None:
        own = {
            Action.EDIT_PASSWORD: self._look_again,
            Action.RETRY: self._try_again,
            Action.WAIT: self._try_again,
        }
        self._remedy.run(self._state, self.send, own)

    def _try_again(self) -> None:
        if self._state.can_sign_in_here:
            self.send(ev.BrowserSignInRequested())
        else:
            self._submit()

    def _look_again(self) -> None:
        self.wants_focus.emit(self.password.edit)
        self.password.edit.selectAll()
