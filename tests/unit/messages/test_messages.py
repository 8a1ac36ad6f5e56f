"""Every problem has words in every language, and the words keep the house rules."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests import i18n
from wizard.messages import DOMAIN, LANGUAGES, Action, Messages, Wording
from wizard.messages.problems import PROBLEMS, VARIANTS, Sentences
from wizard.model import (
    AddressFault,
    Evidence,
    HelpLink,
    Problem,
    ProblemKind,
    Provider,
    Security,
    ServerType,
    Source,
    SourceReport,
    SourceState,
    Stage,
    Trust,
    Words,
)

ALL_FACTS = (
    ("names", "a.example, b.example"),
    ("issuer", "Example Shield"),
    ("not_after", "2026-01-31"),
    ("wait_seconds", "290"),
    ("others", "found"),
    ("program", "Thunderbird"),
    ("path", "/home/anna/prefs.js"),
    ("proxy", "proxy.example.net:3128"),
)

FORBIDDEN = {
    "en": r"\b(errors?|invalid|fail\w*|illegal|abort\w*)\b",
    "fr": r"\b(erreurs?|invalides?|échou\w*|échec\w*|illégal\w*)\b",
    "de": r"\b(\w*fehler\w*|ungültig\w*|fehlgeschlagen|unzulässig\w*)\b",
    "it": r"\b(error[ei]|non valid\w*|fallit\w*|illegal\w*)\b",
    "es": r"\b(error(es)?|inválid\w*|fallid\w*|falló|ilegal\w*)\b",
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("translations")
    i18n.compile_into(directory)
    return directory


@pytest.fixture(params=LANGUAGES)
def messages(request: pytest.FixtureRequest, compiled: Path) -> Messages:
    return Messages(request.param, compiled)


def problems() -> list[Problem]:
    """Every kind, bare and with all facts, for a domain and for a server."""
    made = []
    for kind in ProblemKind:
        reasons = ["locked", "slow", "too-long"]
        if kind is ProblemKind.ADDRESS_NOT_UNDERSTOOD:  # its reason is a sentence
            reasons = ["The part after the @ is missing."]
        for facts in ((), *((*ALL_FACTS, ("reason", reason)) for reason in reasons)):
            for said in ("", "NO"):
                made.append(Problem(kind, Stage.LOGIN, None, "example.net", 0, said, "", facts))
                service = ServerType.IMAP
                made.append(
                    Problem(kind, Stage.LOGIN, service, "imap.example.net", 993, said, "", facts)
                )
        made.append(Problem(kind, Stage.INPUT))
    for how in ("open", "refused"):
        signing_in = Problem(ProblemKind.BROWSER_SIGN_IN_NEEDED, Stage.LOGIN, host="id.example.net")
        made.append(replace(signing_in, facts=(("sign_in", how),)))
    closed = (("path", "/home/anna/.local/state/mail-setup-wizard"), ("ours", "yes"))
    made.append(Problem(ProblemKind.FOLDER_NOT_WRITABLE, Stage.CLIENT, facts=closed))
    return made


def texts(wording: Wording) -> tuple[str, str, str]:
    return wording.title, wording.explanation, wording.action


def test_every_kind_has_words() -> None:
    assert set(PROBLEMS) == set(ProblemKind)


def test_every_variant_can_be_reached() -> None:
    reached = {id(sentences) for sentences in map(_sentences, problems())}
    assert {id(sentences) for _, _, sentences in VARIANTS} <= reached


def _sentences(problem: Problem) -> Sentences:
    from wizard.messages.problems import sentences_for

    return sentences_for(problem)


def test_words_are_complete_and_filled_in_every_language(messages: Messages) -> None:
    for problem in problems():
        for provider in (None, Provider("Example Mail", "example")):
            for text in texts(messages.problem(problem, provider)):
                assert text.strip() == text != ""
                assert "{" not in text
                assert "  " not in text


def test_no_language_scolds(messages: Messages) -> None:
    pattern = re.compile(FORBIDDEN[messages.language], re.IGNORECASE)
    for problem in problems():
        for text in texts(messages.problem(problem)):
            assert not pattern.search(text), text


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_no_catalogue_scolds(language: str) -> None:
    pattern = re.compile(FORBIDDEN[language], re.IGNORECASE)
    scolding = [
        item.string
        for item in i18n.catalogue(language)
        if item.id
        and pattern.search(
            " ".join([item.string] if isinstance(item.string, str) else item.string or ())
        )
    ]
    assert scolding == []


def test_no_sentence_of_the_code_scolds() -> None:
    pattern = re.compile(FORBIDDEN["en"], re.IGNORECASE)
    assert [item for item in i18n.sentences() if pattern.search(item.msgid)] == []


def test_titles_are_sentences_and_buttons_are_not(messages: Messages) -> None:
    for problem in problems():
        wording = messages.problem(problem)
        assert wording.title.endswith(".")
        assert wording.explanation.endswith(".")
        assert not wording.action.endswith(".")
        assert len(wording.title) <= 110
        assert len(wording.action) <= 45


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_a_translation_is_a_translation(language: str, compiled: Path) -> None:
    there, english = Messages(language, compiled), Messages("en", compiled)
    for problem in problems():
        translated, source = there.problem(problem), english.problem(problem)
        assert translated.title != source.title
        assert translated.action != source.action


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_no_sentence_of_the_program_lacks_a_translation(language: str) -> None:
    """`python -m tests.i18n update` brings the catalogues into step; `docs/glossary.md` has the
    words that mail programs use."""
    assert [item.msgid for item in i18n.missing(language)] == []
    assert i18n.surplus(language) == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_placeholders_are_the_same(language: str) -> None:
    assert list(i18n.wrong_placeholders(language)) == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_no_line_ends_before_a_question_mark(language: str) -> None:
    """`python -m tests.i18n update` puts in the spaces that French typography wants."""
    loose = [
        text
        for item in i18n.catalogue(language)
        if item.id
        for text in ([item.string] if isinstance(item.string, str) else item.string or ())
        if i18n.typeset(text, language) != text
    ]
    assert loose == []


def test_french_spaces_hold_what_belongs_together_and_leave_the_rest() -> None:
    for typed, printed in (
        ("Pourquoi ? Voici : « Mail » !", "Pourquoi\xa0? Voici\xa0: «\xa0Mail\xa0»\xa0!"),
        ("Tapez « oui » ; puis (pourquoi ?)", "Tapez «\xa0oui\xa0»\xa0; puis (pourquoi\xa0?)"),
        ("{program} : rien\u202f!\n200 % ici", "{program}\xa0: rien\xa0!\n200\xa0% ici"),
        ("À 10:30, ouvrez https://example.net/?a=1;b", ""),
        ("v=spf1 ?all :x %d a::b --flag !x", ""),
    ):
        assert i18n.typeset(typed, "fr") == (printed or typed)
        assert i18n.typeset(printed, "fr") == printed
    assert i18n.typeset("What ? « Mail »", "en") == "What ? « Mail »"


def test_no_problem_lets_a_certificate_pass() -> None:
    """Nobody may click a certificate away, nor go on where nothing could be checked."""
    for problem in problems():
        if problem.kind.is_certificate:
            assert _sentences(problem).action_id in {
                Action.RETRY,
                Action.COPY_REPORT,
                Action.EDIT_SERVERS,
            }


def test_an_unjudged_password_is_never_in_doubt() -> None:
    for problem in problems():
        if problem.kind.cause in {7, 8, 31, 32, 33, 34}:
            sentences = _sentences(problem)
            assert "Your password was not checked" in sentences.explanation or (
                "your password was not checked" in sentences.explanation
            )
            assert sentences.action_id in {Action.WAIT, Action.COPY_REPORT}


def test_the_providers_page_becomes_the_action() -> None:
    problem = Problem(
        ProblemKind.APP_PASSWORD_NEEDED, Stage.LOGIN, ServerType.IMAP, "imap.mail.me.com", 993
    )
    english = HelpLink("https://help.example/en", "app-password", "en")
    german = HelpLink("https://help.example/de", "app-password", "de")
    french = HelpLink("https://help.example/fr", "app-password", "fr")
    other = HelpLink("https://help.example/x", "enable-imap", "de")
    provider = Provider("iCloud Mail", "icloud", help=(other, french, english, german))
    here = Path("/nowhere")
    assert Messages("de", here).problem(problem, provider).url == german.url
    assert Messages("it", here).problem(problem, provider).url == english.url
    wording = Messages("en", here).problem(problem, provider)
    assert (wording.action_id, wording.action) == (Action.OPEN_HELP, "Make an app password")
    assert wording.title == "iCloud Mail wants an app password."
    alone = Messages("en", here).problem(problem, Provider("iCloud Mail", "icloud", help=(other,)))
    assert (alone.action_id, alone.url) == (Action.EDIT_PASSWORD, "")


def test_without_a_providers_name_the_servers_owner_is_named() -> None:
    words = Messages("en", Path("/nowhere"))
    wrong = Problem(
        ProblemKind.WRONG_PASSWORD, Stage.LOGIN, ServerType.IMAP, "imap.example.net", 993
    )
    assert words.problem(wrong).title.startswith("example.net ")
    assert words.problem(Problem(ProblemKind.WRONG_PASSWORD, Stage.LOGIN)).title.startswith("Your ")


def test_what_servers_say_cannot_break_a_sentence(compiled: Path) -> None:
    facts = (("names", "{evil} {0} %s"), ("issuer", "{"))
    problem = Problem(
        ProblemKind.CERTIFICATE_OTHER_HOST,
        Stage.TLS,
        ServerType.IMAP,
        "h.example.net",
        1,
        facts=facts,
    )
    assert "{evil} {0} %s" in Messages("fr", compiled).problem(problem).explanation


def test_names_of_everything(messages: Messages) -> None:
    said = [messages.address_fault(fault) for fault in AddressFault]
    said += [messages.source(source) for source in Source]
    said += [messages.source_state(SourceReport(Source.SRV, state)) for state in SourceState]
    said += [messages.security(security) for security in Security]
    said += [messages.server_type(service) for service in ServerType]
    said += [messages.stage(stage) for stage in Stage]
    assert all(said)
    assert messages.stage("login") == messages.stage(Stage.LOGIN)
    pattern = re.compile(FORBIDDEN[messages.language], re.IGNORECASE)
    assert not [text for text in said if pattern.search(text)]


def test_evidence_says_who_and_how() -> None:
    words = Messages("en", Path("/nowhere"))
    evidence = Evidence(Source.AUTOCONFIG, ("host",), "https://…", Trust.TRUSTED, "https")
    assert words.evidence(evidence) == "said by your domain's own configuration, over https"
    bare = Evidence(Source.MANUAL, ("host",), "", Trust.TRUSTED)
    assert words.evidence(bare) == "entered by you"


def test_plurals_and_text(compiled: Path) -> None:
    words = Messages("en", compiled)
    assert words.plural("{count} file", "{count} files", 1) == "1 file"
    assert words.plural("{count} file in {place}", "{count} files in {place}", 3, place="x") == (
        "3 files in x"
    )
    assert words.text("") == ""
    assert words.text("Say {what}.", what="{cheese}") == "Say {cheese}."


def test_a_missing_catalogue_speaks_english(tmp_path: Path) -> None:
    words = Messages("de", tmp_path)
    assert words.text("Try again") == "Try again"
    assert words.language == "de"


def test_languages_can_be_changed(compiled: Path) -> None:
    words: Words = Messages("en", compiled)
    assert words.into("en") is words
    assert words.into("de").text("Try again") == "Erneut versuchen"
    assert words.into("de").into("en").text("Try again") == "Try again"


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_compiling_leaves_untranslated_sentences_in_english(language: str, tmp_path: Path) -> None:
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo

    catalog = Catalog(locale=language, domain=DOMAIN, fuzzy=False)
    catalog.add("One", "Uno")
    catalog.add("Two", "")
    path = tmp_path / language / "LC_MESSAGES"
    path.mkdir(parents=True)
    with (path / f"{DOMAIN}.mo").open("wb") as file:
        write_mo(file, catalog)
    words = Messages(language, tmp_path)
    assert (words.text("One"), words.text("Two")) == ("Uno", "Two")
