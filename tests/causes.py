"""Writes `docs/causes.LANGUAGE.md`: every cause of failure in the words people read.

    python -m tests.causes

Whoever reads only title, explanation and action must know what to do; the page is there to judge
that, and for support to look a number up. A test holds it in step with the code.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests import i18n
from wizard.messages import LANGUAGES, Messages, Wording
from wizard.messages.problems import PROBLEMS, VARIANTS
from wizard.model import HelpLink, Problem, ProblemKind, Provider, ServerType, Stage

DOCS = Path(__file__).parents[1] / "docs"

HEADINGS: dict[str, tuple[str, str, str]] = {
    "en": (
        "What can go wrong, and what to do",
        "The numbers are those of `cause` in the program's JSON. Names, ports and dates are "
        "examples.",
        "or, where the provider has a page for it:",
    ),
    "fr": (
        "Ce qui peut ne pas marcher, et que faire",
        "Les numéros sont ceux de `cause` dans le JSON du programme. Les noms, ports et dates sont "
        "des exemples.",
        "ou, si le fournisseur a une page pour cela :",
    ),
    "de": (
        "Was schiefgehen kann, und was man dann tut",
        "Die Nummern sind die von `cause` im JSON des Programms. Namen, Ports und Daten sind "
        "Beispiele.",
        "oder, wo der Anbieter eine Seite dafür hat:",
    ),
    "it": (
        "Che cosa può non andare, e che cosa fare",
        "I numeri sono quelli di `cause` nel JSON del programma. Nomi, porte e date sono esempi.",
        "oppure, se il fornitore ha una pagina apposita:",
    ),
    "es": (
        "Qué puede salir mal y qué hacer",
        "Los números son los de `cause` en el JSON del programa. Los nombres, puertos y fechas son "
        "ejemplos.",
        "o, si el proveedor tiene una página para ello:",
    ),
}

_FACTS = {
    "names": "www.example.org, example.org",
    "issuer": "Example Shield",
    "not_after": "2026-01-31",
    "wait_seconds": "290",
    "program": "Thunderbird",
    "path": "settings.json",
}
_REASONS = {"", "locked", "slow", "too-long"}
_DOMAIN_ALONE = {ProblemKind.DOMAIN_MISTYPED, ProblemKind.DOMAIN_TAKES_NO_MAIL}
_PROVIDER = Provider("Example Mail")


def _problems(kind: ProblemKind) -> Iterator[Problem]:
    """The cause as it usually shows, then what makes its words more exact."""
    domain = Problem(kind, Stage.DISCOVER, host="example.net")
    server = Problem(kind, Stage.LOGIN, ServerType.IMAP, "imap.example.net", 993, "NO")
    yield domain if kind in _DOMAIN_ALONE else server
    if kind is ProblemKind.DOMAIN_TAKES_NO_MAIL:
        return
    for reason in sorted(_REASONS):
        facts = tuple({**_FACTS, **({"reason": reason} if reason else {})}.items())
        yield Problem(kind, server.stage, server.service, server.host, 993, "NO", "", facts)
    yield Problem(kind, server.stage, server.service, server.host, 993)


def _words(messages: Messages, kind: ProblemKind) -> list[tuple[Wording, Wording]]:
    """Each different wording of a cause, without and with the provider's help page."""
    purposes = {sentences.help for sentences in PROBLEMS.values()}
    purposes |= {sentences.help for _, _, sentences in VARIANTS}
    links = tuple(HelpLink("https://example.net/", purpose, "") for purpose in sorted(purposes))
    helping = Provider("Example Mail", help=links)
    found: dict[tuple[str, str], tuple[Wording, Wording]] = {}
    for problem in _problems(kind):
        bare = messages.problem(problem, _PROVIDER)
        found.setdefault((bare.title, bare.explanation), (bare, messages.problem(problem, helping)))
    return list(found.values())


def page(messages: Messages) -> str:
    """The whole page in one language."""
    title, introduction, or_help = HEADINGS[messages.language]
    lines = [f"# {title}", "", introduction]
    for kind in sorted(ProblemKind, key=lambda kind: kind.cause):
        if not kind.cause:
            continue
        for number, (bare, helped) in enumerate(_words(messages, kind)):
            mark = f"{kind.cause}" + ("" if number == 0 else f" {chr(ord('a') + number - 1)}")
            action = f"→ **{bare.action}**"
            if helped.action != bare.action:
                action += f" ({or_help} **{helped.action}**)"
            lines += ["", f"## {mark}. {bare.title}", "", bare.explanation, "", action]
    return "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    """All pages by file."""
    with tempfile.TemporaryDirectory() as folder:
        i18n.compile_into(Path(folder))
        return {
            DOCS / f"causes.{language}.md": page(Messages(language, Path(folder)))
            for language in LANGUAGES
        }


def main() -> int:
    """Writes what has changed."""
    DOCS.mkdir(exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
