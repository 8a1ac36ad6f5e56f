"""Providers behind a bridge: a program of theirs that serves this computer alone.

So a file for a phone would point at the phone itself; and the bridge shows a certificate that
nobody but itself vouches for, which the mail program asks about once.
"""

from __future__ import annotations

from dataclasses import replace

from wizard.model import LOOPBACK, N_, Account, ClientPlan, How, Step, Words

_ELSEWHERE: dict[str, tuple[str, tuple[str, ...]]] = {
    "apple": (
        N_("Apple Mail"),
        (
            N_("On this Mac, open the bridge and choose your account."),
            N_("Choose to set up a mail program, then Apple Mail: the bridge does it itself."),
            N_("On an iPhone or iPad, use the app of {provider}: the bridge can't run there."),
        ),
    ),
    "thunderbird-mobile": (
        N_("Thunderbird for Android"),
        (N_("On a phone, use the app of {provider}: the bridge can't run there."),),
    ),
}
_NOTE = N_(
    "Start the bridge before this program. At the first connection it asks whether to trust the "
    "bridge's certificate; that connection never leaves this computer. Type the password that the "
    "bridge shows, not the one of your account."
)


def behind_bridge(account: Account) -> bool:
    """True where the servers are this computer."""
    return LOOPBACK in {account.incoming.host, account.outgoing.host}


def instead(client: str, account: Account, words: Words) -> ClientPlan | None:
    """Steps for programs that no file can help here; None for the others."""
    known = _ELSEWHERE.get(client)
    if known is None or not behind_bridge(account):
        return None
    name, texts = known
    provider = account.provider.name or account.address.domain
    return ClientPlan(
        client=client,
        name=words.text(name),
        how=How.STEPS,
        account=str(account.address),
        steps=tuple(Step(words.text(text, provider=provider)) for text in texts),
    )


def with_note(plan: ClientPlan, account: Account, words: Words) -> ClientPlan:
    """The plan, with what to expect of the bridge."""
    if not behind_bridge(account) or plan.client == "sheet":
        return plan
    return replace(plan, notes=(words.text(_NOTE), *plan.notes))
