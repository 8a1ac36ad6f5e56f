"""Phones: the code that Thunderbird for Android and K-9 Mail scan, their settings file, and steps.

The code carries no password: the app asks for it after the scan.

Source: `feature/migration/qrcode` of thunderbird-android (payload and `XmlSettingWriter`),
`QRExport.sys.mjs` of Thunderbird 153, which writes the same array.
"""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from wizard.clients.guide import (
    file_stem,
    one_line,
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
    ProblemKind,
    Produced,
    Security,
    ServerSettings,
    ServerType,
    Stage,
    Step,
    Words,
)

_LIMIT = 800
"""Characters a phone camera still reads from a screen (QRExport: `MAX_CHUNK_LENGTH`)."""

_NAMESPACE = uuid.UUID("0d2c7f0e-7a0b-5c57-8f3d-5b1f5e6f9b11")
_SECURITY = {Security.PLAIN: 0, Security.STARTTLS: 2, Security.TLS: 3}
_SECURITY_WORDS = {
    Security.PLAIN: "NONE",
    Security.STARTTLS: "STARTTLS_REQUIRED",
    Security.TLS: "SSL_TLS_REQUIRED",
}
# 3 and 4 (GSSAPI, NTLM) make the app refuse the whole code.
_AUTH = {
    AuthMethod.NONE: (0, "NONE"),
    AuthMethod.PLAIN: (1, "PLAIN"),
    AuthMethod.CRAM_MD5: (2, "CRAM_MD5"),
    AuthMethod.CLIENT_CERTIFICATE: (5, "EXTERNAL"),
    AuthMethod.OAUTH2: (6, "XOAUTH2"),
}

_NOTE_PASSWORD = N_("The code holds no password: the app asks for it after the scan.")
_NOTE_UNTRIED = N_(
    "The code is read back and compared when it is made; not tried on a real phone by us."
)


@dataclass(frozen=True, slots=True)
class ThunderbirdMobile:
    """The exporter (`ClientExporter`)."""

    id = "thunderbird-mobile"
    name = "Thunderbird for Android"

    def detect(self, places: Places) -> DetectedClient | None:
        """Never on this computer."""
        return None

    def plan(
        self,
        account: Account,
        detected: DetectedClient | None,
        places: Places,
        words: Words,
        profile: str | None = None,
    ) -> ClientPlan | Problem:
        """The same wherever it is made."""
        return self.files(account, words)

    def files(self, account: Account, words: Words) -> ClientPlan | Problem:
        """The code as SVG and PNG, the settings file, the steps, also for other apps."""
        if refusal := unsuitable(account):
            return refusal
        code = payload(account)
        if isinstance(code, Problem):
            return code
        stem = file_stem(account)
        purpose = words.text(N_("Scan this code with Thunderbird for Android or K-9 Mail."))
        return ClientPlan(
            client=self.id,
            name=self.name,
            how=How.FILES,
            account=str(account.address),
            files=(
                Produced(f"phone-{stem}.svg", qr_svg(code).encode(), purpose, "image/svg+xml"),
                Produced(f"phone-{stem}.png", qr_png(code), purpose, "image/png"),
                Produced(
                    f"phone-{stem}.k9s",
                    k9s(account),
                    words.text(N_("The same as a file, where scanning is not possible.")),
                    "application/xml",
                ),
            ),
            steps=_guide(account, words, f"phone-{stem}.k9s"),
            notes=(words.text(_NOTE_PASSWORD), words.text(_NOTE_UNTRIED)),
            summary=summary(account, words),
        )

    def apply(self, plan: ClientPlan, places: Places) -> Applied | Problem:
        """Nothing to do on this computer."""
        return Applied(plan)


# --- the code ---------------------------------------------------------------------------------


def payload(account: Account) -> str | Problem:
    """The array that the app reads, as JSON in ASCII; a problem where the app could not use it.

    `[1,[1,1],[proto,host,port,sec,auth,user,name],[[[0,host,port,sec,auth,user],[email,name]]]]`.
    The account's own name is left out where the code would become too dense to scan.
    """
    address = str(account.address)
    if not address.isascii():
        return Problem(ProblemKind.NON_ASCII_ADDRESS, Stage.CLIENT, detail=address)
    incoming: list[object] = [
        1 if account.incoming.type is ServerType.POP3 else 0,
        *_server(account.incoming),
    ]
    outgoing = [0, *_server(account.outgoing)]
    identity = [address, one_line(account.name) or address]
    for named in (True, False):
        inside = [*incoming, address] if named else incoming
        text = json.dumps([1, [1, 1], inside, [[outgoing, identity]]], separators=(",", ":"))
        if len(text) <= _LIMIT:
            return text
    return Problem(
        ProblemKind.PROGRAM_UNSUPPORTED,
        Stage.CLIENT,
        detail="too-long",
        facts=(("program", "Thunderbird for Android"),),
    )


def _server(server: ServerSettings) -> list[object]:
    return [
        server.host,
        server.port,
        _SECURITY[server.security],
        _auth(server)[0],
        one_line(server.username),
    ]


def _auth(server: ServerSettings) -> tuple[int, str]:
    return next(
        (_AUTH[method] for method in server.auth if method in _AUTH), _AUTH[AuthMethod.PLAIN]
    )


def qr_svg(text: str) -> str:
    """The code as SVG to put into a page: black on white, level L, with its quiet zone."""
    import segno

    code = segno.make(text, error="L", boost_error=False, micro=False)
    buffer = io.BytesIO()
    code.save(
        buffer,
        kind="svg",
        scale=4,
        border=4,
        dark="#000",
        light="#fff",
        xmldecl=False,
        omitsize=False,
    )
    return buffer.getvalue().decode()


def qr_png(text: str) -> bytes:
    """The code as PNG, 6 pixels per module."""
    import segno

    code = segno.make(text, error="L", boost_error=False, micro=False)
    buffer = io.BytesIO()
    code.save(buffer, kind="png", scale=6, border=4, dark="#000", light="#fff")
    return buffer.getvalue()


# --- the settings file ------------------------------------------------------------------------


def k9s(account: Account) -> bytes:
    """The settings file, as the app itself writes it from a scanned code."""
    address = str(account.address)
    name = one_line(account.name) or address
    incoming = account.incoming
    lines = (
        "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>",
        '<k9settings version="99" format="1">',
        "  <accounts>",
        f"    <account uuid={quoteattr(str(uuid.uuid5(_NAMESPACE, address)))}>",
        f"      <name>{escape(address)}</name>",
        *_server_xml("incoming-server", incoming.type.value.upper(), incoming),
        *_server_xml("outgoing-server", "SMTP", account.outgoing),
        "      <identities>",
        "        <identity>",
        f"          <name>{escape(name)}</name>",
        f"          <email>{escape(address)}</email>",
        "        </identity>",
        "      </identities>",
        "    </account>",
        "  </accounts>",
        "</k9settings>",
        "",
    )
    return "\n".join(lines).encode()


def _server_xml(tag: str, kind: str, server: ServerSettings) -> tuple[str, ...]:
    return (
        f'      <{tag} type="{kind}">',
        f"        <host>{escape(server.host)}</host>",
        f"        <port>{server.port}</port>",
        f"        <connection-security>{_SECURITY_WORDS[server.security]}</connection-security>",
        f"        <authentication-type>{_auth(server)[1]}</authentication-type>",
        f"        <username>{escape(one_line(server.username))}</username>",
        f"      </{tag}>",
    )


# --- the steps --------------------------------------------------------------------------------


def _guide(account: Account, words: Words, file: str) -> tuple[Step, ...]:
    address = str(account.address)
    last = (
        N_("Sign in in the browser window that opens.")
        if signs_in_inside(account)
        else N_("Type the password of this address when the app asks for it.")
    )
    return (
        *steps(
            words,
            N_("Thunderbird for Android, K-9 Mail"),
            N_("Install Thunderbird from the app store of your phone and open it."),
            N_(
                "Choose Import settings (in an app that is already set up: Settings › Import "
                "settings)."
            ),
            N_("Choose Scan QR code and hold the phone over the code."),
            N_("Choose the account and Import."),
            last,
            N_(
                "If scanning does not work: send the file {file} to the phone and choose it under "
                "Import settings."
            ),
            file=file,
        ),
        *steps(
            words,
            N_("Gmail app on Android"),
            N_("Open Gmail, tap your picture at the top right, then Add another account › Other."),
            (N_("Type the e-mail address and choose Manual setup."), address),
            N_("Choose {kind}, type the password and fill in the values of your account."),
            kind=_kind(account),
        ),
        *steps(
            words,
            N_("Samsung Email"),
            N_("Open Email, then the menu ☰ › gear wheel › Add account › Other."),
            (N_("Type the e-mail address and the password and choose Manual setup."), address),
            N_("Choose {kind} account and fill in the values of your account."),
            kind=_kind(account),
        ),
        *steps(
            words,
            N_("Mail on iPhone and iPad, by hand"),
            N_(
                "Open Settings › Apps › Mail › Mail Accounts › Add Account › Other › Add Mail "
                "Account."
            ),
            (N_("Type name, e-mail address and password and tap Next."), address),
            N_("Choose {kind}, fill in the values of your account and tap Next, then Save."),
            kind=_kind(account),
        ),
        *values(account, words),
    )


def _kind(account: Account) -> str:
    return account.incoming.type.value.upper()
