"""The words of the model's enums: what stands in lists and beside values."""

from __future__ import annotations

from wizard.model import (
    N_,
    AddressFault,
    ProxyUse,
    Security,
    ServerType,
    Source,
    SourceState,
    Stage,
)

ADDRESS_FAULTS: dict[AddressFault, str] = {
    AddressFault.EMPTY: N_("Please type your mail address."),
    AddressFault.NO_AT: N_("An address has an @ in it, as in name@example.com."),
    AddressFault.SEVERAL_AT: N_("There is more than one @ in this address."),
    AddressFault.NO_LOCAL_PART: N_("The part before the @ is missing."),
    AddressFault.NO_DOMAIN: N_("The part after the @ is missing."),
    AddressFault.BAD_LOCAL_PART: N_("A character before the @ does not belong in an address."),
    AddressFault.BAD_DOMAIN: N_("The part after the @ cannot be a domain name."),
    AddressFault.NO_DOT: N_("The part after the @ lacks its ending, such as .com."),
}

SOURCES: dict[Source, str] = {
    Source.PROVIDER_FILE: N_("File from your provider"),
    Source.PACC: N_("Your domain's configuration file"),
    Source.AUTOCONFIG: N_("Your domain's own configuration"),
    Source.PACK: N_("Our list of providers"),
    Source.DATABASE: N_("Thunderbird's provider database"),
    Source.SRV: N_("Your domain's DNS records"),
    Source.MX: N_("The provider behind your domain"),
    Source.AUTODISCOVER: N_("Autodiscover (Exchange)"),
    Source.GUESS: N_("Usual server names"),
    Source.MANUAL: N_("Your own entries"),
}

EVIDENCE: dict[Source, str] = {
    Source.PROVIDER_FILE: N_("said by the file from your provider"),
    Source.PACC: N_("said by your domain's configuration file"),
    Source.AUTOCONFIG: N_("said by your domain's own configuration"),
    Source.PACK: N_("known from our list of providers"),
    Source.DATABASE: N_("known from Thunderbird's provider database"),
    Source.SRV: N_("said by your domain's DNS records"),
    Source.MX: N_("known for the provider that takes your domain's mail"),
    Source.AUTODISCOVER: N_("said by your domain's Autodiscover service"),
    Source.GUESS: N_("guessed from usual names and tried out"),
    Source.MANUAL: N_("entered by you"),
}

TRANSPORTS: dict[str, str] = {
    "https": N_("{evidence}, over https"),
    "dns": N_("{evidence}, over unsigned DNS"),
    "dnssec": N_("{evidence}, over signed DNS"),
    "tls-handshake": N_("{evidence}, proven by an encrypted connection"),
    "file": N_("{evidence}, in a file on this computer"),
}

PROXY_USES: dict[ProxyUse, str] = {
    ProxyUse.FIXED: N_(
        "This computer reaches websites through a proxy. Mail does not go through it."
    ),
    ProxyUse.AUTOMATIC: N_(
        "This computer finds its way to websites by an automatic proxy configuration. Mail does "
        "not go through it."
    ),
    ProxyUse.SILENT: N_(
        "This computer is set to an automatic proxy configuration that gave no answer, so "
        "websites were asked directly."
    ),
    ProxyUse.UNSUPPORTED: N_(
        "The automatic proxy configuration of this computer names a kind of proxy that we cannot "
        "use (SOCKS), so websites were asked directly."
    ),
}
"""Said where it is not NONE."""

SOURCE_STATES: dict[SourceState, str] = {
    SourceState.WAITING: N_("waiting"),
    SourceState.RUNNING: N_("asking…"),
    SourceState.FOUND: N_("found"),
    SourceState.NOTHING: N_("knows nothing"),
    SourceState.REFUSED: N_("gave no information"),
    SourceState.TIMEOUT: N_("did not answer in time"),
    SourceState.OFFLINE: N_("could not be reached"),
    SourceState.CANCELLED: N_("not needed any more"),
    SourceState.REJECTED: N_("found, but not usable"),
}

SECURITIES: dict[Security, str] = {
    Security.TLS: N_("encrypted (SSL/TLS)"),
    Security.STARTTLS: N_("encrypted (STARTTLS)"),
    Security.PLAIN: N_("not encrypted"),
}

SERVER_TYPES: dict[ServerType, str] = {
    ServerType.IMAP: N_("Receiving (IMAP)"),
    ServerType.POP3: N_("Receiving (POP)"),
    ServerType.SMTP: N_("Sending (SMTP)"),
}

STAGES: dict[Stage, str] = {
    Stage.DISCOVER: N_("Looking for settings"),
    Stage.RESOLVE: N_("Looking up the server"),
    Stage.CONNECT: N_("Connecting"),
    Stage.TLS: N_("Encrypting"),
    Stage.GREETING: N_("Greeting"),
    Stage.CAPABILITY: N_("Asking what the server can do"),
    Stage.LOGIN: N_("Signing in"),
    Stage.MESSAGE: N_("Test message"),
    Stage.KEYCHAIN: N_("Keychain"),
    Stage.CLIENT: N_("Mail program"),
    Stage.INPUT: N_("What you typed"),
}
