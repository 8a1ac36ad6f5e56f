"""Frozen data every room shares. Standard library only (and `idna`, see `address`).

address    e-mail addresses, domain names in A-labels
secret     passwords that do not leak
evidence   where a setting comes from, trust
servers    mail servers and services
discovery  results of the search
problem    the 48 causes
account    the account and its verification
programs   mail programs, plans, applied changes
words      sentences for people, in rooms that know no translations
document   the JSON of the published contract (settings files)

Each name is loaded with the first use of its module: the first window needs few of them, and a
class costs time to make.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.model.account import (
        Account as Account,
        Rung as Rung,
        SideFailed as SideFailed,
        SideResult as SideResult,
        SideUntested as SideUntested,
        SideVerified as SideVerified,
        Verification as Verification,
    )
    from wizard.model.address import (
        AddressFault as AddressFault,
        EmailAddress as EmailAddress,
        parse_address as parse_address,
        shown_domain as shown_domain,
        to_ascii_domain as to_ascii_domain,
    )
    from wizard.model.discovery import (
        DiscoveryResult as DiscoveryResult,
        Failed as Failed,
        Found as Found,
        HelpLink as HelpLink,
        NothingFound as NothingFound,
        Offline as Offline,
        PasswordKind as PasswordKind,
        Provider as Provider,
        SourceReport as SourceReport,
        SourceState as SourceState,
    )
    from wizard.model.evidence import (
        Evidence as Evidence,
        Source as Source,
        Trust as Trust,
    )
    from wizard.model.problem import (
        Problem as Problem,
        ProblemKind as ProblemKind,
        Stage as Stage,
    )
    from wizard.model.programs import (
        Applied as Applied,
        ChangeRecord as ChangeRecord,
        ClientExporter as ClientExporter,
        ClientPlan as ClientPlan,
        ClientProfile as ClientProfile,
        DetectedClient as DetectedClient,
        FileChange as FileChange,
        How as How,
        Interrupted as Interrupted,
        Places as Places,
        Produced as Produced,
        Setting as Setting,
        Step as Step,
        Undone as Undone,
    )
    from wizard.model.secret import (
        Secret as Secret,
    )
    from wizard.model.servers import (
        AuthMethod as AuthMethod,
        DEFAULT_PORTS as DEFAULT_PORTS,
        Security as Security,
        ServerSettings as ServerSettings,
        ServerType as ServerType,
        Service as Service,
        ServiceType as ServiceType,
    )
    from wizard.model.words import (
        N_ as N_,
        SourceWords as SourceWords,
        Words as Words,
    )

_HOMES = {
    "Account": "account",
    "AddressFault": "address",
    "Applied": "programs",
    "AuthMethod": "servers",
    "ChangeRecord": "programs",
    "ClientExporter": "programs",
    "ClientPlan": "programs",
    "ClientProfile": "programs",
    "DEFAULT_PORTS": "servers",
    "DetectedClient": "programs",
    "DiscoveryResult": "discovery",
    "EmailAddress": "address",
    "Evidence": "evidence",
    "Failed": "discovery",
    "FileChange": "programs",
    "Found": "discovery",
    "HelpLink": "discovery",
    "How": "programs",
    "Interrupted": "programs",
    "N_": "words",
    "NothingFound": "discovery",
    "Offline": "discovery",
    "PasswordKind": "discovery",
    "Places": "programs",
    "Problem": "problem",
    "ProblemKind": "problem",
    "Produced": "programs",
    "Provider": "discovery",
    "Rung": "account",
    "Secret": "secret",
    "Security": "servers",
    "ServerSettings": "servers",
    "ServerType": "servers",
    "Service": "servers",
    "ServiceType": "servers",
    "Setting": "programs",
    "SideFailed": "account",
    "SideResult": "account",
    "SideUntested": "account",
    "SideVerified": "account",
    "Source": "evidence",
    "SourceReport": "discovery",
    "SourceState": "discovery",
    "SourceWords": "words",
    "Stage": "problem",
    "Step": "programs",
    "Trust": "evidence",
    "Undone": "programs",
    "Verification": "account",
    "Words": "words",
    "parse_address": "address",
    "shown_domain": "address",
    "to_ascii_domain": "address",
}

__all__ = [*_HOMES]  # noqa: PLE0604


def __getattr__(name: str) -> object:
    """Loads a name from its module (PEP 562) and keeps it here."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
