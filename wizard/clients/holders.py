"""Which addresses this computer knows, and which programs hold one of them."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.clients import geary, journal, registry
from wizard.clients.evolution import _beside, _sources
from wizard.model import (
    N_,
    ClientProfile,
    EmailAddress,
    KnownAccount,
    Places,
    Words,
    parse_address,
)

_ASKS = {
    "thunderbird": N_(
        "When it says that the login did not work, choose “Enter new password” and type it once."
    ),
}
_ASKS_ONCE = N_("It asks for the new password the next time it connects. Type it once.")


@dataclass(frozen=True, slots=True)
class Holder:
    """One profile of one program that has the account."""

    client: str
    name: str
    profile: ClientProfile


def known(places: Places) -> tuple[KnownAccount, ...]:
    """Every address in the mail programs and in the wizard's journal, each once."""
    programs: dict[EmailAddress, dict[str, None]] = {}
    for client in registry.detect_all(places):
        for profile in client.profiles:
            for text in profile.accounts:
                address = parse_address(text)
                if isinstance(address, EmailAddress):
                    programs.setdefault(address, {})[client.id] = None
    ours = set()
    for change in journal.changes(places):
        address = parse_address(change.account)
        if isinstance(address, EmailAddress):
            ours.add(address)
            programs.setdefault(address, {})
    return tuple(
        KnownAccount(address, tuple(clients), address in ours)
        for address, clients in programs.items()
    )


def find(address: EmailAddress, places: Places) -> tuple[Holder, ...]:
    """The profiles on this computer that have an account of this address."""
    wanted = str(address).casefold()
    return tuple(
        Holder(client.id, client.name, profile)
        for client in registry.detect_all(places)
        for profile in client.profiles
        if wanted in {account.casefold() for account in profile.accounts}
    )


def kept_passwords(address: EmailAddress, holder: Holder) -> tuple[dict[str, str], ...]:
    """By what the passwords that a program has for an address are found in the system's keyring.

    Empty for programs that keep theirs in a place of their own.
    """
    match holder.client:
        case "evolution":
            schema = "org.gnome.Evolution.Data.Source"
            uids = _evolution_sources(address, holder)
            return tuple({"xdg:schema": schema, "e-source-uid": uid} for uid in uids)
        case "geary":
            return geary.kept_passwords(holder.profile.path, str(address))
        case _:
            return ()


def _evolution_sources(address: EmailAddress, holder: Holder) -> tuple[str, ...]:
    wanted = str(address).casefold()
    sources = dict(_sources(holder.profile.path))
    uids: list[str] = []
    for path, file in sources.items():
        identity_path = _beside(path, file.get("Mail Account", "IdentityUid"))
        identity = sources.get(identity_path)
        if identity is None or identity.get("Mail Identity", "Address").casefold() != wanted:
            continue
        uids.append(path.stem)
        if transport := identity.get("Mail Submission", "TransportUid"):
            uids.append(transport)
    return tuple(uids)


def has_it(words: Words) -> str:
    """What is said of a program that got the new password."""
    return words.text(N_("It has the new password now."))


def asks(holder: Holder, words: Words) -> str:
    """What a program that keeps its own password does after a change."""
    return words.text(_ASKS.get(holder.client, _ASKS_ONCE))


def asks_once(words: Words) -> str:
    """The same of a program that keeps no password for this account."""
    return words.text(_ASKS_ONCE)


def signs_in_again(words: Words) -> str:
    """What a program does where the provider signs people in by itself."""
    return words.text(N_("It opens your provider's sign-in page the next time it connects."))
