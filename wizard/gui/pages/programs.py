"""Page 5: where the person reads mail. What is on this computer first, then phone, then paper."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.flow import State
from wizard.flow import events as ev
from wizard.gui.pages.common import client_icon
from wizard.gui.pages.terms import Term, explain
from wizard.gui.shell import Chrome, NavAction, Outside, PageView
from wizard.gui.widgets import (
    Card,
    Choice,
    ChoiceCard,
    Kit,
    Labelled,
    Mark,
    Row,
    Text,
    TextType,
    clear,
    column,
)
from wizard.model import N_, DetectedClient


@dataclass(frozen=True, slots=True)
class Target:
    """Something to set up that need not be on this computer. `client`: the flow's id."""

    client: str
    title: str
    detail: str
    word: str


PHONE = (
    Target(
        "apple",
        N_("iPhone, iPad or Mac"),
        N_("A profile to open there. Apple Mail sets itself up from it."),
        N_("file"),
    ),
    Target(
        "thunderbird-mobile",
        N_("Android phone"),
        N_("A code to scan with Thunderbird for Android."),
        N_("code"),
    ),
)
ELSEWHERE = (
    Target(
        "sheet",
        N_("On paper, or for later"),
        N_("A sheet with all values and steps. It never shows your password."),
        N_("PDF"),
    ),
    Target(
        "thunderbird",
        N_("Thunderbird on another computer"),
        N_("A file that Thunderbird imports there."),
        N_("file"),
    ),
    Target(
        "outlook",
        N_("Outlook on a Windows computer"),
        N_("Files that prepare Outlook there, and the steps."),
        N_("file"),
    ),
)


class ProgramsPage(PageView):
    """Choose as many as you like; nothing is changed before the next page shows what."""

    def __init__(self, kit: Kit, outside: Outside) -> None:
        super().__init__(kit, outside)
        words = kit.words
        self._looking = Card(kit)
        self._looking.body.addWidget(
            Row(kit, words.text("Looking for mail programs on this computer…"), Mark.NOW)
        )
        self.body.addWidget(self._looking)
        self._lists = column(kit.px(10))
        self.body.addLayout(self._lists)
        self.note = Text("", TextType.PROBLEM)
        self.note.hide()
        self.body.addWidget(self.note)
        self.cards: dict[str, ChoiceCard] = {}
        self.profiles: dict[str, Choice] = {}
        self._detected: tuple[DetectedClient, ...] | None = None

    def render(self, state: State) -> None:  # type: ignore[override]
        """See `PageView.render`."""
        detected = state.detected if state.detected is not None else None
        waiting = detected is None and state.busy
        self._looking.setVisible(waiting)
        if waiting:
            return
        found = detected or ()
        if self._detected is None or found != self._detected:
            chosen = set(state.chosen) or None
            self._detected = found
            self._build(found, chosen)

    def chrome(self, state: State) -> Chrome:
        """See `PageView.chrome`."""
        words = self.kit.words
        waiting = state.detected is None and state.busy
        return Chrome(
            title=words.text("Where do you read your mail?"),
            lead=words.text("Choose as many as you like. You see every change before it is made."),
            primary=None
            if waiting
            else NavAction(words.text("See what will change"), self._submit),
            left=self.back(state),
            focus=next((card.check for card in self.cards.values()), None),
            focus_key=(state.page, waiting),
        )

    def _build(self, detected: tuple[DetectedClient, ...], chosen: set[str] | None) -> None:
        clear(self._lists)
        self.cards, self.profiles = {}, {}
        words = self.kit.words
        here = {client.id for client in detected}
        several = any(len(client.profiles) > 1 for client in detected)
        if detected:
            self._heading(words.text("On this computer"))
            for client in detected:
                self._add_detected(client, chosen is None or client.id in chosen)
        self._heading(words.text("Phone or tablet"))
        for target in PHONE:
            if target.client not in here:
                self._add_target(target, chosen is not None and target.client in chosen)
        self._heading(words.text("Another computer, or on paper"))
        for target in ELSEWHERE:
            if target.client not in here:
                usual = target.client == "sheet" if chosen is None else target.client in chosen
                self._add_target(target, usual)
        if several:
            self._lists.addWidget(explain(self.kit, (Term.PROFILE,)))

    def _heading(self, text: str) -> None:
        if self._lists.count():
            self._lists.addSpacing(self.kit.px(8))
        self._lists.addWidget(Text(text, TextType.SMALL_STRONG))

    def _add_detected(self, client: DetectedClient, checked: bool) -> None:
        words = self.kit.words
        version = (
            words.text("Version {version}, on this computer.", version=client.version)
            if client.version
            else words.text("On this computer.")
        )
        promise = words.text("We add the account; your others stay as they are.")
        word = words.text("open now") if client.running else words.text("ready")
        if client.running:
            promise = words.text("Please close it before we set it up.")
        card = self._add(client.id, client.name, f"{version} {promise}", word, checked)
        if len(client.profiles) > 1:
            choice = Choice(self.kit)
            for profile in client.profiles:
                name = profile.name
                if profile.accounts:
                    name = words.text(
                        "{profile} (with {account})",
                        profile=profile.name,
                        account=profile.accounts[0],
                    )
                choice.addItem(name, profile.id)
                if profile.is_default:
                    choice.setCurrentIndex(choice.count() - 1)
            self.profiles[client.id] = choice
            labelled = Labelled(self.kit, words.text("Which profile?"), choice)
            if not checked:
                labelled.hide()
            card.toggled.connect(labelled.setVisible)
            card.add(labelled)

    def _add_target(self, target: Target, checked: bool) -> None:
        words = self.kit.words
        self._add(
            target.client,
            words.text(target.title),
            words.text(target.detail),
            words.text(target.word),
            checked,
        )

    def _add(self, client: str, title: str, detail: str, word: str, checked: bool) -> ChoiceCard:
        card = ChoiceCard(self.kit, title, detail, word, icon=client_icon(client))
        card.check.setChecked(checked)
        card.toggled.connect(self.note.hide)
        self.cards[client] = card
        self._lists.addWidget(card)
        return card

    def _submit(self) -> None:
        clients = tuple(client for client, card in self.cards.items() if card.checked)
        if not clients:
            self.note.setText(self.kit.words.text("Please choose at least one."))
            self.note.show()
            first = next(iter(self.cards.values()), None)
            if first is not None:
                self.wants_focus.emit(first.check)
            return
        profiles = {
            client: str(choice.currentData())
            for client, choice in self.profiles.items()
            if client in clients
        }
        self.send(ev.ProgramsChosen(clients, profiles))
