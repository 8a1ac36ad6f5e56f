"""Frozen data every room shares. Standard library only (and `idna`, see `address`).

address    e-mail addresses, domain names in A-labels
secret     passwords that do not leak
evidence   where a setting comes from, trust
servers    mail servers and services
discovery  results of the search
problem    the 48 causes
publication  what the owner of a domain publishes
provider   who keeps the mailbox
brand      what a provider says about itself
account    the account and its verification
diagnosis  what is looked at where mail does not work, and the conclusion
programs   mail programs, plans, applied changes
words      sentences for people, in rooms that know no translations
document   the JSON of the published contract (settings files)

Each module is loaded when a name of it is first asked for (`wizard.later`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.later import loader

if TYPE_CHECKING:
    from wizard.model.account import (
        Account,
        Rung,
        ServiceResult,
        SideFailed,
        SideResult,
        SideUntested,
        SideVerified,
        Verification,
    )
    from wizard.model.address import (
        AddressFault,
        EmailAddress,
        parse_address,
        shown_domain,
        to_ascii_domain,
    )
    from wizard.model.brand import Brand, HelpLink, OAuthClient
    from wizard.model.diagnosis import Check, CheckState, Clue, ClueKind, Diagnosis, Subject
    from wizard.model.discovery import (
        DiscoveryResult,
        Failed,
        Found,
        NothingFound,
        Offline,
        ProxyUse,
        SourceReport,
        SourceState,
    )
    from wizard.model.evidence import Evidence, Source, Trust
    from wizard.model.problem import Problem, ProblemKind, Stage
    from wizard.model.programs import (
        Applied,
        ChangeRecord,
        ClientExporter,
        ClientPlan,
        ClientProfile,
        DetectedClient,
        FileChange,
        How,
        Interrupted,
        KnownAccount,
        PasswordUse,
        Places,
        Produced,
        Setting,
        Step,
        Undone,
    )
    from wizard.model.provider import PasswordKind, Provider
    from wizard.model.publication import Publication
    from wizard.model.secret import Secret
    from wizard.model.servers import (
        DEFAULT_PORTS,
        LOOPBACK,
        AuthMethod,
        DavAccount,
        DavCollection,
        Security,
        ServerSettings,
        ServerType,
        Service,
        ServiceType,
    )
    from wizard.model.words import N_, SourceWords, Words, named

__all__ = [
    "DEFAULT_PORTS",
    "LOOPBACK",
    "N_",
    "Account",
    "AddressFault",
    "Applied",
    "AuthMethod",
    "Brand",
    "ChangeRecord",
    "Check",
    "CheckState",
    "ClientExporter",
    "ClientPlan",
    "ClientProfile",
    "Clue",
    "ClueKind",
    "DavAccount",
    "DavCollection",
    "DetectedClient",
    "Diagnosis",
    "DiscoveryResult",
    "EmailAddress",
    "Evidence",
    "Failed",
    "FileChange",
    "Found",
    "HelpLink",
    "How",
    "Interrupted",
    "KnownAccount",
    "NothingFound",
    "OAuthClient",
    "Offline",
    "PasswordKind",
    "PasswordUse",
    "Places",
    "Problem",
    "ProblemKind",
    "Produced",
    "Provider",
    "ProxyUse",
    "Publication",
    "Rung",
    "Secret",
    "Security",
    "ServerSettings",
    "ServerType",
    "Service",
    "ServiceResult",
    "ServiceType",
    "Setting",
    "SideFailed",
    "SideResult",
    "SideUntested",
    "SideVerified",
    "Source",
    "SourceReport",
    "SourceState",
    "SourceWords",
    "Stage",
    "Step",
    "Subject",
    "Trust",
    "Undone",
    "Verification",
    "Words",
    "named",
    "parse_address",
    "shown_domain",
    "to_ascii_domain",
]

if not TYPE_CHECKING:  # else a name that is not there would go unnoticed
    __getattr__ = loader(
        __name__,
        {
            "account": "Account Rung ServiceResult SideFailed SideResult SideUntested "
            "SideVerified Verification",
            "address": "AddressFault EmailAddress parse_address shown_domain to_ascii_domain",
            "brand": "Brand HelpLink OAuthClient",
            "diagnosis": "Check CheckState Clue ClueKind Diagnosis Subject",
            "discovery": "DiscoveryResult Failed Found NothingFound Offline ProxyUse SourceReport "
            "SourceState",
            "evidence": "Evidence Source Trust",
            "problem": "Problem ProblemKind Stage",
            "programs": "Applied ChangeRecord ClientExporter ClientPlan ClientProfile "
            "DetectedClient FileChange How Interrupted KnownAccount PasswordUse "
            "Places Produced Setting Step Undone",
            "provider": "PasswordKind Provider",
            "publication": "Publication",
            "secret": "Secret",
            "servers": "DEFAULT_PORTS LOOPBACK AuthMethod DavAccount DavCollection Security "
            "ServerSettings ServerType Service ServiceType",
            "words": "N_ SourceWords Words named",
        },
    )
