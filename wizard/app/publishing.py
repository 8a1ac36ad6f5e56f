"""What a host publishes for a domain, as the command line shows it."""

from __future__ import annotations

from wizard.cli.options import Publication
from wizard.clients import publish
from wizard.messages import Messages
from wizard.model import ClientPlan, EmailAddress, How, Problem, ProblemKind, Stage
from wizard.model.document import SettingsFile


def publication(
    domain: str, settings: SettingsFile, address: EmailAddress, messages: Messages
) -> Publication | Problem:
    """What to publish for a domain. `address`: whose user names `settings` has."""
    wanted = publish.Settings(
        domain,
        address,
        settings.provider,
        settings.incoming,
        settings.outgoing,
        settings.services,
    )
    made = publish.publication(wanted, messages)
    if isinstance(made, publish.Unpublishable):
        facts = (("field", "username"), ("reason", "not-for-everybody"))
        return Problem(
            ProblemKind.SETTINGS_UNREADABLE, Stage.INPUT, detail=made.username, facts=facts
        )
    files = publish.files(wanted, made, messages)
    return Publication(
        ClientPlan("publish", domain, How.FILES, domain, files=files),
        tuple((page.produced.name, page.url) for page in made.pages),
        tuple((record.name, record.type, record.value) for record in made.records),
        made.notes,
    )
