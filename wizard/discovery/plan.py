"""What to ask, with which priority: the one list of sources.

A new source is one file in `sources` and one line here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from wizard.discovery.offer import Ask
from wizard.discovery.rank import Weight, weight
from wizard.discovery.sources import (
    autoconfig,
    autodiscover,
    database,
    guess,
    mx,
    pacc,
    pack,
    provider_file,
    srv,
)
from wizard.model import Source, Trust


@dataclass(frozen=True, slots=True)
class Step:
    """One source. `best_trust`: the most its word can be worth where no DNSSEC helps.

    `late`: starts only when the others have brought nothing for a while. `local`: needs no
    network. `wave`: milliseconds matter where thirty questions leave and thirty answers are read
    one after the other, so what takes most round trips or is most often the answer goes first, the
    rest a few ms later.
    """

    source: Source
    ask: Ask
    best_trust: Trust
    late: bool = False
    local: bool = False
    wave: int = 0

    @property
    def potential(self) -> Weight:
        """The best weight it can still bring."""
        return weight(self.best_trust, self.source)


STEPS = (
    Step(Source.PROVIDER_FILE, provider_file.ask, Trust.TRUSTED, local=True),
    Step(Source.PACC, pacc.ask, Trust.TRUSTED, wave=1),
    Step(Source.AUTOCONFIG, autoconfig.ask, Trust.TRUSTED),
    Step(Source.PACK, pack.ask, Trust.TRUSTED, local=True),
    Step(Source.DATABASE, database.ask, Trust.TRUSTED),
    Step(Source.SRV, srv.ask, Trust.TRUSTED, wave=2),
    Step(Source.MX, mx.ask, Trust.CONSENT),
    Step(Source.AUTODISCOVER, autodiscover.ask, Trust.CONSENT),
    Step(Source.GUESS, guess.ask, Trust.CONSENT, late=True),
)


def plan(only: Collection[Source] | None, *, with_provider_file: bool) -> tuple[Step, ...]:
    """The steps of one search. `only`: leave out all others."""
    return tuple(
        step
        for step in STEPS
        if (only is None or step.source in only)
        and (with_provider_file or step.source is not Source.PROVIDER_FILE)
    )
