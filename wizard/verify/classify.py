"""From a server's refusal to its cause: code first, text second, provider third.

The table is in `signs`. What matches nothing is quoted as it is.
"""

from __future__ import annotations

import re

from wizard.model import PasswordKind, Problem, ProblemKind, Provider, Stage
from wizard.verify.reply import Reply
from wizard.verify.signs import SIGNS
from wizard.verify.text import Blackout, cleaned

_K = ProblemKind

_JUDGING = {
    _K.WRONG_PASSWORD,
    _K.WRONG_PASSWORD_OR_IMAP_OFF,
    _K.USERNAME_FORM,
    _K.APP_PASSWORD_NEEDED,
}
_UNTELLING = {_K.WRONG_PASSWORD, _K.SERVER_SAID}

# Providers whose plain "no" is known to mean more. By host where the settings tell it, else by
# the provider's id or name. Sources: the providers' help pages, 2026-11.
_ONE_TEXT_FOR_BOTH = re.compile(
    r"\.gmx\.(net|com|de|at|ch|fr|es|co\.uk)(\s|\Z)|\.web\.de(\s|\Z)|\b(gmx|web\.?de)\b",
    re.IGNORECASE,
)
_APP_PASSWORD_ONLY = re.compile(
    r"\.(me|mac)\.com(\s|\Z)|\b(icloud|yahoo|yahoodns|aol|fastmail|messagingengine|zoho)\b",
    re.IGNORECASE,
)
_TELLS_ITSELF = re.compile(r"\b(gmail|google|googlemail)\b", re.IGNORECASE)


def classify(
    reply: Reply, stage: Stage, *, host: str = "", provider: Provider | None = None
) -> ProblemKind:
    """The cause a refusal shows; SERVER_SAID where it shows none. Never raises.

    `stage` is the step that was refused; TLS means the answer to STARTTLS.
    """
    if stage is Stage.TLS:
        return _K.SERVER_DOWN if reply.status in {"421", "BYE"} else _K.STARTTLS_MISSING
    kind = _first_sign(reply, stage)
    if kind in _UNTELLING:
        # An untagged answer on the way may say why.
        told = (_first_sign(aside, stage) for aside in reply.asides)
        kind = next((named for named in told if named not in _UNTELLING), kind)
    if kind in _JUDGING and not _may_judge(reply):
        return _K.SERVER_SAID
    return _by_provider(kind, host, provider)


def refusal(
    reply: Reply,
    stage: Stage,
    *,
    host: str,
    port: int,
    provider: Provider | None = None,
    blackout: Blackout | None = None,
) -> Problem:
    """A refusal as a problem, quoting what was said without the password."""
    said = blackout(reply.said) if blackout else reply.said
    return Problem(
        classify(reply, stage, host=host, provider=provider),
        stage,
        reply.service,
        host,
        port,
        server_said=cleaned(said),
        facts=_facts(reply),
    )


def _first_sign(reply: Reply, stage: Stage) -> ProblemKind:
    return next((sign.kind for sign in SIGNS if sign.fits(reply, stage)), _K.SERVER_SAID)


def _may_judge(reply: Reply) -> bool:
    """False for a temporary answer (RFC 5321 section 4.2.1, RFC 3463 class 4)."""
    return not (reply.status.startswith("4") or reply.code.startswith("4."))


def _by_provider(kind: ProblemKind, host: str, provider: Provider | None) -> ProblemKind:
    """Refines "wrong password" where the provider is known to mean more by it."""
    if kind is not _K.WRONG_PASSWORD:
        return kind
    names = f".{host} {provider.id} {provider.name}" if provider else f".{host}"
    if _ONE_TEXT_FOR_BOTH.search(names):
        return _K.WRONG_PASSWORD_OR_IMAP_OFF
    if _APP_PASSWORD_ONLY.search(names):
        return _K.APP_PASSWORD_NEEDED
    # Elsewhere in the pack the same holds, save for Gmail, which asks for it in so many words.
    app_password = provider is not None and provider.password_kind is PasswordKind.APP_PASSWORD
    if app_password and not _TELLS_ITSELF.search(names):
        return _K.APP_PASSWORD_NEEDED
    return kind


def _facts(reply: Reply) -> tuple[tuple[str, str], ...]:
    """Values in the text that the sentences can use."""
    if match := re.search(r"backoff time: (\d{1,9}) milliseconds", reply.text, re.IGNORECASE):
        return (("wait_seconds", str(-(-int(match.group(1)) // 1000))),)
    return ()
