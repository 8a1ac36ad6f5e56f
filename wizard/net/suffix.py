"""Who owns a host name: the public suffix list decides, never the number of dots."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path


def registrable_domain(host: str) -> str | None:
    """The part somebody registered (`example.co.uk`), None for a public suffix itself.

    Source: the algorithm of publicsuffix.org/list, over the list that `publicsuffixlist` ships,
    its private part included; an unknown top-level domain counts as one suffix (the list's own
    default rule).
    """
    labels = host.split(".")
    suffix = _suffix_length(_unicode_labels(labels))
    return ".".join(labels[-suffix - 1 :]) if suffix < len(labels) else None


def _suffix_length(labels: Sequence[str]) -> int:
    """How many labels at the end are a public suffix."""
    rules = suffix_rules()
    for start in range(len(labels)):
        name = ".".join(labels[start:])
        if f"!{name}" in rules:
            return len(labels) - start - 1
        if name in rules or f"*.{'.'.join(labels[start + 1 :])}" in rules:
            return len(labels) - start
    return 1


def _unicode_labels(labels: Sequence[str]) -> list[str]:
    """As the list writes them."""
    if not any(label.startswith("xn--") for label in labels):
        return list(labels)
    import idna

    shown = []
    for label in labels:
        try:
            shown.append(idna.decode(label))
        except idna.IDNAError:
            shown.append(label)
    return shown


@functools.lru_cache(maxsize=1)
def suffix_rules() -> frozenset[str]:
    """The lines of the public suffix list; its comments are among them and match no host.

    The package's own parser takes ten times as long to get ready.
    """
    from publicsuffixlist import PSLFILE

    return frozenset(Path(PSLFILE).read_text(encoding="utf-8").split("\n"))


def same_owner(first: str, second: str) -> bool:
    """True where two hosts belong to one registrable domain."""
    if first == second:
        return True
    registered = registrable_domain(first)
    return registered is not None and registered == registrable_domain(second)


def owns_names_below(domain: str) -> bool:
    """False where names below belong to whoever registers them: `autoconfig.co.uk`."""
    wildcard = f"*.{'.'.join(_unicode_labels(domain.split('.')))}"
    return registrable_domain(domain) is not None and wildcard not in suffix_rules()
