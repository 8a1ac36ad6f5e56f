"""What a host publishes for a domain, as window and command line show it."""

from __future__ import annotations

from wizard.clients import publish
from wizard.messages import Messages
from wizard.model import (
    Account,
    ClientPlan,
    EmailAddress,
    How,
    Problem,
    ProblemKind,
    Publication,
    Stage,
)
from wizard.model.document import SettingsFile


def publication(
    domain: str, settings: SettingsFile, address: EmailAddress, messages: Messages
) -> Publication | Problem:
    """What to publish for a domain. `address`: whose user names `settings` has."""
    return _made(
        publish.Settings(
            domain,
            address,
            settings.provider,
            settings.incoming,
            settings.outgoing,
            settings.services,
        ),
        messages,
    )


def publication_like(account: Account, messages: Messages) -> Publication | Problem:
    """What to publish so that everybody of an account's domain gets what it has."""
    return _made(
        publish.Settings(
            account.address.domain,
            account.address,
            account.provider,
            (account.incoming,),
            (account.outgoing,),
            account.services,
        ),
        messages,
    )


def _made(wanted: publish.Settings, messages: Messages) -> Publication | Problem:
    made = publish.publication(wanted, messages)
    if isinstance(made, publish.Unpublishable):
        facts = (("field", "username"), ("reason", "not-for-everybody"))
        return Problem(
            ProblemKind.SETTINGS_UNREADABLE, Stage.INPUT, detail=made.username, facts=facts
        )
    files = publish.files(wanted, made, messages)
    return Publication(
        ClientPlan("publish", wanted.domain, How.FILES, wanted.domain, files=files),
        tuple((page.produced.name, page.url) for page in made.pages),
        tuple((record.name, record.type, record.value) for record in made.records),
        made.notes,
        made.hosts,
    )
