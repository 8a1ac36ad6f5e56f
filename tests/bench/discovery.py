"""How fast settings are found, per class of domain, beside the best possible and Thunderbird.

    .venv/bin/python -m tests.bench.discovery [--runs 3] [--round-trip 50] [--only NAME]

Prints a Markdown table. Ours is the program's own `ms` (interpreter start is not in it); the
bound is the critical path of round trips of `tests/lab/domains.py`; Thunderbird is the real one,
cold for each address, in the same lab and the same run. Each figure is the median of the runs.
Ends with 1 where one of our answers is not the right one.
"""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.documents import STARTTLS, TLS, Endpoint
from tests.lab.domains import CLASSES, DomainClass
from tests.lab.internet import Internet
from tests.lab.thunderbird import Found, Server, Thunderbird
from tests.lab.wizard import Outcome, Wizard

_PATH_GOAL = 1.3
_SECURITY = {2: STARTTLS, 3: TLS}
"""Thunderbird's socket types."""

Answer = tuple[Endpoint, Endpoint] | None
"""Receiving and sending server, None where nothing was found."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One way to discover, one class: milliseconds of every run, and every answer right?"""

    ms: tuple[float, ...]
    right: bool

    @property
    def median(self) -> float:
        """In milliseconds."""
        return statistics.median(self.ms)


@dataclass(frozen=True, slots=True)
class Row:
    """One class of domain, measured."""

    domain_class: DomainClass
    path_ms: float | None
    ours: Measured
    thunderbird: Measured

    @property
    def goals_met(self) -> bool:
        """Within 1.3 of the path, and within the agreed share of Thunderbird's time."""
        share = self.ours.median / self.thunderbird.median
        within_path = self.path_ms is None or self.ours.median <= _PATH_GOAL * self.path_ms
        return within_path and share <= self.domain_class.share_of_thunderbird


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    options = _options(arguments)
    chosen = [c for c in CLASSES if options.only in (None, c.name)]
    with (
        tempfile.TemporaryDirectory(prefix="wizard-bench-") as folder,
        Internet(options.round_trip / 1000) as internet,
    ):
        for domain_class in CLASSES:
            domain_class.publish(internet)
        home = Path(folder)
        wizard = Wizard(internet, home)
        with Thunderbird(internet.home, home, internet.authority.root) as thunderbird:
            # Whoever is first pays for loading its code; that is not what is measured.
            thunderbird.discover(CLASSES[0].address)
            rows = [_measure(c, options, wizard, thunderbird) for c in chosen]
    print(_table(rows, options.round_trip, options.runs))
    return 0 if all(row.ours.right for row in rows) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.bench.discovery", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs per class (median counts)")
    parser.add_argument("--round-trip", type=float, default=50, help="milliseconds")
    parser.add_argument("--only", choices=[c.name for c in CLASSES], help="one class of domain")
    return parser.parse_args(arguments)


def _measure(
    domain_class: DomainClass,
    options: argparse.Namespace,
    wizard: Wizard,
    thunderbird: Thunderbird,
) -> Row:
    print(f"{domain_class.name} …", file=sys.stderr, flush=True)
    right: Answer = None
    if domain_class.servers is not None:
        right = domain_class.servers.incoming, domain_class.servers.outgoing
    ours, theirs = [], []
    for _ in range(options.runs):
        ours.append(_our_run(wizard.run("discover", domain_class.address)))
        thunderbird.forget_network()
        theirs.append(_their_run(thunderbird.discover(domain_class.address)))
    return Row(
        domain_class,
        domain_class.critical_path_ms(options.round_trip / 1000),
        _summary(ours, right),
        _summary(theirs, right),
    )


def _summary(runs: Sequence[tuple[float, Answer]], right: Answer) -> Measured:
    return Measured(tuple(ms for ms, _ in runs), all(answer == right for _, answer in runs))


def _our_run(outcome: Outcome) -> tuple[float, Answer]:
    document = outcome.document
    incoming, outgoing = document.get("incoming"), document.get("outgoing")
    answer = (
        (_our_endpoint(incoming[0]), _our_endpoint(outgoing[0]))
        if (incoming and outgoing)
        else None
    )
    return float(document["ms"]), answer


def _our_endpoint(server: dict[str, Any]) -> Endpoint:
    return Endpoint(server["type"], server["host"], server["port"], server["security"])


def _their_run(found: Found) -> tuple[float, Answer]:
    assert found.ms is not None
    if not found.incoming or not found.outgoing:
        return found.ms, None
    return found.ms, (_their_endpoint(found.incoming[0]), _their_endpoint(found.outgoing[0]))


def _their_endpoint(server: Server) -> Endpoint:
    security = _SECURITY.get(server.socket_type, "plain")
    return Endpoint(server.type, server.host, server.port, security)


def _table(rows: Sequence[Row], round_trip: float, runs: int) -> str:
    lines = [
        f"Discovery at {round_trip:g} ms round trip, median of {runs}, milliseconds; "
        f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the end.",
        "",
        "| class of domain | path | ours | ours/path | Thunderbird | ours/Thunderbird "
        "| goal | our answer | its answer |",
        "|---|--:|--:|--:|--:|--:|---|---|---|",
    ]
    for row in rows:
        ours, theirs, path = row.ours, row.thunderbird, row.path_ms
        share = row.domain_class.share_of_thunderbird
        cells = [
            row.domain_class.name,
            "–" if path is None else f"{path:.0f}",
            f"{ours.median:.0f}",
            "–" if path is None else f"{ours.median / path:.2f}",
            f"{theirs.median:.0f}",
            f"{ours.median / theirs.median:.2f}",
            f"≤ {_PATH_GOAL}, ≤ {share:.2f}: {'met' if row.goals_met else 'MISSED'}",
            "right" if ours.right else "WRONG",
            "right" if theirs.right else "not found or other",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
