"""One account in the forms that fleet managers deploy; the wizard does not become one itself.

.mobileconfig      for an MDM, signed where a certificate is given
outlook-add.reg    for group policy, with its undo and the file it points to
policies.json      Thunderbird: find settings in safe ways only (it has no account policy)
isp/DOMAIN.xml     Thunderbird: the domain's servers, in the program's folder
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from wizard.clients import apple, outlook, publish
from wizard.clients.guide import unsuitable
from wizard.model import (
    N_,
    Account,
    ClientPlan,
    How,
    Problem,
    Produced,
    Step,
    Words,
)


@dataclass(frozen=True, slots=True)
class Signer:
    """PEM texts; `chain` may be empty. The key is without pass phrase."""

    certificate: bytes
    key: bytes
    chain: bytes = b""


_POLICIES = {
    "mailnews.auto_config.fetchFromISP.sslOnly": True,
    "mailnews.auto_config.guess.sslOnly": True,
    "mailnews.auto_config.guess.requireGoodCert": True,
    "mailnews.auto_config.fetchFromISP.sendEmailAddress": False,
}
"""Preferences of Thunderbird 153 (`defaults/pref/mailnews.js`); all below an allowed prefix."""

_STEPS: tuple[tuple[str, str, str, str], ...] = (
    (
        "apple",
        N_("iPhone, iPad and Mac"),
        N_("Give the file ending in .mobileconfig to your device management, for this person."),
        "",
    ),
    (
        "outlook",
        N_("Outlook"),
        N_("Copy the file ending in .xml to each computer, into this folder."),
        outlook.FOLDER,
    ),
    (
        "outlook",
        N_("Outlook"),
        N_("Let group policy import outlook-add.reg for the user; outlook-undo.reg takes it back."),
        "",
    ),
    (
        "thunderbird",
        N_("Thunderbird"),
        N_("Put isp/{domain}.xml into the folder “isp” beside the program."),
        "",
    ),
    (
        "thunderbird",
        N_("Thunderbird"),
        N_("Put policies.json into the folder “distribution” beside the program."),
        "",
    ),
)
"""(what it needs, heading, sentence, value to copy)."""


def files(account: Account, words: Words, signer: Signer | None = None) -> ClientPlan | Problem:
    """All of it for one account. Raises ValueError for a certificate or key that can't sign."""
    if refusal := unsuitable(account):
        return refusal
    made: list[Produced] = []
    kinds = {"thunderbird"}
    for kind, plan in (
        ("apple", apple.AppleMail().files(account, words)),
        ("outlook", outlook.Outlook().files(account, words)),
    ):
        if isinstance(plan, Problem):
            return plan
        for item in plan.files:
            if item.name.endswith(".mobileconfig") and signer is not None:
                signed = apple.sign(item.content, signer.certificate, signer.key, signer.chain)
                item = replace(item, content=signed)
            made.append(item)
            kinds.add(kind)
    domain = account.address.domain
    incoming, outgoing = account.incoming, account.outgoing
    settings = publish.Settings(
        domain, account.address, account.provider, (incoming,), (outgoing,), account.services
    )
    made += [
        Produced(
            "policies.json",
            policies(),
            words.text(N_("Lets Thunderbird look for settings in safe ways only.")),
            "application/json",
        ),
        Produced(
            f"isp/{domain}.xml",
            publish.autoconfig(settings),
            words.text(
                N_("The servers of {domain}, for Thunderbird's own assistant."), domain=domain
            ),
            "application/xml",
        ),
    ]
    steps = tuple(
        Step(words.text(text, domain=domain), copy=value, group=words.text(group))
        for kind, group, text, value in _STEPS
        if kind in kinds
    )
    return ClientPlan(
        client="fleet",
        name=words.text(N_("Fleet")),
        how=How.FILES,
        account=str(account.address),
        files=tuple(made),
        steps=steps,
        notes=(words.text(N_("Not tried with a real device management by us.")),),
    )


def policies() -> bytes:
    """Defaults, not locked: a person may still decide otherwise."""
    preferences = {
        name: {"Value": value, "Status": "default"} for name, value in sorted(_POLICIES.items())
    }
    document = {"policies": {"Preferences": preferences}}
    return json.dumps(document, indent=2).encode() + b"\n"
