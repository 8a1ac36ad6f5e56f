"""Linux programs that are set up by hand: found here, with their click path and the values.

KMail keeps accounts in a service of its own (Akonadi); it is guided until a file of ours was seen
to work.
"""

from __future__ import annotations

from dataclasses import dataclass

from wizard.clients.guide import linux_program, signs_in_inside, steps, summary, unsuitable, values
from wizard.model import (
    N_,
    Account,
    Applied,
    ClientPlan,
    DetectedClient,
    How,
    Places,
    Problem,
    Words,
)

_KMAIL = (
    N_("Open KMail and choose Settings › Add Account."),
    N_(
        "Type your name, the e-mail address and its password, and untick the search on the "
        "Internet."
    ),
    N_("Choose {kind} as the kind of account and fill in the values of your account."),
    N_(
        "Choose Finish, then open Settings › Configure KMail › Accounts and compare the "
        "encryption for receiving and sending."
    ),
)
_KMAIL_BROWSER = (
    N_("Open KMail and choose Settings › Add Account."),
    N_("Type your name and the e-mail address and choose Next."),
    N_("Sign in in the window of your provider that opens."),
)


@dataclass(frozen=True, slots=True)
class ByHand:
    """The exporter (`ClientExporter`) of a program that is guided only."""

    id: str
    name: str
    path: tuple[str, ...]
    by_browser: tuple[str, ...]

    def detect(self, places: Places) -> DetectedClient | None:
        """Found where the program is on the search path."""
        program = linux_program(places, self.id)
        if program is None:
            return None
        return DetectedClient(self.id, self.name, "", program, running=False)

    def plan(
        self,
        account: Account,
        detected: DetectedClient | None,
        places: Places,
        words: Words,
        profile: str | None = None,
    ) -> ClientPlan | Problem:
        """The same wherever it is."""
        return self.files(account, words)

    def files(self, account: Account, words: Words) -> ClientPlan | Problem:
        """Steps with the values."""
        if refusal := unsuitable(account):
            return refusal
        inside = signs_in_inside(account)
        kind = account.incoming.type.value.upper()
        return ClientPlan(
            client=self.id,
            name=self.name,
            how=How.STEPS,
            account=str(account.address),
            steps=(
                *steps(words, "", *(self.by_browser if inside else self.path), kind=kind),
                *(() if inside else values(account, words)),
            ),
            summary=summary(account, words),
        )

    def apply(self, plan: ClientPlan, places: Places) -> Applied | Problem:
        """The person does it."""
        return Applied(plan)


KMAIL = ByHand("kmail", "KMail", _KMAIL, _KMAIL_BROWSER)
