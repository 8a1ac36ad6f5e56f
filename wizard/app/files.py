"""Files to carry elsewhere: the forms of an account for other computers and phones, on disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from wizard.cli.options import Unusable
from wizard.clients import fleet, registry
from wizard.clients.apple import AppleMail, Target, sign
from wizard.messages import Messages
from wizard.model import Account, ClientPlan, How, Problem, Produced
from wizard.model.document import account_json

_DEVICES = {"mac": Target.MAC, "iphone": Target.IPHONE_OR_IPAD}


def fleet_files(
    account: Account,
    messages: Messages,
    certificate: Path | None,
    key: Path | None,
    chain: Path | None,
) -> ClientPlan | Problem:
    """The forms that fleet managers deploy; the Apple profile signed where certificate and key
    are given. Raises `Unusable`."""
    if certificate is None or key is None:
        return fleet.files(account, messages)
    with _signing(certificate, key, chain) as parts:
        return fleet.files(account, messages, fleet.Signer(*parts))


def apple_files(
    account: Account,
    messages: Messages,
    device: str,
    certificate: Path | None,
    key: Path | None,
    chain: Path | None,
) -> ClientPlan | Problem:
    """The Apple profile for one kind of device, signed where certificate and key are given.
    Raises `Unusable`."""
    target = _DEVICES.get(device, Target.ANY)
    if certificate is None or key is None:
        return AppleMail().files(account, messages, target)
    with _signing(certificate, key, chain) as parts:
        return AppleMail().files(account, messages, target, lambda profile: sign(profile, *parts))


@contextmanager
def _signing(certificate: Path, key: Path, chain: Path | None) -> Iterator[list[bytes]]:
    """What the files hold. Says which of them does not serve for signing, and why."""
    try:
        yield [path.read_bytes() if path else b"" for path in (certificate, key, chain)]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", "") or str(error)
        raise Unusable("--certificate", str(certificate), reason) from error


def save(
    account: Account, clients: tuple[str, ...], folder: Path, messages: Messages
) -> tuple[Path, ...] | Problem:
    """Everything for an account in one folder: each program's files, the sheet, the settings
    file that the command line reads again."""
    settings = Produced(
        "settings.json",
        json.dumps(account_json(account), ensure_ascii=False, indent=2).encode(),
        "",
        "application/json",
    )
    plans = [
        *(
            registry.files(client, account, messages, clients)
            for client in dict.fromkeys((*clients, "sheet"))
        ),
        ClientPlan("sheet", "", How.FILES, str(account.address), files=(settings,)),
    ]
    written: list[Path] = []
    for plan in plans:
        result = plan if isinstance(plan, Problem) else write(plan, folder)
        if isinstance(result, Problem):
            return result
        written += result
    return tuple(written)


def write(plan: ClientPlan, folder: Path) -> tuple[Path, ...] | Problem:
    """Writes a plan's files; what is made for paper also as PDF, where Qt is at hand."""
    printed = tuple(pdf for item in plan.files if (pdf := _printed(item)) is not None)
    return registry.write_files(replace(plan, files=(*plan.files, *printed)), folder)


def _printed(item: Produced) -> Produced | None:
    """The PDF of a page made for paper. None where there is nothing to print, or no Qt to do it
    (the command line works without)."""
    if not item.printable:
        return None
    try:
        from wizard.gui.printing import render_pdf, usual_page
    except ImportError:
        return None
    content = render_pdf(item.printable, usual_page())
    return Produced(f"{Path(item.name).stem}.pdf", content, item.purpose, "application/pdf")
