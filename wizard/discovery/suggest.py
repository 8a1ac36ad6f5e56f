"""Mistyped domains: which well-known one is probably meant.

Pure and quick enough for every key press. Careful by default: a real domain must not be called a
typo, so a slip is only suspected where the domain is not known itself, is long enough for chance
to be unlikely, and differs by what fingers really do.
"""

from __future__ import annotations

import unicodedata

from wizard.discovery.pack import Pack

_MINIMUM_LABEL = 4
"""Shorter names differ by one letter from too many real ones (`gm.com`, `gmx.com`)."""

# Endings that exist as top-level domains with mail of their own (.se, .gr, .ir) are not here.
_ENDINGS = {
    "com": ("con", "cm", "co", "om", "cmo", "ocm", "vom", "xom", "clm", "comm", "coml", "cim"),
    "net": ("ner", "met", "nte", "ne", "nett", "ent"),
    "org": ("ogr", "rog", "or", "prg"),
    "de": ("ed", "dw", "dr", "dee"),
    "fr": ("ft", "fe", "rf", "frr"),
    "ch": ("cg", "hc", "chh", "vh"),
    "it": ("ti", "iy", "itt"),
    "es": ("ess", "ees"),
}

# Letters of other scripts that look like Latin ones (UTS 39 confusables, those in use).
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһӏոցքνοτικαρευ",
    "aeopcyxijsdhlngqvotikapeu",
)


def suggest_domain(domain: str, pack: Pack, *, eager: bool = False) -> str:
    """The domain probably meant, or an empty text.

    `domain` in A-labels. `eager`: the domain is known not to exist, so look further.
    """
    if pack.knows_domain(domain) or domain.count(".") == 0:
        return ""
    for entry in pack.entries:
        if domain in entry.typos:
            return entry.domains[0]
    lookalike = _skeleton(domain)
    if lookalike != domain and pack.knows_domain(lookalike):
        return lookalike
    label, _, ending = domain.partition(".")
    for right, wrong in _ENDINGS.items():
        if ending in wrong and pack.knows_domain(f"{label}.{right}"):
            return f"{label}.{right}"
    minimum = 2 if eager else _MINIMUM_LABEL
    if len(label) < minimum:
        return ""
    best = ("", 99)
    for known in pack.domains:
        limit = 2 if eager and len(known) >= 9 else 1
        if abs(len(known) - len(domain)) > limit or len(known.partition(".")[0]) < minimum:
            continue
        if not eager and known.partition(".")[2] != ending:
            continue  # two slips at once, or a sister domain in another country
        distance = slips(domain, known, limit)
        if distance <= limit and distance < best[1]:
            best = (known, distance)
    return best[0]


def slips(first: str, second: str, limit: int) -> int:
    """Letters added, dropped, replaced or swapped with a neighbour; `limit + 1` for more.

    The restricted Damerau-Levenshtein distance, cut off early.
    """
    if abs(len(first) - len(second)) > limit:
        return limit + 1
    before: list[int] = []
    previous = list(range(len(second) + 1))
    for row, left in enumerate(first, 1):
        current = [row]
        for column, right in enumerate(second, 1):
            cost = min(
                previous[column] + 1,
                current[column - 1] + 1,
                previous[column - 1] + (left != right),
            )
            if row > 1 and column > 1 and left == second[column - 2] and first[row - 2] == right:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return min(previous[-1], limit + 1)


def _skeleton(domain: str) -> str:
    """The domain as an eye reads it: accents dropped, look-alike letters made Latin."""
    if "xn--" not in domain:
        return domain
    import idna

    try:
        shown = idna.decode(domain)
    except idna.IDNAError:
        return domain
    plain = unicodedata.normalize("NFKD", shown)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return plain.translate(_LOOKALIKES)
