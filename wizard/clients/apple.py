"""Apple Mail on Mac, iPhone and iPad: a configuration profile (`.mobileconfig`).

One profile per account with mail, contacts and calendars. Its identifiers come from the address
alone: the same account replaces itself, another account never does. No password: the system asks.

Source: Apple's published payload schemas (`com.apple.mail.managed`, `com.apple.caldav.account`,
`com.apple.carddav.account`, `TopLevel`, `CommonPayloadKeys`), against which tests validate.
Not tried on real Apple devices.
"""

from __future__ import annotations

import plistlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any
from urllib.parse import urlsplit

from wizard.clients.guide import (
    file_stem,
    one_line,
    same_login,
    signs_in_inside,
    steps,
    summary,
    unsuitable,
    values,
)
from wizard.model import (
    N_,
    Account,
    Applied,
    AuthMethod,
    ClientPlan,
    DetectedClient,
    How,
    Places,
    Problem,
    Produced,
    ServerSettings,
    ServerType,
    Service,
    ServiceType,
    Step,
    Words,
)

_NAMESPACE = uuid.UUID("7c1c0a3f-52c5-5f0e-9a43-6d0f5ad0c2b1")
_IDENTIFIER = "mail-setup-wizard"
_LANGUAGES = ("en", "fr", "de", "it", "es")
_MEDIA_TYPE = "application/x-apple-aspen-config"

_AUTH = {
    AuthMethod.PLAIN: "EmailAuthPassword",
    AuthMethod.CRAM_MD5: "EmailAuthCRAMMD5",
    AuthMethod.NTLM: "EmailAuthNTLM",
    AuthMethod.NONE: "EmailAuthNone",
}

_DESCRIPTION = N_("Sets up the mail account {address}.")
_CONSENT = N_(
    "This profile adds the mail account {address} ({receiving}, {sending}). It contains no "
    "password; you are asked for it once. You can remove the profile at any time in Settings."
)
_PURPOSE = N_("Sets up mail on a Mac, iPhone or iPad: open it there and follow the steps.")
_NOTE_UNSIGNED = N_(
    "The device says “Not signed” or “Unverified”: that only means that no certificate vouches "
    "for the file. You made it yourself a moment ago."
)
_NOTE_UNTRIED = N_(
    "Checked against Apple's published rules; not tried on a real Apple device by us."
)
_NOTE_OLD = N_(
    "If a profile for this address from your provider or from earlier is already installed, "
    "remove that one first. A profile made by this wizard replaces its older self."
)


class Target(IntEnum):
    """`TargetDeviceType`: spares iPhone users the question which device is meant."""

    ANY = 0
    IPHONE_OR_IPAD = 1
    MAC = 5


@dataclass(frozen=True, slots=True)
class AppleMail:
    """The exporter (`ClientExporter`)."""

    id = "apple"
    name = "Apple Mail"

    def detect(self, places: Places) -> DetectedClient | None:
        """On a Mac: Mail.app, with its version."""
        if places.system != "darwin":
            return None
        for folder in places.programs:
            info = folder / "Mail.app" / "Contents" / "Info.plist"
            try:
                described = plistlib.loads(info.read_bytes())
            except (OSError, plistlib.InvalidFileException):
                continue
            version = str(described.get("CFBundleShortVersionString", ""))
            return DetectedClient(self.id, self.name, version, folder / "Mail.app", running=False)
        return None

    def plan(
        self,
        account: Account,
        detected: DetectedClient | None,
        places: Places,
        words: Words,
        profile: str | None = None,
    ) -> ClientPlan | Problem:
        """The profile and the way it is let in; on this Mac as on any other device."""
        return self.files(account, words)

    def files(
        self,
        account: Account,
        words: Words,
        target: Target = Target.ANY,
        seal: Callable[[bytes], bytes] | None = None,
    ) -> ClientPlan | Problem:
        """The profile with steps; where the provider wants a browser sign-in, steps alone.

        `target`: for which devices. `seal` signs the profile (`sign` with its certificate).
        """
        if refusal := unsuitable(account):
            return refusal
        if signs_in_inside(account):
            return ClientPlan(
                client=self.id,
                name=self.name,
                how=How.STEPS,
                account=str(account.address),
                steps=_sign_in_steps(account, words),
            )
        name = f"{file_stem(account)}.mobileconfig"
        document = profile(account, words, target)
        return ClientPlan(
            client=self.id,
            name=self.name,
            how=How.FILES,
            account=str(account.address),
            files=(
                Produced(
                    name,
                    document if seal is None else seal(document),
                    words.text(_PURPOSE),
                    _MEDIA_TYPE,
                ),
            ),
            steps=_profile_steps(account, words, name, target),
            notes=(
                words.text(_NOTE_OLD),
                *([words.text(_NOTE_UNSIGNED)] if seal is None else []),
                words.text(_NOTE_UNTRIED),
            ),
            summary=summary(account, words),
        )

    def apply(self, plan: ClientPlan, places: Places) -> Applied | Problem:
        """Nothing to apply from outside: the system lets a profile in only by the person."""
        return Applied(plan)


# --- the profile ------------------------------------------------------------------------------


def profile(account: Account, words: Words, target: Target = Target.ANY) -> bytes:
    """The profile as an XML property list; the same bytes for the same account and words."""
    address = str(account.address)
    provider = _provider(account)
    payloads = [_mail(account)]
    payloads += [_dav(service, account) for service in account.services if _usable(service)]
    top: dict[str, Any] = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": _identifier(account),
        "PayloadUUID": _uuid(account, "profile"),
        "PayloadDisplayName": _title(account),
        "PayloadOrganization": provider,
        "PayloadDescription": words.text(_DESCRIPTION, address=address),
        "PayloadScope": "User",
        "PayloadContent": payloads,
        "ConsentText": _consent(account, words),
    }
    if target is not Target.ANY:
        top["TargetDeviceType"] = int(target)
    return plistlib.dumps(top, fmt=plistlib.FMT_XML, sort_keys=True)


def sign(document: bytes, certificate: bytes, key: bytes, chain: bytes = b"") -> bytes:
    """Signs a profile (CMS, DER, content inside) with a certificate the organisation gives.

    `certificate`, `key`, `chain`: PEM; the key without pass phrase. Raises ValueError where they
    can't be read. Source: RFC 5652; `Options.Binary` keeps the document byte for byte.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import pkcs7

    private = serialization.load_pem_private_key(key, password=None)
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ValueError("only RSA and elliptic-curve keys can sign a profile")
    builder = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(document)
        .add_signer(x509.load_pem_x509_certificate(certificate), private, hashes.SHA256())
    )
    for item in x509.load_pem_x509_certificates(chain) if chain else ():
        builder = builder.add_certificate(item)
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def _mail(account: Account) -> dict[str, Any]:
    incoming, outgoing = account.incoming, account.outgoing
    payload = _payload(account, "com.apple.mail.managed", "mail")
    payload |= {
        "EmailAccountType": "EmailTypePOP" if incoming.type is ServerType.POP3 else "EmailTypeIMAP",
        "EmailAddress": str(account.address),
        "EmailAccountDescription": str(account.address),
        "IncomingMailServerAuthentication": _auth(incoming),
        "IncomingMailServerHostName": incoming.host,
        "IncomingMailServerPortNumber": incoming.port,
        # Also for STARTTLS: there is no other key, and the system then upgrades on 143 and 587.
        "IncomingMailServerUseSSL": True,
        "IncomingMailServerUsername": one_line(incoming.username),
        "OutgoingMailServerAuthentication": _auth(outgoing),
        "OutgoingMailServerHostName": outgoing.host,
        "OutgoingMailServerPortNumber": outgoing.port,
        "OutgoingMailServerUseSSL": True,
        "OutgoingMailServerUsername": one_line(outgoing.username),
        "OutgoingPasswordSameAsIncomingPassword": same_login(account),
        "SMIMESigningUserOverrideable": True,
        "SMIMESigningCertificateUUIDUserOverrideable": True,
        "SMIMEEncryptByDefaultUserOverrideable": True,
        "SMIMEEncryptionCertificateUUIDUserOverrideable": True,
    }
    if name := one_line(account.name):
        payload["EmailAccountName"] = name
    return payload


def _dav(service: Service, account: Account) -> dict[str, Any]:
    url = urlsplit(service.url)
    prefix = "CalDAV" if service.type is ServiceType.CALDAV else "CardDAV"
    kind = service.type.value
    payload = _payload(account, f"com.apple.{kind}.account", kind)
    payload |= {
        f"{prefix}AccountDescription": str(account.address),
        f"{prefix}HostName": url.hostname or "",
        f"{prefix}Port": url.port or 443,
        f"{prefix}UseSSL": True,
        f"{prefix}Username": one_line(service.username),
    }
    if url.path.strip("/") and not url.path.startswith("/.well-known/"):
        payload[f"{prefix}PrincipalURL"] = service.url
    return payload


def _usable(service: Service) -> bool:
    url = urlsplit(service.url)
    return (
        service.type in {ServiceType.CALDAV, ServiceType.CARDDAV}
        and url.scheme == "https"
        and bool(url.hostname)
    )


def _payload(account: Account, kind: str, part: str) -> dict[str, Any]:
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{_identifier(account)}.{part}",
        "PayloadUUID": _uuid(account, part),
        "PayloadDisplayName": _title(account),
        "PayloadOrganization": _provider(account),
    }


def _provider(account: Account) -> str:
    return one_line(account.provider.name) or account.address.domain


def _title(account: Account) -> str:
    return f"{_provider(account)} ({account.address})"


def _identifier(account: Account) -> str:
    """`mail-setup-wizard.org.example.<hash>`: reverse domain, local part as a hash."""
    reverse = ".".join(reversed(account.address.domain.split(".")))
    short = _uuid(account, "identifier").replace("-", "")[:16].lower()
    return f"{_IDENTIFIER}.{reverse}.{short}"


def _uuid(account: Account, part: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{part}:{account.address}")).upper()


def _auth(server: ServerSettings) -> str:
    return next((_AUTH[method] for method in server.auth if method in _AUTH), "EmailAuthPassword")


def _consent(account: Account, words: Words) -> dict[str, str]:
    texts = {
        language: words.into(language).text(
            _CONSENT,
            address=str(account.address),
            receiving=account.incoming.host,
            sending=account.outgoing.host,
        )
        for language in _LANGUAGES
    }
    return {"default": texts["en"], **texts}


# --- the steps --------------------------------------------------------------------------------


def _profile_steps(account: Account, words: Words, name: str, target: Target) -> tuple[Step, ...]:
    return (
        *(() if target is Target.IPHONE_OR_IPAD else _on_a_mac(account, words, name)),
        *(() if target is Target.MAC else _on_a_phone(words, name)),
        *(() if target is Target.IPHONE_OR_IPAD else _by_hand(account, words)),
        *values(account, words),
    )


def _on_a_mac(account: Account, words: Words, name: str) -> tuple[Step, ...]:
    return (
        *steps(
            words,
            N_("On a Mac"),
            N_("Open the file {file}. The Mac says that a profile was downloaded."),
            N_(
                "Open System Settings › General › Device Management (on macOS 13 and 14: Privacy & "
                "Security › Profiles)."
            ),
            N_("If another profile for this address is listed, choose it and remove it with “–”."),
            N_("Double-click “{title}”, choose Install and type your password when asked."),
            N_("Open Mail."),
            file=name,
            title=_title(account),
        ),
    )


def _on_a_phone(words: Words, name: str) -> tuple[Step, ...]:
    return (
        *steps(
            words,
            N_("On an iPhone or iPad"),
            N_(
                "Is a profile for this address installed already? Remove it first: Settings › "
                "General › VPN & Device Management."
            ),
            N_("Bring the file {file} to the device: by AirDrop, by mail, or through Files."),
            N_("Open it there. The device says “Profile Downloaded”."),
            N_("Within 8 minutes open Settings and tap “Profile Downloaded” at the top."),
            N_("Tap Install and type your password when asked."),
            N_("To remove it later: Settings › General › VPN & Device Management."),
            file=name,
        ),
    )


def _by_hand(account: Account, words: Words) -> tuple[Step, ...]:
    return (
        *steps(
            words,
            N_("By hand on a Mac, without the file"),
            N_("Open Mail and choose Mail › Add Account › Other Mail Account, then Continue."),
            (N_("Type your name."), account.name),
            (N_("Type the e-mail address."), str(account.address)),
            N_("Type the password of this address and choose Sign In."),
            N_(
                "Fill in what is missing with the values of your account and choose Sign In once "
                "more."
            ),
        ),
    )


def _sign_in_steps(account: Account, words: Words) -> tuple[Step, ...]:
    provider = _provider(account)
    return (
        *steps(
            words,
            N_("On a Mac"),
            N_("Open System Settings › Internet Accounts › Add Account."),
            N_("Choose {provider}, or the kind of account your organisation uses."),
            (
                N_("Type the e-mail address and sign in in the window that opens."),
                str(account.address),
            ),
            N_("Leave Mail ticked and choose Done."),
            provider=provider,
        ),
        *steps(
            words,
            N_("On an iPhone or iPad"),
            N_("Open Settings › Apps › Mail › Mail Accounts › Add Account."),
            N_("Choose {provider}, or the kind of account your organisation uses."),
            (
                N_("Type the e-mail address and sign in in the window that opens."),
                str(account.address),
            ),
            N_("Leave Mail switched on and tap Save."),
            provider=provider,
        ),
    )
