"""What the owner of a domain publishes: files, names and DNS records, each to copy; all to save."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QBoxLayout

from wizard.flow import State
from wizard.flow import events as ev
from wizard.flow.returning import SOMEBODY
from wizard.gui.pages.common import about_saved, choose_folder, open_path
from wizard.gui.shell import Chrome, NavAction, Outside, PageView
from wizard.gui.widgets import (
    Card,
    CopyButton,
    Disclosure,
    Facts,
    Group,
    Kit,
    Mark,
    ProblemCard,
    Text,
    TextType,
    clear,
    column,
    flow,
    hairline,
)
from wizard.gui.widgets.plain import plain_view
from wizard.model import N_, Problem, Publication, shown_domain

_FILES = {
    "autoconfig": (
        N_("For Thunderbird and its relatives"),
        N_("Autoconfig: asked for first, and the one that counts most."),
    ),
    "ua-auto-config": (
        N_("For newer programs"),
        N_("PACC, a coming standard. It needs its TXT record below."),
    ),
    "autodiscover": (
        N_("For Outlook on Windows"),
        N_("Autodiscover: the classic Outlook asks for it, and others do."),
    ),
}
"""By the first label of the host: who asks for it."""

_ON_ITS_WEBSITE = (
    N_("The same, on the domain's own website"),
    N_("Autoconfig in its second place: one of the two is enough."),
)

_RECORDS = {
    "_imaps": N_("Receiving (IMAP)"),
    "_imap": N_("Receiving (IMAP)"),
    "_pop3s": N_("Receiving (POP3)"),
    "_pop3": N_("Receiving (POP3)"),
    "_submissions": N_("Sending (SMTP)"),
    "_submission": N_("Sending (SMTP)"),
    "_carddavs": N_("Contacts"),
    "_caldavs": N_("Calendars"),
    "_ua-auto-config": N_("Digest of the PACC file"),
}
"""By the first label of the record's name."""


class PublishPage(PageView):
    """Nobody is asked anything here, and nothing is put anywhere but into the chosen folder.

    `complete`: all parts are built.
    """

    def __init__(self, kit: Kit, outside: Outside) -> None:
        super().__init__(kit, outside)
        self.problem = ProblemCard(kit, mark=Mark.ATTENTION)
        self.problem.acted.connect(lambda: self.send(ev.ManualRequested()))
        self.body.addWidget(self.problem)
        self.saved = Text("", TextType.STRONG)
        self.saved.hide()
        self.body.addWidget(self.saved)
        self._result = Group(kit.px(16))
        self.body.addWidget(self._result)
        self._shown: Publication | None = None
        self._parts: Iterator[None] = iter(())
        self.complete = False
        self._folder: Path | None = None

    def render(self, state: State) -> None:  # type: ignore[override]
        """See `PageView.render`."""
        made = state.publication
        if isinstance(made, Problem):
            self._show_problem(made, state)
        else:
            self.problem.hide()
        shown = made if isinstance(made, Publication) else None
        if shown != self._shown:
            self._shown = shown
            clear(self._result.body)
            self._parts = iter(()) if shown is None else self._build(shown)
            self._build_on(self._parts)
        self._result.setVisible(shown is not None)
        said, self._folder = about_saved(self.kit, state)
        self.saved.setText(said)
        self.saved.setVisible(state.saved is not None)

    def chrome(self, state: State) -> Chrome:
        """See `PageView.chrome`."""
        words = self.kit.words
        change = NavAction(words.text("Change something"), lambda: self.send(ev.ManualRequested()))
        domain = shown_domain(state.address.domain) if state.address is not None else ""
        if isinstance(state.publication, Problem):
            return Chrome(
                title=words.text("One value is not for everybody"),
                lead="",
                left=self.back(state),
                focus=self.problem,
                focus_key=(state.page, state.publication),
                spoken=self.problem.title.text(),
            )
        primary = None
        if self._folder is not None:
            primary = NavAction(words.text("Show the folder"), self._show_folder)
        elif state.publication is not None:
            primary = NavAction(words.text("Save everything as a folder"), self._choose_folder)
        return Chrome(
            title=words.text("What to publish for {domain}", domain=domain),
            lead=words.text(
                "With these, mail programs find the servers by themselves. Put them in place, or "
                "hand the folder to whoever looks after your website and your DNS: it says where "
                "each goes."
            ),
            primary=primary,
            plain=change if state.publication is not None else None,
            left=self.back(state),
            focus=self.saved if isinstance(state.saved, Problem) else None,
            focus_key=(state.page, state.address, state.publication is None, state.saved),
            spoken=self.saved.text() if state.saved is not None else "",
        )

    # -- what is shown --------------------------------------------------------------------------

    def _show_problem(self, problem: Problem, state: State) -> None:
        words = self.kit.words
        somebody = f"{SOMEBODY}@{state.address.domain}" if state.address is not None else SOMEBODY
        self.problem.show_words(
            words.text("“{username}” is the user name of one person", username=problem.detail),
            words.text(
                "What is published is read by everybody. The user name can be the whole address "
                "({address}) or the part before the @ ({local}), which every program replaces by "
                "its person's own.",
                address=str(state.address or somebody),
                local=state.address.local if state.address is not None else SOMEBODY,
            ),
            words.text("Change the user name"),
        )

    def _build_on(self, parts: Iterator[None]) -> None:
        """One part a turn, from the top: all at once would hold up the window."""
        if parts is not self._parts:
            return
        self.complete = next(parts, self) is self
        if not self.complete:
            QTimer.singleShot(0, self, lambda: self._build_on(parts))

    def _build(self, made: Publication) -> Iterator[None]:
        """Yields after each part."""
        yield from self._files(made)
        yield from self._hosts(made)
        yield from self._records(made)
        if made.notes:
            self._result.body.addWidget(self._notes(made))

    def _section(self, title: str, lead: str) -> Card:
        """A heading, a sentence, and an empty card, which comes back."""
        kit = self.kit
        section = Group(kit.px(8))
        section.body.addWidget(Text(title, TextType.HEADING))
        section.body.addWidget(Text(lead, TextType.SMALL))
        card = Card(kit, spacing=12)
        card.setAccessibleName(title)
        section.body.addWidget(card)
        self._result.body.addWidget(section)
        return card

    def _files(self, made: Publication) -> Iterator[None]:
        kit, words = self.kit, self.kit.words
        card = self._section(
            words.text("Files for a web server"),
            words.text(
                "Each has to be found at its address, over https with a valid certificate. Every "
                "single one helps some programs; together they serve nearly all."
            ),
        )
        contents = {item.name: item.content.decode() for item in made.plan.files}
        for index, (name, url) in enumerate(made.pages):
            if index:
                card.body.addWidget(hairline(kit))
            title, about = next(
                (said for part, said in _FILES.items() if name.startswith(f"{part}.")),
                _ON_ITS_WEBSITE,
            )
            head = column(kit.px(2))
            head.addWidget(Text(words.text(title), TextType.STRONG))
            head.addWidget(Text(words.text(about), TextType.SMALL))
            card.body.addLayout(head)
            facts = Facts(kit)
            facts.copied.connect(self.announced)
            facts.add(words.text("Web address"), url, copy=url)
            card.body.addWidget(facts)
            card.body.addWidget(
                self._file(name.rpartition("/")[2], words.text(title), contents[name])
            )
            yield

    def _file(self, name: str, title: str, content: str) -> Disclosure:
        """The file itself: to copy at once, to read where somebody wants to."""
        kit, words = self.kit, self.kit.words
        copy = CopyButton(kit, content, f"{title}: {name}", label=words.text("Copy the file"))
        copy.copied.connect(self.announced)

        def fill(body: QBoxLayout) -> None:
            body.addWidget(plain_view(kit, f"{title}: {name}", content))

        question = words.text("Show the file")
        show = Disclosure(kit, question, small=True, fill=fill, before=(copy,))
        show.button.setAccessibleName(f"{question}: {title}")
        return show

    def _hosts(self, made: Publication) -> Iterator[None]:
        kit, words = self.kit, self.kit.words
        card = self._section(
            words.text("Names that lead to this web server"),
            words.text(
                "As A, AAAA or CNAME records in the DNS. The web server needs a certificate for "
                "each of them."
            ),
        )
        facts = Facts(kit)
        facts.copied.connect(self.announced)
        for host in made.hosts:
            facts.add(words.text("Name"), host, copy=host)
        card.body.addWidget(facts)
        yield

    def _records(self, made: Publication) -> Iterator[None]:
        kit, words = self.kit, self.kit.words
        card = self._section(
            words.text("Records for the DNS"),
            words.text(
                "These need no web server. Some control panels add the domain by themselves: "
                "there, leave it out at the end of the name."
            ),
        )
        for name, kind, value in made.records:
            label = _RECORDS.get(name.partition(".")[0])
            title = f"{kind} · {words.text(label)}" if label else kind
            card.body.addWidget(Text(title, TextType.STRONG))
            facts = Facts(kit)
            facts.copied.connect(self.announced)
            facts.add(words.text("Name"), name, copy=name)
            facts.add(words.text("Value"), value, copy=value)
            card.body.addWidget(facts)
            card.body.addWidget(hairline(kit))
            yield
        zone = next(
            (item.content.decode() for item in made.plan.files if item.name.endswith(".zone")), ""
        )
        every = words.text("Copy all records as lines of a zone file")
        copy = CopyButton(kit, zone, words.text("Records for the DNS"), label=every)
        copy.copied.connect(self.announced)
        card.body.addWidget(flow(0, copy))
        yield

    def _notes(self, made: Publication) -> Group:
        words = self.kit.words
        section = Group(self.kit.px(8))
        section.body.addWidget(Text(words.text("Good to know"), TextType.HEADING))
        for note in made.notes:
            section.body.addWidget(Text(note, TextType.SMALL))
        return section

    # -- acting ---------------------------------------------------------------------------------

    def _choose_folder(self) -> None:
        folder = choose_folder(self, self.kit)
        if folder is not None:
            self.send(ev.SaveRequested(folder))

    def _show_folder(self) -> None:
        if self._folder is not None:
            open_path(self._folder)
