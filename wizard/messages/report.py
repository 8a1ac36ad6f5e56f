"""A diagnosis in words: its checks, its clues, and the note for whoever can help.

The note is plain text, to be copied or saved: what was tested and when, each step with its mark
and time, this network's public addresses, the cause, one next action, and what support needs to
know. It holds no password and nothing from a message; what servers said is quoted as data.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING

from wizard.messages.actions import Action
from wizard.messages.names import PROXY_USES
from wizard.model import (
    N_,
    Check,
    CheckState,
    Clue,
    ClueKind,
    Diagnosis,
    ProblemKind,
    Provider,
    ProxyUse,
    Rung,
    Stage,
    Subject,
    named,
    shown_domain,
)

if TYPE_CHECKING:
    from wizard.messages import Messages

SUBJECTS: dict[Subject, str] = {
    Subject.INTERNET: N_("Internet: {host}"),
    Subject.NAMES: N_("Looking up the name {host}"),
    Subject.SETTINGS: N_("Mail settings for {host}"),
    Subject.RECEIVING: N_("Receiving: {host}, port {port}"),
    Subject.SENDING: N_("Sending: {host}, port {port}"),
    Subject.OTHER_PORT: N_("Another port of {host}: {port}"),
    Subject.WEBSITE: N_("Website: {host}"),
    Subject.ELSEWHERE: N_("Another mail provider: {host}, port {port}"),
    Subject.REVERSE_NAME: N_("Name behind the address of {host}"),
    Subject.PUBLIC_ADDRESS: N_("Public address of this network, as {host} sees it"),
    Subject.PROXY: N_("A website through the proxy {host}, port {port}"),
    Subject.SIGN_IN_RECEIVING: N_("Signing in to receive: {host}"),
    Subject.SIGN_IN_SENDING: N_("Signing in to send: {host}"),
}

CHECK_STATES: dict[CheckState, str] = {
    CheckState.RUNNING: N_("being tested…"),
    CheckState.GOOD: N_("works"),
    CheckState.BAD: N_("does not work"),
    CheckState.UNSURE: N_("no result"),
}

TROUBLES: dict[str, str] = {
    "no-such-host": N_("there is no such name"),
    "no-such-name": N_("there is no such name"),
    "no-records": N_("the name has no address"),
    "dns": N_("the name could not be looked up"),
    "servfail": N_("the name server has trouble"),
    "malformed": N_("the name server's answer makes no sense"),
    "offline": N_("no way there from this computer"),
    "refused": N_("refused"),
    "timeout": N_("no answer"),
    "reset": N_("the connection was cut"),
    "closed": N_("the connection was closed"),
    "too-long": N_("an answer without end"),
    "surplus-before-tls": N_("something was slipped in before encryption began"),
    "not-tls": N_("something unencrypted answered"),
    "tls-version": N_("the encryption there is too old"),
    "tls-other": N_("no encryption could be agreed on"),
    "certificate": N_("the certificate cannot be trusted"),
}
"""The words of what went wrong on the wire, as checks and their steps carry them in `said`."""

CLUES: dict[ClueKind, str] = {
    ClueKind.IPV6_BROKEN: N_("{host} cannot be reached over IPv6, only over IPv4."),
    ClueKind.CERTIFICATE_EXPIRES_SOON: N_(
        "The certificate of {host} ends on {value}. The provider should renew it before."
    ),
    ClueKind.CERTIFICATES_DIFFER: N_(
        "{host} shows one certificate for receiving and another for sending."
    ),
    ClueKind.REVERSE_NAME_MISSING: N_("The address {value} of {host} has no name (PTR)."),
    ClueKind.REVERSE_NAME_UNCONFIRMED: N_(
        "The name behind the address of {host} does not lead back to it: {value}"
    ),
    ClueKind.CLOCK_DIFFERS: N_(
        "Elsewhere it is {value}: the clock of this computer seems to be wrong."
    ),
    ClueKind.SIGN_IN_UNTESTED: N_("Signing in was not tested: no password was at hand."),
    ClueKind.PROXY_FIXED: PROXY_USES[ProxyUse.FIXED],
    ClueKind.PROXY_AUTOMATIC: PROXY_USES[ProxyUse.AUTOMATIC],
    ClueKind.PROXY_SILENT: PROXY_USES[ProxyUse.SILENT],
    ClueKind.PROXY_UNSUPPORTED: PROXY_USES[ProxyUse.UNSUPPORTED],
}

_OUR_WORDS = {
    Subject.NAMES,
    Subject.SETTINGS,
    Subject.PUBLIC_ADDRESS,
    Subject.REVERSE_NAME,
}
"""What these say are names and addresses, no quotations."""

_MARKS = {
    CheckState.GOOD: "✓",
    CheckState.BAD: "✗",
    CheckState.UNSURE: "–",
    CheckState.RUNNING: "…",
}

_FOR_SUPPORT = {
    ProblemKind.NETWORK_BANNED: N_(
        "For support: please check whether this network's public address is blocked, and lift the "
        "block. The mail address concerned is {address}."
    ),
}
_FOR_SUPPORT_OTHERWISE = N_(
    "For support: the mail address concerned is {address}; all steps and times are below."
)


def check_title(messages: Messages, check: Check) -> str:
    """What a check is about."""
    return messages.text(
        SUBJECTS[check.subject], host=shown_domain(check.host), port=str(check.port)
    )


def check_said(messages: Messages, check: Check) -> str:
    """How it went, in one line: the last step, or what came back."""
    broken = next((rung for rung in check.rungs if not rung.ok), None)
    if broken is not None:
        return messages.text(
            "{step}: {said}",
            step=messages.stage(broken.stage),
            said=_said(messages, broken.said) or messages.text("does not go on"),
        )
    said = check.said if check.subject in _OUR_WORDS else _said(messages, check.said)
    if said:
        return messages.text(TROUBLES[said]) if said in TROUBLES else said
    if check.state is CheckState.RUNNING and check.rungs:
        return messages.stage(check.rungs[-1].stage)
    return messages.text(CHECK_STATES[check.state])


def clue_text(messages: Messages, clue: Clue) -> str:
    """A clue as a sentence."""
    return messages.text(CLUES[clue.kind], host=shown_domain(clue.host), value=clue.value)


def verdict_words(messages: Messages, diagnosis: Diagnosis) -> tuple[str, str, str]:
    """(title, explanation, next action) of the outcome, also where all is well."""
    if diagnosis.verdict is None:
        return (
            messages.text("Nothing is wrong with the servers or this network."),
            messages.text(
                "Everything that mail needs was tried from here and answers. If your mail "
                "program still has trouble, set it up again."
            ),
            messages.text("Set up the mail program again"),
        )
    told = messages.problem(diagnosis.verdict, _named(diagnosis.provider))
    action = told.action
    if told.action_id is Action.COPY_REPORT:
        action = messages.text("Send this note to your provider's support.")
    return told.title, told.explanation, action


def report(messages: Messages, diagnosis: Diagnosis) -> str:
    """The note. Lines end with a line feed."""
    text = messages.text
    title, explanation, action = verdict_words(messages, diagnosis)
    nobody = text("nobody said")
    lines = [
        text("Mail test for {address}", address=diagnosis.address.shown),
        text(
            "{when}, took {seconds} s",
            when=_moment(diagnosis.at),
            seconds=_seconds(diagnosis.ms),
        ),
        "",
        title,
        explanation,
    ]
    verdict = diagnosis.verdict
    if verdict is not None and verdict.server_said:
        lines.append(text("The server said: “{said}”", said=verdict.server_said))
    lines += [text("Next: {action}", action=action), ""]
    if verdict is not None:
        lines += [
            text(
                _FOR_SUPPORT.get(verdict.kind, _FOR_SUPPORT_OTHERWISE),
                address=diagnosis.address.shown,
            ),
            text(
                "Cause: {word} ({stage}), row {number}",
                word=verdict.kind.word,
                stage=verdict.stage.value,
                number=str(verdict.kind.cause),
            ),
        ]
    lines += [
        text(
            "Public addresses of this network: IPv4 {four}, IPv6 {six}",
            four=diagnosis.public_v4 or nobody,
            six=diagnosis.public_v6 or nobody,
        ),
        "",
    ]
    if diagnosis.clues:
        lines.append(text("Noticed on the way"))
        lines += [f"- {clue_text(messages, clue)}" for clue in diagnosis.clues]
        lines.append("")
    lines.append(text("What was tested"))
    order = list(Subject)
    for check in sorted(diagnosis.checks, key=lambda check: order.index(check.subject)):
        lines += _check_lines(messages, check)
    lines += ["", text("This note contains no password and nothing from your messages.")]
    return "".join(f"{_harmless(line)}\n" for line in lines)


def _check_lines(messages: Messages, check: Check) -> list[str]:
    where = ", ".join(part for part in (check.family, check.address) if part)
    title = check_title(messages, check)
    if check.service is not None:
        title += f" – {check.service.value.upper()}"
    if check.security is not None:
        title += f", {messages.security(check.security)}"
    if where:
        title += f" – {where}"
    told = title if check.rungs else named(messages, title, check_said(messages, check))
    first = f"{_MARKS[check.state]} {told} ({_seconds(check.ms)} s)"
    return [first, *(_rung_line(messages, rung) for rung in check.rungs)]


def _rung_line(messages: Messages, rung: Rung) -> str:
    said = _said(messages, rung.said)
    took = f"{messages.stage(Stage(rung.stage))} ({_seconds(rung.ms)} s)"
    mark = "✓" if rung.ok else "✗"
    return f"    {mark} {named(messages, took, said) if said else took}"


def _said(messages: Messages, said: str) -> str:
    """Our own words translated, a server's words quoted."""
    known = TROUBLES.get(said)
    if known is not None:
        return messages.text(known)
    return messages.text(N_("“{said}”"), said=said) if said else ""


def _named(provider: Provider) -> Provider | None:
    return provider if provider.name else None


def _seconds(ms: int) -> str:
    return f"{ms / 1000:.2f}"


def _moment(at: datetime) -> str:
    zone = at.strftime("%z")
    return f"{at:%Y-%m-%d %H:%M:%S} UTC{zone[:3]}:{zone[3:]}" if zone else f"{at:%Y-%m-%d %H:%M:%S}"


def _harmless(line: str) -> str:
    """Nothing in a note may act on a terminal or turn text round, wherever it came from."""
    return "".join(
        f"⟨{ord(char):04X}⟩"
        if unicodedata.category(char) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
        else char
        for char in line
    )
