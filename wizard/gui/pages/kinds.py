"""What kind of login a provider wants: the card that explains it, with steps and its own page."""

from __future__ import annotations

from typing import assert_never

from PySide6.QtCore import Qt

from wizard.gui.pages.common import open_link
from wizard.gui.widgets import Button, Card, Glyph, Kind, Kit, Text, TextType, flow, line
from wizard.model import HelpLink, PasswordKind, Provider

_ICONS = {
    PasswordKind.NORMAL: "key",
    PasswordKind.APP_PASSWORD: "key",
    PasswordKind.OAUTH_IN_CLIENT: "sign-in",
    PasswordKind.BRIDGE: "bridge",
    PasswordKind.NOT_POSSIBLE: "lock",
    PasswordKind.EXCHANGE: "lock",
}


def kind_card(kit: Kit, provider: Provider) -> Card | None:
    """None where the ordinary password is right and nothing needs explaining."""
    told = _sentences(kit, provider)
    if told is None:
        return None
    title, sentence, purpose = told
    words = kit.words
    card = Card(kit, spacing=10)
    head = line(kit.px(12))
    head.addWidget(Glyph(kit, _ICONS[provider.password_kind]), 0, Qt.AlignmentFlag.AlignTop)
    head.addWidget(Text(title, TextType.STRONG), 1)
    card.body.addLayout(head)
    card.body.addWidget(Text(sentence))
    steps = provider.steps.get(words.language) or provider.steps.get("en") or {}
    text = steps.get(purpose) or steps.get("general") or ""
    for number, step in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
        row = line(kit.px(10))
        row.addWidget(Text(f"{number}.", TextType.STRONG))
        row.addWidget(Text(step), 1)
        card.body.addLayout(row)
    link = help_link(provider, purpose, words.language)
    if link is not None:
        button = Button(kit, words.text("Open the provider's page"), Kind.PLAIN, icon="external")
        button.clicked.connect(lambda: open_link(link.url))
        card.body.addWidget(flow(kit.px(8), button))
        card.body.addWidget(Text(link.url, TextType.SMALL))
    return card


def _sentences(kit: Kit, provider: Provider) -> tuple[str, str, str] | None:
    """(title, explanation, purpose of steps and links)."""
    words = kit.words
    name = provider.name or words.text("Your provider")
    kind = provider.password_kind
    match kind:
        case PasswordKind.NORMAL:
            return None
        case PasswordKind.APP_PASSWORD:
            return (
                words.text("{provider} wants an app password", provider=name),
                words.text(
                    "That is a separate password for mail programs, made on the provider's "
                    "website. Your usual password does not work here."
                ),
                "app-password",
            )
        case PasswordKind.OAUTH_IN_CLIENT if provider.oauth is not None:
            return (
                words.text("{provider} signs you in itself", provider=name),
                words.text(
                    "Its own page opens in your browser and asks you to sign in. We never see "
                    "your password, and what we are given for the test is forgotten after it."
                ),
                "password",
            )
        case PasswordKind.OAUTH_IN_CLIENT:
            return (
                words.text("{provider} signs you in itself", provider=name),
                words.text(
                    "Your mail program opens the provider's own sign-in page. We never see that "
                    "password, and we could not test it here."
                ),
                "password",
            )
        case PasswordKind.BRIDGE:
            return (
                words.text("{provider} needs its bridge program", provider=name),
                words.text(
                    "Mail programs reach this mailbox only through the bridge, a program of the "
                    "provider that runs on your computer. Your mail program asks for the password "
                    "that the bridge shows, and whether to trust the bridge's own certificate: "
                    "that connection never leaves this computer, so you may. We can't test it "
                    "from here."
                ),
                "bridge",
            )
        case PasswordKind.NOT_POSSIBLE:
            return (
                words.text("{provider} keeps mail in its own apps", provider=name),
                words.text(
                    "This provider lets no other program in, so there is nothing we could set up. "
                    "Its own apps and its website work as always."
                ),
                "not-possible",
            )
        case PasswordKind.EXCHANGE:
            return (
                words.text("This is an Exchange mailbox"),
                words.text(
                    "Programs that speak Exchange find its server by themselves, with your address "
                    "and password alone. Others can't get in unless whoever runs the mailbox "
                    "allows it."
                ),
                "general",
            )
        case _:
            assert_never(kind)


def help_link(provider: Provider, purpose: str, language: str) -> HelpLink | None:
    """The provider's page for this purpose, in this language if there is one."""
    fitting = [link for link in provider.help if link.purpose == purpose] or [
        link for link in provider.help if link.purpose == "general"
    ]
    for wanted in (language, "", "en"):
        for link in fitting:
            if link.language == wanted:
                return link
    return fitting[0] if fitting else None
