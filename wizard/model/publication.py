"""What the owner of a domain publishes, as the faces show it."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.model.programs import ClientPlan


@dataclass(frozen=True, slots=True)
class Publication:
    """What to publish for a domain. `pages`: (file, its address on the web); `records`: (name,
    type, value); `hosts`: names that must lead to a web server with a certificate for them;
    `plan`: all files with a page that explains them."""

    plan: ClientPlan
    pages: tuple[tuple[str, str], ...]
    records: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
