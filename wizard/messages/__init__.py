"""All sentences outside the pages: problems into words, in five languages.

actions    what a person can do next
problems   title, explanation and one action for every kind of problem
names      the words of the model's enums

English stands in the code; the other languages are gettext catalogues, one folder per language.
Where a catalogue is missing, English is spoken. The tables are loaded with their first use: the
first page says nothing out of them.
"""

from __future__ import annotations

import gettext
import math
from pathlib import Path
from typing import TYPE_CHECKING

from wizard import model
from wizard.later import Module, loader
from wizard.model.words import N_

if TYPE_CHECKING:
    from wizard.messages import actions, names, problems
    from wizard.messages.actions import Action, Wording
    from wizard.model import (
        AddressFault,
        Evidence,
        HelpLink,
        Problem,
        Provider,
        Security,
        ServerType,
        Source,
        SourceReport,
        Stage,
    )
else:
    actions, names, problems = (
        Module(f"{__name__}.{name}") for name in ("actions", "names", "problems")
    )
    __getattr__ = loader(__name__, {"actions": "Action Wording"})

__all__ = ["DOMAIN", "LANGUAGES", "Action", "Messages", "Wording"]

DOMAIN = "mail-wizard"
"""The gettext domain: the catalogues' file name."""

LANGUAGES = ("en", "fr", "de", "it", "es")
"""ISO 639-1 codes of the languages the program speaks, English (the source) first."""


class Messages:
    """One language to speak in; fits `wizard.model.Words`.

    `directory` holds `<language>/LC_MESSAGES/mail-wizard.mo`; without one, English is spoken.
    """

    def __init__(self, language: str, directory: Path) -> None:
        self._language = language
        self._directory = directory
        languages = [] if language == "en" else [language]
        self._catalogue = gettext.translation(DOMAIN, directory, languages or ["en"], fallback=True)

    @property
    def language(self) -> str:
        """ISO 639-1 code of the language the sentences come out in."""
        return self._language

    def into(self, language: str, /) -> Messages:
        """The same words in another language."""
        return self if language == self._language else Messages(language, self._directory)

    def text(self, msgid: str, /, **values: str) -> str:
        """The sentence in this language, its placeholders filled."""
        # gettext answers the empty text with the catalogue's own header.
        return self._catalogue.gettext(msgid).format(**values) if msgid else ""

    def plural(self, singular: str, plural: str, count: int, /, **values: str) -> str:
        """The form of a sentence for `count`, which is also the placeholder `{count}`."""
        chosen = self._catalogue.ngettext(singular, plural, count)
        return chosen.format(count=count, **values)

    def problem(self, problem: Problem, provider: Provider | None = None) -> Wording:
        """What happened, why probably, and the one next action."""
        sentences = problems.sentences_for(problem)
        values = self._values(problem, provider)
        action, action_id, url = sentences.action, sentences.action_id, ""
        link = self._help(provider, sentences.help)
        if link is not None:
            action, action_id, url = sentences.help_action, actions.Action.OPEN_HELP, link.url
        return actions.Wording(
            self.text(sentences.title, **values),
            self.text(sentences.explanation, **values),
            self.text(action, **values),
            action_id,
            url,
        )

    def address_fault(self, fault: AddressFault) -> str:
        """What is missing in a text that is no address yet."""
        return self.text(names.ADDRESS_FAULTS[fault])

    def source(self, source: Source) -> str:
        """The name of a place that is asked."""
        return self.text(names.SOURCES[source])

    def source_state(self, report: SourceReport) -> str:
        """How a place that is asked fares."""
        return self.text(names.SOURCE_STATES[report.state])

    def security(self, security: Security) -> str:
        """How a connection is encrypted."""
        return self.text(names.SECURITIES[security])

    def server_type(self, service: ServerType) -> str:
        """What a server is for."""
        return self.text(names.SERVER_TYPES[service])

    def evidence(self, evidence: Evidence) -> str:
        """Who said it, and over which way it came."""
        said = self.text(names.EVIDENCE[evidence.source])
        transport = names.TRANSPORTS.get(evidence.transport)
        return said if transport is None else self.text(transport, evidence=said)

    def stage(self, stage: Stage | str) -> str:
        """A step of the ladder; the word of a `Rung` is understood too."""
        return self.text(names.STAGES[model.Stage(stage)])

    def _values(self, problem: Problem, provider: Provider | None) -> dict[str, str]:
        """All placeholders of the sentences."""
        facts = dict(problem.facts)
        seconds = facts.get("wait_seconds", "")
        named = provider.name if provider is not None else ""
        return {
            "host": model.shown_domain(problem.host) or self.text(N_("The server")),
            "port": str(problem.port),
            "provider": named or _owner(problem) or self.text(N_("Your mail provider")),
            "program": facts.get("program", "") or self.text(N_("The mail program")),
            "path": facts.get("path", "") or self.text(N_("The file")),
            "reason": facts.get("reason", "") or self.address_fault(model.AddressFault.NO_AT),
            "names": facts.get("names", ""),
            "issuer": facts.get("issuer", "") or self.text(N_("somebody else")),
            "proxy": facts.get("proxy", ""),
            "not_after": facts.get("not_after", ""),
            "minutes": str(math.ceil(int(seconds) / 60)) if seconds.isdecimal() else "",
        }

    def _help(self, provider: Provider | None, purpose: str) -> HelpLink | None:
        """The provider's page for a purpose, best in this language, then in none in particular,
        then in English, then in any."""
        if provider is None or not purpose:
            return None
        links = [link for link in provider.help if link.purpose == purpose]
        wanted = (self._language, "", "en")
        links.sort(
            key=lambda link: wanted.index(link.language) if link.language in wanted else len(wanted)
        )
        return links[0] if links else None


def _owner(problem: Problem) -> str:
    """Whose server it is, as far as its name tells: the name without its first label."""
    first, _, rest = problem.host.partition(".")
    if problem.service is None:
        return model.shown_domain(problem.host)
    return model.shown_domain(rest if "." in rest else problem.host) if first else ""
