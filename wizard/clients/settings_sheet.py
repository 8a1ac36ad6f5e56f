"""The settings sheet as one of the programs: `--apps sheet`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wizard.clients.guide import file_stem, summary, unsuitable
from wizard.clients.mobile import payload, qr_png, qr_svg
from wizard.model import (
    N_,
    Account,
    Applied,
    ClientPlan,
    DetectedClient,
    How,
    Places,
    Problem,
    Produced,
    Words,
)
from wizard.sheet import to_html, to_rich_text


@dataclass(frozen=True, slots=True)
class SettingsSheet:
    """The exporter (`ClientExporter`)."""

    id = "sheet"
    name = N_("Settings sheet")

    def detect(self, places: Places) -> DetectedClient | None:
        """Paper is not installed."""
        return None

    def plan(
        self,
        account: Account,
        detected: DetectedClient | None,
        places: Places,
        words: Words,
        profile: str | None = None,
    ) -> ClientPlan | Problem:
        """The same wherever it is made."""
        return self.files(account, words)

    def files(
        self, account: Account, words: Words, programs: Sequence[ClientPlan] = ()
    ) -> ClientPlan | Problem:
        """The page, with the steps of the chosen programs behind it."""
        if refusal := unsuitable(account):
            return refusal
        code = payload(account)
        text = "" if isinstance(code, Problem) else code
        page = to_html(account, words, programs, qr_svg(text) if text else "")
        return ClientPlan(
            client=self.id,
            name=words.text(self.name),
            how=How.FILES,
            account=str(account.address),
            files=(
                Produced(
                    f"settings-{file_stem(account)}.html",
                    page.encode(),
                    words.text(N_("All settings on one page, to print or keep. No password.")),
                    "text/html",
                    printable=to_rich_text(account, words, programs, qr_png(text) if text else b""),
                ),
            ),
            summary=summary(account, words),
        )

    def apply(self, plan: ClientPlan, places: Places) -> Applied | Problem:
        """Nothing to do on this computer."""
        return Applied(plan)
